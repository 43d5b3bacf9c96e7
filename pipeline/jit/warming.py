"""Compile beforehand, in one place and by all cores, what runs call: at `make setup`, or where the first kernel is missing.

`kernels.txt` lists kernels and types, as `tools/list_kernels.py` saw them called; a test compares it with what a run calls, and
bears nine that are missing, which are compiled where they are called. A line that no longer fits costs nothing but itself. Without
this a first run compiled what it met, one after the other, and the next command what that met.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.jit import Heard, Kernel, hearers, is_known, is_off
from pipeline.jit.finding import compile_and_keep, is_there
from pipeline.jit.machine import can_load
from pipeline.jit.shelf import find_writable, is_lasting
from pipeline.jit.signatures import make_examples

__all__ = ["find_kernel", "list_kernels", "list_missing", "warm", "warm_for"]

_LIST = Path(__file__).with_name("kernels.txt")
_BEAT = 1.0         # seconds between two signs while nothing is done: a look at 67 files of the shelf takes 2 ms
_DONE = "+"         # what a compiling process says of each that is done
#: Seconds without a sign of whoever compiles, which gives one every _BEAT. By judgement: forty cold processes at a load of 80 left
#: it one hundredth of a core, and when they took it for dead and compiled themselves, none of them came to an end.
_PATIENCE = 300.0


@lru_cache(maxsize=1)
def list_kernels() -> frozenset[tuple[str, str]]:
    """Kernels and types that runs call."""
    with suppress(OSError):
        lines = _LIST.read_text("utf-8").splitlines()
        return frozenset((name, types) for name, _, types in (line.partition(" ") for line in lines if line and line[0] != "#"))
    return frozenset()


def list_missing(*, own: bool = False) -> list[tuple[str, str]]:
    """Those that are on no shelf; with `own`, none that was made for this very processor."""
    return _look_again(sorted(list_kernels()), own)


def _look_again(missing: Sequence[tuple[str, str]], own: bool) -> list[tuple[str, str]]:
    """Those of them that are still missing."""
    return [(name, types) for name, types in missing if (kernel := find_kernel(name)) and not is_there(kernel, types, own=own)]


def find_kernel(name: str) -> Kernel | None:
    """The kernel of a name on the list; None where it is no longer there."""
    module, _, own = name.partition(":")
    with suppress(ImportError):
        kernel = getattr(import_module(module), own, None)
        return kernel if isinstance(kernel, Kernel) else None
    return None


def warm_for(kernel: Kernel, types: str) -> bool:
    """Compile all that is listed, where this kernel is; whether it was."""
    if (kernel.name, types) not in list_kernels() or "TAOSHA_COMPILES" in os.environ:
        return False
    warm(own=False)
    return True


def warm(*, own: bool = True) -> int:
    """Compile what is listed and missing; how many there were. Whoever comes meanwhile waits, and has no more to do.

    With `own`, what came with the package counts as missing: it is slower than what is made for this processor.
    Where nothing lasts, nothing: then what is called is compiled when it is called, and no more.
    """
    place = find_writable()
    if is_off() or not is_known() or not can_load() or place is None or not is_lasting(place):
        return 0
    with _turn(place, own) as (missing, lock):
        if missing:
            _compile_in_processes(missing, lambda done, total: _beat(lock, done, total))
        return len(missing)


def _beat(lock: Path, done: int, total: int) -> None:
    """Tell how far it is, those who wait too: that somebody is at work, however slowly."""
    with suppress(OSError):
        os.utime(lock)
    _tell(done, total)


def _tell(done: int, total: int) -> None:
    for heard in hearers():
        heard(done, total)


@contextmanager
def _turn(place: Path, own: bool) -> Iterator[tuple[list[tuple[str, str]], Path]]:
    """What is missing, once it is for this process to compile: nothing, where another did it meanwhile; and the lock it has.

    One process compiles, the others see what comes, and say so. The lock is the system's: it goes with a process that is killed.
    Whoever waits needs no turn to see that all is there. Where whoever has the lock gives no sign for long (it was stopped, or its
    machine is gone), one of those who wait compiles beside it: one, for all at once would take forty times as long.
    """
    missing, stale = list_missing(own=own), 0         # imports all kernels, so not within the lock
    n, seen, lock = len(missing), time.monotonic(), place / "lock"
    sign: tuple[object, int] = (missing, 0)
    with ExitStack() as held:
        while missing:
            try:
                held.enter_context(FileLock(lock).acquire(timeout=2 * _BEAT, poll_interval=_BEAT / 5))
                missing = _look_again(missing, own)
                break
            except Timeout:
                before, sign = sign, (missing := _look_again(missing, own), _read_time(lock))
                _tell(n - len(missing), n)
                if sign != before:
                    seen = time.monotonic()
                elif time.monotonic() - seen > _PATIENCE:
                    stale, seen = stale + 1, time.monotonic()
                    lock = place / f"lock-{stale}"
            except (OSError, NotImplementedError):      # there are no locks: two that compile the same do no harm
                break
        if n and not missing:
            _tell(n, n)
        yield missing, lock


def _read_time(path: Path) -> int:
    """When it was changed, by whatever clock: it is only compared with itself."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _compile_in_processes(missing: Sequence[tuple[str, str]], heard: Heard) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares = _share(missing, min(cores, 8))
    done, lock = 0, threading.Lock()
    heard(0, len(missing))

    def work(share: Sequence[tuple[str, str]]) -> None:
        nonlocal done
        with suppress(OSError), _start(share) as process:
            assert process.stdout is not None
            for line in process.stdout:
                with lock:
                    done += line.startswith(_DONE)
                    heard(done, len(missing))

    threads = [threading.Thread(target=work, args=(share,), daemon=True) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():        # a kernel may take long by itself
            thread.join(_BEAT)
            heard(done, len(missing))


def _share(missing: Sequence[tuple[str, str]], n: int) -> list[list[tuple[str, str]]]:
    """Kernels of one module go together, as they call the same others, which are compiled once a process."""
    shares: list[list[tuple[str, str]]] = [[] for _ in range(n)]
    modules: dict[str, list[tuple[str, str]]] = {}
    for name, types in missing:
        modules.setdefault(name.partition(":")[0], []).append((name, types))
    weights = [0] * n
    for size, name in sorted(((_count_code(name), name) for name in modules), reverse=True):
        lightest = weights.index(min(weights))
        weights[lightest] += size
        shares[lightest] += modules[name]
    return [share for share in shares if share]


def _count_code(module: str) -> int:
    """Bytes of the kernels of a module: about what their compilation takes."""
    return sum(len(value.py_func.__code__.co_code) for value in vars(import_module(module)).values() if isinstance(value, Kernel))


def _start(share: Sequence[tuple[str, str]]) -> subprocess.Popen[str]:
    # Ours first, before a `pipeline.py` in the folder of whoever calls.
    places = [str(Path(__file__).parents[2]), *(place or os.getcwd() for place in sys.path)]
    environment = os.environ | {"TAOSHA_COMPILES": "1", "PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-P", "-c", "from pipeline.jit.warming import compile_share; compile_share()"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    )
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write("".join(f"{name} {types}\n" for name, types in share))
        process.stdin.close()
    return process


def compile_share() -> None:
    """What a compiling process does: it reads kernels and types, and says of each that it is done.

    numba comes without the linear algebra of scipy, which it looks for at its first kernel (0.13 s) and no kernel here uses.
    """
    sys.modules["scipy.linalg.cython_blas"] = None    # type: ignore[assignment]  # "not there"
    for line in sys.stdin:
        name, _, types = line.strip().partition(" ")
        kernel = find_kernel(name)
        with suppress(Exception):       # whoever calls it compiles it, and hears why it cannot be
            if kernel is not None:
                compile_and_keep(kernel, types, make_examples(types))
        print(_DONE, flush=True)
