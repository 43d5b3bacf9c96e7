"""The corpus of a run as it is written: JSONL, plain or compressed, or Parquet, as the suffix of its name says."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa

from pipeline.atomic import open_atomic
from pipeline.corpus.columns import arrow_schema
from pipeline.corpus.lines import clean_line, clean_row
from pipeline.corpus.sinks import LineSink, open_lines

__all__ = ["SUFFIXES", "CorpusSink", "open_corpus"]

#: What a corpus can be written as.
SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
#: Characters and rows of one row group: some tens of MB in memory, and large enough for readers that take whole groups.
GROUP_CHARS, GROUP_ROWS = 1 << 23, 20_000

Row = dict[str, Any]


class CorpusSink(Protocol):
    """Where documents go."""

    def write(self, row: Row, duplicates: Sequence[str], /) -> None:
        """Add a document: columns CLEAN_COLUMNS of its row, and the ids of those dropped for it."""

    def finish(self) -> dict[str, Any]:
        """Write what is still waiting; give the number of documents and the digest of the file."""


class _JsonLines:
    def __init__(self, sink: LineSink) -> None:
        self._sink = sink

    def write(self, row: Row, duplicates: Sequence[str], /) -> None:
        self._sink.write(clean_line(row, duplicates))

    def finish(self) -> dict[str, Any]:
        return self._sink.finish()


class _Hashed(io.RawIOBase):
    """A file to write in order, hashed on its way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest, self._n = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._n

    def write(self, data: Any, /) -> int:
        n = self._file.write(data)
        self.digest.update(data)
        self._n += n
        return n


class _Parquet:
    """Rows of one schema in row groups. The bytes are the same every time with one version of pyarrow."""

    def __init__(self, file: IO[bytes]) -> None:
        import pyarrow.parquet as pq

        self._schema, self._file = arrow_schema(), _Hashed(file)
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd", compression_level=6, store_schema=False)
        self._rows: list[Row] = []
        self._size = self._n = 0

    def write(self, row: Row, duplicates: Sequence[str], /) -> None:
        own = clean_row(row, duplicates)
        self._rows.append(own | {"extra": row["extra"].decode() if row["extra"] else None})
        self._n += 1
        self._size += len(row["text"]) + len(row["extra"] or b"")
        if self._size > GROUP_CHARS or len(self._rows) >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows, self._size = [], 0

    def finish(self) -> dict[str, Any]:
        self._flush()
        self._writer.close()
        return {"lines": self._n, "sha256": self._file.digest.hexdigest()}


@contextmanager
def open_corpus(path: Path) -> Iterator[CorpusSink]:
    """A corpus that takes its name when the block ends well. `finish` it before."""
    if path.suffix == ".parquet":
        with open_atomic(path) as file:
            yield _Parquet(file)
    else:
        with open_lines(path) as sink:
            yield _JsonLines(sink)
