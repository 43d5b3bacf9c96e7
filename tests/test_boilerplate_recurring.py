"""Recurring lines: counting adds up in any order, peeling stops at the text, small inputs are left alone."""

from __future__ import annotations

import random

import numpy as np

from pipeline.edits import apply
from pipeline.record import Texts
from pipeline.stages.recurring import MIN_DOCUMENTS, count_lines, empty_sketch, list_recurring, propose_recurring


def pages(n: int) -> list[str]:
    body = "今日岚川第{0}期\n第{0}篇\n这一天的第{0}件事情发生在河边。\n第一章 总则\n说完了{0}。"
    return [f"岚川县融媒\n{body.format(k)}\n岚川县融媒体中心出品" for k in range(n)]


def test_ends_are_peeled_and_the_middle_stays() -> None:
    texts = Texts.of(pages(40))
    sources = ["lanchuan"] * 40
    proposal = propose_recurring(texts, sources, count_lines(texts, sources))
    out = apply(texts, proposal.edits).all()
    assert out[3] == "今日岚川第3期\n第3篇\n这一天的第3件事情发生在河边。\n第一章 总则\n说完了3。"
    assert {e.reason for e in proposal.edits} == {"recurring"}
    assert list_recurring(texts, proposal) == [("岚川县融媒", 1.0), ("岚川县融媒体中心出品", 1.0)]


def test_both_scripts_are_one_line() -> None:
    texts = Texts.of([p.replace("岚川县融媒\n", "嵐川縣融媒\n") if k % 2 else p for k, p in enumerate(pages(40))])
    proposal = propose_recurring(texts, ["s"] * 40, count_lines(texts, ["s"] * 40))
    assert len(proposal.edits) == 80


def test_order_and_batches_make_no_difference() -> None:
    rows = [(p, "a" if k % 3 else "b") for k, p in enumerate(pages(90))]
    whole = count_lines(Texts.of([p for p, _ in rows]), [s for _, s in rows])
    random.Random(3).shuffle(rows)
    parts = empty_sketch()
    for k in range(0, 90, 7):
        batch = rows[k:k + 7]
        parts = parts + count_lines(Texts.of([p for p, _ in batch]), [s for _, s in batch])
    assert np.array_equal(whole, parts)


def test_too_few_documents_teach_nothing() -> None:
    n = MIN_DOCUMENTS - 1
    texts = Texts.of(pages(n))
    assert propose_recurring(texts, ["s"] * n, count_lines(texts, ["s"] * n)).edits == []


def test_sources_do_not_mix() -> None:
    texts = Texts.of(pages(40))
    sources = [f"site{k}" for k in range(40)]
    assert propose_recurring(texts, sources, count_lines(texts, sources)).edits == []


def test_copies_of_one_document_and_sure_lines_stay() -> None:
    texts = Texts.of(["甲\n乙\n丙"] * 40)
    sketch = count_lines(texts, ["s"] * 40)
    assert propose_recurring(texts, ["s"] * 40, sketch).edits == []
    texts = Texts.of(pages(40))
    sure = np.ones(len(texts.lines.start), np.bool_)
    assert propose_recurring(texts, ["s"] * 40, count_lines(texts, ["s"] * 40), sure).edits == []


def test_no_documents() -> None:
    texts = Texts.of([])
    assert propose_recurring(texts, [], count_lines(texts, [])).edits == []
