"""`taosha clean --dry-run`: what would change, line by line, with nothing written."""

from __future__ import annotations

from rich.text import Text

from pipeline.read.inputs import Listing
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Fault, Left
from pipeline.run.clean import clean_records
from pipeline.run.settings import Settings
from pipeline.run.tally import Tally
from pipeline.show.explain import STYLES
from pipeline.show.marked import Piece, changed_lines, mark
from pipeline.show.tables import extra_line, left_line, stage_table
from pipeline.show.terminal import Terminal
from pipeline.show.visible import one_line, write_out

__all__ = ["print_changes"]


def print_changes(listing: Listing, settings: Settings) -> int:
    """Print each changed line of each document, then the table of stages; give how many would be quarantined.

    Near-duplicates are not searched for.
    """
    terminal, tally = Terminal(), Tally()
    faults: list[Fault] = list(listing.faults)
    for unit in plan_units(listing.inputs):
        for item in read_unit(unit):
            if isinstance(item, Fault):
                faults.append(item)
                continue
            if isinstance(item, Left):
                tally.counts[f"left/{item.kind}"] += 1
                continue
            for records, results in clean_records([item], settings, faults):
                tally.see(results[0])
                tally.see_extra(records)
                if results[0].edits:
                    terminal.print(Text(f"--- {one_line(records[0].source)}  id {one_line(records[0].id)}", "bold"))
                for number, pieces in changed_lines(list(mark(results[0]))):
                    terminal.print(_line(number, pieces))
    for fault in faults:
        terminal.print(Text(one_line(f"quarantine {fault.place()}: {fault.message}"), "yellow"))
    terminal.print(stage_table(tally.counts))
    for line in (extra_line(tally.counts), left_line(tally.counts), listing.describe_left_out()):
        if line:
            terminal.print(line)
    return len(faults)


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
