"""How the files of a run appear: together, at the moment that one file is renamed, or not at all.

The rule of this file: four names cannot be exchanged at once, so the moment is the renaming of `commit.json`, which lists
the new files with their digests and where they lie. Before it the old run stands; after it the new one does, and whoever
comes next puts in place what a kill left over. Meanwhile the old companions go before the first new file comes, so that at
no moment files of two runs stand beside each other under their names (docs/decisions/040).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson

from pipeline import world
from pipeline.atomic import open_atomic, sync_folder
from pipeline.corpus.pending import COMMIT, NEW, find_pending

__all__ = ["finish_pending", "publish"]


def publish(work: Path, put: Sequence[str], gone: Sequence[str]) -> None:
    """Put the files `put` of `work`/new in place of those in its parent folder, the corpus first; those of `gone` go."""
    with open_atomic(work / COMMIT) as file:
        file.write(orjson.dumps({"put": list(put), "gone": list(gone)}))
    _carry_out(work)


def finish_pending(folder: Path) -> None:
    """Put in place what a run that was killed after its moment left over. Under the lock of the folder."""
    while (work := find_pending(folder)) is not None:
        _carry_out(work)


def _carry_out(work: Path) -> None:
    """Each step may be done again: a new file is either still in `work` or in its place."""
    said = orjson.loads(world.read(work / COMMIT))
    folder, new = work.parent, work / NEW
    left = [name for name in said["put"] if (new / name).exists()]
    for name in [*said["gone"], *left]:
        if name != said["put"][0]:          # the corpus is replaced, for it may stand alone
            with suppress(FileNotFoundError):
                world.remove(folder / name)
    sync_folder(folder)
    for name in left:
        world.rename(new / name, folder / name)
    sync_folder(folder)
    world.remove(work / COMMIT)
    sync_folder(work)
