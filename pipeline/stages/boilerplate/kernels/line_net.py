"""The net over the lines of a page, as bare loops.

The rule of this file: each line is computed by itself, in one order of additions, so that a page scores to the bit the same in any
batch; sums run along the width of the net, which the compiler vectorises without touching their order. Lines are taken by ROWS, and
what is between two layers is those few rows: it stays in the nearest cache. Rows are flat, one behind the other: a slice of an
array is an object that is counted, twice 5 ns, which over a line's dozens were a third of what it cost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit, jit_within
from pipeline.stages.boilerplate.kernels.line_grams import MOST, find_grams
from pipeline.stages.boilerplate.kernels.tiles import (
    ROWS,
    WIDE,
    WORDS,
    add_all,
    add_grams,
    add_positive,
    add_some,
    clip_row,
    convolve,
)

F32 = NDArray[np.float32]
REACH = 2       # lines on either side that a convolution sees, times its dilation


@jit
def widen(weight: F32, bias: F32) -> tuple[F32, F32]:
    """The same weights with columns of 0 behind them, up to a multiple of WIDE."""
    width = -(-weight.shape[1] // WIDE) * WIDE
    wide, wide_bias = np.zeros((weight.shape[0], width), np.float32), np.zeros(width, np.float32)
    wide[:, :weight.shape[1]], wide_bias[:weight.shape[1]] = weight, bias
    return wide, wide_bias


@jit_within
def multiply_row(x: F32, weight: F32, bias: F32, out: F32) -> None:
    """`out` [H] = bias + x [K] · weight [K, H]."""
    for j in range(bias.shape[0]):
        out[j] = bias[j]
    for k in range(weight.shape[0]):
        for j in range(bias.shape[0]):
            out[j] += x[k] * weight[k, j]


@jit_within
def enter_line(
    i: int, own: F32, cover: F32, opens: NDArray[np.int8], here: F32, unused: F32, folded: NDArray[np.uint32],
    bounds: NDArray[np.int64],
    low: F32, high: F32, table: NDArray[np.int8], weight: F32, grams: NDArray[np.int32], out: F32, at: int,
) -> None:
    """Line `i` as the net sees it, into `out` from `at` on: columns within their bounds, and the mean of its grams."""
    c = 0
    clip_row(own, i, low, high, c, out, at)
    c += own.shape[1]
    clip_row(cover, i, low, high, c, out, at + c)
    c += cover.shape[1]
    clip_row(opens, i, low, high, c, out, at + c)
    c += opens.shape[1]
    clip_row(here, i, low, high, c, out, at + c)
    c += here.shape[1]
    clip_row(unused, 0, low, high, c, out, at + c)
    n, total = find_grams(folded, bounds[i], bounds[i + 1], np.uint64(table.shape[0] - 1), grams), np.float32(0)
    for k in range(n):
        total += weight[grams[k]]
    total = np.float32(1) / total if n else np.float32(0)
    at += low.shape[0]
    for t in range(0, table.shape[1], WORDS):
        add_grams(table, grams, n, weight, t, out, at + t)
    for k in range(table.shape[1]):
        out[at + k] *= total


@jit_within
def list_columns(x: F32, depth: int, ks: NDArray[np.int64]) -> int:
    """The columns that are not 0 in all of ROWS rows, into `ks`: how many. 64 in 100 of those that enter the net are."""
    n = 0
    for k in range(depth):
        ks[n] = k
        n += x[k] != 0 or x[depth + k] != 0 or x[2 * depth + k] != 0 or x[3 * depth + k] != 0
    return n


@jit
def repeat_rows(depth: F32) -> F32:
    """The weights of each convolution [blocks, 5, H] as `convolve` reads them [blocks, 5, ROWS H]: a row for each of ROWS lines."""
    blocks, taps, width = depth.shape
    out = np.empty((blocks, taps, ROWS * width), np.float32)
    for k in range(blocks):
        for t in range(taps):
            for q in range(ROWS * width):
                out[k, t, q] = depth[k, t, q % width]
    return out


@jit_within
def mix_lines(
    h: F32, n: int, pad: int, block: int, dilation: int, taps: F32, weight: F32, bias: F32, seen: F32, turned: F32, out: F32,
) -> None:
    """One block over `n` lines: `out` = h + ReLU (bias + convolution · weight), rows that begin `pad` lines behind the start."""
    width = bias.shape[0]
    for i in range(0, n, ROWS):
        at = (pad + i) * width
        convolve(h, at, dilation * width, taps, block, seen)
        for t in range(0, width, WIDE):
            add_all(seen, 0, weight, bias, t, turned)
        add_positive(h, at, turned, min(ROWS, n - i) * width, out)


@jit_within
def pool_lines(h: F32, n: int, at: int, width: int, out: F32) -> None:
    """Mean and maximum over the lines of one page: `out` [2 H]."""
    for j in range(width):
        out[j], out[width + j] = 0, h[at + j]
    for i in range(n):
        for j in range(width):
            value = h[at + i * width + j]
            out[j] += value
            out[width + j] = max(out[width + j], value)
    for j in range(width):
        out[j] /= np.float32(n)


@jit
def score_pages(
    first: NDArray[np.int64], own: F32, cover: F32, opens: NDArray[np.int8], here: F32, folded: NDArray[np.uint32],
    bounds: NDArray[np.int64], low: F32, high: F32, table: NDArray[np.int8], weight: F32, enter: F32, enter_bias: F32,
    dilations: NDArray[np.int64], depth: F32, point: F32, point_bias: F32, context: F32, context_bias: F32, heads: F32,
    heads_bias: F32, page: F32, page_bias: F32, lines_out: F32, pages_out: F32,
) -> None:
    """Logits of the heads for each line, `lines_out` [n, heads], and of what each page is, `pages_out` [pages, 3]."""
    longest = 1
    for d in range(first.shape[0] - 1):
        longest = max(longest, first[d + 1] - first[d])
    columns, width, pad = enter.shape[0], enter.shape[1], REACH * dilations.max()
    h, other = np.zeros((2 * pad + longest + ROWS) * width, np.float32), np.zeros((2 * pad + longest + ROWS) * width, np.float32)
    x, seen, turned = np.zeros(ROWS * columns, np.float32), np.empty(ROWS * width, np.float32), np.empty(ROWS * width, np.float32)
    grams, ks, taps = np.empty(MOST, np.int32), np.empty(columns + 1, np.int64), repeat_rows(depth)
    pooled, added, told_page = np.empty(2 * width, np.float32), np.empty(width, np.float32), np.empty(page.shape[1], np.float32)
    unused = np.zeros((1, low.shape[0] - own.shape[1] - cover.shape[1] - opens.shape[1] - here.shape[1]), np.float32)
    wide_heads, wide_bias = widen(heads, heads_bias)
    told = np.empty(ROWS * wide_bias.shape[0], np.float32)
    for d in range(first.shape[0] - 1):
        a, n = first[d], first[d + 1] - first[d]
        if not n:
            continue
        h[pad * width:(2 * pad + n + ROWS) * width] = 0                     # before a page there are always zeros
        other[(pad + n) * width:(2 * pad + n + ROWS) * width] = 0
        for i in range(0, n, ROWS):
            rows = min(ROWS, n - i)
            for r in range(rows):
                enter_line(
                    a + i + r, own, cover, opens, here, unused, folded, bounds, low, high, table, weight, grams, x, r * columns,
                )
            used = list_columns(x, columns, ks)
            for t in range(0, width, WIDE):
                add_some(x, 0, ks, used, enter, enter_bias, t, turned)
            add_positive(h, (pad + i) * width, turned, rows * width, h)
        for k in range(dilations.shape[0]):
            if k == dilations.shape[0] // 2:
                pool_lines(h, n, pad * width, width, pooled)
                multiply_row(pooled, context, context_bias, added)
                for i in range(pad, pad + n):
                    for j in range(width):
                        h[i * width + j] += max(added[j], np.float32(0))
            mix_lines(h, n, pad, k, dilations[k], taps, point[k], point_bias[k], seen, turned, other)
            h, other = other, h
        for i in range(0, n, ROWS):
            add_all(h, (pad + i) * width, wide_heads, wide_bias, 0, told)
            for r in range(min(ROWS, n - i)):
                for j in range(heads.shape[1]):
                    lines_out[a + i + r, j] = told[r * wide_bias.shape[0] + j]
        pool_lines(h, n, pad * width, width, pooled)
        multiply_row(pooled, page, page_bias, told_page)
        for j in range(page.shape[1]):
            pages_out[d, j] = told_page[j]
