"""Groups of keys: shards are cut into pieces, Spark brings the pieces of a group together, and a group is made into a shard.

A piece is a record batch as Arrow writes it, some thousand rows of a few columns: Spark sees bytes, and spills, sorts and sends
them. As rows they would be made into Java objects and back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline import world
from pipeline.engines.dataset import Dataset, Shard, check_shard, read_batches, write_shard
from pipeline.engines.local import group_rows, read_schema
from pipeline.engines.spark.tasks import FailedError, Work, check_place, describe, keep_quiet, unpack
from pipeline.errors import TaoshaError

__all__ = ["Groups", "drop_others", "find_groups", "make_groups", "split_shards"]

#: Bytes of narrow rows that are cut into pieces at once. PySpark gathers ten pieces a group, a thousand at most, before it passes
#: them on: a task holds about ten times as much.
CHUNK_BYTES = 8 << 20
_NAME = re.compile(r"([0-9a-f]{32})-[0-9a-f]{64}\.arrow")      # fixed lengths: linear

#: The place of a group among the missing ones, and rows of it; or, to all of them, an error that ends the run: groups of which rows
#: are missing must not be made.
Piece = tuple[int, bytes | TaoshaError]


@dataclass(frozen=True, slots=True)
class Groups:
    """What is to be grouped, and how."""

    made_from: str              # digest of the shards and of all that is done with them
    schema: pa.Schema           # of the rows that are moved
    key: str
    n_parts: int

    @classmethod
    def of(cls, src: Dataset, columns: Sequence[str], key: str, n_parts: int, pickled: bytes) -> Groups:
        """Those of a dataset."""
        whole = read_schema(src.shards[0].path) if src.shards else pa.schema([])
        digest = hashlib.sha256(f"{key} {n_parts} {hashlib.sha256(pickled).hexdigest()}".encode())
        for shard in src.shards:
            digest.update(bytes.fromhex(shard.digest))
        return cls(digest.hexdigest(), pa.schema([whole.field(name) for name in columns] if src.shards else []), key, n_parts)

    def name(self, part: int) -> str:
        """What the shard of a group is made from."""
        return hashlib.sha256(f"{self.made_from} {part}".encode()).hexdigest()[:32]

    def shards_in(self, folder: Path) -> Iterator[tuple[int, Path]]:
        """What lies in a folder under the names of groups; of one that was made twice, both."""
        parts = {self.name(part): part for part in range(self.n_parts)}
        for path in world.list_folder(folder):
            match = _NAME.fullmatch(path.name)
            if match and match[1] in parts:
                yield parts[match[1]], path


def find_groups(work: Work) -> dict[int, Shard]:
    """The groups that an earlier run made, whole."""
    found: dict[int, Shard] = {}
    for part, path in _groups(work).shards_in(work.out):
        shard = check_shard(path)
        if shard is not None:
            found[part] = shard
    return found


def drop_others(work: Work, made: dict[int, Shard]) -> None:
    """Remove what came of groups that were made twice, their rows in another order: the next run must find the one that counted."""
    for part, path in _groups(work).shards_in(work.out):
        if path != made[part].path:
            with suppress(FileNotFoundError):
                world.remove(path)


def _groups(work: Work) -> Groups:
    assert work.groups is not None
    return work.groups


def split_shards(sent: Any, missing: Sequence[int]) -> Callable[[Iterable[tuple[int, Shard]]], Iterator[Piece]]:
    """The function of the tasks that cut shards into pieces, each with its place among the missing groups."""
    return partial(_split_shards, sent=sent, missing=tuple(missing))


def _split_shards(tasks: Iterable[tuple[int, Shard]], *, sent: Any, missing: tuple[int, ...]) -> Iterator[Piece]:
    try:
        yield from _split(sent.value, tasks, missing)
    except TaoshaError as error:
        for place in range(len(missing)):
            yield place, error
    except Exception as error:
        raise FailedError(describe(error)) from None


def _split(work: Work, tasks: Iterable[tuple[int, Shard]], missing: tuple[int, ...]) -> Iterator[Piece]:
    groups = _groups(work)
    waiting: list[pa.RecordBatch] = []
    for _, shard in tasks:
        check_place(work, shard.path)
        for batch in read_batches(shard.path, groups.schema.names):
            waiting.append(batch)
            if sum(own.nbytes for own in waiting) > CHUNK_BYTES:
                yield from _cut(waiting, groups, missing)
                waiting = []
    if waiting:
        yield from _cut(waiting, groups, missing)


def _cut(batches: Sequence[pa.RecordBatch], groups: Groups, missing: tuple[int, ...]) -> Iterator[Piece]:
    """Rows as one piece for each missing group that has some."""
    table = pa.Table.from_batches(batches, groups.schema)
    part = group_rows(table[groups.key], groups.n_parts)
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.add(missing, [[0], [1]]))
    for place, (start, end) in enumerate(bounds.T.tolist()):
        if start < end:
            for own in table.take(pa.array(order[start:end])).combine_chunks().to_batches():
                yield place, own.serialize().to_pybytes()


def make_groups(
    sent: Any, notes: Any, missing: Sequence[int], max_failures: int
) -> Callable[[int, Iterable[Piece]], Iterator[int]]:
    """The function of the tasks that make groups into shards."""
    return partial(_make_groups, sent=sent, notes=notes, missing=tuple(missing), max_failures=max_failures)


def _make_groups(
    place: int, pieces: Iterable[Piece], *, sent: Any, notes: Any, missing: tuple[int, ...], max_failures: int
) -> Iterator[int]:
    notes.add([keep_quiet(partial(_make_group, sent.value, missing[place], pieces), missing[place], max_failures)])
    yield missing[place]


def _make_group(work: Work, part: int, pieces: Iterable[Piece]) -> list[Shard]:
    groups = _groups(work)
    _, fn, schema, _ = unpack(work.pickled)
    check_place(work, work.out)
    return [write_shard(work.out, groups.name(part), schema, fn(_read(pieces, groups.schema)))]


def _read(pieces: Iterable[Piece], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for _, data in pieces:
        if isinstance(data, TaoshaError):
            raise data
        yield pa.ipc.read_record_batch(pa.py_buffer(data), schema)
