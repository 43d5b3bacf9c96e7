"""The likeliest text of a stream of bytes of which some are lost: a search over all ways to read them, as kernels.

The naive twins are `tests/naive_lost.py`. A misread page of UTF-8 is searched 10 times as fast as by the same over dicts of Python,
in which nine parts of ten of its time went.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plausibility import Tables, find, pair_nats, triple_nats
from pipeline.jit import jit

__all__ = [
    "GONE", "LACKING", "MAYBE", "SPACE", "WILD", "Bounds", "Page", "Pool", "Ways", "list_misfits", "place_chars",
    "read_stream", "settle", "weigh_spans",
]

#: In a stream: a lost byte; a question mark, which may stand for one; a byte Windows-1252 lacks; a space, which may have been A0.
WILD, MAYBE, LACKING, SPACE = -1, -2, -3, -4
GONE = -5               # a character that the charset has not
_LF, _LOST = 0x0A, 0xFFFD


class Ways(NamedTuple):
    """How bytes of which some are lost can be read, in the order of their places."""

    at: NDArray[np.int64]           # where
    size: NDArray[np.int64]         # how many bytes
    first: NDArray[np.int64]        # of the characters that they can be, `first` to `last` in `chars`
    last: NDArray[np.int64]
    extra: NDArray[np.float64]      # nats for bytes that have to be put back
    chars: NDArray[np.uint32]


class Bounds(NamedTuple):
    """What `lost` calibrates: see there."""

    width: int
    bad: float
    sure: float
    clear: float
    open: float


class Page(NamedTuple):
    """Pairs of characters that a page has where nothing was lost, in order, and how likely each is there beside what is known."""

    pairs: NDArray[np.uint32]       # the first character << 16 | the second
    odds: NDArray[np.float64]


class Pool(NamedTuple):
    """Room for the states of a search: as many as there are characters in `Ways`, and four for each byte, and one.

    Places: one more than there are bytes.
    """

    nats: NDArray[np.float64]
    char: NDArray[np.uint32]        # the last character
    before: NDArray[np.int64]       # the state before it
    way: NDArray[np.int64]          # of `Ways`, where there is a choice, else -1
    next: NDArray[np.int64]         # of the states at the same place
    head: NDArray[np.int64]         # the first state at each place, -1 for none
    tail: NDArray[np.int64]         # the last


@jit
def list_misfits(stream: NDArray[np.int16], stripped: bool, least: NDArray[np.int64]) -> int:
    """The fewest bytes that fit nowhere from each place to the end, however it is read; those of all come back.

    `least` needs four elements more than there are bytes.
    """
    n = stream.shape[0]
    least[n] = 0
    for k in range(1, 4):
        least[n + k] = n
    for i in range(n - 1, -1, -1):
        head = stream[i]
        best = least[i + 1] + (1 if head >= 0x80 else 0)
        if (head < 0 or head >= 0xC2) and i + 1 < n and _is_inner(stream[i + 1]):
            if head < 0xE0:
                best = min(best, least[i + 2])
            third = i + 2 < n and _is_inner(stream[i + 2])
            if head < 0 or 0xE0 <= head < 0xF0:
                if third:
                    best = min(best, least[i + 3])
                elif stripped:
                    best = min(best, least[i + 2])
            if head >= 0xF0 and third and i + 3 < n and _is_inner(stream[i + 3]):
                best = min(best, least[i + 4])
        least[i] = best
    return int(least[0])


@jit
def place_chars(stream: NDArray[np.int16], at: NDArray[np.int64]) -> int:
    """Where each character of a stream of GB 18030 or Big5 begins, and the end: how many there are, -1 where that is not plain."""
    i, n = 0, 0
    while i < stream.shape[0] and n + 1 < at.shape[0]:
        at[n] = i
        n += 1
        if stream[i] <= 0x80:
            i += 1
        else:
            i += 4 if i + 1 < stream.shape[0] and 0x30 <= stream[i + 1] <= 0x39 else 2
    at[n] = i
    return n if i == stream.shape[0] else -1


@jit
def weigh_spans(
    stream: NDArray[np.int16], at: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64],
    least: NDArray[np.int64], out: NDArray[np.int64],
) -> None:
    """Of each span of characters the high bytes, the lost ones, what is in no charset, and the fewest that fit nowhere.

    Of a span in which something is in no charset the last is not told.
    """
    for k in range(start.shape[0]):
        part = stream[at[start[k]]:at[end[k]]]
        out[k, :] = 0
        for byte in part:
            out[k, 0] += byte > 0x7F
            out[k, 1] += byte == WILD
            out[k, 2] += byte == GONE
        if not out[k, 2]:
            out[k, 3] = list_misfits(part, False, least)


@jit
def read_stream(
    stream: NDArray[np.int16], ways: Ways, around: tuple[int, int], tables: Tables, bounds: Bounds, pool: Pool,
    out: NDArray[np.int64],
) -> int:
    """The likeliest text between two characters: how many characters, and these in `out`, below each its choice of `Ways`, or -1.

    At each byte the best states by last character are kept. Linear in the bytes. `out` is one longer than there are bytes.
    """
    n = stream.shape[0]
    pool.head[:n + 1] = -1
    used = _offer(pool, 0, 0, 0.0, around[0], -1, -1)
    rows = np.empty(bounds.width, np.int64)
    way = 0
    for i in range(n):
        n_rows = _choose_rows(pool, i, rows)
        begin = way
        while way < ways.at.shape[0] and ways.at[way] == i:
            way += 1
        if not n_rows:
            continue
        char, size = _read_known(stream, i)
        if size:
            used = _follow(pool, used, i + size, char, rows, n_rows, 0.0, -1, tables)
        for w in range(begin, way):
            choice = w if ways.last[w] - ways.first[w] > 1 else -1
            for k in range(ways.first[w], ways.last[w]):
                used = _follow(pool, used, i + ways.size[w], ways.chars[k], rows, n_rows, ways.extra[w], choice, tables)
        worst = pool.nats[rows[0]] + bounds.bad
        if i + 4 > n and _is_cut(stream, i):
            used = _offer(pool, used, n, worst, _LOST, -1, rows[0])
        if stream[i] < 0 or (not size and begin == way):
            used = _offer(pool, used, i + 1, worst, _LOST, -1, rows[0])
    size = 0
    last = state = _choose_last(pool, n, around[1], tables)
    while pool.before[state] >= 0:
        size += 1
        state = pool.before[state]
    state = last
    for k in range(size - 1, -1, -1):
        out[0, k], out[1, k] = pool.char[state], pool.way[state]
        state = pool.before[state]
    return size


@jit
def _is_inner(byte: int) -> bool:
    return byte < 0 or 0x80 <= byte < 0xC0


@jit
def _read_known(stream: NDArray[np.int16], i: int) -> tuple[int, int]:
    """The character that begins at `i` and its bytes, where all of these are known or it may stand for itself; else no bytes."""
    head, n = int(stream[i]), stream.shape[0]
    if head < 0x80:
        char = head if head >= 0 else 0x3F if head == MAYBE else 0x20
        return char, 0 if head in (WILD, LACKING) else 1
    size = 2 if head < 0xE0 else 3 if head < 0xF0 else 4
    if head < 0xC2 or head >= 0xF5 or i + size > n:
        return 0, 0
    char = head & (0x7F >> size)
    for k in range(i + 1, i + size):
        if not 0x80 <= stream[k] < 0xC0:
            return 0, 0
        char = char << 6 | int(stream[k]) & 0x3F
    least = 0x80 if size == 2 else 0x800 if size == 3 else 0x10000
    if char < least or 0xD800 <= char < 0xE000 or char > 0x10FFFF:
        return 0, 0
    return char, size


@jit
def _is_cut(stream: NDArray[np.int16], i: int) -> bool:
    """Whether the text was cut inside the character that begins here."""
    head, rest = int(stream[i]), stream.shape[0] - i
    if head < 0xC2 or rest >= (2 if head < 0xE0 else 3 if head < 0xF0 else 4):
        return False
    n_inner = 0
    for k in range(i + 1, i + rest):
        n_inner += _is_inner(stream[k])
    return bool(n_inner == rest - 1)


@jit
def _choose_rows(pool: Pool, i: int, rows: NDArray[np.int64]) -> int:
    """The best states at a place, the first of equal ones first: how many."""
    n = 0
    state = pool.head[i]
    while state >= 0:
        k = n
        while k > 0 and pool.nats[state] < pool.nats[rows[k - 1]]:
            k -= 1
        if k < rows.shape[0]:
            n = min(n + 1, rows.shape[0])
            for j in range(n - 1, k, -1):
                rows[j] = rows[j - 1]
            rows[k] = state
        state = pool.next[state]
    return n


@jit
def _follow(
    pool: Pool, used: int, place: int, char: int, rows: NDArray[np.int64], n_rows: int, extra: float, way: int, tables: Tables
) -> int:
    """Offer a character after the state that it follows best, the first of equal ones."""
    best, before = np.inf, -1
    for k in range(n_rows):
        state = rows[k]
        last = pool.before[state]
        if way < 0 and last >= 0:
            nats = pool.nats[state] + triple_nats(tables, pool.char[last], pool.char[state], char)
        else:
            nats = pool.nats[state] + pair_nats(tables, pool.char[state], char)
        if nats < best:
            best, before = nats, state
    return _offer(pool, used, place, best + extra, char, way, before)


@jit
def _offer(pool: Pool, used: int, place: int, nats: float, char: int, way: int, before: int) -> int:
    """Put a state where it is the best with its last character; how many states there are."""
    state = pool.head[place]
    while state >= 0 and pool.char[state] != char:
        state = pool.next[state]
    if state < 0:
        state = used
        used += 1
        if pool.head[place] < 0:
            pool.head[place] = state
        else:
            pool.next[pool.tail[place]] = state
        pool.tail[place], pool.next[state], pool.char[state] = state, -1, char
    elif nats >= pool.nats[state]:
        return used
    pool.nats[state], pool.way[state], pool.before[state] = nats, way, before
    return used


@jit
def _choose_last(pool: Pool, place: int, after: int, tables: Tables) -> int:
    """The state at the end that is best before what comes after."""
    best, found = np.inf, -1
    state = pool.head[place]
    while state >= 0:
        nats = pool.nats[state] + pair_nats(tables, pool.char[state], after)
        if nats < best:
            best, found = nats, state
        state = pool.next[state]
    return found


@jit
def settle(
    found: NDArray[np.int64], ways: Ways, around: tuple[int, int], tables: Tables, bounds: Bounds, page: Page,
    out: NDArray[np.uint32],
) -> float:
    """The text of a reading, with U+FFFD for each guessed character that does not beat its rivals clearly; the least lead of one.

    `found` is what `read_stream` gave, and a LF. A character is chosen by pairs alone where these are sure, else by triples among
    those that are not out of the question; what the page has elsewhere is likelier.
    """
    n = found.shape[1] - 1
    text = np.empty(n + 4, np.int64)
    text[0], text[1], text[n + 2], text[n + 3] = _LF, around[0], around[1], _LF
    text[2:n + 2] = found[0, :n]
    nats = np.empty(ways.chars.shape[0])
    least = np.inf
    for k in range(2, n + 2):
        out[k - 2] = text[k]
        way = found[1, k - 2]
        if way >= 0:
            chars = ways.chars[ways.first[way]:ways.last[way]]
            left, right = (found[0, k - 3] if k > 2 else around[0]), (found[0, k - 1] if k < n + 1 else around[1])
            best, second = np.inf, np.inf
            for j in range(chars.shape[0]):
                c = chars[j]
                nats[j] = _mix(page, left, c, pair_nats(tables, left, c)) + _mix(page, c, right, pair_nats(tables, c, right))
                best, second = min(best, nats[j]), min(second, max(best, nats[j]))
            bound = best + (bounds.open if second < best + bounds.clear else 0.0)
            least = min(least, second - best)
            best, second, chosen = np.inf, np.inf, _LOST
            for j in range(chars.shape[0]):
                c = chars[j]
                if nats[j] <= bound:
                    own = (
                        _mix(page, text[k - 1], c, triple_nats(tables, text[k - 2], text[k - 1], c))
                        + _mix(page, c, text[k + 1], triple_nats(tables, text[k - 1], c, text[k + 1]))
                        + triple_nats(tables, c, text[k + 1], text[k + 2])
                    )
                    if own < best or (own == best and c < chosen):
                        second, best, chosen = best, own, c
                    else:
                        second = min(second, own)
            text[k] = chosen
            out[k - 2] = _LOST if second < best + bounds.sure else chosen
    return float(least)


@jit
def _mix(page: Page, first: int, second: int, nats: float) -> float:
    """The cost of a character after another, where a page may have both elsewhere."""
    if not page.pairs.shape[0] or first > 0xFFFF or second > 0xFFFF:
        return nats
    at = find(page.pairs, first << 16 | second, 0, page.pairs.shape[0])
    return float(-np.log(np.exp(-nats) + page.odds[at])) if at >= 0 else nats
