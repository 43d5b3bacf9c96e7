"""The step `bands`: the band keys of documents, which two that are alike share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from pipeline.near.candidates import make_keys
from pipeline.near.decisions import SHORT_SEED
from pipeline.near.sketch import is_short
from pipeline.run.ranked import Ranked

__all__ = ["BANDS", "bands_part"]

#: The band is folded into the key, and so is the kind of signature: keys of short ones are negative.
BANDS = pa.schema([("key", pa.int64()), ("doc", pa.int64())])


def bands_part(batches: Iterable[pa.RecordBatch], ranked: Ranked) -> Iterator[pa.RecordBatch]:
    """Documents, by the column `doc`, to the keys of each."""
    for batch in batches:
        if not len(batch):
            continue
        docs = batch["doc"].to_numpy()
        sketches = ranked.sketches(docs)
        long, short = np.flatnonzero(sketches.n_shingles > 0), np.flatnonzero(is_short(sketches.n_canonical))
        keys = make_keys(sketches.signatures[long], 0), ~make_keys(sketches.short, SHORT_SEED)
        owners = np.repeat(docs[long], keys[0].shape[1]), np.repeat(docs[short], keys[1].shape[1])
        yield pa.RecordBatch.from_arrays(
            [pa.array(np.concatenate([k.ravel() for k in keys])), pa.array(np.concatenate(owners))], schema=BANDS
        )
