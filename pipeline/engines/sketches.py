"""The seam between a run and `pipeline.near`: sketch columns of a part, and from all of them the fate of every document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pyarrow as pa

from pipeline.near.clusters import DocumentKeys, resolve
from pipeline.near.sketch import SHORT_PERM, Sketches, is_short, sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from pipeline.write.corpus import Fates

__all__ = ["SketchColumns", "find_fates", "gather"]

class SketchColumns:
    """Sketches of the documents of one part, in their order."""

    def __init__(self, options: NearOptions) -> None:
        self._options = options
        self._parts = [sketch(Texts.of([]), options)]

    def add(self, texts: Sequence[str]) -> None:
        """Sketch further documents."""
        self._parts.append(sketch(Texts.of(texts), self._options))

    def columns(self) -> dict[str, pa.Array]:
        """The columns that the index of a part holds besides its own."""
        batch = Sketches.concat(self._parts).to_arrow()
        return dict(zip(batch.schema.names, batch.columns, strict=True))


def gather(tables: Iterable[pa.Table], index: pa.Table, options: NearOptions) -> Sketches:
    """The sketches of the rows of `index`, in their order, from the tables of the parts, given one after another.

    The columns `part` and `row` of `index` say where each is. Signatures are most of what a run holds in memory, so each
    goes straight from its part, which may be memory-mapped, to its place.
    """
    n, part, row = len(index), index["part"].to_numpy(), index["row"].to_numpy()
    signatures = np.empty((n, options.num_perm), np.uint32)
    n_shingles, n_canonical, exact = np.empty(n, np.int64), np.empty(n, np.int64), np.empty((n, 2), np.uint64)
    short = [np.empty((0, SHORT_PERM), np.uint32)]
    short_at = [np.empty(0, np.int64)]
    for k, table in enumerate(tables):
        own, places = Sketches.from_arrow(table), np.flatnonzero(part == k)
        rows = row[places]
        signatures[places], exact[places] = own.signatures[rows], own.exact[rows]
        n_shingles[places], n_canonical[places] = own.n_shingles[rows], own.n_canonical[rows]
        has_short = is_short(own.n_canonical[rows])
        short.append(own.short[own.short_places()[rows[has_short]]])
        short_at.append(places[has_short])
    order = np.argsort(np.concatenate(short_at))
    return Sketches(signatures, np.concatenate(short)[order], n_shingles, n_canonical, exact)


def find_fates(index: pa.Table, sketches: Sketches, text: Callable[[int], str], options: NearOptions) -> Fates:
    """What becomes of each document of the index: kept, empty, or dropped for a kept one that it was compared with."""
    n_chars = index["n_chars"].to_numpy()
    keys = DocumentKeys(
        sketches=sketches, n_chars=n_chars, published=index["published"].fill_null("").to_pylist(),
        ids=index["id"].to_pylist(), sources=index["source"].to_pylist(),
    )
    decisions = resolve(keys, lambda rows: [text(row) for row in rows], options)
    causes = ["empty" if n == 0 else cause or "kept" for n, cause in zip(n_chars.tolist(), decisions.causes, strict=True)]
    return Fates(decisions.kept_of, causes, decisions.similarity.astype(np.float64))
