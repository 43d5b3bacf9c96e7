"""Compression, below all formats: `pages.jsonl.gz` is read as `pages.jsonl`. A stream can only be begun at
its start: what is cut into spans all the same (large JSONL, `read.jsonl`) is decompressed anew for each.

Damage, an early end and a bomb are CompressionErrors that say how far it was read; every byte that came out before it is given
first. What stands behind the end of the data and is none is noted, not raised: all of the data is there. A reader of lines may
have damage noted too (`past_damage`): a line break stands for what cannot be read, and reading goes on at the next stream that
begins with the marks of one.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import IO, Any, NamedTuple

from pipeline.read.damage import check_damage

__all__ = ["COMPRESSIONS", "Compression", "CompressionError", "Decompressed", "find_compression", "open_compressed", "strip_suffix"]

#: Bytes that may come out for each byte read, over all that was read so far, once more than FREE bytes came out. zstd makes the
#: corpora 3.5 to 5.5 times smaller and the HTML of the crawl 13 times; one line a million times: gzip 1,000 times, zstd 10,000.
MOST_RATIO = 400
FREE = 256 << 20
_BLOCK = 1 << 16        # bytes that are decompressed at once


class CompressionError(Exception):
    """Compressed data that cannot be read on. `reason` is that of a fault, `at` how many bytes came out before."""

    def __init__(self, reason: str, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.reason, self.at = reason, at


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


#: Frames that zstd passes over: seek tables, and what parallel compressors say of themselves.
_SKIPPED = tuple(bytes((0x50 + n, 0x2A, 0x4D, 0x18)) for n in range(16))


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
    return "zstd" if head.startswith(_SKIPPED) else ""


def strip_suffix(name: str) -> str:
    """A file name without the suffix of its compression.

    >>> strip_suffix("pages.jsonl.GZ"), strip_suffix("pages.jsonl")
    ('pages.jsonl', 'pages.jsonl')
    """
    lower = name.lower()
    return next((name[:-len(c.suffix)] for c in COMPRESSIONS if lower.endswith(c.suffix)), name)


def open_compressed(file: IO[bytes], name: str, *, past_damage: bool = False) -> Decompressed:
    """What a compressed file holds, to read from its start on, bounded in memory and in ratio."""
    return Decompressed(_Streams(file, next(c for c in COMPRESSIONS if c.name == name), past_damage))


class Decompressed(io.BufferedReader):
    """The decompressed bytes. `read(n)` gives what came out before damage, and raises when it is asked again."""

    def __init__(self, streams: _Streams) -> None:
        super().__init__(streams, 1 << 18)
        self._streams = streams

    @property
    def noted(self) -> list[CompressionError]:
        """What was found wrong so far, and not raised."""
        return self._streams.noted

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on."""
        if size is None or size < 0:
            return super().read()
        pieces: list[bytes] = []
        while size and (piece := self._read_some(size, bool(pieces))):
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read_some(self, size: int, has_some: bool) -> bytes:
        try:
            return self.read1(size)
        except CompressionError:        # is raised again by the next call: the streams stay where they are
            if not has_some:
                raise
            return b""


class _Streams(io.RawIOBase):
    """The decompressed bytes of a file of one or more streams, one behind the other."""

    def __init__(self, file: IO[bytes], compression: Compression, past_damage: bool) -> None:
        self._file, self._kind, self._past_damage = file, compression, past_damage
        self._stream: Any = None        # None between two streams
        self._pending = b""             # read from the file, not yet fed
        self._ready = memoryview(b"")   # decompressed, not yet given
        self._at = self._given = 0      # where the stream began in the file, and what came out of it so far
        self._problem: CompressionError | None = None       # raised when all that came before it was given
        self._ends_line = True
        self._guessed = self._over = False      # whether the stream began where it only looked so; whether no other one is wanted
        self.noted: list[CompressionError] = []
        self.n_in = self.n_out = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Give some bytes; 0 at the end."""
        while not self._ready:
            if self._problem is not None:
                raise self._problem
            if not self._decompress():
                return 0
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def _decompress(self) -> bool:
        """Make some bytes ready; False at the end of the file."""
        if self._over:
            return False
        if self._stream is None:        # before the first stream, or between two: zeros may stand there
            while (data := self._take()) and not data.strip(b"\0"):
                pass
            if not data:
                return False
            self._pending = data.lstrip(b"\0") + self._pending
            return self._begin()
        if getattr(self._stream, "unconsumed_tail", b"") or not getattr(self._stream, "needs_input", True):
            data = b""      # the last call reached the limit of what is to come out
        elif not (data := self._take()):
            self._stream = None
            self._fail("compressed-cut", f"the {self._kind.name} data ends early, {self._where()}; fetch the file again")
            return True
        self._feed(data)
        return True

    def _begin(self) -> bool:
        """Begin a stream where one begins; else note what stands there, and end."""
        while len(self._pending) < len(self._kind.magic) and (more := self._file.read(_BLOCK)):
            self._pending += more
            self.n_in += len(more)
        if self.n_out and not self._pending.startswith((self._kind.magic, *_SKIPPED)):
            at = self.n_in - len(self._pending)
            what = f"what stands behind byte {at:,} of the file is no {self._kind.name} data and was not read; all before it was"
            hint = "if more belongs there, fetch the file again"
            self.noted.append(CompressionError("compressed-more", f"{what}; {hint}", self.n_out))
            if self._past_damage:
                return self._find_next()
            self._over = True
            return False
        self._at, self._given = self.n_in - len(self._pending), 0
        self._stream = self._kind.start()
        return True

    def _take(self) -> bytes:
        """The next bytes of the file, as many as are fed at once; none at its end."""
        if not self._pending:
            self._pending = self._file.read(_BLOCK)
            self.n_in += len(self._pending)
        data, self._pending = self._pending[:self._kind.step], self._pending[self._kind.step:]
        return data

    def _feed(self, data: bytes) -> None:
        try:
            out = self._run(self._stream, data)
        except Exception as error:      # zlib.error, OSError, LZMAError, ZstdError, ValueError, EOFError: one for each library
            check_damage(error)
            self._pending = data + self._pending
            out, at = self._rescue()
            self._give(out)
            self._stream = None
            what = f"the {self._kind.name} data is damaged, {self._where(at)} ({error})"
            self._fail("compressed-damaged", f"{what}; what came out of it last may be damaged too: fetch the file again")
            return
        if self._stream.eof:
            self._guessed = False
            self._pending = self._stream.unused_data + self._pending
            self._stream = None
        self._give(out)
        if self.n_out > max(FREE, MOST_RATIO * self.n_in):
            self._problem = CompressionError(
                "compressed-bomb", f"the {self._kind.name} data swells {self.n_out // max(1, self.n_in):,} times, {self._where()}: "
                "hardly text; decompress it yourself if it is", self.n_out,
            )
            self._ready = memoryview(b"")

    def _run(self, stream: Any, data: bytes) -> bytes:
        if self._kind.name == "zstd":
            return bytes(stream.decompress(data))
        return bytes(stream.decompress(getattr(stream, "unconsumed_tail", b"") + data, 1 << 20))

    def _give(self, out: bytes) -> None:
        self._ready = memoryview(out)
        self._given += len(out)
        self.n_out += len(out)
        if out:
            self._ends_line = out.endswith(b"\n")

    def _rescue(self) -> tuple[bytes, int]:
        """What the call that failed would have given before it did, and the byte that it failed at: the libraries say neither.

        The stream is read once more from its start, byte by byte where it failed; a file that cannot be sought in gives nothing.
        """
        stop = self.n_in - len(self._pending)
        if not self._file.seekable():
            return b"", stop
        here, stream, passed, pieces = self._file.tell(), self._kind.start(), 0, []
        self._file.seek(self._at)
        try:
            left = stop - self._at
            while left > 0 and (data := self._file.read(min(left, self._kind.step))):
                left -= len(data)
                while True:
                    out = self._run(stream, data)
                    passed += len(out)
                    if passed > self._given:        # what one call gives differs with what it is fed
                        pieces.append(out[max(0, len(out) - (passed - self._given)):])
                    if not (getattr(stream, "unconsumed_tail", b"") or not getattr(stream, "needs_input", True)) or not out:
                        break
                    data = b""
            for byte in self._pending[:self._kind.step]:
                out = self._run(stream, bytes((byte,)))
                stop += 1
                passed += len(out)
                if passed > self._given:
                    pieces.append(out[max(0, len(out) - (passed - self._given)):])
        except Exception as error:      # here it fails again
            check_damage(error)
        finally:
            self._file.seek(here)
        return b"".join(pieces), stop

    def _fail(self, reason: str, message: str) -> None:
        """Raise when what came before is given; or note it and go on at the next stream."""
        problem = CompressionError(reason, message, self.n_out)
        if not self._past_damage:
            self._problem = problem
            return
        if not self._guessed or self._given:
            self.noted.append(problem)
        if not self._ends_line:
            self._ready = memoryview(bytes(self._ready) + b"\n")
            self.n_out, self._ends_line = self.n_out + 1, True
        self._pending = self._pending[1:]
        if self._file.seekable():       # a stream that was cut short has eaten of the next one
            self._file.seek(self._at + 1)
            self.n_in, self._pending = self._at + 1, b""
        self._find_next()

    def _find_next(self) -> bool:
        """Go to the next bytes that a stream may begin with; False where none come."""
        magic, keep = self._kind.magic, len(self._kind.magic) - 1
        while (found := self._pending.find(magic)) < 0:
            more = self._file.read(_BLOCK)
            if not more:
                self._pending = b""
                return False
            self._pending = self._pending[len(self._pending) - keep if keep else len(self._pending):] + more
            self.n_in += len(more)
        self._pending, self._guessed = self._pending[found:], True
        return True

    def _where(self, at: int | None = None) -> str:
        at = self.n_in - len(self._pending) if at is None else at
        return f"at byte {at:,} of the file, after {self.n_out:,} bytes of what it holds"
