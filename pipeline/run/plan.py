"""The plan of a run: its units of input as rows, with what each file was when it was planned.

A unit is one shard of the plan, a row a file. Whoever reads it compares each file with its row before and after: a file that
changed is an error that names it. A unit that no worker survives is cut in halves until the record is found.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import IO

import pyarrow as pa

from pipeline.corpus.rows import PART, fault_rows
from pipeline.engines.dataset import Dataset, write_shard
from pipeline.read.inputs import Input, open_input
from pipeline.read.steady import Identity
from pipeline.read.units import Unit, read_unit
from pipeline.record import RAW_LIMIT, Fault, Left, Record

__all__ = ["PLAN", "UnitRescue", "check_inputs", "look_at", "read_planned", "write_plan"]

PLAN = pa.schema(
    [
        pa.field("unit", pa.binary()),      # a `pipeline.read.units.Unit` of one file
        pa.field("size", pa.int64()),       # what the file was, see `pipeline.read.steady.Identity`
        pa.field("mtime_ns", pa.int64()),
        pa.field("inode", pa.int64()),
    ]
)

_BLOCK = 1 << 20

Seen = dict[str, Identity]      # what each input was, by its path


def look_at(inputs: Sequence[Input]) -> Seen:
    """What each input is now. Raises ChangedError where one has another size than when it was listed."""
    seen = {entry.path: Identity.of(entry.path) for entry in inputs}
    for entry in inputs:
        now = seen[entry.path]
        if now.size not in (-1, entry.size):
            now._replace(size=entry.size).check(entry.path, entry.name)
    return seen


def check_inputs(inputs: Sequence[Input], seen: Seen) -> None:
    """Raise ChangedError where an input is not what it was."""
    for entry in inputs:
        seen[entry.path].check(entry.path, entry.name)


def write_plan(units: Sequence[Unit], seen: Seen, folder: Path) -> Dataset:
    """One shard a unit."""
    folder.mkdir(exist_ok=True)
    return Dataset(tuple(write_shard(folder, f"{n:032x}", PLAN, [_rows(unit, seen)]) for n, unit in enumerate(units)))


def _rows(unit: Unit, seen: Seen) -> pa.RecordBatch:
    rows = [{"unit": _pack(replace(unit, inputs=(i,)))} | seen[i.path]._asdict() for i in unit.inputs]
    return pa.RecordBatch.from_pylist(rows, PLAN)


def _pack(unit: Unit) -> bytes:
    """A unit as bytes that are the same whenever it is: shards are named by them, so no object may be told from its equal."""
    out = BytesIO()
    pickler = pickle.Pickler(out, protocol=5)
    pickler.fast = True
    pickler.dump(unit)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A row of the plan."""

    unit: Unit
    identity: Identity

    @classmethod
    def all(cls, batches: Iterable[pa.RecordBatch]) -> Iterator[_Piece]:
        for batch in batches:
            for row in batch.to_pylist():
                yield cls(pickle.loads(row["unit"]), Identity(row["size"], row["mtime_ns"], row["inode"]))

    @property
    def entry(self) -> Input:
        return self.unit.inputs[0]


def read_planned(batches: Iterable[pa.RecordBatch]) -> Iterator[Record | Fault | Left]:
    """Records and faults of units, in the order of the input. Raises ChangedError where a file is not what was planned."""
    for piece in _Piece.all(batches):
        piece.identity.check(piece.entry.path, piece.entry.name)
        yield from read_unit(piece.unit)
        piece.identity.check(piece.entry.path, piece.entry.name)


@dataclass(frozen=True, slots=True)
class UnitRescue:
    """A unit that no worker survives: cut between files, then between lines; what is left of it goes to the quarantine."""

    num_perm: int

    def halve(self, rows: pa.Table) -> list[pa.Table]:
        """Two units of half the files, or of half the lines of one file of records."""
        if len(rows) > 1:
            middle = len(rows) // 2
            return [rows[:middle], rows[middle:]]
        (piece,) = _Piece.all(rows.to_batches())
        if piece.entry.format != "jsonl":
            return []
        start, end = piece.unit.start, piece.unit.end or _size(piece.entry)
        middle = _middle_line(piece.entry, start, end)
        return [_ranged(rows, start, middle), _ranged(rows, middle, end)] if middle else []

    def give_up(self, rows: pa.Table, how: str) -> pa.Table:
        """The fault of a record, or of a file of one document, that no worker survives."""
        (piece,) = _Piece.all(rows.to_batches())
        byte, raw = _raw(piece)
        where = f"the record at byte {byte}" if byte is not None else "this document"
        message = f"{where} ended its worker twice: {how}; the rest went on without it, look at it before giving it again"
        fault = Fault(piece.entry.name, "worker-died", message, byte=byte, raw=raw)
        return pa.Table.from_batches([fault_rows([fault], self.num_perm)], PART)


def _ranged(rows: pa.Table, start: int, end: int) -> pa.Table:
    row = rows.to_pylist()[0]
    return pa.Table.from_pylist([row | {"unit": _pack(replace(pickle.loads(row["unit"]), start=start, end=end))}], PLAN)


def _size(entry: Input) -> int:
    """Bytes of an input, decompressed."""
    with open_input(entry) as file:
        return sum(map(len, iter(lambda: file.read(_BLOCK), b"")))


def _middle_line(entry: Input, start: int, end: int) -> int:
    """A byte that cuts the lines starting in `[start, end)` into two parts that are not empty; 0 where there is one line."""
    first = _next_line(entry, start)
    middle = _next_line(entry, (first + end) // 2)
    if middle >= end:                           # a long line holds the middle: cut after the first line instead
        middle = _next_line(entry, first + 1)
    return middle if first < middle < end else 0


def _next_line(entry: Input, at: int) -> int:
    """Where the first line starts that starts at or after `at`."""
    if at <= 0:
        return 0
    with open_input(entry) as file:
        _skip(file, at - 1)
        return at - 1 + sum(map(len, _until_break(file)))


def _skip(file: IO[bytes], n: int) -> None:
    """Go on by so many bytes: what is decompressed cannot seek."""
    while n > 0 and (block := file.read(min(n, _BLOCK))):
        n -= len(block)


def _until_break(file: IO[bytes]) -> Iterator[bytes]:
    """Bytes up to the next LF, in blocks: a line may be as long as its file."""
    while block := file.readline(_BLOCK):
        yield block
        if block.endswith(b"\n"):
            return


def _raw(piece: _Piece) -> tuple[int | None, bytes]:
    """Where the record starts that is alone in a piece, and its bytes, not more than a fault may hold and one."""
    at = _next_line(piece.entry, piece.unit.start) if piece.entry.format == "jsonl" else None
    with open_input(piece.entry) as file:
        if at is None:
            return None, file.read(RAW_LIMIT + 1)
        _skip(file, at)
        return at, file.readline(RAW_LIMIT + 1).rstrip(b"\r\n")
