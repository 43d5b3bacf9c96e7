"""WARC and WET: the pages of a crawl, one record a response.

`fastwarc` reads the records; a place where it can read no further is a fault, and reading goes on at the next record. Responses
that are no page (pictures, style sheets, redirects, errors of the server) are `Left`: counted by kind, never decoded.

A span counts records by where they start: in bytes for a file as it is, and in bytes of the compressed file where each record is
a gzip member of its own, as the standard wants it. Any other compression can only be read from its start on; there a span is a
range of records by number, and what comes before it is decompressed and passed over, at 1 GB a second.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import IO, TYPE_CHECKING

from pipeline.errors import UndecodableError
from pipeline.read.answers import decode_body, gunzip, split_answer
from pipeline.read.binary import find_kind
from pipeline.read.compressed import CompressionError
from pipeline.read.damage import check_damage
from pipeline.read.decoded import describe_reading
from pipeline.read.inputs import UNIT_BYTES, Input, Span, count_pieces, open_input, open_raw
from pipeline.record import Fault, Left, Record, make_id, replace_surrogates

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

__all__ = ["read_archive", "split_archive"]

#: Bytes of one response that are read; a longer one is a fault. The longest page of the crawl has 4 MB.
MOST_BYTES = 64 << 20
#: Spans of an archive that can only be read from its start on: each decompresses all before it.
MOST_SPANS = 16
# The head of a record inside another one. Fixed words between line breaks: linear.
_NEXT_HEAD = b"\r\n\r\nWARC/1."
_NEXT = re.compile(rb"\r\n\r\nWARC/1\.[01]\r\nWARC-")
_TOO_LONG = "too-long"
_GZIP = b"\x1f\x8b\x08"
_START = b"WARC/1."
# The charset in a type of contents. Fixed letters, then bounded: linear.
_CHARSET = re.compile(r"charset\s{0,4}=\s{0,4}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_PAGES = ("response", "resource", "conversion")
_HTML = ("text/html", "application/xhtml+xml", "application/xhtml", "text/xhtml")


def split_archive(entry: Input) -> list[Span] | None:
    """Cut a large archive; see above for what a span counts in."""
    if not entry.compression:
        if entry.size <= UNIT_BYTES:
            return None
        n = count_pieces(entry.size, 4 * UNIT_BYTES)
        return [Span(a, b, b - a) for a, b in pairwise(entry.size * i // n for i in range(n + 1))]
    if _has_members(entry):
        if entry.size <= UNIT_BYTES // 4:
            return None
        n = count_pieces(entry.size, UNIT_BYTES // 2)
        return [Span(a, b, b - a) for a, b in pairwise(entry.size * i // n for i in range(n + 1))]
    starts: list[int] = []
    try:
        with open_input(entry) as stream:
            starts.extend(at for at, _ in _records(_Forward(stream)))
    except CompressionError:
        pass                # the reader says what is wrong
    except Exception as error:
        check_damage(error, entry.path)
    size = 4 * UNIT_BYTES
    n = max(1, min(MOST_SPANS, -(-(starts[-1] if starts else 0) // size)))
    if n == 1:
        return None
    cuts = [len(starts) * i // n for i in range(n)] + [1 << 62]
    return [Span(a, b, entry.size // n) for a, b in pairwise(cuts)]


def read_archive(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault | Left]:
    """The pages of an archive, or of a span of it; each at its place in what a span counts in."""
    if entry.compression and _has_members(entry):
        with open_input(replace(entry, compression="")) as file:
            yield from _read_places(entry, file, span)
    elif entry.compression or not stream.seekable():
        yield from _read_numbers(entry, stream, span)
    else:
        yield from _read_places(entry, stream, span)


def _read_places(entry: Input, file: IO[bytes], span: Span | None) -> Iterator[Record | Fault | Left]:
    """Records that start in a range of bytes; after a broken one, from the next that starts like a record."""
    start, end = (span.start, span.end) if span is not None else (0, entry.size)
    mark = _GZIP if entry.compression else _START
    at = _next_start(file, start, end, mark) if start else 0
    broken: Fault | None = None         # told when it is known whether it is the next record that is broken
    while 0 <= at < end:
        file.seek(at)
        try:
            for place, record in _records(file):
                if broken is not None:
                    yield broken
                    broken = None
                if place >= end:
                    return
                at = place
                yield _read_record(entry, record, place)
            break
        except Exception as error:
            check_damage(error)
            what = f"no record can be read behind byte {at:,} ({error}); reading goes on at the next one; fetch the archive again"
            broken = Fault(entry.name, "warc-broken", what, byte=at)
            at = _next_start(file, at + 1, end, mark)
    if broken is not None:
        yield broken


def _read_numbers(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault | Left]:
    """Records of a range of numbers."""
    start, end = (span.start, span.end) if span is not None else (0, 1 << 62)
    number = 0
    try:
        for number, (_, record) in enumerate(_records(_Forward(stream))):
            if number >= end:
                return
            if number >= start:
                yield _read_record(entry, record, number)
    except Exception as error:
        check_damage(error)
        what = f"no record can be read behind record {number:,} ({error}); decompress the archive to read what follows"
        yield Fault(entry.name, "warc-broken", what, byte=number)


class _Forward:
    """A stream that can only be read on, with the places that `fastwarc` asks for."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._at = stream, 0

    def read(self, size: int = -1, /) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self._at += len(data)
        return data

    def tell(self) -> int:
        """How many bytes were read."""
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go on to a place by reading; one that was passed cannot be gone back to."""
        target = offset if whence == 0 else self._at + offset
        if whence == 2 or target < self._at:
            raise OSError("a compressed stream cannot be read backwards")
        while self._at < target and self.read(min(target - self._at, 1 << 20)):
            pass
        return self._at

    def close(self) -> None:
        """Nothing: whoever opened the stream closes it."""


def _records(file: IO[bytes] | _Forward) -> Iterator[tuple[int, WarcRecord]]:
    """The records of a file from where it stands, with the byte where each starts."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    others = (WarcRecordType.warcinfo, WarcRecordType.request, WarcRecordType.metadata, WarcRecordType.revisit)
    # All types are asked for: the library passes over a record whose head is damaged without a word if it may choose.
    any_type = WarcRecordType.any_type
    for record in ArchiveIterator(file, record_types=any_type, strict_mode=False, parse_http=False):
        if record.record_type not in others:
            yield record.stream_pos, record


def _read_record(entry: Input, record: WarcRecord, place: int) -> Record | Fault | Left:
    """The page of one record."""
    type_ = record.headers.get("WARC-Type") or "response"       # a head that is damaged there is a page nevertheless
    if "\n" in type_:
        raise ValueError("its lines end in LF alone, where the standard has CR LF: it was converted as a text is")
    if type_.lower() not in _PAGES:
        return Left(entry.name, f"WARC record of type {replace_surrogates(type_)[0]}")
    source, length = _find_source(entry, record), record.content_length
    data = record.reader.read(MOST_BYTES)
    _check_length(data)
    if len(data) == MOST_BYTES and record.reader.read(1):
        return _tell_too_long(source, length, place)
    if record.headers.get("Content-Length") is None or len(data) < length:
        what = f"the record should hold {length:,} bytes and holds {len(data):,}: the archive ends early; fetch it again"
        return Fault(source, "warc-cut", what, byte=place, raw=data)
    said = record.headers.get("Content-Type") or ""
    try:
        if said.lower().startswith("application/http"):
            answer = split_answer(data)
            if answer.status and not 200 <= answer.status < 300:
                return Left(source, f"HTTP {answer.status}")
            data, said = decode_body(answer, MOST_BYTES + 1), answer.head.get("content-type", "")
        data = _decompress_page(data)
    except ValueError as error:
        check_damage(error)
        what = f"the answer in the record cannot be made out ({error}); fetch it again"
        return Fault(source, "warc-broken", what, byte=place, raw=data)
    if len(data) > MOST_BYTES:      # it was sent compressed, and swells
        return _tell_too_long(source, length, place)
    return _read_body(entry, record, data, said, place)


def _find_source(entry: Input, record: WarcRecord) -> str:
    return replace_surrogates((record.headers.get("WARC-Target-URI") or entry.name).strip("<>"))[0]


def _check_length(data: bytes) -> None:
    if _NEXT_HEAD in data and _NEXT.search(data):
        raise ValueError("its length says more than it holds: other records stand inside it")


def _tell_too_long(source: str, length: int, place: int) -> Fault:
    what = f"the record holds more than {MOST_BYTES:,} bytes, of {length:,} as sent; take it out and read it by itself"
    return Fault(source, _TOO_LONG, what, byte=place)


def _read_body(entry: Input, record: WarcRecord, data: bytes, content_type: str, place: int) -> Record | Fault | Left:
    source = _find_source(entry, record)
    if not data.strip():
        return Left(source, "empty")
    if kind := find_kind(data):
        return Left(source, kind.removeprefix("a ").removeprefix("an "))
    type_, charset = content_type.split(";")[0].strip(" \t\"'").lower(), _CHARSET.search(content_type)
    try:
        return _read_page(entry, source, data, type_, charset and charset[1], record, place)
    except UndecodableError as error:
        return Fault(source, "no-known-encoding", str(error), byte=place, raw=data)


def _decompress_page(data: bytes) -> bytes:
    """A page that a server sent compressed without a word; any other data as it is. Raises ValueError for one that breaks off."""
    from pipeline.read.html import looks_like_page

    if not data.startswith(_GZIP):
        return data
    try:
        head = zlib.decompressobj(wbits=31).decompress(data, 1 << 13)
    except zlib.error as error:
        check_damage(error)
        return data
    return gunzip(data, MOST_BYTES + 1) if looks_like_page(head) else data


def _read_page(
    entry: Input, source: str, data: bytes, type_: str, charset: str | None, record: WarcRecord, place: int,
) -> Record | Left:
    from pipeline.read.charset import decode_bytes
    from pipeline.read.html import as_record, looks_like_page

    fetched = record.headers.get("WARC-Date")
    if type_ in _HTML or (type_ in ("", "application/octet-stream", "text/plain") and looks_like_page(data)):
        said = {"fetched": fetched} if fetched else {}
        return as_record(entry.name, source, data, declared=charset, place=place, said=said)
    if type_ == "text/plain" or not type_:
        decoded = decode_bytes(data, declared=charset)
        text, lone = replace_surrogates(decoded.text)
        said = describe_reading(decoded.encoding, decoded.n_replaced + lone)
        return Record(make_id(source, data), source, text, said, entry.name, place)
    return Left(source, type_)


def _has_members(entry: Input) -> bool:
    """Whether each record is a gzip member of its own: the first one ends before the file does, and another begins there."""
    if entry.compression != "gzip":
        return False
    with open_raw(entry.path, entry.size) as file:
        stream, n_out = zlib.decompressobj(wbits=31), 0
        try:
            while (data := file.read(1 << 16)) and n_out < MOST_BYTES:
                n_out += len(stream.decompress(data, MOST_BYTES))
                if stream.eof:
                    return stream.unused_data[:3] == _GZIP or (not stream.unused_data and file.read(3) == _GZIP)
        except zlib.error as error:
            check_damage(error, entry.path)
    return False


def _next_start(file: IO[bytes], at: int, end: int, mark: bytes) -> int:
    """The first byte from `at` on, before `end`, where a record starts; -1 where none does."""
    keep = len(mark) - 1
    file.seek(at)
    block, base = file.read(1 << 20), at
    while block:
        found = block.find(mark)
        while found >= 0:
            if base + found >= end:
                return -1
            if _starts(file, base + found, mark):
                return base + found
            found = block.find(mark, found + 1)
        base += max(0, len(block) - keep)
        if base >= end:
            return -1
        file.seek(base)
        block = file.read(1 << 20)
        if len(block) <= keep:
            return -1
    return -1


def _starts(file: IO[bytes], at: int, mark: bytes) -> bool:
    """Whether a record really starts where it looks so: behind a line break, or in a gzip member that begins with its version."""
    if mark == _GZIP:
        file.seek(at)
        try:
            return zlib.decompressobj(wbits=31).decompress(file.read(512), len(_START)) == _START
        except zlib.error as error:
            check_damage(error)
            return False
    file.seek(max(0, at - 2))
    return at == 0 or file.read(2).endswith(b"\n")
