"""Text as labels and dates are read in: simplified characters and half-width signs, one for one, so that places stay the same.

Unlike the canonical form it drops nothing: blanks and signs are what bounds a label or a date.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import load_canonical

__all__ = ["fold_plain", "fold_points"]

_WIDE = {
    0x3000: " ", 0xA0: " ", 0xFF1A: ":", 0xFF08: "(", 0xFF09: ")", 0xFF0C: ",", 0xFF5C: "|", 0xFF0F: "/", 0xFF3B: "[",
    0xFF3D: "]", 0xFF0D: "-", 0xFF0E: ".", 0xFF1B: ";", 0xFE30: ":", 0x2236: ":", 0x3014: "〔", 0x3015: "〕",
}


@cache
def _load() -> NDArray[np.uint32]:
    """The plain code point of every code point, uint32 [0x110000]."""
    canonical = load_canonical()
    plain = np.where(canonical == 0, np.arange(len(canonical), dtype=np.uint32), canonical)
    plain[list(_WIDE)] = [ord(c) for c in _WIDE.values()]
    return plain


def fold_plain(text: str) -> str:
    """Simplified characters and half-width punctuation, one character for one; nothing is dropped.

    >>> fold_plain("來源：新華社　責任編輯（甲）")
    '来源:新华社 责任编辑(甲)'
    """
    return fold_points(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32))


def fold_points(points: NDArray[np.uint32]) -> str:
    """The same of code points."""
    return _load()[points].tobytes().decode("utf-32-le", "surrogatepass")
