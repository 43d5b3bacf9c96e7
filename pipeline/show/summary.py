"""What a run came to, for the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.corpus.manifest import corpus_files
from pipeline.show.tables import extra_line, fate_line, left_line, stage_table
from pipeline.show.terminal import Terminal
from pipeline.show.visible import one_line

if TYPE_CHECKING:
    from pipeline.read.inputs import Listing

__all__ = ["print_summary"]


def print_summary(manifest: dict[str, Any], listing: Listing, output: Path) -> None:
    """Print the table of stages, what became of the documents, what was left out, and where the files are."""
    from rich.text import Text

    terminal = Terminal(None if sys.stdout.isatty() else 120, wrap=True)
    terminal.print(stage_table(manifest["counts"]))
    terminal.print(fate_line(manifest["counts"]))
    if extra := extra_line(manifest["counts"]):
        terminal.print(extra)
    if kinds := left_line(manifest["counts"]):
        terminal.print(kinds)
    if left := listing.describe_left_out():
        terminal.print(f"{left}, named in manifest.json")
    parts = corpus_files(manifest)
    where = f"{one_line(output)}" if parts == [output.name] else f"{one_line(output.parent / parts[0])} and {len(parts) - 1} more"
    beside = [name for name in manifest["files"] if name not in parts]
    terminal.print(Text(f"{where}  {', '.join(beside)}, manifest.json beside it", "dim"))
