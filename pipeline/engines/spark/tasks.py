"""What runs on the workers: a task is the local engine over one shard, and tells of it in a note.

The rule of this file: a task may be done twice at once, and again after a worker died. It writes only shards whose names say what
they were made from and what is in them, so whichever comes last changes nothing. No message of a failure holds what is in a shard.
"""

from __future__ import annotations

import os
import pickle
import socket
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.corpus.manifest import versions
from pipeline.engines.dataset import Dataset, Shard
from pipeline.engines.local import LocalEngine
from pipeline.errors import OutputError, TaoshaError, UsageError
from pipeline.jit.code import digest_code

if TYPE_CHECKING:
    from pipeline.engines.spark.shuffling import Groups

__all__ = [
    "FailedError", "Note", "Notes", "Work", "check_place", "describe", "do_shards", "keep_quiet", "name_code",
    "unpack",
]

_PATIENCE = 5.0         # seconds until a file that another machine wrote must be seen: caches of NFS are that old


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is, as it goes to the workers. What is called is pickled by name: it is code of the package on each machine."""

    code: str               # of the process of the run, see `name_code`
    pickled: bytes          # columns, function, schema, rescue
    out: Path
    groups: Groups | None = None
    folder: str = field(default_factory=os.getcwd)      # of the process of the run: paths may be from there


@dataclass(frozen=True, slots=True)
class Note:
    """What came of a shard or a group: the shards made of it, or an error that ends the run."""

    at: int
    shards: list[Shard]
    error: Exception | None = None


class Notes:
    """How notes are gathered, as Spark wants it of an accumulator: those of a task come when it has ended well, and only then."""

    def zero(self, value: list[Note]) -> list[Note]:
        """None."""
        return []

    def addInPlace(self, notes: list[Note], more: list[Note]) -> list[Note]:
        """And more."""
        notes += more
        return notes


class FailedError(Exception):
    """A task failed and is to be tried again: what kind of error it was and where, never what it said."""


@lru_cache(maxsize=2)
def unpack(pickled: bytes) -> tuple[Any, ...]:
    """Columns, function, schema and rescue: once a step in each worker, for they may name thousands of shards."""
    return tuple(pickle.loads(pickled))


@lru_cache(maxsize=1)
def name_code() -> str:
    """What runs here: the package, and what it is built on. Elsewhere the same may not come of it."""
    return f"{digest_code()} {sorted(versions().items())}"


def check_place(work: Work, path: Path) -> None:
    """Go where the process of the run is. Raise where this machine has another package, or does not see the files of the run."""
    with suppress(OSError):     # a run of whole paths needs no such folder here
        os.chdir(work.folder)
    if name_code() != work.code:
        here = socket.gethostname()
        raise UsageError(f"{here}: another Taosha, or another version of what it needs, is installed there; make all the same")
    end = time.monotonic() + _PATIENCE
    while not (work.out.is_dir() and path.exists()):
        if time.monotonic() > end:
            lost = path if work.out.is_dir() else work.out
            raise OutputError(
                f"{lost}: is not seen on {socket.gethostname()}, which is to work on it; let -o name a folder on a file system "
                "that all machines share, under one path"
            )
        time.sleep(0.2)


def do_shards(sent: Any, notes: Any, max_failures: int) -> Callable[[Iterable[tuple[int, Shard]]], Iterator[int]]:
    """The function of the tasks of a map."""
    return partial(_do_shards, sent=sent, notes=notes, max_failures=max_failures)


def _do_shards(tasks: Iterable[tuple[int, Shard]], *, sent: Any, notes: Any, max_failures: int) -> Iterator[int]:
    for at, shard in tasks:
        notes.add([keep_quiet(partial(_do_shard, sent.value, shard), at, max_failures)])
        yield at


def _do_shard(work: Work, shard: Shard) -> list[Shard]:
    """The local engine over a shard, in a folder of its own. A mark there says that somebody died on it, or is still at it; then it
    is given to a process beside this one, which may die in its turn and is rescued.
    """
    check_place(work, shard.path)
    columns, fn, schema, rescue = unpack(work.pickled)
    with LocalEngine(1, alone=False) as engine:
        made = engine.map(Dataset((shard,)), columns, fn, schema, work.out / shard.digest[:32], rescue=rescue)
    return list(made.shards)


def keep_quiet(do: Callable[[], list[Shard]], at: int, max_failures: int) -> Note:
    """The note of what is done. What we raise on purpose ends the run; the rest is tried again, and in the end said to the run.

    Spark writes the errors of tasks into logs, so what an error says goes to the run alone.
    """
    from pyspark import TaskContext

    try:
        return Note(at, do())
    except TaoshaError as error:
        return Note(at, [], error)
    except Exception as error:
        context = TaskContext.get()
        if context is not None and context.attemptNumber() + 1 < max_failures:
            raise FailedError(describe(error)) from None
        return Note(at, [], _send_back(error))


def describe(error: Exception) -> str:
    """What kind of error it is, and where; not what it says."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {os.path.basename(last.filename)}:{last.lineno}"


def _send_back(error: Exception) -> Exception:
    """The error, if it can be sent; else what can be said of it."""
    try:
        error.add_note(f"on {socket.gethostname()}:\n" + "".join(traceback.format_exception(error)))
        again = pickle.loads(pickle.dumps(error))
        return again if isinstance(again, Exception) else TaoshaError(describe(error))
    except Exception:
        return TaoshaError(f"a task failed again and again: {describe(error)}")
