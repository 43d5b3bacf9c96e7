"""The index on disk: what it finds, what it refuses, and that a crash leaves it as it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import IndexMismatchError, InputError, UsageError
from pipeline.near import index as index_module
from pipeline.near import near_duplicates
from pipeline.near.index import Found, Index
from pipeline.near.sketch import sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from tests.test_near import ARTICLE, CASES

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
    assert grown.check() == 3 * 16
    assert grown.info()["documents"] == len(TEXTS) + 5
    assert again.add([], []) is again


@pytest.mark.parametrize("other", [NearOptions(seed=2), NearOptions(shingle=4), NearOptions(num_perm=64)])
def test_it_refuses_to_mix_settings(filled: Index, other: NearOptions) -> None:
    with pytest.raises(IndexMismatchError, match=r"index made with (seed|shingle|num_perm) .* cannot be compared"):
        Index.open(filled.folder, other)


def test_it_refuses_another_scheme_and_format(filled: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "FORMAT", 99)
    with pytest.raises(IndexMismatchError, match="format 1, here 99"):
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


def test_damage_is_seen(filled: Index) -> None:
    path = filled.segments[0].folder / "keys"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(IndexMismatchError, match="digest does not fit"):
        Index.open(filled.folder).check()
    path.write_bytes(bytes(data[:-8]))
    with pytest.raises(IndexMismatchError, match="bytes expected"):
        Index.open(filled.folder)


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


@pytest.mark.parametrize("step", ["write_segment", "_publish"])
def test_a_crash_while_adding_leaves_the_index_as_it_was(filled: Index, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(index_module, step, crash)
        with pytest.raises(KeyboardInterrupt):
            filled.add(["x"], ["没有写完的一篇"])
    again = Index.open(filled.folder)
    assert len(again) == len(filled)
    assert len(again.add(["x"], ["后来写完的一篇"])) == len(filled) + 1


def test_one_writer_at_a_time(filled: Index) -> None:
    with index_module._locked(filled.folder), pytest.raises(UsageError, match="another process"):
        filled.add(["x"], ["一篇"])


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
    keys = np.asarray(filled.segments[0].arrays["keys"])
    assert (np.diff(keys) >= 0).all()
    long = int((sketch(Texts.of(TEXTS), NearOptions()).n_canonical >= 16).sum())
    assert len(keys) == 42 * long
