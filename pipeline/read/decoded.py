"""A stream of bytes as a stream of text, in the charset that its first bytes tell. A byte that is none becomes a lone surrogate."""

from __future__ import annotations

import codecs
import io
from typing import IO

from pipeline.errors import UndecodableError
from pipeline.read.inputs import Input
from pipeline.record import Fault

__all__ = ["open_decoded"]

#: Bytes from which the charset is told.
HEAD = 1 << 16


def open_decoded(entry: Input, stream: IO[bytes]) -> io.TextIOWrapper | Fault:
    """The text of a stream of an input, line breaks as they are; or why there is none."""
    head = stream.read(HEAD)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        return Fault(entry.name, "empty-file", "the file holds nothing but white space; remove it or fetch it again")
    try:
        encoding = _find_encoding(head)
    except UndecodableError as error:
        return Fault(entry.name, "no-known-encoding", str(error))
    raw = io.BufferedReader(_Joined(head, stream), 1 << 18)
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")


def _find_encoding(head: bytes) -> str:
    from pipeline.read.charset import decode_bytes

    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    encoding = decode_bytes(head[:head.rfind(b"\n") + 1] or head).encoding
    return "utf-8" if encoding == "ascii" else encoding


class _Joined(io.RawIOBase):
    """Bytes that were read already, then the rest of their stream."""

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head, self._stream = memoryview(head), stream

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:     # type: ignore[override]
        """Give some bytes; 0 at the end."""
        data = bytes(self._head[:len(buffer)]) or self._stream.read(len(buffer))
        self._head = self._head[len(data):]
        buffer[:len(data)] = data
        return len(data)
