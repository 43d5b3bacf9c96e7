"""Features of where a line stands: its neighbours, the paragraphs around it, the headings and bylines above and below.

The rule of this file: a bounded number of steps per line, by running totals over the lines of a document. No slices of arrays, each
of which is an object that is counted: rows are named by their number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit, jit_within
from pipeline.stages.boilerplate.kernels import columns as col

#: Lines on either side that a window covers; distances in lines are cut at CAP, beyond which a line is simply far away. The
#: weights were trained with these.
NEAR, FAR = 4, 12
CAP = 30.0
#: Logs of canonical characters: a line of furniture has less than SHORT, the heading of a list less than HEADING (60 and 15).
SHORT, HEADING = 4.1, 2.8


#: Columns of `here` begin at PLACE.
_PLACE = col.PLACE


@jit_within
def fill_neighbour(
    own: NDArray[np.float32], shares: NDArray[np.float32], j: int, a: int, b: int, out: NDArray[np.float32], k: int, at: int
) -> int:
    """What the line `j` is, seen from beside it, into row `k` from column `at` on; -1 where the document ends."""
    if j < a or j >= b:
        for c in range(at, at + col.N_NEIGHBOUR):
            out[k, c] = -1
    else:
        out[k, at + col.NEAR_LENGTH] = own[j, col.FOLDED_LENGTH]
        out[k, at + col.NEAR_ENDS_SENTENCE] = own[j, col.ENDS_SENTENCE]
        out[k, at + col.NEAR_FURNITURE] = own[j, col.FURNITURE]
        out[k, at + col.NEAR_DATED] = own[j, col.N_DATES] + own[j, col.N_TIMES]
        out[k, at + col.NEAR_PARAGRAPH] = own[j, col.PARAGRAPH]
        out[k, at + col.NEAR_ECHO] = own[j, col.ECHO]
        out[k, at + col.NEAR_RECURS] = own[j, col.SAME_TEXT] + own[j, col.SAME_SHAPE]
        out[k, at + col.NEAR_BYLINE] = shares[j, col.BYLINES]
        out[k, at + col.NEAR_TALK] = shares[j, col.TALK]
        out[k, at + col.NEAR_NUMBER_RUN] = own[j, col.NUMBER_RUN]
    return at + col.N_NEIGHBOUR


@jit_within
def fill_window(total: NDArray[np.float64], lo: int, hi: int, out: NDArray[np.float32], k: int, at: int) -> int:
    """Means over the lines whose totals stand in the rows [lo, hi] of the first N_WINDOW totals, into row `k` from `at` on."""
    n = max(hi - lo, 1)
    for c in range(col.N_WINDOW):
        out[k, at + c] = (total[hi, c] - total[lo, c]) / n
    return at + col.N_WINDOW


@jit
def place_lines(
    first: NDArray[np.int64], own: NDArray[np.float32], cover: NDArray[np.float32], marks: NDArray[np.int8],
    group: NDArray[np.int8], total: NDArray[np.float64], shares: NDArray[np.float32], out: NDArray[np.float32],
) -> None:
    """Fill `out` [n, N_PLACE - PLACE], the columns from PLACE on, for the lines of documents, bounded by `first` [documents + 1].

    `group` maps a kind to BYLINES, LINKS (the head of a list of them), TALK (comments and replies), FOOT or NO_GROUP.
    What `fill_beside` makes the other columns of is kept: running totals in `total` [n + documents, N_TOTALS], one row more a
    document than it has lines, and in `shares` [n, N_GROUPS] what phrases of each group cover.
    """
    longest = 0
    for doc in range(first.shape[0] - 1):
        longest = max(longest, first[doc + 1] - first[doc])
    is_a = np.empty((longest, col.N_SEEN), np.bool_)
    for doc in range(first.shape[0] - 1):
        a, b = first[doc], first[doc + 1]
        if b == a:
            continue
        for k in range(col.N_TOTALS):
            total[a + doc, k] = 0
        for i in range(a, b):
            look_at(i, own, cover, marks, group, shares, is_a, i - a)
            add_totals(i, own, shares, is_a[i - a, col.SEEN_FOOT], total, i + doc)
        fill_down(a, b - a, own, total, a + doc, is_a, out)
        fill_up(a, b - a, own, total, a + doc, is_a, out)
        fill_here(a, b - a, own, total, a + doc, out)


@jit
def fill_beside(
    which: NDArray[np.int64], docs: NDArray[np.int64], first: NDArray[np.int64], own: NDArray[np.float32],
    total: NDArray[np.float64], shares: NDArray[np.float32], out: NDArray[np.float32], at: int,
) -> None:
    """Fill PLACE columns from `at` on for some lines, which rise: row k of `out` is line `which[k]`, of document `docs[k]`."""
    for k in range(which.shape[0]):
        a, b = first[docs[k]], first[docs[k] + 1]
        i, sums, c = which[k], docs[k], at
        for d in col.BESIDE:
            c = fill_neighbour(own, shares, i + d, a, b, out, k, c)
        c = fill_window(total, sums + max(i - NEAR, a), sums + i, out, k, c)
        c = fill_window(total, sums + i + 1, sums + min(i + 1 + NEAR, b), out, k, c)
        c = fill_window(total, sums + max(i - FAR, a), sums + i, out, k, c)
        c = fill_window(total, sums + i + 1, sums + min(i + 1 + FAR, b), out, k, c)


@jit_within
def look_at(
    i: int, own: NDArray[np.float32], cover: NDArray[np.float32], marks: NDArray[np.int8], group: NDArray[np.int8],
    shares: NDArray[np.float32], is_a: NDArray[np.bool_], at: int,
) -> None:
    """What phrases of each group cover of line `i`, and which of five things seen from other lines it is: row `at` of `is_a`."""
    for k in range(col.N_GROUPS):
        shares[i, k] = 0
    for k in range(group.shape[0]):
        shares[i, group[k]] += cover[i, k]
    opening = group[marks[i, col.OPENING]] if marks[i, col.OPENING] >= 0 else col.NO_GROUP
    whole = group[marks[i, col.WHOLE]] if marks[i, col.WHOLE] >= 0 else col.NO_GROUP
    short = own[i, col.FOLDED_LENGTH] < SHORT
    dated = own[i, col.N_DATES] > 0
    byline = (
        shares[i, col.BYLINES] > 0.35 or (shares[i, col.BYLINES] > 0 and dated) or (dated and own[i, col.N_TIMES] > 0)
    )
    links = whole == col.LINKS or (opening == col.LINKS and own[i, col.FOLDED_LENGTH] < HEADING)
    is_a[at, col.SEEN_PARAGRAPH] = own[i, col.PARAGRAPH] > 0
    is_a[at, col.SEEN_BYLINE], is_a[at, col.SEEN_LINKS] = short and byline, short and links
    is_a[at, col.SEEN_TALK], is_a[at, col.SEEN_FOOT] = short and shares[i, col.TALK] > 0.5, shares[i, col.FOOT] > 0.3


@jit_within
def add_totals(
    i: int, own: NDArray[np.float32], shares: NDArray[np.float32], foot: bool, total: NDArray[np.float64], t: int,
) -> None:
    """The running totals after line `i`, of which those before it stand in row `t`: into the next."""
    total[t + 1, col.SUM_PARAGRAPH] = total[t, col.SUM_PARAGRAPH] + own[i, col.PARAGRAPH]
    total[t + 1, col.SUM_FURNITURE] = total[t, col.SUM_FURNITURE] + own[i, col.FURNITURE]
    total[t + 1, col.SUM_LENGTH] = total[t, col.SUM_LENGTH] + own[i, col.FOLDED_LENGTH]
    total[t + 1, col.SUM_SHAPE] = total[t, col.SUM_SHAPE] + own[i, col.SAME_SHAPE]
    total[t + 1, col.SUM_ENDS_SENTENCE] = total[t, col.SUM_ENDS_SENTENCE] + own[i, col.ENDS_SENTENCE]
    total[t + 1, col.SUM_CODE] = total[t, col.SUM_CODE] + own[i, col.CODE_SHARE]
    total[t + 1, col.SUM_TALK] = total[t, col.SUM_TALK] + shares[i, col.TALK]
    total[t + 1, col.SUM_ECHO] = total[t, col.SUM_ECHO] + own[i, col.ECHO]
    body = np.float32(0)
    if own[i, col.PARAGRAPH] > 0:
        body = np.expm1(own[i, col.FOLDED_LENGTH])
    total[t + 1, col.SUM_BODY] = total[t, col.SUM_BODY] + body
    total[t + 1, col.SUM_FOOT] = total[t, col.SUM_FOOT] + foot


@jit_within
def fill_here(a: int, n: int, own: NDArray[np.float32], total: NDArray[np.float64], t: int, out: NDArray[np.float32]) -> None:
    """Columns about the place of each line in its document and about the document, whose totals stand from row `t` on."""
    end = t + n
    body, feet, length = total[end, col.SUM_BODY], total[end, col.SUM_FOOT], own[:, col.FOLDED_LENGTH]
    least = max(body, 1.0)
    log_lines, log_body = np.log1p(n), np.log1p(body)
    paragraphs, furniture = total[end, col.SUM_PARAGRAPH] / n, total[end, col.SUM_FURNITURE] / n
    mean, sentences, code = total[end, col.SUM_LENGTH] / n, total[end, col.SUM_ENDS_SENTENCE] / n, total[end, col.SUM_CODE] / n
    for k in range(n):
        i = a + k
        out[i, col.PLACE - _PLACE] = k / n
        out[i, col.N_ABOVE - _PLACE], out[i, col.N_BELOW - _PLACE] = min(k, 60), min(n - 1 - k, 60)
        out[i, col.BODY_ABOVE - _PLACE] = total[t + k, col.SUM_BODY] / least
        out[i, col.BODY_BELOW - _PLACE] = (body - total[t + k + 1, col.SUM_BODY]) / least
        out[i, col.DOCUMENT_LINES - _PLACE], out[i, col.DOCUMENT_BODY - _PLACE] = log_lines, log_body
        out[i, col.DOCUMENT_PARAGRAPHS - _PLACE], out[i, col.DOCUMENT_FURNITURE - _PLACE] = paragraphs, furniture
        out[i, col.DOCUMENT_LENGTH - _PLACE] = mean
        out[i, col.FOOT_ABOVE - _PLACE] = min(total[t + k, col.SUM_FOOT], 6.0)
        out[i, col.FOOT_BELOW - _PLACE] = min(feet - total[t + k + 1, col.SUM_FOOT], 6.0)
        out[i, col.STEP_ABOVE - _PLACE] = abs(length[i] - length[max(i - 1, a)])
        out[i, col.STEP_BELOW - _PLACE] = abs(length[i] - length[min(i + 1, a + n - 1)])
        out[i, col.DOCUMENT_SENTENCES - _PLACE], out[i, col.DOCUMENT_CODE - _PLACE] = sentences, code


@jit
def fill_down(
    a: int, n: int, own: NDArray[np.float32], total: NDArray[np.float64], t: int, is_a: NDArray[np.bool_],
    out: NDArray[np.float32],
) -> None:
    """Columns about what stands above a line: distances, and the paragraphs since."""
    last = np.full(col.N_SEEN, -1000, np.int64)
    n_bylines = 0.0
    run = 0
    for i in range(n):
        r = a + i
        for k in range(col.N_SEEN):
            out[r, col.SINCE - _PLACE + k] = min(i - last[k], CAP)
        for k in range(1, col.N_SEEN):
            since = min(total[t + i, col.SUM_PARAGRAPH] - total[t + max(last[k], 0), col.SUM_PARAGRAPH], 10.0)
            out[r, col.PARAGRAPHS_SINCE - _PLACE + k - 1] = since if last[k] >= 0 else -1.0
        out[r, col.BYLINES_ABOVE - _PLACE] = min(n_bylines, 10.0)
        run = run + 1 if own[r, col.PARAGRAPH] == 0 else 0
        out[r, col.RUN_ABOVE - _PLACE] = min(run, CAP)
        out[r, col.FLAGS - _PLACE] = (
            is_a[i, col.SEEN_BYLINE] + 2 * is_a[i, col.SEEN_LINKS] + 4 * is_a[i, col.SEEN_TALK] + 8 * is_a[i, col.SEEN_FOOT]
        )
        lo = max(i - run, 0)
        here, above = t + i + 1, t + lo
        out[r, col.RUN_FURNITURE_ABOVE - _PLACE] = (
            (total[here, col.SUM_FURNITURE] - total[above, col.SUM_FURNITURE]) / (i + 1 - lo)
        )
        out[r, col.RUN_LENGTH_ABOVE - _PLACE] = (total[here, col.SUM_LENGTH] - total[above, col.SUM_LENGTH]) / (i + 1 - lo)
        n_bylines += is_a[i, col.SEEN_BYLINE]
        for k in range(col.N_SEEN):
            if is_a[i, k]:
                last[k] = i


@jit
def fill_up(
    a: int, n: int, own: NDArray[np.float32], total: NDArray[np.float64], t: int, is_a: NDArray[np.bool_],
    out: NDArray[np.float32],
) -> None:
    """Columns about what stands below a line."""
    after = np.full(col.N_SEEN, n + 1000, np.int64)
    n_bylines = 0.0
    run = 0
    for i in range(n - 1, -1, -1):
        r = a + i
        for k in range(col.N_SEEN):
            out[r, col.UNTIL - _PLACE + k] = min(after[k] - i, CAP)
        byline = after[col.SEEN_BYLINE]
        until = min(total[t + min(byline, n), col.SUM_PARAGRAPH] - total[t + i + 1, col.SUM_PARAGRAPH], 10.0)
        out[r, col.PARAGRAPHS_UNTIL_BYLINE - _PLACE] = until if byline < n else -1.0
        out[r, col.BYLINES_BELOW - _PLACE] = min(n_bylines, 10.0)
        run = run + 1 if own[r, col.PARAGRAPH] == 0 else 0
        out[r, col.RUN_BELOW - _PLACE] = min(run, CAP)
        hi = min(i + run, n)
        below, here = t + hi, t + i
        out[r, col.RUN_FURNITURE_BELOW - _PLACE] = (
            (total[below, col.SUM_FURNITURE] - total[here, col.SUM_FURNITURE]) / max(hi - i, 1)
        )
        out[r, col.RUN_LENGTH_BELOW - _PLACE] = (total[below, col.SUM_LENGTH] - total[here, col.SUM_LENGTH]) / max(hi - i, 1)
        n_bylines += is_a[i, col.SEEN_BYLINE]
        for k in range(col.N_SEEN):
            if is_a[i, k]:
                after[k] = i
