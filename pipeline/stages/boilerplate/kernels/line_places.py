"""Features of where a line stands: its neighbours, the paragraphs around it, the headings and bylines above and below.

The rule of this file: a bounded number of steps per line, by running totals over the lines of a document.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.stages.boilerplate.kernels import columns as col

#: Lines on either side that a window covers; distances in lines are cut at CAP, beyond which a line is simply far away. The
#: weights were trained with these.
NEAR, FAR = 4, 12
CAP = 30.0
#: Logs of canonical characters: a line of furniture has less than SHORT, the heading of a list less than HEADING (60 and 15).
SHORT, HEADING = 4.1, 2.8


@jit
def fill_neighbour(
    own: NDArray[np.float32], share: NDArray[np.float32], j: int, a: int, b: int, row: NDArray[np.float32], at: int
) -> int:
    """What the line `j` is, seen from beside it; -1 where the document ends."""
    if j < a or j >= b:
        row[at:at + col.N_NEIGHBOUR] = -1
    else:
        row[at + col.NEAR_LENGTH] = own[j, col.FOLDED_LENGTH]
        row[at + col.NEAR_ENDS_SENTENCE] = own[j, col.ENDS_SENTENCE]
        row[at + col.NEAR_FURNITURE] = own[j, col.FURNITURE]
        row[at + col.NEAR_DATED] = own[j, col.N_DATES] + own[j, col.N_TIMES]
        row[at + col.NEAR_PARAGRAPH] = own[j, col.PARAGRAPH]
        row[at + col.NEAR_ECHO] = own[j, col.ECHO]
        row[at + col.NEAR_RECURS] = own[j, col.SAME_TEXT] + own[j, col.SAME_SHAPE]
        row[at + col.NEAR_BYLINE] = share[j - a, col.BYLINES]
        row[at + col.NEAR_TALK] = share[j - a, col.TALK]
        row[at + col.NEAR_NUMBER_RUN] = own[j, col.NUMBER_RUN]
    return at + col.N_NEIGHBOUR


@jit
def fill_window(total: NDArray[np.float64], lo: int, hi: int, row: NDArray[np.float32], at: int) -> int:
    """Means over the lines [lo, hi) of the first N_WINDOW totals."""
    n = max(hi - lo, 1)
    for k in range(col.N_WINDOW):
        row[at + k] = (total[hi, k] - total[lo, k]) / n
    return at + col.N_WINDOW


@jit
def place_lines(
    first: NDArray[np.int64], own: NDArray[np.float32], cover: NDArray[np.float32], marks: NDArray[np.int8],
    group: NDArray[np.int8], total: NDArray[np.float64], shares: NDArray[np.float32], out: NDArray[np.float32],
) -> None:
    """Fill the columns of `out` [n, N_PLACE] from PLACE on for the lines of each document, bounded by `first` [documents + 1].

    `group` maps a kind to BYLINES, LINKS (the head of a list of them), TALK (comments and replies), FOOT or NO_GROUP.
    What `fill_beside` makes the other columns of is kept: running totals in `total` [n + documents, N_TOTALS], one row more a
    document than it has lines, and in `shares` [n, N_GROUPS] what phrases of each group cover.
    """
    for doc in range(first.shape[0] - 1):
        a, b = first[doc], first[doc + 1]
        if b > a:
            place_document(a, b, own, cover, marks, group, total[a + doc:b + doc + 1], shares[a:b], out)


@jit
def fill_beside(
    which: NDArray[np.int64], docs: NDArray[np.int64], first: NDArray[np.int64], own: NDArray[np.float32],
    total: NDArray[np.float64], shares: NDArray[np.float32], out: NDArray[np.float32],
) -> None:
    """Fill the columns before PLACE for some lines, which rise: row k of `out` is line `which[k]`, of document `docs[k]`."""
    for k in range(which.shape[0]):
        a, b = first[docs[k]], first[docs[k] + 1]
        i, row, at = which[k] - a, out[k], 0
        sums, n = total[a + docs[k]:b + docs[k] + 1], b - a
        for d in col.BESIDE:
            at = fill_neighbour(own, shares[a:b], which[k] + d, a, b, row, at)
        at = fill_window(sums, max(i - NEAR, 0), i, row, at)
        at = fill_window(sums, i + 1, min(i + 1 + NEAR, n), row, at)
        at = fill_window(sums, max(i - FAR, 0), i, row, at)
        at = fill_window(sums, i + 1, min(i + 1 + FAR, n), row, at)


@jit
def place_document(
    a: int, b: int, own: NDArray[np.float32], cover: NDArray[np.float32], marks: NDArray[np.int8],
    group: NDArray[np.int8], total: NDArray[np.float64], shares: NDArray[np.float32], out: NDArray[np.float32],
) -> None:
    """`place_lines` for one document."""
    n = b - a
    total[0] = 0
    is_a = np.zeros((n, col.N_SEEN), np.bool_)
    shares[:] = 0
    for i in range(n):
        look_at(own[a + i], cover[a + i], marks[a + i], group, shares[i], is_a[i])
        add_totals(own[a + i], shares[i], is_a[i], total[i], total[i + 1])
    fill_down(a, n, own, total, is_a, out)
    fill_up(a, n, own, total, is_a, out)
    for i in range(n):
        fill_here(i, n, own[a:b], total, out[a + i])


@jit
def look_at(
    own: NDArray[np.float32], cover: NDArray[np.float32], marks: NDArray[np.int8], group: NDArray[np.int8],
    share: NDArray[np.float32], is_a: NDArray[np.bool_],
) -> None:
    """What phrases of each group cover of one line, and which of the five things seen from other lines it is."""
    for k in range(group.shape[0]):
        share[group[k]] += cover[k]
    opening = group[marks[col.OPENING]] if marks[col.OPENING] >= 0 else col.NO_GROUP
    whole = group[marks[col.WHOLE]] if marks[col.WHOLE] >= 0 else col.NO_GROUP
    short = own[col.FOLDED_LENGTH] < SHORT
    dated = own[col.N_DATES] > 0
    byline = share[col.BYLINES] > 0.35 or (share[col.BYLINES] > 0 and dated) or (dated and own[col.N_TIMES] > 0)
    links = whole == col.LINKS or (opening == col.LINKS and own[col.FOLDED_LENGTH] < HEADING)
    is_a[col.SEEN_PARAGRAPH] = own[col.PARAGRAPH] > 0
    is_a[col.SEEN_BYLINE], is_a[col.SEEN_LINKS] = short and byline, short and links
    is_a[col.SEEN_TALK], is_a[col.SEEN_FOOT] = short and share[col.TALK] > 0.5, share[col.FOOT] > 0.3


@jit
def add_totals(
    own: NDArray[np.float32], share: NDArray[np.float32], is_a: NDArray[np.bool_], before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> None:
    """The running totals after one line."""
    after[col.SUM_PARAGRAPH] = before[col.SUM_PARAGRAPH] + own[col.PARAGRAPH]
    after[col.SUM_FURNITURE] = before[col.SUM_FURNITURE] + own[col.FURNITURE]
    after[col.SUM_LENGTH] = before[col.SUM_LENGTH] + own[col.FOLDED_LENGTH]
    after[col.SUM_SHAPE] = before[col.SUM_SHAPE] + own[col.SAME_SHAPE]
    after[col.SUM_ENDS_SENTENCE] = before[col.SUM_ENDS_SENTENCE] + own[col.ENDS_SENTENCE]
    after[col.SUM_CODE] = before[col.SUM_CODE] + own[col.CODE_SHARE]
    after[col.SUM_TALK] = before[col.SUM_TALK] + share[col.TALK]
    after[col.SUM_ECHO] = before[col.SUM_ECHO] + own[col.ECHO]
    after[col.SUM_BODY] = before[col.SUM_BODY] + own[col.PARAGRAPH] * np.expm1(own[col.FOLDED_LENGTH])
    after[col.SUM_FOOT] = before[col.SUM_FOOT] + is_a[col.SEEN_FOOT]


@jit
def fill_here(i: int, n: int, own: NDArray[np.float32], total: NDArray[np.float64], row: NDArray[np.float32]) -> None:
    """Columns about the place of a line in its document and about the document."""
    whole = total[n]
    body = max(whole[col.SUM_BODY], 1.0)
    row[col.PLACE] = i / n
    row[col.N_ABOVE], row[col.N_BELOW] = min(i, 60), min(n - 1 - i, 60)
    row[col.BODY_ABOVE] = total[i, col.SUM_BODY] / body
    row[col.BODY_BELOW] = (whole[col.SUM_BODY] - total[i + 1, col.SUM_BODY]) / body
    row[col.DOCUMENT_LINES], row[col.DOCUMENT_BODY] = np.log1p(n), np.log1p(whole[col.SUM_BODY])
    row[col.DOCUMENT_PARAGRAPHS], row[col.DOCUMENT_FURNITURE] = whole[col.SUM_PARAGRAPH] / n, whole[col.SUM_FURNITURE] / n
    row[col.DOCUMENT_LENGTH] = whole[col.SUM_LENGTH] / n
    row[col.FOOT_ABOVE] = min(total[i, col.SUM_FOOT], 6.0)
    row[col.FOOT_BELOW] = min(whole[col.SUM_FOOT] - total[i + 1, col.SUM_FOOT], 6.0)
    row[col.STEP_ABOVE] = abs(own[i, col.FOLDED_LENGTH] - own[max(i - 1, 0), col.FOLDED_LENGTH])
    row[col.STEP_BELOW] = abs(own[i, col.FOLDED_LENGTH] - own[min(i + 1, n - 1), col.FOLDED_LENGTH])
    row[col.DOCUMENT_SENTENCES], row[col.DOCUMENT_CODE] = whole[col.SUM_ENDS_SENTENCE] / n, whole[col.SUM_CODE] / n


@jit
def fill_down(
    a: int, n: int, own: NDArray[np.float32], total: NDArray[np.float64], is_a: NDArray[np.bool_], out: NDArray[np.float32]
) -> None:
    """Columns about what stands above a line: distances, and the paragraphs since."""
    last = np.full(col.N_SEEN, -1000, np.int64)
    n_bylines = 0.0
    run = 0
    for i in range(n):
        row = out[a + i]
        for k in range(col.N_SEEN):
            row[col.SINCE + k] = min(i - last[k], CAP)
        for k in range(1, col.N_SEEN):
            since = min(total[i, col.SUM_PARAGRAPH] - total[max(last[k], 0), col.SUM_PARAGRAPH], 10.0)
            row[col.PARAGRAPHS_SINCE + k - 1] = since if last[k] >= 0 else -1.0
        row[col.BYLINES_ABOVE] = min(n_bylines, 10.0)
        run = run + 1 if own[a + i, col.PARAGRAPH] == 0 else 0
        row[col.RUN_ABOVE] = min(run, CAP)
        row[col.FLAGS] = (
            is_a[i, col.SEEN_BYLINE] + 2 * is_a[i, col.SEEN_LINKS] + 4 * is_a[i, col.SEEN_TALK] + 8 * is_a[i, col.SEEN_FOOT]
        )
        lo = max(i - run, 0)
        row[col.RUN_FURNITURE_ABOVE] = (total[i + 1, col.SUM_FURNITURE] - total[lo, col.SUM_FURNITURE]) / (i + 1 - lo)
        row[col.RUN_LENGTH_ABOVE] = (total[i + 1, col.SUM_LENGTH] - total[lo, col.SUM_LENGTH]) / (i + 1 - lo)
        n_bylines += is_a[i, col.SEEN_BYLINE]
        for k in range(col.N_SEEN):
            if is_a[i, k]:
                last[k] = i


@jit
def fill_up(
    a: int, n: int, own: NDArray[np.float32], total: NDArray[np.float64], is_a: NDArray[np.bool_], out: NDArray[np.float32]
) -> None:
    """Columns about what stands below a line."""
    after = np.full(col.N_SEEN, n + 1000, np.int64)
    n_bylines = 0.0
    run = 0
    for i in range(n - 1, -1, -1):
        row = out[a + i]
        for k in range(col.N_SEEN):
            row[col.UNTIL + k] = min(after[k] - i, CAP)
        byline = after[col.SEEN_BYLINE]
        until = min(total[min(byline, n), col.SUM_PARAGRAPH] - total[i + 1, col.SUM_PARAGRAPH], 10.0)
        row[col.PARAGRAPHS_UNTIL_BYLINE] = until if byline < n else -1.0
        row[col.BYLINES_BELOW] = min(n_bylines, 10.0)
        run = run + 1 if own[a + i, col.PARAGRAPH] == 0 else 0
        row[col.RUN_BELOW] = min(run, CAP)
        hi = min(i + run, n)
        row[col.RUN_FURNITURE_BELOW] = (total[hi, col.SUM_FURNITURE] - total[i, col.SUM_FURNITURE]) / max(hi - i, 1)
        row[col.RUN_LENGTH_BELOW] = (total[hi, col.SUM_LENGTH] - total[i, col.SUM_LENGTH]) / max(hi - i, 1)
        n_bylines += is_a[i, col.SEEN_BYLINE]
        for k in range(col.N_SEEN):
            if is_a[i, k]:
                after[k] = i
