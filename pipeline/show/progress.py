"""How far a run is, on standard error: a bar on a terminal, a line every few seconds in a log, JSON for programs; or events."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.show.log import LoggedProgress, the_log
from pipeline.show.terminal import warn
from pipeline.show.visible import dump_visible

if TYPE_CHECKING:
    from pipeline.run.progress import Event, Told

__all__ = ["describe_event", "show_progress"]

#: Seconds between two lines of a log, and before the first: a run that is over by then needs none.
PAUSE = 5.0
#: Seconds of a phase, or of compiling, after which there is a line all the same.
SIGN = 2.0


@contextmanager
def show_progress(*, silent: bool = False, as_json: bool = False) -> Iterator[Told | None]:
    """What hears how far a run is; None when silent. JSON is one `pipeline.run.progress.Event` a line."""
    if silent:
        yield None
    elif (log := the_log()) is not None:
        logged = LoggedProgress(log)
        yield logged
        logged.end_phase()
    elif as_json:
        yield _Json()
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (TextColumn("{task.fields[phase]:<15}"), BarColumn(24), TextColumn("{task.description}"))
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            yield _Bar(bar)
    else:
        yield _Log()


class _Clock:
    """Since when a phase is on, to tell from its pace how long it still takes."""

    def __init__(self) -> None:
        self._phase, self._began = "", 0.0

    def left(self, event: Event) -> float | None:
        """Seconds that the phase still takes; None where that cannot be told yet."""
        if event.phase != self._phase:
            self._phase, self._began = event.phase, event.seconds
        spent = event.seconds - self._began
        return spent * (event.total - event.done) / event.done if event.done and event.total and spent > 1 else None


class _Json:
    def __call__(self, event: Event) -> None:
        print(dump_visible(asdict(event)), file=sys.stderr, flush=True)


class _Bar:
    def __init__(self, bar: object) -> None:
        from rich.progress import Progress

        assert isinstance(bar, Progress)
        self._bar, self._clock, self._deaths = bar, _Clock(), 0
        self._task = bar.add_task("", total=None, phase="prepare")

    def __call__(self, event: Event) -> None:
        said = describe_event(event, self._clock.left(event))
        if event.deaths > self._deaths:
            self._deaths = event.deaths
            self._bar.console.print(f"taosha: {describe_death(event)}")
        self._bar.update(self._task, description=said, phase=event.phase, completed=event.done, total=event.total or None)


class _Log:
    def __init__(self) -> None:
        self._clock, self._next, self._told = _Clock(), PAUSE, 0.0
        self._phase, self._began, self._deaths = "", 0.0, 0

    def __call__(self, event: Event) -> None:
        if event.deaths > self._deaths:
            self._deaths = event.deaths
            warn(describe_death(event))
        left = self._clock.left(event)
        if event.phase != self._phase:
            self._phase, self._began = event.phase, event.seconds
        silent = event.kernels_of > 1 or self._told <= self._began
        if event.seconds >= self._next or (silent and event.seconds >= max(self._told, self._began) + SIGN):
            self._next, self._told = event.seconds + PAUSE, event.seconds
            warn(f"{event.phase}: {describe_event(event, left)}")


def describe_death(event: Event) -> str:
    """That a worker died, in words."""
    return f"a worker process died ({event.died}), {event.deaths:,} so far; what it had is tried again"


def describe_event(event: Event, left: float | None) -> str:
    """Where a run stands, in words; what cannot be told is left out."""
    if event.kernels_of > 1:
        return f"compiling kernels, {event.kernels} of {event.kernels_of}"
    said = [f"{100 * event.done // event.total} %"] if event.total else []
    if event.documents:
        said.append(f"{event.documents:,} documents")
    if event.bytes:
        whole = f" of {event.total / 1e6:,.1f}" if event.phase == "read and clean" else ""
        said.append(f"{event.bytes / 1e6:,.1f}{whole} MB")
        if event.phase == "read and clean" and event.seconds:
            said.append(f"{event.bytes / 1e6 / event.seconds:.1f} MB/s")
    if event.round:
        said.append(f"round {event.round}, {event.links:,} links, {event.moved / 1e6:,.1f} MB moved")
    if left is not None:
        said.append(f"{int(left) // 60}:{int(left) % 60:02} left")
    if event.memory:
        said.append(f"{event.memory / 1e9:.1f} GB in memory")
    return ", ".join(said) or "…"
