"""docs/adding.md, followed to the letter in a copy of the package: a format, a stage and a phrase are what it says they are."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import ARTICLE, ROOT, rows

# A fenced block: the fence ends it, and nothing else can, so the lazy run is linear.
BLOCK = re.compile(r"^```(?:python|toml)\n# (.*?)\n(.*?)^```$", re.M | re.S)


def section(name: str) -> list[tuple[str, str]]:
    """Heads and bodies of the blocks of one section."""
    text = (ROOT / "docs" / "adding.md").read_text("utf-8")
    (found,) = [part for part in text.split("\n## ") if part.startswith(name)]
    return BLOCK.findall(found)


def follow(folder: Path, name: str) -> None:
    """Do in a folder what a section says."""
    blocks = section(name)
    assert blocks
    for head, body in blocks:
        path, _, line = head.partition(", under: ")
        file = folder / path
        if not line:
            assert not file.exists(), path
            file.write_text(body, "utf-8")
            continue
        lines = file.read_text("utf-8").split("\n")
        (at,) = [n for n, own in enumerate(lines) if own == line]
        file.write_text("\n".join([*lines[:at + 1], body.rstrip("\n"), *lines[at + 1:]]), "utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, with what is compiled of it."""
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline")
    return tmp_path


def run(folder: Path, *args: str | Path, code: int = 0) -> str:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "pipeline", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=300)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_a_format(copy: Path) -> None:
    film = f"[ti:雨]\n[00:01.00]{ARTICLE}\n\n[00:03.60]你带伞了吗？\n"
    (copy / "in").mkdir()
    (copy / "in" / "film.lrc").write_text(film, "utf-8")
    (copy / "in" / "other.lrc.gz").write_bytes(gzip.compress(film.replace("带伞", "下班").encode("gb18030")))
    (copy / "in" / "empty.lrc").write_text("[00:01.00]\n", "utf-8")
    assert "3 files left out (2 .lrc, 1 .lrc.gz)" in run(copy, "check", "in", code=2)
    follow(copy, "A format")
    assert "left out" not in run(copy, "clean", "in", "-o", "out/", "--stages", "encoding")
    assert {r["source"]: r["text"] for r in rows(copy / "out" / "clean.jsonl")} == {
        "in/film.lrc": f"{ARTICLE}\n你带伞了吗？", "in/other.lrc.gz": f"{ARTICLE}\n你下班了吗？"}
    assert [(r["source"], r["reason"]) for r in rows(copy / "out" / "quarantine.jsonl")] == [("in/empty.lrc", "nothing-sung")]
    assert "你带伞了吗？" in run(copy, "explain", "in/film.lrc", "--stages", "encoding")
    assert ", lrc" in run(copy, "explain", "in/film.lrc", "--format", "xls", code=2)


ENGINE = """
import sys
from pathlib import Path

from pipeline.engines.plain import PlainEngine
from pipeline.read.paths import find_inputs
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from tests.engines_conformance import CONFORMANCE

if __name__ == "__main__":
    for law in CONFORMANCE:
        Path(law.__name__).mkdir()
        law(PlainEngine, Path(law.__name__))
    run(find_inputs(["in"]), Path("out/clean.jsonl"), Settings(), engine=PlainEngine())
"""


def test_an_engine(copy: Path) -> None:
    follow(copy, "An engine")
    (copy / "in").mkdir()
    for name in ("a", "b"):
        (copy / "in" / f"{name}.txt").write_text(f"{ARTICLE}\n{name}", "utf-8")
    (copy / "go.py").write_text(ENGINE, "utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (copy, ROOT)))}
    subprocess.run([sys.executable, "go.py"], cwd=copy, env=environment, timeout=300, check=True)
    run(copy, "clean", "in", "-o", "out2/", "-q")
    for name in ("clean.jsonl", "audit.jsonl", "quarantine.jsonl"):
        assert (copy / "out" / name).read_bytes() == (copy / "out2" / name).read_bytes()


def test_a_stage_and_a_phrase(copy: Path) -> None:
    follow(copy, "A stage")
    follow(copy, "A phrase")
    page = copy / "page.txt"
    page.write_text(f"{ARTICLE}\n有事请打13812345678找老吴，他说一定接。\n本站特供", "utf-8")
    run(copy, "clean", page, "-o", "out/", "-q")
    (row,) = rows(copy / "out" / "clean.jsonl")
    assert row["text"] == f"{ARTICLE}\n有事请打（电话）找老吴，他说一定接。"
    (copy / "taosha.toml").write_text('[phones]\nmask = "***"\n', "utf-8")
    assert "{+***+}" in run(copy, "explain", page, "--stages", "phones")
    assert "mask must be a string" in run(copy, "explain", page, "--config", _config(copy, "mask = 3"), code=2)
    manifest = json.loads((copy / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["options"]["phones"] == {"mask": "（电话）"}


def _config(folder: Path, line: str) -> Path:
    path = folder / "other.toml"
    path.write_text(f"[phones]\n{line}\n", "utf-8")
    return path
