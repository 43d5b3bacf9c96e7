"""Where a text says the same again: anchors at the starts of sentences, extended to blocks, all in canonical form.

An anchor is the hash of the first `GRAM` canonical code points of a sentence or line. `flag_documents` only tells which
documents hold one twice (almost none do); `find_blocks` aligns the two places, over a few differing characters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import CLAUSE, CLOSE, HAN, NEWLINE, QUOTE, SENTENCE
from pipeline.chinese.fold import skip
from pipeline.jit import jit

GRAM = 16           # canonical code points of an anchor: shorter than the shortest line that may be cut
ECHO = 4            # canonical code points of the shortest title that is looked for again
LONGEST_TITLE = 256 # code points of a first line that may be a title
HEAD_LINES = 6      # lines among which a part of the title, or the title with more, is looked for
TEASER = 12         # canonical code points of the shortest line that breaks off and stands whole below
RECUR, ADJACENT, TITLE = 1, 2, 4    # why a document is flagged
PHRASE, SENTENCE_HEAD, LINE = 1, 2, 3   # what begins at a canonical code point

#: Columns of a block: where it starts and ends, twice; how many code points agree; in how many gaps one word stands for another.
HERE, HERE_END, THERE, THERE_END, AGREED, REWORDED = range(6)
COLUMNS = 6

_HAN = np.uint32(HAN)
_STOP, _NEWLINE = np.uint32(SENTENCE | NEWLINE), np.uint32(NEWLINE)
_MARK = np.uint32(SENTENCE | NEWLINE | QUOTE | CLAUSE | CLOSE)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_ENOUGH = 24        # canonical code points that must agree before a recurring anchor flags its document
_GAP = 8            # canonical code points that one copy may have and the other not, between two agreeing stretches
_SYNC = 8           # canonical code points that must agree after such a gap
_CREDIT = 24        # agreeing code points that pay for one gap: copies that agree less well are other texts


@jit
def step(points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], i: int, end: int) -> int:
    """The first index from `i` on that holds a canonical code point outside reading brackets, or `end`."""
    while i < end and not canonical[points[i]]:
        i = skip(points, classes, i, 0, end)
    return min(i, end)


@jit
def count_common(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32],
    i: int, i_end: int, j: int, j_end: int, limit: int,
) -> tuple[int, int, int]:
    """How many canonical code points from `i` and from `j` on agree, at most `limit`, and the two places after them."""
    n = 0
    while n < limit:
        i, j = step(points, classes, canonical, i, i_end), step(points, classes, canonical, j, j_end)
        if i >= i_end or j >= j_end or canonical[points[i]] != canonical[points[j]]:
            break
        n, i, j = n + 1, i + 1, j + 1
    return n, i, j


@jit
def hash_gram(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], i: int, end: int
) -> np.uint64:
    """The hash of `GRAM` canonical code points from `i` on, or 0 where there are fewer."""
    h = np.uint64(1)
    for _ in range(GRAM):
        i = step(points, classes, canonical, i, end)
        if i >= end:
            return np.uint64(0)
        h = (h ^ np.uint64(canonical[points[i]])) * _MULTIPLIER
        h ^= h >> _SHIFT
        i += 1
    return h


@jit
def opens_unit(point: int, since_line: int) -> bool:
    """Whether a sentence may begin after this character: an opening quote, or a label's colon or bracket near the line's start."""
    if point in (0x201C, 0x300C, 0x300E):
        return True
    return since_line <= 10 and point in (0x3A, 0xFF1A, 0x3011, 0x5D, 0x300B)


@jit
def find_stop(points: NDArray[np.uint32], i: int, end: int) -> int:
    """The LF at or after `i`, or `end`."""
    while i < end and points[i] != 10:
        i += 1
    return i


@jit
def meet_line(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32],
    title: int, title_stop: int, previous: int, previous_stop: int, i: int, end: int, nth: int,
) -> int:
    """Flags of the line that starts at `i`, against the first line of its document and the line before it."""
    flags = 0
    for other, other_stop, bit in ((title, title_stop, TITLE), (previous, previous_stop, ADJACENT)):
        if canonical[points[other]] != canonical[points[i]] or (bit == TITLE and other_stop - other > LONGEST_TITLE):
            continue
        stop = find_stop(points, i, end)
        n, a, b = count_common(points, classes, canonical, other, other_stop, i, stop, 1 << 30)
        whole = step(points, classes, canonical, a, other_stop) >= other_stop
        this_whole = step(points, classes, canonical, b, stop) >= stop
        if bit == ADJACENT and whole and (this_whole or n >= TEASER):
            flags |= bit
        if bit == TITLE and n >= ECHO and ((whole and this_whole) or (nth <= HEAD_LINES and (whole or this_whole))):
            flags |= bit
    return flags


@jit
def find_earlier(
    h: np.uint64, i: int, owner: int, mask: np.uint64,
    keys: NDArray[np.uint64], owners: NDArray[np.int64], places: NDArray[np.int64],
) -> int:
    """Where document `owner` had an anchor of hash `h` first, or -1; then `i` is noted as that place."""
    slot = (h >> np.uint64(20)) & mask
    while owners[slot] == owner:
        if keys[slot] == h:
            return int(places[slot])
        slot = (slot + np.uint64(1)) & mask
    owners[slot], keys[slot], places[slot] = owner, h, i
    return -1


@jit
def flag_document(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], start: int, end: int, owner: int,
    keys: NDArray[np.uint64], owners: NDArray[np.int64], places: NDArray[np.int64],
) -> int:
    """Why one document may repeat itself; `owner` is its number in the hash table of `flag_documents`."""
    size = 64
    while size < end - start:
        size *= 2
    mask = np.uint64(size - 1)
    title, title_stop, previous, previous_stop, nth, line_start = -1, -1, -1, -1, 0, start
    fresh, fresh_line, flags = True, True, 0
    for i in range(start, end):
        p = points[i]
        c = classes[p]
        if c & _MARK and (c & _STOP or opens_unit(p, i - line_start)):
            fresh = True
            if c & _NEWLINE:
                if not fresh_line:
                    previous_stop = i
                fresh_line, line_start = True, i + 1
        elif p == 46:
            fresh = fresh or (i > start and classes[points[i - 1]] & _HAN != 0)
        elif fresh and canonical[p]:
            if fresh_line:
                nth += 1
                if title < 0:
                    title, title_stop = i, find_stop(points, i, end)
                elif flags & (TITLE | ADJACENT) != TITLE | ADJACENT:
                    flags |= meet_line(points, classes, canonical, title, title_stop, previous, previous_stop, i, end, nth)
                previous = i
            fresh, fresh_line = False, False
            h = np.uint64(0) if flags & RECUR else hash_gram(points, classes, canonical, i, end)
            j = find_earlier(h, i, owner, mask, keys, owners, places) if h else -1
            if j >= 0 and count_common(points, classes, canonical, j, end, i, end, _ENOUGH)[0] >= _ENOUGH:
                flags |= RECUR
    return flags


@jit
def flag_documents(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32],
    starts: NDArray[np.int64], ends: NDArray[np.int64],
    keys: NDArray[np.uint64], owners: NDArray[np.int64], places: NDArray[np.int64], flags: NDArray[np.uint8],
) -> None:
    """Set `flags` [documents] to why each may repeat itself.

    `keys`, `owners` (all 0) and `places` are one hash table, a power of 2 longer than the longest document. A document uses
    as much of it as its own length asks for, so that what stands beside it changes nothing, and at most half of that: every
    other code point begins no sentence.
    """
    for d in range(starts.shape[0]):
        flags[d] = flag_document(points, classes, canonical, starts[d], ends[d], d + 1, keys, owners, places)


@jit
def fold_document(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], start: int, end: int,
    out: NDArray[np.uint32], origin: NDArray[np.int64], begins: NDArray[np.uint8],
) -> int:
    """Fold one document: its canonical code points, their places, and what begins there: `LINE`, `SENTENCE_HEAD`, `PHRASE` or 0."""
    n, fresh, line_start = 0, LINE, start
    i = start
    while i < end:
        p = points[i]
        c = classes[p]
        after = i + 1 if canonical[p] else skip(points, classes, i, start, end)
        if after > i + 1:                   # a reading: nothing in it begins a line or a sentence
            i = after
            continue
        if c & _NEWLINE:
            fresh, line_start = LINE, i + 1
        elif c & _STOP or (p == 46 and i > start and classes[points[i - 1]] & _HAN):
            fresh = max(fresh, SENTENCE_HEAD)
        elif opens_unit(p, i - line_start):
            fresh = max(fresh, PHRASE)
        if canonical[p]:
            out[n], origin[n], begins[n] = canonical[p], i, fresh
            n, fresh = n + 1, 0
        i += 1
    return n


@jit
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


@jit
def begins_sentence(begins: NDArray[np.uint8], at: int) -> bool:
    """Whether a sentence or line begins at a canonical place, or the text ends there."""
    return bool(at >= begins.shape[0] or begins[at] >= SENTENCE_HEAD)


@jit
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


@jit
def extend(
    text: NDArray[np.uint32], begins: NDArray[np.uint8], p: int, q: int, covered: int, row: NDArray[np.int64]
) -> None:
    """Extend an anchor at `p` and `q` to a block, and put it into `row` if more agrees than in what stands there."""
    if p + GRAM > q:
        return
    p_end, q_end, agreed, other = align(text, begins, p, q, q, text.shape[0], 1, 0)
    if agreed < GRAM:       # two grams of one hash
        return
    p_head, q_head, before, more = align(text, begins, p - 1, q - 1, -1, max(covered, p_end) - 1, -1, agreed)
    if agreed + before > row[AGREED]:
        row[HERE], row[HERE_END], row[THERE], row[THERE_END] = p_head + 1, p_end, q_head + 1, q_end
        row[AGREED], row[REWORDED] = agreed + before, other + more


@jit
def find_blocks(
    text: NDArray[np.uint32], begins: NDArray[np.uint8], least: int,
    keys: NDArray[np.uint64], first: NDArray[np.int64], last: NDArray[np.int64], out: NDArray[np.int64],
) -> int:
    """Blocks of one document that come again, into `out` [n, COLUMNS].

    The second place comes after the first and does not overlap it; blocks do not overlap in their second place. Taken from
    left to right, each as long as it goes: linear, since what a block covers is not searched again. `keys`, `first` and
    `last` (all -1) are a hash table, a power of 2 long, at most half full; `out` has a row for each anchor and one more.
    """
    at, covered = 0, 0
    mask = np.uint64(keys.shape[0] - 1)
    for q in range(text.shape[0] - GRAM + 1):
        if not begins[q]:
            continue
        h = np.uint64(1)
        for k in range(GRAM):
            h = (h ^ np.uint64(text[q + k])) * _MULTIPLIER
            h ^= h >> _SHIFT
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
