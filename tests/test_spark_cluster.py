"""A real cluster on this machine, a master and two workers: one of them killed, and one that is slow. Run by `make test-spark`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.engines.spark import SparkEngine
from pipeline.errors import TaoshaError
from tests.engines_conformance import SUMS, _dataset, _rows, double
from tests.run_corpus import clean, digests
from tests.spark_cluster import Cluster, alarm, find_marked, make_source, marked, needs_spark, run_command, start_cluster, wait_for

pytestmark = needs_spark


@pytest.fixture(autouse=True)
def _limit() -> Iterator[None]:
    with alarm(480):
        yield


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "conf").mkdir()
    (folder / "conf" / "spark-defaults.conf").write_text(
        "spark.speculation.minTaskRuntime 1s\nspark.speculation.quantile 0.5\nspark.speculation.multiplier 1.5\n", "utf-8"
    )
    with marked(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder / "conf"))
        with start_cluster(folder, 2) as own:
            yield own


def slow_once(batches: Iterable[pa.RecordBatch], *, mark: Path) -> Iterator[pa.RecordBatch]:
    """As `double`; who comes first to a shard that begins with 5 takes as long as nobody waits."""
    for batch in batches:
        if batch["key"][0].as_py() == 5 and not mark.exists():
            mark.touch()
            time.sleep(3600)
        yield from double([batch])


def test_a_straggler_is_overtaken(cluster: Cluster, tmp_path: Path) -> None:
    src = _dataset(tmp_path / "src", [[(k, k, "")] for k in range(8)])
    with SparkEngine(cluster.master) as engine:
        made = engine.map(src, ("n", "key"), partial(slow_once, mark=tmp_path / "slow"), SUMS, tmp_path / "out")
    assert (tmp_path / "slow").exists()
    assert [row["key"] for row in made.table(SUMS).to_pylist()] == list(range(8))


def test_a_killed_worker_changes_no_byte(cluster: Cluster, tmp_path: Path) -> None:
    """It is killed with what it runs when some units are cleaned, and the groups of the steps after come from the other alone."""
    source, out = make_source(tmp_path, 6), tmp_path / "out"
    clean(source, tmp_path / "local")
    running = subprocess.Popen(
        run_command(source, out, "--engine", "spark", "--master", cluster.master), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )

    def made() -> list[Path]:
        assert running.poll() is None, "it ended before a worker was killed"
        return list(out.glob(".taosha-*/clean/*/*.arrow"))

    wait_for(lambda: len(made()) >= 3, 240, "nothing is made")
    victim = cluster.processes[1]
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    _, said = running.communicate(timeout=200)
    assert running.returncode == 0, said
    assert digests(out) == digests(tmp_path / "local")
    assert not said, "a worker that is gone is no matter for people"


def test_no_executor_outlives_its_application(cluster: Cluster) -> None:
    mark = os.environ["TAOSHA_TEST_MARK"]
    wait_for(lambda: not [c for c in find_marked(mark).values() if "CoarseGrainedExecutorBackend" in c], 30, "executors are left")


def test_rows_of_a_shuffle_come_from_two_workers(cluster: Cluster, tmp_path: Path) -> None:
    """The worker that was killed has a successor."""
    cluster.add_worker()
    src = _dataset(tmp_path / "src", [_rows(40), _rows(50)])
    with SparkEngine(cluster.master) as engine:
        made = engine.shuffle(src, ("n", "key"), "key", 4, double, SUMS, tmp_path / "out")
    assert made.n_rows == 90


def sleeps(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For longer than anybody waits."""
    time.sleep(3600)
    yield from double(batches)


def test_when_java_dies_it_is_said_in_one_line_and_the_log_stays(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    src = _dataset(tmp_path / "src", [_rows(3)])
    with marked() as own, SparkEngine("local[1]") as engine:
        log = engine._own.log

        def kill() -> None:
            for process, command in find_marked(own).items():
                if "org.apache.spark.deploy.SparkSubmit" in command or "/java " in command.split("-cp")[0] + " ":
                    os.kill(process, signal.SIGKILL)

        threading.Timer(4, kill).start()
        with pytest.raises(TaoshaError, match="failed on Spark"):
            engine.map(src, ("n", "key"), sleeps, SUMS, tmp_path / "out")
    assert log is not None
    assert log.exists()
    shutil.rmtree(log.parent)
    assert signal.getsignal(signal.SIGINT) is before
