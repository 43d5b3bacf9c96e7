"""The audit of a run, both ways: what became of each document, and every edit.

Lines stand in the order of the corpus. Lines that were cut in a stretch of it stand in its first document
(`pipeline.corpus.stretch`); whoever reads through `read_audit` never sees that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.account import AuditMode
from pipeline.corpus.fields import dump_rows, of_json, of_numbers, of_text
from pipeline.corpus.json_lines import escape_breaks
from pipeline.corpus.lines import KEPT, iterate_rows
from pipeline.corpus.packed import only_places
from pipeline.corpus.shared import put_back
from pipeline.corpus.sinks import LineSink
from pipeline.corpus.stretch import STRETCH_BYTES, Stretch, share
from pipeline.errors import AuditError

__all__ = ["AUDITS", "AUDIT_COLUMNS", "PLAIN_BYTES", "AuditWriter", "find_audit", "name_audit", "read_audit"]

#: Names of an audit.
AUDITS = ("audit.jsonl", "audit.jsonl.zst")
#: Bytes of input above which the audit is compressed: nobody reads 140 MB with his eyes (zstd: 0.15 of the input on the crawl).
PLAIN_BYTES = 1 << 28

#: Columns of `pipeline.corpus.rows.PART` that the lines are made of.
AUDIT_COLUMNS = ("id", "source", "text", "n_original", "original_sha256", "metadata", "extra", "notes", "edits")

Row = dict[str, Any]

#: Of AUDIT_COLUMNS, those that wait until a stretch is full. Texts do not: they may be many times as large as the accounts.
_WAITING = tuple(name for name in AUDIT_COLUMNS if name != "text")
#: Columns of JSON, which make a stretch full.
_LARGE = ("edits", "metadata", "extra", "notes")
_KEPT = b'"fate":"kept"}'
#: In `metadata` where the bytes of a file are not the UTF-8 of its text.
_OF_BYTES = b'"file_sha256"'
#: Notes that show a line of the document: an audit of places has none of them.
_QUOTING = ("lossy-mojibake", "replacement-character")


def name_audit(input_bytes: int) -> str:
    """The name of the audit of a run over so many bytes."""
    return AUDITS[input_bytes > PLAIN_BYTES]


def find_audit(files: Mapping[str, Any]) -> str | None:
    """The name of the audit among the files of a manifest."""
    return next((name for name in AUDITS if name in files), None)


class AuditWriter:
    """Lines of the audit, a stretch at a time. A context manager, which writes the last stretch."""

    def __init__(self, sink: LineSink, mode: AuditMode) -> None:
        self._sink, self._mode, self._size, self._n = sink, mode, 0, 0
        self._rows: list[pa.Table] = []
        self._fates: list[Row] = []

    def __enter__(self) -> AuditWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        if kind is None:
            self._flush()

    def write(self, rows: pa.Table, fates: Sequence[Row]) -> None:
        """Add documents: columns AUDIT_COLUMNS of their rows, and what the audit says became of each."""
        done = 0
        rows = rows.select(_WAITING)
        sizes = sum(pc.fill_null(pc.binary_length(rows[name]), 0).to_numpy().astype("int64") for name in _LARGE).tolist()
        for n, (size, fate) in enumerate(zip(sizes, fates, strict=True), start=1):
            self._fates.append(fate)
            self._size += size + len(fate.get("text", ""))
            if self._size > STRETCH_BYTES or len(self._fates) >= STRETCH_BYTES >> 9:
                self._rows.append(rows[done:n])
                self._flush()
                done = n
        self._rows.append(rows[done:])

    def _flush(self) -> None:
        if not self._fates:
            return
        rows = pa.concat_tables(self._rows)
        accounts, head = rows["edits"].to_pylist(), b""
        if self._mode == "full":
            self._n += 1
            head, accounts = share(accounts, self._n)
            own = b',"stretch":%d' % self._n
            accounts = [account if account == b"[]" else account + own for account in accounts]
            accounts[0] = accounts[0].removesuffix(own) + b',"stretch":' + head
        else:
            accounts = [orjson.dumps(only_places(orjson.loads(data))) for data in accounts]
        if self._mode == "sealed":
            rows = _seal(rows)
        elif self._mode == "spans":
            rows = _without_bytes(_quiet_notes(rows, _QUOTING))
        for line in _audit_lines(rows, self._fates, accounts):
            self._sink.write(line)
        self._rows, self._fates, self._size = [], [], 0


def _seal(rows: pa.Table) -> pa.Table:
    """Rows without what originals are guessed from.

    That is their digests, for with a clean text and the places of cuts eleven digits are found by trying them; and what notes say,
    for a stage that ran before personal data were masked may have quoted a line.
    """
    at = rows.schema.get_field_index("original_sha256")
    rows = rows.set_column(at, "original_sha256", pa.chunked_array([pa.repeat(pa.scalar("", pa.string()), len(rows))]))
    return _without_bytes(_quiet_notes(rows))


def _without_bytes(rows: pa.Table) -> pa.Table:
    """Rows whose metadata do not tell the bytes of a file; they cannot be made again."""
    return _change(rows, "metadata", lambda data: _drop_bytes(data) if _OF_BYTES in data else data)


def _drop_bytes(data: bytes) -> bytes:
    from pipeline.read.encoded import REVEALING

    said = {key: value for key, value in orjson.loads(data).items() if key not in REVEALING}
    return escape_breaks(orjson.dumps(said | {"encodes_back": "no"}))


def _quiet_notes(rows: pa.Table, kinds: Collection[str] | None = None) -> pa.Table:
    """Rows whose notes of these kinds, or of any, are without their text."""
    return _change(rows, "notes", lambda data: data if data == b"[]" else _quiet(data, kinds))


def _change(rows: pa.Table, name: str, change: Callable[[bytes], bytes]) -> pa.Table:
    """Rows with another column of JSON."""
    made = pa.array(list(map(change, rows[name].to_pylist())), pa.binary())
    return rows.set_column(rows.schema.get_field_index(name), name, pa.chunked_array([made]))


def _quiet(data: bytes, kinds: Collection[str] | None) -> bytes:
    notes = orjson.loads(data)
    for note in notes:
        if kinds is None or note["kind"] in kinds:
            note["text"] = ""
    return escape_breaks(orjson.dumps(notes))


def _audit_lines(rows: pa.Table, fates: Sequence[Row], accounts: Sequence[bytes]) -> list[bytes]:
    """Lines of the audit. What the rows hold as JSON is put in as it is: it was escaped when it was made."""
    ends = [_end_line(fate, extra) for fate, extra in zip(fates, rows["extra"].to_pylist(), strict=True)]
    heads = dump_rows([
        of_text('{"id":', rows["id"]), of_text(',"source":', rows["source"]), of_numbers(',"n_chars":', rows["n_original"]),
        of_text(',"sha256":', rows["original_sha256"]), of_json(',"metadata":', rows["metadata"]),
        of_json(',"notes":', rows["notes"]),
    ])
    # Accounts are the most of it, and are moved once.
    return [b'%b,"edits":%b,%b\n' % line for line in zip(heads, accounts, ends, strict=True)]


def _end_line(fate: Row, extra: bytes | None) -> bytes:
    """What a line says of the fate of its document, and all behind it."""
    if fate is KEPT:
        return _KEPT
    more = {"extra": orjson.Fragment(extra)} if extra and fate["fate"] != "kept" else {}
    return escape_breaks(orjson.dumps(fate | more)[1:])


def read_audit(path: Path, wanted: Callable[[Row], bool] | None = None) -> Iterator[Row]:
    """Rows of an audit, each as it was before lines were shared; those that are not `wanted` without their edits.

    Raises as `iterate_rows`, AuditError where this is no audit or one that is damaged.
    """
    shared: Sequence[str] = ()
    stretch: Stretch | None = None
    for row in iterate_rows(path):
        if "fate" not in row or "edits" not in row:
            raise AuditError(f"{path}: this is no audit; give the audit.jsonl of a run")
        try:
            if isinstance(row.get("stretch"), dict):
                stretch = Stretch(row.pop("stretch"))
            if wanted is not None and not wanted(row):
                row["edits"] = []
                shared = row.pop("shared", shared)
            elif stretch is not None:
                stretch.put_back(row, row["n_chars"])
            else:
                if "stretch" in row:
                    raise AuditError(f"its lines stand in the first line of stretch {row['stretch']}, and that is missing")
                shared = row.pop("shared", shared)
                put_back(row["edits"], shared)
        except AuditError as error:
            raise AuditError(f"{path}: document {row.get('id')}: {error}") from None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            message = f"{path}: document {row.get('id')}: its edits are damaged ({error!r}); make the corpus again"
            raise AuditError(message) from error
        yield row
