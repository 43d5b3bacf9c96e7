"""Lists of other pages are told by their entries: dates that fall, teasers that break off; and holes of templates."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clean_text
from pipeline.record import Texts
from pipeline.stages.boilerplate import page
from pipeline.stages.boilerplate.entries import APART, HOLE, HOLES, LEAST, LONGEST, TEASER, find_listed, find_signs
from pipeline.stages.boilerplate.features import measure
from pipeline.stages.boilerplate.net import Look

HEADLINE = "水务局公布今年的准备情况"
PARAGRAPH = "市水务局昨天公布了今年汛期的准备情况，全市水库已经完成检查，其中几座正在加固，居民都很放心。"
FALLING = ("2019-10-05", "2019年9月30日", "[2019/09/28]", "（2019.1.2）")


def sign(*lines: str) -> list[int]:
    texts = Texts.of(["\n".join(lines)])
    signs: list[int] = find_signs(texts, np.arange(len(lines))).tolist()
    return signs


def find(*lines: str) -> list[bool]:
    """Which lines of a page stand in a list."""
    sizes = np.log1p(np.array([sum(c.isalnum() for c in line) for line in lines], np.float32))
    sentences = np.array([line.endswith("。") for line in lines], np.bool_)
    found: list[bool] = find_listed(np.array([0, len(lines)]), np.array(sign(*lines), np.int64), sizes, sentences).tolist()
    return found


def date(*dates: str) -> list[str]:
    """A headline with each date."""
    return [f"{HEADLINE} {x}" for x in dates]


@pytest.mark.parametrize("lines", [
    date(*FALLING), date(*FALLING[1:], "2018-12-31"),
    [x for day in FALLING for x in (HEADLINE, day)],                                             # each alone under its headline
    date("10-05", "10-04", "10-03", "09-30"), date("(10月5日)", "(9月30日)", "(9月2日)", "(1月3日)"),
    date("01-03", "01-02", "12-31", "12-30"),                                                   # over the turn of a year
    date("2019-10-05 18:30", "2019-10-05 18:30", "2019-10-05 09:12", "2019-10-05 09:01"),
    date("3小时前", "5小时前", "1天前", "2周前"), date("5分钟前", "1小时前", "2019-10-05", "2019-10-04"),
    [x for day in FALLING for x in (HEADLINE, day, "东方网", "王小明")][:-2],                         # names between
    [x for head in "甲乙丙丁" for x in (head + HEADLINE, "市水务局公布了今年汛期的准备情况，全市水库...")],
    [x for head in "甲乙丙丁" for x in (head + HEADLINE, "市水务局公布了今年汛期的准备情况，全市水库…[全文]", "10条评论")][:-1],
    ["{{item.title}}", "@@=it.name$$", "$info.channelName · 某某网 ·"], ["<%= title %>", "• ${item.date}", "{shopName}"],
])
def test_lists(lines: list[str]) -> None:
    assert find(*lines) == [True] * len(lines)


@pytest.mark.parametrize("lines", [
    date(*reversed(FALLING)),                                                                   # a chronicle
    date(*["2019-10-05"] * 6),                                                                  # a table of one day
    date(*FALLING[:LEAST - 1]), [*date(*FALLING[:2]), PARAGRAPH, *date(*FALLING[2:])],
    date(*FALLING[:2]) + [HEADLINE] * (APART + 1) + date(*FALLING[2:]),
    ["v1.2 2019-10-05", "v1.1 2019-09-30", "v1.0 2019-09-28", "v0.9 2019-01-02"],               # no headlines
    ["沪铜 50120 2019-10-05", "沪铜 50230 2019-09-30", "沪铝 14800 2019-09-28", "沪银 4400 2019-01-02"],
    date("13-45", "13-44", "13-43", "13-42"), date("3.5", "3.4", "3.3", "3.2"),                 # no dates
    [f"{HEADLINE}{n}元" for n in (9, 8, 7, 6)],
    ["推 mizu: 換盆啊 04/15 21:11", "→ mizu: 疏花 04/15 21:12", "推 farm: 六小時 04/15 21:20", "→ kal: 好 04/16 08:31"],
    [HEADLINE, "他说……", HEADLINE, "她没有回答……", HEADLINE, "很久……", HEADLINE, "天亮了……"],              # a story
    [f"他说：“{HEADLINE}。”"] * 8, ["{{item.title}}"] * (HOLES - 1), ["<div>", "{a}", "$5.20", "@某人 你好"],
])
def test_no_lists(lines: list[str]) -> None:
    assert not any(find(*lines))


def test_what_an_end_says() -> None:
    assert sign(*date(*FALLING))[3] > HOLE
    assert sign(*[HEADLINE + "..."] * LEAST) == [TEASER] * LEAST
    assert sign(*[HEADLINE + "..."] * (LEAST - 1)) == [0] * (LEAST - 1)         # too few to be looked at
    assert all(x < 0 for x in sign(*FALLING))
    assert sign(*["字" * LONGEST + "..."] * LEAST) == [0] * LEAST
    assert sign("{{a.b}}", HEADLINE, "{{a.c}}", "{{a.d}}") == [HOLE, 0, HOLE, HOLE]
    assert find_signs(Texts.of([]), np.zeros(0, np.int64)).tolist() == []


def test_pages_are_read_one_by_one() -> None:
    lines = date(*FALLING)
    size, text, signs = np.full(4, 3, np.float32), np.zeros(4, np.bool_), np.array(sign(*lines))
    assert find_listed(np.array([0, 4]), signs, size, text).all()
    assert not find_listed(np.array([0, 2, 4]), signs, size, text).any()


ENDS = st.sampled_from([HEADLINE, PARAGRAPH, HEADLINE + "...", "{{a.b}}", "", *FALLING, *date(*FALLING), *date("10-05", "3小时前")])


@given(st.lists(st.lists(ENDS, max_size=12), max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_document_is_read_by_itself(pages: list[list[str]]) -> None:
    texts = Texts.of(["\n".join(lines) for lines in pages])
    rows = np.flatnonzero(texts.lines.end > texts.lines.start)
    alone = [x for lines in pages for x in sign(*[line for line in lines if line])]
    assert find_signs(texts, rows).tolist() == alone


@pytest.mark.parametrize("line", [
    "(" * 300, "2019-" * 60, " 1-1" * 75, "…" * 300, "..." * 100, "更多" * 150, "{{" * 150, "@@" + "$" * 298, "<%" * 150,
    "[全文" * 75,
])
def test_hostile_lines_take_no_time(line: str) -> None:
    texts = Texts.of(["\n".join([line[:LONGEST]] * 2000)])
    start = time.perf_counter()
    find_signs(texts, np.arange(2000))
    assert time.perf_counter() - start < 5


def look(lines: list[str]) -> tuple[object, Look]:
    measured = measure(Texts.of(["\n".join(lines)]))
    n = len(lines)
    keep = np.full(n, 0.9, np.float32)
    keep[-1] = 0.01                                                                             # furniture that the net is sure of
    title = np.zeros(n, np.float32)
    title[0] = 0.9
    return measured, Look(np.array([0, n]), keep, title, np.array([[0.9, 0.05, 0.05]], np.float32))


def judge(*lines: str) -> tuple[list[bool], int]:
    """What a look cuts of a page that the net takes for text, and what the page is."""
    measured, seen = look([*lines, "返回首页"])
    none, forms = np.zeros(len(lines) + 1, np.bool_), np.full(len(lines) + 1, -1, np.int8)
    found = page.judge_look(measured, seen, none, forms, np.array(sign(*lines, "返回首页")), False)      # type: ignore[arg-type]
    return found.cut.tolist(), int(found.verdict[0])


def test_a_list_under_a_text_goes_and_a_page_of_nothing_else_is_set_aside() -> None:
    text = [HEADLINE, *[PARAGRAPH] * 6]
    assert judge(*text, *date(*FALLING)) == ([False] * 7 + [True] * 5, 0)
    assert judge("汛期", *date(*FALLING)) == ([True] * 6, 1)
    assert judge(*date(*FALLING))[0][0]                                     # though its first line may be the title


def test_text_with_such_lines_stays_where_nothing_is_furniture() -> None:
    lines = [HEADLINE, *[PARAGRAPH] * 4, *date(*FALLING)]
    assert clean_text("\n".join(lines), stages=["boilerplate"]).text.split("\n") == lines
