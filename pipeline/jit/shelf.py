"""Where compiled kernels are kept: a file each, under a name that says what it was made from.

The first place that can be written is written to: NUMBA_CACHE_DIR, the folder of the package, the cache of the user. All are read,
so that a package that was installed and warmed by another user is of use. A file is complete or not there, by one rename, and
is believed by its checksum: any number of processes may start together.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.jit.machine import Code

__all__ = [
    "SHIPPED", "find_file", "find_places", "find_writable", "is_lasting", "name_file", "open_cache", "read_checked", "read_code",
    "write_checked", "write_code",
]

#: What came with the package, for a kind of processors: see `tools/ship_kernels.py`. It is only read.
SHIPPED = Path(__file__).with_name("shipped")
#: The folder in each place, and what a place for one run is called.
_FOLDER, _PASSING = "taosha-kernels", "taosha-cache-"


@contextmanager
def open_cache() -> Iterator[bool]:
    """A folder in which compiled kernels can be kept, for this process and its workers; False where it is for this run only.

    A package that cannot be written, with no home, as in many containers, would have every worker compile all kernels anew.
    """
    if find_writable() is not None:
        yield True
        return
    folder = None
    with suppress(OSError):     # not even a temporary one: each process does without
        folder = tempfile.TemporaryDirectory(prefix=_PASSING, ignore_cleanup_errors=True)
    before = os.environ.get("NUMBA_CACHE_DIR")
    if folder is not None:
        os.environ["NUMBA_CACHE_DIR"] = folder.name
    try:
        yield False
    finally:
        os.environ.pop("NUMBA_CACHE_DIR", None)
        if before is not None:
            os.environ["NUMBA_CACHE_DIR"] = before
        if folder is not None:
            folder.cleanup()


def find_places() -> Iterator[Path]:
    """Folders where kernels may be kept, whether they are there or not."""
    if own := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(own) / _FOLDER
    yield Path(__file__).parent / "__pycache__" / _FOLDER
    with suppress(RuntimeError):    # no home
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _FOLDER


def find_writable() -> Path | None:
    """The first of the places that can be written."""
    return next(filter(_can_write, find_places()), None)


def is_lasting(place: Path) -> bool:
    """Whether what is kept there is still there at the next run."""
    return not place.parent.name.startswith(_PASSING)


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def name_file(name: str, types: str, code: bytes, machine: str) -> str:
    """The name of the file of a kernel, for these types, of this code, on this machine."""
    made_from = hashlib.sha256(b"\0".join((code, types.encode(), machine.encode()))).hexdigest()[:32]
    return f"{name.replace(':', '.')}-{made_from}.kernel"


def find_file(name: str) -> Path | None:
    """The file, where one of the places has it."""
    for place in (*find_places(), SHIPPED):
        with suppress(OSError):
            if (place / name).is_file():
                return place / name
    return None


def read_code(name: str) -> Code | None:
    """What is kept under a name; None where it is nowhere, or damaged."""
    from pipeline.jit.machine import Code

    for place in (*find_places(), SHIPPED):
        if (data := read_checked(place / name)) is not None:
            return Code(*marshal.loads(data))
    return None


def read_checked(file: Path) -> bytes | None:
    """What is kept in a file; None where it is not there, or damaged."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    return data[4:] if len(data) > 4 and zlib.crc32(data[4:]) == int.from_bytes(data[:4], "little") else None


def write_code(name: str, code: Code) -> None:
    """Keep it, where there is a place."""
    write_checked(name, marshal.dumps(tuple(code)))


def write_checked(name: str, data: bytes) -> None:
    """Keep these bytes under a name, where there is a place."""
    place = find_writable()
    if place is None:
        return
    with suppress(OSError):         # the disk is full: it is compiled again
        handle, draft = tempfile.mkstemp(dir=place, suffix=".draft")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(zlib.crc32(data).to_bytes(4, "little") + data)
            os.chmod(draft, 0o644)      # others may read it, as they may read the package
            os.replace(draft, place / name)
        except OSError:
            os.unlink(draft)
            raise
