"""taosha check as a tool of a team: which rules are on, what is silenced, what is new, and every format."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline.check import CheckResult, Finding, Place, add_ignores, check_inputs
from pipeline.check.ignores import silence
from pipeline.check.rules import FAMILIES, RULES, choose_rules, find_rule
from pipeline.errors import UsageError
from pipeline.options import CheckOptions, load_check_options, load_options
from pipeline.show.findings import FORMATS
from pipeline.show.rules import make_pages
from tests.test_check import BODY, OTHER, write_rows
from tests.test_cli import ROOT, taosha

#: Where the commands of this environment are.
BIN = Path(sys.executable).parent
NEAR = BODY.replace("社区", "街道", 1) + "\n另外，周末也开门。"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a text, a copy of it with other words, a page of another script, a short one and one of no format."""
    monkeypatch.chdir(tmp_path)
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for name, text in (("a.txt", NEAR), ("b.txt", BODY), ("c.txt", "短短的一句话。"), ("d.txt", "これは日本語のページです。" * 9)):
        (seeds / name).write_text(text, "utf-8")
    (seeds / "e.pdf").write_bytes(b"%PDF-1.4\n")
    return seeds


def codes(result: CheckResult) -> list[tuple[str, str]]:
    return [(f.rule, f.document) for f in result.findings]


ALL = [("TS102", "seeds"), ("TS302", "seeds/b.txt"), ("TS202", "seeds/c.txt"), ("TS206", "seeds/d.txt")]


def test_the_table_of_rules() -> None:
    assert [rule.code for rule in RULES] == sorted({rule.code for rule in RULES})
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.code[2] in FAMILIES and len(rule.code) == 5 for rule in RULES)
    assert find_rule("near-duplicate") == find_rule("ts302") == find_rule("TS302")


@pytest.mark.parametrize(
    "select, ignore, there, gone",
    [
        ((), (), {"TS101", "TS302"}, {"TS403"}),
        (("TS3",), (), {"TS301", "TS302", "TS303"}, {"TS101", "TS403"}),
        (("TS3",), ("TS302",), {"TS301"}, {"TS302"}),
        (("TS302",), ("TS3",), {"TS302"}, {"TS301"}),
        (("near-duplicate", "TS403"), (), {"TS302", "TS403"}, {"TS301"}),
        (("ALL",), ("TS1",), {"TS403"}, {"TS101", "TS102"}),
        ((), ("ALL",), set(), {rule.code for rule in RULES}),
    ],
)
def test_the_longer_name_wins(select: tuple[str, ...], ignore: tuple[str, ...], there: set[str], gone: set[str]) -> None:
    chosen = choose_rules(select, ignore)
    assert there <= chosen
    assert not gone & chosen


@pytest.mark.parametrize("name", ["TS", "TS9", "nothing", "", "TS1011"])
def test_an_unknown_rule_is_an_error(name: str) -> None:
    with pytest.raises(UsageError, match="there is no rule"):
        choose_rules([name])


def test_rules_are_chosen_on_the_command_line_and_in_a_file(folder: Path) -> None:
    assert codes(check_inputs(["seeds"])) == ALL
    assert "TS206" not in taosha("check", "seeds", "--ignore", "TS206,left-out", code=1)
    assert taosha("check", "seeds", "--select", "TS403") == "4 documents checked, 0 findings, 1 left out (1 .pdf)\n"
    assert "4 documents checked, 1 finding," in taosha("check", "seeds", "--select", "TS3", "--exit-zero")
    Path("taosha.toml").write_text('[check]\nignore = ["TS102", "TS206"]\nmin_chinese = 3\n', "utf-8")
    assert [code for code in ("TS102", "TS206", "TS202") if code in taosha("check", "seeds", code=1)] == []
    assert "TS202" in taosha("check", "seeds", "--min-chinese", "50", code=1)
    assert load_check_options("taosha.toml") == CheckOptions(ignore=("TS102", "TS206"), min_chinese=3)
    load_options("taosha.toml")
    Path("taosha.toml").write_text("[check]\nselected = []\n", "utf-8")
    assert "there is no option 'selected'" in taosha("clean", "seeds", code=2)


@pytest.mark.parametrize(("name", "rule", "text"), [
    ("spam", "TS208", "澳门新葡京娱乐城官网注册即送88元体验金，首存100送100，真人视讯、电子游艺、体育投注，返水秒到。"),
    ("foreign", "TS206", "The library has been open for three years, and every afternoon it is full of children who read."),
])
def test_a_verdict_that_is_off_has_nothing_to_say(
    name: str, rule: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page.txt").write_text(text, "utf-8")
    assert rule in taosha("check", "page.txt", code=1)
    Path("taosha.toml").write_text(f"[verdicts]\n{name} = false\n", "utf-8")
    assert rule not in taosha("check", "page.txt", code=1)        # it is too short


def test_exit_codes(folder: Path) -> None:
    assert check_inputs(["seeds"]).exit_code == 1
    for name in "bcd":
        (folder / f"{name}.txt").unlink()
    assert "1 left out (1 .pdf)" in taosha("check", "seeds", code=2)
    taosha("check", "seeds", "--ignore", "TS102")
    taosha("check", "seeds", "--exit-zero")
    (folder / "a.txt").unlink()
    assert "nothing to check: 1 file left out (1 .pdf)" in taosha("check", "seeds", code=2)
    (folder / "e.pdf").unlink()
    assert "there is no file" in taosha("check", "seeds", code=2)
    taosha("check", "nowhere", code=2)


def test_what_may_be_is_written_beside_the_documents_with_a_reason(folder: Path) -> None:
    files = ("seeds/b.txt", "seeds/c.txt", "seeds/a.txt")
    assert "2 lines added" in taosha("check", *files, "--add-ignore", "both  editions\nare wanted")
    reason = "# both editions are wanted"
    assert (folder / ".taosha-ignore").read_text("utf-8") == f"b.txt TS302 {reason}\nc.txt TS202 {reason}\n"
    result = check_inputs(["seeds"])
    assert codes(result) == [ALL[0], ALL[3]]
    assert result.silenced == 2
    (folder / "b.txt").write_text(OTHER, "utf-8")
    assert [(f.rule, f.place.line) for f in check_inputs(["seeds"]).findings if f.level == "note"] == [("TS105", 1)]
    assert "say why" in taosha("check", "seeds", "--add-ignore", " ", code=2)


@pytest.mark.parametrize(
    "text, silenced",
    [
        ("*.txt TS3 # reprints\n", {"TS302"}),
        ("[bc].txt TS302,too-little-chinese # fine\n", {"TS302", "TS202"}),
        ("# b.txt TS302 # a comment\n\nc.txt ALL # short\n", {"TS202"}),
        ("b.txt TS301 # another rule\n", set()),
    ],
)
def test_lines_of_an_ignore_file(folder: Path, text: str, silenced: set[str]) -> None:
    (folder / ".taosha-ignore").write_text(text, "utf-8")
    left = {f.rule for f in check_inputs(["seeds"]).findings if f.level == "error"}
    assert {code for code, _ in ALL} - left == silenced
    (folder / ".taosha-ignore").rename(folder.parent / ".taosha-ignore")
    left = {f.rule for f in check_inputs(["seeds"]).findings if f.level == "error"}
    assert ({code for code, _ in ALL} - left == silenced) == (not silenced or "*" in text), "names are relative to the ignore file"


@pytest.mark.parametrize(
    "text", ["b.txt TS302\n", "TS302 # why\n", "b.txt TS999 # why\n", "b.txt TS302 #why\n", "b.txt TS302, TS303 # why\n"],
)
def test_a_wrong_line_names_file_and_line(folder: Path, text: str) -> None:
    (folder / ".taosha-ignore").write_text("\n" + text, "utf-8")
    with pytest.raises(UsageError, match="line 2: "):
        check_inputs(["seeds"])


def test_records_are_silenced_by_their_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{"id": "x*", "text": BODY}, {"id": "xy", "text": "短"}, {"id": "z#1", "text": "短短"}]
    write_rows(Path("in/new.jsonl"), *rows)
    assert len(check_inputs(["in"]).findings) == 2
    taosha("check", "in", "--add-ignore", "so short")
    assert check_inputs(["in"]).findings == []
    Path("in/.taosha-ignore").write_text("new.jsonl#x[*] TS202 # one\n", "utf-8")
    assert [f.rule for f in check_inputs(["in"]).findings].count("TS202") == 2
    Path("in/.taosha-ignore").write_text("new.jsonl TS202 # all of the file\n", "utf-8")
    assert check_inputs(["in"]).findings == []


@given(name=st.text(st.characters(exclude_characters="/\n\0"), min_size=1), id=st.text(st.characters(exclude_characters="\n")))
@example(name="a # b.txt", id="")
@example(name="#1.txt", id="# 1")
@example(name=" a,", id=" ")
@example(name=",", id=",")
@example(name="\ufeff# a\r", id="\u3000")
@example(name="bad\udcff.txt", id="")
@settings(max_examples=200)
def test_every_name_can_be_silenced(name: str, id: str) -> None:
    assume(name not in (".", ".."))
    with tempfile.TemporaryDirectory() as folder:
        finding = Finding("TS202", "error", name, "short", Place(os.path.join(folder, name)), id)
        assert add_ignores([finding], "so short") == 1
        other = replace(finding, place=Place(os.path.join(folder, f"{name}x")))
        result = CheckResult(findings=[finding, other, replace(finding, rule="TS206")])
        silence(result, frozenset({"TS202"}), {})
        assert [f for f in result.findings if f.rule == "TS202"] == [other]
        assert len(result.findings) == 2


def test_only_lines_about_what_was_judged_are_told(folder: Path) -> None:
    (folder / "e.pdf").unlink()
    (folder / "sub").mkdir()
    (folder / "sub" / "f.txt").write_text(OTHER, "utf-8")
    (folder / "sub" / ".taosha-ignore").write_text("f.txt TS202 # a poem\n", "utf-8")
    (folder / ".taosha-ignore").write_text(
        "c.txt TS202 # short\na.txt TS302 # both\nz.txt TS202 # another\n*.txt TS601 # all\n", "utf-8",
    )

    def unused(*names: str) -> list[tuple[str, int | None]]:
        return [(f.document, f.place.line) for f in check_inputs(names).findings if f.rule == "TS105"]

    assert unused("seeds/c.txt") == [("seeds/.taosha-ignore", 4)]
    assert unused("seeds/a.txt") == [("seeds/.taosha-ignore", 2), ("seeds/.taosha-ignore", 4)]
    assert ("seeds/sub/.taosha-ignore", 1) in unused("seeds/sub/f.txt"), "a folder without a finding is looked at, too"
    git("init")
    git("add", ".")
    git("commit", "-m", "all")
    (folder / "d.txt").write_text(OTHER[10:], "utf-8")
    assert [(f.rule, f.place.line) for f in check_inputs(["seeds"], since="HEAD").findings if f.level == "note"] == [("TS105", 4)]
    write_rows(Path("in/new.jsonl"), {"id": "1", "text": BODY}, {"id": "2", "text": OTHER})
    Path("in/.taosha-ignore").write_text("new.jsonl#2 TS202 # a\nnew.jsonl#3 TS202 # b\n", "utf-8")
    assert unused("in") == [("in/.taosha-ignore", 1)]


def git(*arguments: str) -> None:
    about = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *about, *arguments], check=True, capture_output=True)


def test_only_what_is_new_is_blamed(folder: Path) -> None:
    git("init")
    for name in "abd":
        (folder / f"{name}.txt").rename(folder / f"{name}.kept")
    (folder / "z.txt").write_text(NEAR, "utf-8")
    git("add", "seeds/z.txt", "seeds/c.txt")
    git("commit", "-m", "old")
    for name in "abd":
        (folder / f"{name}.kept").rename(folder / f"{name}.txt")
    git("add", "seeds/a.txt")
    assert ("TS301", "seeds/z.txt") in codes(check_inputs(["seeds"])), "without a revision the later of two equal ones is blamed"
    result = check_inputs(["seeds"], since="HEAD")
    assert codes(result) == [("TS102", "seeds"), ("TS301", "seeds/a.txt"), ("TS302", "seeds/b.txt"), ("TS206", "seeds/d.txt")]
    assert {(f.other and f.other.path, "seeds/z.txt" in f.message) for f in result.findings[1:3]} == {("seeds/z.txt", True)}
    assert (result.documents, result.compared) == (3, 2)
    git("commit", "-m", "more")
    assert codes(check_inputs(["seeds"], since="HEAD"))[1:] == [("TS302", "seeds/b.txt"), ("TS206", "seeds/d.txt")]
    assert "2 compared with" in taosha("check", "seeds", "--since", "HEAD~1", code=1)
    git("add", ".")
    git("commit", "-m", "all")
    assert "0 documents checked, 5 compared with, 0 findings" in taosha("check", "seeds", "--since", "HEAD")
    assert "git knows no revision 'nowhere'" in taosha("check", "seeds", "--since", "nowhere", code=2)
    assert "git knows no revision '--all'" in taosha("check", "seeds", "--since=--all", code=2)


def test_what_git_knows_nothing_of_is_new(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch,
) -> None:
    git("init")
    git("add", ".")
    git("commit", "-m", "all")
    other = tmp_path_factory.mktemp("other")
    for name, text in (("c.txt", "短短的一句话。"), ("e.txt", "")):
        (other / name).write_text(text, "utf-8")
    (other / "f.pdf").write_bytes(b"%PDF-1.4\n")
    found = {f.rule for f in check_inputs([str(other)], since="HEAD").findings}
    assert found == {"TS101", "TS102", "TS202"}
    for data, rule in (("另一句。".encode(), "TS202"), (b"", "TS101"), (b"%PDF-1.4\n", "TS101")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        result = check_inputs(["seeds", "-"], since="HEAD")
        assert codes(result) == [(rule, "stdin")]
        assert result.documents == 1


def test_since_without_a_repository(folder: Path) -> None:
    assert "--since: git says" in taosha("check", "seeds", "--since", "HEAD", code=2)


def test_a_folder_that_nobody_cleaned_stands_already(folder: Path) -> None:
    assert codes(check_inputs(["seeds/a.txt"], [Path("seeds")])) == [("TS302", "a.txt")], "the longer of the two, but it is new"
    (folder / "b.txt").unlink()
    assert codes(check_inputs(["seeds/a.txt"], [Path("seeds")])) == [], "a file is no duplicate of itself"
    Path("new.txt").write_text("\n" + NEAR, "utf-8")
    (finding,) = check_inputs(["new.txt"], [Path("seeds")]).findings
    assert finding.rule == "TS301"
    assert finding.other
    assert finding.other.path == "seeds/a.txt"
    Path("empty").mkdir()
    with pytest.raises(UsageError, match="no corpus, no index, and no documents"):
        check_inputs(["new.txt"], [Path("empty")])


def test_a_record_that_a_run_cleaned_otherwise_is_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run knows what the pages of a site share, one page does not."""
    monkeypatch.chdir(tmp_path)
    rows = [{"id": str(i), "url": f"https://a.cn/{i}", "text": f"{i}号\n{body}"} for i, body in enumerate((BODY, OTHER))]
    write_rows(Path("in.jsonl"), *rows)
    taosha("clean", "in.jsonl", "-o", "out/clean.jsonl", "-q", "--stages", "pinyin")
    Path("taosha.toml").write_text('[boilerplate]\ndrop = ["社区图书馆", "清晨靠岸"]\n', "utf-8")
    result = check_inputs(["in.jsonl"], [Path("out")], load_options("taosha.toml"))
    assert not any(f.rule[2] == "3" for f in result.findings)
    write_rows(Path("in.jsonl"), rows[0] | {"text": rows[0]["text"] + "又一句。"})
    assert "TS303" in taosha("check", "in.jsonl", "--against", "out", "--min-chinese", "0", code=1)


def test_an_input_is_not_overwritten(folder: Path) -> None:
    before = (folder / "a.txt").read_bytes()
    assert "is no list of findings" in taosha("check", "seeds", "-o", "seeds/a.txt", code=2)
    assert "overwritten" in taosha("check", "seeds", "-o", "seeds/a.txt", "--force", code=2)
    assert (folder / "a.txt").read_bytes() == before


def test_differences_are_shown_in_their_place(folder: Path) -> None:
    (finding,) = [f for f in check_inputs(["seeds"]).findings if f.rule == "TS302"]
    assert len(finding.lines) % 2 == 0
    assert finding.lines[0].startswith("− ")
    assert "[社区]" in finding.lines[0]
    assert "[街道]" in finding.lines[1]


def test_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.txt").write_bytes(f"{BODY}\n好".encode() + b"\xff" + BODY.encode())
    (finding,) = check_inputs(["x.txt"]).findings
    assert (finding.rule, finding.place.line, finding.place.column) == ("TS104", BODY.count("\n") + 2, 2)
    assert finding.message.startswith("1 byte became")
    rows = write_rows(Path("r.jsonl"), {"id": "1", "text": BODY}, {"id": "2", "text": OTHER}, {"id": "3", "text": "短"})
    assert [(f.document, f.place.line) for f in check_inputs([str(rows)]).findings] == [("r.jsonl#3", 3)]


SARIF: dict[str, Any] = {    # what the standard (2.1.0) asks for, of the parts that are written here
    "type": "object", "required": ["version", "runs"], "properties": {
        "version": {"const": "2.1.0"}, "$schema": {"type": "string"},
        "runs": {"type": "array", "items": {
            "type": "object", "required": ["tool", "results"], "additionalProperties": False, "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {"required": ["driver"], "properties": {"driver": {"type": "object", "required": ["name"]}}},
                "results": {"type": "array", "items": {
                    "type": "object", "required": ["message"], "additionalProperties": False, "properties": {
                        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0},
                        "level": {"enum": ["none", "note", "warning", "error"]},
                        "message": {"type": "object", "required": ["text"]},
                        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                        "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                        "relatedLocations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                    },
                }},
            },
        }},
    },
    "$defs": {"location": {"type": "object", "properties": {"physicalLocation": {
        "type": "object", "required": ["artifactLocation"], "additionalProperties": False, "properties": {
            "artifactLocation": {"type": "object", "properties": {"uri": {"type": "string", "format": "uri-reference"}}},
            "region": {"type": "object", "additionalProperties": False, "properties": {
                "startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1},
            }},
        },
    }}}},
}


def test_every_format_tells_every_finding_the_same_way_each_time(folder: Path) -> None:
    names = ("TS102", "TS302", "TS202", "TS206")
    for name, write in FORMATS.items():
        texts = {write(check_inputs(["seeds"])) for _ in range(2)}
        assert len(texts) == 1, name
        (text,) = texts
        assert all(code in text for code in names), name
        assert str(folder.parent) not in text, "no path of a machine"
        assert taosha("check", "seeds", "--format", name, code=1) == text
        taosha("check", "seeds", "--format", name, "-o", f"found.{name}", code=1)
        assert Path(f"found.{name}").read_text("utf-8") == text
    assert [f["rule"] for f in json.loads(FORMATS["json"](check_inputs(["seeds"])))["findings"]] == [code for code, _ in ALL]


def test_machines_can_read_them(folder: Path) -> None:
    (folder / "\x01 & <b>.txt").write_text("短", "utf-8")
    result = check_inputs(["seeds"])
    sarif = json.loads(FORMATS["sarif"](result))
    jsonschema.validate(sarif, SARIF)
    run = sarif["runs"][0]
    assert [run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] for r in run["results"]] == [f.rule for f in result.findings]
    suite = ElementTree.fromstring(FORMATS["junit"](result).partition("?>")[2])[0]
    assert len(list(suite.iter("failure"))) == result.errors
    assert suite.get("tests") == str(len(suite))
    rows = json.loads(FORMATS["gitlab"](result))
    assert len({row["fingerprint"] for row in rows}) == len(result.findings)
    assert all({"description", "check_name", "fingerprint", "severity", "location"} == set(row) for row in rows)
    diagnostics = json.loads(FORMATS["rdjson"](result))["diagnostics"]
    assert {d["severity"] for d in diagnostics} <= {"ERROR", "WARNING", "INFO"}
    assert FORMATS["concise"](result).count("\n") == FORMATS["github"](result).count("\n") == len(result.findings)


def test_junit_counts_documents(folder: Path) -> None:
    (folder / ".note").write_text("x", "utf-8")
    (folder / ".taosha-ignore").write_text("a.txt TS202 # a poem\n", "utf-8")
    result = check_inputs(["seeds"])
    assert {"TS102", "TS103", "TS105"} < {f.rule for f in result.findings}
    suite = ElementTree.fromstring(FORMATS["junit"](result).partition("?>")[2])[0]
    assert [case.get("name") for case in suite][-1] == "1 document without findings"
    assert suite.get("tests") == str(len(suite)) == "6"


def test_a_line_above_makes_no_finding_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def known() -> list[str]:
        return sorted(row["fingerprint"] for row in json.loads(FORMATS["gitlab"](check_inputs(["x.jsonl", "y.jsonl"]))))

    x = write_rows(Path("x.jsonl"), {"id": "1", "text": BODY}, {"id": "2", "text": "短"})
    write_rows(Path("y.jsonl"), {"id": "1", "text": OTHER})
    x.write_bytes(x.read_bytes() + b"broken\nbroken\n")
    before = known()
    assert len(before) == len(set(before)) == 4
    more = json.dumps({"id": "0", "text": "".join(f"他在{i}月{i}日写信给{i}位朋友，说起家乡的桥。" for i in "三四五六七八九")})
    x.write_bytes(more.encode() + b"\n" + x.read_bytes())
    assert known() == before


def test_statistics_for_programs(folder: Path) -> None:
    rows = json.loads(taosha("check", "seeds", "--statistics", "--format", "json", code=1))
    assert {row["rule"]: row["count"] for row in rows} == check_inputs(["seeds"]).count_rules()
    assert set(rows[0]) == {"rule", "name", "level", "count"}
    assert "text or json, not as sarif" in taosha("check", "seeds", "--statistics", "--format", "sarif", code=2)
    assert "  TS302  error" in taosha("check", "seeds", "--statistics", "--format", "sarif", "-o", "found.sarif", code=1)
    assert json.loads(Path("found.sarif").read_text("utf-8"))["version"] == "2.1.0"


@pytest.mark.skipif("SARIF_SCHEMA" not in os.environ, reason="SARIF_SCHEMA names no schema; npm's @microsoft/jest-sarif has one")
def test_sarif_is_what_the_whole_schema_asks_for(folder: Path) -> None:
    (folder / "\x01 & <b>.txt").write_text("短", "utf-8")
    schema = json.loads(Path(os.environ["SARIF_SCHEMA"]).read_text("utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(json.loads(FORMATS["sarif"](check_inputs(["seeds"]))))


def test_statistics_and_quiet(folder: Path) -> None:
    assert "      1  TS302  error  near-duplicate" in taosha("check", "seeds", "--statistics", code=1)
    (folder / ".note").write_text("x", "utf-8")
    assert "TS103" in taosha("check", "seeds", code=1)
    quiet = taosha("check", "seeds", "-q", code=1)
    assert "TS103" not in quiet
    assert "checked" not in quiet


def test_pages_of_rules_are_those_of_the_table() -> None:
    assert {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "rules").iterdir()} == make_pages()
    assert "## What to do" in taosha("rule", "TS203")
    assert all(rule.code in taosha("rule") for rule in RULES)
    assert json.loads(taosha("rule", "duplicate", "--json"))[0]["code"] == "TS301"
    assert "there is no rule 'x'" in taosha("rule", "x", code=2)


HOOKS = ROOT / ".pre-commit-hooks.yaml"


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_the_hook_for_pre_commit(folder: Path) -> None:
    """The real pre-commit, over the hook as it is published, but for the environment that it would install."""
    (hook,) = yaml.safe_load(HOOKS.read_text("utf-8"))
    assert hook["require_serial"]
    own = hook | {"language": "system", "entry": f"{BIN / 'taosha'} check", "files": "^seeds/", "args": ["--against", "seeds"]}
    Path(".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [own]}]}), "utf-8")
    for name in ("a", "c", "d"):
        (folder / f"{name}.txt").rename(f"{name}.later")
    (folder / "e.pdf").unlink()
    git("init")
    git("add", "seeds")
    assert run_hook() == (0, "Passed")
    git("commit", "-m", "old")
    Path("a.later").rename(folder / "new.txt")
    git("add", "seeds")
    code, said = run_hook()
    assert code == 1
    assert "new.txt" in said
    assert "TS302" in said
    assert "the same as seeds/b.txt" in said
    (folder / "new.txt").write_text(OTHER, "utf-8")
    git("add", "seeds")
    assert run_hook() == (0, "Passed")
    git("commit", "-m", "new")
    (folder / ".taosha-ignore").write_text("new.txt TS202 # a poem\n", "utf-8")
    git("add", "seeds")
    assert run_hook() == (0, "Passed")


def test_an_ignore_file_that_is_named_is_no_document(folder: Path) -> None:
    own = folder / ".taosha-ignore"
    for text in ("", "c.txt TS202 # short\n"):
        own.write_text(text, "utf-8")
        assert codes(check_inputs([str(own)])) == []
        assert [code for code, _ in codes(check_inputs(["seeds/c.txt", str(own)]))] == ([] if text else ["TS202"])
        assert check_inputs(["seeds/c.txt", str(own)], format="txt").documents == 1
    own.write_text("c.txt TS202\n", "utf-8")
    assert "line 1: " in taosha("check", own, code=2)


def run_hook() -> tuple[int, str]:
    environment = os.environ | {"PRE_COMMIT_HOME": str(Path("home").absolute()), "PRE_COMMIT_COLOR": "never"}
    done = subprocess.run([BIN / "pre-commit", "run"], capture_output=True, text=True, env=environment)
    return done.returncode, "Passed" if done.stdout.rstrip().endswith("Passed") else done.stdout + done.stderr
