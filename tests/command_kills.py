"""Kill the commands beside `clean` at random, again and again, until each is through: the same files each time, nothing half.

    python -m tests.command_kills index|restore|report|check --kills 100 --seed 1 [--documents 2000]
    python -m tests.command_kills spark --kills 20 --seed 1

All is SIGKILL. Under their names stand whole files only, after each kill; a killed `index --add` leaves the index of before or the
new one, and each is whole by its own digests. `spark` kills runs on a cluster of two workers of its own: the driver alone, the
driver with all that it started, its Java, or a worker of the cluster with its executors, which the run goes on without.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.random_kills import PATIENCE, group_ends
from tests.run_corpus import digests, make_records, write_records

_COMMAND = [sys.executable, "-c", "from pipeline.cli import main; main()"]
#: Whom a kill on Spark hits.
_SPARK = ("driver", "driver and all", "Java", "worker")


def read_files(folder: Path) -> dict[str, str]:
    """The digest of every file in a folder that has a name of its own, but for locks."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock" and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


@dataclass(frozen=True)
class Scene:
    """A command into a folder, what that holds before, and what must hold there after a kill."""

    arguments: Callable[[Path], list[str]]
    before: Callable[[Path], None]
    look: Callable[[Path, dict[str, str]], None]        # AssertionError where a law is broken
    exit_codes: tuple[int, ...] = (0,)

    def start(self, out: Path) -> subprocess.Popen[bytes]:
        """Run it in a process group of its own."""
        with open(out.with_suffix(".err"), "wb") as err:
            return subprocess.Popen(
                [*_COMMAND, *self.arguments(out)], start_new_session=True, stdout=subprocess.DEVNULL, stderr=err)


def look_for_whole_files(out: Path, expected: dict[str, str]) -> None:
    """What stands under its name is what a run without kills writes there."""
    there = read_files(out)
    assert there.items() <= expected.items(), there.items() - expected.items()


def make_scenes(folder: Path, documents: int) -> dict[str, Scene]:
    """What is killed, over one small run and an index of half of it."""
    from pipeline.near.index import Index

    source = write_records(folder / "in.jsonl", make_records(documents))
    half = write_records(folder / "half.jsonl", make_records(documents // 2))
    run, index = folder / "run", folder / "index"
    for arguments in (["clean", source, "-o", f"{run}/"], ["clean", half, "-o", f"{folder / 'half'}/"],
                      ["index", index, "--add", folder / "half"]):
        subprocess.run([*_COMMAND, *map(str, arguments)], check=True, capture_output=True)
    sizes = {len(Index.open(index))}

    def look_at_index(out: Path, expected: dict[str, str]) -> None:
        known = Index.open(out)
        known.check()
        if read_files(out).get("index.json") != expected["index.json"]:
            assert {len(known)} == sizes, "neither the index of before nor the new one"

    def copy_index(out: Path) -> None:
        shutil.copytree(index, out)

    def make_folder(out: Path) -> None:
        out.mkdir()

    return {
        "index": Scene(lambda out: ["index", str(out), "--add", str(run)], copy_index, look_at_index),
        "restore": Scene(lambda out: ["restore", str(run), "-o", str(out)], lambda out: None, look_for_whole_files),
        "report": Scene(lambda out: ["report", str(run), "-o", str(out / "page.html")], make_folder, look_for_whole_files),
        "check": Scene(
            lambda out: ["check", str(source), "-o", str(out / "found.json"), "--format", "json"], make_folder,
            look_for_whole_files, exit_codes=(0, 1)),
    }


def try_kills(scene: Scene, folder: Path, kills: int, seed: int) -> Counter[str]:
    """Run until so many kills were made; count them by tenths of the time that a run takes. AssertionError on a broken law."""
    dice, made = random.Random(seed), Counter[str]()
    seconds = 0.0
    for name in ("first", "whole"):
        scene.before(folder / name)
        begun = time.monotonic()
        assert scene.start(folder / name).wait() in scene.exit_codes, (folder / f"{name}.err").read_text("utf-8")
        seconds = time.monotonic() - begun
    expected, runs = read_files(folder / "whole"), 0
    assert read_files(folder / "first") == expected, "it writes other bytes each time"
    while made.total() < kills:
        runs += 1
        out = folder / f"out{runs}"
        scene.before(out)
        while _killed(scene, out, dice, made, seconds if made.total() < kills else 0.0):
            if out.exists():
                scene.look(out, expected)
        assert read_files(out) == expected, f"run {runs} after {made.total()} kills"
        left = [path.name for path in out.rglob(".*")]
        assert len(left) <= made.total(), left          # one hidden file for each kill at most, as docs/operating.md says
        shutil.rmtree(out)
    print(f"{made.total()} kills, {runs} runs, the same files", file=sys.stderr, flush=True)
    return made


def _killed(scene: Scene, out: Path, dice: random.Random, made: Counter[str], seconds: float) -> bool:
    """One run; whether it was killed, at a moment by chance, some after it would be through."""
    running = scene.start(out)
    if seconds:
        share = dice.uniform(0.2, 1.2)          # the first fifth is Python's start
        with suppress(subprocess.TimeoutExpired):
            running.wait(share * seconds)
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            made[f"{int(10 * share)} tenths"] += 1
            assert group_ends(running.pid), f"kill {made.total()}: processes are left behind"
            return True
    code = running.wait()
    assert code in scene.exit_codes, f"after {made.total()} kills: {code}: {out.with_suffix('.err').read_text('utf-8')}"
    return False


def try_spark(folder: Path, kills: int, seed: int) -> Counter[str]:
    """The same of runs on a cluster; AssertionError where the bytes differ, a run does not go on, or a process is left."""
    from tests.spark_cluster import find_marked, make_source, marked, run_command, start_cluster, wait_for

    dice, made = random.Random(seed), Counter[str]()
    source, whole = make_source(folder, 6), folder / "whole"
    subprocess.run([*_COMMAND, "clean", str(source), "-o", f"{whole}/"], check=True, capture_output=True)
    expected, seconds, runs = digests(whole), 0.0, 0
    (folder / "cluster").mkdir()
    with start_cluster(folder / "cluster", 2) as cluster:
        while made.total() < kills or not runs:
            out, running_on = folder / f"out{runs}", True
            while running_on:
                begun = time.monotonic()
                with marked() as mark, open(folder / "err", "wb") as err:
                    running = subprocess.Popen(
                        run_command(source, out, "--engine", "spark", "--master", cluster.master), start_new_session=True,
                        stdin=subprocess.DEVNULL, stderr=err)
                    whom = dice.choice(_SPARK)
                    if runs and made.total() < kills:
                        with suppress(subprocess.TimeoutExpired):
                            running.wait(dice.uniform(0.2, 1.1) * seconds)
                    hit = runs > 0 and running.poll() is None
                    if hit and whom == "worker":
                        victim = cluster.processes.pop(dice.choice((1, 2)))
                        os.killpg(victim.pid, signal.SIGKILL)
                        victim.wait()
                    elif hit and whom == "Java":
                        for process in [p for p, command in find_marked(mark).items() if "SparkSubmit" in command]:
                            os.kill(process, signal.SIGKILL)
                    elif hit:
                        (os.kill if whom == "driver" else os.killpg)(running.pid, signal.SIGKILL)
                    made[whom] += hit
                    code = running.wait(600)
                    wait_for(lambda mark=mark: not find_marked(mark), 3 * PATIENCE, "processes are left behind")  # type: ignore[misc]
                told = (folder / "err").read_text("utf-8", "replace")
                assert "Traceback" not in told, told
                assert code == 0 or (hit and whom != "worker"), f"{whom}: {code}: {told}"
                if hit and whom == "worker":
                    cluster.add_worker()
                running_on = code != 0
                assert digests(out).items() <= expected.items(), f"{whom}, after {made.total()} kills: {digests(out)}, {expected}"
                seconds = seconds or time.monotonic() - begun
            assert digests(out) == expected, f"run {runs} after {made.total()} kills"
            runs += 1
            print(f"{made.total()} kills, {runs} runs, the same bytes", file=sys.stderr, flush=True)
    return made


def main() -> None:
    """Try it and print counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["index", "restore", "report", "check", "spark"])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--documents", type=int, default=2000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.command == "spark":
            print(try_spark(folder, args.kills, args.seed), f"seed {args.seed}")
        else:
            print(try_kills(make_scenes(folder, args.documents)[args.command], folder, args.kills, args.seed), f"seed {args.seed}")


if __name__ == "__main__":
    main()
