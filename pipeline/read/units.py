"""Work units: pieces of input of about equal size, each read by one worker, and how one is read into records.

A JSONL file is cut into byte ranges; a record belongs to the range that its line starts in. Text files are grouped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

from pipeline.errors import UndecodableError
from pipeline.read.faults import Fault
from pipeline.read.jsonl import parse_record
from pipeline.read.paths import Input
from pipeline.record import Record, replace_surrogates

__all__ = ["Unit", "make_id", "plan_units", "read_unit"]

#: Bytes of input in one unit: large enough that a worker's fixed costs vanish, small enough that all workers end together.
UNIT_BYTES = 16 << 20
UNIT_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Unit:
    """Files to read whole, or one byte range `[start, end)` of one JSONL file."""

    inputs: tuple[Input, ...]
    start: int = 0
    end: int = 0


def plan_units(inputs: Sequence[Input]) -> list[Unit]:
    """Cut the inputs into units, in the order of their names."""
    units: list[Unit] = []
    group: list[Input] = []
    for entry in inputs:
        if entry.format == "jsonl":
            n = max(1, -(-entry.size // UNIT_BYTES))
            cuts = [entry.size * i // n for i in range(n + 1)]
            units += [Unit((entry,), a, b) for a, b in pairwise(cuts)]
            continue
        if group and (sum(e.size for e in group) + entry.size > UNIT_BYTES or len(group) >= UNIT_FILES):
            units.append(Unit(tuple(group)))
            group = []
        group.append(entry)
    return units + ([Unit(tuple(group))] if group else [])


def read_unit(unit: Unit) -> Iterator[Record | Fault]:
    """Records and faults of one unit, in the order of the input."""
    for entry in unit.inputs:
        try:
            with open(entry.path, "rb") as file:
                if entry.format == "jsonl":
                    yield from _read_lines(entry, file, unit.start, unit.end)
                else:
                    yield _read_text(entry, file.read())
        except OSError as error:
            yield Fault(entry.name, "unreadable-file", f"{error.strerror}; check that it exists and may be read, then run again")


def make_id(source: str, content: bytes) -> str:
    """The id of a document that has none: 16 hex digits of what it is and where it came from, never of its position."""
    return hashlib.sha256(source.encode() + b"\0" + content).hexdigest()[:16]


def _read_text(entry: Input, data: bytes) -> Record | Fault:
    from pipeline.read.charset import decode_bytes

    if not data:
        return Fault(entry.name, "empty-file", "the file holds no byte; remove it or fetch it again", raw=data)
    try:
        decoded = decode_bytes(data)
    except UndecodableError as error:
        return Fault(entry.name, "no-known-encoding", str(error), raw=data)
    text, lone = replace_surrogates(decoded.text)
    said = _reading(decoded.encoding, decoded.n_replaced + lone)
    return Record(make_id(entry.name, data), entry.name, text, said, entry.name)


def _reading(encoding: str, n_replaced: int) -> dict[str, str]:
    """What the audit says of the reading itself."""
    said = {} if encoding in ("utf-8", "ascii") else {"encoding": encoding}
    return said | ({"n_replaced": str(n_replaced)} if n_replaced else {})


def _read_lines(entry: Input, file: IO[bytes], start: int, end: int) -> Iterator[Record | Fault]:
    """Records of the lines that start in `[start, end)`; LF alone ends a line, for texts may hold U+2028 and U+0085."""
    if start == 0 and entry.size == 0:
        yield Fault(entry.name, "empty-file", "the file holds no byte; remove it or fetch it again")
        return
    at = start
    if start:
        file.seek(start - 1)
        at = start - 1 + len(file.readline())
    while at < end:
        line = file.readline()
        if not line:
            return
        if line.strip():
            record = parse_record(line, entry.name, at)
            yield _placed(record, entry, at, line) if isinstance(record, Fault) else record
        at += len(line)


def _placed(fault: Fault, entry: Input, at: int, line: bytes) -> Fault:
    """The fault with its line number, which is counted only now that it is needed."""
    with open(entry.path, "rb") as file:
        number, left = 1, at
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            number += block.count(b"\n")
            left -= len(block)
    return Fault(fault.source, fault.reason, fault.message, number, at, line.rstrip(b"\r\n"))

