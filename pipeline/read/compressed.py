"""Compression, below all formats: `pages.jsonl.gz` is read as `pages.jsonl`. One span a file, for none of these can be cut.

Damage, an early end and a bomb are CompressionErrors that say how far it was read; the reader has given what came before.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import IO, Any, NamedTuple

__all__ = ["COMPRESSIONS", "Compression", "CompressionError", "find_compression", "open_compressed", "strip_suffix"]

#: Bytes that may come out for each byte read, over all that was read so far, once more than FREE bytes came out. zstd makes the
#: corpora 3.5 to 5.5 times smaller and the HTML of the crawl 13 times; one line a million times: gzip 1,000 times, zstd 10,000.
MOST_RATIO = 400
FREE = 256 << 20
_BLOCK = 1 << 16        # bytes that are decompressed at once


class CompressionError(Exception):
    """Compressed data that cannot be read on. `reason` is that of a fault."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Compression(NamedTuple):
    """A name, its suffix, its first bytes, and a decompressor (`decompress`, `eof`, `unused_data`) of one stream or frame."""

    name: str
    suffix: str
    magic: bytes
    start: Callable[[], Any]
    step: int       # bytes to feed at once: what comes out of them must fit into memory whatever they are


def _zstd() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()


#: A block of zstd is 128 KB at most and takes 4 bytes at least: 1,024 bytes come to 32 MB. gzip: 1 MB of 1,024 bytes; bzip2 and xz
#: can come to more, but take a limit of what is to come out.
COMPRESSIONS = (
    Compression("gzip", ".gz", b"\x1f\x8b\x08", lambda: zlib.decompressobj(wbits=31), _BLOCK),
    Compression("zstd", ".zst", b"\x28\xb5\x2f\xfd", _zstd, 1024),
    Compression("bzip2", ".bz2", b"BZh", bz2.BZ2Decompressor, _BLOCK),
    Compression("xz", ".xz", b"\xfd7zXZ\0", lzma.LZMADecompressor, _BLOCK),
)


def find_compression(head: bytes, name: str = "") -> str:
    """The name of the compression that some bytes begin with, or empty. `BZh` alone may begin a text: more of it is asked for.

    A file `name` of a few bytes is what its suffix says, cut short. A longer one without the right start was decompressed by
    whoever fetched it.
    """
    for c in COMPRESSIONS:
        if head.startswith(c.magic) and (c.name != "bzip2" or head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")):
            return c.name
        if name.lower().endswith(c.suffix) and 0 < len(head) < 10:
            return c.name
    return ""


def strip_suffix(name: str) -> str:
    """A file name without the suffix of its compression.

    >>> strip_suffix("pages.jsonl.GZ"), strip_suffix("pages.jsonl")
    ('pages.jsonl', 'pages.jsonl')
    """
    lower = name.lower()
    return next((name[:-len(c.suffix)] for c in COMPRESSIONS if lower.endswith(c.suffix)), name)


def open_compressed(file: IO[bytes], name: str) -> io.BufferedReader:
    """What a compressed file holds, to read from its start on, bounded in memory and in ratio."""
    return io.BufferedReader(_Decompressed(file, next(c for c in COMPRESSIONS if c.name == name)), 1 << 18)


class _Decompressed(io.RawIOBase):
    """The decompressed bytes of a file of one or more streams, one behind the other."""

    def __init__(self, file: IO[bytes], compression: Compression) -> None:
        self._file, self._kind = file, compression
        self._stream: Any = None        # None between two streams
        self._pending = b""             # read from the file, not yet fed
        self._ready = memoryview(b"")   # decompressed, not yet given
        self.n_in = self.n_out = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Give some bytes; 0 at the end."""
        while not self._ready:
            if not self._decompress():
                return 0
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def _decompress(self) -> bool:
        """Make some bytes ready; False at the end of the file."""
        if self._stream is None:        # before the first stream, or between two: zeros may stand there
            while (data := self._take()) and not data.strip(b"\0"):
                pass
            if not data:
                return False
            data = data.lstrip(b"\0")
            self._stream = self._kind.start()
        elif getattr(self._stream, "unconsumed_tail", b"") or not getattr(self._stream, "needs_input", True):
            data = b""      # the last call reached the limit of what is to come out
        elif not (data := self._take()):
            message = f"the {self._kind.name} data ends early, {self._where()}; fetch the file again"
            raise CompressionError("compressed-cut", message)
        self._feed(data)
        return True

    def _take(self) -> bytes:
        """The next bytes of the file, as many as are fed at once; none at its end."""
        if not self._pending:
            self._pending = self._file.read(_BLOCK)
            self.n_in += len(self._pending)
        data, self._pending = self._pending[:self._kind.step], self._pending[self._kind.step:]
        return data

    def _feed(self, data: bytes) -> None:
        stream = self._stream
        try:
            if self._kind.name == "zstd":
                out = stream.decompress(data)
            else:
                out = stream.decompress(getattr(stream, "unconsumed_tail", b"") + data, 1 << 20)
        except Exception as error:      # zlib.error, OSError, LZMAError, ZstdError, ValueError, EOFError: one for each library
            message = f"the {self._kind.name} data is damaged, {self._where()} ({error}); fetch the file again"
            raise CompressionError("compressed-damaged", message) from error
        if stream.eof:
            self._pending = stream.unused_data + self._pending
            self._stream = None
        self._ready = memoryview(out)
        self.n_out += len(out)
        if self.n_out > max(FREE, MOST_RATIO * self.n_in):
            raise CompressionError(
                "compressed-bomb", f"the {self._kind.name} data swells {self.n_out // max(1, self.n_in):,} times, {self._where()}: "
                "hardly text; decompress it yourself if it is",
            )

    def _where(self) -> str:
        return f"at byte {self.n_in - len(self._pending):,} of the file, after {self.n_out:,} bytes of what it holds"
