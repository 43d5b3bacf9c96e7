"""`taosha explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands import Config, InputFormat, Stages, find_options, find_stages

__all__ = ["explain"]


def explain(
    document: Annotated[str, typer.Argument(
        metavar="DOC", help="A file, - for standard input, or FILE#ID for a record of a file that holds many.")],
    stages: Stages = "",
    config: Config = None,
    format: InputFormat = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False,
) -> None:
    """Show what cleaning does to a document: in colour, what each stage took out and why, and the metadata it found."""
    from pipeline.show.explain import explain_document

    explain_document(document, find_options(config), find_stages(stages), format=format or None, as_json=as_json)
