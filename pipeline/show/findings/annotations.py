"""Findings where a review shows them: GitHub's workflow commands, GitLab's code quality report, reviewdog's rdjson."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipeline.read.paths import show_name
from pipeline.show.visible import dump_visible, write_out

if TYPE_CHECKING:
    from pipeline.check.findings import CheckResult, Finding

__all__ = ["make_fingerprints", "tell", "to_github", "to_gitlab", "to_rdjson"]

#: Where a message says of a record at which byte of its file it stands.
_BYTE = re.compile(r" \(byte \d{1,19}\)")


def tell(finding: Finding) -> str:
    """The message where the document does not stand beside it, as where a file holds many."""
    return f"{finding.document}: {finding.message}" if finding.id or not finding.place.path else finding.message


def make_fingerprints(findings: Iterable[Finding]) -> list[str]:
    """What findings are known by from run to run: rule, document and message, not their line; alike ones are numbered."""
    seen: Counter[tuple[str, ...]] = Counter()
    prints: list[str] = []
    for f in findings:
        document = f.document.rpartition(", line ")[0] if f.rule == "TS101" and f.place.line is not None else f.document
        known = f.rule, document, _BYTE.sub("", f.message)
        number = (str(seen[known]),) if seen[known] else ()
        seen[known] += 1
        prints.append(hashlib.sha256("\0".join(known + number).encode("utf-8", "replace")).hexdigest()[:32])
    return prints


def to_github(result: CheckResult) -> str:
    """Annotations that GitHub shows at the file. It shows ten of a kind for each step, the log shows all."""
    return "".join(_annotate(f) for f in result.findings)


def _annotate(finding: Finding) -> str:
    kind = "error" if finding.level == "error" else "notice"
    title = f"title={finding.rule} {finding.name}"
    properties = ",".join([*_place(finding), title])
    return f"::{kind} {properties}::{_escape(f'{finding.document}: {finding.message}')}\n"


def _place(finding: Finding) -> list[str]:
    """The properties that let GitHub show a finding at its file."""
    if not finding.place.path:
        return []
    path = _escape(show_name(finding.place.path)).replace(",", "%2C").replace(":", "%3A")
    at = [f"{name}={n}" for name, n in (("line", finding.place.line), ("col", finding.place.column)) if n is not None]
    return [f"file={path}", *at]


def _escape(text: str) -> str:
    """As GitHub's workflow commands want a message; in properties they want the comma and the colon escaped too."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return write_out(text).replace("##[", "#\\#[")


def to_gitlab(result: CheckResult) -> str:
    """GitLab's code quality report: shown in a merge request, new findings apart from old ones by their fingerprint."""
    rows = [
        {
            "description": f"{f.rule} {tell(f)}", "check_name": f"{f.rule} {f.name}", "fingerprint": known,
            "severity": "major" if f.level == "error" else "info",
            "location": {"path": show_name(f.place.path) or f.document, "lines": {"begin": f.place.line or 1}},
        }
        for f, known in zip(result.findings, make_fingerprints(result.findings), strict=True)
    ]
    return dump_visible(rows, indent=True) + "\n"


def to_rdjson(result: CheckResult) -> str:
    """Reviewdog's diagnostic format."""
    rows = [
        {
            "message": tell(f), "severity": "ERROR" if f.level == "error" else "INFO", "code": {"value": f.rule},
            "location": {"path": show_name(f.place.path) or f.document} | _range(f),
        }
        for f in result.findings
    ]
    return dump_visible({"source": {"name": "taosha"}, "diagnostics": rows}, indent=True) + "\n"


def _range(finding: Finding) -> dict[str, Any]:
    at = {name: n for name, n in (("line", finding.place.line), ("column", finding.place.column)) if n is not None}
    return {"range": {"start": at}} if at else {}
