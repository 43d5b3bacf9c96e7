"""The table of SECURITY.md: each line has a test that is there, or a reason. And the tests that had no other home."""

from __future__ import annotations

import ast
import os
import re
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest

from pipeline import faults, world
from pipeline.atomic import open_atomic
from pipeline.errors import UsageError
from pipeline.signals.where import parse_where

ROOT = Path(__file__).parents[1]


def test_each_line_has_a_test_that_is_there_or_a_reason() -> None:
    table = (ROOT / "SECURITY.md").read_text("utf-8").split("## Each way in")[1]
    rows = [line for line in table.split("\n") if line.startswith("| ") and not line.startswith("| what could")]
    assert len(rows) > 20
    for row in rows:
        last = row.rstrip("| ").rpartition("| ")[2]
        if last.startswith("reason: "):
            continue
        match = re.fullmatch(r"`(tests/\w+\.py)::(\w+)`", last)
        assert match, row
        names = {n.name for n in ast.walk(ast.parse((ROOT / match[1]).read_text("utf-8"))) if isinstance(n, ast.FunctionDef)}
        assert match[2] in names, row


@pytest.mark.parametrize("text", [
    "__import__('os').system('x')", "hanzi_share.__class__ == 1", "open('/etc/passwd')", "(lambda: 1)() > 0", "hanzi_share > 0; x",
    "`id`", "hanzi_share > 1 if 1 else 2", "[x for x in y]", "hanzi_share[0] > 1", "f'{1}' == 1",
])
def test_an_expression_runs_no_code(text: str) -> None:
    with pytest.raises(UsageError):
        parse_where(text)


def test_temporary_files_are_new_and_our_own(tmp_path: Path) -> None:
    """The name cannot be told before, and a file that is there is never opened: O_EXCL follows no link."""
    seen: list[tuple[str, str]] = []

    def watch(path: Path, mode: str = "r", *more: Any, **named: Any) -> object:
        seen.append((Path(path).name, mode))
        return open(path, mode, *more, **named)

    true = world.open
    try:
        vars(world)["open"] = watch
        for _ in range(2):
            with open_atomic(tmp_path / "a") as file:
                file.write(b"x")
    finally:
        vars(world)["open"] = true
    assert len({name for name, _ in seen}) == 2
    assert all(re.fullmatch(r"\.[0-9a-f]{16}\.tmp", name) and mode == "xb" for name, mode in seen)
    with tempfile.TemporaryDirectory(prefix="taosha-") as folder:
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert world.temporary_folder is tempfile.TemporaryDirectory


def test_what_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with open_atomic(path) as file:
        file.write(b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_faults_can_only_be_named() -> None:
    """What stands in the environment chooses a kind of fault and a number, and nothing that is called."""
    for said in ("run:1:os.system", "run:1:EIO more", "run:-:EIO", "worker_start:1:EIO"):
        with pytest.raises(ValueError):
            faults.arm_from(world, said)
