"""Kill whole runs at random, again and again, until each is through: the same bytes each time, and no worker left behind.

    python -m tests.random_kills INPUT --kills 100 --seed 1 [--unit-bytes N] [--workers N]

Every run has its near-duplicates found and compared by the engine, however few they are.
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
from pathlib import Path

from tests.run_corpus import digests

_RUN = (
    "import sys; import pipeline.read.jsonl as j; import pipeline.read.units as u; "
    "j.UNIT_BYTES = u.UNIT_BYTES = int(sys.argv.pop(1)); import pipeline.run.steps as s; s.MANY_DOCUMENTS = s.MANY_CHARS = 0; "
    "from pipeline.cli import main; main()"
)
#: Seconds that workers have to end after their parent: 0.1 s is what it takes, but the machine of a test may be busy.
PATIENCE = 5.0


def start(source: Path, out: Path, unit_bytes: int, workers: int) -> subprocess.Popen[bytes]:
    """A run in a process group of its own."""
    command = [sys.executable, "-c", _RUN, str(unit_bytes), "clean", str(source), "-o", str(out / "clean.jsonl"), "-q"]
    with open(out.with_suffix(".err"), "wb") as err:
        return subprocess.Popen([*command, "--workers", str(workers)], start_new_session=True, stderr=err)


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


def try_kills(source: Path, folder: Path, kills: int, seed: int, *, unit_bytes: int, workers: int) -> dict[str, int]:
    """Run until so many kills were made; give counts. Raises AssertionError on the first broken law."""
    dice = random.Random(seed)
    for name in ("first", "whole"):     # the first may have to compile
        begun = time.monotonic()
        assert start(source, folder / name, unit_bytes, workers).wait() == 0, (folder / f"{name}.err").read_text("utf-8")
    seconds, expected = time.monotonic() - begun, digests(folder / "whole")
    made = runs = 0
    while made < kills:
        runs += 1
        out = folder / f"out{runs}"
        while True:
            running = start(source, out, unit_bytes, workers)
            try:
                code = running.wait(dice.uniform(0, 1.2 * seconds) if made < kills else None)
            except subprocess.TimeoutExpired:
                running.send_signal(dice.choice((signal.SIGKILL, signal.SIGTERM)))
                running.wait()
                made += 1
                assert group_ends(running.pid), f"kill {made}: workers are left behind"
                there = digests(out)
                assert there.items() <= expected.items(), f"kill {made}: {there}"
                continue
            assert code == 0, f"run {runs} after {made} kills: {out.with_suffix('.err').read_text('utf-8')}"
            break
        assert digests(out) == expected, f"run {runs} after {made} kills"
        print(f"{made} kills, {runs} runs, the same bytes", file=sys.stderr, flush=True)
        left = sorted(path.name for path in out.iterdir())
        assert left == sorted(expected), left
    return {"kills": made, "runs": runs}


def main() -> None:
    """Try it and print counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unit-bytes", type=int, default=16 << 20)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(try_kills(
            args.input, Path(folder), args.kills, args.seed, unit_bytes=args.unit_bytes, workers=args.workers
        ), f"seed {args.seed}")


if __name__ == "__main__":
    main()
