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
