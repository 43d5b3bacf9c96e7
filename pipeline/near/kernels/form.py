"""What the comparison of texts adds to the canonical form: marks that belong to numbers stay, Taiwan's words are put for ours."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import CLOSE, DIGIT, HAN, LATIN, OPEN
from pipeline.chinese.fold import find_reading_end
from pipeline.jit import jit

__all__ = ["SLOTS", "Words", "fold_form", "put_words", "slot_of"]

_DIGIT, _HAN, _LATIN = np.uint32(DIGIT), np.uint32(HAN), np.uint32(LATIN)
_OPEN, _CLOSE = np.uint32(OPEN), np.uint32(CLOSE)
SLOTS = 1 << 16     # of the table of the first two characters of words
_NEWLINE = 10


class Words(NamedTuple):
    """Words, the longest of each head (first two characters) first, and what is put for them, no longer than they are."""

    factor: int                         # see `slot_of`
    groups: NDArray[np.uint16]          # by slot: the group of words of one head, 0 where there is none
    bounds: NDArray[np.int64]           # rows of each group
    words: NDArray[np.uint32]           # [n, size]
    sizes: NDArray[np.int64]
    puts: NDArray[np.uint32]            # [n, size]
    put_sizes: NDArray[np.int64]


@jit
def _is_decimal(points: NDArray[np.uint32], classes: NDArray[np.uint32], i: int, start: int, end: int) -> bool:
    """Whether the point at `i` stands in a number that has no other: in 1.5, not in 2020.1.5 or 1.2.3. Looks as far as a point."""
    j = i - 1
    while j >= start and classes[points[j]] & _DIGIT:
        j -= 1
    if j >= start and _is_point(points[j]):
        return False
    first = j + 1
    j = i + 1
    while j < end and classes[points[j]] & _DIGIT:
        j += 1
    if j == i + 1 or first == i or (j < end and _is_point(points[j]) and j + 1 < end and classes[points[j + 1]] & _DIGIT):
        return False
    # The number of a list and what it counts from, 1.2020年: no decimal.
    return not (j < end and points[j] in (0x5E74, 0x6708, 0x65E5))      # 年月日


@jit
def _is_point(p: int) -> bool:
    return p == 0x2E or p == 0xFF0E


@jit
def _is_sign(points: NDArray[np.uint32], classes: NDArray[np.uint32], i: int, start: int, end: int) -> bool:
    """Whether the dash or plus at `i` is the sign of the number that follows: not in a range, a code, a date, a list."""
    if i + 1 >= end or not classes[points[i + 1]] & _DIGIT:
        return False
    j = i - 1
    if j < start or points[j] == _NEWLINE:
        return points[i] not in (0x2D, 0xFF0D)      # a bullet, or a bare minus: only a true minus or plus is a sign
    if classes[points[j]] & (_DIGIT | _LATIN) or points[j] in (0x25, 0xFF05, 0x2103, 0xB0, 0x29, 0xFF09, 0x5D, 0x3011):
        return False
    for back in range(2):                           # 3月-5月, 5个月-7个月: a range
        k = j - back
        if k >= start and classes[points[k]] & _DIGIT:
            return False
        if k < start or not classes[points[k]] & _HAN:
            break
    k = j - 2
    return not (k >= start and classes[points[k]] & _DIGIT and classes[points[j]] & _HAN and classes[points[j - 1]] & _HAN)


@jit
def _may_mark(p: int) -> bool:
    """Whether a code point is a mark in some numbers: told at once for ， 。 and the like."""
    near = 0x25 <= p <= 0x2E or (0xFF05 <= p <= 0xFF0E and p != 0xFF0C)
    return near or 0x2010 <= p <= 0x2030 or p == 0x2212 or p == 0xFE63


@jit
def _find_mark(points: NDArray[np.uint32], classes: NDArray[np.uint32], i: int, start: int, end: int) -> int:
    """The mark of a number that the code point at `i` is, in ASCII (‰ is itself), or 0. Looks no farther than the span."""
    p = points[i]
    if _is_point(p):
        inside = i > start and i + 1 < end and classes[points[i - 1]] & _DIGIT
        return 0x2E if inside and _is_decimal(points, classes, i, start, end) else 0
    if p in (0x25, 0xFF05, 0x2030):
        k = i - 2 if i > start and points[i - 1] == 0x20 else i - 1
        if k >= start and classes[points[k]] & _DIGIT:
            return 0x2030 if p == 0x2030 else 0x25
        return 0
    if p in (0x2B, 0xFF0B):
        return 0x2B if _is_sign(points, classes, i, start, end) else 0
    if p in (0x2D, 0xFF0D, 0xFE63, 0x2010, 0x2011, 0x2012, 0x2013, 0x2212):
        return 0x2D if _is_sign(points, classes, i, start, end) else 0
    return 0


@jit
def fold_form(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], starts: NDArray[np.int64],
    ends: NDArray[np.int64], out: NDArray[np.uint32], out_bounds: NDArray[np.int64], places: NDArray[np.int64],
) -> int:
    """As `pipeline.chinese.fold.fold`, but marks of numbers stay. `places`, empty or as long as `out`, gets where each comes from.

    A mark is looked for only where the canonical form has nothing, so it costs nothing on hanzi. Time is linear: a decimal
    point looks no farther than the next one.
    """
    k = 0
    for s in range(starts.shape[0]):
        out_bounds[s] = k
        i, start, end = starts[s], starts[s], ends[s]
        while i < end:
            p = points[i]
            if classes[p] & _OPEN and i > start and classes[points[i - 1]] & (_HAN | _CLOSE):
                after = find_reading_end(points, classes, i, end)
                if after > i:
                    i = after
                    continue
            folded = canonical[p]
            if folded == 0 and _may_mark(p):
                folded = np.uint32(_find_mark(points, classes, i, start, end))
            if folded:
                out[k] = folded
                if places.shape[0]:
                    places[k] = i
                k += 1
            i += 1
    out_bounds[starts.shape[0]] = k
    return k


@jit
def slot_of(first: int, second: int, factor: int) -> int:
    """The slot of two characters in a table of words: `factor` is chosen so that no two heads of words share one."""
    return (np.uint32(first) * np.uint32(factor) + np.uint32(second)) & np.uint32(SLOTS - 1)    # type: ignore[return-value]


@jit
def _find_head(points: NDArray[np.uint32], i: int, end: int, words: Words) -> int:
    """The first place from `i` where two characters stand that may begin a word, or `end`."""
    for j in range(i, end - 1):
        if words.groups[slot_of(points[j], points[j + 1], words.factor)]:
            return j
    return end


@jit
def _find_word(points: NDArray[np.uint32], i: int, end: int, words: Words) -> int:
    """The row of the longest of `words` that stands at `i`, or -1."""
    group = words.groups[slot_of(points[i], points[i + 1], words.factor)]
    for row in range(words.bounds[group], words.bounds[group + 1]):
        size = words.sizes[row]
        k = 0
        while k < size and i + k < end and points[i + k] == words.words[row, k]:
            k += 1
        if k == size:
            return row
    return -1


@jit
def _move(points: NDArray[Any], i: int, end: int, out: int) -> int:
    """Move `points[i:end]` down to `out`, which is below `i`; return where they end. Four are read before one is written: 3 times
    as fast as one by one, which LLVM may not vectorise."""
    while i + 4 <= end:
        a, b, c, d = points[i], points[i + 1], points[i + 2], points[i + 3]
        points[out], points[out + 1], points[out + 2], points[out + 3] = a, b, c, d
        i, out = i + 4, out + 4
    while i < end:
        points[out] = points[i]
        i, out = i + 1, out + 1
    return out


@jit
def _put(points: NDArray[np.uint32], places: NDArray[np.int64], i: int, out: int, row: int, words: Words) -> int:
    """Put at `out` what stands for the word `row` at `i`; return where it ends."""
    for k in range(words.put_sizes[row]):
        points[out + k] = words.puts[row, k]
        if places.shape[0]:
            places[out + k] = places[i + k]
    return out + int(words.put_sizes[row])


@jit
def put_words(points: NDArray[np.uint32], bounds: NDArray[np.int64], places: NDArray[np.int64], words: Words) -> int:
    """Put for each of `words` in the documents of `points` the one that stands for it, in place; return how many points are left.

    `bounds` moves with them, and so does `places`, as long as `points` or empty: each character of what is put comes from
    the word's.
    """
    out, start = 0, 0
    for d in range(bounds.shape[0] - 1):
        end = bounds[d + 1]
        bounds[d] = out
        i = start                       # what stands before is where it belongs
        head = _find_head(points, i, end, words)
        while head < end:
            row = _find_word(points, head, end, words)
            after = head + 1
            if row >= 0:
                if places.shape[0] and out < i:
                    _move(places, i, head, out)
                out = _move(points, i, head, out) if out < i else head
                out = _put(points, places, head, out, row, words)
                after = i = head + words.sizes[row]
            head = _find_head(points, after, end, words)
        if places.shape[0] and out < i:
            _move(places, i, end, out)
        out = _move(points, i, end, out) if out < i else end
        start = end
    bounds[bounds.shape[0] - 1] = out
    return out
