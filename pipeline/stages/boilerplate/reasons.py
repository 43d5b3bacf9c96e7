"""What kind of furniture a cut line is: the reason that the audit shows.

The rule of this file: naming only; nothing here decides whether a line goes. A line that holds phrases of a kind is of
that kind; one that does not is named after the heading above it, or after its place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.boilerplate.judgement import Judged
from pipeline.stages.boilerplate.phrases import KINDS
from pipeline.stages.boilerplate.residue import FORMS

__all__ = ["name_cuts"]

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
        return "byline"
    return "related" if body_seen and lines.size[i] > _LINK else "menu"
