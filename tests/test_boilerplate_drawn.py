"""Tables that are drawn stay, whatever stands in them and around them; bars alone tell no table."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import Options, clean_text
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.drawn import find_drawn_tables
from tests.test_boilerplate_recurring import clean as clean_site

TITLE = "水务局公布今年的准备情况"
PARAGRAPH = "市水务局昨天公布了今年汛期的准备情况，全市水库已经完成检查，其中几座正在加固，居民都很放心。"
TOP = ["首页 新闻 财经 体育 登录 注册", "当前位置：首页 > 新闻 > 正文", TITLE,
       "2021-05-06 08:30 来源：岚川日报 作者：佚名", PARAGRAPH]
FOOT = ["责任编辑：李四", "相关新闻", "上一篇：防汛演练在南湖举行", "版权所有 未经授权不得转载", "京ICP备12345678号"]
#: Columns of cells, of which no two lines of a table are wider than the rule.
Cells = list[list[str]]


def draw_box(rows: Cells) -> list[str]:
    n = len(rows[0])
    rule = ["─" * 6] * n
    lines = ["┌" + "┬".join(rule) + "┐"]
    for row in rows:
        lines += ["│" + "│".join(cell.ljust(6, "　") for cell in row) + "│", "├" + "┼".join(rule) + "┤"]
    return [*lines[:-1], "└" + "┴".join(rule) + "┘"]


def draw_inner(rows: Cells) -> list[str]:
    first, *rest = [" │ ".join(row) for row in rows]
    return [first, "─┼─".join(["────"] * len(rows[0])), *rest]


def draw_plain(rows: Cells) -> list[str]:
    rule = "+" + "+".join(["------"] * len(rows[0])) + "+"
    return [rule, *(x for row in rows for x in ("| " + " | ".join(row) + " |", rule))]


def draw_markdown(rows: Cells) -> list[str]:
    first, *rest = ["| " + " | ".join(row) + " |" for row in rows]
    return [first, "|" + "|".join([":---:"] * len(rows[0])) + "|", *rest]


WAYS = (draw_box, draw_inner, draw_plain, draw_markdown)
#: What tables hold, and what on a page of its own is furniture.
CELLS = "日 十 臺北市 合格 3.14 首页 更多 返回顶部 登录 上一篇 版权所有 12:30 责编"
CELL = st.sampled_from(CELLS.split())


@st.composite
def tables(draw: st.DrawFn) -> Cells:
    width, height = draw(st.integers(2, 5)), draw(st.integers(2, 6))
    return [draw(st.lists(CELL, min_size=width, max_size=width)) for _ in range(height)]


def find(*lines: str) -> list[bool]:
    found: list[bool] = find_drawn_tables(Texts.of(["\n".join(lines)]), np.arange(len(lines))).tolist()
    return found


@settings(max_examples=40)
@given(tables(), st.sampled_from(WAYS), st.integers(3, len(TOP)), st.integers(0, 2))
def test_the_rows_of_a_drawn_table_stay_wherever_it_stands(rows: Cells, draw: object, above: int, below: int) -> None:
    assert callable(draw)
    table = draw(rows)
    assert all(find(*table))
    page = [*TOP[:above], *table, *([PARAGRAPH] * below), *FOOT]
    left = Counter(clean_text("\n".join(page), stages=["boilerplate"]).text.split("\n"))
    assert not Counter(table) - left
    assert FOOT[-1] not in left             # what is around it goes as it would


def test_a_drawn_table_that_all_pages_of_a_site_have_stays() -> None:
    table = draw_box([["类别", "期间"], ["日", "十"], ["首页", "更多"]])
    page = "\n".join(["新闻头条网", "第{0}期读书会的安排在下面，孩子们和老吴一起看。", *table, "老吴把第{0}本补好的书放回了书架。"])
    for text in clean_site([page.format(k) for k in range(40)], ["lanchuan"] * 40):
        assert text.split("\n")[-len(table) - 1:-1] == table


def test_what_the_user_drops_goes_from_a_table_too() -> None:
    table = draw_box([["类别", "岚川融媒出品"], ["日", "十"]])
    options = Options(boilerplate=BoilerplateOptions(drop=("岚川融媒出品",)))
    left = clean_text("\n".join([*TOP, *table, PARAGRAPH]), stages=["boilerplate"], options=options).text.split("\n")
    assert table[1] not in left
    assert table[3] in left


@pytest.mark.parametrize("lines", [
    ["新闻│视频│图片", "财经│股票│基金"],                       # a menu between bars
    ["│东方财经│东方网首页│网站导航│"],
    ["├ 灌水", "├ 摄影", "└ 站务"],                             # the boards of a forum
    ["━━━━━━", "上一篇", "━━━━━━"],                             # a stroke is no rule
    ["首页 | 新闻 | 体育", "-----------", "登录 | 注册"],
    ["--|--", "首页"],                                          # a rule without a row
    ["甲 | 乙", "首页", "---|---"],                             # … and with none beside it
    ["| [首页](/) | [新闻](/n) |", "|---|---|", "| [登录](/l) | [注册](/r) |"],
    ["+1+2+3+", "| 甲 |"],
])
def test_no_table(lines: list[str]) -> None:
    assert not any(find(*lines))


def test_a_table_ends_where_its_bars_end() -> None:
    table = draw_markdown([["甲", "乙"], ["日", "月"]])
    assert find("登录 | 注册", *table, "首页 | 新闻", "返回") == [False, True, True, True, False, False]
    assert find("首页", *draw_box([["甲", "乙"]]), "返回") == [False, True, True, True, False]
    assert find(*draw_box([["甲", "乙"]]), "│更多") == [True, True, True, False]


def test_a_document_is_read_by_itself() -> None:
    texts = Texts.of(["新闻\n| 甲 | 乙 |", "|---|---|\n首页", "| 日 | 月 |"])
    assert not find_drawn_tables(texts, np.arange(5)).any()
    assert not find_drawn_tables(texts, np.arange(0)).any()


@pytest.mark.parametrize("lines", [
    ["┌──┐", "│日│"] * 20_000, ["─┼" * 199 + "─"] * 10_000, ["|-" * 190 + "!"] * 10_000, ["├" * 399 + "日"] * 5_000,
    ["│日│"] * 40_000 + ["└──┘"], ["+-" * 199] * 10_000,
])
def test_hostile_lines_take_no_time(lines: list[str]) -> None:
    texts = Texts.of(["\n".join(lines)])
    start = time.process_time()
    find_drawn_tables(texts, np.arange(len(lines)))
    assert time.process_time() - start < 5
