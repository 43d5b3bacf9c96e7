"""What the clauses of a text are made of: how many hanzi each has, and how many modern words of two hanzi stand in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = ["CLAUSES", "FIRST", "LAST", "MODERN", "SIZE", "TOTAL", "count_clauses"]

#: Hanzi of a clause: from the first to the last of the two blocks of the common ones.
FIRST, LAST = 0x3400, 0x9FFF
#: Columns: clauses, hanzi in them, modern words; hanzi of each clause, 0 where they differ.
CLAUSES, TOTAL, MODERN, SIZE = range(4)


@jit
def count_clauses(
    points: NDArray[np.uint32], canonical: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64],
    begins: NDArray[np.int32], tails: NDArray[np.uint16], out: NDArray[np.int64],
) -> None:
    """Counts of the clauses (runs of hanzi, in canonical form) of each text, into `out` [texts, 4].

    The words that begin with the hanzi `FIRST + k` end with `tails[begins[k]:begins[k + 1]]`. 4 ns a character; slices of a `str`
    in a set of words took 230.
    """
    for doc in range(starts.shape[0]):
        clauses, total, modern, size, run = 0, 0, 0, 0, 0
        before = FIRST
        for i in range(starts[doc], ends[doc]):
            point = canonical[points[i]]
            if point == 0:
                point = points[i]
            if point < FIRST or point > LAST:
                if run:
                    size = run if clauses == 1 or size == run else 0
                run = 0
                continue
            clauses += run == 0
            total += 1
            if run:
                for k in range(begins[before - FIRST], begins[before - FIRST + 1]):
                    if tails[k] == point:
                        modern += 1
                        break
            run += 1
            before = int(point)
        if run:
            size = run if clauses == 1 or size == run else 0
        out[doc, CLAUSES], out[doc, TOTAL], out[doc, MODERN], out[doc, SIZE] = clauses, total, modern, size
