"""The floor under the quality: no figure of tests/gate.json may fall."""

from __future__ import annotations

import json

from tests.gate import FLOOR, score_all


def test_no_figure_falls() -> None:
    floor = json.loads(FLOOR.read_text("utf-8"))
    figures = score_all()
    assert floor.keys() == figures.keys(), "run `python -m tests.gate --raise`"
    assert {name: (figures[name], least) for name, least in floor.items() if figures[name] < least} == {}
