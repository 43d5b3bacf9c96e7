"""Where a run works: a folder beside its output, locked, kept when the run is killed so that the next one goes on from there."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.corpus.manifest import find_corpus
from pipeline.errors import InputError, OutputError, UsageError

__all__ = ["COMPANIONS", "check_output", "open_workplace"]

#: Files that stand beside a corpus.
COMPANIONS = ("audit.jsonl", "quarantine.jsonl", "manifest.json", "report.html")
LOCK = ".taosha.lock"


def check_output(output: Path, inputs: Sequence[str]) -> None:
    """Raise UsageError for an output that would overwrite an input, a companion of its own, or a run or files of another."""
    if output.name in ("-", *COMPANIONS) or output.is_dir():
        raise UsageError(f"{output}: this name is taken; give the name of a file for the corpus, such as clean.jsonl")
    folder = output.parent
    companions = [folder / name for name in COMPANIONS]
    for path in (output, *companions):
        if path.exists() and any(os.path.exists(i) and path.samefile(i) for i in inputs):
            raise UsageError(f"{path}: this input would be overwritten; choose another folder with -o")
    other = find_corpus(folder)
    if other not in (None, output.name):
        raise UsageError(f"{folder}: holds the run of {other}, whose audit would be lost; choose another folder with -o")
    if other is None and (foreign := [path.name for path in companions if path.exists()]):
        raise UsageError(f"{folder}: holds a {foreign[0]} that is of no run; move it, or choose another folder with -o")


@contextmanager
def open_workplace(folder: Path, key: str) -> Iterator[Path]:
    """The folder `.taosha-KEY` in `folder`, for this process alone; removed with those of dead runs when the block ends well.

    It stays where a run was killed or ran out of disk, for the next one to go on from. Raises OutputError where it cannot be
    made, UsageError where another process works in `folder`.
    """
    work = folder / f".taosha-{key}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder / LOCK)
        work.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another place with -o") from error
    with lock:
        try:
            yield work
        except InputError:
            shutil.rmtree(work, ignore_errors=True)
            raise
        finally:
            (folder / LOCK).unlink(missing_ok=True)
        for stale in folder.glob(".taosha-*"):
            shutil.rmtree(stale, ignore_errors=True)


def _lock(path: Path) -> IO[bytes]:
    """The file, locked; the lock goes with the process. Raises UsageError where another process holds it."""
    while True:
        file = open(path, "wb")      # noqa: SIM115
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise UsageError(f"{path.parent}: another process makes a corpus here; wait until it is done") from None
        if path.exists() and os.stat(path).st_ino == os.fstat(file.fileno()).st_ino:
            return file
        file.close()        # it was removed between opening and locking: the one who removed it is done
