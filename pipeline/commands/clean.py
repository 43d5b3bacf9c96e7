"""`taosha clean`."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import (
    Config,
    DateKey,
    IdKey,
    InputFormat,
    Inputs,
    SourceKey,
    Stages,
    TextKey,
    TitleKey,
    find_columns,
    find_options,
    find_stages,
)

if TYPE_CHECKING:
    from pipeline.options import Options
    from pipeline.read.inputs import Listing
    from pipeline.run.known import Against
    from pipeline.run.settings import Settings
    from pipeline.run.whole import Outcome

__all__ = ["clean"]


class Audit(StrEnum):
    """How much of the account is written."""

    full = "full"
    spans = "spans"
    off = "off"


class Seen(StrEnum):
    """What becomes of documents that an earlier corpus has."""

    drop = "drop"
    mark = "mark"


def clean(
    inputs: Inputs,
    output: Annotated[str, typer.Option(
        "-o", "--output", metavar="FILE",
        help="The corpus: .jsonl, .jsonl.gz, .jsonl.zst, .parquet, a folder, or - . Its companions go beside it.")]
    = "output/clean.jsonl",
    stages: Stages = "",
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes. Default: one for each core.")] = None,
    config: Config = None,
    audit: Annotated[Audit, typer.Option(
        "--audit", help="full: originals can be restored; spans: places only; off: none.")] = Audit.full,
    format: InputFormat = "",
    text_key: TextKey = "",
    id_key: IdKey = "",
    source_key: SourceKey = "",
    title_key: TitleKey = "",
    date_key: DateKey = "",
    unwrap: Annotated[bool, typer.Option("--unwrap", help="Join the lines of paragraphs broken at a fixed width.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")] = False,
    strict: Annotated[bool, typer.Option(
        "--strict", help="Exit with 1 if a document was quarantined, or anything left out.")] = False,
    against: Annotated[Path | None, typer.Option("--against", help="An index of an earlier corpus, see `taosha index`.")] = None,
    seen: Annotated[Seen, typer.Option("--seen", help="What becomes of documents that the index has.")] = Seen.drop,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON in place of the table.")] = False,
) -> None:
    """Clean documents into one corpus. An audit of every cut stands beside it."""
    from pipeline.errors import InputError
    from pipeline.read.formats import list_suffixes
    from pipeline.read.paths import open_inputs
    from pipeline.run.settings import Settings

    options = find_options(config)
    if unwrap:
        options = replace(options, encoding=replace(options.encoding, unwrap=True))
    settings = Settings(options, find_stages(stages), audit.value)
    columns = find_columns(text_key, id_key, source_key, title_key, date_key)
    with open_inputs(inputs, format or None, columns) as listing:
        if not listing.inputs and not listing.faults:
            found = listing.describe_left_out() or "there is no file"
            raise InputError(f"nothing to clean: {found}; these are read: {list_suffixes()}")
        if dry_run:
            from pipeline.show.dry import print_changes

            quarantined, no_documents = print_changes(listing, settings), 0
        else:
            from pipeline.corpus.targets import find_corpus_target

            if output == "-":
                quarantined, no_documents = _pour(
                    listing, settings, workers, _open_against(against, settings.options, seen), quiet=quiet, as_json=as_json
                )
            else:
                quarantined, no_documents = _run(
                    listing, find_corpus_target(output), settings, workers, _open_against(against, settings.options, seen),
                    quiet=quiet, as_json=as_json,
                )
        if strict and (quarantined or no_documents or listing.left_out):
            _say_why_it_fails(quarantined, no_documents, listing)
            raise typer.Exit(1)


def _run(
    listing: Listing, output: Path, settings: Settings, workers: int | None, against: Against | None, *, quiet: bool, as_json: bool
) -> tuple[int, int]:
    """Run, and print what came of it; give how much was quarantined, and how much inside inputs is no document."""
    from pipeline.run.whole import run
    from pipeline.show.progress import show_progress
    from pipeline.show.summary import print_summary
    from pipeline.show.terminal import print_json, warn

    with show_progress(quiet or as_json) as told:
        outcome = run(listing, output, settings, workers=workers, told=told, against=against)
    if as_json:
        print_json(outcome.manifest, indent=True)
    elif not quiet:
        print_summary(outcome.manifest, listing, output)
        if outcome.unchanged:
            warn("nothing has changed since the last run: its files stand as they are")
    if outcome.quarantined and not quiet:
        warn(f"{outcome.quarantined} quarantined, see {output.parent / 'quarantine.jsonl'} for each reason")
    return outcome.quarantined, _count_left(outcome)


def _pour(
    listing: Listing, settings: Settings, workers: int | None, against: Against | None, *, quiet: bool, as_json: bool
) -> tuple[int, int]:
    """Run in a temporary folder and write the corpus to standard output; give what `_run` gives."""
    from tempfile import TemporaryDirectory

    from pipeline.errors import UsageError
    from pipeline.run.whole import run
    from pipeline.show.terminal import give, warn

    if as_json:
        raise UsageError("--json and -o - both want standard output; write the corpus to a file")
    with TemporaryDirectory(prefix="taosha-") as folder:
        path = Path(folder) / "clean.jsonl"
        outcome = run(listing, path, replace(settings, audit="off"), workers=workers, against=against)
        if not quiet:
            lost = f"; {outcome.quarantined} documents could not be read" if outcome.quarantined else ""
            warn(f"standard output gets the corpus alone: no audit, manifest or quarantine is written{lost}")
        with open(path, "rb") as corpus:
            give(corpus)
    return outcome.quarantined, _count_left(outcome)


def _count_left(outcome: Outcome) -> int:
    """How much inside inputs is no document."""
    return sum(n for key, n in outcome.manifest["counts"].items() if key.startswith("left/"))


def _open_against(folder: Path | None, options: Options, seen: Seen) -> Against | None:
    if folder is None:
        return None
    from pipeline.near.index import Index
    from pipeline.run.known import Against

    return Against(Index.open(folder, options.near), seen is Seen.drop)


def _say_why_it_fails(quarantined: int, no_documents: int, listing: Listing) -> None:
    from pipeline.show.terminal import warn

    reasons = [f"{quarantined} quarantined"] if quarantined else []
    if no_documents:
        reasons.append(f"{no_documents:,} inside inputs that are no documents")
    if listing.left_out:
        reasons.append(listing.describe_left_out())
    warn(f"--strict: {'; '.join(reasons)}")
