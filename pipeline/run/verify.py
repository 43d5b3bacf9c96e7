"""The step `verify`: pairs of documents are compared on their texts. It is taken in rounds, while anything is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.engines.dataset import Dataset
from pipeline.near import near_duplicates
from pipeline.near.desk import Desk
from pipeline.options import NearOptions
from pipeline.run.pairs import pairs_of, pairs_rows
from pipeline.run.ranked import Ranked

__all__ = ["LEFT", "VERDICTS", "cut_asked", "read_verdicts", "verify_part", "warm_up"]

#: A code is a place in `pipeline.near.desk.CAUSES`.
VERDICTS = pa.schema([("worse", pa.int64()), ("better", pa.int64()), ("code", pa.int64()), ("similarity", pa.float64())])
#: The code of a pair that a task leaves undecided: no place in CAUSES, and a byte.
LEFT = 255
#: Characters of the texts that lie ready at once, and of the texts of the pairs of one shard: a second of work or two.
READY_CHARS, SHARD_CHARS = 6_000_000, 2_000_000


def verify_part(batches: Iterable[pa.RecordBatch], ranked: Ranked, options: NearOptions) -> Iterator[pa.RecordBatch]:
    """Pairs (worse, better) to what their texts say."""
    desk = Desk(ranked.texts, options, READY_CHARS)
    for batch in batches:
        codes, similarity = desk.compare(pairs_of(batch), ranked.n_chars)
        yield pa.RecordBatch.from_arrays(
            [batch["worse"], batch["better"], pa.array(codes.astype(np.int64)), pa.array(similarity.astype(np.float64))],
            schema=VERDICTS,
        )


def cut_asked(asked: NDArray[np.int64], n_chars: NDArray[np.int64]) -> list[pa.RecordBatch]:
    """Pairs that are asked for, sorted by worse, in batches of about the same work."""
    ends = np.cumsum(n_chars[asked].sum(axis=1))
    cuts = np.flatnonzero(np.diff(ends // SHARD_CHARS)) + 1
    return [pairs_rows(own) for own in np.split(asked, cuts.tolist())]


def read_verdicts(made: Dataset) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32]]:
    """Pairs, codes and similarities."""
    table = made.table(VERDICTS)
    return pairs_of(table), table["code"].to_numpy().astype(np.uint8), table["similarity"].to_numpy().astype(np.float32)


def warm_up() -> None:
    """Compile every kernel that comparing needs, or load it from the cache."""
    a, b = ("".join(chr(0x4e00 + (k * k * step) % 3001) for k in range(160)) + "，今天第1期。" for step in (7, 11))
    whole = f"{a}\n{b}\n{a[::-1]}\n{b[::-1]}"
    moved = f"{b[:30]}某地{b[32:]}\n{a.replace('1', '2')}\n{b[::-1]}\n{a[::-1]}"
    near_duplicates([whole, moved, a, a + "某"])
