"""Names on the command line to input files: files, folders, globs, `-`. Order and doubles on the command line do not matter."""

from __future__ import annotations

import codecs
import errno
import glob
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from pipeline.errors import UsageError
from pipeline.record import Fault

__all__ = ["FORMATS", "Input", "Listing", "find_inputs", "open_inputs", "show_name"]

#: Suffix to format. A new format is a line here and a reader in `pipeline.read.units`.
FORMATS = {".txt": "txt", ".jsonl": "jsonl", ".ndjson": "jsonl"}

#: What a run writes beside its corpus: never input when a folder is read.
_RUN_FILES = frozenset({"audit.jsonl", "quarantine.jsonl", "manifest.json", "report.html"})
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, order=True)
class Input:
    """One input file: the name it goes by in the output, which is the same on any machine, its path, format and size in bytes."""

    name: str       # valid UTF-8
    path: str       # as the system gave it: bytes that are no UTF-8 are lone surrogates (PEP 383)
    format: str
    size: int


@dataclass(slots=True)
class Listing:
    """What the command line named."""

    inputs: list[Input]
    faults: list[Fault]
    left_alone: list[str]       # in folders: files of other formats, and the output of runs
    paths: dict[str, str] = field(default_factory=dict)     # path of each fault, by its name

    def say(self, path: str, name: str, reason: str, message: str) -> None:
        """Add a fault."""
        self.faults.append(Fault(name, reason, message))
        self.paths[name] = path


def show_name(name: str) -> str:
    r"""A file name as valid UTF-8. Where bytes of it are none, U+FFFD stands for them and a hash keeps names apart.

    >>> show_name("党建.txt"), show_name("bad\udcff.txt")
    ('党建.txt', 'bad�.txt~c6838bf6')
    """
    data = os.fsencode(name)
    shown = data.decode("utf-8", "replace")
    return shown if shown == name else f"{shown}~{hashlib.sha256(data).hexdigest()[:8]}"


def find_inputs(names: Iterable[str], format: str | None = None) -> Listing:
    """All input files that `names` stand for, each once, sorted by name.

    A folder gives the files below it whose format is known; what it holds of other formats, and folders that a run wrote, are
    listed in `left_alone`; a folder that links back to itself and a file that cannot be read become faults. `format` forces the
    format of every file. A file that has several names goes by the longest, then the last of them in the order of names.
    Raises UsageError for a name that matches nothing, or that cannot be looked at.
    """
    found: dict[str, Input] = {}
    listing = Listing([], [], [])
    for name in names:
        for path in _expand(name):
            for file, shown, inside in _files(path, listing):
                entry = _describe(file, shown, format, inside, listing)
                if entry is not None:
                    real = os.path.realpath(file)
                    found[real] = max(found.get(real, entry), entry, key=lambda e: (len(e.name), e.name, e.path))
    listing.inputs = sorted(found.values())
    listing.faults = sorted(set(listing.faults), key=lambda f: (f.source, f.reason, f.message))
    listing.left_alone = sorted(set(listing.left_alone))
    return listing


def _expand(name: str) -> list[str]:
    """The paths that a name on the command line stands for. `Path.exists` and `resolve` raise on loops, long names and locks."""
    path = os.fspath(Path(name)) if name else name
    try:
        os.lstat(path)
        return [path]
    except (FileNotFoundError, NotADirectoryError, ValueError):
        problem = "no such file or folder, and no file matches it; check the name"
    except OSError as error:
        problem = f"{error.strerror}; check the name and the permissions of the folders above it"
    matches = sorted(glob.glob(name, recursive=True)) if glob.has_magic(name) else []
    if not matches:
        raise UsageError(f"{show_name(name)}: {problem}")
    return matches


def _files(path: str, listing: Listing) -> Iterator[tuple[str, str, bool]]:
    """Path and name of each file that a path stands for, and whether it was met in a folder."""
    if not os.path.isdir(path):
        yield path, show_name(os.path.basename(path)), False
        return
    for file, shown in _walk(path, show_name(os.path.basename(os.path.realpath(path))), listing):
        yield file, shown, True


def _walk(top: str, shown: str, listing: Listing) -> Iterator[tuple[str, str]]:
    """Files below a folder with their names, in order; each real folder once, so that loops of links end."""
    seen: set[tuple[int, int]] = set()
    stack = [(top, shown)]
    while stack:
        folder, prefix = stack.pop()
        try:
            status = os.stat(folder)
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda e: e.name)
        except OSError as error:
            listing.say(folder, prefix, "unreadable-folder", f"{error.strerror}; check its permissions")
            continue
        if (status.st_dev, status.st_ino) in seen:
            listing.say(folder, prefix, "folder-loop", "this folder is a link back to one already read; nothing is lost")
            continue
        seen.add((status.st_dev, status.st_ino))
        of_run = any(e.name == "manifest.json" for e in entries) and _is_run(folder)
        if of_run and folder != top:
            listing.left_alone.append(f"{prefix}/ (the output of a run)")
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = f"{prefix}/{show_name(entry.name)}"
            if of_run and entry.name in _RUN_FILES:
                listing.left_alone.append(name)
            elif _is_folder(entry):
                stack.append((entry.path, name))
            else:
                yield entry.path, name


def _is_run(folder: str) -> bool:
    """Whether the manifest in a folder is one of this tool: whether it names the version of Taosha."""
    path = Path(folder, "manifest.json")
    try:
        manifest = orjson.loads(path.read_bytes()) if path.is_file() else None
    except (OSError, ValueError):
        return False
    versions = manifest.get("versions") if isinstance(manifest, dict) else None
    return isinstance(versions, dict) and "taosha" in versions


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one. A link that cannot be followed is no folder; `_describe` says why."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _describe(path: str, name: str, format: str | None, inside: bool, listing: Listing) -> Input | None:
    kind = format or FORMATS.get(Path(path).suffix.lower())
    left_alone = kind is None and inside
    try:
        regular, size = os.path.isfile(path), os.stat(path).st_size
    except OSError as error:
        if not (left_alone and error.errno == errno.ENOENT):
            listing.say(path, name, *_unreachable(error))
            return None
    if left_alone:
        listing.left_alone.append(name)
    elif kind is None:
        known = ", ".join(FORMATS)
        message = f"the suffix is none of {known}; name its format with --format txt or --format jsonl"
        listing.say(path, name, "unknown-format", message)
    elif not regular:
        listing.say(path, name, "no-regular-file", "this is a device, socket or pipe; give it through `-`")
    else:
        return Input(name, path, kind, size)
    return None


def _unreachable(error: OSError) -> tuple[str, str]:
    """Reason and message for a file that is named and cannot be looked at."""
    if error.errno == errno.ENOENT:
        return "vanished", f"{error.strerror} when it was looked at; put it back and run again"
    if error.errno == errno.ELOOP:
        return "link-loop", "this link leads back to itself; remove it, or mend it and run again"
    return "unreadable-file", f"{error.strerror}; check its permissions and those of the folders above it, then run again"


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
                kind = format or _sniff(file.read(1024))
            listing.inputs = sorted([*listing.inputs, Input("stdin", os.fspath(path), kind, path.stat().st_size)])
        yield listing


def _sniff(head: bytes) -> str:
    """The format of standard input from its first bytes. UTF-16 is looked through, so that its reader can say what is wrong."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return "jsonl" if head.replace(b"\0", b"").lstrip().startswith(b"{") else "txt"
