"""What the values of an Arrow array come to when each stands by itself.

An array can say more than its bytes: indices into a dictionary, views and lists that overlap, runs, and nulls, which take no bytes
at all. As Python objects every value stands by itself, so what a row comes to is known here before it is made.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["says_all", "weigh"]

#: Of each value in each list: a pointer to it. What a string holds comes on top of it.
_EACH = 8
#: More than this is more than anything may hold, and as much for all of it: sums of 2 ** 31 of them fit into 64 bits.
_CAP = 1 << 31
#: Of each value, in the order of the array; one number where all are alike, for as many nulls as there may be.
Weights = NDArray[np.int64] | int


@lru_cache(maxsize=1024)
def says_all(kind: pa.DataType, *, listed: bool = False) -> bool:
    """Whether an array of a type comes to about as much as its bytes, eight times at most: nothing in it is said in fewer."""
    of = pa.types
    if of.is_struct(kind) or of.is_map(kind) or of.is_list(kind) or of.is_large_list(kind):
        within = [kind.field(i).type for i in range(kind.num_fields)]       # of a struct there may be none
        return bool(within) and all(says_all(one, listed=listed or not of.is_struct(kind)) for one in within)
    if of.is_string(kind) or of.is_binary(kind) or of.is_large_string(kind) or of.is_large_binary(kind) or of.is_decimal(kind):
        return True
    return of.is_primitive(kind) and not (listed and of.is_boolean(kind))       # of lists, eight in a byte


def weigh(array: Any) -> Weights:
    """The bytes of each value of an array, about as its text has them: at least _EACH."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return weigh(array.storage)
    if pa.types.is_dictionary(kind):
        return _pick(weigh(array.dictionary), array.indices)
    if pa.types.is_run_end_encoded(kind):       # of these two, the largest stands for all
        return _most(weigh(array.values))
    if pa.types.is_struct(kind):
        return _cap(sum((weigh(array.field(i)) for i in range(kind.num_fields)), _EACH))
    if pa.types.is_union(kind):
        return max((_most(weigh(array.field(i))) for i in range(kind.num_fields)), default=_EACH)
    if _is_list(kind):
        return _cap(_weigh_lists(array))
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        lengths = np.frombuffer(array.buffers()[1], np.int32, 4 * len(array), 16 * array.offset)[::4]
        return np.asarray(_EACH + np.where(array.is_null().to_numpy(zero_copy_only=False), 0, lengths), np.int64)
    if pa.types.is_fixed_size_binary(kind):
        return int(_EACH + kind.byte_width)
    if pa.types.is_binary(kind) or pa.types.is_string(kind) or pa.types.is_large_binary(kind) or pa.types.is_large_string(kind):
        return np.asarray(_EACH + pc.fill_null(pc.binary_length(array), 0).to_numpy().astype(np.int64), np.int64)
    return _EACH


def _is_list(kind: pa.DataType) -> bool:
    is_one = (
        pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_map, pa.types.is_list_view,
        pa.types.is_large_list_view,
    )
    return any(ask(kind) for ask in is_one)


def _weigh_lists(array: Any) -> Weights:
    """Of lists: what is between their bounds. A null has bounds too, and is counted with them."""
    kind = array.type
    if pa.types.is_fixed_size_list(kind):
        n = kind.list_size
        own = weigh(array.values[array.offset * n:(array.offset + len(array)) * n])
        return _EACH + n * own if isinstance(own, int) else np.asarray(_EACH + own.reshape(len(array), n).sum(axis=1), np.int64)
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        starts = array.offsets.to_numpy().astype(np.int64)
        ends = starts + array.sizes.to_numpy()
    else:
        bounds = array.offsets.to_numpy().astype(np.int64)
        starts, ends = bounds[:-1], bounds[1:]
    full = ends > starts
    if not full.any():
        return _EACH
    first, end = int(starts[full].min()), int(ends[full].max())
    own = weigh(array.values[first:end])
    if isinstance(own, int):
        return np.asarray(_EACH + np.minimum(ends - starts, _CAP) * own, np.int64)
    total = np.append(0, np.cumsum(own))
    places = np.clip(np.stack((starts, ends)) - first, 0, len(own))
    return np.asarray(_EACH + total[places[1]] - total[places[0]], np.int64)


def _cap(weights: Weights) -> Weights:
    return min(weights, _CAP) if isinstance(weights, int) else np.minimum(weights, _CAP)


def _pick(own: Weights, indices: pa.Array) -> Weights:
    """Of values that are said by their places."""
    if isinstance(own, int) or not len(own):
        return own if isinstance(own, int) else _EACH
    return np.asarray(own[pc.fill_null(indices, 0).to_numpy().astype(np.int64)], np.int64)


def _most(own: Weights) -> int:
    return own if isinstance(own, int) else int(own.max(initial=_EACH))
