"""Whether a change is another number, and how many numbers are equal.

The rule of this file: figures, and Han numerals that count something, are facts; a letter that a scan took for a figure is a slip,
and the number of an article or chapter shifts with revisions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.characters import DIGIT, LOOKALIKE, MEASURE, NUMERAL, STRUCTURE, all_have, any_has, run_end
from pipeline.near.kernels.comparison import SMALL, Hunk, Pair

__all__ = ["count_agreed", "is_number", "is_ordinal"]


@jit
def is_number(pair: Pair, hunk: Hunk, table: NDArray[np.uint16]) -> bool:
    """Whether one number stands for another, or goes on in one text only."""
    a, b = pair.a, pair.b
    a0, a1, b0, b1 = hunk
    if any_has(a, a0, a1, table, DIGIT) or any_has(b, b0, b1, table, DIGIT):
        return not _is_slip(pair, hunk, table)
    left = a1 == a0 or _all_numeral(a, a0, a1, table)
    right = b1 == b0 or _all_numeral(b, b0, b1, table)
    if not (left and right):
        return False
    before = a0 > 0 and (table[a[a0 - 1]] & (DIGIT | NUMERAL)) != 0
    if a1 == a0 or b1 == b0:
        return bool(before or (a1 < a.shape[0] and table[a[a1]] & NUMERAL))
    end = run_end(a, a1, table, NUMERAL)
    counted = end < a.shape[0] and (table[a[end]] & MEASURE) != 0
    follows = before or (a0 > 0 and a[a0 - 1] == 0x7B2C)                # 5万, 第
    return min(a.shape[0], b.shape[0]) > SMALL or counted or follows


@jit
def _is_slip(pair: Pair, hunk: Hunk, table: NDArray[np.uint16]) -> bool:
    """Whether a figure and a letter that looks like one stand for each other."""
    a, b = pair.a, pair.b
    a0, a1, b0, b1 = hunk
    if a1 - a0 != b1 - b0 or not (all_have(a, a0, a1, table, DIGIT | LOOKALIKE) and all_have(b, b0, b1, table, DIGIT | LOOKALIKE)):
        return False
    return any_has(a, a0, a1, table, LOOKALIKE) or any_has(b, b0, b1, table, LOOKALIKE)


@jit
def _all_numeral(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16]) -> bool:
    """Whether `points[i:j]` are Han numerals, or the point between two of them (一点五)."""
    for k in range(i, j):
        point = points[k] == 0x70B9 and 0 < k < points.shape[0] - 1
        if not (table[points[k]] & NUMERAL or (point and table[points[k - 1]] & NUMERAL and table[points[k + 1]] & NUMERAL)):
            return False
    return j > i


@jit
def is_ordinal(points: NDArray[np.uint32], j: int, table: NDArray[np.uint16]) -> bool:
    """Whether the number that goes on at `j` counts articles or chapters."""
    end = run_end(points, j, table, DIGIT | NUMERAL)
    return end < points.shape[0] and bool(table[points[end]] & STRUCTURE)


@jit
def count_agreed(a: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16]) -> int:
    """Numbers that lie wholly inside the equal block `a[i:j]`."""
    n = 0
    while i < j:
        if table[a[i]] & (DIGIT | NUMERAL):
            end = min(j, run_end(a, i, table, DIGIT | NUMERAL))
            inside = (i == 0 or not table[a[i - 1]] & (DIGIT | NUMERAL)) and end < j
            if inside and (table[a[i]] & DIGIT or end - i >= 2) and not table[a[end]] & STRUCTURE:
                n += 1
            i = end
        else:
            i += 1
    return n
