"""The local engine: shards over worker processes on one machine, resumable after a kill. Needs no services.

The rule of this file: a shard is named after what it was made from (the digest of the shard it comes from, the columns, the
function with its arguments), so what a killed run finished is found again, and nothing else is. With one worker the work is
done in the parent, which leaves a mark while it does: a shard that a process died on is given to a worker next time.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import world
from pipeline.engines import Heard, Made, PartFn, Rescue
from pipeline.engines.dataset import Dataset, Shard, ShardSteps, find_shards, read_batches, write_shard, write_steps
from pipeline.engines.workers import Call, Died, Far, Pool
from pipeline.errors import TaoshaError
from pipeline.jit.warming import warm
from pipeline.meter import METER

__all__ = ["LocalEngine", "count_cores", "group_rows", "split_by_key"]

#: Workers that may die in one step before the run ends: a record is found in a shard of thousands after a dozen.
MOST_DEATHS = 256
#: Seconds to wait after each worker that dies while it looks where to cut a shard, before that is tried again. It seldom is the
#: shard that is deadly then: memory is short, and whoever makes room kills one process after another.
PAUSES = (0.0, 0.5, 2.0, 8.0, 0.0)


def count_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class LocalEngine:
    """The engine. A context manager. Kernels that numba keeps itself must be compiled before: its cache bears one process."""

    workers: int | None = None      # None: one for each core
    alone: bool = True              # no other process may be at work in the folders of the same steps
    _pool: Pool | None = field(init=False, default=None)
    _warm: bool = field(init=False, default=False)

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.close()

    @property
    def at_once(self) -> int:
        """How many shards it moves at a time."""
        return self.workers or count_cores()

    def start(self, n_tasks: int, modules: Sequence[str]) -> None:
        """Start its workers for so many tasks now: they import these modules while the plan is made. For one it needs none."""
        if (n := self._n_workers(n_tasks)) > 1 and self._pool is None:
            self._pool = Pool(self.at_once)
            self._pool.start(n, modules)

    def map(
        self, src: Dataset, columns: Sequence[str] | None, fn: PartFn, schema: pa.Schema, out: Path, *,
        rescue: Rescue | None = None, told: Heard | None = None,
    ) -> Dataset:
        """See `Engine.map`."""
        world.make_folders(out)
        job = _Job(out, columns, fn, schema, find_shards(out, alone=self.alone))
        made: dict[int, list[Shard]] = {}
        for at, shard in enumerate(src.shards):
            if (there := job.there.get(job.key(shard))) is not None:
                made[at] = [there]
        told = told or _ignore
        for at, (shard,) in made.items():
            told(Made(at, shard.rows, True))
        for at, outcome in self._do(job, [(at, s) for at, s in enumerate(src.shards) if at not in made], told):
            if isinstance(outcome, Far):
                told(Made(at, outcome.rows, False, outcome.read))
                continue
            if isinstance(outcome, Died):
                made[at] = _Rescued(self._workers(), job, rescue, outcome.how, partial(_tell_death, told, at)).again(src.shards[at])
            else:
                made[at] = [outcome]
            told(Made(at, sum(shard.rows for shard in made[at]), True))
        return Dataset(tuple(shard for at in range(len(src.shards)) for shard in made[at]))

    def shuffle(
        self, src: Dataset, columns: Sequence[str], key: str, n_parts: int, fn: PartFn, schema: pa.Schema, out: Path, *,
        told: Heard | None = None,
    ) -> Dataset:
        """See `Engine.shuffle`."""
        world.make_folders(out)
        pieces = src
        if n_parts > 1 and src.shards:
            whole = read_schema(src.shards[0].path)
            narrow = pa.schema([whole.field(name) for name in columns])
            split = partial(split_by_key, schema=narrow, key=key, n_parts=n_parts)
            pieces = self.map(src, columns, split, narrow, out / "split")
        there = find_shards(out)
        paths = [shard.path for shard in pieces.shards]
        made: dict[int, Shard] = {}
        calls: dict[int, Call] = {}
        for part in range(n_parts):
            name = _digest([s.digest for s in pieces.shards], columns, fn, (key, part, n_parts))
            if name in there:
                made[part] = there[name]
            else:
                only = part if n_parts > 1 else None
                calls[part] = (_make_group, (paths, only, columns, fn, schema, out, name))
        told, todo = told or _ignore, list(calls)
        for part, shard in made.items():
            told(Made(part, shard.rows, True))
        for at, outcome in self._call(list(calls.values()), told):
            if isinstance(outcome, Shard):
                made[todo[at]] = outcome
            told(Made(todo[at], outcome.rows, isinstance(outcome, Shard)))
        return Dataset(tuple(made[part] for part in range(n_parts)))

    def _do(self, job: _Job, todo: Sequence[tuple[int, Shard]], told: Heard) -> Iterator[tuple[int, Shard | Died | Far]]:
        """What becomes of each shard. What died is said last: then nothing else is at work that could need its memory."""
        died: list[tuple[int, Died]] = []
        outside = [(at, shard) for at, shard in todo if self._n_workers(len(todo)) > 1 or job.mark(shard).exists()]
        for at, shard in todo if len(outside) < len(todo) else ():
            if (at, shard) not in outside:
                for made in self._do_here(job, shard):
                    yield at, made
        for k, outcome in self._workers().run([job.call(shard) for _, shard in outside]) if outside else ():
            if isinstance(outcome, Died):
                died.append((outside[k][0], outcome))
                _tell_death(told, *died[-1])
            else:
                yield outside[k][0], outcome
        yield from died

    def _do_here(self, job: _Job, shard: Shard) -> Iterator[Shard | Far]:
        """One shard in this process, marked while it is at work on it."""
        mark = job.mark(shard)
        world.touch(mark)
        yield from _do_steps(job.call(shard))
        with suppress(FileNotFoundError):
            world.remove(mark)

    def _call(self, calls: Sequence[Call], told: Heard) -> Iterator[tuple[int, Shard | Far]]:
        """What becomes of each call. One that a worker died on is tried again when nothing else is at work."""
        if self._n_workers(len(calls)) == 1:
            for at, call in enumerate(calls):
                for made in _do_steps(call):
                    yield at, made
            return
        died: list[int] = []
        for at, outcome in self._workers().run(calls):
            if isinstance(outcome, Died):
                died.append(at)
                _tell_death(told, at, outcome)
            else:
                yield at, outcome
        for at in died:
            for _, outcome in self._workers().run([calls[at]], 1):
                if isinstance(outcome, Died):
                    raise TaoshaError(_lost(outcome.how))
                yield at, outcome

    def _n_workers(self, n_tasks: int) -> int:
        return max(1, min(self.workers or count_cores(), n_tasks))

    def _workers(self) -> Pool:
        if not self._warm:
            warm()      # here, where it is said, and once: workers that miss a kernel wait for each other
            self._warm = True
        if self._pool is None:
            self._pool = Pool(self.at_once)
        return self._pool


@dataclass(frozen=True, slots=True)
class _Job:
    """A step that is mapped."""

    out: Path
    columns: Sequence[str] | None
    fn: PartFn
    schema: pa.Schema
    there: dict[str, Shard]

    def key(self, shard: Shard) -> str:
        return _digest([shard.digest], self.columns, self.fn)

    def mark(self, shard: Shard) -> Path:
        return self.out / f"{self.key(shard)}.try"

    def call(self, shard: Shard) -> Call:
        return _make, (shard.path, self.columns, self.fn, self.schema, self.out, self.key(shard))


@dataclass(slots=True)
class _Rescued:
    """A shard that a worker died on: tried again alone, then cut in halves until the row is found that no worker survives."""

    pool: Pool
    job: _Job
    rescue: Rescue | None
    how: str
    tell: Callable[[Died], None]
    deaths: int = 1

    def again(self, shard: Shard) -> list[Shard]:
        made = self._alone(shard)
        if made is None:
            if self.rescue is None:
                raise TaoshaError(_lost(self.how))
            return self._cut(shard, self.rescue, tried=2)
        return [made]

    def _alone(self, shard: Shard) -> Shard | None:
        if (there := self.job.there.get(self.job.key(shard))) is not None:
            return there
        ((_, outcome),) = ((k, o) for k, o in self.pool.run([self.job.call(shard)], 1) if not isinstance(o, Far))
        if isinstance(outcome, Shard):
            return outcome
        self._mourn(outcome)
        return None

    def _mourn(self, died: Died) -> None:
        self.how = died.how
        self.deaths += 1
        self.tell(died)
        if self.deaths > MOST_DEATHS:
            raise TaoshaError(_lost(self.how))

    def _halve(self, rows: pa.Table, rescue: Rescue) -> list[pa.Table] | None:
        """The halves of a shard, found by a worker too, for it may have to read what is deadly to read; None where that it is."""
        for pause in PAUSES:
            ((_, halves),) = self.pool.run([(rescue.halve, (rows,))], 1)
            if not isinstance(halves, Died):
                return list(halves)
            self._mourn(halves)
            time.sleep(pause)
        return None

    def _cut(self, shard: Shard, rescue: Rescue, tried: int) -> list[Shard]:
        rows = pa.Table.from_batches(read_batches(shard.path), read_schema(shard.path))
        halves = self._halve(rows, rescue)
        if not halves:
            made = self._alone(shard) if tried < 2 else None
            if made is None:
                batches = rescue.give_up(rows, self.how, is_one=halves is not None).to_batches()
                made = write_shard(self.job.out, self.job.key(shard), self.job.schema, batches)
            return [made]
        folder = self.job.out / "halves"
        world.make_folders(folder)
        out: list[Shard] = []
        for half in halves:
            piece = write_shard(folder, _digest([shard.digest], None, None), half.schema, half.to_batches())
            made = self._alone(piece)
            out += [made] if made is not None else self._cut(piece, rescue, tried=1)
        return out


def _make(
    path: Path, columns: Sequence[str] | None, fn: PartFn, schema: pa.Schema, out: Path, key: str
) -> ShardSteps:
    """One shard from one."""
    return write_steps(out, key, schema, fn(read_batches(path, columns)))


def _make_group(
    paths: Sequence[Path], part: int | None, columns: Sequence[str], fn: PartFn, schema: pa.Schema, out: Path, key: str
) -> ShardSteps:
    """One shard from one group of keys of many; `part` is the batch of each that holds it, None for all of them."""
    def batches() -> Iterator[pa.RecordBatch]:
        for path in paths:
            for at, batch in enumerate(read_batches(path, columns)):
                if part is None or at == part:
                    yield batch

    return write_steps(out, key, schema, fn(batches()))


def _do_steps(call: Call) -> Iterator[Shard | Far]:
    """A shard made in this process, and before it how far it is."""
    function, arguments = call
    steps: ShardSteps = function(*arguments)
    while True:
        try:
            yield Far(next(steps), METER.read)
        except StopIteration as end:
            yield end.value
            return


def split_by_key(batches: Iterable[pa.RecordBatch], *, schema: pa.Schema, key: str, n_parts: int) -> Iterator[pa.RecordBatch]:
    """The rows of a shard as one batch for each group of keys."""
    table = pa.Table.from_batches(batches, schema)
    part = group_rows(table[key], n_parts)
    for p in range(n_parts):
        own = table.take(np.flatnonzero(part == p)).combine_chunks().to_batches()
        yield own[0] if own else pa.RecordBatch.from_pylist([], schema)


def group_rows(keys: pa.ChunkedArray, n_parts: int) -> NDArray[np.int64]:
    """The group of each row by its key; null counts as 0."""
    group: NDArray[np.int64] = keys.fill_null(0).to_numpy() % n_parts
    return group


def read_schema(path: Path) -> pa.Schema:
    """The schema of a shard."""
    with world.map_arrow(path) as file:
        schema: pa.Schema = world.open_arrow(file).schema
        return schema


def _digest(made_from: Sequence[str], columns: Sequence[str] | None, fn: PartFn | None, more: object = None) -> str:
    """The name of what is made from some shards."""
    parts = pickle.dumps((list(made_from), columns, fn, more), protocol=5)
    return hashlib.sha256(parts).hexdigest()[:32]


def _ignore(made: Made) -> None:
    """Nobody listens."""


def _tell_death(told: Heard, at: int, died: Died) -> None:
    """Tell that the worker of a shard or a group died."""
    told(Made(at, 0, False, died=died.how))


def _lost(how: str) -> str:
    return f"a worker process died ({how}); run again to go on from there, with fewer --workers"
