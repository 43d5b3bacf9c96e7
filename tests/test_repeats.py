"""The repeats stage: its cases, its laws on made-up texts, its kernels against naive twins, its time on bad input."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chinese.canonical import canonical_text
from pipeline.edits import apply
from pipeline.options import RepeatsOptions
from pipeline.record import Texts
from pipeline.stages.repeats import flag_texts, propose
from pipeline.stages.repeats.copies import chain_blocks, find_copies
from pipeline.stages.repeats.judge import Block, Judge
from pipeline.stages.repeats.kernels.flags import RECUR
from pipeline.stages.repeats.view import make_view
from tests import naive_repeats

CASES = [json.loads(x) for x in (Path(__file__).parent / "cases" / "repeats.jsonl").read_text("utf-8").split("\n") if x]
OTHER_STAGES = {"C050", "C051"}         # page furniture, which the boilerplate stage takes out
SENTENCES = [
    "天还没亮，江边的旧码头就热闹起来了。", "渔船一条接一条地靠岸，鱼贩子打着手电筒挑货。", "讨价还价的声音传得很远！",
    "前年码头改造的时候，有人担心开了四十多年的早市会被取消。", "區裡開了三次聽證會，最後決定把攤位往裡挪二十米。", "我们不搬走。",
    "“早市是这座城市醒来时的第一声招呼。”", "第三条 摊主应当每日清扫摊位，保持步道畅通。", "一、占用消防通道的；",
    "旧码头的早市", "好？",
    "何婶说，她嫁过来那年就跟着婆婆(pópo)在这里摆摊，一晃自己也当了婆婆。", "图为早市。", "x = f(1)", "……",
]
texts_of_sentences = st.lists(
    st.tuples(st.sampled_from(SENTENCES), st.sampled_from(["", "\n", "\n\n", " "])), max_size=24
).map(lambda x: "".join(a + b for a, b in x))


def clean(text: str) -> tuple[str, int]:
    """A text after as many passes as change it, and their number."""
    for n in range(9):
        texts = Texts.of([text])
        edits = propose(texts, RepeatsOptions()).edits
        if not edits:
            return text, n
        text = apply(texts, edits).text(0)
    pytest.fail("still changing after nine passes")


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_cases(case: dict[str, Any]) -> None:
    if case["id"] in OTHER_STAGES:
        pytest.skip("needs the boilerplate stage")
    got, passes = clean(case["text"])
    assert passes <= 1
    if case.get("trap"):
        assert got == case["text"], case["why"]
    assert canonical_text(got) in map(canonical_text, [case["expected"], *case.get("accept", [])]), case["why"]


LAID_OUT = [c for c in CASES if c["kind"] in ("body-doubled", "title-repeated", "truncated-copy")]


@pytest.mark.parametrize("case", LAID_OUT, ids=[c["id"] for c in LAID_OUT])
def test_what_stays_is_laid_out_as_it_was(case: dict[str, Any]) -> None:
    got, _ = clean(case["text"])
    assert drop_blank_lines(got) in map(drop_blank_lines, [case["expected"], *case.get("accept", [])])


def drop_blank_lines(text: str) -> str:
    return "\n".join(x for x in text.split("\n") if x.strip())


@given(st.lists(texts_of_sentences, max_size=4))
@settings(max_examples=150)
def test_edits_are_sorted_disjoint_removals_within_their_document(raw: list[str]) -> None:
    texts = Texts.of(raw)
    edits = propose(texts, RepeatsOptions()).edits
    after = apply(texts, edits)         # raises where edits overlap or leave their document
    assert all(e.put == "" and e.start < e.end and e.reason for e in edits)
    assert [propose_alone(x) for x in raw] == after.all()       # a batch is cleaned as its documents are


def propose_alone(text: str) -> str:
    texts = Texts.of([text])
    return apply(texts, propose(texts, RepeatsOptions()).edits).text(0)


@given(texts_of_sentences)
@settings(max_examples=300)
def test_every_sentence_is_still_there_once(text: str) -> None:
    got, _ = clean(text)
    folded = canonical_text(got)
    for sentence in SENTENCES:
        said = canonical_text(sentence)
        if said and sentence in text:
            assert said in folded, sentence


@given(texts_of_sentences)
@settings(max_examples=200)
def test_flags_are_as_the_naive_twin_says(text: str) -> None:
    if "(" not in text:         # the twin folds character by character and keeps readings
        assert bool(flag_texts(Texts.of([text]))[0] & RECUR) == naive_repeats.recurs(text)


@given(texts_of_sentences)
@settings(max_examples=100)
def test_view_is_the_canonical_form(text: str) -> None:
    view = make_view(Texts.of(["前文", text]), 1)
    assert view.folded == canonical_text(text)
    if "(" not in text:
        assert [(a - 3, int(b)) for a, b in zip(view.origin.tolist(), view.begins, strict=True)] == naive_repeats.find_heads(text)
    assert [x.text for x in view.lines] == [x.strip() for x in text.split("\n") if canonical_text(x)]


@given(st.text("甲乙丙丁。\n", max_size=400), st.text("子丑寅卯辰巳午未", min_size=30, max_size=60), st.integers(0, 3))
@settings(max_examples=150)
def test_blocks_are_true_and_find_a_planted_copy(noise: str, passage: str, changed: int) -> None:
    copy = passage[:len(passage) - 1] + "坤" * (changed > 2) + passage[-1:]
    text = f"{passage}。\n{noise}\n{copy}。\n天地玄黄"
    view = make_view(Texts.of([text]), 0)
    blocks = find_copies(view)
    for x in blocks:
        assert x.here < x.here_end <= x.there < x.there_end
        assert x.agreed <= naive_repeats.count_agreeing(view.folded[x.here:x.here_end], view.folded[x.there:x.there_end])
    assert all(a.there_end <= b.there for a, b in pairwise(blocks))
    at = view.folded.rfind(copy)
    covered = sum(max(0, min(x.there_end, at + len(copy)) - max(x.there, at)) for x in blocks)
    assert covered >= len(passage) - 20


def test_blocks_go_over_a_changed_word_and_chains_over_a_changed_sentence() -> None:
    head, tail = SENTENCES[3] + SENTENCES[1], SENTENCES[11] + SENTENCES[0]
    view = make_view(Texts.of([head + "他说好的。" + tail + "\n" + head.replace("担心", "坦心") + "她讲不行吧。" + tail]), 0)
    chains = chain_blocks(find_copies(view))
    assert len(chains) == 1
    assert chains[0].agreed > 0.85 * len(view.folded) / 2


def test_options_set_the_shortest_line() -> None:
    text = "江城早市\n今天的早市很热闹，来了很多人，大家都很高兴地挑选着自己喜欢的东西。\n" + "下雨天早市照常开放，欢迎光临。\n" * 2
    texts = Texts.of([text])
    assert propose(texts, RepeatsOptions()).edits
    assert not propose(texts, RepeatsOptions(min_chars=40)).edits


LONG = "今天的天气非常好，我们一起去公园里面散步吧。"
BAD_INPUT = {
    "one character": "的" * 2_000_000, "equal lines": (LONG + "\n") * 20_000, "equal sentences": LONG * 20_000,
    "equal short lines": "你好吗\n" * 50_000, "brackets": "好（" * 200_000, "quotes": "“" * 300_000,
    "teasers": "".join(f"这里是第{i}条新闻的开头部分，后面还有很多内容……\n" for i in range(10_000)),
    "long title": "今" * 300_000 + "\n" + "今天\n" * 100_000, "period of two": ("甲" * 16 + "。" + "乙" * 16 + "。") * 10_000,
    "dots": "…" * 300_000, "spaces": " " * 300_000 + "\n" + "关于 " * 100_000, "dialogue": f"“{LONG}”\n" * 20_000,
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_time_is_linear_on_bad_input(name: str) -> None:
    propose(Texts.of([LONG * 4]), RepeatsOptions())     # compiled
    texts = Texts.of([BAD_INPUT[name]])
    start = time.process_time()
    propose(texts, RepeatsOptions())
    assert time.process_time() - start < 3


def test_a_book_told_twice_is_told_once() -> None:
    rng = np.random.default_rng(3)
    words = ["码头", "早市", "渔船", "步道", "摊位", "何婶", "江水", "灯火", "豆腐", "遮阳棚", "听证会", "城市"]
    book = "\n".join("，".join("".join(rng.choice(words, 5)) for _ in range(6)) + "。" for _ in range(3_000))
    got, passes = clean(book + "\n" + book)
    assert got == book
    assert passes == 1


def test_empty_batches_and_documents() -> None:
    assert not propose(Texts.of([]), RepeatsOptions()).edits
    assert not propose(Texts.of(["", "\n", "，。", ""]), RepeatsOptions()).edits


@settings(max_examples=25)
@given(st.lists(texts_of_sentences, min_size=1, max_size=3))
def test_a_document_is_looked_at_alike_however_large_it_counts(texts: list[str]) -> None:
    """Of a large one the anchors are counted before there is a table for them, and its lines and columns go in pieces."""
    view = Texts.of(texts)
    plain = [*propose(view, RepeatsOptions()).edits]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.stages.repeats.LONG", 1)
        patch.setattr("pipeline.stages.repeats.view.MANY", 3)
        assert [*propose(Texts.of(texts), RepeatsOptions()).edits] == plain


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.integers(0, 20)] * 4), max_size=12), st.integers(0, 20), st.integers(1, 20))
def test_copies_are_counted_by_their_bounds(drawn: list[tuple[int, int, int, int]], a: int, size: int) -> None:
    blocks = [Block(min(p, q), max(p, q), min(r, s), max(r, s), 0, 0) for p, q, r, s in drawn]
    dense = np.zeros(64, np.int64)
    for block in blocks:
        dense[block.here:block.here_end] += 1
        dense[block.there:block.there_end] += 1
    judge = Judge(make_view(Texts.of(["文"]), 0), 1, blocks)
    assert judge.count_copies(a, a + size) == dense[a:a + size].max()
