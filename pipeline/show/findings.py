"""Findings of `taosha check` as text, as JSON, or as annotations that GitHub shows at the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.read.paths import show_name
from pipeline.show.terminal import print_json, say
from pipeline.show.visible import one_line, write_out

if TYPE_CHECKING:
    from pipeline.check import CheckResult, Finding

__all__ = ["print_findings"]


def print_findings(result: CheckResult, report: str) -> None:
    """Print as text, as one JSON object, or as annotations of GitHub's workflow commands."""
    if report == "json":
        rows = [{"rule": f.rule, "level": f.level, "document": f.document, "message": f.message} for f in result.findings]
        print_json({"documents": result.documents, "left_out": dict(result.left_out), "findings": rows}, indent=True)
        return
    for f in result.findings:
        if report == "github":
            kind = "error" if f.level == "error" else "notice"
            print(f"::{kind} {_place(f)}title={f.rule}::{_escape(f'{f.document}: {f.message}')}")
        else:
            say(one_line(f"{f.document}: {f.level}: {f.message} [{f.rule}]"))
    errors = sum(f.level == "error" for f in result.findings)
    if report == "text":
        left = f", {result.describe_left_out()}" if result.left_out else ""
        say(f"{result.documents} documents checked, {errors} findings{left}")


def _place(finding: Finding) -> str:
    """The properties that let GitHub show a finding at its file."""
    path = _escape(show_name(finding.path)).replace(",", "%2C").replace(":", "%3A")
    line = f"line={finding.line}," if finding.line is not None else ""
    return f"file={path},{line}" if path else ""


def _escape(text: str) -> str:
    """As GitHub's workflow commands want a message; in properties they want the comma and the colon escaped too."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return write_out(text).replace("##[", "#\\#[")
