"""Parquet and Arrow IPC: one row a record.

A place, and a span, counts row groups (or record batches) and rows in them: `group << GROUP | row`. A Parquet file of 4 kB can
say one text of 40 MB 256 times: the larger the dictionaries, the fewer rows are read at once, and the texts that come out are
counted as those of a compressed file are. Other columns are not: a licence that stands in each row is nothing wrong.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.read.compressed import FREE, MOST_RATIO
from pipeline.read.fields import make_record
from pipeline.read.inputs import UNIT_BYTES, Input, Span, open_input
from pipeline.record import Fault, Record

__all__ = ["read_arrow", "read_parquet", "split_parquet"]

GROUP = 32      # bits of a place that are the row in its group
#: Rows that are Python objects at once.
_ROWS = 256
#: Bytes of a compressed table that are held in memory, for these files can only be read from their end.
MOST_BYTES = 1 << 30


def split_parquet(entry: Input) -> list[Span] | None:
    """Row groups, as many in a span as make up a unit."""
    import pyarrow.parquet as pq

    if entry.size <= UNIT_BYTES or entry.compression:
        return None
    try:
        with open_input(entry) as stream:
            file = pq.ParquetFile(stream)
            sizes = [file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups)]
    except (pa.ArrowException, OSError):
        return None         # the reader says what is wrong
    spans, first, size = [], 0, 0
    for i, own in enumerate(sizes):
        if size and size + own > UNIT_BYTES:
            spans.append(Span(first << GROUP, i << GROUP, size))
            first, size = i, 0
        size += own
    return [*spans, Span(first << GROUP, len(sizes) << GROUP, size)]


def read_parquet(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault]:
    """The records of a Parquet file, or of some row groups; the place of each is its row in its group."""
    import pyarrow.parquet as pq

    try:
        source = _seekable(entry, stream)
        room = _Room(source.seek(0, io.SEEK_END), entry.columns.text)
        file = pq.ParquetFile(source)
        for group in range(file.num_row_groups):
            if _overlaps(group, span):
                batches = file.iter_batches(_find_rows(source, file.metadata.row_group(group)), row_groups=[group])
                yield from _read_rows(entry, map(room.spend, batches), group, span)
    except _SwollenError as error:
        yield Fault(entry.name, "compressed-bomb", str(error))
    except _BROKEN as error:
        yield _broken(entry, "Parquet", error)


def _find_rows(source: IO[bytes], group: Any) -> int:
    """How many rows of a group are read at once: FREE bytes, if each is the longest that there can be, but within a list."""
    longest = 0     # of a row, in all columns that can say much in a few bytes
    for chunk in map(group.column, range(group.num_columns)):
        if chunk.physical_type == "BYTE_ARRAY" and "DELTA_BYTE_ARRAY" in chunk.encodings:       # a value is most of the one before
            longest += chunk.total_uncompressed_size
        elif chunk.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page:
            longest += _read_page_size(source, chunk.dictionary_page_offset)
    mean = group.total_byte_size // max(1, group.num_rows)
    return max(1, min(_ROWS, FREE // int(max(1, longest, mean))))


def _read_page_size(source: IO[bytes], place: int) -> int:
    """The size of the page there when it is decompressed: the second number of its header, in Thrift's compact form."""
    source.seek(place)
    head, numbers, at = source.read(16), [0, 0], 0
    for k in range(2):
        if head[at:at + 1] != b"\x15":          # the next field, an i32: zigzag, seven bits a byte
            return FREE                         # what is not known is read with care
        at, shift = at + 1, 0
        while head[at:at + 1] >= b"\x80":
            numbers[k] |= (head[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
        numbers[k] = (numbers[k] | sum(head[at:at + 1]) << shift) >> 1
        at += 1
    return max(1, numbers[1])


class _SwollenError(Exception):
    """A table that swells beyond what any text does."""


class _Room:
    """Bytes that the texts of a table of `size` bytes may come to, and that a few rows of it may at once."""

    def __init__(self, size: int, names: tuple[str, ...]) -> None:
        self._most = self._left = max(FREE, MOST_RATIO * size)
        self._names = names

    def spend(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch. Raises _SwollenError where there was no room for it."""
        if batch.nbytes > self._most + FREE:
            raise _SwollenError(f"{len(batch):,} rows of it come to {batch.nbytes:,} bytes: leave out the column that is so large")
        self._left -= self._measure_text(batch)
        if self._left < 0:
            raise _SwollenError(f"more than {self._most:,} bytes of text come out of it: hardly text; convert it yourself if it is")
        return batch

    def _measure_text(self, batch: pa.RecordBatch) -> int:
        """The bytes of the column that is cleaned, be it within others; 0 where there is none."""
        for name in self._names:
            first, *path = [name] if name in batch.schema.names else name.split(".")
            if (at := batch.schema.get_field_index(first)) < 0:
                continue
            column = _unlist(batch.column(at))
            for part in path:
                if not pa.types.is_struct(column.type) or column.type.get_field_index(part) < 0:
                    break
                column = _unlist(pc.struct_field(column, part))
            else:
                return int(column.nbytes)
        return 0


def _unlist(column: pa.Array) -> pa.Array:
    """What the lists of a column hold; another column as it is."""
    while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = column.flatten()
    return column


def read_arrow(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault]:
    """The records of an Arrow file, of the file format or of the stream format (Feather v2 is the first)."""
    try:
        file = _seekable(entry, stream)
        head = file.read(6)
        file.seek(0)
        if head == b"ARROW1":
            reader = pa.ipc.open_file(file)
            batches: Any = (reader.get_batch(i) for i in range(reader.num_record_batches))
        else:
            batches = pa.ipc.open_stream(file)
        for number, batch in enumerate(batches):
            if _overlaps(number, span):
                batch.validate(full=True)       # offsets and UTF-8 are as they were written: damaged ones may do anything
                slices = (batch.slice(at, _ROWS) for at in range(0, len(batch), _ROWS))
                yield from _read_rows(entry, slices, number, span)
    except _BROKEN as error:
        yield _broken(entry, "Arrow", error)


_BROKEN = (pa.ArrowException, OSError, ValueError)


def _overlaps(group: int, span: Span | None) -> bool:
    """Whether any row of a group can be in a span."""
    return span is None or (group << GROUP < span.end and (group + 1) << GROUP > span.start)


def _read_rows(entry: Input, batches: Iterable[pa.RecordBatch], group: int, span: Span | None) -> Iterator[Record | Fault]:
    """The records of the rows of one group that are in a span."""
    place = group << GROUP
    for batch in batches:
        if span is not None and place + len(batch) <= span.start:
            place += len(batch)
            continue
        for row in batch.to_pylist():
            if span is None or span.start <= place < span.end:
                found = make_record({k: _as_json(v) for k, v in row.items()}, entry.name, place, entry.columns)
                yield replace(found, byte=place) if isinstance(found, Fault) else found
            place += 1


def _as_json(value: Any) -> Any:
    """A value as JSON has it: dates in ISO 8601, decimals as numbers in full, bytes in Base64."""
    if isinstance(value, dict):
        return {k: _as_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_as_json(v) for v in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return value


def _seekable(entry: Input, stream: IO[bytes]) -> IO[bytes]:
    if stream.seekable():
        return stream
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES >> 20:,} MB when decompressed: decompress it first, a table is read from its end")
    return io.BytesIO(data)


def _broken(entry: Input, what: str, error: Exception) -> Fault:
    first = str(error).partition("\n")[0]
    return Fault(entry.name, "table-broken", f"no {what} that can be read on: {first}; write the file again")
