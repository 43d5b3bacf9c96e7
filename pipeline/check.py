"""`taosha check`: may these documents enter the corpus? Named rules, each with a level; errors are findings, notes are not."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.clean import Cleaned
from pipeline.corpus.documents import read_corpus
from pipeline.errors import UsageError
from pipeline.near.similar import find_similar
from pipeline.options import Options
from pipeline.read.columns import COLUMNS, Columns
from pipeline.read.formats import find_format, list_suffixes
from pipeline.read.inputs import Input, Listing, count_suffixes
from pipeline.read.paths import open_inputs
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Fault, Record
from pipeline.run.clean import clean_records
from pipeline.run.settings import Settings

__all__ = ["RULES", "CheckResult", "Finding", "check_inputs"]

#: Every rule with what it says. `error` makes the check fail; `note` only tells.
RULES: dict[str, tuple[Literal["error", "note"], str]] = {
    "left-out": ("note", "files of the folder are not read: there is no reader for them, or they are hidden"),
    "unreadable": ("error", "the document cannot be read or decoded"),
    "bad-bytes": ("note", "some bytes could not be decoded and became U+FFFD"),
    "only-boilerplate": ("error", "nothing is left but navigation and notices"),
    "too-little-chinese": ("error", "too few hanzi are left after cleaning"),
    "over-removal": ("note", "so much would have been cut as boilerplate that nothing was"),
    "unrecoverable-mojibake": ("note", "the text holds characters that an earlier conversion destroyed"),
    "duplicate": ("error", "the same text is there already"),
    "near-duplicate": ("error", "nearly the same text is there already"),
    "duplicate-id": ("error", "another document has this id already"),
    "would-cut": ("note", "what cleaning takes out"),
}

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")    # one character: linear
_NOTES = {"kept-over-removal": "over-removal", "unrecoverable-mojibake": "unrecoverable-mojibake"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule says of one document, which is in the file `path` (relative to the current folder, or empty)."""

    rule: str
    level: str
    document: str
    message: str
    path: str = ""
    line: int | None = None


class _Document(NamedTuple):
    record: Record
    cleaned: Cleaned
    entry: Input

    @property
    def name(self) -> str:
        """A file of one document goes by its name, a record of a file of many by that file's name and its id."""
        return f"{self.entry.name}#{self.record.id}" if self.in_many else self.entry.name

    @property
    def in_many(self) -> bool:
        """Whether its file holds others."""
        return find_format(self.entry.format).many


class _Old(NamedTuple):
    """A document of a corpus."""

    id: str
    name: str
    source: str
    text: str


@dataclass(slots=True)
class CheckResult:
    """What was checked and what was found."""

    documents: int = 0
    findings: list[Finding] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)     # files that were not read, by suffix

    def describe_left_out(self) -> str:
        """How many files were left out, in words."""
        return f"{self.left_out.total():,} left out ({count_suffixes(self.left_out)})" if self.left_out else ""

    def say_left_out(self, listing: Listing, level: str) -> None:
        """Add what was met in folders and not read: one finding a suffix."""
        self.left_out = listing.left_out
        for suffix in self.left_out:
            names = sorted(left.name for left in listing.left.values() if left.suffix == suffix)
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
            way_out = "rename what is a document" if suffix == "hidden" else f"convert to one of {list_suffixes()}, or move it"
            self.findings.append(Finding("left-out", level, names[0].partition("/")[0], f"{suffix}: {shown}; {way_out}"))

    def say(self, rule: str, document: _Document, message: str) -> None:
        """Add what a rule says of a document."""
        self.findings.append(Finding(rule, RULES[rule][0], document.name, message, _relative(document.entry)))

    def say_fault(self, fault: Fault, path: str) -> None:
        """Add a document that could not be read."""
        self.documents += 1
        self.findings.append(Finding("unreadable", RULES["unreadable"][0], fault.place(), fault.message, path, fault.line))


def _relative(entry: Input) -> str:
    return "" if entry.name == "stdin" else os.path.relpath(entry.path)


def _relative_path(path: str) -> str:
    return os.path.relpath(path) if path else ""


def check_inputs(
    names: Sequence[str], against: Sequence[Path], options: Options, *, min_chinese: int = 50, strict: bool = False,
    columns: Columns = COLUMNS, format: str | None = None,
) -> CheckResult:
    """Check each document by itself, against the others, and against the corpora. With `strict`, files left out are errors.

    Raises UsageError where there is nothing to check.

    A document of a corpus is the new one itself where the clean texts are equal and so are the ids or the base names of their
    sources; a document of an index where the texts are equal in canonical form and the ids are equal.
    """
    result = CheckResult()
    with open_inputs(names, format, columns) as listing:
        if not listing.inputs and not listing.faults:
            found = listing.describe_left_out() or "there is no file"
            raise UsageError(f"nothing to check: {found}; these are read: {list_suffixes()}")
        result.say_left_out(listing, "error" if strict else RULES["left-out"][0])
        kept = list(_clean_inputs(result, listing, options))
    result.documents += len(kept)
    for document in kept:
        _check_one(result, document, min_chinese)
    corpus = list(_read_corpora(path for path in against if not is_index(path)))
    _check_ids(result, kept, corpus)
    _check_duplicates(result, kept, corpus, options)
    for path in against:
        if is_index(path):
            _check_index(result, kept, path, options)
    result.findings.sort(key=lambda f: (f.document, list(RULES).index(f.rule), f.message))
    return result


def _clean_inputs(result: CheckResult, listing: Listing, options: Options) -> Iterator[_Document]:
    """All documents that can be read, cleaned; the others become findings."""
    for fault in listing.faults:
        result.say_fault(fault, _relative_path(listing.paths[fault.source]))
    for unit in plan_units(listing.inputs):
        batch: list[tuple[Record, Input]] = []
        for entry in unit.inputs:
            for item in read_unit(replace(unit, inputs=(entry,))):
                if isinstance(item, Fault):
                    result.say_fault(item, _relative(entry))
                elif isinstance(item, Record):
                    batch.append((item, entry))
        yield from _clean(result, batch, options)


def _clean(result: CheckResult, batch: Sequence[tuple[Record, Input]], options: Options) -> Iterator[_Document]:
    faults: list[Fault] = []
    entries = {id(record): entry for record, entry in batch}
    for records, results in clean_records([record for record, _ in batch], Settings(options), faults) if batch else ():
        for record, cleaned in zip(records, results, strict=True):
            yield _Document(record, cleaned, entries.pop(id(record)))
    for entry, fault in zip(entries.values(), faults, strict=True):     # those that a stage failed on, in the order of input
        result.say_fault(fault, _relative(entry))


def _check_one(result: CheckResult, document: _Document, min_chinese: int) -> None:
    record, cleaned, _ = document
    if bad := record.metadata.get("n_replaced"):
        result.say("bad-bytes", document, f"{bad} bytes became U+FFFD; fetch the page again in its own encoding")
    for kind, text in cleaned.notes:
        if kind in _NOTES:
            result.say(_NOTES[kind], document, text)
    if not cleaned.text.strip():
        result.say("only-boilerplate", document, "nothing is left after cleaning; remove the document")
    elif (n := len(_HAN.findall(cleaned.text))) < min_chinese:
        result.say("too-little-chinese", document, f"{n} hanzi are left, {min_chinese} are wanted (--min-chinese)")
    if cleaned.edits:
        result.say("would-cut", document, _summary(cleaned))


def _summary(cleaned: Cleaned) -> str:
    cut: dict[str, int] = {}
    for e in cleaned.edits:
        cut[e.stage] = cut.get(e.stage, 0) + len(e.taken) - len(e.put)
    before, after = len(cleaned.original), len(cleaned.text)
    what = ", ".join(f"{stage} −{n:,}" if n else f"{stage} converts" for stage, n in cut.items())
    return f"{before:,} → {after:,} characters: {what}"


def _read_corpora(paths: Iterable[Path]) -> Iterator[_Old]:
    """Every document of the corpora."""
    for path in paths:
        for row in read_corpus(path):
            source = str(row.get("source") or "")
            yield _Old(row["id"], f"{path}: {source or row['id']}", source, row["text"])


def _check_ids(result: CheckResult, kept: Sequence[_Document], corpus: Iterable[_Old]) -> None:
    """Ids that stand twice: among the new documents, or in a corpus with another text."""
    there: dict[str, list[_Old]] = {document.record.id: [] for document in kept}
    for old in corpus:
        if old.id in there:
            there[old.id].append(old)
    first: dict[str, _Document] = {}
    for document in kept:
        id = document.record.id
        other = first.setdefault(id, document)
        if other is not document:
            message = f"{other.name} (byte {other.record.byte}) has the id {id} too; give each document its own"
            result.say("duplicate-id", document, message)
        for old in there[id]:
            if old.text != document.cleaned.text:
                result.say("duplicate-id", document, f"{old.name} has the id {id} and another text; give this document another id")


def _check_duplicates(result: CheckResult, kept: Sequence[_Document], corpus: Sequence[_Old], options: Options) -> None:
    by_text: dict[str, list[_Document]] = {}
    for document in kept:
        by_text.setdefault(document.cleaned.text, []).append(document)
    others: list[_Old] = []
    known: set[int] = set()
    for old in corpus:
        same = [document for document in by_text.get(old.text, ()) if _is_itself(document, old)]
        known.update(id(document) for document in same)
        if not same:
            others.append(old)
    kept = sorted(kept, key=lambda document: id(document) not in known)     # of equal texts the one of a corpus stays
    names = [*(document.name for document in kept), *(old.name for old in others)]
    texts = [document.cleaned.text for document in kept]
    for new, other, similarity in find_similar(texts, [old.text for old in others], options=options.near):
        rule = "duplicate" if similarity >= 1.0 else "near-duplicate"
        result.say(rule, kept[new], f"{similarity:.0%} the same as {names[other]}; leave one of them out")


def _is_itself(document: _Document, old: _Old) -> bool:
    """Whether a document of a corpus with an equal text is the new one: by its id, or by the base name of its source.

    A record that only the name of its JSONL file stands for has no base name, and a URL counts as a whole: `index.html` is no name.
    """
    source = document.record.source
    if document.record.id == old.id:
        return True
    if document.in_many and source == document.entry.name:
        return False
    return bool(source) and _base_name(source) == _base_name(old.source)


def _base_name(source: str) -> str:
    return source if "://" in source else source.rpartition("/")[2]


def is_index(path: Path) -> bool:
    """Whether the path is an index that `taosha index` made, not a corpus."""
    return (path / "index.json").is_file()


def _check_index(result: CheckResult, kept: Sequence[_Document], path: Path, options: Options) -> None:
    from pipeline.near.index import Index

    found = Index.open(path, options.near).query([document.cleaned.text for document in kept])
    for document, there in zip(kept, found, strict=True):
        if there is None or (there.id == document.record.id and there.cause == "exact"):
            continue
        rule = "duplicate" if there.cause == "exact" else "near-duplicate"
        result.say(rule, document, f"{there.similarity:.0%} the same as {there.id} in {path}; leave one of them out")
