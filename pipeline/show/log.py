"""What a run says of itself as events for machines: one JSON object a line on standard error, and nothing else there.

The rule of this file: an event has its time, level, name and run, and then places, reasons, figures and our own messages; never
the text of a document. Nothing of it goes into a file of the run, whose bytes are the same each time.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from pipeline.read.reading import open_to_read
from pipeline.show.visible import dump_visible

if TYPE_CHECKING:
    from pipeline.run.progress import Event

__all__ = ["Log", "LoggedProgress", "find_value", "is_run_id", "open_log", "the_log"]

Level = Literal["info", "warning", "error"]
#: Seconds between two events of progress within a phase: 720 lines an hour.
PAUSE = 5.0
#: Documents of a quarantine that are told one by one: a line of 200 bytes each; the others are counted, and stand in its file.
MOST_FAULTS = 1000
#: What a run may be called: nothing that needs quoting anywhere. One class, bounded: linear.
_RUN_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Log:
    """Where events go, all of one run."""

    def __init__(self, run: str = "") -> None:
        self.run = run or secrets.token_hex(8)
        self.least: Level = "info"      # of lower levels nothing is told

    def tell(self, level: Level, event: str, **fields: Any) -> None:
        """Tell one event."""
        if self.least == "error" and level != "error":
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = dump_visible({"time": now, "level": level, "event": event, "run": self.run, **fields})
        sys.stderr.write(line + "\n")       # at one go: a thread tells too
        sys.stderr.flush()

    def tell_quarantine(self, path: Path) -> None:
        """Tell the place and the reason of each line of a quarantine, where there is one."""
        if not path.is_file():
            return
        with open_to_read(path) as file:
            n = 0
            for n, line in enumerate(file, 1):
                if n <= MOST_FAULTS:
                    row = orjson.loads(line)
                    place = {"file": row["file"]} if "file" in row else {}      # where the source does not say it
                    self.tell("warning", "quarantined", **{k: row.get(k) for k in ("source", "line", "byte", "reason")}, **place)
            if n > MOST_FAULTS:
                self.tell("warning", "more-quarantined", documents=n - MOST_FAULTS, file=str(path))


_open: list[Log] = []


def the_log() -> Log | None:
    """The log of this process, where one was asked for."""
    return _open[-1] if _open else None


def open_log(argv: Sequence[str]) -> Log | None:
    """The log that a command line asks for. It is looked for before anything is parsed: a wrong command line is told there too."""
    _open.clear()
    if find_value(argv, "--log-format") == "json":
        run = find_value(argv, "--run-id")
        _open.append(Log(run if _RUN_ID.fullmatch(run) else ""))
    return the_log()


def is_run_id(said: str) -> bool:
    """Whether a run can be called that."""
    return _RUN_ID.fullmatch(said) is not None


def find_value(argv: Sequence[str], *options: str) -> str:
    """What an option is given last, by any of its names; empty where it is not there."""
    found = ""
    for word, after in pairwise([*argv, ""]):
        if word == "--":
            break
        if word in options:
            found = after
        for option in options:
            if word != option and word.startswith(option if len(option) == 2 else f"{option}="):
                found = word[len(option) + (len(option) > 2):]
    return found


class LoggedProgress:
    """Hears how far a run is: a phase begins, stands, ends."""

    def __init__(self, log: Log) -> None:
        self._log, self._began, self._next = log, 0.0, 0.0
        self._last: Event | None = None

    def __call__(self, event: Event) -> None:
        """Tell it, unless something was told a moment ago; that a worker died, at once."""
        if event.deaths > (self._last.deaths if self._last is not None else 0):
            self._log.tell("warning", "worker-died", phase=event.phase, how=event.died, deaths=event.deaths)
        if self._last is None or event.phase != self._last.phase:
            self.end_phase()
            self._began, self._next = event.seconds, event.seconds + PAUSE
            self._log.tell("info", "phase-started", phase=event.phase, **_figures(event))
        elif event.seconds >= self._next:
            self._next = event.seconds + PAUSE
            self._log.tell("info", "progress", phase=event.phase, **_figures(event))
        self._last = event

    def end_phase(self) -> None:
        """The phase that is on has ended well."""
        if (last := self._last) is not None:
            took = round(last.seconds - self._began, 3)
            self._log.tell("info", "phase-ended", phase=last.phase, phase_seconds=took, **_figures(last))


def _figures(event: Event) -> dict[str, Any]:
    """The fields of an event, as `--json` names them."""
    compiled = {"kernels": event.kernels, "kernels_of": event.kernels_of} if event.kernels_of else {}
    rounds = {"round": event.round, "links": event.links, "moved": event.moved} if event.round else {}
    return {
        "done": event.done, "total": event.total, "documents": event.documents, "bytes": event.bytes,
        "seconds": round(event.seconds, 3), "memory": event.memory, **compiled, **rounds,
    }
