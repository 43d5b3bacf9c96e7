"""Real signals at many moments: the exit code says so, in one line and without a traceback, or the run was over and is whole.

`TAOSHA_MOMENTS=200` tries more moments than a CI run does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.run_corpus import digests
from tests.test_cli import ROOT, SEEDS

MOMENTS = int(os.environ.get("TAOSHA_MOMENTS", "5"))
HOWS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LOST = """
import gc, os, signal, sys, time, weakref
from pipeline.endings import EndedError, listen

class Thing:
    pass

class Deleted:
    def __del__(self):
        hit()
        time.sleep(0)

def hit(*_):
    os.kill(os.getpid(), number)
    for _ in range(1000):
        pass

def by_del():
    Deleted()

def by_reference():
    thing = Thing()
    there = weakref.ref(thing, hit)
    del thing

def by_collector():
    gc.callbacks.append(hit)
    try:
        gc.collect()
    finally:
        gc.callbacks.clear()

listen()
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    for way in (by_del, by_reference, by_collector):
        try:
            way()
            time.sleep(5)
        except EndedError as error:
            assert error.number == number, way
        else:
            sys.exit(f"{way.__name__} lost {number}")
"""


def start(args: Sequence[str | Path]) -> subprocess.Popen[bytes]:
    """A command as a terminal starts it: no signal is ignored."""
    def hear() -> None:
        for how in HOWS:
            signal.signal(how, signal.SIG_DFL)

    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *map(str, args)], cwd=ROOT, preexec_fn=hear, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )


def end(args: Sequence[str | Path], how: signal.Signals, after: float, last: Path) -> tuple[int, bytes, bool]:
    """Exit code and standard error of a command that gets a signal, and whether the last of its files was there by then."""
    running = start(args)
    time.sleep(after)
    running.send_signal(signal.SIGSTOP)     # nothing can happen between the look and the signal
    time.sleep(0.002)
    done = last.exists() or running.poll() is not None
    running.send_signal(how)
    running.send_signal(signal.SIGCONT)
    _, said = running.communicate(timeout=60)
    return running.returncode, said, done


def test_what_python_lets_go_is_raised_again() -> None:
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_signal_at_any_moment(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    begun = time.monotonic()
    running = start(["clean", SEEDS, "-o", f"{whole}/", "-q"])
    assert running.communicate(timeout=60)[1] == b""
    took = time.monotonic() - begun
    for n in range(MOMENTS):
        how, out = HOWS[n % len(HOWS)], tmp_path / f"{n}"
        events = ["--log-format", "json"] if n % 2 else []
        args: list[str | Path] = ["clean", SEEDS, "-o", f"{out}/", "-q", *events]
        after = took * (n + 1) / (MOMENTS + 1)
        code, said, done = end(args, how, after, out / "manifest.json")
        if code == 0:
            assert done, "it went on as if nobody had said a word"
            assert (said, digests(out)) == (b"", digests(whole))
        elif code == -how:
            assert said == b"", "before a word of the command line was read"
        else:
            assert code == 128 + how, (n, code, said)
            line, = said.decode().splitlines()
            assert "run the same command again" in line
            if events and line.startswith("{"):
                told = json.loads(line)
                assert (told["event"], told["error"], told["exit_code"]) == ("run-failed", "EndedError", code)


@pytest.mark.parametrize("how", HOWS[:2])
def test_a_signal_while_the_command_line_is_parsed_or_its_modules_are_imported(how: signal.Signals, tmp_path: Path) -> None:
    """Sent from within, where it is sure to be: as the module of a command is wanted, and as its options are looked at."""
    for place in ("typer.core.TyperGroup.resolve_command", "pipeline.read.paths.open_inputs"):
        module, _, name = place.rpartition(".")
        code = (
            "import os, signal, sys, importlib, pkgutil\nfrom pipeline import cli\n"
            f"owner = pkgutil.resolve_name({module!r})\n"
            f"setattr(owner, {name!r}, lambda *_, **__: (os.kill(os.getpid(), {int(how)}), sum(range(9))))\n"
            f"signal.signal({int(how)}, signal.SIG_DFL)\n"
            f"sys.argv[1:] = ['clean', {str(SEEDS)!r}, '-o', {str(tmp_path / 'o')!r} + '/']\ncli.main()\n"
        )
        more = "sys.argv += ['--log-format', 'json']\n" if (how is signal.SIGINT) == name.startswith("resolve") else ""
        script = code.replace("cli.main()", f"{more}cli.main()")
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60)
        assert done.returncode == 128 + how, done.stderr
        line, = done.stderr.splitlines()
        assert line.startswith("{" if more else "taosha: ")
        assert not more or json.loads(line)["event"] == "run-failed"
