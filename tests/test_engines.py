"""Engines: one suite for all of them, and what the local one promises besides: it goes on, it rescues, it never hangs on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.engines import Made, local
from pipeline.engines.dataset import find_shards
from pipeline.engines.local import LocalEngine
from pipeline.engines.workers import Died, Pool
from pipeline.errors import TaoshaError
from tests.engines_conformance import (
    CONFORMANCE,
    SUMS,
    EngineFactory,
    Halves,
    RandomEngine,
    _dataset,
    _rows,
    compare_ways,
    deadly,
    double,
)

ENGINES: dict[str, EngineFactory] = {
    "here": partial(LocalEngine, 1), "random-1": partial(RandomEngine, 1), "random-2": partial(RandomEngine, 2),
    "workers": partial(LocalEngine, 2),
}


@pytest.mark.parametrize("law", CONFORMANCE, ids=lambda law: law.__name__)
@pytest.mark.parametrize("engine", ENGINES)
def test_conformance(engine: str, law: Callable[[EngineFactory, Path], None], tmp_path: Path) -> None:
    law(ENGINES[engine], tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
def test_near_duplicates_whose_components_are_found_here(engine: str, tmp_path: Path) -> None:
    compare_ways(ENGINES[engine], tmp_path, "moved")


def test_the_random_engine_does_stop_steps(tmp_path: Path) -> None:
    engine = RandomEngine(3)
    engine.map(_dataset(tmp_path / "src", [_rows(30)] * 5), ("n", "key"), double, SUMS, tmp_path / "out")
    assert engine.stopped


def test_what_is_done_is_not_done_again_unless_it_is_damaged(tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [_rows(10), _rows(11), _rows(12), _rows(13)])
    with LocalEngine(1) as engine:
        made = engine.map(src, ("n", "key"), double, SUMS, tmp_path / "out")
    paths = [shard.path for shard in made.shards]
    data = bytearray(paths[0].read_bytes())
    data[len(data) // 2] ^= 1
    paths[0].write_bytes(data)
    paths[1].write_bytes(b"")
    os.truncate(paths[2], 100)
    (tmp_path / "out" / "half.tmp").write_bytes(b"x")
    before = paths[3].stat().st_ino
    with LocalEngine(1) as engine:
        again = engine.map(src, ("n", "key"), double, SUMS, tmp_path / "out")
    assert again == made
    assert paths[3].stat().st_ino == before, "a whole shard stays"
    assert find_shards(tmp_path / "out").keys() == {shard.key for shard in made.shards}
    assert not (tmp_path / "out" / "half.tmp").exists()


def test_another_function_or_input_is_another_shard(tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [_rows(10)])
    with LocalEngine(1) as engine:
        one = engine.map(src, ("n", "key"), partial(deadly, key=99, parent=0), SUMS, tmp_path / "out")
        two = engine.map(src, ("n", "key"), partial(deadly, key=98, parent=0), SUMS, tmp_path / "out")
    assert one.shards[0].key != two.shards[0].key
    assert one.shards[0].digest == two.shards[0].digest


def test_rows_that_no_worker_survives_are_found_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = [[(k, k, "") for k in range(a, a + 6)] for a in (0, 6)]
    src = _dataset(tmp_path / "src", rows)
    fn = partial(deadly, key=8, parent=os.getpid())
    with LocalEngine(2) as engine:
        made = engine.map(src, None, fn, SUMS, tmp_path / "out", rescue=Halves())
    assert [(row["key"], row["n"]) for row in made.table(SUMS).to_pylist()] == [(k, k if k != 8 else -1) for k in range(12)]


class DeadlyToCut(Halves):
    """A rescue that dies where it looks at a shard of more than two rows: always, or so many times in all."""

    def __init__(self, marks: Path | None = None, times: int = 1 << 30) -> None:
        self.marks, self.times = marks, times

    def halve(self, rows: pa.Table) -> list[pa.Table]:
        if len(rows) > 2 and (self.marks is None or len([*self.marks.iterdir()]) < self.times):
            if self.marks is not None:
                (self.marks / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().halve(rows)

    def give_up(self, rows: pa.Table, how: str, *, is_one: bool) -> pa.Table:
        assert is_one == (len(rows) == 1)
        return super().give_up(rows, how, is_one=is_one)


def test_what_is_deadly_to_cut_is_given_up_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "PAUSES", (0.0, 0.0, 0.0))
    src = _dataset(tmp_path / "src", [[(k, k, "") for k in range(6)], [(8, 8, ""), (9, 9, "")], [(10, 10, "")]])
    with LocalEngine(2) as engine:
        fn = partial(deadly, key=3, parent=os.getpid())
        made = engine.map(src, None, fn, SUMS, tmp_path / "out", rescue=DeadlyToCut())
    assert [row["n"] for row in made.table(SUMS).to_pylist()] == [-1, 8, 9, 10]


@pytest.mark.parametrize("times", range(1, len(local.PAUSES)))
def test_a_worker_that_is_killed_while_it_looks_where_to_cut_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(local, "PAUSES", (0.0,) * len(local.PAUSES))
    src = _dataset(tmp_path / "src", [[(k, k, "") for k in range(6)], [(8, 8, "")]])
    (tmp_path / "marks").mkdir()
    told: list[Made] = []
    with LocalEngine(2) as engine:
        fn, rescue = partial(deadly, key=3, parent=os.getpid()), DeadlyToCut(tmp_path / "marks", times)
        made = engine.map(src, None, fn, SUMS, tmp_path / "out", rescue=rescue, told=told.append)
    assert [(row["key"], row["n"]) for row in made.table(SUMS).to_pylist()] == [(k, -1 if k == 3 else k) for k in (*range(6), 8)]
    assert sum("SIGKILL" in m.died for m in told) >= 3 + times


def test_without_a_rescue_a_dead_worker_is_one_line(tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [_rows(3), _rows(4)])
    with LocalEngine(2) as engine, pytest.raises(TaoshaError, match=r"a worker process died \(it was killed by SIGKILL"):
        engine.map(src, None, partial(deadly, key=-3, parent=os.getpid()), SUMS, tmp_path / "out")


def deadly_once(batches: Iterable[pa.RecordBatch], *, mark: Path) -> Iterator[pa.RecordBatch]:
    """As `double`; the first worker that comes here dies."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    yield from double(batches)


def test_a_group_whose_worker_died_is_made_again(tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [_rows(30), _rows(40)])
    told: list[Made] = []
    with LocalEngine(2) as engine:
        fn = partial(deadly_once, mark=tmp_path / "died")
        made = engine.shuffle(src, ("n", "key"), "key", 3, fn, SUMS, tmp_path / "out", told=told.append)
        right = engine.shuffle(src, ("n", "key"), "key", 3, double, SUMS, tmp_path / "right")
    assert (tmp_path / "died").exists()
    assert [shard.digest for shard in made.shards] == [shard.digest for shard in right.shards]
    assert sorted(m.at for m in told if m.whole) == [0, 1, 2]
    with LocalEngine(2) as engine, pytest.raises(TaoshaError, match="a worker process died"):
        engine.shuffle(src, ("n", "key"), "key", 3, partial(deadly, key=-3, parent=os.getpid()), SUMS, tmp_path / "never")


def test_a_shard_that_a_process_died_on_is_given_to_a_worker(tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [_rows(10)])
    fn = partial(deadly, key=-3, parent=os.getpid())
    with LocalEngine(1) as engine:
        made = engine.map(src, None, fn, SUMS, tmp_path / "out")
        made.shards[0].path.unlink()
        (tmp_path / "out" / f"{made.shards[0].key}.try").touch()
        again = engine.map(src, None, fn, SUMS, tmp_path / "out", rescue=Halves())
    rows = again.table(SUMS).to_pylist()
    assert {row["key"] for row in rows if row["n"] == -1} == {-3}, "in a worker it is deadly"
    assert sum(row["n"] >= 0 for row in rows) + sum(row["n"] == -1 for row in rows) == 10


def test_a_worker_that_died_before_its_first_call_has_died(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Pool._start

    def killed(pool: Pool) -> Any:
        worker = start(pool)
        worker.process.kill()
        worker.process.wait()
        return worker

    with Pool(1) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(Pool, "_start", killed)
            pool.start(1, ("json", "no.such.module"))
        assert [type(outcome) for _, outcome in pool.run([(len, ("ab",))])] == [Died]
        pool.start(1, ("json", "no.such.module"))
        assert list(pool.run([(len, ("ab",))])) == [(0, 2)]
