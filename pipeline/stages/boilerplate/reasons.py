"""What kind of furniture a cut line is: the reason that the audit shows.

The rule of this file: naming only; nothing here decides whether a line goes. A line that holds phrases of a kind is of
that kind; one that does not is named after the heading above it, or after its place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.boilerplate.features import Measured
from pipeline.stages.boilerplate.phrases import KINDS

__all__ = ["name_kinds"]

#: Names of kinds in the audit where they differ from the table's.
_NAMES = {"section": "menu"}
#: Kinds whose heading names the lines under it.
_HEADS = frozenset(("related", "hot-list", "comments", "friend-links", "reply-box", "advertisement"))


def name_kinds(lines: Measured, cut: NDArray[np.bool_], dropped: NDArray[np.bool_]) -> list[str]:
    """The kind of each line that is cut, `""` for the others; `option` for lines that the user's phrases mark."""
    kinds = [""] * len(cut)
    touched = np.flatnonzero(np.isin(lines.doc, lines.doc[cut]))
    cover = lines.cover[touched, :len(KINDS)]
    cover[:, -1] = 0
    cover[:, 0] *= 0.3                          # a word of the section list is weak evidence beside a phrase
    best, share = cover.argmax(axis=1).tolist(), cover.max(axis=1).tolist()
    doc, head, body_seen = -1, "", False
    for k, i in enumerate(touched.tolist()):
        if lines.doc[i] != doc:
            doc, head, body_seen = int(lines.doc[i]), "", False
        if not cut[i]:
            body_seen |= bool(lines.own[i, 31])
            head = ""
            continue
        opening = int(lines.marks[i, 1])
        kind = KINDS[best[k]] if share[k] >= 0.2 else KINDS[opening] if opening > 0 and cover[k, opening] >= 0.06 else ""
        if lines.marks[i, 0] >= 0:
            head = KINDS[lines.marks[i, 0]] if KINDS[lines.marks[i, 0]] in _HEADS else head
        kinds[i] = "option" if dropped[i] else _NAMES.get(kind, kind) or _name_by_place(lines.own[i], head, body_seen)
    return kinds


def _name_by_place(own: NDArray[np.float32], head: str, body_seen: bool) -> str:
    """The kind of a line without phrases of its own."""
    if head:
        return head
    if own[14] >= 1 and not body_seen:
        return "breadcrumb"
    if own[11] > 0:
        return "byline"
    if not body_seen:
        return "menu"
    return "related" if own[27] > 2 else "menu"
