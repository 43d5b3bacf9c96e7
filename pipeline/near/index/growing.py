"""`taosha index`: an index from corpora, shown and checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.corpus.documents import read_corpus
from pipeline.near.index import Index
from pipeline.options import NearOptions

__all__ = ["add_corpus", "show_index"]


def add_corpus(index: Index, corpus: Path) -> Index:
    """Add the documents of a corpus, all or none; see `Index.extend`."""
    return index.extend((row["id"], row["text"]) for row in read_corpus(corpus))


def show_index(folder: Path, corpora: Sequence[Path], options: NearOptions, *, verify: bool) -> None:
    """Extend an index by corpora, check it where asked to, and print what it holds."""
    index = Index.open_or_create(folder, options) if corpora else Index.open(folder)
    for corpus in corpora:
        index = add_corpus(index, corpus)
        new, replaced, known = index.added
        said = [f"{corpus}: {new:,} documents added"]
        if replaced:
            said.append(f"{replaced:,} replaced, as their text is another now")
        if known:
            said.append(f"{known:,} there already")
        print("; ".join(said))
    info = index.info()
    settings = ", ".join(f"{k} {v}" for k, v in info["settings"].items() if k in ("num_perm", "seed", "shingle", "scheme"))
    print(f"{folder}: {info['documents']:,} documents in {info['segments']} segments, {info['bytes'] / 1e6:.1f} MB; {settings}")
    if verify:
        n_files = index.check()
        print(f"{n_files} files checked: all as they were written, and every text gives the signature and the keys that are stored")
