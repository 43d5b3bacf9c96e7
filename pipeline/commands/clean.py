"""`taosha clean`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline import __version__, world
from pipeline.commands import READING, Given, LogFormat, Seen, find_columns, find_options, find_run_options, find_stages, takes

if TYPE_CHECKING:
    from pipeline.engines import Engine
    from pipeline.options import Options
    from pipeline.read.inputs import Listing
    from pipeline.run.known import Against
    from pipeline.run.settings import Settings
    from pipeline.run.whole import Outcome
    from pipeline.show.attempt import Attempt
    from pipeline.show.log import Log

__all__ = ["clean"]


@takes(
    "inputs", "output", "shard_size", "force", "keep", "stages", "workers", "engine", "master", "bind", "config", "audit", *READING,
    "unwrap", "pii", "where", "shared_passages", "signals", "verify_all", "dry_run", "strict", "against", "seen", "metrics",
    "log_format", "run_id", "quiet", "as_json",
)
def clean(given: Given) -> None:
    """Clean documents into one corpus. An audit of every cut stands beside it."""
    from pipeline.errors import InputError
    from pipeline.jit import hear
    from pipeline.read.formats import list_suffixes
    from pipeline.read.paths import open_inputs

    if given.quiet or given.as_json:
        hear(None)
    attempt, log = _find_attempt(given), _find_log(given)
    settings = _find_settings(given)
    with open_inputs(given.inputs, given.read_as or None, find_columns(given)) as listing:
        if not listing.inputs and not listing.faults:
            found = listing.describe_left_out() or "there is no file"
            raise InputError(f"nothing to clean: {found}; these are read: {list_suffixes()}")
        if given.metrics and not given.dry_run:
            _find_metrics(attempt, given, listing)
        if log is not None:
            size = sum(entry.size for entry in listing.inputs)
            log.tell("info", "run-started", version=__version__, output=given.output, inputs=len(listing.inputs), bytes=size)
        do = _try if given.dry_run else _pour if given.output == "-" else _run
        with _open_against(given.against, settings.options, given.seen) as against:
            begun = time.monotonic()
            outcome = do(given, listing, settings, against)
            seconds = time.monotonic() - begun
        no_documents = _count_left(outcome)
        failed = given.strict and bool(outcome.quarantined or no_documents or listing.left_out)
        if failed:
            _say_why_it_fails(outcome.quarantined, no_documents, listing)
        attempt.write_success(outcome.manifest, seconds=seconds, unchanged=outcome.unchanged, exit_code=int(failed))
        if log is not None:
            log.tell(
                "info", "run-ended", exit_code=int(failed), seconds=round(seconds, 3), unchanged=outcome.unchanged,
                counts=outcome.manifest["counts"], left_out=dict(listing.left_out),
            )
        if failed:
            raise typer.Exit(1)


def _find_log(given: Given) -> Log | None:
    """The log that was asked for. Raises UsageError for a run of no name."""
    from pipeline.errors import UsageError
    from pipeline.show.log import is_run_id, the_log

    if given.run_id and not is_run_id(given.run_id):
        raise UsageError("--run-id: at most 64 letters, digits, dots, colons, hyphens and underscores name a run")
    if given.run_id and given.log_format is not LogFormat.json and not given.metrics:
        raise UsageError("--run-id is of the events and the figures: add --log-format json, or --metrics")
    log = the_log()
    if log is not None and given.quiet:
        log.least = "error"
    return log


@contextmanager
def _tell_quarantine(folder: Path) -> Iterator[None]:
    """Tell in the log, where there is one, which documents a run could not read."""
    from pipeline.run.whole import FAILED, NothingReadError
    from pipeline.show.log import the_log

    log = the_log()
    try:
        yield
    except NothingReadError:
        if log is not None:
            log.tell_quarantine(folder / FAILED)
        raise
    if log is not None:
        log.tell_quarantine(folder / "quarantine.jsonl")


def _find_attempt(given: Given) -> Attempt:
    """This call, of which is told how it ended; what it is, is known now that its words are parsed."""
    from pipeline.show.attempt import Attempt, the_attempt

    attempt = the_attempt() or Attempt()
    metrics = "" if given.dry_run else given.metrics
    attempt.describe(output=given.output, metrics=metrics, as_json=given.as_json, run=given.run_id)
    return attempt


def _find_metrics(attempt: Attempt, given: Given, listing: Listing) -> None:
    """Find the file of figures. Raises UsageError where they would replace an input, a file of the run or others; OutputError."""
    from pipeline.corpus.targets import find_corpus_target, find_metrics_target
    from pipeline.run.workplace import check_aside

    output = None if given.output == "-" else find_corpus_target(given.output, force=True)
    read = _list_read(given, listing)

    def find() -> Path:
        target = find_metrics_target(given.metrics, force=given.force)
        check_aside(target, output, read)
        return target

    attempt.find_target(find)       # what was wrong so far is told there


def _list_read(given: Given, listing: Listing) -> list[str]:
    """The files that a run reads: its inputs, and what it compares them with."""
    from pipeline.corpus.targets import list_read

    against = list_read(given.against) if given.against else ()
    return [*(entry.path for entry in listing.inputs), *map(str, against)]


def _find_settings(given: Given) -> Settings:
    from pipeline.run.settings import Settings

    options = find_options(given.config)
    if given.unwrap:
        options = replace(options, encoding=replace(options.encoding, unwrap=True))
    if given.signals:
        options = replace(options, signals=replace(options.signals, in_jsonl=True))
    if given.where:
        options = replace(options, verdicts=replace(options.verdicts, where=given.where))
    if given.shared_passages is not None:
        options = replace(options, passages=replace(options.passages, shared=given.shared_passages.value))
    stages = find_stages(given.stages)
    if given.pii is not None:
        options = replace(options, personal=replace(options.personal, mode=given.pii.value))
        stages = stages and (*stages, *({"personal"} - set(stages)))        # it was asked for, whatever other stages were
    return Settings(options, stages, given.audit.value, given.verify_all)


def _find_output(given: Given, listing: Listing) -> Path:
    """The corpus to write. Raises UsageError for what may not be replaced."""
    from pipeline.corpus.targets import find_corpus_target
    from pipeline.run.workplace import check_output, leave_own

    leave_own(listing, find_corpus_target(given.output, force=True))
    inputs = _list_read(given, listing)
    check_output(find_corpus_target(given.output, force=True), inputs, force=True)      # no --force would help there
    output = find_corpus_target(given.output, force=given.force)
    check_output(output, inputs, force=given.force)
    return output


def _run(given: Given, listing: Listing, settings: Settings, against: Against | None) -> Outcome:
    """Run, and print what came of it."""
    from pipeline.corpus.shards import parse_size
    from pipeline.run.whole import run
    from pipeline.show.attempt import the_attempt
    from pipeline.show.progress import show_progress
    from pipeline.show.summary import print_summary
    from pipeline.show.terminal import print_json, warn

    output, engine = _find_output(given, listing), _find_engine(given)
    page = output.parent / "report.html"
    had_page = page.is_file()
    with _tell_quarantine(output.parent), show_progress(silent=given.quiet, as_json=given.as_json) as told:
        outcome = run(
            listing, output, settings, workers=given.workers, told=told, against=against, engine=engine,
            shard_bytes=parse_size(given.shard_size), force=given.force, keep=given.keep,
        )
    if given.as_json:
        if (attempt := the_attempt()) is not None:
            attempt.as_json = False     # one object is printed, whatever goes wrong from here
        print_json(outcome.manifest, indent=True)
    elif not given.quiet:
        print_summary(outcome.manifest, listing, output)
        if outcome.unchanged:
            idle = "; Spark was not started" if engine is not None else ""
            warn(f"nothing has changed since the last run: its files stand as they are{idle}")
    if had_page and not page.exists() and not given.quiet:
        warn(f"{page} was about the last run and is gone; `taosha report {output.parent}` makes one of this run")
    if outcome.quarantined and not given.quiet:
        warn(f"{outcome.quarantined} quarantined, see {output.parent / 'quarantine.jsonl'} for each reason")
    return outcome


def _find_engine(given: Given) -> AbstractContextManager[Engine] | None:
    """The engine that was asked for, None for the usual one. What goes to a temporary folder is always moved by that."""
    options = find_run_options(given)
    if options.engine == "local":
        return None
    from pipeline.engines.spark import SparkEngine

    return SparkEngine(options.master, options.bind)


def _pour(given: Given, listing: Listing, settings: Settings, against: Against | None) -> Outcome:
    """Run in a temporary folder and write the corpus to standard output."""
    from pipeline.read.reading import open_to_read
    from pipeline.show.terminal import give, warn

    _check_pour(given)
    with world.temporary_folder(prefix="taosha-") as folder:
        outcome = _run_aside(given, listing, replace(settings, audit="off"), against, Path(folder))
        if not given.quiet:
            lost = f"; {outcome.quarantined} documents could not be read" if outcome.quarantined else ""
            warn(f"standard output gets the corpus alone: no audit, manifest or quarantine is written{lost}")
        with open_to_read(Path(folder) / "clean.jsonl") as corpus:
            give(corpus)
    return outcome


def _check_pour(given: Given) -> None:
    """Raise UsageError for what cannot go with standard output."""
    from pipeline.errors import UsageError

    if given.as_json:
        raise UsageError("--json and -o - both want standard output; write the corpus to a file")
    if given.audit.value == "sealed":
        raise UsageError("-o - has no audit, and keeps originals in a temporary folder while it runs: leave out --audit sealed")
    if given.keep:
        raise UsageError("--keep is of a folder, and -o - is a stream; write the corpus to a file")
    if given.shard_size:
        raise UsageError("--shard-size makes several files, and -o - is one stream; write the corpus to a file")


def _try(given: Given, listing: Listing, settings: Settings, against: Against | None) -> Outcome:
    """Run in a temporary folder and print what would come of it. The command must be one that could be run."""
    from pipeline.corpus.shards import parse_size
    from pipeline.errors import InputError, UsageError
    from pipeline.run.whole import FAILED
    from pipeline.show.dry import print_changes, print_faults

    if given.as_json or given.metrics:
        raise UsageError("--dry-run shows what would change and writes nothing: leave out --json and --metrics")
    if settings.audit == "sealed":
        raise UsageError("--dry-run keeps the originals in a temporary folder while it runs: leave out --audit sealed")
    if given.output == "-":
        _check_pour(given)
    else:
        _find_output(given, listing)
        parse_size(given.shard_size)
    with world.temporary_folder(prefix="taosha-") as folder:
        try:
            outcome = _run_aside(given, listing, replace(settings, audit="full"), against, Path(folder))
        except InputError:
            print_faults(Path(folder) / FAILED)
            raise
        print_changes(Path(folder), outcome.manifest, listing)
    return outcome


def _run_aside(given: Given, listing: Listing, settings: Settings, against: Against | None, folder: Path) -> Outcome:
    """Run in a temporary folder."""
    from pipeline.errors import InputError
    from pipeline.run.whole import NothingReadError, run
    from pipeline.show.progress import show_progress
    from pipeline.show.terminal import warn

    if _find_engine(given) is not None and not given.quiet:
        warn(f"{'--dry-run' if given.dry_run else '-o -'} is done by the local engine in a temporary folder: Spark is not started")
    try:
        with _tell_quarantine(folder), show_progress(silent=given.quiet) as told:
            return run(listing, folder / "clean.jsonl", settings, workers=given.workers, told=told, against=against)
    except NothingReadError as error:
        raise InputError(error.first) from None


def _count_left(outcome: Outcome) -> int:
    """How much inside inputs is no document."""
    return sum(n for key, n in outcome.manifest["counts"].items() if key.startswith("left/"))


@contextmanager
def _open_against(path: Path | None, options: Options, seen: Seen) -> Iterator[Against | None]:
    """The earlier documents: an index, or one made for the time of this run from a corpus or the folder of a run."""
    if path is None:
        yield None
        return
    from pipeline.corpus.indexing import add_corpus, is_corpus
    from pipeline.errors import InputError
    from pipeline.near.index import Index
    from pipeline.run.known import Against

    if not is_corpus(path):
        if not (path / "index.json").is_file():
            raise InputError(f"{path}: nothing to compare with is there; give an index, the folder of a run, or a corpus file")
        yield Against(Index.open(path, options.near), seen is Seen.drop)
        return
    with world.temporary_folder(prefix="taosha-", ignore_cleanup_errors=True) as folder:
        index = add_corpus(Index.create(Path(folder) / "index", options.near), path)
        yield Against(index, seen is Seen.drop)


def _say_why_it_fails(quarantined: int, no_documents: int, listing: Listing) -> None:
    from pipeline.show.terminal import warn

    reasons = [f"{quarantined} quarantined"] if quarantined else []
    if no_documents:
        reasons.append(f"{no_documents:,} inside inputs that are no documents")
    if listing.left_out:
        reasons.append(listing.describe_left_out())
    warn(f"--strict: {'; '.join(reasons)}")
