"""A folder of originals, one file a document, whatever their sources are called: nothing is written outside it, and nothing lost.

A source is what a stranger wrote. Each part of its path is opened from the folder above it, as a folder and never through a link,
so a link that stands there, or is put there meanwhile, leads nowhere. A document whose own place cannot be had (a file where a
folder is wanted, a link, a name too long, a place that another original has) goes by a hash of its id. A file that stands there
already is left where it holds the same, and is an error where it does not: it is somebody's.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pipeline import world
from pipeline.atomic import explain_os_error
from pipeline.corpus.targets import identify
from pipeline.errors import OutputError

__all__ = ["Folder"]

#: A path below the folder: longer or deeper ones go by their hash. Names have room for what file systems allow (255 bytes).
MOST_NAME, MOST_PATH, MOST_DEPTH = 200, 1024, 32


class Folder:
    """A folder to write originals into. A context manager."""

    def __init__(self, path: Path, *, force: bool = False, read: Iterable[Path] = ()) -> None:
        self._path, self._force = path, force       # whether files with other contents are replaced
        self._read = {known for file in read if (known := identify(file))}      # these never are: originals are made from them
        self._taken: set[str] = set()       # as a file system that ignores case and form of accents would take them
        self._n = 0
        try:
            world.make_folders(path)
            self._top = world.open_folder(path, os.O_DIRECTORY)
        except OSError as error:
            raise OutputError(f"{path}: cannot be made ({error.strerror}); restore into an empty folder") from error

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._top)

    def write(self, name: str, id: str, data: bytes) -> None:
        """Write one original under its name (a path with `/`, or empty), or a hash of its id. Raises OutputError."""
        try:
            if not (_is_plain(name) and self._take(name) and self._write(name.split("/"), data)):
                n = 0
                while not (self._take(hashed := _hashed(id, n)) and self._write([hashed], data)):
                    n += 1
        except FileExistsError as error:
            what = "there is another file already, and it was left as it is"
            where = self._path / str(error)
            raise OutputError(f"{where}: {what}; restore into an empty folder, or replace it with --force") from None
        except (OSError, ValueError) as error:
            why, n = explain_os_error(self._path / name, error), self._n
            raise OutputError(f"{why}; {n:,} original{'s' * (n != 1)} before it stand{'s' * (n == 1)} there, whole") from error
        self._n += 1

    def _take(self, name: str) -> bool:
        """Take a name for this document; False where another has it."""
        key = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
        if key in self._taken:
            return False
        self._taken.add(key)
        return True

    def _write(self, parts: list[str], data: bytes) -> bool:
        """Write a file; False where its place cannot be had, because a part of its path is no folder or it is no file itself."""
        *folders, name = parts
        handle = os.dup(self._top)
        try:
            for part in folders:
                with suppress(FileExistsError):
                    world.make_folder(part, dir_fd=handle)
                try:
                    below = world.open_folder(part, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
                except (NotADirectoryError, FileNotFoundError):
                    return False
                except OSError as error:
                    if error.errno in _LINK:
                        return False
                    raise
                os.close(handle)
                handle = below
            is_read = self._is_read(handle, name)
            if (is_read or not self._force) and _holds(handle, name, data) is False:
                if is_read:
                    where = self._path / "/".join(parts)
                    raise OutputError(f"{where}: the originals are made from this file; restore into another folder")
                raise FileExistsError("/".join(parts))
            return _replace(handle, name, data)
        finally:
            os.close(handle)


    def _is_read(self, folder: int, name: str) -> bool:
        with suppress(OSError):
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            return (status.st_dev, status.st_ino) in self._read
        return False


#: What systems say of a link that is opened with O_NOFOLLOW.
_LINK = frozenset({errno.ELOOP, errno.EMLINK})


def _holds(folder: int, name: str, data: bytes) -> bool | None:
    """Whether the regular file of this name holds this; None where there is none, or an empty one."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        return None
    if status.st_size != len(data):
        return False
    with world.open(world.open_folder(name, os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
        return file.read() == data


def _replace(folder: int, name: str, data: bytes) -> bool:
    """Put a file in place of the regular file of this name, or of none; False where something else stands there."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            return False
    temporary = f".{secrets.token_hex(8)}.tmp"
    handle = world.open_folder(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666, dir_fd=folder)
    try:
        with world.open(handle, "wb") as file:
            file.write(data)
        world.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            world.remove(temporary, dir_fd=folder)
        raise
    return True


def _is_plain(name: str) -> bool:
    """Whether a source is the path of a file that can stand below a folder, here and on other systems."""
    parts = name.split("/")
    sized = len(name.encode("utf-8", "replace")) <= MOST_PATH and len(parts) <= MOST_DEPTH
    return sized and name.isprintable() and not {":", "\\"} & set(name) and all(
        part not in ("", ".", "..") and len(part.encode()) <= MOST_NAME for part in parts
    )


def _hashed(id: str, n: int) -> str:
    """The n-th file name that an id stands for where the source has none: a source can be called as a hash is, on purpose too."""
    key = f"{id}\0{n}" if n else id
    return f"{sha256(key.encode()).hexdigest()[:16]}.txt"
