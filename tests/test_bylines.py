"""Bylines: the labelled cases, the doctests, closing attributions and their negatives, linear time."""

from __future__ import annotations

import doctest
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chinese import dates, plain
from pipeline.stages.boilerplate import bylines

CASES = [json.loads(x) for x in (Path(__file__).parent / "cases" / "bylines.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[c["lines"][0][:24] for c in CASES])
def test_fields_of_byline_rows(case: dict[str, object]) -> None:
    assert bylines.read_fields(case["lines"]) == case["fields"]  # type: ignore[arg-type]


def test_doctests() -> None:
    assert [doctest.testmod(module).failed for module in (bylines, dates, plain)] == [0, 0, 0]


@pytest.mark.parametrize(
    "written, iso",
    [
        ("2019年5月6日 下午9:12", "2019-05-06T21:12"), ("民國108年5月6日", "2019-05-06"),
        ("２０１９年５月６日　１７：２７", "2019-05-06T17:27"),
        ("2019-05-06T07:05:00+08:00", "2019-05-06T07:05:00"), ("2019/5/6(星期一)", "2019-05-06"), ("20/3/2022", "2022-03-20"),
        ("2019-02-30 10:00", None), ("2019-13-01", None), ("2019-05-06 99:00", "2019-05-06"),
    ],
)
def test_records_and_bylines_read_the_same_dates(written: str, iso: str | None) -> None:
    assert dates.to_iso(written) == iso
    assert dates.find_date(f"发布于 {plain.fold_plain(written)}") == iso


def test_what_only_one_of_them_reads() -> None:
    assert dates.to_iso("20220924") == "2022-09-24"                 # in a line it may be a telephone number
    assert dates.find_date("电话:20220924") is None
    assert dates.to_iso("1851-01-11") == "1851-01-11"               # in a line a number of four digits may be anything
    assert dates.find_date("第1851-01-11号") is None
    assert dates.to_iso("发布于2019-05-06") is None                 # a value begins with its date
    written = ("二〇二〇年五月十二日", "2020年5月12日", "2020-05-12", "五月十二日")
    assert [dates.is_written(x) for x in written] == [True, True, False, False]


@pytest.mark.parametrize(
    "line, fields",
    [
        ("作者：这本书什么时候出版？", {}), ("责任编辑：你好！请问几点上班", {}), ("作者：罗晴。", {"author": "罗晴"}),
        ("来源：《为什么？》", {"source_name": "《为什么？》"}),
        ("来源：县城晚报。更多精彩，请登录本站", {"source_name": "县城晚报"}),
        ("来源:新华网 作者:甲尹 郝薇 选稿:任世杰", {"source_name": "新华网", "author": "甲尹 郝薇", "editor": "任世杰"}),
        ("作者：解玉莲原创", {"author": "解玉莲"}), ("作者:赵省伟 编", {"author": "赵省伟"}), ("作者：某某学院教授、博士", {}),
        ("百余名记者“变身”消防员", {}), ("向记者电话致歉+公开道歉，拒绝威", {}), ("作者：深几度 我有话说", {"author": "深几度"}),
        ("来源：深几度（ID:deepch）", {"source_name": "深几度"}), ("来源：VOGUE时尚网 图片", {"source_name": "VOGUE时尚网"}),
    ],
)
def test_who_wrote_it_is_a_name_not_a_sentence(line: str, fields: dict[str, str]) -> None:
    assert bylines.read_fields([line]) == fields


@pytest.mark.parametrize(
    "line, author",
    [
        ("注入磅礴动能。(大学路街道办事处  刘翠)", "刘翠"),
        ("（作者:胡青、何圣东,分别系浙江省委党校讲师、教授）", "胡青、何圣东"),
        ("(本报记者 张三)", "张三"),
        ("(作者系某大学(dàxué)教授)", None),          # a post is no name
        ("(作者：原中国宜兴陶瓷博物馆馆长 时顺华)", "时顺华"),
    ],
)
def test_closing_attribution(line: str, author: str | None) -> None:
    closing = bylines.read_attribution(line)
    assert closing is not None
    assert closing.fields.get("author") == author


@pytest.mark.parametrize("line", ["(来源: Linux 基金会)", "正文完。（來源：NASA官網）", "（作者系Tom）"])
def test_a_closing_attribution_is_kept_as_it_is_written(line: str) -> None:
    """It was read, and kept, in the form that lines are compared in: `linux 基金会`."""
    closing = bylines.read_attribution(line)
    assert closing
    assert closing.fields
    assert all(value in line for value in closing.fields.values())


@pytest.mark.parametrize(
    "line",
    [
        "讲了三个小时。（记者 张三）",            # inside a paragraph it stays
        "以下简称《决定》（信访超市）",
        "他住在（东城区）",
        "得分最高者获胜（见附表）。",
        "一共去了三次。（下转第四版）",
        "",
    ],
)
def test_other_closing_brackets_stay(line: str) -> None:
    assert bylines.read_attribution(line) is None


@given(st.text(alphabet="（）()作者记：: 系张三2019-年月日来源【】/丨", max_size=80))
def test_any_line_can_be_read(line: str) -> None:
    bylines.read_fields([line])
    bylines.read_attribution(line)


@pytest.mark.parametrize("line", ["（" * 100_000, "作者：" * 50_000, "2019-" * 50_000, " " * 200_000 + "）", "记者" * 100_000])
def test_long_lines_cost_little(line: str) -> None:
    start = time.process_time()
    bylines.read_fields([line])
    bylines.read_attribution(line)
    assert time.process_time() - start < 4
