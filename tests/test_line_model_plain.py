"""Prose in lines without commas and stops, as it is made of pages to train on."""

from __future__ import annotations

import random
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

TOOL = Path(__file__).parents[1] / "tools/line_model"
@pytest.fixture(scope="module")
def augment() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOL))
        return import_module("augment")


TEXT = st.text(st.sampled_from("山水人家春来秋去ab1，。！？；：,…”"), max_size=200)


@given(TEXT, st.integers(), st.integers(1, 20), st.integers(0, 30), st.sampled_from([0.0, 0.3, 1.0]))
def test_breaking_a_paragraph_loses_no_word(augment: Any, text: str, seed: int, low: int, more: int, signs: float) -> None:
    lines = augment.break_clauses(random.Random(seed), text, low, low + more, " ", signs, ["", "~"])
    said = re.compile("[，。！？；：,…” ~]")
    assert said.sub("", "".join(lines)) == said.sub("", text)
    assert all(line.strip() for line in lines)


def test_furniture_is_left_and_labels_go_along(augment: Any) -> None:
    body = ["天晴了，我们上山去看枫叶，路上人很多，车也很多。" * 3 for _ in range(4)]
    lines, keep = ["首页", *body, "这是页脚。版权所有，不得转载，违者必究，谢谢合作啦。"], np.array([0, 1, 1, 1, 1, 0], np.int8)
    page = augment.Page("p", "real", "g", lines, keep, np.zeros(6, np.int8), np.full(6, -1, np.int8), 0)
    new = augment.unpunctuated(random.Random(1), page)
    assert [x for x, k in zip(new.lines, new.keep, strict=True) if k == 0] == [page.lines[0], page.lines[-1]]
    assert (new.keep == 1).sum() >= augment.SHORTEST_PROSE
    assert len(new.lines) == len(new.keep) == len(new.title) == len(new.kind)
