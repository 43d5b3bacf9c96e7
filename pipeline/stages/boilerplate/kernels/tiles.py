"""The one product that everything else waits for: four rows times sixteen columns, with the sums in registers.

The rule of this file: numba keeps the sums of a loop over columns in memory, a load and a store for each product; written in the
vectors of LLVM they stay where they are. Additions are in the order of `ks`, none is fused with its product, so that the result
is to the bit that of the plain loop. A row times 64 by 64: 73 ns, where numba's loop takes 167, and tiles of 8 and of 32 columns
110 and 105.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import by_hand

__all__ = ["ROWS", "WIDE", "add_products"]

F32 = NDArray[np.float32]
#: Columns and rows of a tile.
WIDE, ROWS = 16, 4


def _add_products(
    x: F32, i: int, p: int, q: int, r: int, ks: NDArray[np.int64], n: int, weight: F32, bias: F32, t: int, out: F32
) -> None:
    """Columns [t, t + WIDE) of four rows of `out`: the bias and, for each of the first `n` of `ks`, x [row, k] · weight [k]."""
    for row in (i, p, q, r):
        total = bias[t:t + WIDE].copy()
        for k in ks[:n]:
            total += x[row, k] * weight[k, t:t + WIDE]
        out[row, t:t + WIDE] = total


def _compile() -> Any:
    """`_add_products` in the vectors of LLVM."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    unpack: Any = cgutils.unpack_tuple
    vector, index = ir.VectorType(ir.FloatType(), WIDE), ir.IntType(64)
    undefined, zeros = ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), WIDE), [0] * WIDE)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, _, _, _, _, ks, n, weight, bias, t, out = args
        rows = args[1:1 + ROWS]
        x, ks, weight, bias, out = (
            context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 5, 7, 8, 10)
        )
        depth, width = (unpack(builder, a.shape, 2)[1] for a in (x, weight))

        def point(array: Any, *offsets: Any) -> Any:
            place = array.data
            for offset in offsets:
                place = builder.gep(place, [offset])
            return place

        def as_vector(place: Any) -> Any:
            return builder.bitcast(place, vector.as_pointer())

        sources = [point(x, builder.mul(row, depth)) for row in rows]
        first = builder.load(as_vector(point(bias, t)), align=4)
        before, loop, test, done = builder.block, *(builder.append_basic_block(name) for name in ("loop", "test", "done"))
        builder.branch(test)
        builder.position_at_end(test)
        k = builder.phi(index)
        totals = [builder.phi(vector) for _ in rows]
        for phi, value in ((k, ir.Constant(index, 0)), *((total, first) for total in totals)):
            phi.add_incoming(value, before)
        builder.cbranch(builder.icmp_signed("<", k, n), loop, done)
        builder.position_at_end(loop)
        column = builder.load(point(ks, k))
        row_of_weights = builder.load(as_vector(point(weight, builder.mul(column, width), t)), align=4)
        for total, source in zip(totals, sources, strict=True):
            one = builder.insert_element(undefined, builder.load(builder.gep(source, [column])), ir.Constant(ir.IntType(32), 0))
            product = builder.fmul(builder.shuffle_vector(one, undefined, zeros), row_of_weights)
            total.add_incoming(builder.fadd(total, product), loop)
        k.add_incoming(builder.add(k, ir.Constant(index, 1)), loop)
        builder.branch(test)
        builder.position_at_end(done)
        for row, total in zip(rows, totals, strict=True):
            builder.store(total, as_vector(point(out, builder.mul(row, width), t))).align = 4
        return context.get_dummy_value()

    @intrinsic
    def add(context: Any, x: Any, i: Any, p: Any, q: Any, r: Any, ks: Any, n: Any, weight: Any, bias: Any, t: Any, out: Any) -> Any:
        whole = types.int64
        return types.void(x, whole, whole, whole, whole, ks, whole, weight, bias, whole, out), generate

    return add


add_products = by_hand(_add_products, _compile)
