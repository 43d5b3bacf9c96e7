"""Processes that start together where no kernel is compiled: each is compiled once, whoever dies or stands still."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.jit import is_known, is_off
from pipeline.jit.machine import can_load

ROOT = Path(__file__).parents[1]
#: Small ones of two modules, each of which is compiled in half a second.
FEW = (("pipeline.chinese.scan:count_newlines", "u4[1]Cr"), ("pipeline.near.kernels.walk:skip_decided", "i8[1]C,i8[1]C,int"))
_WARM = """
import sys, time
from pathlib import Path
import pipeline.jit, pipeline.jit.warming as w
top, few, patience = Path(sys.argv[1]), eval(sys.argv[2]), float(sys.argv[3])
w.list_kernels, w._PATIENCE = lambda: frozenset(few), patience
start, said = w._start, []
def count(share):
    with (top / "started").open("a") as file:
        file.write("".join(f"{name}\\n" for name, _ in share))
    return start(share)
w._start = count
pipeline.jit.hear(lambda done, total: said.append((done, total)))
print("at it", flush=True)
w.warm(own=False)
print(len(w.list_missing()), said, flush=True)
"""
pytestmark = pytest.mark.skipif(is_off() or not is_known() or not can_load(), reason="numba keeps its kernels itself here")


def _start(folder: Path, patience: float = 60) -> subprocess.Popen[str]:
    own = os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache"), "XDG_CACHE_HOME": str(folder / "home")}
    own.pop("TAOSHA_COMPILES", None)
    code = f"import pipeline.jit.shelf as s; s.find_places = lambda: iter([s.Path({str(folder / 'cache')!r}) / s._FOLDER])\n{_WARM}"
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder), repr(FEW), str(patience)], cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True,
    )


def _end(running: subprocess.Popen[str]) -> str:
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 0
    return said.splitlines()[-1]


def _compiled(folder: Path) -> list[str]:
    return sorted((folder / "started").read_text("utf-8").split()) if (folder / "started").exists() else []


def test_six_that_start_together_compile_each_kernel_once(tmp_path: Path) -> None:
    ends = [_end(running) for running in [_start(tmp_path) for _ in range(6)]]
    assert [end[0] for end in ends] == ["0"] * 6
    assert _compiled(tmp_path) == sorted(name for name, _ in FEW)
    assert all(end.endswith(f"({len(FEW)}, {len(FEW)})]") or "[]" in end for end in ends), "who waits says what comes"


def test_who_compiles_is_killed_and_another_goes_on(tmp_path: Path) -> None:
    first = _start(tmp_path)
    end = time.monotonic() + 60
    while not _compiled(tmp_path) and time.monotonic() < end:
        time.sleep(0.02)
    others = [_start(tmp_path) for _ in range(2)]
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert [_end(running)[0] for running in others] == ["0", "0"]
    assert len(_compiled(tmp_path)) <= 2 * len(FEW), "one of the others alone goes on"


@pytest.mark.parametrize("alive", [False, True])
def test_who_gives_no_sign_is_replaced_by_one(alive: bool, tmp_path: Path) -> None:
    """As one that was stopped, or whose machine is gone and whose lock stays on a shared disk; not one that is slow."""
    place = tmp_path / "cache" / "taosha-kernels"
    place.mkdir(parents=True)
    with FileLock(place / "lock"):
        waiting = [_start(tmp_path, patience=1.5) for _ in range(3)]
        if alive:
            end = time.monotonic() + 4
            while time.monotonic() < end:
                os.utime(place / "lock")
                time.sleep(0.1)
            assert not _compiled(tmp_path)
            assert all(running.poll() is None for running in waiting)
        else:
            assert [_end(running)[0] for running in waiting] == ["0"] * 3
    if alive:
        assert [_end(running)[0] for running in waiting] == ["0"] * 3
    assert _compiled(tmp_path) == sorted(name for name, _ in FEW)


def test_without_locks_each_does_its_own(tmp_path: Path) -> None:
    """The lock cannot be opened: it is another's, or of a system without."""
    (tmp_path / "cache" / "taosha-kernels" / "lock").mkdir(parents=True)
    assert _end(_start(tmp_path))[0] == "0"
    assert _compiled(tmp_path) == sorted(name for name, _ in FEW)
