"""Whether a file is still the one that was looked at: a run over a file that changes meanwhile would lose documents in silence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from pipeline.errors import InputError
from pipeline.read.damage import check_damage
from pipeline.read.reading import open_to_read

__all__ = ["ChangedError", "Identity", "open_steady"]


#: What a plan holds of a number. Times before 1970, and after 2262, come out as others, which is enough to tell two apart.
_MOST = (1 << 63) - 1


class ChangedError(InputError):
    """A file that changed while it was read."""

    @classmethod
    def of(cls, name: str, what: str) -> ChangedError:
        """The error of a file of this name."""
        return cls(f"{name}: changed while it was read ({what}); wait until nothing writes to it, then run again")


class Identity(NamedTuple):
    """What changes when a file is written, cut, added to, or another takes its name. All -1 where it cannot be looked at.

    `mtime` can be put back by who writes into a file (`rsync --inplace --times`, `touch -r`), `ctime` cannot. But it moves with
    rights, names and a backup's hard links too, so where it alone moved nothing is known: who has a digest takes another.
    """

    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int = -1

    @classmethod
    def of(cls, path: str | int) -> Identity:
        """The identity of a file by its path or handle."""
        try:
            status = os.stat(path)
        except OSError as error:
            check_damage(error, path if isinstance(path, str) else None)
            return cls(-1, -1, -1)
        told = (status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)
        return cls(*(number & _MOST for number in told))

    def check(self, path: str, name: str) -> bool:
        """Whether nothing moved, `ctime` neither. Raises ChangedError where the file of this path is another now."""
        now = Identity.of(path)
        if now[:3] == self[:3]:
            return now == self
        if now.size == -1:
            what = "it is gone, or cannot be read any more"
        elif now.size != self.size:
            what = f"it had {self.size:,} bytes and has {now.size:,}"
        else:
            what = "it was written to, or replaced"
        raise ChangedError.of(name, what)


@contextmanager
def open_steady(path: Path) -> Iterator[IO[bytes]]:
    """A file to read. Raises ChangedError at the end of the block where it changed meanwhile, OSError as `open` does,
    PassingError while it cannot be read."""
    with open_to_read(path) as file:
        before = Identity.of(file.fileno())
        yield file
        before.check(os.fspath(path), os.fspath(path))
