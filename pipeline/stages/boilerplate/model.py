"""Boosted trees over the columns of a line and its place: asked about the lines of which the net is unsure.

The rule of this file: weights in `pipeline/data/boilerplate_trees.npz` (made by `tools/line_model/boost.py`), measured lines in,
probabilities out. Trees read the columns of the neighbours and no words beyond the phrases, the net reads words and no column of a
neighbour: what both are unsure of they are unsure of for other reasons, so that their mean is better than either.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from pipeline.jit.tables import kept
from pipeline.stages.boilerplate.features import Measured, Places, join_rows
from pipeline.stages.boilerplate.kernels.columns import name_rows
from pipeline.stages.boilerplate.kernels.trees import Layout, score_rows
from pipeline.stages.boilerplate.phrases import KINDS
from pipeline.stages.boilerplate.trees import Trees, lay_out

__all__ = ["ask_trees", "load_layout", "load_trees"]

F32 = NDArray[np.float32]
#: The trees are asked where the net gives a line as content more than LEAST and less than MOST: one line in nine. On groups left
#: out the others come out as they would if all were asked.
LEAST, MOST = 0.01, 0.98
#: The share of the trees in the mean. Chosen on groups left out, where F1 is flat from 0.35 to 0.55.
SHARE = 0.45
#: Rows that are put together and scored at once: 240 kB, which stay in the cache.
CHUNK = 256


@cache
def load_trees() -> Trees:
    """The trees, as trained."""
    path = resources.files("pipeline") / "data" / "boilerplate_trees.npz"
    with resources.as_file(path) as file, np.load(file) as data:
        return Trees(*(data[field] for field in Trees._fields))


@cache
def load_layout(kinds: tuple[str, ...]) -> Layout:
    """The trees, as they score rows of these kinds of phrases."""
    return load_usual_layout() if kinds == KINDS else lay_out(load_trees(), name_rows(kinds))


@kept
def load_usual_layout() -> Layout:
    """The same for the kinds that there are."""
    return lay_out(load_trees(), name_rows(KINDS))


def ask_trees(lines: Measured, places: Places, keep: F32, layout: Layout | None = None) -> F32:
    """What the net gives each line as content, with the trees in the mean where it is unsure: a new array."""
    layout = layout or load_layout(lines.phrases.kinds)
    both = keep.copy()
    unsure = np.flatnonzero((keep > LEAST) & (keep < MOST))
    furniture = np.empty(CHUNK, np.float64)
    for a in range(0, len(unsure), CHUNK):
        some = unsure[a:a + CHUNK]
        score_rows(join_rows(lines, places, some), layout, furniture[:len(some)])
        both[some] = (1 - SHARE) * keep[some] + SHARE * (1 - furniture[:len(some)])
    return both
