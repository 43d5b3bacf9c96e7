"""Changes that turn a statement round: a negation put in, an opposite, a sign or decimal point, subject and object exchanged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = ["LINK", "NEGATOR", "Hunk", "Pair", "Tables", "hash_pair", "hash_word", "is_exchange", "is_in", "is_mark", "is_turn"]

_BASE = np.uint64(0x9E3779B97F4A7C15)

# Bits of a character, beside those of `facts`.
NEGATOR, LINK = 1024, 2048

_LONGEST_TURN = 6   # code points of the longest words that are looked at as opposites
_LONGEST_PUT = 4    # code points of the longest negation that is put in (并没有被)
_LONGEST_PLAIN = 3  # code points of the longest word in which a negator does not negate
_NEAR = 48          # code points from the first to the last of two words that changed places in one statement
_LONGEST_NAME = 12  # code points of the longest of them: what is longer is a passage


class Tables(NamedTuple):
    """What is known of characters and words, see `pipeline.near.opposites`: hashes are sorted, pairs are there both ways."""

    bits: NDArray[np.uint16]        # of every code point
    axes: NDArray[np.uint64]        # pairs of single characters that are opposites also inside words
    opposites: NDArray[np.uint64]   # pairs of words, and of characters of one group
    plain: NDArray[np.uint64]       # words in which a negator does not negate
    turning: NDArray[np.uint64]     # words that turn what is said when put in


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
def hash_word(points: NDArray[np.uint32], i: int, j: int) -> np.uint64:
    """A hash of `points[i:j]`."""
    h = np.uint64(j - i)
    for k in range(i, j):
        h = h * _BASE + np.uint64(points[k])
    return h


@jit
def hash_pair(a: NDArray[np.uint32], b: NDArray[np.uint32], a0: int, a1: int, b0: int, b1: int) -> np.uint64:
    """A hash of `a[a0:a1]` for `b[b0:b1]`, one way."""
    h = hash_word(a, a0, a1)
    for k in range(b0, b1):
        h = h * _BASE + np.uint64(b[k])
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


@jit
def _is_plain(points: NDArray[np.uint32], k: int, tables: Tables) -> bool:
    """Whether the negator at `k` negates nothing: it stands in a word (不断, 是否), or asks (是不是)."""
    n = points.shape[0]
    if 0 < k < n - 1 and points[k - 1] == points[k + 1]:
        return True
    for i in range(max(0, k - 2), k + 1):
        for j in range(max(i + 2, k + 1), min(n, i + _LONGEST_PLAIN) + 1):
            if is_in(tables.plain, hash_word(points, i, j)):
                return True
    return False


@jit
def _count_negations(points: NDArray[np.uint32], i: int, j: int, tables: Tables) -> int:
    n = 0
    for k in range(i, j):
        if tables.bits[points[k]] & NEGATOR and not _is_plain(points, k, tables):
            n += 1
    return n


@jit
def _is_put(points: NDArray[np.uint32], i: int, j: int, tables: Tables) -> bool:
    """Whether what one text has more, `points[i:j]`, turns what is said."""
    if j - i > _LONGEST_PUT:
        return False
    for k in range(i, j):
        if tables.bits[points[k]] & NEGATOR:
            return _count_negations(points, i, j, tables) % 2 != 0
    return is_in(tables.turning, hash_word(points, i, j))


@jit
def is_mark(points: NDArray[np.uint32], i: int, j: int) -> bool:
    """Whether `points[i:j]` are marks of numbers only: decimal points, signs, per cent. The canonical form holds no others."""
    for k in range(i, j):  # noqa: SIM110 - numba compiles the loop, not the generator
        if not (points[k] in (0x25, 0x2B, 0x2D, 0x2E) or points[k] == 0x2030):
            return False
    return True


@jit
def is_turn(pair: Pair, hunk: Hunk, tables: Tables) -> bool:
    """Whether a hunk turns a statement round. What it leaves alone: changes of more than a word, and rewording.

    Time is constant: a hunk of more than `_LONGEST_TURN` code points is not looked at.
    """
    a, b = pair.a, pair.b
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    if max(la, lb) > _LONGEST_TURN:
        return False
    if is_mark(a, hunk.a0, hunk.a1) and is_mark(b, hunk.b0, hunk.b1):
        return True
    if la == 0:
        return _is_put(b, hunk.b0, hunk.b1, tables)
    if lb == 0:
        return _is_put(a, hunk.a0, hunk.a1, tables)
    value = hash_pair(a, b, hunk.a0, hunk.a1, hunk.b0, hunk.b1)
    if is_in(tables.opposites, value) or is_in(tables.axes, value):
        return True
    if la == lb:
        for k in range(la):
            i, j = hunk.a0 + k, hunk.b0 + k
            if a[i] != b[j] and is_in(tables.axes, hash_pair(a, b, i, i + 1, j, j + 1)):
                return True
    negations = _count_negations(a, hunk.a0, hunk.a1, tables) - _count_negations(b, hunk.b0, hunk.b1, tables)
    return max(la, lb) <= _LONGEST_PUT and negations % 2 != 0


@jit
def _equals(a: NDArray[np.uint32], b: NDArray[np.uint32], i: int, j: int, n: int) -> bool:
    for k in range(n):  # noqa: SIM110 - numba compiles the loop, not the generator
        if a[i + k] != b[j + k]:
            return False
    return True


@jit
def _is_link(points: NDArray[np.uint32], i: int, j: int, tables: Tables) -> bool:
    """Whether what stands between two names only lists them: nothing (、 is folded away) or 和, 与, 及."""
    for k in range(i, j):  # noqa: SIM110 - numba compiles the loop, not the generator
        if not tables.bits[points[k]] & LINK:
            return False
    return True


@jit
def is_exchange(pair: Pair, first: Hunk, last: Hunk, tables: Tables) -> bool:
    """Whether from the first hunk to the last two words changed places around what relates them: 甲胜乙, 乙胜甲.

    A list may be in any order: what stands between them is more than a link. Time is bounded by `_NEAR` squared.
    """
    a, b, i, j = pair.a, pair.b, first.a0, first.b0
    n = last.a1 - i
    if n != last.b1 - j or n > _NEAR or n < 3:
        return False
    for p in range(1, min(n - 1, _LONGEST_NAME + 1)):           # code points of the word that comes first in `b`
        if not _equals(a, b, i + n - p, j, p):
            continue
        for q in range(1, min(n - p, _LONGEST_NAME + 1)):       # and of the one that comes first in `a`
            between = _equals(a, b, i, j + n - q, q) and _equals(a, b, i + q, j + p, n - p - q)
            if between and not _is_link(a, i + q, i + n - p, tables):
                return True
    return False
