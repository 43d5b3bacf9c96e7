"""Lines whose form alone says what they are go under a clean article as on a whole page; a credit closes its article."""

from __future__ import annotations

import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clean_text
from pipeline.chinese.plain import fold_plain
from pipeline.record import Texts
from pipeline.stages.boilerplate.residue import CREDITS, FORMS, LONGEST, Form, find_forms

TITLE = "水库汛期准备就绪"
BODY = [f"第{k}天，市水务局公布了今年汛期的准备情况，全市水库已经完成检查，其中几座正在加固，居民都很放心。" for k in "一二三四五"]
#: A line of each form, and what must be read out of it.
RESIDUE = [
    ("原标题：水务局公布今年的准备情况", {}), ("（原標題：水務局公布今年的準備情況）", {}),
    ("责任编辑：王小明", {"editor": "王小明"}), ("（責編：王小明）", {"editor": "王小明"}), ("选稿:朱野", {}),
    ("2019年10月13日 来源:北京青年报", {}),
    ("本文仅代表作者个人观点，与本网无关。", {}), ("以上内容不代表本站立场。", {}),
    ("免责声明：文中陈述的文字和内容未经本站证实。", {}),
    ("著作权归作者所有。商业转载请联系作者获得授权。", {}),
    ("未经授权，不得转载。", {}), ("某某网站稿件，转载请注明出处", {}), ("某某出版集团 版权所有", {}),
    ("海量资讯、精准解读，尽在某某财经APP", {}),
    ("标签： 水利 防汛", {}), ("点击观看视频", {}), ("×", {}), ("•", {}),
    ("所属类型:服务指南 | 阅读次数:105496 | 添加时间:2017-3-9 12:7", {}), ("【字号：大 中 小】 作者：王小明 来源：某某网", {}),
    ("发布者：王小明 发布时间：2019-10-05 浏览次数：36", {}), ("中共某某省委研究室版权所有 浙ICP备11066104号", {}),
    ("京公网安备 11010502032938号", {}), ("网站访问量: 12,345", {}), ("阅读量 36 次", {}),
    ("Copyright © 2012 by www.example.org All Rights Reserved", {}), ("Copyright © 2019 某某网 版权所有", {}),
    ("Copyright(C)2012 某某公司 京ICP备12008277号", {}),
    ("©2000-2019 example.com. All rights reserved.", {}), ("Loading...", {}), ("正在加载，请稍候", {}), ("載入中…", {}),
    ("記者王小明／台北報導", {}), ("（記者王小明／台北報導）", {}), ("https://img.example.com/2019/10/a_1.jpg", {}),
    ("http://img.example.com/a.png?imageView2/1/w/80", {}),
    ("第A02版：要闻", {}), ("第03版：理论 第04版：文化周刊", {}),
    ("请记住本站域名：www.example.com", {}), ("（本章完）", {}), ("QQ空间新浪微博微信", {}),
    ("12条评论", {}), ("• 某某网微评论（0人评论）", {}), ("网友评论（36）", {}), ("評論：5", {}),
    ("展开全部", {}), ("收起简介 展开简介", {}), ("以上内容是否解决了您的问题？", {}),
    ("撰文/王小明", {}), ("摄影：王小明", {}), ("（攝影：王小明）", {}),
]


def clean(*lines: str) -> list[str]:
    return clean_text("\n".join(lines), stages=["boilerplate"]).text.split("\n")


@pytest.mark.parametrize(("line", "fields"), RESIDUE)
@pytest.mark.parametrize("at", [1, 3, 6])
def test_one_line_of_residue_goes_from_a_clean_article(line: str, fields: dict[str, str], at: int) -> None:
    page = [TITLE, *BODY]
    got = clean_text("\n".join([*page[:at], line, *page[at:]]), stages=["boilerplate"])
    assert got.text.split("\n") == page
    assert {key: got.metadata.get(key) for key in fields} == fields


@pytest.mark.parametrize("line", [
    "原标题党的文章为什么有人看，研究者给出了三个理由。",
    "编辑 /etc/login.defs 文件，可以设置期限。", "编辑：[wxy](https://example.org/wxy)",
    "王小明说，编辑：这是他的职业，也是他一生的爱好。", "本文认为，水位代表了下游的风险。",
    "他们在页脚写“版权所有，未经许可不得转载”，以为就够了。",
    "第二十九条 未经许可，任何单位和个人不得取水。", "版权声明", "微信",
    "Copyright (C) 2020 Example Corporation. All rights reserved.", "加载中间件以后，程序才会启动。",
    "时间：上午九时", "访问量不大的网站，用一台机器就够了。", "页面不存在怎么办",
    "记者王小明／张三家的稿子写了三天，报道里没有一个数字。", "图片在 https://img.example.com/a.jpg",
    "https://example.com/a.jpg/about",
    "第03版：理论，第04版：文化，都有他的文章。", "第2版：前言", "标签要贴在瓶子上。",
    "点击阅读原文的人不到一成。", "×××", "3×4=12",
    "10万条评论里没有一条提到水库", "评论3：水库还能用多少年", "网友评论（节选）", "展开全部检查之后，水库开始蓄水。",
    "文：水能载舟，亦能覆舟", "图：水库大坝", "摄影：从入门到精通", "内容是否属实，解决了什么问题，没有人知道。",
    "最新地址登记在册的住户可以领取补助。", "来源：《汉书·梅福传》。",
    "2019年10月13日，来源不明的污水流进了水库。", "本章结束之前，我们再看一个例子。",
])
def test_what_only_looks_like_residue_stays(line: str) -> None:
    assert clean(TITLE, *BODY, line, BODY[0][3:]) == [TITLE, *BODY, line, BODY[0][3:]]


def test_the_first_line_may_be_the_title() -> None:
    texts = Texts.of(["原标题：水务局公布\n" + BODY[0], "\n责任编辑：甲\n责任编辑：乙"])
    assert find_forms(texts, texts.lines.end > texts.lines.start).tolist() == [-1, -1, -1, -1, 1]


@settings(max_examples=60)
@given(st.lists(st.sampled_from([TITLE, *BODY, *(line for line, _ in RESIDUE), "短句", ""]), max_size=12))
def test_cleaning_again_changes_nothing(lines: list[str]) -> None:
    once = clean_text("\n".join(lines), stages=["boilerplate"]).text
    assert clean_text(once, stages=["boilerplate"]).text == once


def test_each_line_is_found_by_its_ends() -> None:
    """What a line must open or end with never rules out a line that the pattern of its form finds."""
    for line, _ in RESIDUE:
        texts = Texts.of([f"一\n{line}"])
        want = next(k for k, form in enumerate(FORMS) if form.pattern.match(fold_plain(line)))
        assert find_forms(texts, np.ones(2, np.bool_)).tolist() == [-1, want], line


def test_patterns_are_written_as_lines_are_folded() -> None:
    for form in FORMS:
        words = "".join(c for c in form.pattern.pattern + form.heads + form.tails if ord(c) > 0x2E7F and c not in "著！？")
        assert fold_plain(words) == words


@pytest.mark.parametrize(("line", "published"), [
    ("2018年7月23日 13:21", "2018-07-23T13:21"),
    ("2019/10/5 13:39:11", "2019-10-05T13:39:11"),
    ("（2019-10-05 13:39）", "2019-10-05T13:39"),
])
def test_the_time_under_a_title_is_metadata(line: str, published: str) -> None:
    got = clean_text("\n".join([TITLE, line, *BODY]), stages=["boilerplate"])
    assert got.text.split("\n") == [TITLE, *BODY]
    assert got.metadata["published"] == published


@pytest.mark.parametrize("lines", [
    [TITLE, "2018年7月23日", *BODY],                                            # statutes have their date there
    [TITLE, BODY[0], "2018年7月23日 13:21", *BODY[1:]],                         # an entry of a log
    [TITLE, "2018年7月23日 13:21 市水务局开始检查水库", *BODY],
])
def test_other_dates_stay(lines: list[str]) -> None:
    assert clean(*lines) == lines


TAIL = ["本报读者都在看", "了解不一样的家乡，打造自己的生活。"]


@pytest.mark.parametrize("credit", ["责任编辑：王小明", "（責編：王小明）", "编辑: 王小明", "原标题：水务局公布"])
def test_what_follows_a_credit_goes(credit: str) -> None:
    assert clean(TITLE, *BODY, credit, *TAIL) == [TITLE, *BODY]


@pytest.mark.parametrize("lines", [
    [TITLE, *BODY[:2], "编辑：王小明", *BODY[2:]],                          # another part of the page follows
    [TITLE, *BODY[:2], "编辑：王小明", *TAIL],                              # too little stands above
])
def test_what_is_another_part_of_the_page_stays(lines: list[str]) -> None:
    assert clean(*lines) == [x for x in lines if x != "编辑：王小明"]


def test_one_document_does_not_close_another() -> None:
    from pipeline.cleaning import clean_texts

    first, second = "\n".join([TITLE, *BODY, "责任编辑：王小明"]), "\n".join(TAIL)
    alone = clean_texts([second], stages=["boilerplate"])[0].text
    assert clean_texts([first, second], stages=["boilerplate"])[1].text == alone


def test_credits_are_forms_of_bylines() -> None:
    assert {FORMS[k].reason for k in CREDITS} == {"byline"}


def find_repetitions(pattern: Iterable[Any]) -> Iterator[int]:
    """How often at most each part of a parsed pattern may come."""
    for op, value in pattern:
        if op in (parser.MAX_REPEAT, parser.MIN_REPEAT):
            yield int(value[1])
        parts = value if isinstance(value, (tuple, list)) else (value,)
        for part in (*parts, *(x for y in parts if isinstance(y, list) for x in y)):
            if isinstance(part, parser.SubPattern):
                yield from find_repetitions(part)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.reason)
def test_every_repetition_of_a_form_is_bounded(form: Form) -> None:
    """So that the work for a line is, and longer lines are not looked at."""
    found = list(find_repetitions(parser.parse(form.pattern.pattern)))
    assert all(most <= 100 for most in found)


def test_long_lines_are_not_looked_at() -> None:
    line = "原标题：" + "甲" * LONGEST
    texts = Texts.of(["\n".join(["一", line, line[:LONGEST]])])
    assert find_forms(texts, texts.lines.end > texts.lines.start).tolist() == [-1, -1, 0]


@pytest.mark.parametrize("lines", [
    ["页面没有找到 5秒钟之后将会带您进入首页!"], ["栏目不存在!"],
    ["提示信息", "提示：访问地址无效，s/52/t找不到对应的栏目！", "首页 关闭此页"], ["对不起，您访问的页面不存在！", "返回首页"],
])
def test_a_page_that_says_that_there_is_none_is_empty(lines: list[str]) -> None:
    got = clean_text("\n".join(lines), stages=["boilerplate"])
    assert got.text == ""


def test_an_error_in_a_text_is_a_line() -> None:
    assert clean(TITLE, *BODY, "页面不存在！") == [TITLE, *BODY, "页面不存在！"]      # it may be quoted
    assert clean("页面不存在怎么办", "联系管理员。") == ["页面不存在怎么办", "联系管理员。"]


@pytest.mark.parametrize("lines", [
    ["旧网站", "对不起，您访问的页面不存在", "像一封退回的信", "我还是把它读了一遍"],
    ["城市的夜里", "灯一盏一盏熄灭", "对不起，您访问的页面不存在", "我说，那就回家吧"],
    ["我点开你的名字", "页面不存在", "雪落在另一个城市", "没有人接电话"],
])
def test_a_poem_that_quotes_an_error_stays(lines: list[str]) -> None:
    assert clean(*lines) == lines
