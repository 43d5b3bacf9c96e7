"""How many characters of each script a span holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels import jit


@jit
def count_classes(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], bits: NDArray[np.uint32],
    start: NDArray[np.int64], end: NDArray[np.int64], out: NDArray[np.int64],
) -> None:
    """`out[i, k]`: characters of `[start[i], end[i])` whose class holds `bits[k]`; int64 [n, len(bits)]."""
    wanted = np.uint32(0)
    for k in range(bits.shape[0]):
        wanted |= bits[k]
    for i in range(start.shape[0]):
        for k in range(bits.shape[0]):
            out[i, k] = 0
        for j in range(start[i], end[i]):
            c = classes[points[j]] & wanted
            if c:
                for k in range(bits.shape[0]):
                    if c & bits[k]:
                        out[i, k] += 1
