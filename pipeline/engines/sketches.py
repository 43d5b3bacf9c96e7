"""The seam between a run and `pipeline.near`: sketch columns of a part, and from all of them the fate of every document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.near.clusters import DocumentKeys, resolve
from pipeline.near.sketch import Sketches, sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from pipeline.write.corpus import Fates

__all__ = ["SketchColumns", "find_fates", "gather"]

_COLUMNS = ("signatures", "short", "n_shingles", "n_canonical", "exact")


class SketchColumns:
    """Sketches of the documents of one part, in their order."""

    def __init__(self, options: NearOptions) -> None:
        self._options = options
        self._parts = [sketch(Texts.of([]), options)]

    def add(self, texts: Sequence[str]) -> None:
        """Sketch further documents."""
        self._parts.append(sketch(Texts.of(texts), self._options))

    def columns(self) -> dict[str, pa.Array]:
        """The columns that the index of a part holds besides its own: one fixed-size binary value a document each."""
        whole = Sketches.concat(self._parts)
        return {f"sketch_{name}": _to_arrow(getattr(whole, name)) for name in _COLUMNS}


def _to_arrow(rows: NDArray[Any]) -> pa.Array:
    data = np.ascontiguousarray(rows)
    width = data.dtype.itemsize * (data.shape[1] if data.ndim == 2 else 1)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(data), [None, pa.py_buffer(data)])


def gather(tables: Iterable[pa.Table], index: pa.Table, options: NearOptions) -> Sketches:
    """The sketches of the rows of `index`, in their order, from the tables of the parts, given one after another.

    The columns `part` and `row` of `index` say where each is. Signatures are most of what a run holds in memory, so each
    goes straight from its part, which may be memory-mapped, to its place.
    """
    shape = sketch(Texts.of([]), options)
    models = [getattr(shape, name) for name in _COLUMNS]
    columns = [np.zeros((len(index), *m.shape[1:]), m.dtype) for m in models]
    part, row = index["part"].to_numpy(), index["row"].to_numpy()
    order = np.argsort(part, kind="stable")
    cuts = np.searchsorted(part[order], np.arange(part.max(initial=-1) + 2))
    for n, table in enumerate(tables):
        places = order[cuts[n]:cuts[n + 1]] if n + 1 < len(cuts) else order[:0]
        for name, model, column in zip(_COLUMNS, models, columns, strict=True):
            at = 0
            for chunk in table[f"sketch_{name}"].chunks:
                _copy(chunk, model, column, places, row[places] - at)
                at += len(chunk)
    return Sketches(*columns)


def _copy(chunk: pa.Array, model: NDArray[Any], column: NDArray[Any], places: NDArray[Any], rows: NDArray[Any]) -> None:
    """Copy the rows of one chunk to their places, but for those of zeros: these are there already, and cost no memory yet."""
    data = np.frombuffer(chunk.buffers()[1], model.dtype).reshape(-1, *model.shape[1:])[chunk.offset:]
    inside = (rows >= 0) & (rows < len(chunk))
    places, values = places[inside], data[rows[inside]]
    filled = values.any(axis=1) if values.ndim == 2 else values != 0
    column[places[filled]] = values[filled]


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
