"""How far a run is: one kind of event, from which a bar is drawn and `--json` events are written.

The rule of this file: an event says where the run stands, never what is to be shown of it. Rates and times left are read off it.
There is one whenever something was done, and one at least every second, also while kernels are compiled.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.engines import Made
from pipeline.jit import Heard, hear, hearers

__all__ = ["PHASES", "Event", "Teller", "Told", "count_memory"]

#: In their order; a run may skip some. The names are for people.
PHASES = ("prepare", "read and clean", "site lines", "near-duplicates", "shared passages", "writing")
#: Seconds between two events while nothing is done.
BEAT = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """Where a run stands."""

    phase: str          # one of PHASES
    done: int           # of the phase, in a unit of its own (bytes of input, shards, documents); 0 of 0 where it cannot be told
    total: int
    documents: int      # read and cleaned so far, in the whole run
    bytes: int          # of input read and cleaned so far, as it lies on the disk
    seconds: float      # since the run began
    memory: int         # bytes that this process and its workers hold now; 0 where the system does not say
    kernels: int = 0    # compiled so far, where some must be compiled before the run goes on, and how many there are
    kernels_of: int = 0
    round: int = 0      # of those that find what hangs together among very many pairs, links that are left, and bytes moved so far
    links: int = 0
    moved: int = 0
    deaths: int = 0     # workers that died so far; what they had was tried again
    died: str = ""      # how the last one did


#: Hears of every event, by one thread at a time, which is not always the same; it must not take long.
Told = Callable[[Event], None]


@dataclass
class Teller:
    """Tells of a run. A context manager: meanwhile it tells every BEAT. Without anyone to hear it does next to nothing."""

    told: Told | None = None
    _began: float = field(init=False, default_factory=time.monotonic)
    _phase: str = field(init=False, default=PHASES[0])
    _done: int = field(init=False, default=0)
    _total: int = field(init=False, default=0)
    _rows: dict[int, int] = field(init=False, default_factory=dict)     # of each unit of input, as far as it is cleaned
    _bytes: int = field(init=False, default=0)
    _read: dict[int, int] = field(init=False, default_factory=dict)     # bytes of each of them, likewise
    _kernels: tuple[int, int] = field(init=False, default=(0, 0))
    _round: tuple[int, int, int] = field(init=False, default=(0, 0, 0))
    _deaths: tuple[int, str] = field(init=False, default=(0, ""))
    _others: list[Heard] = field(init=False, default_factory=list)      # who heard of kernels before
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _thread: threading.Thread | None = field(init=False, default=None)

    def __enter__(self) -> Teller:
        if self.told is not None:
            self._thread = threading.Thread(target=self._beat, daemon=True)
            self._thread.start()
            self._others = hearers()
            hear(*self._others, self._hear_kernels)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            hear(*self._others)
            self._thread.join()

    def _beat(self) -> None:
        while not self._stop.wait(BEAT):
            with suppress(Exception):       # whoever hears fails: the next event that the run itself tells says so
                self._tell()

    def _hear_kernels(self, done: int, total: int) -> None:
        """Hears whoever compiles kernels; what compiles one that was on no list says 0 of 1 and no more."""
        self._kernels = (0, 0) if done == total else (done, total)
        if total > 1:
            self._tell()

    def begin(self, phase: str, total: int = 0) -> None:
        """A phase begins, of which there is so much to do; where it is on already, so much more."""
        assert phase in PHASES
        if phase != self._phase:
            self._phase, self._done, self._total, self._round = phase, 0, 0, (0, 0, 0)
        self._total += total
        self._tell()

    def add(self, n: int) -> None:
        """So much more of the phase is done."""
        self._done += n
        self._tell()

    def tell_round(self, turn: int, links: int, moved: int) -> None:
        """A round begins, of which nobody knows how many there will be: with so many links, after so many bytes that were moved."""
        self._round = turn, links, moved
        self._tell()

    def hear_units(self, sizes: Sequence[int]) -> Callable[[Made], None]:
        """Hears an engine that cleans units of input of these sizes: rows are documents."""
        def hear(made: Made) -> None:
            self._rows[made.at] = made.rows
            self._hear_death(made)
            before = self._read.get(made.at, 0)
            self._read[made.at] = sizes[made.at] if made.whole else min(made.read, sizes[made.at])
            self._bytes += self._read[made.at] - before
            self._done = self._bytes
            self._tell()

        return hear

    def hear_shards(self) -> Callable[[Made], None]:
        """Hears an engine whose shards are counted, on top of those of the phase that are done."""
        def hear(made: Made) -> None:
            self._done += made.whole
            self._hear_death(made)
            self._tell()

        return hear

    def _hear_death(self, made: Made) -> None:
        if made.died:
            self._deaths = self._deaths[0] + 1, made.died

    def _tell(self) -> None:
        if self.told is None:
            return
        with self._lock:
            seconds = time.monotonic() - self._began
            documents = sum(list(self._rows.values()))
            where = self._phase, self._done, self._total
            self.told(Event(*where, documents, self._bytes, seconds, count_memory(), *self._kernels, *self._round, *self._deaths))


def count_memory() -> int:
    """Bytes that this process and those that it started hold now; 0 where the system does not say."""
    pages = 0
    for process in [os.getpid(), *_find_children()]:
        with suppress(OSError, IndexError, ValueError):     # gone meanwhile
            pages += int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") if pages else 0


def _find_children() -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text("ascii").split())
    return found
