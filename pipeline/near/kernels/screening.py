"""Many pairs of texts at once, as far as most of them go: what they share, and how much of them lies in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.align import align
from pipeline.near.kernels.sets import count_shared

__all__ = ["FRAMED", "MATCHED", "WIDEST", "measure_order", "share_sets"]

#: Columns: code points that are equal; those of the widest hunk; whether the texts differ in a frame alone (`judge.is_framed`).
MATCHED, WIDEST, FRAMED = range(3)


@jit
def share_sets(
    sets: NDArray[np.uint32], bounds: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64], out: NDArray[np.int64]
) -> None:
    """How many hashes the sorted sets of each pair share."""
    for k in range(left.shape[0]):
        i, j = left[k], right[k]
        out[k] = count_shared(sets[bounds[i]:bounds[i + 1]], sets[bounds[j]:bounds[j + 1]])


@jit
def measure_order(
    points: NDArray[np.uint32], bounds: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64], frame: int,
    out: NDArray[np.int64],
) -> None:
    """Align each pair, and say of the hunks what is above, into `out` [pairs, 3]. A frame has at most `frame` code points."""
    for k in range(left.shape[0]):
        a, b = points[bounds[left[k]]:bounds[left[k] + 1]], points[bounds[right[k]]:bounds[right[k] + 1]]
        hunks = np.empty((min(a.shape[0], b.shape[0]) + 1, 4), np.int32)
        matched, widest, framed = a.shape[0], 0, 1
        for h in range(align(a, b, hunks)):
            a0, a1, b0, b1 = hunks[h, 0], hunks[h, 1], hunks[h, 2], hunks[h, 3]
            matched -= a1 - a0
            widest = max(widest, a1 - a0, b1 - b0)
            at_edge = (a0 == 0 and b0 == 0) or (a1 == a.shape[0] and b1 == b.shape[0])
            if not at_edge or min(a1 - a0, b1 - b0) > 0 or a1 - a0 > frame:
                framed = 0
        out[k, MATCHED], out[k, WIDEST], out[k, FRAMED] = matched, widest, framed
