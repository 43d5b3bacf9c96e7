"""What changed between two runs, document by document: so that a new version or another option can be looked at before it is used.

Audits stand in the order of source and id, so both are read once, side by side, and memory does not grow with the runs (as JSON,
which is one object, it grows with the changes). A document is the same one where source and id are. The id of a file is made of its
bytes: one that was edited is told by its source, where no other document is from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.corpus.manifest import read_manifest
from pipeline.corpus.restored import audit_of, audited_documents, corpus_of
from pipeline.errors import InputError
from pipeline.record import is_made

__all__ = ["Change", "Difference", "Settings", "compare_runs", "compare_settings"]

#: Metadata that a reader of the corpus sees; the rest says how a page was read.
_TOLD = ("title", "published", "source_name", "author", "editor")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one document, before and after."""

    source: str
    id: str
    kinds: tuple[str, ...]      # added, gone, fate, original, text, metadata, kept-for
    fates: tuple[str, str]      # as in the audit, and `listing`; empty where it is not there
    removed: tuple[str, ...] = ()       # lines of the clean text, in their order
    added: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str, str], ...] = ()     # name, before, after
    kept_for: tuple[str, str] = ("", "")    # of duplicates: the id of the one that stayed


#: In place of the digest of an input that a sealed run has not kept.
_SEALED = "sealed"


class Settings(NamedTuple):
    """One thing that two runs were made with, and not the same."""

    name: str
    before: str
    after: str


@dataclass(slots=True)
class Difference:
    """The changes, counted."""

    documents: tuple[int, int] = (0, 0)
    same: int = 0
    sealed: int = 0     # documents whose originals cannot be compared, as no digest of them was kept
    kinds: Counter[str] = field(default_factory=Counter)
    fates: Counter[tuple[str, str]] = field(default_factory=Counter)    # of documents whose fate changed
    characters: Counter[str] = field(default_factory=Counter)           # `removed` and `added`, of documents kept both times

    def see(self, change: Change) -> None:
        """Count a change."""
        self.kinds.update(change.kinds)
        if "fate" in change.kinds:
            self.fates[change.fates] += 1
        if change.fates == ("kept", "kept"):
            self.characters["removed"] += sum(map(len, change.removed))
            self.characters["added"] += sum(map(len, change.added))


class Row(NamedTuple):
    """What an audit says of a document, its clean text, and whether its file is the only one of its source."""

    said: dict[str, Any]
    text: str
    is_alone: bool = False


def compare_runs(before: Path, after: Path, counted: Difference) -> Iterator[Change]:
    """Every document that is not the same in both runs, in the order of sources; `counted` is filled meanwhile.

    Raises InputError where there is no run, or one without an audit, AuditError where an audit and its corpus do not fit.
    """
    left, right = (_read(folder) for folder in (before, after))
    a, b = next(left, None), next(right, None)
    totals = [0, 0]
    while a or b:
        edited = a is not None and b is not None and _is_edited(a, b)
        here = a if a and (edited or not b or _key(a) <= _key(b)) else None
        there = b if b and (edited or not a or _key(b) <= _key(a)) else None
        totals[0] += here is not None
        totals[1] += there is not None
        counted.sealed += here is not None and there is not None and not _have_digests(here, there)
        change = _compare(here, there)
        if change.kinds:
            counted.see(change)
            yield change
        else:
            counted.same += 1
        a, b = next(left, None) if here else a, next(right, None) if there else b
    counted.documents = totals[0], totals[1]


def _read(folder: Path) -> Iterator[Row]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no run is there; give the folder that `taosha clean -o` wrote to")
    before, row = "", None
    for said, text in audited_documents(audit_of(folder), corpus_of(folder)):
        if row is not None:
            yield Row(*row, before != row[0]["source"] != said["source"])
            before = row[0]["source"]
        row = said, text
    if row is not None:
        yield Row(*row, before != row[0]["source"])


def _is_edited(one: Row, other: Row) -> bool:
    """Whether two documents are one file, edited."""
    same = one.said["source"] == other.said["source"] and one.is_alone and other.is_alone
    return same and is_made(one.said["id"]) and is_made(other.said["id"])


def _key(row: Row) -> tuple[str, str]:
    return row[0]["source"], row[0]["id"]


def _compare(before: Row | None, after: Row | None) -> Change:
    """The change of a document that at least one of two runs has."""
    if before is None or after is None:
        row = before or after or Row({}, "")
        lines = tuple(row[1].split("\n"))
        sides = (lines, ()) if after is None else ((), lines)
        return Change(*_key(row), ("gone",) if after is None else ("added",), (_fate(before), _fate(after)), *sides)
    return _compare_both(before, after)


def _compare_both(one: Row, other: Row) -> Change:
    source, id = _key(one)
    fates = _fate(one), _fate(other)
    kinds = ["fate"] * (fates[0] != fates[1])
    kinds += ["original"] * (_have_digests(one, other) and one[0]["sha256"] != other[0]["sha256"])
    removed, added = _compare_lines(one[1], other[1]) if one[1] != other[1] else ((), ())
    kinds += ["text"] * (one[1] != other[1])
    metadata = _compare_metadata(one[0].get("metadata", {}), other[0].get("metadata", {}))
    kinds += ["metadata"] * bool(metadata)
    kept_for = str(one[0].get("kept") or ""), str(other[0].get("kept") or "")
    kinds += ["kept-for"] * (fates == ("duplicate", "duplicate") and kept_for[0] != kept_for[1])
    return Change(source, id, tuple(kinds), fates, removed, added, metadata, kept_for)


def _have_digests(one: Row, other: Row) -> bool:
    """Whether their originals can be compared."""
    return bool(one[0]["sha256"] and other[0]["sha256"])


def _fate(row: Row | None) -> str:
    if row is None:
        return ""
    listing = any(note["kind"] == "listing" for note in row[0].get("notes") or ())
    return "listing" if row[0]["fate"] == "empty" and listing else str(row[0]["fate"])


def _compare_lines(before: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines that only one of two texts has, or has more often, in their order. Linear; what only moved is no difference."""
    one, other = before.split("\n"), after.split("\n")
    return _only(one, Counter(other)), _only(other, Counter(one))


def _only(lines: list[str], others: Counter[str]) -> tuple[str, ...]:
    found = []
    for line in lines:
        others[line] -= 1
        if others[line] < 0 and line:
            found.append(line)
    return tuple(found)


def _compare_metadata(before: dict[str, str], after: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    pairs = ((name, str(before.get(name) or ""), str(after.get(name) or "")) for name in _TOLD)
    return tuple(pair for pair in pairs if pair[1] != pair[2])


def compare_settings(before: Path, after: Path) -> list[Settings]:
    """What the runs were made with that is not the same: versions, code, stages, options, inputs."""
    one, other = (dict(_flatten(read_manifest(folder))) for folder in (before, after))
    names = [name for name in sorted(one | other) if one.get(name) != other.get(name)]
    names = [name for name in names if not name.startswith("input ") or _SEALED not in (one.get(name), other.get(name))]
    return [Settings(name, one.get(name, ""), other.get(name, "")) for name in names]


def _flatten(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "code", str(manifest.get("code"))
    yield "stages", ", ".join(manifest.get("stages") or ()) or "all"
    yield "against", str(manifest.get("against") or "nothing")
    for name, version in manifest.get("versions", {}).items():
        yield f"version of {name}", str(version)
    for table, options in manifest.get("options", {}).items():
        for name, value in options.items():
            yield f"[{table}] {name}", str(value)
    for entry in manifest.get("inputs", ()):
        yield f"input {entry['name']}", str(entry.get("sha256") or _SEALED)[:12]
