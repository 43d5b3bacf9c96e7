"""What is no text, no stage, or the wrong place: a clear error, before anything is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import Options, clean_page, clean_text, decode, near_duplicates
from pipeline import clean as clean_records
from pipeline.cleaning import clean_texts
from pipeline.corpus.restored import restore_into
from pipeline.errors import UsageError
from pipeline.near.decisions import DocumentKeys, rank
from pipeline.near.index import Index
from pipeline.near.sketch import sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from tests.run_corpus import clean, make_records, write_records
from tests.test_cli import taosha


@pytest.mark.parametrize("value", [None, b"x", 5])
def test_what_is_no_text(value: Any) -> None:
    for call in (clean_text, lambda v: near_duplicates([v])):
        with pytest.raises(UsageError):
            call(value)


def test_one_text_for_a_list() -> None:
    for call in (clean_texts, near_duplicates):
        with pytest.raises(UsageError, match="a list of texts"):
            call("一个字符串")


@pytest.mark.parametrize("value", [None, "x", 5])
def test_what_is_no_bytes(value: Any) -> None:
    with pytest.raises(UsageError):
        decode(value)


#: The same functions, without what a type checker would say of these calls.
a_page: Any = clean_page
a_text: Any = clean_text
a_decode: Any = decode
records: Any = clean_records
near: Any = near_duplicates
texts: Any = clean_texts
make_options: Any = Options


@pytest.mark.parametrize("call", [
    lambda: a_page("<p>x"), lambda: a_page(None), lambda: a_page(b"<p>x", url=5), lambda: a_page(b"<p>x", declared=5),
    lambda: a_decode(b"x", declared=5), lambda: a_text("x", stages=5), lambda: a_text("x", stages=[None]),
    lambda: a_text("x", options={"near": 1}), lambda: records(["x"], options=5), lambda: records(["x"], on_fault=5),
    lambda: near(["x"], options="longest"), lambda: near(["x"], options=Options()),
    lambda: texts(text for text in "xy"), lambda: make_options(5),
])
def test_what_is_of_the_wrong_kind_gets_an_error_of_ours(call: Any) -> None:
    """At once, in words, before anything is cleaned: not whatever breaks first inside."""
    with pytest.raises(UsageError, match=r"this is|not 5|is called None"):
        call()


def test_stages_are_named() -> None:
    assert clean_text("党(dǎng)建", stages="pinyin").text == "党建"
    with pytest.raises(UsageError, match="no stage is named"):
        clean_text("党建", stages=[])


def test_originals_never_go_over_what_they_are_made_from(tmp_path: Path) -> None:
    clean(write_records(tmp_path / "in.jsonl", make_records(20)), tmp_path / "out")
    for name in ("audit.jsonl", "clean.jsonl"):
        before = (tmp_path / "out" / name).read_bytes()
        with pytest.raises(UsageError, match="a file of the run"):
            restore_into(tmp_path / "out" / "audit.jsonl", None, None, str(tmp_path / "out" / name), lambda row: None)
        assert (tmp_path / "out" / name).read_bytes() == before


def test_no_index_among_the_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("x")
    with pytest.raises(UsageError, match=r"page\.txt"):
        Index.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["page.txt"]


def test_a_damaged_copy_is_not_the_longest() -> None:
    texts = Texts.of(["水库加固工程的防渗材料", "水库加固工程的\ufffd\ufffd\ufffd渗材料"])
    lengths = texts.ends - texts.starts
    lost = lengths * 0
    lost[1] = 3
    keys = DocumentKeys(sketch(texts, NearOptions()), lengths, ["", ""], ["b", "a"], n_lost=lost)
    assert rank(keys, NearOptions()).tolist() == [0, 1]


def test_the_corpus_of_an_audit_may_be_named_by_its_folder(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(9)[:6])
    clean(source, tmp_path / "o")
    whole = taosha("restore", tmp_path / "o")
    (tmp_path / "a").mkdir()
    (tmp_path / "o" / "audit.jsonl").rename(tmp_path / "a" / "audit.jsonl")
    assert taosha("restore", tmp_path / "a" / "audit.jsonl", "--corpus", tmp_path / "o") == whole
    assert "no run is there" in taosha("restore", tmp_path / "a" / "audit.jsonl", "--corpus", tmp_path / "a", code=3)
