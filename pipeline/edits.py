"""Edits, and the only hand that cuts.

An edit is data: a half-open span of the text that its stage saw, what stands there instead (`""` removes), and why.
Nothing else in the package makes one text out of another, so nothing is lost silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.record import Texts

__all__ = ["Edit", "Found", "Note", "Proposal", "apply", "collect", "cut_lines"]


class Edit(NamedTuple):
    """One change, in code points of `Texts.joined` (or of one text, where a function says so)."""

    start: int
    end: int
    put: str
    reason: str
    score: float = 1.0


class Found(NamedTuple):
    """A value that a stage read in document `doc`: it goes into the metadata unless that key is set already."""

    doc: int
    key: str
    value: str


class Note(NamedTuple):
    """Something to account for that is no change: `kind` is counted, `text` is shown."""

    doc: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a stage proposes for a batch. `edits` are sorted, disjoint, and each lies within one document."""

    edits: Sequence[Edit] = ()
    found: Sequence[Found] = ()
    notes: Sequence[Note] = ()


def collect(edits: Iterable[Edit]) -> list[Edit]:
    """Sort edits; of two that overlap the one that starts first, then the longer, stays. Edits that change nothing stay too."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def cut_lines(texts: Texts, cut: NDArray[np.bool_], reasons: Sequence[str], scores: Sequence[float] | None = None) -> list[Edit]:
    """Edits that remove whole lines with one line break each.

    `cut` is bool [n_lines]; `reasons` (and `scores`) are indexed by line and read only where `cut` is set. A line takes the LF
    after it, or, where no kept line follows it in its document, the LF before it; so each cut line is one edit.
    """
    lines, edits = texts.lines, []
    chosen = np.flatnonzero(cut)
    if not len(chosen):
        return []
    last_kept = np.full(len(texts), -1, np.int64)
    kept = np.flatnonzero(~cut)
    last_kept[lines.doc[kept]] = kept               # the last assignment wins: the last kept line of each document
    first = texts.first_lines
    for i in chosen.tolist():
        doc = int(lines.doc[i])
        start, end = int(lines.start[i]), int(lines.end[i])
        if i < last_kept[doc]:
            end += 1
        elif last_kept[doc] >= 0:
            start -= 1
        elif i + 1 < first[doc + 1]:
            end += 1                                # the whole document goes: all but its last line take the LF after them
        edits.append(Edit(start, end, "", reasons[i], 1.0 if scores is None else float(scores[i])))
    return edits


def apply(texts: Texts, edits: Sequence[Edit]) -> Texts:
    """The only hand that cuts: the texts with the edits made. Raises ValueError where edits overlap or leave their document."""
    if not edits:
        return texts
    start = np.fromiter((e.start for e in edits), np.int64, len(edits))
    end = np.fromiter((e.end for e in edits), np.int64, len(edits))
    doc = np.searchsorted(texts.ends, start, side="left")
    if (start > end).any() or (start[1:] < end[:-1]).any():
        raise ValueError("edits overlap or are not sorted: pass them through pipeline.edits.collect")
    if doc[-1] >= len(texts) or (start < texts.starts[doc]).any() or (end > texts.ends[doc]).any():
        raise ValueError("an edit reaches over the end of its document")
    pieces: list[str] = []
    joined, at = texts.joined, 0
    for edit in edits:
        pieces += (joined[at:edit.start], edit.put)
        at = edit.end
    pieces.append(joined[at:])
    growth = np.fromiter((len(e.put) for e in edits), np.int64, len(edits)) - (end - start)
    grown = np.zeros(len(texts), np.int64)
    np.add.at(grown, doc, growth)
    lengths = texts.ends - texts.starts + grown
    ends = np.cumsum(lengths + 1) - 1
    return Texts("".join(pieces), ends - lengths, ends)
