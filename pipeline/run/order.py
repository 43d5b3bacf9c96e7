"""The step `order`: all documents in the order of the output, each with a name of its own.

The rule of this file: it sees narrow columns of all rows at once, in the process of the run, and no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.corpus.parts import Parts
from pipeline.corpus.rows import PART
from pipeline.engines.dataset import Dataset, read_batches

__all__ = ["Ordered", "put_in_order"]

Rows = NDArray[np.int64]

#: Columns that say which document comes first, and which two are one; what is known of each when that is done.
ORDER = ("source", "id", "digest", "input", "byte")
INDEX = ("id", "published", "n_chars", "n_lost", "verdict")


@dataclass(frozen=True, slots=True)
class Ordered:
    """The documents of a run in the order of the output.

    `index` holds the columns INDEX, `part` and `row` (which say where each is), one row a document, and `shared_id`: the id that
    it came with, where other records have it too and `id` is another now. `twin_of` has for each its own place, or that of the
    equal record that comes before it. It is held until the run ends, 80 bytes a document: what is asked for once is not in it.
    """

    index: pa.Table
    twin_of: Rows

    def parts(self, data: Dataset, columns: Sequence[str]) -> Parts:
        """Columns of the rows, by their place in the order."""
        paths = [shard.path for shard in data.shards]
        return Parts(paths, self.index["part"].to_numpy(), self.index["row"].to_numpy(), columns)


def put_in_order(data: Dataset) -> Ordered:
    """All documents, sorted by (source, id), then by what they are. Equal records are one document and its twins."""
    index = _sort(_name_apart(_read_index(data)))
    ids = _codes(index["id"])
    return Ordered(index, _first_of(ids)[ids])


def _sort(index: pa.Table) -> pa.Table:
    """The columns that are known of each document, sorted: one after another, and what is sorted goes, so that none lies twice."""
    order = pc.sort_indices(index, sort_keys=[(name, "ascending") for name in ORDER])
    columns = {}
    for name in (*INDEX, "part", "row", "shared_id"):
        columns[name] = index[name].take(order)
        index = index.drop_columns(name)
    return pa.table(columns)


def _codes(column: pa.ChunkedArray) -> Rows:
    """For each row a number that stands for its value in a column."""
    codes: Rows = pc.dictionary_encode(column.combine_chunks()).indices.to_numpy().astype(np.int64)
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
    length, names = 16, index["id"]
    while len(shared := _find_shared(index)):
        rows = pa.array(shared)
        own = [
            f"{name}#{digest.hex()[:length]}"
            for name, digest in zip(index["id"].take(rows).to_pylist(), index["digest"].take(rows).to_pylist(), strict=True)
        ]
        places = np.arange(len(index))
        places[shared] = len(index) + np.arange(len(shared))
        renamed = pa.concat_arrays([index["id"].combine_chunks(), pa.array(own, names.type)]).take(pa.array(places))
        index = index.set_column(index.schema.get_field_index("id"), "id", pa.chunked_array([renamed]))
        length = 64
    return index.append_column("shared_id", pc.if_else(pc.equal(names, index["id"]), pa.nulls(len(names), names.type), names))


def _find_shared(index: pa.Table) -> Rows:
    """The rows whose id another record has too, which is another one."""
    ids = _codes(index["id"])
    first = _first_of(ids)[ids]
    again = np.flatnonzero(first != np.arange(len(ids)))
    own, of_first = (index["digest"].take(pa.array(rows)) for rows in (again, first[again]))
    other = again[pc.not_equal(own, of_first).to_numpy()]
    return np.flatnonzero(np.isin(ids, ids[other]))


def _read_index(data: Dataset) -> pa.Table:
    types = {name: PART.field(name).type for name in dict.fromkeys((*ORDER, *INDEX))}
    types |= {"source": pa.large_string(), "id": pa.large_string(), "part": pa.int64(), "row": pa.int64()}      # 2 GB are soon full
    schema = pa.schema(types.items())
    return pa.Table.from_batches(_index_batches(data, schema), schema)


def _index_batches(data: Dataset, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    names = schema.names[:-2]
    for number, shard in enumerate(data.shards):
        at = 0
        for batch in read_batches(shard.path, ("fault", *names)):
            some = np.flatnonzero(batch["fault"].is_null())
            own = batch.select(names).take(some)
            places = pa.array(np.full(len(some), number)), pa.array(at + some)
            yield pa.RecordBatch.from_arrays([*(own[name].cast(schema.field(name).type) for name in names), *places], schema=schema)
            at += len(batch)
