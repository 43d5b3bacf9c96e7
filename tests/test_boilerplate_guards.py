"""What the guards keep: forms that look like furniture, each beside the furniture that it looks like."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clean_text
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate import propose
from pipeline.stages.boilerplate.guards import GUARDS
from pipeline.stages.boilerplate.turns import Turn, choose

CASES = [json.loads(x) for x in (Path(__file__).parent / "cases/boilerplate_forms.jsonl").read_text("utf-8").split("\n") if x]


@pytest.mark.parametrize("case", CASES, ids=[f"{k} {c['kind']}" for k, c in enumerate(CASES)])
def test_forms(case: dict[str, Any]) -> None:
    got = clean_text(case["raw"], stages=["boilerplate"])
    lines = got.text.split("\n")
    assert [x for x in case["keep"] if x not in lines] == []
    assert [x for x in case["drop"] if x in lines] == []
    if "author" in case:
        assert got.metadata.get("author", "") == case["author"]


NAME = st.sampled_from(["用户", "助手", "记者", "作者", "编辑", "专家", "老孙", "主持人", "來源", "读者"])
SAID = st.sampled_from(["今年的收成怎么样？", "比去年好一点。", "对！", "你说得对，雨下得正好。", "还没有想好……", "什么时候走？"])


@settings(max_examples=60)
@given(NAME, NAME, st.lists(SAID, min_size=3, max_size=8))
def test_no_turn_of_a_dialogue_goes_whoever_speaks(one: str, other: str, said: list[str]) -> None:
    if one == other:
        return
    text = "\n".join(f"{(one, other)[k % 2]}：{what}" for k, what in enumerate(said))
    got = clean_text(text, stages=["boilerplate"])
    assert got.text == text
    assert "author" not in got.metadata


@given(st.lists(st.tuples(NAME, st.sampled_from(["罗晴", "县城晚报", "2019-05-06", "方圆"])), min_size=1, max_size=8))
def test_names_are_no_dialogue(rows: list[tuple[str, str]]) -> None:
    assert choose([Turn(k, label, value) for k, (label, value) in enumerate(rows)], alone=True) == []


def test_every_guard_is_named_once() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)


MANY = ["作者：好。\n" * 30_000, "甲：什么？\n乙：没有。\n" * 15_000, "关键词\n" * 40_000, "：" * 100_000]


@pytest.mark.parametrize("line", MANY, ids=range(len(MANY)))
def test_many_turns_cost_linear_time(line: str) -> None:
    propose(Texts.of(["首页"]), BoilerplateOptions())
    start = time.process_time()
    propose(Texts.of([line]), BoilerplateOptions())
    assert time.process_time() - start < 6
