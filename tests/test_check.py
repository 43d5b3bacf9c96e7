"""taosha check: every rule fires on what it is for, and on nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from pipeline.check import RULES, Place, check_inputs
from pipeline.options import CheckOptions, NearOptions
from pipeline.read.inputs import Input, open_input
from tests.test_cli import ARTICLE, ROOT, SEEDS, taosha

BODY = "\n".join(f"{ARTICLE}这是第{i}段，讲的是第{i}件小事。" for i in "一二三四五六")

NAVIGATION = "首页\n登录 注册\n网站地图\n联系我们\n关于我们\n上一页 下一页\n分享到：微信 微博\n打印本页\n返回顶部\n"


def rules(*paths: Path, against: list[Path] | None = None) -> set[tuple[str, str]]:
    """Names of the rules that fire, and of the documents."""
    return {(f.name, f.document) for f in check_inputs([str(p) for p in paths], against or []).findings}


def test_seeds_pass() -> None:
    assert rules(SEEDS) == set()
    assert "5 documents checked, 0 findings" in taosha("check", SEEDS)


@pytest.mark.parametrize(
    "data, rule",
    [
        (b"", "unreadable"),
        (bytes(range(256)) * 64, "unreadable"),
        ((NAVIGATION + "版权所有 京ICP备12345678号-1\n").encode(), "only-boilerplate"),
        ("短短的一句话。".encode(), "too-little-chinese"),
        ((BODY + "\n联系人老吴，手机13812345678。").encode(), "personal-data"),
        ((BODY + "\n身份证号11010519491231002X。").encode(), "sensitive-data"),
        (("锟斤拷" * 90 + "\n").encode() * 3, "garbled"),
        (b"The quick brown fox jumps over the lazy dog.", "foreign"),
        (BODY.encode() + b"\xff\xfe" + BODY.encode(), "bad-bytes"),
        (BODY.replace("的", "\ufffd").replace("民", "\ufffd").encode(), "destroyed-text"),
        ("これは日本語のページです。中国語ではありませんから、ここに入るべきではありません。".encode() * 4, "foreign"),
        ("이 문서는 한국어로 쓰여 있습니다. 중국어가 아닙니다.".encode() * 6, "foreign"),
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


def test_formats_and_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"")
    assert "TS101" in taosha("check", bad, code=1)
    assert taosha("check", bad, "--format", "github", code=1).startswith("::error file=bad.txt,title=TS101 unreadable::")
    report = json.loads(taosha("check", bad, "--format", "json", code=1))
    assert report["documents"] == 1
    assert report["findings"][0]["rule"] in {rule.code for rule in RULES}
    assert "no such file" in taosha("check", tmp_path / "nowhere", code=2)
    assert "make clean-corpus" in taosha("check", SEEDS, "--against", tmp_path / "nowhere", code=2)


def write_rows(path: Path, *rows: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


OTHER = "\n".join(f"第{i}只船在清晨靠岸，船老大把{i}筐带鱼抬上码头，又忙着修补被礁石划破的渔网。" for i in "甲乙丙丁戊己庚辛")


def test_equal_ids_do_not_hide_a_duplicate_or_another_text(tmp_path: Path) -> None:
    corpus = write_rows(tmp_path / "old.jsonl", {"id": "1", "source": "https://a.cn/index.html", "text": BODY})
    near = BODY.replace("社区", "街道", 1) + "\n另外，周末也开门。"
    for row, wanted in (
        ({"id": "1", "text": BODY}, {"duplicate"}),
        ({"id": "1", "source": "https://b.cn/index.html", "text": BODY}, {"duplicate"}),
        ({"id": "1", "source": "https://a.cn/index.html", "text": BODY}, set()),
        ({"id": "2", "text": BODY}, {"duplicate"}),
        ({"id": "1", "text": OTHER}, {"duplicate-id"}),
        ({"id": "1", "text": near}, {"duplicate-id", "near-duplicate"}),
        ({"id": "2", "text": OTHER}, set()),
        ({"id": "2", "source": "https://b.cn/index.html", "text": BODY}, {"duplicate"}),
        ({"id": "2", "source": "https://a.cn/index.html", "text": BODY}, set()),
    ):
        new = write_rows(tmp_path / "new.jsonl", row)
        assert rules(new, against=[corpus]) == {(rule, f"new.jsonl#{row['id']}") for rule in wanted}, row


def test_a_file_moved_to_another_folder_is_itself(tmp_path: Path) -> None:
    for name in ("seeds/a.txt", "a.txt", "b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(BODY, "utf-8")
    taosha("clean", tmp_path / "seeds", "-o", tmp_path / "out" / "clean.jsonl", "-q")
    corpus = [tmp_path / "out"]
    assert rules(tmp_path / "a.txt", against=corpus) == set()
    assert rules(tmp_path / "b.txt", against=corpus) == {("duplicate", "b.txt")}
    (tmp_path / "0.txt").write_text(BODY, "utf-8")
    found = rules(tmp_path / "a.txt", tmp_path / "0.txt", against=corpus)
    assert found == {("duplicate", "0.txt")}, "of equal texts the one that the corpus has stays"


def test_records_of_one_file_are_not_one_document(tmp_path: Path) -> None:
    corpus = write_rows(tmp_path / "old.jsonl", {"id": "1", "source": "pages.jsonl", "text": BODY})
    new = write_rows(tmp_path / "pages.jsonl", {"id": "2", "text": BODY})
    assert rules(new, against=[corpus]) == {("duplicate", "pages.jsonl#2")}
    for id in ("1", "1#5feceb66ffc86f38"):      # as a run calls it where others share its id
        corpus = write_rows(tmp_path / "old.jsonl", {"id": id, "source": "in/pages.jsonl", "text": BODY})
        new = write_rows(tmp_path / "pages.jsonl", {"id": "1", "text": BODY})
        assert rules(new, against=[corpus]) == set()
        assert rules(write_rows(tmp_path / "copy.jsonl", {"id": "1", "text": BODY}), against=[corpus]) == {
            ("duplicate", "copy.jsonl#1")
        }


def test_equal_ids_among_the_new(tmp_path: Path) -> None:
    one = write_rows(tmp_path / "one.jsonl", {"id": "1", "text": BODY}, {"id": "2", "text": "不同的话。" + OTHER[60:]})
    two = write_rows(tmp_path / "two.jsonl", {"id": "1", "text": OTHER})
    assert ("duplicate-id", "two.jsonl#1") in rules(one, two)
    assert not any(rule == "duplicate-id" for rule, _ in rules(one))
    result = check_inputs([str(one), str(two)])
    (finding,) = [f for f in result.findings if f.name == "duplicate-id"]
    assert "one.jsonl#1" in finding.message
    assert finding.level == "error"


def test_an_index_knows_a_document_by_id_and_text(tmp_path: Path) -> None:
    from pipeline.near.index import Index

    Index.create(tmp_path / "index", NearOptions()).add(["1"], [BODY])
    near = BODY.replace("社区", "街道", 1) + "\n另外，周末也开门。"
    for row, wanted in (
        ({"id": "1", "text": BODY}, set()),
        ({"id": "1", "text": near}, {"near-duplicate"}),
        ({"id": "2", "text": BODY}, {"duplicate"}),
    ):
        new = write_rows(tmp_path / "new.jsonl", row)
        assert rules(new, against=[tmp_path / "index"]) == {(rule, f"new.jsonl#{row['id']}") for rule in wanted}, row


def test_names_of_records_and_texts(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": "短"}, {"id": "b", "url": "https://x.cn/p", "text": "短"}, {"text": "短短"}]
    new = write_rows(tmp_path / "in" / "new.jsonl", *rows)
    (tmp_path / "in" / "x.txt").write_text("短句", "utf-8")
    names = [f.document for f in check_inputs([str(new.parent)]).findings if f.name == "too-little-chinese"]
    assert {"in/new.jsonl#a", "in/new.jsonl#b", "in/x.txt"} < set(names)
    assert len(names) == 4
    assert all(n.startswith("in/new.jsonl#") or n == "in/x.txt" for n in names)


def test_annotations_name_the_file_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    new = write_rows(tmp_path / "seeds" / "more" / "new,1.jsonl", {"id": "a", "text": "短：50%"})
    with open(new, "ab") as file:
        file.write(b"broken\n")
    (tmp_path / "seeds" / "gone.txt").symlink_to(tmp_path / "nowhere")
    for name in ("seeds", tmp_path / "seeds", "./seeds/more/../"):
        lines = taosha("check", name, "--format", "github", code=1).splitlines()
        place = "::error file=seeds/more/new%2C1.jsonl,line="
        assert any(line.startswith(f"{place}1,title=TS202 too-little-chinese::") for line in lines)
        assert any(line.startswith(f"{place}2,title=TS101 unreadable::") for line in lines)
        assert any(line.startswith("::error file=seeds/gone.txt,title=TS101 unreadable::seeds/gone.txt: ") for line in lines)
    text = taosha("check", "seeds", code=1)
    assert "seeds/more/new,1.jsonl#a\n  1       error TS202 " in text
    assert "seeds/more/new,1.jsonl, line 2" in text
    monkeypatch.chdir(tmp_path / "seeds")
    assert "file=more/new%2C1.jsonl," in taosha("check", tmp_path / "seeds", "--format", "github", code=1)


def test_a_document_that_a_stage_fails_on_is_found_at_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.cleaning import clean_batch
    from pipeline.errors import StageError

    def fail(texts: list[str], **more: Any) -> Any:
        if any("砸" in text for text in texts):
            raise StageError("pinyin", "broken")
        return clean_batch(texts, **more)

    monkeypatch.setattr("pipeline.run.clean.clean_batch", fail)
    monkeypatch.chdir(tmp_path)
    for name, text in (("a", BODY), ("b", "砸" + OTHER), ("c", OTHER)):
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    result = check_inputs([str(tmp_path)])
    assert result.documents == 3
    assert [(f.name, f.place.path) for f in result.findings if f.level == "error"] == [("unreadable", "b.txt")]


def test_the_way_out_of_a_wrong_suffix_is_one_that_check_takes(tmp_path: Path) -> None:
    page = tmp_path / "x.txt"
    page.write_text(json.dumps({"id": "a", "text": BODY}, ensure_ascii=False) + "\n", "utf-8")
    shown = taosha("check", page, code=1)
    assert "--input-format jsonl" in shown
    assert "checked, 0 findings" in taosha("check", page, "--input-format", "jsonl")
    for verb in (["clean", page, "--dry-run"], ["explain", f"{page}#a"]):
        for option in ("--format", "--input-format"):
            taosha(*verb, option, "jsonl")


def test_continuous_integration_shows_findings_before_it_fails_on_them() -> None:
    steps = (ROOT / ".github" / "workflows" / "seeds.yml").read_text("utf-8").split("steps:")[1]
    places = [steps.index(part) for part in ("make setup", "pipeline check seeds --since", "bash .ci/run")]
    assert places == sorted(places)


def test_lines_of_a_file_are_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.check import documents

    read: list[int] = []
    opened = open_input

    @contextmanager
    def count(entry: Input) -> Iterator[IO[bytes]]:
        read.append(entry.size)
        with opened(entry) as file:
            yield file

    monkeypatch.setattr(documents, "open_input", count)
    texts = [f"第{i}号的{i * i}件小事。" for i in range(1990)]
    rows = [{"id": str(i), "text": text} for i, text in enumerate([*texts, *texts[:10]])]
    result = check_inputs([str(write_rows(tmp_path / "new.jsonl", *rows))], check=CheckOptions(select=("TS202", "TS3")))
    assert [f.place.line for f in result.findings if f.name == "too-little-chinese"].count(None) == 0
    assert {f.place.line for f in result.findings if f.name == "duplicate"} == set(range(1991, 2001))
    assert {f.other.line for f in result.findings if f.name == "duplicate" and f.other} == set(range(1, 11))
    assert len(read) == 1
    for folder in ("a", "b"):
        write_rows(tmp_path / folder / f"{folder}.jsonl", *({"id": f"{folder}{i}", "text": text} for i, text in enumerate(texts)))
    read.clear()
    check_inputs([str(tmp_path / "a")], [tmp_path / "b"], check=CheckOptions(select=("TS303",)))
    assert read == [], "no finding, no line"


def test_standard_input_of_many_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = write_rows(tmp_path / "new.jsonl", {"id": "1", "text": BODY}, {"id": "2", "text": BODY})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(rows.read_bytes())))
    (finding,) = check_inputs(["-"], format="jsonl").findings
    assert (finding.name, finding.place) == ("duplicate", Place("", 2))


def test_findings_replace_no_file_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("社区图书馆开放三年来，每天下午四点以后都坐满了放学的孩子，老吴说，书要有人看。", "utf-8")
    taosha("clean", tmp_path / "a.txt", "-o", f"{tmp_path}/o/", "-q")
    before = {path: path.read_bytes() for path in (tmp_path / "o").iterdir()}
    for name in ("audit.jsonl", "clean.jsonl", "manifest.json", "README.md"):
        taosha("check", tmp_path / "a.txt", "-o", tmp_path / "o" / name, code=2)
    assert {path: path.read_bytes() for path in (tmp_path / "o").iterdir()} == before
