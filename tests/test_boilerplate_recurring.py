"""What pages of a site share: counted in any order, near-copies once, and cut only where the page is not sure of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.edits import apply, cut_lines
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.run.recur import find_held
from pipeline.stages.boilerplate import template
from pipeline.stages.boilerplate.recurring import EDGES, Held, are_sentences, find_template, may_go
from pipeline.stages.boilerplate.template import (
    FEW,
    MANY,
    SHARE,
    Counted,
    Pages,
    count_pairs,
    hash_lines,
    join_pages,
    look_up,
    match_lines,
    name_pages,
    pair_lines,
    site_key,
)
from tests.naive_boilerplate import count_pairs_naively

BODY = (
    "今日岚川第{0}期\n社区图书馆第{0}次开放，每天下午四点以后都坐满了放学的孩子，管理员老吴给他们补书，谁把书看坏了也不骂。\n"
    "第一章 总则\n孩子们回家以后，老吴把第{0}本补好的书放回书架，关了灯，锁了门，一个人慢慢地走回去。"
)


def pages(n: int, top: str = "新闻头条网", foot: str = "岚川融媒出品 必属精品") -> list[str]:
    return [f"{top}\n{BODY.format(k)}\n{foot}" for k in range(n)]


def pages_of(texts: Sequence[str], sites: Sequence[str], likeness: Sequence[int] | None = None) -> tuple[Texts, Pages]:
    view = Texts.of(texts)
    own = np.array([site_key(s) for s in sites], np.int64)
    line, keys = hash_lines(view, own)
    first = np.searchsorted(view.lines.doc[line], np.arange(len(view) + 1))
    alike = np.array(likeness if likeness is not None else range(len(texts)), np.int64)
    text = np.ones(len(texts), np.bool_)
    return view, Pages(own, name_pages(alike, text, keys, first), text, first, keys)


def clean(
    texts: Sequence[str], sites: Sequence[str], likeness: Sequence[int] | None = None, protect: tuple[str, ...] = ()
) -> list[str]:
    """Without what the sites say is template, as a run does it where no stage has changed anything."""
    view, own = pages_of(texts, sites, likeness)
    line, _ = hash_lines(view, own.site)
    lists = pa.ListArray.from_arrays(pa.array(own.first, pa.int32()), pa.array(own.keys))
    held, _ = find_held(lists, count_pairs(join_pages([own])))
    share = np.zeros(len(view.lines.start))
    share[line] = find_template(view, line, held, BoilerplateOptions(protect=protect))
    return apply(view, cut_lines(view, share > 0, ["site-line"] * len(share))).all()


def test_the_template_goes_and_the_text_stays() -> None:
    assert clean(pages(40), ["lanchuan"] * 40) == [BODY.format(k) for k in range(40)]


def test_both_scripts_are_one_line() -> None:
    texts = [p.replace("新闻头条网\n", "新聞　頭條網\n") if k % 2 else p for k, p in enumerate(pages(40))]
    assert clean(texts, ["s"] * 40) == [BODY.format(k) for k in range(40)]


def test_order_makes_no_difference() -> None:
    rows = [(p, "a" if k % 3 else "b", k) for k, p in enumerate(pages(90))]
    before = dict(zip([k for _, _, k in rows], clean(*zip(*rows, strict=True)), strict=True))
    random.Random(3).shuffle(rows)
    after = dict(zip([k for _, _, k in rows], clean(*zip(*rows, strict=True)), strict=True))
    assert before == after


def test_the_edge_of_a_page_is_believed_only_of_many_pages() -> None:
    for n in (2, MANY, EDGES):
        assert clean(pages(n), ["s"] * n) == pages(n)
    assert clean(pages(EDGES + 1), ["s"] * (EDGES + 1)) == [BODY.format(k) for k in range(EDGES + 1)]


def test_lines_that_stand_together_are_believed_of_fewer() -> None:
    foot, n = "岚川县融媒体中心出品\n关注岚川发布", MANY + 1
    assert clean(pages(n, foot=foot), ["s"] * n) == [f"新闻头条网\n{BODY.format(k)}" for k in range(n)]
    assert clean(pages(n, foot=foot), [f"s{k // 2}" for k in range(n)]) == pages(n, foot=foot)


def test_sites_do_not_mix() -> None:
    texts = pages(40)
    assert clean(texts, [f"site{k}" for k in range(40)]) == texts


def test_copies_of_one_article_do_not_make_its_lines_template() -> None:
    assert clean(pages(40), ["s"] * 40, likeness=[7] * 40) == pages(40)


def test_sentences_and_titles_stay() -> None:
    texts = [f"本办法第{k}条\n内容{k}\n本办法自公布之日起施行。" for k in range(40)]
    assert clean(texts, ["s"] * 40) == texts
    titled = pages(40, top="岚川融媒 记录时代")       # what the page takes for its title
    assert clean(titled, ["s"] * 40) == [page.rpartition("\n")[0] for page in titled]


def test_what_the_user_protects_stays_and_so_does_code() -> None:
    assert clean(pages(40), ["s"] * 40, protect=("必属精品",)) == [f"{BODY.format(k)}\n岚川融媒出品 必属精品" for k in range(40)]
    fenced = pages(40, foot="```\n岚川融媒出品 必属精品\n```")
    assert clean(fenced, ["s"] * 40) == [f"{BODY.format(k)}\n```\n岚川融媒出品 必属精品\n```" for k in range(40)]


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
    assert clean(["", "\n"], ["s", "s"]) == ["", "\n"]


LINES = st.lists(st.integers(1, 9), max_size=6)
SITES = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 12), st.booleans(), LINES), max_size=24)


def columns(rows: Sequence[tuple[int, int, bool, list[int]]]) -> Pages:
    site, name = np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.int64)
    text = np.array([r[2] for r in rows], np.bool_)
    first = np.cumsum([0, *(len(r[3]) for r in rows)])
    keys = np.array([key + 100 * r[0] for r in rows for key in r[3]], np.int64)
    return Pages(site, name_pages(name, text, keys, first), text, first, keys)


def told(counted: Counted) -> list[tuple[int, float, int]]:
    return list(zip(*(column.tolist() for column in counted), strict=True))


@given(SITES, st.randoms(use_true_random=False), st.integers(1, 5))
def test_parts_and_their_order_make_no_difference(
    rows: list[tuple[int, int, bool, list[int]]], dice: random.Random, size: int
) -> None:
    whole = told(count_pairs(join_pages([columns(rows)])))
    dice.shuffle(rows)
    joined = columns([])
    for at in range(0, len(rows), size):
        joined = join_pages([joined, columns(rows[at:at + size])])
    assert told(count_pairs(joined)) == whole


@given(SITES)
def test_shares_are_those_of_a_plain_count(rows: list[tuple[int, int, bool, list[int]]]) -> None:
    own = join_pages([columns(rows)])
    plain = [
        (int(own.site[k]), bool(own.text[k]), own.keys[own.first[k]:own.first[k + 1]].tolist()) for k in range(len(own.site))
    ]
    expected = count_pairs_naively(plain, SHARE, MANY, FEW)
    counted = count_pairs(own)
    assert len(counted.key) == len(expected)
    for page in plain:
        keys = np.array(page[2], np.int64)
        above, below = (look_up(counted, pairs) for pairs in pair_lines(keys, np.array([0, len(keys)])))
        around = [None, *page[2], None]
        for i in range(len(keys)):
            for found, pair in ((above, (around[i], around[i + 1])), (below, (around[i + 1], around[i + 2]))):
                share, others = expected.get((page[0], *pair), (0, 0))
                assert found[0][i] == pytest.approx(share)
                assert found[1][i] == others


def test_a_site_of_many_pages_is_known_from_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "MOST", 10)
    rows = [(1, k, True, [3, k + 50, 4, 5]) for k in range(200)]
    own = join_pages([columns(rows)])
    assert len(own.site) == 10
    assert own.name.tolist() == join_pages([columns(rows[150:]), columns(rows[:150])]).name.tolist()
    assert Counter(n for _, _, n in told(count_pairs(own))) == {9: 3}       # the top, the two that stand together, the bottom


@given(st.lists(st.lists(st.integers(0, 3), max_size=9), max_size=4), st.data())
def test_lines_that_are_left_are_found_where_they_were(docs: list[list[int]], data: st.DataObject) -> None:
    left = [[x for x in doc if data.draw(st.booleans())] for doc in docs]
    first, own = (np.cumsum([0, *map(len, d)]) for d in (docs, left))
    keys, kept = (np.array([x for doc in d for x in doc], np.int64) for d in (docs, left))
    out = np.empty(len(kept), np.int64)
    match_lines(first, keys, own, kept, out)
    for k, doc in enumerate(docs):
        places = out[own[k]:own[k + 1]].tolist()
        assert [doc[p] for p in places] == left[k]
        assert places == sorted(set(places))


def test_a_line_that_was_changed_is_nowhere() -> None:
    out = np.empty(3, np.int64)
    match_lines(np.array([0, 3]), np.array([1, 2, 3]), np.array([0, 3]), np.array([1, 7, 3]), out)
    assert out.tolist() == [0, -1, 2]


@given(st.data())
def test_what_cannot_go_whatever_the_page_says_does_not_go(data: st.DataObject) -> None:
    """`may_go` is asked before a page is made as it came: no line that `find_template` takes may be missing from it."""
    texts = Texts.of([LEGAL + "\n" + "首页\n版权所有\n本法自公布日施行。"])
    keyed = np.arange(len(texts.lines.start))
    n = len(keyed)
    shares = st.lists(st.sampled_from([0.0, 0.25, 0.6, 1.0]), min_size=n, max_size=n).map(np.array)
    counts = st.lists(st.sampled_from([2, 4, 5, 18, 19, 60]), min_size=n, max_size=n).map(lambda own: np.array(own, np.int64))
    held = Held(data.draw(shares), data.draw(counts), data.draw(shares), data.draw(counts))
    goes = find_template(texts, keyed, held, BoilerplateOptions()) > 0
    assert not (goes & ~may_go(held, are_sentences(texts, keyed))).any()


LEGAL = "某市图书馆章程\n第一条 本馆为公众服务，任何人都可以进馆阅览。\n第二条 馆内禁止吸烟"
