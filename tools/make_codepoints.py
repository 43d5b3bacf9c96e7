"""Write pipeline/data/codepoints.npz: what each Unicode code point is to the cleaner.

    python tools/make_codepoints.py

Shipped as data and not computed at start-up, because it costs seconds, and because the output must not depend on the
Unicode version of the Python that happens to run. `tests/test_codepoints.py` checks it against ftfy and OpenCC.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import opencc

from pipeline import codepoints as cp

OUT = Path(__file__).resolve().parents[1] / "pipeline" / "data" / "codepoints.npz"
SIZE = 0x110000
SURROGATES = range(0xD800, 0xE000)


def scalars() -> range:
    """All code points; callers skip surrogates themselves where a library refuses them."""
    return range(SIZE)


def make_classes() -> np.ndarray:
    """One bit set per code point, see the constants in pipeline/codepoints.py."""
    t2s = opencc.OpenCC("t2s")
    table = np.zeros(SIZE, np.uint32)
    for c in scalars():
        bits = 0
        ch = chr(c)
        category = unicodedata.category(ch)
        if is_han(c):
            bits |= cp.HAN
            if t2s.convert(ch) != ch:
                bits |= cp.TRADITIONAL
        if ch in "0123456789" or 0xFF10 <= c <= 0xFF19:
            bits |= cp.DIGIT
        if (c < 128 and ch.isalpha()) or 0xFF21 <= c <= 0xFF3A or 0xFF41 <= c <= 0xFF5A:
            bits |= cp.LATIN
        if ch in "（([【〔［":
            bits |= cp.OPEN
        if ch in "）)]】〕］":
            bits |= cp.CLOSE
        if ch in "。！？!?…‥．":
            bits |= cp.SENTENCE
        if ch in "，、；：,;:﹐﹑﹔﹕":
            bits |= cp.CLAUSE
        if ch in "|｜·•●>»›→/／-—–_＞＿丨┊▪◆■□★☆※":
            bits |= cp.SEPARATOR
        if ch in "“”‘’\"'「」『』《》〈〉":
            bits |= cp.QUOTE
        if is_reading_mark(c):
            bits |= cp.READING
        if 0x3040 <= c <= 0x30FF or 0x31F0 <= c <= 0x31FF or 0xFF66 <= c <= 0xFF9F:
            bits |= cp.KANA
        if 0xAC00 <= c <= 0xD7A3 or 0x1100 <= c <= 0x11FF or 0x3130 <= c <= 0x318F:
            bits |= cp.HANGUL
        if category == "Zs" or ch == "\t":
            bits |= cp.BLANK
        if is_suspect(c, category):
            bits |= cp.SUSPECT
        table[c] = bits
    table[0x0A] = cp.NEWLINE
    return table


def is_han(c: int) -> bool:
    """Ideographs of all blocks, with 〇 and the compatibility forms."""
    return (
        0x4E00 <= c <= 0x9FFF or 0x3400 <= c <= 0x4DBF or 0x20000 <= c <= 0x3FFFD
        or 0xF900 <= c <= 0xFAFF or c in (0x3005, 0x3007)
    )


def is_reading_mark(c: int) -> bool:
    """Letters that occur in readings and in little else: toned vowels, combining tone marks, bopomofo, look-alikes."""
    toned = "āáǎàăēéěèĕīíǐìĭōóǒòŏūúǔùŭǖǘǚǜüêếềḿńňǹɑɡ"
    return chr(c) in toned or chr(c) in toned.upper() or 0x0300 <= c <= 0x030C or 0x3105 <= c <= 0x312F or c in (0x02C7, 0x02CA, 0x02CB, 0x02D9)


def is_suspect(c: int, category: str) -> bool:
    """Could the encoding stage ever change this character or its neighbours? Everything but plain CJK and ASCII text."""
    ch = chr(c)
    if c == 0x0A or 0x21 <= c < 0x7F or c == 0x20:
        return ch == "&"
    if c in SURROGATES or category in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs"):
        return True
    if unicodedata.normalize("NFC", ch) != ch or unicodedata.combining(ch) or category.startswith("M"):
        return True
    return 0x80 <= c < 0x3000 and ch not in "“”‘’…—–·•×°→●■★☆※①②③④⑤⑥⑦⑧⑨⑩℃≥≤±÷≈≠√∞§²³αβγδεζηθικλμνξοπρστυφχψω"


def make_canonical() -> np.ndarray:
    """The folded code point of each code point; 0 drops it. See pipeline/canonical.py."""
    t2s = opencc.OpenCC("t2s")
    table = np.zeros(SIZE, np.uint32)
    for c in scalars():
        if c in SURROGATES:
            continue
        folded = unicodedata.normalize("NFKC", chr(c))
        ch = folded if len(folded) == 1 else folded[:1]
        if not ch:
            continue
        simple = t2s.convert(ch)
        ch = (simple if len(simple) == 1 else ch).lower()[:1]
        if unicodedata.category(ch)[0] in "LN":
            table[c] = ord(ch)
    return table


def main() -> None:
    """Write the file."""
    classes, canonical = make_classes(), make_canonical()
    identity = np.arange(SIZE, dtype=np.uint32)
    change = np.where(canonical == 0, cp.DROPPED, canonical - identity)     # compresses to nothing where nothing changes
    np.savez_compressed(OUT, classes=classes, change=change)
    print(OUT.name, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
