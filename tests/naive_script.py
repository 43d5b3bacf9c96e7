"""The plain twin of the kernel that counts scripts."""

from __future__ import annotations

from pipeline.chinese import codepoints as cp

_BITS = (cp.HAN, cp.LATIN, cp.KANA, cp.HANGUL, cp.SIMPLIFIED, cp.TRADITIONAL_ONLY, cp.TRADITIONAL)


def count_scripts(text: str) -> list[int]:
    classes = cp.load_classes()
    return [sum(bool(classes[ord(c)] & bit) for c in text) for bit in _BITS]
