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
    points: NDArray[np.uint32], bounds: NDArray[np.int64], sizes: NDArray[np.int64], most: int, keys: NDArray[np.uint64],
    stamps: NDArray[np.int32], slots: NDArray[np.int32], again: NDArray[np.bool_], out: NDArray[np.float64],
) -> None:
    """The share of the n-grams of each text [bounds[k], bounds[k + 1]) of `points` that stood in it before, into `out`.

    `out` is [texts, sizes]; `sizes` rise from 2 or more. Of a text of more than `most` characters only so many are looked at.
    `keys` and `stamps` hold a power of two, at least twice as many as the longest text has, or `most`, `slots` and `again` as many;
    `stamps` are all zero. Each size of each text has a stamp, so that nothing is cleared between. An n-gram is known by its
    polynomial over 2⁶⁴.

    One can come again only where all shorter ones within it do. So of the next size those alone are looked up that are made of
    n-grams that the text has twice: 21 ns a character for three sizes became 14. Sorting the keys of a text takes 62 for one.
    """
    stamp = np.int32(0)
    for doc in range(bounds.shape[0] - 1):
        start, end = bounds[doc], min(bounds[doc + 1], bounds[doc] + most)
        before, repeated = 0, 1
        for k in range(sizes.shape[0]):
            n, out[doc, k] = int(sizes[k]), 0.0
            total = end - start - n + 1
            if total <= 0 or repeated == 0:
                continue
            stamp += np.int32(1)
            repeated = _look_up(points[start:end], n, before, stamp, keys, stamps, slots, again)
            out[doc, k] = repeated / total
            before = n
            for i in range(total if repeated and k + 1 < sizes.shape[0] else 0):
                again[i] = slots[i] >= 0 and stamps[slots[i]] < 0


@jit
def _look_up(
    points: NDArray[np.uint32], n: int, before: int, stamp: np.int32, keys: NDArray[np.uint64], stamps: NDArray[np.int32],
    slots: NDArray[np.int32], again: NDArray[np.bool_],
) -> int:
    """How many n-grams stood there before; the slot of each goes to `slots`, and its stamp is negative where it came again.

    `again` says it of those of the size `before`, if that is not 0: n-grams in which one stands alone are left out.
    """
    total = points.shape[0] - n + 1
    size = 16
    while size < 4 * total and size < keys.shape[0]:
        size *= 2
    mask, run, looked, distinct = np.uint64(size - 1), 0, 0, 0
    for i in range((points.shape[0] - before if before else total - 1), -1, -1):       # those from `i` on that come again in a row
        if before:
            run = run + 1 if again[i] else 0
            if i >= total:
                continue
            if run < n - before + 1:
                slots[i] = -1
                continue
        h = np.uint64(points[i]) * _BASE + np.uint64(points[i + 1])
        for j in range(i + 2, i + n):
            h = h * _BASE + np.uint64(points[j])
        at = (((h ^ (h >> _SHIFT)) * _MIX) >> _SHIFT) & mask
        while abs(stamps[at]) == stamp and keys[at] != h:
            at = (at + np.uint64(1)) & mask
        fresh = abs(stamps[at]) != stamp
        looked += 1
        distinct += fresh
        stamps[at], keys[at] = stamp if fresh else -stamp, h
        slots[i] = np.int32(at)
    return looked - distinct
