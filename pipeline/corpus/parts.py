"""Rows of many shards by their place: mapped into memory, a bounded number of files open at a time."""

from __future__ import annotations

import mmap
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import world

__all__ = ["Parts"]

#: Files that are open at once: a process may often have no more than 1,024, and those who set 128 need some for themselves.
MOST_OPEN = 64
#: Bytes of open files from which pages that were read are let go after each call: they stay in the cache of the system, but count
#: no more as memory of this process. To map one of them again takes a microsecond.
MOST_MAPPED = 256 << 20


class _Part(NamedTuple):
    batches: list[pa.RecordBatch]
    starts: list[int]       # row of the first of each
    mapped: mmap.mmap


class Parts:
    """Some columns of the rows of shards. Row k of it is row `row[k]` of the shard `paths[part[k]]`."""

    def __init__(
        self, paths: Sequence[Path], part: NDArray[np.int64], row: NDArray[np.int64], columns: Sequence[str]
    ) -> None:
        self._paths, self._part, self._row, self._columns = paths, part, row, list(columns)
        self._open: OrderedDict[int, _Part] = OrderedDict()
        self._mapped = 0

    def __len__(self) -> int:
        return len(self._part)

    def take(self, rows: NDArray[np.int64]) -> pa.Table:
        """Some rows, in this order."""
        if not len(rows):
            raise ValueError("no rows asked for")
        order = np.lexsort((self._row[rows], self._part[rows]))
        if (np.diff(order) == 1).all():     # as most corpora come: nothing is copied
            return pa.Table.from_batches(list(self._pieces(rows)))
        table = pa.Table.from_batches(list(self._pieces(rows[order]))).combine_chunks()
        self._let_go()
        back = np.empty(len(rows), np.int64)
        back[order] = np.arange(len(rows))
        return table.take(back)

    def _pieces(self, rows: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
        """The rows as pieces of batches; they are sorted by their places."""
        parts, places = self._part[rows], self._row[rows]
        edges = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(rows)]
        for a, b in pairwise(edges):
            part = self._map(int(parts[a]))
            at = np.searchsorted(part.starts, places[a:b], side="right") - 1
            for which in np.unique(at).tolist():
                own = places[a:b][at == which] - part.starts[which]
                if own[-1] - own[0] == len(own) - 1:
                    yield part.batches[which].slice(own[0], len(own))
                else:
                    yield part.batches[which].take(pa.array(own))

    def texts(self, rows: Sequence[int]) -> list[str]:
        """The texts of some rows; the column must be among those asked for."""
        own, places = np.unique(np.array(rows, np.int64), return_inverse=True)
        order = np.lexsort((self._row[own], self._part[own]))
        back = np.empty(len(own), np.int64)
        back[order] = np.arange(len(own))
        found = [text for piece in self._pieces(own[order]) for text in piece["text"].to_pylist()] if len(own) else []
        self._let_go()
        return [found[at] for at in back[places].tolist()]

    def text(self, row: int) -> str:
        """The text of one row; the column must be among those asked for."""
        part, place = self._map(int(self._part[row])), int(self._row[row])
        at = bisect_right(part.starts, place) - 1
        return str(part.batches[at]["text"][place - part.starts[at]].as_py())

    def _let_go(self) -> None:
        if self._mapped > MOST_MAPPED and hasattr(mmap, "MADV_DONTNEED"):
            for part in self._open.values():
                part.mapped.madvise(mmap.MADV_DONTNEED)

    def _map(self, number: int) -> _Part:
        part = self._open.get(number)
        if part is None:
            while len(self._open) >= MOST_OPEN:
                self._mapped -= len(self._open.popitem(last=False)[1].mapped)
            with world.open(self._paths[number], "rb") as file:
                mapped = world.map_file(file.fileno(), 0, access=mmap.ACCESS_READ)
            reader = world.open_arrow(pa.py_buffer(mapped))
            # Chosen of the batch, see `pipeline.engines.dataset.read_batches`: as fields of the reader they would be copied.
            batches = [reader.get_batch(i).select(self._columns) for i in range(reader.num_record_batches)]
            starts = np.cumsum([0, *map(len, batches)])[:-1].tolist()
            part = self._open[number] = _Part(batches, starts, mapped)
            self._mapped += len(mapped)
        self._open.move_to_end(number)
        return part
