"""One document for the page: what became of it, and its original with every cut, in pieces."""

from __future__ import annotations

from typing import Any

from pipeline.cleaning import Cleaned
from pipeline.corpus.packed import unpack
from pipeline.show.marked import mark

__all__ = ["ALARMS", "describe"]

Row = dict[str, Any]

#: Notes that ask for a look, most urgent first, as the page names them.
ALARMS: dict[str, str] = {
    "much-lost": "most sentences cut", "kept-over-removal": "kept whole", "unsettled": "did not settle",
    "unrecoverable-mojibake": "destroyed characters", "lossy-mojibake": "repaired with loss",
}


def describe(row: Row, text: str, most: int) -> Row:
    """The document as the page has it, with at most about `most` characters of pieces."""
    pieces, cut = ([], False) if any("places" in step for step in row["edits"]) else _pieces(row, text, most)
    reasons = sorted({why.split(" ")[0] + " " + why.split(" ")[1] for piece in pieces if len(piece) > 1 for why in piece[2]})
    return {
        "id": row["id"], "source": row["source"], "title": row["metadata"].get("title", ""), "fate": row["fate"],
        "verdict": next((n["kind"] for n in row["notes"] if n["kind"] == "listing"), row["fate"]),
        "kept": row.get("kept", ""), "cause": row.get("cause", ""), "similarity": row.get("similarity"),
        "before": row["n_chars"], "after": len(text), "metadata": dict(sorted(row["metadata"].items())),
        "notes": [[n["kind"], n["text"]] for n in row["notes"]], "reasons": [reason.replace(":", "") for reason in reasons],
        "pieces": pieces, "cut": cut,
    }


def _pieces(row: Row, text: str, most: int) -> tuple[list[list[Any]], bool]:
    """`[text]` where nothing changed, else `[before, after, reasons]`; the rest of a long document is left out."""
    edits, original = unpack(text, row["edits"])
    pieces: list[list[Any]] = []
    held = 0
    for piece in mark(Cleaned(original, text, edits)):
        if held > most:
            return pieces, True
        before, after = piece.before[:most], piece.after[:most]
        held += len(before) + len(after) * bool(piece.why)
        if piece.why and not piece.is_layout:
            pieces.append([before, after, list(piece.why)])
        elif pieces and len(pieces[-1]) == 1:
            pieces[-1][0] += after
        else:
            pieces.append([after])
    return pieces, False
