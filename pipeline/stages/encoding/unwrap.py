"""On request: paragraphs that were broken at a fixed width become one line again, and spaces between hanzi go.

A document is wrapped at a width where no line is wider and many lines come close to it. A line that had no room for what the next
one begins with runs on there, unless it ends as a sentence does, or the next one begins as a paragraph, an item or a heading does.
Verse, code and Markdown are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Edit
from pipeline.record import Texts
from pipeline.stages.encoding.layout import Structure

__all__ = ["drop_spaces", "rejoin"]

#: Columns of the narrowest page that is believed to be wrapped (a hanzi has two): wider than verse, narrower than any e-mail.
NARROWEST = 40
#: Columns by which a full line may be short of the width: a mark that may not begin a line takes a hanzi along.
SHORT = 5
#: Full lines that show a width: as many, and as large a share of the lines.
LEAST, SHARE = 3, 0.3
_END = "。！？!?；;：:…”』」）)】—~～"
# What a paragraph, an item, a heading or a quotation begins with; at one place, bounded: linear.
_NUMBER = "0-9０-９一二三四五六七八九十百"
_BEGIN = re.compile(rf"[ \t\u3000*•·●■◆▶#>|+-]|[（(]?[{_NUMBER}]{{1,3}}[)）、.．]|第[{_NUMBER}]{{1,4}}[章节條条回卷]")
_WORD = re.compile(r"[!-~\u00a1-\u024f]{0,40}")       # one class, at one place: linear
_HAN = r"\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CLOSE = r"\u3000-\u303f\uff00-\uffef\u2018-\u201f\u2026\u2014"
_JOINT = re.compile(rf"[{_HAN}{_CLOSE}]\n|\n[{_HAN}{_CLOSE}]")
_SPACE = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")        # one character between two: linear


def rejoin(texts: Texts, structure: Structure) -> Iterator[Edit]:
    """Edits that take away the breaks inside of paragraphs."""
    lines = texts.lines
    widths = _measure(texts)
    for doc in range(len(texts)):
        if structure.verse[doc] or structure.markdown[doc]:
            continue
        first, last = texts.first_lines[doc], texts.first_lines[doc + 1]
        own = widths[first:last]
        width = int(own.max()) if last > first else 0
        full = own >= width - SHORT
        if width < NARROWEST or full.sum() < max(LEAST, SHARE * np.count_nonzero(own)):
            continue
        for line in range(first, last - 1):
            end = int(lines.end[line])
            if not (structure.code[line] or structure.code[line + 1]) and _runs_on(texts, line, width - int(widths[line])):
                joint = texts.joined[end - 1:end + 2]
                yield Edit(end, end + 1, "" if _JOINT.search(joint) else " ", "unwrapped")


def _measure(texts: Texts) -> NDArray[np.int64]:
    """Columns of each line: two for what is as wide as a hanzi."""
    points, lines = texts.points, texts.lines
    wide = (points >= 0x2E80) | ((points >= 0x2018) & (points <= 0x2026))
    total = np.concatenate([[0], np.cumsum(wide, dtype=np.int64)])
    columns: NDArray[np.int64] = lines.end - lines.start + total[lines.end] - total[lines.start]
    return columns


def _runs_on(texts: Texts, line: int, room: int) -> bool:
    """Whether a line with so many columns of room runs on in the next one."""
    joined, end, stop = texts.joined, int(texts.lines.end[line]), int(texts.lines.end[line + 1])
    if joined[end - 1] in _END or joined[end - 1] == "\n" or end + 1 >= stop:
        return False
    word = _WORD.match(joined, end + 1, stop)
    return room <= max(SHORT, len(word[0]) if word else 0) and not _BEGIN.match(joined, end + 1, stop)


def drop_spaces(texts: Texts, structure: Structure) -> Iterator[Edit]:
    """Edits that take away single spaces between two hanzi; runs of blanks become single ones first."""
    for match in _SPACE.finditer(texts.joined, 0, len(texts.joined)):     # a hanzi on either side: never over an LF
        line = int(np.searchsorted(texts.lines.start, match.start(), side="right")) - 1
        if not structure.code[line]:
            yield Edit(match.start(), match.end(), "", "space-between-hanzi")
