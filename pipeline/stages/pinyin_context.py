"""Is a reading noise or content? What the document around a bracket says, rules 3 to 5 of POLICY.md, Inline pinyin.

The order: content (exams, dictionaries, a hanzi that is talked about) stays; runs that mostly do not read their hanzi are
word play and stay; toned readings go; toneless ones go only where the document gives a reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from importlib import resources

import numpy as np

from pipeline.codepoints import KANA, TRADITIONAL, load_classes
from pipeline.record import Texts
from pipeline.stages.pinyin_brackets import BLANKS, Bracket
from pipeline.stages.readings import HAN, is_han

__all__ = ["choose_readings", "find_content_lines", "load_content_words"]

#: A document with one such word in so few characters is about readings as a whole. Shorter than any page; exam papers have one in 60.
_CHARS_PER_CONTENT_WORD = 300
#: Characters between two brackets of one run: a word and a comma.
_RUN_GAP = 3
#: Toneless readings that make another one believable; where the text looks like code, more (identifiers in pinyin).
_REPEATED, _REPEATED_IN_CODE = 3, 6

# Each alternative starts with its own fixed characters and the repeats are bounded: linear.
_OPTION = re.compile(r"\s{0,4}(?:[A-Ha-h][.．、:：)）]|[①-⑳]|[(（]?[0-9一二三四五六七八九十]{1,3}[)）.．、])")
_NUMBER = "[①-⑳⑴-⒇]|[0-9][.．、)）\\]】〕][:：]?"
_ENTRY_START = re.compile(f"(?:^|[。；;！!？?\\s”’」』*#>]|({_NUMBER})|[)）\\]】〕])[“‘「『【《]?[{HAN}]{{0,7}}$")
_ENTRY_TAIL = re.compile(f"([{HAN}]{{0,3}})[：:]")
_DEFINING = ("指", "即", "谓", "謂", "通“", "同“", "意为", "意思")
_MARKUP = re.compile("<[^<>]*>|[（(][^()（）]{0,40}[)）]")
_FOREIGN_LETTER = re.compile(f"[^\\W\\d_{HAN}]")
_HANZI = re.compile(f"[{HAN}]")
_WINDOW = 40            # characters on either side that say which language the text is in
_GLOSS = re.compile(f"[\\s ]{{0,2}}[-–—:：=＝]{{1,2}}[ \\t]{{0,2}}[^\\W\\d_{HAN}]")     # bounded repeats: linear
_LIST_GAP = re.compile("[ \\t\u3000/|]+")
_PROSE = re.compile("[，。！？；：,!?;:…]")
_LONGEST_LIST = 200     # characters; the lists in exam papers have 30 to 80
_SPEECH = "“\"‘「『"        # after the colon: somebody speaks, nothing is defined
_CODE = re.compile(r"[={}<>_\\#@`|$^&]")
#: English that reads its hanzi by chance, met in the wild: 的(de)序列化, 执行(hang).
_ENGLISH = re.compile("[执執運运]行[(（]hang|.的[(（]de[)）](?:序列|编|編|压缩|壓縮|加密|规范|激活)")
_LATIN = re.compile("[A-Za-zＡ-Ｚａ-ｚ]")
_QUOTES = {"“": "”", "‘": "’", "「": "」", "『": "』", '"': '"', "'": "'", "《": "》", "〈": "〉"}


@cache
def load_content_words() -> re.Pattern[str]:
    """The words of data/readings_content.txt as one pattern of literals: linear."""
    text = (resources.files("pipeline") / "data" / "readings_content.txt").read_text("utf-8")
    words = [line for line in text.split("\n") if line and not line.startswith("#")]
    return re.compile("|".join(map(re.escape, words)), re.IGNORECASE)


def choose_readings(texts: Texts, brackets: list[Bracket], toneless: bool) -> list[tuple[Bracket, str]]:
    """Those of a document's brackets that are to go, each with its reason."""
    if not any(b.reads for b in brackets):
        return []
    content = find_content_lines(texts, brackets[0].doc, {b.start for b in brackets if b.reads})
    play = _find_word_play(brackets)
    readers = [b for b in brackets if b.reads]
    content |= _find_word_lists(texts, brackets)
    entries = _find_entries(texts, readers)
    alive = [
        b for i, b in enumerate(brackets)
        if b.reads and b.line not in content and i not in play and b.start not in entries
        and not _is_mention(texts.joined, b) and not _is_foreign(texts, b)
    ]
    chosen = [(b, "bopomofo-reading" if "\u3105" <= b.content.strip()[0] <= "\u312f" else "toned-reading") for b in alive if _is_toned(b)]
    if toneless:
        chosen += _choose_toneless(texts, brackets, [b for b in alive if _is_toneless(b)], bool(chosen))
    return sorted(chosen, key=lambda pair: pair[0].start)


def _is_toned(b: Bracket) -> bool:
    """Toned, and no label (A1), isotope or molecule (Li2): one syllable with a capital and a digit proves nothing."""
    s = b.spelling
    if s is None or not s.toned:
        return False
    return not s.digits or (len(s.letters) > 1 and not (s.capital and " " not in s.letters and len(s.letters) < 4))


def _is_toneless(b: Bracket) -> bool:
    return b.spelling is not None and not b.spelling.toned and not b.spelling.capital


def find_content_lines(texts: Texts, doc: int, opened: Collection[int] = ()) -> set[int]:
    """Lines of a document whose readings are content: those with a word that says so, and the options under them.

    `opened` are places of brackets: a word right before one is read like any other, and says nothing.
    """
    start, end = int(texts.starts[doc]), int(texts.ends[doc])
    hits = [m.start() for m in load_content_words().finditer(texts.joined, start, end) if m.end() not in opened]
    if not hits:
        return set()
    first, last = int(texts.first_lines[doc]), int(texts.first_lines[doc + 1])
    if len(hits) * _CHARS_PER_CONTENT_WORD >= end - start:
        return set(range(first, last))
    marked: set[int] = set()
    for line in np.unique(np.searchsorted(texts.lines.end, hits, side="left")).tolist():
        while line not in marked:
            marked.add(line)
            line += 1
            if line >= last or not _OPTION.match(texts.joined, int(texts.lines.start[line]), int(texts.lines.end[line])):
                break
    return marked


def _find_word_play(brackets: list[Bracket]) -> set[int]:
    """Indices of brackets in runs that mostly do not read their hanzi: 色（kan）彩（zhe）缤（tou）纷（teng）."""
    play: set[int] = set()
    run: list[int] = []
    for i, b in enumerate(brackets):
        if run and (brackets[run[-1]].line != b.line or b.start - brackets[run[-1]].end > _RUN_GAP):
            play.update(_judge_run(brackets, run))
            run = []
        if b.reads or b.syllables or (b.spelling is not None and not b.spelling.capital and len(b.spelling.letters) <= 5):
            run.append(i)
    play.update(_judge_run(brackets, run))
    return play


def _judge_run(brackets: list[Bracket], run: list[int]) -> list[int]:
    wrong = sum(not brackets[i].reads for i in run)
    right = len(run) - wrong
    toned = any(b.reads and b.spelling is not None and b.spelling.toned for b in (brackets[i] for i in run))
    return run if wrong > right or (wrong == right and not toned) else []


def _find_entries(texts: Texts, readers: list[Bracket]) -> set[int]:
    """Starts of brackets in dictionary entries, 词（cí）：释义, unless readings in running text outnumber them in the line.

    In a document that is strewn with readings a colon after one proves nothing: entries must make up a fifth of them.
    """
    entries = [b for b in readers if _is_entry(texts, b)]
    if len(entries) * 5 < len(readers):
        return set()
    per_line: dict[int, int] = {}
    for b in readers:
        per_line[b.line] = per_line.get(b.line, 0) - 1
    for b in entries:
        per_line[b.line] += 2
    return {b.start for b in entries if per_line[b.line] > 0}


def _is_entry(texts: Texts, b: Bracket) -> bool:
    """Head word at the start of a line, a sentence or a numbered note, its reading, a colon, and no speech after it.

    The head word may go on after the bracket where a number or the definition shows that it is one: (2)驿（yì）外：指荒僻之地.
    """
    joined = texts.joined
    tail = _ENTRY_TAIL.match(joined, b.end)
    if tail is None or joined[tail.end()] in _SPEECH:
        return False
    head = _ENTRY_START.search(joined[max(int(texts.lines.start[b.line]), b.base - 12):b.base])
    if head is None:
        return False
    return not tail[1] or head[1] is not None or joined.startswith(_DEFINING, tail.end())


def _is_mention(joined: str, b: Bracket) -> bool:
    """Is the word talked about, not used? “了（liǎo）”, “囧”（jiǒng）, ～重（zhòng）, and in code a whole string: "银行（háng）",."""
    before, after = joined[b.base - 1] if b.base else "\n", joined[b.end]
    if before in "～~":
        return True
    closing = _QUOTES.get(before)
    if closing and _count_han(joined, b) == 1 and closing in (after, joined[b.base + 1]):
        return True
    if after not in "\"'" or joined[b.end + 1] not in ",]}:);=":
        return False
    start = b.base
    while start > max(0, b.base - 8) and is_han(joined[start - 1]):
        start -= 1
    return start > 0 and joined[start - 1] == after


def _is_foreign(texts: Texts, b: Bracket) -> bool:
    """Do letters outnumber hanzi near the bracket: 勇 (yǒng) means “brave”, 苹果 (píngguǒ): apple? Then it is a text about Chinese."""
    if _GLOSS.match(texts.joined, b.end):
        return True
    start, end = int(texts.lines.start[b.line]), int(texts.lines.end[b.line])
    around = _MARKUP.sub("", texts.joined[max(start, b.base - _WINDOW):b.start] + texts.joined[b.end:min(end, b.end + _WINDOW)])
    return len(_FOREIGN_LETTER.findall(around)) > 1.5 * len(_HANZI.findall(around))


def _find_word_lists(texts: Texts, brackets: list[Bracket]) -> set[int]:
    """Exam items and lists of new words: 引吭（háng）高歌 / 相形见绌（chù） / 按图索骥（jì）, each reading a part of its word."""
    joined = texts.joined
    parts: dict[int, int] = {}
    for b in brackets:
        inside = not b.reads or is_han(joined[b.end]) or (b.base > 0 and is_han(joined[b.base - 1]))
        parts[b.line] = parts.get(b.line, 0) + (inside and _is_toned(b))
    lists = set()
    for line, n in parts.items():
        start, end = int(texts.lines.start[line]), int(texts.lines.end[line])
        if n < 2 or end - start > _LONGEST_LIST or _PROSE.search(joined, start, end):
            continue
        items = [i for i in _LIST_GAP.split(joined[start:end]) if _HANZI.search(i)]
        if len(items) >= 3 and 3 * n >= 2 * len(items):
            lists.add(line)
    return lists


def _count_han(joined: str, b: Bracket) -> int:
    return sum(map(is_han, joined[b.base:b.base_end]))


def _choose_toneless(texts: Texts, brackets: list[Bracket], alive: list[Bracket], has_toned: bool) -> list[tuple[Bracket, str]]:
    if not alive:
        return []
    joined = texts.joined
    start, end = int(texts.starts[alive[0].doc]), int(texts.ends[alive[0].doc])
    plain = not _CODE.search(joined, start, end)
    single = sum(_count_han(joined, b) == 1 for b in alive)
    wrong = sum(not b.reads and b.syllables for b in brackets)
    believed = has_toned or (single >= (_REPEATED if plain else _REPEATED_IN_CODE) and single > 2 * wrong)
    alone = plain and not wrong and not believed and not _has_latin_outside(joined, start, end, brackets)
    chosen = []
    for b in alive:
        if texts.lines.seen[b.line] & KANA:
            continue
        one = _count_han(joined, b) == 1
        stray = _has_stray_space(joined, b)
        if (_is_traditional(joined, b) and (stray or (one and plain))) or (one and stray):
            chosen.append((b, "toneless-reading"))
        elif believed and (one or has_toned or single >= _REPEATED_IN_CODE):
            chosen.append((b, "toneless-reading"))
        elif alone and one and not _ENGLISH.match(joined, max(b.base - 1, 0)):
            chosen.append((b, "lone-toneless-reading"))
    return chosen


def _is_traditional(joined: str, b: Bracket) -> bool:
    classes = load_classes()
    return any(int(classes[ord(c)]) & TRADITIONAL for c in joined[b.base:b.base_end])


def _has_stray_space(joined: str, b: Bracket) -> bool:
    return joined[b.end] in BLANKS and is_han(joined[b.end + 1]) and joined[b.start - 1] not in BLANKS


def _has_latin_outside(joined: str, start: int, end: int, brackets: list[Bracket]) -> bool:
    """Is there a Latin letter in the document outside brackets that read? Then a lone bracket may be a name, a command, a gloss."""
    for b in brackets:
        if b.reads:
            if _LATIN.search(joined, start, b.start):
                return True
            start = b.end
    return _LATIN.search(joined, start, end) is not None
