"""How the files of a run appear: together, at the moment that one file is renamed, or not at all.

The rule of this file: four names cannot be exchanged at once, so the moment is the renaming of `commit.json`, which lists
the new files with where they lie. Before it the old run stands; after it the new one does, and whoever comes next puts in place
what a kill left over. Meanwhile the old companions go before the first new file comes, so that at no moment files of two runs
stand beside each other under their names. They go into the work folder: where one cannot go, or the corpus cannot be replaced, the
run that began to publish puts all back as it was, and withdraws its list last (docs/decisions/040).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson

from pipeline import world
from pipeline.atomic import explain_os_error, open_atomic, sync_folder
from pipeline.corpus.pending import COMMIT, NEW, find_pending
from pipeline.errors import OutputError

__all__ = ["finish_pending", "publish"]

#: In a work folder: where the files of before lie until the new ones are in place. Without a list beside it, it is of no use.
OLD = "old"


def publish(work: Path, put: Sequence[str], gone: Sequence[str]) -> None:
    """Put the files `put` of `work`/new in place of those in its parent folder, the corpus first; those of `gone` go.

    Raises OutputError or OSError where that cannot be; then the files of before are in place again, or the list stays.
    """
    old = work / OLD
    if old.exists():        # of a run that was killed when its own files were in place: nothing of it may be put back
        world.remove_tree(old)
    world.make_folder(old)
    with open_atomic(work / COMMIT) as file:
        file.write(orjson.dumps({"put": list(put), "gone": list(gone)}))
    try:
        _exchange(work, put, gone)
    except (OSError, OutputError):
        if (work / NEW / put[0]).exists():
            with suppress(OSError):
                _put_back(work)
        raise       # else the list stays, and the next run puts the new files in place
    _end(work)


def finish_pending(folder: Path) -> None:
    """Put in place what a run that was killed after its moment left over. Under the lock of the folder.

    What fails here is not put back: of another process nobody knows that it lost nothing of before.
    """
    while (work := find_pending(folder)) is not None:
        said = orjson.loads(world.read(work / COMMIT))
        world.make_folders(work / OLD)
        _exchange(work, said["put"], said["gone"])
        _end(work)


def _exchange(work: Path, put: Sequence[str], gone: Sequence[str]) -> None:
    """Each step may be done again: a new file is either still in `work` or in its place."""
    folder, new = work.parent, work / NEW
    left = [name for name in put if (new / name).exists()]
    for name in [*gone, *left]:
        if name != put[0]:          # the corpus is replaced, for it may stand alone
            _set_aside(folder / name, work / OLD)
    sync_folder(folder)
    for name in left:
        _move(new / name, folder / name, folder / name)


def _end(work: Path) -> None:
    """The new files are in place: make that last, withdraw the list, and let go the files of before."""
    sync_folder(work.parent)
    world.remove(work / COMMIT)
    sync_folder(work)
    world.remove_tree(work / OLD, ignore_errors=True)       # what stays goes with the work folder


def _put_back(work: Path) -> None:
    """Undo what was done before the new corpus, which is the first of the new files, came. A kill meanwhile leaves the list."""
    for path in world.list_folder(work / OLD):
        world.rename(path, work.parent / path.name)
    sync_folder(work.parent)
    world.remove(work / COMMIT)
    sync_folder(work)


def _set_aside(path: Path, old: Path) -> None:
    if path.is_dir() and not path.is_symlink():         # a rename would take along what is in it
        raise OutputError(f"{path}: this is a folder, and a run replaces a file there; move it and run again")
    if os.path.lexists(path):
        _move(path, old / path.name, path)


def _move(source: Path, target: Path, place: Path) -> None:
    """Rename a file. Raises OutputError that names the place that users know, not where a file lies meanwhile."""
    try:
        world.rename(source, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EACCES, errno.EBUSY):
            raise explain_os_error(place, error) from error
        way_out = "free it and run again, or choose another place with -o"
        raise OutputError(f"{place}: cannot be replaced ({error.strerror}); {way_out}") from error
