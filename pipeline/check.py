"""`taosha check`: may these documents enter the corpus? Named rules, each with a level; errors are findings, notes are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import orjson

from pipeline.clean import Cleaned
from pipeline.engines.unit import Settings, clean_records
from pipeline.options import Options
from pipeline.read.corpus import read_corpus
from pipeline.read.faults import Fault
from pipeline.read.paths import open_inputs
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Record

__all__ = ["RULES", "CheckResult", "Finding", "check_inputs", "print_findings"]

#: Every rule with what it says. `error` makes the check fail; `note` only tells.
RULES: dict[str, tuple[Literal["error", "note"], str]] = {
    "unreadable": ("error", "the document cannot be read or decoded"),
    "bad-bytes": ("note", "some bytes could not be decoded and became U+FFFD"),
    "only-boilerplate": ("error", "nothing is left but navigation and notices"),
    "too-little-chinese": ("error", "too few hanzi are left after cleaning"),
    "over-removal": ("note", "so much would have been cut as boilerplate that nothing was"),
    "unrecoverable-mojibake": ("note", "the text holds characters that an earlier conversion destroyed"),
    "duplicate": ("error", "the same text is there already"),
    "near-duplicate": ("error", "nearly the same text is there already"),
    "would-cut": ("note", "what cleaning takes out"),
}

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")    # one character: linear
_NOTES = {"kept-over-removal": "over-removal", "unrecoverable-mojibake": "unrecoverable-mojibake"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule says of one document."""

    rule: str
    level: str
    document: str
    message: str


@dataclass(slots=True)
class CheckResult:
    """What was checked and what was found."""

    documents: int = 0
    findings: list[Finding] = field(default_factory=list)

    def say(self, rule: str, document: str, message: str) -> None:
        """Add what a rule says."""
        self.findings.append(Finding(rule, RULES[rule][0], document, message))


def check_inputs(
    names: Sequence[str], against: Sequence[Path], options: Options, *, min_chinese: int = 50
) -> CheckResult:
    """Check each document by itself, against the others, and against the corpora. A corpus document with its id is itself."""
    result = CheckResult()
    faults: list[Fault] = []
    kept: list[tuple[Record, Cleaned]] = []
    with open_inputs(names) as listing:
        faults += listing.faults
        for unit in plan_units(listing.inputs):
            batch: list[Record] = []
            for item in read_unit(unit):
                if isinstance(item, Fault):
                    faults.append(item)
                else:
                    batch.append(item)
            for records, results in clean_records(batch, Settings(options), faults) if batch else ():
                kept += zip(records, results, strict=True)
    for fault in faults:
        result.say("unreadable", fault.place(), fault.message)
    result.documents = len(kept) + len(faults)
    for record, cleaned in kept:
        _check_one(result, record, cleaned, min_chinese)
    corpora = [path for path in against if not is_index(path)]
    _check_duplicates(result, kept, list(_read_corpora(corpora)), options)
    for path in against:
        if is_index(path):
            _check_index(result, kept, path, options)
    result.findings.sort(key=lambda f: (f.document, list(RULES).index(f.rule), f.message))
    return result


def _check_one(result: CheckResult, record: Record, cleaned: Cleaned, min_chinese: int) -> None:
    name = _name(record)
    if bad := record.metadata.get("n_replaced"):
        result.say("bad-bytes", name, f"{bad} bytes became U+FFFD; fetch the page again in its own encoding")
    for kind, text in cleaned.notes:
        if kind in _NOTES:
            result.say(_NOTES[kind], name, text)
    if not cleaned.text.strip():
        result.say("only-boilerplate", name, "nothing is left after cleaning; remove the document")
    elif (n := len(_HAN.findall(cleaned.text))) < min_chinese:
        result.say("too-little-chinese", name, f"{n} hanzi are left, {min_chinese} are wanted (--min-chinese)")
    if cleaned.edits:
        result.say("would-cut", name, _summary(cleaned))


def _summary(cleaned: Cleaned) -> str:
    cut: dict[str, int] = {}
    for e in cleaned.edits:
        cut[e.stage] = cut.get(e.stage, 0) + len(e.taken) - len(e.put)
    before, after = len(cleaned.original), len(cleaned.text)
    what = ", ".join(f"{stage} −{n:,}" if n else f"{stage} converts" for stage, n in cut.items())
    return f"{before:,} → {after:,} characters: {what}"


def _name(record: Record) -> str:
    return record.source if record.input == record.source and not record.byte else f"{record.source}#{record.id}"


def _read_corpora(paths: Iterable[Path]) -> Iterator[tuple[str, str, str]]:
    """Id, name and text of every document of the corpora."""
    for path in paths:
        for row in read_corpus(path):
            yield row["id"], f"{path}: {row.get('source') or row['id']}", row["text"]


def _check_duplicates(
    result: CheckResult, kept: Sequence[tuple[Record, Cleaned]], corpus: Sequence[tuple[str, str, str]], options: Options
) -> None:
    from pipeline.near.similar import find_similar

    own = {record.id for record, _ in kept}
    others = [(name, text) for id, name, text in corpus if id not in own]
    texts = [cleaned.text for _, cleaned in kept]
    names = [_name(record) for record, _ in kept]
    for new, old, similarity in find_similar(texts, [text for _, text in others], options=options.near):
        other = names[old] if old < len(names) else others[old - len(names)][0]
        rule = "duplicate" if similarity >= 1.0 else "near-duplicate"
        result.say(rule, names[new], f"{similarity:.0%} the same as {other}; leave one of them out")


def is_index(path: Path) -> bool:
    """Whether the path is an index that `taosha index` made, not a corpus."""
    return (path / "index.json").is_file()


def _check_index(result: CheckResult, kept: Sequence[tuple[Record, Cleaned]], path: Path, options: Options) -> None:
    from pipeline.near.index import Index

    found = Index.open(path, options.near).query([cleaned.text for _, cleaned in kept])
    for (record, _), there in zip(kept, found, strict=True):
        if there is not None and there.id != record.id:
            rule = "duplicate" if there.cause == "exact" else "near-duplicate"
            result.say(rule, _name(record), f"{there.similarity:.0%} the same as {there.id} in {path}; leave one of them out")


def print_findings(result: CheckResult, format: str) -> None:
    """Print as text, as one JSON object, or as annotations of GitHub's workflow commands."""
    if format == "json":
        rows = [{"rule": f.rule, "level": f.level, "document": f.document, "message": f.message} for f in result.findings]
        print(orjson.dumps({"documents": result.documents, "findings": rows}, option=orjson.OPT_INDENT_2).decode())
        return
    for f in result.findings:
        if format == "github":
            kind = "error" if f.level == "error" else "notice"
            print(f"::{kind} file={_escape(f.document)},title={f.rule}::{_escape(f.message)}")
        else:
            print(f"{f.document}: {f.level}: {f.message} [{f.rule}]")
    errors = sum(f.level == "error" for f in result.findings)
    if format == "text":
        print(f"{result.documents} documents checked, {errors} findings")


def _escape(text: str) -> str:
    """As GitHub's workflow commands want it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace(",", "%2C").replace(":", "%3A")
