"""taosha check: every rule fires on what it is for, and on nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.check import RULES, check_inputs
from pipeline.options import Options
from tests.test_cli import ARTICLE, SEEDS, taosha

BODY = "\n".join(f"{ARTICLE}这是第{i}段，讲的是第{i}件小事。" for i in "一二三四五六")


def rules(*paths: Path, against: list[Path] | None = None) -> set[tuple[str, str]]:
    result = check_inputs([str(p) for p in paths], against or [], Options())
    return {(f.rule, f.document) for f in result.findings if f.rule != "would-cut"}


def test_seeds_pass() -> None:
    assert rules(SEEDS) == set()
    assert "5 documents checked, 0 findings" in taosha("check", SEEDS)


@pytest.mark.parametrize(
    "data, rule",
    [
        (b"", "unreadable"),
        (bytes(range(256)) * 64, "unreadable"),
        ("首页\n登录 注册\n版权所有 京ICP备12345678号-1\n".encode(), "only-boilerplate"),
        (b"The quick brown fox jumps over the lazy dog.", "too-little-chinese"),
        (BODY.encode() + b"\xff\xfe" + BODY.encode(), "bad-bytes"),
    ],
)
def test_rules(tmp_path: Path, data: bytes, rule: str) -> None:
    (tmp_path / "x.txt").write_bytes(data)
    assert rule in {r for r, _ in rules(tmp_path / "x.txt")}


def test_duplicates_among_the_new_and_against_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(BODY, "utf-8")
    taosha("clean", tmp_path / "a.txt", "-o", tmp_path / "out" / "clean.jsonl", "-q")
    (tmp_path / "b.txt").write_text(BODY.replace("社区", "街道", 1) + "\n另外，周末也开门。", "utf-8")
    assert rules(tmp_path / "a.txt", against=[tmp_path / "out"]) == set(), "a document is no duplicate of itself"
    assert rules(tmp_path / "b.txt", against=[tmp_path / "out"]) == {("near-duplicate", "b.txt")}
    assert {r for r, _ in rules(tmp_path / "a.txt", tmp_path / "b.txt")} == {"near-duplicate"}
    (tmp_path / "c.txt").write_text("\n" + BODY + "\n", "utf-8")
    assert ("duplicate", "c.txt") in rules(tmp_path / "c.txt", against=[tmp_path / "out"])
    taosha("index", tmp_path / "index", "--add", tmp_path / "out")
    assert rules(tmp_path / "a.txt", against=[tmp_path / "index"]) == set()
    assert rules(tmp_path / "b.txt", against=[tmp_path / "index"]) == {("near-duplicate", "b.txt")}
    assert rules(tmp_path / "c.txt", against=[tmp_path / "index"]) == {("duplicate", "c.txt")}


def test_formats_and_exit_codes(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"")
    assert "[unreadable]" in taosha("check", bad, code=1)
    assert taosha("check", bad, "--format", "github", code=1).startswith("::error file=bad.txt,title=unreadable::")
    report = json.loads(taosha("check", bad, "--format", "json", code=1))
    assert report["documents"] == 1
    assert report["findings"][0]["rule"] in RULES
    assert "no such file" in taosha("check", tmp_path / "nowhere", code=2)
    assert "make clean-corpus" in taosha("check", SEEDS, "--against", tmp_path / "nowhere", code=3)
