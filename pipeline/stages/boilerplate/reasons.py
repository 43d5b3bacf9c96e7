"""What kind of furniture a cut line is: the reason that the audit shows.

The rule of this file: naming only; nothing here decides whether a line goes. A line that holds phrases of a kind is of that kind,
one of a form (`residue.FORMS`) has its reason; any other is named after the heading above it, or after its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.stages.boilerplate.judgement import Judged
from pipeline.stages.boilerplate.phrases import KINDS
from pipeline.stages.boilerplate.residue import FORMS

__all__ = ["BLANK", "BYLINE", "TITLE_LABEL", "find_near", "name_credits", "name_cuts"]

#: Reasons that are not a line's kind: what says who wrote or published it, the label before a title, the blank lines of a document
#: of which nothing is left.
BYLINE, TITLE_LABEL, BLANK = "byline", "title-label", "blank"

#: Names of kinds in the audit where they differ from the table's.
_NAMES = {"section": "menu"}
#: Kinds whose heading names the lines under it.
_HEADS = frozenset(("related", "hot-list", "comments", "friend-links", "reply-box", "advertisement"))
#: Log of canonical characters: a line under the text that names nothing is a link where it is longer, else a word of a menu.
_LINK = 2


def name_cuts(lines: Judged, cut: NDArray[np.bool_]) -> list[str]:
    """The kind of each line that is cut, `""` for the others; `option` for lines that the user's phrases mark."""
    kinds = [""] * len(cut)
    doc, head, body_seen = -1, "", False
    for i in np.flatnonzero(np.isin(lines.doc, lines.doc[cut])).tolist():
        if lines.doc[i] != doc:
            doc, head, body_seen = int(lines.doc[i]), "", False
        if not cut[i]:
            body_seen |= bool(lines.paragraph[i])
            head = ""
            continue
        kind = KINDS[lines.named[i]] if lines.named[i] >= 0 else ""
        if lines.whole[i] >= 0:
            head = KINDS[lines.whole[i]] if KINDS[lines.whole[i]] in _HEADS else head
        kinds[i] = _name_by_cause(lines, i) or _NAMES.get(kind, kind) or _name_by_place(lines, i, head, body_seen)
    return kinds


def _name_by_cause(lines: Judged, i: int) -> str:
    """Why a line goes that goes for another reason than what it is."""
    if lines.dropped[i]:
        return "option"
    if lines.double[i]:
        return "title-again"
    return FORMS[lines.form[i]].reason if lines.form[i] >= 0 else "recurring" if lines.common[i] else ""


def _name_by_place(lines: Judged, i: int, head: str, body_seen: bool) -> str:
    """The kind of a line without phrases of its own."""
    if head:
        return head
    if lines.arrow[i] and not body_seen:
        return "breadcrumb"
    if lines.dated[i]:
        return BYLINE
    return "related" if body_seen and lines.size[i] > _LINK else "menu"


#: Lines above the text and below it in which a byline of its own can stand; farther away it is that of another text. On the 298
#: real pages no field moves from 3 to 50 lines above and from 3 on below; without a bound above, an author and a date are lost.
ABOVE, BELOW = 25, 15
#: Cut lines of one document that are looked at, for the sake of time: with 20 a third of the fields is lost, with 1,000 none won.
MOST = 80
_BY_PLACE = frozenset(("menu", "related", "breadcrumb"))
_CREDIT = re.compile("记者|記者|通讯员|通訊員|作者|编辑|編輯|撰文|供稿")      # an alternation of literals: linear
#: Characters of a line in which a credit is looked for. No field of the real pages moves from 20 to 200.
_SHORT = 60


def find_near(lines: Judged, cut: NDArray[np.bool_]) -> Iterator[tuple[int, int, list[int]]]:
    """Of each document with cuts: the first line that stays and the last (indices of `lines`), and the cuts near them."""
    rows = np.flatnonzero(cut)
    for members in np.split(rows, np.flatnonzero(np.diff(lines.doc[rows])) + 1):
        if not len(members):
            continue
        a, b = np.searchsorted(lines.doc, (lines.doc[members[0]], lines.doc[members[0]] + 1))
        kept = np.setdiff1d(np.arange(a, b), members, assume_unique=True)
        first, last = (int(kept[0]), int(kept[-1])) if len(kept) else (int(a), int(b))
        yield first, last, members[(members >= first - ABOVE) & (members <= last + BELOW)][:MOST].tolist()


def name_credits(texts: Texts, lines: Judged, cut: NDArray[np.bool_], reasons: list[str]) -> None:
    """Name credits without a label (本报记者 甲, (作者系某校教授)) that are called after their place, in `reasons`."""
    for first, _, near in find_near(lines, cut):
        for i in near:
            at = int(lines.line[i])
            if i > first and reasons[at] in _BY_PLACE and (text := texts.line(at)) and _CREDIT.search(text[:_SHORT]):
                reasons[at] = BYLINE
