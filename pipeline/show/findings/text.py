"""Findings for people: grouped by file, each with its place, rule and the lines in question; or one a line."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.check.rules import find_rule
from pipeline.read.inputs import count_suffixes
from pipeline.show.visible import dump_visible, one_line

if TYPE_CHECKING:
    from rich.text import Text

    from pipeline.check.findings import CheckResult, Finding
    from pipeline.check.rules import Rule

__all__ = ["count_findings", "make_statistics", "make_statistics_json", "make_summary", "make_text", "to_concise"]

_STYLES = {"error": "bold red", "note": "cyan"}


def make_text(result: CheckResult) -> Text:
    """Findings grouped by document."""
    from rich.text import Text

    text = Text()
    for document, group in groupby(result.findings, lambda f: f.document):
        text.append(f"{one_line(document)}\n", "bold")
        for f in group:
            text.append(f"  {_place(f):<8}", "dim").append(f"{f.level:<6}", _STYLES[f.level]).append(f"{f.rule} ", "bold")
            text.append(f"{one_line(f.message)} ").append(f"[{f.name}]\n", "dim")
            for line in f.lines:
                style = "red" if line.startswith("−") else "green" if line.startswith("+") else "dim"
                text.append(f"{'':10}{one_line(line)}\n", style)
    return text


def _place(finding: Finding) -> str:
    line, column = finding.place.line, finding.place.column
    return "" if line is None else f"{line}" if column is None else f"{line}:{column}"


def make_summary(result: CheckResult) -> str:
    """One line: what was checked, what was found, what was left out or silenced."""
    checked = f"{_count(result.documents, 'document')} checked"
    beside = [f"{result.compared:,} compared with"] if result.compared else []
    found = [_count(result.errors, "finding")]
    notes = len(result.findings) - result.errors
    more = [_count(notes, "note")] if notes else []
    silenced = [f"{result.silenced:,} silenced by .taosha-ignore"] if result.silenced else []
    left = [f"{result.left_out.total():,} left out ({count_suffixes(result.left_out)})"] if result.left_out else []
    return ", ".join([checked, *beside, *found, *more, *silenced, *left])


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"


def make_statistics(result: CheckResult) -> str:
    """Findings by rule, most first."""
    return "\n".join(f"{n:>7,}  {rule.code}  {rule.level:<5}  {rule.name}: {rule.says}" for n, rule in _rank(result))


def make_statistics_json(result: CheckResult) -> str:
    """The same for programs: an array of objects."""
    rows = [{"rule": rule.code, "name": rule.name, "level": rule.level, "count": n} for n, rule in _rank(result)]
    return dump_visible(rows, indent=True) + "\n"


def _rank(result: CheckResult) -> list[tuple[int, Rule]]:
    rows = [(n, find_rule(code)) for code, n in result.count_rules().items()]
    return sorted(rows, key=lambda row: (-row[0], row[1].code))


def count_findings(result: CheckResult) -> dict[str, int]:
    """Findings by code, in the order of codes."""
    return dict(sorted(result.count_rules().items()))


def to_concise(result: CheckResult) -> str:
    """One finding a line, as compilers print them: `path:line:column: TS302 message`."""
    return "".join(f"{_where(f)}: {f.rule} {one_line(f.message)} [{f.name}]\n" for f in result.findings)


def _where(finding: Finding) -> str:
    at = _place(finding)
    name = finding.document if finding.id or not finding.place.path else finding.place.path
    return one_line(f"{name}:{at}" if at else name)
