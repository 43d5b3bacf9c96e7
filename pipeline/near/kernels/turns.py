"""Changes that turn a statement round: a negation put in, an opposite, a sign or decimal point, subject and object exchanged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.characters import DIGIT, LINK, NEGATOR, NUMERAL, UNIT, any_has
from pipeline.near.kernels.comparison import Hunk, Pair, Tables, hash_pair, hash_word, is_in

__all__ = ["is_exchange", "is_mark", "is_turn", "is_unit"]

_LONGEST_TURN = 6   # code points of the longest words that are looked at as opposites
_LONGEST_PUT = 4    # code points of the longest negation that is put in (并没有被)
_LONGEST_PLAIN = 3  # code points of the longest word in which a negator does not negate
_LONGEST_UNIT = 3   # code points from a number to the character that says what it counts: 平方米, 摄氏度
_NEAR = 48          # code points from the first to the last of two words that changed places in one statement
_LONGEST_NAME = 12  # code points of the longest of them: what is longer is a passage


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
    if is_in(tables.same, value):
        return False
    if la == lb:
        for k in range(la):
            i, j = hunk.a0 + k, hunk.b0 + k
            if a[i] != b[j] and is_in(tables.axes, hash_pair(a, b, i, i + 1, j, j + 1)):
                return True
    negations = _count_negations(a, hunk.a0, hunk.a1, tables) - _count_negations(b, hunk.b0, hunk.b1, tables)
    return max(la, lb) <= _LONGEST_PUT and negations % 2 != 0


@jit
def is_unit(pair: Pair, hunk: Hunk, bits: NDArray[np.uint16]) -> bool:
    """Whether a number that both have counts other things: 5公里 for 5公斤, 45元 for 45美元, 20毫克 for 20微克.

    Behind the number stand the hunk and what is equal around it, and each text has a unit there. A slip at this place makes no
    unit, and 名 for 个 is none.
    """
    a, b = pair.a, pair.b
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    if max(la, lb) > _LONGEST_UNIT:
        return False
    start = hunk.a0
    while start > 0 and hunk.a0 - start < _LONGEST_UNIT - 1 and not bits[a[start - 1]] & (DIGIT | NUMERAL):
        start -= 1
    if start == 0 or not bits[a[start - 1]] & (DIGIT | NUMERAL):
        return False
    before = hunk.a0 - start
    if before and min(la, lb) == 0:
        return False
    room = _LONGEST_UNIT - before - max(la, lb)
    end_a, end_b = min(a.shape[0], hunk.a1 + max(0, room)), min(b.shape[0], hunk.b1 + max(0, room))
    if before:
        return any_has(a, hunk.a0, hunk.a1, bits, UNIT) and any_has(b, hunk.b0, hunk.b1, bits, UNIT)
    return any_has(a, hunk.a0, end_a, bits, UNIT) and any_has(b, hunk.b0, end_b, bits, UNIT)


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
