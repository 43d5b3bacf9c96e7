"""`taosha compare`: a document that was dropped, beside the one it was dropped for."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from pipeline.corpus.restored import audit_of, audited_documents, corpus_of
from pipeline.errors import InputError
from pipeline.near.explain import explain
from pipeline.show.terminal import Terminal
from pipeline.show.visible import one_line, write_out

__all__ = ["print_comparison"]


def print_comparison(run: Path, id: str) -> None:
    """Print the similarity and the differing passages. Raises InputError where the document was not dropped in this run."""
    texts: dict[str, str] = {}
    files = audit_of(run), corpus_of(run)
    dropped = next((row for row, _ in audited_documents(*files) if row["id"] == id), None)
    if dropped is None or dropped["fate"] != "duplicate":
        fate = "is not in this run" if dropped is None else f"was not dropped as a duplicate but is {dropped['fate']}"
        raise InputError(f"{run}: document {id} {fate}; its audit.jsonl lists the duplicates")
    for row, text in audited_documents(*files):
        if row["id"] in (id, dropped["kept"]):
            texts[row["id"]] = text
    if dropped["cause"].startswith("indexed-") or dropped["kept"] not in texts:
        raise InputError(f"{run}: document {id} was dropped for {dropped['kept']} of an index, whose text is not here")
    found = explain(texts[id], texts[dropped["kept"]])
    terminal = Terminal()
    why = f"{id} was dropped for {dropped['kept']}: {dropped['cause']}, {dropped['similarity']:.1%} the same"
    terminal.print(Text(one_line(why), "bold"))
    for passage in found.passages:
        line = Text(f"{passage.dropped_start:>7} ", "dim")
        line.append(f"[-{write_out(passage.dropped)}-]", "red").append(f"{{+{write_out(passage.kept)}+}}", "green")
        terminal.print(line)
    if not found.passages:
        terminal.print("They differ in script, width, punctuation or readings only.")
