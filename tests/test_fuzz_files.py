"""A few seconds of `tests.fuzz_files`, the same each time, and what it found."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import TaoshaError
from pipeline.read.paths import find_inputs
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Fault
from pipeline.show.report import write_page
from tests.fuzz_files import FORMATS, Run, _try_one

ROOT = Path(__file__).parents[1]
#: Text of the cases alone, so that it is the same with and without the data of development.
TEXTS = [
    "岚川县今天的会议决定了明年的工作，大家都说很好（hǎo）。\n第二行，没有什么特别。", "首页 > 新闻\n登录 注册", "a,b\"c\n" * 5,
    "爭當推進基層治理現代化" * 9,
]


def test_damaged_files_of_every_kind(tmp_path: Path) -> None:
    run, usual = Run(tmp_path), (ROOT / "taosha.example.toml").read_bytes()
    found = set()
    for seed in range(250):
        kind, law = _try_one(tmp_path, run, TEXTS, usual, random.Random(seed))
        if law:
            found.add(f"{kind}: {law} (seed {seed})")
    assert not found, found


@pytest.mark.parametrize("file, key", [
    ("audit.jsonl", "n_chars"), ("audit.jsonl", "id"), ("quarantine.jsonl", "reason"), ("quarantine.jsonl", "line"),
    ("manifest.json", "counts"),
])
def test_a_line_without_its_key_is_damage(tmp_path: Path, file: str, key: str) -> None:
    """Found by tests.fuzz_files: the report ended with what was not foreseen."""
    Run(tmp_path)
    path = tmp_path / "whole" / file
    path.write_bytes(path.read_bytes().replace(f'"{key}"'.encode(), b'"other"'))
    with pytest.raises(TaoshaError):
        write_page(tmp_path / "whole", tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_offsets_of_an_arrow_file_are_looked_at(tmp_path: Path) -> None:
    """Found by tests.fuzz_files: a damaged offset was a SystemError of Python, and could have been anything."""
    data = FORMATS["a.arrow"](["岚川县的公告" * 30, "第二篇" * 30])
    ends = np.cumsum([0, *(len(t.encode()) for t in ("岚川县的公告" * 30, "第二篇" * 30))]).astype("<i4")
    assert data.count(ends.tobytes()) == 1
    (tmp_path / "a.arrow").write_bytes(data.replace(ends.tobytes(), ends[[0, 2, 1]].tobytes()))
    items = [i for unit in plan_units(find_inputs([str(tmp_path / "a.arrow")]).inputs) for i in read_unit(unit)]
    assert [i.reason for i in items if isinstance(i, Fault)] == ["table-broken"]
