"""What the record batches of an Arrow file come to when they are decompressed, before they are.

A compressed buffer begins with the size that it will have (8 bytes), and Arrow makes room for as much: 90 kB can come to 3 GB.
Where the buffers are is said by the message before them, a FlatBuffer, of which the few fields that tell it are read here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

__all__ = ["Block", "Swell", "find_blocks", "measure_body", "measure_message", "walk_messages"]

#: Of the union in a message: what it is.
_DICTIONARY, _BATCH = 2, 3


class Block(NamedTuple):
    """A message of a file and its body: where it begins, and bytes of both."""

    at: int
    head: int
    body: int


class Swell(NamedTuple):
    """Bytes of the body of a message as it is stored, and as it is when it is decompressed; whether it is of a dictionary."""

    stored: int
    size: int
    of_dictionary: bool = False


def find_blocks(file: IO[bytes], size: int) -> tuple[list[Block], list[Block]]:
    """The dictionaries and the batches of a file of `size` bytes, as its footer lists them. Raises ValueError."""
    file.seek(max(0, size - 10))
    length = int.from_bytes(file.read(4), "little", signed=True)
    if not 0 < length <= size - 10:
        raise ValueError("the footer is no footer")
    file.seek(size - 10 - length)
    table = _Table.of_root(file.read(length))
    return [Block(*struct.unpack_from("<qi4xq", table.data, at)) for at in table.places(2, 24)], [
        Block(*struct.unpack_from("<qi4xq", table.data, at)) for at in table.places(3, 24)]


def measure_message(file: IO[bytes], block: Block, size: int) -> Swell:
    """What a block of a file of `size` bytes comes to."""
    if block.at < 0 or block.head < 8 or block.body < 0 or block.at + block.head + block.body > size:
        raise ValueError("a message lies outside of the file")
    file.seek(block.at)
    head = file.read(block.head)
    return measure_body(file, head[8 if head[:4] == b"\xff" * 4 else 4:], block.at + block.head, block.body)


def measure_body(file: IO[bytes], head: bytes, at: int, body: int) -> Swell:
    """What a body comes to that begins `at` a place of a file and has so many bytes, by the FlatBuffer before it."""
    message = _Table.of_root(head)
    kind = message.number(1, "<B")
    batch = message.table(2)
    if kind == _DICTIONARY and batch is not None:
        batch = batch.table(1)
    if kind not in (_DICTIONARY, _BATCH) or batch is None or batch.table(3) is None:     # no compression
        return Swell(body, body, kind == _DICTIONARY)
    total = 0
    for place in batch.places(2, 16):
        start, length = struct.unpack_from("<qq", head, place)
        if length > 8 and 0 <= start <= body - 8:
            file.seek(at + start)
            total += max(length, int.from_bytes(file.read(8), "little", signed=True))      # -1 where it is stored as it is
    return Swell(body, total, kind == _DICTIONARY)


def walk_messages(file: IO[bytes], size: int) -> Iterator[Swell]:
    """What the bodies of a stream of `size` bytes come to, one after the other; it ends where a message is not there to its end."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(8)
        n, behind = (head[4:8], 8) if head[:4] == b"\xff" * 4 else (head[:4], 4)       # as of Arrow 0.15, and before
        length = int.from_bytes(n, "little", signed=True)
        if length <= 0 or at + behind + length > size:
            return
        file.seek(at + behind)
        data = file.read(length)
        message, at = _Table.of_root(data), at + behind + length
        body = message.number(3, "<q")
        if body < 0 or at + body > size:
            return
        if message.number(1, "<B") in (_DICTIONARY, _BATCH):
            yield measure_body(file, data, at, body)
        at += body


class _Table:
    """A table of a FlatBuffer: its fields go by numbers. Raises ValueError where there is none."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self._fields = at - self._unpack("<i", at)
        self._n = (self._unpack("<H", self._fields) - 4) // 2

    @classmethod
    def of_root(cls, data: bytes) -> _Table:
        return cls(data, int.from_bytes(data[:4], "little"))

    def _unpack(self, form: str, at: int) -> int:
        if at < 0:
            raise ValueError("a message points before its start")
        try:
            return int(struct.unpack_from(form, self.data, at)[0])
        except struct.error as error:
            raise ValueError("a message points behind its end") from error

    def _place(self, field: int) -> int:
        """Where a field is; 0 where it is not there."""
        own = self._unpack("<H", self._fields + 4 + 2 * field) if field < self._n else 0
        return self.at + own if own else 0

    def number(self, field: int, form: str) -> int:
        at = self._place(field)
        return self._unpack(form, at) if at else 0

    def table(self, field: int) -> _Table | None:
        at = self._place(field)
        return _Table(self.data, at + self._unpack("<I", at)) if at else None

    def places(self, field: int, width: int) -> range:
        """Where the structs of a vector are, each of so many bytes."""
        if not (at := self._place(field)):
            return range(0)
        at += self._unpack("<I", at)
        n = self._unpack("<I", at)
        if at + 4 + n * width > len(self.data):
            raise ValueError("a message points behind its end")
        return range(at + 4, at + 4 + n * width, width)
