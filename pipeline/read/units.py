"""Work units: pieces of input of about equal size, each read by one worker, and how one is read into records.

Small files are grouped. A large file is cut into spans where its format can do that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.read.compressed import CompressionError
from pipeline.read.formats import find_format
from pipeline.read.inputs import UNIT_BYTES, Input, Span, open_input
from pipeline.record import Fault, Left, Record

__all__ = ["UNIT_BYTES", "UNIT_FILES", "Unit", "plan_units", "read_unit", "reread"]

UNIT_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Unit:
    """Files to read whole (`end` is 0), or one span `[start, end)` of one file, in what its format counts in."""

    inputs: tuple[Input, ...]
    start: int = 0
    end: int = 0
    n_bytes: int = 0    # of the span, about

    @property
    def span(self) -> Span | None:
        """The span, None for whole files."""
        return Span(self.start, self.end, self.n_bytes) if self.end else None

    @property
    def size(self) -> int:
        """About the bytes on disk that are read for it."""
        return self.n_bytes or sum(entry.size for entry in self.inputs)


def plan_units(inputs: Sequence[Input]) -> list[Unit]:
    """Cut the inputs into units, in the order of their names."""
    units: list[Unit] = []
    group: list[Input] = []
    size = 0
    for entry in inputs:
        spans = find_format(entry.format).split(entry)
        if group and (spans or size + entry.size > UNIT_BYTES or len(group) >= UNIT_FILES):
            units.append(Unit(tuple(group)))
            group, size = [], 0
        if spans:
            units += [Unit((entry,), *span) for span in spans]
        else:
            group.append(entry)
            size += entry.size
    return units + ([Unit(tuple(group))] if group else [])


def read_unit(unit: Unit) -> Iterator[Record | Fault | Left]:
    """Records and faults of one unit, in the order of the input."""
    for entry in unit.inputs:
        try:
            with open_input(entry) as stream:
                yield from find_format(entry.format).read_span(entry, stream, unit.span)
        except OSError as error:
            yield Fault(entry.name, "unreadable-file", f"{error.strerror}; check that it exists and may be read, then run again")
        except CompressionError as error:
            yield Fault(entry.name, error.reason, str(error))


def reread(entry: Input, byte: int) -> Record | Fault | Left | None:
    """The record that starts at `byte` of an input, or its fault, read once more. None where no record starts there."""
    return next(read_unit(Unit((entry,), byte, byte + 1)), None)
