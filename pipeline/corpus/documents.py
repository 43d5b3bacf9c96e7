"""Corpora that this tool wrote, read again: rows of a `clean.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from pipeline.corpus.restored import corpus_of
from pipeline.errors import InputError
from pipeline.read.steady import open_steady

__all__ = ["read_corpus"]


def read_corpus(path: Path) -> Iterator[dict[str, Any]]:
    """Rows with `id` and `text` of a JSONL file, or of the corpus of a run in a folder.

    Raises InputError for anything else, ChangedError where the file changes meanwhile.
    """
    file = corpus_of(path) if path.is_dir() else path
    try:
        with open_steady(file) as lines:
            for line in lines:
                row: dict[str, Any] = orjson.loads(line)
                if not isinstance(row["id"], str) or not isinstance(row["text"], str):
                    raise TypeError("id and text must be strings")
                yield row
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}; run `make clean-corpus` first, or name another corpus") from error
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{file}: no corpus of this tool: {error}") from error
