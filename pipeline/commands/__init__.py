"""One file a verb: this listing is `taosha --help`. Here is the one table of options, and how a command takes some of them.

What a command calls is imported only when it is called, so that `taosha --help` need not wait for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_type_hints

import typer

if TYPE_CHECKING:
    from pipeline.options import CheckOptions, Options, RunOptions
    from pipeline.read.columns import Columns

__all__ = [
    "READING", "Audit", "FindingsFormat", "Given", "LogFormat", "Mover", "Personal", "Seen", "Shared", "find_check_options",
    "find_columns", "find_options", "find_run_options", "find_stages", "takes",
]


def _complete_stages(typed: str) -> list[str]:
    from pipeline.stages import STAGES

    *before, last = typed.split(",")
    return [",".join([*before, s.name]) for s in STAGES if s.name.startswith(last) and s.name not in before]


def _complete_rules(typed: str) -> list[str]:
    from pipeline.check.rules import RULES

    *before, last = typed.split(",")
    return [",".join([*before, name]) for rule in RULES for name in (rule.code, rule.name) if name.startswith(last)]


def _complete_formats(typed: str) -> list[str]:
    from pipeline.read.formats import FORMATS

    return [f.name for f in FORMATS if f.name.startswith(typed)]


class Audit(StrEnum):
    """How much of the account is written."""

    full = "full"
    spans = "spans"
    sealed = "sealed"
    off = "off"


class Mover(StrEnum):
    """What moves the rows of a run."""

    local = "local"
    spark = "spark"


class Personal(StrEnum):
    """What becomes of personal data."""

    counted = "count"
    masked = "mask"
    dropped = "drop"


class Seen(StrEnum):
    """What becomes of documents that an earlier corpus has."""

    drop = "drop"
    mark = "mark"


class Shared(StrEnum):
    """What becomes of passages that many documents share."""

    keep = "keep"
    drop = "drop"


class DiffFormat(StrEnum):
    """How the difference of two runs is printed."""

    text = "text"
    json = "json"


class LogFormat(StrEnum):
    """How a run tells of itself on standard error."""

    text = "text"
    json = "json"


class FindingsFormat(StrEnum):
    """How findings are printed; all but the first are those of `pipeline.show.findings.FORMATS`."""

    text = "text"
    concise = "concise"
    json = "json"
    github = "github"
    gitlab = "gitlab"
    sarif = "sarif"
    junit = "junit"
    rdjson = "rdjson"


_READ_AS = "Read every input as this format, whatever its suffix. A wrong name lists them all."


class Given:
    """Every option and argument, once, with its default; a command names what it `takes` and finds that here.

    Two of one meaning differ by a suffix: `input_format` is `read_as` where `--format` is that of the output, `corpora` are several
    `against`.
    """

    inputs: Annotated[list[str], typer.Argument(
        metavar="INPUT...", help="Files, folders, globs, addresses, @LIST for a file of these, or - for standard input.")]
    document: Annotated[list[str], typer.Argument(
        metavar="DOC...", help="Files or folders, - for standard input, or FILE#ID for a record of a file that holds many.")]
    output: Annotated[str, typer.Option(
        "-o", "--output", metavar="FILE",
        help="The corpus: .jsonl, .jsonl.gz, .jsonl.zst, .parquet, a folder, or - . Its companions go beside it.")
    ] = "output/clean.jsonl"
    shard_size: Annotated[str, typer.Option(
        "--shard-size", metavar="SIZE", help="Cut the corpus into files of about this size, such as 500MB.")] = ""
    force: Annotated[bool, typer.Option("--force", help="Replace files that no run of this tool wrote.")] = False
    keep: Annotated[bool, typer.Option(
        "--keep", help="Keep what was cleaned in a hidden folder beside the corpus: the next run there cleans only what is new.")
    ] = False
    stages: Annotated[str, typer.Option(
        "--stages", help="Only these stages, by name, with commas between. Default: all.", autocompletion=_complete_stages)] = ""
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes. Default: one for each core.")] = None
    engine: Annotated[Mover | None, typer.Option(
        "--engine", help="local: processes on this machine, the default; spark: a cluster, see --master. The output is the same.")
    ] = None
    master: Annotated[str, typer.Option(
        "--master", metavar="URL", help="Of --engine spark: spark://HOST:PORT, yarn, k8s://URL, local[N].")] = ""
    bind: Annotated[str, typer.Option(
        "--bind", metavar="ADDRESS", help="Of --engine spark: the address of this machine for workers on others.")] = ""
    config: Annotated[Path | None, typer.Option("--config", help="Options. Default: ./taosha.toml, if it is there.")] = None
    audit: Annotated[Audit, typer.Option(
        "--audit", help="full: originals can be restored; spans: places only; sealed: places, and nothing that originals could be "
        "guessed from; off: none.")] = Audit.full
    read_as: Annotated[str, typer.Option(
        "--input-format", "--format", metavar="NAME", autocompletion=_complete_formats, help=_READ_AS)] = ""
    input_format: Annotated[str, typer.Option(
        "--input-format", metavar="NAME", autocompletion=_complete_formats, help=_READ_AS)] = ""
    text_key: Annotated[str, typer.Option(
        "--text-key", metavar="NAME", help="The field that holds the text; a.b leads into objects.")] = ""
    id_key: Annotated[str, typer.Option("--id-key", metavar="NAME", help="The field that holds the id.")] = ""
    source_key: Annotated[str, typer.Option("--source-key", metavar="NAME", help="The field that holds the address.")] = ""
    title_key: Annotated[str, typer.Option("--title-key", metavar="NAME", help="The field that holds the title.")] = ""
    date_key: Annotated[str, typer.Option("--date-key", metavar="NAME", help="The field that holds the date.")] = ""
    unwrap: Annotated[bool, typer.Option("--unwrap", help="Join the lines of paragraphs broken at a fixed width.")] = False
    signals: Annotated[bool, typer.Option(
        "--signals", help="Write the signals of each document into JSONL too; in Parquet they are columns.")] = False
    shared_passages: Annotated[Shared | None, typer.Option(
        "--shared-passages", help="What becomes of paragraphs that many documents share; the manifest lists them.")] = None
    where: Annotated[str, typer.Option(
        "--where", metavar="EXPRESSION", help="Only documents of which this is true, such as \"hanzi_share > 0.5\".")] = ""
    pii: Annotated[Personal | None, typer.Option(
        "--pii", help="Personal data: mask puts 〔手机〕 and the like for it, drop takes it out. Default: count, which leaves it; "
                      "`check` tells how much there is.")] = None
    verify_all: Annotated[bool, typer.Option(
        "--verify", help="Read the account of every document back as it is written, not of one in 64 alone.")] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")] = False
    strict: Annotated[bool, typer.Option(
        "--strict", help="Exit with 1 if a document was quarantined, or anything left out.")] = False
    against: Annotated[Path | None, typer.Option(
        "--against", help="An earlier corpus: an index (see `taosha index`), the folder of a run, or a corpus file.")] = None
    corpora: Annotated[list[Path] | None, typer.Option(
        "--against", help="What stands already: the folder of a run, a corpus file, an index, or a folder of documents.")] = None
    since: Annotated[str, typer.Option(
        "--since", metavar="REV", help="Only files changed since this revision of git are new; the rest stands already.")] = ""
    select: Annotated[str, typer.Option(
        "--select", metavar="RULES", help="Only these rules: codes, names or families (TS3), with commas between, or ALL.",
        autocompletion=_complete_rules)] = ""
    extend_select: Annotated[str, typer.Option(
        "--extend-select", metavar="RULES", help="These rules too.", autocompletion=_complete_rules)] = ""
    ignore: Annotated[str, typer.Option(
        "--ignore", metavar="RULES", help="Not these rules.", autocompletion=_complete_rules)] = ""
    findings_format: Annotated[FindingsFormat, typer.Option("--format", help="How findings are printed.")] = FindingsFormat.text
    findings_file: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write the findings to a file.")] = ""
    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings of each rule.")] = False
    add_ignore: Annotated[str | None, typer.Option(
        "--add-ignore", metavar="REASON", help="Silence what is found now: a line for each document in .taosha-ignore.")] = None
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False
    quiet_check: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors alone: no notes, no summary.")] = False
    run_before: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
    run_after: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of another.")]
    diff_format: Annotated[DiffFormat, typer.Option("--format", help="How the difference is printed.")] = DiffFormat.text
    examples: Annotated[int, typer.Option(
        "--documents", min=0, help="How many documents to show of each kind; JSON has them all.")] = 10
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if anything changed.")] = False
    rule_name: Annotated[str, typer.Argument(metavar="[RULE]", help="A code or a name.", autocompletion=_complete_rules)] = ""
    rules_as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
    seen: Annotated[Seen, typer.Option("--seen", help="What becomes of documents that the earlier corpus has.")] = Seen.drop
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False
    as_json: Annotated[bool, typer.Option(
        "--json", help="Print the manifest as JSON in place of the table, or how the run failed; on standard error, an event of "
        "progress a line.")] = False
    log_format: Annotated[LogFormat, typer.Option(
        "--log-format", help="json: on standard error, an event a line, each with its time, level and run, and nothing else.")
    ] = LogFormat.text
    run_id: Annotated[str, typer.Option(
        "--run-id", metavar="ID", help="What the run is called there, and in --metrics. Default: sixteen digits by chance.")
    ] = ""
    metrics: Annotated[str, typer.Option(
        "--metrics", metavar="FILE", help="Write the figures of the run, or that it failed, as OpenMetrics text (.prom or .txt).")
    ] = ""
    account_as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False
    min_chinese: Annotated[int | None, typer.Option(
        "--min-chinese", min=0, help="Hanzi that must be left after cleaning. Default: 50.")] = None
    id: Annotated[str, typer.Option("--id", help="Only the document with this id.")] = ""
    stats_as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False
    audit_file: Annotated[Path, typer.Argument(
        metavar="AUDIT", help="The folder of a run, or its audit.jsonl, with its clean.jsonl beside it.")]
    corpus: Annotated[Path | None, typer.Option(
        "--corpus", help="The corpus, or the folder of its run. Default: the one beside the audit.")] = None
    originals: Annotated[str, typer.Option(
        "-o", "--output", metavar="PATH",
        help="A .jsonl file, or a folder for one file a document. Default, and -: standard output.")] = ""
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")] = Path("output")
    run: Annotated[Path, typer.Option("--run", help="The folder of the run.")] = Path("output")
    page: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="The page. Default: report.html in the folder.")] = ""
    documents: Annotated[int, typer.Option(
        "--documents", min=0, max=100_000, help="How many documents to show at most: those to look at, then a sample.")] = 1000
    dropped: Annotated[str, typer.Argument(metavar="ID", help="The id of a document that was dropped.")]
    index_folder: Annotated[Path, typer.Argument(metavar="INDEX", help="The folder of an index.")]
    add: Annotated[list[Path] | None, typer.Option("--add", help="Add a corpus: a folder, or a JSONL file.")] = None
    verify: Annotated[bool, typer.Option(
        "--check", help="Compare every file with its digest, and make each signature and key again from its text.")] = False
    number: Annotated[int | None, typer.Option(
        "--number", "-n", min=1, help="Only the document with this number, in the order of the input.")] = None


Command = Callable[..., None]
READING = ("read_as", "text_key", "id_key", "source_key", "title_key", "date_key")


def takes(*names: str) -> Callable[[Callable[[Given], None]], Command]:
    """Make a command of a function: what it takes are the options of these names, in this order."""
    def make(run: Callable[[Given], None]) -> Command:
        hints = get_type_hints(Given, include_extras=True)

        def command(**values: object) -> None:
            given = Given()
            vars(given).update(values)
            run(given)

        command.__name__, command.__doc__, command.__module__ = run.__name__, run.__doc__, run.__module__
        command.__annotations__ = {name: hints[name] for name in names}
        kind, none = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
        command.__signature__ = inspect.Signature([     # type: ignore[attr-defined]
            inspect.Parameter(name, kind, annotation=hints[name], default=vars(Given).get(name, none)) for name in names
        ])
        return command

    return make


def find_options(config: Path | None) -> Options:
    """The options of a file, of `taosha.toml` in this folder, or the defaults."""
    from pipeline.options import Options, load_options

    config = _find_config(config)
    return load_options(config) if config else Options()


def find_check_options(given: Given) -> CheckOptions:
    """Those of the check, from the same file; what the command line says goes before it."""
    from pipeline.options import CheckOptions, load_check_options

    config = _find_config(given.config)
    options = load_check_options(config) if config else CheckOptions()
    select, more, ignore = (tuple(filter(None, names.split(","))) for names in (given.select, given.extend_select, given.ignore))
    return replace(
        options, select=select or options.select, extend_select=(*options.extend_select, *more), ignore=(*options.ignore, *ignore),
        min_chinese=options.min_chinese if given.min_chinese is None else given.min_chinese,
    )


def find_run_options(given: Given) -> RunOptions:
    """What moves the rows, from the same file; what the command line says goes before it. Raises UsageError where it is at odds."""
    from pipeline.errors import UsageError
    from pipeline.options import RunOptions, load_run_options

    config = _find_config(given.config)
    options = load_run_options(config) if config else RunOptions()
    engine = options.engine if given.engine is None else given.engine.value
    if engine == "local" and (given.master or given.bind):
        raise UsageError(f"{'--master' if given.master else '--bind'} is of the engine spark: add --engine spark")
    if engine == "spark" and given.workers is not None:
        raise UsageError("--workers is of the engine local; Spark is told its cores by --master local[N], or by its cluster")
    return replace(options, engine=engine, master=given.master or options.master, bind=given.bind or options.bind)


def _find_config(config: Path | None) -> Path | None:
    usual = Path("taosha.toml")
    return usual if config is None and usual.is_file() else config


def find_columns(given: Given) -> Columns:
    """The names of fields: those given, else the usual ones."""
    from pipeline.read.columns import Columns

    return Columns.of(
        text=given.text_key, id=given.id_key, source=given.source_key, title=given.title_key, published=given.date_key
    )


def find_stages(names: str) -> tuple[str, ...] | None:
    """The stages that were named, in their own order; None for all of them."""
    from pipeline.cleaning import choose_stages

    if not names:
        return None
    return tuple(s.name for s in choose_stages(n.strip() for n in names.split(",")))
