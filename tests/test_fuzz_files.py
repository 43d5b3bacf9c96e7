"""A few seconds of `tests.fuzz_files`, the same each time, and what it found."""

from __future__ import annotations

import random
from pathlib import Path

from tests.fuzz_files import Run, _try_one

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
