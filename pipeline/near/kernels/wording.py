"""Changes that are no facts by themselves, by their size: phrases, rewritten places, revisions of a statute, words of letters.

The rule of this file: a slip, a variant or a synonym is short and as long as what it stands for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.characters import NUMERAL, is_latin, is_letter
from pipeline.near.kernels.comparison import PASSAGE, SMALL, Hunk, Pair, hash_word

__all__ = ["ADVERT", "count_phrase", "hash_letters", "is_revision", "is_rewriting", "is_word_of_letters"]

ADVERT = 8          # code points from which what was put in twice is an advertisement (请点击下一页 10 | a name in a statute 4)
_PHRASE = 3         # code points from which a change is a phrase, not a slip, a variant or a synonym
_REWRITTEN = 6      # code points from which a phrase for another of another length says something else: spun words are shorter


@jit
def count_phrase(pair: Pair, hunk: Hunk) -> int:
    """Code points of a phrase that differs; 0 for a slip, a variant, a synonym or a reading that was left."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    short, long = min(la, lb), max(la, lb)
    small = min(pair.a.shape[0], pair.b.shape[0]) <= SMALL
    if not (long >= _PHRASE or (short >= 2 and small)):
        return 0
    if short == 0 and is_latin(pair.a, hunk.a0, hunk.a1) and is_latin(pair.b, hunk.b0, hunk.b1):
        return 0
    # What is put for a whole paragraph (查看全文) is short: the paragraph is missing, not another one.
    return long if long < PASSAGE or short >= PASSAGE else short


@jit
def is_rewriting(hunk: Hunk) -> bool:
    """Whether what stands for something says another thing: no word, or of another length. Spun words are as long."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    short, long = min(la, lb), max(la, lb)
    return bool(short >= _REWRITTEN or (short >= 1 and long >= _REWRITTEN and long - short >= 2))


@jit
def is_revision(pair: Pair, hunk: Hunk, table: NDArray[np.uint16]) -> bool:
    """Whether a change in the body of a statute is more than a slip of one character or a heading."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    if max(la, lb) == 1:
        numeral = (la == 0 or table[pair.a[hunk.a0]] & NUMERAL) and (lb == 0 or table[pair.b[hunk.b0]] & NUMERAL)
        return bool(numeral)
    if min(la, lb) == 0:
        return not (_is_heading(pair.a, hunk.a0, hunk.a1) or _is_heading(pair.b, hunk.b0, hunk.b1))
    return True


@jit
def _is_heading(points: NDArray[np.uint32], i: int, j: int) -> bool:
    """Whether `points[i:j]` can be the heading of a chapter: 第一章总则, whatever the alignment left of it."""
    for k in range(i, j):  # noqa: SIM110 - numba compiles the loop, not the generator
        if points[k] in (0x7AE0, 0x8282, 0x7F16):                   # 章节编
            return True
    return False


@jit
def is_word_of_letters(points: NDArray[np.uint32], i: int, j: int) -> bool:
    """Whether what differs, `points[i:j]`, is letters and digits that stand beside a letter, or a word of letters itself."""
    letters = False
    for k in range(max(0, i - 1), min(points.shape[0], j + 1)):
        if is_letter(points[k]):
            letters = True
        elif i <= k < j and points[k] >= 0x250:
            return False
    return letters


@jit
def hash_letters(points: NDArray[np.uint32], i: int, j: int) -> np.uint64:
    """A hash of which code points there are: where an alignment cuts what was put in before a text is chance."""
    h = np.uint64(j - i)
    for k in range(i, j):
        h += hash_word(points, k, k + 1) * np.uint64(0xD6E8FEB86659FD93)
    return h
