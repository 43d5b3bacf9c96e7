"""A small corpus that makes every step of a run work, and helpers to run it in this process."""

from __future__ import annotations

import json
import random
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import pipeline.read.jsonl
import pipeline.read.units
import pipeline.run.components
import pipeline.run.ranked
import pipeline.run.steps
import pipeline.run.verify
from pipeline.corpus.audit import read_audit
from pipeline.engines import Engine
from pipeline.read.paths import find_inputs
from pipeline.run.known import Against
from pipeline.run.settings import Settings
from pipeline.run.whole import Outcome, run

__all__ = ["FILES", "clean", "digests", "make_records", "move_everything", "rows", "set_unit_bytes", "write_records"]

FILES = ("clean.jsonl", "audit.jsonl", "quarantine.jsonl", "README.md", "croissant.json", "manifest.json")
_COMMON = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学"


def make_records(n: int = 90, seed: int = 0) -> list[dict[str, Any]]:
    """Records of two sites with a line that recurs, readings, near-duplicates, equal records, doubled ids, and bad ones."""
    records: list[dict[str, Any]] = []
    for k in range(n):
        dice = random.Random(f"{seed}/{k}")
        body = "。\n".join("".join(dice.choices(_COMMON, k=45)) for _ in range(6))
        text = f"岚川县第{k}期简报\n{body}(fāng)。\n第{k}期的事情就说到这里了。\n岚川融媒出品 必属精品"
        records.append({"id": f"n{k:03}", "text": text, "url": f"http://{'lan' if k % 3 else 'chuan'}.example/{k}"})
    for k in (3, 8):
        records.append({**records[k], "id": f"z{k}", "text": records[k]["text"].replace("简报", "通报") + "（转）"})
    records.append(dict(records[5]))                                    # the same record again
    records.append({**records[6], "text": "另一篇文章，用了同一个编号。" * 5})
    records.append({"id": "bad"})
    records.append({"id": "menu", "text": "首页\n新闻\n登录 注册\n版权所有 京ICP备12345678号-1\n友情链接：\n"})
    return records


def write_records(path: Path, records: list[dict[str, Any]]) -> Path:
    """As JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return path


def clean(
    source: Path, out: Path, *, workers: int | None = 1, settings: Settings | None = None,
    engine: AbstractContextManager[Engine] | None = None, against: Against | None = None,
) -> Outcome:
    """One run in this process."""
    return run(
        find_inputs([str(source)]), out / "clean.jsonl", settings or Settings(), workers=workers, engine=engine, against=against
    )


def digests(folder: Path, *, manifest: bool = True) -> dict[str, str]:
    """The digest of every file of a run that is there."""
    names = FILES if manifest else FILES[:-1]
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in names if (folder / name).exists()}


def set_unit_bytes(patch: pytest.MonkeyPatch, n: int) -> None:
    """Cut the input into units of so many bytes."""
    for module in (pipeline.read.jsonl, pipeline.read.units):
        patch.setattr(module, "UNIT_BYTES", n)


def move_everything(patch: pytest.MonkeyPatch) -> None:
    """Have near-duplicates found and compared by the engine, however few they are, in many small shards and groups."""
    patch.setattr(pipeline.run.steps, "MANY_DOCUMENTS", 0)
    patch.setattr(pipeline.run.steps, "MANY_CHARS", 0)
    patch.setattr(pipeline.run.steps, "NARROW_ROWS", 900)
    patch.setattr(pipeline.run.components, "MANY_PAIRS", 0)
    patch.setattr(pipeline.run.ranked, "SHARD_ROWS", 40)
    patch.setattr(pipeline.run.verify, "SHARD_CHARS", 20_000)
    patch.setattr(pipeline.run.verify, "READY_CHARS", 5_000)


def rows(path: Path) -> list[dict[str, Any]]:
    """Rows of JSONL, split at LF alone; of an audit as they are read."""
    if path.name.startswith("audit."):
        return list(read_audit(path))
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
