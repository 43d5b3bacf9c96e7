"""Titles behind a label."""

from __future__ import annotations

import time

import pytest

from pipeline.stages.boilerplate.title_labels import HEAD, clean_title, find_label, read_label


@pytest.mark.parametrize(("line", "title"), [
    ("標題  [問題] 汛期要準備什麼", "汛期要準備什麼"),
    ("標題 [問題] 汛期要準備什麼", "汛期要準備什麼"),
    ("标　　题：水务局公布汛期准备情况 ", "水务局公布汛期准备情况"),
    ("题目：论水库调度的新模型", "论水库调度的新模型"),
    ("标题:Re: [闲聊] 夏天去哪里", "夏天去哪里"),
    ("作者water (水水)看板home-sale標題[問題] 汛期要準備什麼時間Mon Apr  5 10:22:33 2021", "汛期要準備什麼"),
])
def test_the_value_is_the_title(line: str, title: str) -> None:
    label = read_label(line)
    assert label is not None
    assert line[label[0]:label[1]] == title


@pytest.mark.parametrize("line", [
    "标题党的文章为什么有人看", "标题：", "标题： 无", "名称：食堂设备采购", "题目很难，大家都没有做出来",
    "文件名称：a.doc 大小：12", "主题公园下月开放", "作者：张三",
])
def test_what_is_no_label_gives_none(line: str) -> None:
    assert read_label(line) is None


def test_a_name_is_the_title_in_an_official_head_alone() -> None:
    name = "名　　称：水务局公布汛期准备情况"
    assert find_label(["索 引 号：0001", "发文机关：某市水务局", name]) == (2, (5, 16))
    assert find_label(["项目编号：0001", "采购人：某市水务局", name]) is None


def test_only_the_head_of_a_page_is_looked_at() -> None:
    assert find_label([*["一"] * HEAD, "标题：水务局公布汛期准备情况"]) is None


@pytest.mark.parametrize("line", [
    "标" + " " * 50_000, "作者 " + "看板" * 20_000, "作者" + "x" * 50_000 + "看板標題", "標題" + "[" * 50_000,
])
def test_long_lines_cost_little(line: str) -> None:
    start = time.process_time()
    find_label([line] * HEAD)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(("line", "title"), [
    ("• 汛期要准备什么", "汛期要准备什么"), ("## 汛期要准备什么", "汛期要准备什么"), ("原创 汛期要准备什么", "汛期要准备什么"),
    ("汛期要准备什么_某某网", "汛期要准备什么"), ("汛期要准备什么 - 某某论坛", "汛期要准备什么"),
    ("汛期要准备什么|某某日报", "汛期要准备什么"),
    ("汛期要准备什么_水利_某某教育_某某网", "汛期要准备什么"), ("汛期要准备什么-某某在线-example.com", "汛期要准备什么"),
])
def test_a_title_stands_without_its_site(line: str, title: str) -> None:
    assert clean_title(line) == title


@pytest.mark.parametrize("title", [
    "战胜塑料污染——世界环境日主题活动在京举行", "航拍颛桥|预告片", "[欧冠]利物浦4-3萨尔茨堡",
    "专访 | 韩磊：把乏味的东西，拍出惊心动魄",
    "阅读者｜枪炮、病菌与钢铁", "马自达MX-5", "新华网", "原创内容怎么保护", "水网-电网一起建", "1-3！日乒丢掉最有希望一冠", "",
])
def test_what_belongs_to_a_title_stays(title: str) -> None:
    assert clean_title(title) == title


def test_long_titles_cost_little() -> None:
    start = time.process_time()
    for line in ("_" * 400, "-网" * 200, "| 网" * 130, " " * 400 + "网", "_某某网" * 100):
        clean_title(line)
    assert time.process_time() - start < 0.2
