"""Bylines: the labelled cases, the doctests, closing attributions and their negatives, linear time."""

from __future__ import annotations

import doctest
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.boilerplate import bylines

CASES = [json.loads(x) for x in (Path(__file__).parent / "cases" / "bylines.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[c["lines"][0][:24] for c in CASES])
def test_fields_of_byline_rows(case: dict[str, object]) -> None:
    assert bylines.read_fields(case["lines"]) == case["fields"]  # type: ignore[arg-type]


def test_doctests() -> None:
    assert doctest.testmod(bylines).failed == 0


@pytest.mark.parametrize(
    "line, author",
    [
        ("注入磅礴动能。(大学路街道办事处  刘翠)", "刘翠"),
        ("（作者:胡青、何圣东,分别系浙江省委党校讲师、教授）", "胡青、何圣东"),
        ("(本报记者 张三)", "张三"),
        ("(作者系某大学(dàxué)教授)", "某大学教授"),
    ],
)
def test_closing_attribution(line: str, author: str) -> None:
    closing = bylines.read_attribution(line)
    assert closing is not None
    assert closing.fields["author"] == author


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
