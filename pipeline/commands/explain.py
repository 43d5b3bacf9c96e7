"""`taosha explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands import (
    Config,
    DateKey,
    IdKey,
    InputFormat,
    SourceKey,
    Stages,
    TextKey,
    TitleKey,
    find_columns,
    find_options,
    find_stages,
)

__all__ = ["explain"]


def explain(
    document: Annotated[str, typer.Argument(
        metavar="DOC", help="A file, - for standard input, or FILE#ID for a record of a file that holds many.")],
    stages: Stages = "",
    config: Config = None,
    format: InputFormat = "",
    text_key: TextKey = "",
    id_key: IdKey = "",
    source_key: SourceKey = "",
    title_key: TitleKey = "",
    date_key: DateKey = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False,
) -> None:
    """Show what cleaning does to a document: in colour, what each stage took out and why, and the metadata it found."""
    from pipeline.show.explain import explain_document

    columns = find_columns(text_key, id_key, source_key, title_key, date_key)
    explain_document(document, find_options(config), find_stages(stages), format=format or None, columns=columns, as_json=as_json)
