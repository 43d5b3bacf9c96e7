"""The walk over candidates: what is decided by the answers that are there, and what must be asked next.

Documents are places 0 … n - 1, best rank first; one has a line in the walk where it has candidates. Line `w` is the document
`worse[w]` with the candidates `better[firsts[w]:firsts[w + 1]]`, best ranked first. It has been told `n_told[w]` answers, which
stand from `2 * firsts[w] + SPARE * w` on: there is room for one that is needed for each candidate, and for as many and SPARE more
that were asked ahead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = ["SPARE", "UNDECIDED", "record", "skip_decided", "sweep"]

UNDECIDED = -1
SPARE = 8


@jit
def _base(firsts: NDArray[np.int64], line: int) -> int:
    """Where the answers of a line begin."""
    return int(2 * firsts[line] + SPARE * line)


@jit
def _find(told: NDArray[np.int64], first: int, n: int, kept: int) -> int:
    """Where the answer about `kept` stands among the `n` from `first` on, or -1. There are 48 at most: no search tree."""
    for k in range(first, first + n):
        if told[k] == kept:
            return k
    return -1


@jit
def record(
    lines: NDArray[np.int64], kept: NDArray[np.int64], codes: NDArray[np.uint8], firsts: NDArray[np.int64],
    n_told: NDArray[np.int64], told: NDArray[np.int64], told_code: NDArray[np.uint8], places: NDArray[np.int64],
) -> bool:
    """Write down the answers about line `lines[i]` and document `kept[i]`, each to `places[i]`; False where there is no room."""
    for i in range(lines.shape[0]):
        w = lines[i]
        k = _find(told, _base(firsts, w), n_told[w], kept[i])
        if k < 0:
            k = _base(firsts, w) + n_told[w]
            if k >= _base(firsts, w + 1):
                return False
            n_told[w] += 1
        told[k], told_code[k], places[i] = kept[i], codes[i], k
    return True


@jit
def skip_decided(worse: NDArray[np.int64], kept_of: NDArray[np.int64], start: int) -> int:
    """The first undecided line from `start` on."""
    while start < worse.shape[0] and kept_of[worse[start]] != UNDECIDED:
        start += 1
    return start


@jit
def _put(pairs: NDArray[np.int64], first: int, n: int, line: int, kept: int) -> int:
    """Add a question, unless it is among those of this line, from `first` on."""
    for k in range(first, n):
        if pairs[k, 1] == kept:
            return n
    pairs[n, 0], pairs[n, 1] = line, kept
    return n + 1


@jit
def _ask_ahead(
    w: int, better: NDArray[np.int64], firsts: NDArray[np.int64], line_of: NDArray[np.int64], kept_of: NDArray[np.int64],
    n_told: NDArray[np.int64], told: NDArray[np.int64], told_code: NDArray[np.uint8], first: int, n: int, most: int,
    out: NDArray[np.int64],
) -> int:
    """Ask what line `w` may come to need: of each candidate what it is kept for or itself, then what it was found to duplicate.

    Most candidates turn out to be kept: asked in this order,
    12,053 pairs of statutes, 120 rounds without, take 4 of them (AHEAD in `near.decisions`); asked for all that may be, 113.
    """
    for turn in range(2):
        for slot in range(firsts[w], firsts[w + 1]):
            c = better[slot]
            decided = kept_of[c] != UNDECIDED
            # In the first turn there is one to ask about, in the second there are the answers about an undecided candidate.
            start, count = (0, 1) if turn == 0 else (_base(firsts, line_of[c]), 0 if decided else n_told[line_of[c]])
            for k in range(start, start + count):
                if turn == 1 and told_code[k] == 0:
                    continue
                kept = told[k] if turn == 1 else kept_of[c] if decided else c
                if n - first < most and _find(told, _base(firsts, w), n_told[w], kept) < 0:
                    n = _put(out, first, n, w, kept)
    return n


@jit
def sweep(
    worse: NDArray[np.int64], better: NDArray[np.int64], firsts: NDArray[np.int64], line_of: NDArray[np.int64],
    kept_of: NDArray[np.int64], found: NDArray[np.int64], n_told: NDArray[np.int64], told: NDArray[np.int64],
    told_code: NDArray[np.uint8], start: int, stop: int, ahead: int, out: NDArray[np.int64],
) -> int:
    """Go through the undecided lines from `start` to `stop`; decide what can be, and write what is to be asked into `out`.

    A document is dropped for the first among the kept documents of its candidates that it was found to duplicate, kept when all
    of them were denied; before all candidates down to there are decided, nothing is. `kept_of` is filled so, and `found` with
    the place of the answer. To be asked is the first kept document that no answer is there about and, with `ahead`, so many
    more that undecided candidates may turn out to be kept for. Pairs (line, document) go into `out`
    [(stop - start) * (1 + ahead), 2]; returns how many. The first undecided line is decided or asks, so where nothing is asked
    all are decided.
    """
    n = 0
    for w in range(start, stop):
        d = worse[w]
        if kept_of[d] != UNDECIDED:
            continue
        first, certain = n, True
        for slot in range(firsts[w], firsts[w + 1]):
            kept = kept_of[better[slot]]
            k = _find(told, _base(firsts, w), n_told[w], kept) if kept != UNDECIDED else -1
            if k >= 0 and told_code[k] == 0:
                continue
            if k >= 0:
                kept_of[d], found[w] = kept, k
            elif kept != UNDECIDED:
                n = _put(out, first, n, w, kept)
            certain = False
            break
        if certain:
            kept_of[d] = d
        elif ahead and kept_of[d] == UNDECIDED:
            # No more than leaves a place for each answer that may yet be needed.
            most = min(1 + ahead, firsts[w + 1] - firsts[w] + SPARE - n_told[w])
            n = _ask_ahead(w, better, firsts, line_of, kept_of, n_told, told, told_code, first, n, most, out)
    return n
