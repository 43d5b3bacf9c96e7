"""The rows of a run: one for each document as cleaned, and one for each fault, with all that any later step needs of it.

The rule of this file: a row is whole. No step goes back to the input or to the stages for anything, so a row may be moved,
amended and written anywhere. Types are those that engines over many machines have: int64, strings, bytes and lists of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.account import Cleaned
from pipeline.corpus.json_lines import dump_line, escape_breaks
from pipeline.corpus.packing import dump_accounts
from pipeline.near.sketch import SHORT_PERM, Sketches
from pipeline.record import Fault, Record

__all__ = ["PART", "digest_record", "document_rows", "fault_rows", "left_row", "sketch_columns", "sketches_of", "text_columns"]

#: One row a document or fault.
PART = pa.schema(
    [
        pa.field("fault", pa.binary()),             # line of the quarantine; null in the row of a document, empty in that of counts
        pa.field("id", pa.string()),
        pa.field("source", pa.string()),            # of a fault the name of the input
        pa.field("input", pa.string()),
        pa.field("byte", pa.int64()),
        pa.field("digest", pa.binary()),            # of the original and of what its record says of itself
        pa.field("published", pa.string()),
        pa.field("metadata", pa.binary()),          # JSON
        pa.field("notes", pa.binary()),             # JSON
        pa.field("extra", pa.binary()),             # JSON: fields of the record that mean nothing here; null where there are none
        pa.field("n_original", pa.int64()),         # code points of the original
        pa.field("original_sha256", pa.string()),
        pa.field("text", pa.string()),              # as it stands now
        pa.field("n_chars", pa.int64()),
        pa.field("n_lost", pa.int64()),             # of these, U+FFFD: characters that could not be read
        pa.field("sha256", pa.string()),
        pa.field("signals", pa.list_(pa.float64())),    # of `text`, see `pipeline.signals.table`
        pa.field("language", pa.string()),          # of `text`; null where it cannot be told
        pa.field("foreign", pa.list_(pa.string())),     # its passages in other languages, see `pipeline.signals.foreign`
        pa.field("verdict", pa.string()),           # why it is set aside, see `pipeline.signals.verdicts`; null where it is not
        pa.field("edits", pa.binary()),             # JSON, see `pipeline.corpus.packed`
        pa.field("recurring", pa.list_(pa.string())),   # lines that were cut because they recur over the site
        pa.field("tally", pa.list_(pa.string())),   # what is counted of it, and how often: see `pipeline.run.tally`
        pa.field("counts", pa.list_(pa.int64())),
        pa.field("site", pa.int64()),               # keys, see `pipeline.stages.boilerplate.template`
        pa.field("likeness", pa.int64()),
        pa.field("line_keys", pa.list_(pa.int64())),    # of the lines of the text as the boilerplate stage first saw it
        pa.field("sentences", pa.binary()),         # one byte for each of these lines: 1 where it holds the end of a sentence
        pa.field("kept", pa.list_(pa.int64())),     # places in them of the lines of `text`; -1: another line now
        pa.field("signature", pa.binary()),         # the sketch, see `pipeline.near.sketch`
        pa.field("short", pa.binary()),
        pa.field("n_shingles", pa.int64()),
        pa.field("n_canonical", pa.int64()),
        pa.field("exact_1", pa.int64()),
        pa.field("exact_2", pa.int64()),
    ]
)

#: Columns that hold a sketch.
SKETCH = ("signature", "short", "n_shingles", "n_canonical", "exact_1", "exact_2")

Columns = dict[str, pa.Array]


def document_rows(
    records: Sequence[Record], cleaned: Sequence[Cleaned], counts: Sequence[Mapping[str, int]], sites: NDArray[np.int64],
    measured: Mapping[str, pa.Array], sketches: Sketches,
) -> pa.RecordBatch:
    """Rows of documents that went through the stages. `measured`: `line_keys`, `sentences`, `kept`, and what `signals` measured."""
    texts = text_columns([c.text for c in cleaned])
    originals, digests = zip(*map(_digests, records, cleaned, texts["sha256"].to_pylist()), strict=True)
    columns = texts | sketch_columns(sketches) | {
        "fault": pa.nulls(len(records), pa.binary()),
        "id": [r.id for r in records],
        "source": [r.source for r in records],
        "input": [r.input for r in records],
        "byte": [r.byte for r in records],
        "digest": digests,
        "published": [c.metadata.get("published") for c in cleaned],
        "metadata": [_dump(c.metadata) for c in cleaned],
        "notes": [_dump([{"kind": kind, "text": text} for kind, text in c.notes]) for c in cleaned],
        "extra": [_dump(r.extra) if r.extra else None for r in records],
        "n_original": [len(c.original) for c in cleaned],
        "original_sha256": originals,
        "edits": dump_accounts(cleaned),
        "recurring": [[] for _ in cleaned],
        "tally": [list(own) for own in counts],
        "counts": [list(own.values()) for own in counts],
        "site": sites,
        "likeness": likeness(sketches),
    }
    return _batch(columns | dict(measured))


def text_columns(texts: Sequence[str]) -> Columns:
    """The columns that say what a text is now."""
    contents = [text.encode() for text in texts]
    return {
        "text": pa.array(contents, pa.binary()).view(pa.string()),
        "n_chars": pa.array(list(map(len, texts)), pa.int64()),
        "n_lost": pa.array([text.count("\ufffd") for text in texts], pa.int64()),
        "sha256": pa.array([sha256(content).hexdigest() for content in contents], pa.string()),
    }


def sketch_columns(sketches: Sketches) -> Columns:
    """The columns of a sketch."""
    batch = sketches.to_arrow()
    return {name: batch[name].cast(PART.field(name).type) for name in SKETCH}


def sketches_of(table: pa.Table) -> Sketches:
    """The sketches of rows that hold at least the columns SKETCH."""
    columns: Columns = {name: table[name] for name in SKETCH}
    width = len(table["signature"][0].as_py()) if len(table) else 4
    columns["signature"] = columns["signature"].cast(pa.binary(width))
    columns["short"] = columns["short"].cast(pa.binary(4 * SHORT_PERM))
    return Sketches.from_arrow(pa.table(columns))


def likeness(sketches: Sketches) -> NDArray[np.int64]:
    """Two values of each signature as one: documents that are alike have the same, most of the time."""
    two = sketches.signatures[:, :2].astype(np.int64)
    alike: NDArray[np.int64] = (two[:, 0] << 31) ^ two[:, 1]
    return alike


def fault_rows(faults: Iterable[Fault], num_perm: int) -> pa.RecordBatch:
    """Rows of what could not be read."""
    faults = list(faults)
    return _without_document(num_perm, {
        "fault": [dump_line(fault.as_row()) for fault in faults],
        "source": [fault.source for fault in faults],
        "byte": [fault.byte or 0 for fault in faults],
    })


def left_row(kinds: Mapping[str, int], num_perm: int) -> pa.RecordBatch:
    """One row with the counts of what is no document: its fault is empty, and no line of the quarantine."""
    names = sorted(kinds)
    tally = {"tally": [[f"left/{kind}" for kind in names]], "counts": [[kinds[kind] for kind in names]]}
    return _without_document(num_perm, {"fault": [b""], "source": [""], "byte": [0]} | tally)


def _without_document(num_perm: int, own: Columns | dict[str, Any]) -> pa.RecordBatch:
    """Rows that hold no document, null but for some columns."""
    n = len(own["fault"])
    empty = Sketches(
        np.zeros((n, num_perm), np.uint32), np.empty((0, SHORT_PERM), np.uint32), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.zeros((n, 2), np.uint64),
    )
    columns: dict[str, Any] = {field.name: pa.nulls(n, field.type) for field in PART}
    return _batch(columns | sketch_columns(empty) | own)


def _digests(record: Record, cleaned: Cleaned, sha: str) -> tuple[str, bytes]:
    """The digest of the original, and that of the record."""
    own = sha if cleaned.text == record.original else sha256(record.original.encode()).hexdigest()
    return own, digest_record(record, bytes.fromhex(own))


def digest_record(record: Record, original: bytes = b"") -> bytes:
    """The digest of a record: two that differ in what they say are not the same. `original` is that of its text, where known."""
    digest = original or sha256(record.original.encode()).digest()
    if record.metadata:
        digest = sha256(digest + orjson.dumps(record.metadata, option=orjson.OPT_SORT_KEYS)).digest()
    if record.extra:        # one of two equal records goes, and which one must not hang on their order
        digest = sha256(digest + b"\0" + orjson.dumps(record.extra, option=orjson.OPT_SORT_KEYS)).digest()
    return digest


def _dump(value: Any) -> bytes:
    """JSON that can be put into a line as it is."""
    return escape_breaks(orjson.dumps(value))


def _batch(columns: Mapping[str, Any]) -> pa.RecordBatch:
    arrays = [columns[f.name] for f in PART]
    made = [a if isinstance(a, pa.Array) else pa.array(a, f.type) for a, f in zip(arrays, PART, strict=True)]
    return pa.RecordBatch.from_arrays(made, schema=PART)

