"""Repeats inside one document: a body, a title, a lead that comes again is kept once; refrains, forms and statutes stay.

A kernel tells which documents say anything twice (2 % of clean news); only these are looked at, first for echoes of the
title, then for teasers and leads, then for copies of whole passages. All comparing is done in canonical form.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import load_canonical, load_classes
from pipeline.edits import Edit, Proposal
from pipeline.options import RepeatsOptions
from pipeline.record import Texts
from pipeline.stages.repeats.copies import cut_copies
from pipeline.stages.repeats.kernels.buffer import IS_STOP, OPENING, Buffer
from pipeline.stages.repeats.kernels.flags import ADJACENT, RECUR, TITLE, Anchors, flag_documents
from pipeline.stages.repeats.leads import cut_leads
from pipeline.stages.repeats.lines import cut_doubled
from pipeline.stages.repeats.titles import cut_titles
from pipeline.stages.repeats.view import Cut, View, make_view

__all__ = ["propose"]

#: What looks at a document, in order, and the flags that call for it; once something is cut, all that follow do.
_FINDERS: tuple[tuple[int, Callable[[View, int], list[Cut]]], ...] = (
    (TITLE, cut_titles), (RECUR | ADJACENT, cut_leads), (ADJACENT, cut_doubled), (RECUR, cut_copies),
)

#: Code points of a document from which its anchors are counted before a table is made for them: for each of its code points it took
#: 3.2 GB of a document of 200 MB, and takes 0.4.
LONG = 1 << 20
_ROUNDS = 16        # of one of them on a document: many copies fall by halves at worst, so this is enough for any


def propose(texts: Texts, options: RepeatsOptions) -> Proposal:
    """Edits that take out what a document says a second time by mistake. Reads nothing into the metadata."""
    edits: list[Edit] = []
    if not texts.joined:
        return Proposal()
    flags = flag_texts(texts)
    for doc in np.flatnonzero(flags).tolist():
        view, seen = make_view(texts, doc), int(flags[doc])
        for bits, find in _FINDERS:
            for _ in range(_ROUNDS):
                if not seen & bits or not (cuts := find(view, options.min_chars)):
                    break
                _take(view, cuts, edits)
                seen = RECUR | ADJACENT | TITLE
    return Proposal(_merge(texts, edits))


def _take(view: View, cuts: list[Cut], edits: list[Edit]) -> None:
    """Make edits of canonical ranges, and leave the view without them."""
    for a, b, reason in cuts:
        start, end = view.place(a, b)
        edits.append(Edit(start, end, "", reason))
    view.drop(cuts)


def _merge(texts: Texts, edits: list[Edit]) -> list[Edit]:
    """Edits in order, those that touch or overlap made one; what is cut at the end of a text takes the blank lines before it."""
    merged: list[Edit] = []
    ordered = sorted(edits)
    docs = np.searchsorted(texts.ends, np.fromiter((e.start for e in ordered), np.int64, len(ordered)), side="left").tolist()
    for edit, doc, following in zip(ordered, docs, [*docs[1:], -1], strict=False):
        merged.append(edit)
        _join(merged)
        last, start = merged[-1], int(texts.starts[doc])
        if doc != following and not texts.joined[last.end:texts.ends[doc]].strip():
            merged[-1] = last._replace(start=start + len(texts.joined[start:last.start].rstrip()))
            _join(merged)
    return merged


def _join(merged: list[Edit]) -> None:
    """Make the last edit one with those before it that it touches."""
    while len(merged) > 1 and merged[-1].start <= merged[-2].end:
        last = merged.pop()
        merged[-1] = merged[-1]._replace(start=min(last.start, merged[-1].start), end=max(last.end, merged[-1].end))


def _count_breaks(points: NDArray[np.uint32]) -> int:
    """How many characters there are that a sentence may begin after."""
    pieces = (points[a:a + LONG] for a in range(0, len(points), LONG))
    return sum(int(np.count_nonzero((load_classes()[piece] & IS_STOP != 0) | np.isin(piece, OPENING))) for piece in pieces)


def flag_texts(texts: Texts) -> NDArray[np.uint8]:
    """Which documents may hold a repeat, and of which kind: bits of `kernels.flags`, uint8 [documents]."""
    flags = np.zeros(len(texts), np.uint8)
    longest = int((texts.ends - texts.starts).max(initial=0))
    most = longest if longest < LONG else 2 * _count_breaks(texts.points) + 2
    size = 1 << max(6, min(longest, most).bit_length())
    anchors = Anchors(np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.int64))
    flag_documents(Buffer(texts.points, load_classes(), load_canonical()), texts.starts, texts.ends, anchors, flags)
    return flags
