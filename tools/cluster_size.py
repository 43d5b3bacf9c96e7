"""How long a run takes on a cluster, what it moves and holds: the formulae of docs/scaling.md, and a simulation of its tasks.

    python -m tools.cluster_size --pages 3e9 --cores 1000          a monthly crawl, as WARC
    python -m tools.cluster_size --pages 3e9 --cores 1000 --runs 100       the same as a hundred runs beside each other
    python -m tools.cluster_size --pages 1e10 --kind short

Figures a document are measured (docs/scaling.md); the rest is arithmetic, and a schedule of tasks of uneven length on cores
that fail. A simulation is no measurement: nothing of this size was run.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["KINDS", "Estimate", "Kind", "Step", "estimate", "plan_steps", "schedule"]

UNIT_BYTES = 16 << 20           # pipeline.read.inputs
GROUP_ROWS, NARROW_ROWS = 50_000, 1 << 21       # pipeline.run.steps
RANK_ROWS = 1 << 15             # pipeline.run.ranked
MANY_PAIRS, APART_ROWS = 1 << 25, 20_000        # pipeline.run.components
#: Rounds of links, where the process of the run does not find components: 3 to 6 are to be expected of pages, 48 are the most.
ROUNDS = 6
MOST_TASKS = 100_000            # pipeline.engines.spark
#: Seconds of CPU of a task besides its work, and of the driver for each task.
TASK_SECONDS, SCHEDULING_SECONDS = 0.1, 0.002
#: Spread of the length of tasks (standard deviation of the logarithm): most are near the mean, some are several times it.
SPREAD = 0.5


@dataclass(frozen=True, slots=True)
class Kind:
    """What a document of a kind costs, on average."""

    disk: float                 # bytes of input on the disk
    row: float                  # of a row of PART
    clean: float                # CPU seconds: read, clean, sketch
    serial: float               # CPU seconds of the process of the run: order, walk, site lines, writing
    site: float                 # bytes that `recur` moves
    compared: float             # share of documents that are compared with others
    pairs: float                # candidate pairs
    passages: float             # bytes that `shared` moves
    held: float                 # bytes of memory of the process of the run, at the most


#: As measured here, see docs/scaling.md.
KINDS = {
    "warc": Kind(
        disk=25_000, row=16_500, clean=6e-3, serial=3.1e-4, site=1_760, compared=0.62, pairs=0.05, passages=72, held=600,
    ),
    "short": Kind(disk=766, row=2_270, clean=1.6e-4, serial=5e-5, site=67, compared=0.93, pairs=0.25, passages=24, held=600),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step as an engine sees it."""

    name: str
    tasks: int
    cpu: float                  # seconds in all
    moved: float = 0.0          # bytes that go through the shuffle
    written: float = 0.0        # bytes of shards


def plan_steps(kind: Kind, pages: float) -> list[Step]:
    """The steps of a run over so many documents. A document has 42 keys of bands of 16 bytes."""
    docs = kind.compared * pages
    keys = 42 * docs
    pairs = kind.pairs * pages
    linked = pairs if pairs > MANY_PAIRS else 0.0
    return [
        Step("clean", _count(kind.disk * pages, UNIT_BYTES), kind.clean * pages, written=kind.row * pages),
        Step("recur", _count(pages, GROUP_ROWS), 5e-5 * pages, moved=kind.site * pages),
        Step("bands", _count(docs, RANK_ROWS), 5e-6 * docs, written=16 * keys),
        Step("pairs", _count(keys, NARROW_ROWS), 1.3e-7 * keys, moved=16 * keys, written=16 * pairs),
        Step("closest", _count(pairs, NARROW_ROWS), 2e-6 * pairs, moved=16 * pairs, written=16 * pairs),
        # Three rows of 16 bytes a pair and round; then links, links and pairs, and pairs with a name.
        Step("components", (2 * ROUNDS + 3) * _count(2 * linked, NARROW_ROWS), 1e-6 * ROUNDS * linked,
             moved=(48 * ROUNDS + 32 + 48 + 24) * linked, written=(48 * ROUNDS + 48) * linked),
        Step("apart", _count(pairs, APART_ROWS), 3e-4 * pairs, written=32 * pairs),
        Step("passages", _count(docs, RANK_ROWS), 4e-5 * docs, written=kind.passages * pages),
        Step("shared", _count(kind.passages * pages / 24, NARROW_ROWS), 1e-5 * docs, moved=kind.passages * pages),
    ]


def _count(amount: float, most: float) -> int:
    return max(1, math.ceil(amount / most))


def schedule(lengths: Sequence[float], cores: int, lost_after: Sequence[float] = ()) -> float:
    """Wall time of tasks on cores, first come first served; at each of some moments a core loses what it is doing.

    >>> schedule([1.0, 1.0, 1.0, 1.0], 2)
    2.0
    >>> schedule([1.0, 1.0], 2, lost_after=[0.5])
    1.5
    """
    free = [0.0] * cores
    heapq.heapify(free)
    losses, end = sorted(lost_after, reverse=True), 0.0
    for length in lengths:
        start = heapq.heappop(free)
        while losses and start <= losses[-1] < start + length:
            start = losses.pop()        # what was done is lost, and done again
        while losses and losses[-1] < start:
            losses.pop()
        heapq.heappush(free, start + length)
        end = max(end, start + length)
    return end


@dataclass(frozen=True, slots=True)
class Estimate:
    """What comes of it."""

    steps: dict[str, float]     # wall seconds of each
    cpu: float                  # seconds in all, on workers
    serial: float               # seconds of the process of the run, which no core shortens
    moved: float                # bytes through shuffles
    written: float              # bytes of shards between steps
    driver: float               # bytes of memory of the process of the run

    @property
    def wall(self) -> float:
        """Seconds."""
        return sum(self.steps.values()) + self.serial


def estimate(kind: Kind, pages: float, cores: int, *, lost_an_hour: float = 0.0, seed: int = 0) -> Estimate:
    """Simulate a run; `lost_an_hour`: cores that fail, of a thousand."""
    dice = random.Random(seed)
    steps = plan_steps(kind, pages)
    walls = {step.name: _time(step, cores, lost_an_hour, dice) for step in steps}
    scheduling = sum(min(step.tasks, MOST_TASKS) for step in steps) * SCHEDULING_SECONDS
    return Estimate(
        walls, sum(step.cpu + step.tasks * TASK_SECONDS for step in steps), kind.serial * pages + scheduling,
        sum(step.moved for step in steps), sum(step.written for step in steps), kind.held * pages,
    )


def _time(step: Step, cores: int, lost_an_hour: float, dice: random.Random) -> float:
    tasks = min(step.tasks, MOST_TASKS)
    mean = step.cpu / tasks + TASK_SECONDS * step.tasks / tasks
    lengths = [mean * math.exp(dice.gauss(0, SPREAD) - SPREAD**2 / 2) for _ in range(tasks)]
    hours = sum(lengths) / cores / 3600
    n_lost = round(lost_an_hour * hours * cores / 1000)
    return schedule(lengths, cores, [dice.uniform(0, hours * 3600) for _ in range(n_lost)])


def _show(found: Estimate, pages: float) -> Iterator[str]:
    hour, tera = 3600, 1e12
    yield "| step | wall, hours |"
    yield "| --- | --- |"
    for name, seconds in found.steps.items():
        yield f"| {name} | {seconds / hour:,.2f} |"
    yield f"| in the process of the run alone | {found.serial / hour:,.2f} |"
    yield f"| all | {found.wall / hour:,.2f} |"
    yield ""
    yield f"CPU of workers {found.cpu / hour:,.0f} core hours ({found.cpu / pages * 1e6 / hour:.2f} a million documents); "
    yield f"shuffled {found.moved / tera:,.2f} TB, shards {found.written / tera:,.2f} TB; driver {found.driver / 1e9:,.1f} GB"


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=float, default=3e9)
    parser.add_argument("--cores", type=int, default=1000)
    parser.add_argument("--kind", choices=list(KINDS), default="warc")
    parser.add_argument("--runs", type=int, default=1, help="runs that the input is cut into, all at once")
    parser.add_argument("--lost-an-hour", type=float, default=1.0, help="cores that fail in an hour, of a thousand")
    given = parser.parse_args()
    pages, cores = given.pages / given.runs, max(1, given.cores // given.runs)
    if given.runs > 1:
        print(f"each of {given.runs:,} runs, {pages:,.0f} documents on {cores:,} cores:\n")
    print("\n".join(_show(estimate(KINDS[given.kind], pages, cores, lost_an_hour=given.lost_an_hour), pages)))


if __name__ == "__main__":
    main()
