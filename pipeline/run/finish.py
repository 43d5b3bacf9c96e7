"""The last step: rows and fates to the files of a run, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from pipeline.corpus.audit import AUDIT_COLUMNS, AuditWriter
from pipeline.corpus.corpus import open_corpus
from pipeline.corpus.json_lines import dump_line, escape_breaks
from pipeline.corpus.lines import CLEAN_COLUMNS, KEPT, fate_of
from pipeline.corpus.sinks import open_lines
from pipeline.engines.dataset import Dataset, read_batches
from pipeline.record import Fault
from pipeline.run.known import Known

__all__ = ["first_fault", "write_lines", "write_quarantine"]

#: Rows and characters of texts that are taken from the shards at once: the accounts of them can be many times as large.
CHUNK_ROWS, CHUNK_CHARS = 1024, 500_000

Written = dict[str, Any]    # lines and digest of a file


def write_lines(
    folder: Path, corpus: str, audit: str, known: Known, *, shard_bytes: int | None = None
) -> dict[str, Written]:
    """Write the corpus, in one file or in shards, and the audit unless it is off, side by side."""
    ordered, fates, mode = known.ordered, known.fates, known.settings.audit
    known.teller.begin("writing", len(ordered.index))
    ids, groups = ordered.index["id"].to_pylist(), fates.duplicates()
    shared = ordered.index["shared_id"].to_pylist()
    columns = CLEAN_COLUMNS if mode == "off" else tuple(dict.fromkeys(CLEAN_COLUMNS + AUDIT_COLUMNS))
    parts = ordered.parts(known.rows, columns)
    with ExitStack() as files:
        clean = files.enter_context(open_corpus(folder / corpus, shard_bytes))
        sink = files.enter_context(open_lines(folder / audit)) if mode != "off" else None
        with AuditWriter(sink, mode) if sink is not None else nullcontext() as account:
            for rows in _chunks(ordered.index["n_chars"].to_numpy()):
                table = _name_again(parts.take(rows), ids[rows[0]:rows[-1] + 1], shared[rows[0]:rows[-1] + 1])
                kept = [at for at in rows.tolist() if fates.cause[at] == "kept"]
                own = table if len(kept) == len(rows) else table.take(np.array(kept, np.int64) - rows[0])
                clean.write(own, [[ids[r] for r in groups.get(at, ())] for at in kept])
                if account is not None:
                    text = table["text"]
                    account.write(table, [
                        KEPT if fates.cause[at] == "kept" and at not in fates.seen else fate_of(at, text[k].as_py(), ids, fates)
                        for k, at in enumerate(rows.tolist())
                    ])
                known.teller.add(len(rows))
        written = clean.finish()
        if sink is not None:
            written[audit] = sink.finish()
        return written


def _name_again(table: pa.Table, ids: list[str], shared: list[str | None]) -> pa.Table:
    """Rows whose id others have too get their own; the account holds the one that they came with."""
    if not any(shared):
        return table
    table = table.set_column(table.schema.get_field_index("id"), "id", pa.chunked_array([pa.array(ids, pa.string())]))
    if "notes" not in table.schema.names:
        return table
    notes = [
        data if came is None else escape_breaks(orjson.dumps([*orjson.loads(data), {"kind": "shared-id", "text": came}]))
        for data, came in zip(table["notes"].to_pylist(), shared, strict=True)
    ]
    return table.set_column(table.schema.get_field_index("notes"), "notes", pa.chunked_array([pa.array(notes, pa.binary())]))


def _chunks(n_chars: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
    """Places of rows that follow each other, a bounded number of rows and of characters at once."""
    total = np.cumsum(n_chars)
    start = 0
    while start < len(n_chars):
        before = int(total[start - 1]) if start else 0
        end = int(np.searchsorted(total, before + CHUNK_CHARS, side="right"))
        end = min(max(end, start + 1), start + CHUNK_ROWS)
        yield np.arange(start, end)
        start = end


def write_quarantine(path: Path, faults: Iterable[Fault], data: Dataset) -> Written:
    """Write what could not be read, in the order of (source, byte): the faults of the run, and those among the rows."""
    lines = [(fault.source, fault.byte or 0, dump_line(fault.as_row())) for fault in faults]
    for shard in data.shards:
        for batch in read_batches(shard.path, ("fault", "source", "byte")):
            own = batch.filter(batch["fault"].is_valid()).to_pylist()
            lines += [(row["source"], row["byte"], row["fault"]) for row in own if row["fault"]]
    with open_lines(path) as sink:
        for _, _, line in sorted(lines):
            sink.write(line)
        return sink.finish()


def first_fault(faults: Sequence[Fault], data: Dataset) -> str:
    """What could not be read, for people: the first of it. Empty where all could."""
    for fault in faults:
        return f"{fault.place()}: {fault.message}"
    for shard in data.shards:
        for batch in read_batches(shard.path, ("fault",)):
            for line in filter(None, batch["fault"].to_pylist()):
                row = orjson.loads(line)
                return f"{row['source']}: {row['message']}"
    return ""
