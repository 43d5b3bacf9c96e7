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
    """Show a duplicate beside the one that stayed. How similar are they, and where do they differ?"""
    from pipeline.show.compared import print_comparison

    print_comparison(run, id)
