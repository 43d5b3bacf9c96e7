"""`taosha check`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import Config, DateKey, IdKey, Inputs, SourceKey, TextKey, TitleKey, find_columns, find_options

__all__ = ["check"]


class ReportFormat(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    github = "github"


def check(
    inputs: Inputs,
    against: Annotated[list[Path] | None, typer.Option(
        "--against", help="A corpus to compare with: a folder with clean.jsonl, a JSONL file, or an index.")] = None,
    report: Annotated[ReportFormat, typer.Option("--format", help="text, json, or github annotations.")] = ReportFormat.text,
    config: Config = None,
    text_key: TextKey = "",
    id_key: IdKey = "",
    source_key: SourceKey = "",
    title_key: TitleKey = "",
    date_key: DateKey = "",
    min_chinese: Annotated[int, typer.Option("--min-chinese", min=0, help="Hanzi that must be left after cleaning.")] = 50,
    strict: Annotated[bool, typer.Option("--strict", help="Files that are left out are findings too.")] = False,
) -> None:
    """Check documents before they enter a corpus. Readable, enough Chinese left, no duplicate? Exits with 1 on findings."""
    from pipeline.check import check_inputs
    from pipeline.show.findings import print_findings

    result = check_inputs(
        inputs, against or [], find_options(config), min_chinese=min_chinese, strict=strict,
        columns=find_columns(text_key, id_key, source_key, title_key, date_key),
    )
    print_findings(result, report.value)
    if any(f.level == "error" for f in result.findings):
        raise typer.Exit(1)
