"""A manifest of which something is gone, or of another kind: an error that says so, or the same as ever, in every command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from tests.test_cli import SEEDS, taosha

GONE = object()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "out"
    taosha("clean", SEEDS, "-o", folder / "clean.jsonl", "-q", "--workers", "1")
    return folder


def _damaged(manifest: dict[str, Any], value: object) -> list[dict[str, Any]]:
    """The manifest with each of its values, and one in each of these, put as another."""
    out = []
    for key, own in manifest.items():
        rest = {name: said for name, said in manifest.items() if name != key}
        out.append(rest if value is GONE else rest | {key: value})
        if isinstance(own, dict) and own:
            first, *others = own
            inner = {name: own[name] for name in others}
            out.append(manifest | {key: inner if value is GONE else inner | {first: value}})
    return out


@pytest.mark.parametrize("value", [GONE, None, 5, "x", ["x"], {"x": "y"}], ids=["gone", "null", "5", "text", "list", "object"])
def test_a_damaged_manifest_is_no_fault_of_the_program(value: object, run: Path, tmp_path: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_bytes())
    shutil.copytree(run, tmp_path / "out")
    for damaged in _damaged(manifest, value):
        (tmp_path / "out" / "manifest.json").write_text(json.dumps(damaged), "utf-8")
        for command, output in {"restore": "back.jsonl", "stats": "", "report": "page.html"}.items():
            more = ["--force", "-o", str(tmp_path / output)] if output else []
            result = CliRunner().invoke(app, [command, str(tmp_path / "out"), *more])
            assert result.exit_code in (0, 2, 3, 5), (command, result.output, result.exception)
