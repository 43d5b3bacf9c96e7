"""Which readings go: what the document around a bracket says, docs/policy.md, Readings, 1 to 5.

The order: readings that are content stay (`content`); toned readings go; toneless ones in small letters go where the
document gives a reason to believe them: traditional hanzi, a stray space, other readings, or nothing else that they could be.
"""

from __future__ import annotations

import re

from pipeline.chinese.codepoints import KANA, TRADITIONAL, load_classes
from pipeline.options import PinyinOptions
from pipeline.record import Texts
from pipeline.stages.pinyin.brackets import BLANKS, Bracket, count_hanzi
from pipeline.stages.pinyin.content import (
    find_content_lines,
    find_entries,
    find_list_items,
    find_quoted_code,
    find_word_lists,
    find_word_play,
    is_foreign,
)
from pipeline.stages.pinyin.readings import is_han

__all__ = ["Chosen", "choose_readings"]

#: A bracket that goes, and why.
Chosen = tuple[Bracket, str]

#: Toneless readings of one hanzi that make each other believable; more of them where the text has other Latin letters or
#: looks like code, because pinyin is also what identifiers and the commands of text games are made of.
_REPEATED, _REPEATED_AMONG_LATIN = 3, 6

# Each matches one character, or a fixed few: linear.
_CODE = re.compile(r"[={}<>_\\#@`|$^&]")
_LATIN = re.compile("[A-Za-zＡ-Ｚａ-ｚ]")
#: English that reads its hanzi by chance, met in the wild: 的(de)序列化, 执行(hang).
_ENGLISH = re.compile("[执執運运]行[(（]hang|.的[(（]de[)）](?:序列|编|編|压缩|壓縮|加密|规范|激活)")


def choose_readings(texts: Texts, brackets: list[Bracket], options: PinyinOptions) -> list[Chosen]:
    """Those of a document's brackets that are to go, in order, each with its reason."""
    readers = [b for b in brackets if b.reads]
    if not readers:
        return []
    lines = find_content_lines(texts, readers[0].doc, {b.start for b in readers})
    toned = [b for b in brackets if _is_toned(b) and (b.reads or b.syllables)]
    lines |= find_word_lists(texts, toned)
    kept = find_entries(texts, readers) | find_list_items(texts.joined, toned)
    kept |= find_quoted_code(texts, readers) | {brackets[i].start for i in find_word_play(brackets)}
    alive = [
        b for b in readers
        if b.line not in lines and b.start not in kept and not is_foreign(texts, b)
    ]
    chosen = [(b, "toned-reading") for b in alive if _is_toned(b)]
    if options.toneless:
        chosen += _choose_toneless(texts, brackets, [b for b in alive if _is_toneless(b)], bool(chosen), options.lone)
    return sorted(chosen, key=lambda pair: pair[0].start)


def _is_toned(b: Bracket) -> bool:
    """Toned, and no label (A1, e2) or formula (Li2, Na3Bi): with capitals and digits one syllable must have three letters."""
    s = b.spelling
    if s is None or not s.toned or not s.digits:
        return s is not None and s.toned
    return max(map(len, s.letters.split())) > (2 if s.capital else 1)


def _is_toneless(b: Bracket) -> bool:
    return b.spelling is not None and not b.spelling.capital and not _is_toned(b)


def _choose_toneless(
    texts: Texts, brackets: list[Bracket], alive: list[Bracket], has_toned: bool, lone: bool
) -> list[Chosen]:
    """Noise by its own look goes; the rest where the document believes them, or where one is all the Latin there is."""
    joined = texts.joined
    alive = [b for b in alive if not texts.lines.seen[b.line] & KANA]
    if not alive:
        return []
    start, end = int(texts.starts[alive[0].doc]), int(texts.ends[alive[0].doc])
    code = _CODE.search(joined, start, end) is not None
    prose = not code and not _has_latin_outside(joined, start, end, brackets)
    wrong = sum(not b.reads and b.syllables for b in brackets)
    noise = {b.start for b in alive if _is_noise(joined, b, code)}
    single = {b.start for b in alive if count_hanzi(joined, b) == 1}
    many = len(single) >= _REPEATED_AMONG_LATIN or (prose and len(alive) >= _REPEATED_AMONG_LATIN)
    some = len(noise) > 1 or (prose and len(single) >= _REPEATED)
    if has_toned or (many and len(alive) > 2 * wrong):
        believed = {b.start for b in alive}
    elif some and len(alive) > 2 * wrong:
        believed = noise | single
    else:
        believed = noise
    chosen = [(b, "toneless-reading") for b in alive if b.start in believed]
    if lone and prose and not wrong and not chosen:
        chosen = [
            (b, "lone-toneless-reading") for b in alive
            if b.start in single and not _ENGLISH.match(joined, max(b.base - 1, start), end)
        ]
    return chosen


def _is_noise(joined: str, b: Bracket, code: bool) -> bool:
    """Is it what a converter to traditional leaves: after a traditional hanzi, or one hanzi's with a stray space behind it?"""
    one, stray = count_hanzi(joined, b) == 1, _has_stray_space(joined, b)
    return (one and stray) or (_is_traditional(joined, b) and (stray or (one and not code)))


def _is_traditional(joined: str, b: Bracket) -> bool:
    classes = load_classes()
    return any(int(classes[ord(c)]) & TRADITIONAL for c in joined[b.base:b.base_end])


def _has_stray_space(joined: str, b: Bracket) -> bool:
    return joined[b.end] in BLANKS and is_han(joined[b.end + 1]) and joined[b.start - 1] not in BLANKS


def _has_latin_outside(joined: str, start: int, end: int, brackets: list[Bracket]) -> bool:
    """Is there a Latin letter outside brackets that read? Then a lone bracket may be a name, a command, a gloss."""
    for b in brackets:
        if b.reads:
            if _LATIN.search(joined, start, b.start):
                return True
            start = b.end
    return _LATIN.search(joined, start, end) is not None
