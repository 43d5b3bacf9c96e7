"""`taosha index`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import Config, find_options

__all__ = ["index"]


def index(
    folder: Annotated[Path, typer.Argument(metavar="INDEX", help="The folder of an index.")],
    add: Annotated[list[Path] | None, typer.Option("--add", help="Add a corpus: a folder, or a JSONL file.")] = None,
    verify: Annotated[bool, typer.Option(
        "--check", help="Compare every file with its digest, and make each signature and key again from its text.")] = False,
    config: Config = None,
) -> None:
    """Keep an index of earlier documents. Shows it, extends it, or checks it; `taosha clean --against INDEX` uses it."""
    from pipeline.show.indexed import print_index

    print_index(folder, add or [], find_options(config).near, verify=verify)
