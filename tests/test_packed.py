"""Edits as the audit holds them: nothing of them is lost, and texts that come again stand there once."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.account import Applied, Cleaned, Trace, account, edit_rows, replay, restore
from pipeline.cleaning import clean_texts
from pipeline.corpus import audit, packed, shared, stretch
from pipeline.corpus.audit import AUDIT_COLUMNS, AuditWriter, read_audit
from pipeline.corpus.json_lines import escape_breaks
from pipeline.corpus.packed import count_edits, merge, only_places, pack, unpack
from pipeline.corpus.packing import dump_accounts, round_scores
from pipeline.corpus.restored import restored_rows
from pipeline.corpus.rows import PART
from pipeline.corpus.sinks import open_lines
from pipeline.edits import Edit, Edits, make
from pipeline.errors import AuditError
from pipeline.record import Texts
from tests.run_corpus import clean, make_records, write_records

LETTERS = st.sampled_from("ab=\n党黨\u2028\x85\"\\\x01😀é")


@st.composite
def accounts(draw: st.DrawFn) -> Cleaned:
    """A text that some steps of two stages changed, with the account of it."""
    text = draw(st.text(LETTERS, max_size=30))
    result = Cleaned(text, text)
    trace: Trace | None = None
    for step in range(draw(st.integers(0, 4))):
        texts, edits, at = Texts.of([result.text]), [], 0
        for a in sorted(draw(st.lists(st.integers(0, len(result.text)), max_size=6))):
            b = draw(st.integers(a, min(len(result.text), a + 4)))
            if a >= at:
                put = draw(st.one_of(st.just(""), st.text(LETTERS, max_size=3), st.text(LETTERS, min_size=b - a, max_size=b - a)))
                edits.append(Edit(a, b, put, draw(st.sampled_from(["why", "else"])), draw(st.sampled_from([1.0, 0.5, 0.987]))))
                at = b
        columns = Edits.of(edits)
        made = make(texts, columns)
        if edits:
            trace = account([result], trace, step, "script" if step % 2 else "encoding", texts, columns, made, [0])
        result.text = made.after.text(0)
    return result


def spans(edits: list[Applied]) -> set[tuple[int, str, int]]:
    return {(e.step, e.reason, place) for e in edits for place in range(e.first, e.last)}


@settings(max_examples=300)
@given(accounts())
@example(Cleaned("ab", "==", [Applied(0, "script", "why", 0, "ab", "==", 0, 2, 1.0)]))
@example(Cleaned("=a", "b=", [Applied(0, "script", "why", 0, "=a", "b=", 0, 2, 1.0)]))
def test_nothing_is_lost(cleaned: Cleaned) -> None:
    steps = json.loads(json.dumps(pack(cleaned.edits)))
    edits, original = unpack(cleaned.text, steps)
    assert original == cleaned.original
    assert restore(cleaned.text, edit_rows(edits)) == cleaned.original
    assert replay(cleaned.original, edit_rows(edits)) == cleaned.text
    assert spans(edits) >= spans(cleaned.edits)
    assert count_edits(steps) == len(edits) <= len(cleaned.edits)
    assert sum(len(e.taken) - len(e.put) for e in edits) == len(cleaned.original) - len(cleaned.text)
    assert all(e.score in (1, 0.5, 0.99) for e in edits)


@given(accounts())
def test_edits_that_stay_one_by_one_are_as_they_were(cleaned: Cleaned) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "BRIDGE", -1)
        edits, _ = unpack(cleaned.text, pack(cleaned.edits))
    assert edits == [e._replace(score=round(e.score, 2)) for e in merge(cleaned.edits)]


@given(accounts())
def test_only_places_keeps_each_place(cleaned: Cleaned) -> None:
    steps = only_places(pack(cleaned.edits))
    kept = {(s["step"], reason, k) for s in steps for reason, rows in s["places"].items() for a, b in rows for k in range(a, b)}
    assert kept >= spans(cleaned.edits)
    if steps:
        with pytest.raises(AuditError, match="--audit full"):
            unpack(cleaned.text, steps)


@settings(max_examples=300)
@given(st.lists(accounts(), max_size=3))
def test_accounts_are_written_from_columns_as_from_edits(cleaned: list[Cleaned]) -> None:
    written = dump_accounts(cleaned)
    assert written == [escape_breaks(orjson.dumps(pack(c.edits))) for c in cleaned]


@given(st.floats(0, 1) | st.integers(0, 1000).map(lambda k: k / 1000))
def test_scores_round_as_python_does(score: float) -> None:
    (k,) = round_scores(np.array([score]))
    assert (1 if k > 100 else k / 100) == round(score, 2)


def test_sums_of_columns_are_those_of_the_edits() -> None:
    menu = "首页\n新闻\n登录 注册\n版权所有\n当前位置：首页 > 新闻\n"
    (result,) = clean_texts([menu + "党建引领(dǎng)基层治理，让社会充满活力。\u200b" * 3])
    n = Counter[tuple[str, str]]()
    for stage, reason, count, *_ in result.sums:
        n[stage, reason] += count
    assert n == Counter((e.stage, e.reason) for e in result.edits)
    assert sum(row[3] - row[4] for row in result.sums) == len(result.original) - len(result.text)


def test_neighbours_are_one_edit() -> None:
    text, edits, at = "正文", [], 0
    lines = ("首页\n", "menu", 0.9), ("新闻\n", "menu", 0.7), ("更多\n", "pager", 0.8), ("体育\n", "menu", 0.6)
    for line, reason, score in lines:
        edits.append(Applied(1, "boilerplate", reason, at, line, "", at, at + 3, score))
        at += 3
    assert pack(edits) == [{"step": 1, "stage": "boilerplate", "cut": {
        "menu": [[0, "首页\n新闻\n", 0.7], [9, "体育\n", 0.6]], "pager": [[6, "更多\n", 0.8]],
    }}]
    assert unpack(text, pack(edits))[1] == "首页\n新闻\n更多\n体育\n正文"


@pytest.mark.parametrize("text", ["", "中", "中华民党", "华中民国"])
def test_an_account_of_another_text_is_refused(text: str) -> None:
    steps = [{"step": 0, "stage": "script", "put": {"script": [[3, "國", "国国"]]}, "chars": {"script": [[0, "=華="]]}}]
    with pytest.raises(AuditError, match="does not fit"):
        unpack(text, steps)


#: Texts of cuts and of what was put: few lines, so that they come again, and every kind of border of a line.
PIECES = st.lists(
    st.sampled_from(["\n", "党\n", "首页", "a\\n", "\\", '"', "\x01\n", "\u2028", "新闻\n更多\n", "😀"]), max_size=5
).map("".join)


@st.composite
def steps_of_one_document(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Steps as `pack` makes them: rows in the order of their places, texts of all kinds, gaps, drifts and scores."""
    steps = []
    for step in range(draw(st.integers(0, 3))):
        part: dict[str, Any] = {"step": step, "stage": draw(st.sampled_from(["boilerplate", "cut"]))}
        at, drifts = 0, dict[tuple[str, str], int]()
        for _ in range(draw(st.integers(0, 8))):
            kind, reason = draw(st.sampled_from(["cut", "cut", "put", "chars"])), draw(st.sampled_from(["menu", 'a"b', "cut"]))
            text = draw(PIECES)
            at += draw(st.sampled_from([0, 0, 0, 1, 1000]))
            drift = draw(st.sampled_from([0, 0, -1, 12]))
            row: list[Any] = [at - drift, text, *([draw(PIECES)] if kind == "put" else [])]
            more = [draw(st.sampled_from([1, 1, 0.97, 0.5, 0.0, 0.07, 1.0])), drift, len(text) + draw(st.sampled_from([0, 0, 3]))]
            if more[2] == len(text):
                more.pop()
                if drift == drifts.get((kind, reason), 0):
                    more.pop()
                    if more[0] == 1:
                        more.pop()
            drifts[kind, reason] = drift
            part.setdefault(kind, {}).setdefault(reason, []).append(row + more)
            at += max(len(text), 1)
        if len(part) > 2:
            steps.append(part)
    return steps


def rows_of(steps: list[dict[str, Any]]) -> list[Any]:
    return [(part["step"], part["stage"], sorted((*row[:3], *row[4:]) for row in packed._read_rows(part))) for part in steps]


def _read_again(own: list[list[dict[str, Any]]]) -> list[Any]:
    head, data = stretch.share([escape_breaks(orjson.dumps(steps)) for steps in own])
    reader = stretch.Stretch(orjson.loads(head))
    rows = [orjson.loads(b'{"edits":%b}' % account) for account in data]
    for row in rows:
        reader.put_back(row)
    assert all(row.keys() == {"edits"} for row in rows)
    return [row["edits"] for row in rows]


@settings(max_examples=200)
@given(st.lists(steps_of_one_document(), max_size=8))
def test_shared_lines_come_back(own: list[list[dict[str, Any]]]) -> None:
    assert list(map(rows_of, _read_again(own))) == list(map(rows_of, own))


@settings(max_examples=100)
@given(st.lists(accounts(), max_size=8))
def test_accounts_come_back(cleaned: list[Cleaned]) -> None:
    own = [pack(c.edits) for c in cleaned]
    assert list(map(rows_of, _read_again(own))) == list(map(rows_of, own))


def test_a_document_is_read_with_the_first_line_of_its_stretch_alone() -> None:
    own = [[{"step": 0, "stage": "boilerplate", "cut": {"menu": [[k, f"首页\n新闻\n第{k}\n"]]}}] for k in range(5)]
    head, data = stretch.share(list(map(orjson.dumps, own)))
    for k in (0, 3, 4):
        row = orjson.loads(b'{"edits":%b}' % data[k])
        stretch.Stretch(orjson.loads(head)).put_back(row)
        assert row["edits"][0]["cut"]["menu"][0][1] == f"首页\n新闻\n第{k}\n"


def test_an_audit_is_what_its_page_says() -> None:
    own = [
        [{"step": 1, "stage": "boilerplate", "cut": {
            "menu": [[0, "首页\n新闻\n", 0.9], [14, "更多\n"]], "share": [[6, "分享到\n到微博\n"]]}}],
        [{"step": 0, "stage": "encoding", "put": {"white-space": [[7, "\t\t", " "], [9, "\t\t", " "], [20, "\t", " ", 1, 0, 3]]}},
         {"step": 1, "stage": "boilerplate", "cut": {
             "menu": [[0, "首页\n新闻\n"], [30, "\n首页", 1, -2]], "byline": [[15, "（张三）"]]}}],
    ]
    head, data = stretch.share(list(map(orjson.dumps, own)))
    assert orjson.loads(head) == {
        "format": 2, "number": 1, "n_lines": 5, "reasons": ["menu", "share", "white-space", "byline"],
        "lines": "首页\n新闻\n分享到\n到微博\n更多",
    }
    assert [orjson.loads(b'{"edits":%b}' % account) for account in data] == [
        {"edits": [{"step": 1, "stage": "boilerplate", "cut": [[0, -5, [0, 0.9, 2], [1, 1, 2], 0]]}], "new": 1},
        {"edits": [{"step": 0, "stage": "encoding", "put": {"white-space": [["\t\t", " ", [7, 2]], ["\t", " ", [[20, 1, 0, 2]]]]}},
                   {"step": 1, "stage": "boilerplate", "cut": [
                       [0, [[1, 2]], 0], [15, "（张三）", 3], [30, [0, 1], [0, 1, 1, -2]]]}]},
    ]


@pytest.mark.parametrize("change, message", [
    ({"cut": [[0, 9, 0]]}, "line 9, and its stretch has 2"),
    ({"cut": [[0, [[2, 2]], 0]]}, "line 3, and its stretch has 2"),
    ({"cut": [[0, -1, 0]]}, "line 0, and its stretch has 2"),
    ({"cut": [[0, 1, 7]]}, "reason 7, and its stretch has 1"),
])
def test_an_account_of_another_stretch_is_refused(change: dict[str, Any], message: str) -> None:
    own = stretch.Stretch({"format": 2, "number": 1, "n_lines": 2, "reasons": ["menu"], "lines": "a\nb"})
    with pytest.raises(AuditError, match=message):
        own.put_back({"edits": [change]})


def test_lines_that_are_named_again_and_again_are_refused(tmp_path: Path) -> None:
    """17 kB of references were two million characters."""
    head = {"format": 2, "number": 1, "n_lines": 100, "reasons": ["menu"], "lines": "\n".join(["首页新闻" * 3] * 100)}
    path, edits = tmp_path / "audit.jsonl", [{"step": 0, "stage": "boilerplate", "cut": [[0, [[1, 100]] * 1500, 0]]}]
    row = {"id": "a", "source": "", "n_chars": 1300, "stretch": head, "edits": edits, "fate": "kept"}
    path.write_bytes(orjson.dumps(row) + b"\n")
    with pytest.raises(AuditError, match="document a: its cuts have more characters"):
        list(read_audit(path))
    for name in ("id", "n_chars"):
        path.write_bytes(orjson.dumps({key: value for key, value in row.items() if key != name}) + b"\n")
        with pytest.raises(AuditError, match=r"document (a|None): "):
            list(read_audit(path))
    edits[0]["cut"] = [[0, [[1, 100]], 0]]
    for n_chars, fits in ((1300, True), (1298, False)):
        path.write_bytes(orjson.dumps(row | {"n_chars": n_chars}) + b"\n")
        if fits:
            assert len(next(read_audit(path))["edits"][0]["cut"]["menu"][0][1]) == 1300
        else:
            with pytest.raises(AuditError, match="more characters"):
                list(read_audit(path))


def test_a_format_to_come_is_refused() -> None:
    with pytest.raises(AuditError, match="format is 3, and this version reads 2"):
        stretch.Stretch({"format": 3})


def test_an_audit_without_the_first_line_of_a_stretch_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "STRETCH_BYTES", 2000)
    clean(write_records(tmp_path / "in.jsonl", make_records()), tmp_path)
    path = tmp_path / "audit.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    heads = [n for n, line in enumerate(lines) if isinstance(json.loads(line).get("stretch"), dict)]
    assert len(heads) > 2
    for n in heads[:3]:
        path.write_bytes(b"".join(lines[:n] + lines[n + 1:]))
        with pytest.raises(AuditError, match="is missing"):
            list(read_audit(path))
    path.write_bytes(b"".join(lines).replace(b'"cut":[[', b'"cut":[{},['))
    with pytest.raises(AuditError, match="its edits are damaged"):
        list(read_audit(path))


def test_an_audit_of_format_1_is_read(tmp_path: Path) -> None:
    rows = [
        {"id": name, "edits": [{"step": 1, "stage": "boilerplate", "cut": {"menu": cut}}], "fate": "kept", **more}
        for name, cut, more in (("a", [[0, 0], [3, "党\n"]], {"shared": ["首页\n"]}), ("b", [[0, 0, 0.9]], {}))
    ]
    (tmp_path / "audit.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    found = [row["edits"][0]["cut"]["menu"] for row in read_audit(tmp_path / "audit.jsonl")]
    assert found == [[[0, "首页\n"], [3, "党\n"]], [[0, "首页\n", 0.9]]]


def test_a_number_without_a_text_is_refused() -> None:
    with pytest.raises(AuditError, match="shared text 3"):
        shared.put_back([{"cut": {"menu": [[0, 3]]}}], ["首页"])


@pytest.mark.parametrize("stretch_bytes", [1, 2000, 1 << 20])
@pytest.mark.parametrize("plain_bytes", [0, 1 << 30])
def test_an_audit_is_read_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stretch_bytes: int, plain_bytes: int
) -> None:
    monkeypatch.setattr(audit, "STRETCH_BYTES", stretch_bytes)
    monkeypatch.setattr(audit, "PLAIN_BYTES", plain_bytes)
    menu = "首页\n新闻\n登录 注册\n设为首页 加入收藏\n"
    records = [{**r, "text": menu + r["text"]} if "text" in r else r for r in make_records()]
    clean(write_records(tmp_path / "in.jsonl", records), tmp_path / "out")
    (path,) = (tmp_path / "out").glob("audit.*")
    assert (path.suffix == ".zst") == (not plain_bytes)
    found = {(r["id"].partition("#")[0], r["text"]) for r in restored_rows(path, tmp_path / "out" / "clean.jsonl")}
    assert found == {(r["id"], r["text"]) for r in records if "text" in r}
    if plain_bytes:
        assert "stretch" in json.loads(path.read_bytes().split(b"\n")[0])


def test_edits_are_grouped_by_step(tmp_path: Path) -> None:
    clean(write_records(tmp_path / "in.jsonl", make_records()), tmp_path)
    for row in read_audit(tmp_path / "audit.jsonl"):
        steps = [part["step"] for part in row["edits"]]
        assert [step for step, _ in groupby(steps)] == sorted(set(steps))


def test_the_same_bytes_from_every_compression(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.jsonl.gz", "a.jsonl.zst"):
        found = []
        for folder in ("1", "2"):
            (tmp_path / folder).mkdir(exist_ok=True)
            with open_lines(tmp_path / folder / name) as sink:
                writer = AuditWriter(sink, "full")
                row = dict.fromkeys(AUDIT_COLUMNS, "党") | {"n_original": 1, "metadata": b"{}", "notes": b"[]", "edits": b"[]"}
                rows = pa.Table.from_pylist([row | {"extra": None}] * 5000, pa.schema([PART.field(name) for name in AUDIT_COLUMNS]))
                with writer:
                    writer.write(rows, [{"fate": "empty", "text": ""}] * 5000)
                found.append(sink.finish())
        assert found[0] == found[1]
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
        assert len(list(read_audit(tmp_path / "1" / name))) == 5000 == found[0]["lines"]
