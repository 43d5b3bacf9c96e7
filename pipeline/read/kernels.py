"""Lines of a file that may be in another charset than the file, in one pass over its bytes and one over its characters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit, jit_within

__all__ = ["BYTES", "BYTES_END", "CHARACTERS", "CHARACTERS_END", "COSTS", "N_COLUMNS", "find_odd_lines"]

#: Columns of a line that is found: where its bytes begin and end, and its characters, and whether these cost too much.
BYTES, BYTES_END, CHARACTERS, CHARACTERS_END, COSTS, N_COLUMNS = range(6)


@jit
def find_odd_lines(
    data: NDArray[np.uint8], points: NDArray[np.uint32], costs: NDArray[np.float32], costly: float, foreign: bool,
    out: NDArray[np.int64],
) -> tuple[int, int]:
    """Lines that hold more than ASCII, and of these what is not ASCII costs more than `costly` a character, or is U+FFFD, or, in
    a file that is not UTF-8 (`foreign`), are strict UTF-8: into `out` [lines, N_COLUMNS]. How many hold more than ASCII, and how
    many are odd.

    `points` are the characters of `data`, with as many line feeds.
    """
    n_high = n_odd = 0
    at = begin = first = 0
    while begin <= len(data):
        end, n, strict = begin, 0, True
        while end < len(data) and data[end] != 10:
            if data[end] < 0x80:
                end += 1
                continue
            n += 1
            size = measure_character(data, end) if foreign and strict else 0
            strict = strict and size > 0
            end += max(size, 1)
        nats, count, bad = 0.0, 0, False
        while at < len(points) and points[at] != 10:
            p = points[at]
            if p > 0x7F:
                nats += costs[p]
                count += 1
                bad = bad or p == 0xFFFD
            at += 1
        if n:
            n_high += 1
            costs_much = nats > costly * count or bad
            if costs_much or (foreign and strict):
                out[n_odd, BYTES], out[n_odd, BYTES_END], out[n_odd, CHARACTERS], out[n_odd, CHARACTERS_END] = begin, end, first, at
                out[n_odd, COSTS] = costs_much
                n_odd += 1
        at += 1
        first, begin = at, end + 1
    return n_high, n_odd


@jit_within
def measure_character(data: NDArray[np.uint8], at: int) -> int:
    """How many bytes a character of UTF-8 beyond ASCII that begins at `at` has; 0 where none does."""
    n, lead = len(data), data[at]
    low, high = 0x80, 0xBF
    if lead < 0xC2 or lead > 0xF4:
        return 0
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + size > n:
        return 0
    if lead == 0xE0:
        low = 0xA0
    elif lead == 0xED:
        high = 0x9F
    elif lead == 0xF0:
        low = 0x90
    elif lead == 0xF4:
        high = 0x8F
    if not low <= data[at + 1] <= high:
        return 0
    for k in range(2, size):
        if not 0x80 <= data[at + k] <= 0xBF:
            return 0
    return size
