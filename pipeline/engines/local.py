"""The local engine: units over worker processes on one machine, resumable after a kill.

Workers are spawned, never forked: a fork would copy locked threads. Kernels are compiled in the parent before the first
worker starts, for compilation from many processes at once is a known crash of numba's cache.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from pipeline.engines.unit import Settings, process_unit
from pipeline.errors import TaoshaError
from pipeline.read.units import Unit
from pipeline.write.parts import open_index

__all__ = ["count_workers", "run_units", "warm_up"]

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
) -> list[dict[str, Any]]:
    """Process every unit into `work`; give the summaries in the order of the units.

    A part that an earlier, killed run finished is taken as it is. Raises TaoshaError where a worker dies.
    """
    sizes = [u.end - u.start or sum(i.size for i in u.inputs) for u in units]
    summaries: list[dict[str, Any] | None] = [_finished(work / str(n)) for n in range(len(units))]
    todo = [n for n, summary in enumerate(summaries) if summary is None]
    done = sum(sizes) - sum(sizes[n] for n in todo)
    report = progress or (lambda done, total: None)
    report(done, sum(sizes))
    for n, summary in _map(units, todo, settings, work, count_workers(workers, len(todo))):
        summaries[n] = summary
        done += sizes[n]
        report(done, sum(sizes))
    return [s for s in summaries if s is not None]


def _finished(stem: Path) -> dict[str, Any] | None:
    return open_index(stem)[1] if stem.with_suffix(".index").exists() else None


def _map(
    units: Sequence[Unit], todo: Sequence[int], settings: Settings, work: Path, workers: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    if workers == 1:
        for n in todo:
            yield n, process_unit(units[n], settings, work / str(n))
        return
    warm_up()
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(process_unit, units[n], settings, work / str(n)): n for n in todo}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise TaoshaError(
                "a worker process died (killed, or out of memory); run again to go on from there, with fewer --workers"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)
