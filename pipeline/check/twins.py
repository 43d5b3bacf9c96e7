"""Rules that compare: ids that stand twice, and texts that are there already.

What is new is blamed, what stands already never: documents of a corpus, of an index, and of files that were not changed
(`--since`, `--against` with a folder of files) are only compared with. Where both are new, the one that a run would drop is blamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.check.documents import Document, find_start, relative
from pipeline.check.findings import Place
from pipeline.corpus.documents import read_corpus
from pipeline.near.explain import explain
from pipeline.near.index import Index
from pipeline.near.similar import find_similar
from pipeline.options import NearOptions
from pipeline.read.inputs import Input
from pipeline.record import is_made

__all__ = ["Old", "Twin", "find_ids", "find_in_index", "find_twins", "is_index", "read_corpora", "stand"]

#: Differences that are shown of a near-duplicate, characters of each, and of what stands around it.
SHOWN, WIDTH, AROUND = 3, 60, 10


@dataclass(frozen=True, slots=True)
class Old:
    """A document that stands already: of a corpus, or of a file that was not changed."""

    id: str
    name: str
    source: str
    text: str
    entry: Input | None = None      # of a file, and the byte in it where the document starts
    byte: int = 0

    @property
    def place(self) -> Place | None:
        """Where it stands in a file; its lines are counted only for what is told."""
        return Place(relative(self.entry), find_start(self.entry, self.byte)) if self.entry else None


@dataclass(frozen=True, slots=True)
class Twin:
    """What a rule says of a document and another one."""

    rule: str
    document: Document
    message: str
    other: Place | None = None
    lines: tuple[str, ...] = ()


def is_index(path: Path) -> bool:
    """Whether the path is an index that `taosha index` made, not a corpus."""
    return (path / "index.json").is_file()


def read_corpora(paths: Iterable[Path]) -> Iterator[Old]:
    """Every document of the corpora."""
    for path in paths:
        for row in read_corpus(path):
            source = str(row.get("source") or "")
            yield Old(row["id"], f"{path}: {source or row['id']}", source, row["text"])


def stand(document: Document) -> Old:
    """A document of a file that stands already."""
    record = document.record
    return Old(record.id, document.name, record.source, document.cleaned.text, document.entry, record.byte)


def find_ids(new: Sequence[Document], old: Iterable[Old]) -> Iterator[Twin]:
    """Ids that stand twice: among the new documents, or among those that stand already with another text."""
    there: dict[str, list[Old]] = {document.record.id: [] for document in new}
    for one in old:
        if one.id in there:
            there[one.id].append(one)
    first: dict[str, Document] = {}
    for document in new:
        id = document.record.id
        other = first.setdefault(id, document)
        if other is not document:
            what = f"{other.name} (byte {other.record.byte}) has the id {id} too; give each document its own"
            yield Twin("TS303", document, what, stand(other).place)
        for one in there[id]:
            if one.text != document.cleaned.text:
                what = f"{one.name} has the id {id} and another text; give this document another id"
                yield Twin("TS303", document, what, one.place)


def find_twins(new: Sequence[Document], old: Sequence[Old], options: NearOptions) -> Iterator[Twin]:
    """New documents whose text is there already, or nearly.

    A document that stands already is the new one itself where the clean texts are equal and so are the base names of the sources,
    and the ids of records.
    """
    by_text: dict[str, list[Document]] = {}
    for document in new:
        by_text.setdefault(document.cleaned.text, []).append(document)
    others: list[Old] = []
    known: set[int] = set()
    for one in old:
        same = [document for document in by_text.get(one.text, ()) if one.entry is None and _is_itself(document, one)]
        known.update(id(document) for document in same)
        if not same:
            others.append(one)
    new = sorted(new, key=lambda document: id(document) not in known)     # of equal texts the one of a corpus stays
    there = [*(stand(document) for document in new), *others]
    texts = [document.cleaned.text for document in new]
    for at, other, similarity in find_similar(texts, [one.text for one in others], options=options):
        yield _tell(new[at], there[other], similarity, options)


def _tell(document: Document, other: Old, similarity: float, options: NearOptions) -> Twin:
    same = similarity >= 1.0
    what = f"{similarity:.0%} the same as {other.name}; leave one of them out"
    lines = () if same else tuple(_find_differences(document.cleaned.text, other.text, options))
    return Twin("TS301" if same else "TS302", document, what, other.place, lines)


def _find_differences(text: str, other: str, options: NearOptions) -> Iterator[str]:
    passages = explain(text, other, options).passages
    for passage in passages[:SHOWN]:
        yield f"− {_shorten(text, passage.dropped_start, len(passage.dropped))}"
        yield f"+ {_shorten(other, passage.kept_start, len(passage.kept))}"
    if len(passages) > SHOWN:
        yield f"… and {len(passages) - SHOWN:,} more differences"


def _shorten(text: str, start: int, size: int) -> str:
    """A passage on one line, marked, with a little of what stands around it."""
    before, passage, after = text[max(0, start - AROUND):start], text[start:start + size], text[start + size:start + size + AROUND]
    if size > WIDTH:
        passage, after = f"{passage[:WIDTH]}…", ""
    return " ".join(f"{before}[{passage}]{after}".split())


def _is_itself(document: Document, old: Old) -> bool:
    """Whether a document of a corpus with an equal text is the new one: by the base name of its source, and its id where the source
    is but the name of the file of many records that it is in.

    An equal id alone says nothing: files of others count from 1, too. A URL counts as a whole: `index.html` is no name.
    """
    source = document.record.source
    if not source or _base_name(source) != _base_name(old.source):
        return False
    if document.in_many and source == document.entry.name:
        return document.record.id in (old.id, old.id.rpartition("#")[0])        # a run renames what shares its id with others
    return True


def _base_name(source: str) -> str:
    return source if "://" in source else source.rpartition("/")[2]


def find_in_index(new: Sequence[Document], path: Path, options: NearOptions) -> Iterator[Twin]:
    """The same against an index, whose documents have ids and no sources: equal in canonical form and of one id is the same one.

    An id that was made of a document's source and bytes is its own whatever a run, which knew its site, cut off it.
    """
    found = Index.open(path, options).query([document.cleaned.text for document in new])
    for document, there in zip(new, found, strict=True):
        itself = there is not None and there.id == document.record.id
        if there is None or (itself and (there.cause == "exact" or is_made(there.id))):
            continue
        rule = "TS301" if there.cause == "exact" else "TS302"
        yield Twin(rule, document, f"{there.similarity:.0%} the same as {there.id} in {path}; leave one of them out")
