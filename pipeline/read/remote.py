"""Inputs at addresses (`s3://`, `hdfs://`, `hf://`, `http://` …), through fsspec where it is installed: `taosha[remote]`.

A remote file is read where it lies, in blocks, and sought in like a local one. Credentials and endpoints are those that fsspec and
its file systems take from their environment; none is read, kept or shown here.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from pipeline.errors import UsageError
from pipeline.meter import METER
from pipeline.read.damage import check_damage, is_of_moment, name_error

__all__ = ["Held", "is_remote", "list_remote", "open_remote"]

#: Bytes of a file from a web server without ranges that are held in memory; of a larger one in a temporary file.
MOST_HELD = 64 << 20
#: What a server says with 4xx of itself and not of the file: too slow, too early, too many.
_LATER = (408, 425, 429)


def is_remote(name: str) -> bool:
    """Whether a name is an address of a file system that is not this machine's.

    >>> is_remote("s3://crawl/a.warc.gz"), is_remote("crawl/a.warc.gz"), is_remote("file:///tmp/x.txt")
    (True, False, True)
    """
    scheme, mark, _ = name.partition("://")
    return bool(mark) and scheme.replace("+", "").isalnum()


@contextmanager
def open_remote(path: str) -> Iterator[IO[bytes]]:
    """A file at an address. OSError where it cannot be opened or read, whatever its file system raises."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(_open(*_find_system(path)))
        except UsageError:
            raise
        except Exception as error:
            raise _as_os_error(error, path) from error
        yield io.BufferedReader(_Remote(file, path), 1 << 18)


def _open(system: Any, inside: str) -> Any:
    """A file that can be sought in. A web server that gives no ranges gives the whole of it, which is kept until it was read."""
    if isinstance(system.protocol, str) or "http" not in system.protocol or system.info(inside).get("partial"):
        return system.open(inside, "rb")
    kept = tempfile.SpooledTemporaryFile(MOST_HELD)     # noqa: SIM115 - whoever asked for it closes it
    with system.open(inside, "rb", block_size=0) as file:
        shutil.copyfileobj(file, kept, 1 << 20)
    kept.seek(0)
    return kept


def _as_os_error(error: Exception, path: str) -> OSError:
    """What it is to whoever reads. Raises PassingError, or MemoryError, for what says nothing of the file: no connection, no answer
    in time, a server that is too busy. 404 and its like are of the file.
    """
    status = next((s for s in (getattr(error, name, None) for name in ("status", "status_code", "code")) if isinstance(s, int)), 0)
    if not 400 <= status < 500 or status in _LATER:
        check_damage(error, path)
    said = getattr(error, "strerror", None)
    return OSError(getattr(error, "errno", None), said if isinstance(said, str) else _first_line(error))


class _Remote(io.RawIOBase):
    """A remote file whose errors are OSErrors, where they are of it: each file system has its own."""

    def __init__(self, file: Any, path: str) -> None:
        self._file, self._path = file, path

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """As its file system has it."""
        return bool(self._file.seekable())

    def readinto(self, buffer: Any, /) -> int:
        """Give some bytes; 0 at the end."""
        try:
            data = self._file.read(len(buffer))
        except Exception as error:
            raise _as_os_error(error, self._path) from error
        buffer[:len(data)] = data
        METER.read += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place."""
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        """The place it is at."""
        return int(self._file.tell())


class Held(io.RawIOBase):
    """A file of which a piece that is read more than once is held in memory: from far away it comes once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._at = file, 0
        self._start, self._piece = 0, b""

    def hold(self, start: int, end: int) -> None:
        """Hold what is between two places, and nothing else."""
        self._piece = b""
        self._file.seek(start)
        self._start, self._piece = start, self._file.read(end - start)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place."""
        self._at = offset if whence == 0 else self._at + offset if whence == 1 else self._file.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        """The place it is at."""
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Give some bytes; 0 at the end."""
        at = self._at - self._start
        if 0 <= at < len(self._piece):
            data = self._piece[at:at + len(buffer)]
        else:
            self._file.seek(self._at)
            data = self._file.read(len(buffer))
        buffer[:len(data)] = data
        self._at += len(data)
        return len(data)


def list_remote(name: str) -> list[tuple[str, str, int, bool]]:
    """Address, name, size in bytes of each file that an address stands for, and whether it was met in a folder; sorted.

    A folder stands for the files below it, a glob for what it matches. Raises UsageError where there is none.
    """
    try:
        system, inside = _find_system(name)     # some connect at once
        if system.isfile(inside):
            return [(name, inside.rstrip("/").rpartition("/")[2], int(system.info(inside)["size"] or 0), False)]
        if any(mark in inside for mark in "*?["):
            found, top = system.glob(inside, detail=True), ""
        else:
            found, top = system.find(inside, detail=True), inside.rstrip("/")
    except UsageError:
        raise
    except Exception as error:      # each file system has errors of its own, and all others mean that there is nothing to read
        if is_of_moment(error):
            raise name_error(error, name) from error
        raise UsageError(f"{name}: cannot be listed ({_first_line(error)}); check the address and the credentials") from error
    scheme = name.partition("://")[0]
    files = [
        (path if "://" in path else f"{scheme}://{path.lstrip('/')}", _shown(path, top), int(about.get("size") or 0), bool(top))
        for path, about in sorted(found.items()) if about.get("type") == "file"
    ]
    if not files:
        raise UsageError(f"{name}: there is no file at this address; check it")
    return files


def _shown(path: str, top: str) -> str:
    """The name a file goes by: below the folder that was given, which comes with its own name; else its last part."""
    if not top or not path.startswith(top):
        return path.rpartition("/")[2]
    return top.rpartition("/")[2] + path[len(top):]


def _find_system(path: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it. Raises UsageError where what is needed for it is not installed."""
    scheme = path.partition("://")[0]
    try:
        import fsspec

        system, inside = fsspec.core.url_to_fs(path)
    except ImportError as error:
        message = f"{path}: reading {scheme}:// needs a package that is not installed ({error}); run: pip install 'taosha[remote]'"
        raise UsageError(message) from error
    except ValueError as error:
        raise UsageError(f"{path}: {_first_line(error)}; check the address") from error
    return system, str(inside)


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:300] or "it does not say why"
