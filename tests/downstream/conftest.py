"""Corpora of every kind and form, made once: what other libraries are to read, all with the same columns and types."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.read.paths import find_inputs
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from tests.run_corpus import write_records

_TEXTS = (
    "社区图书馆开放三年来，每天下午四点以后都坐满了放学的孩子，管理员老吴说，书要有人看才算书。",
    "水库加固工程的防渗材料在去年汛期前全部更换完毕，监测数据显示渗流量下降了四成。",
    "县里的柑橘今年卖到了十二个省，合作社第一次给社员分了红，老李说来年还要扩种二十亩。",
)
_OTHER = "气象台说，冷空气后天夜里到达，山区要防道路结冰，果农应当给幼树裹上草绳，学校的早操改在室内。"
_BARE = [{"text": text} for text in _TEXTS]
_RICH: list[dict[str, Any]] = [
    {"id": f"{k:04}", "text": text, "url": f"http://a.example/{k}", "title": "题目", "date": "2020-01-02", "author": "张三",
     "source_name": "日报"} for k, text in enumerate(_TEXTS)
]

#: Records by kind. A reader that looks at the first hundred lines of `late` has seen no source and no date.
KINDS: dict[str, list[dict[str, Any]]] = {
    "rich": _RICH,
    "bare": _BARE,
    "extra": [r | {"n": 2**53 + k, "tags": ["a", None], "nested": {"k": k / 2}} for k, r in enumerate(_RICH)],
    "late": [
        *({"text": f"第{k}号档案：{_TEXTS[k % 3]}{'续' * k}{_TEXTS[(k + 1) % 3][k % 30:]}"} for k in range(150)),
        _RICH[0] | {"text": _OTHER},
    ],
    "duplicates": [{"id": str(k), "text": _TEXTS[0]} for k in range(5)],
    "empty": [{"text": "首页\n新闻\n登录 注册\n版权所有 京ICP备12345678号-1\n友情链接：\n"}],
}
JSONL = (".jsonl", ".jsonl.gz", ".jsonl.zst")


class Corpora(NamedTuple):
    """Where they are."""

    folder: Path

    def path(self, kind: str, suffix: str) -> Path:
        """The corpus of a kind in a form, alone in its folder with its companions."""
        return self.folder / f"{kind}{suffix.replace('.', '-')}" / f"clean{suffix}"


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    """All kinds, in all forms."""
    made = Corpora(tmp_path_factory.mktemp("corpora"))
    for kind, records in KINDS.items():
        source = write_records(made.folder / f"{kind}.jsonl", records)
        for suffix in (*JSONL, ".parquet"):
            run(find_inputs([str(source)]), made.path(kind, suffix), Settings(), workers=1)
    return made


@pytest.fixture(autouse=True, scope="session")
def _offline(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Nothing is asked of a hub, and nothing is kept in the caches of whoever runs this. Before `datasets` is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_DATASETS_OFFLINE", "1")
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hub")))
        yield
