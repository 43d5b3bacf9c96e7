"""An input file, a listing of them, and opening one, through its compression."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, NamedTuple

from pipeline.meter import METER
from pipeline.read.columns import COLUMNS, Columns
from pipeline.read.compressed import open_compressed
from pipeline.read.reading import open_to_read
from pipeline.record import Fault

__all__ = ["UNIT_BYTES", "Input", "LeftOut", "Listing", "Span", "count_pieces", "count_suffixes", "open_input", "open_raw"]

#: Bytes of input in one unit: large enough that a worker's fixed costs vanish, small enough that all workers end together.
UNIT_BYTES = 16 << 20
#: Pieces that a large file is cut into at least, of a quarter of a unit at least: of five pieces of a crawl one worker of two had
#: three, a fifth of the run longer than half of the work.
_PIECES, _QUARTER = 24, 4


@dataclass(frozen=True, slots=True, order=True)
class Input:
    """One input file: the name it goes by in the output, which is the same on any machine, its path, format and size in bytes."""

    name: str       # valid UTF-8
    path: str       # as the system gave it: bytes that are no UTF-8 are lone surrogates (PEP 383)
    format: str     # a name of `pipeline.read.formats`
    size: int       # on disk
    compression: str = ""       # a name of `pipeline.read.compressed`, or empty
    columns: Columns = COLUMNS  # of formats whose records have named fields
    spooled: str = ""   # the sha256 of standard input, which was copied into a file that goes with this process


class Span(NamedTuple):
    """A piece of one input, in what its format counts in: bytes, row groups, records. `size` is about its bytes on disk."""

    start: int
    end: int
    size: int = 0


def count_pieces(size: int, unit: int) -> int:
    """How many pieces a file of some bytes is cut into, where units are of so many.

    It hangs on the file alone, so one that is added changes no other.

    >>> count_pieces(10 << 20, 16 << 20), count_pieces(100 << 20, 16 << 20), count_pieces(10 << 30, 16 << 20)
    (3, 24, 640)
    """
    return max(-(-size // unit), min(_PIECES, -(-size * _QUARTER // unit)))


class LeftOut(NamedTuple):
    """A file that was met in a folder and is no input: its name, and its suffix or what it is counted as."""

    name: str
    suffix: str


@dataclass(slots=True)
class Listing:
    """What the command line named."""

    inputs: list[Input] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    left: dict[str, LeftOut] = field(default_factory=dict)     # files in folders that are no input, by their real path

    def say(self, path: str, name: str, reason: str, message: str) -> None:
        """Add a fault."""
        self.faults.append(Fault(name, reason, message, path=path))

    def leave(self, path: str, name: str, suffix: str = "") -> None:
        """Leave a file alone; without a suffix it is the output of a run, and nothing is lost."""
        real, own = os.path.realpath(path), LeftOut(name, suffix)
        self.left[real] = max(self.left.get(real, own), own, key=lambda left: (len(left.name), left.name))

    @property
    def left_alone(self) -> list[str]:
        """Names of the files, and of the output of runs, that were met in folders and are no input."""
        return sorted({name for name, _ in self.left.values()})

    @property
    def left_out(self) -> Counter[str]:
        """How many files are left out, by suffix: all of them but the output of runs."""
        return Counter(suffix for _, suffix in self.left.values() if suffix)

    def describe_left_out(self) -> str:
        """The files that are left out, counted by suffix, in words; empty where there are none."""
        total = self.left_out.total()
        return f"{total:,} file{'s' * (total != 1)} left out ({count_suffixes(self.left_out)})" if total else ""


def count_suffixes(counts: Counter[str], most: int = 8) -> str:
    """Counts by suffix, most first: `12 .html, 3 .pdf, 1 without suffix`."""
    ranked = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))
    more = [f"{sum(n for _, n in ranked[most:]):,} others"] if len(ranked) > most else []
    return ", ".join([f"{n:,} {suffix}" for suffix, n in ranked[:most]] + more)


@contextmanager
def open_raw(path: str, listed: int = 0) -> Iterator[IO[bytes]]:
    """The bytes of a file as they are stored, here or at an address; can be sought in. OSError where it cannot be opened.

    Of an address `listed` is the size that it was listed with, where one was: another is an error, see `open_remote`.

    What is read here is what a step has read of its input, see `meter`: not what others read of the same file, to take its digest.
    """
    if "://" in path:
        from pipeline.read.remote import open_remote

        with open_remote(path, listed) as file:
            yield file
    else:
        with open_to_read(path, meter=METER) as file:
            yield file


@contextmanager
def open_input(entry: Input, *, past_damage: bool = False) -> Iterator[IO[bytes]]:
    """The bytes of an input, decompressed. OSError where it cannot be opened, CompressionError while damaged data is read.

    `past_damage` is for readers of lines, see `pipeline.read.compressed`.
    """
    with open_raw(entry.path, entry.size) as file:
        if entry.compression:
            yield open_compressed(file, entry.compression, past_damage=past_damage)
        else:
            yield file
