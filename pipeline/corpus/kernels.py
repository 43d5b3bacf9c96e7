"""Hot loops of the account: edits to the rows of `pipeline.corpus.packed`, and rows to JSON.

The rule of this file: what `packed.pack` and orjson do for one document, for the columns of a batch, byte for byte.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

Ints = NDArray[np.int64]
Points = NDArray[np.uint32]
Bytes = NDArray[np.uint8]

#: Kinds of rows, in the order of `packed.COLUMNS`.
CUT, PUT, CHARS = 0, 1, 2
#: What a row ends with: its score, its drift too, its length too.
DRIFT, LENGTH = 2, 3
#: Bytes of a row beside its texts, at most: three numbers of 20 digits, a score, brackets, commas, quotes.
ROW_BYTES = 100
#: Bytes of a code point in JSON at most: an escape.
POINT_BYTES = 6


class Rows(NamedTuple):
    """Rows as columns, room for as many as there are edits; `shown` holds what they show, end to end."""

    edit: Ints              # the first of the edits that it stands for: its document, reason and what it puts
    kind: Ints
    start: Ints             # in the text that the stage saw
    first: Ints
    last: Ints
    score: NDArray[np.float64]
    shown: Points
    shown_end: Ints
    odd: NDArray[np.bool_]      # it does not come after the row before it: two insertions at one place


@jit
def is_told(taken: Points, t: int, put: Points, p: int, n: int, same: int) -> bool:
    """Whether `same` can stand for the characters that stay without a doubt: none is taken as such and replaced."""
    told = True
    for k in range(n):
        told &= taken[t + k] != same or put[p + k] == same
    return told


@jit
def gather_rows(
    doc: Ints, start: Ints, first: Ints, last: Ints, reason: Ints, score: NDArray[np.float64], taken: Points, taken_ends: Ints,
    put: Points, put_ends: Ints, same: int, bridge: int, rows: Rows,
) -> int:
    """Merge cuts that touch, bridge small gaps between rows of kind CHARS; returns how many rows there are."""
    edit, kinds, begin, row_first, row_last, row_score, shown, shown_end, odd = rows
    r, used = -1, 0
    before_start, before_end = -1, -1
    for i in range(doc.shape[0]):
        t = taken_ends[i - 1] if i else 0
        p = put_ends[i - 1] if i else 0
        n, n_put = taken_ends[i] - t, put_ends[i] - p
        kind = PUT
        if n_put == 0:
            kind = CUT
        elif n_put == n and is_told(taken, t, put, p, n, same):
            kind = CHARS
        alike = r >= 0 and doc[edit[r]] == doc[i] and kinds[r] == kind and reason[edit[r]] == reason[i]
        if alike and kind == CUT and begin[r] + used - (shown_end[r - 1] if r else 0) == start[i]:
            row_first[r], row_last[r] = min(row_first[r], first[i]), max(row_last[r], last[i])
            row_score[r] = min(row_score[r], score[i])
            before_end = start[i] + n
        else:
            is_odd = r >= 0 and doc[edit[r]] == doc[i] and (
                before_start > start[i] or (before_start == start[i] and before_end >= start[i] + n))
            before_start, before_end = start[i], start[i] + n
            gap = start[i] - begin[r] - used + (shown_end[r - 1] if r > 0 else 0) if alike else bridge + 1
            if kind == CHARS and gap <= bridge and score[i] == row_score[r] and first[i] - row_last[r] == gap and not is_odd:
                for _ in range(gap):
                    shown[used] = same
                    used += 1
                row_last[r] = last[i]
            else:
                r += 1
                edit[r], kinds[r], begin[r], odd[r] = i, kind, start[i], is_odd
                row_first[r], row_last[r], row_score[r] = first[i], last[i], score[i]
        for k in range(n):
            shown[used] = same if kind == CHARS and taken[t + k] == put[p + k] else taken[t + k]
            used += 1
        shown_end[r] = used
    return r + 1


@jit
def write_digits(value: int, out: Bytes, at: int) -> int:
    """Decimal digits of a number that is not negative; the place after them."""
    n, rest = 1, value // 10
    while rest:
        n += 1
        rest //= 10
    for k in range(n - 1, -1, -1):
        out[at + k] = 48 + value % 10
        value //= 10
    return at + n


@jit
def write_number(value: int, out: Bytes, at: int) -> int:
    """Decimal digits; the place after them."""
    if value < 0:
        out[at] = 45
        at += 1
        value = -value
    return write_digits(value, out, at)


@jit
def write_string(points: Points, a: int, b: int, out: Bytes, at: int) -> int:
    """A JSON string as orjson writes it, with U+0085, U+2028 and U+2029 escaped; the place after it."""
    out[at] = 34
    at += 1
    for i in range(a, b):
        c = int(points[i])
        if c < 0x80:
            short = 0
            if c == 34 or c == 92:
                short = c
            elif c < 32:
                short = 98 if c == 8 else 116 if c == 9 else 110 if c == 10 else 102 if c == 12 else 114 if c == 13 else 1
            if short > 1:
                out[at], out[at + 1] = 92, short
                at += 2
            elif short:
                at = write_escape(c, out, at)
            else:
                out[at] = c
                at += 1
        elif c == 0x85 or c == 0x2028 or c == 0x2029:
            at = write_escape(c, out, at)
        elif c < 0x800:
            out[at], out[at + 1] = 0xC0 | c >> 6, 0x80 | c & 63
            at += 2
        elif c < 0x10000:
            out[at], out[at + 1], out[at + 2] = 0xE0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63
            at += 3
        else:
            out[at], out[at + 1], out[at + 2], out[at + 3] = 0xF0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63
            at += 4
    out[at] = 34
    return at + 1


@jit
def write_escape(c: int, out: Bytes, at: int) -> int:
    """An escape of four hexadecimal digits; the place after it."""
    out[at], out[at + 1] = 92, 117
    for k in range(4):
        digit = c >> (12 - 4 * k) & 15
        out[at + 2 + k] = 48 + digit if digit < 10 else 87 + digit
    return at + 6


@jit
def write_rows(
    order: Ints, rows: Rows, put: Points, put_ends: Ints, shows: NDArray[np.int8], hundredths: Ints, scores: Bytes, out: Bytes,
    ends: Ints,
) -> None:
    """The rows in this order as JSON, a comma behind each; `ends` gets the place behind that.

    `shows` says how many of score, drift and length each row ends with; `scores` [102, 5] holds the text of each hundredth.
    """
    at = 0
    for k in range(order.shape[0]):
        r = order[k]
        out[at] = 91
        at = write_number(rows.first[r], out, at + 1)
        out[at] = 44
        at = write_string(rows.shown, rows.shown_end[r - 1] if r else 0, rows.shown_end[r], out, at + 1)
        if rows.kind[r] == PUT:
            e = rows.edit[r]
            out[at] = 44
            at = write_string(put, put_ends[e - 1] if e else 0, put_ends[e], out, at + 1)
        if shows[k] > 0:
            out[at] = 44
            at += 1
            for j in range(5):
                if scores[hundredths[r], j]:
                    out[at] = scores[hundredths[r], j]
                    at += 1
        if shows[k] > 1:
            out[at] = 44
            at = write_number(rows.start[r] - rows.first[r], out, at + 1)
        if shows[k] > 2:
            out[at] = 44
            at = write_number(rows.last[r] - rows.first[r], out, at + 1)
        out[at], out[at + 1] = 93, 44
        at += 2
        ends[k] = at
