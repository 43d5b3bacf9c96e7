"""List numbers: 1. 2、 （3） 第4 ⑤ 六 at the start of a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit_within


@jit_within
def read_numeral(points: NDArray[np.uint32], i: int, end: int) -> tuple[int, int]:
    """A number of up to three digits or a hanzi numeral (一 to 十九) at `i`: its value, -1 for none, and the place after it."""
    value, j = 0, i
    while j < end and j < i + 4 and (48 <= points[j] <= 57 or 0xFF10 <= points[j] <= 0xFF19):
        value = value * 10 + int(points[j] & np.uint32(15))
        j += 1
    if i < j < i + 4:
        return value, j
    numerals = (0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D)
    while j == i and j < end:
        for k in range(9):
            if points[i] == numerals[k]:
                return k + 1, i + 1
        break
    if i < end and points[i] == 0x5341:
        if i + 1 < end:
            for k in range(9):
                if points[i + 1] == numerals[k]:
                    return k + 11, i + 2
        return 10, i + 1
    return -1, i


@jit_within
def read_enumerator(points: NDArray[np.uint32], start: int, end: int) -> tuple[int, int]:
    """The list number that opens a line: its form (0 none; 1 `1.` 2 `1、` 3 `（1）` 4 `第1` 5 ① 6 `1 `) and its value."""
    p = points[start]
    if 0x2460 <= p <= 0x2473:
        return 5, int(p) - 0x245F
    if p == 0x7B2C:
        value, _ = read_numeral(points, start + 1, end)
        return (4, value) if value >= 0 else (0, 0)
    bracket = p == 40 or p == 0xFF08 or p == 0x3010 or p == 91
    value, j = read_numeral(points, start + bracket, end)
    if value < 0 or j >= end:
        return 0, 0
    q = points[j]
    if bracket:
        return (3, value) if q == 41 or q == 0xFF09 or q == 0x3011 or q == 93 else (0, 0)
    if q == 46 or q == 0xFF0E:
        return (1, value) if j + 1 >= end or not 48 <= points[j + 1] <= 57 else (0, 0)
    if q == 0x3001 or q == 41 or q == 0xFF09:
        return 2, value
    return (6, value) if q == 32 or q == 0x3000 else (0, 0)
