"""Records from any iterable through the stages, one after the other: for people who use no files.

Memory is that of one batch, however long the iterable is; results come in its order. What one record holds changes nothing for
another: near-duplicates are found by `near_duplicates`, lines of a site by a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from pipeline.account import Cleaned
from pipeline.cleaning import choose_stages
from pipeline.errors import InputError, UsageError
from pipeline.options import Options, need_options
from pipeline.read.columns import Columns
from pipeline.read.fields import make_record
from pipeline.read.values import list_rows
from pipeline.record import Fault, Record, make_id, replace_surrogates
from pipeline.run.clean import BATCH_CHARS, clean_records
from pipeline.run.settings import Settings
from pipeline.wording import describe

__all__ = ["clean"]

#: Records of one batch at most: how far the iterable is read before the first result.
BATCH = 1024


def clean(
    records: Iterable[Any], *, stages: Iterable[str] | None = None, options: Options | None = None, text_key: str | None = None,
    on_fault: Callable[[Fault], object] | None = None,
) -> Iterator[Cleaned]:
    """Clean each record of an iterable: texts, mappings with a text, or batches of Arrow (record batches or tables) of them.

    The keys of a mapping are those that a run knows (`text`, `content`, `html` …; `text_key` names another); a page of HTML is read
    as one. `id`, `source`, title, date and author are taken along, all other keys are in `extra`. A record without a text raises
    InputError with its number; with `on_fault` it is given there and the next one is cleaned. `stages` and `options` as in
    `clean_texts`. Raises UsageError for what is no iterable of records.

    >>> [c.text for c in clean(["党(dǎng)建引领", {"id": 7, "content": "黨建引領"}])]
    ['党建引领', '党建引领']
    """
    if hasattr(records, "iterrows") or hasattr(records, "iter_rows"):       # these iterate over their columns
        how = 'df.to_dict("records")' if hasattr(records, "iterrows") else "df.iter_rows(named=True)"
        raise UsageError(f"clean takes an iterable of records, and this is a data frame: give its rows, as {how}")
    if isinstance(records, str | bytes | Mapping) or not isinstance(records, Iterable | pa.RecordBatch | pa.Table):
        how = "put it into a list" if isinstance(records, str | Mapping) else "give a list, a generator, a data set"
        raise UsageError(f"clean takes an iterable of records, and this is {describe(records)}: {how}")
    if on_fault is not None and not callable(on_fault):
        raise UsageError(f"on_fault is a function that is given each fault, and this is {describe(on_fault)}")
    settings = Settings(need_options(options, Options), None if stages is None else tuple(s.name for s in choose_stages(stages)))
    return _clean_all(records, settings, Columns.of(text=text_key), on_fault or _refuse)


def _clean_all(records: Iterable[Any], settings: Settings, columns: Columns, say: Callable[[Fault], object]) -> Iterator[Cleaned]:
    batch: list[Record] = []
    held = 0
    rows = enumerate(_rows(records))
    while True:
        try:
            number, row = next(rows)
        except StopIteration:
            break
        except BaseException:       # of whoever makes the records: those before it are not lost
            yield from _clean_batch(batch, settings, say)
            raise
        item = _read(row, number, columns)
        if isinstance(item, Fault):
            yield from _clean_batch(batch, settings, say)       # before the fault is told: it may end the loop
            batch, held = [], 0
            say(item)
            continue
        batch.append(item)
        held += len(item.original)
        if held >= BATCH_CHARS or len(batch) == BATCH:
            yield from _clean_batch(batch, settings, say)
            batch, held = [], 0
    yield from _clean_batch(batch, settings, say)


def _rows(records: Iterable[Any]) -> Iterator[Any]:
    """The records, with those of Arrow one by one."""
    if isinstance(records, pa.Table | pa.RecordBatchReader):
        records = records.to_batches() if isinstance(records, pa.Table) else records
    for record in [records] if isinstance(records, pa.RecordBatch) else records:
        if isinstance(record, pa.RecordBatch | pa.Table):
            for start in range(0, len(record), BATCH):
                yield from list_rows(record.slice(start, BATCH))
        else:
            yield record


def _read(row: Any, number: int, columns: Columns) -> Record | Fault:
    name = f"record {number:,}"
    if isinstance(row, str):
        text, lone = replace_surrogates(row)
        about = {"n_replaced": str(lone)} if lone else {}
        return Record(make_id("", row.encode("utf-8", "surrogatepass")), "", text, about, name)
    if not isinstance(row, Mapping):
        return Fault(name, "wrong-type", f"this is {describe(row)}; a record is a text, or a mapping that holds one")
    key = next((name for name in columns.text if name in row), "")
    if isinstance(row.get(key), list | tuple):
        how = "give records one by one, not a batch of columns, and join what is one text"
        return Fault(name, "wrong-type", f"`{key}` is a list: {how}")
    made = make_record(row, "", number, columns)
    if isinstance(made, Fault):     # the option of a command is an argument here
        return Fault(name, made.reason, made.message.replace("--text-key", "text_key"))
    return replace(made, input=name)


def _clean_batch(batch: list[Record], settings: Settings, say: Callable[[Fault], object]) -> Iterator[Cleaned]:
    faults: list[Fault] = []
    for records, results in clean_records(batch, settings, faults) if batch else ():
        for record, cleaned in zip(records, results, strict=True):
            cleaned.id, cleaned.source, cleaned.extra = record.id, record.source, record.extra
            yield cleaned
    for fault in faults:
        say(fault)


def _refuse(fault: Fault) -> None:
    raise InputError(f"{fault.source}: {fault.message} (or give `on_fault`, to go on)")
