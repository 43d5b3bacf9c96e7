"""`taosha check`."""

from __future__ import annotations

import typer

from pipeline.commands import READING, Given, find_columns, find_options, takes

__all__ = ["check"]


@takes("inputs", "corpora", "report", "input_format", "config", *READING[1:], "min_chinese", "strict_check")
def check(given: Given) -> None:
    """Check documents before they enter a corpus. Readable, enough Chinese left, no duplicate? Exits with 1 on findings."""
    from pipeline.check import check_inputs
    from pipeline.show.findings import print_findings

    result = check_inputs(
        given.inputs, given.corpora or [], find_options(given.config), min_chinese=given.min_chinese, strict=given.strict_check,
        columns=find_columns(given), format=given.input_format or None,
    )
    print_findings(result, given.report.value)
    if any(f.level == "error" for f in result.findings):
        raise typer.Exit(1)
