"""The engine on Spark beside the local one: the same bytes, CPU, time with one worker and with two, time lost to a killed one.

    python -m tests.bench.spark make OUT.jsonl ../shared/data/corpora [DOCUMENTS]     short mutated texts, a million
    python -m tests.bench.spark run INPUT...              local with two workers, then Spark with local[2]: CPU and wall seconds
    python -m tests.bench.spark cluster INPUT             a standalone cluster: one worker, two, two of which one is killed midway

CPU is that of all processes that are started for a run, as seen four times a second. A digest is that of all files of the run; it
raises AssertionError where two differ.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from tests.bench.near import load_texts
from tests.spark_cluster import ROOT, marked, start_cluster

WINDOW, STRIDE = 250, 200       # characters of a text, and from one to the next: some sentences are in two
COPIED, GIANT = 0.4, 0.01       # share of near-copies, and of copies of one text
_TICKS = os.sysconf("SC_CLK_TCK")


def cut_texts(corpora: Path, count: int) -> list[str]:
    """Pieces of the texts of all corpora of a folder, different ones of each in turn until there are enough."""
    pieces: list[str] = []
    for path in sorted(corpora.glob("*.jsonl.zst")):
        for text in load_texts(path, 1 << 30):
            pieces += (text[a:a + WINDOW] for a in range(0, len(text) - WINDOW, STRIDE))
    random.Random(7).shuffle(pieces)
    assert len(pieces) >= count, f"there are only {len(pieces)} pieces of {WINDOW} characters"
    return pieces[:count]


def make(out: Path, corpora: Path, documents: int) -> None:
    """Write mutated texts: of near-copies one hanzi in 40 is another one, and half of all are of one site."""
    dice = random.Random(8)
    own = cut_texts(corpora, round(documents * (1 - COPIED)))
    common = "的一是在不了有和人这中大为上个国我以要他时来用们"
    with open(out, "w", encoding="utf-8") as file:
        for k in range(documents):
            text = own[k] if k < len(own) else _mutate(own[dice.randrange(len(own))], common, dice)
            if dice.random() < GIANT:
                text = f"{own[0]}{k}"
            site = "big" if k % 2 else f"s{k % 997}"
            file.write(json.dumps({"id": f"m{k}", "url": f"http://{site}.example/{k}", "text": text}, ensure_ascii=False) + "\n")


def _mutate(text: str, common: str, dice: random.Random) -> str:
    characters = list(text)
    for _ in range(len(characters) // 40):
        characters[dice.randrange(len(characters))] = dice.choice(common)
    return "".join(characters)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run took."""

    name: str
    wall: float
    cpu: float
    digest: str

    def row(self) -> str:
        """As a row of a table."""
        return f"| {self.name} | {self.wall:.1f} | {self.cpu:.1f} | {self.digest[:16]} | {os.getloadavg()[0]:.0f} |"


def measure(name: str, source: Path, out: Path, *more: str, meanwhile: Callable[[], None] | None = None) -> Measured:
    """One run, in processes that carry a mark of their own besides."""
    mark = secrets.token_hex(8)
    environment = os.environ | {"TAOSHA_BENCH": mark, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipeline", "clean", str(source), "-o", str(out / "clean.jsonl"), "-q", *more]
    begun, spent = time.monotonic(), dict[int, float]()
    running = subprocess.Popen(command, env=environment, cwd=ROOT)
    while running.poll() is None:
        spent.update(_cpu_of(f"TAOSHA_BENCH={mark}".encode()))
        if meanwhile is not None:
            meanwhile()
        time.sleep(0.25)
    wall = time.monotonic() - begun
    assert running.returncode == 0, name
    return Measured(name, wall, sum(spent.values()), _digest(out))


def _cpu_of(mark: bytes) -> Iterator[tuple[int, float]]:
    """The CPU seconds so far of each living process that carries a mark."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            if mark in (path / "environ").read_bytes():
                fields = (path / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
                yield int(path.name), (int(fields[11]) + int(fields[12])) / _TICKS


def _digest(folder: Path) -> str:
    whole = sha256()
    for path in sorted(folder.iterdir()):
        if not path.name.startswith("."):
            whole.update(path.name.encode() + sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def run(sources: list[Path], folder: Path) -> None:
    """Each source with both engines."""
    for source in sources:
        print(f"\n{source.name}\n\n| engine | wall s | CPU s | digest | load |\n| --- | --- | --- | --- | --- |")
        local = measure("local, two workers", source, folder / "local", "--workers", "2")
        print(local.row(), flush=True)
        spark = measure("Spark, local[2]", source, folder / "spark", "--engine", "spark", "--master", "local[2]")
        print(spark.row(), flush=True)
        assert spark.digest == local.digest, source
        for engine in ("local", "spark"):
            for path in (folder / engine).iterdir():
                path.unlink()


def cluster(source: Path, folder: Path) -> None:
    """A source on one worker, on two, and on two of which one is killed when half of the input is cleaned."""
    print("| workers | wall s | CPU s of the command | digest | load |\n| --- | --- | --- | --- | --- |")
    found = []
    for workers, name in ((1, "one"), (2, "two"), (2, "two, one killed midway")):
        place = folder / name.replace(" ", "-").replace(",", "")
        place.mkdir()
        with marked(), start_cluster(place, workers) as own:
            victim = own.processes[1]
            kill = partial(_kill_midway, victim, place / "out", max(1, source.stat().st_size // (32 << 20)))
            more = ("--engine", "spark", "--master", own.master)
            found.append(measure(name, source, place / "out", *more, meanwhile=kill if "killed" in name else None))
            assert ("killed" in name) == (victim.poll() is not None)
        print(found[-1].row(), flush=True)
    assert len({own.digest for own in found}) == 1


def _kill_midway(victim: subprocess.Popen[bytes], out: Path, shards: int) -> None:
    """Kill a worker when so many shards are cleaned. What it runs ends with it."""
    if victim.poll() is None and len(list(out.glob(".taosha-*/clean/*/*.arrow"))) >= shards:
        victim.kill()


def main() -> None:
    """Do what the words say."""
    what, *words = sys.argv[1:]
    if what == "make":
        make(Path(words[0]), Path(words[1]), int(float(words[2])) if len(words) > 2 else 1_000_000)
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        if what == "run":
            run([Path(word).resolve() for word in words], Path(folder))
        else:
            cluster(Path(words[0]).resolve(), Path(folder))


if __name__ == "__main__":
    main()
