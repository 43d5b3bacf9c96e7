"""Parquet and Arrow IPC: one row a record.

A place, and a span, counts row groups (or record batches) and rows in them: `group << GROUP | row`. A file of 600 bytes can say one
text of 40 MB a thousand times, or a list of 300 million numbers. So what is read at once is bounded before it is: `pages` and
`messages` say what rows of Parquet and batches of Arrow can come to, `weigh` what a row comes to as Python objects. The texts that
come out are counted as those of a compressed file are. Other columns are not: a licence that stands in each row is nothing wrong.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import world
from pipeline.read.compressed import FREE, MOST_RATIO
from pipeline.read.damage import check_damage
from pipeline.read.fields import make_record
from pipeline.read.inputs import UNIT_BYTES, Input, Span, open_input
from pipeline.read.messages import Swell, find_blocks, measure_message, walk_messages
from pipeline.read.pages import ENCRYPTED, Chunk, find_bounds, list_chunks, list_places
from pipeline.read.remote import Held, is_remote
from pipeline.read.values import list_rows
from pipeline.read.weigh import says_all, weigh
from pipeline.record import Fault, Record

__all__ = ["read_arrow", "read_parquet", "split_parquet"]

GROUP = 32      # bits of a place that are the row in its group
_ROW_OF_GROUP = (1 << GROUP) - 1
#: Rows that are Python objects at once, and bytes of them unless it is one row.
_ROWS, _HELD = 256, 16 << 20
#: Bytes that a row counts for besides its text: rows that say nothing are none to read without end.
_ROW = 16
#: Bytes of a compressed table that are held in memory, for these files can only be read from their end.
MOST_BYTES = 1 << 30
#: Bytes that are decompressed at once: pages of all columns, or a batch of Arrow. More only where as many are stored: pyarrow puts
#: 1,024 rows into a page, and into a batch as many as there are, be they books; zstd makes HTML 13 times smaller.
MOST_AT_ONCE, MOST_SWELL = 512 << 20, 16
#: Bytes of a row group from far away that are held, to be measured and read: a larger one comes twice.
MOST_HELD = 256 << 20


def split_parquet(entry: Input) -> list[Span] | None:
    """Row groups, as many in a span as make up a unit."""
    import pyarrow.parquet as pq

    if entry.size <= UNIT_BYTES or entry.compression:
        return None
    try:
        with open_input(entry) as stream:
            file = pq.ParquetFile(stream)
            sizes = [file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups)]
    except Exception as error:
        check_damage(error, entry.path)
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
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
        if source.read(4) == b"PARE":
            raise ValueError(ENCRYPTED)
        held = Held(source) if is_remote(entry.path) else None
        source = io.BufferedReader(held) if held is not None else source
        room, file = _Room(size, entry.columns.text), pq.ParquetFile(source)
        places = list_places(source, file.num_row_groups)
        for group in range(file.num_row_groups):
            if not _overlaps(group, span):
                continue
            if held is not None and 0 < (bounds := find_bounds(places[group]))[1] - bounds[0] <= MOST_HELD:
                held.hold(*bounds)
            rows, words = _find_rows(list_chunks(file, source, places[group]), source)
            if not rows:
                n = file.metadata.row_group(group).num_rows
                what = f"{words[0]}: none of the {n:,} rows of row group {group} was read; leave that column out"
                yield Fault(entry.name, "compressed-bomb", what, byte=group << GROUP)
                continue
            own = pq.ParquetFile(source, read_dictionary=words) if words else file
            yield from _read_rows(entry, own.iter_batches(rows, row_groups=[group], use_threads=False), group, span, room)
    except _SwollenError as error:
        yield Fault(entry.name, "compressed-bomb", str(error))
    except Exception as error:
        check_damage(error)
        yield _broken(entry, "Parquet", error)


def _find_rows(chunks: list[Chunk], source: IO[bytes]) -> tuple[int, list[str]]:
    """How many rows of a group are read at once, to come to FREE bytes at most, and columns whose texts are left as places in their
    dictionaries. 0 rows, and what is wrong, where one row cannot be held.
    """
    most = _find_most(sum(chunk.stored for chunk in chunks))
    held = {chunk.path: chunk.held for chunk in chunks}
    if sum(held.values()) > most:
        widest = max(held, key=held.__getitem__)
        return 0, [f"pages of `{widest}` come to {held[widest]:,} bytes"]
    free = max(FREE, 2 * sum(chunk.plain for chunk in chunks))      # rows may lie in two pages
    if _measure(chunks, _ROWS) <= free:
        return _ROWS, []
    for chunk in chunks:
        chunk.look_closer(source)
    if rows := bisect_right(range(1, _ROWS + 1), free, key=partial(_measure, chunks)):
        return rows, []
    words = [chunk.path for chunk in chunks if chunk.depth and chunk.is_told_by_words]
    sizes = {chunk.path: chunk.measure(1, by_words=chunk.path in words) for chunk in chunks}
    if sum(sizes.values()) > 2 * most:
        widest = max(sizes, key=sizes.__getitem__)
        return 0, [f"a row of `{widest}` can come to {sizes[widest]:,} bytes"]
    return 1, words


def _find_most(stored: int) -> int:
    """What may be decompressed at once of some bytes that are stored."""
    return max(MOST_AT_ONCE, MOST_SWELL * stored)


def _measure(chunks: list[Chunk], rows: int) -> int:
    return sum(chunk.measure(rows) for chunk in chunks)


class _SwollenError(Exception):
    """A table that swells beyond what any text does."""


class _Room:
    """Bytes that the texts of a table of `size` bytes may come to."""

    def __init__(self, size: int, names: tuple[str, ...]) -> None:
        self._most = self._left = max(FREE, MOST_RATIO * size)
        self._names = names

    def spend(self, batch: pa.RecordBatch) -> None:
        """Count the texts of a batch, and rows without one. Raises _SwollenError where there was no room for them."""
        self._left -= self._measure_text(batch) + _ROW * len(batch)
        if self._left < 0:
            raise _SwollenError(f"more than {self._most:,} bytes of text come out of it: hardly text; convert it yourself if it is")

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
                if says_all(column.type):
                    return int(column.nbytes)
                own = weigh(column)
                return own * len(column) if isinstance(own, int) else int(own.sum())
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
        room = _Room(file.seek(0, io.SEEK_END), entry.columns.text)
        for number, batch in enumerate(_read_batches(file)):
            if isinstance(batch, str):
                yield Fault(entry.name, "compressed-bomb", batch, byte=number << GROUP)
            elif _overlaps(number, span):
                batch.validate(full=True)       # offsets and UTF-8 are as they were written: damaged ones may do anything
                yield from _read_rows(entry, [batch], number, span, room)
    except _SwollenError as error:
        yield Fault(entry.name, "compressed-bomb", str(error))
    except Exception as error:
        check_damage(error)
        yield _broken(entry, "Arrow", error)


def _read_batches(file: IO[bytes]) -> Iterator[pa.RecordBatch | str]:
    """The record batches of an Arrow file, or what is wrong with one that swells."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if file.read(6) == b"ARROW1":
        dictionaries, batches = find_blocks(file, size)
        _check_dictionaries([measure_message(file, block, size) for block in dictionaries])
        file.seek(0)
        reader = world.open_arrow(file)
        for i in range(reader.num_record_batches):
            yield _say_swollen(measure_message(file, batches[i], size), "") or reader.get_batch(i)
        return
    bodies = list(walk_messages(file, size))
    file.seek(0)
    stream = pa.ipc.open_stream(file, options=pa.ipc.IpcReadOptions(use_threads=False))
    for k, body in enumerate(bodies):
        if body.of_dictionary:
            _check_dictionaries([own for own in bodies[:k + 1] if own.of_dictionary])
        elif what := _say_swollen(body, " and those behind it"):
            yield what
            return
        else:
            yield stream.read_next_batch()


def _check_dictionaries(all_of_them: list[Swell]) -> None:
    """Raise _SwollenError where the dictionaries of a file, which are all there at once, swell."""
    total = sum(own.size for own in all_of_them)
    if total > _find_most(sum(own.stored for own in all_of_them)):
        raise _SwollenError(f"its dictionaries come to {total:,} bytes; write it again without them")


def _say_swollen(own: Swell, more: str) -> str:
    """What is wrong with a batch that swells; empty for another one."""
    if own.size <= _find_most(own.stored):
        return ""
    return f"its {own.stored:,} bytes come to {own.size:,}: this batch{more} was not read; leave out the column that is so large"


def _overlaps(group: int, span: Span | None) -> bool:
    """Whether any row of a group can be in a span."""
    return span is None or (group << GROUP < span.end and (group + 1) << GROUP > span.start)


def _read_rows(
    entry: Input, batches: Iterable[pa.RecordBatch], group: int, span: Span | None, room: _Room,
) -> Iterator[Record | Fault]:
    """The records of the rows of one group that are in a span. A row that cannot be held is a fault, the others are read."""
    place = group << GROUP
    for batch in batches:
        if span is not None and place + len(batch) <= span.start:
            place += len(batch)
            continue
        for rows, weight in _cut(batch):
            room.spend(rows)
            if weight > FREE and (span is None or span.start <= place < span.end):
                what = f"row {place & _ROW_OF_GROUP:,} of group {group:,} comes to more than {FREE:,} bytes"
                yield Fault(entry.name, "too-long", f"{what}; take it out and read it by itself", byte=place)
            for row in list_rows(rows) if weight <= FREE else ():
                if span is None or span.start <= place < span.end:
                    found = make_record(row, entry.name, place, entry.columns)
                    yield replace(found, byte=place) if isinstance(found, Fault) else found
                place += 1
            place += len(rows) * (weight > FREE)


def _cut(batch: pa.RecordBatch) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Rows of a batch that are Python objects at once, and what they come to: one row, or some of _HELD bytes at most."""
    if len(batch) <= _ROWS and (size := batch.nbytes) <= _HELD and all(map(says_all, batch.schema.types)):      # as nearly all are
        yield batch, size
        return
    weights: Any = sum(map(weigh, batch.columns))
    total = None if isinstance(weights, int) else np.cumsum(weights)
    at = before = 0
    while at < len(batch):
        if total is None:
            end = at + min(_ROWS, max(1, _HELD // max(1, weights)))
            yield batch.slice(at, end - at), weights * (end - at) if end - at > 1 else weights
        else:
            end = max(at + 1, min(at + _ROWS, int(np.searchsorted(total, before + _HELD, "right"))))
            after = int(total[min(end, len(batch)) - 1])
            yield batch.slice(at, end - at), after - before
            before = after
        at = end


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
