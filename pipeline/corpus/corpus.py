"""The corpus of a run as it is written: JSONL, plain or compressed, or Parquet, by the suffix of its name; in one file or more."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa

from pipeline import world
from pipeline.atomic import open_atomic, sync_folder
from pipeline.corpus.columns import arrow_schema
from pipeline.corpus.lines import clean_lines, clean_row, signals_of
from pipeline.corpus.shards import name_shard, split_suffix
from pipeline.corpus.sinks import open_lines

__all__ = ["SUFFIXES", "CorpusSink", "open_corpus"]

#: What a corpus can be written as.
SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
#: Characters and rows of one row group: some tens of MB in memory, and large enough for readers that take whole groups.
GROUP_CHARS, GROUP_ROWS = 1 << 23, 20_000

Row = dict[str, Any]


class CorpusSink(Protocol):
    """Where documents go."""

    def write(self, rows: pa.Table, duplicates: Sequence[Sequence[str]], /) -> None:
        """Add documents: columns CLEAN_COLUMNS of their rows, and for each the ids of those dropped for it."""

    def finish(self) -> dict[str, dict[str, Any]]:
        """Write what is still waiting; give the number of documents and the digest of each file, by name, in their order."""


class _FileSink(Protocol):
    @property
    def size(self) -> int:
        """Bytes of the file so far, about."""

    def write(self, document: Any, /) -> None: ...
    def finish(self) -> dict[str, Any]: ...


class _Whole:
    """A corpus in one file."""

    def __init__(self, name: str, sink: _FileSink, signals: bool) -> None:
        self._name, self._sink, self._make = name, sink, _maker_for(name, signals)

    def write(self, rows: pa.Table, duplicates: Sequence[Sequence[str]], /) -> None:
        for document in self._make(rows, duplicates):
            self._sink.write(document)

    def finish(self) -> dict[str, dict[str, Any]]:
        return {self._name: self._sink.finish()}


class _Shards:
    """A corpus in files of about one size, which have their names when it is known how many they are."""

    def __init__(self, path: Path, most: int, signals: bool, stack: ExitStack) -> None:
        self._path, self._most, self._stack, self._make = path, most, stack, _maker_for(path.name, signals)
        self._done: list[dict[str, Any]] = []
        self._begin()

    def _begin(self) -> None:
        self._file = self._stack.enter_context(ExitStack())
        self._sink = self._file.enter_context(_open_file(self._part(len(self._done)), self._most))

    def _part(self, number: int) -> Path:
        return self._path.with_name(f"part-{number}{split_suffix(self._path.name)[1]}")

    def _end(self) -> None:
        self._done.append(self._sink.finish())
        self._file.close()

    def write(self, rows: pa.Table, duplicates: Sequence[Sequence[str]], /) -> None:
        for document in self._make(rows, duplicates):
            if self._sink.size >= self._most:
                self._end()
                self._begin()
            self._sink.write(document)

    def finish(self) -> dict[str, dict[str, Any]]:
        self._end()
        names = [name_shard(self._path.name, n, len(self._done)) for n in range(len(self._done))]
        for n, name in enumerate(names):
            world.rename(self._part(n), self._path.with_name(name))
        sync_folder(self._path.parent)
        return dict(zip(names, self._done, strict=True))


def _maker_for(name: str, signals: bool) -> Callable[[pa.Table, Sequence[Sequence[str]]], Iterable[Any]]:
    """What makes of rows the documents that a file of this name takes: lines, or rows of Parquet."""
    return _parquet_rows if name.endswith(".parquet") else partial(clean_lines, signals=signals)


def _parquet_rows(rows: pa.Table, duplicates: Sequence[Sequence[str]]) -> Iterator[Row]:
    for row, own in zip(rows.to_pylist(), duplicates, strict=True):
        yield clean_row(row, own) | signals_of(row) | {"extra": row["extra"].decode() if row["extra"] else None}


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

    def __init__(self, file: IO[bytes], most: int) -> None:
        import pyarrow.parquet as pq

        self._most = min(GROUP_CHARS, most)
        self._schema, self._file = arrow_schema(), _Hashed(file)
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd", compression_level=6, store_schema=False)
        self._rows: list[Row] = []
        self._size = self._n = 0

    @property
    def size(self) -> int:
        return self._file.tell() + self._size

    def write(self, row: Row, /) -> None:
        self._rows.append(row)
        self._n += 1
        self._size += len(row["text"]) + len((row["extra"] or "").encode())
        if self._size > self._most or len(self._rows) >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows, self._size = [], 0

    def give_up(self) -> None:
        """Write nothing more: the writer would write its foot when it is thrown away, into a file that is closed then."""
        self._writer.is_open = False

    def finish(self) -> dict[str, Any]:
        self._flush()
        self._writer.close()
        return {"lines": self._n, "sha256": self._file.digest.hexdigest()}


@contextmanager
def open_corpus(path: Path, shard_bytes: int | None = None, *, signals: bool = False) -> Iterator[CorpusSink]:
    """A corpus whose files take their names when the block ends well; in several where they are to be of about `shard_bytes`.

    `finish` it before. Where the last document of a file ends is the same every time. JSONL holds `signals` on request.
    """
    with ExitStack() as stack:
        if shard_bytes is None:
            yield _Whole(path.name, stack.enter_context(_open_file(path, GROUP_CHARS)), signals)
        else:
            yield _Shards(path, shard_bytes, signals, stack)


@contextmanager
def _open_file(path: Path, most: int) -> Iterator[_FileSink]:
    if path.suffix == ".parquet":
        with open_atomic(path) as file:
            rows = _Parquet(file, most)
            try:
                yield rows
            except BaseException:
                rows.give_up()
                raise
    else:
        with open_lines(path) as sink:
            yield sink
