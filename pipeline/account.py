"""What was done to a text: the edits that were made, where each stands in the original, and the way back.

An edit as made keeps where it stands in the text that its stage saw, what it took out and what it put in, so the steps can be
undone from the last to the first, and the span of the original, for people. As a row of the audit these are `at`, `text`, `put`
and `start`, `end`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Edit
from pipeline.errors import AuditError
from pipeline.record import Texts

__all__ = [
    "Applied", "AuditMode", "Cleaned", "Trace", "account", "applied_from_rows", "edit_rows", "replay", "restore",
]

AuditMode = Literal["full", "spans", "off"]

Row = dict[str, Any]


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


@dataclass(slots=True)
class Cleaned:
    """One text after the stages, with the account of what was done to it."""

    original: str
    text: str
    edits: list[Applied] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)      # (kind, text)

    @property
    def verdict(self) -> str:
        """What the page is: `text`, or why it is no document: `empty`, `listing` (a page that only lists others)."""
        kinds = {kind for kind, _ in self.notes}
        return "listing" if "listing" in kinds else "empty" if "only-boilerplate" in kinds else "text"

    @property
    def title(self) -> str | None:
        """The title, where one was found."""
        return self.metadata.get("title")


@dataclass(slots=True)
class Trace:
    """For each code point of one text as it stands now, the span of its original that it stands for: int64 [n] each."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]

    @classmethod
    def of(cls, n: int) -> Trace:
        """Each code point stands for itself."""
        left = np.arange(n + 1, dtype=np.int64)     # the end has a place too: text can be put there
        return cls(left, left + 1)

    def project(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that `[start, end)` stands for, rounded outward; an insertion has an empty one."""
        first = int(self.left[start])
        return (first, first) if start == end else (first, int(self.right[end - 1]))

    def edited(self, edits: Sequence[Applied]) -> Trace:
        """The trace after the edits of one step."""
        left, right, at = [], [], 0
        for e in edits:
            end = e.start + len(e.taken)
            if len(e.put) == len(e.taken):      # character for character: the trace stays as fine as it is
                continue
            left.append(self.left[at:e.start])
            right.append(self.right[at:e.start])
            if e.put:
                left.append(np.full(len(e.put), e.first))
                right.append(np.full(len(e.put), e.last))
            at = end
        if not at and not left:
            return self
        return Trace(np.concatenate([*left, self.left[at:]]), np.concatenate([*right, self.right[at:]]))


def account(
    results: Sequence[Cleaned], traces: dict[int, Trace], step: int, stage: str, batch: Texts, edits: Sequence[Edit],
    docs: Sequence[int],
) -> None:
    """Write the edits of one step of a stage into the results of their documents, and carry the traces of these on.

    `batch` holds the texts that the stage saw, those of `results[d]` for each `d` in `docs`; `traces` has those documents whose
    places have moved.
    """
    begin = np.fromiter((e.start for e in edits), np.int64, len(edits))
    owners = np.searchsorted(batch.ends, begin, side="left").tolist()
    at, joined = 0, batch.joined
    while at < len(edits):
        i, first = owners[at], at
        while at < len(edits) and owners[at] == i:
            at += 1
        base, end, d = int(batch.starts[i]), int(batch.ends[i]), docs[i]
        trace, applied, moves = traces.get(d), [], False
        for start, stop, put, reason, score in edits[first:at]:
            a, b = start - base, stop - base
            span = (a, b) if trace is None else trace.project(a, b)
            applied.append(Applied(step, stage, reason, a, joined[start:stop], put, *span, score))
            moves |= len(put) != b - a
        results[d].edits += applied
        if moves:
            traces[d] = (trace or Trace.of(end - base)).edited(applied)


def edit_rows(edits: Iterable[Applied], mode: AuditMode = "full") -> list[Row]:
    """Edits as rows for the audit. `full` can be restored from; `spans` keeps the places only; `off` nothing."""
    if mode == "off":
        return []
    rows: list[Row] = []
    for step, stage, reason, start, taken, put, first, last, score in edits:
        if mode == "full":      # one literal: a statute of Taiwan has an edit a line
            row: Row = {
                "step": step, "stage": stage, "reason": reason, "start": first, "end": last,
                "at": start, "text": taken, "put": put,
            }
        else:
            row = {"step": step, "stage": stage, "reason": reason, "start": first, "end": last}
        if score != 1.0:
            row["score"] = round(score, 3)
        rows.append(row)
    return rows


def applied_from_rows(rows: Iterable[Row]) -> list[Applied]:
    """The reverse of `edit_rows` in the mode `full`."""
    return [
        Applied(r["step"], r["stage"], r["reason"], r["at"], r["text"], r["put"], r["start"], r["end"], r.get("score", 1.0))
        for r in rows
    ]


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
            if at < done or text[at:at + len(old)] != old:
                where = f"the edit of {row['stage']} at {row['at']}"
                raise AuditError(f"{where} does not fit the text; is this the audit of this output?")
            pieces += (text[done:at], new)
            done = at + len(old)
            drift += len(old) - len(new)
        text = "".join([*pieces, text[done:]])
    return text
