"""What does not come back is no document: an account that was made wrong, or written wrong, is found where it was made."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipeline.corpus.rows
import pipeline.run.clean
from pipeline import clean_texts
from pipeline.account import Applied, Cleaned, Part
from pipeline.cleaning import Views
from pipeline.run import amend, proof
from pipeline.run.settings import Settings
from tests.chinese import DIRT, EDGES, FURNITURE, PUNCTUATION, READINGS, WORDS
from tests.run_corpus import clean, make_records, rows, write_records
from tests.test_run_amend import FOOT, body

TEXTS = st.lists(
    st.lists(st.sampled_from([*DIRT, *EDGES, *FURNITURE, *READINGS, *WORDS, *PUNCTUATION, "\n", "\n"]), max_size=30).map("".join),
    max_size=8,
)


@settings(max_examples=60)
@given(TEXTS)
def test_what_was_cleaned_comes_back(texts: list[str]) -> None:
    assert proof.find_broken(clean_texts(texts)) == []


def _damage(part: Part, name: str, at: int) -> Part:
    column = getattr(part, name).copy()
    column[at % len(column)] += 1
    return dataclasses.replace(part, **{name: column})


@settings(max_examples=80)
@given(TEXTS, st.sampled_from(["start", "taken", "put"]), st.integers(0, 1 << 16), st.integers(0, 1 << 16))
def test_a_wrong_edit_is_found_in_its_document_alone(texts: list[str], name: str, which: int, at: int) -> None:
    results = clean_texts([*texts, "坚持党(dǎng)建引领，首页 &amp; 新闻。\n"])
    parts = list({id(p): p for r in results for p, _, _ in r.parts}.values())
    part = parts[which % len(parts)]
    if not len(getattr(part, name)):
        return
    wrong = _damage(part, name, at)
    changed = np.flatnonzero(getattr(part, name) != getattr(wrong, name))
    edit = changed if name == "start" else np.searchsorted(getattr(part, f"{name}_ends"), changed, side="right")
    for r in results:
        r.parts = [(wrong if p is part else p, a, b) for p, a, b in r.parts]
    assert proof.find_broken(results) == part.doc[edit].tolist()


def test_edits_that_are_no_columns_are_looked_at_too() -> None:
    right = Applied(0, "pinyin", "reading", 3, "(dǎng)", "", 3, 9, 1.0)
    assert proof.find_broken([Cleaned("坚持党(dǎng)建。", "坚持党建。", [right])]) == []
    for wrong in (right._replace(start=2), right._replace(taken="(dang)"), right._replace(put="建")):
        assert proof.find_broken([Cleaned("一", "一"), Cleaned("坚持党(dǎng)建。", "坚持党建。", [wrong])]) == [1]
    assert proof.find_broken([Cleaned("坚持党建。", "坚持党。")]) == [0]


def test_a_run_puts_what_does_not_come_back_into_quarantine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(12))
    clean(source, tmp_path / "right")
    true = vars(pipeline.run.clean)["clean_batch"]

    def lose(texts: list[str], **more: Any) -> tuple[list[Cleaned], Views]:
        results, views = true(texts, **more)
        for result in results:
            if "第7期" in result.text:
                result.text = result.text.replace("第7期的事情", "第7期事情")
        return results, views

    monkeypatch.setattr(pipeline.run.clean, "clean_batch", lose)
    outcome = clean(source, tmp_path / "wrong")
    told = [row for row in rows(tmp_path / "wrong" / "quarantine.jsonl") if row["reason"] == "not-restorable"]
    assert len(told) == 1
    assert "n007" in told[0]["message"]
    assert outcome.manifest["counts"]["documents"] == rows_of(tmp_path / "right") - 1


def rows_of(folder: Path) -> int:
    return int(orjson.loads((folder / "manifest.json").read_bytes())["counts"]["documents"])


@pytest.mark.parametrize("every", [True, False])
def test_an_account_that_is_written_wrong_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: bool) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(12))
    true = vars(pipeline.corpus.rows)["dump_accounts"]

    def shift(results: list[Cleaned]) -> list[bytes]:
        return [data.replace(b'"cut"', b'"put"') for data in true(results)]

    monkeypatch.setattr(pipeline.corpus.rows, "dump_accounts", shift)
    monkeypatch.setattr(pipeline.run.clean, "is_sampled", lambda id: id in ("n006", "n001"))
    outcome = clean(source, tmp_path / "out", settings=Settings(verify=every))
    faults = [row for row in rows(tmp_path / "out" / "quarantine.jsonl") if row["reason"] == "not-restorable"]
    ids = [row["message"].split()[1].rstrip(":") for row in faults]
    assert ids == (["n006", "menu"] if every else ["n006"])
    counts = outcome.manifest["counts"]
    assert counts["verified"] == (counts["documents"] if every else 2)      # another document has the id n006 too


def test_verify_over_a_run_that_is_there_verifies_it(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(12))
    found = []
    for verify in (False, False, True, True, False):
        outcome = clean(source, tmp_path / "out", settings=Settings(verify=verify))
        counts = outcome.manifest["counts"]
        found.append((outcome.unchanged, counts["verified"] == counts["documents"]))
    assert found == [(False, False), (True, False), (False, True), (True, True), (True, True)]


def _site(n: int) -> list[dict[str, Any]]:
    texts = [f"岚川县第{k}期简报\n{body(k)}\n{FOOT}" for k in range(n)]
    return [{"id": f"s{k:02}", "url": f"http://lan.example/{k}", "text": text} for k, text in enumerate(texts)]


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("wrong", ["text", "account"])
def test_a_cut_of_a_later_step_that_does_not_lead_back_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, verify: bool
) -> None:
    source = write_records(tmp_path / "in.jsonl", _site(40))
    clean(source, tmp_path / "right")
    true = vars(amend)["_cut"]

    def lose(row: dict[str, Any], cuts: amend.Cuts) -> dict[str, Any]:
        cut: dict[str, Any] = true(row, cuts)
        if row["id"] in ("s03", "s07"):
            damaged = {"text": cut["text"][:-1], "account": cut["edits"].replace("必属".encode(), "必是".encode())}
            cut["text" if wrong == "text" else "edits"] = damaged[wrong]
        return cut

    monkeypatch.setattr(amend, "_cut", lose)
    monkeypatch.setattr(amend, "is_sampled", lambda id: id == "s07")
    outcome = clean(source, tmp_path / "wrong", settings=Settings(verify=verify))
    found = {"s03", "s07"} if wrong == "text" or verify else {"s07"}
    audit = {row["id"]: row for row in rows(tmp_path / "wrong" / "audit.jsonl")}
    assert {id for id, row in audit.items() if "uncut" in {note["kind"] for note in row["notes"]}} == found
    assert outcome.manifest["counts"]["note/uncut"] == len(found)
    before = {row["id"]: row["text"] for row in rows(tmp_path / "right" / "clean.jsonl")}
    for row in rows(tmp_path / "wrong" / "clean.jsonl"):
        assert row["text"] == before[row["id"]] + (f"\n{FOOT}" if row["id"] in found else "")
