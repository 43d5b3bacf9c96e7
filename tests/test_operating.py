"""`docs/operating.md` names every exit code, every kind of error, and every reason that a document can be quarantined for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline import cli

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs/operating.md").read_text("utf-8")
#: Words with a hyphen in the modules that read, and others, that are no reasons.
OTHERS = re.compile(
    r"utf-.*|iso-.*|latin-1|x-gbk|(raw-)?unicode-escape|application-name|publish-date|source-code|near-duplicates|site-.*|shared-.*|"
    r"kept-over-removal|only-boilerplate|content-(type|encoding)|transfer-encoding|x-gzip"
)


def find_reasons() -> set[str]:
    """Strings that look like a reason in all modules that make faults."""
    found = set()
    for path in (*(ROOT / "pipeline/read").rglob("*.py"), *(ROOT / "pipeline/run").glob("*.py"), ROOT / "pipeline/stream.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z]+(-[a-z]+)+", node.value):
                found.add(node.value)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Fault" and len(node.args) > 1:
                found |= {c.value for c in ast.walk(node.args[1]) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
    return {reason for reason in found if not OTHERS.fullmatch(reason)}


def find_errors() -> Iterator[str]:
    for path in (ROOT / "pipeline").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and re.fullmatch(r"[A-Z]\w+Error", node.name) and node.name != "CompressionError":
                yield node.name


def test_every_reason_is_there() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", DOC.split("## Reasons")[1].split("## ")[0], re.MULTILINE)
    told = {reason for row in rows for reason in re.findall(r"`([a-z-]+)`", row)}
    reasons = find_reasons()
    assert {"vanished", "no-json", "not-restorable", "compressed-bomb"} <= reasons | {"vanished"}
    assert reasons <= told, reasons - told
    assert told - reasons <= {"vanished"}, told - reasons


def test_every_kind_of_error_is_there() -> None:
    told = set(re.findall(r"^\| (\w+Error) \|", DOC, re.MULTILINE))
    assert {*find_errors(), "MemoryError"} == told


def test_every_exit_code_is_there() -> None:
    told = {int(n) for row in re.findall(r"^\| ([\d, ]+) \|", DOC, re.MULTILINE) for n in row.split(",")}
    said = " ".join((cli.__doc__ or "").split("Exit codes:")[1].split("Of these")[0].split())
    assert told == {int(n) for n in re.findall(r"(?:^|[ (])(\d{1,3}) ", f" {said}")}
