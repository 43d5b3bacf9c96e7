"""Files opened to be read, whose errors say of what they are.

An error that is of this moment and not of the file ends what is being done, with the name of the file (see `damage`), and the next
run goes on from there. What is wrong with the file itself (no permission, a loop of links) stays an OSError, and what is wrong with
its contents is the reader's.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any

from pipeline import world
from pipeline.meter import Meter
from pipeline.read.damage import PassingError, check_passing

__all__ = ["PassingError", "check_passing", "open_to_read", "read_whole"]

#: Bytes that are asked for at once where a reader asks for less.
_BLOCK = 1 << 16


def open_to_read(path: str | Path, *, meter: Meter | None = None) -> IO[bytes]:
    """A file to read, buffered; what is read is counted by a `meter`. Raises OSError as `open` does, PassingError here and while it
    is read."""
    try:
        return io.BufferedReader(_Reading(world.open(path, "rb", buffering=0), path, meter or Meter()), _BLOCK)
    except OSError as error:
        check_passing(path, error)
        raise


class _Reading(io.RawIOBase):
    """A raw file that knows its name when it fails."""

    def __init__(self, file: Any, path: str | Path, meter: Meter) -> None:
        self._file, self._path, self._meter = file, path, meter
        self.mode = "rb"        # of a reader: gzip and pyarrow ask

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def seek(self, at: int, whence: int = 0, /) -> int:
        return int(self._file.seek(at, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def fileno(self) -> int:
        return int(self._file.fileno())

    def readinto(self, buffer: Any, /) -> int | None:
        try:
            n: int | None = self._file.readinto(buffer)
        except OSError as error:
            check_passing(self._path, error)
            raise
        self._meter.read += n or 0
        return n

    def readall(self) -> bytes:
        try:
            data = bytes(self._file.readall())
        except OSError as error:
            check_passing(self._path, error)
            raise
        self._meter.read += len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def read_whole(path: str | Path) -> bytes:
    """All of a file. Raises as `open_to_read`."""
    with open_to_read(path) as file:
        return file.read()
