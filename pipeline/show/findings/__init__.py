"""Findings of `taosha check`, for people and for the machines that show them: one literal table of formats.

Each is a function of the result to text, so that a file (`-o`) and the screen get the same. Findings come sorted; no time, no
absolute path and nothing else that changes from run to run is in any of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.read.reading import open_to_read
from pipeline.show.findings.annotations import to_github, to_gitlab, to_rdjson
from pipeline.show.findings.report import to_json, to_junit, to_sarif
from pipeline.show.findings.text import to_concise

if TYPE_CHECKING:
    from pipeline.check.findings import CheckResult

__all__ = ["FORMATS", "is_findings"]

#: Formats for machines, and `concise`; `text` is printed by `pipeline.show.findings.text` in colour.
FORMATS: dict[str, Callable[[CheckResult], str]] = {
    "concise": to_concise, "json": to_json, "github": to_github, "gitlab": to_gitlab, "sarif": to_sarif, "junit": to_junit,
    "rdjson": to_rdjson,
}

#: How a file of findings begins, by format. Each is anchored, its classes are bounded or end at a character that they lack: linear.
_BEGINNINGS = re.compile(
    rb"[^\n]{1,16000}: TS\d{3} [^\n]{1,16000}\[[a-z-]{1,99}\]\n"                        # concise
    rb"|::(?:error|notice) [^\n]{0,16000}?title=TS\d{3} "                               # github
    rb'|\{\s+"by_rule": \{(?:\},\s+"compared": \d|\s+"TS\d{3}": \d)'                   # json
    rb'|\[\]\s*\Z|\[\s+\{\s+"check_name": "TS\d{3} '                                  # gitlab
    rb'|\{\s+"\$schema": "[^"\n]{1,999}",\s+"runs": \[\s+\{\s+"columnKind": "unicodeCodePoints",\s+"results": \['      # sarif
    rb'(?:\],\s+"tool": \{\s+"driver": \{\s+"name": "taosha"|(?s:.{0,16000}?)"taosha/v1": )'
    rb'|<\?xml [^\n]{1,99}\n<testsuites>\s+<testsuite name="taosha check"'            # junit
    rb'|\{\s+"diagnostics": \[(?:\s+\{\s+"code": \{\s+"value": "TS\d{3}"|\],\s+"source": \{\s+"name": "taosha")'       # rdjson
)
#: The last line of findings for people.
_SUMMARY = re.compile(rb"(?:\A|\n)[\d,]+ documents? checked, [^\n]{0,2000}\n\Z")


def is_findings(path: Path) -> bool:
    """Whether a file is what an earlier check has written, in whatever format."""
    with open_to_read(path) as file:
        head = file.read(1 << 15)
        file.seek(max(0, path.stat().st_size - 4096))
        return bool(_BEGINNINGS.match(head) or _SUMMARY.search(file.read()))
