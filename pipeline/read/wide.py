"""UTF-16 and UTF-32, in which a byte LF ends no line: told by their mark or their NULs, and read as UTF-8."""

from __future__ import annotations

import codecs
import io
from typing import IO, Any

__all__ = ["Recoded", "find_wide", "recode"]

#: UTF-32 first: its mark starts as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Which of the first four bytes are NUL where two characters of ASCII begin a text (RFC 4627, 3), as JSON and most tables do.
_NULS = {
    (False, True, True, True): "utf-32-le", (True, True, True, False): "utf-32-be", (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
_BLOCK = 1 << 17


def find_wide(head: bytes) -> str:
    """The codec of wide text that some bytes begin, empty for any other.

    >>> find_wide('{"text"'.encode("utf-16-be")), find_wide('{"text"'.encode("utf-16")), find_wide(b'{"te')
    ('utf-16-be', 'utf-16-le', '')
    """
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec
    return _NULS.get(tuple(byte == 0 for byte in head[:4]), "")      # type: ignore[arg-type]


def recode(stream: IO[bytes], codec: str) -> io.BufferedReader:
    """A stream of wide text as one of UTF-8, without the mark. Lone surrogates stay, other bad characters become U+FFFD."""
    return io.BufferedReader(_Wide(stream, codec), 1 << 18)


class Recoded(io.RawIOBase):
    """A stream as one of UTF-8, block by block: `_recode` takes what it can of some bytes, and leaves the others in `_rest`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._rest = b""                # bytes of a character whose end is not there yet
        self._ready = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Give some bytes; 0 at the end."""
        while not self._ready and not self._ended:
            data = self._stream.read(_BLOCK)
            self._ended = not data
            self._ready = memoryview(self._recode(self._rest + data))
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def _recode(self, data: bytes) -> bytes:
        raise NotImplementedError


class _Wide(Recoded):
    def __init__(self, stream: IO[bytes], codec: str) -> None:
        super().__init__(stream)
        self._codec = codec
        self._unit = 4 if "32" in codec else 2
        self._begun = False

    def _recode(self, data: bytes) -> bytes:
        keep = 0 if self._ended else len(data) % self._unit
        if not self._ended and self._unit == 2 and len(data) - keep >= 2:
            last = data[len(data) - keep - 2:len(data) - keep]
            high = last[1] if self._codec.endswith("le") else last[0]
            keep += 2 * (0xD8 <= high < 0xDC)       # its low half comes with the next block
        data, self._rest = data[:len(data) - keep], data[len(data) - keep:]
        try:
            text = data.decode(self._codec, "surrogatepass")
        except UnicodeDecodeError:
            text = data.decode(self._codec, "replace")
        if not self._begun:
            self._begun, text = bool(text), text.removeprefix("\ufeff")
        return text.encode("utf-8", "surrogatepass")
