"""The walk over candidates: what is decided by the answers that are there, and what must be asked next.

Documents are places 0 … n - 1, best rank first; one has a line in the walk where it has candidates. Line `w` is the document
`worse[w]` with the candidates `better[firsts[w]:firsts[w + 1]]`, best ranked first. It has been told `n_told[w]` answers, which
stand from `EACH * firsts[w] + SPARE * w` on: there is room for one that is needed for each candidate, and for as many and SPARE
more that were asked ahead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = ["EACH", "NONE", "SPARE", "UNDECIDED", "Lines", "record", "skip_decided", "sweep"]

UNDECIDED = -1
NONE = -1           # no line, no answer
EACH, SPARE = 2, 8  # answers that there is room for: to each candidate of a line, and to the line beside


class Lines(NamedTuple):
    """The walk as columns."""

    worse: NDArray[np.int64]        # [lines]
    better: NDArray[np.int64]
    firsts: NDArray[np.int64]       # [lines + 1]
    line_of: NDArray[np.int64]      # [documents]: NONE where it has none
    kept_of: NDArray[np.int64]      # [documents]: UNDECIDED, itself, or what it is dropped for
    found: NDArray[np.int64]        # [lines]: the place of the answer that dropped it, or NONE
    n_told: NDArray[np.int64]       # [lines]
    told: NDArray[np.int64]         # about whom each answer is
    told_code: NDArray[np.uint8]    # and what it says; 0: no duplicate


@jit
def _base(firsts: NDArray[np.int64], line: int) -> int:
    """Where the answers of a line begin."""
    return int(EACH * firsts[line] + SPARE * line)


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
def _find_told(lines: Lines, w: int, kept: int) -> int:
    """Where the answer about line `w` and document `kept` stands, or -1."""
    return _find(lines.told, _base(lines.firsts, w), lines.n_told[w], kept)


@jit
def _ask_ahead(lines: Lines, w: int, first: int, n: int, most: int, out: NDArray[np.int64]) -> int:
    """Ask what line `w` may come to need: of each candidate what it is kept for or itself, then what it was found to duplicate.

    Most candidates turn out to be kept: asked in this order, 12,053 pairs of statutes, 120 rounds without, take 4 of them (AHEAD in
    `near.decisions`); asked for all that may be, 113.
    """
    for slot in range(lines.firsts[w], lines.firsts[w + 1]):
        c = lines.better[slot]
        n = _ask(lines, w, c if lines.kept_of[c] == UNDECIDED else lines.kept_of[c], first, n, most, out)
    for slot in range(lines.firsts[w], lines.firsts[w + 1]):
        c = lines.better[slot]
        if lines.kept_of[c] != UNDECIDED:
            continue
        start = _base(lines.firsts, lines.line_of[c])
        for k in range(start, start + lines.n_told[lines.line_of[c]]):
            if lines.told_code[k]:
                n = _ask(lines, w, lines.told[k], first, n, most, out)
    return n


@jit
def _ask(lines: Lines, w: int, kept: int, first: int, n: int, most: int, out: NDArray[np.int64]) -> int:
    """Ask about line `w` and `kept`, unless that was answered or `most` is asked already."""
    if n - first < most and _find_told(lines, w, kept) < 0:
        n = _put(out, first, n, w, kept)
    return n


@jit
def sweep(lines: Lines, start: int, stop: int, ahead: int, out: NDArray[np.int64]) -> int:
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
        d = lines.worse[w]
        if lines.kept_of[d] != UNDECIDED:
            continue
        first, n = n, _decide(lines, w, n, out)
        if ahead and lines.kept_of[d] == UNDECIDED:
            # No more than leaves a place for each answer that may yet be needed.
            most = min(1 + ahead, lines.firsts[w + 1] - lines.firsts[w] + SPARE - lines.n_told[w])
            n = _ask_ahead(lines, w, first, n, most, out)
    return n


@jit
def _decide(lines: Lines, w: int, n: int, out: NDArray[np.int64]) -> int:
    """Decide on line `w` if the answers do, or ask about the first kept document without one."""
    d = lines.worse[w]
    for slot in range(lines.firsts[w], lines.firsts[w + 1]):
        kept = lines.kept_of[lines.better[slot]]
        if kept == UNDECIDED:
            return n
        k = _find_told(lines, w, kept)
        if k < 0:
            return _put(out, n, n, w, kept)
        if lines.told_code[k]:
            lines.kept_of[d], lines.found[w] = kept, k
            return n
    lines.kept_of[d] = d
    return n
