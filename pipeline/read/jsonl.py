"""JSON Lines: one object a line, a document each. A file is cut into byte ranges; a record belongs to that of its first byte."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any

import orjson

from pipeline.errors import UndecodableError
from pipeline.read.columns import COLUMNS, Columns
from pipeline.read.compressed import CompressionError
from pipeline.read.decoded import say_encoding
from pipeline.read.fields import make_record
from pipeline.read.inputs import UNIT_BYTES, Input, Span, count_pieces, open_input
from pipeline.read.wide import find_wide, recode
from pipeline.record import RAW_LIMIT, Fault, Record, replace_surrogates
from pipeline.wording import describe

if TYPE_CHECKING:
    from pipeline.read.charset import Decoded

__all__ = ["halve_lines", "parse_record", "raw_line", "read_lines", "split_lines"]

#: What orjson can write, to which a record must be able to come: it refuses deeper than this.
MOST_DEPTH = 250
_BLOCK = 1 << 20
#: Ranges of a compressed file. With 8 all of it is decompressed 5.5 times: 9 % of the cleaning for gzip, 5 % for zstd.
MOST_SPANS = 8
_END = 1 << 62      # behind the last byte of any file


def split_lines(entry: Input) -> list[Span] | None:
    """Byte ranges of about the size of a unit; None for a small file, or one in UTF-16 or UTF-32.

    What is compressed is cut by its decompressed bytes, into a few ranges: each worker decompresses and passes over what comes
    before its own, wherever members or frames end. gzip gives 315 MB/s and zstd 605, cleaning takes 5; bzip2 and xz are read whole.
    """
    if entry.size <= UNIT_BYTES >> (1 if not entry.compression else 2) or entry.compression in ("bzip2", "xz"):
        return None
    with open_input(entry, past_damage=True) as stream:
        if find_wide(stream.peek(4)[:4]):       # type: ignore[attr-defined]
            return None
    if not entry.compression:
        n, size = count_pieces(entry.size, UNIT_BYTES), entry.size
    else:
        try:
            size = _size(entry)
        except CompressionError:        # a bomb: the reader says so
            return None
        n = min(MOST_SPANS, size // UNIT_BYTES)
    cuts = [size * i // n for i in range(n)] + [size if not entry.compression else _END] if n > 1 else []
    return [Span(a, b, entry.size // n if entry.compression else b - a) for a, b in pairwise(cuts)] or None


def read_lines(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault]:
    """Records of the lines that start in the span; LF alone ends a line, for texts may hold U+2028 and U+0085."""
    start, end = span[:2] if span is not None else (0, None)
    codec = find_wide(stream.peek(4)[:4])       # type: ignore[attr-defined]
    source, stream = stream, recode(stream, codec) if codec else stream
    at = first = _find_line(stream, start)
    n, before, seen = 0, -1, False      # lines of this range; lines before it, counted at the first fault
    while (end is None or at < end) and (line := stream.readline()):
        n, size = n + 1, len(line)
        content = line.removeprefix(codecs.BOM_UTF8) if at == 0 else line
        if content.strip():
            seen = True
            item = parse_record(content, entry.name, at, entry.columns)
            if isinstance(item, Fault):
                if before < 0 and (not first or entry.path):       # a member of an archive is not opened once more
                    before = _count_lines(entry, first)
                item = replace(item, line=before + n if before >= 0 else None, byte=at, raw=line.rstrip(b"\r\n"))
            line = content = b""        # while the record is cleaned
            yield say_encoding(item, codec)
        at += size
    if start == 0 and not seen and not _has_more(stream) and not getattr(source, "noted", None):
        what = "nothing but white space" if at else "no byte"
        yield Fault(entry.name, "empty-file", f"the file holds {what}; remove it or fetch it again")


@contextmanager
def _open_lines(entry: Input) -> Iterator[IO[bytes]]:
    """An input to read lines from, as UTF-8 where its bytes are UTF-16 or UTF-32: places count in that."""
    with open_input(entry, past_damage=True) as stream:
        yield _as_lines(stream)


def _as_lines(stream: IO[bytes]) -> IO[bytes]:
    codec = find_wide(stream.peek(4)[:4])       # type: ignore[attr-defined]
    return recode(stream, codec) if codec else stream


def halve_lines(entry: Input, span: Span | None) -> list[Span]:
    """The lines that start in a span, in two parts that are not empty; none where there is one line. No line is parsed."""
    start, end = span[:2] if span is not None else (0, _size(entry))
    first = _start_of_line(entry, start)
    middle = _start_of_line(entry, (first + end) // 2)
    if middle >= end:                           # a long line holds the middle: cut after the first line instead
        middle = _start_of_line(entry, first + 1)
    return [Span(start, middle), Span(middle, end)] if first < middle < end else []


def raw_line(entry: Input, span: Span | None) -> tuple[int, bytes]:
    """Where the first line of a span starts, and its bytes, not more than a fault may hold and one."""
    with _open_lines(entry) as stream:
        at = _find_line(stream, span.start if span is not None else 0)
        return at, stream.readline(RAW_LIMIT + 1).rstrip(b"\r\n")


def _size(entry: Input) -> int:
    """Bytes of an input, decompressed."""
    with _open_lines(entry) as stream:
        return sum(map(len, iter(lambda: stream.read(_BLOCK), b"")))


def _start_of_line(entry: Input, at: int) -> int:
    """Where the first line starts that starts at or after `at`."""
    with _open_lines(entry) as stream:
        return _find_line(stream, at)


def _find_line(stream: IO[bytes], start: int) -> int:
    """Go to the first line that starts at or after `start`, and give its byte. What is decompressed cannot seek."""
    if start <= 0:
        return 0
    if stream.seekable():
        stream.seek(start - 1)
    else:
        left = start - 1
        while left and (block := stream.read(min(left, _BLOCK))):
            left -= len(block)
    return start - 1 + sum(map(len, _until_break(stream)))


def _until_break(stream: IO[bytes]) -> Iterator[bytes]:
    """Bytes up to the next LF, in blocks: a line may be as long as its file."""
    while block := stream.readline(_BLOCK):
        yield block
        if block.endswith(b"\n"):
            return


def _count_lines(entry: Input, end: int) -> int:
    """Lines that end before the byte `end`."""
    if not end:
        return 0
    count = 0
    with _open_lines(entry) as stream:
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
        return say_encoding(make_record(row, name, byte, columns), row.encoding if isinstance(row, _Row) else "")
    if isinstance(row, Fault):
        return row
    return Fault(name, "no-object", f"the line holds {describe(row)}, not an object; write one object a line")


class _Row(dict[str, Any]):
    """An object whose line was in another encoding than UTF-8."""

    encoding = ""


def _load(line: bytes, name: str) -> Any:
    """The value of a line, or a Fault. orjson takes the last of equal keys, and rounds whole numbers of more than 64 bits, and says
    nothing: where either can be, others look."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _load_slowly(line, name)
    n_keys, depth, is_wide = _measure(row)
    if depth > MOST_DEPTH:
        return _too_deep(name)
    if isinstance(row, dict) and (is_wide or line.count(b'":') != n_keys):
        return _load_slowly(line, name)
    return row


#: What a record rarely holds: its values are looked at one by one then.
_LOOKED_AT = frozenset((dict, list, float))
_WIDE = float(1 << 63)


def _measure(value: Any) -> tuple[int, int, bool]:
    """How many keys a JSON value has on all levels, how deep it is, up to one more than what is allowed, and whether there is a
    number in it that may have been a whole one of more than 64 bits, which orjson rounds."""
    if type(value) is dict and _LOOKED_AT.isdisjoint(map(type, value.values())):
        return len(value), 1, False
    n_keys, depth, is_wide, level = 0, 0, False, [value]
    while level and depth <= MOST_DEPTH:
        depth += 1
        below: list[Any] = []
        for item in level:
            is_object = type(item) is dict
            n_keys += len(item) if is_object else 0
            values = item.values() if is_object else item if type(item) is list else (item,)
            below += [v for v in values if type(v) is dict or type(v) is list]
            is_wide = is_wide or any(type(v) is float and not -_WIDE < v < _WIDE for v in values)
        level = below
    return n_keys, depth, is_wide


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
    """For lines that orjson refuses (other encodings, lone surrogates, NaN), or reads with a loss. Says what is wrong."""
    from pipeline.read.charset import Decoded, decode_bytes

    decoded = Decoded("", "utf-8", 0)
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            decoded = Decoded(lone, "utf-8", 0) if (lone := _decode_lone(line)) else decode_bytes(line)
            text = decoded.text
        except UndecodableError as error:
            return Fault(name, "no-known-encoding", str(error))
    try:
        row = json.loads(text, object_pairs_hook=_once)
        return _too_deep(name) if _measure(row)[1] > MOST_DEPTH else _mend(row, decoded)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        what = "the JSON ends early" if cut else "the line is no JSON"
        message = f"{what}: {error.msg.removesuffix(' at')} at column {error.colno}; mend or remove the line"
        return Fault(name, "json-cut" if cut else "no-json", message)
    except _DoubledError as error:
        message = f"the key `{str(error)[:80]}` stands twice in one object, and only one of the two could be kept; mend the record"
        return Fault(name, "duplicate-key", message)
    except RecursionError:
        return _too_deep(name)
    except ValueError:
        return Fault(name, "no-json", "the line holds a whole number of more than 4,300 digits; write it as a string")


def _decode_lone(line: bytes) -> str:
    """A line that is UTF-8 but for lone surrogates, as they come out of UTF-16; empty for any other."""
    try:
        return line.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return ""


def _too_deep(name: str) -> Fault:
    return Fault(name, "no-json", f"the JSON is nested too deeply, more than {MOST_DEPTH} levels; flatten the record")


def _mend(row: Any, decoded: Decoded) -> Any:
    """The value as it can be written again, with what is to be said of how it was `decoded`.

    Lone surrogates, which only escapes can bring in, become U+FFFD, and `n_replaced` of the record counts them beside bad bytes;
    whole numbers that do not fit 64 bits become strings of their digits.
    """
    total = decoded.n_replaced

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
    if not isinstance(row, dict):
        return row
    mended = _Row(row | ({"n_replaced": total} if total else {}))
    mended.encoding = decoded.encoding
    return mended
