"""One work unit from input to part: read, clean, sketch, write. Runs in a worker, or in the parent when there is one worker."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from pipeline.account import AuditMode
from pipeline.chinese.dates import to_iso
from pipeline.clean import Cleaned, amend, clean_texts
from pipeline.corpus.parts import PartWriter
from pipeline.errors import StageError
from pipeline.options import Options
from pipeline.read.units import Unit, read_unit
from pipeline.record import Fault, Record, Texts
from pipeline.run.resolve import CorpusColumns
from pipeline.stages.boilerplate.recurring import propose_recurring, site_key

__all__ = ["Recurring", "Settings", "Tally", "clean_records", "process_unit", "site_of"]

#: Characters and documents of one batch: enough to make per-batch costs vanish, small enough to stay in a few MB.
BATCH_CHARS = 1 << 20
BATCH_DOCS = 4096
MOST_FIELDS = 100       # names of other fields that are counted one by one

Recurring = NDArray[np.int64]       # keys of lines that recur, see pipeline.stages.boilerplate.recurring


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does, apart from its input and output."""

    options: Options = field(default_factory=Options)
    stages: tuple[str, ...] | None = None       # None: all
    audit: AuditMode = "full"


class Tally:
    """Counts of a unit or a run: per stage documents, characters and reasons. Adding tallies is order-free."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._n_fields = 0

    def see(self, result: Cleaned) -> None:
        """Count one document."""
        counts = self.counts
        counts["documents"] += 1
        counts["chars_in"] += len(result.original)
        counts["chars_out"] += len(result.text)
        for kind in {kind for kind, _ in result.notes}:
            counts[f"note/{kind}"] += 1
        if not result.edits:
            return
        counts["changed"] += 1
        sums: dict[tuple[str, str], list[int]] = {}
        for e in result.edits:
            own = sums.setdefault((e.stage, e.reason), [0, 0, 0])
            own[0] += 1
            own[1] += len(e.taken)
            own[2] += len(e.put)
        for stage in {stage for stage, _ in sums}:
            counts[f"docs/{stage}"] += 1
        for (stage, reason), (n, taken, put) in sums.items():
            counts[f"edits/{stage}/{reason}"] += n
            counts[f"taken/{stage}/{reason}"] += taken
            counts[f"put/{stage}/{reason}"] += put


    def see_extra(self, records: Iterable[Record]) -> None:
        """Count fields that mean nothing here, by name: the first names of a unit, and all others together."""
        for record in records:
            for name in record.extra:
                key = f"extra/{name}"
                if key not in self.counts:
                    if self._n_fields >= MOST_FIELDS:
                        key = "extra/…"
                    self._n_fields += 1
                self.counts[key] += 1


def process_unit(unit: Unit, settings: Settings, stem: Path, recurring: Recurring | None = None) -> dict[str, Any]:
    """Clean one unit into the part `stem`; give its summary: `counts`, `n_faults` and the `recurring` lines that were cut."""
    with _collector_off():
        return _process(unit, settings, stem, recurring)


@contextmanager
def _collector_off() -> Iterator[None]:
    """No cyclic garbage collection: edits are made by the ten thousand and none is part of a cycle.

    Looking through them again and again takes 34 of 168 ms per MB on the traditional corpus.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _process(unit: Unit, settings: Settings, stem: Path, recurring: Recurring | None) -> dict[str, Any]:
    part, tally, cut = PartWriter(), Tally(), Counter[str]()
    faults: list[Fault] = []
    columns = CorpusColumns(settings.options.near)
    for batch in _batches(read_unit(unit), faults):
        for records, results in clean_records(batch, settings, faults):
            names = [site_of(r) for r in records]
            keys = {name: site_key(name) for name in set(names)}
            sites = np.array([keys[name] for name in names], np.int64)
            if recurring is not None:
                cut.update(_cut_recurring(results, sites, recurring))
            part.add(records, results, settings.audit)
            columns.add(Texts.of([r.text for r in results]), sites)
            tally.see_extra(records)
            for result in results:
                tally.see(result)
    part.add_faults(f.as_row() for f in faults)
    summary = {"counts": dict(tally.counts), "n_faults": len(faults), "recurring": dict(cut)}
    part.save(stem, columns.columns(), summary)
    return summary


def site_of(record: Record) -> str:
    """The site or collection of a record: the host of its URL, the folder of its file, or the file of records it is from."""
    try:
        host = urlsplit(record.source).hostname if "://" in record.source else None
    except ValueError:      # no URL after all
        host = None
    if host:
        return host
    return record.input if record.input != record.source else record.source.rpartition("/")[0]


def _cut_recurring(results: list[Cleaned], sites: NDArray[np.int64], recurring: Recurring) -> Iterator[str]:
    """Cut the recurring lines at the ends of documents; give each line that was cut."""
    batch = Texts.of([r.text for r in results])
    proposal = propose_recurring(batch, sites, recurring, [r.title for r in results])
    amend(results, batch, "boilerplate", proposal)
    return (batch.joined[e.start:e.end].strip("\n") for e in proposal.edits)


def clean_records(
    records: list[Record], settings: Settings, faults: list[Fault]
) -> Iterator[tuple[list[Record], list[Cleaned]]]:
    """Clean a batch. Where a stage fails, halves are tried until the document that it fails on stands alone and is a fault."""
    try:
        results = clean_texts([r.original for r in records], stages=settings.stages, options=settings.options)
    except StageError as error:
        if len(records) == 1:
            faults.append(_failed(records[0], error))
            return
        middle = len(records) // 2
        yield from clean_records(records[:middle], settings, faults)
        yield from clean_records(records[middle:], settings, faults)
        return
    for record, result in zip(records, results, strict=True):
        result.metadata = _merge(result.metadata, record.metadata)
    yield records, results


def _merge(found: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """Metadata of a document: what its record says goes before what was read in the text; dates in ISO 8601."""
    if not given:
        return found
    merged = found | given
    if "published" in given:
        merged["published"] = to_iso(given["published"]) or given["published"]
    return merged


def _failed(record: Record, error: StageError) -> Fault:
    message = f"document {record.id}: {error}; please report this, and leave the stage out with --stages to go on"
    return Fault(record.input, "stage-failed", message, byte=record.byte, raw=record.original.encode())


def _batches(items: Iterable[Record | Fault], faults: list[Fault]) -> Iterator[list[Record]]:
    """Records in batches of bounded size; faults go to the list."""
    batch: list[Record] = []
    size = 0
    for item in items:
        if isinstance(item, Fault):
            faults.append(item)
            continue
        if batch and (size + len(item.original) > BATCH_CHARS or len(batch) >= BATCH_DOCS):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item.original)
    if batch:
        yield batch

