"""The loops that everything else waits for, in vectors: four rows times sixteen columns, the grams of a line, what lies between.

The rule of this file: numba keeps the sums of a loop over columns in memory, a load and a store for each product, and asks of each
place whether it counts from the end, so that the compiler makes no vectors of a loop over a part of an array; written in the
vectors of LLVM they stay in registers. Additions are in the order of the loop, none is fused with its product, so that the result
is to the bit that of the plain loops, which stand beside them for where nothing is compiled.

Nanoseconds: a row times 64 by 64 73, where numba's loop takes 167, and tiles of 8 and of 32 columns 110 and 105; the grams of a
line of the crawl 90 for 280; five lines, convolved, 17 for 41.

Rows are flat, one behind the other: row `r` of `x` begins at `at + r * depth`, where `depth` is the number of rows of the weights.
Nothing is checked: places are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import by_hand

__all__ = ["ROWS", "WIDE", "WORDS", "add_all", "add_grams", "add_positive", "add_some", "clip_row", "convolve"]

F32 = NDArray[np.float32]
Block = NDArray[np.float32] | NDArray[np.int8]
#: Columns and rows of a tile; columns of the embedding of a gram that are added at once.
WIDE, ROWS, WORDS = 16, 4, 32


def _add_all(x: F32, at: int, weight: F32, bias: F32, t: int, out: F32) -> None:
    """Columns [t, t + WIDE) of ROWS rows of `out`: the bias and, for each row k of the weights, x [row, k] · weight [k]."""
    _add_some(x, at, np.arange(weight.shape[0]), weight.shape[0], weight, bias, t, out)


def _add_some(x: F32, at: int, ks: NDArray[np.int64], n: int, weight: F32, bias: F32, t: int, out: F32) -> None:
    """The same for the first `n` of `ks`, which rise."""
    depth, width = weight.shape
    for row in range(ROWS):
        total = bias[t:t + WIDE].copy()
        for k in ks[:n]:
            total += x[at + row * depth + k] * weight[k, t:t + WIDE]
        out[row * width + t:row * width + t + WIDE] = total


def _add_grams(table: NDArray[np.int8], grams: NDArray[np.int32], n: int, weight: F32, t: int, out: F32, at: int) -> None:
    """Columns [t, t + WORDS) of the sum of the first `n` grams, each by its weight, into `out` from `at` on."""
    total = np.zeros(WORDS, np.float32)
    for k in grams[:n]:
        total += weight[k] * table[k, t:t + WORDS].astype(np.float32)
    out[at:at + WORDS] = total


def _convolve(h: F32, at: int, step: int, taps: F32, block: int, out: F32) -> None:
    """What ROWS lines from `at` on see of the two above and below, `step` numbers apart; `taps` [blocks, 5, numbers of `out`]."""
    n = len(out)
    out[:] = 0
    for t in range(5):
        out += h[at + (t - 2) * step:at + (t - 2) * step + n] * taps[block, t]


def _add_positive(h: F32, at: int, more: F32, n: int, out: F32) -> None:
    """`out` [at + k] = `h` [at + k] + ReLU (`more` [k]) for the first `n` of them, a multiple of WIDE."""
    out[at:at + n] = h[at:at + n] + np.maximum(more[:n], np.float32(0))


def _clip_row(block: Block, i: int, low: F32, high: F32, c: int, out: F32, at: int) -> None:
    """Row `i` of a block into `out` from `at` on, each within its bounds, which stand from `c` on."""
    n = block.shape[1]
    out[at:at + n] = np.minimum(np.maximum(block[i].astype(np.float32), low[c:c + n]), high[c:c + n])


def _vector(kind: Any, n: int) -> Any:
    from llvmlite import ir

    return ir.VectorType(kind, n)


def _point(builder: Any, array: Any, *offsets: Any) -> Any:
    """The place in an array behind these offsets."""
    place = array.data
    for offset in offsets:
        place = builder.gep(place, [offset])
    return place


def _load(builder: Any, place: Any, vector: Any, align: int) -> Any:
    return builder.load(builder.bitcast(place, vector.as_pointer()), align=align)


def _store(builder: Any, value: Any, place: Any) -> None:
    builder.store(value, builder.bitcast(place, value.type.as_pointer())).align = 4


def _spread(builder: Any, value: Any, n: int) -> Any:
    """A vector of one value."""
    from llvmlite import ir

    vector, index = _vector(value.type, n), ir.IntType(32)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(index, 0))
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), ir.Constant(_vector(index, n), [0] * n))


def _loop(builder: Any, n: Any, sums: list[Any], step: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
    """`n` times the sums of a step out of its number and the sums before: the sums, in registers."""
    from llvmlite import ir

    index = ir.IntType(64)
    before, loop, test, done = builder.block, *(builder.append_basic_block(name) for name in ("loop", "test", "done"))
    builder.branch(test)
    builder.position_at_end(test)
    k = builder.phi(index)
    totals = [builder.phi(value.type) for value in sums]
    for phi, value in zip((k, *totals), (ir.Constant(index, 0), *sums), strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", k, n), loop, done)
    builder.position_at_end(loop)
    for total, value in zip(totals, step(k, totals), strict=True):
        total.add_incoming(value, loop)
    k.add_incoming(builder.add(k, ir.Constant(index, 1)), loop)
    builder.branch(test)
    builder.position_at_end(done)
    return totals


def _arrays(context: Any, builder: Any, signature: Any, args: Any) -> list[Any]:
    """The arguments, arrays among them as structures."""
    from numba import types

    return [
        context.make_array(kind)(context, builder, value) if isinstance(kind, types.Array) else value
        for kind, value in zip(signature.args, args, strict=True)
    ]


def _multiply(
    builder: Any, x: Any, at: Any, weight: Any, bias: Any, t: Any, out: Any, n: Any, column: Callable[[Any], Any]
) -> None:
    """A tile over `n` columns, of which `column` gives each."""
    from llvmlite import ir
    from numba.core import cgutils

    unpack: Any = cgutils.unpack_tuple
    depth, width = unpack(builder, weight.shape, 2)
    vector = _vector(ir.FloatType(), WIDE)
    rows = [ir.Constant(ir.IntType(64), row) for row in range(ROWS)]
    sources = [_point(builder, x, at, builder.mul(row, depth)) for row in rows]
    first = _load(builder, _point(builder, bias, t), vector, 4)

    def step(k: Any, totals: list[Any]) -> list[Any]:
        place = column(k)
        weights = _load(builder, _point(builder, weight, builder.mul(place, width), t), vector, 4)
        values = [builder.load(builder.gep(source, [place])) for source in sources]
        products = [builder.fmul(_spread(builder, value, WIDE), weights) for value in values]
        return [builder.fadd(total, product) for total, product in zip(totals, products, strict=True)]

    for row, total in zip(rows, _loop(builder, n, [first] * ROWS, step), strict=True):
        _store(builder, total, _point(builder, out, builder.mul(row, width), t))


def _make_all(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    from numba.core import cgutils

    unpack: Any = cgutils.unpack_tuple
    x, at, weight, bias, t, out = _arrays(context, builder, signature, args)
    _multiply(builder, x, at, weight, bias, t, out, unpack(builder, weight.shape, 2)[0], lambda k: k)
    return context.get_dummy_value()


def _make_some(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    x, at, ks, n, weight, bias, t, out = _arrays(context, builder, signature, args)
    _multiply(builder, x, at, weight, bias, t, out, n, lambda k: builder.load(_point(builder, ks, k)))
    return context.get_dummy_value()


def _make_convolution(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    from llvmlite import ir
    from numba.core import cgutils

    unpack: Any = cgutils.unpack_tuple
    h, at, step, taps, block, out = _arrays(context, builder, signature, args)
    vector, index = _vector(ir.FloatType(), WIDE), ir.IntType(64)
    n, = unpack(builder, out.shape, 1)
    begin = builder.mul(builder.mul(block, ir.Constant(index, 5)), n)
    ways = [builder.mul(step, ir.Constant(index, t - 2)) for t in range(5)]
    weights = [builder.add(begin, builder.mul(n, ir.Constant(index, t))) for t in range(5)]

    def look(k: Any, _: list[Any]) -> list[Any]:
        q = builder.mul(k, ir.Constant(index, WIDE))
        total = ir.Constant(vector, [0.0] * WIDE)
        for way, place in zip(ways, weights, strict=True):
            value = _load(builder, _point(builder, h, at, way, q), vector, 4)
            total = builder.fadd(total, builder.fmul(value, _load(builder, _point(builder, taps, place, q), vector, 4)))
        _store(builder, total, _point(builder, out, q))
        return []

    _loop(builder, builder.sdiv(n, ir.Constant(index, WIDE)), [], look)
    return context.get_dummy_value()


def _make_sum(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    from llvmlite import ir

    h, at, more, n, out = _arrays(context, builder, signature, args)
    vector, index = _vector(ir.FloatType(), WIDE), ir.IntType(64)
    zeros = ir.Constant(vector, [0.0] * WIDE)

    def add(k: Any, _: list[Any]) -> list[Any]:
        q = builder.mul(k, ir.Constant(index, WIDE))
        value = _load(builder, _point(builder, more, q), vector, 4)
        value = builder.select(builder.fcmp_ordered(">", value, zeros), value, zeros)
        _store(builder, builder.fadd(_load(builder, _point(builder, h, at, q), vector, 4), value), _point(builder, out, at, q))
        return []

    _loop(builder, builder.sdiv(n, ir.Constant(index, WIDE)), [], add)
    return context.get_dummy_value()


def _make_clip(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    unpack: Any = cgutils.unpack_tuple
    block, i, low, high, c, out, at = _arrays(context, builder, signature, args)
    index, real, whole_numbers = ir.IntType(64), ir.FloatType(), signature.args[0].dtype == types.int8
    n = unpack(builder, block.shape, 2)[1]
    row = builder.mul(i, n)

    def clip(q: Any, wide: int) -> None:
        vector = _vector(real, wide) if wide > 1 else real
        source = (_vector(ir.IntType(8), wide) if wide > 1 else ir.IntType(8)) if whole_numbers else vector
        value = _load(builder, _point(builder, block, row, q), source, 1 if whole_numbers else 4)
        value = builder.sitofp(value, vector) if whole_numbers else value
        least, most = (_load(builder, _point(builder, bound, c, q), vector, 4) for bound in (low, high))
        value = builder.select(builder.fcmp_ordered(">", value, least), value, least)
        _store(builder, builder.select(builder.fcmp_ordered("<", value, most), value, most), _point(builder, out, at, q))

    def clip_wide(k: Any, _: list[Any]) -> list[Any]:
        clip(builder.mul(k, ir.Constant(index, WIDE)), WIDE)
        return []

    def clip_one(k: Any, _: list[Any]) -> list[Any]:
        clip(builder.add(rest, k), 1)
        return []

    times = builder.sdiv(n, ir.Constant(index, WIDE))
    rest = builder.mul(times, ir.Constant(index, WIDE))
    _loop(builder, times, [], clip_wide)
    _loop(builder, builder.sub(n, rest), [], clip_one)
    return context.get_dummy_value()


def _make_grams(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    from llvmlite import ir
    from numba.core import cgutils

    unpack: Any = cgutils.unpack_tuple
    table, grams, n, weight, t, out, at = _arrays(context, builder, signature, args)
    words, sums = _vector(ir.IntType(8), WORDS), _vector(ir.FloatType(), WORDS)
    width = unpack(builder, table.shape, 2)[1]

    def step(k: Any, totals: list[Any]) -> list[Any]:
        gram = builder.zext(builder.load(_point(builder, grams, k)), ir.IntType(64))
        row = builder.sitofp(_load(builder, _point(builder, table, builder.mul(gram, width), t), words, 1), sums)
        share = _spread(builder, builder.load(_point(builder, weight, gram)), WORDS)
        return [builder.fadd(totals[0], builder.fmul(share, row))]

    total, = _loop(builder, n, [ir.Constant(sums, [0.0] * WORDS)], step)
    _store(builder, total, _point(builder, out, at))
    return context.get_dummy_value()


def _compile(which: int) -> Any:
    """One of the loops, as a function of kernels: the kinds of its arguments, and what writes it."""
    from numba import types
    from numba.extending import intrinsic

    write: Any = intrinsic
    whole, nothing = types.int64, types.void
    return write((
        lambda _, x, at, weight, bias, t, out: (nothing(x, whole, weight, bias, whole, out), _make_all),
        lambda _, x, at, ks, n, weight, bias, t, out: (nothing(x, whole, ks, whole, weight, bias, whole, out), _make_some),
        lambda _, table, grams, n, weight, t, out, at: (nothing(table, grams, whole, weight, whole, out, whole), _make_grams),
        lambda _, h, at, step, taps, block, out: (nothing(h, whole, whole, taps, whole, out), _make_convolution),
        lambda _, h, at, more, n, out: (nothing(h, whole, more, whole, out), _make_sum),
        lambda _, block, i, low, high, c, out, at: (nothing(block, whole, low, high, whole, out, whole), _make_clip),
    )[which])


add_all = by_hand(_add_all, lambda: _compile(0))
add_some = by_hand(_add_some, lambda: _compile(1))
add_grams = by_hand(_add_grams, lambda: _compile(2))
convolve = by_hand(_convolve, lambda: _compile(3))
add_positive = by_hand(_add_positive, lambda: _compile(4))
clip_row = by_hand(_clip_row, lambda: _compile(5))
