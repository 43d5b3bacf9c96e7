"""Names on the command line to input files: files, folders, globs, `-`. Order and doubles on the command line do not matter."""

from __future__ import annotations

import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.read.faults import Fault

__all__ = ["FORMATS", "Input", "Listing", "find_inputs", "open_inputs"]

#: Suffix to format. A new format is a line here and a reader in `pipeline.read.units`.
FORMATS = {".txt": "txt", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True, slots=True, order=True)
class Input:
    """One input file: the name it goes by in the output, which is the same on any machine, its path, format and size in bytes."""

    name: str
    path: str
    format: str
    size: int


@dataclass(slots=True)
class Listing:
    """What the command line named."""

    inputs: list[Input]
    faults: list[Fault]
    left_alone: list[str]       # files of other formats in folders


def find_inputs(names: Iterable[str], format: str | None = None) -> Listing:
    """All input files that `names` stand for, each once, sorted by name.

    A folder gives the files below it whose format is known; what it holds of other formats is listed in `left_alone`, a
    folder that links back to itself and a file that cannot be read become faults. `format` forces the format of every file.
    Raises UsageError for a name that matches nothing.
    """
    found, listing = {}, Listing([], [], [])
    for name in names:
        for path, shown in _expand(name):
            if path.is_dir():
                entries = _walk(path, shown, listing)
            else:
                entries = iter([(path, path.name)])
            for file, file_name in entries:
                inside = path.is_dir()
                entry = _describe(file, file_name, format, inside, listing)
                if entry is not None:
                    found[os.path.realpath(file)] = entry
    listing.inputs = sorted(found.values())
    listing.left_alone.sort()
    return listing


def _expand(name: str) -> Iterator[tuple[Path, str]]:
    path = Path(name)
    if path.exists() or path.is_symlink():
        yield path, path.resolve().name
        return
    matches = sorted(glob.glob(name, recursive=True)) if glob.has_magic(name) else []
    if not matches:
        raise UsageError(f"{name}: no such file or folder, and no file matches it; check the name")
    for match in matches:
        yield Path(match), Path(match).resolve().name


def _walk(top: Path, shown: str, listing: Listing) -> Iterator[tuple[Path, str]]:
    """Files below a folder with their names, in order; each real folder once, so that loops of links end."""
    seen: set[tuple[int, int]] = set()
    stack = [(top, shown)]
    while stack:
        folder, prefix = stack.pop()
        try:
            status = folder.stat()
            entries = sorted(os.scandir(folder), key=lambda e: e.name)
        except OSError as error:
            listing.faults.append(Fault(prefix, "unreadable-folder", f"{error.strerror}; check its permissions"))
            continue
        if (status.st_dev, status.st_ino) in seen:
            listing.faults.append(Fault(prefix, "folder-loop", "this folder is a link back to one already read; nothing is lost"))
            continue
        seen.add((status.st_dev, status.st_ino))
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = f"{prefix}/{entry.name}"
            if entry.is_dir():
                stack.append((Path(entry.path), name))
            else:
                yield Path(entry.path), name


def _describe(path: Path, name: str, format: str | None, inside: bool, listing: Listing) -> Input | None:
    kind = format or FORMATS.get(path.suffix.lower())
    if kind is None:
        if inside:
            listing.left_alone.append(name)
        else:
            known = ", ".join(FORMATS)
            message = f"the suffix is none of {known}; name its format with --format txt or --format jsonl"
            listing.faults.append(Fault(name, "unknown-format", message))
        return None
    try:
        status = path.stat()
    except OSError as error:
        listing.faults.append(Fault(name, "vanished", f"{error.strerror} when it was looked at; put it back and run again"))
        return None
    if not path.is_file():
        listing.faults.append(Fault(name, "no-regular-file", "this is a device, socket or pipe; give it through `-`"))
        return None
    return Input(name, os.fspath(path), kind, status.st_size)


@contextmanager
def open_inputs(names: Sequence[str], format: str | None = None) -> Iterator[Listing]:
    """`find_inputs`, with `-` read from standard input into a temporary file that lives as long as the block.

    Standard input is JSONL where its first character is `{`, else one text, unless `format` says otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="taosha-") as folder:
        files = [name for name in names if name != "-"]
        listing = find_inputs(files, format)
        if len(files) < len(names):
            path = Path(folder) / "stdin"
            with open(path, "wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
            with open(path, "rb") as file:
                kind = format or ("jsonl" if file.read(64).lstrip().startswith(b"{") else "txt")
            listing.inputs = sorted([*listing.inputs, Input("stdin", os.fspath(path), kind, path.stat().st_size)])
        yield listing
