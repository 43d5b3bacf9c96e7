"""One segment of an index on disk: documents that were added together, and what finds them again.

The rule of this file: a segment is written once and never changed. Sizes are checked on opening, the digest of a file when it is
first used, or of a block when it is touched, the range of a row before it is followed, and of a document its row and its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.near.decisions import LEAST, LEAST_SHORT, SHORT_SEED
from pipeline.near.index.damage import damaged
from pipeline.near.index.finding import Finder
from pipeline.near.index.head import Entry
from pipeline.near.index.mapped import Mapped
from pipeline.near.index.tables import check_size, column, digest_text, get_batch, open_batches, open_table, schema_of
from pipeline.near.sketch import SHORT_MIN, SHORT_PERM, Sketches, from_binary, is_short
from pipeline.options import NearOptions

__all__ = ["Segment"]


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

    def _map(self, name: str) -> Mapped:
        known = self._blocks.get(name)
        return Mapped(self.path(name), self.entry.files[name][1], known[0] if known else None)

    def _open(self, name: str) -> tuple[pa.RecordBatch, Mapped]:
        """A table that is in one batch, and its file, by which values are to be checked before they are used."""
        file = self._map(name)
        return open_table(file, schema_of(name, self.options.num_perm)), file

    @cached_property
    def _blocks(self) -> dict[str, tuple[bytes, NDArray[np.int64]]]:
        """Digests of the blocks of a table, and fences; nothing for segments of earlier versions."""
        if "blocks" not in self.entry.files:
            return {}
        file = Mapped(self.path("blocks"), self.entry.files["blocks"][1])
        rows = open_table(file, schema_of("blocks", self.options.num_perm)).to_pylist()
        if any(len(row["fences"]) % 8 for row in rows):
            raise damaged(file.path, "a fence is cut")
        return {row["table"]: (row["digests"], np.frombuffer(row["fences"], "<i8").astype(np.int64)) for row in rows}

    def table(self, name: str) -> pa.RecordBatch:
        """A table that is in one batch, checked as a whole."""
        batch, file = self._open(name)
        file.check()
        return batch

    @cached_property
    def _rows(self) -> tuple[pa.RecordBatch, Mapped]:
        table, file = self._open("rows")
        if table.num_rows != len(self):
            raise damaged(file.path, f"{table.num_rows} rows, {len(self)} expected")
        return table, file

    @cached_property
    def _all_rows(self) -> pa.RecordBatch:
        table, file = self._rows
        file.check()
        return table

    def _of_row(self, name: str, row: int) -> Any:
        """A value of a row."""
        table, file = self._rows
        file.check_values(table[name], self._known(row), row + 1)
        return table[name][row].as_py()

    @property
    def signatures(self) -> NDArray[np.uint32]:
        """The signature of each document."""
        return from_binary(self._all_rows["signature"])

    @property
    def places(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The batch of documents where each stands, and the place in it."""
        return column(self._all_rows, "batch"), column(self._all_rows, "place")

    @property
    def ids(self) -> list[bytes]:
        """The id of each document, as bytes."""
        return list(self._all_rows["id"].to_pylist())

    @property
    def digests(self) -> list[bytes]:
        """The digest of the text of each document."""
        return list(self._all_rows["digest"].to_pylist())

    @cached_property
    def _short(self) -> tuple[pa.RecordBatch, Mapped]:
        return self._open("short")

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self._open("keys"), self._rows, self._fences("keys"), 0)

    @cached_property
    def _short_finder(self) -> Finder:
        return Finder(self._open("short_keys"), self._short, self._fences("short_keys"), SHORT_SEED)

    def _fences(self, name: str) -> NDArray[np.int64]:
        return self._blocks[name][1] if name in self._blocks else np.empty(0, np.int64)

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
        """The documents, in batches; what is read of one is compared with the digest that its row has."""
        return open_batches(self._map("documents"), schema_of("documents", self.options.num_perm))

    def batch(self, number: int) -> pa.RecordBatch:
        """One batch of documents."""
        if not 0 <= number < self.documents.num_record_batches:
            raise damaged(self.path("rows"), f"batch {number}")
        return get_batch(self.path("documents"), self.documents, number)

    def texts(self, rows: Sequence[int]) -> list[str]:
        """The texts of some documents, in ascending order of rows. Each is checked to be the document that is meant."""
        found: list[str] = []
        number, batch = -1, None
        for row in rows:
            at, place = self._of_row("batch", row), self._of_row("place", row)
            if batch is None or number != at:
                number, batch = at, self.batch(at)
            if not 0 <= place < batch.num_rows or batch["row"][place].as_py() != row:
                raise damaged(self.path("documents"), f"document {row} is not at place {place} of batch {number}")
            text: str = batch["text"][place].as_py()
            if digest_text(text) != self._of_row("digest", row):
                raise damaged(self.path("documents"), f"document {row} is another")
            found.append(text)
        return found

    def id(self, row: int) -> str:
        """The id of a document."""
        found: bytes = self._of_row("id", row)
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
        if len(long):
            least = int(LEAST * self.options.num_perm)
            for number, there, share in self._finder.find(sketches.signatures[long], least):
                if not self.replaced[there]:
                    yield int(long[number]), there, share
        short = asked[is_short(sketches.n_canonical[asked])]
        if len(short):
            signatures = sketches.short[sketches.short_places()[short]]
            for number, place, share in self._short_finder.find(signatures, int(LEAST_SHORT * SHORT_PERM)):
                there = self._short_row(place)
                if not self.replaced[there]:
                    yield int(short[number]), there, share

    def _short_row(self, place: int) -> int:
        """The row of a short document."""
        table, file = self._short
        file.check_values(table["row"], place, place + 1)
        return self._known(table["row"][place].as_py())
