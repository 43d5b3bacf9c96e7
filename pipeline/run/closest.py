"""The step `closest`: of all pairs of a document, those with its most similar candidates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from pipeline.near.decisions import find_closest
from pipeline.run.pairs import PAIRS, pairs_of, pairs_rows
from pipeline.run.ranked import Ranked

__all__ = ["closest_part"]


def closest_part(batches: Iterable[pa.RecordBatch], ranked: Ranked) -> Iterator[pa.RecordBatch]:
    """All pairs of some documents, some of them there more than once, to those that are worth comparing."""
    pairs = np.unique(pairs_of(pa.Table.from_batches(batches, PAIRS)), axis=0)
    yield pairs_rows(find_closest(pairs, lambda docs: ranked.sketches(docs).signatures))
