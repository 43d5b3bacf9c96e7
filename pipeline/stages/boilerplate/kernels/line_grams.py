"""Character n-grams of lines, hashed into the rows of the net's table of embeddings.

The rule of this file: bare loops, one visit per character of the first HEAD and the last TAIL characters of a line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit_within

HEAD, TAIL = 40, 24     # canonical characters of a line that are read: furniture says what it is early or late
#: Grams of a line at most: one, two and three characters at each place, and the two edges.
MOST = 3 * (HEAD + TAIL) + 2
_DIGIT, _EDGE = np.uint64(48), np.uint64(1)


@jit_within
def sign(point: np.uint32) -> np.uint64:
    """The character as grams see it: all digits are one."""
    p = np.uint64(point)
    return _DIGIT if 48 <= p <= 57 else p


@jit_within
def bucket(a: np.uint64, b: np.uint64, c: np.uint64, mask: np.uint64) -> np.int32:
    """The row of a gram: a multiplicative hash of its characters."""
    h = (a * np.uint64(0x9E3779B97F4A7C15)) ^ (b * np.uint64(0xC2B2AE3D27D4EB4F)) ^ (c * np.uint64(0x165667B19E3779F9))
    h ^= h >> np.uint64(29)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    return np.int32((h >> np.uint64(33)) & mask)


@jit_within
def find_grams(
    folded: NDArray[np.uint32], a: int, b: int, mask: np.uint64, out: NDArray[np.int32],
) -> int:
    """The rows of the grams of one line, `folded[a:b]`, into `out` [MOST]; how many they are."""
    n = b - a
    k = 0
    zero = np.uint64(0)
    before, last = _EDGE, zero
    for i in range(n):
        if n > HEAD + TAIL and HEAD <= i < n - TAIL:
            before, last = zero, zero
            continue
        s = sign(folded[a + i])
        out[k] = bucket(s, zero, zero, mask)
        k += 1
        if before:
            out[k] = bucket(before, s, zero, mask)
            k += 1
            if last:
                out[k] = bucket(last, before, s, mask)
                k += 1
        last, before = before, s
    if n:
        out[k] = bucket(before, _EDGE, zero, mask)
        k += 1
    return k


@jit_within
def list_grams(
    folded: NDArray[np.uint32], bounds: NDArray[np.int64], mask: np.uint64, rows: NDArray[np.int32], ends: NDArray[np.int64],
) -> int:
    """The rows of the grams of all lines, end to end; `ends` [lines + 1] bounds those of each. For training."""
    used = 0
    ends[0] = 0
    for i in range(bounds.shape[0] - 1):
        used += find_grams(folded, bounds[i], bounds[i + 1], mask, rows[used:])
        ends[i + 1] = used
    return used
