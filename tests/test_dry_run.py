"""`--dry-run` says what the run would do, and refuses what it would refuse; `explain` and `restore` know the names of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pipeline.cli
from pipeline.show.failure import UNEXPECTED
from tests.run_corpus import rows, write_records
from tests.test_cli import taosha

ONE = "社区图书馆每天下午四点以后都坐满了放学的孩子，管理员老吴说他识字不多，却认得每一个孩子的名字。天黑得早，他总把灯开到最亮。"
TWO = "第三只船在清晨靠岸，船老大把几筐带鱼抬上码头，又忙着修补被礁石划破的渔网。太阳出来时，鱼贩子的三轮车已经排到了堤坝那头。"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    records: list[dict[str, Any]] = [{"id": "1", "text": ONE}, {"id": "1", "text": TWO}, {"no": 1}]
    records.append({"id": "3", "text": f"{ONE}党(dǎng)建。"})
    return write_records(tmp_path / "in.jsonl", records)


def test_it_shows_what_the_run_does_and_writes_nothing(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out" / "clean.jsonl"
    shown = taosha("clean", source, "-o", out, "--dry-run")
    assert "near, dropped for 3" in shown
    assert "[-(dǎng)-]" in shown
    assert "quarantine in.jsonl, line 3" in shown
    assert not out.parent.exists()
    taosha("clean", source, "-o", out, "-q")
    (dropped,) = [row for row in rows(out.parent / "audit.jsonl") if row["fate"] == "duplicate"]
    assert f"id {dropped['id']}  {dropped['cause']}, dropped for {dropped['kept']}" in shown
    assert "near 1" in shown
    again = taosha("clean", source, "--against", out.parent, "-o", f"{tmp_path}/new/", "--dry-run")
    assert "indexed" in again


def test_it_shows_verdicts(tmp_path: Path) -> None:
    spam = "专业代写论文，硕士写手团队，包过，不过退款，加微信"
    texts = {"a": ONE, "b": spam, "c": "Not Chinese at all."}
    source = write_records(tmp_path / "v.jsonl", [{"id": id, "text": text} for id, text in texts.items()])
    shown = taosha("clean", source, "-o", tmp_path / "o" / "clean.jsonl", "--dry-run")
    assert "id b  set aside: spam" in shown
    assert "id c  set aside: foreign" in shown
    assert "3 documents read, 1 kept" in shown
    assert "1 spam" in shown


def test_it_refuses_what_a_run_refuses(tmp_path: Path, source: Path) -> None:
    for more, code in (
        (("-o", tmp_path / "x.txt"), 2), (("--shard-size", "many"), 2), (("-o", source), 2), (("--against", tmp_path / "no"), 3),
        (("-o", "-", "--shard-size", "5MB"), 2),
    ):
        taosha("clean", source, "--dry-run", *more, code=code)


def test_a_document_goes_by_the_names_that_it_has(tmp_path: Path, source: Path) -> None:
    taosha("clean", source, "-o", tmp_path / "out" / "clean.jsonl", "-q")
    names = {row["id"] for row in rows(tmp_path / "out" / "audit.jsonl")}
    (name,) = [name for name in names if "#" in name and TWO[:9] in taosha("explain", source, "--id", name)]
    assert TWO in taosha("explain", f"{source}#{name}")
    restored = [json.loads(line) for line in taosha("restore", tmp_path / "out", "--id", "1").splitlines()]
    assert sorted(row["text"] for row in restored) == sorted((ONE, TWO))
    assert json.loads(taosha("restore", tmp_path / "out", "--id", name))["text"] == TWO
    assert "no such document" in taosha("explain", source, "--id", f"1#{'0' * 16}", code=2)


def test_the_list_holds_what_cannot_be_read(source: Path) -> None:
    shown = taosha("explain", source, code=2)
    assert "cannot be read: in.jsonl, line 3" in shown
    assert "4 documents are listed" in shown
    assert "no key `text`" in taosha("explain", source, "--number", "3", code=3)
    assert ONE[:9] in taosha("explain", source, "--number", "4")


def test_files_of_others_are_replaced_by_force(tmp_path: Path, source: Path) -> None:
    for name in ("manifest.json", "audit.jsonl"):
        (tmp_path / name).write_text('{"mine": 1}', "utf-8")
    assert "--force" in taosha("clean", source, "-o", tmp_path / "c.jsonl", code=2)
    assert (tmp_path / "manifest.json").read_text("utf-8") == '{"mine": 1}'
    taosha("clean", source, "-o", tmp_path / "c.jsonl", "--force", "-q")
    assert json.loads((tmp_path / "manifest.json").read_text("utf-8"))["corpus"] == "c.jsonl"
    assert "whose audit would be lost" in taosha("clean", source, "-o", tmp_path / "d.jsonl", "--force", code=2), "a run stays"


def test_an_error_is_told_where_nothing_can_be_loaded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pipeline.show.terminal", None)
    assert pipeline.cli._explain(MemoryError()) == UNEXPECTED
    assert "out of memory" in capsys.readouterr().err


@pytest.mark.parametrize("more", [("--dry-run", "--json"), ("--dry-run", "--metrics", "m.prom"), ("-o", "-", "--keep")])
def test_what_would_be_passed_over_is_refused(tmp_path: Path, source: Path, more: tuple[str, ...]) -> None:
    assert taosha("clean", source, "-o", tmp_path / "o" / "clean.jsonl", *more, code=2)
    assert not (tmp_path / "o").exists()
