"""How the signals of a corpus are spread: quantiles of each, in memory that does not grow with the corpus.

A number is counted under its first eight binary digits, as 2,048 and 2,063 are 2,048: a quantile is less than 0.8 % below the
true one, and the same in any order and on any machine, as counts add up. Small whole numbers, 0 and 1 are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.signals.quality import find_bucket
from pipeline.signals.table import DECIMALS, NAMES, SIGNALS

__all__ = ["QUANTILES", "Spread"]

#: What is told of each signal: the least, the most, and what is between.
QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
_DROPPED = 52 - 7       # of the 52 digits of a double behind its first


class Spread:
    """Counts of the signals, languages and buckets of documents, a batch at a time."""

    def __init__(self) -> None:
        self._counts: list[Counter[int]] = [Counter() for _ in SIGNALS]
        self.documents = 0
        self.languages: Counter[str] = Counter()
        self.quality: Counter[str] = Counter()

    def add(self, signals: NDArray[np.float64], languages: Iterable[str | None]) -> None:
        """Add documents: float64 [documents, signals], none below 0, and the language of each."""
        self.documents += len(signals)
        self.languages.update(name or "" for name in languages)
        self.quality.update(map(find_bucket, signals[:, NAMES.index("quality_score")].tolist()))
        for counts, column in zip(self._counts, signals.T, strict=True):
            bins, n = np.unique(np.ascontiguousarray(column).view(np.int64) >> _DROPPED, return_counts=True)
            counts.update(dict(zip(bins.tolist(), n.tolist(), strict=True)))

    def tell(self) -> dict[str, Any]:
        """All of it, as a manifest has it."""
        return {"languages": dict(self.languages), "quality": dict(self.quality), "signals": self.quantiles()}

    def quantiles(self) -> dict[str, list[float]]:
        """The QUANTILES of each signal by name; nothing where there was no document."""
        if not self.documents:
            return {}
        return {s.name: _find_quantiles(counts, self.documents) for s, counts in zip(SIGNALS, self._counts, strict=True)}


def _find_quantiles(counts: Counter[int], total: int) -> list[float]:
    """For each of QUANTILES the value of the document at that place, in ascending order, rounded down to the nearest."""
    bins = np.array(sorted(counts), np.int64)
    reached = np.cumsum([counts[b] for b in bins.tolist()])
    places = (np.array(QUANTILES) * (total - 1)).astype(np.int64)
    values = (bins << _DROPPED).view(np.float64)[np.searchsorted(reached, places, side="right")]
    return [round(v, DECIMALS) for v in values.tolist()]
