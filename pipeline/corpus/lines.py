"""From rows and their fates to the lines of the corpus and what the audit says of them, and lines read again.

Lines stand in the order of (source, id), so the same input gives the same bytes whatever the order it came in and however
many workers read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa

from pipeline.corpus.columns import SIGNAL_COLUMNS
from pipeline.corpus.fates import Fates
from pipeline.corpus.fields import dump_rows, members, of_json, of_numbers, of_text
from pipeline.corpus.json_lines import escape_breaks
from pipeline.errors import AuditError
from pipeline.read.compressed import CompressionError, find_compression, open_compressed
from pipeline.read.damage import check_damage
from pipeline.read.steady import open_steady
from pipeline.signals.quality import find_bucket
from pipeline.signals.table import SIGNALS
from pipeline.signals.verdicts import ASIDE

__all__ = ["CLEAN_COLUMNS", "KEPT", "clean_lines", "clean_row", "fate_of", "iterate_rows", "signals_of"]

#: Columns of `pipeline.corpus.rows.PART` that the lines are made of.
CLEAN_COLUMNS = ("id", "source", "text", "n_chars", "sha256", "metadata", "signals", "language", "foreign", "extra")

Row = dict[str, Any]

#: What the audit says of most documents.
KEPT: Row = {"fate": "kept"}


def clean_row(row: Row, duplicates: Sequence[str]) -> Row:
    """A document as a row of the corpus, but for signals and `extra`. `duplicates` are the ids of those dropped for it."""
    said = orjson.loads(row["metadata"])
    return {
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
    }


def signals_of(row: Row) -> Row:
    """The language, the quality, the signals and the foreign passages of a row by name; None where the language cannot be told."""
    numbers = {s.name: int(v) if s.type == "int64" else v for s, v in zip(SIGNALS, row["signals"], strict=True)}
    words = {"language": row["language"], "quality": find_bucket(numbers["quality_score"])}
    return words | numbers | {"foreign": row["foreign"] or []}


#: Members of `metadata` that a line of the corpus has, and what comes before their values; `source` stands between them.
_TITLE, _SAID = ("title",), ("published", "source_name", "author", "script")


def clean_lines(rows: pa.Table, duplicates: Sequence[Sequence[str]], *, signals: bool = False) -> list[bytes]:
    """Documents as lines of the corpus, with an empty string for what is not known, and with their signals where these are wanted.

    Readers guess types from the first lines: polars fails where 100 of them have no date and the next one has. `extra` is put in as
    it is: it was escaped when the row was made.
    """
    title, *said = members(
        [f',"{key}":' for key in _TITLE + _SAID], rows["metadata"], _TITLE + _SAID)
    more = _dump_signals(rows) if signals else repeat(b"")
    ends = [
        (escape_breaks(orjson.dumps(sorted(own))) if own else b"[]") + measured + (b',"extra":%b}\n' % extra if extra else b"}\n")
        for own, measured, extra in zip(duplicates, more, rows["extra"].to_pylist(), strict=False)
    ]
    return dump_rows([
        of_text('{"id":', rows["id"]), of_text(',"text":', rows["text"]), title, of_text(',"source":', rows["source"]), *said,
        of_numbers(',"n_chars":', rows["n_chars"]), of_text(',"sha256":', rows["sha256"]), of_json(',"duplicates":', ends),
    ])


def _dump_signals(rows: pa.Table) -> Iterator[bytes]:
    for row in rows.select(["signals", "language", "foreign"]).to_pylist():
        yield b',"signals":' + orjson.dumps(signals_of(row) | {"language": row["language"] or ""})


def fate_of(row: int, text: str, ids: Sequence[str], fates: Fates) -> Row:
    """What the audit says became of a document; one that is not in the corpus takes its clean text along."""
    cause, seen = fates.cause[row], fates.seen.get(row)
    also = {} if seen is None else {"seen": seen._asdict()}
    if cause == "kept":
        return KEPT | also
    if cause in ASIDE:
        return {"fate": cause, "text": text}
    if seen is not None and cause == "indexed":
        said: Row = {"cause": f"indexed-{seen.cause}", "kept": seen.id, "similarity": round(seen.similarity, 4)}
        also = {}
    else:
        kept = ids[int(fates.kept[row])]
        said = {"cause": cause, "kept": kept, "similarity": round(float(fates.similarity[row]), 4)}
    return {"fate": "duplicate", **said, "text": text, **also}


def iterate_rows(path: Path) -> Iterator[Row]:
    """Rows of a file that this package wrote: JSONL, plain or compressed, where LF alone ends a line, or Parquet.

    Raises AuditError where it is damaged, ChangedError where it changes meanwhile.
    """
    with open_steady(path) as file:
        kind = find_compression(file.peek(16)[:16])      # type: ignore[attr-defined]  # a buffered reader
        number = 0
        try:
            if file.peek(4)[:4] == b"PAR1":          # type: ignore[attr-defined]
                yield from _read_parquet(file)
                return
            for number, line in enumerate(open_compressed(file, kind) if kind else file, start=1):
                row = orjson.loads(line)
                if not isinstance(row, dict):
                    raise AuditError(f"{path}, line {number}: no object; give a file that this tool wrote")
                yield row
        except orjson.JSONDecodeError as error:
            raise AuditError(f"{path}, line {number}: damaged ({error}); make the corpus again") from error
        except CompressionError as error:
            raise AuditError(f"{path}: {error}; or make the corpus again") from error
        except Exception as error:
            check_damage(error, path)
            raise AuditError(f"{path}: damaged ({error}); make the corpus again") from error


def _read_parquet(file: IO[bytes]) -> Iterator[Row]:
    """Rows of a corpus in Parquet as those of JSONL without signals: no `extra` and empty strings where there is none."""
    import pyarrow.parquet as pq

    table = pq.ParquetFile(file)
    wanted = [name for name in table.schema_arrow.names if name not in {c.name for c in SIGNAL_COLUMNS}]
    for batch in table.iter_batches(batch_size=256, columns=wanted):
        for row in batch.to_pylist():
            extra = row.pop("extra", None)
            row = {key: "" if value is None else value for key, value in row.items()}
            yield row if extra is None else row | {"extra": orjson.loads(extra)}
