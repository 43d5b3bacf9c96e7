"""The files of a segment: Arrow tables, whose bytes are compared with their digest before anything is read from them.

The rule of this file: a file says itself what its columns are and where its batches begin, and each document carries its row, which
is compared with the one asked for. A changed byte is an error, never another answer: tables are compared with digests of their
blocks or of the whole (`mapped`), documents each with the digest that its row has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from pipeline import world
from pipeline.errors import InputError
from pipeline.near.index.damage import damaged
from pipeline.near.index.mapped import Mapped
from pipeline.near.sketch import SHORT_PERM
from pipeline.read.damage import check_damage

__all__ = [
    "DIGEST_BYTES", "IN_BLOCKS", "OPTIONAL", "TABLES", "check_size", "column", "digest_text", "get_batch", "open_batches",
    "open_table", "schema_of", "seal", "write_table",
]

DIGEST_BYTES = 16       # of the text of a document: compared with the one of an equal id only, so 128 bits are plenty

_ROW = pa.field("row", pa.int32(), nullable=False)
_KEY = pa.field("key", pa.int64(), nullable=False)


def _signature(num_perm: int) -> pa.Field:
    return pa.field("signature", pa.binary(4 * num_perm), nullable=False)


#: The tables of a segment. `documents` is in many compressed batches, each of the others in one that is mapped as it is.
TABLES = ("documents", "rows", "short", "keys", "short_keys", "exact", "replaced", "blocks")
#: What segments of earlier versions have not, and are read without; and the tables of which it has digests of blocks.
OPTIONAL = ("blocks",)
IN_BLOCKS = ("rows", "short", "keys", "short_keys")


def schema_of(name: str, num_perm: int) -> pa.Schema:
    """The columns of a table.

    `documents`: the clean texts, in order. `rows`: of each its signature, its id, the digest of its text, and the batch of
    `documents` and the place in it where it stands. `short`: signatures of short texts. `keys`, `short_keys`: sorted band keys,
    with the row in `rows` or the place in `short`. `exact`: sorted hashes of canonical texts. `replaced`: documents of earlier
    segments whose id stands here with another text. `blocks`: of each table that is large the digests of its blocks, and of sorted
    keys each 512th.
    """
    def field(name: str, type: pa.DataType) -> pa.Field:
        return pa.field(name, type, nullable=False)

    columns = {
        "documents": [_ROW, field("text", pa.large_string())],
        "rows": [
            _signature(num_perm), field("id", pa.large_binary()), field("digest", pa.binary(DIGEST_BYTES)),
            field("batch", pa.int32()), field("place", pa.int32()),
        ],
        "short": [_signature(SHORT_PERM), _ROW],
        "keys": [_KEY, _ROW],
        "short_keys": [_KEY, _ROW],
        "exact": [field("first", pa.uint64()), field("second", pa.uint64()), _ROW],
        "replaced": [field("segment", pa.int32()), _ROW],
        "blocks": [field("table", pa.string()), field("digests", pa.large_binary()), field("fences", pa.large_binary())],
    }
    return pa.schema(columns[name])


def digest_text(text: str) -> bytes:
    """The digest that the row of a document has of its text."""
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()


def write_table(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], *, compressed: bool = False) -> None:
    """Write a new file; never through a link, never over another file."""
    options = pa.ipc.IpcWriteOptions(compression="zstd" if compressed else None, use_threads=False)
    with world.open(path, "xb", buffering=1 << 20) as file:       # x: O_EXCL, which follows no link
        with pa.ipc.new_file(file, schema, options=options) as out:
            for batch in batches:
                out.write_batch(batch)
        file.flush()
        world.sync(file.fileno())


def seal(path: Path) -> tuple[int, str]:
    """Size and digest of a file that was written."""
    with world.open(path, "rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def check_size(path: Path, size: int) -> None:
    """Raise where a file is not there or has another size than was listed."""
    try:
        found = path.stat().st_size if path.is_file() else None
    except OSError as error:
        check_damage(error, path)
        raise InputError(f"{path}: {error.strerror}; make the index readable") from error
    if found != size:
        raise damaged(path, f"{size} bytes expected, {'there is no such file' if found is None else found}")


def open_batches(file: Mapped, schema: pa.Schema) -> pa.RecordBatchFileReader:
    """A reader of the batches of a file. Raises IndexMismatchError where it is none of these columns."""
    try:
        reader = world.open_arrow(file.data)
    except Exception as error:
        check_damage(error, file.path)
        raise damaged(file.path, error) from error
    if reader.schema != schema:
        raise damaged(file.path, "other columns")
    return reader


def open_table(file: Mapped, schema: pa.Schema) -> pa.RecordBatch:
    """The one batch of a file, mapped into memory; its values are still to be checked where the file is in blocks."""
    file.check_foot()
    reader = open_batches(file, schema)
    if reader.num_record_batches != 1:
        raise damaged(file.path, f"{reader.num_record_batches} batches")
    batch = get_batch(file.path, reader, 0)
    file.check_head(batch)
    return batch


def get_batch(path: Path, reader: pa.RecordBatchFileReader, number: int) -> pa.RecordBatch:
    """A batch whose every offset and code point was checked."""
    try:
        batch = reader.get_batch(number)
        batch.validate(full=True)
    except Exception as error:
        check_damage(error, path, IndexError)
        raise damaged(path, error) from error
    return batch


def column(batch: pa.RecordBatch, name: str) -> NDArray[Any]:
    """A column as an array, not copied."""
    values: NDArray[Any] = batch.column(name).to_numpy(zero_copy_only=True)
    return values
