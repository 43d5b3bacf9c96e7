"""How often a text uses the characters that tell one Chinese from another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit


@jit
def count_marks(
    points: NDArray[np.uint32], marks: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    """Add to `out` [texts, kinds] how often each kind of mark stands in each text.

    `marks` [0x110000] is the number of its kind, from 1, and 0 for no mark.
    """
    for doc in range(starts.shape[0]):
        for i in range(starts[doc], ends[doc]):
            mark = marks[points[i]]
            if mark:
                out[doc, mark - 1] += 1
