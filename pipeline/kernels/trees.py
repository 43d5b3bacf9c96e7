"""Boosted trees over rows of features: walk every tree, add the leaves.

A row costs trees times depth steps. Trees are flat arrays; a node whose `feature` is -1 is a leaf and its `value` counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels import jit


@jit
def score_rows(
    rows: NDArray[np.float32], root: NDArray[np.int32], feature: NDArray[np.int16], value: NDArray[np.float32],
    left: NDArray[np.int32], right: NDArray[np.int32], out: NDArray[np.float64],
) -> None:
    """The sigmoid of the sum of leaves for each row, into `out` [n]. A value at or under a node's threshold goes left."""
    for i in range(rows.shape[0]):
        total = 0.0
        for tree in range(root.shape[0]):
            at = root[tree]
            while feature[at] >= 0:
                at = left[at] if rows[i, feature[at]] <= value[at] else right[at]
            total += value[at]
        out[i] = 1.0 / (1.0 + np.exp(-total))
