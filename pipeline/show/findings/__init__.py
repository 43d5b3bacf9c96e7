"""Findings of `taosha check`, for people and for the machines that show them: one literal table of formats.

Each is a function of the result to text, so that a file (`-o`) and the screen get the same. Findings come sorted; no time, no
absolute path and nothing else that changes from run to run is in any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.show.findings.annotations import to_github, to_gitlab, to_rdjson
from pipeline.show.findings.report import to_json, to_junit, to_sarif
from pipeline.show.findings.text import to_concise

if TYPE_CHECKING:
    from pipeline.check.findings import CheckResult

__all__ = ["FORMATS"]

#: Formats for machines, and `concise`; `text` is printed by `pipeline.show.findings.text` in colour.
FORMATS: dict[str, Callable[[CheckResult], str]] = {
    "concise": to_concise, "json": to_json, "github": to_github, "gitlab": to_gitlab, "sarif": to_sarif, "junit": to_junit,
    "rdjson": to_rdjson,
}
