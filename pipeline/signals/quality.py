"""How good a text looks: a weighted mean of a few signals, and three buckets of it.

The rule of this file: the weights are data (`pipeline/data/signals_quality.tsv`); here they are only read and added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BUCKETS", "find_bucket", "find_score"]

Floats = NDArray[np.float64]

#: Buckets with the least score of each. Of 410 pages of a crawl whose lines are labelled, furniture is left in 4 % of the
#: characters of the best, 10 % of the middle and 42 % of the rest.
BUCKETS = {"best": 0.9, "middle": 0.6, "rest": 0.0}


class _Term(NamedTuple):
    """A signal that counts from 0, at `none`, to 1, at `full`."""

    signal: str
    none: float
    full: float
    weight: float


@cache
def _load() -> tuple[_Term, ...]:
    table = (resources.files("pipeline") / "data" / "signals_quality.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return tuple(_Term(name, float(none), float(full), float(weight)) for name, none, full, weight in rows)


def find_score(signals: Mapping[str, Floats]) -> Floats:
    """The score of each text from its signals by name: float64 [texts], from 0 to 1; 0 where nothing is to be seen."""
    total = np.zeros(len(signals["n_visible"]))
    for term in _load():
        total += term.weight * np.clip((signals[term.signal] - term.none) / (term.full - term.none), 0, 1)
    score: Floats = total / sum(term.weight for term in _load()) * (signals["n_visible"] > 0)
    return score


def find_bucket(score: float) -> str:
    """The bucket of a score.

    >>> [find_bucket(score) for score in (1, 0.9, 0.89, 0.1)]
    ['best', 'best', 'middle', 'rest']
    """
    return next(name for name, least in BUCKETS.items() if score >= least)
