"""The index on disk: what it finds, what it refuses, and that a crash leaves it as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import IndexMismatchError, InputError, UsageError
from pipeline.near import index as index_module
from pipeline.near import near_duplicates
from pipeline.near.index import Added, Found, Index, head
from pipeline.near.sketch import sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from pipeline.show.indexed import print_index
from tests.test_near import ARTICLE, CASES


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


POEM = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
TEXTS = [row["a"] for row in CASES if row["label"] == "not" and len(row["a"]) > 100][:80]


@pytest.fixture
def filled(tmp_path: Path) -> Index:
    index = Index.create(tmp_path / "index")
    index = index.add([f"t{i}" for i in range(len(TEXTS))], TEXTS)
    return index.add(["article", "poem", "empty", "短"], [ARTICLE, POEM, "", "短"])


def test_it_finds_what_is_there(filled: Index) -> None:
    asked = [
        ARTICLE, ARTICLE.replace("，", ""), ARTICLE.replace("介绍", "说明"), ARTICLE[:int(len(ARTICLE) * 0.7)],
        POEM.replace("疑", "宜"), "短。", "", "新",
        "今天的文章和哪一篇都不一样，讲的是别的事情，谁也没有写过。",
    ]
    found = list(filled.query(asked))
    assert found[:2] == [Found("article", "exact", 1.0)] * 2
    assert [f and (f.id, f.cause) for f in found[2:]] == [
        ("article", "near"), ("article", "contained"), ("poem", "near"), ("短", "exact"), None, None, None,
    ]


def test_a_longer_version_is_not_a_duplicate_of_an_indexed_part(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "i").add(["part"], [ARTICLE[:int(len(ARTICLE) * 0.7)]])
    assert list(index.query([ARTICLE])) == [None]


def test_it_agrees_with_the_comparison_in_memory(filled: Index) -> None:
    for row in CASES[::6]:
        if len(row["a"]) < len(row["b"]):
            row = {**row, "a": row["b"], "b": row["a"]}
        index = Index.create(filled.folder.parent / row["id"]).add(["a"], [row["a"]])
        found = next(index.query([row["b"]]))
        in_memory = near_duplicates([row["a"], row["b"]])
        if in_memory in ([None, 0], [None, None]):
            assert (found is not None) == (in_memory[1] == 0), row["id"]


def test_it_outlives_the_run_and_grows(filled: Index) -> None:
    again = Index.open(filled.folder)
    assert len(again) == len(TEXTS) + 4
    assert next(again.query([TEXTS[3]])) == Found("t3", "exact", 1.0)
    grown = again.add(["later"], ["后来又加进来的一篇文章，内容和前面的都不一样。"])
    assert len(grown.segments) == 3
    assert grown.check() == 3 * 8
    assert grown.info()["documents"] == len(TEXTS) + 5
    assert again.add([], []).added == Added(0, 0, 0)


@pytest.mark.parametrize("other", [NearOptions(seed=2), NearOptions(shingle=4), NearOptions(num_perm=64)])
def test_it_refuses_to_mix_settings(filled: Index, other: NearOptions) -> None:
    with pytest.raises(IndexMismatchError, match=r"index made with (seed|shingle|num_perm) .* cannot be compared"):
        Index.open(filled.folder, other)


def test_it_refuses_another_format_and_says_what_to_do(filled: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {**index_module._settings(filled.options), "format": 1}
    head.publish(filled.folder, settings, [])
    with pytest.raises(IndexMismatchError, match=r"format 1, here 2; build it anew .* taosha index NEW --add CORPUS"):
        Index.open(filled.folder)
    head.publish(filled.folder, {**settings, "format": 2, "canonical": "0"}, [])
    with pytest.raises(IndexMismatchError, match="canonical '0', here"):
        Index.open(filled.folder)
    head.publish(filled.folder, {"format": 2, "num_perm": "many"}, [])
    with pytest.raises(IndexMismatchError, match="made by another version"):
        Index.open(filled.folder)


def test_no_index_and_two_indexes(tmp_path: Path, filled: Index) -> None:
    with pytest.raises(InputError, match="name the folder of an index"):
        Index.open(tmp_path / "nothing")
    with pytest.raises(UsageError, match="there is an index already"):
        Index.create(filled.folder)
    with pytest.raises(UsageError, match="1 ids for 2 texts"):
        filled.add(["a"], ["b", "c"])
    assert len(Index.open_or_create(filled.folder)) == len(filled)
    assert len(Index.open_or_create(tmp_path / "new")) == 0


def test_a_new_index_stands_there_with_its_first_documents_alone(tmp_path: Path, filled: Index) -> None:
    """What could not be added leaves none that says that it holds nothing."""
    def fail() -> Iterator[tuple[str, str]]:
        yield "a", "春眠不觉晓，处处闻啼鸟。"
        raise InputError("line 2 is damaged")

    new = Index.open_or_create(tmp_path / "new")
    with pytest.raises(InputError, match="line 2"):
        new.extend(fail())
    with pytest.raises(InputError, match="name the folder of an index"):
        Index.open(tmp_path / "new")
    assert len(new.extend([("a", "春眠不觉晓，处处闻啼鸟。")])) == len(new.extend([("b", "夜来风雨声")])) - 1 == 1     # opened once
    assert len(Index.open_or_create(tmp_path / "none").extend([])) == len(Index.open(tmp_path / "none")) == 0


def test_a_damaged_head_is_seen(filled: Index) -> None:
    path = filled.folder / "index.json"
    head = json.loads(path.read_text())
    head["settings"]["seed"] = 5
    path.write_text(json.dumps(head))
    with pytest.raises(IndexMismatchError, match="digest does not fit"):
        Index.open(filled.folder)
    path.write_text(path.read_text()[:-10])
    with pytest.raises(IndexMismatchError, match="damaged"):
        Index.open(filled.folder)


def test_a_bucket_larger_than_its_window_still_gives_the_close_copy(tmp_path: Path) -> None:
    template = (
        "本院定于{}开庭审理原告{}诉被告{}合同纠纷一案，请当事人准时到庭参加诉讼，逾期将依法缺席判决，特此公告。"
        "本公告自发布之日起经过三十日视为送达。"
    )
    rng = np.random.default_rng(1)
    names = ["".join(map(chr, rng.integers(0x4E00, 0x9000, 3))) for _ in range(900)]
    notices = [template.format(f"{i}号", names[3 * i % 900], names[(3 * i + 1) % 900]) for i in range(300)]
    index = Index.create(tmp_path / "i").add([str(i) for i in range(300)], notices)
    asked = [notices[k].replace("特此公告。", "特此公告！以上") for k in (5, 150, 290)]
    assert [f and f.id for f in index.query(asked)] == ["5", "150", "290"]


def test_keys_of_an_index_are_sorted(filled: Index) -> None:
    keys = filled.segments[0].table("keys")["key"].to_numpy()
    assert (np.diff(keys) >= 0).all()
    long = int((sketch(Texts.of(TEXTS), NearOptions()).n_canonical >= 16).sum())
    assert len(keys) == 42 * long


def test_an_id_with_another_text_replaces_the_old_one(filled: Index) -> None:
    """Found is what is there now; what it said before is found no more, alone or among others."""
    again = filled.add(["article", "poem", "t1"], [ARTICLE, "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", TEXTS[1]])
    assert again.added == Added(new=0, replaced=1, known=2)
    assert len(again) == len(filled)
    asked = [POEM, POEM.replace("疑", "宜"), "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。", ARTICLE]
    assert [f and f.id for f in again.query(asked)] == [None, None, "poem", "article"]
    back = again.add(["poem"], [POEM])
    assert back.added == Added(0, 1, 0)
    assert [f and f.id for f in back.query([POEM])] == ["poem"]
    assert back.add(["poem", "poem"], [POEM, POEM]).added == Added(0, 0, 1)
    back.check()


def test_an_id_with_two_texts_at_once_is_refused_and_nothing_is_added(filled: Index) -> None:
    with pytest.raises(UsageError, match="'x' stands for two texts"):
        filled.add(["w", "x", "x"], ["零", "一", "二"])
    assert len(Index.open(filled.folder)) == len(filled)
    assert not list(filled.folder.glob(".adding-*"))


def test_ids_and_texts_with_lone_surrogates_and_nothing_in_them(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "i").add(["\ud800", "", "乙\n丙"], ["坏\ud800字" + ARTICLE, "", "\0"])
    assert index.check() == 8
    assert [f and f.id for f in index.query([ARTICLE, ""])] == ["\ud800", None]


def test_what_is_shown(filled: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "clean.jsonl"
    rows = [{"id": "article", "text": "别的一篇"}, {"id": "短", "text": "短"}]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    print_index(filled.folder, [corpus], NearOptions(), verify=True)
    said = capsys.readouterr().out
    assert "0 documents added; 1 replaced, as their text is another now; 1 there already" in said
    assert f"{len(filled)} documents in 3 segments" in said
    assert "24 files checked: all as they were written" in said
