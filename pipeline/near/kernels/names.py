"""Whether a change puts one name for another, and whose.

The rule of this file: a name of a place is told by what ends it or follows, that of a person by what begins it or by characters
that write foreign sounds. A Latin word for another is a name as well, and so is one branch, half or side for another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.characters import ADDRESS, ADMIN, FACET, PLACE, SOUND, SURNAME, all_have, is_latin
from pipeline.near.kernels.comparison import SMALL, Hunk, Pair

__all__ = ["NO_NAME", "OF_BRANCH", "OF_PERSON", "OF_PLACE", "OF_REGION", "name_kind"]

NO_NAME, OF_PERSON, OF_PLACE, OF_REGION, OF_BRANCH = 0, 1, 2, 3, 4      # a region: a part of the country

_LONGEST = 6        # code points of the longest name
_LATIN = 3          # code points from which a Latin word for another is a name, no slip


@jit
def name_kind(pair: Pair, hunk: Hunk, table: NDArray[np.uint16]) -> int:
    """What kind of name stands for another of its kind."""
    a, b = pair.a, pair.b
    a0, a1, b0, b1 = hunk
    la, lb = a1 - a0, b1 - b0
    if la == 0 or lb == 0:
        return NO_NAME
    if is_latin(a, a0, a1) and is_latin(b, b0, b1):
        return OF_PERSON if max(la, lb) >= _LATIN else NO_NAME
    if la > _LONGEST or lb > _LONGEST:
        return NO_NAME
    if _ends_in(a, a0, a1, table, ADMIN) and _ends_in(b, b0, b1, table, ADMIN):
        return OF_REGION
    if la == 1 and lb == 1:
        return _kind_of_one(pair, hunk, table)
    if _ends_in(a, a0, a1, table, PLACE) and _ends_in(b, b0, b1, table, PLACE):
        return OF_PLACE
    if la >= 2 and lb >= 2 and all_have(a, a0, a1, table, SOUND) and all_have(b, b0, b1, table, SOUND):
        return OF_PERSON
    begun = (table[a[a0]] & SURNAME) != 0 and (table[b[b0]] & SURNAME) != 0
    whole = la <= 3 and lb <= 3 and (la >= 2 or lb >= 2 or _is_addressed(a, a1, table))
    return OF_PERSON if begun and whole else NO_NAME


@jit
def _kind_of_one(pair: Pair, hunk: Hunk, table: NDArray[np.uint16]) -> int:
    """The same where one character stands for one."""
    x, y = pair.a[hunk.a0], pair.b[hunk.b0]
    if table[x] & FACET and table[y] & FACET:
        return OF_BRANCH
    surnames = (table[x] & SURNAME) != 0 and (table[y] & SURNAME) != 0
    told = _is_addressed(pair.a, hunk.a1, table) or min(pair.a.shape[0], pair.b.shape[0]) <= SMALL
    return OF_PERSON if surnames and told else NO_NAME


@jit
def _is_addressed(points: NDArray[np.uint32], j: int, table: NDArray[np.uint16]) -> bool:
    """Whether a surname that ends at `j` stands alone: 李某, 李先生."""
    return j < points.shape[0] and bool(table[points[j]] & ADDRESS)


@jit
def _ends_in(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16], bits: int) -> bool:
    """Whether the changed `points[i:j]` with what follows is a name that ends in a character with these bits.

    The name has two characters or more before its last one, of which the change may be the first or the second: 绍兴市.
    """
    if j - i >= 3 and table[points[j - 1]] & bits:
        return True
    after = j + 1 if j - i == 1 else j
    for k in range(j, min(after + 1, points.shape[0])):
        if table[points[k]] & bits:
            return k - i >= 2 or (i > 0 and k - i == 1 and points[i - 1] == 0x53F0)     # 台南市
    return False
