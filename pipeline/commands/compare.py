"""`taosha compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["compare"]


def compare(
    id: Annotated[str, typer.Argument(metavar="ID", help="The id of a document that was dropped.")],
    run: Annotated[Path, typer.Option("--run", help="The folder of the run.")] = Path("output"),
) -> None:
    """Show a dropped document beside the one it was dropped for: how similar they are, and where they differ."""
    from pipeline.show.compared import print_comparison

    print_comparison(run, id)
