"""Files opened to be read, whose errors say of what they are.

An error that is of this moment and not of the file (the disk does not answer, too many files are open, no memory) is no reason to
give a document up: as a fault in the quarantine it would stay there, for the next run would find its inputs unchanged. So it
ends what is being done, with the name of the file, and the next run goes on from there. What is wrong with the file itself (no
permission, a loop of links) stays an OSError, and what is wrong with its contents is the reader's.
"""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import IO, Any

from pipeline import world
from pipeline.errors import InputError
from pipeline.meter import METER

__all__ = ["PassingError", "check_passing", "check_wanting", "open_to_read", "read_whole"]

#: What a system says of a name or a file that will be so the next time too.
_LASTING = frozenset({
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL,
    errno.ENXIO, errno.ENODEV, errno.EOVERFLOW, errno.ESPIPE, errno.EILSEQ,
})
#: Bytes that are asked for at once where a reader asks for less.
_BLOCK = 1 << 16


class PassingError(InputError):
    """An input that cannot be read now. What was done so far is kept for the next run."""


def check_passing(path: str | os.PathLike[str], error: OSError) -> None:
    """Raise PassingError for an error that says nothing of the file; let others be. One without a number is of a library."""
    if error.errno is None or error.errno in _LASTING:
        return
    if error.errno in (errno.EMFILE, errno.ENFILE):
        hint = "close other programs or raise the limit (`ulimit -n`)"
    elif error.errno == errno.ENOMEM:
        hint = "make room in memory, or use fewer --workers"
    else:
        hint = "see that its disk answers, or leave this file out"
    raise PassingError(f"{os.fspath(path)}: cannot be read now ({error.strerror}); {hint}, then run again") from error


def check_wanting(error: Exception) -> None:
    """Raise an error again that says nothing of the data: there was no memory, or no thread. ArrowMemoryError is a MemoryError."""
    if isinstance(error, MemoryError) or "Resource temporarily unavailable" in str(error):
        raise error


def open_to_read(path: str | Path) -> IO[bytes]:
    """A file to read, buffered. Raises OSError as `open` does, PassingError here and while it is read."""
    try:
        return io.BufferedReader(_Reading(world.open(path, "rb", buffering=0), path), _BLOCK)
    except OSError as error:
        check_passing(path, error)
        raise


class _Reading(io.RawIOBase):
    """A raw file that knows its name when it fails."""

    def __init__(self, file: Any, path: str | Path) -> None:
        self._file, self._path = file, path
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
        METER.read += n or 0
        return n

    def readall(self) -> bytes:
        try:
            data = bytes(self._file.readall())
        except OSError as error:
            check_passing(self._path, error)
            raise
        METER.read += len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def read_whole(path: str | Path) -> bytes:
    """All of a file. Raises as `open_to_read`."""
    with open_to_read(path) as file:
        return file.read()
