"""What kind of furniture a cut line is: the reason that the audit shows.

The rule of this file: naming only; nothing here decides whether a line goes. A line that holds phrases of a kind is of
that kind; one that does not is named after the heading above it, or after its place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.boilerplate.judgement import Judged
from pipeline.stages.boilerplate.phrases import KINDS

__all__ = ["name_cuts"]

#: Names of kinds in the audit where they differ from the table's.
_NAMES = {"section": "menu"}
#: Kinds whose heading names the lines under it.
_HEADS = frozenset(("related", "hot-list", "comments", "friend-links", "reply-box", "advertisement"))
_IS_HEAD = np.array([kind in _HEADS for kind in KINDS])
#: Names by place: those of the kinds, those of other causes, none.
_TABLE = np.array([*(_NAMES.get(kind, kind) for kind in KINDS), "option", "title-again", "recurring", ""], object)
_OPTION, _TITLE, _RECURRING, _NONE = range(len(KINDS), len(_TABLE))
_RELATED, _MENU, _BREADCRUMB, _BYLINE = map(KINDS.index, ("related", "menu", "breadcrumb", "byline"))
#: Log of canonical characters: a line under the text that names nothing is a link where it is longer, else a word of a menu.
_LINK = 2


def name_cuts(lines: Judged, cut: NDArray[np.bool_]) -> NDArray[np.object_]:
    """The kind of each line that is cut, `""` for the others; `option` for lines that the user's phrases mark."""
    index = np.arange(len(cut))
    top = np.maximum.accumulate(np.where(np.diff(lines.doc, prepend=-1) != 0, index, 0))      # the first line of its document
    causes = np.select((lines.dropped, lines.double, lines.common), (_OPTION, _TITLE, _RECURRING), -1)
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
