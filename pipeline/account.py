"""The account of one document: its edits as rows of the audit, and the way back to the original.

A row keeps where the edit stands in the text that its stage saw (`at`), what it took out (`text`) and what it put in
(`put`), so the steps can be undone from the last to the first, and the span of the original (`start`, `end`) for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Literal

from pipeline.clean import Applied
from pipeline.errors import AuditError

__all__ = ["AuditMode", "applied_from_rows", "edit_rows", "replay", "restore"]

AuditMode = Literal["full", "spans", "off"]

Row = dict[str, Any]


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
