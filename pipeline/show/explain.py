"""`taosha explain`: one document with every cut in colour, the metadata found, and a count of reasons."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from rich.text import Text

from pipeline.account import edit_rows
from pipeline.cleaning import Cleaned
from pipeline.corpus.rows import digest_record
from pipeline.errors import InputError, StageError, UsageError
from pipeline.options import Options
from pipeline.read.columns import COLUMNS, Columns
from pipeline.read.encoded import REVEALING
from pipeline.read.formats import find_format, find_format_of_name
from pipeline.read.paths import open_inputs
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Fault, Left, Record
from pipeline.run.clean import clean_records
from pipeline.run.settings import Settings
from pipeline.show.marked import Piece, mark
from pipeline.show.terminal import Terminal, print_json, say
from pipeline.show.visible import one_line, write_out
from pipeline.stages import STAGES

__all__ = ["STYLES", "explain_document", "read_documents", "render"]

#: One colour a stage, the same everywhere.
STYLES = {stage.name: stage.colour for stage in STAGES}


def split_name(name: str, format: str | None) -> tuple[str, str]:
    """File and id that `FILE#ID` stands for, where the file can hold many records; else the name as it is, and no id."""
    for at in (i for i, char in enumerate(name) if char == "#"):
        found = find_format(format) if format else find_format_of_name(name[:at])
        if found is not None and found.many and not os.path.exists(name):
            return name[:at], name[at + 1:]
    return name, ""


def read_documents(
    names: Sequence[str], format: str | None = None, columns: Columns = COLUMNS, id: str = "", number: int | None = None
) -> Iterator[tuple[int, Record | Fault]]:
    """The records that names stand for, with their numbers: files, folders, `-`, or FILE#ID; those of an id, or of a number.

    An id may also be the one that a run gives a record whose id others have too (`pipeline.run.order`). What cannot be read has a
    number, and no id. Raises InputError where there is no input at all.
    """
    pairs = [split_name(name, format) for name in names]
    wanted = {id for _, id in pairs if id} | ({id} if id else set())
    n = 0
    with open_inputs([path for path, _ in pairs], format, columns) as listing:
        if listing.faults and not listing.inputs:
            raise InputError(f"{listing.faults[0].place()}: {listing.faults[0].message}")
        for unit in plan_units(listing.inputs):
            for item in read_unit(unit):
                if isinstance(item, Left):
                    continue
                n += 1
                is_wanted = not wanted or (isinstance(item, Record) and any(_is_called(item, name) for name in wanted))
                if number in (None, n) and is_wanted:
                    yield n, item


def _is_called(record: Record, name: str) -> bool:
    """Whether a record has this id, or would have it in a run where others share its own."""
    if record.id == name:
        return True
    own, mark, digest = name.rpartition("#")
    return mark == "#" and record.id == own and len(digest) in (16, 64) and digest_record(record).hex().startswith(digest)


#: Documents that are listed where several could be meant.
MOST_LISTED = 20


def explain_document(
    names: Sequence[str], options: Options, stages: tuple[str, ...] | None, *, format: str | None = None,
    columns: Columns = COLUMNS, id: str = "", number: int | None = None, as_json: bool = False,
) -> None:
    """Print one document as it is cleaned; of several the list. Raises UsageError where the names stand for none, InputError
    where it cannot be read.
    """
    record = _find_one(names, format, columns, id, number)
    faults: list[Fault] = []
    pairs = list(clean_records([record], Settings(options, stages), faults))
    if faults:
        raise StageError(faults[0].reason, faults[0].message)
    cleaned = pairs[0][1][0]
    if as_json:
        print_json(as_row(record, cleaned), indent=True)
        return
    terminal = Terminal()
    for part in render(record, cleaned, colour=terminal.in_colour):
        terminal.print(part)


def _find_one(names: Sequence[str], format: str | None, columns: Columns, id: str, number: int | None) -> Record:
    """The one document that is meant; where several could be, they are listed."""
    found = list(islice(read_documents(names, format, columns, id, number), MOST_LISTED + 1))
    shown = " ".join(map(one_line, names))
    if not found:
        raise UsageError(f"{shown}: no such document; without --id and --number they are listed")
    if len(found) > 1:
        for n, item in found[:MOST_LISTED]:
            say(f"{n:>6}  {_describe(item)}")
        more = f"the first {MOST_LISTED} documents" if len(found) > MOST_LISTED else f"{len(found)} documents"
        raise UsageError(f"{shown}: {more} are listed above; choose one with --id ID or --number N")
    only = found[0][1]
    if isinstance(only, Fault):
        raise InputError(f"{only.place()}: {only.message}")
    return only


def _describe(item: Record | Fault) -> str:
    """A document in the list."""
    if isinstance(item, Fault):
        return one_line(f"cannot be read: {item.place()}: {item.message}")
    return f"{one_line(item.id)}  {one_line(item.source)}  {one_line(_start_of(item.original))}"


def _start_of(text: str) -> str:
    """The first line that holds anything, cut short."""
    return next((line.strip()[:40] for line in text[:2000].split("\n") if line.strip()), "")


def as_row(record: Record, cleaned: Cleaned) -> dict[str, Any]:
    """The account of one document, for programs."""
    return {
        "id": record.id, "source": record.source, "text": cleaned.text, "metadata": cleaned.metadata,
        "notes": [list(n) for n in cleaned.notes], "edits": edit_rows(cleaned.edits),
    }


def render(record: Record, cleaned: Cleaned, *, colour: bool) -> Iterator[Text]:
    """Header, document and summary as rich texts; without colour the cuts stand in `[-…-]` and what was put in in `{+…+}`.

    Changes of white space alone are made, but not marked.
    """
    size = f"{len(cleaned.original):,} → {len(cleaned.text):,} characters"
    yield Text(f"{one_line(record.source)}  id {one_line(record.id)}  {size}", "bold")
    for key, value in sorted(cleaned.metadata.items()):
        if key not in REVEALING:        # bytes, for `restore` alone
            yield Text(f"  {key}: {one_line(value)}", "blue")
    for kind, text in cleaned.notes:
        yield Text(f"  note {kind}: {one_line(text)}", "yellow")
    body = Text()
    for piece in mark(cleaned):
        _append(body, Piece(write_out(piece.before), write_out(piece.after), piece.why), colour)
    yield body
    for stage, reasons in _reasons(cleaned).items():
        yield Text(f"{stage}: {reasons}", STYLES.get(stage, ""))


def _append(body: Text, piece: Piece, colour: bool) -> None:
    if not piece.why or piece.is_layout:
        body.append(piece.after)
        return
    style = STYLES.get(piece.stage, "")
    before, after = piece.before.strip("\n") or piece.before, piece.after
    lead = piece.before[: len(piece.before) - len(piece.before.lstrip("\n"))] if before != piece.before else ""
    tail = piece.before[len(lead) + len(before):]
    body.append(lead)
    if before:
        body.append(before if colour else f"[-{before}-]", f"{style} strike")
    if after:
        body.append(after if colour else f"{{+{after}+}}", f"{style} bold")
    if len(before) > 1 or not after:
        others = [why for why in piece.why if not why.startswith("encoding")]       # white space goes along with a cut
        label = "; ".join(why.partition(": ")[2] for why in others or piece.why)
        body.append(f"‹{label}›", f"{style} dim")
    body.append(tail)


def _reasons(cleaned: Cleaned) -> dict[str, str]:
    """Per stage, how often each reason was given, in words."""
    counts: dict[str, Counter[str]] = {}
    for e in cleaned.edits:
        counts.setdefault(e.stage, Counter())[e.reason] += 1
    ranked = {stage: sorted(c.items(), key=lambda kv: (-kv[1], kv[0])) for stage, c in counts.items()}
    return {stage: ", ".join(f"{reason} {n}" for reason, n in pairs) for stage, pairs in ranked.items()}
