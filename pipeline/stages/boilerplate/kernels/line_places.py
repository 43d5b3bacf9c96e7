"""Features of where a line stands: its neighbours, the paragraphs around it, the headings and bylines above and below.

The rule of this file: a bounded number of steps per line, by running totals over the lines of a document. The columns
are named in `pipeline.stages.boilerplate.features`, in the order in which they are written here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

NEAR, FAR = 4, 12       # lines on either side that a window covers
CAP = 30.0              # distances in lines are cut here: beyond it a line is simply far away
N_NEIGHBOURS = 10        # columns of one neighbour
N_WINDOW = 8            # columns of one window
N_TOTALS = N_WINDOW + 2            # running totals
N_PLACE = 6 * N_NEIGHBOURS + 4 * N_WINDOW + 16 + 14 + 10
N_SCORES = 17           # columns of rescore


@jit
def fill_neighbour(
    own: NDArray[np.float32], share: NDArray[np.float32], j: int, a: int, b: int, row: NDArray[np.float32], c: int
) -> int:
    """What the line `j` is, seen from beside it; -1 where the document ends."""
    if j < a or j >= b:
        row[c:c + N_NEIGHBOURS] = -1
    else:
        row[c] = own[j, 27]
        row[c + 1] = own[j, 15]
        row[c + 2] = own[j, 28]
        row[c + 3] = own[j, 11] + own[j, 12]
        row[c + 4] = own[j, 31]
        row[c + 5] = own[j, 32]
        row[c + 6] = own[j, 33] + own[j, 34]
        row[c + 7] = share[j - a, 1]
        row[c + 8] = share[j - a, 3]
        row[c + 9] = own[j, 40]
    return c + N_NEIGHBOURS


@jit
def fill_window(total: NDArray[np.float64], lo: int, hi: int, row: NDArray[np.float32], c: int) -> int:
    """Means over the lines [lo, hi) of the first N_WINDOW totals."""
    n = max(hi - lo, 1)
    for k in range(N_WINDOW):
        row[c + k] = (total[hi, k] - total[lo, k]) / n
    return c + N_WINDOW


@jit
def place_lines(
    first: NDArray[np.int64], own: NDArray[np.float32], cover: NDArray[np.float32], marks: NDArray[np.int8],
    group: NDArray[np.int8], out: NDArray[np.float32],
) -> None:
    """Fill `out` [n, N_PLACE] for the lines of each document, bounded by `first` [documents + 1].

    `group` maps a kind to 1 byline, 2 head of a list of links, 3 comments and replies, 4 footer, else 0.
    """
    for doc in range(first.shape[0] - 1):
        a, b = first[doc], first[doc + 1]
        if b > a:
            place_document(a, b, own, cover, marks, group, out)


@jit
def place_document(
    a: int, b: int, own: NDArray[np.float32], cover: NDArray[np.float32], marks: NDArray[np.int8],
    group: NDArray[np.int8], out: NDArray[np.float32],
) -> None:
    """`place_lines` for one document."""
    n = b - a
    total = np.zeros((n + 1, N_TOTALS), np.float64)
    byline, head, talk, foot = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    kinds = group.shape[0]
    shares = np.zeros((n, 5), np.float32)
    for i in range(n):
        j = a + i
        share = shares[i]
        for k in range(kinds):
            share[group[k]] += cover[j, k]
        opening = group[marks[j, 1]] if marks[j, 1] >= 0 else 0
        whole = group[marks[j, 0]] if marks[j, 0] >= 0 else 0
        short = own[j, 27] < 4.1
        byline[i] = short and (share[1] > 0.35 or (share[1] > 0 and own[j, 11] > 0) or (own[j, 11] > 0 and own[j, 12] > 0))
        head[i] = short and (whole == 2 or (opening == 2 and own[j, 27] < 2.8))
        talk[i] = short and share[3] > 0.5
        foot[i] = share[4] > 0.3
        total[i + 1, 0] = total[i, 0] + own[j, 31]
        total[i + 1, 1] = total[i, 1] + own[j, 28]
        total[i + 1, 2] = total[i, 2] + own[j, 27]
        total[i + 1, 3] = total[i, 3] + own[j, 34]
        total[i + 1, 4] = total[i, 4] + own[j, 15]
        total[i + 1, 5] = total[i, 5] + own[j, 24]
        total[i + 1, 6] = total[i, 6] + share[3]
        total[i + 1, 7] = total[i, 7] + own[j, 32]
        total[i + 1, 8] = total[i, 8] + own[j, 31] * np.expm1(own[j, 27])
        total[i + 1, 9] = total[i, 9] + foot[i]
    fill_down(a, n, own, total, byline, head, talk, foot, out)
    fill_up(a, n, own, total, byline, head, talk, foot, out)
    for i in range(n):
        row = out[a + i]
        c = 0
        for d in (-3, -2, -1, 1, 2, 3):
            c = fill_neighbour(own, shares, a + i + d, a, b, row, c)
        c = fill_window(total, max(i - NEAR, 0), i, row, c)
        c = fill_window(total, i + 1, min(i + 1 + NEAR, n), row, c)
        c = fill_window(total, max(i - FAR, 0), i, row, c)
        c = fill_window(total, i + 1, min(i + 1 + FAR, n), row, c)
        row[c] = i / n
        row[c + 1], row[c + 2] = min(i, 60), min(n - 1 - i, 60)
        body = max(total[n, 8], 1.0)
        row[c + 3], row[c + 4] = total[i, 8] / body, (total[n, 8] - total[i + 1, 8]) / body
        row[c + 5], row[c + 6] = np.log1p(n), np.log1p(total[n, 8])
        row[c + 7], row[c + 8], row[c + 9] = total[n, 0] / n, total[n, 1] / n, total[n, 2] / n
        row[c + 10], row[c + 11] = min(total[i, 9], 6.0), min(total[n, 9] - total[i + 1, 9], 6.0)
        row[c + 12] = abs(own[a + i, 27] - own[a + max(i - 1, 0), 27])
        row[c + 13] = abs(own[a + i, 27] - own[a + min(i + 1, n - 1), 27])
        row[c + 14], row[c + 15] = total[n, 4] / n, total[n, 5] / n


_DOWN = 6 * N_NEIGHBOURS + 4 * N_WINDOW + 16      # first column of fill_down
_UP = _DOWN + 14                        # first column of fill_up


@jit
def note_last(at: NDArray[np.int64], i: int, sentence: bool, byline: bool, head: bool, talk: bool, foot: bool) -> None:
    """Remember line `i` as the last one seen of each kind that it is of: `at` int64 [5]."""
    if sentence:
        at[0] = i
    if byline:
        at[1] = i
    if head:
        at[2] = i
    if talk:
        at[3] = i
    if foot:
        at[4] = i


@jit
def fill_down(
    a: int, n: int, own: NDArray[np.float32], total: NDArray[np.float64], byline: NDArray[np.bool_], head: NDArray[np.bool_],
    talk: NDArray[np.bool_], foot: NDArray[np.bool_], out: NDArray[np.float32],
) -> None:
    """Columns about what stands above a line: distances, and the paragraphs since."""
    at = np.full(5, -1000, np.int64)        # last paragraph, byline, head, talk, footer
    n_bylines = 0.0
    run = 0
    for i in range(n):
        row = out[a + i]
        for k in range(5):
            row[_DOWN + k] = min(i - at[k], CAP)
        row[_DOWN + 5] = min(total[i, 0] - total[at[1], 0], 10.0) if at[1] >= 0 else -1
        row[_DOWN + 6] = min(total[i, 0] - total[at[2], 0], 10.0) if at[2] >= 0 else -1
        row[_DOWN + 7] = min(total[i, 0] - total[at[3], 0], 10.0) if at[3] >= 0 else -1
        row[_DOWN + 8] = min(total[i, 0] - total[at[4], 0], 10.0) if at[4] >= 0 else -1
        row[_DOWN + 9] = min(n_bylines, 10.0)
        run = run + 1 if own[a + i, 31] == 0 else 0
        row[_DOWN + 10] = min(run, CAP)
        row[_DOWN + 11] = byline[i] + 2 * head[i] + 4 * talk[i] + 8 * foot[i]
        lo = max(i - run, 0)
        row[_DOWN + 12] = (total[i + 1, 1] - total[lo, 1]) / (i + 1 - lo)
        row[_DOWN + 13] = (total[i + 1, 2] - total[lo, 2]) / (i + 1 - lo)
        n_bylines += byline[i]
        note_last(at, i, own[a + i, 31] > 0, byline[i], head[i], talk[i], foot[i])


@jit
def fill_up(
    a: int, n: int, own: NDArray[np.float32], total: NDArray[np.float64], byline: NDArray[np.bool_], head: NDArray[np.bool_],
    talk: NDArray[np.bool_], foot: NDArray[np.bool_], out: NDArray[np.float32],
) -> None:
    """Columns about what stands below a line."""
    at = np.full(5, n + 1000, np.int64)
    n_bylines = 0.0
    run = 0
    for i in range(n - 1, -1, -1):
        row = out[a + i]
        for k in range(5):
            row[_UP + k] = min(at[k] - i, CAP)
        row[_UP + 5] = min(total[at[1], 0] - total[i + 1, 0], 10.0) if at[1] < n else -1
        row[_UP + 6] = min(n_bylines, 10.0)
        run = run + 1 if own[a + i, 31] == 0 else 0
        row[_UP + 7] = min(run, CAP)
        hi = min(i + run, n)
        row[_UP + 8] = (total[hi, 1] - total[i, 1]) / max(hi - i, 1)
        row[_UP + 9] = (total[hi, 2] - total[i, 2]) / max(hi - i, 1)
        n_bylines += byline[i]
        note_last(at, i, own[a + i, 31] > 0, byline[i], head[i], talk[i], foot[i])


@jit
def place_scores(first: NDArray[np.int64], own: NDArray[np.float32], score: NDArray[np.float64], out: NDArray[np.float32]) -> None:
    """What the first model thinks of a line and of those around it: `out` [n, N_SCORES], for the second model."""
    for doc in range(first.shape[0] - 1):
        a, b = first[doc], first[doc + 1]
        total = np.zeros(b - a + 1, np.float64)
        for i in range(b - a):
            total[i + 1] = total[i] + score[a + i]
        above, below = -1.0, -1.0
        for i in range(a, b):
            row, k = out[i], i - a
            for d in range(-4, 5):
                row[d + 4] = score[i + d] if a <= i + d < b else -1.0
            row[9] = (total[k] - total[max(k - NEAR, 0)]) / max(min(k, NEAR), 1)
            row[10] = (total[min(k + 1 + NEAR, b - a)] - total[k + 1]) / max(min(b - i - 1, NEAR), 1)
            row[11] = (total[k] - total[max(k - FAR, 0)]) / max(min(k, FAR), 1)
            row[12] = (total[min(k + 1 + FAR, b - a)] - total[k + 1]) / max(min(b - i - 1, FAR), 1)
            row[13] = total[b - a] / (b - a)
            row[14] = above
            row[16] = own[i, 27]
            if own[i, 31] > 0:
                above = score[i]
        for i in range(b - 1, a - 1, -1):
            out[i, 15] = below
            if own[i, 31] > 0:
                below = score[i]
