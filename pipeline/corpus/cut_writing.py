"""Hot loops of accounts as the audit holds them: rows taken apart by `pipeline.corpus.cuts`, written with lines by number.

The rule of this file: what is written is described in docs/audit.md, and `pipeline.corpus.stretch` reads it again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.cuts import SURE, Parts, Refs, Rows
from pipeline.corpus.kernels import write_digits, write_number
from pipeline.jit import jit

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Blocks(NamedTuple):
    """Rows of cuts that follow each other without a gap, in the order of the text."""

    row: Ints                       # rows of cuts in their order
    lines: Ints                     # how many each of these has
    end: Ints                       # of each block in `row`
    leads: NDArray[np.bool_]        # whether the LF of each line stands before it
    whole: NDArray[np.bool_]        # else whether the last line has one
    known: Ints                     # how many lines the table had before it


class Groups(NamedTuple):
    """Rows that put one text in place of another, those of one pair beside each other."""

    row: Ints
    pair: Ints                      # the first row of which the texts are equal


@jit
def copy(data: Bytes, a: int, b: int, out: Bytes, at: int) -> int:
    """Copy bytes; the place after them."""
    for i in range(a, b):
        out[at] = data[i]
        at += 1
    return at


@jit
def write_tail(first: int, score: int, more: tuple[int, ...], usual: int, out: Bytes, at: int) -> int:
    """A number, a score and others: at the end `usual`, then 0, is left out, and a score of 1; alone the number is no list."""
    n = 0
    for k in range(len(more)):
        if more[k] != usual:
            n = k + 1
        usual = 0
    if n == 0 and score == SURE:
        return write_number(first, out, at)
    out[at] = 91
    at = write_number(first, out, at + 1)
    out[at] = 44
    at += 1
    if score % SURE == 0:
        at = write_digits(score // SURE, out, at)
    else:
        out[at], out[at + 1], out[at + 2] = 48, 46, 48 + score // 10
        at += 3
        if score % 10:
            out[at] = 48 + score % 10
            at += 1
    for k in range(n):
        out[at] = 44
        at = write_number(more[k], out, at + 1)
    out[at] = 93
    return at + 1


@jit
def write_refs(refs: Refs, a: int, b: int, leads: bool, whole: bool, out: Bytes, at: int) -> int:
    """What stands for the lines of a block; a list where it is more than one number."""
    alone = b - a == 1 and whole and not leads and (refs.place[a] < 0 or refs.number[a] == 1)
    if not alone:
        out[at] = 91
        at += 1
    if leads:
        out[at], out[at + 1] = 48, 44
        at += 2
    for r in range(a, b):
        place, n = refs.place[r], refs.number[r]
        if place < 0:
            at = write_number(-n, out, at)
        elif n == 1:
            at = write_digits(place + 1, out, at)
        else:
            out[at] = 91
            at = write_digits(place + 1, out, at + 1)
            out[at] = 44
            at = write_digits(n, out, at + 1)
            out[at] = 93
            at += 1
        out[at] = 44
        at += 1
    if not whole:
        out[at], out[at + 1] = 48, 44
        at += 2
    if alone:
        return at - 1
    out[at - 1] = 93
    return at


@jit
def write_cuts(data: Bytes, rows: Rows, blocks: Blocks, refs: Refs, b: int, part: int, out: Bytes, at: int) -> tuple[int, int]:
    """The member `cut` of a step, whose first block is `b`; the place after it, and the next block."""
    for c in (34, 99, 117, 116, 34, 58, 91):        # "cut":[
        out[at] = c
        at += 1
    drift = 0
    while b < blocks.end.shape[0]:
        k = blocks.end[b - 1] if b else 0
        if rows.part[blocks.row[k]] != part:
            break
        out[at] = 91
        r = blocks.row[k]
        at = write_number(rows.first[r], out, at + 1)
        out[at] = 44
        at += 1
        a = refs.end[b - 1] if b else 0
        if refs.end[b] > a:
            at = write_refs(refs, a, refs.end[b], blocks.leads[b], blocks.whole[b], out, at)
        else:
            at = copy(data, rows.start[r] - 1, rows.end[r] + 1, out, at)
        for j in range(k, blocks.end[b]):
            r = blocks.row[j]
            more = blocks.lines[j], rows.drift[r] - drift, rows.length[r] - rows.size[r]
            out[at] = 44
            at = write_tail(rows.reason[r], rows.score[r], more, more[0] if j == blocks.end[b] - 1 else 1, out, at + 1)
            drift = rows.drift[r]
        out[at], out[at + 1] = 93, 44
        at += 2
        b += 1
    out[at - 1] = 93
    return at, b


@jit
def write_puts(
    data: Bytes, rows: Rows, groups: Groups, reason_start: Ints, reason_end: Ints, k: int, part: int, out: Bytes, at: int
) -> tuple[int, int]:
    """The member `put` of a step, whose first row is at `k`; the place after it, and that of the next row."""
    for c in (34, 112, 117, 116, 34, 58, 123):      # "put":{
        out[at] = c
        at += 1
    reason = pair = -1
    before = drift = 0
    while k < groups.row.shape[0] and rows.part[groups.row[k]] == part:
        r = groups.row[k]
        if rows.reason[r] != reason or groups.pair[k] != pair:
            if pair >= 0:
                out[at - 1], out[at], out[at + 1] = 93, 93, 44      # ]],
                at += 2
            if rows.reason[r] != reason:
                if reason >= 0:
                    out[at - 1], out[at] = 93, 44                   # ],
                    at += 1
                reason = rows.reason[r]
                at = copy(data, reason_start[reason], reason_end[reason], out, at)
                out[at], out[at + 1] = 58, 91
                at += 2
            pair = groups.pair[k]
            out[at] = 91
            at = copy(data, rows.start[r] - 1, rows.put_end[r], out, at + 1)
            out[at], out[at + 1] = 44, 91
            at += 2
            before = drift = 0
        more = rows.drift[r] - drift, rows.length[r] - rows.size[r]
        at = write_tail(rows.first[r] - before, rows.score[r], more, 0, out, at)
        out[at] = 44
        at += 1
        before, drift = rows.first[r], rows.drift[r]
        k += 1
    out[at - 1], out[at], out[at + 1], out[at + 2] = 93, 93, 93, 125     # ]]]}
    return at + 3, k


@jit
def write_accounts(
    data: Bytes, n_accounts: int, parts: Parts, rows: Rows, blocks: Blocks, groups: Groups, refs: Refs, reason_start: Ints,
    reason_end: Ints, new: Ints, out: Bytes, bounds: Ints
) -> None:
    """Accounts with lines by number, bounded by `bounds`; behind one the number of its first new line, where `new` has one."""
    at = p = b = k = 0
    for a in range(n_accounts):
        out[at] = 91
        at += 1
        while p < parts.start.shape[0] and parts.account[p] == a:
            i = parts.start[p]
            cut_first = parts.put[p, 0] < 0 or parts.cut[p, 0] < parts.put[p, 0]
            for turn in range(2):
                if (turn == 0) == cut_first:
                    if parts.cut[p, 0] >= 0:
                        at = copy(data, i, parts.cut[p, 0], out, at)
                        at, b = write_cuts(data, rows, blocks, refs, b, p, out, at)
                        i = parts.cut[p, 1]
                elif parts.put[p, 0] >= 0:
                    at = copy(data, i, parts.put[p, 0], out, at)
                    at, k = write_puts(data, rows, groups, reason_start, reason_end, k, p, out, at)
                    i = parts.put[p, 1]
            at = copy(data, i, parts.end[p], out, at)
            out[at] = 44
            at += 1
            p += 1
        if out[at - 1] == 44:
            out[at - 1] = 93
        else:
            out[at] = 93
            at += 1
        if new[a]:
            for c in (44, 34, 110, 101, 119, 34, 58):       # ,"new":
                out[at] = c
                at += 1
            at = write_digits(new[a], out, at)
        bounds[a + 1] = at


@jit
def write_lines(data: Bytes, start: Ints, end: Ints, out: Bytes) -> None:
    """Lines, an LF behind each, as they stand in a string."""
    at = 0
    for k in range(start.shape[0]):
        at = copy(data, start[k], end[k], out, at)
        out[at], out[at + 1] = 92, 110
        at += 2
