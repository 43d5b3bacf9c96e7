"""Recurring lines: counted in any order, peeled up to the text, small inputs, copies and sentences left alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from pipeline.edits import apply
from pipeline.record import Texts
from pipeline.stages.recurring import MIN_DOCUMENTS, find_end_keys, find_recurring, propose_recurring, site_key


def pages(n: int) -> list[str]:
    body = "今日岚川第{0}期\n第{0}篇\n这一天的第{0}件事情发生在河边。\n第一章 总则\n说完了{0}。"
    return [f"岚川县融媒\n{body.format(k)}\n岚川县融媒体中心出品" for k in range(n)]


def clean(
    texts: Sequence[str], sites: Sequence[str], likeness: Sequence[int] | None = None, titles: Sequence[str | None] = (),
) -> list[str]:
    view = Texts.of(texts)
    keys = np.array([site_key(s) for s in sites], np.int64)
    chosen, ends = find_end_keys(view, keys)
    alike = np.array(likeness if likeness is not None else range(len(texts)), np.int64)
    recurring = find_recurring(keys, alike, view.lines.doc[chosen], ends)
    proposal = propose_recurring(view, keys, recurring, titles or [None] * len(texts))
    assert {e.reason for e in proposal.edits} <= {"recurring"}
    return apply(view, proposal.edits).all()


def test_ends_are_peeled_and_the_middle_stays() -> None:
    out = clean(pages(40), ["lanchuan"] * 40)
    assert out[3] == "今日岚川第3期\n第3篇\n这一天的第3件事情发生在河边。\n第一章 总则\n说完了3。"


def test_both_scripts_are_one_line() -> None:
    texts = [p.replace("岚川县融媒\n", "嵐川縣融媒\n") if k % 2 else p for k, p in enumerate(pages(40))]
    assert all("融媒" not in text for text in clean(texts, ["s"] * 40))


def test_order_makes_no_difference() -> None:
    rows = [(p, "a" if k % 3 else "b", k) for k, p in enumerate(pages(90))]
    before = dict(zip([k for _, _, k in rows], clean(*zip(*[(p, s) for p, s, _ in rows], strict=True)), strict=True))
    random.Random(3).shuffle(rows)
    after = dict(zip([k for _, _, k in rows], clean(*zip(*[(p, s) for p, s, _ in rows], strict=True)), strict=True))
    assert before == after


def test_too_few_documents_teach_nothing() -> None:
    texts = pages(MIN_DOCUMENTS - 1)
    assert clean(texts, ["s"] * len(texts)) == texts


def test_sites_do_not_mix() -> None:
    texts = pages(40)
    assert clean(texts, [f"site{k}" for k in range(40)]) == texts


def test_copies_of_one_article_do_not_make_its_lines_recur() -> None:
    texts = [f"{p}\n" for p in pages(40)]
    assert clean(texts, ["s"] * 40, likeness=[7] * 40) == texts
    same = ["甲\n乙\n丙"] * 40
    assert clean(same, ["s"] * 40) == same, "a document of nothing but recurring lines is left"


def test_sentences_and_titles_stay() -> None:
    texts = [f"本办法第{k}条\n内容{k}\n本办法自公布之日起施行。" for k in range(40)]
    assert clean(texts, ["s"] * 40) == texts
    texts = [f"今日要闻\n内容{k}在这里" for k in range(40)]
    assert clean(texts, ["s"] * 40, titles=["今日要闻"] * 40) == texts


def test_no_documents() -> None:
    assert clean([], []) == []
