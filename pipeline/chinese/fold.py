"""Folding code points to the canonical form, see `pipeline.chinese.canonical` for the rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import CLOSE, DIGIT, HAN, LATIN, OPEN, READING
from pipeline.jit import jit

_HAN, _OPEN, _CLOSE = np.uint32(HAN), np.uint32(OPEN), np.uint32(CLOSE)
_READING = np.uint32(READING | LATIN | DIGIT)
_LONGEST = 64       # code points of a reading bracket that is folded away; bounds the look-ahead, so the loop is linear


@jit
def find_reading_end(points: NDArray[np.uint32], classes: NDArray[np.uint32], i: int, end: int) -> int:
    """The index after the bracket that opens at `i` if it holds only letters of readings, else `i`."""
    letters = False
    for j in range(i + 1, min(end, i + _LONGEST)):
        c = classes[points[j]]
        if c & _CLOSE:
            return j + 1 if letters else i
        if c & _READING and not 48 <= points[j] <= 57:
            letters = True
        elif not (c & _READING or points[j] in (0x20, 0x27, 0x2019, 0x2D, 0x3A, 0xB7, 0x3000, 0xA0)):
            return i
    return i


@jit
def skip(points: NDArray[np.uint32], classes: NDArray[np.uint32], i: int, start: int, end: int) -> int:
    """The index after what is dropped at `i`, a code point without canonical form: itself, or the reading that it opens.

    The one rule of folding beside the table. Every loop that folds a span [start, end) keeps what `canonical` gives and skips
    the rest with this: one loop for all of them, with the place as its value, costs a quarter more (1.5 to 1.9 ms/MB).
    """
    if classes[points[i]] & _OPEN and i > start and classes[points[i - 1]] & (_HAN | _CLOSE):
        return max(i + 1, find_reading_end(points, classes, i, end))
    return i + 1


@jit
def fold(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32],
    starts: NDArray[np.int64], ends: NDArray[np.int64], out: NDArray[np.uint32], out_bounds: NDArray[np.int64],
) -> int:
    """Fold the spans `[starts[i], ends[i])` one after another into `out`; `out_bounds` [n + 1] gets their places in it.

    `out` needs as many elements as the spans hold together. Returns how many it used.
    """
    k = 0
    for s in range(starts.shape[0]):
        out_bounds[s] = k
        i, end = starts[s], ends[s]
        while i < end:
            folded = canonical[points[i]]
            if folded:
                out[k] = folded
                k += 1
                i += 1
            else:
                i = skip(points, classes, i, starts[s], end)
    out_bounds[starts.shape[0]] = k
    return k
