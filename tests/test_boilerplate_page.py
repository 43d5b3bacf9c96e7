"""A page of which too little is left is set aside; whatever it is, what was decided stays decided."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.record import Texts
from pipeline.stages.boilerplate import page
from pipeline.stages.boilerplate.features import Measured, measure
from pipeline.stages.boilerplate.net import Look
from pipeline.stages.boilerplate.verdicts import (
    DOUBT,
    DOUBT_LIST,
    LOOSE,
    MUCH,
    PAIRS,
    TITLED,
    UNTITLED,
    find_lists,
    find_pairs,
    find_thin,
)

PARAGRAPH = "市水务局昨天公布了今年汛期的准备情况，全市水库已经完成检查，其中几座正在加固，居民都很放心。"
TEASERS = ["汛期准备就绪", PARAGRAPH, "水库加固", PARAGRAPH]


def see(pages: list[list[str]], text: float, title: float = 0.0) -> tuple[Measured, Look]:
    """Pages and a look that gives each `text`, and its first line `title`."""
    lines = measure(Texts.of(["\n".join(p) for p in pages]))
    first = np.cumsum([0, *map(len, pages)])
    titles = np.zeros(len(lines.doc), np.float32)
    titles[first[:-1]] = title
    odds = np.full((len(pages), 3), (1 - text) / 2, np.float32)
    odds[:, 0] = text
    return lines, Look(first, np.full(len(lines.doc), 0.5, np.float32), titles, odds)


def find(pages: list[list[str]], text: float, title: float = 0.0, cut: tuple[int, ...] = ()) -> list[bool]:
    lines, look = see(pages, text, title)
    gone = np.zeros(len(lines.doc), np.bool_)
    gone[list(cut)] = True
    return [bool(x) for x in find_thin(lines, look, gone)]


@pytest.mark.parametrize(("lines", "text", "title", "cut", "thin"), [
    (TEASERS, DOUBT - 0.1, 0.0, (), True),
    (TEASERS, DOUBT + 0.1, 0.0, (), False),                                             # the net is sure enough that it is text
    (TEASERS, DOUBT - 0.1, TITLED + 0.1, (), False),                                    # it has a title of its own
    (TEASERS, DOUBT - 0.1, TITLED + 0.1, (1, 2, 3), True),                              # and nothing else
    (["汛期准备就绪", *[PARAGRAPH] * 6], DOUBT - 0.1, 0.0, (), False),                      # a passage
    (["汛期准备就绪", *[PARAGRAPH] * 6], DOUBT - 0.1, 0.0, (2, 4, 6), True),                # … of which lines go
    (["水位：三米"] * (LOOSE // 4 + 1), DOUBT - 0.1, 0.0, (), False),                       # a long table of facts
    (["水位：三米"] * (MUCH // 4 + 1), DOUBT - 0.1, UNTITLED + 0.1, (), False),             # … or one under a title
    (["水位：三米"] * (MUCH // 4 + 1), DOUBT - 0.1, UNTITLED - 0.1, (), True),
    (["水位三米", PARAGRAPH], DOUBT + 0.1, 0.0, (1,), True),                                # bare
    (["水位三米", *[PARAGRAPH] * 3], DOUBT + 0.1, 0.0, (1, 2, 3), False),                   # … of a page with something to say
])
def test_thin_pages(lines: list[str], text: float, title: float, cut: tuple[int, ...], thin: bool) -> None:
    assert find([lines], text, title, cut) == [thin]


def test_a_page_is_thin_by_itself() -> None:
    assert find([TEASERS, ["汛期准备就绪", *[PARAGRAPH] * 6], TEASERS], DOUBT - 0.1) == [True, False, True]
    assert find([], 0.1) == []


HEADLINE = "水务局公布今年的汛期准备情况"


@pytest.mark.parametrize(("lines", "text", "listing"), [
    ([HEADLINE, PARAGRAPH] * PAIRS, DOUBT_LIST - 0.1, True),
    ([HEADLINE, PARAGRAPH] * PAIRS, DOUBT_LIST + 0.01, False),
    ([HEADLINE, PARAGRAPH] * (PAIRS - 1), DOUBT_LIST - 0.1, False),
    ([HEADLINE, *[PARAGRAPH * 4] * 4] * PAIRS, DOUBT_LIST - 0.1, False),                     # an article with headings
    (["怎么准备：", PARAGRAPH] * PAIRS, DOUBT_LIST - 0.1, False),                             # labels of facts
    ([HEADLINE, PARAGRAPH] * PAIRS + [PARAGRAPH * 4] * 3, DOUBT_LIST - 0.1, False),          # a list under an article
])
def test_headlines_with_teasers_are_a_list(lines: list[str], text: float, listing: bool) -> None:
    measured, look = see([lines], text)
    assert [bool(x) for x in find_lists(measured, look, np.zeros(len(lines), np.bool_))] == [listing]


def test_pairs_do_not_overlap() -> None:
    both = np.ones(7, np.bool_)
    assert find_pairs(both, both, np.ones(7, np.float32)) == [0, 2, 4]
    assert find_pairs(both[:0], both[:0], np.ones(0, np.float32)) == []
    head, teaser = np.array([True, False, False]), np.array([False, True, True])
    assert find_pairs(head, teaser, np.ones(3, np.float32)) == []                            # two paragraphs are a section


def test_what_is_under_a_credit_ends_with_its_page() -> None:
    lines = measure(Texts.of(["\n".join([*[PARAGRAPH] * 3, "责任编辑：甲", "推荐阅读"]), "另一页\n" + PARAGRAPH]))
    forms = np.array([-1, -1, -1, 1, -1, -1, -1], np.int8)
    none = np.zeros(7, np.bool_)
    assert page.find_closed(lines, np.array([0, 5, 7]), forms, none).tolist() == [False] * 3 + [True] * 2 + [False] * 2
    none[0] = True                                                                      # a paragraph that goes makes no article
    assert not page.find_closed(lines, np.array([0, 5, 7]), forms, none).any()


def test_two_short_lines_are_a_text() -> None:
    assert find([["汛期准备", "准备就绪。", "返回首页"]], DOUBT + 0.1, 0.0, (2,)) == [False]


TITLE = "大雾封城海口全城抗雾"
STAMP = "2018年02月26日 14:35"


def gallery(headline: str, captions: list[str]) -> list[str]:
    """Pictures as a gallery has them: headline, date, caption, counter."""
    return [x for k, caption in enumerate(captions) for x in (headline, STAMP, caption, f"81419{k}")]


def find_under(pages: list[list[str]], titles: list[int], text: float = 0.9) -> list[str]:
    lines, look = see(pages, text)
    found = page.find_captions(lines, look, np.array(titles))
    return [x for x, yes in zip((x for p in pages for x in p), found.tolist(), strict=True) if yes and x != STAMP]


def test_what_stands_under_copies_of_the_title_is_a_caption() -> None:
    captions = ["图为滞留的车辆。", "2018年2月24日，在海口市码头，滞留车辆有序排队登船过海，旅客很放心，没有人抱怨。", "登船"]
    assert find_under([gallery(TITLE, captions)], [0]) == captions
    assert find_under([[x for x in gallery(TITLE, captions) if x != STAMP]], [0]) == captions
    assert find_under([["首页", *gallery(TITLE, captions), "返回"]], [1]) == captions
    assert find_under([gallery(TITLE, captions)], [0], text=0.4) == []      # teasers of a list


@pytest.mark.parametrize(("pages", "titles"), [
    ([gallery(TITLE, ["滞留的车辆", "登船"])], [0]),                            # a title and its copy
    ([[*gallery("别的新闻", ["滞留", "登船", "返家"]), TITLE]], [12]),          # teasers under other headlines
    ([gallery("图片", ["滞留的车辆", "登船", "返家"])], [0]),                   # a title that says nothing
    ([gallery(TITLE, ["滞留的车辆", "登船", "返家"])], [-1]),
    ([[TITLE, TITLE, TITLE], ["下一页的第一行", TITLE]], [0, 1]),                # a page ends what its last line says
])
def test_no_caption(pages: list[list[str]], titles: list[int]) -> None:
    assert find_under(pages, titles) == []


@pytest.mark.parametrize(("headline", "stays"), [(TITLE, True), ("水库加固今天已经开工", False)])
def test_a_caption_between_furniture_is_no_island(headline: str, stays: bool) -> None:
    page_of = [TITLE, PARAGRAPH, *gallery(headline, ["图为滞留的车辆", "登船返家的旅客", "航拍的码头"])]
    lines, look = see([page_of], 0.99, 0.9)
    keep = np.array([0.99, 0.9, *[0.01, 0.01, page.KEEP + 0.1, 0.01] * 3], np.float32)
    none, forms = np.zeros(len(keep), np.bool_), np.full(len(keep), -1, np.int8)
    cut = page.judge_look(lines, look._replace(keep=keep), none, forms, np.zeros(len(keep), np.int8), False).cut
    assert (~cut[4:-2:4]).tolist() == [stays] * 2       # of the last one the page has no two lines below
