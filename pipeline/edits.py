"""Edits, and the only hand that cuts.

An edit is data: a half-open span of the text that its stage saw, what stands there instead (`""` removes), and why.
Nothing else in the package makes one text out of another, so nothing is lost silently. A page of a crawl has hundreds of edits:
where there are many they are columns (`Edits`), and an `Edit` is made of them when somebody asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.splice import splice
from pipeline.record import Texts

__all__ = ["Edit", "Edits", "Found", "Made", "Note", "Proposal", "apply", "collect", "cut_lines", "gather_spans", "make"]

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
    put: NDArray[np.uint32]     # the code points that they put, end to end
    sizes: Ints                 # and how many each puts
    reason: Ints                # index into `names`
    names: tuple[str, ...]
    score: NDArray[np.float64]

    @classmethod
    def of(cls, edits: Sequence[Edit]) -> Edits:
        """The same edits as columns."""
        if isinstance(edits, Edits):
            return edits
        start, end, put, reason, score = zip(*edits, strict=True) if edits else ((),) * 5
        sizes = np.fromiter(map(len, put), np.int64, len(put))
        points = np.frombuffer("".join(put).encode("utf-32-le"), np.uint32)
        return cls(*_as_places(start, end), points, sizes, *_number(reason), np.array(score, np.float64))

    @classmethod
    def cut(cls, start: Ints, end: Ints, reason: Sequence[str], score: NDArray[np.float64]) -> Edits:
        """Edits that put nothing anywhere."""
        return cls(start, end, np.zeros(0, np.uint32), np.zeros(len(start), np.int64), *_number(reason), score)

    @classmethod
    def join(cls, several: Sequence[Edits]) -> Edits:
        """All of several, in this order."""
        several = [edits for edits in several if len(edits)] or [*several[:1]]
        if len(several) == 1:
            return several[0]
        names = tuple(dict.fromkeys(name for edits in several for name in edits.names))
        places = [np.array([names.index(name) for name in edits.names], np.int64) for edits in several]
        reason = np.concatenate([place[e.reason] for place, e in zip(places, several, strict=True)])
        start, end, put, sizes, score = (
            np.concatenate([getattr(e, name) for e in several]) for name in ("start", "end", "put", "sizes", "score")
        )
        return cls(start, end, put, sizes, reason, names, score)

    def take(self, rows: Ints) -> Edits:
        """Some of them, in this order."""
        begin = np.cumsum(self.sizes) - self.sizes
        put = self.put[gather_spans(begin[rows], self.sizes[rows])]
        return Edits(self.start[rows], self.end[rows], put, self.sizes[rows], self.reason[rows], self.names, self.score[rows])

    def sorted(self) -> Edits:
        """By start, and where that is equal the longer first."""
        order = np.lexsort((-self.end, self.start))
        return self if (order[1:] > order[:-1]).all() else self.take(order)

    def __len__(self) -> int:
        return len(self.start)

    @overload
    def __getitem__(self, index: int) -> Edit: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Edit]: ...
    def __getitem__(self, index: int | slice) -> Edit | Sequence[Edit]:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        return next(iter(self.take(np.arange(len(self))[[index]])))

    def __iter__(self) -> Iterator[Edit]:
        text = self.put.tobytes().decode("utf-32-le")
        ends = np.cumsum(self.sizes).tolist()
        put = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        reasons = map(self.names.__getitem__, self.reason.tolist())
        return map(Edit._make, zip(self.start.tolist(), self.end.tolist(), put, reasons, self.score.tolist(), strict=True))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))


def _as_places(start: Sequence[int], end: Sequence[int]) -> tuple[Ints, Ints]:
    return np.array(start, np.int64), np.array(end, np.int64)


def _number(names: Sequence[str]) -> tuple[Ints, tuple[str, ...]]:
    """Numbers in place of names, and the names."""
    table = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.fromiter(map(table.__getitem__, names), np.int64, len(names)), tuple(table)


def gather_spans(start: Ints, sizes: Ints) -> Ints:
    """The indices of spans, one after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(start - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


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
    columns = Edits.join([Edits.of(some) for some in (edits, *more)]).sorted()
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


def apply(texts: Texts, edits: Sequence[Edit]) -> Texts:
    """The only hand that cuts: the texts with the edits made. Raises ValueError where edits overlap or leave their document."""
    return make(texts, Edits.of(edits)).after if len(edits) else texts


def make(texts: Texts, edits: Edits) -> Made:
    """`apply`, with what was taken."""
    start, end, put, sizes = edits.start, edits.end, edits.put, edits.sizes
    doc = np.searchsorted(texts.ends, start, side="left")
    if (start > end).any() or (start[1:] < end[:-1]).any():
        raise ValueError("edits overlap or are not sorted: pass them through pipeline.edits.collect")
    if len(doc) and (doc[-1] >= len(texts) or (start < texts.starts[doc]).any() or (end > texts.ends[doc]).any()):
        raise ValueError("an edit reaches over the end of its document")
    n_taken = int((end - start).sum())
    points, taken = np.empty(len(texts.points) - n_taken + len(put), np.uint32), np.empty(n_taken, np.uint32)
    splice(texts.points, start, end, put, sizes, points, taken)
    grown = np.bincount(doc, sizes - (end - start), len(texts)).astype(np.int64)
    lengths = texts.ends - texts.starts + grown
    ends = np.cumsum(lengths + 1) - 1
    return Made(Texts.of_points(points, ends - lengths, ends), doc, taken)
