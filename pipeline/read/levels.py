"""Repetition levels of a column of lists in Parquet: a value of level 0 begins a row.

It is compiled when a row group holds so many values that it matters, and so on no list of what is compiled before: 170 million runs
of levels are 50 kB of a file.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = ["find_longest_row"]


@jit
def find_longest_row(data: NDArray[np.uint8], bits: int, n: int, run: int, longest: int) -> tuple[int, int, int]:
    """What the last row of a page comes to, the longest one so far, and how many of its `n` levels, of so many bits, are not there.

    `run` is what the last row of the page before came to. Levels are runs of one value, or groups of eight.
    """
    at = 0
    while n > 0 and at < len(data):
        head = shift = 0
        while at < len(data) and data[at] >= 0x80 and shift < 28:
            head |= int(data[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
        if at < len(data):
            head |= int(data[at] & 0x7F) << shift
        at += 1
        count = head >> 1
        if head & 1:
            for k in range(count * 8):
                if n == 0 or at + ((k + 1) * bits - 1) // 8 >= len(data):
                    break
                inside = False
                for bit in range(k * bits, (k + 1) * bits):
                    inside = inside or (data[at + bit // 8] >> (bit & 7)) & 1 != 0
                n -= 1
                longest = max(longest, run)
                run = run + 1 if inside else 1
            at += count * bits
        else:
            if at + (bits + 7) // 8 > len(data):
                break
            inside = False
            for k in range(at, at + (bits + 7) // 8):
                inside = inside or data[k] != 0
            at += (bits + 7) // 8
            count = min(count, n)
            n -= count
            if inside:
                run += count
            elif count:
                longest, run = max(longest, run, 1), 1
    return run, max(longest, run), n
