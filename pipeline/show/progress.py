"""How far a run is: a bar on a terminal, a line for every tenth in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.jit import is_cold
from pipeline.show.terminal import warn

if TYPE_CHECKING:
    from pipeline.run.progress import Event, Told

__all__ = ["show_progress"]


@contextmanager
def show_progress(silent: bool) -> Iterator[Told | None]:
    """What hears how far a run is; None when silent."""
    if not silent and is_cold():
        warn("compiling for this machine, which takes half a minute and is done once")
    if silent:
        yield None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("prepare", total=None)
            yield lambda event: bar.update(task, description=event.phase, completed=event.done, total=event.total or None)
    else:
        shown = [-1]

        def log(event: Event) -> None:
            if event.phase != "read and clean" or not event.done:
                return
            tenth = 10 * event.done // event.total if event.total else 10
            if tenth > shown[0]:
                shown[0] = tenth
                warn(f"{tenth * 10} % of {event.total / 1e6:.1f} MB cleaned")

        yield log
