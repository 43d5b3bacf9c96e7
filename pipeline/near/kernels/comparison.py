"""What a comparison is made of: two texts, a place where they differ, the words that are known; and hashes of words.

The rule of this file: everything stands in code points of the form of comparison (`pipeline.near.form`); a span is half open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = ["BASE", "PASSAGE", "SMALL", "Hunk", "Pair", "Tables", "hash_pair", "hash_word", "is_in", "row_of"]

PASSAGE = 12        # code points from which what one text has more is a paragraph, not a phrase
SMALL = 160         # code points of a text up to which a word for a word counts as a phrase
BASE = np.uint64(0x9E3779B97F4A7C15)


class Tables(NamedTuple):
    """What is known of characters and words, see `pipeline.near.opposites`: hashes are sorted, pairs are there both ways."""

    bits: NDArray[np.uint16]        # of every code point, see `characters`
    axes: NDArray[np.uint64]        # pairs of single characters that are opposites also inside words
    opposites: NDArray[np.uint64]   # pairs of words, and of characters of one group
    plain: NDArray[np.uint64]       # words in which a negator does not negate
    turning: NDArray[np.uint64]     # words that turn what is said when put in
    same: NDArray[np.uint64]        # pairs of words that say the same


class Pair(NamedTuple):
    """Two texts that are compared, how long their titles are, whether they are verse, and where their first sentences begin."""

    a: NDArray[np.uint32]
    b: NDArray[np.uint32]
    title_a: int
    title_b: int
    verse: bool
    body_a: int = 0
    body_b: int = 0


class Hunk(NamedTuple):
    """A place where two texts differ: `a[a0:a1]` stands for `b[b0:b1]`."""

    a0: int
    a1: int
    b0: int
    b1: int


@jit
def row_of(hunks: NDArray[np.int32], k: int) -> Hunk:
    """Hunk `k` of those that `align` wrote."""
    return Hunk(hunks[k, 0], hunks[k, 1], hunks[k, 2], hunks[k, 3])


@jit
def hash_word(points: NDArray[np.uint32], i: int, j: int) -> np.uint64:
    """A hash of `points[i:j]`."""
    h = np.uint64(j - i)
    for k in range(i, j):
        h = h * BASE + np.uint64(points[k])
    return h


@jit
def hash_pair(a: NDArray[np.uint32], b: NDArray[np.uint32], a0: int, a1: int, b0: int, b1: int) -> np.uint64:
    """A hash of `a[a0:a1]` for `b[b0:b1]`, one way."""
    h = hash_word(a, a0, a1)
    for k in range(b0, b1):
        h = h * BASE + np.uint64(b[k])
    return h


@jit
def is_in(values: NDArray[np.uint64], value: np.uint64) -> bool:
    """Whether sorted values hold one."""
    low, high = 0, values.shape[0]
    while low < high:
        middle = (low + high) // 2
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < values.shape[0] and bool(values[low] == value)
