"""`taosha compare`: a document that was dropped, beside the one it was dropped for."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from pipeline.corpus.restored import audited_documents, corpus_of
from pipeline.errors import InputError
from pipeline.near.explain import explain

__all__ = ["print_comparison"]


def print_comparison(run: Path, id: str) -> None:
    """Print the similarity and the differing passages. Raises InputError where the document was not dropped in this run."""
    texts: dict[str, str] = {}
    files = run / "audit.jsonl", corpus_of(run)
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
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"{id} was dropped for {dropped['kept']}: {dropped['cause']}, {dropped['similarity']:.1%} the same", "bold"))
    for passage in found.passages:
        line = Text(f"{passage.dropped_start:>7} ", "dim")
        line.append(f"[-{passage.dropped}-]", "red").append(f"{{+{passage.kept}+}}", "green")
        console.print(line)
    if not found.passages:
        console.print("They differ in script, width, punctuation or readings only.")
