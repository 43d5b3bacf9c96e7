"""Where a run works: a folder beside its output, locked, kept when the run is killed so that the next one goes on from there.

The rule of this file: only what is surely ours is opened, written or removed. The lock is never opened through a link nor
emptied, and goes last. A work folder has our exact name and our mark in it; a link, or a folder of another, stays.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import Timeout

from pipeline import world
from pipeline.atomic import explain_os_error, open_atomic
from pipeline.corpus.audit import AUDITS
from pipeline.corpus.card import CARDS
from pipeline.corpus.manifest import find_corpus
from pipeline.corpus.pending import COMMIT, MARK, find_pending, find_work_folders
from pipeline.corpus.shards import find_shards
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.read.inputs import Input, Listing
from pipeline.read.reading import PassingError
from pipeline.read.steady import ChangedError

__all__ = ["COMPANIONS", "check_aside", "check_output", "keep_alone", "leave_own", "open_workplace", "take_in"]

#: Files that stand beside a corpus.
COMPANIONS = (*AUDITS, "quarantine.jsonl", "manifest.json", "report.html")
LOCK = ".taosha.lock"
#: What the mark of a work folder says where the run is sealed.
_SEALED = b"sealed"
#: What a file of standard input is called in a work folder.
_SPOOLED = "stdin-"


def _is_standard_input(path: Path) -> bool:
    """Whether it is what standard input was redirected from."""
    try:
        return os.path.samestat(path.stat(), os.fstat(0))
    except OSError:
        return False


def leave_own(listing: Listing, output: Path) -> None:
    """Leave alone the corpus that an earlier run wrote to `output`, where it was met in a folder of inputs."""
    if find_corpus(output.parent) != output.name:
        return
    own = {os.path.realpath(path) for path in (output, *find_shards(output))}
    for entry in [entry for entry in listing.inputs if "/" in entry.name and os.path.realpath(entry.path) in own]:
        listing.inputs.remove(entry)
        listing.leave(entry.path, entry.name)


def check_output(output: Path, inputs: Sequence[str], *, force: bool = False) -> None:
    """Raise UsageError for an output that would overwrite an input, a companion of its own, or a run or files of another.

    With `force` files of others that stand under the names of its companions may be replaced, but no run: its audit would be lost.
    """
    if output.name in ("-", LOCK, *COMPANIONS) or output.is_dir():
        raise UsageError(f"{output}: this name is taken; give the name of a file for the corpus, such as clean.jsonl")
    folder = output.parent
    companions = [folder / name for name in COMPANIONS]
    for path in (output, *find_shards(output), *companions):
        _check_regular(path)
        if path.exists() and (any(os.path.exists(i) and path.samefile(i) for i in inputs) or _is_standard_input(path)):
            raise UsageError(f"{path}: this input would be overwritten; choose another folder with -o")
    if find_pending(folder) is not None:
        return      # the files of a killed run are put in place first
    other = find_corpus(folder)
    if other not in (None, output.name):
        raise UsageError(f"{folder}: holds the run of {other}, whose audit would be lost; choose another folder with -o")
    if other is None and not force and (foreign := [path for path in companions if path.exists()]):
        way_out = "move it, choose another folder with -o, or replace it with --force"
        raise UsageError(f"{foreign[0]}: this file is of no run, and one would stand there; {way_out}")


def check_aside(path: Path, output: Path | None, inputs: Sequence[str]) -> None:
    """Raise UsageError for a file besides those of a run that would overwrite one of these, or an input."""
    own = [] if output is None else [output, *find_shards(output), *(output.parent / name for name in (*COMPANIONS, LOCK, *CARDS))]
    if os.path.realpath(path) in map(os.path.realpath, own):
        raise UsageError(f"{path}: the run writes its own file there; choose another name")
    if path.exists() and (any(os.path.exists(i) and path.samefile(i) for i in inputs) or _is_standard_input(path)):
        raise UsageError(f"{path}: this input would be overwritten; choose another name")
    is_made = output is not None and os.path.realpath(path.parent) == os.path.realpath(output.parent)      # by the run
    if not is_made and not path.parent.is_dir():
        raise OutputError(f"{path}: its folder is not there; make it, or choose another place")


def _check_regular(path: Path) -> None:
    """Raise UsageError where another thing than a file stands under a name that a run writes."""
    try:
        mode = os.lstat(path).st_mode
    except (OSError, ValueError):
        return      # not there, or not to be written: the writing says so
    if stat.S_ISLNK(mode):
        raise UsageError(f"{path}: this is a link, and a run replaces its files; name the folder and file that it leads to")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path}: this is no regular file; give the name of a file for the corpus, such as clean.jsonl")


@contextmanager
def open_workplace(folder: Path, key: str, *, keep: bool = False, sealed: bool = False) -> Iterator[Path]:
    """The folder `.taosha-KEY` in `folder`, for this process alone; removed with those of dead runs when the block ends well.

    It stays where it is to be kept, and where a run was killed or ran out of disk, or its input changed, for the next one to go on
    from, unless nothing was done yet. With `sealed`, where it holds what nothing else may tell, it goes with the run whatever ends
    it; only a process that was killed leaves it, and then every run that is not sealed takes it away before it begins. Raises
    OutputError where it cannot be made, UsageError where another process works in `folder`.
    """
    work = folder / f".taosha-{key}"
    try:
        world.make_folders(folder)
        with _locked(folder):
            if not sealed:
                _remove_sealed(folder)
            try:
                _mark(work, sealed)
                yield work
                for stale in find_work_folders(folder):
                    if stale != work or not keep:
                        world.remove_tree(stale, ignore_errors=True)
            except BaseException as error:
                if (sealed and not (work / COMMIT).exists()) or _is_vain(error, work):
                    world.remove_tree(work, ignore_errors=True)
                raise
    except OSError as error:
        raise explain_os_error(folder, error) from error


def _is_vain(error: BaseException, work: Path) -> bool:
    """Whether the next run will not go on from there: the input is at fault, or nothing was done yet."""
    if isinstance(error, ChangedError | PassingError):
        return False
    return isinstance(error, InputError) or not _holds_work(work)


def _mark(work: Path, sealed: bool) -> None:
    """Make a work folder, and say in it that it is ours, and whether what is in it is for nobody's eyes."""
    world.make_folders(work)
    if sealed:
        with world.open(work / MARK, "wb") as file:
            file.write(_SEALED)
    else:
        world.touch(work / MARK)


def _remove_sealed(folder: Path) -> None:
    """Take away what killed runs left that were sealed; where only the renaming is left to do, there is nothing else in it."""
    for work in find_work_folders(folder):
        if not (work / COMMIT).exists() and world.read(work / MARK) == _SEALED:
            world.remove_tree(work)


def _holds_work(work: Path) -> bool:
    """Whether a work folder holds anything but its mark and what was taken from standard input: of a refused run it does not."""
    with suppress(OSError):
        return any(path.name != MARK and not path.name.startswith(_SPOOLED) for path in world.list_folder(work))
    return True


def keep_alone(work: Path, paths: Iterable[Path]) -> None:
    """Remove all of a work folder but these files, and the mark that says whose it is."""
    kept = {work / MARK, *paths}
    for top, _, files in os.walk(work):
        for path in (Path(top, name) for name in files):
            if path not in kept:
                world.remove(path)


def take_in(listing: Listing, work: Path) -> Listing:
    """The listing with standard input in the work folder, where the next run finds it as this one did if this one is killed."""
    inputs = [entry if not entry.spooled else replace(entry, path=_take_in(entry, work)) for entry in listing.inputs]
    return replace(listing, inputs=inputs)


def _take_in(entry: Input, work: Path) -> str:
    there = work / f"{_SPOOLED}{entry.spooled}"
    if not there.exists():
        with open_atomic(there) as file, world.open(entry.path, "rb") as spool:
            shutil.copyfileobj(spool, file, 1 << 20)
    return os.fspath(there)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The lock of a folder; it goes with the process. Raises UsageError where another holds it, or it is no lock of ours."""
    path = folder / LOCK
    _check_regular(path)
    lock = world.lock(path, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(f"{folder}: another process makes a corpus here; wait until it is done") from None
    try:
        yield
    finally:
        with suppress(OSError):
            world.remove(path)        # while it is held: whoever waits for this file tries again with a new one
        lock.release()
