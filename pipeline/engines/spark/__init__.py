"""The engine that runs steps on Spark: shards over the machines of a cluster. An extra, `taosha[spark]`.

The rule of this folder: it moves shards, and groups of narrow rows as Arrow writes them; it knows nothing of text. A task is the
local engine over one shard (`tasks`), so what goes on, what is rescued and what is given up is the same on one machine and on many;
Spark says where a task runs, does again what was lost, and brings the rows of a group together (`shuffling`). What each machine
reads and writes are files: the folder of the run lies where all see it.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import world
from pipeline.engines import Heard, Made, PartFn, Rescue
from pipeline.engines.dataset import Dataset, Shard
from pipeline.engines.spark.session import Session, check_master, explain, open_session
from pipeline.engines.spark.shuffling import Groups, drop_others, find_groups, make_groups, split_shards
from pipeline.engines.spark.tasks import Notes, Work, do_shards, name_code

__all__ = ["SparkEngine"]

#: Tasks of a step at most: the driver holds some KB of each. Beyond that a task has several shards.
MOST_TASKS = 100_000
#: Tasks for each core that cut rows into groups: enough that all end together, few enough that pieces are not tiny.
SPLITS_A_CORE = 4
_BEAT = 0.2             # seconds between two looks at how far a step is


class SparkEngine:
    """The engine. A context manager; Spark is started with the block, unless a SparkContext is there, and ends with it."""

    def __init__(self, master: str = "", bind: str = "") -> None:
        """`master` as Spark has it; nothing: what Spark was told otherwise, else all cores of this machine. `bind`: the address
        of this machine by which workers on others reach it; nothing: none can. Raises UsageError for what is no
        master; whether one is there is asked when Spark is started.
        """
        check_master(master)
        self.master, self.bind = master, bind
        self._session: Session | None = None
        self._stack = ExitStack()

    def __enter__(self) -> SparkEngine:
        self._session = self._stack.enter_context(open_session(self.master, self.bind))
        return self

    def __exit__(self, *_: object) -> None:
        self._session = None
        self._stack.close()

    def map(
        self, src: Dataset, columns: Sequence[str] | None, fn: PartFn, schema: pa.Schema, out: Path, *,
        rescue: Rescue | None = None, told: Heard | None = None,
    ) -> Dataset:
        """See `Engine.map`."""
        world.make_folders(out)
        first = {shard.digest: at for at, shard in reversed(list(enumerate(src.shards)))}      # equal shards are made once
        tasks = [(at, src.shards[at]) for at in sorted(first.values())]
        work = Work(name_code(), pickle.dumps((columns, fn, schema, rescue), protocol=5), out)

        def build(rdd: Any, sent: Any, notes: Any) -> Any:
            return rdd.mapPartitions(do_shards(sent, notes, self._own.max_failures))

        made = self._run(tasks, build, work, told)
        of = {src.shards[at].digest: shards for at, shards in made.items()}
        if told is not None:
            for at, shard in enumerate(src.shards):
                if first[shard.digest] != at:
                    told(Made(at, sum(s.rows for s in of[shard.digest]), True))
        return Dataset(tuple(own for shard in src.shards for own in of[shard.digest]))

    def shuffle(
        self, src: Dataset, columns: Sequence[str], key: str, n_parts: int, fn: PartFn, schema: pa.Schema, out: Path, *,
        told: Heard | None = None,
    ) -> Dataset:
        """See `Engine.shuffle`."""
        world.make_folders(out)
        pickled = pickle.dumps((columns, fn, schema, None), protocol=5)
        work = Work(name_code(), pickled, out, Groups.of(src, columns, key, n_parts, pickled))
        there = find_groups(work)
        missing = [part for part in range(n_parts) if part not in there]
        made = dict(there)
        for part, shard in there.items():
            if told is not None:
                told(Made(part, shard.rows, True))

        def build(rdd: Any, sent: Any, notes: Any) -> Any:
            pieces = rdd.mapPartitions(split_shards(sent, missing)).partitionBy(len(missing), int)
            return pieces.mapPartitionsWithIndex(make_groups(sent, notes, missing, self._own.max_failures))

        if missing:
            slices = max(1, min(len(src.shards), SPLITS_A_CORE * self._own.cores))
            found = self._run(list(enumerate(src.shards)), build, work, told, slices)
            made |= {part: shards[0] for part, shards in found.items()}
            drop_others(work, made)
        return Dataset(tuple(made[part] for part in range(n_parts)))

    @property
    def _own(self) -> Session:
        assert self._session is not None, "the engine is a context manager"
        return self._session

    def _run(
        self, tasks: Sequence[tuple[int, Shard]], build: Callable[[Any, Any, Any], Any], work: Work, told: Heard | None,
        slices: int | None = None,
    ) -> dict[int, list[Shard]]:
        """Run a job, tell how far it is, and give the shards by their places. Raises the first error that a task answers with."""
        if not tasks and work.groups is None:
            return {}
        context = self._own.context
        with self._send(work) as sent:
            notes = context.accumulator([], Notes())
            rdd = context.parallelize(tasks, slices or min(len(tasks), MOST_TASKS))
            made: dict[int, list[Shard]] = {}
            for note in self._hear(build(rdd, sent, notes), notes):
                if note.error is not None:
                    raise note.error
                if note.at not in made:
                    made[note.at] = note.shards
                    if told is not None:
                        told(Made(note.at, sum(shard.rows for shard in note.shards), True))
            return made

    @contextmanager
    def _send(self, work: Work) -> Iterator[Any]:
        """The work of a step, brought to each worker once: it names all datasets that the step reads."""
        sent = self._own.context.broadcast(work)
        try:
            yield sent
        finally:
            with suppress(Exception):       # Spark may be gone
                sent.unpersist()

    def _hear(self, job: Any, notes: Any) -> Iterator[Any]:
        """The notes of a job as its tasks end; it is stopped where nobody hears on. Raises TaoshaError where it fails."""
        failed: list[BaseException] = []

        def run() -> None:
            try:
                context.setJobGroup(group, "a step of a run", interruptOnCancel=True)
                job.count()
            except Exception as error:
                failed.append(error)

        context, group, heard = self._own.context, f"taosha-{id(notes)}", 0
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            while True:
                is_over = not thread.is_alive()
                while heard < len(notes.value):
                    yield notes.value[heard]
                    heard += 1
                if is_over:
                    break
                thread.join(_BEAT)
        finally:
            if thread.is_alive():
                with suppress(Exception):
                    context.cancelJobGroup(group)
                thread.join(10 * _BEAT)
        if failed:
            raise explain(failed[0], self._own) from None
