"""Kill whole runs at random, again and again, until each is through: the same bytes each time, and no worker left behind.

    python -m tests.random_kills INPUT --kills 100 --seed 1 [--unit-bytes N] [--workers N]

Each kill chooses a phase of the run, then a moment in it; it hits the run, or the run and its workers at once, which the next one
goes on from, or one worker, which the run goes on without. Every run has its near-duplicates found and compared by the engine,
however few they are. With `--only-kill` nothing is asked to end (SIGTERM): all is SIGKILL.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from pipeline.run.progress import PHASES
from tests.run_corpus import digests

_RUN = (
    "import sys; import pipeline.read.jsonl as j; import pipeline.read.units as u; import pipeline.read.warc as w; "
    "j.UNIT_BYTES = u.UNIT_BYTES = w.UNIT_BYTES = int(sys.argv.pop(1)); "
    "import pipeline.run.steps as s; s.MANY_DOCUMENTS = s.MANY_CHARS = 0; from pipeline.cli import main; main()"
)
#: Whom a signal hits: a run dies alone, as if out of memory, and with its workers, as a container does.
_WAYS = (
    ("the run", signal.SIGKILL), ("the run and its workers", signal.SIGKILL), ("a worker", signal.SIGKILL),
    ("the run, asked", signal.SIGTERM),
)
#: Seconds that workers have to end after their parent: 0.1 s is what it takes, and once more than five on a full machine.
PATIENCE = 20.0


def start(source: Path, out: Path, unit_bytes: int, workers: int) -> subprocess.Popen[bytes]:
    """A run in a process group of its own, which tells how far it is in `out`.err."""
    command = [sys.executable, "-c", _RUN, str(unit_bytes), "clean", str(source), "-o", str(out / "clean.jsonl"), "--json"]
    with open(out.with_suffix(".err"), "wb") as err:
        return subprocess.Popen(
            [*command, "--workers", str(workers)], start_new_session=True, stdout=subprocess.DEVNULL, stderr=err
        )


def read_events(out: Path) -> list[dict[str, Any]]:
    """What a run told so far."""
    lines = out.with_suffix(".err").read_bytes().split(b"\n")[:-1]
    return [orjson.loads(line) for line in lines if line.startswith(b"{")]


def time_phases(out: Path) -> dict[str, float]:
    """Seconds of each phase of a run that is through."""
    events = read_events(out)
    first = {event["phase"]: event["seconds"] for event in reversed(events)}
    ends = [*[first[phase] for phase in PHASES[1:]], events[-1]["seconds"]]
    return {phase: end - first[phase] for phase, end in zip(PHASES, ends, strict=True)}


def find_children(pid: int) -> list[int]:
    """The processes that a process started; none where the system does not say."""
    try:
        return [int(p) for task in Path(f"/proc/{pid}/task").iterdir() for p in (task / "children").read_text().split()]
    except OSError:
        return []


def wait_for(running: subprocess.Popen[bytes], out: Path, phase: str) -> bool:
    """Wait until a run is in a phase; whether it came to it."""
    while running.poll() is None:
        if any(event["phase"] == phase for event in read_events(out)):
            return True
        time.sleep(0.01)
    return False


def group_ends(group: int, patience: float = PATIENCE) -> bool:
    """Whether all processes of a group are gone in time."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def try_kills(
    source: Path, folder: Path, kills: int, seed: int, *, unit_bytes: int, workers: int, only_kill: bool = False,
) -> Counter[str]:
    """Run until so many kills were made; count them by phase and by what they hit. AssertionError on the first broken law."""
    dice = random.Random(seed)
    for name in ("first", "whole"):     # the first may have to compile
        assert start(source, folder / name, unit_bytes, workers).wait() == 0, (folder / f"{name}.err").read_text("utf-8")
    seconds, expected = time_phases(folder / "whole"), digests(folder / "whole")
    made, runs = Counter[str](), 0
    ways = [way for way in _WAYS if way[1] is signal.SIGKILL or not only_kill]
    while made.total() < kills:
        runs += 1
        out = folder / f"out{runs}"
        while _killed(source, out, dice, made, seconds if made.total() < kills else {}, ways, unit_bytes, workers):
            there = digests(out)
            assert there.items() <= expected.items(), f"after {made.total()} kills: {there}"
        assert digests(out) == expected, f"run {runs} after {made.total()} kills"
        print(f"{made.total()} kills, {runs} runs, the same bytes", file=sys.stderr, flush=True)
        left = sorted(path.name for path in out.iterdir())
        assert left == sorted(expected), left
    return made


def _killed(
    source: Path, out: Path, dice: random.Random, made: Counter[str], seconds: Mapping[str, float],
    ways: Sequence[tuple[str, signal.Signals]], unit_bytes: int, workers: int,
) -> bool:
    """One run; whether it was killed. A worker may be killed before, once: twice could hit one document, which is given up then."""
    running = start(source, out, unit_bytes, workers)
    if seconds:
        phase, moment, (whom, how) = dice.choice(PHASES), dice.random(), dice.choice(ways)
        if wait_for(running, out, phase):
            time.sleep(moment * seconds[phase])
            children = find_children(running.pid)
            if whom == "a worker" and children:
                os.kill(dice.choice(children), how)
                made[f"{phase}, {whom}"] += 1
            elif whom != "a worker" and running.poll() is None:
                (os.killpg if whom == "the run and its workers" else os.kill)(running.pid, how)
                running.wait()
                made[f"{phase}, {whom}"] += 1
                assert group_ends(running.pid), f"kill {made.total()}: workers are left behind"
                return True
    code = running.wait()
    assert code == 0, f"after {made.total()} kills: {out.with_suffix('.err').read_text('utf-8')}"
    return False


def main() -> None:
    """Try it and print counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unit-bytes", type=int, default=16 << 20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only-kill", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(try_kills(
            args.input, Path(folder), args.kills, args.seed, unit_bytes=args.unit_bytes, workers=args.workers,
            only_kill=args.only_kill,
        ), f"seed {args.seed}")


if __name__ == "__main__":
    main()
