"""An index from corpora."""

from __future__ import annotations

from pathlib import Path

from pipeline.corpus.documents import read_corpus
from pipeline.corpus.manifest import find_corpus
from pipeline.corpus.shards import has_corpus
from pipeline.near.index import Index

__all__ = ["add_corpus", "is_corpus"]


def add_corpus(index: Index, corpus: Path) -> Index:
    """Add the documents of a corpus, all or none; see `Index.extend`. Raises as `read_corpus`."""
    return index.extend((row["id"], row["text"]) for row in read_corpus(corpus))


def is_corpus(path: Path) -> bool:
    """Whether a path is a file, or the folder of a run, and not that of an index."""
    return has_corpus(path) or (find_corpus(path) is not None and not (path / "index.json").exists())
