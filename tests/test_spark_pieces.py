"""What the engine on Spark does without Spark or Java: rows cut into pieces, and what is said where it cannot work."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.engines.spark.tasks
from pipeline.commands import Given, Mover, find_run_options
from pipeline.engines.dataset import Dataset, write_shard
from pipeline.engines.spark import SparkEngine
from pipeline.engines.spark.shuffling import Groups, _cut, _make_group, _read, _split_shards, drop_others, find_groups
from pipeline.engines.spark.tasks import Work, check_place, name_code
from pipeline.errors import OutputError, TaoshaError, UsageError

NUMBERS = pa.schema([("key", pa.int64()), ("n", pa.int64())])


def sums(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row: how many there are."""
    yield pa.RecordBatch.from_pylist([{"key": 0, "n": sum(map(len, batches))}], NUMBERS)


def _work(folder: Path, src: Dataset, n_parts: int) -> Work:
    pickled = pickle.dumps((("key", "n"), sums, NUMBERS, None))
    (folder / "out").mkdir(exist_ok=True)
    return Work(name_code(), pickled, folder / "out", Groups.of(src, ("key", "n"), "key", n_parts, pickled))


@given(
    st.lists(st.lists(st.none() | st.integers(-9, 9) | st.integers(-2**63, 2**63 - 1), max_size=20), min_size=1, max_size=4),
    st.integers(1, 7), st.data(),
)
def test_pieces_hold_each_row_of_a_missing_group_once(shards: list[list[int | None]], n_parts: int, data: st.DataObject) -> None:
    missing = tuple(sorted(data.draw(st.sets(st.integers(0, n_parts - 1), min_size=1))))
    columns = [[keys, range(k * 100, k * 100 + len(keys))] for k, keys in enumerate(shards)]
    batches = [pa.RecordBatch.from_arrays([pa.array(own, pa.int64()) for own in both], schema=NUMBERS) for both in columns]
    found = [
        (missing[place], row["key"], row["n"])
        for place, piece in _cut(batches, Groups("", NUMBERS, "key", n_parts), missing)
        for batch in _read([(place, piece)], NUMBERS) for row in batch.to_pylist()
    ]
    rows = [(key, k * 100 + i) for k, keys in enumerate(shards) for i, key in enumerate(keys)]
    right = [((key or 0) % n_parts, key, n) for key, n in rows if (key or 0) % n_parts in missing]
    assert sorted(found, key=lambda row: row[2]) == sorted(right, key=lambda row: row[2])


def test_groups_of_rows_that_could_not_be_cut_are_not_made(tmp_path: Path) -> None:
    shard = write_shard(tmp_path, "0" * 32, NUMBERS, [pa.RecordBatch.from_pylist([{"key": 1, "n": 1}], NUMBERS)])
    work = _work(tmp_path, Dataset((shard,)), 3)
    shard.path.unlink()
    pieces = list(_split_shards([(0, shard)], sent=SimpleNamespace(value=work), missing=(0, 2)))
    assert [place for place, _ in pieces] == [0, 1]
    for place, part in enumerate((0, 2)):
        with pytest.raises(TaoshaError, match="is not seen on"):
            _make_group(work, part, pieces[place:place + 1])
    assert not list(work.out.iterdir())


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.engines.spark.tasks, "_PATIENCE", 0.0)


def test_of_a_group_that_was_made_twice_the_one_that_counted_stays(tmp_path: Path) -> None:
    batches = [pa.RecordBatch.from_pylist([{"key": 1, "n": n}], NUMBERS) for n in (1, 2)]
    shard = write_shard(tmp_path, "0" * 32, NUMBERS, batches)
    work = _work(tmp_path, Dataset((shard,)), 1)
    assert work.groups is not None
    one, two = (write_shard(work.out, work.groups.name(0), NUMBERS, own) for own in (batches, batches[::-1]))
    assert one.path != two.path
    drop_others(work, {0: one})
    assert find_groups(work) == {0: one}
    one.path.write_bytes(b"damaged")
    assert find_groups(work) == {}


def test_what_a_worker_does_not_see_is_named(tmp_path: Path) -> None:
    work = Work(name_code(), b"", tmp_path / "out")
    with pytest.raises(OutputError, match=r"/out: is not seen on .* that all machines share"):
        check_place(work, tmp_path)
    with pytest.raises(UsageError, match="another Taosha"):
        check_place(Work("other", b"", tmp_path), tmp_path)
    check_place(Work(name_code(), b"", tmp_path), tmp_path)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UsageError, match=r"pip install 'taosha\[spark\]'"), SparkEngine("local[1]"):
        pass


def test_nothing_of_spark_is_loaded_before_it_is_asked_for() -> None:
    code = "import sys; import pipeline.run.whole, pipeline.engines.spark; assert not {'pyspark', 'py4j'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


def _given(**values: object) -> Given:
    given = Given()
    vars(given).update(values)
    return given


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    config = tmp_path / "taosha.toml"
    config.write_text('[run]\nengine = "spark"\nmaster = "yarn"\n', "utf-8")
    assert find_run_options(_given(config=config)).master == "yarn"
    assert find_run_options(_given(config=config, master="local[2]", bind="10.0.0.1")).master == "local[2]"
    assert find_run_options(_given(config=config, engine=Mover.local)).engine == "local"
    for wrong, said in (
        ({"master": "yarn"}, "--master is of the engine spark"), ({"bind": "10.0.0.1"}, "--bind is of the engine spark"),
        ({"engine": Mover.spark, "workers": 2}, "--workers is of the engine local"),
    ):
        with pytest.raises(UsageError, match=said):
            find_run_options(_given(**wrong))
