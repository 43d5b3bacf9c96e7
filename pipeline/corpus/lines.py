"""From parts and decisions to the files of a run: clean.jsonl, audit.jsonl, quarantine.jsonl.

Lines stand in the order of (source, id), so the same input gives the same bytes whatever the order it came in and however
many workers read it.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.atomic import open_atomic
from pipeline.corpus.json_lines import dump_line, escape_breaks
from pipeline.errors import AuditError
from pipeline.near.index import Found
from pipeline.record import Fault

__all__ = ["Fates", "Parts", "iterate_rows", "write_audit", "write_clean", "write_quarantine"]

#: Files of parts that are open at once: a process may often have no more than 1,024.
MOST_OPEN = 200


@dataclass(slots=True)
class Fates:
    """What became of each document of the index: columns of one length, in the order of the output."""

    kept: NDArray[np.int64]         # row that it was dropped for; its own row where it was kept
    cause: list[str]                # kept, empty, exact, near, contained, indexed
    similarity: NDArray[np.float64]
    seen: dict[int, Found] = field(default_factory=dict)    # what an earlier corpus has for a row

    def duplicates(self) -> dict[int, list[int]]:
        """For each kept row that others were dropped for, those rows."""
        groups: dict[int, list[int]] = {}
        for row in np.flatnonzero(self.kept != np.arange(len(self.kept))).tolist():
            groups.setdefault(int(self.kept[row]), []).append(row)
        return groups


class Parts:
    """The lines of all parts, read through memory maps, of which a bounded number is open at a time. A context manager."""

    def __init__(self, stems: Sequence[Path], index: pa.Table) -> None:
        self._clean = [str(stem.with_suffix(".clean")) for stem in stems]
        self._audit = [str(stem.with_suffix(".audit")) for stem in stems]
        self._open: OrderedDict[str, mmap.mmap | bytes] = OrderedDict()
        names = ("part", "clean_at", "clean_size", "audit_at", "audit_size")
        self._part, self._clean_at, self._clean_size, self._audit_at, self._audit_size = (
            array("q", index[name].to_numpy().tobytes()) for name in names      # as compact as numpy's, quicker one by one
        )

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._close_oldest()

    def _close_oldest(self) -> None:
        _, data = self._open.popitem(last=False)
        if isinstance(data, mmap.mmap):
            data.close()

    def _map(self, path: str) -> mmap.mmap | bytes:
        data = self._open.get(path)
        if data is None:
            while len(self._open) >= MOST_OPEN:
                self._close_oldest()
            with open(path, "rb") as file:
                empty = os.fstat(file.fileno()).st_size == 0
                data = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._open[path] = data
        self._open.move_to_end(path)
        return data

    def clean_line(self, row: int) -> bytes:
        """The corpus line without its closing brace; empty where the document became empty."""
        at = self._clean_at[row]
        return bytes(self._map(self._clean[self._part[row]])[at:at + self._clean_size[row]])

    def audit_line(self, row: int) -> bytes:
        """The audit line without its closing brace."""
        at = self._audit_at[row]
        return bytes(self._map(self._audit[self._part[row]])[at:at + self._audit_size[row]])

    def text(self, row: int) -> str:
        """The clean text of a document."""
        line = self.clean_line(row)
        return str(orjson.loads(line + b"}")["text"]) if line else ""


class _Hashed:
    """A file that is hashed as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.lines = file, hashlib.sha256(), 0
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, line: bytes) -> None:
        self._waiting.append(line)
        self._size += len(line)
        self.lines += 1
        if self._size > 1 << 18:
            self._flush()

    def _flush(self) -> None:
        block = b"".join(self._waiting)
        self.file.write(block)
        self.digest.update(block)
        self._waiting, self._size = [], 0

    def finish(self) -> dict[str, Any]:
        """Write what is still waiting; give the line count and the digest."""
        self._flush()
        return {"lines": self.lines, "sha256": self.digest.hexdigest()}


def write_clean(path: Path, parts: Parts, ids: Sequence[str], fates: Fates) -> dict[str, Any]:
    """Write the corpus; give its line count and digest."""
    groups = fates.duplicates()
    with open_atomic(path) as file:
        out = _Hashed(file)
        for row, cause in enumerate(fates.cause):
            if cause == "kept":
                dropped = orjson.dumps(sorted(ids[r] for r in groups.get(row, ())))
                out.write(parts.clean_line(row) + b',"duplicates":' + escape_breaks(dropped) + b"}\n")
        return out.finish()


def write_audit(path: Path, parts: Parts, ids: Sequence[str], fates: Fates) -> dict[str, Any]:
    """Write the account of every document; one that is not in the corpus takes its clean text along."""
    with open_atomic(path) as file:
        out = _Hashed(file)
        for row, cause in enumerate(fates.cause):
            out.write(parts.audit_line(row) + b"," + _fate(row, cause, parts, ids, fates)[1:])
        return out.finish()


def _fate(row: int, cause: str, parts: Parts, ids: Sequence[str], fates: Fates) -> bytes:
    seen = fates.seen.get(row)
    if cause == "kept":
        return b'{"fate":"kept"}\n' if seen is None else dump_line({"fate": "kept", "seen": seen._asdict()})
    if seen is not None and cause == "indexed":
        return dump_line({
            "fate": "duplicate", "cause": f"indexed-{seen.cause}", "kept": seen.id,
            "similarity": round(seen.similarity, 4), "text": parts.text(row),
        })
    if cause == "empty":
        return b'{"fate":"empty","text":""}\n'
    said: dict[str, Any] = {
        "fate": "duplicate",
        "cause": cause,
        "kept": ids[int(fates.kept[row])],
        "similarity": round(float(fates.similarity[row]), 4),
        "text": parts.text(row),
    }
    return dump_line(said if seen is None else said | {"seen": seen._asdict()})


def write_quarantine(path: Path, faults: Iterable[Fault], stems: Sequence[Path]) -> dict[str, Any]:
    """Write what could not be read: the faults of the run in a fixed order, then those of the parts in the order of the input."""
    with open_atomic(path) as file:
        out = _Hashed(file)
        for fault in sorted(faults, key=lambda f: (f.source, f.byte or 0, f.reason, f.message)):
            out.write(dump_line(fault.as_row()))
        for stem in stems:
            with open(stem.with_suffix(".faults"), "rb") as lines:
                for line in lines:
                    out.write(line)
        return out.finish()


def iterate_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL file that this package wrote; LF alone ends a line. Raises AuditError where it is damaged."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise AuditError(f"{path}, line {number}: damaged ({error}); make the corpus again") from error
            if not isinstance(row, dict):
                raise AuditError(f"{path}, line {number}: no object; give a file that this tool wrote")
            yield row
