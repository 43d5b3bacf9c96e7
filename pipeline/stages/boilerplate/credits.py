"""What closes an article: behind the line that names its editor or its first headline stands nothing of it.

The rule of this file: a credit behind three paragraphs goes with all that follows it, unless three paragraphs follow, which are
another part of the page. On labelled pages (`real_lines`, `crawl_lines`: 800 with a credit) 4,627 lines behind one are furniture
and 19 content, all of one page with three paragraphs more; the net leaves 44 of the furniture. Pages without any line that the
net is sure of are not looked at.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.stages.boilerplate.judgement import Judged

__all__ = ["find_closed"]

#: Paragraphs that make an article before a credit, and another part of the page behind it; and canonical characters of the
#: shortest of them (40 with punctuation, as counted above): what a site says of itself is shorter.
PARAGRAPHS, LONG = 3, 35

# At the start of a line, one word of fixed length, blanks up to a bound: linear. 168 such lines are labelled, none as content.
_CREDIT = re.compile(
    "^[ （(【\\[]{0,3}(?:原标题|原標題|责任编辑|責任編輯|责编|責編|编辑|編輯)[ \u3000]{0,3}[:：]", re.MULTILINE
)


def find_closed(texts: Texts, lines: Judged, cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The lines from a credit to the end of its document, bool [n]; `cut` marks those that go anyway."""
    closed = np.zeros(len(lines), np.bool_)
    rows = np.flatnonzero(np.isin(lines.line, _find_credits(texts)))
    own = np.concatenate(([0], np.cumsum(lines.paragraph & ~cut & (lines.size >= np.log1p(LONG)))))
    first = np.searchsorted(lines.doc, lines.doc[rows], side="left")
    stop = np.searchsorted(lines.doc, lines.doc[rows], side="right")
    ends = (own[rows] - own[first] >= PARAGRAPHS) & (own[stop] - own[rows] < PARAGRAPHS)
    for row, end in zip(rows[ends].tolist(), stop[ends].tolist(), strict=True):
        closed[row:end] = True
    return closed & ~lines.protected


def _find_credits(texts: Texts) -> NDArray[np.int64]:
    """Lines that are a credit, as indices into `texts.lines`."""
    at = [m.start() for m in _CREDIT.finditer(texts.joined, 0, len(texts.joined))]
    return np.searchsorted(texts.lines.start, np.array(at, np.int64), side="right") - 1
