"""Worker processes that die with their parent, are told apart when they die themselves, and never print a traceback.

A worker is a fresh interpreter, never a fork, which would copy locked threads. `multiprocessing` would start one too, but it
runs the main module again, starts a process of its own beside it, and prints a traceback where the parent dies meanwhile.
Workers do not hear Ctrl-C, which a terminal sends to all: the parent hears it and ends them. A parent that is killed cannot:
then the kernel does it where it can be asked to (Linux), and a thread that waits for the end of a pipe does it elsewhere.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from pipeline import world
from pipeline.jit.patterns import keep_patterns, remember_patterns
from pipeline.meter import METER
from pipeline.read.damage import is_of_moment

__all__ = ["Call", "Died", "Far", "Pool", "serve"]

#: Exit code of a worker that got no more memory; none of those that Python or a shell gives.
_NO_MEMORY = 119
_START = Path(__file__).with_name("worker_start.py")
_PATIENCE = 2.0             # seconds that an idle worker has to end by itself

#: A top-level function and its arguments. Where it gives a generator of numbers, these are told as `Far`; what it returns counts.
Call = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Died:
    """What came of a call whose worker died: how it died, for people."""

    how: str


@dataclass(frozen=True, slots=True)
class Far:
    """How far a call is: rows that were made so far, and bytes of input that were read. It is no outcome yet."""

    rows: int
    read: int


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    tasks: Connection
    alive: int              # the end of a pipe, held open as long as the parent lives

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.tasks.close()
        os.close(self.alive)

    def how(self) -> str:
        """How it died."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
        code = self.process.returncode
        if code == _NO_MEMORY:
            return "it needed more memory than there is"
        if code is None or code >= 0:
            return f"it ended with exit code {code}"
        with suppress(ValueError):
            name = signal.Signals(-code).name
            return f"it was killed by {name}" + (", most likely for want of memory" if name == "SIGKILL" else "")
        return f"it was killed by signal {-code}"


class Pool:
    """Up to some number of workers, started when they are needed. A context manager."""

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._all: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, tuple[_Worker, int]] = {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, n: int, modules: Sequence[str]) -> None:
        """Start so many workers now, for what comes; they import these modules meanwhile."""
        for _ in range(min(n, self.n_workers) - len(self._all)):
            worker = self._start()
            self._idle.append(worker)
            with suppress(BrokenPipeError, ConnectionResetError):       # it died already: the first call that it is given says so
                for name in modules:
                    worker.tasks.send(name)

    def close(self) -> None:
        """End every worker at once: what it writes is whole or not there."""
        for worker in self._all:
            worker.process.kill()
        for worker in self._all:
            worker.end()
        self._all, self._idle, self._busy = [], [], {}

    def run(self, calls: Sequence[Call], n_workers: int | None = None) -> Iterator[tuple[int, Any]]:
        """The place of each call with what came of it, as they end; `Died` where a worker died. Raises what a call raises.

        Before that, `Far` as often as a call tells it.
        """
        most = min(n_workers or self.n_workers, self.n_workers)
        waiting = deque(range(len(calls)))
        while waiting or self._busy:
            while waiting and len(self._busy) < most:
                self._give(waiting[0], calls[waiting[0]])
                waiting.popleft()
            for tasks in wait(list(self._busy)):
                assert isinstance(tasks, Connection)
                yield self._take(tasks)

    def _give(self, at: int, call: Call) -> None:
        worker = self._idle.pop() if self._idle else self._start()
        with suppress(BrokenPipeError, ConnectionResetError):       # it died idle: what is read from it says so
            worker.tasks.send(call)
        self._busy[worker.tasks] = worker, at

    def _take(self, tasks: Connection) -> tuple[int, Any]:
        worker, at = self._busy.pop(tasks)
        try:
            error, value = tasks.recv()
            if isinstance(value, Far):
                self._busy[tasks] = worker, at
                return at, value
        except (EOFError, OSError) as error:
            if is_of_moment(error) and not isinstance(error, ConnectionError):      # of this process, not of the worker
                raise
            died = Died(worker.how())
            worker.end()
            self._all.remove(worker)
            return at, died
        self._idle.append(worker)
        if error is not None:
            raise error
        return at, value

    def _start(self) -> _Worker:
        own, theirs = socket.socketpair()
        held, alive = os.pipe()
        arguments = [str(theirs.fileno()), str(held), str(os.getpid()), *sys.path]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})      # the worker keeps the mask
        try:
            process = world.spawn(
                [sys.executable, *_flags(), os.fspath(_START), *arguments], stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), held),
            )
        except BaseException:
            own.close()
            os.close(alive)
            raise
        else:
            self._all.append(_Worker(process, Connection(own.detach()), alive))
            return self._all[-1]
        finally:
            theirs.close()
            os.close(held)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)      # an interrupt that waited comes now


def _flags() -> list[str]:
    """The options of this interpreter that another must have to do the same."""
    return [*(f"-W{option}" for option in sys.warnoptions), *(f"-X{k}={v}" for k, v in sys._xoptions.items() if isinstance(v, str))]


def serve(handle: int) -> None:
    """What a worker does: one call after another, until its parent has no more or is gone."""
    tasks = Connection(handle)
    remember_patterns()
    try:
        while True:
            task = tasks.recv()
            if isinstance(task, str):       # a module, see `Pool.start`
                with suppress(Exception):   # whoever needs it says so
                    import_module(task)
                continue
            function, arguments = task
            tasks.send(_call(function, arguments, lambda far: tasks.send((None, far))))
            keep_patterns()
    except (EOFError, OSError):     # the parent is done, or gone
        pass
    except MemoryError:             # a call came, or what came of it was to go, and there was no room for it
        os._exit(_NO_MEMORY)


def _call(
    function: Callable[..., Any], arguments: tuple[Any, ...], tell: Callable[[Far], None]
) -> tuple[BaseException | None, Any]:
    try:
        value = function(*arguments)
        while isinstance(value, Generator):
            try:
                tell(Far(next(value), METER.read))
            except StopIteration as end:
                value = end.value
        return None, value
    except MemoryError:
        os._exit(_NO_MEMORY)
    except BaseException as error:
        error.add_note("in a worker:\n" + traceback.format_exc())
        return error, None

