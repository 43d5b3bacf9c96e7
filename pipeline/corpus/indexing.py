"""An index from corpora."""

from __future__ import annotations

from pathlib import Path

from pipeline.corpus.documents import read_corpus
from pipeline.corpus.manifest import corpus_files, find_changed, find_corpus, read_manifest
from pipeline.corpus.shards import has_corpus, is_shard
from pipeline.errors import AuditError
from pipeline.near.index import Index

__all__ = ["add_corpus", "is_corpus"]


def add_corpus(index: Index, corpus: Path) -> Index:
    """Add the documents of a corpus, all or none; see `Index.extend`. Raises AuditError where it is not what its run wrote."""
    _check_unchanged(corpus)
    return index.extend((row["id"], row["text"]) for row in read_corpus(corpus))


def _check_unchanged(corpus: Path) -> None:
    """Hold a corpus that stands beside its manifest against the digests there: half a corpus would be half an index for good."""
    folder = corpus if corpus.is_dir() else corpus.parent
    name = find_corpus(folder)
    if name is None or (corpus != folder and corpus.name != name and not is_shard(corpus.name, name)):
        return
    if changed := find_changed(folder, corpus_files(read_manifest(folder))):
        why = "this is not what its run wrote, by the digest in manifest.json; copy it or make it again, or move it away from there"
        raise AuditError(f"{folder / changed[0]}: {why}")


def is_corpus(path: Path) -> bool:
    """Whether a path is a file, or the folder of a run, and not that of an index."""
    return has_corpus(path) or (find_corpus(path) is not None and not (path / "index.json").exists())
