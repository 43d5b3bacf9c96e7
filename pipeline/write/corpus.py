"""From parts and decisions to the files of a run: clean.jsonl, audit.jsonl, quarantine.jsonl.

Lines stand in the order of (source, id), so the same input gives the same bytes whatever the order it came in and however
many workers read it.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.near.index import Found
from pipeline.write.atomic import open_atomic
from pipeline.write.json_lines import dump_line, escape_breaks

__all__ = ["Fates", "Parts", "write_audit", "write_clean", "write_quarantine"]


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
    """The lines of all parts, read through memory maps. Use as a context manager."""

    def __init__(self, stems: Sequence[Path], index: pa.Table) -> None:
        self._stack = ExitStack()
        self._clean = [self._open(s.with_suffix(".clean")) for s in stems]
        self._audit = [self._open(s.with_suffix(".audit")) for s in stems]
        names = ("part", "clean_at", "clean_size", "audit_at", "audit_size")
        self._part, self._clean_at, self._clean_size, self._audit_at, self._audit_size = (
            index[name].to_numpy() for name in names
        )

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, path: Path) -> mmap.mmap | bytes:
        if path.stat().st_size == 0:
            return b""
        with open(path, "rb") as file:
            return self._stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def clean_line(self, row: int) -> bytes:
        """The corpus line without its closing brace; empty where the document became empty."""
        at = self._clean_at[row]
        return bytes(self._clean[self._part[row]][at:at + self._clean_size[row]])

    def audit_line(self, row: int) -> bytes:
        """The audit line without its closing brace."""
        at = self._audit_at[row]
        return bytes(self._audit[self._part[row]][at:at + self._audit_size[row]])

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
    return dump_line(
        {
            "fate": "duplicate",
            "cause": cause,
            "kept": ids[int(fates.kept[row])],
            "similarity": round(float(fates.similarity[row]), 4),
            "text": parts.text(row),
        }
    )


def write_quarantine(path: Path, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Write what could not be read, in a fixed order."""
    with open_atomic(path) as file:
        out = _Hashed(file)
        for row in sorted(rows, key=_place):
            out.write(dump_line(row))
        return out.finish()


def _place(row: dict[str, Any]) -> tuple[str, int, str, str]:
    return row["source"], row["byte"] or 0, row["reason"], row["message"]


def iterate_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL file that this package wrote; LF alone ends a line."""
    with open(path, "rb") as file:
        for line in file:
            yield orjson.loads(line)
