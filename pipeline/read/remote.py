"""Inputs at addresses (`s3://`, `hdfs://`, `hf://`, `http://` …), through fsspec where it is installed: `taosha[remote]`.

A remote file is read where it lies, in blocks, and sought in like a local one. Credentials and endpoints are those that fsspec and
its file systems take from their environment; none is read, kept or shown here.

What comes is held against what was announced: a server that gives half of a file as a complete answer would lose documents in
silence. fsspec says of a server that is down, too, that there is no file, so an error is taken for what it came of.
"""

from __future__ import annotations

import errno
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from pipeline.errors import UsageError
from pipeline.meter import METER
from pipeline.read.damage import PassingError, check_damage, is_of_moment, name_error

__all__ = ["Held", "is_remote", "list_remote", "open_remote"]

#: Bytes of a file from a web server without ranges that are held in memory; of a larger one in a temporary file.
MOST_HELD = 64 << 20
#: What a server says with 4xx of itself and not of the file: too slow, too early, too many.
_LATER = (408, 425, 429)
#: Errors that say that no answer came, or that it broke off, and are no OSErrors with a number: the first part of their module, and
#: their name. Those of requests, with which `github://` and `webhdfs://` are read, have no number.
_LINES = frozenset({
    ("aiohttp", "ClientConnectionError"), ("aiohttp", "ClientPayloadError"),
    ("requests", "ConnectionError"), ("requests", "Timeout"),
})


def is_remote(name: str) -> bool:
    """Whether a name is an address of a file system that is not this machine's.

    >>> is_remote("s3://crawl/a.warc.gz"), is_remote("crawl/a.warc.gz"), is_remote("file:///tmp/x.txt")
    (True, False, True)
    """
    scheme, mark, _ = name.partition("://")
    return bool(mark) and scheme.replace("+", "").isalnum()


@contextmanager
def open_remote(path: str, listed: int = 0) -> Iterator[IO[bytes]]:
    """A file at an address, of as many bytes as were `listed`, where that is known.

    OSError where it cannot be opened or read, whatever its file system raises; PassingError where its server cannot give it now, or
    gives another number of bytes than it announced.
    """
    with ExitStack() as stack:
        try:
            file, size = _open(*_find_system(path), path, listed)
            stack.enter_context(file)
        except UsageError:
            raise
        except Exception as error:
            raise _as_os_error(error, path) from error
        yield io.BufferedReader(_Remote(file, path, size), 1 << 18)


def _open(system: Any, inside: str, path: str, listed: int) -> tuple[Any, int | None]:
    """A file that can be sought in, and how many bytes it is to have, where that is still to be seen.

    A web server that gives no ranges gives the whole of it, which is kept until it was read. Raises PassingError where it is not as
    long as was announced.
    """
    is_web = not isinstance(system.protocol, str) and "http" in system.protocol
    about = system.info(inside) if is_web else {}
    if is_web and not about.get("partial"):
        return _fetch(system, inside, path, (listed, about.get("size"))), None
    file = system.open(inside, "rb")
    size = getattr(file, "size", None)
    if not isinstance(size, int):
        return file, None
    if listed and size != listed:
        file.close()
        raise _other_size(path, listed, size)
    return file, size


def _fetch(system: Any, inside: str, path: str, announced: tuple[int | None, ...]) -> IO[bytes]:
    """All of a file, which goes when it is closed. Raises PassingError where it is not as long as was announced.

    Of an answer that was compressed on its way the length says nothing; and 0 is what servers say to HEAD of a page that they have
    not made yet.
    """
    kept: IO[bytes] = tempfile.SpooledTemporaryFile(MOST_HELD)      # noqa: SIM115 - whoever asked for it closes it
    with ExitStack() as stack:
        stack.callback(kept.close)
        with system.open(inside, "rb", block_size=0) as answer:
            shutil.copyfileobj(answer, kept, 1 << 20)
            headers = getattr(getattr(answer, "r", None), "headers", {})
        came = kept.tell()
        if headers.get("Content-Encoding", "identity") in ("", "identity"):
            for size in filter(None, announced):
                if size != came:
                    raise _other_size(path, size, came)
        kept.seek(0)
        stack.pop_all()
    return kept


def _other_size(path: str, announced: int, came: int) -> PassingError:
    """The error of a file that is not as long as was said."""
    hint = "wait until nothing writes to it, or see that its server gives the whole of it, or leave this file out, then run again"
    return PassingError(f"{path}: {announced:,} bytes were announced, and {came:,} came; {hint}")


def _as_os_error(error: Exception, path: str) -> OSError:
    """What it is to whoever reads. Raises PassingError, or MemoryError, for what says nothing of the file: no connection, no answer
    in time, a server that is too busy or that fails. 404 and its like are of the file.
    """
    if (passing := _find_passing(error)) is not None:
        raise name_error(passing, path) from error
    if not 400 <= _find_status(error) < 500:
        check_damage(error, path)
    said = getattr(error, "strerror", None)
    return OSError(getattr(error, "errno", None), said if isinstance(said, str) else _first_line(error))


def _find_passing(error: Exception) -> Exception | None:
    """What an error came of, where that is the connection, the server, or else of this moment; None for others.

    What a server says of the file goes before what else its error came of.
    """
    status, root = _find_status(error), _find_root(error)
    if 400 <= status < 500 and status not in _LATER:
        return None
    if is_of_moment(error):
        return root if is_of_moment(root) else error
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(root).__mro__}
    if status in _LATER or status >= 500 or kinds & _LINES:
        return ConnectionError(errno.EIO, f"{type(root).__name__}: {_first_line(root)}")
    return None


def _find_root(error: Exception) -> Exception:
    """What an error came of, where fsspec says instead that there is no file: such errors of its own have no number."""
    while isinstance(error, FileNotFoundError) and error.errno is None and isinstance(cause := error.__cause__, Exception):
        error = cause
    return error


def _find_status(error: Exception) -> int:
    """What a server answered, as HTTP has it; 0 where nothing is known of it."""
    root = _find_root(error)
    told = [getattr(root, name, None) for name in ("status", "status_code", "code")]
    told.append(getattr(getattr(root, "response", None), "status_code", None))
    return next((status for status in told if isinstance(status, int)), 0)


class _Remote(io.RawIOBase):
    """A remote file whose errors are OSErrors, where they are of it: each file system has its own.

    PassingError where its end is not where it was announced to be.
    """

    def __init__(self, file: Any, path: str, size: int | None) -> None:
        self._file, self._path, self._size = file, path, size

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
        self._check_end(len(data))
        buffer[:len(data)] = data
        METER.read += len(data)
        return len(data)

    def _check_end(self, came: int) -> None:
        """Raise PassingError where nothing came before the end, or anything from behind it. Who seeks may be behind it."""
        if self._size is not None and (self.tell() < self._size if not came else self.tell() > self._size):
            raise _other_size(self._path, self._size, self.tell())

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

    A folder stands for the files below it, a glob for what it matches. Raises UsageError where there is none, PassingError where
    its server does not answer, or says that it fails.
    """
    try:
        system, inside = _find_system(name)     # some connect at once
        about = _look_at(system, inside, name)
        if about.get("type") == "file":
            return [(name, inside.rstrip("/").rpartition("/")[2], int(about.get("size") or 0), False)]
        if any(mark in inside for mark in "*?["):
            found, top = system.glob(inside, detail=True), ""
        else:
            found, top = system.find(inside, detail=True), inside.rstrip("/")
    except (UsageError, PassingError):
        raise
    except Exception as error:      # each file system has errors of its own, and all others mean that there is nothing to read
        if (passing := _find_passing(error)) is not None:
            raise name_error(passing, name) from error
        raise UsageError(f"{name}: cannot be listed ({_first_line(error)}); check the address and the credentials") from error
    scheme = name.partition("://")[0]
    files = [
        (path if "://" in path else f"{scheme}://{path.lstrip('/')}", _shown(path, top), int(about.get("size") or 0), bool(top))
        for path, about in sorted(found.items()) if about.get("type") == "file"
    ]
    if not files:
        raise UsageError(f"{name}: there is no file at this address; check it")
    return files


def _look_at(system: Any, inside: str, name: str) -> dict[str, Any]:
    """What stands at an address; nothing where it is no file, or cannot be told: whoever lists it says why.

    Not `isfile`, which says of a server that is down that there is none. Raises PassingError for that.
    """
    try:
        return dict(system.info(inside))
    except Exception as error:
        if (passing := _find_passing(error)) is not None:
            raise name_error(passing, name) from error
        return {}


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
