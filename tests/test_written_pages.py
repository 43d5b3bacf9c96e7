"""The pages that were written to train on and to measure on: each line behind a mark, no two of one site, no line of the forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "tools/line_model").glob("written*.jsonl"))
STAYS, GOES = set("T+hfplc"), set("-ABmkou")
#: Characters of a line that two people would not write alike by chance.
LONG = 24


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").rstrip("\n").split("\n")]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_each_line_stands_behind_its_mark(path: Path) -> None:
    for page in read(path):
        marks = [line[0] for line in page["lines"]]
        assert set(marks) <= STAYS | GOES, page["id"]
        assert all(line[1:].strip() for line in page["lines"]), page["id"]
        assert marks.count("T") <= 1, page["id"]
        assert (page["verdict"] == "text") == bool(STAYS & set(marks)), page["id"]


def test_no_two_are_of_one_site() -> None:
    pages = [page for path in PATHS for page in read(path)]
    assert len(PATHS) == 2
    assert len({page["site"] for page in pages}) == len({page["id"] for page in pages}) == len(pages)


def test_no_line_of_the_forms_is_trained_on() -> None:
    written = {line[1:].strip() for path in PATHS for page in read(path) for line in page["lines"] if len(line) > LONG}
    cases = read(ROOT / "tests/cases/boilerplate_forms.jsonl")          # the other cases are trained on
    tested = {line.strip() for case in cases for line in case["raw"].split("\n") if len(line.strip()) >= LONG}
    assert tested
    assert not tested & written
