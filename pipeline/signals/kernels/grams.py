"""How much of a text are n-grams of characters that stood in it before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

_BASE = np.uint64(0x9E3779B97F4A7C15)       # odd: it can be undone, so no place of the window is lost
_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)


@jit
def count_repeated(
    points: NDArray[np.uint32], bounds: NDArray[np.int64], n: int, most: int, keys: NDArray[np.uint64], stamps: NDArray[np.int32],
    out: NDArray[np.float64],
) -> None:
    """The share of the n-grams of each text [bounds[k], bounds[k + 1]) of `points` that stood in it before, into `out`.

    Of a text of more than `most` characters only so many are looked at. `keys` and `stamps` hold a power of two, at least twice as
    many as the longest text has, or `most`; `stamps` are all zero.
    Each text uses as much of them as it needs, and its number as its stamp, so that nothing is cleared between. An n-gram is
    known by its polynomial over 2⁶⁴. 6 ns a character and length; sorting the keys of a text takes 62.
    """
    lead = np.uint64(1)
    for _ in range(n - 1):
        lead *= _BASE
    for doc in range(bounds.shape[0] - 1):
        start = bounds[doc]
        end = min(bounds[doc + 1], start + most)
        total = end - start - n + 1
        if total <= 0:
            out[doc] = 0.0
            continue
        size = 16
        while size < 2 * total:
            size *= 2
        mask, stamp, h, repeated = np.uint64(size - 1), np.int32(doc + 1), np.uint64(0), 0
        for i in range(start, start + n - 1):
            h = h * _BASE + np.uint64(points[i])
        for i in range(start + n - 1, end):
            h = h * _BASE + np.uint64(points[i])
            mixed = (h ^ (h >> _SHIFT)) * _MIX
            at = (mixed >> _SHIFT) & mask
            while stamps[at] == stamp and keys[at] != h:
                at = (at + np.uint64(1)) & mask
            if stamps[at] == stamp:
                repeated += 1
            else:
                stamps[at], keys[at] = stamp, h
            h -= lead * np.uint64(points[i - n + 1])
        out[doc] = repeated / total
