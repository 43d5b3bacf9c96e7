"""Where in two texts a change stands: in a title, at an edge where sites put furniture, in the core of the text.

The rule of this file: what differs in a rewritten title or at an edge says nothing about the text, unless much is equal around it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.characters import DIGIT
from pipeline.near.kernels.comparison import PASSAGE, Hunk, Pair

__all__ = ["Grounds", "continues_number", "is_at_end", "is_in_title", "is_inside", "is_surrounded", "survey"]

_DATELINE, _LONGEST_DATELINE = 16, 24   # code points in which a dateline may begin, and of the longest
_BLOCK = 40         # equal code points that make a block of text, and no line that two sites share
_SURROUNDED = 8     # equal code points on both sides that make a change near the edge one of the text, not of furniture
_FEW = 400          # code points of a text up to which there are no edges
_EDGE, _EDGE_SHARE = 100, 8     # an edge is an eighth of the shorter text, at most 100 code points


class Grounds(NamedTuple):
    """How two texts lie: the width of their edges, whether their titles are others, and which hunks stand in the core."""

    edge: int
    rewritten: bool     # the titles share less than half: what differs in them tells nothing
    first: int          # hunks from here to before `last` stand in the core
    last: int


@jit
def survey(pair: Pair, hunks: NDArray[np.int32]) -> Grounds:
    """See how two texts lie."""
    shorter = min(pair.a.shape[0], pair.b.shape[0])
    edge = min(_EDGE, shorter // _EDGE_SHARE) if shorter > _FEW else 0
    first, last = _find_core(pair, hunks)
    return Grounds(edge, _is_rewritten(hunks, pair.title_a, pair.title_b), first, last)


@jit
def _is_rewritten(hunks: NDArray[np.int32], title_a: int, title_b: int) -> bool:
    """Whether two titles share less than half of the shorter one."""
    changed = 0
    for k in range(hunks.shape[0]):
        if hunks[k, 0] >= title_a or hunks[k, 2] >= title_b:
            break
        changed += max(min(hunks[k, 1], title_a) - hunks[k, 0], min(hunks[k, 3], title_b) - hunks[k, 2])
    return 2 * changed > min(title_a, title_b)


@jit
def _find_core(pair: Pair, hunks: NDArray[np.int32]) -> tuple[int, int]:
    """The hunks from the first to before the last that stand in the text: behind it are credits, links, closing lines.

    The text begins with its first sentence, or after a block of `_BLOCK`; before it stand titles, sources and menus, and in it
    a dateline may differ. It ends with the last block.
    """
    first, last, n = hunks.shape[0], 0, hunks.shape[0]
    for k in range(n):
        before = hunks[k, 0] - (hunks[k - 1, 1] if k else 0)
        a0, a1, b0, b1 = hunks[k]
        inside = a0 >= pair.body_a and b0 >= pair.body_b
        dateline = min(a0 - pair.body_a, b0 - pair.body_b) < _DATELINE and max(a1 - a0, b1 - b0) <= _LONGEST_DATELINE
        if before >= _BLOCK or (inside and not dateline):
            first = min(first, k)
        if before >= _BLOCK:
            last = k
    return first, n if n and pair.a.shape[0] - hunks[n - 1, 1] >= _BLOCK else last


@jit
def is_in_title(pair: Pair, hunk: Hunk) -> bool:
    """Whether a hunk begins in both titles."""
    return hunk.a0 < pair.title_a and hunk.b0 < pair.title_b


@jit
def is_at_end(pair: Pair, hunk: Hunk) -> bool:
    """Whether a hunk goes to the end of both texts."""
    return bool(hunk.a1 == pair.a.shape[0] and hunk.b1 == pair.b.shape[0])


@jit
def continues_number(pair: Pair, hunk: Hunk, bits: NDArray[np.uint16]) -> bool:
    """Whether one text ends, or begins, with a number that is a part of the other's: 12 for 1280."""
    a0, a1, b0, b1 = hunk
    points = pair.a if a1 > a0 else pair.b
    i, j = (a0, a1) if a1 > a0 else (b0, b1)
    if min(a1 - a0, b1 - b0) > 0 or j == i:
        return False
    if j == points.shape[0]:
        return i > 0 and bool(bits[points[i - 1]] & DIGIT) and bool(bits[points[i]] & DIGIT)
    return i == 0 and bool(bits[points[j - 1]] & DIGIT) and bool(bits[points[j]] & DIGIT)


@jit
def is_inside(pair: Pair, hunk: Hunk, edge: int, bits: NDArray[np.uint16]) -> bool:
    """Whether a hunk stands in the text and not where sites put furniture.

    A title, a name or a date put before or after the whole text is furniture whatever the length of the text; the rest of a number
    is not.
    """
    a0, a1, b0, b1 = hunk
    if continues_number(pair, hunk, bits):
        return True
    short, long, at_end = min(a1 - a0, b1 - b0), max(a1 - a0, b1 - b0), is_at_end(pair, hunk)
    if (short == 0 and (max(a0, b0) == 0 or at_end)) or (at_end and long >= PASSAGE > short):
        return False
    return bool(min(a0, b0) >= edge and a1 <= pair.a.shape[0] - edge and b1 <= pair.b.shape[0] - edge)


@jit
def is_surrounded(pair: Pair, hunks: NDArray[np.int32], k: int) -> bool:
    """Whether much is equal on both sides of hunk `k`, or on one and up to where both texts begin or end on the other."""
    last = k + 1 == hunks.shape[0]
    before = hunks[k, 0] - (hunks[k - 1, 1] if k else 0)
    after = (pair.a.shape[0] if last else hunks[k + 1, 0]) - hunks[k, 1]
    if max(before, after) < _SURROUNDED:
        return False
    return bool((before >= _SURROUNDED or k == 0) and (after >= _SURROUNDED or (last and after > 0)))
