"""Write pipeline/data/codepoints.npz: what each Unicode code point is to the cleaner.

    python tools/make_codepoints.py

Shipped as data and not computed at start-up, because it costs seconds, and because the output must not depend on the
Unicode version of the Python that happens to run. `tests/test_codepoints.py` checks it against ftfy and OpenCC.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import make_script
import numpy as np
import opencc
from ftfy import chardata

from pipeline.chinese import codepoints as cp
from pipeline.chinese.plausibility import load_costs
from pipeline.chinese.radicals import RADICALS
from pipeline.stages.encoding.charmaps import load_charmaps
from pipeline.stages.script.words import load_heal, load_phrases, load_variants

OUT = Path(__file__).resolve().parents[1] / "pipeline" / "data" / "codepoints.npz"
SIZE, PAGE = 0x110000, 256
SURROGATES = range(0xD800, 0xE000)
#: Characters that OpenCC's phrases make of a traditional one which alone becomes another: 計畫 计划 but 畫 画. Folded as one, so
#: that the canonical form is the same before and after; on Taiwan's statutes these five are all that was not.
SPLIT = {"划": "画", "覆": "复", "俱": "具", "沈": "沉", "甚": "什"}


def scalars() -> range:
    """All code points; callers skip surrogates themselves where a library refuses them."""
    return range(SIZE)


def make_classes() -> np.ndarray:
    """One bit set per code point, see the constants in pipeline/codepoints.py."""
    t2s, s2t = opencc.OpenCC("t2s"), opencc.OpenCC("s2t")
    kept, variants = list_kept(), load_variants()
    unsettled = {*load_heal(), *(word[0] for word in load_phrases())}
    moved = list_ftfy() | list_mojibake() | list_foreign()
    table = np.zeros(SIZE, np.uint32)
    for c in scalars():
        bits = 0
        ch = chr(c)
        category = unicodedata.category(ch)
        if is_han(c):
            bits |= cp.HAN
            if ch in variants:
                bits |= cp.TRADITIONAL | cp.TRADITIONAL_ONLY
            elif t2s.convert(ch) != ch:
                bits |= cp.TRADITIONAL if ch in kept else cp.TRADITIONAL | cp.TRADITIONAL_ONLY
            elif s2t.convert(ch) != ch and not ch.encode("big5", "ignore"):
                bits |= cp.SIMPLIFIED
        if ch in unsettled:
            bits |= cp.UNSETTLED
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
        if is_mark(c, category):
            bits |= cp.SUSPECT | cp.MARK
        if category == "Co":
            bits |= cp.PRIVATE | cp.SUSPECT
        if c in moved or ch in "\ufffd锟烫屯":
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
    mark = 0x0300 <= c <= 0x030C or c in (0x02C7, 0x02CA, 0x02CB, 0x02D9)
    return chr(c) in toned or chr(c) in toned.upper() or mark or 0x3105 <= c <= 0x312F


def is_mark(c: int, category: str) -> bool:
    """Does the encoding stage change this character, or what it makes with its neighbours, for its own sake?

    White space apart, see BLANK and UNTIDY; but for U+2000 and U+2001, which NFC changes also where white space stays.
    """
    ch = chr(c)
    if ch in "\n\t":
        return False
    if ch == "&" or ch in RADICALS or c in SURROGATES or category in ("Cc", "Cf", "Zl", "Zp"):
        return True
    return unicodedata.normalize("NFC", ch) != ch or category.startswith("M") or 0x1100 <= c <= 0x11FF


def list_kept() -> frozenset[str]:
    """Characters that t2s leaves as they are in a phrase, but changes in what that phrase became (盧象昇, 卢象昇, 卢象升).

    A result of t2s can hold these and no other character that t2s changes, so that text without any other is not converted.
    """
    t2s = opencc.OpenCC("t2s")
    words = (make_script.OUT.read_text("utf-8")).splitlines()[1:]
    return frozenset(c for w in words for c, d in zip(w, t2s.convert(w), strict=True) if c != d)


def list_ftfy() -> frozenset[int]:
    """Characters one of which every string holds that ftfy.fix_encoding changes, with a proof.

    A repair reads the string as bytes of one of ftfy's single-byte encodings and decodes UTF-8, so it needs a lead byte (C0 to
    F4) and a continuation byte (80 to BF): it is enough to list either of the two for every encoding. That is the leads for all
    but MacRoman, where the leads are “ ” ‘ ’ – — … · and the continuations are listed. The only other change is that of C1
    controls, which are suspect anyway.
    """
    leads, continuations = bytes(range(0xC0, 0xF5)), bytes(range(0x80, 0xC0))
    return frozenset(
        ord(ch)
        for encoding in chardata.CHARMAP_ENCODINGS
        for ch in (continuations if encoding == "macroman" else leads).decode(encoding)
    )


def list_mojibake() -> frozenset[int]:
    """Hanzi that are rare in Chinese and frequent in Chinese bytes read in the wrong Chinese encoding.

    Frequent: 2 in 10,000; rare: e^-5 times that and e^-12 at most. On 4,000 lines of the corpora, garbled, every UTF-8 line of
    4 hanzi or more holds one; of Big5 read as GBK 69 % of lines of 4 to 7 hanzi and 99 % of longer ones; 2 % of clean
    news lines do. (e^-13 and 5 in 10,000: 1.9 % of clean lines, 59 %.)
    """
    natural = load_costs()[:0x10000].astype(np.float64)
    with np.errstate(divide="ignore"):
        garbled = -np.log(garble())
    chosen = (garbled <= -np.log(2e-4)) & (natural - garbled >= 5) & (natural > 12)
    return frozenset(c for c in np.flatnonzero(chosen).tolist() if is_han(c))


def list_foreign() -> frozenset[int]:
    """What Chinese bytes show in a single-byte charset and in Korean's, where Chinese text seldom has it (e^-11 at most).

    Every line of four hanzi shows one: the bytes of GBK, Big5 and UTF-8 are A1 to FE in the main, and letters there.
    """
    natural = load_costs()
    single = {c for charmap in load_charmaps() for c, byte in charmap.to_byte.items() if byte > 0xA0 and natural[c] > 11}
    single = {c for c in single if chr(c).isalpha() or 0x2500 <= c <= 0x259F}
    return frozenset(single) | frozenset(range(0xAC00, 0xD7A4)) | frozenset(range(0xFF61, 0xFFA0))


def garble() -> np.ndarray:
    """How frequent each character is in Chinese text whose bytes are read in the wrong encoding, float64 [0x10000]."""
    natural = np.exp(-load_costs()[:0x10000].astype(np.float64))
    known = [c for c in range(0x80, 0x10000) if natural[c] > np.exp(-11.5) and c not in SURROGATES]
    total = natural[known].sum()
    table = np.zeros(0x10000)

    def add(data: bytes, encoding: str, share: float) -> None:
        text = data.decode(encoding, "ignore")
        if len(text) == 1 and ord(text) < 0x10000:
            table[ord(text)] += share / total

    last, first = Counter[int](), Counter[int]()
    for c in known:
        for right, wrong in (("gb18030", "big5hkscs"), ("big5hkscs", "gb18030")):
            add(chr(c).encode(right, "ignore"), wrong, natural[c])
        data = chr(c).encode()
        if len(data) == 3:
            last[data[2]] += natural[c]
            first[data[0]] += natural[c]
            for wrong in ("gb18030", "big5hkscs"):
                add(data[:2], wrong, natural[c] / 2)
                add(data[1:], wrong, natural[c] / 2)
    for a, b in product(last, first):
        for wrong in ("gb18030", "big5hkscs"):
            add(bytes((a, b)), wrong, last[a] * first[b] / total / 2)
    return table


def make_canonical() -> np.ndarray:
    """The folded code point of each code point; 0 drops it. See pipeline/chinese/canonical.py.

    What the script stage puts by itself is folded too, 著 and 着 alike, so that two texts meet whichever it found.
    """
    t2s = opencc.OpenCC("t2s")
    settled = load_variants() | {sign: heal.natural for sign, heal in load_heal().items()} | SPLIT
    table = np.zeros(SIZE, np.uint32)
    for c in scalars():
        if c in SURROGATES:
            continue
        folded = unicodedata.normalize("NFKC", RADICALS.get(chr(c), chr(c)))
        ch = folded if len(folded) == 1 else folded[:1]
        if not ch:
            continue
        simple = t2s.convert(ch)
        ch = (simple if len(simple) == 1 else ch).lower()[:1]
        ch = settled.get(ch, ch)
        if unicodedata.category(ch)[0] in "LN":
            table[c] = ord(ch)
    return table


def main() -> None:
    """Write the file."""
    classes, canonical = make_classes(), make_canonical()
    identity = np.arange(SIZE, dtype=np.uint32)
    change = np.where(canonical == 0, cp.DROPPED, canonical - identity)     # so that pages where nothing changes are the same
    tables: dict[str, Any] = {}
    for name, table in (("classes", classes), ("change", change)):
        tables[name], at = np.unique(table.reshape(-1, PAGE), axis=0, return_inverse=True)
        tables[f"{name}_at"] = at.astype(np.uint16)
    np.savez_compressed(OUT, **tables)
    print(OUT.name, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
