"""Documents on their way into an index: written as segments under a temporary name, then renamed, then listed.

The rule of this file: what is listed is never touched, and before it is listed nothing counts. Killed at any point, the old index
is there as it was; what was left lying about goes when the next one adds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from filelock import Timeout
from numpy.typing import NDArray

from pipeline import world
from pipeline.atomic import sync_folder
from pipeline.errors import OutputError, UsageError
from pipeline.near.decisions import SHORT_SEED
from pipeline.near.index.finding import FENCE, make_index_keys
from pipeline.near.index.head import Entry
from pipeline.near.index.mapped import digest_blocks
from pipeline.near.index.tables import IN_BLOCKS, TABLES, digest_text, schema_of, seal, write_table
from pipeline.near.sketch import SHORT_MIN, Sketches, is_short, sketch, to_binary
from pipeline.options import NearOptions
from pipeline.record import Texts, replace_surrogates

__all__ = [
    "Document",
    "adding",
    "batches_of",
    "find_others",
    "make_blocks",
    "make_document",
    "make_tables",
    "next_number",
    "sketch_texts",
    "sort_keys",
    "sweep",
    "write_segments",
]

#: Documents of one segment, about 60 MB on disk at the usual length, and code points: what is held while it is written.
SEGMENT_DOCS, SEGMENT_CHARS = 50_000, 1 << 27
#: Documents that are compressed together, and code points. 64 news items are 40 kB: 25 % smaller than one by one.
_BATCH_DOCS, _BATCH_CHARS = 32, 1 << 17
#: Texts that are sketched at once.
_SKETCH_DOCS, _SKETCH_CHARS = 2_000, 1 << 22

_OURS = re.compile(r"segment-\d{6,}|\.adding-.*")       # alternatives that differ in their first character: linear

_DRAFT = re.compile(r"\.[0-9a-f]{16}\.tmp")       # of `index.json`, see `pipeline.atomic`; fixed length: linear

T = TypeVar("T")
#: Id, digest of the text, the text.
Document = tuple[bytes, bytes, str]


def make_document(id: str, text: str) -> Document:
    """A document as it is stored."""
    whole = replace_surrogates(text)[0]
    return id.encode("utf-8", "surrogatepass"), digest_text(whole), whole


def batches_of(texts: Iterable[T], size: Callable[[T], int], most: int, most_chars: int) -> Iterator[list[T]]:
    """Lists of `most` things or `most_chars` code points, whichever comes first; one thing at least."""
    batch: list[T] = []
    chars = 0
    for text in texts:
        batch.append(text)
        chars += size(text)
        if len(batch) >= most or chars >= most_chars:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def sketch_texts(texts: Iterable[str], options: NearOptions) -> Sketches:
    """Sketches of any number of texts, some at a time."""
    parts = [sketch(Texts.of([]), options)]
    parts += [sketch(Texts.of(batch), options) for batch in batches_of(texts, len, _SKETCH_DOCS, _SKETCH_CHARS)]
    return Sketches.concat(parts)


def write_segment(
    folder: Path, documents: list[Document], replaced: list[tuple[int, int]], options: NearOptions
) -> dict[str, tuple[int, str]]:
    """Write documents into an empty folder; give the size and the digest of each file."""
    batches: list[NDArray[np.int32]] = []
    places: list[NDArray[np.int32]] = []

    def compressed() -> Iterator[pa.RecordBatch]:
        row = 0
        for number, part in enumerate(batches_of(documents, lambda d: len(d[2]), _BATCH_DOCS, _BATCH_CHARS)):
            batches.append(np.full(len(part), number, np.int32))
            places.append(np.arange(len(part), dtype=np.int32))
            yield _batch("documents", options, np.arange(row, row + len(part), dtype=np.int32), [text for *_, text in part])
            row += len(part)

    def write(name: str, *columns: Any) -> None:
        write_table(folder / f"{name}.arrow", schema_of(name, options.num_perm), [_batch(name, options, *columns)])

    write_table(folder / "documents.arrow", schema_of("documents", options.num_perm), compressed(), compressed=True)
    sketches = sketch_texts((text for *_, text in documents), options)
    ids, digests, _ = zip(*documents, strict=True)
    write("rows", to_binary(sketches.signatures), ids, digests, np.concatenate(batches), np.concatenate(places))
    tables = make_tables(sketches)
    for name, columns in tables.items():
        write(name, *columns)
    write("blocks", *make_blocks(folder, {name: tables[name][0] for name in ("keys", "short_keys")}))
    write("replaced", *np.array(replaced, np.int32).reshape(-1, 2).T.copy())
    return {name: seal(folder / f"{name}.arrow") for name in TABLES}


def make_tables(sketches: Sketches) -> dict[str, tuple[Any, ...]]:
    """The columns of the tables by which documents with these sketches are found."""
    short = np.flatnonzero(is_short(sketches.n_canonical))
    known = np.flatnonzero(sketches.n_canonical > 0)
    order = known[np.lexsort([sketches.exact[known, 1], sketches.exact[known, 0]])]
    first, second = sketches.exact[order].T.copy()
    return {
        "short": (to_binary(sketches.short), short.astype(np.int32)),
        "keys": sort_keys(sketches.signatures, np.flatnonzero(sketches.n_canonical >= SHORT_MIN), 0),
        "short_keys": sort_keys(sketches.short, np.arange(len(short)), SHORT_SEED),
        "exact": (first, second, order.astype(np.int32)),
    }


def make_blocks(folder: Path, keys: dict[str, NDArray[np.int64]]) -> tuple[list[str], list[bytes], list[bytes]]:
    """The columns of `blocks`, of the files of a segment and its sorted keys."""
    digests = [digest_blocks(memoryview(world.read(folder / f"{name}.arrow"))) for name in IN_BLOCKS]
    fences = [keys[name][::FENCE].astype("<i8").tobytes() if name in keys else b"" for name in IN_BLOCKS]
    return list(IN_BLOCKS), digests, fences


def _batch(name: str, options: NearOptions, *columns: Any) -> pa.RecordBatch:
    schema = schema_of(name, options.num_perm)
    arrays = [c if isinstance(c, pa.Array) else pa.array(c, field.type) for c, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def sort_keys(signatures: NDArray[np.uint32], rows: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Band keys of some rows of signatures in ascending order, and the row of each, the first added first among equals."""
    keys = make_index_keys(signatures[rows], seed)
    owners = np.repeat(rows, keys.shape[1]).astype(np.int32)
    order = np.argsort(keys.ravel(), kind="stable")
    return keys.ravel()[order], owners[order]


def write_segments(
    folder: Path, first: int, documents: Iterable[tuple[Document, tuple[int, int] | None]], options: NearOptions
) -> list[Entry]:
    """Write documents, each with the (segment, row) that it replaces, as segments from number `first` on; give their entries.

    They take their names only when all are whole.
    """
    temporary = Path(world.make_temporary(prefix=".adding-", dir=folder))
    try:
        entries: list[Entry] = []
        for part in batches_of(documents, lambda d: len(d[0][2]), SEGMENT_DOCS, SEGMENT_CHARS):
            number = first + len(entries)
            own = temporary / str(number)
            world.make_folder(own)
            files = write_segment(own, [d for d, _ in part], [old for _, old in part if old], options)
            sync_folder(own)
            entries.append(Entry(number, len(part), files))
        for entry in entries:
            world.rename(temporary / str(entry.number), folder / entry.name)
        sync_folder(folder)
        return entries
    finally:
        world.remove_tree(temporary, ignore_errors=True)


def find_others(folder: Path) -> list[str]:
    """Names of what stands in a folder and is no part of an index; hidden files are of no account."""
    own = ("lock", "index.json")
    names = (path.name for path in world.list_folder(folder))
    return [name for name in names if name[0] != "." and name not in own and not _OURS.fullmatch(name)]


def next_number(folder: Path) -> int:
    """The number after those of all segments that are in the folder, listed or not."""
    names = (path.name for path in world.list_folder(folder))
    numbers = (name.removeprefix("segment-") for name in names if name.startswith("segment-"))
    return 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)


def sweep(folder: Path, listed: Iterable[str]) -> None:
    """Take away what an adding that was killed left: folders of our names, not listed, with nothing but tables of ours."""
    ours = {f"{name}.arrow" for name in TABLES}
    for path in world.list_folder(folder):
        if _DRAFT.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            world.remove(path)
        if not _OURS.fullmatch(path.name) or path.name in set(listed) or path.is_symlink() or not path.is_dir():
            continue
        if all(inside.name in ours or (inside.name.isdigit() and inside.is_dir()) for inside in path.rglob("*")):
            world.remove_tree(path, ignore_errors=True)


@contextmanager
def adding(folder: Path) -> Iterator[None]:
    """One writer at a time; the lock goes with the process that holds it. Raises UsageError where another one adds, OutputError
    where the folder cannot be written to.
    """
    lock = folder / "lock"
    try:
        if lock.is_symlink():
            raise OutputError(f"{lock}: a link, which is not followed; remove it")
        with world.lock(lock, timeout=0):
            yield
    except Timeout as error:
        raise UsageError(f"{folder}: another process is adding to this index; wait until it is done") from error
    except OSError as error:
        if error.errno is None:     # of a library that could not be loaded, for want of memory
            raise
        raise OutputError(
            f"{folder}: cannot be added to ({error.strerror or error}); the index is as it was: make room or the folder writable, "
            "and add again"
        ) from error
