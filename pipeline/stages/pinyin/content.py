"""Where the reading is the content it stays (docs/policy.md, Readings, 5): exams, dictionaries, lessons, word play.

Each function takes the brackets of one document and names lines or brackets that are content. They look at the text near a
bracket, at its line, or at words that say what the text is about; none of them looks at tones.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np

from pipeline.record import Texts
from pipeline.stages.pinyin.brackets import Bracket, count_hanzi
from pipeline.stages.pinyin.readings import HAN, is_han, read_back

__all__ = [
    "find_content_lines", "find_entries", "find_list_items", "find_quoted_code", "find_word_lists", "find_word_play", "is_foreign",
    "load_content_words",
]

#: One such word in so few characters, and the whole document is about readings. Exam papers have one in 60, no article of
#: the news corpus comes near.
_CHARS_PER_CONTENT_WORD = 300
#: Characters between two brackets of one run: a word and a comma.
_RUN_GAP = 3
#: In shorter lines a wrong reading for every right one makes the line content; in longer ones it may be an error.
_SHORT_LINE = 80
#: Characters of a list of words; those in exam papers have 30 to 80.
_LONGEST_LIST = 200
#: Characters on either side of a bracket that say which language the text is in, and how many letters are one hanzi's worth.
_WINDOW, _LETTERS_PER_HANZI = 40, 1.5

_NUMBER = r"[①-⑳⑴-⒇]|[0-9][.．、)）\]】〕][:：]?"
_SPEECH = "“\"‘「『"        # after the colon: somebody speaks, nothing is defined
_DEFINING = ("指", "即", "谓", "謂", "通“", "同“", "意为", "意思")
_QUOTES = {"“": "”", "‘": "’", "「": "」", "『": "』", '"': '"', "'": "'", "《": "》", "〈": "〉"}

# All repeats below are bounded or stand alone on a short slice: linear.
_OPTION = re.compile(r"\s{0,4}(?:[A-Ha-h][.．、:：)）]|[①-⑳]|[(（]?[0-9一二三四五六七八九十]{1,3}[)）.．、])")
_ENTRY_HEAD = re.compile(f"(?:^|[。；;！!？?\\s\"”’」』*#>]|({_NUMBER})|[)）\\]】〕])[“‘「『【《]?[{HAN}]{{0,7}}$")
_ENTRY_TAIL = re.compile(f"([{HAN}]{{0,3}})(?:[：:]|\\*{{1,2}} ?[-–—:：=]| [-–—] )")
_GLOSS = re.compile(f"[*\\s]{{0,4}}(?:[=＝≈]|[-–—:：|]{{1,2}}[ \t]{{0,2}}[^\\W\\d_{HAN}])")
_INSIDE = r"[^()（）\[\]【】〔〕［］]{0,40}"
_MARKUP = re.compile(f"<[^<>]*>|(?:[（(\\[【〔［]|^){_INSIDE}[）)\\]】〕］]|[（(\\[【〔［]{_INSIDE}$")
_LETTER = re.compile(f"[^\\W\\d_{HAN}]")
_HANZI = re.compile(f"[{HAN}]")
_CLOSED = re.compile(f"[\"'] ?[,\\]}}:);=]|[{HAN}]{{0,3}}】")
_LIST_JOIN = re.compile(f"[{HAN}]{{0,4}}(?:[ \t\u3000]{{2,8}}|\u3000| ?[/／] ?)(?:[A-H][.．、] ?)?[{HAN}]{{1,5}}")
_CODE = re.compile("`[^`\n]++`")
_LIST_GAP = re.compile("[ \t\u3000/|]+")
_PROSE = re.compile("[，。！？；：,!?;:…]")


@cache
def load_content_words() -> re.Pattern[str]:
    """The words of data/readings_content.txt as one pattern of literals: linear."""
    text = (resources.files("pipeline") / "data" / "readings_content.txt").read_text("utf-8")
    words = [line for line in text.split("\n") if line and not line.startswith("#")]
    return re.compile("|".join(map(re.escape, words)), re.IGNORECASE)


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
    lines = texts.lines
    marked: set[int] = set()
    for line in np.unique(np.searchsorted(lines.end, hits, side="left")).tolist():
        while line not in marked:
            marked.add(line)
            line += 1
            if line >= last or not _OPTION.match(texts.joined, int(lines.start[line]), int(lines.end[line])):
                break
    return marked


def find_quoted_code(texts: Texts, readers: list[Bracket]) -> set[int]:
    """Starts of brackets inside `code` in a line: an example that shows how something looks."""
    quoted: set[int] = set()
    spans: list[tuple[int, int]] = []
    line = at = -1
    for b in readers:
        if b.line != line:
            line, at = b.line, 0
            spans = [m.span() for m in _CODE.finditer(texts.joined, int(texts.lines.start[line]), int(texts.lines.end[line]))]
        while at < len(spans) and spans[at][1] < b.end:
            at += 1
        if at < len(spans) and spans[at][0] < b.start:
            quoted.add(b.start)
    return quoted


def find_word_play(brackets: list[Bracket]) -> set[int]:
    """Indices of brackets in runs that mostly do not read their hanzi: 色（kan）彩（zhe）缤（tou）纷（teng）.

    Where each bracket follows a single hanzi, or none is toned, half is enough.
    """
    play: set[int] = set()
    run: list[int] = []
    for i, b in enumerate(brackets):
        gap = b.start - brackets[run[-1]].end if run and brackets[run[-1]].line == b.line else _RUN_GAP + 1
        if gap > _RUN_GAP:
            play.update(_judge_run(brackets, run))
            run = []
        if b.reads or b.syllables or _is_short(b) or (gap == 1 and b.spelling is None and len(b.content) < 4):
            run.append(i)
    play.update(_judge_run(brackets, run))
    return play


def _is_short(b: Bracket) -> bool:
    return b.spelling is not None and not b.spelling.capital and len(b.spelling.letters) <= 5


def _judge_run(brackets: list[Bracket], run: list[int]) -> list[int]:
    members = [brackets[i] for i in run]
    wrong = sum(not b.reads for b in members)
    tight = all(b.start - a.end == 1 for a, b in pairwise(members))
    toned = any(b.reads and b.spelling is not None and b.spelling.toned for b in members)
    return run if 2 * wrong > len(run) or (2 * wrong == len(run) and (tight or not toned)) else []


def find_entries(texts: Texts, readers: list[Bracket]) -> set[int]:
    """Starts of brackets in dictionary entries, 词（cí）：释义, unless readings in running text outnumber them in the line.

    In a document that is strewn with readings a colon after one proves nothing: entries must make up a fifth of them. The
    same holds for words that are talked about.
    """
    entries = [b for b in readers if _is_entry(texts, b)]
    mentions = {b.start for b in readers if _is_mention(texts, b)}
    if len(mentions) * 5 < len(readers):
        mentions = set()
    if len(entries) * 5 < len(readers):
        return mentions
    per_line: dict[int, int] = {}
    for b in readers:
        per_line[b.line] = per_line.get(b.line, 0) - 1
    for b in entries:
        per_line[b.line] += 2
    return mentions | {b.start for b in entries if per_line[b.line] > 0}


def _is_entry(texts: Texts, b: Bracket) -> bool:
    """Head word at the start of a line, a sentence or a numbered note, its reading, a colon, and no speech after it.

    The head word may go on after the bracket where a number or the definition shows what it is: (2)驿（yì）外：指荒僻之地.
    """
    joined, stop = texts.joined, int(texts.ends[b.doc])
    tail = _ENTRY_TAIL.match(joined, b.end, stop)
    if tail is None or joined[tail.end()] in _SPEECH:
        return False
    head = _ENTRY_HEAD.search(joined[max(int(texts.lines.start[b.line]), b.base - 12):b.base])
    if head is None:
        return False
    return not tail[1] or head[1] is not None or joined.startswith(_DEFINING, tail.end(), stop)


def _is_mention(texts: Texts, b: Bracket) -> bool:
    """Is the word talked about, not used? “了（liǎo）”, “囧”（jiǒng）, ～重（zhòng）, and in data a string: "银行（háng）",.

    Also the head of a note, 【濯（zhuó）】洗涤.
    """
    joined, first = texts.joined, int(texts.starts[b.doc])
    before, after = joined[b.base - 1] if b.base > first else "\n", joined[b.end]
    if before in "～~":
        return True
    closing = _QUOTES.get(before)
    if closing and count_hanzi(joined, b) == 1 and closing in (after, joined[b.base + 1]):
        return True
    if not _CLOSED.match(joined, b.end, int(texts.ends[b.doc])):
        return False
    start = b.base
    while start > max(first, b.base - 8) and is_han(joined[start - 1]):
        start -= 1
    opened = joined[start - 1] if start > first else "\n"
    return opened == after or (opened == "【" and after not in "\"'")


def is_foreign(texts: Texts, b: Bracket) -> bool:
    """Is it a text about Chinese in another language: 勇 (yǒng) means “brave”, 苹果 (píngguǒ): apple?

    A gloss follows, or letters outnumber hanzi nearby. The last word of a sentence that is annotated throughout is no
    head word.
    """
    joined, first, stop = texts.joined, int(texts.starts[b.doc]), int(texts.ends[b.doc])
    if _GLOSS.match(joined, b.end, stop) and not (b.base > first and joined[b.base - 1] in ")）]】〕］"):
        return True
    start, end = int(texts.lines.start[b.line]), int(texts.lines.end[b.line])
    before, after = joined[max(start, b.base - _WINDOW):b.base_end], joined[b.end:min(end, b.end + _WINDOW)]
    around = _MARKUP.sub("", before) + _MARKUP.sub("", after)
    return len(_LETTER.findall(around)) > _LETTERS_PER_HANZI * len(_HANZI.findall(around))


def find_word_lists(texts: Texts, toned: list[Bracket]) -> set[int]:
    """Lines of exam items and new words: 引吭（háng）高歌 / 相形见绌（chù） / 按图索骥（jì）, each reading a part of its word.

    Also lines where a third of the readings read another hanzi of the word, 贮蓄（zhù）澄清（chéng）, as only exams do; and short
    lines where half of them read nothing.
    """
    tallies: dict[int, list[int]] = {}
    for b in toned:
        tally = tallies.setdefault(b.line, [0, 0, 0, 0])
        tally[0] += 1
        tally[1] += not b.reads
        tally[2] += not b.reads and _reads_earlier(texts.joined, b)
        tally[3] += not b.reads or _is_part(texts.joined, b)
    lists = set()
    for line, (n, wrong, earlier, parts) in tallies.items():
        start, end = int(texts.lines.start[line]), int(texts.lines.end[line])
        if 3 * earlier >= n or (2 * wrong >= n and end - start < _SHORT_LINE):
            lists.add(line)
        if parts < 2 or end - start > _LONGEST_LIST or _PROSE.search(texts.joined, start, end):
            continue
        items = [i for i in _LIST_GAP.split(_MARKUP.sub("", texts.joined[start:end])) if _HANZI.search(i)]
        if len(items) >= 3 and 3 * parts >= 2 * len(items):
            lists.add(line)
    return lists


def _is_part(joined: str, b: Bracket) -> bool:
    """Does a hanzi stand beside the ones that the bracket reads?"""
    return is_han(joined[b.end]) or (b.base > 0 and is_han(joined[b.base - 1]))


def _reads_earlier(joined: str, b: Bracket) -> bool:
    """Does the bracket read one of the three hanzi before the last?"""
    at = b.base_end - 1
    while at > 0 and b.base_end - at < 4 and is_han(joined[at]) and is_han(joined[at - 1]):
        if b.spelling is not None and read_back(b.spelling.letters, joined, at, at - 1) >= 0:
            return True
        at -= 1
    return False


def find_list_items(joined: str, toned: list[Bracket]) -> set[int]:
    """Starts of brackets whose words are parted as in a list of words: 蓓蕾(lěi)   犒(kào)赏    锲(qiè)而不舍."""
    items: set[int] = set()
    for a, b in pairwise(toned):
        between = joined[a.end:b.start] if b.start - a.end < 24 and a.line == b.line else ""
        if _LIST_JOIN.fullmatch(between) and all(not c.reads or _is_part(joined, c) for c in (a, b)):
            items |= {a.start, b.start}
    return items
