"""A whole run: inputs to units, units to parts, parts resolved into one corpus with its audit, quarantine and manifest."""

from __future__ import annotations

import hashlib
import os
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

from pipeline.corpus.atomic import explain_os_error
from pipeline.corpus.lines import Parts, iterate_rows, write_audit, write_clean, write_quarantine
from pipeline.corpus.manifest import describe_run, write_manifest
from pipeline.corpus.parts import INDEX, open_index
from pipeline.engines.local import Progress, rerun_units, run_units
from pipeline.errors import InputError
from pipeline.read.inputs import Listing
from pipeline.read.units import Unit, plan_units, reread
from pipeline.record import Fault
from pipeline.run.resolve import Against, find_fates, find_recurring_lines
from pipeline.run.shard import Settings
from pipeline.run.workplace import check_output, open_workplace

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
    UsageError for an output that would overwrite an input, InputError where no document could be read, OutputError where the
    folder cannot be written, TaoshaError for a dead worker.
    """
    check_output(output, [i.path for i in listing.inputs])
    units = plan_units(listing.inputs)
    with open_workplace(output.parent, _run_key(units, settings)) as work:
        try:
            run_units(units, settings, work, workers=workers, progress=progress)
            stems, recurring = _learn_from_the_corpus(units, settings, work, workers)
            return _finish(stems, recurring, listing, output, settings, work, against)
        except OSError as error:
            raise explain_os_error(Path(error.filename or work), error) from error


def _run_key(units: Sequence[Unit], settings: Settings) -> str:
    """Changes when an input, a setting, a version, or the code or data of this package changes."""
    files = []
    for entry in sorted({i for u in units for i in u.inputs}):
        try:
            changed = os.stat(entry.path).st_mtime_ns
        except OSError:
            changed = 0
        files.append((entry.name, hashlib.sha256(os.fsencode(entry.path)).hexdigest(), entry.size, changed))
    spans = [(u.start, u.end, len(u.inputs)) for u in units]
    code = hashlib.sha256()
    package = Path(__file__).resolve().parents[1]
    for path in sorted([*package.rglob("*.py"), *(package / "data").iterdir()]):
        code.update(path.read_bytes())
    return hashlib.sha256(orjson.dumps([describe_run(settings), files, spans, code.hexdigest()])).hexdigest()[:16]


def _learn_from_the_corpus(
    units: Sequence[Unit], settings: Settings, work: Path, workers: int | None
) -> tuple[list[Path], Counter[str]]:
    """Find the lines that recur over the documents of a site, clean the units that hold one again, and count what was cut."""
    stems = [work / str(n) for n in range(len(units))]
    if settings.stages is not None and "boilerplate" not in settings.stages:
        return stems, Counter()
    keys, which = find_recurring_lines(map(_open_table, stems))
    cut: Counter[str] = Counter()
    if which:
        again = work / "again"
        again.mkdir(exist_ok=True)
        rerun_units(units, settings, again, which, keys, workers)
        for n in which:
            stems[n] = again / str(n)
            cut.update(open_index(stems[n])[1]["recurring"])
    return stems, cut


def _finish(
    stems: Sequence[Path], recurring: Counter[str], listing: Listing, output: Path, settings: Settings, work: Path,
    against: Against | None,
) -> Outcome:
    counts: Counter[str] = Counter()
    n_faults = len(listing.faults)
    for stem in stems:
        summary = open_index(stem)[1]
        counts.update(summary["counts"])
        n_faults += summary["n_faults"]
    if not counts["documents"]:
        raise InputError(_nothing_read(listing, stems))
    files, whole = {}, _sorted_rows([_open_table(stem) for stem in stems])
    once = _first_of_each_id(whole)
    doubled = list(_doubled(whole, once, listing))
    index = whole.filter(pa.array(once))
    with Parts(stems, index) as parts:
        ids = index["id"].to_pylist()
        fates = find_fates(index, partial(map, _open_table, stems), parts.text, settings.options.near, against)
        if settings.audit != "off":
            files["audit.jsonl"] = write_audit(work / "audit.jsonl", parts, ids, fates)
        files["quarantine.jsonl"] = write_quarantine(work / "quarantine.jsonl", [*listing.faults, *doubled], stems)
        files[output.name] = write_clean(work / output.name, parts, ids, fates)
    counts.update({f"fate/{cause}": n for cause, n in Counter(fates.cause).items()})
    counts["quarantined"] = n_faults + len(doubled)
    if against is not None:
        counts["seen"] = len(fates.seen)
    lines = sorted(recurring.items(), key=lambda item: (-item[1], item[0]))[:200]
    manifest = describe_run(settings) | {
        "corpus": output.name, "counts": dict(counts), "files": files, "left_alone": listing.left_alone,
        "left_out": dict(listing.left_out),
        "inputs": [{"name": i.name, "bytes": i.size} for i in listing.inputs],
        "recurring_lines": [{"line": line, "documents": n} for line, n in lines],
    }
    write_manifest(work / "manifest.json", manifest)
    if settings.audit == "off":
        (output.parent / "audit.jsonl").unlink(missing_ok=True)     # of an earlier run: it would not fit
    (output.parent / "report.html").unlink(missing_ok=True)
    for name in ("audit.jsonl", "quarantine.jsonl", "manifest.json", output.name):
        if name in files or name == "manifest.json":
            os.replace(work / name, output.parent / name)
    return Outcome(manifest, counts["quarantined"])


def _nothing_read(listing: Listing, stems: Sequence[Path]) -> str:
    """The message where no document could be read: nothing is written then, so an earlier corpus stays."""
    first = next((f"{f.place()}: {f.message}" for f in listing.faults), "")
    for stem in stems:
        first = first or next((f"{r['source']}: {r['message']}" for r in iterate_rows(stem.with_suffix(".faults"))), "")
    return first or "no document is there to read: give .txt or .jsonl files, or a folder that holds some"


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


def _doubled(index: pa.Table, once: NDArray[np.bool_], listing: Listing) -> Iterator[Fault]:
    """A fault for every further row of an id, with its text from the input, so that nothing is lost."""
    if once.all():
        return
    first = dict(zip(index["id"].filter(pa.array(once)).to_pylist(), np.flatnonzero(once).tolist(), strict=True))
    digests, inputs = index["digest"], {i.name: i for i in listing.inputs}
    for row in np.flatnonzero(~once).tolist():
        id, name, at = index["id"][row].as_py(), index["input"][row].as_py(), index["byte"][row].as_py()
        if digests[row] == digests[first[id]]:
            yield Fault(name, "same-record", f"id {id}: the same record is there twice; nothing is lost", byte=at)
            continue
        record = reread(inputs[name], at)
        raw = b"" if record is None or isinstance(record, Fault) else record.original.encode()
        message = f"id {id}: another record has this id; give it one of its own and run again"
        yield Fault(name, "duplicate-id", message, byte=at, raw=raw)
