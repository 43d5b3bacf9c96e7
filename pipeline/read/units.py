"""Work units: pieces of input of about equal size, each read by one worker; how one is read into records, and how one is halved.

Small files are grouped. A large file is cut into spans where its format can do that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.meter import METER
from pipeline.read.compressed import CompressionError, Decompressed
from pipeline.read.damage import check_damage, name_error
from pipeline.read.formats import find_format
from pipeline.read.inputs import UNIT_BYTES, Input, Span, open_input
from pipeline.record import RAW_LIMIT, Fault, Left, Record

__all__ = ["UNIT_BYTES", "UNIT_FILES", "Unit", "find_raw", "halve_unit", "plan_units", "read_unit", "reread"]

#: Files of a unit at most. On average there are an eighth of these, or a quarter of the bytes of a unit.
UNIT_FILES = 2_000
#: Part of a unit from which a file is one by itself: 1 MB takes 0.3 s to clean; what a unit costs besides, 0.02 s, is lost in it.
OWN_SHARE = 16
_END = 1 << 62      # behind the last place of any file


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
    """Cut the inputs into units, in the order of their names.

    Small files are grouped up to one whose name says that a unit ends there. So one more file changes the unit that it is in, and
    those behind it stay as they are: what an earlier run made of them is used again.
    """
    units: list[Unit] = []
    group: list[Input] = []
    size = 0
    for entry in inputs:
        spans = find_format(entry.format).split(entry)
        alone = bool(spans) or entry.size * OWN_SHARE >= UNIT_BYTES
        if group and (alone or size + entry.size > UNIT_BYTES or len(group) >= UNIT_FILES):
            units.append(Unit(tuple(group)))
            group, size = [], 0
        if alone:
            units += [Unit((entry,), *span) for span in spans] if spans else [Unit((entry,))]
            continue
        group.append(entry)
        size += entry.size
        if _ends_unit(entry):
            units.append(Unit(tuple(group)))
            group, size = [], 0
    return units + ([Unit(tuple(group))] if group else [])


def _ends_unit(entry: Input) -> bool:
    """Whether a unit ends behind a small file: one in 250, and of larger ones as many as make a quarter of a unit."""
    share = max(4 * entry.size / UNIT_BYTES, 8 / UNIT_FILES)
    return int.from_bytes(hashlib.blake2b(entry.name.encode(), digest_size=6).digest(), "little") < share * (1 << 48)


def read_unit(unit: Unit) -> Iterator[Record | Fault | Left]:
    """Records and faults of one unit, in the order of the input."""
    for entry in unit.inputs:
        own = find_format(entry.format)
        try:
            with open_input(entry, past_damage=own.lines) as stream:
                items = _place_faults(entry, own.read_span(entry, stream, unit.span))
                yield from items if unit.span is None else _measure(items)
                for error in stream.noted if isinstance(stream, Decompressed) else ():
                    if unit.span is None or unit.start <= error.at < unit.end:
                        yield Fault(entry.name, error.reason, str(error))
        except CompressionError as error:
            yield Fault(entry.name, error.reason, str(error))
        except OSError as error:
            check_damage(error, entry.path)
            yield Fault(entry.name, "unreadable-file", f"{error.strerror}; check that it exists and may be read, then run again")
        except Exception as error:      # what is of its data no reader lets pass
            raise name_error(error, entry.path) from error


def _place_faults(entry: Input, items: Iterator[Record | Fault | Left]) -> Iterator[Record | Fault | Left]:
    """The items, and of each fault in which file it lies: its source may be the address of a page, or a member of an archive."""
    for item in items:
        yield replace(item, file=entry.name) if isinstance(item, Fault) and item.source != entry.name else item


def _measure(items: Iterator[Record | Fault | Left]) -> Iterator[Record | Fault | Left]:
    """The items of a span. What lies before the first of them was read to find it: it is none of this unit's."""
    for first in items:
        METER.read = 0
        yield first
        break
    yield from items


def reread(entry: Input, byte: int) -> Record | Fault | Left | None:
    """The record that starts at `byte` of an input, or its fault, read once more. None where no record starts there."""
    return next(read_unit(Unit((entry,), byte, byte + 1)), None)


def halve_unit(unit: Unit) -> list[Unit]:
    """Two units that hold what one of one file does, neither empty; none where it is one record, or cannot be cut.

    Without a `halve` of its format the records are read, for their places alone: whoever calls this in search of a deadly record
    does it where it may die.
    """
    (entry,) = unit.inputs
    own = find_format(entry.format)
    if own.halve is not None:
        return [replace(unit, start=start, end=end, n_bytes=0) for start, end, _ in own.halve(entry, unit.span)]
    places = sorted({item.byte or 0 for item in read_unit(unit) if isinstance(item, Record | Fault)}) if own.many else []
    if len(places) < 2:
        return []
    middle = places[len(places) // 2]
    cuts = [(unit.start, middle), (middle, unit.end or _END)]
    return [replace(unit, start=start, end=end, n_bytes=0) for start, end in cuts]


def find_raw(unit: Unit) -> tuple[int | None, bytes]:
    """The place of what cannot be cut any more, None for a whole file, and its bytes where they can be had unread: not more than
    a fault may hold and one.
    """
    (entry,) = unit.inputs
    own = find_format(entry.format)
    if own.raw is not None:
        return own.raw(entry, unit.span)
    if unit.span is not None:
        return unit.start, b""
    with open_input(entry) as stream:
        return None, stream.read(RAW_LIMIT + 1)
