"""Looking band keys up in the sorted keys of an index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.bands import estimate

__all__ = ["LOW_BITS", "WINDOW", "look_up"]

#: Lower bits of a stored key, which order a bucket by further values of the signature; the bits above name the bucket.
LOW_BITS = 20
#: Rows on either side of the place of the sought key that are looked at in a bucket that is larger than both together.
WINDOW = 32


@jit
def _search(keys: NDArray[np.int64], key: int, after: bool) -> int:
    """The first place whose key is not less, or with `after` is greater. The key after the last one would overflow."""
    low, high = 0, keys.shape[0]
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key or (after and keys[middle] == key):
            low = middle + 1
        else:
            high = middle
    return low


@jit
def look_up(
    keys: NDArray[np.int64], rows: NDArray[np.int32], signatures: NDArray[np.uint32], sought: NDArray[np.int64],
    row: NDArray[np.uint32], least: int, out: NDArray[np.int64], shared: NDArray[np.int32],
) -> int:
    """Rows of an index that share a band with the signature `row` (keys `sought`) and at least `least` of its values.

    `keys` int64, sorted, and `rows` are the index. `out` and `shared` (the number of values) need 2 * WINDOW places for each
    sought key; rows come once each, in ascending order of their first band. Returns how many, or -1 where `rows` holds one that
    `signatures` does not have: nothing outside of the arrays is read.
    """
    n = 0
    low = (np.int64(1) << LOW_BITS) - 1
    for b in range(sought.shape[0]):
        key = sought[b]
        first = _search(keys, key & ~low, False)
        last = _search(keys, key | low, True)
        if last - first > 2 * WINDOW:
            place = _search(keys, key, False)
            # Among equal keys the first ones: they are the best ranked, as documents were added in that order.
            first, last = max(first, place - WINDOW), min(last, place + WINDOW)
        for k in range(first, last):
            there = np.int64(rows[k])
            if there < 0 or there >= signatures.shape[0]:
                return -1
            known = False
            for m in range(n):
                if out[m] == there:
                    known = True
                    break
            if not known:
                values = estimate(row, signatures[there])
                if values >= least:
                    out[n], shared[n] = there, values
                    n += 1
    return n
