"""Names on the command line to input files: files, folders, globs, addresses, `@list`, `-`. Neither order nor doubles matter."""

from __future__ import annotations

import glob
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson

from pipeline import world
from pipeline.errors import OutputError, UsageError
from pipeline.read.columns import COLUMNS, Columns
from pipeline.read.damage import check_damage
from pipeline.read.formats import find_format
from pipeline.read.identity import describe_file, describe_remote, describe_stream
from pipeline.read.inputs import Input, Listing
from pipeline.read.reading import read_whole
from pipeline.read.remote import is_remote, list_remote
from pipeline.record import Fault

__all__ = ["Input", "Listing", "find_inputs", "open_inputs", "show_name"]

#: What a run writes beside its corpus: never input when a folder is read.
_RUN_FILES = frozenset({
    "audit.jsonl", "audit.jsonl.zst", "quarantine.jsonl", "manifest.json", "report.html", "README.md", "croissant.json",
})
#: What a run that could read nothing leaves; there may be no manifest beside it.
_FAILED = "quarantine.failed.jsonl"
#: What a run leaves where it works: of no interest to anybody.
_OF_RUNS = ".taosha"


def show_name(name: str) -> str:
    r"""A file name as valid UTF-8. Where bytes of it are none, U+FFFD stands for them and a hash keeps names apart.

    >>> show_name("党建.txt"), show_name("bad\udcff.txt")
    ('党建.txt', 'bad�.txt~c6838bf6')
    """
    data = os.fsencode(name)        # the bytes of it: what a locale takes them for is of no account
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"{data.decode('utf-8', 'replace')}~{hashlib.sha256(data).hexdigest()[:8]}"


def find_inputs(names: Iterable[str], format: str | None = None, columns: Columns = COLUMNS) -> Listing:
    """All input files that `names` stand for, each once, sorted by name.

    A folder gives the files below it that have a reader, by what they begin with or by their suffix; what else it holds, hidden
    files, and folders that a run wrote are left alone, and all but the last counted. A folder that links back to itself, a file
    that cannot be read, and one that is plainly not what its suffix says become faults. `format` forces the format of every file.
    A file that has several names goes by the longest, then the last of them in the order of names. Files of one name that are
    different ones go by as many folders above them as tell all of these apart; so it is with faults. Raises UsageError for a name
    that matches nothing, or that cannot be looked at, and for an unknown format.
    """
    if format is not None:
        find_format(format)
    found: dict[str, Input] = {}
    listing = Listing()
    for name in _read_lists(names):
        if is_remote(name):
            for address, shown, size, inside in list_remote(name):
                entry = describe_remote(address, shown, size, format, listing, inside=inside)
                if entry is not None:
                    found[address] = entry
            continue
        for path in _expand(name, listing):
            for file, shown, inside in _files(path, listing):
                entry = describe_file(file, shown, format, listing, inside=inside)
                if entry is not None:
                    real = os.path.realpath(file)
                    found[real] = max(found.get(real, entry), entry, key=lambda e: (len(e.name), e.name, e.path))
    for real in found:      # hidden, for example, but named too
        listing.left.pop(real, None)
    apart = _tell_apart([entry.name for entry in found.values()], [entry.path for entry in found.values()])
    listing.inputs = sorted(replace(entry, name=name, columns=columns) for entry, name in zip(found.values(), apart, strict=True))
    listing.faults = _choose_faults(listing.faults)
    return listing


def _tell_apart(names: Sequence[str], paths: Sequence[str]) -> list[str]:
    """The names of files at these paths, those that are alike by a longer one each."""
    apart = list(names)
    alike: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        alike.setdefault(name, []).append(i)
    for name, own in alike.items():
        if len(own) == 1:
            continue
        parts = [(paths[i] if "://" in paths[i] else os.path.abspath(paths[i])).split("/") for i in own]
        n = name.count("/") + 2
        while len({*(tuple(path[-n:]) for path in parts)}) < len(own) and n < max(map(len, parts)):
            n += 1
        for i, path in zip(own, parts, strict=True):
            apart[i] = show_name("/".join(filter(None, path[-n:])))
    return apart


def _choose_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Each fault of each file once, under names that tell them apart."""
    found: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        place = (fault.path if is_remote(fault.path) else os.path.realpath(fault.path), fault.reason)
        found[place] = max(found.get(place, fault), fault, key=lambda f: (len(f.source), f.source, f.path))
    apart = _tell_apart([fault.source for fault in found.values()], [fault.path for fault in found.values()])
    named = (replace(fault, source=name) for fault, name in zip(found.values(), apart, strict=True))
    return sorted(named, key=lambda f: (f.source, f.reason, f.message))


#: Ten million names of a hundred bytes. What has more is cut into several lists.
_MOST_OF_LIST = 1 << 30
_MOST_OF_NAME = 1 << 16


def _read_lists(names: Iterable[str]) -> Iterator[str]:
    """The names, and in place of each `@file` those that stand in it, one a line. Raises UsageError for a list that is none."""
    for name in names:
        if not name.startswith("@"):
            yield name
            continue
        try:
            lines = world.read(name[1:], _MOST_OF_LIST).removeprefix(b"\xef\xbb\xbf").splitlines()
            if long := next((n for n, line in enumerate(lines, 1) if len(line) > _MOST_OF_NAME), 0):
                raise ValueError(f"line {long:,} is longer than any name")
        except (OSError, ValueError) as error:
            check_damage(error, name[1:])
            what = f"the list cannot be read ({getattr(error, 'strerror', None) or error})"
            raise UsageError(f"{show_name(name)}: {what}; a file that is called so is given as ./@…") from error
        inner = [os.fsdecode(line.strip()) for line in lines if line.strip()]
        if wrong := next((line for line in inner if line == "-" or line.startswith("@")), None):
            raise UsageError(f"{show_name(name)}: a list holds files, folders, globs and addresses, and no {show_name(wrong)!r}")
        yield from inner


def _expand(name: str, listing: Listing) -> list[str]:
    """The paths that a name on the command line stands for. `Path.exists` and `resolve` raise on loops, long names and locks."""
    path = os.fspath(Path(name)) if name else name
    try:
        os.lstat(path)
        return [path]
    except (FileNotFoundError, NotADirectoryError, ValueError):
        problem = "no such file or folder, and no file matches it; check the name"
    except OSError as error:
        check_damage(error, path)
        problem = f"{error.strerror}; check the name and the permissions of the folders above it"
    known = len(listing.faults)
    matches = _match(name, listing) if glob.has_magic(name) else []
    if not matches and len(listing.faults) == known:
        raise UsageError(f"{show_name(name)}: {problem}")
    return matches


def _match(name: str, listing: Listing) -> list[str]:
    """What a glob matches. A folder that cannot be read is an empty one to `glob`: each that it looks into is read here too."""
    parts = name.split("/")
    first = next(n for n, part in enumerate(parts) if glob.has_magic(part))
    for n, part in enumerate(parts[first:], first):
        above = "/".join([*parts[:n + (part == "**")], ""])
        for folder in glob.glob(above, recursive=True) if n > first or part == "**" else [above]:
            try:
                _look_into(folder or ".", part)
            except (FileNotFoundError, NotADirectoryError):
                pass
            except OSError as error:
                check_damage(error, folder)
                listing.say(folder, _name_of(folder), *_unreadable(error))
    return sorted(glob.glob(name, recursive=True))


def _look_into(folder: str, part: str) -> None:
    """Do what `glob` does there for a part of a pattern: to list all takes another permission than to look for one name."""
    if not glob.has_magic(part):
        os.lstat(os.path.join(folder, part))
        return
    with world.scan(folder) as entries:
        for _ in entries:
            pass


def _files(path: str, listing: Listing) -> Iterator[tuple[str, str, bool]]:
    """Path and name of each file that a path stands for, and whether it was met in a folder."""
    if not os.path.isdir(path):
        yield path, show_name(os.path.basename(path)), False
        return
    for file, shown in _walk(path, _name_of(path), listing):
        yield file, shown, True


def _name_of(folder: str) -> str:
    return show_name(os.path.basename(os.path.realpath(folder)))


def _walk(top: str, shown: str, listing: Listing) -> Iterator[tuple[str, str]]:
    """Files below a folder with their names, in order; each real folder once, so that loops of links end.

    Hidden files are left out and counted; the output of runs is left alone.
    """
    seen: set[tuple[int, int]] = set()
    stack = [(top, shown)]
    while stack:
        folder, prefix = stack.pop()
        try:
            status = os.stat(folder)
            with world.scan(folder) as scan:
                entries = sorted(scan, key=lambda e: e.name)
        except OSError as error:
            check_damage(error, folder)
            listing.say(folder, prefix, *_unreadable(error))
            continue
        if (status.st_dev, status.st_ino) in seen:
            listing.say(folder, prefix, "folder-loop", "this folder is a link back to one already read; nothing is lost")
            continue
        seen.add((status.st_dev, status.st_ino))
        of_run = any(e.name == "manifest.json" for e in entries) and _is_run(folder)
        if of_run and folder != top:
            listing.leave(folder, f"{prefix}/ (the output of a run)")
            continue
        for entry in entries:
            name = f"{prefix}/{show_name(entry.name)}"
            if entry.name.startswith("."):
                if not entry.name.startswith(_OF_RUNS):
                    listing.leave(entry.path, name, "hidden")
            elif (of_run and entry.name in _RUN_FILES) or entry.name == _FAILED:
                listing.leave(entry.path, name)
            elif _is_folder(entry):
                stack.append((entry.path, name))
            else:
                yield entry.path, name


def _unreadable(error: OSError) -> tuple[str, str]:
    return "unreadable-folder", f"{error.strerror}; check its permissions"


def _is_run(folder: str) -> bool:
    """Whether the manifest in a folder is one of this tool: whether it names the version of Taosha."""
    path = Path(folder, "manifest.json")
    try:
        manifest = orjson.loads(read_whole(path)) if path.is_file() else None
    except (OSError, ValueError) as error:
        check_damage(error, path)
        return False
    versions = manifest.get("versions") if isinstance(manifest, dict) else None
    return isinstance(versions, dict) and "taosha" in versions


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one. A link that cannot be followed is no folder; `describe_file` says why."""
    try:
        return entry.is_dir()
    except OSError as error:
        check_damage(error, entry.path)
        return False


@contextmanager
def open_inputs(names: Sequence[str], format: str | None = None, columns: Columns = COLUMNS) -> Iterator[Listing]:
    """`find_inputs`, with `-` read from standard input into a temporary file that lives as long as the block.

    Standard input is what its first bytes prove or look like, else one text, unless `format` says otherwise. Raises OutputError
    where the temporary file cannot be written.
    """
    files = [name for name in names if name != "-"]
    listing = find_inputs(files, format, columns)
    if len(files) == len(names):
        yield listing
        return
    with _copied_input() as (path, digest):
        entry = describe_stream(path, format, listing)
        if entry is not None:
            listing.inputs = sorted([*listing.inputs, replace(entry, columns=columns, spooled=digest)])
        yield listing


@contextmanager
def _copied_input() -> Iterator[tuple[str, str]]:
    """Standard input as a file, for it is read more than once, and the sha256 of it."""
    folder = None
    try:
        folder = world.temporary_folder(prefix="taosha-", ignore_cleanup_errors=True)
        path = os.path.join(folder.name, "stdin")
        digest = hashlib.sha256()
        with world.open(path, "wb") as file:
            while block := sys.stdin.buffer.read(1 << 20):
                file.write(block)
                digest.update(block)
    except OSError as error:
        if folder is not None:
            folder.cleanup()
        what = f"standard input cannot be kept in a temporary file ({error.strerror})"
        raise OutputError(f"{what}; free some space there, or name another folder with TMPDIR") from error
    try:
        yield path, digest.hexdigest()
    finally:
        folder.cleanup()
