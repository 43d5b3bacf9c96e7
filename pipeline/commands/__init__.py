"""One file a verb: this listing is `taosha --help`. Here is what several of them take.

What a command calls is imported only when it is called, so that `taosha --help` need not wait for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.options import Options
    from pipeline.read.columns import Columns

__all__ = [
    "Config", "DateKey", "IdKey", "InputFormat", "Inputs", "SourceKey", "Stages", "TextKey", "TitleKey", "find_columns",
    "find_options", "find_stages",
]


def _complete_stages(typed: str) -> list[str]:
    from pipeline.stages import STAGES

    *before, last = typed.split(",")
    return [",".join([*before, s.name]) for s in STAGES if s.name.startswith(last) and s.name not in before]


def _complete_formats(typed: str) -> list[str]:
    from pipeline.read.formats import FORMATS

    return [f.name for f in FORMATS if f.name.startswith(typed)]


Inputs = Annotated[list[str], typer.Argument(
    metavar="INPUT...", help="Files, folders, globs, addresses, @LIST for a file of these, or - for standard input.")]
Stages = Annotated[str, typer.Option(
    "--stages", help="Only these stages, by name, with commas between. Default: all.", autocompletion=_complete_stages)]
InputFormat = Annotated[str, typer.Option(
    "--format", metavar="NAME", autocompletion=_complete_formats,
    help="Read every input as this format, whatever its suffix: txt, jsonl. A wrong name lists them all.")]
TextKey = Annotated[str, typer.Option("--text-key", metavar="NAME", help="The field that holds the text; a.b leads into objects.")]
IdKey = Annotated[str, typer.Option("--id-key", metavar="NAME", help="The field that holds the id.")]
SourceKey = Annotated[str, typer.Option("--source-key", metavar="NAME", help="The field that holds the address.")]
TitleKey = Annotated[str, typer.Option("--title-key", metavar="NAME", help="The field that holds the title.")]
DateKey = Annotated[str, typer.Option("--date-key", metavar="NAME", help="The field that holds the date.")]
Config = Annotated[Path | None, typer.Option("--config", help="Options. Default: ./taosha.toml, if it is there.")]


def find_options(config: Path | None) -> Options:
    """The options of a file, of `taosha.toml` in this folder, or the defaults."""
    from pipeline.options import Options, load_options

    if config is None and Path("taosha.toml").is_file():
        config = Path("taosha.toml")
    return load_options(config) if config else Options()


def find_columns(text: str, id: str, source: str, title: str, date: str) -> Columns:
    """The names of fields: those given, else the usual ones."""
    from pipeline.read.columns import Columns

    return Columns.of(text=text, id=id, source=source, title=title, published=date)


def find_stages(names: str) -> tuple[str, ...] | None:
    """The stages that were named, in their own order; None for all of them."""
    from pipeline.clean import choose_stages

    if not names:
        return None
    return tuple(s.name for s in choose_stages(n.strip() for n in names.split(",")))
