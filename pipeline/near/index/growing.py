"""`taosha index`: an index from corpora, shown and checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipeline.corpus.documents import read_corpus
from pipeline.near.index import Index
from pipeline.options import NearOptions

__all__ = ["add_corpus", "show_index"]

#: Documents of one segment: about 100 MB of text of the usual length.
SEGMENT_DOCS = 50_000


def add_corpus(index: Index, corpus: Path) -> tuple[Index, int]:
    """Add the documents of a corpus that the index does not hold yet under their id; give the index and how many."""
    known = {segment.id(row) for segment in index.segments for row in range(len(segment))}
    rows = (row for row in read_corpus(corpus) if row["id"] not in known)
    n = 0
    for batch in _batches(rows):
        ids, texts = zip(*batch, strict=True)
        index, n = index.add(ids, texts), n + len(batch)
    return index, n


def _batches(rows: Iterator[dict[str, str]]) -> Iterator[list[tuple[str, str]]]:
    while batch := [(row["id"], row["text"]) for row in islice(rows, SEGMENT_DOCS)]:
        yield batch


def show_index(folder: Path, corpora: Sequence[Path], options: NearOptions, *, verify: bool) -> None:
    """Extend an index by corpora, check it where asked to, and print what it holds."""
    index = Index.open_or_create(folder, options) if corpora else Index.open(folder)
    for corpus in corpora:
        index, n = add_corpus(index, corpus)
        print(f"{corpus}: {n:,} documents added")
    info = index.info()
    settings = ", ".join(f"{k} {v}" for k, v in info["settings"].items() if k in ("num_perm", "seed", "shingle", "scheme"))
    print(f"{folder}: {info['documents']:,} documents in {info['segments']} segments, {info['bytes'] / 1e6:.1f} MB; {settings}")
    if verify:
        print(f"{index.check()} files checked, all as they were written")
