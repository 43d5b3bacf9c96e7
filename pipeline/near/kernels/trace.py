"""Where each canonical code point comes from, see `pipeline.chinese.fold`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.fold import skip
from pipeline.jit import jit

__all__ = ["trace"]


@jit
def trace(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], out: NDArray[np.int64]
) -> int:
    """Write for each canonical code point of a whole text its place in the text; return how many there are."""
    k, i, end = 0, 0, points.shape[0]
    while i < end:
        if canonical[points[i]]:
            out[k] = i
            k += 1
            i += 1
        else:
            i = skip(points, classes, i, 0, end)
    return k
