"""How far a run is, and how it ends when it is told to: in real processes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.corpus.manifest import digest_file
from pipeline.meter import METER
from pipeline.read.inputs import open_raw
from pipeline.read.paths import find_inputs
from pipeline.read.units import plan_units, read_unit
from pipeline.run.progress import PHASES, Event
from pipeline.show import progress
from pipeline.show.progress import describe_event, show_progress
from tests.run_corpus import make_records, write_records
from tests.test_cli import ROOT, process


def event(phase: str = "read and clean", done: int = 50, total: int = 100, seconds: float = 2.0, **more: Any) -> Event:
    return replace(Event(phase, done, total, 7, done, seconds, 10**9), **more)


def test_a_line_says_all_that_is_known() -> None:
    said = describe_event(event(bytes=12_000_000, total=24_000_000, done=12_000_000), 65.0)
    assert said == "50 %, 7 documents, 12.0 of 24.0 MB, 6.0 MB/s, 1:05 left, 1.0 GB in memory"
    assert describe_event(Event("prepare", 0, 0, 0, 0, 0.0, 0), None) == "…"


def test_a_log_has_a_line_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", err := io.StringIO())
    with show_progress() as told:
        assert told is not None
        for tenth in range(200):
            told(event(done=tenth, total=400, seconds=tenth / 10))
    lines = err.getvalue().splitlines()
    assert len(lines) == int(20 / progress.PAUSE)
    assert all(line.startswith("taosha: read and clean: ") and " left" in line for line in lines)


def test_a_bar_and_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stderr", err := Screen())
    with show_progress() as told:
        assert told is not None
        told(event())
        time.sleep(0.3)
    assert "7 documents" in err.getvalue()
    with show_progress(silent=True) as told:
        assert told is None


def test_events_are_json_and_the_manifest_stays_alone(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(40))
    done = process("clean", source, "-o", tmp_path / "out.jsonl", "--json", "--workers", "1")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {e["phase"] for e in events} <= set(PHASES)
    assert {"read and clean", "near-duplicates", "writing"} <= {e["phase"] for e in events}
    assert max(e["documents"] for e in events) >= json.loads(done.stdout)["counts"]["documents"]
    assert [e["seconds"] for e in events] == sorted(e["seconds"] for e in events)


def write_compressed(path: Path, compress: Callable[[bytes], bytes], seed: int) -> Path:
    """Records whose text hardly gets smaller: two batches of them."""
    dice = random.Random(seed)
    texts = ("".join(map(chr, dice.choices(range(0x4E00, 0x7000), k=7000))) for _ in range(180))
    lines = (json.dumps({"id": f"{seed}/{n}", "text": text}, ensure_ascii=False) for n, text in enumerate(texts))
    path.write_bytes(compress("\n".join(lines).encode()))
    return path


def test_who_takes_digests_meanwhile_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"x" * 200_000)
    METER.read = 0
    assert digest_file(tmp_path / "x.txt")
    assert METER.read == 0
    with open_raw(str(tmp_path / "x.txt")) as file:
        file.read()
    assert METER.read == 200_000


@pytest.mark.parametrize("workers", [1, 2])
def test_bytes_of_a_file_that_is_read_whole_are_told_while_it_is(workers: int, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    sizes = [write_compressed(tmp_path / "in" / f"{k}.jsonl.bz2", bz2.compress, k).stat().st_size for k in range(workers)]
    done = process(
        "clean", tmp_path / "in", "-o", tmp_path / "out" / "x.jsonl", "--json", "--workers", str(workers), "--stages", "encoding")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    told = [e["bytes"] for e in events if e["phase"] == "read and clean"]
    assert told == sorted(told)
    assert told[-1] == sum(sizes) == max(e["total"] for e in events if e["phase"] == "read and clean")
    assert any(0 < n < min(sizes) for n in told), "before the first file is through"


def test_what_is_passed_over_to_find_a_span_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_compressed(tmp_path / "x.jsonl.gz", gzip.compress, 0)
    for module in ("units", "jsonl"):
        monkeypatch.setattr(f"pipeline.read.{module}.UNIT_BYTES", 1 << 19)
    units = plan_units(find_inputs([str(path)]).inputs)
    assert len(units) > 3
    read = []
    for unit in units:
        METER.read, items = 0, read_unit(unit)
        next(items)
        assert METER.read == 0 or unit.start == 0
        assert sum(1 for _ in items) > 5
        read.append(METER.read)
    size = path.stat().st_size
    assert abs(size - sum(read)) <= len(units) << 17, "blocks that are read at once"


def start(*args: str | Path, **more: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pipeline", *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, **more)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("phase", ["prepare", "read and clean"])
def test_ctrl_c_ends_within_two_seconds_and_says_how_to_go_on(phase: str, tmp_path: Path) -> None:
    records = [{**r, "id": f"{n}/{r['id']}"} for n in range(10) for r in make_records(90, seed=n)[:90]]
    source = write_records(tmp_path / "in.jsonl", records)
    with start("clean", source, "-o", tmp_path / "out" / "clean.jsonl", "--json", "--workers", "1") as running:
        assert running.stderr is not None
        next(line for line in running.stderr if f'"{phase}"'.encode() in line)
        began = time.monotonic()
        os.killpg(running.pid, signal.SIGINT)       # as a terminal does
        rest = running.stderr.read()
        assert running.wait() == 130
        assert time.monotonic() - began < 2
    assert b"run the same command again, which goes on from what was kept" in rest
    assert b"Traceback" not in rest
    assert [p.name for p in (tmp_path / "out").iterdir() if not p.name.startswith(".taosha")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_what_was_kept_of_standard_input_goes_with_the_process(how: str, tmp_path: Path) -> None:
    spool = tmp_path / "tmp"
    spool.mkdir()
    env = os.environ | {"TMPDIR": str(spool)}
    with start("clean", "-", "-o", tmp_path / "out.jsonl", stdin=subprocess.PIPE, env=env) as running:
        assert running.stdin is not None
        running.stdin.write("一篇文章。\n".encode() * 200_000)
        running.stdin.flush()
        end = time.monotonic() + 30
        while not list(spool.rglob("stdin")) and time.monotonic() < end:
            time.sleep(0.01)
        running.send_signal(getattr(signal, how))
        _, err = running.communicate(timeout=30)
    assert running.returncode == 128 + getattr(signal, how)
    assert b"Traceback" not in err
    assert not list(spool.iterdir())


def test_compiling_has_a_sign_every_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", err := io.StringIO())
    with show_progress() as told:
        assert told is not None
        for second in range(20):
            told(Event("prepare", 0, 0, 0, 0, float(second), 0, kernels=second, kernels_of=66))
    lines = err.getvalue().splitlines()
    assert len(lines) >= 9
    assert lines[0] == "taosha: prepare: compiling kernels, 2 of 66"


def test_a_phase_of_two_seconds_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", err := io.StringIO())
    with show_progress() as told:
        assert told is not None
        for half in range(40):
            told(event(phase=PHASES[half // 8 + 1], done=0, total=0, seconds=half / 2))
    assert {line.split(": ")[1] for line in err.getvalue().splitlines()} == {*PHASES[1:]}
