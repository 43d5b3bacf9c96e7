"""`taosha index`: an index extended, shown and checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.corpus.indexing import add_corpus
from pipeline.near.index import Index
from pipeline.options import NearOptions
from pipeline.show.terminal import say
from pipeline.show.visible import one_line

__all__ = ["print_index"]


def print_index(folder: Path, corpora: Sequence[Path], options: NearOptions, *, verify: bool) -> None:
    """Extend an index by corpora, check it where asked to, and print what it holds."""
    index = Index.open_or_create(folder, options) if corpora else Index.open(folder)
    for corpus in corpora:
        index = add_corpus(index, corpus)
        new, replaced, known = index.added
        said = [f"{one_line(corpus)}: {new:,} documents added"]
        if replaced:
            said.append(f"{replaced:,} replaced, as their text is another now")
        if known:
            said.append(f"{known:,} there already")
        say("; ".join(said))
    info = index.info()
    settings = ", ".join(f"{k} {v}" for k, v in info["settings"].items() if k in ("num_perm", "seed", "shingle", "scheme"))
    size = f"{info['documents']:,} documents in {info['segments']} segments, {info['bytes'] / 1e6:.1f} MB"
    say(f"{one_line(folder)}: {size}; {settings}")
    if verify:
        n_files = index.check()
        say(f"{n_files} files checked: all as they were written, and every text gives the signature and the keys that are stored")
