"""Text as labels and dates are read in: simplified characters and half-width signs, one for one, so that places stay the same.

Unlike the canonical form it drops nothing: blanks and signs are what bounds a label or a date.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import load_canonical

__all__ = ["fold_plain"]

_WIDE = {
    0x3000: " ", 0xA0: " ", 0xFF1A: ":", 0xFF08: "(", 0xFF09: ")", 0xFF0C: ",", 0xFF5C: "|", 0xFF0F: "/", 0xFF3B: "[",
    0xFF3D: "]", 0xFF0D: "-", 0xFF0E: ".", 0xFF1B: ";", 0xFE30: ":", 0x2236: ":", 0x3014: "〔", 0x3015: "〕",
}


@cache
def _table() -> NDArray[np.uint32]:
    """What each code point is folded to."""
    canonical = load_canonical()
    table = np.where(canonical == 0, np.arange(len(canonical), dtype=np.uint32), canonical)
    table[list(_WIDE)] = [ord(c) for c in _WIDE.values()]
    return table


def fold_plain(text: str) -> str:
    """Simplified characters and half-width punctuation, one character for one; nothing is dropped.

    >>> fold_plain("來源：新華社　責任編輯（甲）")
    '来源:新华社 责任编辑(甲)'
    """
    return _table()[np.frombuffer(text.encode("utf-32-le"), np.uint32)].tobytes().decode("utf-32-le")
