"""Lines of JSON written from columns: a batch of rows at once, no object for a row or a value.

The rule of this file: the bytes are those that orjson and `escape_breaks` make of the same rows. A line is a list of fields, each
a piece of JSON that comes before it and a value: text, which is escaped here, or JSON, which is put in as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.corpus.kernels import POINT_BYTES
from pipeline.corpus.line_kernels import JSON, TEXT, find_members, write_fields

__all__ = ["Field", "dump_rows", "members", "of_json", "of_numbers", "of_text"]

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Field:
    """One field of all rows: what stands before its value, and where each value is in `data`."""

    def __init__(self, before: str, kind: int, data: Bytes, start: Ints, end: Ints) -> None:
        self.before, self.kind, self.data, self.start, self.end = before.encode(), kind, data, start, end


def of_text(before: str, column: pa.ChunkedArray) -> Field:
    """Strings, to be escaped; none may be null."""
    return Field(before, TEXT, *_buffers(column))


def of_json(before: str, column: pa.ChunkedArray | Sequence[bytes]) -> Field:
    """JSON, as a column of bytes or as the bytes of each row."""
    if isinstance(column, pa.ChunkedArray):
        return Field(before, JSON, *_buffers(column))
    ends = np.cumsum([0, *map(len, column)])
    return Field(before, JSON, np.frombuffer(b"".join(column), np.uint8), ends[:-1], ends[1:])


def of_numbers(before: str, column: pa.ChunkedArray) -> Field:
    """Whole numbers."""
    return Field(before, JSON, *_buffers(column.cast(pa.string())))


def members(before: Sequence[str], column: pa.ChunkedArray, keys: Sequence[str]) -> list[Field]:
    """Members of objects of strings, as orjson writes them; an empty string where there is none of that key."""
    data, start, end = _buffers(column)
    data = np.append(data, np.frombuffer(b'""', np.uint8))      # a copy, too: one type for the kernel, whatever the column lies in
    names = [key.encode() for key in keys]
    bounds = np.cumsum([0, *map(len, names)])
    first, last = (np.empty((len(names), len(start)), np.int64) for _ in range(2))
    find_members(data, start, end, np.frombuffer(b"".join(names), np.uint8), bounds, first, last)
    missing = first < 0
    first[missing], last[missing] = len(data) - 2, len(data)
    return [Field(b, JSON, data, first[k], last[k]) for k, b in enumerate(before)]


def dump_rows(fields: Sequence[Field]) -> list[bytes]:
    """For each row its fields, one after another."""
    bases = np.cumsum([0, *(len(f.data) for f in fields)])
    start, end = (np.stack([getattr(f, side) + base for f, base in zip(fields, bases, strict=False)]) for side in ("start", "end"))
    kinds = np.array([f.kind for f in fields], np.int64)
    bounds = np.cumsum([0, *(len(f.before) for f in fields)])
    sizes = (end - start).sum(axis=1) * np.where(kinds == TEXT, POINT_BYTES, 1)
    out = np.empty(int(sizes.sum()) + (int(bounds[-1]) + 2 * len(fields)) * start.shape[1], np.uint8)
    ends = np.empty(start.shape[1], np.int64)
    before = np.frombuffer(b"".join(f.before for f in fields), np.uint8)
    write_fields(np.concatenate([f.data for f in fields]), start, end, kinds, before, bounds, out, ends)
    written = out.data
    return [bytes(written[a:b]) for a, b in pairwise([0, *ends.tolist()])]


def _buffers(column: pa.ChunkedArray) -> tuple[Bytes, Ints, Ints]:
    """The bytes of a column of strings or bytes, and where each value starts and ends in them."""
    array = column.combine_chunks()
    array = array if isinstance(array, pa.Array) else pa.concat_arrays(array.chunks)
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset:array.offset + len(array) + 1].astype(np.int64)
    data = array.buffers()[2]
    known = pc.is_valid(array).to_numpy(zero_copy_only=False)
    if not known.all():
        raise ValueError("a value is missing where a line needs one")
    return np.frombuffer(data if data is not None else b"", np.uint8), offsets[:-1], offsets[1:]
