"""What a template has for values that a script fills in ({{item.title}}, @@=it.name$$, $info.channel), and none has.

The rule of this file: several such lines of one page, of which the net is not sure that it is a text, are furniture; nobody ever
saw the page so. Beside a sentence, a line that ends in a colon, or code, they are what a text about templates shows, and all of
them stay, in a fenced block of code too.

Of the lines of labelled pages 589 are holes (6 groups of sites, most of one), none is content. By nets that had not seen them six
more of 539 pages without content of folds 0, 2, 3, 4 are set aside, all of one site, and 377 lines less are left on such pages.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plain import fold_points
from pipeline.edits import gather_spans
from pipeline.record import Texts

__all__ = ["HOLE", "NOTHING", "SPEAKS", "find_signs", "find_unfilled"]

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Signs = NDArray[np.int8]
#: What a line is: nothing, a hole, or one that speaks of those beside it: prose or code.
NOTHING, HOLE, SPEAKS = 0, 1, 2
#: Lines with holes that a page has at least.
LEAST = 3
#: A page that the net gives so much as text keeps its holes: pages of templates have up to 0.64 by nets that had not seen them, but
#: for two of one site; a tutorial made up has 0.94 and more. Chosen in sight of both.
TEXT = 0.7
#: Characters of the longest line with a hole.
LONGEST = 160
#: How a line ends that speaks of the next, or is of code; and how a line of code begins.
_ENDS, _BEGINS = "。：:；;{}>`", "<{`"
#: How a hole opens.
_OPENS = "@$<{"

# Looked for from the start of a folded line of LONGEST characters; each repetition is bounded, so that the work is.
_HOLE = re.compile(
    r"[•·\s]{0,3}(?:@@.{0,40}?\$\$|\$[a-z]\w{1,20}\.\w{2,30}|\$\{[\w.]{2,40}\}|\{\{[^{}]{1,40}\}\}|\{[a-z]\w{2,30}\}|<%.{1,60}?%>)"
    r"[^。!?]{0,60}$"
)
_MAY_OPEN, _IS_END, _IS_BEGIN = (1 << k for k in range(3))


def find_signs(texts: Texts, line: Ints) -> Signs:
    """What each line (rising indices into `texts.lines`) is, int8 [n]: NOTHING, HOLE or SPEAKS, this only where holes are.

    >>> texts = Texts.of(["{{a.b}}\\n• {{a.c}}\\n{{a.d}}\\n插值写成双大括号：\\n一共检查了二十三座"])
    >>> find_signs(texts, np.arange(5)).tolist()
    [1, 1, 1, 2, 0]
    """
    signs = np.zeros(len(line), np.int8)
    if not len(line):
        return signs
    start, end, doc = texts.lines.start[line], texts.lines.end[line], texts.lines.doc[line]
    classes = _load_classes()
    opens = classes[texts.points[start]] | classes[texts.points[np.minimum(start + 2, len(texts.points) - 1)]]
    rows = np.flatnonzero((opens & _MAY_OPEN > 0) & (end - start <= LONGEST))
    rows = rows[np.bincount(doc[rows], minlength=1)[doc[rows]] >= LEAST]
    size = end[rows] - start[rows]
    folded, stops = fold_points(texts.points[gather_spans(start[rows], size)]), np.cumsum(size)
    for i, a, b in zip(rows.tolist(), (stops - size).tolist(), stops.tolist(), strict=True):
        signs[i] = HOLE if _HOLE.match(folded[a:b]) else NOTHING
    told = np.bincount(doc, signs == HOLE, len(texts)) >= LEAST
    near = np.flatnonzero(told[doc] & (signs == NOTHING))
    speaks = (classes[texts.points[end[near] - 1]] & _IS_END > 0) | (classes[texts.points[start[near]]] & _IS_BEGIN > 0)
    signs[near[speaks]] = SPEAKS
    return signs


@cache
def _load_classes() -> NDArray[np.uint8]:
    """The class of each character."""
    classes = np.zeros(0x110000, np.uint8)
    for characters, bit in ((_OPENS, _MAY_OPEN), (_ENDS, _IS_END), (_BEGINS, _IS_BEGIN)):
        classes[[*map(ord, characters)]] |= bit
    return classes


def find_unfilled(first: Ints, signs: Signs, text: NDArray[np.float32]) -> Bools:
    """The holes of pages that are no text about them, bool [n]: `first` bounds the pages, which the net gives `text`."""
    found = np.zeros(len(signs), np.bool_)
    rows = np.flatnonzero(signs == HOLE)
    page = np.searchsorted(first, rows, side="right") - 1
    for own in np.split(rows, np.flatnonzero(np.diff(page)) + 1):
        if len(own) < LEAST or text[k := int(np.searchsorted(first, own[0], side="right")) - 1] >= TEXT:
            continue
        beside = np.concatenate((own - 1, own + 1))
        beside = beside[(beside >= first[k]) & (beside < first[k + 1])]
        found[own] = not (signs[beside] == SPEAKS).any()
    return found
