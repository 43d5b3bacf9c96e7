"""taosha diff: every kind of change between two runs is told, once, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.difference import Change, Difference, compare_runs, compare_settings
from pipeline.errors import InputError
from tests.test_check import BODY, OTHER, write_rows
from tests.test_cli import taosha

PAGE = "\n".join(f"{i}月的雨水比往年多，{i}号闸门开了两次，下游的村子没有受灾。" for i in "一二三四五六七八")
LISTING = "\n".join(f"• {i}届运动会开幕的消息传来 05-0{n}\n• 更多" for n, i in enumerate("一二三四五六七", 1))


def run(folder: Path, name: str, *rows: dict[str, str], options: tuple[str, ...] = ()) -> Path:
    inputs = write_rows(folder / f"in-{name}" / "pages.jsonl", *rows)
    taosha("clean", inputs, "-o", folder / name / "clean.jsonl", "-q", *options)
    return folder / name


def compare(before: Path, after: Path) -> tuple[dict[str, Change], Difference]:
    counted = Difference()
    return {change.id: change for change in compare_runs(before, after, counted)}, counted


def test_every_kind_of_change(tmp_path: Path) -> None:
    texts = {"same": BODY, "gone": PAGE, "text": f"{OTHER}\n一句话。", "title": "甲乙丙丁" + PAGE[::-1], "copy": OTHER[::-1] + "完"}
    same, gone, text, title, copy = ({"id": id, "text": t} for id, t in texts.items())
    before = run(tmp_path, "a", same, gone, text, title | {"title": "旧"}, copy)
    after = run(
        tmp_path, "b", same, text | {"text": f"{OTHER}\n另一句话。"}, title | {"title": "新"}, copy | {"text": f"{BODY}\n完。"},
        {"id": "added", "text": OTHER[::-1] + "\n又一句。"},
    )
    changes, counted = compare(before, after)
    assert changes.keys() == {"gone", "text", "title", "copy", "added", "same"}
    assert changes["gone"].kinds == ("gone",)
    assert changes["gone"].removed == tuple(PAGE.split("\n"))
    assert changes["added"].kinds == ("added",)
    assert (changes["text"].removed, changes["text"].added) == (("一句话。",), ("另一句话。",))
    assert changes["text"].kinds == ("original", "text")
    assert changes["title"].kinds == ("metadata",)
    assert changes["title"].metadata == (("title", "旧", "新"),)
    assert changes["copy"].kinds[:2] == ("original", "text")
    assert (changes["same"].kinds, changes["same"].fates) == (("fate",), ("kept", "duplicate"))
    assert counted.documents == (5, 5)
    assert counted.same == 0
    assert counted.fates == {("kept", "duplicate"): 1}


def test_a_run_and_itself(tmp_path: Path) -> None:
    one = run(tmp_path, "a", {"id": "1", "text": BODY}, {"id": "1", "text": BODY}, {"id": "2", "text": PAGE})
    assert compare(one, one)[0] == {}
    assert compare_settings(one, one) == []
    assert taosha("diff", one, one, "--exit-code") == "3 and 3 documents, 3 the same\n"


def test_of_a_sealed_run_no_original_is_said_to_be_another(tmp_path: Path) -> None:
    rows = {"id": "1", "text": BODY}, {"id": "2", "text": PAGE}
    open_, sealed = run(tmp_path, "a", *rows), run(tmp_path, "b", *rows, options=("--audit", "sealed"))
    for pair in ((open_, sealed), (sealed, open_), (sealed, sealed)):
        assert compare_settings(*pair) == []
        said = taosha("diff", *pair, "--exit-code")
        assert "2 and 2 documents, 2 the same" in said
        assert "2  whose originals are not compared" in said
    assert json.loads(taosha("diff", open_, sealed, "--format", "json"))["originals_not_compared"] == 2


def test_what_the_runs_were_made_with_is_told(tmp_path: Path) -> None:
    rows = {"id": "1", "text": BODY.replace("图书馆", "圖書館")}, {"id": "2", "text": PAGE}
    before, after = run(tmp_path, "a", *rows), run(tmp_path, "b", *rows, options=("--stages", "boilerplate"))
    assert [s.name for s in compare_settings(before, after)] == ["stages"]
    said = taosha("diff", before, after, "--exit-code", code=1)
    assert "stages: all → boilerplate" in said
    assert "1  another text" in said
    told = json.loads(taosha("diff", before, after, "--format", "json"))
    assert told["settings"] == [{"name": "stages", "before": "all", "after": "boilerplate"}]
    (change,) = told["changes"]
    assert change["kinds"] == ["text"]
    assert all("圖書館" in line for line in change["added"])
    assert told["same"] == 1


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    one = run(tmp_path, "a", {"id": "1", "text": BODY})
    for other in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="no run is there"):
            compare(one, other)
    without = run(tmp_path, "b", {"id": "1", "text": BODY}, options=("--audit", "off"))
    assert "no audit" in taosha("diff", one, without, code=3)


@given(st.lists(st.sampled_from("甲乙丙丁戊"), max_size=12), st.lists(st.sampled_from("甲乙丙丁戊"), max_size=12))
def test_lines_that_went_and_came_account_for_both_texts(one: list[str], other: list[str]) -> None:
    from pipeline.difference import _compare_lines

    removed, added = _compare_lines("\n".join(one), "\n".join(other))
    assert sorted([*(line for line in one if line), *added]) == sorted([*(line for line in other if line), *removed])
    assert not set(removed) & set(added)


def test_a_file_that_was_edited_is_one_document(tmp_path: Path) -> None:
    for name, end in (("a", "前一句。"), ("b", "后一句。")):
        folder = tmp_path / name / "in"
        folder.mkdir(parents=True)
        for file, text in (("x.txt", f"{BODY}\n{end}"), ("y.txt", OTHER)):
            (folder / file).write_text(text, "utf-8")
        taosha("clean", folder, "-o", tmp_path / name / "clean.jsonl", "-q")
    (change,), counted = [*compare(tmp_path / "a", tmp_path / "b")[0].values()], Difference()
    assert change.kinds == ("original", "text")
    assert (change.removed, change.added) == (("前一句。",), ("后一句。",))
    assert [*compare_runs(tmp_path / "a", tmp_path / "a", counted)] == []
