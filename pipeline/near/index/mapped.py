"""A file of a segment, mapped into memory: compared with its digest as a whole, or block by block as it is touched.

The rule of this file: what was hashed is the very memory that is read afterwards, so that a changed byte is an error, never another
answer. A page that is checked against an index of a million documents touches some hundred blocks of 4 kB; all files are 1.2 GB.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline import world
from pipeline.errors import InputError
from pipeline.near.index.damage import damaged
from pipeline.read.damage import check_damage

__all__ = ["BLOCK", "DIGEST", "Mapped", "digest_blocks"]

#: Bytes of a block, which are those of a page of memory, and of its digest (SHA-256).
BLOCK, DIGEST = 1 << 12, 32
_FOOT = 10      # of an Arrow file: the length of its footer, four bytes, and a word of six


def digest_blocks(data: memoryview) -> bytes:
    """The digests of all blocks, one after the other."""
    return b"".join(hashlib.sha256(data[start:start + BLOCK]).digest() for start in range(0, len(data), BLOCK))


class Mapped:
    """A mapped file. Nothing of it is to be used before one of the `check` functions has seen it."""

    def __init__(self, path: Path, digest: str, blocks: bytes | None = None) -> None:
        try:
            with world.map_arrow(path) as file:      # the mapping stays, the handle, of which there are few, goes
                self.data: pa.Buffer = file.read_buffer()
        except OSError as error:
            check_damage(error, path)
            raise InputError(f"{path}: {error}; make the index readable") from error
        self.path, self._digest, self._blocks = path, digest, blocks
        self._bytes = memoryview(self.data)
        self._seen = np.zeros(-(-len(self._bytes) // BLOCK), np.bool_)
        if blocks is not None and len(blocks) != len(self._seen) * DIGEST:
            raise damaged(path, "its blocks are others than those that are listed")

    @property
    def is_in_blocks(self) -> bool:
        """Whether a part of it can be checked without the rest."""
        return self._blocks is not None

    def check(self) -> None:
        """Compare all of it with its digest, once."""
        if not self._seen.all():
            if hashlib.sha256(self._bytes).hexdigest() != self._digest:
                raise damaged(self.path, "its digest does not fit")
            self._seen[:] = True

    def check_bytes(self, start: int, stop: int) -> None:
        """Compare the blocks with the bytes from `start` up to `stop`; all of it where it is not in blocks."""
        if self._blocks is None:
            self.check()
            return
        first, last = max(start, 0) // BLOCK, -(-min(stop, len(self._bytes)) // BLOCK)
        for number in range(first, last):
            if not self._seen[number]:
                own = hashlib.sha256(self._bytes[number * BLOCK:(number + 1) * BLOCK]).digest()
                if own != self._blocks[number * DIGEST:(number + 1) * DIGEST]:
                    raise damaged(self.path, f"the digest of block {number} does not fit")
                self._seen[number] = True

    def check_foot(self) -> None:
        """Compare what an Arrow file says of itself at its end."""
        size = len(self._bytes)
        self.check_bytes(size - _FOOT, size)
        length = int.from_bytes(self._bytes[size - _FOOT:size - _FOOT + 4], "little") if size >= _FOOT else 0
        self.check_bytes(size - _FOOT - length, size)

    def check_head(self, batch: pa.RecordBatch) -> None:
        """Compare what stands before the values of the one batch of the file."""
        starts = [b.address - self.data.address for column in batch.columns for b in column.buffers() if b is not None and b.size]
        self.check_bytes(0, min((start for start in starts if start >= 0), default=len(self._bytes)))

    def check_values(self, column: pa.Array, start: int, stop: int) -> None:
        """Compare some values of a column of the file, of any type that an index has."""
        _, first, *rest = column.buffers()
        offset = first.address - self.data.address
        if not rest:
            width = column.type.bit_width // 8
            self.check_bytes(offset + start * width, offset + stop * width)
            return
        self.check_bytes(offset + start * 8, offset + (stop + 1) * 8)       # of a large type: offsets of eight bytes
        ends = np.frombuffer(first, np.int64)
        if rest[0] is not None:
            self.check_bytes(*(rest[0].address - self.data.address + int(ends[at]) for at in (start, stop)))
