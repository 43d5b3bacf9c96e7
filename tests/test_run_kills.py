"""Kills: at every rename and flush of the moment that a run becomes visible, at random, of the parent, and by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import command_kills
from tests.random_kills import PATIENCE, find_children, group_ends, start, try_kills
from tests.run_corpus import make_records, write_records

ROOT = Path(__file__).parents[1]


def test_a_reader_never_sees_two_runs_and_the_next_run_goes_on(tmp_path: Path) -> None:
    """Every fifth kill of the publishing; `python -m tests.killing FOLDER` tries all of a whole run (160)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(tmp_path), "5", "publish"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 5


def test_random_kills_change_no_byte(tmp_path: Path) -> None:
    """A short version; `python -m tests.random_kills` takes any input and number."""
    source = write_records(tmp_path / "in.jsonl", make_records(40))
    try_kills(source, tmp_path, kills=2, seed=11, unit_bytes=20_000, workers=2)


def test_other_commands_leave_nothing_half(tmp_path: Path) -> None:
    """A short version; `python -m tests.command_kills` takes any number, `report`, `check` and runs on Spark."""
    scenes = command_kills.make_scenes(tmp_path, 40)
    for command in ("index", "restore"):
        (tmp_path / command).mkdir()
        assert command_kills.try_kills(scenes[command], tmp_path / command, kills=1, seed=12).total() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path: Path, how: signal.Signals) -> None:
    records = make_records(90)
    source = write_records(tmp_path / "in.jsonl", [{**r, "id": f"{n}/{r['id']}"} for n in range(60) for r in records[:90]])
    running = start(source, tmp_path / "out", 1 << 18, 2)
    end = time.monotonic() + 60
    while len(find_children(running.pid)) < 2 and running.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert running.poll() is None, "it ended before its workers began"
    begun = time.monotonic()
    if how is signal.SIGINT:
        os.killpg(running.pid, how)     # as a terminal does
    else:
        running.send_signal(how)
    running.wait()
    assert group_ends(running.pid), "workers are left behind"
    assert time.monotonic() - begun < PATIENCE
    err = (tmp_path / "out.err").read_bytes()
    assert b"Traceback" not in err
    if how is signal.SIGINT:
        assert running.returncode == 130
        assert b"interrupted" in err
