"""What every engine must do, and an engine that does it in the worst way that is allowed.

`RandomEngine` runs in this process. It takes shards in any order, cuts batches anywhere, sends functions through pickle, stops
steps midway and does them again, cuts shards for no reason where a rescue may cut them, and gives the rows of a group in any
order. What comes out must be the same all the same.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

import pipeline.run.components
from pipeline.account import Cleaned
from pipeline.corpus.rows import PART, document_rows
from pipeline.engines import Engine, Heard, Made, PartFn, Rescue
from pipeline.engines.dataset import Dataset, Shard, read_batches, write_shard
from pipeline.engines.local import read_schema
from pipeline.near.sketch import sketch
from pipeline.options import NearOptions, VerdictsOptions
from pipeline.record import Record, Texts
from pipeline.run.components import COMPONENTS
from pipeline.run.known import Known
from pipeline.run.pairs import pairs_of
from pipeline.run.settings import Settings
from pipeline.run.signals import signal_columns
from pipeline.run.steps import STEPS
from tests.run_corpus import move_everything

__all__ = ["CONFORMANCE", "EngineFactory", "RandomEngine", "compare_ways"]

EngineFactory = Callable[[], AbstractContextManager[Engine]]


class _Stopped(Exception):
    pass


class _Death(Exception):
    """What stands for the death of a worker where there is none."""


_WORKER = [False]       # whether this process plays a worker


class RandomEngine:
    """The worst engine. A context manager."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.stopped = 0        # steps that were stopped midway
        self.names: Iterator[str] = iter(())

    def __enter__(self) -> RandomEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(
        self, src: Dataset, columns: Sequence[str] | None, fn: PartFn, schema: pa.Schema, out: Path, *,
        rescue: Rescue | None = None, told: Heard | None = None,
    ) -> Dataset:
        made: dict[int, list[Shard]] = {}
        out.mkdir(parents=True, exist_ok=True)
        for at in self.dice.sample(range(len(src.shards)), len(src.shards)):
            self.names = (f"{at << 64 | n:032x}" for n in range(1 << 20))
            whole = src.shards[at].path
            if rescue is None:
                made[at] = [self._make(out, next(self.names), schema, fn, partial(read_batches, whole, columns), shuffled=False)]
            else:
                rows = pa.Table.from_batches(read_batches(whole), read_schema(whole))
                made[at] = self._rescue(out, schema, fn, rows, columns, pickle.loads(pickle.dumps(rescue)))
            if told is not None:
                told(Made(at, self.dice.randint(0, 9), False))      # of a try that came to nothing
                told(Made(at, sum(shard.rows for shard in made[at]), True))
        return Dataset(tuple(shard for at in range(len(src.shards)) for shard in made[at]))

    def _rescue(
        self, out: Path, schema: pa.Schema, fn: PartFn, rows: pa.Table, columns: Sequence[str] | None, rescue: Rescue
    ) -> list[Shard]:
        chosen = rows if columns is None else rows.select(list(columns))
        if self.dice.random() < 0.7:
            try:
                return [self._make(out, next(self.names), schema, fn, partial(chosen.to_batches, 2), shuffled=False)]
            except _Death:
                pass
        if halves := rescue.halve(rows):
            return [shard for half in halves for shard in self._rescue(out, schema, fn, half, columns, rescue)]
        try:
            return [self._make(out, next(self.names), schema, fn, partial(chosen.to_batches, 2), shuffled=False)]
        except _Death:
            given_up = rescue.give_up(rows, "SIGKILL, as it were", is_one=True)
            return [write_shard(out, next(self.names), schema, given_up.to_batches())]

    def shuffle(
        self, src: Dataset, columns: Sequence[str], key: str, n_parts: int, fn: PartFn, schema: pa.Schema, out: Path, *,
        told: Heard | None = None,
    ) -> Dataset:
        out.mkdir(parents=True, exist_ok=True)
        groups: list[list[pa.RecordBatch]] = [[] for _ in range(n_parts)]
        for shard in src.shards:
            for batch in read_batches(shard.path, columns):
                part = batch[key].fill_null(0).to_numpy() % n_parts
                for p in range(n_parts):
                    groups[p].append(batch.take(pa.array(np.flatnonzero(part == p))))
        made = []
        for p, group in enumerate(groups):
            made.append(self._make(out, f"{p:032x}", schema, fn, partial(iter, group), shuffled=True))
            if told is not None:
                told(Made(p, made[-1].rows, True))
        return Dataset(tuple(made))

    def _make(
        self, out: Path, name: str, schema: pa.Schema, fn: PartFn, batches: Callable[[], Iterable[pa.RecordBatch]], *,
        shuffled: bool,
    ) -> Shard:
        for turn in count():
            own: PartFn = pickle.loads(pickle.dumps(fn))
            _WORKER[0] = True
            try:
                made = own(self._cut(batches(), shuffled=shuffled))
                return write_shard(out, name, schema, self._stop(made) if turn < 3 else made)   # hundreds of batches end some day
            except _Stopped:
                self.stopped += 1
            finally:
                _WORKER[0] = False
        raise AssertionError

    def _stop(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if self.dice.random() < 0.2:
                raise _Stopped
            yield batch
        if self.dice.random() < 0.2:
            raise _Stopped

    def _cut(self, batches: Iterable[pa.RecordBatch], *, shuffled: bool) -> Iterator[pa.RecordBatch]:
        pieces = []
        for batch in batches:
            cuts = sorted({0, len(batch), *(self.dice.randint(0, len(batch)) for _ in range(2))})
            pieces += [batch[a:b] for a, b in pairwise(cuts)] or [batch]
        if shuffled:
            self.dice.shuffle(pieces)
            pieces = [p.take(pa.array(self.dice.sample(range(len(p)), len(p)), pa.int64())) for p in pieces]
        yield from pieces


SCHEMA = pa.schema([("key", pa.int64()), ("n", pa.int64()), ("text", pa.string())])
SUMS = pa.schema([("key", pa.int64()), ("n", pa.int64())])


def _dataset(folder: Path, shards: Sequence[Sequence[tuple[int, int, str]]]) -> Dataset:
    folder.mkdir()
    rows = [pa.Table.from_pylist([dict(zip(SCHEMA.names, r, strict=True)) for r in shard], SCHEMA) for shard in shards]
    return Dataset(tuple(write_shard(folder, f"{k:032x}", SCHEMA, t.to_batches(max_chunksize=3)) for k, t in enumerate(rows)))


def _rows(n: int, keys: int = 7) -> list[tuple[int, int, str]]:
    return [((k * k) % keys - 3, k, "字" * (k % 5)) for k in range(n)]


def double(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        assert batch.schema.names == ["n", "key"], "the columns asked for, in that order"
        yield pa.RecordBatch.from_arrays([batch["key"], pa.array(batch["n"].to_numpy() * 2)], schema=SUMS)


def add(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    sums: dict[int, int] = {}
    for batch in batches:
        for key, n in zip(batch["key"].to_pylist(), batch["n"].to_pylist(), strict=True):
            sums[key] = sums.get(key, 0) + n
    rows = [{"key": key, "n": sums[key]} for key in sorted(sums)]
    yield pa.RecordBatch.from_pylist(rows, SUMS)


def gather(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of a group, as they come."""
    for batch in batches:
        yield pa.RecordBatch.from_arrays([batch["key"], batch["n"]], schema=SUMS)


def deadly(batches: Iterable[pa.RecordBatch], *, key: int, parent: int) -> Iterator[pa.RecordBatch]:
    """As `double`, but no worker survives a row of this key."""
    for batch in batches:
        if key in batch["key"].to_pylist():
            if os.getpid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)
            if _WORKER[0]:
                raise _Death
        yield pa.RecordBatch.from_arrays([batch["key"], batch["n"]], schema=SUMS)


class Halves:
    """A rescue for rows of numbers: what is left of them is -1."""

    def halve(self, rows: pa.Table) -> list[pa.Table]:
        middle = len(rows) // 2
        return [rows[:middle], rows[middle:]] if middle else []

    def give_up(self, rows: pa.Table, how: str, *, is_one: bool) -> pa.Table:
        assert "SIGKILL" in how
        return pa.Table.from_pylist([{"key": rows["key"][0].as_py(), "n": -1}], SUMS)


def whole(heard: Sequence[Made]) -> list[tuple[int, int]]:
    """What was told to be whole, and its rows."""
    return sorted((made.at, made.rows) for made in heard if made.whole)


def map_keeps_shards_and_their_order(factory: EngineFactory, folder: Path) -> None:
    src = _dataset(folder / "src", [_rows(10), [], _rows(4)])
    heard: list[Made] = []
    with factory() as engine:
        made = engine.map(src, ("n", "key"), double, SUMS, folder / "out", told=heard.append)
    assert [shard.rows for shard in made.shards] == [10, 0, 4]
    assert made.table(SUMS)["n"].to_pylist() == [2 * k for k in range(10)] + [2 * k for k in range(4)]
    assert whole(heard) == [(0, 10), (1, 0), (2, 4)]


def map_of_nothing(factory: EngineFactory, folder: Path) -> None:
    with factory() as engine:
        assert engine.map(Dataset(()), None, double, SUMS, folder / "out").shards == ()


def shuffle_brings_equal_keys_together(factory: EngineFactory, folder: Path) -> None:
    src = _dataset(folder / "src", [_rows(50), _rows(1), [], _rows(33)])
    expected: dict[int, int] = {}
    for key, n, _ in _rows(50) + _rows(1) + _rows(33):
        expected[key] = expected.get(key, 0) + n
    for n_parts in (1, 2, 5, 40):
        with factory() as engine:
            heard: list[Made] = []
            made = engine.shuffle(src, ("key", "n"), "key", n_parts, add, SUMS, folder / f"out{n_parts}", told=heard.append)
        assert len(made.shards) == n_parts
        assert whole(heard) == [(k, shard.rows) for k, shard in enumerate(made.shards)]
        found = [(row["key"], row["n"]) for row in made.table(SUMS).to_pylist()]
        assert sorted(found) == sorted(expected.items())


def shuffle_puts_nulls_to_the_key_0(factory: EngineFactory, folder: Path) -> None:
    shards = [[(0, 1, ""), (None, 2, "")], [(None, 4, ""), (5, 8, "")]]
    src = _dataset(folder / "src", shards)     # type: ignore[arg-type]
    for n_parts in (1, 3):
        with factory() as engine:
            made = engine.shuffle(src, ("key", "n"), "key", n_parts, gather, SUMS, folder / f"out{n_parts}")
        groups = [set(pa.Table.from_batches(read_batches(s.path), SUMS)["n"].to_pylist()) for s in made.shards]
        assert len(groups) == n_parts
        assert any(group >= {1, 2, 4} for group in groups)


def rescue_gives_up_single_rows(factory: EngineFactory, folder: Path) -> None:
    """What no worker survives stands as the rescue has it; where nobody died of it, as it is. The rest is there, in its order."""
    src = _dataset(folder / "src", [[(k, k, "") for k in range(a, b)] for a, b in ((0, 6), (6, 6), (6, 13), (13, 14))])
    for deadly_key in (8, 13, 99):
        fn = partial(deadly, key=deadly_key, parent=os.getpid())
        heard: list[Made] = []
        with factory() as engine:
            made = engine.map(src, ("key", "n"), fn, SUMS, folder / f"out{deadly_key}", rescue=Halves(), told=heard.append)
        rows = made.table(SUMS).to_pylist()
        assert [row["key"] for row in rows] == list(range(14))
        assert {row["key"] for row in rows if row["n"] != row["key"]} <= {deadly_key}
        assert whole(heard) == [(0, 6), (1, 0), (2, 7), (3, 1)]


def shuffle_of_nothing(factory: EngineFactory, folder: Path) -> None:
    with factory() as engine:
        assert engine.shuffle(Dataset(()), ("key", "n"), "key", 3, add, SUMS, folder / "out").n_rows == 0


def results_are_the_same_again(factory: EngineFactory, folder: Path) -> None:
    src = _dataset(folder / "src", [_rows(20), _rows(21)])
    digests = []
    for turn in range(3):
        with factory() as engine:
            made = engine.map(src, ("n", "key"), double, SUMS, folder / str(turn))
            sums = engine.shuffle(made, ("key", "n"), "key", 2, add, SUMS, folder / f"{turn}s")
        digests.append([pa.table(d.table(SUMS)).to_pylist() for d in (made, sums)])
    assert digests[0] == digests[1] == digests[2]


def look_up(batches: Iterable[pa.RecordBatch], *, table: Dataset) -> Iterator[pa.RecordBatch]:
    """For each row the sum over all of another dataset."""
    total = sum(table.table(SCHEMA)["n"].to_pylist())
    for batch in batches:
        yield pa.RecordBatch.from_arrays([batch["key"], pa.array([total] * len(batch), pa.int64())], schema=SUMS)


def functions_read_datasets_that_they_are_bound_to(factory: EngineFactory, folder: Path) -> None:
    src, other = _dataset(folder / "src", [_rows(5), _rows(2)]), _dataset(folder / "other", [_rows(4), [], _rows(3)])
    with factory() as engine:
        made = engine.map(src, ("key",), partial(look_up, table=other), SUMS, folder / "out")
        again = engine.shuffle(src, ("key",), "key", 2, partial(look_up, table=other), SUMS, folder / "shuffled")
    assert set(made.table(SUMS)["n"].to_pylist()) == set(again.table(SUMS)["n"].to_pylist()) == {6 + 3}


def _write_documents(folder: Path) -> Dataset:
    """Rows of 90 documents: variants of texts, short ones, equal ones and templates with other facts."""
    dice = random.Random(5)
    common = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动"
    own = ["".join(dice.choices(common, k=k)) for k in (220, 300, 90, 24, 900)]
    texts = [f"{t[:k]}某{t[k:]}第{k % 3}期" for t in own for k in range(0, len(t), len(t) // 17)]
    texts += [t.replace("的", "") for t in own] + 2 * own + ["", "字"]
    dice.shuffle(texts)
    folder.mkdir()
    shards = []
    for part, at in enumerate(range(0, len(texts), 33)):
        batches = []
        for a in range(at, min(at + 33, len(texts)), 8):
            some = texts[a:min(a + 8, at + 33, len(texts))]
            records = [Record(f"{a + k:03}", "made", text) for k, text in enumerate(some)]
            none = pa.array([[]] * len(some), pa.list_(pa.int64()))
            batches.append(document_rows(
                records, [Cleaned(t, t) for t in some], [{"documents": 1}] * len(some), np.zeros(len(some), np.int64),
                {"line_keys": none, "sentences": pa.nulls(len(some), pa.binary()), "kept": none}
                | signal_columns(Texts.of(some), [{}] * len(some), VerdictsOptions()),
                sketch(Texts.of(some), NearOptions()),
            ))
        shards.append(write_shard(folder, f"{part:032x}", PART, batches))
    return Dataset(tuple(shards))


def near_duplicates_are_those_that_one_process_finds(factory: EngineFactory, folder: Path) -> None:
    """All steps from the cleaned rows on, moved and not: the same pairs, decisions, causes and similarities.

    Moved, of the five large components some are walked by tasks, and some are too large for one and compared in rounds.
    """
    compare_ways(factory, folder, "linked")


def compare_ways(factory: EngineFactory, folder: Path, moved: str) -> None:
    """The steps here and moved; `linked`: components are found by the engine, else (`moved`) by the process of the run."""
    src = _write_documents(folder / "rows")
    found = []
    for way in ("here", moved):
        known = Known(Settings(), folder / way, [], {"amend": src})
        known.work.mkdir()
        with pytest.MonkeyPatch.context() as patch, factory() as engine:
            if way != "here":
                move_everything(patch)
                patch.setattr(pipeline.run.components, "GIANT_CHARS", 5_000)
                patch.setattr(pipeline.run.components, "MANY_PAIRS", 0 if way == "linked" else 1 << 25)
            for step in STEPS[[step.name for step in STEPS].index("order"):]:
                step.take(engine, known)
        assert (way == "here") == ("components" not in known.data) == ("verify-0" not in {p.name for p in known.work.iterdir()})
        fates = known.fates
        found.append([_pairs(known), fates.kept, np.array(fates.cause), fates.similarity])
    for here, there in zip(*found, strict=True):
        assert here.tolist() == there.tolist()
    causes = set(found[0][2].tolist())
    assert causes == {"kept", "empty", "near"}, "equal texts go where the first of them goes"


def _pairs(known: Known) -> NDArray[np.int64]:
    """All candidate pairs, whoever walked over them."""
    walk = known.comparing.undecided.walk
    pairs = [np.stack([np.repeat(walk.worse, np.diff(walk.firsts)), walk.better], axis=1)]
    if (apart := known.data.get("components")) is not None:
        table = apart.table(COMPONENTS)
        assert len(walk.worse)
        own = pairs_of(table)[table["component"].to_numpy() >= 0]
        assert len(own)
        assert len(np.unique(own, axis=0)) == len(own)
        pairs.append(own)
    return np.unique(np.concatenate(pairs), axis=0)


CONFORMANCE = (
    map_keeps_shards_and_their_order, map_of_nothing, rescue_gives_up_single_rows, shuffle_brings_equal_keys_together,
    shuffle_puts_nulls_to_the_key_0, shuffle_of_nothing, results_are_the_same_again, functions_read_datasets_that_they_are_bound_to,
    near_duplicates_are_those_that_one_process_finds,
)
