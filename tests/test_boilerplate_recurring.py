"""Recurring lines: counted in any order, peeled up to the text, small inputs, copies and sentences left alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.edits import apply
from pipeline.record import Texts
from pipeline.stages.boilerplate.recurring import MIN_DOCUMENTS, find_end_keys, find_recurring, propose_recurring, site_key

BODY = (
    "今日岚川第{0}期\n社区图书馆第{0}次开放，每天下午四点以后都坐满了放学的孩子，管理员老吴给他们补书，谁把书看坏了也不骂。\n"
    "第一章 总则\n孩子们回家以后，老吴把第{0}本补好的书放回书架，关了灯，锁了门，一个人慢慢地走回去。"
)


def pages(n: int) -> list[str]:
    return [f"新闻头条网\n{BODY.format(k)}\n岚川融媒体中心出品" for k in range(n)]


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
    assert clean(pages(40), ["lanchuan"] * 40) == [BODY.format(k) for k in range(40)]


def test_both_scripts_are_one_line() -> None:
    texts = [p.replace("新闻头条网\n", "新聞頭條網\n") if k % 2 else p for k, p in enumerate(pages(40))]
    assert clean(texts, ["s"] * 40) == [BODY.format(k) for k in range(40)]


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


@pytest.mark.parametrize(
    "closing",
    [
        "审判长 刘建国\n人民陪审员 王秀英\n二〇一九年五月六日\n书记员 李小红", "主讲人：李四\n地点：学校大礼堂", "（未完待续）",
        "注：作于长安", "2019年5月6日",
    ],
)
def test_what_closes_a_text_stays_however_often_it_recurs(closing: str) -> None:
    texts = [f"第{k}号\n社区图书馆第{k}次开放，放学的孩子坐满了窗台，管理员老吴给他们补书。\n{closing}" for k in range(40)]
    assert clean(texts, ["s"] * 40) == texts


def test_no_documents() -> None:
    assert clean([], []) == []
