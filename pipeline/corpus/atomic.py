"""Files that appear whole or not at all: written beside their place under a temporary name, flushed, renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pipeline.errors import OutputError

__all__ = ["explain_os_error", "open_atomic"]


@contextmanager
def open_atomic(path: Path) -> Iterator[IO[bytes]]:
    """A binary file to write that takes its name only when the block ends well. Raises OutputError, and leaves nothing behind."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb", buffering=1 << 20) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except (OSError, ValueError) as error:
        raise explain_os_error(path, error) from error
    finally:
        with suppress(OSError, ValueError):
            temporary.unlink()


def explain_os_error(path: Path, error: OSError | ValueError) -> OutputError:
    """What went wrong with writing a file, and what to do."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OutputError(f"{path}: the disk is full; nothing was written under this name, free some space and run again")
    what = error.strerror if isinstance(error, OSError) else error
    return OutputError(f"{path}: cannot be written ({what}); choose another place with -o")
