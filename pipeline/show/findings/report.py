"""Findings as files that other tools read: JSON, SARIF 2.1.0, JUnit XML."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

from pipeline import __version__ as VERSION
from pipeline.check.rules import RULES
from pipeline.read.paths import show_name
from pipeline.show.findings.annotations import make_fingerprints, tell
from pipeline.show.findings.text import count_findings
from pipeline.show.visible import dump_visible, write_out

if TYPE_CHECKING:
    from pipeline.check.findings import CheckResult, Finding, Place

__all__ = ["to_json", "to_junit", "to_sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: Rules about files that are no documents: those that are left out, and ignore files.
_OF_FILES = frozenset(("TS102", "TS103", "TS105"))


def to_json(result: CheckResult) -> str:
    """One object: what was checked, and every finding with path, line, column, rule, level, message and the lines in question."""
    rows = [
        {
            "rule": f.rule, "name": f.name, "level": f.level, "document": f.document, "id": f.id or None, "message": f.message,
            "path": show_name(f.place.path) or None, "line": f.place.line, "column": f.place.column, "lines": list(f.lines),
            "other": show_name(f.other.path) if f.other else None,
        }
        for f in result.findings
    ]
    return dump_visible({
        "version": VERSION, "documents": result.documents, "compared": result.compared, "errors": result.errors,
        "silenced": result.silenced, "left_out": dict(sorted(result.left_out.items())), "by_rule": count_findings(result),
        "findings": rows,
    }, indent=True) + "\n"


def to_sarif(result: CheckResult) -> str:
    """SARIF 2.1.0, as GitHub's code scanning and editors read it."""
    number = {rule.code: i for i, rule in enumerate(RULES)}
    rules = [
        {
            "id": rule.code, "name": rule.name, "shortDescription": {"text": rule.says}, "fullDescription": {"text": rule.why},
            "help": {"text": rule.mend}, "defaultConfiguration": {"level": rule.level, "enabled": rule.on},
            "properties": {"family": rule.family},
        }
        for rule in RULES
    ]
    results = [
        {
            "ruleId": f.rule, "ruleIndex": number[f.rule], "level": f.level, "message": {"text": tell(f)},
            "partialFingerprints": {"taosha/v1": known},
        } | _locations(f)
        for f, known in zip(result.findings, make_fingerprints(result.findings), strict=True)
    ]
    driver = {"name": "taosha", "semanticVersion": VERSION, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return dump_visible({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=True) + "\n"


def _locations(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if finding.place.path:
        found["locations"] = [_location(finding.place)]
    if finding.other and finding.other.path:
        found["relatedLocations"] = [_location(finding.other) | {"id": 1, "message": {"text": "the other document"}}]
    return found


def _location(place: Place) -> dict[str, Any]:
    at = {name: n for name, n in (("startLine", place.line), ("startColumn", place.column)) if n is not None}
    file = {"uri": quote(show_name(place.path).replace("\\", "/"))}
    return {"physicalLocation": {"artifactLocation": file} | ({"region": at} if at else {})}


def to_junit(result: CheckResult) -> str:
    """JUnit XML: a test case a document with findings, a failure an error; notes stand in its output."""
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", name="taosha check", errors="0")
    cases = failures = 0
    clean = result.documents
    for document, group in groupby(result.findings, lambda f: f.document):
        case = ElementTree.SubElement(suite, "testcase", classname="taosha", name=_xml(document))
        findings = list(group)
        cases += 1
        clean -= any(f.rule not in _OF_FILES for f in findings)
        failures += any(f.level == "error" for f in findings)
        if findings[0].place.path:
            case.set("file", _xml(show_name(findings[0].place.path)))
        for f in findings:
            if f.level == "error":
                failed = ElementTree.SubElement(case, "failure", type=f.rule, message=_xml(f"{f.rule} {f.name}: {f.message}"))
                failed.text = _xml("\n".join(f.lines))
        notes = [f"{f.rule} {f.name}: {f.message}" for f in findings if f.level == "note"]
        if notes:
            ElementTree.SubElement(case, "system-out").text = _xml("\n".join(notes))
    if clean > 0:
        ElementTree.SubElement(suite, "testcase", classname="taosha", name=f"{clean} document{'s' * (clean != 1)} without findings")
    suite.set("tests", str(cases + (clean > 0)))
    suite.set("failures", str(failures))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return write_out(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
