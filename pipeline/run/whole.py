"""A whole run: inputs to a plan, the plan through STEPS, the files written and made visible together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from pipeline import world
from pipeline.atomic import explain_os_error, open_atomic
from pipeline.corpus.audit import AUDITS, name_audit
from pipeline.corpus.card import describe_corpus, find_ours
from pipeline.corpus.manifest import NoRunError, read_manifest, versions, write_manifest
from pipeline.corpus.pending import NEW
from pipeline.engines import Engine
from pipeline.engines.dataset import Dataset, read_batches
from pipeline.engines.local import LocalEngine
from pipeline.errors import InputError, UsageError
from pipeline.jit import is_known, tell_if_cold
from pipeline.jit.code import digest_code
from pipeline.read.formats import list_suffixes
from pipeline.read.inputs import Listing
from pipeline.read.units import UNIT_BYTES, plan_units
from pipeline.run.clean import warm_up
from pipeline.run.finish import first_fault, write_lines, write_quarantine
from pipeline.run.known import Against, Known
from pipeline.run.passages import tell_shared
from pipeline.run.plan import Seen, check_inputs, look_at, write_plan
from pipeline.run.progress import Teller, Told
from pipeline.run.publish import finish_pending, publish
from pipeline.run.settings import Settings
from pipeline.run.steps import take_steps
from pipeline.run.tally import add_up, bound_fields
from pipeline.run.unchanged import DigestThread, find_unchanged
from pipeline.run.workplace import check_output, keep_alone, leave_own, open_workplace, take_in
from pipeline.signals.spread import Spread
from pipeline.signals.where import parse_where

__all__ = ["FAILED", "NothingReadError", "Outcome", "run"]


#: What could not be read, where nothing could: the quarantine of a run that is there already stays as it is.
FAILED = "quarantine.failed.jsonl"


class NothingReadError(InputError):
    """No document could be read: the first reason, and where the others are."""

    def __init__(self, first: str, others: str = "") -> None:
        super().__init__(first + others)
        self.first = first


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    manifest: dict[str, Any]
    quarantined: int
    unchanged: bool = False     # an earlier run of the same inputs stands there already: nothing was done


def run(
    listing: Listing, output: Path, settings: Settings, *, workers: int | None = None, told: Told | None = None,
    against: Against | None = None, engine: AbstractContextManager[Engine] | None = None, shard_bytes: int | None = None,
    force: bool = False, keep: bool = False,
) -> Outcome:
    """Clean the inputs into `output` (clean.jsonl) with audit.jsonl, quarantine.jsonl and manifest.json beside it.

    The files appear under their names together, when the run is complete. What a killed run finished is used again where
    the inputs and the settings are the same, and a run that is there already is left as it is. Documents that the index
    `against` has are dropped, or marked in the audit. `told` hears how far it is.
    With `shard_bytes` the corpus is cut into files of about that size, see `pipeline.corpus.shards`; with `force` files of others
    under the names of its companions are replaced. What was cleaned is kept beside the output on demand (`keep`): then the next run
    there cleans what is new or changed alone, in a folder that holds about as much as the input.

    Raises UsageError for an output that would overwrite an input and for a wrong `where`, InputError where no document could be
    read, ChangedError where an input changes meanwhile, OutputError where the folder cannot be written, TaoshaError for workers
    that die again and again.
    """
    leave_own(listing, output)
    check_output(output, [i.path for i in listing.inputs], force=force)
    if keep and settings.audit == "sealed":
        raise UsageError("--keep holds what was cleaned as it was read, and --audit sealed must not: leave one of them out")
    if where := settings.options.verdicts.where:
        parse_where(where)
    seen = look_at(listing.inputs)
    about = describe_run(settings, listing, output.name, against) | {"shard_bytes": shard_bytes}
    key = _digest(about["versions"], about["code"])
    sealed = settings.audit == "sealed"
    with open_workplace(output.parent, key, keep=keep, sealed=sealed) as work, Teller(told) as teller:
        try:
            finish_pending(output.parent)
            check_output(output, [i.path for i in listing.inputs], force=force)
            if (manifest := find_unchanged(output.parent, about, listing, verify=settings.verify)) is not None:
                return Outcome(manifest, manifest["counts"].get("quarantined", 0), unchanged=True)
            listing = take_in(listing, work)
            seen |= look_at([entry for entry in listing.inputs if entry.spooled])
            own = _Run(listing, seen, output, settings, against, about, work, teller)
            with engine or LocalEngine(workers) as mover, DigestThread(listing.inputs) as digests:
                teller.begin("prepare")
                if isinstance(mover, LocalEngine):
                    mover.start(_guess_units(listing), ("pipeline.run.clean",))
                if not is_known():      # numba's own cache, which does not bear that many processes fill it
                    tell_if_cold()
                    warm_up()
                known = _take_steps(mover, own)
                outcome = _finish(own, known, digests)
            if keep:
                keep_alone(work, _find_lasting(known, outcome.manifest["counts"]))
            return outcome
        except OSError as error:
            raise explain_os_error(Path(error.filename or work), error) from error


def describe_run(settings: Settings, listing: Listing, corpus: str, against: Against | None) -> dict[str, Any]:
    """The part of the manifest that is known before the run. It is the same on any machine."""
    stages = list(settings.stages) if settings.stages is not None else None
    return {
        "versions": versions(), "code": digest_code(), "stages": stages, "audit": settings.audit,
        "options": orjson.loads(orjson.dumps(asdict(settings.options))), "corpus": corpus, "left_alone": listing.left_alone,
        "left_out": dict(listing.left_out),
        "against": None if against is None else {"settings": against.index.sha256, "drop": against.drop},
    }


def _digest(*values: Any) -> str:
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run is about."""

    listing: Listing
    seen: Seen
    output: Path
    settings: Settings
    against: Against | None
    about: dict[str, Any]       # what the manifest says before the run
    work: Path
    teller: Teller


def _guess_units(listing: Listing) -> int:
    """About how many units the inputs will be, at least one: before any is looked into."""
    return max(1, sum(entry.size for entry in listing.inputs) * 2 // UNIT_BYTES)


def _take_steps(engine: Engine, run: _Run) -> Known:
    """What the steps of the run find. Raises InputError where there is no document."""
    units = plan_units(run.listing.inputs)
    plan = write_plan(units, run.seen, run.work / "plan")
    at_once = engine.at_once if isinstance(engine, LocalEngine) else len(units)
    known = Known(run.settings, run.work, [unit.size for unit in units], {"plan": plan}, run.against, run.teller, at_once)
    take_steps(engine, known)
    return known


def _finish(run: _Run, known: Known, digests: DigestThread) -> Outcome:
    """Write the files of the run into the work folder, and make them visible."""
    if not len(known.ordered.index):
        raise _nothing_read(run, known.rows)
    new, corpus = run.work / NEW, run.output.name
    world.make_folders(new)
    audit = name_audit(sum(i.size for i in run.listing.inputs))
    spread = Spread()
    files = write_lines(new, corpus, audit, known, spread, shard_bytes=run.about["shard_bytes"])
    parts = [name for name in files if name != audit]       # of the corpus
    sealed = run.settings.audit == "sealed"
    files["quarantine.jsonl"], reasons = write_quarantine(new / "quarantine.jsonl", run.listing.faults, known.rows, sealed=sealed)
    counts = _count(known) | {"quarantined": files["quarantine.jsonl"]["lines"]} | reasons
    manifest = run.about | {
        "counts": counts, "files": files, "inputs": _seal(digests.inputs()) if sealed else digests.inputs(),
        "recurring_lines": [] if sealed else _recurring_lines(known.rows),
        "shared_passages": tell_shared(known, with_text=not sealed),
    } | spread.tell()
    cards = _write_cards(new, manifest, run.output.parent)
    write_manifest(new / "manifest.json", manifest)
    check_inputs(run.listing.inputs, run.seen, [said["sha256"] for said in digests.inputs()])
    if sealed:      # a kill from here on leaves what is to be seen alone
        keep_alone(run.work, [new / name for name in (*files, *cards, "manifest.json")])
    put = [*parts, *(name for name in (audit, "quarantine.jsonl") if name in files), *cards, "manifest.json"]
    before = ("report.html", FAILED, *AUDITS, *_files_before(run.output.parent))
    publish(run.work, put, [name for name in dict.fromkeys(before) if name not in files])
    return Outcome(manifest, counts["quarantined"])


def _find_lasting(known: Known, counts: dict[str, int]) -> list[Path]:
    """The shards that the next run may take as they are: not those in which something was given up for the death of its workers."""
    paths = [shard.path for shard in known.data["clean"].shards]
    if not counts.get("fault/worker-died"):
        return paths
    return [path for path in paths if not _gave_up(path)]


def _gave_up(path: Path) -> bool:
    lines = (line for batch in read_batches(path, ("fault",)) for line in batch["fault"].to_pylist())
    return any(orjson.loads(line)["reason"] == "worker-died" for line in lines if line)


def _files_before(folder: Path) -> list[str]:
    """The files of the run that stands in a folder: shards of its corpus, which may have been more."""
    try:
        return [name for name in read_manifest(folder).get("files", {}) if Path(name).name == name]
    except NoRunError:
        return []


def _nothing_read(run: _Run, data: Dataset) -> NothingReadError:
    """The error of a run that could read no document; its reasons are written beside the output, and a run that is there stays."""
    first = first_fault(run.listing.faults, data)
    if not first:
        return NothingReadError(f"no document is there to read; these are read: {list_suffixes()}")
    path = run.output.parent / FAILED
    n = write_quarantine(path, run.listing.faults, data, sealed=run.settings.audit == "sealed")[0]["lines"]
    return NothingReadError(first, f"; {path} has all {n:,} reasons" if n > 1 else f"; {path} has it, too")


def _write_cards(new: Path, manifest: dict[str, Any], folder: Path) -> list[str]:
    """Write the card and the description of the corpus into `new`, but for those of others in `folder`; note their digests."""
    made = describe_corpus(manifest)
    manifest["cards"] = {}
    for name in find_ours(folder):
        data = made[name]
        with open_atomic(new / name) as file:
            file.write(data)
        manifest["cards"][name] = hashlib.sha256(data).hexdigest()
    return list(manifest["cards"])


def _count(known: Known) -> dict[str, int]:
    counts = add_up(_batches(known.rows, "tally", "counts"), "tally", "counts")
    if shared := len(known.ordered.index) - known.ordered.index["shared_id"].null_count:
        counts["note/shared-id"] = shared
    counts.update({f"fate/{cause}": n for cause, n in Counter(known.fates.cause).items()})
    if known.fates.seen:
        counts["seen"] = len(known.fates.seen)
    return bound_fields(counts)


def _seal(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the manifest says of the inputs, without their digests: a file may be one document."""
    return [said | {"sha256": None} for said in inputs]


def _recurring_lines(data: Dataset) -> list[dict[str, Any]]:
    """The lines that were cut from most documents because they recur over their site."""
    lines = add_up(_batches(data, "recurring"), "recurring")
    most = sorted(lines.items(), key=lambda item: (-item[1], item[0]))[:200]
    return [{"line": line, "documents": n} for line, n in most]


def _batches(data: Dataset, *columns: str) -> Iterator[pa.RecordBatch]:
    for shard in data.shards:
        yield from read_batches(shard.path, columns)
