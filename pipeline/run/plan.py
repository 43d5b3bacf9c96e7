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

import pyarrow as pa

from pipeline import world
from pipeline.corpus.manifest import digest_file
from pipeline.corpus.rows import PART, fault_rows
from pipeline.engines.dataset import Dataset, write_shard
from pipeline.read.inputs import Input
from pipeline.read.steady import ChangedError, Identity
from pipeline.read.units import Unit, find_raw, halve_unit, read_unit
from pipeline.record import Fault, Left, Record

__all__ = ["PLAN", "UnitRescue", "check_inputs", "look_at", "read_planned", "write_plan"]

PLAN = pa.schema(
    [
        pa.field("unit", pa.binary()),      # a `pipeline.read.units.Unit` of one file
        pa.field("size", pa.int64()),       # what the file was, see `pipeline.read.steady.Identity`
        pa.field("mtime_ns", pa.int64()),
        pa.field("inode", pa.int64()),
        pa.field("ctime_ns", pa.int64()),   # so that nothing is taken that an earlier run left of a file rewritten since
    ]
)

Seen = dict[str, Identity]      # what each input was, by its path


def look_at(inputs: Sequence[Input]) -> Seen:
    """What each input is now. Raises ChangedError where one has another size than when it was listed."""
    seen = {entry.path: Identity.of(entry.path) for entry in inputs}
    for entry in inputs:
        now = seen[entry.path]
        if now.size not in (-1, entry.size):
            now._replace(size=entry.size).check(entry.path, entry.name)
    return seen


def check_inputs(inputs: Sequence[Input], seen: Seen, digests: Sequence[str | None]) -> None:
    """Raise ChangedError where an input is not what it was. One of which only `ctime` moved is held against its digest.

    Digests are made from the start on, faster than anybody cleans, so they are of what was there when it was cleaned. Not seen is
    what is rewritten, and its time put back, behind a worker and before its digest.
    """
    for entry, digest in zip(inputs, digests, strict=True):
        if not seen[entry.path].check(entry.path, entry.name) and digest_file(Path(entry.path)) != digest:
            raise ChangedError.of(entry.name, "it was written to, and its time of change put back")


def write_plan(units: Sequence[Unit], seen: Seen, folder: Path) -> Dataset:
    """One shard a unit."""
    world.make_folders(folder)
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
                yield cls(pickle.loads(row["unit"]), Identity(row["size"], row["mtime_ns"], row["inode"], row["ctime_ns"]))

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
    """A unit that no worker survives: cut between files, then between records; what is left of it goes to the quarantine."""

    num_perm: int

    def halve(self, rows: pa.Table) -> list[pa.Table]:
        """Two units of half the files, or of half the records of one file."""
        if len(rows) > 1:
            middle = len(rows) // 2
            return [rows[:middle], rows[middle:]]
        (piece,) = _Piece.all(rows.to_batches())
        return [_instead(rows, unit) for unit in halve_unit(piece.unit)]

    def give_up(self, rows: pa.Table, how: str, *, is_one: bool) -> pa.Table:
        """The fault of a record, or of a file of one document, that no worker survives; or of each file that none can look into."""
        faults = [_fault_of(piece, how) if is_one else _fault_of_all(piece, how) for piece in _Piece.all(rows.to_batches())]
        return pa.Table.from_batches([fault_rows(faults, self.num_perm)], PART)


def _fault_of(piece: _Piece, how: str) -> Fault:
    byte, raw = find_raw(piece.unit)
    where = "this document" if byte is None else f"the record at byte {byte}" if raw else f"what is read from place {byte} on"
    message = f"{where} ended its worker twice: {how}; the rest went on without it, look at it before giving it again"
    return Fault(piece.entry.name, "worker-died", message, byte=byte, raw=raw)


def _fault_of_all(piece: _Piece, how: str) -> Fault:
    span = piece.unit.span
    where = "this file" if span is None else f"this file from place {span.start} to {span.end}"
    ended = f"worker after worker ended while it looked for the document that ends them: {how}"
    message = f"{where} was given up with all that it holds: {ended}; give it again with more memory"
    return Fault(piece.entry.name, "worker-died", message, byte=None if span is None else span.start)


def _instead(rows: pa.Table, unit: Unit) -> pa.Table:
    """The row of a plan with another unit in it."""
    return pa.Table.from_pylist([rows.to_pylist()[0] | {"unit": _pack(unit)}], PLAN)
