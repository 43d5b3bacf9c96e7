"""White space inside lines: where the content of each line starts and ends, the runs of blanks within it; what shows Markdown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, MARK
from pipeline.jit import jit

_BLANK, _MARK = np.uint32(BLANK), np.uint32(MARK)
#: Of what `_read_opening` and `_read_sign` give: a sign that is enough alone. Others are a bit each.
_SURE = 1


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


@jit
def find_markdown(
    points: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64], out: NDArray[np.bool_]
) -> None:
    """Whether each document `[start, end)` has one sign that only Markdown has, or two different ones that others may have too."""
    for k in range(start.shape[0]):
        found, opens = 0, True
        for i in range(start[k], end[k]):
            c, left = points[i], end[k] - i
            sign = 0
            if opens and (0x23 <= c <= 0x60 or c == 0x7E):
                sign = _read_opening(points, i, left)
            if not sign and left > 1 and (c == 0x21 or c == 0x2A or c == 0x5D or c == 0x7C):
                sign = _read_sign(points, i, left)
            found |= sign
            if found & _SURE or found & (found - 1):
                break
            opens = c == 0x0A
        out[k] = (found & _SURE or found & (found - 1)) != 0


@jit
def _read_opening(points: NDArray[np.uint32], i: int, left: int) -> int:
    """The sign at the start of a line: # to ####, - * + > before a space; three ` or ~, four =, a line of three -."""
    c, n = points[i], 1
    while n < left and n < 5 and points[i + n] == c:
        n += 1
    blank = n < left and points[i + n] == 0x20
    if (c == 0x23 and n <= 4 and blank) or ((c == 0x60 or c == 0x7E) and n >= 3) or (c == 0x3D and n >= 4):
        return 1
    if c == 0x2D and n == 3 and n < left and points[i + n] == 0x0A:
        return 1
    if n == 1 and blank:
        return 2 if c == 0x2D else 4 if c == 0x2A else 8 if c == 0x2B else 16 if c == 0x3E else 0
    return 0


@jit
def _read_sign(points: NDArray[np.uint32], i: int, left: int) -> int:
    """The sign that begins here, with two characters at least left: |-- | -- |:- ** ![ ](/ ](# ](http."""
    c, d, e = points[i], points[i + 1], points[i + 2] if left > 2 else np.uint32(0)
    if c == 0x7C:
        dashes = (d == 0x2D and e == 0x2D) or (d == 0x20 and e == 0x2D and left > 3 and points[i + 3] == 0x2D)
        return 1 if dashes or (d == 0x3A and e == 0x2D) else 0
    if c == 0x2A:
        return 32 if d == 0x2A else 0
    if c == 0x21:
        return 64 if d == 0x5B else 0
    if d != 0x28:
        return 0
    if e == 0x2F:
        return 128
    if e == 0x23:
        return 256
    http = left > 5 and e == 0x68 and points[i + 3] == 0x74 and points[i + 4] == 0x74 and points[i + 5] == 0x70
    return 512 if http else 0
