"""A stream of bytes as a stream of text, in the charset that its first bytes tell. A byte that is none becomes a lone surrogate."""

from __future__ import annotations

import codecs
import io
from typing import IO

__all__ = ["open_decoded"]

#: Bytes from which the charset is told.
HEAD = 1 << 16


def open_decoded(stream: IO[bytes]) -> io.TextIOWrapper | None:
    """The text of a stream, line breaks as they are; None where it holds nothing but white space. Raises UndecodableError."""
    head = stream.read(HEAD)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        return None
    raw = io.BufferedReader(_Joined(head, stream), 1 << 18)
    return io.TextIOWrapper(raw, encoding=_find_encoding(head), errors="surrogateescape", newline="")


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
