"""What each Unicode code point is: one table, looked up once per character, so that stages can look before they touch.

The rule of this file: constants and the loader of `data/codepoints.npz`; the table is made by `tools/make_codepoints.py`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BLANK", "CLAUSE", "CLOSE", "DIGIT", "HAN", "HANGUL", "KANA", "LATIN", "MARK", "NEWLINE", "OPEN", "PRIVATE", "QUOTE", "READING",
    "SENTENCE", "SEPARATOR", "SIMPLIFIED", "SUSPECT", "TRADITIONAL", "TRADITIONAL_ONLY", "UNSETTLED", "UNTIDY",
    "load_canonical", "load_classes",
]

HAN = 1 << 0          # ideographs, 〇, 々
DIGIT = 1 << 1        # 0-9 and full-width
LATIN = 1 << 2        # A-Z a-z and full-width
OPEN = 1 << 3         # （ ( [ 【 〔 ［
CLOSE = 1 << 4
SENTENCE = 1 << 5     # 。！？ and half-width ! ?
CLAUSE = 1 << 6       # ，、；： and half-width
SEPARATOR = 1 << 7    # | · > » / - and the like
QUOTE = 1 << 8
READING = 1 << 9      # toned vowels, tone marks, bopomofo, ɑ ɡ
KANA = 1 << 10
HANGUL = 1 << 11
BLANK = 1 << 12       # any space of Unicode category Zs, and the tab
SUSPECT = 1 << 13     # the encoding stage could change it
TRADITIONAL = 1 << 14  # OpenCC t2s changes it on its own, or data/script_variants.tsv does
NEWLINE = 1 << 15     # LF
UNTIDY = 1 << 16      # set on lines, not on characters: an empty line, or a blank at an end, after another, not U+0020
SIMPLIFIED = 1 << 17  # OpenCC s2t changes it, and no traditional text has it (it is not in Big5)
MARK = 1 << 19        # SUSPECT, and the encoding stage edits it by itself: controls, invisible marks, &, what NFC changes
TRADITIONAL_ONLY = 1 << 18  # TRADITIONAL, and t2s never leaves it as it is in any phrase (乾 於 徵 and a few more it does)
PRIVATE = 1 << 20     # of private use: what it shows is known to one font only
UNSETTLED = 1 << 21   # t2s leaves it, and the script stage changes it by context: 著 瞭 藉 祇, 甚 of 甚麼

DROPPED = np.uint32(0x80000000)     # in the file: a code point that the canonical form leaves out; no difference of two is this


@cache
def _load() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Both tables. In the file are pages of 256 code points, each once, and which is where: of 4,352 some 400 are different."""
    with resources.as_file(resources.files("pipeline") / "data" / "codepoints.npz") as path, np.load(path) as data:
        classes, change = (data[name][data[f"{name}_at"]].reshape(-1) for name in ("classes", "change"))
    canonical = change + np.arange(len(change), dtype=np.uint32)
    canonical[change == DROPPED] = 0
    return classes, canonical


def load_classes() -> NDArray[np.uint32]:
    """Class bits of every code point, uint32 [0x110000]."""
    return _load()[0]


def load_canonical() -> NDArray[np.uint32]:
    """Canonical code point of every code point, uint32 [0x110000]; 0 means dropped."""
    return _load()[1]
