"""White space inside lines: where the content of each line starts and ends, and the runs of blanks within it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, MARK
from pipeline.jit import jit

_BLANK, _MARK = np.uint32(BLANK), np.uint32(MARK)


@jit
def trim_lines(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64],
    out_start: NDArray[np.int64], out_end: NDArray[np.int64],
) -> None:
    """Content of each line `[start, end)` without the blanks at its ends; a line of blanks has both at its start."""
    for i in range(start.shape[0]):
        a, b = start[i], end[i]
        while a < b and classes[points[a]] & _BLANK:
            a += 1
        if a == b:
            a = b = start[i]
        while b > a and classes[points[b - 1]] & _BLANK:
            b -= 1
        out_start[i], out_end[i] = a, b


@jit
def find_runs(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64],
    out_start: NDArray[np.int64], out_end: NDArray[np.int64],
) -> int:
    """Runs of blanks in `[start, end)` of each line that are not a single U+0020: how many, with their bounds.

    The outputs need half as many elements as the lines have characters, and one more.
    """
    n = 0
    for i in range(start.shape[0]):
        j = start[i]
        while j < end[i]:
            if not classes[points[j]] & _BLANK:
                j += 1
                continue
            begin = j
            while j < end[i] and classes[points[j]] & _BLANK:
                j += 1
            if j - begin > 1 or points[begin] != 0x20:
                out_start[n], out_end[n] = begin, j
                n += 1
    return n


@jit
def find_indented(
    points: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64], out: NDArray[np.bool_]
) -> None:
    """Whether each line starts with a tab or four spaces, as indented code does."""
    for i in range(start.shape[0]):
        spaces = 0
        j = start[i]
        while j < end[i] and points[j] == 0x20 and spaces < 4:
            j, spaces = j + 1, spaces + 1
        out[i] = spaces == 4 or (j < end[i] and points[j] == 0x09)


@jit
def find_drawn(
    points: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64], out: NDArray[np.bool_]
) -> None:
    """Whether each line holds a box-drawing character (U+2500 to U+257F)."""
    for i in range(start.shape[0]):
        out[i] = False
        for j in range(start[i], end[i]):
            if 0x2500 <= points[j] <= 0x257F:
                out[i] = True
                break


@jit
def find_marks(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64],
    out: NDArray[np.int64], out_line: NDArray[np.int64],
) -> int:
    """Places of the characters of class MARK in each line and the lines they are in: how many. Outputs: one element a character."""
    n = 0
    for i in range(start.shape[0]):
        for j in range(start[i], end[i]):
            if classes[points[j]] & _MARK:
                out[n], out_line[n] = j, i
                n += 1
    return n
