"""The floor under the quality: no figure of tests/gate.json may fall."""

from __future__ import annotations

import copy
import json
from importlib import resources

import numpy as np
import pytest

from tests.gate import (
    BODIES,
    FLOOR,
    KEY,
    LEFT_OUT,
    LINES,
    WEIGHTS,
    check_left_out,
    find_left_out,
    find_left_out_sites,
    score_all,
)


def test_no_figure_falls() -> None:
    floor = json.loads(FLOOR.read_text("utf-8"))
    assert set(floor.pop(KEY)) == set(LEFT_OUT)
    figures = score_all()
    assert floor.keys() == figures.keys(), "run `python -m tests.gate --raise`"
    assert {name: (figures[name], least) for name, least in floor.items() if figures[name] < least} == {}


@pytest.mark.skipif(not find_left_out(), reason="../shared is not there")
def test_no_figure_of_sites_left_out_falls() -> None:
    floor = json.loads(FLOOR.read_text("utf-8"))[KEY]
    assert check_left_out(floor, lift=False) == []
    other = copy.deepcopy(floor)
    other[LEFT_OUT[0]]["sha256"] = "0"
    other[LEFT_OUT[1]]["f1"] += .01
    assert len(check_left_out(other, lift=False)) == 2           # other data, and a figure that fell


def test_weights_were_not_trained_on_what_they_are_scored_on() -> None:
    for name in WEIGHTS:
        with np.load(str(resources.files("pipeline") / "data" / name)) as weights:
            trained = set(weights["trained"].tolist())
            assert set(weights["left_out"].tolist()) == find_left_out_sites()
        assert not trained & {*BODIES, "boilerplate_forms.jsonl"}
        assert {*LINES, "boilerplate_own.jsonl"} <= trained
    assert len(find_left_out_sites()) > 100
