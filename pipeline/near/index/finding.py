"""Signatures of a segment, found by their sorted band keys: a few with a check of what is touched, many with a check of all of it.

The rule of this file: both ways give the same. A segment of 50,000 documents is 56 MB of keys and signatures, which take 30 ms to
hash; what one document asks of them touches 0.4 MB. Kernels know nothing of blocks: the few are looked up here, in numpy.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.near import candidates as bands
from pipeline.near.index.damage import damaged
from pipeline.near.index.mapped import Mapped
from pipeline.near.kernels.bands import fill_keys
from pipeline.near.kernels.query import LOW_BITS, WINDOW, look_up
from pipeline.near.sketch import from_binary

__all__ = ["FENCE", "Finder", "make_index_keys"]

_MORE_SEED = 5000
#: Keys from one fence to the next: those of a block.
FENCE = 512
#: Texts asked for, all in all, from which on everything is checked at once. Of 20 segments one text costs 30 ms, all of it 1.0 s.
FEW = 32


def make_index_keys(signatures: NDArray[np.uint32], seed: int) -> NDArray[np.int64]:
    """Band keys whose lower bits hash the next band, so that the rows of a large bucket are sorted by more values."""
    keys = bands.make_keys(signatures, seed)
    more = np.empty_like(keys)
    fill_keys(np.roll(signatures, -bands.ROWS, axis=1), bands.ROWS, seed + _MORE_SEED, more)
    low = np.int64((1 << LOW_BITS) - 1)
    mixed: NDArray[np.int64] = (keys & ~low) | (more & low)
    return mixed


class Finder:
    """The signatures in the first column of `signatures`, by `keys` with the row of each; `fences` is each 512th key."""

    def __init__(
        self, keys: tuple[pa.RecordBatch, Mapped], signatures: tuple[pa.RecordBatch, Mapped], fences: NDArray[np.int64], seed: int
    ) -> None:
        (self._table, self._keys_file), (signed, self._file) = keys, signatures
        self._column = signed["signature"]
        self.keys, self.rows = (self._table[name].to_numpy(zero_copy_only=True) for name in ("key", "row"))
        self.signatures = from_binary(self._column)
        self._fences, self._seed, self._asked = fences, seed, 0

    def find(self, signatures: NDArray[np.uint32], least: int) -> Iterator[tuple[int, int, float]]:
        """(number of the signature, row here, share of equal values) of those that share a band and `least` values."""
        self._asked += len(signatures)
        in_blocks = self._keys_file.is_in_blocks and self._file.is_in_blocks
        keys = make_index_keys(signatures, self._seed)
        if in_blocks and self._asked <= FEW:
            yield from self._find_few(keys, signatures, least)
        else:
            self._keys_file.check()
            self._file.check()
            yield from self._find_many(keys, signatures, least)

    def _find_many(
        self, keys: NDArray[np.int64], signatures: NDArray[np.uint32], least: int
    ) -> Iterator[tuple[int, int, float]]:
        out = np.empty(2 * WINDOW * keys.shape[1], np.int64)
        shared = np.empty(len(out), np.int32)
        for number, (sought, own) in enumerate(zip(keys, signatures, strict=True)):
            n = look_up(self.keys, self.rows, self.signatures, sought, own, least, out, shared)
            if n < 0:
                raise self._not_there()
            for row, values in zip(out[:n].tolist(), shared[:n].tolist(), strict=True):
                yield number, row, values / signatures.shape[1]

    def _find_few(self, keys: NDArray[np.int64], signatures: NDArray[np.uint32], least: int) -> Iterator[tuple[int, int, float]]:
        for number, (sought, own) in enumerate(zip(keys, signatures, strict=True)):
            near = list(dict.fromkeys(row for key in sought for row in self._rows_near(int(key))))
            if near and not 0 <= min(near) <= max(near) < len(self.signatures):
                raise self._not_there()
            for row in near:
                self._file.check_values(self._column, row, row + 1)
                values = int((self.signatures[row] == own).sum())
                if values >= least:
                    yield number, row, values / len(own)

    def _rows_near(self, key: int) -> list[int]:
        """The rows of the bucket of a key, or of its part around the key: as the kernel has it."""
        low = (1 << LOW_BITS) - 1
        lowest, highest = key & ~low, key | low
        start = max(int(np.searchsorted(self._fences, lowest)) - 1, 0) * FENCE
        stop = min(int(np.searchsorted(self._fences, highest, side="right")) * FENCE, len(self.keys))
        if stop <= start:
            return []
        self._keys_file.check_values(self._table["key"], start, stop)
        own = self.keys[start:stop]
        first, last = int(np.searchsorted(own, lowest)), int(np.searchsorted(own, highest, side="right"))
        if last - first > 2 * WINDOW:
            place = int(np.searchsorted(own, key))
            first, last = max(first, place - WINDOW), min(last, place + WINDOW)
        if first < last:
            self._keys_file.check_values(self._table["row"], start + first, start + last)
        near: list[int] = self.rows[start + first:start + last].tolist()
        return near

    def _not_there(self) -> Exception:
        return damaged(self._keys_file.path.parent, "a key of a document that is not there")
