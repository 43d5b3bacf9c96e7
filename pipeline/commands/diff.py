"""`taosha diff`."""

from __future__ import annotations

import typer

from pipeline.commands import Given, takes

__all__ = ["diff"]


@takes("run_before", "run_after", "diff_format", "examples", "exit_code")
def diff(given: Given) -> None:
    """Show what changed between two runs. Documents, texts, metadata, duplicates, and what the runs were made with."""
    from pipeline.show.difference import print_difference

    changed = print_difference(given.run_before, given.run_after, given.examples, as_json=given.diff_format == "json")
    if changed and given.exit_code:
        raise typer.Exit(1)
