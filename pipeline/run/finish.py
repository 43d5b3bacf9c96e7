"""The last step: rows and fates to the files of a run, in one order."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any, overload

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.corpus.audit import AUDIT_COLUMNS, AuditWriter
from pipeline.corpus.corpus import open_corpus
from pipeline.corpus.json_lines import dump_line, escape_breaks
from pipeline.corpus.lines import CLEAN_COLUMNS, KEPT, fate_of
from pipeline.corpus.parts import Parts
from pipeline.corpus.sinks import open_lines
from pipeline.engines.dataset import Dataset, read_batches
from pipeline.record import Fault
from pipeline.run.known import Known
from pipeline.run.signals import signals_in
from pipeline.signals.spread import Spread

__all__ = ["first_fault", "write_lines", "write_quarantine"]

#: Rows and characters of texts that are taken from the shards at once: the accounts of them can be many times as large.
CHUNK_ROWS, CHUNK_CHARS = 1024, 500_000
#: Bytes of lines of the quarantine that are held at once.
FAULT_BYTES = 1 << 22
#: In place of each message in the quarantine of a sealed run.
SEALED = "a sealed run tells the place and the reason alone; clean this input with --audit full to read what is wrong"

Written = dict[str, Any]    # lines and digest of a file


def write_lines(
    folder: Path, corpus: str, audit: str, known: Known, spread: Spread, *, shard_bytes: int | None = None
) -> dict[str, Written]:
    """Write the corpus, in one file or in shards, and the audit unless it is off, side by side. `spread` takes up its signals."""
    ordered, fates, mode = known.ordered, known.fates, known.settings.audit
    known.teller.begin("writing", len(ordered.index))
    ids, shared, groups = Strings(ordered.index["id"]), ordered.index["shared_id"].is_valid().to_numpy(), fates.duplicates()
    columns = CLEAN_COLUMNS if mode == "off" else tuple(dict.fromkeys(CLEAN_COLUMNS + AUDIT_COLUMNS))
    parts = ordered.parts(known.rows, columns)
    with ExitStack() as files:
        clean = files.enter_context(open_corpus(folder / corpus, shard_bytes, signals=known.settings.options.signals.in_jsonl))
        sink = files.enter_context(open_lines(folder / audit, dense=True)) if mode != "off" else None
        with AuditWriter(sink, mode) if sink is not None else nullcontext() as account:
            for rows in _chunks(ordered.index["n_chars"].to_numpy()):
                table = _name_again(parts.take(rows), ids[rows[0]:rows[-1] + 1], shared[rows[0]:rows[-1] + 1])
                kept = [at for at in rows.tolist() if fates.cause[at] == "kept"]
                own = table if len(kept) == len(rows) else table.take(np.array(kept, np.int64) - rows[0])
                spread.add(signals_in(own), own["language"].to_pylist())
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


class Strings(Sequence[str]):
    """A column of strings of which each is made when it is asked for: as a list they take three times the memory."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column.combine_chunks()

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        """One, or a list of them."""
        own = self._column[at]
        return own.to_pylist() if isinstance(at, slice) else str(own.as_py())


def _name_again(table: pa.Table, ids: list[str], shared: NDArray[np.bool_]) -> pa.Table:
    """Rows whose id others have too get their own; the account holds the one that they came with."""
    if not shared.any():
        return table
    before = table["id"].to_pylist()
    table = table.set_column(table.schema.get_field_index("id"), "id", pa.chunked_array([pa.array(ids, pa.string())]))
    if "notes" not in table.schema.names:
        return table
    notes = [
        escape_breaks(orjson.dumps([*orjson.loads(data), {"kind": "shared-id", "text": came}])) if again else data
        for data, came, again in zip(table["notes"].to_pylist(), before, shared.tolist(), strict=True)
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


def write_quarantine(
    path: Path, faults: Sequence[Fault], data: Dataset, *, sealed: bool = False
) -> tuple[Written, dict[str, int]]:
    """Write what could not be read, in the order of (source, byte, line): the faults of the run, and those among the rows. Gives
    how many there are for each reason too, as the manifest counts them.

    There may be as much of it as there is input, so only the places of the lines are held. `sealed`: without what tells of them.
    """
    own = sorted((fault.source, fault.byte or 0, dump_line(fault.as_row())) for fault in faults)
    reasons: Counter[str] = Counter()
    with open_lines(path) as sink:
        for _, _, line in heapq.merge(own, _sorted_faults(data)):
            reasons[f"fault/{orjson.loads(line)['reason']}"] += 1
            sink.write(_seal(line) if sealed else line)
        return sink.finish(), dict(reasons)


def _seal(line: bytes) -> bytes:
    """The line of a fault without its bytes and its message.

    A message may name an id that was made of the original, a key of the record, or what an exception says, which may quote it.
    """
    return dump_line({key: value for key, value in orjson.loads(line).items() if key != "raw_base64"} | {"message": SEALED})


def _sorted_faults(data: Dataset) -> Iterator[tuple[str, int, bytes]]:
    index = _index_faults(data)
    parts = Parts([shard.path for shard in data.shards], index["part"].to_numpy(), index["row"].to_numpy(), ("fault",))
    sources, byte = index["source"].combine_chunks(), index["byte"].to_numpy()
    if not len(index):
        return
    same = np.concatenate([[False], (pc.equal(sources[1:], sources[:-1]).to_numpy(zero_copy_only=False)) & (np.diff(byte) == 0)])
    edges = np.append(np.flatnonzero(~same), len(index))        # what has one place is sorted by its lines
    before = np.concatenate([[0], np.cumsum(index["size"].to_numpy())])[edges]
    start = 0
    while start < len(edges) - 1:
        stop = max(start + 1, int(np.searchsorted(before, before[start] + FAULT_BYTES, "right")) - 1)
        rows = np.arange(edges[start], edges[stop])
        lines = parts.take(rows)["fault"].to_pylist()
        yield from sorted(zip(sources.take(rows).to_pylist(), byte[rows].tolist(), lines, strict=True))
        start = stop


def _index_faults(data: Dataset) -> pa.Table:
    """Where each fault is, sorted by (source, byte)."""
    schema = pa.schema([("source", pa.string()), *((name, pa.int64()) for name in ("byte", "size", "part", "row"))])

    def batches() -> Iterator[pa.RecordBatch]:
        for number, shard in enumerate(data.shards):
            at = 0
            for batch in read_batches(shard.path, ("fault", "source", "byte")):
                size = pc.binary_length(batch["fault"]).fill_null(0).to_numpy().astype(np.int64)
                some = np.flatnonzero(size)         # the row of counts has an empty one
                if len(some):
                    own, places = batch.select(["source", "byte"]).take(some), (size[some], np.full(len(some), number), some + at)
                    yield pa.RecordBatch.from_arrays([*own.columns, *map(pa.array, places)], schema=schema)
                at += len(batch)

    return pa.Table.from_batches(batches(), schema).sort_by([("source", "ascending"), ("byte", "ascending")])


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
