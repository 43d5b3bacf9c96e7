"""How many bytes of its input a step has read so far, as they lie on the disk.

It is one number in a process, which does one step at a time: only what opens an input for a step counts in it, for others read
the same files meanwhile, to take their digests.
"""

from __future__ import annotations

__all__ = ["METER", "Meter"]


class Meter:
    """What was read since somebody last set it to nothing: whoever reads adds to it, whoever tells of a step looks."""

    __slots__ = ("read",)

    def __init__(self) -> None:
        self.read = 0


METER = Meter()
