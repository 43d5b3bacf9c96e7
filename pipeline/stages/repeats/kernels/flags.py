"""Which documents say anything twice: almost none do.

The rule of this file: a document is flagged where a sentence or line begins as an earlier one did (the anchor is the hash of its
first `ANCHOR` canonical code points), where a line is the one before it again, or the title.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import CLAUSE, CLOSE, NEWLINE, QUOTE, SENTENCE
from pipeline.jit import jit, jit_within
from pipeline.stages.repeats.kernels.buffer import ANCHOR, HAS_HAN, IS_NEWLINE, IS_STOP, Buffer, mix, opens_unit, step

__all__ = ["ADJACENT", "RECUR", "TITLE", "Anchors", "flag_documents"]

RECUR, ADJACENT, TITLE = 1, 2, 4    # why a document is flagged
ECHO = 4            # canonical code points of the shortest title that is looked for again
LONGEST_TITLE = 256 # code points of a first line that may be a title
HEAD_LINES = 6      # lines among which a part of the title, or the title with more, is looked for
TEASER = 12         # canonical code points of the shortest line that breaks off and stands whole below
_ENOUGH = 24        # canonical code points that must agree before a recurring anchor flags its document
_MARK = np.uint32(SENTENCE | NEWLINE | QUOTE | CLAUSE | CLOSE)


class Anchors(NamedTuple):
    """A hash table of anchors, a power of 2, twice what any document may have: their hashes, documents (0: free) and places."""

    keys: NDArray[np.uint64]
    owners: NDArray[np.int64]
    places: NDArray[np.int64]


class Extent(NamedTuple):
    """From the first canonical code point of a line to its LF."""

    start: int
    stop: int


@jit
def flag_documents(
    text: Buffer, starts: NDArray[np.int64], ends: NDArray[np.int64], anchors: Anchors, flags: NDArray[np.uint8]
) -> None:
    """Set `flags` [documents] to why each may repeat itself.

    A document uses as much of the table (owners all 0) as its own length asks for, so that what stands beside it changes nothing,
    and at most half of that: every other code point begins no sentence. Where the table is shorter, all of it is used.
    """
    for d in range(starts.shape[0]):
        flags[d] = flag_document(text, starts[d], ends[d], d + 1, anchors)


@jit_within
def flag_document(text: Buffer, start: int, end: int, owner: int, anchors: Anchors) -> int:
    """Why one document may repeat itself; `owner` is its number in the hash table of `flag_documents`."""
    points, classes = text.points, text.classes
    mask = min(find_mask(end - start), np.uint64(anchors.owners.shape[0] - 1))
    title, previous, nth, line_start = Extent(-1, -1), Extent(-1, -1), 0, start
    fresh, fresh_line, flags = True, True, 0
    for i in range(start, end):
        p = points[i]
        c = classes[p]
        if c & _MARK and (c & IS_STOP or opens_unit(p, i - line_start)):
            fresh = True
            if c & IS_NEWLINE:
                if not fresh_line:
                    previous = Extent(previous.start, i)
                fresh_line, line_start = True, i + 1
        elif p == 46:
            fresh = fresh or (i > start and classes[points[i - 1]] & HAS_HAN != 0)
        elif fresh and text.canonical[p]:
            if fresh_line:
                nth += 1
                if title.start < 0:
                    title = Extent(i, find_stop(points, i, end))
                elif flags & (TITLE | ADJACENT) != TITLE | ADJACENT:
                    flags |= meet_line(text, title, previous, i, end, nth)
                previous = Extent(i, previous.stop)
            fresh, fresh_line = False, False
            if not flags & RECUR:
                h = hash_gram(text, i, end)
                j = find_earlier(anchors, mask, h, i, owner) if h else -1
                if j >= 0 and count_common(text, j, end, i, end, _ENOUGH)[0] >= _ENOUGH:
                    flags |= RECUR
    return flags


@jit_within
def find_mask(length: int) -> np.uint64:
    """The mask of the slots that a document of some length uses."""
    size = 64
    while size < length:
        size *= 2
    return np.uint64(size - 1)


@jit_within
def hash_gram(text: Buffer, i: int, end: int) -> np.uint64:
    """The hash of `ANCHOR` canonical code points from `i` on, or 0 where there are fewer."""
    h = np.uint64(1)
    for _ in range(ANCHOR):
        i = step(text, i, end)
        if i >= end:
            return np.uint64(0)
        h = mix(h, text.canonical[text.points[i]])
        i += 1
    return h


@jit_within
def find_earlier(anchors: Anchors, mask: np.uint64, h: np.uint64, i: int, owner: int) -> int:
    """Where document `owner` had an anchor of hash `h` first, or -1; then `i` is noted as that place."""
    slot = (h >> np.uint64(20)) & mask
    while anchors.owners[slot] == owner:
        if anchors.keys[slot] == h:
            return int(anchors.places[slot])
        slot = (slot + np.uint64(1)) & mask
    anchors.owners[slot], anchors.keys[slot], anchors.places[slot] = owner, h, i
    return -1


@jit_within
def count_common(text: Buffer, i: int, i_end: int, j: int, j_end: int, limit: int) -> tuple[int, int, int]:
    """How many canonical code points from `i` and from `j` on agree, at most `limit`, and the two places after them."""
    n = 0
    while n < limit:
        i, j = step(text, i, i_end), step(text, j, j_end)
        if i >= i_end or j >= j_end or text.canonical[text.points[i]] != text.canonical[text.points[j]]:
            break
        n, i, j = n + 1, i + 1, j + 1
    return n, i, j


@jit_within
def find_stop(points: NDArray[np.uint32], i: int, end: int) -> int:
    """The LF at or after `i`, or `end`."""
    while i < end and points[i] != 10:
        i += 1
    return i


@jit_within
def meet_line(text: Buffer, title: Extent, previous: Extent, i: int, end: int, nth: int) -> int:
    """Flags of the line that starts at `i`, against the first line of its document and the line before it."""
    first = text.canonical[text.points[i]]
    by_title = text.canonical[text.points[title.start]] == first
    by_previous = text.canonical[text.points[previous.start]] == first
    if not (by_title or by_previous):
        return 0
    line = Extent(i, find_stop(text.points, i, end))
    flags = TITLE if by_title and meet_title(text, title, line, nth) else 0
    return flags | (ADJACENT if by_previous and meet_previous(text, previous, line) else 0)


@jit_within
def meet_title(text: Buffer, title: Extent, line: Extent, nth: int) -> bool:
    """Whether a line, the `nth` of its document, is the title again, or near it a part of the title or the title with more."""
    if title.stop - title.start > LONGEST_TITLE:
        return False
    n, a, b = count_common(text, title.start, title.stop, line.start, line.stop, 1 << 30)
    whole, this_whole = step(text, a, title.stop) >= title.stop, step(text, b, line.stop) >= line.stop
    return n >= ECHO and ((whole and this_whole) or (nth <= HEAD_LINES and (whole or this_whole)))


@jit_within
def meet_previous(text: Buffer, previous: Extent, line: Extent) -> bool:
    """Whether a line is the one before it again, or a teaser that it goes on from."""
    n, a, b = count_common(text, previous.start, previous.stop, line.start, line.stop, 1 << 30)
    return step(text, a, previous.stop) >= previous.stop and (n >= TEASER or step(text, b, line.stop) >= line.stop)
