"""Paragraphs that were broken at a fixed width, and spaces between hanzi: joined on request only, and only where that is plain."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import Options, clean_text
from pipeline.account import edit_rows, restore
from pipeline.options import EncodingOptions
from pipeline.record import Texts
from pipeline.stages import encoding
from pipeline.stages.encoding.variants import resolve_variants
from tests.test_cli import ARTICLE, rows, taosha

PARAGRAPH = ARTICLE.rstrip("。") + "，社区里的人都说他是个有心人，逢年过节总有人给他送来自家包的粽子和刚出锅的馒头。"
UNWRAP = Options(encoding=EncodingOptions(unwrap=True))


def wrap(text: str, width: int) -> str:
    return "\n".join(text[i:i + width] for i in range(0, len(text), width))


def unwrap(text: str, **more: bool) -> str:
    options = Options(encoding=EncodingOptions(**({"unwrap": True} | more)))
    cleaned = clean_text(text, stages=["encoding"], options=options)
    assert restore(cleaned.text, edit_rows(cleaned.edits)) == text
    again = clean_text(cleaned.text, stages=["encoding"], options=options)
    assert again.text == cleaned.text
    return cleaned.text


@given(st.integers(20, 40), st.integers(2, 5))
def test_paragraphs_become_one_line_again(width: int, n: int) -> None:
    paragraphs = [f"第{i}天，{PARAGRAPH}" for i in range(n)]
    wrapped = "\n".join(wrap(p, width) for p in paragraphs)
    assert clean_text(wrapped, stages=["encoding"]).text == wrapped, "only on request"
    joined = unwrap(wrapped)
    assert joined.replace("\n", "") == "".join(paragraphs)
    if all(len(p) % width for p in paragraphs) and width not in {p.rindex("，") + 1 for p in paragraphs}:
        assert joined.split("\n") == paragraphs


@pytest.mark.parametrize("busy", ["\r\n", "\u200b\n", "&nbsp;\n", " \n", "\n\n\n", "\u3000\u3000字\n"])
def test_only_documents_with_nothing_else_to_do_are_rejoined(busy: str) -> None:
    wrapped = wrap(PARAGRAPH * 2, 30)
    loose = f"{wrapped}\n标题{busy}完。"
    for pages, found in (([wrapped], [0]), ([loose], []), ([loose, wrapped, loose], [1])):
        texts = Texts.of(pages)
        edits = encoding.propose(texts, UNWRAP.encoding).edits
        assert edits
        unwrapped = [e.start for e in edits if e.reason == "unwrapped"]
        assert np.unique(np.searchsorted(texts.ends, unwrapped)).tolist() == found


def test_words_of_latin_letters_keep_a_space() -> None:
    text = "The committee met on Monday to decide whether the library should stay open in the evening. " * 4
    assert unwrap(textwrap.fill(text.strip(), 60)) == text.strip()


@pytest.mark.parametrize("text", [
    "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。",
    "\n".join(f"{i}、{PARAGRAPH[:30]}" for i in range(1, 9)),
    "\n".join(f"第{i}条 {PARAGRAPH[:30]}" for i in "一二三四五六"),
    "\n".join([PARAGRAPH] * 3 + [PARAGRAPH[:40] + "。"]),
    "```\n" + "\n".join("x = call(argument, other_argument, third_argument)" for _ in range(6)) + "\n```",
])
def test_what_is_no_wrapped_paragraph_stays(text: str) -> None:
    assert unwrap(text) == clean_text(text, stages=["encoding"]).text


def test_spaces_between_hanzi() -> None:
    text = "党 建 引 领，open source 软件 3 种。\n张 三"
    assert clean_text(text, stages=["encoding"]).text == text
    assert unwrap(text, drop_spaces=True, unwrap=False) == "党建引领，open source 软件 3 种。\n张三"
    assert unwrap("党  建\u3000引 领", drop_spaces=True) == "党建引领"


def test_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("\n".join(wrap(f"{i}天后，{PARAGRAPH}", 24) for i in "一二三"), "utf-8")
    taosha("clean", tmp_path / "x.txt", "-o", f"{tmp_path}/out/", "-q", "--stages", "encoding", "--unwrap")
    assert rows(tmp_path / "out" / "clean.jsonl")[0]["text"] == "\n".join(f"{i}天后，{PARAGRAPH}" for i in "一二三")


def test_markup_of_wikis_shows_the_word() -> None:
    text = "-{zh-hans:软件;zh-hant:軟體;}-与-{zh-tw:部落格; zh-cn:博客}-，-{北京}-，x^{-{a}-1}，-{H|zh-cn:甲;zh-tw:乙}-完。"
    cleaned = clean_text(text)
    assert cleaned.text == "软件与博客，北京，x^{-{a}-1}，完。"
    assert clean_text(cleaned.text).text == cleaned.text


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("-{zh-hans:甲&nbsp;乙;zh-hant:丙}-", "甲&nbsp;乙"), ("-{zh-hans:甲&amp;;zh-hant:丙;}-", "甲&amp;"),
        ("-{zh-hans:甲；乙;丙; zh-hant:丁; }-", "甲；乙;丙"), ("-{T|北京}-", ""), ("-{H|软件}-", ""),
        ("-{-|zh-cn:甲;zh-tw:乙}-", ""),
        ("-{A|zh-cn:甲;zh-tw:乙}-", "甲"), ("-{T;A|zh-cn:甲;zh-tw:乙}-", "甲"), ("-{R|干线}-", "干线"),
        ("-{zh-cn;zh-tw|乾坤}-", "乾坤"), ("-{H|干=>zh-cn:乾;}-", ""), ("-{A|甲骨=>zh-cn:乙骨;}-", "乙骨"),
    ],
)
def test_flags_and_pieces_of_markup_of_wikis(markup: str, shown: str) -> None:
    found = [(edit.start, edit.end, edit.put) for edit in resolve_variants(Texts.of([f"说{markup}完"]))]
    assert found == [(1, 1 + len(markup), shown)]


@pytest.mark.parametrize("formula", ["x^{-{甲}-1}", "x_-{甲}-", "x^-{甲}-1"])
def test_an_exponent_is_no_markup(formula: str) -> None:
    assert not list(resolve_variants(Texts.of([formula])))


def test_a_page_of_markup_is_read_in_linear_time() -> None:
    for markup in (f"-{{{';' * 399}x}}-", f"-{{{'zh;' * 132}x}}-", f"-{{{'&a' * 199}}}-", f"-{{{'=> ;' * 99}}}-"):
        begin = time.process_time()
        assert not list(resolve_variants(Texts.of([markup * 250])))
        assert time.process_time() - begin < 1.5
