"""Text as labels and dates are read in: simplified characters and half-width signs, one for one, so that places stay the same.

Unlike the canonical form it drops nothing: blanks and signs are what bounds a label or a date.
"""

from __future__ import annotations

from pipeline.chinese.codepoints import load_canonical

__all__ = ["fold_plain"]

_WIDE = {
    0x3000: " ", 0xA0: " ", 0xFF1A: ":", 0xFF08: "(", 0xFF09: ")", 0xFF0C: ",", 0xFF5C: "|", 0xFF0F: "/", 0xFF3B: "[",
    0xFF3D: "]", 0xFF0D: "-", 0xFF0E: ".", 0xFF1B: ";", 0xFE30: ":", 0x2236: ":", 0x3014: "〔", 0x3015: "〕",
}


def fold_plain(text: str) -> str:
    """Simplified characters and half-width punctuation, one character for one; nothing is dropped.

    >>> fold_plain("來源：新華社　責任編輯（甲）")
    '来源:新华社 责任编辑(甲)'
    """
    canonical = load_canonical()
    return "".join(_WIDE.get(ord(c)) or chr(int(canonical[ord(c)]) or ord(c)) for c in text)
