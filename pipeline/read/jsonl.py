"""JSON Lines: one object a line, a document each. A file is cut into byte ranges; a record belongs to that of its first byte."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import IO, Any

import orjson

from pipeline.errors import UndecodableError
from pipeline.read.columns import COLUMNS, Columns
from pipeline.read.fields import make_record
from pipeline.read.inputs import UNIT_BYTES, Input, Span, open_input
from pipeline.record import RAW_LIMIT, Fault, Record, replace_surrogates

__all__ = ["parse_record", "read_lines", "split_lines"]

#: Marks of encodings in which a byte LF ends no line. UTF-32 first: its mark starts as that of UTF-16 does.
_WIDE = (
    (codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"), (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
#: What orjson can write, to which a record must be able to come: it refuses deeper than this.
MOST_DEPTH = 250
_BLOCK = 1 << 20


def split_lines(entry: Input) -> list[Span] | None:
    """Byte ranges of about the size of a unit; None for a small file, or one that is compressed."""
    if entry.size <= UNIT_BYTES or entry.compression:
        return None
    n = -(-entry.size // UNIT_BYTES)
    return [Span(a, b, b - a) for a, b in pairwise(entry.size * i // n for i in range(n + 1))]


def read_lines(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault]:
    """Records of the lines that start in the span; LF alone ends a line, for texts may hold U+2028 and U+0085."""
    start, end = span[:2] if span is not None else (0, None)
    if wide := _wide_fault(entry, stream):
        if start == 0:
            yield wide
        return
    at = first = _first_line(stream, start)
    n, before, seen = 0, -1, False      # lines of this range; lines before it, counted at the first fault
    while (end is None or at < end) and (line := stream.readline()):
        n += 1
        content = line.removeprefix(codecs.BOM_UTF8) if at == 0 else line
        if content.strip():
            seen = True
            item = parse_record(content, entry.name, at, entry.columns)
            if isinstance(item, Fault):
                if before < 0 and (not first or entry.path):       # a member of an archive is not opened once more
                    before = _count_lines(entry, first)
                item = replace(item, line=before + n if before >= 0 else None, byte=at, raw=line.rstrip(b"\r\n"))
            yield item
        at += len(line)
    if start == 0 and not seen and not _has_more(stream):
        what = "nothing but white space" if at else "no byte"
        yield Fault(entry.name, "empty-file", f"the file holds {what}; remove it or fetch it again")


def _wide_fault(entry: Input, stream: IO[bytes]) -> Fault | None:
    """One fault for a whole file in UTF-16 or UTF-32: cut at LF its lines would be no text."""
    head = stream.peek(4)       # type: ignore[attr-defined]
    for mark, name in _WIDE:
        if head.startswith(mark):
            raw = stream.read(RAW_LIMIT + 1)
            message = f"{name}: convert to UTF-8 (iconv -f {name} -t UTF-8) and run again"
            return Fault(entry.name, name.lower(), message, raw=raw if len(raw) <= RAW_LIMIT else b"")
    return None


def _first_line(stream: IO[bytes], start: int) -> int:
    """Go to the first line that starts at or after `start`, and give its byte."""
    if not start:
        return 0
    if stream.seekable():
        stream.seek(start - 1)
    else:
        left = start - 1
        while left and (block := stream.read(min(left, _BLOCK))):
            left -= len(block)
    return start - 1 + len(stream.readline())


def _count_lines(entry: Input, end: int) -> int:
    """Lines that end before the byte `end`."""
    if not end:
        return 0
    count = 0
    with open_input(entry) as stream:
        while end > 0 and (block := stream.read(min(end, _BLOCK))):
            count += block.count(b"\n")
            end -= len(block)
    return count


def _has_more(stream: IO[bytes]) -> bool:
    """Whether anything but white space is left."""
    return any(block.strip() for block in iter(lambda: stream.read(_BLOCK), b""))


def parse_record(line: bytes, name: str, byte: int = 0, columns: Columns = COLUMNS) -> Record | Fault:
    """The record of one line, at `byte` of the input called `name`, or what is wrong with it (the reader adds its place).

    >>> parse_record(b'{"id": 7, "text": "x", "date": "2020-01-02"}', "a.jsonl").metadata
    {'published': '2020-01-02'}
    >>> parse_record(b'{"id": 7}', "a.jsonl").reason, parse_record(b'{"id": 7, "id": 8, "text": "x"}', "a.jsonl").reason
    ('no-text', 'duplicate-key')
    """
    row = _load(line, name)
    if isinstance(row, dict):
        return make_record(row, name, byte, columns)
    if isinstance(row, Fault):
        return row
    return Fault(name, "no-object", f"the line holds a JSON {type(row).__name__}, not an object; write one object a line")


def _load(line: bytes, name: str) -> Any:
    """The value of a line, or a Fault. orjson takes the last of equal keys without a word: where some can be, others look."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _load_slowly(line, name)
    n_keys, depth = _measure(row)
    if depth > MOST_DEPTH:
        return _too_deep(name)
    if isinstance(row, dict) and line.count(b'":') != n_keys:
        return _load_slowly(line, name)
    return row


def _measure(value: Any) -> tuple[int, int]:
    """How many keys a JSON value has on all levels, and how deep it is, up to one more than what is allowed."""
    n_keys, depth, level = 0, 0, [value]
    while level and depth <= MOST_DEPTH:
        depth += 1
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                n_keys += len(item)
                below += [v for v in item.values() if type(v) is dict or type(v) is list]
            elif type(item) is list:
                below += [v for v in item if type(v) is dict or type(v) is list]
        level = below
    return n_keys, depth


class _DoubledError(ValueError):
    """A key that stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON whose keys differ. Raises _DoubledError."""
    row = dict(pairs)
    if len(row) != len(pairs):
        seen: set[str] = set()
        raise _DoubledError(next(key for key, _ in pairs if key in seen or seen.add(key)))    # type: ignore[func-returns-value]
    return row


def _load_slowly(line: bytes, name: str) -> Any:
    """For lines that orjson refuses (other encodings, lone surrogates, NaN), or that may have equal keys. Says what is wrong."""
    from pipeline.read.charset import decode_bytes

    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = decode_bytes(line).text
        except UndecodableError as error:
            return Fault(name, "no-known-encoding", str(error))
    try:
        row = json.loads(text, object_pairs_hook=_once)
        return _too_deep(name) if _measure(row)[1] > MOST_DEPTH else _mend(row)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        what = "the JSON ends early" if cut else "the line is no JSON"
        message = f"{what}: {error.msg} at column {error.colno}; mend or remove the line"
        return Fault(name, "json-cut" if cut else "no-json", message)
    except _DoubledError as error:
        message = f"the key `{str(error)[:80]}` stands twice in one object, and only one of the two could be kept; mend the record"
        return Fault(name, "duplicate-key", message)
    except RecursionError:
        return _too_deep(name)
    except ValueError as error:     # a whole number of more than 4,300 digits
        return Fault(name, "no-json", f"the line holds a number that is too long ({error}); mend the record")


def _too_deep(name: str) -> Fault:
    return Fault(name, "no-json", f"the JSON is nested too deeply, more than {MOST_DEPTH} levels; flatten the record")


def _mend(row: Any) -> Any:
    """The value as it can be written again.

    Lone surrogates, which only escapes can bring in, become U+FFFD, and `n_replaced` of the record counts them; whole numbers
    that do not fit 64 bits become strings of their digits.
    """
    total = 0

    def mend(value: Any) -> Any:
        nonlocal total
        if isinstance(value, str):
            mended, n = replace_surrogates(value)
            total += n
            return mended
        if isinstance(value, dict):
            return {mend(key): mend(v) for key, v in value.items()}
        if isinstance(value, list):
            return [mend(v) for v in value]
        return str(value) if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64 else value

    row = mend(row)
    return row | {"n_replaced": total} if total and isinstance(row, dict) else row
