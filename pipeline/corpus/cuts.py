"""Accounts written as JSON, taken apart without an object for a row: where each row of a cut is, its lines, which come again.

The rule of this file: bytes in, places out. It reads what `pipeline.corpus.packed` describes and this package wrote: an array of
steps, whose members `cut` and `put` hold rows by reason. Two lines are equal where their JSON is. 22 MB of accounts of the crawl
take 0.1 s, where orjson and Python's rows take 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]

#: Score of a row in hundredths where it says none.
SURE = 100
_FNV, _PRIME = np.uint64(1469598103934665603), np.uint64(1099511628211)
#: Places in the table that are tried for a line: of the crawl 0.02 % of the audit hangs on those behind them.
TRIED = 16
#: Bytes of lines that came before and yet are new again between new ones: what breaks a run costs about as much, in each document
#: that has the run. The crawl with 0: .545 of its input, 12: .538, 20: .534, 30: .535, 50: .537.
AGAIN = 24


class Parts(NamedTuple):
    """Steps as they stand in accounts, one after another; -1 where a member is not there."""

    account: Ints
    start: Ints             # of the JSON of each
    end: Ints
    cut: Ints               # [parts, 2]: where the member is, its name included
    put: Ints


class Rows(NamedTuple):
    """Rows of cuts and of what was put, as they stand in accounts."""

    part: Ints
    is_put: NDArray[np.bool_]
    reason: Ints            # its place among those that were met
    first: Ints             # in the original
    score: Ints             # hundredths
    drift: Ints
    length: Ints            # of the span of the original; that of the text where the row says none
    start: Ints             # of the text without its quotes, in JSON
    end: Ints
    size: Ints              # its code points
    put_end: Ints           # after the quote of what was put


class Lines(NamedTuple):
    """Lines of cuts, in order, without their LF: where the JSON of each is, and the first that is equal."""

    start: Ints
    end: Ints
    twin: Ints


class Refs(NamedTuple):
    """What stands for the lines of each block of cuts: places in the table of lines, from 0, and how many; -1 for what is new."""

    place: Ints
    number: Ints
    end: Ints               # of each block in the two above


@jit
def skip_string(data: Bytes, i: int) -> tuple[int, int]:
    """The place after the string whose quote is at `i`, and its code points."""
    size = 0
    i += 1
    while data[i] != 34:
        if data[i] == 92:
            i += 6 if data[i + 1] == 117 else 2
            size += 1
        else:
            size += (data[i] & 0xC0) != 0x80
            i += 1
    return i + 1, size


@jit
def skip_value(data: Bytes, i: int) -> int:
    """The place after the value that begins at `i`."""
    depth = 0
    while True:
        c = data[i]
        if c == 34:
            i, _ = skip_string(data, i)
        elif c == 91 or c == 123:
            depth += 1
            i += 1
        elif c == 93 or c == 125 or c == 44:
            if depth == 0:
                return i
            depth -= c != 44
            i += 1
        else:
            i += 1
        if depth == 0 and (data[i - 1] == 93 or data[i - 1] == 125 or data[i - 1] == 34):
            return i


@jit
def read_int(data: Bytes, i: int) -> tuple[int, int]:
    """A whole number, and the place after it."""
    sign = 1
    if data[i] == 45:
        sign = -1
        i += 1
    value = 0
    while 48 <= data[i] <= 57:
        value = 10 * value + int(data[i]) - 48
        i += 1
    return sign * value, i


@jit
def read_score(data: Bytes, i: int) -> tuple[int, int]:
    """Hundredths of a number that is written with two decimals at most, and the place after it."""
    value, i = read_int(data, i)
    value *= 100
    if data[i] == 46:
        i += 1
        weight = 10
        while 48 <= data[i] <= 57:
            value += weight * (int(data[i]) - 48)
            weight //= 10
            i += 1
    return value, i


@jit
def find_reason(data: Bytes, a: int, b: int, start: Ints, end: Ints, n: int) -> int:
    """The place of a reason among those that were met; one more than these where it is new."""
    for k in range(n):
        same = end[k] - start[k] == b - a
        if same:
            for j in range(b - a):
                same &= data[start[k] + j] == data[a + j]
        if same:
            return k
    start[n], end[n] = a, b
    return n


@jit
def read_rows(data: Bytes, i: int, part: int, is_put: bool, reason: int, rows: Rows, n: int) -> tuple[int, int]:
    """The rows of one reason, whose bracket is at `i`: the place after theirs, and how many rows there are now."""
    drift = 0
    i += 1
    while data[i] == 91:
        rows.part[n], rows.is_put[n], rows.reason[n], rows.score[n] = part, is_put, reason, SURE
        rows.first[n], i = read_int(data, i + 1)
        rows.start[n] = i + 2
        i, rows.size[n] = skip_string(data, i + 1)
        rows.end[n] = i - 1
        rows.length[n] = rows.size[n]
        if is_put:
            i, _ = skip_string(data, i + 1)
        rows.put_end[n] = i
        if data[i] == 44:
            rows.score[n], i = read_score(data, i + 1)
        if data[i] == 44:
            drift, i = read_int(data, i + 1)
        if data[i] == 44:
            rows.length[n], i = read_int(data, i + 1)
        rows.drift[n] = drift
        n += 1
        i += 1
        if data[i] == 44:
            i += 1
    return i + 1, n


@jit
def read_accounts(
    data: Bytes, bounds: Ints, parts: Parts, rows: Rows, reason_start: Ints, reason_end: Ints
) -> tuple[int, int, int]:
    """Take accounts apart, each bounded by `bounds`; returns how many parts, rows and reasons there are."""
    p = n = n_reasons = 0
    for a in range(bounds.shape[0] - 1):
        i = bounds[a] + 1
        while data[i] == 123:
            parts.account[p], parts.start[p] = a, i
            parts.cut[p, 0] = parts.put[p, 0] = -1
            i += 1
            while data[i] == 34:
                key = i
                i, _ = skip_string(data, i)
                i += 1
                # `cut` and `put`; no other member of a step has three letters and ends with t.
                if i - key == 6 and data[key + 3] == 116:
                    is_put = data[key + 1] == 112
                    i += 1
                    while data[i] == 34:
                        b, _ = skip_string(data, i)
                        k = find_reason(data, i, b, reason_start, reason_end, n_reasons)
                        n_reasons = max(n_reasons, k + 1)
                        i, n = read_rows(data, b + 1, p, is_put, k, rows, n)
                        if data[i] == 44:
                            i += 1
                    i += 1
                    member = parts.put if is_put else parts.cut
                    member[p, 0], member[p, 1] = key, i
                else:
                    i = skip_value(data, i)
                if data[i] == 44:
                    i += 1
            i += 1
            parts.end[p] = i
            p += 1
            if data[i] == 44:
                i += 1
    return p, n, n_reasons


@jit
def find_blocks(data: Bytes, rows: Rows, cuts: Ints, leads: NDArray[np.bool_], whole: NDArray[np.bool_], end: Ints) -> int:
    """Cuts that follow each other without a gap, at borders of lines: `end` gets the end of each block. Returns how many there are.

    In a block that `leads` an LF stands before each line, as where a text lost its last lines; else behind each, but the last of a
    block that is not `whole`.
    """
    n, at = 0, -1
    for k in range(cuts.shape[0]):
        r = cuts[k]
        begins = rows.end[r] > rows.start[r] + 1 and data[rows.start[r]] == 92 and data[rows.start[r] + 1] == 110
        i = rows.end[r] - 2
        ends = i >= rows.start[r] and data[i + 1] == 110
        while ends and i >= rows.start[r] and data[i] == 92:
            i -= 1
        ends = ends and (rows.end[r] - i) % 2 == 1
        goes_on = n > 0 and rows.part[cuts[k - 1]] == rows.part[r] and rows.first[r] + rows.drift[r] == at
        if not (goes_on and (begins if leads[n - 1] else whole[n - 1])):
            leads[n] = begins and not ends
            n += 1
            whole[n - 1] = leads[n - 1]
        if rows.end[r] > rows.start[r]:         # a cut of nothing leaves it as it is
            whole[n - 1] = ends or leads[n - 1]
        end[n - 1] = k + 1
        at = rows.first[r] + rows.drift[r] + rows.size[r]
    return n


@jit
def split_lines(
    data: Bytes, rows: Rows, cuts: Ints, leads: NDArray[np.bool_], ends: Ints, lines: Lines, hashes: Hashes, until: Ints
) -> int:
    """The lines of cuts, in blocks; `until` gets the place behind the last line of each cut. Returns how many lines there are."""
    n = k = 0
    for b in range(ends.shape[0]):
        while k < ends[b]:
            end = rows.end[cuts[k]]
            i = begin = rows.start[cuts[k]] + (2 if leads[b] else 0)
            h = _FNV
            while i < end:
                if data[i] == 92:
                    if data[i + 1] == 110:
                        lines.start[n], lines.end[n], hashes[n] = begin, i, h
                        begin, h = i + 2, _FNV
                        n += 1
                    else:
                        h = (((h ^ np.uint64(92)) * _PRIME) ^ np.uint64(data[i + 1])) * _PRIME
                    i += 2
                else:
                    h = (h ^ np.uint64(data[i])) * _PRIME
                    i += 1
            if leads[b] or begin < end:
                lines.start[n], lines.end[n], hashes[n] = begin, end, h
                n += 1
            until[k] = n
            k += 1
    return n


@jit
def find_twins(data: Bytes, start: Ints, end: Ints, hashes: Hashes, twin: Ints) -> None:
    """For each piece the first that is equal."""
    size = 16
    while size < 2 * start.shape[0]:
        size *= 2
    table, mask = np.full(size, -1, np.int64), size - 1
    for i in range(start.shape[0]):
        at = int(hashes[i] >> np.uint64(20)) & mask
        while table[at] >= 0 and not is_same(data, start, end, table[at], i, hashes):
            at = (at + 1) & mask
        if table[at] < 0:
            table[at] = i
        twin[i] = table[at]


@jit
def is_same(data: Bytes, start: Ints, end: Ints, a: int, b: int, hashes: Hashes) -> bool:
    """Whether two pieces are equal."""
    n = end[a] - start[a]
    if hashes[a] != hashes[b] or end[b] - start[b] != n:
        return False
    same = True
    for k in range(n):
        same &= data[start[a] + k] == data[start[b] + k]
    return same


@jit
def hash_pieces(data: Bytes, start: Ints, end: Ints, hashes: Hashes) -> None:
    """A hash of each piece."""
    for r in range(start.shape[0]):
        h = _FNV
        for i in range(start[r], end[r]):
            h = (h ^ np.uint64(data[i])) * _PRIME
        hashes[r] = h


@jit
def refer(lines: Lines, from_: Ints, until: Ints, refs: Refs, table: Ints, known: Ints) -> int:
    """Give each block of lines, bounded by `from_` and `until`, what stands for it; returns how many lines the table has.

    `table` gets the lines of the table, `known` for each block how many there were before it. A block whose bounds are equal has
    no references. A line is looked for where the run before goes on, then at the first places that it has in the table, and of
    these the one that the longest run begins at.
    """
    n_lines = lines.twin.shape[0]
    head, tail = np.full(n_lines, -1, np.int64), np.full(n_lines, -1, np.int64)
    following = np.full(n_lines, -1, np.int64)      # of a place in the table the next with an equal line
    n = used = 0
    for b in range(from_.shape[0]):
        known[b] = n
        first_ref = used
        i = from_[b]
        while i < until[b]:
            own = lines.twin[i]
            is_new = used > first_ref and refs.place[used - 1] < 0      # the run before is of new lines
            if used > first_ref and not is_new:
                at, k = refs.place[used - 1] + refs.number[used - 1], 0
                while i + k < until[b] and at + k < n and table[at + k] == lines.twin[i + k]:
                    k += 1
                if k:
                    refs.number[used - 1] += k
                    i += k
                    continue
            best, best_at, at = 0, -1, head[own]
            for _ in range(TRIED):
                if at < 0:
                    break
                k = 1
                while i + k < until[b] and at + k < n and table[at + k] == lines.twin[i + k]:
                    k += 1
                if k > best:
                    best, best_at = k, at
                at = following[at]
            is_short = best > 0 and lines.end[i + best - 1] - lines.start[i] <= AGAIN
            if is_new and is_short and (i + best == until[b] or head[lines.twin[i + best]] < 0):
                best = 0
            if best:
                refs.place[used], refs.number[used] = best_at, best
                used += 1
                i += best
                continue
            if is_new:
                refs.number[used - 1] += 1
            else:
                refs.place[used], refs.number[used] = -1, 1
                used += 1
            table[n] = own
            if head[own] < 0:
                head[own] = n
            else:
                following[tail[own]] = n
            tail[own] = n
            n += 1
            i += 1
        refs.end[b] = used
    return n
