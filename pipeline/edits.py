"""Edits, and the only hand that cuts.

An edit is data: a half-open span of the text that its stage saw, what stands there instead (`""` removes), and why.
Nothing else in the package makes one text out of another, so nothing is lost silently. A page of a crawl has hundreds of edits:
where there are many they are columns (`Edits`), and an `Edit` is made of them when somebody asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.splice import splice
from pipeline.record import Texts

__all__ = ["Edit", "Edits", "Found", "Made", "Note", "Proposal", "apply", "collect", "cut_lines", "make"]

Ints = NDArray[np.int64]


class Edit(NamedTuple):
    """One change, in code points of `Texts.joined` (or of one text, where a function says so)."""

    start: int
    end: int
    put: str
    reason: str
    score: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Edits(Sequence[Edit]):
    """Edits as columns of one length; a sequence of `Edit`, each made when it is asked for.

    >>> edits = Edits.of([Edit(0, 2, "", "menu"), Edit(5, 6, "党", "script", 0.5)])
    >>> edits.start.tolist(), edits.names, edits[1]
    ([0, 5], ('menu', 'script'), Edit(start=5, end=6, put='党', reason='script', score=0.5))
    """

    start: Ints
    end: Ints
    put: Sequence[str] | None       # None: nothing is put anywhere
    reason: Ints                    # index into `names`
    names: tuple[str, ...]
    score: NDArray[np.float64]

    @classmethod
    def of(cls, edits: Sequence[Edit]) -> Edits:
        """The same edits as columns."""
        if isinstance(edits, Edits):
            return edits
        start, end, put, reason, score = zip(*edits, strict=True) if edits else ((),) * 5
        return cls.cut(start, end, reason, score)._with(put if any(put) else None)

    @classmethod
    def cut(cls, start: Iterable[int], end: Iterable[int], reason: Sequence[str], score: Iterable[float]) -> Edits:
        """Edits that put nothing anywhere."""
        names = tuple(dict.fromkeys(reason))
        places = {name: i for i, name in enumerate(names)}
        codes = np.fromiter(map(places.__getitem__, reason), np.int64, len(reason))
        return cls(np.asarray(start, np.int64), np.asarray(end, np.int64), None, codes, names, np.asarray(score, np.float64))

    def _with(self, put: Sequence[str] | None) -> Edits:
        return Edits(self.start, self.end, put, self.reason, self.names, self.score)

    @classmethod
    def join(cls, several: Sequence[Edits]) -> Edits:
        """All of several, in this order."""
        several = [edits for edits in several if len(edits)] or [*several[:1]]
        if len(several) == 1:
            return several[0]
        names = tuple(dict.fromkeys(name for edits in several for name in edits.names))
        places = [np.array([names.index(name) for name in edits.names], np.int64) for edits in several]
        put = None
        if any(edits.put is not None for edits in several):
            put = [text for edits in several for text in (edits.put if edits.put is not None else [""] * len(edits))]
        return cls(
            np.concatenate([e.start for e in several]), np.concatenate([e.end for e in several]), put,
            np.concatenate([place[e.reason] for place, e in zip(places, several, strict=True)]), names,
            np.concatenate([e.score for e in several]),
        )

    def take(self, rows: Ints) -> Edits:
        """Some of them, in this order."""
        put = None if self.put is None else [self.put[i] for i in rows.tolist()]
        return Edits(self.start[rows], self.end[rows], put, self.reason[rows], self.names, self.score[rows])

    def put_sizes(self) -> Ints:
        """Characters that each puts."""
        return np.zeros(len(self), np.int64) if self.put is None else np.fromiter(map(len, self.put), np.int64, len(self))

    def __len__(self) -> int:
        return len(self.start)

    @overload
    def __getitem__(self, index: int) -> Edit: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Edit]: ...
    def __getitem__(self, index: int | slice) -> Edit | Sequence[Edit]:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        put = "" if self.put is None else self.put[index]
        return Edit(int(self.start[index]), int(self.end[index]), put, self.names[self.reason[index]], float(self.score[index]))

    def __iter__(self) -> Iterator[Edit]:
        put = self.put if self.put is not None else [""] * len(self)
        reasons = map(self.names.__getitem__, self.reason.tolist())
        return map(Edit._make, zip(self.start.tolist(), self.end.tolist(), put, reasons, self.score.tolist(), strict=True))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))


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


def collect(edits: Sequence[Edit], *more: Sequence[Edit]) -> Edits:
    """Sort edits; of two that overlap the one that starts first, then the longer, stays. Edits that change nothing stay too."""
    columns = Edits.join([Edits.of(some) for some in (edits, *more)])
    columns = columns.take(np.lexsort((-columns.end, columns.start)))
    if (columns.start[1:] >= columns.end[:-1]).all():
        return columns
    kept, at = [], -1
    for i, (start, end) in enumerate(zip(columns.start.tolist(), columns.end.tolist(), strict=True)):
        if start >= at:
            kept.append(i)
            at = end
    return columns.take(np.array(kept, np.int64))


def cut_lines(
    texts: Texts, cut: NDArray[np.bool_], reasons: Sequence[str] | NDArray[np.object_],
    scores: Sequence[float] | NDArray[np.float64] | None = None,
) -> Edits:
    """Edits that remove whole lines with one line break each.

    `cut` is bool [n_lines]; `reasons` (and `scores`) are indexed by line and read only where `cut` is set. A line takes the LF
    after it, or, where no kept line follows it in its document, the LF before it; so each cut line is one edit.
    """
    lines, chosen = texts.lines, np.flatnonzero(cut)
    start, end, doc = lines.start[chosen], lines.end[chosen], lines.doc[chosen]
    last_kept = np.full(len(texts), -1, np.int64)
    kept = np.flatnonzero(~cut)
    last_kept[lines.doc[kept]] = kept               # the last assignment wins: the last kept line of each document
    before = chosen < last_kept[doc]
    emptied = last_kept[doc] < 0                    # the whole document goes: all but its last line take the LF after them
    end = end + (before | (emptied & (chosen + 1 < texts.first_lines[doc + 1])))
    start = start - (~before & ~emptied)
    why = np.asarray(reasons, object)[chosen].tolist()
    return Edits.cut(start, end, why, np.ones(len(chosen)) if scores is None else np.asarray(scores, np.float64)[chosen])


class Made(NamedTuple):
    """What became of texts by edits."""

    after: Texts
    owner: Ints                     # the document of each edit
    taken: NDArray[np.uint32]       # the code points that the edits took, end to end
    put: NDArray[np.uint32]         # and those that they put
    put_sizes: Ints


def apply(texts: Texts, edits: Sequence[Edit]) -> Texts:
    """The only hand that cuts: the texts with the edits made. Raises ValueError where edits overlap or leave their document."""
    return make(texts, Edits.of(edits)).after if len(edits) else texts


def make(texts: Texts, edits: Edits) -> Made:
    """`apply`, with what was taken and put."""
    start, end, sizes = edits.start, edits.end, edits.put_sizes()
    doc = np.searchsorted(texts.ends, start, side="left")
    if (start > end).any() or (start[1:] < end[:-1]).any():
        raise ValueError("edits overlap or are not sorted: pass them through pipeline.edits.collect")
    if len(doc) and (doc[-1] >= len(texts) or (start < texts.starts[doc]).any() or (end > texts.ends[doc]).any()):
        raise ValueError("an edit reaches over the end of its document")
    put = np.frombuffer("".join(edits.put or ()).encode("utf-32-le"), np.uint32)
    n_taken = int((end - start).sum())
    points, taken = np.empty(len(texts.points) - n_taken + len(put), np.uint32), np.empty(n_taken, np.uint32)
    splice(texts.points, start, end, put, sizes, points, taken)
    grown = np.bincount(doc, sizes - (end - start), len(texts)).astype(np.int64)
    lengths = texts.ends - texts.starts + grown
    ends = np.cumsum(lengths + 1) - 1
    return Made(Texts.of_points(points, ends - lengths, ends), doc, taken, put, sizes)
