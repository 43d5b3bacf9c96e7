"""The figures of a run for a collector: a text that a parser of the format takes, with all that the manifest counts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.run.workplace import check_aside
from pipeline.show.metrics import Ending, describe_metrics
from tests.run_corpus import make_records, write_records
from tests.test_cli import taosha

_LINE = re.compile(r'(taosha_[a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.]+)')
_OUTPUT = re.compile(r'output="(?:[^"\\\n]|\\.)*",?')


def parse(text: str) -> dict[str, float]:
    """Samples by name and labels. AssertionError where this is no OpenMetrics text."""
    assert text.endswith("\n# EOF\n")
    samples: dict[str, float] = {}
    family = ""
    for line in text.split("\n")[:-2]:
        if line.startswith("# TYPE "):
            family, kind = line.split()[2:]
            assert kind == "gauge", "the collector of the node exporter takes no file with an `info`"
            continue
        if line.startswith("# HELP "):
            assert line.split()[2] == family
            continue
        match = _LINE.fullmatch(line)
        assert match, line
        assert match[1] == family
        output = _OUTPUT.match(match[2] or "")
        assert output, "two files of one machine would have the same sample"
        key = f"{match[1]}{{{match[2][output.end():]}}}"
        assert key not in samples
        samples[key] = float(match[3])
    return samples


def test_a_run_writes_its_figures(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(9))
    out = tmp_path / "out" / "clean.jsonl"
    command = [sys.executable, "-m", "pipeline", "clean", str(source), "-o", str(out), "--workers", "1"]
    for unchanged in (0, 1):
        subprocess.run([*command, "--quiet", "--metrics", str(tmp_path / "run.prom")], check=True)
        samples = parse((tmp_path / "run.prom").read_text("utf-8"))
        assert samples["taosha_run_unchanged{}"] == unchanged
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert samples['taosha_count{name="documents"}'] == manifest["counts"]["documents"]
    assert samples['taosha_lines{file="quarantine.jsonl"}'] == manifest["files"]["quarantine.jsonl"]["lines"]
    assert sum(manifest["counts"].values()) == sum(
        n for key, n in samples.items() if not key.startswith(("taosha_run", "taosha_input", "taosha_lines", "taosha_attempt"))
    )
    assert (samples["taosha_attempt_failed{}"], samples["taosha_attempt_exit_code{}"]) == (0, 0)
    assert samples["taosha_attempt_ended_timestamp_seconds{}"] == samples["taosha_run_ended_timestamp_seconds{}"]


@pytest.mark.parametrize("name, message", [
    ("in.jsonl", "written as .prom or .txt"), ("page.txt", "would be overwritten"), ("link.txt", "would be overwritten"),
    ("out/audit.jsonl", "written as"), ("out/clean.jsonl", "written as"), ("out/README.md", "written as"),
    ("notes.txt", "no text of figures"), ("none/run.prom", "is not there"),
])
def test_figures_replace_nothing_and_a_bad_place_is_told_before_the_run(tmp_path: Path, name: str, message: str) -> None:
    write_records(tmp_path / "in.jsonl", make_records(9))
    (tmp_path / "page.txt").write_text("孩子们放了学就跑到树下去捉迷藏，热闹极了。", "utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path / "page.txt")
    (tmp_path / "notes.txt").write_text("买菜", "utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, force = 4 if "not there" in message else 2, ["--force"] if "overwritten" in message else []
    given: tuple[str | Path, ...] = ("clean", tmp_path / "in.jsonl", tmp_path / "page.txt", "-o", f"{tmp_path}/out/", "-q", *force)
    said = taosha(*given, "--metrics", f"{tmp_path}/{name}", code=code)
    assert message in " ".join(said.split())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["clean.jsonl", "manifest.json", "quarantine.jsonl", "README.md", "clean-00001-of-00002.jsonl"])
def test_no_file_is_a_file_of_the_run_too(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(UsageError, match="its own file"):
        check_aside(tmp_path / name, tmp_path / "clean.jsonl", [])


def test_names_of_strangers_break_no_line() -> None:
    manifest = {
        "corpus": 'a"\\\n', "code": "", "versions": {"taosha": "1"}, "inputs": [], "files": {}, "left_out": {'.x"': 2},
        "counts": {'extra/a"b\nc\\': 2, "left/x/y": 1, "edits/script/a/b": 3},
    }
    ending = Ending('/a,b\n"\\/c.jsonl', ended=2, seconds=3)
    samples = parse(describe_metrics(ending, manifest, seconds=1, unchanged=False))
    assert samples['taosha_count{name="extra/a\\"b\\nc\\\\"}'] == 2
    assert samples['taosha_left{kind="x/y"}'] == 1
    assert samples['taosha_left_out{suffix=".x\\""}'] == 2
    assert samples['taosha_edits{stage="script",reason="a/b"}'] == 3
