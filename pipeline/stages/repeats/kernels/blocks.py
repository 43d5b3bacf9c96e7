"""Where a document says the same again: its canonical form, and the blocks of it that come twice.

The rule of this file: two places whose anchors are equal are aligned onward and back over a few differing characters, from left to
right, each as long as it goes; what a block covers is not searched again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.fold import skip
from pipeline.jit import jit, jit_within
from pipeline.stages.repeats.kernels.buffer import ANCHOR, HAS_HAN, IS_NEWLINE, IS_STOP, Buffer, mix, opens_unit

__all__ = ["COLUMNS", "LINE", "PHRASE", "SENTENCE_HEAD", "find_blocks", "fold_document"]

PHRASE, SENTENCE_HEAD, LINE = 1, 2, 3   # what begins at a canonical code point

#: Columns of a block: where it starts and ends, twice; how many code points agree; in how many gaps one word stands for another.
HERE, HERE_END, THERE, THERE_END, AGREED, REWORDED = range(6)
COLUMNS = 6

_GAP = 8            # canonical code points that one copy may have and the other not, between two agreeing stretches
_SYNC = 8           # canonical code points that must agree after such a gap
_CREDIT = 24        # agreeing code points that pay for one gap: copies that agree less well are other texts


@jit
def fold_document(
    text: Buffer, start: int, end: int, out: NDArray[np.uint32], origin: NDArray[np.int32] | NDArray[np.int64],
    begins: NDArray[np.uint8],
) -> int:
    """Fold one document: its canonical code points, their places, and what begins there: `LINE`, `SENTENCE_HEAD`, `PHRASE` or 0."""
    points, classes, canonical = text
    n, fresh, line_start = 0, LINE, start
    i = start
    while i < end:
        p = points[i]
        c = classes[p]
        after = i + 1 if canonical[p] else skip(points, classes, i, start, end)
        if after > i + 1:                   # a reading: nothing in it begins a line or a sentence
            i = after
            continue
        if c & IS_NEWLINE:
            fresh, line_start = LINE, i + 1
        elif c & IS_STOP or (p == 46 and i > start and classes[points[i - 1]] & HAS_HAN):
            fresh = max(fresh, SENTENCE_HEAD)
        elif opens_unit(p, i - line_start):
            fresh = max(fresh, PHRASE)
        if canonical[p]:
            out[n], origin[n], begins[n] = canonical[p], i, fresh
            n, fresh = n + 1, 0
        i += 1
    return n


@jit
def find_blocks(
    text: NDArray[np.uint32], begins: NDArray[np.uint8], least: int,
    keys: NDArray[np.uint64], first: NDArray[np.int32], last: NDArray[np.int32], out: NDArray[np.int64],
) -> int:
    """Blocks of one document that come again, into `out` [n, COLUMNS].

    The second place comes after the first and does not overlap it; blocks do not overlap in their second place. Taken from
    left to right, each as long as it goes: linear, since what a block covers is not searched again. `keys`, `first` and
    `last` (all -1) are a hash table, a power of 2 long, at most half full; `out` has a row for each anchor and one more.
    """
    at, covered = 0, 0
    mask = np.uint64(keys.shape[0] - 1)
    for q in range(text.shape[0] - ANCHOR + 1):
        if not begins[q]:
            continue
        h = np.uint64(1)
        for k in range(ANCHOR):
            h = mix(h, text[q + k])
        slot = (h >> np.uint64(20)) & mask
        while first[slot] >= 0 and keys[slot] != h:
            slot = (slot + np.uint64(1)) & mask
        if first[slot] < 0:
            keys[slot], first[slot] = h, q
        elif q >= covered:
            out[at, AGREED] = least - 1
            extend(text, begins, first[slot], q, covered, out[at])
            if last[slot] != first[slot]:
                extend(text, begins, last[slot], q, covered, out[at])
            if out[at, AGREED] >= least:
                covered = out[at, THERE_END]
                at += 1
        last[slot] = q
    return at


@jit_within
def extend(
    text: NDArray[np.uint32], begins: NDArray[np.uint8], p: int, q: int, covered: int, row: NDArray[np.int64]
) -> None:
    """Extend an anchor at `p` and `q` to a block, and put it into `row` if more agrees than in what stands there."""
    if p + ANCHOR > q:
        return
    p_end, q_end, agreed, other = align(text, begins, p, q, q, text.shape[0], 1, 0)
    if agreed < ANCHOR:       # two grams of one hash
        return
    p_head, q_head, before, more = align(text, begins, p - 1, q - 1, -1, max(covered, p_end) - 1, -1, agreed)
    if agreed + before > row[AGREED]:
        row[HERE], row[HERE_END], row[THERE], row[THERE_END] = p_head + 1, p_end, q_head + 1, q_end
        row[AGREED], row[REWORDED] = agreed + before, other + more


@jit_within
def align(
    text: NDArray[np.uint32], begins: NDArray[np.uint8], p: int, q: int, p_stop: int, q_stop: int, way: int, credit: int,
) -> tuple[int, int, int, int]:
    """Follow two copies from `p` and `q` over small gaps, onward (`way` 1) or back (-1); the stops are exclusive.

    Gives the two ends, after (before) the last stretch that agrees, how much agreed, and in how many gaps two or more code
    points stand for two or more others. A short last stretch counts only if both copies end a sentence (begin one) with it.
    """
    agreed, other = 0, 0
    p_end, q_end, agreed_end, other_end = p, q, 0, 0
    p_gap, q_gap, agreed_gap, other_gap = p, q, 0, 0
    while (p_stop - p) * way > 0 and (q_stop - q) * way > 0:
        if text[p] == text[q]:
            p, q, agreed, credit = p + way, q + way, agreed + 1, min(credit + 1, 4 * _CREDIT)
            p_end, q_end, agreed_end, other_end = p, q, agreed, other
            continue
        if credit < _CREDIT:
            break
        credit -= _CREDIT
        a, b = find_sync(text, p, q, p_stop, q_stop, way)
        if a < 0:
            break
        p_gap, q_gap, agreed_gap, other_gap = p_end, q_end, agreed_end, other_end
        p, q, other = p + a * way, q + b * way, other + (a > 1 and b > 1)
    if agreed_end - agreed_gap < _CREDIT and agreed_gap and not (
        begins_sentence(begins, p_end + (way < 0)) and begins_sentence(begins, q_end + (way < 0))
    ):
        return p_gap, q_gap, agreed_gap, other_gap
    return p_end, q_end, agreed_end, other_end


@jit_within
def find_sync(text: NDArray[np.uint32], p: int, q: int, p_stop: int, q_stop: int, way: int) -> tuple[int, int]:
    """The smallest steps over a gap after which the copies agree for `_SYNC` code points, or -1, -1."""
    for total in range(1, 2 * _GAP + 1):
        for a in range(max(0, total - _GAP), min(total, _GAP) + 1):
            b = total - a
            if (p_stop - p) * way < a + _SYNC or (q_stop - q) * way < b + _SYNC:
                continue
            k = 0
            while k < _SYNC and text[p + (a + k) * way] == text[q + (b + k) * way]:
                k += 1
            if k == _SYNC:
                return a, b
    return -1, -1


@jit_within
def begins_sentence(begins: NDArray[np.uint8], at: int) -> bool:
    """Whether a sentence or line begins at a canonical place, or the text ends there."""
    return bool(at >= begins.shape[0] or begins[at] >= SENTENCE_HEAD)
