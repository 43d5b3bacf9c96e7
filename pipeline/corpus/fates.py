"""What became of each document of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.near.index import Found

__all__ = ["Fates"]


@dataclass(slots=True)
class Fates:
    """What became of each document of the index: columns of one length, in the order of the output."""

    kept: NDArray[np.int64]         # row that it was dropped for; its own row where it was kept
    cause: list[str]                # kept, exact, near, contained, indexed, or a verdict of `pipeline.signals.verdicts.ASIDE`
    similarity: NDArray[np.float64]
    seen: dict[int, Found] = field(default_factory=dict)    # what an earlier corpus has for a row

    def duplicates(self) -> dict[int, list[int]]:
        """For each kept row that others were dropped for, those rows."""
        groups: dict[int, list[int]] = {}
        for row in np.flatnonzero(self.kept != np.arange(len(self.kept))).tolist():
            groups.setdefault(int(self.kept[row]), []).append(row)
        return groups
