"""From rows and their fates to the lines of clean.jsonl and audit.jsonl, and lines read again.

Lines stand in the order of (source, id), so the same input gives the same bytes whatever the order it came in and however
many workers read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from pipeline.account import AuditMode
from pipeline.corpus.fates import Fates
from pipeline.corpus.json_lines import escape_breaks, has_breaks
from pipeline.errors import AuditError
from pipeline.read.steady import open_steady

__all__ = ["AUDIT_COLUMNS", "CLEAN_COLUMNS", "HashedLines", "audit_line", "clean_line", "iterate_rows"]

#: Columns of `pipeline.corpus.rows.PART` that the lines are made of.
CLEAN_COLUMNS = ("id", "source", "text", "n_chars", "sha256", "metadata")
AUDIT_COLUMNS = ("id", "source", "text", "n_original", "original_sha256", "metadata", "notes", "edits")

Row = dict[str, Any]


def clean_line(row: Row, duplicates: Sequence[str]) -> bytes:
    """The line of the corpus, keys in their fixed order. `duplicates` are the ids of those dropped for it."""
    said = orjson.loads(row["metadata"])
    line = orjson.dumps({
        "id": row["id"],
        "text": row["text"],
        "title": said.get("title"),
        "source": row["source"],
        "published": said.get("published"),
        "source_name": said.get("source_name"),
        "author": said.get("author"),
        "script": said.get("script"),
        "n_chars": row["n_chars"],
        "sha256": row["sha256"],
        "duplicates": sorted(duplicates),
    }, option=orjson.OPT_APPEND_NEWLINE)
    small = "".join((row["id"], row["source"], *said.values(), *duplicates))
    return escape_breaks(line) if has_breaks(row["text"]) or has_breaks(small) else line


def audit_line(row: Row, fate: Row, mode: AuditMode) -> bytes:
    """The line of the audit. What the row holds as JSON is put in as it is: it was escaped when it was made."""
    line = orjson.dumps({
        "id": row["id"],
        "source": row["source"],
        "n_chars": row["n_original"],
        "sha256": row["original_sha256"],
        "metadata": orjson.Fragment(row["metadata"]),
        "notes": orjson.Fragment(row["notes"]),
        "edits": orjson.Fragment(row["edits"] if mode == "full" else _only_places(row["edits"])),
        **fate,
    }, option=orjson.OPT_APPEND_NEWLINE)
    small = "".join((row["id"], row["source"], fate.get("text", ""), str(fate.get("kept", "")), str(fate.get("seen", ""))))
    return escape_breaks(line) if has_breaks(small) else line


def _only_places(edits: bytes) -> bytes:
    """Edits without what they took out and put in."""
    return orjson.dumps([{k: v for k, v in e.items() if k not in ("at", "text", "put")} for e in orjson.loads(edits)])


def fate_of(row: int, text: str, ids: Sequence[str], fates: Fates) -> Row:
    """What the audit says became of a document; one that is not in the corpus takes its clean text along."""
    cause, seen = fates.cause[row], fates.seen.get(row)
    also = {} if seen is None else {"seen": seen._asdict()}
    if cause == "kept":
        return {"fate": "kept"} | also
    if cause == "empty":
        return {"fate": "empty", "text": ""}
    if seen is not None and cause == "indexed":
        said: Row = {"cause": f"indexed-{seen.cause}", "kept": seen.id, "similarity": round(seen.similarity, 4)}
        also = {}
    else:
        kept = ids[int(fates.kept[row])]
        said = {"cause": cause, "kept": kept, "similarity": round(float(fates.similarity[row]), 4)}
    return {"fate": "duplicate", **said, "text": text, **also}


class HashedLines:
    """Lines to a file that is hashed as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.lines = file, hashlib.sha256(), 0
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, line: bytes) -> None:
        """Add a line."""
        self._waiting.append(line)
        self._size += len(line)
        self.lines += 1
        if self._size > 1 << 18:
            self._flush()

    def _flush(self) -> None:
        block = b"".join(self._waiting)
        self.file.write(block)
        self.digest.update(block)
        self._waiting, self._size = [], 0

    def finish(self) -> dict[str, Any]:
        """Write what is still waiting; give the line count and the digest."""
        self._flush()
        return {"lines": self.lines, "sha256": self.digest.hexdigest()}


def iterate_rows(path: Path) -> Iterator[Row]:
    """Rows of a JSONL file that this package wrote; LF alone ends a line.

    Raises AuditError where it is damaged, ChangedError where it changes meanwhile.
    """
    with open_steady(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise AuditError(f"{path}, line {number}: damaged ({error}); make the corpus again") from error
            if not isinstance(row, dict):
                raise AuditError(f"{path}, line {number}: no object; give a file that this tool wrote")
            yield row
