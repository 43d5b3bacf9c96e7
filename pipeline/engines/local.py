"""The local engine: units over worker processes on one machine, resumable after a kill.

Workers are spawned, never forked: a fork would copy locked threads. Kernels are compiled in the parent before the first
worker starts, for compilation from many processes at once is a known crash of numba's cache.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from pipeline.errors import TaoshaError
from pipeline.read.units import Unit
from pipeline.run.shard import Recurring, Settings, process_unit

__all__ = ["count_workers", "rerun_units", "run_units", "warm_up"]

Progress = Callable[[int, int], None]       # bytes of input done, bytes in all


def count_workers(wanted: int | None, n_units: int) -> int:
    """How many processes to use: what was asked for, else one for each core this process may use, but no more than units."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(wanted or cores, n_units))


def warm_up() -> None:
    """Compile every kernel, or load it from the cache."""
    from pipeline.clean import clean_texts
    from pipeline.near import near_duplicates

    sample = "爭當推進基層治理現代化先行地排頭兵(dang) 。\n首页 > 新闻\n  党(dǎng)建引领基层治理，让社会充满活力。"
    near_duplicates([r.text for r in clean_texts([sample * 3, sample * 3])])


def run_units(
    units: Sequence[Unit], settings: Settings, work: Path, *, workers: int | None = None, progress: Progress | None = None
) -> None:
    """Process every unit into `work`. A part that an earlier, killed run finished is taken as it is.

    Raises TaoshaError where a worker dies.
    """
    sizes = [u.end - u.start or sum(i.size for i in u.inputs) for u in units]
    todo = [n for n in range(len(units)) if not (work / f"{n}.index").exists()]
    done = sum(sizes) - sum(sizes[n] for n in todo)
    report = progress or (lambda done, total: None)
    report(done, sum(sizes))
    for n in _map({n: (units[n], settings, work / str(n)) for n in todo}, workers):
        done += sizes[n]
        report(done, sum(sizes))


def rerun_units(
    units: Sequence[Unit], settings: Settings, work: Path, which: Sequence[int], recurring: Recurring, workers: int | None
) -> None:
    """Process some units again, with the lines that recur in the corpus; their parts stand in `work` beside the others."""
    for _ in _map({n: (units[n], settings, work / str(n), recurring) for n in which}, workers):
        pass


def _map(calls: Mapping[int, tuple[Any, ...]], workers: int | None) -> Iterator[int]:
    """Call `process_unit` with each of the arguments, in as many processes; give the key of each as it is done."""
    n_workers = count_workers(workers, len(calls))
    if n_workers == 1:
        for n, arguments in calls.items():
            process_unit(*arguments)
            yield n
        return
    warm_up()
    with ProcessPoolExecutor(n_workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(process_unit, *arguments): n for n, arguments in calls.items()}
        try:
            for future in as_completed(futures):
                future.result()
                yield futures[future]
        except BrokenProcessPool:
            raise TaoshaError(
                "a worker process died (killed, or out of memory); run again to go on from there, with fewer --workers"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)
