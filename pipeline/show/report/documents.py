"""One document for the page: what became of it, and its original with every cut, in pieces."""

from __future__ import annotations

from typing import Any

from pipeline.cleaning import Cleaned
from pipeline.corpus.packed import unpack
from pipeline.read.encoded import REVEALING
from pipeline.record import find_host
from pipeline.show.marked import mark

__all__ = ["ALARMS", "describe", "site_of"]

Row = dict[str, Any]

#: Notes that ask for a look, most urgent first.
ALARMS = ("much-lost", "kept-over-removal", "unsettled", "uncut", "unrecoverable-mojibake", "lossy-mojibake")


def site_of(source: str) -> str:
    """The host of an address, the folder of a file, or the file that records are from."""
    return find_host(source) or ("" if "://" in source else source.rpartition("/")[0]) or source


def describe(row: Row, text: str, most: int) -> Row:
    """The document as the page has it, with at most about `most` characters of pieces."""
    pieces, cut = ([], False) if any("places" in step for step in row["edits"]) else _pieces(row, text, most)
    reasons = sorted({why.split(" ")[0] + " " + why.split(" ")[1] for piece in pieces if len(piece) > 1 for why in piece[2]})
    return {
        "id": row["id"], "source": row["source"], "site": site_of(row["source"]), "title": row["metadata"].get("title", ""),
        "fate": row["fate"],
        "verdict": next((n["kind"] for n in row["notes"] if n["kind"] == "listing"), row["fate"]),
        "kept": row.get("kept", ""), "cause": row.get("cause", ""), "similarity": row.get("similarity"),
        "before": row["n_chars"], "after": len(text),
        "metadata": {key: value for key, value in sorted(row["metadata"].items()) if key not in REVEALING},
        "notes": [[n["kind"], n["text"]] for n in row["notes"]], "reasons": [reason.replace(":", "") for reason in reasons],
        "pieces": pieces, "cut": cut,
    }


def _pieces(row: Row, text: str, most: int) -> tuple[list[list[Any]], bool]:
    """`[text]` where nothing changed, else `[before, after, reasons]`; the rest of a long document is left out."""
    edits, original = unpack(text, row["edits"])
    pieces: list[list[Any]] = []
    held, cut = 0, False
    for piece in mark(Cleaned(original, text, edits)):
        if held > most:
            return pieces, True
        cut = cut or max(len(piece.before), len(piece.after)) > most
        before, after = piece.before[:most], piece.after[:most]
        held += len(before) + len(after) * bool(piece.why)
        if piece.why and not piece.is_layout:
            pieces.append([before, after, list(piece.why)])
        elif pieces and len(pieces[-1]) == 1:
            pieces[-1][0] += after
        else:
            pieces.append([after])
    return pieces, cut
