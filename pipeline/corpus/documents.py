"""Corpora that this tool wrote, read again: rows of a `clean.jsonl`, in any form that it is written in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.corpus.manifest import corpus_files, find_changed, find_corpus, read_manifest
from pipeline.corpus.restored import corpus_of
from pipeline.corpus.shards import is_shard, iterate_corpus
from pipeline.errors import AuditError, InputError
from pipeline.read.damage import check_damage

__all__ = ["read_corpus"]


def read_corpus(path: Path) -> Iterator[dict[str, Any]]:
    """Rows with `id` and `text` of a corpus (JSONL, plain or compressed, or Parquet, in one file or in shards), or of a run.

    Raises InputError for anything else, AuditError where it is not what its run wrote, ChangedError where it changes meanwhile.
    """
    _check_unchanged(path)
    file = corpus_of(path) if path.is_dir() else path
    try:
        for row in iterate_corpus(file):
            if not isinstance(row.get("id"), str) or not isinstance(row.get("text"), str):
                raise AuditError("a row has no `id` and `text` that are strings")
            yield row
    except OSError as error:
        check_damage(error, file)
        raise InputError(f"{file}: {error.strerror}; run `make clean-corpus` first, or name another corpus") from error
    except AuditError as error:
        raise InputError(f"{file}: no corpus of this tool: {error}") from error


def _check_unchanged(corpus: Path) -> None:
    """Hold a corpus that stands beside its manifest against the digests there: half a corpus would be half an index for good."""
    folder = corpus if corpus.is_dir() else corpus.parent
    name = find_corpus(folder)
    if name is None or (corpus != folder and corpus.name != name and not is_shard(corpus.name, name)):
        return
    if changed := find_changed(folder, corpus_files(read_manifest(folder))):
        why = "this is not what its run wrote, by the digest in manifest.json; copy it or make it again, or move it away from there"
        raise AuditError(f"{folder / changed[0]}: {why}")
