"""Where each canonical code point comes from, see `pipeline.chinese.fold`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import CLOSE, HAN, OPEN
from pipeline.chinese.fold import find_reading_end
from pipeline.jit import jit

__all__ = ["trace"]

_HAN, _OPEN, _CLOSE = np.uint32(HAN), np.uint32(OPEN), np.uint32(CLOSE)


@jit
def trace(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], out: NDArray[np.int64]
) -> int:
    """Write for each canonical code point of a whole text its place in the text; return how many there are."""
    k, i, end = 0, 0, points.shape[0]
    while i < end:
        p = points[i]
        if classes[p] & _OPEN and i > 0 and classes[points[i - 1]] & (_HAN | _CLOSE):
            after = find_reading_end(points, classes, i, end)
            if after > i:
                i = after
                continue
        if canonical[p]:
            out[k] = i
            k += 1
        i += 1
    return k
