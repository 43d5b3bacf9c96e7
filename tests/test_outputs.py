"""What a corpus is written as: the suffix decides, the rows are the same, and what a record held besides rides along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.corpus import corpus as corpora
from pipeline.corpus.audit import read_audit
from pipeline.corpus.columns import arrow_schema, columns_of, json_schema
from pipeline.corpus.documents import read_corpus
from pipeline.corpus.lines import iterate_rows
from pipeline.corpus.restored import restored_rows
from pipeline.errors import AuditError, InputError
from pipeline.read.paths import find_inputs
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from pipeline.signals.table import NAMES
from tests.run_corpus import make_records, write_records
from tests.test_cli import ROOT, process, taosha

EXTRA: list[dict[str, Any]] = [
    {"lang": "zh", "n": 2**53 + 1, "nested": {"a": [1, None, {"b": "党\u2028"}]}}, {}, {"lang": None, "段落": ["一", "二"]},
    {"": "", "id2": -0.5},
]


def write(source: Path, path: Path) -> None:
    run(find_inputs([str(source)]), path, Settings(), workers=1)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [r | EXTRA[k % len(EXTRA)] for k, r in enumerate(make_records(40))]
    return write_records(tmp_path_factory.mktemp("in") / "in.jsonl", records)


@pytest.mark.parametrize("suffix", corpora.SUFFIXES)
def test_every_form_holds_the_same(source: Path, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "GROUP_ROWS", 7)
    given = {r["id"]: r for r in map(json.loads, reversed(source.read_bytes().split(b"\n")[:-1]))}
    for folder in ("a", "b"):
        write(source, tmp_path / folder / f"x{suffix}")
    path = tmp_path / "a" / f"x{suffix}"
    assert path.read_bytes() == (tmp_path / "b" / f"x{suffix}").read_bytes()
    own = list(iterate_rows(path))
    write(source, tmp_path / "plain" / "clean.jsonl")
    assert own == list(iterate_rows(tmp_path / "plain" / "clean.jsonl"))
    assert own == list(read_corpus(path)) == list(read_corpus(path.parent))
    assert len(own) > 30
    for row in own:
        if "#" in row["id"]:
            continue        # two records have this id
        extra = {k: v for k, v in given[row["id"]].items() if k not in ("id", "text", "url")}
        assert row.get("extra", {}) == extra
        assert ("extra" in row) == bool(extra)
    dropped = [row for row in read_audit(tmp_path / "a" / "audit.jsonl") if row["fate"] == "duplicate"]
    assert {json.dumps(row.get("extra")) for row in dropped} - {"null"}, "what a dropped document held is in the audit"
    restored = {(r["id"].partition("#")[0], r["text"]) for r in restored_rows(tmp_path / "a" / "audit.jsonl", path)}
    assert restored <= {(r["id"], r["text"]) for r in make_records(40) if "text" in r}
    assert len(restored) > 40
    assert json.loads((tmp_path / "a" / "manifest.json").read_bytes())["corpus"] == path.name
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(AuditError):
        list(iterate_rows(path))
    with pytest.raises(AuditError, match="not what its run wrote"):
        list(read_corpus(path))
    (tmp_path / "a" / "manifest.json").unlink()
    with pytest.raises(InputError):
        list(read_corpus(path))


def test_parquet_has_one_schema_and_row_groups(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "GROUP_CHARS", 3000)
    write(source, tmp_path / "x.parquet")
    file = pq.ParquetFile(tmp_path / "x.parquet")
    assert file.schema_arrow == arrow_schema()
    assert file.num_row_groups > 3
    write_records(tmp_path / "menu.jsonl", [{"text": "首页\n新闻\n登录 注册\n版权所有 京ICP备12345678号-1\n友情链接：\n"}])
    write(tmp_path / "menu.jsonl", tmp_path / "none" / "x.parquet")
    assert pq.read_table(tmp_path / "none" / "x.parquet").schema == arrow_schema()


def test_one_list_of_columns_says_it_all(source: Path, tmp_path: Path) -> None:
    assert json.loads((ROOT / "pipeline" / "data" / "clean.schema.json").read_text("utf-8")) == json_schema()
    write(source, tmp_path / "clean.jsonl")
    names = [c.name for c in columns_of(parquet=False, extra=True)]
    assert [name for name in arrow_schema().names if name not in ("language", "quality", *NAMES, "foreign")] == names
    assert all([*row] == names[:len(row)] for row in iterate_rows(tmp_path / "clean.jsonl"))


def test_standard_output_gets_the_corpus_and_nothing_else(source: Path, tmp_path: Path) -> None:
    write(source, tmp_path / "clean.jsonl")
    before = sorted(p.name for p in tmp_path.iterdir())
    done = process("clean", source, "-o", "-", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (tmp_path / "clean.jsonl").read_text("utf-8")
    assert done.stderr.count("no audit") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert "--json" in taosha("clean", source, "-o", "-", "--json", code=2)


@pytest.mark.parametrize("name", ["x.txt", "x.jsonl.bz2", "x.gz", "x", ".jsonl", "x.csv"])
def test_an_unknown_suffix_is_an_error(source: Path, tmp_path: Path, name: str) -> None:
    assert "give a name that ends so" in taosha("clean", source, "-o", tmp_path / name, code=2)
    assert not list(tmp_path.iterdir())


def test_records_that_differ_in_other_fields_are_not_equal(tmp_path: Path) -> None:
    """Which of two goes hangs on no order; what the one that goes held is in the audit."""
    text = "社区图书馆开放三年来，每天下午四点以后都坐满了放学的孩子，管理员说，书要有人看才算书。"
    records = [{"id": "a", "text": text, "lang": lang} for lang in ("zh", "cn")]
    found: list[tuple[list[Any], list[Any]]] = []
    for name, own in (("x", records), ("y", records[::-1]), ("twins", [records[0], records[0]])):
        write(write_records(tmp_path / name / "in.jsonl", own), tmp_path / name / "out" / "clean.jsonl")
        kept = list(read_corpus(tmp_path / name / "out"))
        audited = list(read_audit(tmp_path / name / "out" / "audit.jsonl"))
        found.append((kept, [{k: row.get(k) for k in ("id", "fate", "kept", "extra")} for row in audited]))
    assert found[0] == found[1]
    (kept,), rows = found[0]
    assert {row["extra"]["lang"] for row in [kept, *(row for row in rows if row["extra"])]} == {"zh", "cn"}
    (kept,), rows = found[2]
    assert [row["fate"] for row in rows] == ["kept", "duplicate"]
    assert kept["id"] == "a", "equal records have one name"


def test_columns_have_one_type_whatever_is_known(tmp_path: Path) -> None:
    """Readers guess the types of JSONL from its first lines: there is no null in it, and no key but `extra` comes and goes."""
    text = "社区图书馆开放三年来，每天下午四点以后都坐满了放学的孩子，管理员老吴说。"
    bare = [{"id": str(n), "text": f"第{n}篇：{text}"} for n in range(3)]
    rich = [r | {"date": "2020-01-02", "author": "张三", "title": "题", "source_name": "日报", "url": "http://x.cn/"} for r in bare]
    wanted = {c.name: {"string": str, "int64": int, "list": list}[c.type] for c in columns_of(parquet=False)}
    for name, records in (("bare", bare), ("rich", rich), ("both", [*bare, *rich])):
        write(write_records(tmp_path / name / "in.jsonl", records), tmp_path / name / "out" / "clean.jsonl")
        rows = [json.loads(line) for line in (tmp_path / name / "out" / "clean.jsonl").read_bytes().splitlines()]
        assert rows
        for row in rows:
            assert {key: type(value) for key, value in row.items()} == wanted
