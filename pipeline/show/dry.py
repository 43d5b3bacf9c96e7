"""`taosha clean --dry-run`: what would change, line by line, and what would become of each document. No file is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.text import Text

from pipeline.cleaning import Cleaned
from pipeline.corpus.lines import iterate_rows
from pipeline.corpus.packed import unpack
from pipeline.corpus.restored import audit_of, audited_documents, corpus_of
from pipeline.read.inputs import Listing
from pipeline.show.explain import STYLES
from pipeline.show.marked import Piece, changed_lines, mark
from pipeline.show.tables import extra_line, fate_line, left_line, stage_table
from pipeline.show.terminal import Terminal
from pipeline.show.visible import one_line, write_out

__all__ = ["print_changes", "print_faults"]


def print_changes(folder: Path, manifest: dict[str, Any], listing: Listing) -> None:
    """Print what a run did, which stands in a folder: each changed line of each document, then the table of stages."""
    terminal = Terminal()
    for row, text in audited_documents(audit_of(folder), corpus_of(folder)):
        edits, original = unpack(text, row["edits"])
        if edits or row["fate"] != "kept":
            terminal.print(Text(f"--- {one_line(row['source'])}  id {one_line(row['id'])}{_tell_fate(row)}", "bold"))
        for number, pieces in changed_lines(list(mark(Cleaned(original, text, edits)))):
            terminal.print(_line(number, pieces))
    print_faults(folder / "quarantine.jsonl")
    terminal.print(stage_table(manifest["counts"]))
    counts = manifest["counts"]
    for line in (fate_line(counts), extra_line(counts), left_line(counts), listing.describe_left_out()):
        if line:
            terminal.print(line)


def _tell_fate(row: dict[str, Any]) -> str:
    """What would become of a document that would not be kept."""
    if row["fate"] == "duplicate":
        return f"  {row['cause']}, dropped for {one_line(row['kept'])}"
    return "" if row["fate"] == "kept" else f"  set aside: {row['fate']}"


def print_faults(path: Path) -> None:
    """Print what could not be read."""
    terminal = Terminal()
    for row in iterate_rows(path) if path.exists() else ():
        at = f", line {row['line']} (byte {row['byte']})" if row["line"] is not None else ""
        terminal.print(Text(one_line(f"quarantine {row['source']}{at}: {row['message']}"), "yellow"))


def _line(number: int, pieces: list[Piece]) -> Text:
    out = Text(f"{number:>5} ", "dim")
    for piece in pieces:
        if not piece.why:
            out.append(write_out(piece.before), "default")
            continue
        style = STYLES.get(piece.stage, "")
        before, after = (write_out(text).replace("\n", "⏎") for text in (piece.before, piece.after))
        out.append((f"[-{before}-]" if before else "") + (f"{{+{after}+}}" if after else ""), style)
    return out
