"""From rows and their fates to the lines of the corpus and what the audit says of them, and lines read again.

Lines stand in the order of (source, id), so the same input gives the same bytes whatever the order it came in and however
many workers read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from pipeline.corpus.fates import Fates
from pipeline.corpus.json_lines import escape_breaks, has_breaks
from pipeline.errors import AuditError
from pipeline.read.compressed import CompressionError, find_compression, open_compressed
from pipeline.read.steady import open_steady

__all__ = ["CLEAN_COLUMNS", "clean_line", "fate_of", "iterate_rows"]

#: Columns of `pipeline.corpus.rows.PART` that the lines are made of.
CLEAN_COLUMNS = ("id", "source", "text", "n_chars", "sha256", "metadata")

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


def iterate_rows(path: Path) -> Iterator[Row]:
    """Rows of a JSONL file that this package wrote, plain or compressed; LF alone ends a line.

    Raises AuditError where it is damaged, ChangedError where it changes meanwhile.
    """
    with open_steady(path) as file:
        kind = find_compression(file.peek(16)[:16])      # type: ignore[attr-defined]  # a buffered reader
        number = 0
        try:
            for number, line in enumerate(open_compressed(file, kind) if kind else file, start=1):
                row = orjson.loads(line)
                if not isinstance(row, dict):
                    raise AuditError(f"{path}, line {number}: no object; give a file that this tool wrote")
                yield row
        except orjson.JSONDecodeError as error:
            raise AuditError(f"{path}, line {number}: damaged ({error}); make the corpus again") from error
        except CompressionError as error:
            raise AuditError(f"{path}: {error}; or make the corpus again") from error
