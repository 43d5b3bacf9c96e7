"""The audit of a run, both ways: what became of each document, and every edit.

Lines stand in the order of the corpus. Texts that a stretch of it repeats stand in its first line (`pipeline.corpus.shared`);
whoever reads through `read_audit` never sees that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from pipeline.account import AuditMode
from pipeline.corpus.json_lines import escape_breaks, has_breaks
from pipeline.corpus.lines import iterate_rows
from pipeline.corpus.packed import only_places
from pipeline.corpus.shared import STRETCH_BYTES, put_back, share
from pipeline.corpus.sinks import LineSink
from pipeline.errors import AuditError

__all__ = ["AUDITS", "AUDIT_COLUMNS", "PLAIN_BYTES", "AuditWriter", "find_audit", "name_audit", "read_audit"]

#: Names of an audit.
AUDITS = ("audit.jsonl", "audit.jsonl.zst")
#: Bytes of input above which the audit is compressed: nobody reads 140 MB with his eyes (zstd: 0.14 of the input on the crawl).
PLAIN_BYTES = 1 << 28

#: Columns of `pipeline.corpus.rows.PART` that the lines are made of.
AUDIT_COLUMNS = ("id", "source", "text", "n_original", "original_sha256", "metadata", "extra", "notes", "edits")

Row = dict[str, Any]


def name_audit(input_bytes: int) -> str:
    """The name of the audit of a run over so many bytes."""
    return AUDITS[input_bytes > PLAIN_BYTES]


def find_audit(files: Mapping[str, Any]) -> str | None:
    """The name of the audit among the files of a manifest."""
    return next((name for name in AUDITS if name in files), None)


class AuditWriter:
    """Lines of the audit, a stretch at a time. A context manager, which writes the last stretch."""

    def __init__(self, sink: LineSink, mode: AuditMode) -> None:
        self._sink, self._mode, self._size = sink, mode, 0
        self._rows: list[tuple[Row, Row]] = []

    def __enter__(self) -> AuditWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        if kind is None:
            self._flush()

    def write(self, row: Row, fate: Row) -> None:
        """Add a document: columns AUDIT_COLUMNS of its row, and what the audit says became of it."""
        self._rows.append((row, fate))
        self._size += len(row["edits"]) + len(fate.get("text", ""))
        if self._size > STRETCH_BYTES or len(self._rows) >= STRETCH_BYTES >> 8:
            self._flush()

    def _flush(self) -> None:
        accounts, shared = [row["edits"] for row, _ in self._rows], list[str]()
        if self._mode == "full":
            shared, accounts = share(accounts)
        else:
            accounts = [orjson.dumps(only_places(orjson.loads(data))) for data in accounts]
        for (row, fate), account in zip(self._rows, accounts, strict=True):
            self._sink.write(_audit_line(row, fate, account, shared))
            shared = []
        self._rows, self._size = [], 0


def _audit_line(row: Row, fate: Row, account: bytes, shared: Sequence[str]) -> bytes:
    """The line of the audit. What the row holds as JSON is put in as it is: it was escaped when it was made."""
    extra = {"extra": orjson.Fragment(row["extra"])} if row["extra"] and fate["fate"] != "kept" else {}
    line = orjson.dumps({
        "id": row["id"],
        "source": row["source"],
        "n_chars": row["n_original"],
        "sha256": row["original_sha256"],
        "metadata": orjson.Fragment(row["metadata"]),
        "notes": orjson.Fragment(row["notes"]),
        "edits": orjson.Fragment(account),
        **fate,
        **extra,
        **({"shared": shared} if shared else {}),
    }, option=orjson.OPT_APPEND_NEWLINE)
    small = "".join((row["id"], row["source"], fate.get("text", ""), str(fate.get("kept", "")), str(fate.get("seen", "")), *shared))
    return escape_breaks(line) if has_breaks(small) else line


def read_audit(path: Path) -> Iterator[Row]:
    """Rows of an audit, each as it was before texts were shared. Raises as `iterate_rows`, AuditError where this is no audit."""
    shared: Sequence[str] = ()
    for row in iterate_rows(path):
        shared = row.pop("shared", shared)
        if "fate" not in row or "edits" not in row:
            raise AuditError(f"{path}: this is no audit; give the audit.jsonl of a run")
        try:
            put_back(row["edits"], shared)
        except AuditError as error:
            raise AuditError(f"{path}: document {row['id']}: {error}") from None
        yield row
