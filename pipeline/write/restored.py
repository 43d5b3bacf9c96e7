"""`taosha restore`: every original text again, from the corpus and the audit of a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from pipeline.account import restore
from pipeline.errors import AuditError, InputError
from pipeline.write.atomic import open_atomic
from pipeline.write.corpus import iterate_rows
from pipeline.write.json_lines import dump_line

__all__ = ["audited_documents", "restore_run", "restored_rows"]


def audited_documents(audit: Path, corpus: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Every row of an audit with the clean text of its document.

    Corpus and audit of a run stand in one order, so both are read once, side by side. Raises InputError where a file is
    missing, AuditError where the two do not belong together.
    """
    for path in (audit, corpus):
        if not path.is_file():
            raise InputError(f"{path}: no such file; give the audit.jsonl of a run that has its clean.jsonl beside it")
    kept = iterate_rows(corpus)
    for row in iterate_rows(audit):
        text: str = row.get("text", "")
        if row["fate"] == "kept":
            document = next(kept, None)
            if document is None or document["id"] != row["id"]:
                raise AuditError(f"{audit}: document {row['id']} is not where it should be in {corpus}; are they of one run?")
            text = document["text"]
        yield row, text


def restored_rows(audit: Path, corpus: Path, id: str | None = None) -> Iterator[dict[str, Any]]:
    """Rows {id, source, text} with the original texts, in the order of the audit.

    Raises as `audited_documents`, and AuditError where the audit keeps places only.
    """
    for row, text in audited_documents(audit, corpus):
        if id is None or row["id"] == id:
            try:
                yield {"id": row["id"], "source": row["source"], "text": restore(text, row["edits"])}
            except AuditError as error:
                raise AuditError(f"{audit}: document {row['id']}: {error}") from None


def restore_run(audit: Path, corpus: Path, id: str | None, output: Path | None) -> None:
    """Write the originals to standard output or a JSONL file, or, for a folder, each to a file named as its source."""
    rows = restored_rows(audit, corpus, id)
    n = 0
    if output is None:
        for row in rows:
            sys.stdout.buffer.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
            n += 1
    elif output.is_dir() or not output.suffix:
        for row in rows:
            _write_file(output, row)
            n += 1
    else:
        with open_atomic(output) as file:
            for row in rows:
                file.write(dump_line(row))
                n += 1
    if id is not None and not n:
        raise InputError(f"{audit}: no document has the id {id}")


def _write_file(folder: Path, row: dict[str, Any]) -> None:
    """One original as a UTF-8 file under its source's name; a source that would leave the folder goes by its id."""
    path = folder / row["source"]
    if not path.resolve().is_relative_to(folder.resolve()) or ":" in row["source"] or path.exists():
        path = folder / f"{row['id'].replace('/', '_')}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_atomic(path) as file:
        file.write(row["text"].encode())
