"""What a check finds: one finding a fault, with its place; and the result of them all, sorted and the same every time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pipeline.check.rules import find_rule

__all__ = ["CheckResult", "Finding", "Place"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file, as an editor counts: lines and columns from 1. None where the format has no lines."""

    path: str = ""      # relative to the current folder; empty for standard input
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule says of one document."""

    rule: str           # code
    level: str          # `error` or `note`
    document: str       # a file, or FILE#ID
    message: str
    place: Place = Place()
    id: str = ""        # of a record of a file of many
    lines: tuple[str, ...] = ()     # what is in question, for people: `− …`, `+ …`
    other: Place | None = None      # the document that it is compared with, where that is a file

    @property
    def name(self) -> str:
        """The name of the rule."""
        return find_rule(self.rule).name


@dataclass(slots=True)
class CheckResult:
    """What was checked and what was found."""

    documents: int = 0          # that were judged
    compared: int = 0           # of files that stood already, which are only compared with
    findings: list[Finding] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)     # files that were not read, by suffix
    silenced: int = 0           # findings that a line of .taosha-ignore took away

    @property
    def errors(self) -> int:
        """How many findings make the check fail."""
        return sum(f.level == "error" for f in self.findings)

    @property
    def exit_code(self) -> int:
        """1 where a document is at fault; 2 where only files were left out, so that not all was checked; else 0."""
        errors = {f.rule for f in self.findings if f.level == "error"}
        return 1 if errors - {"TS102"} else 2 if errors else 0

    def sort(self) -> None:
        """Put the findings in the order of documents, places and rules."""
        self.findings.sort(key=lambda f: (f.document, f.place.line or 0, f.place.column or 0, f.rule, f.message))

    def count_rules(self) -> Counter[str]:
        """Findings by code."""
        return Counter(f.rule for f in self.findings)
