"""What a run does with the template of a site: rows are amended, with their account, metadata and fate; again it does nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from pipeline.corpus.packed import unpack
from tests.run_corpus import clean, rows, write_records

COMMON = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学"
FOOT = "岚川融媒出品 必属精品"


def body(k: int) -> str:
    dice = random.Random(k)
    return "。\n".join("".join(dice.choices(COMMON, k=45)) for _ in range(6)) + "。"


def page(k: int, text: str) -> dict[str, Any]:
    return {"id": f"n{k:03}", "text": text, "url": f"http://lan.example/{k}"}


def site(n: int = 40, head: str = "新闻头条网\n") -> list[dict[str, Any]]:
    return [page(k, f"{head}岚川县第{k}期简报\n{body(k)}\n第{k}期的事情就说到这里了。\n{FOOT}") for k in range(n)]


def audit(folder: Path) -> dict[str, dict[str, Any]]:
    return {r["id"]: r for r in rows(folder / "audit.jsonl")}


def test_the_title_is_read_again_where_it_was_the_site(tmp_path: Path) -> None:
    clean(write_records(tmp_path / "in.jsonl", site()), tmp_path)
    for row in rows(tmp_path / "clean.jsonl"):
        assert row["title"] == f"岚川县第{int(row['id'][1:])}期简报"
        assert FOOT not in row["text"]
        assert "新闻头条网" not in row["text"]


def test_a_page_of_nothing_but_what_its_site_has_elsewhere_is_empty(tmp_path: Path) -> None:
    records = [*site(), page(100, f"新闻头条网\n{FOOT}"), page(101, f"岚川县第101期简报\n{FOOT}")]
    outcome = clean(write_records(tmp_path / "in.jsonl", records), tmp_path)
    told = audit(tmp_path)
    assert told["n101"]["fate"] == "empty"
    assert [note["kind"] for note in told["n101"]["notes"]] == ["only-boilerplate"]
    assert outcome.manifest["counts"]["note/only-boilerplate"] == sum(bool(r["notes"]) for r in told.values())
    assert unpack("", told["n101"]["edits"])[1] == records[-1]["text"]


def test_pages_that_repeat_an_article_keep_it(tmp_path: Path) -> None:
    """Copies that differ so much that they are counted one by one: their article is on every page, but it is no template."""
    article = "\n".join(body(1000 + k) for k in range(2))
    records = [page(k, f"第{k}次转载\n{body(k)}\n{article}\n{FOOT}") for k in range(30)]
    clean(write_records(tmp_path / "in.jsonl", records), tmp_path)
    texts = {r["id"]: r.get("text") for r in rows(tmp_path / "clean.jsonl")}
    assert texts
    assert all(text is not None and article.split("\n")[3] in text for text in texts.values())


def test_a_line_that_is_menu_and_heading_stays(tmp_path: Path) -> None:
    """The heading of a page stands in the menu of all pages, and over its own text; only there its neighbours are of the page."""
    names = ["联系我们", "网站律师", "服务承诺", "发展历程"]
    menu = "\n".join(["首页", "新闻中心", *names, "登录 注册"])
    records = [page(k, f"{menu}\n{names[k % 4]}\n{body(k)}\n第{k}期的事情就说到这里了。") for k in range(40)]
    clean(write_records(tmp_path / "in.jsonl", records), tmp_path)
    for row in rows(tmp_path / "clean.jsonl"):
        assert row["text"].split("\n")[0] == names[int(row["id"][1:]) % 4]


def test_a_second_run_over_the_output_changes_nothing(tmp_path: Path) -> None:
    first = tmp_path / "first"
    clean(write_records(tmp_path / "in.jsonl", site()), first)
    once = rows(first / "clean.jsonl")
    clean(write_records(tmp_path / "again.jsonl", [{**page(int(r["id"][1:]), r["text"])} for r in once]), tmp_path / "second")
    assert {r["id"]: r["text"] for r in rows(tmp_path / "second" / "clean.jsonl")} == {r["id"]: r["text"] for r in once}


@pytest.mark.parametrize("stages", [("boilerplate",), ("encoding", "script"), None])
def test_stages_may_be_left_out(tmp_path: Path, stages: tuple[str, ...] | None) -> None:
    from pipeline.run.settings import Settings

    clean(write_records(tmp_path / "in.jsonl", site(25)), tmp_path, settings=Settings(stages=stages))
    held = [FOOT in r["text"] for r in rows(tmp_path / "clean.jsonl")]
    assert all(held) if stages and "boilerplate" not in stages else not any(held)
