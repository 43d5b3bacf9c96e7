"""The seam between a run and `pipeline.near`: sketch columns of a part, and from all of them the fate of every document."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from pipeline.near.clusters import DocumentKeys, resolve
from pipeline.near.sketch import Sketches, sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from pipeline.write.corpus import Fates
from pipeline.write.parts import INDEX

__all__ = ["SketchColumns", "empty_index", "find_fates"]


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


def empty_index(options: NearOptions) -> pa.Table:
    """An index of no documents."""
    own = {name: pa.array([], INDEX.field(name).type) for name in INDEX.names}
    return pa.table(own | SketchColumns(options).columns() | {"part": pa.array([], pa.int64())})


def find_fates(index: pa.Table, text: Callable[[int], str], options: NearOptions) -> Fates:
    """What becomes of each document of the index: kept, empty, or dropped for a kept one that it was compared with."""
    n_chars = index["n_chars"].to_numpy()
    keys = DocumentKeys(
        sketches=Sketches.from_arrow(index), n_chars=n_chars, published=index["published"].fill_null("").to_pylist(),
        ids=index["id"].to_pylist(), sources=index["source"].to_pylist(),
    )
    decisions = resolve(keys, lambda rows: [text(row) for row in rows], options)
    causes = ["empty" if n == 0 else cause or "kept" for n, cause in zip(n_chars.tolist(), decisions.causes, strict=True)]
    return Fates(decisions.kept_of, causes, decisions.similarity.astype(np.float64))
