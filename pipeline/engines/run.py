"""A whole run: inputs to units, units to parts, parts resolved into one corpus with its audit, quarantine and manifest."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.account import AuditMode, restore
from pipeline.engines.fates import Against, find_fates
from pipeline.engines.local import Progress, run_units
from pipeline.engines.unit import Settings
from pipeline.errors import OutputError
from pipeline.read.faults import Fault
from pipeline.read.paths import Listing
from pipeline.read.units import Unit, plan_units
from pipeline.write.corpus import Parts, write_audit, write_clean, write_quarantine
from pipeline.write.manifest import describe_run, write_manifest
from pipeline.write.parts import INDEX, open_index

__all__ = ["Outcome", "run"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    manifest: dict[str, Any]
    quarantined: int


def run(
    listing: Listing, output: Path, settings: Settings, *, workers: int | None = None, progress: Progress | None = None,
    against: Against | None = None,
) -> Outcome:
    """Clean the inputs into `output` (clean.jsonl) with audit.jsonl, quarantine.jsonl and manifest.json beside it.

    The files appear under their names only when the run is complete. Parts of a run that was killed are used again if the
    inputs and the settings are the same. Documents that the index `against` has are dropped, or marked in the audit. Raises
    OutputError where the folder cannot be written, TaoshaError for a dead worker.
    """
    units = plan_units(listing.inputs)
    key = _run_key(units, settings)
    work = output.parent / f".taosha-{key}"
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{output.parent}: cannot be written ({error.strerror}); choose another place with -o") from error
    try:
        summaries = run_units(units, settings, work, workers=workers, progress=progress)
        outcome = _finish([work / str(n) for n in range(len(units))], summaries, listing, output, settings, against)
    except OSError as error:
        place = error.filename or work
        raise OutputError(f"{place}: {error.strerror}; mend that and run again, it goes on from there") from error
    shutil.rmtree(work)
    return outcome


def _run_key(units: Sequence[Unit], settings: Settings) -> str:
    """Changes when an input, a setting or a version changes."""
    there = {i for u in units for i in u.inputs if Path(i.path).exists()}
    files = [(i.name, i.path, i.size, Path(i.path).stat().st_mtime_ns) for i in sorted(there)]
    spans = [(u.start, u.end, len(u.inputs)) for u in units]
    return hashlib.sha256(orjson.dumps([describe_run(settings), files, spans])).hexdigest()[:16]


def _finish(
    stems: Sequence[Path], summaries: Sequence[dict[str, Any]], listing: Listing, output: Path, settings: Settings,
    against: Against | None,
) -> Outcome:
    counts: Counter[str] = Counter()
    faults = [f.as_row() for f in listing.faults]
    for summary in summaries:
        counts.update(summary["counts"])
        faults += summary["faults"]
    folder, files = output.parent, {}
    whole = _sorted_rows([_open_table(stem) for stem in stems])
    once = _first_of_each_id(whole)
    with Parts(stems, whole) as parts:
        faults += [f.as_row() for f in _doubled(whole, once, parts, settings.audit)]
    index = whole.filter(pa.array(once))
    with Parts(stems, index) as parts:
        ids = index["id"].to_pylist()
        tables = partial(map, _open_table, stems)
        fates = find_fates(index, tables, parts.text, settings.options.near, against)
        files[output.name] = write_clean(output, parts, ids, fates)
        if settings.audit != "off":
            files["audit.jsonl"] = write_audit(folder / "audit.jsonl", parts, ids, fates)
    files["quarantine.jsonl"] = write_quarantine(folder / "quarantine.jsonl", faults)
    counts.update({f"fate/{cause}": n for cause, n in Counter(fates.cause).items()})
    counts["quarantined"] = len(faults)
    if against is not None:
        counts["seen"] = len(fates.seen)
    manifest = describe_run(settings) | {
        "counts": dict(counts), "files": files, "left_alone": listing.left_alone,
        "inputs": [{"name": i.name, "bytes": i.size} for i in listing.inputs],
    }
    write_manifest(folder / "manifest.json", manifest)
    return Outcome(manifest, len(faults))


def _open_table(stem: Path) -> pa.Table:
    return open_index(stem)[0]


def _sorted_rows(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of all parts, without their sketches, sorted by (source, id, digest); `part` and `row` say where each is."""
    own = []
    for n, table in enumerate(tables):
        places = {"part": np.full(len(table), n, np.int64), "row": np.arange(len(table), dtype=np.int64)}
        columns = {name: table[name] for name in INDEX.names}
        own.append(pa.table(columns | {name: pa.array(values) for name, values in places.items()}))
    schema = pa.schema([*INDEX, pa.field("part", pa.int64()), pa.field("row", pa.int64())])
    whole = pa.concat_tables([schema.empty_table(), *own])
    return whole.sort_by([("source", "ascending"), ("id", "ascending"), ("digest", "ascending")])


def _first_of_each_id(index: pa.Table) -> NDArray[np.bool_]:
    """Which rows stay so that each id stands once: the first in the order of the output."""
    ids = pc.dictionary_encode(index["id"].combine_chunks()).indices.to_numpy()
    once = np.zeros(len(ids), bool)
    once[np.unique(ids, return_index=True)[1]] = True
    return once


def _doubled(index: pa.Table, once: NDArray[np.bool_], parts: Parts, audit: AuditMode) -> Iterator[Fault]:
    """A fault for every further row of an id, with its text, so that nothing is lost."""
    if once.all():
        return
    first = dict(zip(index["id"].filter(pa.array(once)).to_pylist(), np.flatnonzero(once).tolist(), strict=True))
    digests = index["digest"]
    for row in np.flatnonzero(~once).tolist():
        id, name, at = index["id"][row].as_py(), index["input"][row].as_py(), index["byte"][row].as_py()
        if digests[row] == digests[first[id]]:
            yield Fault(name, "same-record", f"id {id}: the same record is there twice; nothing is lost", byte=at)
            continue
        text = parts.text(row)
        if audit == "full":
            text = restore(text, orjson.loads(parts.audit_line(row) + b"}")["edits"])
        message = f"id {id}: another record has this id; give it one of its own and run again"
        yield Fault(name, "duplicate-id", message, byte=at, raw=text.encode())
