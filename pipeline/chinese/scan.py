"""One pass over a batch's code points: where the lines are, and which classes of characters each holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, NEWLINE, UNTIDY
from pipeline.jit import jit

_BLANK, _NEWLINE, _UNTIDY = np.uint32(BLANK), np.uint32(NEWLINE), np.uint32(UNTIDY)


@jit
def count_newlines(points: NDArray[np.uint32]) -> int:
    """How many LF a buffer holds."""
    n = 0
    for i in range(points.shape[0]):
        n += points[i] == 10
    return n


@jit
def scan_lines(
    points: NDArray[np.uint32], classes: NDArray[np.uint32],
    start: NDArray[np.int64], end: NDArray[np.int64], seen: NDArray[np.uint32],
) -> int:
    """Fill `start`, `end` (before the LF) and `seen` (OR of the class bits, with UNTIDY) of every line; return their number.

    The buffer must end with LF. All outputs have one element per LF.
    """
    line, begin = 0, 0
    bits = np.uint32(0)
    previous = _NEWLINE
    for i in range(points.shape[0]):
        c = classes[points[i]]
        if c & _NEWLINE:
            if previous & (_BLANK | _NEWLINE):
                bits |= _UNTIDY
            start[line], end[line], seen[line] = begin, i, bits
            line, begin, bits = line + 1, i + 1, np.uint32(0)
        else:
            bits |= c
            if c & _BLANK and (previous & (_BLANK | _NEWLINE) or points[i] != 0x20):
                bits |= _UNTIDY
        previous = c
    return line


def find_lines(points: NDArray[np.uint32], classes: NDArray[np.uint32]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Start, end and class bits of every line of a buffer that ends with LF."""
    n = count_newlines(points)
    start, end, seen = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.uint32)
    scan_lines(points, classes, start, end, seen)
    return start, end, seen
