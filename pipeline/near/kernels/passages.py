"""Passages that two versions of one text put elsewhere or in other words, told from passages that only one of them has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.characters import DIGIT, NEGATOR, run_end
from pipeline.near.kernels.comparison import PASSAGE, Pair, Tables, hash_word, is_in
from pipeline.near.kernels.minhash import hash_shingles

__all__ = ["MEASURES", "MOVED_A", "MOVED_B", "REWORDED_A", "REWORDED_B", "measure_passages"]

# Columns of the measures, in code points of each text.
MOVED_A, MOVED_B = 0, 1         # what stands elsewhere in the other text
REWORDED_A, REWORDED_B = 2, 3   # passages that the other text has in other words
MEASURES = 4

_GAP = 12           # equal code points between hunks below which they may be one region: what two wordings of a passage share
_CHANGED = 0.4      # share of a region that differs where it is one passage in two wordings, and not two words edited in it
# Pairs of characters that two wordings of one passage share: of 600 pairs of leads of other articles, news and crawl, 0.02 in
# the middle and 0.2 in one of a hundred; reworded ones 0.4 and more.
_OVERLAP = 0.45
_HAN = 0x2E80       # from here on code points are no letters or digits of the form of comparison


@jit
def _count_moved(
    points: NDArray[np.uint32], i: int, j: int, size: int, others: NDArray[np.uint32], table: NDArray[np.uint16]
) -> tuple[int, int]:
    """Code points of `points[i:j]` that lie in a shingle which the other text has, and digits and negators that lie in none."""
    moved, fresh, end, n = 0, 0, i, j - i - size + 1
    hashes = np.empty(max(0, n), np.uint32)
    if n > 0:
        hash_shingles(points, i, size, hashes)
    for k in range(i, j):
        if k - i < n:
            at = np.searchsorted(others, hashes[k - i])
            if at < others.shape[0] and others[at] == hashes[k - i]:
                end = k + size
        if k < end:
            moved += 1
        elif table[points[k]] & (DIGIT | NEGATOR):
            fresh += 1
    return moved, fresh


@jit
def _sort_bigrams(points: NDArray[np.uint32], i: int, j: int) -> NDArray[np.uint64]:
    """Pairs of characters of `points[i:j]`, as numbers, without those of letters and digits: what pages share in code and heads."""
    out, n = np.empty(max(0, j - i - 1), np.uint64), 0
    for k in range(i, j - 1):
        if points[k] >= _HAN and points[k + 1] >= _HAN:
            out[n] = (np.uint64(points[k]) << np.uint64(32)) | np.uint64(points[k + 1])
            n += 1
    return np.sort(out[:n])


@jit
def _overlap(x: NDArray[np.uint64], y: NDArray[np.uint64]) -> float:
    """Share of the smaller of two sorted collections that the other has, with repeats."""
    i, j, n = 0, 0, 0
    while i < x.shape[0] and j < y.shape[0]:
        n += x[i] == y[j]
        step_i, step_j = x[i] <= y[j], y[j] <= x[i]
        i += step_i
        j += step_j
    return float(n / max(1, min(x.shape[0], y.shape[0])))


@jit
def _find_numbers(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Sorted hashes of the numbers that begin in `points[i:j]`."""
    out, n = np.empty(j - i, np.uint64), 0
    while i < j:
        end = run_end(points, i, table, DIGIT)
        if end > i:
            out[n] = hash_word(points, i, end)
            n += 1
        i = max(end, i + 1)
    return np.sort(out[:n])


@jit
def _is_part(x: NDArray[np.uint64], y: NDArray[np.uint64]) -> bool:
    for k in range(x.shape[0]):  # noqa: SIM110 - numba compiles the loop, not the generator
        if not is_in(y, x[k]):
            return False
    return True


@jit
def _is_reworded(pair: Pair, a0: int, a1: int, b0: int, b1: int, table: NDArray[np.uint16]) -> bool:
    """Whether two passages say one thing in other words: they share pairs of characters, and the numbers of one are the other's."""
    if _overlap(_sort_bigrams(pair.a, a0, a1), _sort_bigrams(pair.b, b0, b1)) < _OVERLAP:
        return False
    x, y = _find_numbers(pair.a, a0, a1, table), _find_numbers(pair.b, b0, b1, table)
    return _is_part(x, y) or _is_part(y, x)


@jit
def measure_passages(
    pair: Pair, hunks: NDArray[np.int32], a_set: NDArray[np.uint32], b_set: NDArray[np.uint32], size: int,
    tables: Tables, settled: NDArray[np.bool_], measures: NDArray[np.int64],
) -> None:
    """Fill `measures` [MEASURES], and mark in `settled` [hunks] those in which a passage was moved, replaced or put in other words.

    Hunks that little separates are one region. `a_set`, `b_set` are the sorted shingle hashes of the texts, of `size`.
    """
    measures[:] = 0
    settled[:] = False
    n, k = hunks.shape[0], 0
    while k < n:
        last = k
        changed_a, changed_b = hunks[k, 1] - hunks[k, 0], hunks[k, 3] - hunks[k, 2]
        while last + 1 < n and hunks[last + 1, 0] - hunks[last, 1] < _GAP:
            last += 1
            changed_a += hunks[last, 1] - hunks[last, 0]
            changed_b += hunks[last, 3] - hunks[last, 2]
        a0, a1, b0, b1 = hunks[k, 0], hunks[last, 1], hunks[k, 2], hunks[last, 3]
        if max(a1 - a0, b1 - b0) >= PASSAGE and changed_a + changed_b >= _CHANGED * (a1 - a0 + b1 - b0):
            moved_a, fresh_a = _count_moved(pair.a, a0, a1, size, b_set, tables.bits)
            moved_b, fresh_b = _count_moved(pair.b, b0, b1, size, a_set, tables.bits)
            new_a, new_b = a1 - a0 - moved_a, b1 - b0 - moved_b
            # What is equal in order inside the region counts already, and is in a shingle of the other text as well.
            measures[MOVED_A] += max(0, moved_a - (a1 - a0 - changed_a))
            measures[MOVED_B] += max(0, moved_b - (b1 - b0 - changed_b))
            # A digit or a negator in what is otherwise found elsewhere is a change of what is said.
            told = (new_a < PASSAGE and fresh_a > 0) or (new_b < PASSAGE and fresh_b > 0)
            if max(new_a, new_b) < PASSAGE or (new_a < PASSAGE <= min(a1 - a0, b1 - b0)):
                settled[k:last + 1] = not told
            elif min(a1 - a0, b1 - b0) >= PASSAGE and _is_reworded(pair, a0, a1, b0, b1, tables.bits):
                settled[k:last + 1] = True
                measures[REWORDED_A] += min(new_a, changed_a)
                measures[REWORDED_B] += min(new_b, changed_b)
        k = last + 1
