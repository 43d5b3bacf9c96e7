"""What a worker leaves of one unit: lines of the corpus and of the audit as far as one unit can know them, and an index.

A line lacks its end until the run is resolved (`duplicates` of the corpus line, the fate in the audit line): the sizes in
the index leave out its closing brace. The index is written last, so a part with an index is whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from pipeline.account import AuditMode, edit_rows
from pipeline.clean import Cleaned
from pipeline.corpus.json_lines import dump_line, escape_breaks, has_breaks
from pipeline.record import Record

__all__ = ["INDEX", "PartWriter", "clean_row", "open_index"]

#: One row a document. Places are byte offsets into the part's `.clean` and `.audit` files.
INDEX = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("source", pa.string()),
        pa.field("input", pa.string()),
        pa.field("byte", pa.int64()),
        pa.field("digest", pa.binary(32)),          # of the original and of what its record says of itself
        pa.field("published", pa.string()),
        pa.field("n_chars", pa.int64()),            # code points of the clean text; 0: not written
        pa.field("clean_at", pa.int64()),
        pa.field("clean_size", pa.int64()),
        pa.field("audit_at", pa.int64()),
        pa.field("audit_size", pa.int64()),
    ]
)


def clean_row(record: Record, cleaned: Cleaned, digest: str) -> dict[str, Any]:
    """The corpus line of one document, all but `duplicates`, keys in their fixed order. `digest` is the sha256 of its text."""
    said = cleaned.metadata
    return {
        "id": record.id,
        "text": cleaned.text,
        "title": said.get("title"),
        "source": record.source,
        "published": said.get("published"),
        "source_name": said.get("source_name"),
        "author": said.get("author"),
        "script": said.get("script"),
        "n_chars": len(cleaned.text),
        "sha256": digest,
    }


def audit_row(record: Record, cleaned: Cleaned, digest: str, mode: AuditMode) -> dict[str, Any]:
    """The audit line of one document, all but its fate. `digest` is the sha256 of its original."""
    return {
        "id": record.id,
        "source": record.source,
        "n_chars": len(cleaned.original),
        "sha256": digest,
        "metadata": cleaned.metadata,
        "notes": [{"kind": kind, "text": text} for kind, text in cleaned.notes],
        "edits": edit_rows(cleaned.edits, mode),
    }


@dataclass(slots=True)
class PartWriter:
    """Collects the lines of one unit in memory and writes them at once; a unit is bounded, so this is."""

    clean: list[bytes] = field(default_factory=list)
    audit: list[bytes] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in INDEX.names})
    faults: list[bytes] = field(default_factory=list)
    n_clean: int = 0
    n_audit: int = 0

    def add(self, records: Sequence[Record], cleaned: Sequence[Cleaned], mode: AuditMode) -> None:
        """Add documents that went through the stages."""
        for record, result in zip(records, cleaned, strict=True):
            clean = sha256(result.text.encode())
            own = clean if result.text == record.original else sha256(record.original.encode())
            digest = own.digest()
            if record.metadata:     # records that differ in what they say of themselves are not the same
                digest = sha256(digest + orjson.dumps(record.metadata, option=orjson.OPT_SORT_KEYS)).digest()
            line = self._line(record, result, clean.hexdigest()) if result.text else b""
            note = escape_breaks(orjson.dumps(audit_row(record, result, own.hexdigest(), mode))) if mode != "off" else b""
            row = (
                record.id, record.source, record.input, record.byte, digest, result.metadata.get("published"),
                len(result.text), self.n_clean, max(0, len(line) - 1), self.n_audit, max(0, len(note) - 1),
            )
            for column, value in zip(self.columns.values(), row, strict=True):
                column.append(value)
            self.clean.append(line)
            self.audit.append(note)
            self.n_clean += len(line)
            self.n_audit += len(note)

    def add_faults(self, rows: Iterable[dict[str, Any]]) -> None:
        """Add what could not be read."""
        self.faults += map(dump_line, rows)

    @staticmethod
    def _line(record: Record, result: Cleaned, digest: str) -> bytes:
        line = orjson.dumps(clean_row(record, result, digest))
        small = "".join((record.id, record.source, *result.metadata.values()))
        return escape_breaks(line) if has_breaks(result.text) or has_breaks(small) else line

    def save(self, stem: Path, extra: dict[str, pa.Array], summary: dict[str, Any]) -> None:
        """Write `stem`.clean, .audit, .faults and last .index with further columns and a summary in its schema."""
        _write(stem.with_suffix(".faults"), self.faults)
        _write(stem.with_suffix(".clean"), self.clean)
        _write(stem.with_suffix(".audit"), self.audit)
        columns = {name: pa.array(self.columns[name], INDEX.field(name).type) for name in INDEX.names} | extra
        table = pa.table(columns).replace_schema_metadata({"summary": orjson.dumps(summary)})
        temporary = stem.with_suffix(f".{os.getpid()}")
        with pa.OSFile(os.fspath(temporary), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        os.replace(temporary, stem.with_suffix(".index"))


def _write(path: Path, lines: list[bytes]) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with open(temporary, "wb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def open_index(stem: Path) -> tuple[pa.Table, dict[str, Any]]:
    """The index of a whole part, memory-mapped, and its summary."""
    with pa.memory_map(os.fspath(stem.with_suffix(".index"))) as file:
        table = pa.ipc.open_file(file).read_all()
    metadata = table.schema.metadata or {}
    return table, orjson.loads(metadata[b"summary"])

