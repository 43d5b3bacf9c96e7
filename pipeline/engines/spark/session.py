"""Starting Spark and ending it: what is bound where, what is written where, and what is said where it does not start.

The rule of this file: whatever Spark was told by its own means (spark-submit, spark-defaults.conf, SPARK_CONF_DIR) stands; here is
only what it was not told. It listens on loopback alone, has no web page, and writes to a log of its own, which is shown to nobody
unless it fails, and then only named.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pipeline import world
from pipeline.errors import TaoshaError, UsageError

__all__ = ["Session", "check_master", "explain", "find_java", "open_session"]

_LOOPBACK = "127.0.0.1"
_HERE = re.compile(r"local(\[|$)|spark://(localhost|127\.[0-9.]+|\[::1\])(:|$)")        # alternatives of fixed beginnings: linear
_LOCAL = re.compile(r"local(\[|$)")      # alternatives of fixed beginnings: linear
#: What Spark takes for a master. Alternatives of fixed beginnings, and what repeats in them cannot hold what separates it: linear.
_MASTER = re.compile(
    r"local(\[([0-9]+|\*)(\s*,\s*[0-9]+)?\s*\])?|local-cluster\[[0-9, ]+\]|yarn|k8s://\S+|spark://[^\s,/]+:[0-9]+(,[^\s,/]+:[0-9]+)*"
)
_NO_FAILURES = re.compile(r"local(?:\[([0-9]+|\*)\])?")                                  # one run of digits: linear
#: Times that a task may fail before its step does: the first death is met by a process aside, where what is deadly is found.
MAX_FAILURES = 4
_PATIENCE = 20.0            # seconds that Spark has to end by itself
_KNOCK = 5.0                # seconds that a master has to take a connection: Spark itself tries for a minute

#: What Spark is told where it was not told otherwise.
_SETTINGS = {
    "spark.app.name": "taosha",
    "spark.ui.enabled": "false",
    "spark.log.level": "WARN",
    "spark.speculation": "true",                        # a task may be done twice at once, see `tasks`
    "spark.speculation.minTaskRuntime": "10s",          # a copy of what takes less costs more than it wins
    "spark.task.maxFailures": str(MAX_FAILURES),
}


@dataclass(slots=True)
class Session:
    """Spark as it runs."""

    context: Any            # SparkContext
    log: Path | None        # what Spark writes; None where another started it
    max_failures: int
    failed: bool = False    # then its log is kept

    @property
    def cores(self) -> int:
        """Tasks that run at once, about."""
        return max(1, int(self.context.defaultParallelism))


def check_master(master: str) -> None:
    """Raise UsageError for what is no master. Nothing is reached."""
    if master and _MASTER.fullmatch(master) is None:
        raise UsageError(f"{master}: this is no master of Spark; give spark://HOST:PORT, yarn, k8s://URL, local[N] or local[*]")


def _knock(master: str) -> None:
    """Raise UsageError where none of the masters of a standalone cluster takes a connection."""
    why = ""
    for at in master.removeprefix("spark://").split(",") if master.startswith("spark://") else ():
        host, _, port = at.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK):
                return
        except (OSError, OverflowError, UnicodeError) as error:
            why = f"{at}: {getattr(error, 'strerror', None) or error}"
    if why:
        raise UsageError(f"no master of Spark is at {master} ({why}); start one there, or check --master")


@contextmanager
def open_session(master: str, bind: str) -> Iterator[Session]:
    """Spark for the time of a block: that which is there, or one of our own. Raises UsageError where it cannot be had."""
    try:
        from pyspark import SparkContext
    except ImportError:
        raise UsageError("the engine spark needs PySpark, which is an extra: install it with pip install 'taosha[spark]'") from None
    there = SparkContext._active_spark_context
    if there is not None:
        yield Session(there, None, _max_failures(there))
        return
    _knock(master)      # before Java is started
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    before = signal.getsignal(signal.SIGINT)
    folder = Path(world.make_temporary(prefix="taosha-spark-"))
    session = Session(None, folder / "spark.log", MAX_FAILURES)
    try:
        with world.open(folder / "spark.log", "wb") as file, _gateway(file, session) as gateway:
            session.context = _start(SparkContext, gateway, _configure(gateway, master, bind), session, master)
            session.max_failures = _max_failures(session.context)
            try:
                yield session
            finally:
                with suppress(Exception):       # it may be gone already
                    session.context.stop()
    finally:
        if not session.failed:
            world.remove_tree(folder, ignore_errors=True)
        if threading.current_thread() is threading.main_thread() and before is not None:
            signal.signal(signal.SIGINT, before)        # Spark has set one of its own


def _start(make: Any, gateway: Any, conf: Any, session: Session, master: str) -> Any:
    at = master or conf.get("spark.master")     # asked for now: Java may be gone when it fails
    try:
        return make(gateway=gateway, conf=conf)
    except Exception as error:      # of Java, for any reason that Spark has
        session.failed = True
        why = f"{_first_line(error)}; {session.log} has its log"
        raise UsageError(f"Spark did not start at {at}; check --master and --bind, and that a master is there: {why}") from None


def find_java() -> str:
    """The Java that Spark would start. Raises UsageError where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")
    if java is None:
        where = f"in JAVA_HOME={home}" if home else "on the PATH"
        raise UsageError(
            f"the engine spark needs Java 17 or newer, and there is none {where}: install it (Debian: apt-get install "
            "openjdk-17-jre-headless), or let JAVA_HOME name one"
        )
    return java


@contextmanager
def _gateway(file: IO[bytes], session: Session) -> Iterator[Any]:
    """The process of Java that Spark lives in. It ends with the block, or with this process: then a pipe that it reads ends."""
    from pyspark import SparkContext, java_gateway
    from pyspark.errors import PySparkRuntimeError

    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        find_java()
    try:
        launch: Any = java_gateway.launch_gateway
        gateway = launch(None, {"stdout": file, "stderr": file})
    except (PySparkRuntimeError, OSError):
        assert session.log is not None
        said = _last_line(session.log)
        raise TaoshaError(f"Spark did not start: {said}; it needs Java 17 or newer, this is {find_java()}") from None
    try:
        yield gateway
    finally:
        with suppress(Exception):
            gateway.shutdown()
        # What Spark itself leaves where it could not be stopped in order, because Java is gone: the next would take it for living.
        SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None
        if (process := gateway.proc) is not None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _configure(gateway: Any, given: str, bind: str) -> Any:
    """What Spark is told. Raises UsageError for a master elsewhere that could not reach this process, or that is not there."""
    from pyspark import SparkConf

    conf: Any = SparkConf(loadDefaults=True, _jvm=gateway.jvm)       # with what spark-defaults.conf and spark-submit say
    if given:
        conf.setMaster(given)
    conf.setIfMissing("spark.master", "local[*]")
    master = conf.get("spark.master")
    if (match := _NO_FAILURES.fullmatch(master)) is not None:
        conf.setMaster(f"local[{match[1] or 1},{MAX_FAILURES}]")
    here = _HERE.match(master) is not None
    if bind:
        conf.set("spark.driver.host", bind).set("spark.driver.bindAddress", bind)
    elif here:
        conf.setIfMissing("spark.driver.host", _LOOPBACK)
    elif not conf.contains("spark.driver.host"):
        raise UsageError(
            f"workers of {master} cannot reach this process, which listens on loopback alone: name the address of this machine in "
            "their network with --bind"
        )
    if not given:
        _knock(master)
    conf.setIfMissing("spark.driver.bindAddress", conf.get("spark.driver.host"))
    if _LOCAL.match(master):
        conf.setIfMissing("spark.authenticate", "true")         # with a secret of its own: others on this machine do not get in
    conf.set("spark.ui.showConsoleProgress", "false")           # spark-submit sets it for whatever has no script
    for name, value in _SETTINGS.items():
        conf.setIfMissing(name, value)
    return conf


def _max_failures(context: Any) -> int:
    master = str(context.master)
    match = re.search(r",\s*([0-9]+)\]$", master) if _LOCAL.match(master) else None     # one run of digits at the end: linear
    return int(match[1]) if match else int(context.getConf().get("spark.task.maxFailures", str(MAX_FAILURES)))


def explain(error: BaseException, session: Session) -> Exception:
    """A job that failed, in one line."""
    session.failed = True
    log = f"; {session.log} has its log" if session.log else ""
    at = session.context.master
    return TaoshaError(f"a step failed on Spark at {at}: {_first_line(error)}{log}; run again to go on from there")


def _first_line(error: BaseException) -> str:
    """What a failure says. Messages of tasks are ours, and hold nothing of a shard."""
    java = getattr(error, "java_exception", None)
    lines = [line.strip() for line in str(java.getMessage() if java is not None else error).splitlines()]
    ours = [line for line in lines if "FailedError: " in line]
    return (ours + lines + [type(error).__name__])[0][:300]


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in world.read(log).decode("utf-8", "replace").splitlines()]
    return next((line[:300] for line in reversed(lines) if line), "it said nothing")
