"""Which lines hold one of a few characters near their start: a look that spares Python and a regex on the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import CLAUSE, CLOSE, OPEN, QUOTE, SENTENCE
from pipeline.jit import jit, jit_within

_STOPS = np.uint32(CLAUSE | CLOSE | OPEN | QUOTE | SENTENCE)


@jit
def find_in_heads(
    points: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64], reach: int, wanted: NDArray[np.uint32],
    out: NDArray[np.bool_],
) -> None:
    """Mark in `out` [n] the lines of which the first `reach` code points hold one of `wanted`. 560,000 lines: 11 ms."""
    for i in range(start.shape[0]):
        found = False
        for k in range(start[i], min(end[i], start[i] + reach)):
            for w in range(wanted.shape[0]):
                found |= points[k] == wanted[w]
            if found:
                break
        out[i] = found


@jit
def find_labels(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64], reach: int,
    out: NDArray[np.bool_],
) -> None:
    """Mark in `out` [n] the lines of which a colon is among the first `reach` code points, behind others and no punctuation."""
    for i in range(start.shape[0]):
        k = start[i]
        stop = min(end[i], k + reach)
        while k < stop and points[k] != 58 and points[k] != 0xFF1A and not classes[points[k]] & _STOPS:
            k += 1
        out[i] = start[i] < k < stop and (points[k] == 58 or points[k] == 0xFF1A)


@jit
def find_pairs_at_ends(
    points: NDArray[np.uint32], canonical: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64],
    heads: NDArray[np.int64], tails: NDArray[np.int64], alone: NDArray[np.uint32], asked: NDArray[np.int64],
    begins: NDArray[np.int64], ends: NDArray[np.int64],
) -> int:
    """Lines whose first two canonical characters are among `heads`, or the last two among `tails`, or that are one of `alone`.

    Into `asked` [n] their numbers, with both pairs; how many there are. One character at either end that the canonical form drops
    is passed over. Two characters are `first << 21 | second`; lines are not empty. 560,000 lines: 14 ms, with arrays 75.
    """
    known_heads, known_tails = make_table(heads), make_table(tails)
    n, most = 0, points.shape[0] - 1
    for i in range(start.shape[0]):
        a, b = start[i], end[i] - 1
        a, b = a + (canonical[points[a]] == 0), b - (canonical[points[b]] == 0)
        first, second = canonical[points[min(a, most)]], canonical[points[min(a + 1, most)]]
        begin = np.int64(first) << 21 | np.int64(second)
        first, second = canonical[points[max(b - 1, 0)]], canonical[points[max(b, 0)]]
        last = np.int64(first) << 21 | np.int64(second)
        found = holds(known_heads, int(begin)) or holds(known_tails, int(last))
        if end[i] - start[i] == 1:
            for sign in alone:
                found = found or points[start[i]] == sign
        if found:
            asked[n], begins[n], ends[n] = i, begin, last
            n += 1
    return n


@jit
def make_table(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys, none of them negative, each at the first free place from its hash on; -1 where there is none."""
    size = 64
    while size < 4 * keys.shape[0]:
        size *= 2
    table = np.full(size, -1, np.int64)
    for key in keys:
        at = place_of(key, size)
        while table[at] >= 0 and table[at] != key:
            at = (at + 1) & (size - 1)
        table[at] = key
    return table


@jit_within
def place_of(key: int, size: int) -> int:
    """Where a key belongs in a table of this size, a power of two."""
    return ((key >> 21) * 31 + key) & (size - 1)


@jit_within
def holds(table: NDArray[np.int64], key: int) -> bool:
    """Whether a key is in a table."""
    at = place_of(key, table.shape[0])
    while table[at] >= 0 and table[at] != key:
        at = (at + 1) & (table.shape[0] - 1)
    return bool(table[at] == key)
