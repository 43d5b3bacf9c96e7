"""The net over the lines of a page, as bare loops.

The rule of this file: each line is computed by itself, in one order of additions, so that a page scores to the bit the same in any
batch; sums run along the width of the net, which the compiler vectorises without touching their order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.stages.boilerplate.kernels.line_grams import MOST, find_grams
from pipeline.stages.boilerplate.kernels.tiles import ROWS, WIDE, add_products

F32 = NDArray[np.float32]
Block = NDArray[np.float32] | NDArray[np.int8]
REACH = 2       # lines on either side that a convolution sees, times its dilation


@jit
def multiply_rows(x: F32, weight: F32, bias: F32, out: F32) -> None:
    """`out` [n, H] = bias + x [n, K] · weight [K, H], H a multiple of WIDE. Columns that are 0 in all rows of a tile add nothing.

    55 products a ns of one core, where a BLAS has 47; but what a BLAS adds up in which order depends on how many rows it is given.
    Of the columns that enter the net 64 in 100 are 0 in four lines that follow each other.
    """
    n, width = out.shape
    ks = np.empty(x.shape[1], np.int64)
    for i in range(0, n, ROWS):
        p, q, r = min(i + 1, n - 1), min(i + 2, n - 1), min(i + 3, n - 1)
        used = 0
        for k in range(x.shape[1]):
            ks[used] = k
            used += x[i, k] != 0 or x[p, k] != 0 or x[q, k] != 0 or x[r, k] != 0
        for t in range(0, width, WIDE):
            add_products(x, i, p, q, r, ks, used, weight, bias, t, out)


@jit
def widen(weight: F32, bias: F32) -> tuple[F32, F32]:
    """The same weights with columns of 0 behind them, up to a multiple of WIDE."""
    width = -(-weight.shape[1] // WIDE) * WIDE
    wide, wide_bias = np.zeros((weight.shape[0], width), np.float32), np.zeros(width, np.float32)
    wide[:, :weight.shape[1]], wide_bias[:weight.shape[1]] = weight, bias
    return wide, wide_bias


@jit
def copy_columns(block: Block, i: int, at: int, low: F32, high: F32, row: F32) -> int:
    """The columns of line `i` of a block, each within its bounds."""
    source, target, least, most = block[i], row[at:], low[at:], high[at:]      # bare indices, which the compiler makes vectors of
    for k in range(source.shape[0]):
        value = np.float32(source[k])
        value = value if value > least[k] else least[k]
        target[k] = value if value < most[k] else most[k]
    return at + len(source)


@jit
def average_grams(
    folded: NDArray[np.uint32], a: int, b: int, table: NDArray[np.int8], weight: F32, grams: NDArray[np.int32], out: F32,
) -> None:
    """The weighted mean of the embeddings of the grams of `folded[a:b]`, in grains of the table."""
    out[:] = 0
    total = np.float32(0)
    n = find_grams(folded, a, b, np.uint64(table.shape[0] - 1), grams)
    for k in range(n):
        w = weight[grams[k]]
        vector = table[grams[k]]
        total += w
        for j in range(out.shape[0]):
            out[j] += w * np.float32(vector[j])
    if n:
        total = np.float32(1) / total
        for j in range(out.shape[0]):
            out[j] *= total


@jit
def enter_lines(
    a: int, b: int, own: F32, cover: F32, opens: NDArray[np.int8], places: F32, share: F32, folded: NDArray[np.uint32],
    bounds: NDArray[np.int64], low: F32, high: F32, table: NDArray[np.int8], weight: F32, out: F32,
) -> None:
    """The lines [a, b) as the net sees them: `out` [b - a, K], columns within their bounds and the mean of their grams."""
    grams = np.empty(MOST, np.int32)
    end = low.shape[0] + table.shape[1]
    for i in range(a, b):
        row = out[i - a]
        at = copy_columns(own, i, 0, low, high, row)
        at = copy_columns(cover, i, at, low, high, row)
        at = copy_columns(opens, i, at, low, high, row)
        at = copy_columns(places, i, at, low, high, row)
        at = copy_columns(share, i, at, low, high, row)
        average_grams(folded, bounds[i], bounds[i + 1], table, weight, grams, row[at:end])
        row[end:] = 0


@jit
def convolve(h: F32, dilation: int, depth: F32, out: F32) -> None:
    """What each line of a page sees of the lines around it: `out` [n, H]."""
    n, width = h.shape
    edge = REACH * dilation
    d0, d1, d2, d3, d4 = depth[0], depth[1], depth[2], depth[3], depth[4]
    for i in range(n):
        row = out[i]
        if edge <= i < n - edge:        # as below, in one expression, which the compiler makes vectors of: 14 ns a line for 61
            a, b, c, d, e = h[i - edge], h[i - dilation], h[i], h[i + dilation], h[i + edge]
            for j in range(width):
                row[j] = np.float32(0) + a[j] * d0[j] + b[j] * d1[j] + c[j] * d2[j] + d[j] * d3[j] + e[j] * d4[j]
            continue
        row[:] = 0
        for t in range(-REACH, REACH + 1):
            k = i + t * dilation
            if 0 <= k < n:
                for j in range(width):
                    row[j] += h[k, j] * depth[t + REACH, j]


@jit
def clip_rows(x: F32) -> None:
    """A ReLU, in place."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            x[i, j] = max(x[i, j], np.float32(0))


@jit
def add_rows(x: F32, y: F32) -> None:
    """Add a ReLU of `y` to `x`, in place."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            x[i, j] += max(y[i, j], np.float32(0))


@jit
def pool_lines(h: F32, out: F32) -> None:
    """Mean and maximum over the lines of one page: `out` [2 H]."""
    n, width = h.shape
    out[:width] = 0
    out[width:] = h[0]
    for i in range(n):
        for j in range(width):
            out[j] += h[i, j]
            out[width + j] = max(out[width + j], h[i, j])
    for j in range(width):
        out[j] /= np.float32(n)


@jit
def score_pages(
    first: NDArray[np.int64], own: F32, cover: F32, opens: NDArray[np.int8], places: F32, share: F32, folded: NDArray[np.uint32],
    bounds: NDArray[np.int64], low: F32, high: F32, table: NDArray[np.int8], weight: F32, enter: F32, enter_bias: F32,
    dilations: NDArray[np.int64], depth: F32, point: F32, point_bias: F32, context: F32, context_bias: F32, heads: F32,
    heads_bias: F32, page: F32, page_bias: F32, lines_out: F32, pages_out: F32,
) -> None:
    """Logits of the heads for each line, `lines_out` [n, heads], and of what each page is, `pages_out` [pages, 3]."""
    longest = 1
    for d in range(first.shape[0] - 1):
        longest = max(longest, first[d + 1] - first[d])
    width = enter.shape[1]
    lines = np.empty((longest, enter.shape[0]), np.float32)
    state, seen = np.empty((longest, width), np.float32), np.empty((longest, width), np.float32)
    turned = np.empty((longest, width), np.float32)
    pooled, added = np.empty((1, 2 * width), np.float32), np.empty((1, width), np.float32)
    (wide_heads, wide_bias), (wide_page, wide_page_bias) = widen(heads, heads_bias), widen(page, page_bias)
    told, told_page = np.empty((longest, wide_heads.shape[1]), np.float32), np.empty((1, wide_page.shape[1]), np.float32)
    for d in range(first.shape[0] - 1):
        a, b = first[d], first[d + 1]
        if a == b:
            continue
        h, s, t = state[:b - a], seen[:b - a], turned[:b - a]
        enter_lines(a, b, own, cover, opens, places, share, folded, bounds, low, high, table, weight, lines)
        multiply_rows(lines[:b - a], enter, enter_bias, h)
        clip_rows(h)
        for k in range(dilations.shape[0]):
            if k == dilations.shape[0] // 2:
                pool_lines(h, pooled[0])
                multiply_rows(pooled, context, context_bias, added)
                clip_rows(added)
                for i in range(b - a):
                    h[i] += added[0]
            convolve(h, dilations[k], depth[k], s)
            multiply_rows(s, point[k], point_bias[k], t)
            add_rows(h, t)
        multiply_rows(h, wide_heads, wide_bias, told[:b - a])
        lines_out[a:b] = told[:b - a, :heads.shape[1]]
        pool_lines(h, pooled[0])
        multiply_rows(pooled, wide_page, wide_page_bias, told_page)
        pages_out[d] = told_page[0, :page.shape[1]]
