"""One segment of an index on disk: documents that were added together, and what finds them again.

The rule of this file: a segment is written once and never changed. Sizes are checked on opening, the digest of a file when it is
first used, the range of a row before it is followed, and the row of a document when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.near import candidates as bands
from pipeline.near.decisions import LEAST, LEAST_SHORT, SHORT_SEED
from pipeline.near.index.head import Entry
from pipeline.near.index.tables import check_size, column, damaged, get_batch, open_batches, open_table, schema_of
from pipeline.near.kernels.bands import fill_keys
from pipeline.near.kernels.query import LOW_BITS, WINDOW, look_up
from pipeline.near.sketch import SHORT_MIN, SHORT_PERM, Sketches, from_binary, is_short
from pipeline.options import NearOptions

__all__ = ["Segment", "make_index_keys"]

_MORE_SEED = 5000


def make_index_keys(signatures: NDArray[np.uint32], seed: int) -> NDArray[np.int64]:
    """Band keys whose lower bits hash the next band, so that the rows of a large bucket are sorted by more values."""
    keys = bands.make_keys(signatures, seed)
    more = np.empty_like(keys)
    fill_keys(np.roll(signatures, -bands.ROWS, axis=1), bands.ROWS, seed + _MORE_SEED, more)
    low = np.int64((1 << LOW_BITS) - 1)
    mixed: NDArray[np.int64] = (keys & ~low) | (more & low)
    return mixed


class Segment:
    """An open segment: its tables are mapped into memory when they are first needed."""

    def __init__(self, root: Path, entry: Entry, options: NearOptions) -> None:
        self.entry, self.options = entry, options
        self.folder = root / entry.name
        #: Rows whose id stands in a later segment with another text.
        self.replaced = np.zeros(entry.documents, np.bool_)
        for name, (size, _) in entry.files.items():
            check_size(self.folder / f"{name}.arrow", size)

    def __len__(self) -> int:
        return self.entry.documents

    @property
    def n_bytes(self) -> int:
        """Bytes on disk."""
        return sum(size for size, _ in self.entry.files.values())

    def path(self, name: str) -> Path:
        """The file of a table."""
        return self.folder / f"{name}.arrow"

    def table(self, name: str) -> pa.RecordBatch:
        """A table that is in one batch."""
        return open_table(self.path(name), self.entry.files[name][1], schema_of(name, self.options.num_perm))

    @cached_property
    def _rows(self) -> pa.RecordBatch:
        table = self.table("rows")
        if table.num_rows != len(self):
            raise damaged(self.path("rows"), f"{table.num_rows} rows, {len(self)} expected")
        return table

    @cached_property
    def signatures(self) -> NDArray[np.uint32]:
        """The signature of each document."""
        return from_binary(self._rows["signature"])

    @cached_property
    def places(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The batch of documents where each stands, and the place in it."""
        return column(self._rows, "batch"), column(self._rows, "place")

    @property
    def ids(self) -> list[bytes]:
        """The id of each document, as bytes."""
        return list(self._rows["id"].to_pylist())

    @property
    def digests(self) -> list[bytes]:
        """The digest of the text of each document."""
        return list(self._rows["digest"].to_pylist())

    @cached_property
    def short(self) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        """Signatures of the short documents, and their rows."""
        table = self.table("short")
        return from_binary(table["signature"]), column(table, "row")

    @cached_property
    def keys(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Sorted band keys, and the row of each."""
        table = self.table("keys")
        return column(table, "key"), column(table, "row")

    @cached_property
    def short_keys(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Sorted band keys of short signatures, and the place of each in `short`."""
        table = self.table("short_keys")
        return column(table, "key"), column(table, "row")

    @cached_property
    def exact(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int32]]:
        """Sorted hashes of canonical texts, in two halves, and the row of each."""
        table = self.table("exact")
        return column(table, "first"), column(table, "second"), column(table, "row")

    @cached_property
    def replaces(self) -> list[tuple[int, int]]:
        """(number of an earlier segment, row there) of the documents whose id stands here with another text."""
        table = self.table("replaced")
        return list(zip(table["segment"].to_pylist(), table["row"].to_pylist(), strict=True))

    @cached_property
    def documents(self) -> pa.RecordBatchFileReader:
        """The documents, in batches."""
        return open_batches(self.path("documents"), self.entry.files["documents"][1], schema_of("documents", self.options.num_perm))

    def batch(self, number: int) -> pa.RecordBatch:
        """One batch of documents."""
        if not 0 <= number < self.documents.num_record_batches:
            raise damaged(self.path("rows"), f"batch {number}")
        return get_batch(self.path("documents"), self.documents, number)

    def texts(self, rows: Sequence[int]) -> list[str]:
        """The texts of some documents, in ascending order of rows. Each is checked to be the document that is meant."""
        batches, places = self.places
        found: list[str] = []
        number, batch = -1, None
        for row in rows:
            if batch is None or number != batches[self._known(row)]:
                number = int(batches[row])
                batch = self.batch(number)
            place = int(places[row])
            if not 0 <= place < batch.num_rows or batch["row"][place].as_py() != row:
                raise damaged(self.path("documents"), f"document {row} is not at place {place} of batch {number}")
            found.append(batch["text"][place].as_py())
        return found

    def id(self, row: int) -> str:
        """The id of a document."""
        found: bytes = self._rows["id"][self._known(row)].as_py()
        try:
            return found.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise damaged(self.path("rows"), error) from error

    def find_exact(self, sketches: Sketches) -> Iterator[tuple[int, int]]:
        """(row of the sketches, first row here) of texts whose canonical form is equal."""
        first, second, rows = self.exact
        asked = np.flatnonzero(sketches.n_canonical > 0)
        places = np.searchsorted(first, sketches.exact[asked, 0])
        for row, place in zip(asked.tolist(), places.tolist(), strict=True):
            while place < len(first) and first[place] == sketches.exact[row, 0]:
                if second[place] == sketches.exact[row, 1] and not self.replaced[self._known(int(rows[place]))]:
                    yield row, int(rows[place])
                    break
                place += 1

    def _known(self, row: int) -> int:
        if not 0 <= row < len(self):
            raise damaged(self.folder, f"row {row} of {len(self)}")
        return row

    def find_near(self, sketches: Sketches, asked: NDArray[np.int64]) -> Iterator[tuple[int, int, float]]:
        """(row of the sketches, row here, share of equal values) of candidates; a pair can come twice."""
        long = asked[sketches.n_canonical[asked] >= SHORT_MIN]
        least = int(LEAST * self.options.num_perm)
        if len(long):
            for row, there, share in _look_up(self.keys, self.signatures, sketches.signatures[long], long, 0, least, self):
                if not self.replaced[there]:
                    yield row, there, share
        short = asked[is_short(sketches.n_canonical[asked])]
        if len(short):
            signatures = sketches.short[sketches.short_places()[short]]
            least = int(LEAST_SHORT * SHORT_PERM)
            for row, place, share in _look_up(self.short_keys, self.short[0], signatures, short, SHORT_SEED, least, self):
                there = self._known(int(self.short[1][place]))
                if not self.replaced[there]:
                    yield row, there, share


def _look_up(
    sorted_keys: tuple[NDArray[np.int64], NDArray[np.int32]], here: NDArray[np.uint32], signatures: NDArray[np.uint32],
    asked: NDArray[np.int64], seed: int, least: int, segment: Segment,
) -> Iterator[tuple[int, int, float]]:
    """(asked, place in `here`, share of equal values) for each signature."""
    keys = make_index_keys(signatures, seed)
    out = np.empty(2 * WINDOW * keys.shape[1], np.int64)
    shared = np.empty(len(out), np.int32)
    for row, sought, own in zip(asked.tolist(), keys, signatures, strict=True):
        n = look_up(*sorted_keys, here, sought, own, least, out, shared)
        if n < 0:
            raise damaged(segment.folder, "a key of a document that is not there")
        for place, values in zip(out[:n].tolist(), shared[:n].tolist(), strict=True):
            yield row, place, values / signatures.shape[1]
