"""What only the whole corpus can tell: lines that recur over a site, and the fate of every document.

Parts keep a few columns for it: sketches for `pipeline.near`, and keys of end lines for `pipeline.stages.boilerplate.recurring`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.corpus.lines import Fates
from pipeline.near.index import Index
from pipeline.near.settle import DocumentKeys, resolve
from pipeline.near.sketch import SHORT_PERM, Sketches, is_short, sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.recurring import find_end_keys, find_outermost, find_recurring

__all__ = ["Against", "CorpusColumns", "find_fates", "find_recurring_lines", "gather"]


@dataclass(frozen=True, slots=True)
class Against:
    """An index of an earlier corpus, and whether documents that it has are dropped or only marked in the audit."""

    index: Index
    drop: bool = True

class CorpusColumns:
    """What the whole corpus needs to know of the documents of one part, in their order: sketches, and lines at their ends."""

    def __init__(self, options: NearOptions) -> None:
        self._options = options
        self._sketches = [sketch(Texts.of([]), options)]
        self._sites = [np.empty(0, np.int64)]
        self._ends: list[list[int]] = []
        self._outer: list[list[int]] = []

    def add(self, texts: Texts, sites: NDArray[np.int64]) -> None:
        """Add further documents."""
        self._sketches.append(sketch(texts, self._options))
        self._sites.append(sites)
        chosen, keys = find_end_keys(texts, sites)
        cuts = np.searchsorted(texts.lines.doc[chosen], np.arange(len(texts) + 1)).tolist()
        ends, outermost = keys.tolist(), find_outermost(texts)[chosen]
        outer = np.where(outermost, keys, 0).tolist()
        self._ends += [ends[a:b] for a, b in pairwise(cuts)]
        self._outer += [[key for key in outer[a:b] if key] for a, b in pairwise(cuts)]

    def columns(self) -> dict[str, pa.Array]:
        """The columns that the index of a part holds besides its own."""
        batch = Sketches.concat(self._sketches).to_arrow()
        own = {"site": pa.array(np.concatenate(self._sites)), "end_keys": pa.array(self._ends, pa.list_(pa.int64())),
               "outer_keys": pa.array(self._outer, pa.list_(pa.int64()))}
        return own | dict(zip(batch.schema.names, batch.columns, strict=True))


def find_recurring_lines(tables: Iterable[pa.Table]) -> tuple[NDArray[np.int64], list[int]]:
    """Keys of the lines that recur over the documents of a site, and the parts where one stands first or last in a document."""
    sites, likeness, docs, keys = ([np.empty(0, np.int64)] for _ in range(4))
    outer: list[NDArray[np.int64]] = []
    n = 0
    for table in tables:
        ends = table["end_keys"].combine_chunks()
        sites.append(table["site"].to_numpy())
        two = Sketches.from_arrow(table).signatures[:, :2].astype(np.int64)
        likeness.append((two[:, 0] << 31) ^ two[:, 1])
        docs.append(pc.list_parent_indices(ends).to_numpy().astype(np.int64) + n)
        keys.append(pc.list_flatten(ends).to_numpy())
        outer.append(pc.list_flatten(table["outer_keys"].combine_chunks()).to_numpy())
        n += len(table)
    recurring = find_recurring(*map(np.concatenate, (sites, likeness, docs, keys)))
    return recurring, [number for number, own in enumerate(outer) if np.isin(own, recurring).any()]


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


def find_fates(
    index: pa.Table, tables: Callable[[], Iterable[pa.Table]], text: Callable[[int], str], options: NearOptions,
    against: Against | None = None,
) -> Fates:
    """What becomes of each document of the index: kept, empty, or dropped for a kept one that it was compared with.

    `tables` gives the tables of the parts, `text` the clean text of a row. With `against`, documents that an earlier corpus
    has are found first; those that are dropped for it take no part in the rest.
    """
    n_chars = index["n_chars"].to_numpy()
    fates = Fates(np.arange(len(index)), ["kept" if n else "empty" for n in n_chars.tolist()], np.zeros(len(index)))
    rows = np.flatnonzero(n_chars)
    if against is not None:
        texts = Lazily(text, rows)
        fates.seen = {int(row): found for row, found in zip(rows, against.index.query(texts), strict=True) if found}
        if against.drop:
            for row in fates.seen:
                fates.cause[row] = "indexed"
            rows = np.array([row for row in rows.tolist() if row not in fates.seen], np.int64)
    part = index.take(pa.array(rows))
    keys = DocumentKeys(
        sketches=gather(tables(), part, options), n_chars=part["n_chars"].to_numpy(),
        published=part["published"].fill_null("").to_pylist(), ids=part["id"].to_pylist(), sources=part["source"].to_pylist(),
    )
    decisions = resolve(keys, lambda wanted: [text(row) for row in rows[np.asarray(wanted, np.int64)].tolist()], options)
    fates.kept[rows] = rows[decisions.kept_of]
    fates.similarity[rows] = decisions.similarity
    for row, cause in zip(rows.tolist(), decisions.causes, strict=True):
        fates.cause[row] = cause or "kept"
    return fates


class Lazily(Sequence[str]):
    """Texts of some rows as a sequence that reads each only when it is asked for."""

    def __init__(self, text: Callable[[int], str], rows: NDArray[np.int64]) -> None:
        self._text, self._rows = text, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        """One text, or a list of them."""
        if isinstance(at, slice):
            return [self._text(row) for row in self._rows[at].tolist()]
        return self._text(int(self._rows[at]))
