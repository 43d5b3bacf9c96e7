"""A standalone Spark cluster on loopback, and what tests do to it: start, count and end processes by what they carry.

Every process of a test inherits a mark in its environment, so what it leaves behind is found, whatever started it.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pytest

from pipeline.record import Record
from pipeline.run.clean import clean_part
from pipeline.run.plan import read_planned
from pipeline.run.settings import Settings

__all__ = ["ROOT", "Cluster", "alarm", "deadly_clean", "find_marked", "marked", "needs_spark", "start_cluster", "wait_for"]

ROOT = Path(__file__).parents[1]
_MARK = "TAOSHA_TEST_MARK"
#: Seconds that processes have to end after what started them.
PATIENCE = 30.0

#: `make test-spark` sets it; `make test` needs no Java, and takes none where it is there.
needs_spark = pytest.mark.skipif("TAOSHA_TEST_SPARK" not in os.environ, reason="run by make test-spark")


@contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the main thread after so long."""
    def ring(*_: object) -> None:
        raise TimeoutError(f"the test took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def find_marked(mark: str) -> dict[int, str]:
    """The living processes that carry a mark, with their commands; not this one."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(path.name) != os.getpid() and f"{_MARK}={mark}".encode() in (path / "environ").read_bytes():
                found[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    return found


@contextmanager
def marked() -> Iterator[str]:
    """A mark for all that is started meanwhile; nothing that has it may be alive a while after."""
    mark = secrets.token_hex(8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_MARK, mark)
        patch.setenv("PYTHONPATH", str(ROOT))       # functions of tests are called by name, too
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        try:
            yield mark
            wait_for(lambda: not find_marked(mark), PATIENCE, "processes are left behind")
        finally:
            for process in find_marked(mark):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def wait_for(is_so: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until something is so. Raises AssertionError that says what is wrong where it is not."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@dataclass(slots=True)
class Cluster:
    """A master and its workers, on this machine."""

    folder: Path
    master: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)      # the master, then workers

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def start(self, name: str, *arguments: str) -> None:
        """Start a class of `org.apache.spark.deploy`."""
        import pyspark

        home = Path(pyspark.__file__).parent
        environment = os.environ | {"SPARK_HOME": str(home), "SPARK_SCALA_VERSION": "2.13", "SPARK_LOCAL_IP": "127.0.0.1"}
        log: IO[bytes]
        with open(self.folder / f"{name}.log", "wb") as log:
            self.processes.append(subprocess.Popen(
                [str(home / "bin" / "spark-class"), *arguments], env=environment, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True,
            ))

    def add_worker(self) -> int:
        """Start a worker of one core; its process id."""
        name, host = f"worker{len(self.processes)}", f"127.0.0.{len(self.processes)}"       # Spark copies no task on one host
        self.start(
            name, "org.apache.spark.deploy.worker.Worker", self.master, "--host", host, "--webui-port", "0",
            "--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / name),
        )
        wait_for(lambda: "Successfully registered" in self.log(name), 60, f"the worker did not start: {self.folder}")
        return self.processes[-1].pid


@contextmanager
def start_cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A cluster that ends with the block."""
    cluster = Cluster(folder)
    try:
        cluster.start("master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        wait_for(lambda: "Starting Spark master at spark://" in cluster.log("master"), 60, f"the master did not start: {folder}")
        cluster.master = cluster.log("master").partition("Starting Spark master at ")[2].split()[0]
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in reversed(cluster.processes):
            process.terminate()
        for process in cluster.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)


def deadly_clean(batches: Iterable[pa.RecordBatch], *, settings: Settings, deadly: str) -> Iterator[pa.RecordBatch]:
    """The step `clean`; it kills its process where a record holds what is deadly."""
    units = list(batches)
    for item in read_planned(units):
        if isinstance(item, Record) and deadly in item.original:
            os.kill(os.getpid(), signal.SIGKILL)
    yield from clean_part(units, settings)


def run_command(source: Path, out: Path, *more: str, unit_bytes: int = 20_000) -> list[str]:
    """The command of a run on Spark with small units."""
    from tests.random_kills import _RUN

    return [sys.executable, "-c", _RUN, str(unit_bytes), "clean", str(source), "-o", str(out / "clean.jsonl"), "--quiet", *more]


def make_source(folder: Path, times: int) -> Path:
    """Records enough for some units."""
    from tests.run_corpus import make_records, write_records

    records: list[dict[str, Any]] = [r for seed in range(times) for r in _rename(make_records(seed=seed), seed)]
    return write_records(folder / "in.jsonl", records)


def _rename(records: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    return [{**r, "id": f"{seed}/{r['id']}"} for r in records]
