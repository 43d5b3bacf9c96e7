"""What a character is when facts are told from wording: bits of code points, and spans of them.

The rule of this file: the table of bits is made by `pipeline.near.opposites` from data/near_facts.txt and near_polarity.txt, which
say what each class is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = [
    "ADDRESS", "ADMIN", "DIGIT", "FACET", "LINK", "LOOKALIKE", "MEASURE", "NEGATOR", "NUMERAL", "PLACE", "SOUND", "STRUCTURE",
    "SURNAME", "UNIT", "all_have", "any_has", "is_latin", "is_letter", "run_end",
]

DIGIT, NUMERAL, STRUCTURE, PLACE, SURNAME, SOUND, LOOKALIKE, FACET = 1, 2, 4, 8, 16, 32, 64, 128
ADMIN, MEASURE, NEGATOR, LINK, ADDRESS, UNIT = 256, 512, 1024, 2048, 4096, 8192


@jit
def all_have(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16], bits: int) -> bool:
    """Whether there is something in `points[i:j]`, and all of it has one of `bits`."""
    for k in range(i, j):
        if not table[points[k]] & bits:
            return False
    return j > i


@jit
def any_has(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16], bits: int) -> bool:
    """Whether something in `points[i:j]` has one of `bits`."""
    for k in range(i, j):  # noqa: SIM110 - numba compiles the loop, not the generator
        if table[points[k]] & bits:
            return True
    return False


@jit
def run_end(points: NDArray[np.uint32], j: int, table: NDArray[np.uint16], bits: int) -> int:
    """Where the code points with one of `bits` end that go on from `j`."""
    while j < points.shape[0] and table[points[j]] & bits:
        j += 1
    return j


@jit
def is_letter(point: int) -> bool:
    """Whether it is a Latin letter: the form of comparison has small ones only."""
    return 0x61 <= point <= 0x7A


@jit
def is_latin(points: NDArray[np.uint32], i: int, j: int) -> bool:
    """Whether at least half of the points are Latin (letters, tone marks, what is left of a broken reading)."""
    n = 0
    for k in range(i, j):
        n += points[k] < 0x250
    return 2 * n >= j - i
