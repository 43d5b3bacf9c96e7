"""Files that appear whole or not at all: written beside their place under a temporary name, flushed, renamed.

The rule of this file: a name is only ever given to a regular file, and only what was a regular file loses its name. A link is
followed, so what it leads to is replaced and the link stays; a device, pipe or socket is refused, for a rename would put a
file in its place (as root `/dev/stdout` would be gone). What is renamed is on the disk first, and so is the rename.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pipeline import world
from pipeline.errors import OutputError
from pipeline.wording import WANTING

__all__ = ["explain_os_error", "open_atomic", "sync_folder"]


@contextmanager
def open_atomic(path: Path) -> Iterator[IO[bytes]]:
    """A binary file to write that takes its name only when the block ends well. Raises OutputError, and leaves nothing behind."""
    target = _find_real(path)
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with world.open(temporary, "xb", buffering=1 << 20) as file:
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode))
            yield file
            file.flush()
            world.sync(file.fileno())
        world.rename(temporary, target)
        sync_folder(target.parent)
    except (OSError, ValueError) as error:
        raise explain_os_error(path, error) from error
    finally:
        with suppress(OSError, ValueError):
            world.remove(temporary)


def _find_real(path: Path) -> Path:
    """The regular file that writing to `path` replaces or makes, links followed. Raises OutputError for anything else."""
    try:
        target = Path(os.path.realpath(path))
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return target
    except (OSError, ValueError) as error:
        raise explain_os_error(path, error) from error
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "no regular file (a device, pipe or socket)"
        raise OutputError(f"{path}: this is {what}; give the name of a file with -o")
    return target


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where its file system can."""
    handle = world.open_folder(folder, os.O_RDONLY)
    try:
        world.sync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):       # no such thing on this file system
            raise
    finally:
        os.close(handle)


def explain_os_error(path: Path, error: OSError | ValueError) -> OutputError:
    """What went wrong with writing a file, and what to do."""
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        limit = "it is larger than this file system, or the limit of this session (`ulimit -f`), lets a file be"
        return OutputError(f"{path}: {limit}; nothing has this name, lift the limit, or cut the corpus with --shard-size")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"{path}: the disk is full; nothing was written under this name, free some space and run again")
    what = (error.strerror or error) if isinstance(error, OSError) else error
    wants = isinstance(error, OSError) and WANTING.get(error.errno or 0)
    hint = f"{wants}, and run again" if wants else "choose another place with -o"
    return OutputError(f"{path}: cannot be written ({what}); {hint}")
