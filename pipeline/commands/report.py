"""`taosha report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")] = Path("output"),
    output: Annotated[str, typer.Option(
        "-o", "--output", metavar="FILE", help="The page. Default: report.html in the folder.")] = "",
    documents: Annotated[int, typer.Option(
        "--documents", min=0, max=100_000, help="How many documents to show, most edits first.")] = 50,
) -> None:
    """Write one page about a run. It shows what went and why, duplicates, and documents with their cuts marked."""
    from pipeline.corpus.targets import find_target
    from pipeline.show.page import write_page
    from pipeline.show.terminal import say
    from pipeline.show.visible import one_line

    path = find_target(output, "report", (".html", ".htm")) if output else run / "report.html"
    write_page(run, path, documents=documents)
    say(one_line(path))
