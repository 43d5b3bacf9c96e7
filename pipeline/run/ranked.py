"""Documents in an order, as those that are compared, best rank first: where each stands among the rows, and what is read there.

The rule of this file: a document goes by its place in this order, an int64, and that is all that is moved of it. Signatures and
texts stay in the shards that they were written to, and are read where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import world
from pipeline.corpus.parts import Parts
from pipeline.corpus.rows import SKETCH, sketches_of
from pipeline.engines.dataset import Dataset, write_shard
from pipeline.near.sketch import Sketches

__all__ = ["RANKED", "Ranked", "write_ranked"]

#: One row a document.
RANKED = pa.schema([(name, pa.int64()) for name in ("doc", "part", "row", "n_chars")])
#: Documents of one shard: 20 MB of keys come of them.
SHARD_ROWS = 1 << 15

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A dataset of RANKED, and the shards that its `part` counts. It is small: a function is bound to it and sent anywhere."""

    dataset: Dataset
    paths: tuple[Path, ...]

    def sketches(self, docs: Rows) -> Sketches:
        """The sketches of some documents, of one at least."""
        return sketches_of(_open(self, SKETCH).take(docs))

    def sites(self, docs: Rows) -> Rows:
        """The key of the site of some documents, of one at least."""
        keys: Rows = _open(self, ("site",)).take(docs)["site"].to_numpy()
        return keys

    def texts(self, docs: Sequence[int]) -> list[str]:
        """The texts of some documents."""
        return _open(self, ("text",)).texts(docs)

    @property
    def n_chars(self) -> Rows:
        """Characters of the text of each document."""
        return _columns(self)[2]


def write_ranked(folder: Path, part: Rows, row: Rows, n_chars: Rows) -> Dataset:
    """Write where each document stands, in this order."""
    world.make_folders(folder)
    columns = np.stack([np.arange(len(part)), part, row, n_chars])

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(part), SHARD_ROWS):
            yield pa.RecordBatch.from_arrays([pa.array(c) for c in columns[:, start:start + SHARD_ROWS]], schema=RANKED)

    return Dataset(tuple(write_shard(folder, f"{k:032x}", RANKED, [batch]) for k, batch in enumerate(batches())))


@lru_cache(maxsize=1)
def _columns(ranked: Ranked) -> tuple[Rows, Rows, Rows]:
    table = ranked.dataset.table(RANKED)
    part, row, n_chars = (table[name].to_numpy() for name in ("part", "row", "n_chars"))
    return part, row, n_chars


@lru_cache(maxsize=2)
def _open(ranked: Ranked, columns: tuple[str, ...]) -> Parts:
    """Columns of the rows; what is cached is mapped into memory, or 24 bytes a document."""
    return Parts(ranked.paths, *_columns(ranked)[:2], columns)
