"""Counts of a document, a unit or a run: per stage documents, characters and reasons. Adding them up is order-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.account import Cleaned
from pipeline.record import Record

__all__ = ["Tally", "add_up", "bound_fields"]

MOST_FIELDS = 100       # names of other fields that are counted one by one


class Tally:
    """Counts, one document after another."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def see(self, result: Cleaned) -> None:
        """Count one document."""
        counts, sums = self.counts, result.sums
        counts["documents"] += 1
        counts["chars_in"] += len(result.original)
        counts["chars_out"] += len(result.text)
        for kind in sorted({kind for kind, _ in result.notes}):
            counts[f"note/{kind}"] += 1
        if sums:
            counts["changed"] += 1
        for stage in sorted({stage for stage, *_ in sums}):
            counts[f"docs/{stage}"] += 1
        get = counts.get        # a page has thirty of these: a Counter asks a method in Python for each that is new
        for stage, reason, n, taken, put in sums:
            cuts, lost, made = _name_counts(stage, reason)
            counts[cuts] = get(cuts, 0) + n
            counts[lost] = get(lost, 0) + taken
            counts[made] = get(made, 0) + put

    def see_extra(self, records: Iterable[Record]) -> None:
        """Count fields that mean nothing here, by name."""
        for record in records:
            self.counts.update(f"extra/{name}" for name in record.extra)


@lru_cache(maxsize=1 << 12)
def _name_counts(stage: str, reason: str) -> tuple[str, str, str]:
    """What is counted of a reason: edits, characters taken, characters put."""
    return f"edits/{stage}/{reason}", f"taken/{stage}/{reason}", f"put/{stage}/{reason}"


def bound_fields(counts: Counter[str]) -> dict[str, int]:
    """Counts with the MOST_FIELDS most frequent names of fields that mean nothing here, and all others together."""
    fields = sorted((key for key in counts if key.startswith("extra/")), key=lambda key: (-counts[key], key))
    rest = set(fields[MOST_FIELDS:])
    more = {"extra/…": sum(counts[key] for key in rest)} if rest else {}
    return {key: n for key, n in counts.items() if key not in rest} | more


def add_up(batches: Iterable[pa.RecordBatch], names: str, counts: str | None = None) -> Counter[str]:
    """How often each string stands in a column of lists, or the sums of the numbers that stand beside them."""
    total: Counter[str] = Counter()
    for batch in batches:
        coded = pc.list_flatten(batch[names]).dictionary_encode()     # `group_by` loads what opens data sets, 20 ms
        numbers = None if counts is None else pc.list_flatten(batch[counts]).to_numpy()
        sums = np.bincount(coded.indices.to_numpy(), numbers, len(coded.dictionary)).astype(np.int64)   # exact below 2^53
        total.update(dict(zip(coded.dictionary.to_pylist(), sums.tolist(), strict=True)))
    return total
