"""A stream of bytes as a stream of text, in the charset that its first bytes tell. A byte that is none becomes a lone surrogate."""

from __future__ import annotations

import codecs
import io
from typing import IO

from pipeline.errors import UndecodableError
from pipeline.read.big5 import recode_uao
from pipeline.read.compressed import CompressionError
from pipeline.read.inputs import Input
from pipeline.read.wide import find_wide, recode
from pipeline.record import Fault, Record

__all__ = ["DecodedText", "describe_reading", "open_decoded", "say_encoding"]

#: Bytes from which the charset is told.
HEAD = 1 << 16


class DecodedText(io.TextIOWrapper):
    """Text of a stream."""

    charset = ""                                # what it was read as; empty for UTF-8
    problem: CompressionError | None = None     # what it ended with, where it was asked to `hold` that


def describe_reading(encoding: str, n_replaced: int = 0) -> dict[str, str]:
    """What the metadata say of how a text was read: its encoding, where it is another one than UTF-8, and its characters that could
    not be read, where there are any.

    >>> describe_reading("ascii"), describe_reading("gb18030", 2)
    ({}, {'encoding': 'gb18030', 'n_replaced': '2'})
    """
    said = {} if encoding in ("", "utf-8", "ascii") else {"encoding": encoding}
    return said | ({"n_replaced": str(n_replaced)} if n_replaced else {})


def say_encoding(found: Record | Fault, encoding: str) -> Record | Fault:
    """A record whose metadata name the encoding that it was read in, where they name none."""
    if isinstance(found, Record):
        found.metadata.update(describe_reading(encoding) | found.metadata)
    return found


def open_decoded(entry: Input, stream: IO[bytes], *, hold: bool = False) -> DecodedText | Fault:
    """The text of a stream of an input, line breaks as they are; or why there is none.

    Damaged compressed data is an error when lines are read, behind the last whole one. Who reads blocks lets it `hold` the error,
    and asks for it at the end.
    """
    head = stream.read(HEAD)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        return Fault(entry.name, "empty-file", "the file holds nothing but white space; remove it or fetch it again")
    try:
        encoding = _find_encoding(head)
    except UndecodableError as error:
        return Fault(entry.name, "no-known-encoding", str(error))
    charset = "" if encoding.startswith("utf-8") else encoding
    joined = _Joined(head, stream, hold)
    raw: io.BufferedReader = io.BufferedReader(joined, 1 << 18)
    if encoding.startswith(("utf-16", "utf-32")):
        raw, encoding = recode(raw, encoding), "utf-8"
    elif encoding == "big5-uao":
        raw, encoding = recode_uao(raw), "utf-8"
    text = DecodedText(raw, encoding=encoding, errors="surrogateescape", newline="")
    text.charset = charset
    joined.tell_of(text)
    return text


def _find_encoding(head: bytes) -> str:
    from pipeline.read.charset import decode_bytes

    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if codec := find_wide(head):
        return codec
    if b"\0" in head:       # wide, perhaps, and begins with hanzi: cut between two characters
        return decode_bytes(head[:len(head) & ~3]).encoding
    encoding = decode_bytes(head[:head.rfind(b"\n") + 1] or head).encoding
    return "utf-8" if encoding == "ascii" else encoding


class _Joined(io.RawIOBase):
    """Bytes that were read already, then the rest of their stream."""

    def __init__(self, head: bytes, stream: IO[bytes], hold: bool) -> None:
        self._head, self._stream, self._hold = memoryview(head), stream, hold
        self._text: DecodedText | None = None

    def tell_of(self, text: DecodedText) -> None:
        """Who is told of an error that is held."""
        self._text = text

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:     # type: ignore[override]
        """Give some bytes; 0 at the end."""
        try:
            data = bytes(self._head[:len(buffer)]) or self._stream.read(len(buffer))
        except CompressionError as error:
            if not self._hold or self._text is None:
                raise
            self._text.problem = error
            return 0
        self._head = self._head[len(data):]
        buffer[:len(data)] = data
        return len(data)
