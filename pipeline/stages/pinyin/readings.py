"""Does this writing read those hanzi? The parser of Mandarin syllables and the reading check.

`spell` turns what stands in a bracket (pinyin in any dress, or bopomofo) into plain letters and says how it was
dressed; `read_back` walks those letters backwards over the hanzi before a place. Tones are noticed and dropped: the tone
may be wrong, the syllable may not. Left alone: Wade-Giles, Jyutping, Vietnamese and every other romanisation.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["CONTENT", "HAN", "Spelling", "is_han", "is_syllables", "load_table", "read_back", "spell"]

#: Hanzi, for use inside a character class.
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"

#: What may stand in a reading, for use inside a character class: letters with and without tones, tone digits, bopomofo,
#: blanks, marks that separate syllables, and the punctuation of a sentence that is read as a whole.
CONTENT = (
    "A-Za-z0-5Ａ-Ｚａ-ｚ０-５¹²³⁴⁵\u00c0-\u024f\u0250-\u02af\u02b0-\u036f\u1e00-\u1eff\u3105-\u312f一αΑάὰᾱᾰаео´¯¨·•‧∙"
    " \t\u00a0\u2002-\u200d\u202f\u2060\u3000\ufeff'’‘`＇′\\-‐‑‒–—－:：,，.。．!！?？;；、…“”\"~～"
)

#: What may stand between the hanzi of one reading, and between them and its bracket.
_BETWEEN = frozenset(" \t\u00a0\u3000*）)］]】〕，。！？；：、,.!?;:…—·“”‘’\"'《》〈〉「」『』")
_MOST_PLACES = 8        # ways to cut the letters that are followed at once; real readings have one or two
_LONGEST = 6            # letters of the longest syllable: zhuang
_SPACING = str.maketrans({
    "ˉ": "\u0304", "ˊ": "\u0301", "ˇ": "\u030c", "ˋ": "\u0300", "´": "\u0301", "¯": "\u0304", "˘": "\u0306",
    "˙": "\u0307", "¨": "\u0308", "ɑ": "a", "α": "a", "ά": "á", "ὰ": "à", "ᾱ": "ā", "ᾰ": "ă", "Α": "A", "ɡ": "g", "ı": "i",
    "а": "a", "е": "e", "о": "o", "…": " ", "一": "ㄧ", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
})
#: Tone marks after decomposition, with the circumflex, breve and dot that are used for them.
_DROP_TONES = str.maketrans(dict.fromkeys("\u0300\u0301\u0302\u0304\u0306\u0307\u030c"))
# Each of these matches one character, or one after a look-behind of fixed width: linear.
_SIGN = re.compile("[ɑɡ]")                              # letters that only readings are written with
_FOREIGN = re.compile("[^A-Za-z0-5\u3105-\u312f \t·•‧∙'’‘`′ʼʹ\\-‐‑‒–—:,.。!?;、“”\"~]")
_U_COLON = re.compile("(?<=[lnjqxyLNJQXY])[uU]:")
_PALATAL_V = re.compile("(?<=[jqxy])v")
_TONE_DIGIT = re.compile("(?<=[a-z])[0-5](?![0-9])")
_STRAY_DIGIT = re.compile("(?<![a-z])[0-5]|[0-9](?=[0-9])")
_DIGIT_OR_COLON = re.compile("[0-5:]")
_NOT_LETTER = re.compile("[^a-z\u3105-\u312f]")
_BOPOMOFO = re.compile("[\u3105-\u312f]")


class Spelling(NamedTuple):
    """A reading as plain letters (a-z with v for ü, or bopomofo; a blank where syllables must part) and its dress."""

    letters: str
    toned: bool         # tone marks, tone digits, bopomofo, ü, or a letter that only readings have
    capital: bool       # a capital letter somewhere
    digits: bool        # the tones are digits


def is_han(char: str) -> bool:
    """Is this one character a hanzi?"""
    if "\u3400" <= char <= "\u9fff":
        return True
    return "\U00020000" <= char <= "\U0003fffd" or char == "〇" or "\uf900" <= char <= "\ufaff"


@cache
def load_table() -> dict[str, str]:
    """Syllable without tone, in letters or bopomofo -> every hanzi that may be read so; with the misspellings of ü."""
    table: dict[str, str] = {}
    for row in _rows("readings.tsv"):
        syllable, bopomofo, hanzi = row
        table[syllable] = hanzi
        if bopomofo:
            table[bopomofo] = table.get(bopomofo, "") + hanzi
    bopomofo_of = {row[0]: row[1] for row in _rows("readings.tsv")}
    for hanzi, syllables, _source in _rows("readings_extra.tsv"):
        for syllable in syllables.split():
            for key in filter(None, (syllable, bopomofo_of.get(syllable, ""))):
                table[key] = table.get(key, "") + hanzi
    for plain, umlaut in (("lu", "lv"), ("nu", "nv"), ("lue", "lve"), ("nue", "nve"), ("lyu", "lv"), ("nyu", "nv")):
        table[plain] = table.get(plain, "") + table[umlaut]
    return table


def _rows(name: str) -> list[list[str]]:
    text = (resources.files("pipeline") / "data" / name).read_text("utf-8")
    return [line.split("\t") for line in text.split("\n") if line and not line.startswith("#")]


def spell(content: str) -> Spelling | None:
    """Plain letters of a reading, or None where something in it belongs to no reading.

    >>> spell("Fu4nu:3")
    Spelling(letters='fu nv', toned=True, capital=True, digits=True)
    >>> spell("Hà Nội") is None
    True
    """
    toned = False
    if content.isascii():
        if content.isalpha() and content.islower():
            return Spelling(_PALATAL_V.sub("u", content), False, False, False)
        if not _DIGIT_OR_COLON.search(content):
            letters = _PALATAL_V.sub("u", _NOT_LETTER.sub(" ", content.lower())).strip()
            return Spelling(letters, False, not content.islower(), False) if letters else None
    else:
        toned = _SIGN.search(content) is not None or _BOPOMOFO.search(content) is not None
        if not toned and "一" in content:          # the hanzi, and not the bopomofo that it is often written for
            return None
        decomposed = unicodedata.normalize("NFKD", content.translate(_SPACING))
        bare = decomposed.translate(_DROP_TONES)
        content = bare.replace("u\u0308", "v").replace("U\u0308", "V")
        toned = toned or len(bare) < len(decomposed) or len(content) < len(bare)
        if _FOREIGN.search(content):
            return None
    content = _U_COLON.sub("v", content)
    lower = content.lower()
    digits = _TONE_DIGIT.search(lower) is not None
    if _STRAY_DIGIT.search(lower):
        return None
    letters = _PALATAL_V.sub("u", _NOT_LETTER.sub(" ", lower)).strip()
    return Spelling(letters, toned or digits, lower != content, digits) if letters else None


def read_back(letters: str, text: str, at: int, first: int, *, erhua: bool = True) -> int:
    """Where the hanzi start that `letters` read, going back from `at` in `text`, not before `first`; -1 if they read none.

    The shortest run of hanzi is taken. Blanks, quotes and punctuation between the hanzi are stepped over, up to three at a
    time. `erhua` also lets a syllable end in an r that no hanzi stands for. Linear in the letters.
    """
    table = load_table()
    places = {len(letters)}
    gap = 0
    while at > first:
        at -= 1
        char = text[at]
        if not is_han(char):
            gap += 1
            if gap > 3 or char not in _BETWEEN:
                return -1
            continue
        gap = 0
        places = _step(letters, places, char, table, erhua)
        if 0 in places:
            return at
        if not places:
            return -1
    return -1


def _step(letters: str, places: set[int], char: str, table: dict[str, str], erhua: bool) -> set[int]:
    """The places in `letters` before the last syllable, for each place after it, where that syllable reads `char`."""
    before: set[int] = set()
    for end in places:
        for start in range(end - 1, max(-1, end - _LONGEST - 2), -1):
            syllable = letters[start:end]
            reads = char in table.get(syllable, "")
            if reads or (erhua and syllable[-1] == "r" and char in table.get(syllable[:-1], "")):
                before.add(_skip_blanks(letters, start))
    return before if len(before) <= _MOST_PLACES else set(sorted(before)[:_MOST_PLACES])


def _skip_blanks(letters: str, end: int) -> int:
    while end and letters[end - 1] == " ":
        end -= 1
    return end


def is_syllables(letters: str) -> bool:
    """Could these letters be Mandarin syllables at all, whatever they read?"""
    table = load_table()
    places = {0}
    for end in range(1, min(len(letters), 64) + 1):
        if letters[end - 1] == " ":
            places = {end} if end - 1 in places else set()
        elif any(p in places and letters[p:end] in table for p in range(max(0, end - _LONGEST), end)):
            places.add(end)
    return len(letters) in places or len(letters) > 64
