"""Sets of shingles: sorted unique hashes of each document, and how many two sets share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels import jit
from pipeline.kernels.minhash import hash_shingles

__all__ = ["count_shared", "fill_sets"]


@jit
def fill_sets(
    points: NDArray[np.uint32], bounds: NDArray[np.int64], size: int, out: NDArray[np.uint32],
    out_bounds: NDArray[np.int64],
) -> int:
    """Write each document's sorted unique shingle hashes into `out` (as long as `points`); return how many."""
    n = 0
    for d in range(bounds.shape[0] - 1):
        out_bounds[d] = n
        count = bounds[d + 1] - bounds[d] - size + 1
        if count > 0:
            hashes = out[n:n + count]
            hash_shingles(points, bounds[d], size, hashes)
            hashes.sort()
            kept = 1
            for i in range(1, count):
                if hashes[i] != hashes[i - 1]:
                    hashes[kept] = hashes[i]
                    kept += 1
            n += kept
    out_bounds[bounds.shape[0] - 1] = n
    return n


@jit
def count_shared(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> int:
    """How many hashes two sorted sets share."""
    i, j, n = 0, 0, 0
    while i < a.shape[0] and j < b.shape[0]:
        x, y = a[i], b[j]
        n += x == y
        i += x <= y
        j += y <= x
    return n
