"""How far a run is: a bar on a terminal, a line for every tenth in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.jit import is_cold
from pipeline.show.terminal import warn

__all__ = ["show_progress"]


@contextmanager
def show_progress(silent: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A function to call with what is done and what there is to do, in bytes; None when silent."""
    if not silent and is_cold():
        warn("compiling for this machine, which takes half a minute and is done once")
    if silent:
        yield None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("cleaning", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        shown = [-1]

        def log(done: int, total: int) -> None:
            tenth = 10 * done // total if total else 10
            if tenth > shown[0]:
                shown[0] = tenth
                warn(f"{tenth * 10} % of {total / 1e6:.1f} MB cleaned")

        yield log
