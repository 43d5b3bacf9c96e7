"""The tree of a page, from how many elements a line shares with the line before: its containers, the main one, what stands beside.

A container is a longest run of lines in which each shares more than some number of elements with the one before: an interval
of the array `shared`, as those of a suffix array are of its common prefixes (Abouelhoda, Kurtz and Ohlebusch, 2004). There
are fewer of them than lines; one pass with a stack sees each once it is over, the inner before the outer. A line alone is one, too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit, jit_within

__all__ = ["Weighed", "weigh_containers"]

F32 = NDArray[np.float32]
#: A character speaks for its containers by what the net gives its line as content, less TAU; the more lines below the title
#: (or the top, where there is none) the less, by 1/e in FADES lines, and above the title not at all. On sites left out what goes
#: is the same within a tenth with TAU at 0.5 and FADES at 20; with TAU at 0.7 three times as much content goes, and without
#: fading, where recall of labelled pages falls by 0.005.
TAU, FADES = 0.6, 40.0
#: The share of what is likely content that the smallest container around half of it holds; 0.4 and 0.65 change nothing.
HALF = 0.5
#: Rows of running sums over the lines of a page.
WORTH, LIKELY, WIDTH, LINKED = range(4)


class Weighed(NamedTuple):
    """What the containers of some pages say of their lines."""

    main: NDArray[np.bool_]         # [n]: the line stands in the main container
    half: NDArray[np.bool_]         # [n]: … in the smallest one that holds half of what is likely content
    linked: F32                     # [n]: share of the characters of its branch that stands in links


@jit
def weigh_containers(
    first: NDArray[np.int64], shared: NDArray[np.uint8], keep: F32, width: F32, link: NDArray[np.uint8], titles: NDArray[np.int64],
    out: Weighed,
) -> None:
    """Fill `out` for the pages between `first` [pages + 1]; `width` are characters, `titles` [pages] lines, -1 for none.

    The branch of a line beside the main container is the largest container around the line that does not hold the main one.
    """
    for page in range(first.shape[0] - 1):
        a, b = first[page], first[page + 1]
        sums = np.zeros((4, b - a + 1), np.float64)
        top = max(titles[page], a)
        for i in range(a, b):
            likely = keep[i] * width[i]
            near = np.exp(-(i - top) / FADES) if i >= top else 0.0
            sums[WORTH, i - a + 1] = sums[WORTH, i - a] + (likely - TAU * width[i]) * near
            sums[LIKELY, i - a + 1] = sums[LIKELY, i - a] + likely
            sums[WIDTH, i - a + 1] = sums[WIDTH, i - a] + width[i]
            sums[LINKED, i - a + 1] = sums[LINKED, i - a] + link[i] / 255 * width[i]
        low, high, low_half, high_half = find_main(shared[a:b], sums)
        for i in range(b - a):
            out.main[a + i], out.half[a + i] = low <= i < high, low_half <= i < high_half
        fill_branches(shared[a:b], sums, low, high, out.linked[a:b])


@jit
def find_main(shared: NDArray[np.uint8], sums: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """The bounds of the container that is worth most, and of the smallest that holds half of the likely content."""
    n = shared.shape[0]
    level, begin = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    n_open = 1                          # the page itself, at level 0
    low = low_half = 0
    high = high_half = n
    best = sums[WORTH, n]
    for i in range(1, n + 1):
        lowest, start = (-1 if i == n else shared[i]), i - 1
        end = i
        own = sums[WORTH, i] - sums[WORTH, i - 1]
        if own > best or (own == best and high - low > 1):
            best, low, high = own, i - 1, i
        if sums[LIKELY, i] - sums[LIKELY, i - 1] >= HALF * sums[LIKELY, n] and high_half - low_half > 1:
            low_half, high_half = i - 1, i
        while n_open and level[n_open - 1] > lowest:
            n_open -= 1
            start = begin[n_open]
            own = sums[WORTH, end] - sums[WORTH, start]
            if own > best:
                best, low, high = own, start, end
            if sums[LIKELY, end] - sums[LIKELY, start] >= HALF * sums[LIKELY, n] and end - start < high_half - low_half:
                low_half, high_half = start, end
        if lowest >= 0 and (n_open == 0 or level[n_open - 1] < lowest):
            level[n_open], begin[n_open] = lowest, start
            n_open += 1
    return low, high, low_half, high_half


@jit_within
def fill_branches(
    shared: NDArray[np.uint8], sums: NDArray[np.float64], low: int, high: int, linked: F32,
) -> None:
    """The share in links of each branch beside [low, high), and of what is inside.

    Going away from the main container, a branch ends where two lines share no more than any two have on the way.
    """
    n = shared.shape[0]
    put_share(sums, low, high, linked)
    end, fewest = low, 256
    for i in range(low, 0, -1):
        if shared[i] <= fewest:
            fewest = shared[i]
            if i < low:
                put_share(sums, i, end, linked)
            end = i
    if low > 0:
        put_share(sums, 0, end, linked)
    begin, fewest = high, 256
    for i in range(high, n):
        if shared[i] <= fewest:
            fewest = shared[i]
            if i > high:
                put_share(sums, begin, i, linked)
            begin = i
    if high < n:
        put_share(sums, begin, n, linked)


@jit_within
def put_share(sums: NDArray[np.float64], start: int, end: int, linked: F32) -> None:
    """Write the share in links of the characters of [start, end) to its lines."""
    linked[start:end] = (sums[LINKED, end] - sums[LINKED, start]) / max(sums[WIDTH, end] - sums[WIDTH, start], 1.0)
