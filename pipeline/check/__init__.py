"""`taosha check`: may these documents enter the corpus? Rules with codes; errors fail the check, notes only tell.

The way of a check: the files are read and cleaned (`documents`), each document is judged alone (`single`), then compared with the
others and with what stands already (`twins`); what `.taosha-ignore` silences goes (`ignores`). The rules stand in `rules`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from pipeline.check.changed import Changed, find_changed
from pipeline.check.documents import Document, Unread, clean_inputs, find_line, relative
from pipeline.check.findings import CheckResult, Finding, Place
from pipeline.check.ignores import FILE, add_ignores, silence
from pipeline.check.rules import RULES, Rule, choose_rules, find_rule
from pipeline.check.single import judge_document
from pipeline.check.twins import Old, Twin, find_ids, find_in_index, find_twins, is_index, read_corpora, stand
from pipeline.corpus.audit import read_audit
from pipeline.corpus.restored import audit_of
from pipeline.errors import InputError, UsageError
from pipeline.options import CheckOptions, Options
from pipeline.read.columns import COLUMNS, Columns
from pipeline.read.formats import list_suffixes
from pipeline.read.inputs import Listing
from pipeline.read.paths import find_inputs, open_inputs

__all__ = ["RULES", "CheckResult", "Finding", "Place", "Rule", "add_ignores", "check_inputs", "choose_rules", "find_rule"]


@dataclass(slots=True)
class _Check:
    """A check on its way: the rules that are on, and what was found."""

    on: frozenset[str]
    min_chinese: int
    result: CheckResult = field(default_factory=CheckResult)
    judged: dict[str, list[str]] = field(default_factory=dict)      # paths of files, and ids of records in them

    def say(self, rule: str, document: Document, message: str, at: int | None = None, twin: Twin | None = None) -> None:
        """Add what a rule says of a document, if it is on."""
        if rule in self.on:
            place = Place(relative(document.entry), *find_line(document, at))
            id = document.record.id if document.in_many else ""
            other, lines = (twin.other, twin.lines) if twin else (None, ())
            self.result.findings.append(Finding(rule, find_rule(rule).level, document.name, message, place, id, lines, other))

    def say_twin(self, twin: Twin) -> None:
        """Add what is to be said of a document and another."""
        self.say(twin.rule, twin.document, twin.message, twin=twin)

    def say_unread(self, unread: Unread) -> None:
        """Add a document that could not be read."""
        fault = unread.fault
        self.result.documents += 1
        self.judged.setdefault(unread.path, [])
        if "TS101" in self.on:
            place = Place(unread.path, fault.line)
            self.result.findings.append(Finding("TS101", "error", fault.place(), fault.message, place))

    def say_left_out(self, listing: Listing) -> None:
        """Add what was met in folders and not read: one finding a suffix."""
        self.result.left_out = listing.left_out
        for suffix in listing.left_out:
            rule = "TS103" if suffix == "hidden" else "TS102"
            names = sorted((left.name, path) for path, left in listing.left.items() if left.suffix == suffix)
            shown = ", ".join(name for name, _ in names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
            way_out = "rename what is a document" if suffix == "hidden" else "convert to a format that is read, or move it"
            if rule in self.on:
                what, place = f"{suffix}: {shown}; {way_out}", Place(os.path.relpath(names[0][1]))
                self.result.findings.append(Finding(rule, find_rule(rule).level, names[0][0].partition("/")[0], what, place))


def check_inputs(
    names: Sequence[str], against: Sequence[Path] = (), options: Options | None = None, *, check: CheckOptions | None = None,
    since: str = "", columns: Columns = COLUMNS, format: str | None = None, output: str = "",
) -> CheckResult:
    """Check each document by itself, against the others, and against what stands already.

    `against` are runs, corpus files, indexes, or folders of files that nobody cleaned; with `since`, a revision that git knows, of
    the named files only those are new that have changed since or lie outside its repository, and the rest stands already. Raises
    UsageError where there is nothing to check, and where `output`, which findings will be written to, is an input.

    A document of a corpus is the new one itself where the clean texts are equal and so are the base names of their sources, and the
    ids of records; a document of an index where the texts are equal in canonical form and the ids are equal; a file where the paths
    are.
    """
    options, wanted = options or Options(), check or CheckOptions()
    found = _Check(choose_rules(wanted.select, wanted.ignore, wanted.extend_select), wanted.min_chinese)
    with open_inputs(names, format, columns) as listing:
        ignores = _take_ignores(listing)
        if not listing.inputs and not listing.faults and not ignores:
            there = listing.describe_left_out() or "there is no file"
            raise UsageError(f"nothing to check: {there}; these are read: {list_suffixes()}")
        if output and os.path.realpath(output) in {os.path.realpath(entry.path) for entry in listing.inputs}:
            raise UsageError(f"-o {output}: this input would be overwritten; name another file")
        standing = _part(listing, find_changed(since)) if since else Listing()
        found.say_left_out(listing)
        new = list(_judge(found, listing, options))
        paths = {os.path.realpath(entry.path) for entry in listing.inputs}
        old = [*_clean_standing(standing, options), *_read_standing(against, paths, new, options)]
        found.result.compared = sum(one.entry is not None for one in old)
        _compare(found, new, old, against, options)     # standard input must still be there: its lines are counted
    silence(found.result, found.on, found.judged, ignores)
    found.result.sort()
    return found.result


def _take_ignores(listing: Listing) -> list[Path]:
    """Take from a listing the ignore files that were named, as a hook names what has changed: they are no documents."""
    paths = {entry.path for entry in listing.inputs} | {fault.path for fault in listing.faults}
    ignores = {path for path in paths if os.path.basename(path) == FILE and "://" not in path}
    listing.inputs = [entry for entry in listing.inputs if entry.path not in ignores]
    listing.faults = [fault for fault in listing.faults if fault.path not in ignores]
    return [Path(os.path.abspath(path)) for path in sorted(ignores)]


def _part(listing: Listing, changed: Changed) -> Listing:
    """Take from a listing the files that have not changed; give them."""
    new = [bool(entry.spooled) or entry.path in changed for entry in listing.inputs]
    standing = Listing([entry for entry, one in zip(listing.inputs, new, strict=True) if not one])
    listing.inputs = [entry for entry, one in zip(listing.inputs, new, strict=True) if one]
    listing.faults = [fault for fault in listing.faults if fault.path in changed]
    listing.left = {path: left for path, left in listing.left.items() if path in changed}
    return standing


def _judge(check: _Check, listing: Listing, options: Options) -> Iterator[Document]:
    """The documents that can be read, each judged by itself."""
    for item in clean_inputs(listing, options):
        if isinstance(item, Unread):
            check.say_unread(item)
            continue
        check.result.documents += 1
        check.judged.setdefault(relative(item.entry), []).extend([item.record.id] if item.in_many else [])
        for said in judge_document(item, check.min_chinese, options.verdicts):
            check.say(said.rule, item, said.message, said.at)
        yield item


def _clean_standing(listing: Listing, options: Options) -> Iterator[Old]:
    return (stand(item) for item in clean_inputs(listing, options) if isinstance(item, Document))


def _read_standing(against: Sequence[Path], new: set[str], documents: Sequence[Document], options: Options) -> Iterator[Old]:
    """Documents of corpora, and of folders of files that nobody cleaned, without the new files themselves."""
    for path in against:
        if is_index(path):
            continue
        if path.is_dir() and not (path / "manifest.json").is_file():
            listing = find_inputs([os.fspath(path)])
            if not listing.inputs:
                raise UsageError(f"--against {path}: no corpus, no index, and no documents; these are read: {list_suffixes()}")
            listing.inputs = [entry for entry in listing.inputs if os.path.realpath(entry.path) not in new]
            yield from _clean_standing(replace(listing, faults=[]), options)
        else:
            again = _find_again(path, documents)
            yield from (one for one in read_corpora([path]) if again.get(one.id, one.text) == one.text)


def _find_again(path: Path, documents: Sequence[Document]) -> dict[str, str]:
    """The texts, by id, of documents that a run has read already: it knew their sites, and may have cleaned them otherwise."""
    try:
        audit = audit_of(path) if path.is_dir() else None
    except InputError:      # written without one
        audit = None
    if audit is None:
        return {}
    known = {(d.record.id, sha256(d.record.original.encode()).hexdigest()): d.cleaned.text for d in documents}
    return {row["id"]: known[key] for row in read_audit(audit) if (key := (row["id"], row["sha256"])) in known}


def _compare(check: _Check, new: Sequence[Document], old: Sequence[Old], against: Sequence[Path], options: Options) -> None:
    if not new:
        return
    if "TS303" in check.on:
        for twin in find_ids(new, old):
            check.say_twin(twin)
    if {"TS301", "TS302"} & check.on:
        for twin in find_twins(new, old, options.near):
            check.say_twin(twin)
        for path in filter(is_index, against):
            for twin in find_in_index(new, path, options.near):
                check.say_twin(twin)
