"""What kind of furniture a cut line is: the reason that the audit shows.

The rule of this file: naming only; nothing here decides whether a line goes. A line that holds phrases of a kind is of that kind,
one of a form (`residue.FORMS`) or that markup alone cuts has its reason; any other is named after the heading above it, or
after its place.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.stages.boilerplate.features import find_heads
from pipeline.stages.boilerplate.judgement import Judged
from pipeline.stages.boilerplate.phrases import KINDS
from pipeline.stages.boilerplate.residue import FORMS

__all__ = ["BLANK", "BYLINE", "TITLE_LABEL", "find_near", "name_credits", "name_cuts"]

#: Reasons that are not a line's kind: what says who wrote or published it, the label before a title, the blank lines of a document
#: of which nothing is left.
BYLINE, TITLE_LABEL, BLANK = "byline", "title-label", "blank"
#: … and of lines that only the markup tells: they stand beside the main container of the page, or in one that is named as beside.
MARKUP = ("beside-text", "named-beside")

#: Names of kinds in the audit where they differ from the table's.
_NAMES = {"section": "menu"}
#: Kinds whose heading names the lines under it.
_HEADS = frozenset(("related", "hot-list", "comments", "friend-links", "reply-box", "advertisement"))
_IS_HEAD = np.array([kind in _HEADS for kind in KINDS])
#: Names by place: those of the kinds, those of other causes, none, those of the forms.
_TABLE = np.array([*(_NAMES.get(kind, kind) for kind in KINDS), "option", "title-again", "",
                   *(form.reason for form in FORMS), *MARKUP], object)
_OPTION, _TITLE, _NONE = range(len(KINDS), len(KINDS) + 3)
_FORM = _NONE + 1       # and that many forms
_MARKUP = _FORM + len(FORMS)
_RELATED, _MENU, _BREADCRUMB, _BYLINE = map(KINDS.index, ("related", "menu", "breadcrumb", BYLINE))
#: Log of canonical characters: a line under the text that names nothing is a link where it is longer, else a word of a menu.
_LINK = 2


def name_cuts(lines: Judged, cut: NDArray[np.bool_]) -> NDArray[np.object_]:
    """The kind of each line that is cut, `""` for the others; `option` for lines that the user's phrases mark."""
    index = np.arange(len(cut))
    top = np.maximum.accumulate(np.where(np.diff(lines.doc, prepend=-1) != 0, index, 0))      # the first line of its document
    form = _FORM + lines.form.astype(np.int64)
    markup = _MARKUP - 1 + lines.said.astype(np.int64)
    causes = np.select((lines.dropped, lines.double, lines.form >= 0, lines.said > 0), (_OPTION, _TITLE, form, markup), -1)
    names = np.where(causes >= 0, causes, np.where(lines.named >= 0, lines.named, _name_by_place(lines, cut, index, top)))
    named: NDArray[np.object_] = _TABLE[np.where(cut, names, _NONE)]
    return named


def _name_by_place(
    lines: Judged, cut: NDArray[np.bool_], index: NDArray[np.int64], top: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The kind of lines without phrases of their own, as place in _TABLE: of the heading over them with no kept line between."""
    heads = cut & (lines.whole >= 0) & _IS_HEAD[lines.whole]
    head, kept, body = (
        np.maximum.accumulate(np.where(marked, index, -1)) for marked in (heads, ~cut, ~cut & lines.paragraph)
    )
    body_seen = body >= top
    place = np.where(body_seen & (lines.size > _LINK), _RELATED, _MENU)
    place = np.where(lines.arrow & ~body_seen, _BREADCRUMB, np.where(lines.dated, _BYLINE, place))
    named: NDArray[np.int64] = np.where((head >= top) & (head > kept), lines.whole[np.maximum(head, 0)], place)
    return named


#: Lines above the text and below it in which a byline of its own can stand; farther away it is that of another text. On the 298
#: real pages no field moves from 3 to 50 lines above and from 3 on below; without a bound above, an author and a date are lost.
ABOVE, BELOW = 25, 15
#: Cut lines of one document that are looked at, for the sake of time: with 20 a third of the fields is lost, with 1,000 none won.
MOST = 80
_BY_PLACE = frozenset(("menu", "related", "breadcrumb"))
_CREDIT = re.compile("记者|記者|通讯员|通訊員|作者|编辑|編輯|撰文|供稿")      # an alternation of literals: linear
_CREDITS = "记記通作编編撰供"      # the first characters of these
#: Characters of a line in which a credit is looked for. No field of the real pages moves from 20 to 200.
_SHORT = 60


Rows = NDArray[np.int64]


def find_near(lines: Judged, cut: NDArray[np.bool_]) -> tuple[Rows, Rows, Rows]:
    """The cut lines near what stays, with the first and the last line that stays of the document of each (or its ends)."""
    if not len(cut):
        return (np.zeros(0, np.int64),) * 3
    index = np.arange(len(cut))
    top = np.flatnonzero(np.diff(lines.doc, prepend=-1))
    n = np.diff(np.append(top, len(cut)))
    first = np.minimum.reduceat(np.where(cut, len(cut), index), top)
    last = np.maximum.reduceat(np.where(cut, -1, index), top)
    emptied = last < 0
    first, last = np.repeat(np.where(emptied, top, first), n), np.repeat(np.where(emptied, top + n, last), n)
    near = cut & (index >= first - ABOVE) & (index <= last + BELOW)
    rank = np.cumsum(near)
    rows = np.flatnonzero(near & (rank - np.repeat(rank[top] - near[top], n) <= MOST))
    return rows, first[rows], last[rows]


def name_credits(texts: Texts, lines: Judged, cut: NDArray[np.bool_], reasons: NDArray[np.object_]) -> None:
    """Name credits without a label (本报记者 甲, (作者系某校教授)) that are called after their place, in `reasons`."""
    near, first, _ = find_near(lines, cut)
    by_place = np.array([reason in _BY_PLACE for reason in reasons[lines.line[near]].tolist()], np.bool_) & (near > first)
    at = lines.line[near[by_place]]
    for i in at[find_heads(texts, at, _CREDITS, _SHORT)].tolist():
        if _CREDIT.search(texts.line(i)[:_SHORT]):
            reasons[i] = BYLINE
