"""What the engine on Spark does without Spark or Java: rows cut into pieces, and what is said where it cannot work."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.engines.spark.tasks
import pipeline.run.whole
from pipeline.commands import Given, Mover, find_run_options
from pipeline.engines import Engine
from pipeline.engines.dataset import Dataset, write_shard
from pipeline.engines.spark import SparkEngine
from pipeline.engines.spark.session import _knock, check_master
from pipeline.engines.spark.shuffling import Groups, _cut, _make_group, _read, _split_shards, drop_others, find_groups
from pipeline.engines.spark.tasks import Work, check_place, name_code
from pipeline.errors import OutputError, TaoshaError, UsageError
from tests.run_corpus import clean, make_records, write_records
from tests.test_cli import taosha

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


@pytest.mark.parametrize("master", [
    "", "local", "local[2]", "local[*]", "local[*, 4]", "local-cluster[2,1,1024]", "yarn", "k8s://https://kubernetes.default.svc",
    "spark://head:7077", "spark://one:7077,two:7077", "spark://[::1]:7077",
])
def test_what_is_a_master_is_taken(master: str) -> None:
    check_master(master)


@pytest.mark.parametrize("master", [
    "wrong", "spark://head", "spark://head:", "http://head:7077", "local[x]", "local[2", "spark://a:1,b", " ",
])
def test_what_is_no_master_is_named_before_anything_is_done(master: str) -> None:
    with pytest.raises(UsageError, match=r"this is no master of Spark; give spark://HOST:PORT"):
        SparkEngine(master)


def test_a_long_wrong_master_is_seen_at_once() -> None:
    begun, n = time.process_time(), 100_000
    for long in ("spark://" + "a:1," * n + "!", "local[9" + " " * n, "spark://" + ":1" * n + "x", "k8s://" + "a" * n + " "):
        with pytest.raises(UsageError):
            check_master(long)
    assert time.process_time() - begun < 1


def test_a_master_that_is_not_there_is_told_in_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there, socket.create_server(("127.0.0.1", 0)) as gone:
        one, two = (f"127.0.0.1:{server.getsockname()[1]}" for server in (there, gone))
        gone.close()
        for master in ("local[2]", "yarn", f"spark://{one}", f"spark://{two},{one}"):
            _knock(master)
        for master in (f"spark://{two}", f"spark://{two},127.0.0.1:99999999", "spark://" + "a" * 300 + ":1"):
            begun = time.monotonic()
            with pytest.raises(UsageError, match=r"^no master of Spark is at spark://.*; start one there, or check --master$"):
                _knock(master)
            assert time.monotonic() - begun < 60


class _Refused(AbstractContextManager[Engine]):
    """An engine that cannot be had."""

    def __enter__(self) -> Engine:
        raise UsageError("refused, and why")

    def __exit__(self, *_: object) -> None:
        pass


def test_a_refused_engine_leaves_nothing_and_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own that holds nothing goes; what a killed run has done stays."""
    source, out = write_records(tmp_path / "in.jsonl", make_records(9)), tmp_path / "out"
    with pytest.raises(UsageError, match="refused"):
        clean(source, out, engine=_Refused())
    assert not list(out.iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.run.whole, "write_lines", None)
        with pytest.raises(TypeError):
            clean(source, out)
    done = sorted(out.rglob("*.arrow"))
    assert done
    with pytest.raises(UsageError, match="refused"):
        clean(source, out, engine=_Refused())
    assert sorted(out.rglob("*.arrow")) == done


def test_what_is_not_done_by_spark_is_said(tmp_path: Path) -> None:
    """A dry run, one to standard output, and one that finds nothing to do; a wrong master is refused each time."""
    source, out = write_records(tmp_path / "in.jsonl", make_records(9)), tmp_path / "out" / "clean.jsonl"
    taosha("clean", source, "-o", out, "-q")
    spark = ("--engine", "spark", "--master", "spark://127.0.0.1:1")
    for more, said in (
        (("-o", out), "its files stand as they are; Spark was not started"),
        (("-o", tmp_path / "no.jsonl", "--dry-run"), "--dry-run is done by the local engine in a temporary folder"),
        (("-o", "-"), "-o - is done by the local engine"),
    ):
        assert said in " ".join(taosha("clean", source, *more, *spark).split())
        assert "this is no master of Spark" in taosha("clean", source, *more, "--engine", "spark", "--master", "wrong", code=2)
