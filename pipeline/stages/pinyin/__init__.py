"""Inline readings go: 制度(zhìdù), 黨(dang) 的, lines of pinyin over hanzi. The rules are in docs/policy.md, Readings.

A bracket is found in `brackets`, checked against readings in `readings`, judged by its document in `context`;
readings without brackets are in `lines`. Text without letters in brackets costs one look at the line classes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.chinese.codepoints import CLAUSE, SENTENCE
from pipeline.edits import Edit, Proposal, collect
from pipeline.options import PinyinOptions
from pipeline.record import Texts
from pipeline.stages.pinyin.brackets import BLANKS, Bracket, count_hanzi, find_brackets
from pipeline.stages.pinyin.context import Chosen, choose_readings
from pipeline.stages.pinyin.lines import cut_reading_lines, cut_ruby
from pipeline.stages.pinyin.readings import is_han

__all__ = ["propose"]

#: Hanzi of a line of verse; more single hanzi with readings and blanks are a list, as of surnames.
_LONGEST_VERSE = 10
_CLOSING = frozenset("，。！？；：、,.!?;:…）)]】〕］”’」』》〉%％")


def propose(texts: Texts, options: PinyinOptions) -> Proposal:
    """Edits that take out readings of the hanzi beside them, with the blanks that only they brought."""
    edits: list[Edit] = []
    for brackets in find_brackets(texts):
        if chosen := choose_readings(texts, brackets, options):
            edits.extend(_cut(texts, chosen))
    edits.extend(cut_reading_lines(texts))
    edits.extend(cut_ruby(texts))
    return Proposal(collect(edits))


def _cut(texts: Texts, chosen: list[Chosen]) -> Iterator[Edit]:
    listed = _find_spaced_lists(texts, chosen)
    floor = 0
    joined = texts.joined
    for i, (b, reason) in enumerate(chosen):
        start, end = b.start, b.end
        while start > floor and joined[start - 1] in BLANKS:
            start -= 1
        after = end
        while joined[after] in BLANKS:
            after += 1
        follows = i + 1 < len(chosen) and chosen[i + 1][0].start == after
        if not follows:
            end = _end_blanks(joined, b, after, "toneless" in reason, b.line in listed)
        floor = end
        yield Edit(start, end, "", reason, 0.7 if reason.startswith("lone") else 1.0)


def _end_blanks(joined: str, b: Bracket, after: int, toneless: bool, listed: bool) -> int:
    """Where the cut ends: after the one blank behind the bracket that it brought, or at it where words part.

    More blanks than one were there before the bracket came, except before a line break.
    """
    char = joined[after]
    if char == "\n":
        return after
    brought = char in _CLOSING or (not listed and (toneless or is_han(char)))
    return min(after, b.end + 1) if brought else b.end


def _find_spaced_lists(texts: Texts, chosen: list[Chosen]) -> set[int]:
    """Lines without sentence marks where blanks part words with readings, 苹果(píngguǒ) 香蕉(xiāngjiāo), not hanzi of verse."""
    marks = SENTENCE | CLAUSE
    sizes: dict[int, list[int]] = {}
    for b, _ in chosen:
        if not texts.lines.seen[b.line] & marks and texts.joined[b.end] in BLANKS:
            sizes.setdefault(b.line, []).append(count_hanzi(texts.joined, b))
    return {line for line, n in sizes.items() if 2 * n.count(1) < len(n) or len(n) > _LONGEST_VERSE}
