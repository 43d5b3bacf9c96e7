"""What was done to a text: the edits that were made, where each stands in the original, and the way back.

An edit as made keeps where it stands in the text that its stage saw, what it took out and what it put in, so the steps can be
undone from the last to the first, and the span of the original, for people. As a row of the audit these are `at`, `text`, `put`
and `start`, `end`. While texts are cleaned the edits of a step of a stage are columns over the whole batch (`Part`); an `Applied`
is made of them only where somebody asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Edits, Made, gather_spans
from pipeline.errors import AuditError
from pipeline.record import Texts

__all__ = [
    "Applied", "AuditMode", "Cleaned", "Part", "Trace", "account", "edit_rows", "replay", "restore",
]

AuditMode = Literal["full", "spans", "sealed", "off"]

Row = dict[str, Any]
Ints = NDArray[np.int64]
Points = NDArray[np.uint32]

#: Of a piece of a `Trace` whose code points stand for those of the original one by one.
IN_ROW = -1


class Applied(NamedTuple):
    """One edit as made. Positions are code points: of the text that the stage saw, and of the original."""

    step: int       # which run of a stage made it; edits of one step are sorted and disjoint
    stage: str
    reason: str
    start: int      # in the text that the stage saw
    taken: str      # what stood there
    put: str        # what stands there now
    first: int      # [first, last) in the original, rounded outward so that it covers all that was cut
    last: int
    score: float


@dataclass(frozen=True, eq=False)
class Part:
    """The edits that one step of a stage made in a batch, as columns in the order of its documents."""

    step: int
    stage: str
    doc: Ints               # number of the document that each is of
    start: Ints             # in the text that the stage saw of that document
    first: Ints             # [first, last) in the original
    last: Ints
    reason: Ints            # index into `names`
    names: tuple[str, ...]
    score: NDArray[np.float64]
    taken: Points           # what stood there, end to end
    taken_ends: Ints
    put: Points             # what stands there now
    put_ends: Ints

    def applied(self, a: int, b: int) -> list[Applied]:
        """The edits [a, b), one by one."""
        taken, put = _cut_strings(self.taken, self.taken_ends, a, b), _cut_strings(self.put, self.put_ends, a, b)
        return [
            Applied(self.step, self.stage, self.names[reason], *row)
            for reason, *row in zip(
                self.reason[a:b].tolist(), self.start[a:b].tolist(), taken, put, self.first[a:b].tolist(), self.last[a:b].tolist(),
                self.score[a:b].tolist(), strict=True)
        ]

    def edits(self, spans: Sequence[tuple[int, int] | None], texts: Texts) -> Edits:
        """The edits as they are made to texts that the stage saw; `spans` says which [a, b) of them each text has."""
        chosen = [(a, b, base) for span, base in zip(spans, texts.starts.tolist(), strict=True) if span for a, b in (span,)]
        a, b, base = np.array(chosen, np.int64).reshape(-1, 3).T
        rows = gather_spans(a, b - a)
        start = self.start[rows] + np.repeat(base, b - a)
        size, sizes = np.diff(self.taken_ends, prepend=0), np.diff(self.put_ends, prepend=0)
        put = self.put[gather_spans(self.put_ends[rows] - sizes[rows], sizes[rows])]
        return Edits(start, start + size[rows], put, sizes[rows], self.reason[rows], self.names, self.score[rows])

    @cached_property
    def bounds(self) -> dict[int, tuple[int, int]]:
        """The edits [a, b) of each document that has any."""
        at = np.flatnonzero(np.diff(self.doc, prepend=-1))
        ends = [*at[1:].tolist(), len(self.doc)]
        return {d: (a, b) for d, a, b in zip(self.doc[at].tolist(), at.tolist(), ends, strict=True)}


    @cached_property
    def sums(self) -> dict[int, list[tuple[str, str, int, int, int]]]:
        """Of each document that has edits: stage, reason, how many, characters taken and put, by their first."""
        key = self.doc * len(self.names) + self.reason
        keys, at, group = np.unique(key, return_index=True, return_inverse=True)
        order = np.argsort(at)
        sizes = (np.diff(ends, prepend=0) for ends in (self.taken_ends, self.put_ends))
        counts = [np.bincount(group), *(np.bincount(group, n).astype(np.int64) for n in sizes)]
        found: dict[int, list[tuple[str, str, int, int, int]]] = {}
        for k, *own in zip(keys[order].tolist(), *(column[order].tolist() for column in counts), strict=True):
            d, reason = divmod(k, len(self.names))
            found.setdefault(d, []).append((self.stage, self.names[reason], *own))
        return found


def _cut_strings(points: Points, ends: Ints, a: int, b: int) -> list[str]:
    """The strings [a, b) of those that stand end to end."""
    base = int(ends[a - 1]) if a else 0
    bounds = [0, *(ends[a:b] - base).tolist()]
    text = points[base:base + bounds[-1]].tobytes().decode("utf-32-le")
    return [text[i:j] for i, j in pairwise(bounds)]


@dataclass(slots=True, eq=False)
class Cleaned:
    """One text after the stages, with the account of what was done to it."""

    original: str
    text: str
    own: list[Applied] | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)      # (kind, text)
    parts: list[tuple[Part, int, int]] = field(default_factory=list)    # the edits, where they are columns: those [a, b) of each
    id: str = ""                                                    # of its record, where it has one, and so source and extra
    source: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def edits(self) -> list[Applied]:
        """The edits, in the order in which they were made."""
        if self.own is None:
            self.own = [edit for part, a, b in self.parts for edit in part.applied(a, b)]
        return self.own

    @property
    def sums(self) -> list[tuple[str, str, int, int, int]]:
        """Stage, reason, how many, characters taken and put, of all edits; a reason comes once for each part."""
        if self.own is not None:
            return [(e.stage, e.reason, 1, len(e.taken), len(e.put)) for e in self.own]
        return [row for part, a, _ in self.parts for row in part.sums[int(part.doc[a])]]

    @property
    def personal(self) -> dict[str, int]:
        """Personal data by kind: what was masked or taken out, and what the text holds; kinds of none are left out."""
        from pipeline.stages.personal import KINDS, count_personal

        counts = {kind: int(n[0]) for kind, n in count_personal(Texts.of([self.text])).items()}
        for stage, kind, n, *_ in self.sums:
            if stage == "personal":
                counts[kind] += n
        return {kind: counts[kind] for kind in KINDS if counts[kind]}

    @property
    def verdict(self) -> str:
        """What the page is: `text`, or why it is no document: `empty`, `listing` (a page that only lists others)."""
        kinds = {kind for kind, _ in self.notes}
        return "listing" if "listing" in kinds else "empty" if "only-boilerplate" in kinds else "text"

    @property
    def title(self) -> str | None:
        """The title, where one was found."""
        return self.metadata.get("title")

    def to_dict(self, *, edits: bool = False) -> dict[str, Any]:
        """As a row for JSON or a data frame; what is not known is empty, so that a column has one type in all rows.

        Only `metadata` and `extra`, the other fields of the record, have other keys from row to row. With `edits` each edit is
        there too, with its span of the original in code points.
        """
        told = {name: self.metadata.get(name, "") for name in ("title", "published", "source_name", "author", "editor")}
        row: dict[str, Any] = {"id": self.id, "source": self.source, "text": self.text, "verdict": self.verdict} | told | {
            "notes": [{"kind": kind, "text": text} for kind, text in self.notes],
            "metadata": {name: value for name, value in self.metadata.items() if name not in told}, "extra": dict(self.extra),
        }
        if edits:
            names = ("stage", "reason", "start", "end", "text", "put", "score")
            values = ((e.stage, e.reason, e.first, e.last, e.taken, e.put, e.score) for e in self.edits)
            row["edits"] = [dict(zip(names, own, strict=True)) for own in values]
        return row

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cleaned):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in ("original", "text", "edits", "metadata", "notes"))


@dataclass(slots=True)
class Trace:
    """For each code point of a text, or of texts end to end, the span of its original that it stands for.

    It is kept as pieces, which are few: the code points of one either stand for one of the original each, in a row, or were put
    there, and then each stands for the whole span. Two places for each code point took 2.2 GB of a document of 200 MB.
    """

    start: Ints         # where each piece begins, the first at 0
    left: Ints          # where the span of its first code point begins
    right: Ints         # where the span of all of them ends; IN_ROW: each stands for one of the original
    size: int           # code points; the end of a text has a place too: text can be put there

    @classmethod
    def of(cls, n: int) -> Trace:
        """Each of so many code points stands for itself, and so does the end."""
        return cls(np.zeros(1, np.int64), np.zeros(1, np.int64), np.full(1, IN_ROW), n + 1)

    @classmethod
    def of_texts(cls, texts: Texts) -> Trace:
        """The same for the texts of a batch, each with the LF behind it."""
        return cls(texts.starts, np.zeros(len(texts), np.int64), np.full(len(texts), IN_ROW), len(texts.points))

    @classmethod
    def join(cls, traces: Sequence[Trace]) -> Trace:
        """Traces of texts end to end."""
        ends = np.cumsum([t.size for t in traces]).tolist()
        start = np.concatenate([t.start + base for t, base in zip(traces, [0, *ends], strict=False)])
        return cls(start, np.concatenate([t.left for t in traces]), np.concatenate([t.right for t in traces]), ends[-1])

    def of_span(self, start: int, end: int) -> Trace:
        """Those of the code points [start, end)."""
        a, b = int(np.searchsorted(self.start, start, "right")) - 1, int(np.searchsorted(self.start, end, "left"))
        places = np.maximum(self.start[a:b], start)
        right = self.right[a:b]
        return Trace(places - start, self.left[a:b] + (places - self.start[a:b]) * (right == IN_ROW), right, end - start)

    def project(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that `[start, end)` stands for, rounded outward; an insertion has an empty one."""
        first, last = self.project_all(np.array([start]), np.array([end]))
        return int(first[0]), int(last[0])

    def project_all(self, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        """`project` for many spans."""
        first = self._spans(start)[0]
        return first, np.where(start == end, first, self._spans(np.maximum(end - 1, 0))[1])

    def _spans(self, places: Ints) -> tuple[Ints, Ints]:
        """The spans of some code points."""
        piece = np.searchsorted(self.start, places, "right") - 1
        in_row = self.right[piece] == IN_ROW
        left = self.left[piece] + (places - self.start[piece]) * in_row
        return left, np.where(in_row, left + 1, self.right[piece])

    def edited(self, edits: Sequence[Applied]) -> Trace:
        """The trace after the edits of one step, of a single text."""
        columns = [(e.start, e.start + len(e.taken), len(e.put), e.first, e.last) for e in edits]
        start, end, sizes, first, last = np.array(columns, np.int64).reshape(-1, 5).T.copy()
        return self.carried(start, end, sizes, first, last)

    def carried(self, start: Ints, end: Ints, sizes: Ints, first: Ints, last: Ints) -> Trace:
        """The trace after edits that put so many characters each; what is put stands for the whole of `[first, last)`.

        Where as many are put as are taken each stands for the place of its own: then nothing changes.
        """
        some = sizes != end - start
        if not some.any():
            return self
        start, end, sizes, first, last = (column[some] for column in (start, end, sizes, first, last))
        grown = sizes - (end - start)
        drift = np.cumsum(grown)
        done = np.searchsorted(end, self.start, "right")       # how many edits end before each piece, or where it begins
        own = (np.append(start, self.size)[done] > self.start) & (np.append(-1, end)[done] != self.start)
        after = np.append(start[1:], self.size) > end           # something stays between an edit and the next one
        rest = np.searchsorted(self.start, end[after], "right") - 1
        in_row, new = self.right[rest] == IN_ROW, sizes > 0
        at = np.concatenate((self.start[own] + np.append(0, drift)[done[own]], (start + drift - grown)[new], (end + drift)[after]))
        left = np.concatenate((self.left[own], first[new], self.left[rest] + (end[after] - self.start[rest]) * in_row))
        order = np.argsort(at)
        right = np.concatenate((self.right[own], last[new], self.right[rest]))
        return Trace(at[order], left[order], right[order], self.size + int(drift[-1]))


def account(
    results: Sequence[Cleaned], trace: Trace | None, step: int, stage: str, batch: Texts, edits: Edits, made: Made,
    docs: Sequence[int],
) -> Trace | None:
    """Write the edits of one step of a stage into the results of their documents; give the trace of the batch after them.

    `batch` holds the texts that the stage saw, those of `results[d]` for each `d` in `docs`; `trace` is None while every code
    point still stands for itself. `made` is what became of them.
    """
    base = batch.starts[made.owner]
    start, end, sizes = edits.start, edits.end, edits.sizes
    first, last = (start - base, end - base) if trace is None else trace.project_all(start, end)
    part = Part(
        step, stage, np.asarray(docs, np.int64)[made.owner], start - base, first, last, edits.reason, edits.names, edits.score,
        made.taken, np.cumsum(end - start), edits.put, np.cumsum(sizes),
    )
    for d, (a, b) in part.bounds.items():
        results[d].parts.append((part, a, b))
    if trace is None and (sizes == end - start).all():
        return None
    return (trace or Trace.of_texts(batch)).carried(start, end, sizes, first, last)


def edit_rows(edits: Iterable[Applied]) -> list[Row]:
    """Edits as rows for the audit, from which the original can be restored."""
    rows: list[Row] = []
    for step, stage, reason, start, taken, put, first, last, score in edits:
        row: Row = {        # one literal: a statute of Taiwan has an edit a line
            "step": step, "stage": stage, "reason": reason, "start": first, "end": last,
            "at": start, "text": taken, "put": put,
        }
        if score != 1.0:
            row["score"] = round(score, 3)
        rows.append(row)
    return rows


def restore(text: str, rows: Sequence[Row]) -> str:
    """The original that became `text` through these edits. Raises AuditError where they do not fit.

    >>> restore("坚持党建。", [{"step": 3, "at": 3, "text": "(dǎng)", "put": ""}])
    '坚持党(dǎng)建。'
    """
    return _undo(text, rows, taken="text", put="put", backward=True)


def replay(original: str, rows: Sequence[Row]) -> str:
    """The clean text that `original` becomes through these edits. Raises AuditError where they do not fit.

    >>> replay("坚持党(dǎng)建。", [{"step": 3, "at": 3, "text": "(dǎng)", "put": ""}])
    '坚持党建。'
    """
    return _undo(original, rows, taken="put", put="text", backward=False)


def _undo(text: str, rows: Sequence[Row], *, taken: str, put: str, backward: bool) -> str:
    """Swap `put` for `taken` in every edit, one step after the other."""
    steps = [list(group) for _, group in groupby(rows, key=lambda row: row["step"])]
    for step in reversed(steps) if backward else steps:
        pieces: list[str] = []
        done = drift = 0
        for row in step:
            try:
                at, old, new = row["at"] + (drift if backward else 0), row[put], row[taken]
            except KeyError as error:
                what = "only an audit written with `--audit full` can be restored"
                raise AuditError(f"an edit has no {error}: {what}") from None
            if not done <= at <= len(text) or text[at:at + len(old)] != old:
                where = f"the edit of {row['stage']} at {row['at']}"
                raise AuditError(f"{where} does not fit the text; is this the audit of this output?")
            pieces += (text[done:at], new)
            done = at + len(old)
            drift += len(old) - len(new)
        text = "".join([*pieces, text[done:]])
    return text
