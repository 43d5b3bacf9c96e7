"""`taosha restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["restore"]


def restore(
    audit: Annotated[Path, typer.Argument(metavar="AUDIT", help="audit.jsonl of a run, with its clean.jsonl beside it.")],
    id: Annotated[str, typer.Option("--id", help="Only the document with this id.")] = "",
    corpus: Annotated[Path | None, typer.Option("--corpus", help="The corpus. Default: the one beside the audit.")] = None,
    output: Annotated[str, typer.Option(
        "-o", "--output", metavar="PATH",
        help="A .jsonl file, or a folder for one file a document. Default: standard output.")] = "",
) -> None:
    """Rebuild every original text. The corpus and the audit of a run are all that it needs."""
    from pipeline.corpus.restored import restore_into
    from pipeline.show.terminal import print_json

    restore_into(audit, corpus, id or None, output, print_json)
