"""A dataset: Arrow shards in their order. The name of each says what it was made from and what is in it.

A shard is written under a temporary name, hashed, flushed to the disk and renamed to KEY-DIGEST.arrow: what it was made from,
and what is in it. So a damaged shard is told from a whole one by its name alone, and is made again.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from pipeline import world
from pipeline.atomic import sync_folder
from pipeline.meter import METER
from pipeline.read.damage import check_damage

__all__ = ["Dataset", "Shard", "ShardSteps", "check_shard", "find_shards", "read_batches", "write_shard", "write_steps"]

_NAME = re.compile(r"([0-9a-f]{32})-([0-9a-f]{64})\.arrow")     # fixed lengths: linear


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of a dataset."""

    path: Path
    rows: int
    size: int       # bytes
    digest: str     # sha256

    @property
    def key(self) -> str:
        """What it was made from."""
        return self.path.name.partition("-")[0]


#: A shard while it is written: the number of rows after each batch.
ShardSteps = Generator[int, None, Shard]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Shards in their order, which may lie in several folders."""

    shards: tuple[Shard, ...]

    @property
    def n_rows(self) -> int:
        """Rows in all."""
        return sum(shard.rows for shard in self.shards)

    def table(self, schema: pa.Schema, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows at once: for small datasets."""
        columns = columns or schema.names
        batches = [b for shard in self.shards for b in read_batches(shard.path, columns)]
        return pa.Table.from_batches(batches, pa.schema([schema.field(name) for name in columns]))


class _Hashed:
    """A file for Arrow that is hashed as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.size, self.closed = file, hashlib.sha256(), 0, False

    def write(self, data: Any) -> int:
        self.file.write(data)
        self.digest.update(data)
        size = memoryview(data).nbytes
        self.size += size
        return size

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        pass

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        pass


def write_shard(folder: Path, key: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Shard:
    """Write one shard, whole or not at all."""
    steps = write_steps(folder, key, schema, batches)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            shard: Shard = end.value
            return shard


def write_steps(folder: Path, key: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> ShardSteps:
    """Write one shard batch by batch: a generator of the number of rows so far, which returns the shard."""
    temporary = folder / f"{secrets.token_hex(8)}.tmp"
    rows = METER.read = 0
    try:
        with world.open(temporary, "xb", buffering=1 << 20) as file:
            hashed = _Hashed(file)
            with pa.ipc.new_file(pa.PythonFile(hashed, mode="w"), schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
                    rows += len(batch)
                    yield rows
            file.flush()
            world.sync(file.fileno())
        digest = hashed.digest.hexdigest()
        path = folder / f"{key}-{digest}.arrow"
        world.rename(temporary, path)
        sync_folder(folder)
    finally:
        with suppress(OSError):
            world.remove(temporary)
    return Shard(path, rows, hashed.size, digest)


def read_batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The batches of a shard, mapped into memory; of its columns those asked for, in that order.

    Columns are chosen of the batch, which costs nothing. Asked for fields of its own, Arrow reads all of a batch into memory as
    soon as they do not lie side by side (52 MB for two numbers a row of a shard of 51 MB).
    """
    with world.map_arrow(path) as file:
        reader = world.open_arrow(file)
        for i in range(reader.num_record_batches):
            batch = reader.get_batch(i)
            yield batch if columns is None else batch.select(list(columns))


def find_shards(folder: Path, *, alone: bool = True) -> dict[str, Shard]:
    """The whole shards of a folder, by what they were made from. What is damaged is removed, and what is half written, unless
    another process may be at it.
    """
    found: dict[str, Shard] = {}
    for path in world.list_folder(folder) if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        shard = check_shard(path) if match else None
        if match and shard is not None:
            found[match[1]] = shard
        elif match or (alone and path.suffix == ".tmp"):
            with suppress(FileNotFoundError):
                world.remove(path)
    return found


def check_shard(path: Path) -> Shard | None:
    """A shard that was written before, if every byte of it is as it was."""
    digest = path.stem.partition("-")[2]
    try:
        with world.open(path, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                return None
        rows = sum(len(batch) for batch in read_batches(path))
        return Shard(path, rows, path.stat().st_size, digest)
    except Exception as error:
        check_damage(error, path)
        return None
