"""Hostile input: every stage and the whole run take time in proportion to the size, lose nothing and never leave half a file.

Growth is measured in CPU time at two sizes: a stage that is quadratic takes sixteen times as long for four times the text.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import clean_text
from pipeline.account import edit_rows, restore
from pipeline.run.clean import warm_up
from tests.test_cli import ROOT, SEEDS, process

SENTENCE = "社区图书馆每天下午四点以后都坐满了放学的孩子，管理员老吴说他识字不多。"


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


SHAPES: dict[str, Callable[[int], str]] = {
    "one character": lambda n: "党" * n,
    "open brackets": lambda n: "党(" * (n // 2),
    "brackets in brackets": lambda n: "(" * (n // 2) + ")" * (n // 2),
    "readings": lambda n: "党(dǎng)" * (n // 7),
    "a reading without end": lambda n: "党(" + "dǎng" * (n // 4),
    "letters": lambda n: "a" * n,
    "blanks": lambda n: " \u3000\xa0" * (n // 3),
    "line feeds": lambda n: "\n" * n,
    "equal lines": lambda n: (SENTENCE + "\n") * (n // len(SENTENCE)),
    "short lines": lambda n: "首页\n新闻\n" * (n // 6),
    "one long line": lambda n: SENTENCE * (n // len(SENTENCE)),
    "numbered lines": lambda n: "".join(f"第{i}条 {SENTENCE}\n" for i in range(n // 45)),
    "traditional": lambda n: "黨的領導製度體係，著力複興。" * (n // 14),
    "mojibake": lambda n: "ä¸­å›½ã€‚" * (n // 9),
    "combining marks": lambda n: "党" + "\u0301" * n,
    "separators": lambda n: "首页>" * (n // 3),
    "bars": lambda n: "|" * n,
    "replacement characters": lambda n: "党\ufffd" * (n // 2),
    "entities": lambda n: "&nbsp;" * (n // 6),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_size(shape: str) -> None:
    def cpu(n: int) -> float:
        text = SHAPES[shape](n)
        before = time.process_time()
        cleaned = clean_text(text)
        spent = time.process_time() - before
        assert restore(cleaned.text, edit_rows(cleaned.edits)) == cleaned.original
        return spent

    cpu(2_000)
    small, large = cpu(50_000), cpu(200_000)
    assert large < 10 * small + 2, f"{small:.2f} s for 50,000 characters, {large:.2f} s for 200,000"


def test_output_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    """A disk that is full, as far as a process can have one for itself: files may not grow over 4 kB."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "clean", str(SEEDS), "-o", str(tmp_path / "clean.jsonl"), "-q"],
        capture_output=True, text=True, cwd=ROOT, timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith("taosha: ")
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.jsonl"))


def test_line_of_50_megabytes(tmp_path: Path) -> None:
    page = tmp_path / "x.txt"
    page.write_text(SENTENCE * (50_000_000 // len(SENTENCE.encode())), "utf-8")
    done = process("clean", page, "-o", tmp_path / "clean.jsonl", "-q")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clean.jsonl").stat().st_size > 0
