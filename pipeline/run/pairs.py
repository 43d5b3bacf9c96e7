"""The step `pairs`: documents that share a band key, and enough values of their signatures, as pairs (worse, better)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.near.candidates import pair_rows
from pipeline.near.decisions import LEAST, LEAST_SHORT
from pipeline.near.sketch import SHORT_PERM
from pipeline.run.bands import BANDS
from pipeline.run.ranked import Ranked

__all__ = ["PAIRS", "pairs_of", "pairs_part", "pairs_rows"]

PAIRS = pa.schema([("worse", pa.int64()), ("better", pa.int64())])


def pairs_part(batches: Iterable[pa.RecordBatch], ranked: Ranked, num_perm: int) -> Iterator[pa.RecordBatch]:
    """All rows of some keys to the pairs that share one of them, each pair once."""
    table = pa.Table.from_batches(batches, BANDS)
    keys, docs = table["key"].to_numpy(), table["doc"].to_numpy()
    is_long = keys >= 0
    yield pairs_rows(np.unique(np.concatenate([
        pair_rows(keys[is_long], docs[is_long], int(LEAST * num_perm), lambda own: ranked.sketches(own).signatures),
        pair_rows(~keys[~is_long], docs[~is_long], int(LEAST_SHORT * SHORT_PERM), lambda own: ranked.sketches(own).short),
    ]), axis=0))


def pairs_rows(pairs: NDArray[np.int64]) -> pa.RecordBatch:
    """Pairs int64 [n, 2] as rows."""
    return pa.RecordBatch.from_arrays([pa.array(np.ascontiguousarray(column)) for column in pairs.T], schema=PAIRS)


def pairs_of(table: pa.Table | pa.RecordBatch) -> NDArray[np.int64]:
    """Rows as pairs."""
    pairs: NDArray[np.int64] = np.stack([table[name].to_numpy() for name in PAIRS.names], axis=1)
    return pairs
