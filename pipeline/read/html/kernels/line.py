"""The line that is open: text is added to it, and it ends folded, as a browser draws it."""

from __future__ import annotations

import numpy as np

from pipeline.jit import jit_within
from pipeline.read.html.kernels.columns import (
    A_DEPTH,
    A_KIND,
    A_LEVEL,
    A_REGION,
    A_TOKEN,
    APART,
    BEGUN,
    DEEPEST,
    DEPTH,
    END,
    FLAG,
    FLAGS,
    FURNITURE,
    GAP,
    I_LINE,
    L_DEPTH,
    L_FLAGS,
    L_KIND,
    L_LEVEL,
    L_LINK,
    L_REGION,
    L_SHARED,
    L_TOKEN,
    LINK,
    LINKED,
    MOST_LINKED,
    N_BYTES,
    N_LINES,
    N_OUT,
    PLAIN,
    PLAIN_TEXT,
    PRE,
    SHALLOW,
    SHARED,
    TOKEN_BITS,
    WORDS,
    Bytes,
    Ints,
    Rows,
)

__all__ = ["add", "add_byte", "end_line", "is_space"]

# Bytes that are added by themselves; no literals, for each of which numba would compile what takes it anew.
_APART, _BLANK = np.array([APART, 32])


@jit_within
def add(data: Bytes, at: int, end: int, line: Bytes, now: Ints, open_: Ints) -> None:
    """Add text to the line that is open."""
    n, flags = now[N_BYTES], open_[now[DEPTH], FLAGS]
    if not flags & PRE:
        first, broken = at, False
        while first < end and is_space(data[first]):
            broken = broken or data[first] == 10 or data[first] == 13
            first += 1
        if first == end:        # nothing but white space between two tags
            if n:
                add_byte(line, _APART if broken else _BLANK, now, open_)
            return
    while at < end:
        byte = data[at]
        at += 1
        if byte == 38 and not flags & PLAIN_TEXT:      # &amp; &lt; &gt; &nbsp;
            after = data[at]
            if after == 97:
                at += 4
            elif after == 110:
                at += 5
                line[n] = 0xC2
                n += 1
                byte = 0xA0
            else:
                byte = 60 if after == 108 else 62
                at += 3
        line[n] = byte
        n += 1
    _take(line, n, now, open_)


@jit_within
def add_byte(line: Bytes, which: int, now: Ints, open_: Ints) -> None:
    """Add one character."""
    line[now[N_BYTES]] = which
    _take(line, now[N_BYTES] + 1, now, open_)


@jit_within
def _take(line: Bytes, n: int, now: Ints, open_: Ints) -> None:
    """Make the bytes up to `n` part of the line that is open, and count its characters in links and outside them."""
    begin, flags = now[N_BYTES], open_[now[DEPTH], FLAGS]
    n_bare = _count_bare(line, begin, n)
    if n_bare == 0:
        if begin == 0:
            if not flags & PRE and _is_blank(line, n):
                return
            _look_around(now, open_)
        now[N_BYTES] = n
        return
    if not now[LINKED] and not now[PLAIN]:
        _look_around(now, open_)
    if flags & LINK:
        if now[LINKED] and not now[PLAIN] and not _ends_blank(line, begin):
            for k in range(n, begin, -1):
                line[k] = line[k - 1]
            line[begin] = GAP
            n += 1
        now[LINKED] += n_bare
    else:
        now[PLAIN] += n_bare
    now[N_BYTES] = n


@jit_within
def _look_around(now: Ints, open_: Ints) -> None:
    """Note what is around the line that is open."""
    around = open_[now[DEPTH]]
    for n in range(A_DEPTH - FLAG):
        now[FLAG + n] = around[FLAGS + n]
    now[A_DEPTH] = now[DEPTH]
    now[SHARED] = min(now[SHARED], now[SHALLOW], now[DEPTH])
    now[SHALLOW] = now[DEPTH]


@jit_within
def is_space(byte: int) -> bool:
    """White space of HTML, and what stands for it."""
    return byte == 255 or byte == 32 or byte == 10 or byte == 9 or byte == 13 or byte == 12


@jit_within
def _is_blank(line: Bytes, n: int) -> bool:
    for k in range(n):      # noqa: SIM110
        if not is_space(line[k]):
            return False
    return True


@jit_within
def _count_bare(line: Bytes, begin: int, end: int) -> int:
    """Characters between those at both ends that draw a menu and say nothing: white space and | · • > » / - — 、"""
    while begin < end:
        n = _drawn(line, begin, end)
        if not n:
            break
        begin += n
    while end > begin:
        n = 1
        while n < 3 and end - n > begin and (line[end - n] & 0xC0) == 0x80:
            n += 1
        if _drawn(line, end - n, end) != n:
            break
        end -= n
    count = 0
    for k in range(begin, end):
        count += (line[k] & 0xC0) != 0x80
    return count


@jit_within
def _drawn(line: Bytes, at: int, end: int) -> int:
    """How many bytes a character that draws a menu has; 0 for another one."""
    byte = line[at]
    if byte < 0x80 or byte == APART:
        return int(is_space(byte) or byte == 124 or byte == 62 or byte == 47 or byte == 45)
    if byte == 0xC2 and at + 1 < end:       # · »
        return 2 if line[at + 1] == 0xB7 or line[at + 1] == 0xBB else 0
    if byte == 0xE2 and at + 2 < end:       # • —
        return 3 if line[at + 1] == 0x80 and (line[at + 2] == 0xA2 or line[at + 2] == 0x94) else 0
    return 3 if byte == 0xE3 and at + 2 < end and line[at + 1] == 0x80 and line[at + 2] == 0x81 else 0     # 、


@jit_within
def _white(line: Bytes, at: int, end: int) -> int:
    """How many bytes a character of white space of Unicode that begins at `at` has; 0 for another one."""
    byte = line[at]
    if byte < 0x80:
        return int(byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31)
    if byte == APART:
        return 1
    if byte == 0xC2 and at + 1 < end:
        return 2 if line[at + 1] == 0x85 or line[at + 1] == 0xA0 else 0
    if at + 2 >= end:
        return 0
    second, third = line[at + 1], line[at + 2]
    if byte == 0xE2 and second == 0x80:
        return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
    if byte == 0xE2:
        return 3 if second == 0x81 and third == 0x9F else 0
    return 3 if (byte == 0xE3 and second == 0x80 and third == 0x80) or (byte == 0xE1 and second == 0x9A and third == 0x80) else 0


@jit_within
def _ends_blank(line: Bytes, end: int) -> bool:
    """Whether the last character is white space."""
    for n in range(1, min(4, end + 1)):
        if (line[end - n] & 0xC0) != 0x80:
            return _white(line, end - n, end) == n
    return False


@jit_within
def end_line(line: Bytes, out: Bytes, now: Ints, rows: Rows, items: Rows) -> None:
    """End the line that is open, if it holds anything."""
    n, linked, plain = now[N_BYTES], now[LINKED], now[PLAIN]
    if n == 0:
        return
    begin = now[N_OUT]
    begin += begin > 0
    end = begin
    if now[FLAG] & PRE:
        for k in range(n):
            if line[k] != GAP or not plain:
                out[end] = 32 if line[k] == GAP else line[k]
                end += 1
    else:
        end = _fold(line, n, plain, out, begin)
    now[N_BYTES] = now[LINKED] = now[PLAIN] = 0
    if end == begin:
        return
    if begin:
        out[begin - 1] = 10
    row = rows[now[N_LINES]]
    share = 255 * linked // (linked + plain) if linked else 0
    token = now[A_TOKEN]
    row[END], row[L_KIND], row[L_LEVEL], row[L_REGION], row[L_FLAGS] = end, now[A_KIND], now[A_LEVEL], now[A_REGION], now[FLAG]
    row[L_TOKEN], row[L_LINK] = (token | token >> TOKEN_BITS | token >> 2 * TOKEN_BITS) & WORDS, share
    row[L_DEPTH], row[L_SHARED] = min(now[A_DEPTH], 255), min(now[SHARED], now[A_DEPTH], 255)
    now[SHARED] = DEEPEST
    if now[BEGUN] >= 0 and not now[FLAG] & PRE:
        if share < MOST_LINKED and not now[A_REGION] & FURNITURE:
            items[now[BEGUN], I_LINE] = now[N_LINES]
        now[BEGUN] = -1
    now[N_OUT] = end
    now[N_LINES] += 1


@jit_within
def _fold(line: Bytes, n: int, plain: int, out: Bytes, begin: int) -> int:
    """Write a line with its white space folded: where it ends in `out`.

    A row of links and nothing else is a menu, drawn with gaps; in a sentence links stand as they are. A line break of the source
    between two characters of East Asia is none, unless it stands alone between two tags.
    """
    ascii_ = True
    for k in range(n):
        ascii_ = ascii_ and (line[k] < 0x80 or line[k] == APART)
    at, end = 0, begin
    while at < n:
        byte = line[at]
        if byte == GAP and plain:
            at += 1
            continue
        if not (byte == GAP or is_space(byte) or (ascii_ and _white(line, at, n))):
            out[end] = byte
            end += 1
            at += 1
            continue
        broken, joins = False, True
        while at < n and (line[at] == GAP or is_space(line[at]) or (ascii_ and _white(line, at, n))):
            byte = line[at]
            broken = broken or byte == 10 or byte == 13
            joins = joins and byte != 12 and (byte <= 13 or byte == 32)
            at += 1
        if not (broken and joins and end - begin >= 3 and at + 2 < n and _is_wide(out, end - 3) and _is_wide(line, at)):
            out[end] = 32
            end += 1
    while end > begin and _ends_blank(out[begin:end], end - begin):     # what folding leaves at the ends
        end -= 1
        while (out[end] & 0xC0) == 0x80:
            end -= 1
    first, size = begin, 1
    while first < end and size:
        size = _white(out, first, end)
        first += size
    for k in range(first, end if first > begin else 0):
        out[begin + k - first] = out[k]
    return end - (first - begin)


@jit_within
def _is_wide(text: Bytes, at: int) -> bool:
    """Whether a character of three bytes that begins at `at` is of East Asia: U+2E80 to U+9FFF, U+FF00 to U+FFEF."""
    first, second = text[at], text[at + 1]
    if 0xE3 <= first <= 0xE9 or (first == 0xE2 and second >= 0xBA):
        return True
    return bool(first == 0xEF and (0xBC <= second <= 0xBE or (second == 0xBF and text[at + 2] < 0xB0)))
