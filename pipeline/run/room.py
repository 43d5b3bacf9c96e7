"""Whether what the process of the run alone must hold fits into the memory that there is: said before it is filled, not by a kill.

The rule of this file: a run that might fit is never refused. Bytes are the least that were measured, and nothing is asked of what
takes less than a gigabyte, or where the system does not say what it has.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pipeline import world
from pipeline.errors import TaoshaError

__all__ = ["DOCUMENT_BYTES", "PAIR_BYTES", "check_room", "count_room"]

#: A document in the order of the output and ranked, a candidate pair in the walk: a million documents with addresses of 65
#: characters and ids of 50 took 520 MB at the most, two million pairs of them 90 MB more.
DOCUMENT_BYTES, PAIR_BYTES = 400, 40
_ASKED = 1 << 30
_MEMORY, _GROUPS = Path("/proc/meminfo"), (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def check_room(n: int, each: int, what: str) -> None:
    """Raise TaoshaError where so many of these cannot be held."""
    need = n * each
    room = count_room() if need > _ASKED else None
    if room is not None and need > room:
        raise TaoshaError(
            f"{n:,} {what} take {need / 1e9:,.0f} GB in one process, and {room / 1e9:,.0f} GB are free: run again where there is "
            "more memory, which goes on from here, or cut the input into several runs (docs/scaling.md)"
        )


def count_room() -> int | None:
    """Bytes that this process may have; None where the system does not say. What is cached of files counts as free."""
    found = []
    with suppress(OSError, ValueError, IndexError):
        lines = dict(line.split(":", 1) for line in world.read(_MEMORY).decode("ascii").splitlines())
        found.append(sum(int(lines[name].split()[0]) << 10 for name in ("MemAvailable", "SwapFree")))
    for path in _GROUPS:
        with suppress(OSError, ValueError):
            found.append(int(world.read(path)))      # "max" is no number
    return min(found) if found else None
