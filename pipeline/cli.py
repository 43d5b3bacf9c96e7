"""The command line: parse, call, print. What it calls is imported only when it is called, so that --help is quick.

Exit codes: 0 done; 1 findings (check), or quarantined documents with --strict; 2 usage; 3 an input cannot be read;
4 the output cannot be written; 5 an audit does not fit; 6 an index does not fit; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import TaoshaError

if TYPE_CHECKING:
    from pipeline.options import Options
    from pipeline.run.resolve import Against

__all__ = ["app", "main"]

app = typer.Typer(
    name="taosha", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Taosha: Chinese web text in, clean and deduplicated JSONL out, and an account of every character taken away.",
    epilog="Exit codes: 0 done, 1 findings (or quarantined documents with --strict), 2 usage, 3 input unreadable, "
    "4 output not writable, 5 audit does not fit, 6 index does not fit.",
)


class Audit(StrEnum):
    """How much of the account is written."""

    full = "full"
    spans = "spans"
    off = "off"


class Format(StrEnum):
    """Formats of input."""

    txt = "txt"
    jsonl = "jsonl"


class Seen(StrEnum):
    """What becomes of documents that an earlier corpus has."""

    drop = "drop"
    mark = "mark"


class ReportFormat(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    github = "github"


Inputs = Annotated[list[str], typer.Argument(metavar="INPUT...", help="Files, folders, globs, or - for standard input.")]
Stages = Annotated[str, typer.Option("--stages", help="Only these stages, by name, with commas between. Default: all.")]
Config = Annotated[Path | None, typer.Option("--config", help="Options. Default: ./taosha.toml, if it is there.")]
InputFormat = Annotated[Format | None, typer.Option("--format", help="Read every input as this format, whatever its suffix.")]


@contextmanager
def _errors() -> Iterator[None]:
    """Errors raised on purpose become one line on standard error and their exit code."""
    try:
        yield
    except TaoshaError as error:
        typer.echo(f"taosha: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("taosha: interrupted; nothing was written under a final name, run again to go on from here", err=True)
        raise typer.Exit(130) from None


def _options(config: Path | None) -> Options:
    from pipeline.options import Options, load_options

    if config is None and Path("taosha.toml").is_file():
        config = Path("taosha.toml")
    return load_options(config) if config else Options()


def _stages(names: str) -> tuple[str, ...] | None:
    from pipeline.clean import choose_stages

    if not names:
        return None
    return tuple(s.name for s in choose_stages(n.strip() for n in names.split(",")))


@app.command()
def clean(
    inputs: Inputs,
    output: Annotated[Path, typer.Option(
        "-o", "--output", help="The corpus to write; its companions go beside it.")] = Path("output/clean.jsonl"),
    stages: Stages = "",
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes. Default: one for each core.")] = None,
    config: Config = None,
    audit: Annotated[Audit, typer.Option(
        "--audit", help="full: originals can be restored; spans: places only; off: none.")] = Audit.full,
    format: InputFormat = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a document was quarantined.")] = False,
    against: Annotated[Path | None, typer.Option("--against", help="An index of an earlier corpus, see `taosha index`.")] = None,
    seen: Annotated[Seen, typer.Option("--seen", help="What becomes of documents that the index has.")] = Seen.drop,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON in place of the table.")] = False,
) -> None:
    """Clean documents into one JSONL corpus, with an audit of every cut beside it."""
    with _errors():
        from pipeline.read.paths import open_inputs
        from pipeline.run.shard import Settings
        from pipeline.run.whole import run

        settings = Settings(_options(config), _stages(stages), audit.value)
        earlier = _open_against(against, settings.options, drop=seen is Seen.drop)
        with open_inputs(inputs, format.value if format else None) as listing:
            if dry_run:
                from pipeline.show.dry import print_changes

                n_faults = print_changes(listing, settings)
                if strict and n_faults:
                    raise typer.Exit(1)
                return
            with _progress(quiet or as_json) as progress:
                outcome = run(listing, output, settings, workers=workers, progress=progress, against=earlier)
        if as_json:
            import orjson

            typer.echo(orjson.dumps(outcome.manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
        elif not quiet:
            _print_outcome(outcome.manifest, output)
        if outcome.quarantined and not quiet:
            place = output.parent / "quarantine.jsonl"
            typer.echo(f"taosha: {outcome.quarantined} quarantined, see {place} for each reason", err=True)
        if strict and outcome.quarantined:
            raise typer.Exit(1)


def _open_against(folder: Path | None, options: Options, *, drop: bool) -> Against | None:
    if folder is None:
        return None
    from pipeline.near.index import Index
    from pipeline.run.resolve import Against

    return Against(Index.open(folder, options.near), drop)


def _print_outcome(manifest: dict[str, Any], output: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    from pipeline.show.tables import fate_line, stage_table

    console = Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 120)
    console.print(stage_table(manifest["counts"]))
    console.print(fate_line(manifest["counts"]))
    if left := manifest["left_alone"]:
        console.print(Text(f"left alone, of other formats: {', '.join(left[:5])}{' …' if len(left) > 5 else ''}"))
    beside = [name for name in manifest["files"] if name != output.name]
    console.print(Text(f"{output}  {', '.join(beside)}, manifest.json beside it", "dim"))


@contextmanager
def _progress(silent: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, a line for every tenth in a log, nothing when silent."""
    if silent:
        yield None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("cleaning", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        shown = [-1]

        def log(done: int, total: int) -> None:
            tenth = 10 * done // total if total else 10
            if tenth > shown[0]:
                shown[0] = tenth
                typer.echo(f"taosha: {tenth * 10} % of {total / 1e6:.1f} MB cleaned", err=True)

        yield log


@app.command()
def explain(
    document: Annotated[str, typer.Argument(metavar="DOC", help="A text file, - for standard input, or FILE.jsonl#ID.")],
    stages: Stages = "",
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False,
) -> None:
    """Show one document in colour: what each stage took out and why, and the metadata it found."""
    with _errors():
        from pipeline.show.explain import explain_document

        explain_document(document, _options(config), _stages(stages), as_json=as_json)


@app.command()
def restore(
    audit: Annotated[Path, typer.Argument(metavar="AUDIT", help="audit.jsonl of a run, with its clean.jsonl beside it.")],
    id: Annotated[str, typer.Option("--id", help="Only the document with this id.")] = "",
    corpus: Annotated[Path | None, typer.Option("--corpus", help="The corpus. Default: the one beside the audit.")] = None,
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", help="A .jsonl file, or a folder for one file a document. Default: standard output.")] = None,
) -> None:
    """Rebuild every original text from the corpus and the audit."""
    with _errors():
        from pipeline.corpus.restored import restore_run

        restore_run(audit, corpus, id or None, output)


@app.command()
def index(
    folder: Annotated[Path, typer.Argument(metavar="INDEX", help="The folder of an index.")],
    add: Annotated[list[Path] | None, typer.Option("--add", help="Add a corpus: a folder, or a JSONL file.")] = None,
    verify: Annotated[bool, typer.Option("--check", help="Compare every file with its digest.")] = False,
    config: Config = None,
) -> None:
    """Show an index of earlier documents, extend it, or check it; `taosha clean --against INDEX` uses it."""
    with _errors():
        from pipeline.near.index.growing import show_index

        show_index(folder, add or [], _options(config).near, verify=verify)


@app.command()
def compare(
    id: Annotated[str, typer.Argument(metavar="ID", help="The id of a document that was dropped.")],
    run: Annotated[Path, typer.Option("--run", help="The folder of the run.")] = Path("output"),
) -> None:
    """Show a dropped document beside the one it was dropped for: how similar they are, and where they differ."""
    with _errors():
        from pipeline.show.compared import print_comparison

        print_comparison(run, id)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")] = Path("output"),
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The page. Default: report.html in the folder.")] = None,
    documents: Annotated[int, typer.Option("--documents", min=0, help="How many documents to show, most edits first.")] = 50,
) -> None:
    """Write one page about a run: what went and why, duplicates, and documents with their cuts marked."""
    with _errors():
        from pipeline.show.page import write_page

        path = output or run / "report.html"
        write_page(run, path, documents=documents)
        typer.echo(path)


@app.command()
def check(
    inputs: Inputs,
    against: Annotated[list[Path] | None, typer.Option(
        "--against", help="A corpus to compare with: a folder with clean.jsonl, a JSONL file, or an index.")] = None,
    report: Annotated[ReportFormat, typer.Option("--format", help="text, json, or github annotations.")] = ReportFormat.text,
    config: Config = None,
    min_chinese: Annotated[int, typer.Option("--min-chinese", min=0, help="Hanzi that must be left after cleaning.")] = 50,
) -> None:
    """Check new documents before they enter a corpus: readable, enough Chinese left, no duplicate. Exits with 1 on findings."""
    with _errors():
        from pipeline.check import check_inputs, print_findings

        result = check_inputs(inputs, against or [], _options(config), min_chinese=min_chinese)
        print_findings(result, report.value)
        if any(f.level == "error" for f in result.findings):
            raise typer.Exit(1)


@app.callback(invoke_without_command=True)
def _top(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        from pipeline import __version__

        typer.echo(f"taosha {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point of the command `taosha`."""
    app()
