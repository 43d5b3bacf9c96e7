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
from pipeline.corpus.lines import CLEAN_COLUMNS, fate_of
from pipeline.corpus.sinks import open_lines
from pipeline.engines.dataset import Dataset, read_batches
from pipeline.record import Fault
from pipeline.run.known import Known
from pipeline.run.signals import signals_in
from pipeline.signals.spread import Spread

__all__ = ["first_fault", "write_lines", "write_quarantine"]

#: Rows and characters of texts that are taken from the shards at once: the accounts of them can be many times as large.
CHUNK_ROWS, CHUNK_CHARS = 1024, 500_000

Written = dict[str, Any]    # lines and digest of a file


def write_lines(
    folder: Path, corpus: str, audit: str, known: Known, spread: Spread, *, shard_bytes: int | None = None
) -> dict[str, Written]:
    """Write the corpus, in one file or in shards, and the audit unless it is off, side by side. `spread` takes up its signals."""
    ordered, fates, mode = known.ordered, known.fates, known.settings.audit
    known.teller.begin("writing", len(ordered.index))
    ids, groups = ordered.index["id"].to_pylist(), fates.duplicates()
    shared = ordered.index["shared_id"].to_pylist()
    columns = CLEAN_COLUMNS if mode == "off" else tuple(dict.fromkeys(CLEAN_COLUMNS + AUDIT_COLUMNS))
    parts = ordered.parts(known.rows, columns)
    with ExitStack() as files:
        clean = files.enter_context(open_corpus(folder / corpus, shard_bytes, signals=known.settings.options.signals.in_jsonl))
        sink = files.enter_context(open_lines(folder / audit)) if mode != "off" else None
        with AuditWriter(sink, mode) if sink is not None else nullcontext() as account:
            for rows in _chunks(ordered.index["n_chars"].to_numpy()):
                table = parts.take(rows)
                kept = table.filter(pa.array([fates.cause[at] == "kept" for at in rows.tolist()]))
                spread.add(signals_in(kept), kept["language"].to_pylist())
                for at, row in zip(rows.tolist(), _columns_to_rows(table), strict=True):
                    if shared[at] is not None:
                        row |= _name_again(row, ids[at])
                    if fates.cause[at] == "kept":
                        clean.write(row, [ids[r] for r in groups.get(at, ())])
                    if account is not None:
                        account.write(row, fate_of(at, row["text"], ids, fates))
                known.teller.add(len(rows))
        written = clean.finish()
        if sink is not None:
            written[audit] = sink.finish()
        return written


def _name_again(row: dict[str, Any], id: str) -> dict[str, Any]:
    """What changes in a row whose id others have too: the account holds the one that it came with."""
    notes = [*orjson.loads(row.get("notes", b"[]")), {"kind": "shared-id", "text": row["id"]}]
    return {"id": id, "notes": escape_breaks(orjson.dumps(notes))}


def _columns_to_rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    columns = [table[name].to_pylist() for name in table.schema.names]
    return (dict(zip(table.schema.names, values, strict=True)) for values in zip(*columns, strict=True))


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
