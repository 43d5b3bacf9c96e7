"""`taosha clean --dry-run`: what would change, line by line, with nothing written."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from pipeline.read.paths import Listing
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Fault
from pipeline.run.shard import Settings, Tally, clean_records
from pipeline.show.explain import STYLES
from pipeline.show.marked import Piece, changed_lines, mark
from pipeline.show.tables import stage_table

__all__ = ["print_changes"]


def print_changes(listing: Listing, settings: Settings) -> int:
    """Print each changed line of each document, then the table of stages; give how many would be quarantined.

    Near-duplicates are not searched for.
    """
    console, tally = Console(highlight=False, soft_wrap=True), Tally()
    faults: list[Fault] = list(listing.faults)
    for unit in plan_units(listing.inputs):
        for item in read_unit(unit):
            if isinstance(item, Fault):
                faults.append(item)
                continue
            for records, results in clean_records([item], settings, faults):
                tally.see(results[0])
                if results[0].edits:
                    console.print(Text(f"--- {records[0].source}  id {records[0].id}", "bold"))
                for number, pieces in changed_lines(list(mark(results[0]))):
                    console.print(_line(number, pieces))
    for fault in faults:
        console.print(Text(f"quarantine {fault.place()}: {fault.message}", "yellow"))
    console.print(stage_table(tally.counts))
    return len(faults)


def _line(number: int, pieces: list[Piece]) -> Text:
    out = Text(f"{number:>5} ", "dim")
    for piece in pieces:
        if not piece.why:
            out.append(piece.before, "default")
            continue
        style = STYLES.get(piece.stage, "")
        before, after = piece.before.replace("\n", "⏎"), piece.after.replace("\n", "⏎")
        out.append((f"[-{before}-]" if before else "") + (f"{{+{after}+}}" if after else ""), style)
    return out
