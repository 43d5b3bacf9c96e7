"""Aligning two nearly equal texts: what they share in order, and the hunks in which they differ.

Shingles that occur once in each text are anchors; the longest chain of anchors in both orders is kept and extended, and
small gaps between are settled by edit distance. Time is n log n, space linear, whatever the input.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.minhash import hash_shingles

__all__ = ["align"]

ANCHOR = 6              # code points of an anchor: short enough for spun text (16 characters between changes)
_CELLS = 1 << 16        # largest table of edit distances for one gap: 256 characters on either side
_BUDGET = 1 << 21       # cells for one pair: bounds the time on texts that share little
_TAKEN = -2


@jit
def _put(keys: NDArray[np.uint32], places: NDArray[np.int32], hashes: NDArray[np.uint32]) -> None:
    """Fill an open-addressing table with the place of each hash, `_TAKEN` for hashes that occur twice."""
    mask = np.int64(keys.shape[0] - 1)
    places[:] = -1
    for i in range(hashes.shape[0]):
        slot = np.int64(hashes[i]) & mask
        while places[slot] != -1 and keys[slot] != hashes[i]:
            slot = (slot + 1) & mask
        places[slot] = i if places[slot] == -1 else _TAKEN
        keys[slot] = hashes[i]


@jit
def _find(keys: NDArray[np.uint32], places: NDArray[np.int32], h: np.uint32) -> int:
    mask = np.int64(keys.shape[0] - 1)
    slot = np.int64(h) & mask
    while places[slot] != -1:
        if keys[slot] == h:
            return int(places[slot])
        slot = (slot + 1) & mask
    return -1


@jit
def _pair_anchors(a: NDArray[np.uint32], b: NDArray[np.uint32], out: NDArray[np.int32]) -> int:
    """Write (place in a, place in b) of all shingles that are unique in both, by place in b; return how many."""
    ha, hb = np.empty(a.shape[0] - ANCHOR + 1, np.uint32), np.empty(b.shape[0] - ANCHOR + 1, np.uint32)
    hash_shingles(a, 0, ANCHOR, ha)
    hash_shingles(b, 0, ANCHOR, hb)
    slots = 16
    while slots < 2 * max(ha.shape[0], hb.shape[0]):
        slots *= 2
    keys_a, places_a = np.empty(slots, np.uint32), np.empty(slots, np.int32)
    keys_b, places_b = np.empty(slots, np.uint32), np.empty(slots, np.int32)
    _put(keys_a, places_a, ha)
    _put(keys_b, places_b, hb)
    n = 0
    for j in range(hb.shape[0]):
        i = _find(keys_a, places_a, hb[j])
        if i >= 0 and _find(keys_b, places_b, hb[j]) == j:
            out[n, 0], out[n, 1] = i, j
            n += 1
    return n


@jit
def _chain(pairs: NDArray[np.int32], out: NDArray[np.int32]) -> int:
    """The longest chain that rises in both columns (patience sorting) of pairs that rise in the second."""
    n = pairs.shape[0]
    tails, back = np.empty(n, np.int32), np.empty(n, np.int32)
    length = 0
    for k in range(n):
        # Copies rise nearly throughout, and then nothing is to be sought: `verify` takes 33 us for 35 (500 characters).
        rises = length > 0 and pairs[tails[length - 1], 0] < pairs[k, 0]
        low, high = length if rises else 0, length
        while low < high:
            middle = (low + high) // 2
            if pairs[tails[middle], 0] < pairs[k, 0]:
                low = middle + 1
            else:
                high = middle
        back[k] = tails[low - 1] if low else -1
        tails[low] = k
        length = max(length, low + 1)
    k = tails[length - 1] if length else -1
    for place in range(length - 1, -1, -1):
        out[place] = k
        k = back[k]
    return length


@jit
def _edit(
    a: NDArray[np.uint32], b: NDArray[np.uint32], a0: int, a1: int, b0: int, b1: int,
    hunks: NDArray[np.int32], n: int,
) -> int:
    """Append the hunks of a cheapest edit script between `a[a0:a1]` and `b[b0:b1]`; return the number of hunks."""
    la, lb = a1 - a0, b1 - b0
    cost = np.empty((la + 1, lb + 1), np.int32)
    for i in range(la + 1):
        cost[i, lb] = la - i
    for j in range(lb + 1):
        cost[la, j] = lb - j
    for i in range(la - 1, -1, -1):
        for j in range(lb - 1, -1, -1):
            step = np.int32(a[a0 + i] != b[b0 + j])
            cost[i, j] = min(cost[i + 1, j + 1] + step, cost[i + 1, j] + 1, cost[i, j + 1] + 1)
    i, j, hunk_a, hunk_b = 0, 0, -1, -1
    while i < la or j < lb:
        same = i < la and j < lb and a[a0 + i] == b[b0 + j] and cost[i, j] == cost[i + 1, j + 1]
        if same:
            if hunk_a >= 0:
                n = _append(hunks, n, a0 + hunk_a, a0 + i, b0 + hunk_b, b0 + j)
                hunk_a = -1
            i, j = i + 1, j + 1
            continue
        if hunk_a < 0:
            hunk_a, hunk_b = i, j
        if i < la and j < lb and cost[i, j] == cost[i + 1, j + 1] + 1:
            i, j = i + 1, j + 1
        elif i < la and cost[i, j] == cost[i + 1, j] + 1:
            i += 1
        else:
            j += 1
    if hunk_a >= 0:
        n = _append(hunks, n, a0 + hunk_a, a1, b0 + hunk_b, b1)
    return n


@jit
def _append(hunks: NDArray[np.int32], n: int, a0: int, a1: int, b0: int, b1: int) -> int:
    hunks[n, 0], hunks[n, 1], hunks[n, 2], hunks[n, 3] = a0, a1, b0, b1
    return n + 1


@jit
def align(a: NDArray[np.uint32], b: NDArray[np.uint32], hunks: NDArray[np.int32]) -> int:
    """Write the hunks in which `a` and `b` differ, in order: rows (a0, a1, b0, b1), int32; return their number.

    What lies between hunks is equal. `hunks` needs `min(len(a), len(b)) + 1` rows.
    """
    na, nb = a.shape[0], b.shape[0]
    anchors = np.empty((max(nb, 1), 2), np.int32)
    found = _pair_anchors(a, b, anchors) if min(na, nb) >= ANCHOR else 0
    order = np.empty(max(found, 1), np.int32)
    length = _chain(anchors[:found], order)
    n, i, j = 0, 0, 0
    budget = _BUDGET
    for k in range(length + 1):
        next_i, next_j = (anchors[order[k], 0], anchors[order[k], 1]) if k < length else (na, nb)
        if next_i < i or next_j < j:
            continue
        while i < next_i and j < next_j and a[i] == b[j]:
            i, j = i + 1, j + 1
        end_i, end_j = next_i, next_j
        while end_i > i and end_j > j and a[end_i - 1] == b[end_j - 1]:
            end_i, end_j = end_i - 1, end_j - 1
        cells = (end_i - i) * (end_j - j)
        if 0 < cells <= _CELLS and cells <= budget:
            budget -= cells
            n = _edit(a, b, i, end_i, j, end_j, hunks, n)
        elif end_i > i or end_j > j:
            n = _append(hunks, n, i, end_i, j, end_j)
        if k < length:
            i, j = next_i, next_j
            while i < na and j < nb and a[i] == b[j]:
                i, j = i + 1, j + 1
    return n
