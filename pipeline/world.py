"""Where this package touches the world: files, folders, mapped memory, locks, other processes. All of it goes through here.

The rule of this file: plain names of what Python has, one assignment each, called as `world.open(...)`; so they cost one look-up.
`tests/test_world.py` holds the package to it. With `TAOSHA_FAULTS` in the environment, which is for tests alone, each name is
replaced by one that fails at a call that was chosen (see `pipeline.faults` and docs/reliability.md).

Left out on purpose: what a file is (`stat` and its like, which say no more than a later call does), patterns and walks (what they
find is opened here), the data of this package, which is as its code is, compiled kernels (`pipeline.jit`, where a fault means to
compile again), and addresses (fsspec).
"""

from __future__ import annotations

import builtins
import mmap
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from filelock import FileLock

__all__ = [
    "CALLS", "list_folder", "lock", "make_folder", "make_folders", "make_temporary", "map_arrow", "map_file", "open", "open_arrow",
    "open_folder", "read", "remove", "remove_tree", "rename", "scan", "spawn", "sync", "temporary_folder", "touch",
]

open = builtins.open            # its reads and writes count by themselves, see `pipeline.faults`
open_folder = os.open           # and files by the handle of their folder
sync = os.fsync
rename = os.replace
remove = os.unlink
make_folder = os.mkdir
_make_folders = os.makedirs
remove_tree = shutil.rmtree
make_temporary = tempfile.mkdtemp
temporary_folder = tempfile.TemporaryDirectory
scan = os.scandir
map_file = mmap.mmap
spawn = subprocess.Popen
lock = FileLock

#: The names that can fail, beside the reads and writes of what `open` gives.
CALLS = (
    "open", "open_folder", "sync", "rename", "remove", "make_folder", "remove_tree", "make_temporary", "temporary_folder", "scan",
    "map_file", "map_arrow", "spawn", "lock", "_make_folders",
)


def map_arrow(path: Path) -> Any:
    """A file of Arrow, mapped into memory."""
    import pyarrow as pa

    return pa.memory_map(os.fspath(path))


def open_arrow(source: Any) -> Any:
    """A reader of an Arrow file that asks for no threads: processes are what runs side by side here, and where there is no memory
    for a thread, Arrow fails, or waits for ever."""
    import pyarrow as pa

    return pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(use_threads=False))


def make_folders(path: Path) -> None:
    """A folder and those above it, where they are not there."""
    if not path.is_dir():
        _make_folders(path, exist_ok=True)


def touch(path: Path) -> None:
    """A file, empty where it is not there."""
    with open(path, "ab"):
        pass


def list_folder(folder: Path) -> list[Path]:
    """What is in a folder, in order."""
    with scan(folder) as found:
        return sorted(Path(entry.path) for entry in found)


def read(path: str | os.PathLike[str], most: int = -1) -> bytes:
    """All of a file; what users name has `most` bytes, for it may be any file. Raises ValueError where it has more."""
    with open(path, "rb") as file:
        data: bytes = file.read(most + 1 if most >= 0 else -1)
    if 0 <= most < len(data):
        raise ValueError(f"it has more than {most:,} bytes")
    return data


if os.environ.get("TAOSHA_FAULTS"):
    from pipeline.faults import arm_from

    arm_from(sys.modules[__name__], os.environ["TAOSHA_FAULTS"])
