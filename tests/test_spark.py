"""The engine on Spark in this process: what every engine does, and what it promises besides. Run by `make test-spark`."""

from __future__ import annotations

import os
import re
import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import pipeline.engines.spark
import pipeline.run.components
import pipeline.run.steps
from pipeline.engines import Engine
from pipeline.engines.dataset import Dataset, write_shard
from pipeline.engines.local import LocalEngine
from pipeline.engines.spark import SparkEngine
from pipeline.engines.spark.shuffling import make_groups, split_shards
from pipeline.engines.spark.tasks import Notes, do_shards
from pipeline.errors import InputError, UsageError
from pipeline.run.steps import STEPS, Step
from tests.engines_conformance import CONFORMANCE, SUMS, EngineFactory, _dataset, _rows, double
from tests.run_corpus import clean, digests, make_records, move_everything, rows, set_unit_bytes, write_records
from tests.spark_cluster import ROOT, alarm, deadly_clean, find_marked, make_source, marked, needs_spark, run_command, wait_for

pytestmark = needs_spark
NUMBERS = pa.schema([("key", pa.int64()), ("n", pa.int64())])


@pytest.fixture(autouse=True)
def _limit() -> Iterator[None]:
    with alarm(480):
        yield


@pytest.fixture(scope="module")
def mark() -> Iterator[str]:
    with marked() as own:
        yield own


@pytest.fixture(scope="module")
def engine(mark: str) -> Iterator[SparkEngine]:
    """One Spark for all: it takes seconds to start."""
    with SparkEngine("local[2]") as own:
        yield own


@pytest.fixture
def factory(engine: SparkEngine) -> EngineFactory:
    @contextmanager
    def lend() -> Iterator[Engine]:
        yield engine

    return lend


@pytest.mark.parametrize("law", CONFORMANCE, ids=lambda law: law.__name__)
def test_conformance(law: Callable[[EngineFactory, Path], None], factory: EngineFactory, tmp_path: Path) -> None:
    law(factory, tmp_path)


def _warc(path: Path, n: int) -> Path:
    """Pages as responses, some more than a unit."""
    pages = []
    for k, record in enumerate(make_records(n)[:n]):
        html = f"<html><body><h1>第{k}页</h1><p>{record['text']}</p></body></html>".encode()
        body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/{k}\r\nContent-Length: {len(body)}\r\n\r\n"
        pages.append(head.encode() + body + b"\r\n\r\n")
    path.write_bytes(b"".join(pages))
    return path


def test_a_run_makes_the_bytes_of_the_local_engine(
    factory: EngineFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of files of several formats in several units; near-duplicates are found and compared on Spark."""
    set_unit_bytes(monkeypatch, 20_000)
    monkeypatch.setattr("pipeline.read.warc.UNIT_BYTES", 20_000)
    source = tmp_path / "in"
    write_records(source / "a.jsonl", make_records(60))
    _warc(source / "b.warc", 60)
    (source / "c.txt").write_text(make_records(9, seed=4)[0]["text"], "utf-8")
    clean(source, tmp_path / "local")
    move_everything(monkeypatch)
    monkeypatch.setattr(pipeline.run.components, "MANY_PAIRS", 1 << 25)      # rounds of links are in the conformance suite
    clean(source, tmp_path / "spark", engine=factory())
    assert digests(tmp_path / "spark") == digests(tmp_path / "local")


def fails_once(batches: Iterable[pa.RecordBatch], *, mark: Path) -> Iterator[pa.RecordBatch]:
    """As `double`; whoever comes first fails, in words that nobody may read."""
    if not mark.exists():
        mark.touch()
        raise OSError("身份证号码")
    yield from double(batches)


def test_a_task_that_fails_once_is_done_again(engine: SparkEngine, tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [_rows(20), _rows(30)])
    made = engine.map(src, ("n", "key"), partial(fails_once, mark=tmp_path / "failed"), SUMS, tmp_path / "out")
    right = engine.map(src, ("n", "key"), double, SUMS, tmp_path / "right")
    assert (tmp_path / "failed").exists()
    assert [shard.digest for shard in made.shards] == [shard.digest for shard in right.shards]
    groups = engine.shuffle(src, ("n", "key"), "key", 3, partial(fails_once, mark=tmp_path / "again"), SUMS, tmp_path / "groups")
    assert groups.n_rows == 50


def fails(batches: Iterable[pa.RecordBatch], *, error: type[Exception]) -> Iterator[pa.RecordBatch]:
    """Always."""
    for _ in batches:
        raise error("身份证号码")
    yield from ()


def test_an_error_is_said_to_the_run_and_not_to_the_log(engine: SparkEngine, tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [_rows(20), _rows(30)])
    with pytest.raises(ValueError, match="身份证号码"):
        engine.map(src, ("n", "key"), partial(fails, error=ValueError), SUMS, tmp_path / "out")
    with pytest.raises(InputError, match="身份证号码"):
        engine.shuffle(src, ("n", "key"), "key", 2, partial(fails, error=InputError), SUMS, tmp_path / "out")
    session = engine._session
    assert session is not None
    assert session.log is not None
    log = session.log.read_text("utf-8")
    assert "ValueError at test_spark.py" in log
    assert "身份证号码" not in log


def test_a_deadly_document_is_found_and_the_rest_goes_on(
    factory: EngineFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_unit_bytes(monkeypatch, 8_000)
    records = make_records(30)
    records.insert(17, {"id": "deadly", "text": "此文致命。" * 20})
    source = write_records(tmp_path / "in.jsonl", records)
    assert isinstance(STEPS[0], Step)
    first = replace(STEPS[0], bind=lambda known: partial(deadly_clean, settings=known.settings, deadly="此文致命"))
    monkeypatch.setattr(pipeline.run.steps, "STEPS", (first, *STEPS[1:]))
    clean(source, tmp_path / "spark", engine=factory())
    clean(source, tmp_path / "local", engine=LocalEngine(2))
    assert digests(tmp_path / "spark") == digests(tmp_path / "local")
    died = [row for row in rows(tmp_path / "spark" / "quarantine.jsonl") if row["reason"] == "worker-died"]
    assert [row["byte"] for row in died] == [sum(map(len, source.read_bytes().splitlines(keepends=True)[:17]))]


def test_what_is_done_is_not_done_again_unless_it_is_damaged(engine: SparkEngine, tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [_rows(10), _rows(11), _rows(12)])

    def go() -> tuple[Dataset, Dataset]:
        made = engine.map(src, ("n", "key"), double, SUMS, tmp_path / "out")
        return made, engine.shuffle(src, ("n", "key"), "key", 3, double, SUMS, tmp_path / "groups")

    once = go()
    for dataset in once:
        data = bytearray(dataset.shards[0].path.read_bytes())
        data[len(data) // 2] ^= 1
        dataset.shards[0].path.write_bytes(data)
        dataset.shards[1].path.unlink()
    before = [dataset.shards[2].path.stat().st_ino for dataset in once]
    again = go()
    assert again[0] == once[0]
    assert [s.rows for s in again[1].shards] == [s.rows for s in once[1].shards]
    assert [dataset.shards[2].path.stat().st_ino for dataset in again] == before, "a whole shard stays"


def measures(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows of a group, and the MB by which this process grew while it saw them."""
    before, n = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    for batch in batches:
        n += len(batch)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    yield pa.RecordBatch.from_pylist([{"key": n, "n": grown >> 10}], SUMS)


def test_a_hot_key_is_streamed(engine: SparkEngine, tmp_path: Path) -> None:
    """Four million rows, three quarters of one key: 64 MB go through workers that grow by much less."""
    def shard(k: int) -> Iterator[pa.RecordBatch]:
        for part in range(10):
            keys = np.arange(100_000) + k * 1_000_000 + part * 100_000
            keys[np.arange(100_000) % 4 > 0] = 7
            yield pa.RecordBatch.from_arrays([pa.array(keys), pa.array(keys)], schema=NUMBERS)

    (tmp_path / "src").mkdir()
    src = Dataset(tuple(write_shard(tmp_path / "src", f"{k:032x}", NUMBERS, shard(k)) for k in range(4)))
    made = engine.shuffle(src, ("key", "n"), "key", 8, measures, SUMS, tmp_path / "out").table(SUMS).to_pylist()
    assert sum(row["key"] for row in made) == 4_000_000
    assert max(row["key"] for row in made) >= 3_000_000
    assert max(row["n"] for row in made) < 40


def _listening(processes: Iterable[int]) -> set[str]:
    """The addresses that processes listen on, as the kernel writes them."""
    inodes = set()
    for process in processes:
        for handle in Path(f"/proc/{process}/fd").iterdir():
            try:
                name = os.readlink(handle)
            except OSError:
                continue
            if name.startswith("socket:["):
                inodes.add(name[8:-1])
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text("ascii").splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in inodes:
                found.add(parts[1].partition(":")[0])
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_listens_on_loopback_alone(engine: SparkEngine, mark: str) -> None:
    own = _listening([os.getpid(), *find_marked(mark)])
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert own
    assert own <= loopback


def test_code_goes_by_name(engine: SparkEngine) -> None:
    """What is sent to the workers of a map and of a shuffle names functions of the package; no code is in it."""
    from pyspark import cloudpickle

    dumps: Any = cloudpickle.dumps
    for function in (do_shards(None, Notes(), 4), split_shards(None, (0,)), make_groups(None, Notes(), (0,), 4)):
        sent = dumps(function)
        assert b"pipeline.engines.spark" in sent
        assert b"CodeType" not in sent
        assert b"_make_function" not in sent


def test_another_package_on_a_worker_is_an_error(engine: SparkEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.engines.spark, "name_code", lambda: "another")
    src = _dataset(tmp_path / "src", [_rows(3)])
    with pytest.raises(UsageError, match="another Taosha"):
        engine.map(src, ("n", "key"), double, SUMS, tmp_path / "out")
    with pytest.raises(UsageError, match="another Taosha"):
        engine.shuffle(src, ("n", "key"), "key", 2, double, SUMS, tmp_path / "groups")
    assert not list((tmp_path / "groups").iterdir()), "no group is made of rows that are not all there"


def test_what_java_and_a_master_must_be_is_said(mark: str, tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(9))
    for more, environment, said in (
        (("--master", "yarn"), {}, "listens on loopback alone.*--bind"),
        (("--master", "spark://127.0.0.1:9"), {}, "no master of Spark is at spark://127.0.0.1:9.*--master"),
        (("--master", "local[1]"), {"JAVA_HOME": str(tmp_path)}, "needs Java 17.*openjdk-17-jre-headless"),
    ):
        done = subprocess.run(
            run_command(source, tmp_path / "out", "--engine", "spark", *more), env=os.environ | environment, capture_output=True,
            text=True, timeout=60,
        )
        assert done.returncode == 2, done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert re.search(said, done.stderr)
        assert not list((tmp_path / "out").iterdir()), "a refused run leaves nothing"


def test_after_a_killed_driver_the_next_run_goes_on(mark: str, tmp_path: Path) -> None:
    source, out = make_source(tmp_path, 4), tmp_path / "out"
    clean(source, tmp_path / "local")
    with marked() as own:
        command = run_command(source, out, "--engine", "spark", "--master", "local[1]")
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL)

        def made() -> list[Path]:
            assert running.poll() is None, "it ended before it was killed"
            return list(out.glob(".taosha-*/clean/*/*.arrow"))

        wait_for(lambda: len(made()) >= 2, 60, "nothing is made")
        running.kill()
        running.wait()
        wait_for(lambda: not find_marked(own), 30, "Spark outlives the process of the run")
        before = {path.name: path.stat().st_ino for path in out.glob(".taosha-*/clean/*/*.arrow")}
        assert before
        kept: dict[str, int] = {}
        again = subprocess.Popen([*command, "--keep"], stdin=subprocess.DEVNULL)
        assert again.wait(90) == 0
        kept = {path.name: path.stat().st_ino for path in out.glob(".taosha-*/clean/*/*.arrow")}
    assert before.items() <= kept.items(), "what was made is made again"
    assert digests(out) == digests(tmp_path / "local")


def _submits() -> list[list[str]]:
    """The commands of docs/scaling.md, as words."""
    text = (ROOT / "docs" / "scaling.md").read_text("utf-8")
    return [shlex.split(block.replace("\\\n", " ")) for block in re.findall(r"```sh\n(spark-submit.*?)```", text, re.DOTALL)]


def _submit(words: list[str], folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run such a command with the tool of the package, and this as its script."""
    import pyspark

    (folder / "taosha_spark.py").write_text(script, "utf-8")
    home = Path(pyspark.__file__).parent
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    words = [str(home / "bin" / "spark-submit"), *words[1:]]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)


@pytest.mark.parametrize("number", range(2))
def test_spark_itself_takes_the_commands_of_the_docs(mark: str, number: int, tmp_path: Path) -> None:
    """It parses them, and calls the script with its arguments; nothing is reached, for the script asks for nothing."""
    words = _submits()[number]
    done = _submit([words[0], "--verbose", *words[1:]], tmp_path, "import sys; print('called with', sys.argv[1:])")
    assert done.returncode == 0, done.stderr
    assert f"called with {words[words.index('taosha_spark.py') + 1:]}" in done.stdout


def test_a_run_under_spark_submit(mark: str, tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(9))
    clean(source, tmp_path / "local")
    words = ["spark-submit", "--master", "local[2]", "taosha_spark.py", "clean", str(source), "--engine", "spark", "-q"]
    done = _submit([*words, "-o", str(tmp_path / "out" / "clean.jsonl")], tmp_path, "from pipeline.cli import main\nmain()\n")
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "out") == digests(tmp_path / "local")


def test_ctrl_c_ends_all_of_it(mark: str, tmp_path: Path) -> None:
    source = make_source(tmp_path, 4)
    with marked():
        running = subprocess.Popen(
            run_command(source, tmp_path / "out", "--engine", "spark", "--master", "local[1]"), stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True,
        )
        wait_for(lambda: list((tmp_path / "out").glob(".taosha-*/clean/*")), 60, "it does not begin")
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"Traceback" not in said


def test_a_context_that_is_there_is_used_and_left_as_it_is(engine: SparkEngine, tmp_path: Path) -> None:
    with SparkEngine() as other:
        assert other._own.context is engine._own.context
    src = _dataset(tmp_path / "src", [_rows(3)])
    assert engine.map(src, ("n", "key"), double, SUMS, tmp_path / "out").n_rows == 3
