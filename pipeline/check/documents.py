"""The documents of a check: read, cleaned, and each with its file, so that a finding has a place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.cleaning import Cleaned
from pipeline.options import Options
from pipeline.read.formats import find_format
from pipeline.read.inputs import Input, Listing, open_input
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Fault, Record
from pipeline.run.clean import clean_records
from pipeline.run.settings import Settings

__all__ = ["Document", "Unread", "clean_inputs", "find_line", "find_start", "relative"]

#: Records of one batch: what one document costs hardly depends on it beyond that.
BATCH = 256
#: Files whose lines are kept at a time: 8 bytes a line, less than the texts take that a check holds anyway.
FILES = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One document and what cleaning makes of it."""

    record: Record
    cleaned: Cleaned
    entry: Input

    @property
    def name(self) -> str:
        """A file of one document goes by its name, a record of a file of many by that file's name and its id."""
        return f"{self.entry.name}#{self.record.id}" if self.in_many else self.entry.name

    @property
    def in_many(self) -> bool:
        """Whether its file holds others."""
        return find_format(self.entry.format).many


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, and the path of its file."""

    fault: Fault
    path: str


def clean_inputs(listing: Listing, options: Options) -> Iterator[Document | Unread]:
    """All documents of a listing, cleaned, and what could not be read."""
    for fault in listing.faults:
        yield Unread(fault, os.path.relpath(fault.path) if fault.path else "")
    batch: list[tuple[Record, Input]] = []
    for unit in plan_units(listing.inputs):
        for entry in unit.inputs:
            for item in read_unit(replace(unit, inputs=(entry,))):
                if isinstance(item, Fault):
                    yield Unread(item, relative(entry))
                elif isinstance(item, Record):
                    batch.append((item, entry))
                if len(batch) == BATCH:
                    yield from _clean(batch, options)
                    batch = []
    yield from _clean(batch, options)


def _clean(batch: Sequence[tuple[Record, Input]], options: Options) -> Iterator[Document | Unread]:
    faults: list[Fault] = []
    entries = {id(record): entry for record, entry in batch}
    for records, results in clean_records([record for record, _ in batch], Settings(options), faults) if batch else ():
        for record, cleaned in zip(records, results, strict=True):
            yield Document(record, cleaned, entries.pop(id(record)))
    for entry, fault in zip(entries.values(), faults, strict=True):     # those that a stage failed on, in the order of input
        yield Unread(fault, relative(entry))


def relative(entry: Input) -> str:
    """The path of a file from here; empty for standard input."""
    return "" if entry.spooled else os.path.relpath(entry.path)


def find_line(document: Document, at: int | None = None) -> tuple[int | None, int | None]:
    """Line and column of a place in the original of a document, as an editor shows its file; of its start without a place.

    None where lines of the file say nothing: it is compressed, or what is read of it are not its lines. A record of a file of lines
    stands on one of them.
    """
    start = find_start(document.entry, document.record.byte)
    if start is None or find_format(document.entry.format).lines:
        return start, None
    if at is None:
        return 1, 1
    before = document.record.original[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def find_start(entry: Input, byte: int) -> int | None:
    """The line of a file that a record at a byte of it stands on, 1 for a file of one document; None where lines say nothing."""
    kind = find_format(entry.format)
    if entry.compression or "://" in entry.path or not (kind.plain or kind.lines):
        return None
    if not kind.lines:
        return 1
    ends = _find_ends(entry, os.stat(entry.path).st_mtime_ns)
    return int(np.searchsorted(ends, byte)) + 1


@lru_cache(maxsize=FILES)
def _find_ends(entry: Input, _changed: int) -> NDArray[np.int64]:
    """Where the lines of a file end: it is read once, however many places in it are asked for."""
    ends, start = [np.empty(0, np.int64)], 0
    with open_input(entry) as file:
        while piece := file.read(1 << 20):
            ends.append(np.flatnonzero(np.frombuffer(piece, np.uint8) == 0x0A) + start)
            start += len(piece)
    return np.concatenate(ends)
