"""Where output goes, from what the user wrote after `-o`: a regular file with the suffix of what is written, or UsageError.

The rule of this file: what stands there already is replaced only where it is ours, or empty, or the user said `--force`; what the
command reads is never replaced. Links are followed before anything is compared.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import orjson

from pipeline.corpus.corpus import SUFFIXES
from pipeline.corpus.manifest import NoRunError, find_corpus, read_manifest
from pipeline.corpus.pending import find_pending
from pipeline.corpus.shards import find_shards
from pipeline.errors import OutputError, UsageError
from pipeline.read.damage import check_damage
from pipeline.read.reading import open_to_read

__all__ = [
    "check_unread", "find_corpus_target", "find_metrics_target", "find_originals_target", "find_report_target", "find_target",
    "identify", "list_read",
]

#: Bytes of the longest file name to write: file systems take 255, and a temporary name beside it is longer.
MOST_NAME = 200


def find_corpus_target(name: str, *, force: bool = False) -> Path:
    """The corpus to write: a file with one of SUFFIXES, or `clean.jsonl` in a folder, which is there or whose name ends in `/`."""
    folder = name.endswith("/") or os.path.isdir(name)
    target = find_target(os.path.join(name, "clean.jsonl") if folder else name, "corpus", SUFFIXES, _is_corpus, force=force)
    if not force and not _is_corpus(target) and (others := find_shards(target)):
        raise UsageError(f"{others[0]}: this looks like a part of another corpus; choose another name, or replace it with --force")
    return target


def find_report_target(name: str, *, force: bool = False) -> Path:
    """The page to write."""
    return find_target(name, "report", (".html", ".htm"), _is_report, force=force)


def find_originals_target(name: str, *, force: bool = False) -> Path:
    """The list of originals to write."""
    return find_target(name, "list of originals", (".jsonl",), _is_originals, force=force)


def find_metrics_target(name: str, *, force: bool = False) -> Path:
    """The figures of a run to write."""
    return find_target(name, "text of figures", (".prom", ".txt"), _is_metrics, force=force)


def _is_corpus(path: Path) -> bool:
    """Whether the manifest beside it names it, or a run that was killed puts its files in place."""
    return find_corpus(path.parent) == path.name or find_pending(path.parent) is not None


def _is_report(path: Path) -> bool:
    with open_to_read(path) as file:
        return b"<title>Taosha report</title>" in file.read(1024)


def _is_metrics(path: Path) -> bool:
    with open_to_read(path) as file:
        return file.read(16).startswith(b"# TYPE taosha_")


def _is_originals(path: Path) -> bool:
    with open_to_read(path) as file:
        try:
            return [*orjson.loads(file.readline())] == ["id", "source", "text"]
        except (orjson.JSONDecodeError, TypeError):
            return False


def find_target(name: str, what: str, suffixes: Sequence[str], is_ours: Callable[[Path], bool], *, force: bool) -> Path:
    """The regular file, there or to be made, that a name leads to; links are followed, so that they stay links.

    Without suffixes every one will do. Raises UsageError for any other (a `.gz` or `.parquet` that holds JSON would lie), and for
    what a rename would destroy:
    devices, pipes, sockets, folders, and (without `force`) a file of others; OutputError for a place that cannot be.
    """
    path = Path(name)
    if suffixes and (path.name in suffixes or not path.name.endswith(tuple(suffixes))):
        wanted = " or ".join(suffixes)
        more = ", the name of a folder, ending in /, or - for standard output" if what == "corpus" else ""
        raise UsageError(f"{name}: a {what} is written as {wanted}; give a name that ends so{more}")
    try:
        name.encode()
        real = Path(os.path.realpath(path))
        mode = os.stat(path).st_mode
    except UnicodeEncodeError:
        raise UsageError(f"{name!r}: this name is no UTF-8, and could not stand in the manifest; choose another with -o") from None
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        wrong = UsageError if error.errno == errno.ENAMETOOLONG else OutputError
        raise wrong(f"{name}: {error.strerror}; choose another place with -o") from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a device, pipe or socket"
        raise UsageError(f"{name}: this is no regular file but {kind}; choose another name with -o")
    if len(os.fsencode(real.name)) > MOST_NAME:
        raise UsageError(f"{name}: this name is too long; choose one of {MOST_NAME} bytes at most with -o")
    target = real if os.path.islink(path) else path
    if not force and _holds_more(target) and not is_ours(target):
        there = f"there is a file already that is no {what} of a run"
        raise UsageError(f"{name}: {there}; choose another name, or replace it with --force")
    return target


def list_read(path: Path) -> Iterator[Path]:
    """The files that are read where a command is given this: those of a run, of a corpus in parts, or all of another folder."""
    if not path.is_dir():
        yield from (path, *find_shards(path))
        return
    try:
        yield from (path / name for name in (*read_manifest(path)["files"], "manifest.json"))
    except NoRunError:
        seen: set[tuple[int, int]] = set()
        for top, folders, files in os.walk(path, followlinks=True, onerror=_check_listed):
            folders[:] = [name for name in folders if (known := identify(Path(top, name))) and known not in seen]
            seen.update(filter(None, (identify(Path(top, name)) for name in folders)))
            yield from (Path(top, name) for name in files)


def _check_listed(error: OSError) -> None:
    """A folder that cannot be listed is empty to a walk."""
    check_damage(error, error.filename)


def check_unread(target: Path, read: Iterable[Path]) -> None:
    """Raise UsageError where what stands at `target` is one of these files, by whatever name; `--force` does not help there."""
    if (known := identify(target)) and any(identify(path) == known for path in read):
        raise UsageError(f"{target}: this is a file that is read here, and it would be overwritten; choose another name")


def identify(path: Path) -> tuple[int, int] | None:
    """Device and number of what a path leads to; None where nothing is there."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _holds_more(path: Path) -> bool:
    """Whether something would be lost."""
    try:
        return os.stat(path).st_size > 0
    except OSError:
        return False
