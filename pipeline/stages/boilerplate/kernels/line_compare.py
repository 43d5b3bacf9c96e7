"""How the lines of a document compare: what recurs, what the paragraphs echo, which numbers count on.

The rule of this file: one hash table for all documents of a batch, of which each sees its own entries only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit, jit_within
from pipeline.stages.boilerplate.kernels import columns as col

#: Places of pairs of characters, bits: two pairs of one place are one.
PAIRS = 1 << 16


@jit
def compare_lines(
    first: NDArray[np.int64], own: NDArray[np.float32], marks: NDArray[np.int8], hashes: NDArray[np.uint64],
    folded: NDArray[np.uint32], bounds: NDArray[np.int64],
) -> None:
    """How each line recurs in its document, into columns of `own`; and how it counts on (see `count_on`).

    ECHO: share of a short line's character pairs that its document's paragraphs hold (a title's echo, a menu's silence);
    SAME_TEXT, SAME_SHAPE, SAME_OPENING: log of how often the text, the shape, the first two characters occur;
    SEEN_ABOVE: 1 if the text stood above already.
    `first` [documents + 1] bounds the lines of each document.
    """
    longest = 0
    for doc in range(first.shape[0] - 1):
        longest = max(longest, first[doc + 1] - first[doc])
    size = 64
    while size < 2 * col.N_HASHES * longest:        # for one document, so that it stays in the cache; what another left is free
        size *= 2
    mask = np.uint64(size - 1)
    key, count, owner = np.empty(size, np.uint64), np.zeros(size, np.int32), np.full(size, -1, np.int32)
    spot = np.empty((longest, col.N_HASHES), np.int32)
    pairs = np.zeros(PAIRS >> 6, np.uint64)
    logs = np.log(np.maximum(np.arange(longest + 1), 1).astype(np.float64))
    for doc in range(first.shape[0] - 1):
        a, b = first[doc], first[doc + 1]
        count_on(a, b, own, marks)
        pairs[:] = 0
        for i in range(a, b):
            if own[i, col.PARAGRAPH] > 0:
                for k in range(bounds[i] + 1, bounds[i + 1]):
                    place = pair_place(folded[k - 1], folded[k])
                    pairs[place >> 6] |= np.uint64(1) << np.uint64(place & 63)
            for t in range(col.N_HASHES):
                h = hashes[i, t] * np.uint64(0x9E3779B97F4A7C15) + np.uint64(t)
                at = np.int64((h >> np.uint64(20)) & mask)
                while owner[at] == doc and key[at] != h:
                    at = (at + 1) & np.int64(mask)
                again = owner[at] == doc
                if t == col.TEXT_HASH:
                    own[i, col.SEEN_ABOVE] = again
                owner[at], key[at], count[at] = doc, h, count[at] + 1 if again else 1
                spot[i - a, t] = at
        for i in range(a, b):
            for t in range(col.N_HASHES):
                own[i, col.SAME_TEXT + t] = logs[count[spot[i - a, t]]]
            n = bounds[i + 1] - bounds[i]
            own[i, col.ECHO] = 1.0
            if own[i, col.PARAGRAPH] == 0 and 2 <= n <= 80:
                hits = 0
                for k in range(bounds[i] + 1, bounds[i + 1]):
                    place = pair_place(folded[k - 1], folded[k])
                    hits += int((pairs[place >> 6] >> np.uint64(place & 63)) & np.uint64(1))
                own[i, col.ECHO] = hits / (n - 1)


@jit_within
def pair_place(a: np.uint32, b: np.uint32) -> int:
    """The place of a pair of characters among PAIRS."""
    return int((np.int64(a) * 40503 + np.int64(b) * 9973) & (PAIRS - 1))


@jit
def count_on(a: int, b: int, own: NDArray[np.float32], marks: NDArray[np.int8]) -> None:
    """Numbered lines that count on: NUMBER_PLACE in the count and NUMBER_RUN, its length, both logs; 0 for lines without number."""
    value, place, last = np.full(8, -9, np.int64), np.zeros(8, np.int64), np.full(8, -1, np.int64)
    for i in range(a, b):
        form = marks[i, col.FORM]
        own[i, col.NUMBER_PLACE] = own[i, col.NUMBER_RUN] = 0
        if form:
            place[form] = place[form] + 1 if marks[i, col.VALUE] == value[form] + 1 else 1
            value[form] = marks[i, col.VALUE]
            own[i, col.NUMBER_PLACE] = place[form]
    for i in range(b - 1, a - 1, -1):
        form = marks[i, col.FORM]
        if form:
            if last[form] < 0 or own[last[form], col.NUMBER_PLACE] != own[i, col.NUMBER_PLACE] + 1:
                own[i, col.NUMBER_RUN] = own[i, col.NUMBER_PLACE]
            else:
                own[i, col.NUMBER_RUN] = own[last[form], col.NUMBER_RUN]
            last[form] = i
    for i in range(a, b):
        if marks[i, col.FORM]:
            own[i, col.NUMBER_PLACE], own[i, col.NUMBER_RUN] = np.log1p(own[i, col.NUMBER_PLACE]), np.log1p(own[i, col.NUMBER_RUN])
