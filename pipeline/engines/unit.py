"""One work unit from input to part: read, clean, sketch, write. Runs in a worker, or in the parent when there is one worker."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.account import AuditMode
from pipeline.clean import Cleaned, clean_texts
from pipeline.engines.fates import SketchColumns
from pipeline.errors import StageError
from pipeline.options import Options
from pipeline.read.dates import to_iso
from pipeline.read.faults import Fault
from pipeline.read.units import Unit, read_unit
from pipeline.record import Record
from pipeline.write.parts import PartWriter

__all__ = ["Settings", "Tally", "process_unit"]

#: Characters and documents of one batch: enough to make per-batch costs vanish, small enough to stay in a few MB.
BATCH_CHARS = 1 << 20
BATCH_DOCS = 4096


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
        for stage in {e.stage for e in result.edits}:
            counts[f"docs/{stage}"] += 1
        for e in result.edits:
            counts[f"edits/{e.stage}/{e.reason}"] += 1
            counts[f"taken/{e.stage}/{e.reason}"] += len(e.taken)
            counts[f"put/{e.stage}/{e.reason}"] += len(e.put)


def process_unit(unit: Unit, settings: Settings, stem: Path) -> dict[str, Any]:
    """Clean one unit into the part `stem`; give its summary: `counts` and `faults`."""
    with _collector_off():
        return _process(unit, settings, stem)


@contextmanager
def _collector_off() -> Iterator[None]:
    """No cyclic garbage collection: edits are made by the ten thousand and none is part of a cycle.

    Looking through them again and again takes 65 ms of 340 ms per MB on the traditional corpus.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _process(unit: Unit, settings: Settings, stem: Path) -> dict[str, Any]:
    part, tally = PartWriter(), Tally()
    faults: list[Fault] = []
    sketches = SketchColumns(settings.options.near)
    for batch in _batches(read_unit(unit), faults):
        for records, results in clean_records(batch, settings, faults):
            part.add(records, results, settings.audit)
            sketches.add([r.text for r in results])
            for result in results:
                tally.see(result)
    summary = {"counts": dict(tally.counts), "faults": [f.as_row() for f in faults]}
    part.save(stem, sketches.columns(), summary)
    return summary


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
    return Fault(record.source, "stage-failed", message, raw=record.original.encode())


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

