"""What only the whole corpus can tell: the order of the output, and the fate of every document.

The rule of this file: it sees the narrow columns of all rows at once, and texts only of those that must be compared. It runs
in the parent; the walk it drives asks for texts in rounds of bounded size (`pipeline.near.decisions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.corpus.fates import Fates
from pipeline.corpus.parts import Parts
from pipeline.corpus.rows import PART, SKETCH, sketches_of
from pipeline.engines.dataset import Dataset, read_batches
from pipeline.near.decisions import DocumentKeys, decide
from pipeline.near.index import Index
from pipeline.near.sketch import SHORT_PERM, Sketches, is_short
from pipeline.options import NearOptions

__all__ = ["Against", "Ordered", "find_fates", "gather", "put_in_order"]

Rows = NDArray[np.int64]

#: Columns that say which document comes first, and which two are one.
ORDER = ("source", "id", "digest", "input", "byte")
INDEX = (*ORDER, "published", "n_chars", "n_lost")


@dataclass(frozen=True, slots=True)
class Against:
    """An index of an earlier corpus, and whether documents that it has are dropped or only marked in the audit."""

    index: Index
    drop: bool = True


@dataclass(frozen=True, slots=True)
class Ordered:
    """The documents of a run in the order of the output.

    `index` holds the columns INDEX, `part` and `row` (which say where each is), one row a document, and `shared_id`: the id that
    it came with, where other records have it too and `id` is another now. `twin_of` has for each its own place, or that of the
    equal record that comes before it.
    """

    index: pa.Table
    twin_of: Rows

    def parts(self, data: Dataset, columns: Sequence[str]) -> Parts:
        """Columns of the rows, by their place in the order."""
        return parts_of(data, self.index, columns)


def parts_of(data: Dataset, index: pa.Table, columns: Sequence[str]) -> Parts:
    """Columns of some rows by their place in `index`, which says where each is."""
    paths = [shard.path for shard in data.shards]
    return Parts(paths, index["part"].to_numpy(), index["row"].to_numpy(), columns)


def put_in_order(data: Dataset) -> Ordered:
    """All documents, sorted by (source, id), then by what they are. Equal records are one document and its twins."""
    index = _name_apart(_read_index(data)).sort_by([(name, "ascending") for name in ORDER])
    ids = _codes(index, "id")
    return Ordered(index, _first_of(ids)[ids])


def _codes(index: pa.Table, column: str) -> Rows:
    """For each row a number that stands for its value in a column."""
    codes: Rows = pc.dictionary_encode(index[column].combine_chunks()).indices.to_numpy().astype(np.int64)
    return codes


def _first_of(codes: Rows) -> Rows:
    """For each code the first row that has it."""
    first = np.full(int(codes.max(initial=-1)) + 1, -1, np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _name_apart(index: pa.Table) -> pa.Table:
    """Give ids that records share which differ in their digests a part of the digest, `1#5feceb66ffc86f38`, all of them alike.

    So what a record is called depends on no order and no place; `shared_id` holds what it was called. A name that is made so may
    be there already: then those that share it get their whole digests, and so on until each stands for one record. Rounds end,
    for whole digests that differ tell apart, and what is longer than all ids of the input meets none of them.
    """
    digests, length = _codes(index, "digest"), 16
    names = index["id"]
    while len(shared := _find_shared(_codes(index, "id"), digests)):
        own = index["id"].to_pylist()
        for row, digest in zip(shared.tolist(), index["digest"].take(pa.array(shared)).to_pylist(), strict=True):
            own[row] = f"{own[row]}#{digest.hex()[:length]}"
        index = index.set_column(index.schema.get_field_index("id"), "id", pa.chunked_array([pa.array(own, pa.string())]))
        length = 64
    return index.append_column("shared_id", pc.if_else(pc.equal(names, index["id"]), None, names))


def _find_shared(ids: Rows, digests: Rows) -> Rows:
    """The rows whose id another record has too, which is another one."""
    other = digests != digests[_first_of(ids)[ids]]
    return np.flatnonzero(np.isin(ids, ids[other]))


def _read_index(data: Dataset) -> pa.Table:
    own = [*PART.names]
    schema = pa.schema([*(PART.field(own.index(name)) for name in INDEX), ("part", pa.int64()), ("row", pa.int64())])
    return pa.Table.from_batches(_index_batches(data, schema), schema)


def _index_batches(data: Dataset, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for number, shard in enumerate(data.shards):
        at = 0
        for batch in read_batches(shard.path, ("fault", *INDEX)):
            n = len(batch)
            places = [pa.array(np.full(n, number)), pa.array(np.arange(at, at + n))]
            whole = pa.RecordBatch.from_arrays([*(batch[name] for name in INDEX), *places], schema=schema)
            yield whole.filter(batch["fault"].is_null())
            at += n


def gather(data: Dataset, index: pa.Table, options: NearOptions) -> Sketches:
    """The sketches of the rows of `index`, in their order.

    Signatures are most of what a run holds in memory, so each goes straight from its shard, which is memory-mapped, to its place.
    """
    n, part, row = len(index), index["part"].to_numpy(), index["row"].to_numpy()
    signatures = np.empty((n, options.num_perm), np.uint32)
    n_shingles, n_canonical, exact = np.empty(n, np.int64), np.empty(n, np.int64), np.empty((n, 2), np.uint64)
    short, short_at = [np.empty((0, SHORT_PERM), np.uint32)], [np.empty(0, np.int64)]
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.arange(len(data.shards) + 1))
    for k, shard in enumerate(data.shards):
        places = order[bounds[k]:bounds[k + 1]]
        if not len(places):
            continue
        own, rows = sketches_of(pa.Table.from_batches(read_batches(shard.path, SKETCH))), row[places]
        signatures[places], exact[places] = own.signatures[rows], own.exact[rows]
        n_shingles[places], n_canonical[places] = own.n_shingles[rows], own.n_canonical[rows]
        has_short = is_short(own.n_canonical[rows])
        short.append(own.short[own.short_places()[rows[has_short]]])
        short_at.append(places[has_short])
    by_place = np.argsort(np.concatenate(short_at))
    return Sketches(signatures, np.concatenate(short)[by_place], n_shingles, n_canonical, exact)


def find_fates(ordered: Ordered, data: Dataset, options: NearOptions, against: Against | None = None) -> Fates:
    """What becomes of each document: kept, empty, or dropped for a kept one that it was compared with.

    With `against`, documents that an earlier corpus has are found first; those that are dropped for it take no part in the rest.
    A record that is there again shares the fate of the first, as its exact duplicate where that is kept.
    """
    index, texts = ordered.index, ordered.parts(data, ["text"])
    n_chars = index["n_chars"].to_numpy()
    fates = Fates(np.arange(len(index)), ["kept" if n else "empty" for n in n_chars.tolist()], np.zeros(len(index)))
    single = ordered.twin_of == np.arange(len(index))
    rows = np.flatnonzero((n_chars > 0) & single)
    if against is not None:
        rows = _find_seen(fates, rows, texts, against)
    own = index.take(pa.array(rows))
    keys = DocumentKeys(
        sketches=gather(data, own, options), n_chars=own["n_chars"].to_numpy(), n_lost=own["n_lost"].to_numpy(),
        published=own["published"].fill_null("").to_pylist(), ids=own["id"].to_pylist(), sources=own["source"].to_pylist(),
    )
    decisions = decide(keys, lambda wanted: texts.texts(rows[np.asarray(wanted, np.int64)].tolist()), options)
    fates.kept[rows] = rows[decisions.kept_of]
    fates.similarity[rows] = decisions.similarity
    for row, cause in zip(rows.tolist(), decisions.causes, strict=True):
        fates.cause[row] = cause or "kept"
    _follow_first(fates, np.flatnonzero(~single), ordered.twin_of)
    return fates


def _find_seen(fates: Fates, rows: Rows, texts: Parts, against: Against) -> Rows:
    """Note what an earlier corpus has; give the rows that are left."""
    found = against.index.query(Lazily(texts, rows))
    fates.seen = {int(row): there for row, there in zip(rows, found, strict=True) if there}
    if not against.drop:
        return rows
    for row in fates.seen:
        fates.cause[row] = "indexed"
    return np.array([row for row in rows.tolist() if row not in fates.seen], np.int64)


def _follow_first(fates: Fates, twins: Rows, twin_of: Rows) -> None:
    """Records that are there again: dropped for the first, or with it for what it was dropped for."""
    for row in twins.tolist():
        first = int(twin_of[row])
        fates.kept[row], fates.similarity[row], fates.cause[row] = fates.kept[first], fates.similarity[first], fates.cause[first]
        if fates.cause[first] == "kept":
            fates.similarity[row], fates.cause[row] = 1.0, "exact"
        if first in fates.seen:
            fates.seen[row] = fates.seen[first]
        if fates.cause[row] in ("empty", "indexed"):
            fates.kept[row] = row


class Lazily(Sequence[str]):
    """Texts of some rows as a sequence that reads each only when it is asked for."""

    def __init__(self, texts: Parts, rows: Rows) -> None:
        self._texts, self._rows = texts, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        """One text, or a list of them."""
        if isinstance(at, slice):
            return self._texts.texts(self._rows[at].tolist())
        return self._texts.text(int(self._rows[at]))
