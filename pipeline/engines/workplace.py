"""Where a run works: a folder beside its output, locked, kept when the run is killed so that the next one goes on from there."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.errors import OutputError, UsageError
from pipeline.write.manifest import find_corpus

__all__ = ["COMPANIONS", "check_output", "open_workplace"]

#: Files that stand beside a corpus.
COMPANIONS = ("audit.jsonl", "quarantine.jsonl", "manifest.json", "report.html")


def check_output(output: Path, inputs: Sequence[str]) -> None:
    """Raise UsageError for an output that would overwrite an input, a companion of its own, or the run of another corpus."""
    if output.name in COMPANIONS or output.is_dir():
        raise UsageError(f"{output}: this name is taken; give the name of a file for the corpus, such as clean.jsonl")
    folder = output.parent
    for path in (output, *(folder / name for name in COMPANIONS)):
        if path.exists() and any(os.path.exists(i) and path.samefile(i) for i in inputs):
            raise UsageError(f"{path}: this input would be overwritten; choose another folder with -o")
    other = find_corpus(folder)
    if other not in (None, output.name):
        raise UsageError(f"{folder}: holds the run of {other}, whose audit would be lost; choose another folder with -o")


@contextmanager
def open_workplace(folder: Path, key: str) -> Iterator[Path]:
    """The folder `.taosha-KEY` in `folder`, for this process alone; removed with those of dead runs when the block ends well.

    Raises OutputError where it cannot be made, UsageError where another process works there.
    """
    work = folder / f".taosha-{key}"
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock = _lock(work)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another place with -o") from error
    if lock is None:
        raise UsageError(f"{folder}: another process makes the same run here; wait until it is done")
    with lock:
        yield work
        for stale in folder.glob(".taosha-*"):
            own = stale == work
            held = lock if own else _lock(stale)
            if held is not None:
                shutil.rmtree(stale, ignore_errors=True)
                if not own:
                    held.close()


def _lock(folder: Path) -> IO[bytes] | None:
    """A locked file in the folder, or None where another process holds it; the lock goes with the process."""
    file = open(folder / "lock", "wb")      # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
