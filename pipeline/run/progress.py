"""How far a run is: one kind of event, from which a bar is drawn and `--json` events are written.

The rule of this file: an event says where the run stands, never what is to be shown of it. Rates and times left are read off it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["PHASES", "Event", "Told"]

#: In their order; a run may skip some. The names are for people.
PHASES = ("prepare", "read and clean", "site lines", "near-duplicates", "writing")


@dataclass(frozen=True, slots=True)
class Event:
    """Where a run stands. There is one at least every second (`pipeline.run.progress.Teller`)."""

    phase: str          # one of PHASES
    done: int           # of the phase, in a unit of its own (bytes of input, documents, pairs); 0 of 0 where it cannot be told
    total: int          # may grow while a phase goes on
    documents: int      # read and cleaned so far, in the whole run
    bytes: int          # of input read and cleaned so far, as it lies on the disk
    seconds: float      # since the run began
    memory: int         # bytes that this process and its workers hold now; 0 where the system does not say

    @property
    def bytes_per_second(self) -> float:
        """Of input, over the whole run so far."""
        return self.bytes / self.seconds if self.seconds > 0 else 0.0


#: Hears of every event, from whatever thread; it must not take long.
Told = Callable[[Event], None]
