"""A segment checked against its own texts: what would be written from them today must be what stands there.

The rule of this file: digests only say that nothing changed since it was written. So every text is folded and sketched again, and
of a sample datasketch itself makes the signature, whose meaning it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.near.index.damage import damaged
from pipeline.near.index.mapped import Mapped
from pipeline.near.index.segment import Segment
from pipeline.near.index.tables import TABLES
from pipeline.near.index.writing import make_blocks, make_document, make_tables, sketch_texts
from pipeline.near.sketch import from_binary
from pipeline.near.verify import prepare

__all__ = ["check_segment"]

_SAMPLE = 64        # documents of a segment that datasketch sketches: 0.1 s


def check_segment(segment: Segment) -> int:
    """Compare a segment with what its texts give; how many files it has. Raises IndexMismatchError on the first difference."""
    for name in TABLES:
        if name in segment.entry.files:
            Mapped(segment.path(name), segment.entry.files[name][1]).check()
    texts: list[str] = []
    digests, (batches, ordinals) = segment.digests, segment.places
    for number in range(segment.documents.num_record_batches):
        batch = segment.batch(number)
        rows, places = batch["row"].to_numpy(), np.arange(batch.num_rows)
        if rows.tolist() != (len(texts) + places).tolist() or len(texts) + len(rows) > len(segment):
            raise damaged(segment.path("documents"), f"rows of batch {number}")
        here = slice(len(texts), len(texts) + len(rows))
        if (batches[here] != number).any() or (ordinals[here] != places).any():
            raise damaged(segment.path("rows"), f"places of batch {number}")
        own = batch["text"].to_pylist()
        if [make_document("", text)[1] for text in own] != digests[here]:
            raise damaged(segment.path("documents"), f"a text of batch {number}")
        texts += own
    if len(texts) != len(segment):
        raise damaged(segment.path("documents"), f"{len(texts)} documents, {len(segment)} expected")
    sketches = sketch_texts(texts, segment.options)
    _compare(segment, "rows", [segment.signatures], [sketches.signatures])
    tables = make_tables(sketches)
    for name, columns in tables.items():
        _compare(segment, name, list(segment.table(name).columns), list(columns))
    if "blocks" in segment.entry.files:
        made = make_blocks(segment.folder, {name: tables[name][0] for name in ("keys", "short_keys")})
        if [column.to_pylist() for column in segment.table("blocks").columns] != [*made]:
            raise damaged(segment.path("blocks"), "not what its tables give")
    _compare_with_datasketch(segment, texts)
    return len(segment.entry.files)


def _compare(segment: Segment, name: str, there: list[Any], made: list[Any]) -> None:
    for a, b in zip(there, made, strict=True):
        if not np.array_equal(_array(a), _array(b)):
            raise damaged(segment.path(name), "not what its texts give")


def _array(column: Any) -> NDArray[Any]:
    if isinstance(column, np.ndarray):
        return column
    values: NDArray[Any] = from_binary(column) if pa.types.is_fixed_size_binary(column.type) else column.to_numpy()
    return values


def _compare_with_datasketch(segment: Segment, texts: list[str]) -> None:
    """Have a sample sketched by datasketch, from the shingle hashes that are compared when texts are."""
    import datasketch

    options = segment.options
    sample = np.unique(np.linspace(0, len(texts) - 1, min(_SAMPLE, len(texts))).astype(np.int64)).tolist()
    prepared = prepare([texts[row] for row in sample], options.shingle)
    for i, row in enumerate(sample):
        peer = datasketch.MinHash(options.num_perm, seed=options.seed, hashfunc=int, scheme="affine32")
        peer.update_batch(prepared.shingles(i))
        if peer.hashvalues.tolist() != segment.signatures[row].tolist():
            raise damaged(segment.path("rows"), f"datasketch gives document {row} another signature")
