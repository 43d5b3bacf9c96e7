"""Work units: pieces of input of about equal size, each read by one worker, and how one is read into records.

Files are grouped. A JSONL file that is larger than a unit is cut into byte ranges; a record belongs to the range that its line
starts in.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import IO

from pipeline.errors import UndecodableError
from pipeline.read.jsonl import parse_record
from pipeline.read.paths import Input
from pipeline.record import RAW_LIMIT, Fault, Record, replace_surrogates

__all__ = ["Unit", "make_id", "plan_units", "read_unit", "reread"]

#: Bytes of input in one unit: large enough that a worker's fixed costs vanish, small enough that all workers end together.
UNIT_BYTES = 16 << 20
UNIT_FILES = 2_000

#: Marks of encodings in which a byte LF ends no line. UTF-32 first: its mark starts as that of UTF-16 does.
_WIDE = (
    (codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"), (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """Files to read whole (`end` is 0), or one byte range `[start, end)` of one JSONL file."""

    inputs: tuple[Input, ...]
    start: int = 0
    end: int = 0


def plan_units(inputs: Sequence[Input]) -> list[Unit]:
    """Cut the inputs into units, in the order of their names."""
    units: list[Unit] = []
    group: list[Input] = []
    size = 0
    for entry in inputs:
        large = entry.format == "jsonl" and entry.size > UNIT_BYTES
        if group and (large or size + entry.size > UNIT_BYTES or len(group) >= UNIT_FILES):
            units.append(Unit(tuple(group)))
            group, size = [], 0
        if large:
            n = -(-entry.size // UNIT_BYTES)
            units += [Unit((entry,), a, b) for a, b in pairwise(entry.size * i // n for i in range(n + 1))]
        else:
            group.append(entry)
            size += entry.size
    return units + ([Unit(tuple(group))] if group else [])


def read_unit(unit: Unit) -> Iterator[Record | Fault]:
    """Records and faults of one unit, in the order of the input."""
    for entry in unit.inputs:
        try:
            with open(entry.path, "rb") as file:
                if entry.format == "jsonl":
                    yield from _read_lines(entry, file, unit.start, unit.end or entry.size)
                else:
                    yield _read_text(entry, file.read())
        except OSError as error:
            yield Fault(entry.name, "unreadable-file", f"{error.strerror}; check that it exists and may be read, then run again")


def reread(entry: Input, byte: int) -> Record | Fault | None:
    """The record that starts at `byte` of an input, or its fault, read once more. None where no record starts there."""
    if byte and entry.format != "jsonl":
        return None
    return next(read_unit(Unit((entry,), byte, byte + 1)), None)


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
    if decoded.n_lines:
        said["encoding_lines"] = ", ".join(f"{name} {n}" for name, n in decoded.n_lines.items())
    return Record(make_id(entry.name, data), entry.name, text, said, entry.name)


def _reading(encoding: str, n_replaced: int) -> dict[str, str]:
    """What the audit says of the reading itself."""
    said = {} if encoding in ("utf-8", "ascii") else {"encoding": encoding}
    return said | ({"n_replaced": str(n_replaced)} if n_replaced else {})


def _read_lines(entry: Input, file: IO[bytes], start: int, end: int) -> Iterator[Record | Fault]:
    """Records of the lines that start in `[start, end)`; LF alone ends a line, for texts may hold U+2028 and U+0085."""
    if wide := _wide_fault(entry, file):
        if start == 0:
            yield wide
        return
    at = first = _first_line(file, start)
    n, before, seen = 0, -1, False      # lines of this range; lines before it, counted at the first fault
    while at < end and (line := file.readline()):
        n += 1
        content = line.removeprefix(codecs.BOM_UTF8) if at == 0 else line
        if content.strip():
            seen = True
            item = parse_record(content, entry.name, at)
            if isinstance(item, Fault):
                before = _count_lines(entry, first) if before < 0 else before
                item = replace(item, line=before + n, byte=at, raw=line.rstrip(b"\r\n"))
            yield item
        at += len(line)
    if start == 0 and not seen and (entry.size == 0 or not _has_more(file)):
        what = "nothing but white space" if at else "no byte"
        yield Fault(entry.name, "empty-file", f"the file holds {what}; remove it or fetch it again")


def _wide_fault(entry: Input, file: IO[bytes]) -> Fault | None:
    """One fault for a whole file in UTF-16 or UTF-32: cut at LF its lines would be no text."""
    head = file.read(4)
    for mark, name in _WIDE:
        if head.startswith(mark):
            raw = head + file.read() if entry.size <= RAW_LIMIT else b""
            message = f"{name}: convert to UTF-8 (iconv -f {name} -t UTF-8) and run again"
            return Fault(entry.name, name.lower(), message, raw=raw)
    return None


def _first_line(file: IO[bytes], start: int) -> int:
    """Go to the first line that starts at or after `start`, and give its byte."""
    file.seek(max(0, start - 1))
    return start - 1 + len(file.readline()) if start else 0


def _count_lines(entry: Input, end: int) -> int:
    """Lines that end before the byte `end`."""
    count = 0
    with open(entry.path, "rb") as file:
        while end > 0 and (block := file.read(min(end, 1 << 20))):
            count += block.count(b"\n")
            end -= len(block)
    return count


def _has_more(file: IO[bytes]) -> bool:
    """Whether anything but white space is left."""
    return any(block.strip() for block in iter(lambda: file.read(1 << 20), b""))
