"""`--log-format json`: all of standard error is events of one run, and no text of a document is among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.run.progress import PHASES
from pipeline.show import log
from pipeline.show.log import Log, LoggedProgress, open_log, the_log
from tests.run_corpus import make_records, write_records
from tests.test_cli import process
from tests.test_progress import event

SECRET = "岚川县今夜有雨"


def events(said: str) -> list[dict[str, Any]]:
    """Every line is one."""
    found = [json.loads(line) for line in said.splitlines()]
    for row in found:
        assert list(row)[:4] == ["time", "level", "event", "run"]
        assert row["level"] in ("info", "warning", "error")
        assert row["time"].endswith("Z")
    assert len({row["run"] for row in found}) == 1
    assert [row["time"] for row in found] == sorted(row["time"] for row in found)
    return found


def test_a_run_tells_its_phases_faults_and_end_and_its_files_are_the_same(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(40))
    with source.open("a", encoding="utf-8") as file:
        file.write(f'{{"id": "bad", "text": "{SECRET}\n')
    out = tmp_path / "a" / "c.jsonl"
    done = process("clean", source, "-o", out, "--log-format", "json", "--run-id", "night-7", "--workers", "1")
    assert done.returncode == 0, done.stderr
    told = events(done.stderr)
    assert told[0]["run"] == "night-7"
    assert (told[0]["event"], told[-1]["event"]) == ("run-started", "run-ended")
    begun = [row["phase"] for row in told if row["event"] == "phase-started"]
    assert begun == [row["phase"] for row in told if row["event"] == "phase-ended"]
    assert begun == sorted(begun, key=PHASES.index)
    assert {"read and clean", "writing"} <= set(begun)
    faults = [row for row in told if row["event"] == "quarantined"]
    assert [(Path(row["source"]).name, row["reason"]) for row in faults] == [("in.jsonl", "no-text"), ("in.jsonl", "json-cut")]
    assert faults[-1]["line"] == len(source.read_bytes().splitlines())
    end = told[-1]
    assert (end["exit_code"], end["unchanged"], end["counts"]["quarantined"]) == (0, False, 2)
    assert SECRET[:4] not in done.stderr
    process("clean", source, "-o", tmp_path / "b" / "c.jsonl", "-q", "--workers", "1")
    names = [path.name for path in sorted((tmp_path / "a").iterdir())]
    assert names == [path.name for path in sorted((tmp_path / "b").iterdir())]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize(("args", "code", "error"), [
    (["in.jsonl", "--run-id", "a b"], 2, "UsageError"),
    (["in.jsonl", "--nothing"], 2, "UsageError"),
    (["nowhere.jsonl"], 2, "UsageError"),
    (["in.jsonl", "--shard-size", "x"], 2, "UsageError"),
    (["cut.jsonl"], 3, "NothingReadError"),
    (["in.jsonl", "--strict", "cut.jsonl"], 1, ""),
])
def test_a_run_that_fails_says_so_in_the_same_way(args: list[str], code: int, error: str, tmp_path: Path) -> None:
    write_records(tmp_path / "in.jsonl", make_records(9)[:6])
    (tmp_path / "cut.jsonl").write_text(f'{{"text": "{SECRET}', "utf-8")
    given = [str(tmp_path / a) if a.endswith(".jsonl") else a for a in args]
    done = process("clean", *given, "-o", tmp_path / "c.jsonl", "--log-format=json", "--workers", "1")
    told = events(done.stderr)
    assert done.returncode == told[-1]["exit_code"] == code, done.stderr
    assert (told[-1]["event"], told[-1].get("error", "")) == ("run-failed" if error else "run-ended", error)
    assert ("cut.jsonl" in "".join(args)) == any(row["event"] == "quarantined" for row in told)
    assert SECRET[:4] not in done.stderr


def test_quiet_leaves_errors_alone(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(9)[:6])
    done = process("clean", source, "-o", tmp_path / "c.jsonl", "--log-format", "json", "-q", "--workers", "1")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_id_is_of_events(tmp_path: Path) -> None:
    done = process("clean", tmp_path, "--run-id", "x")
    assert done.returncode == 2
    assert "add --log-format json" in done.stderr


@pytest.mark.parametrize(("argv", "run"), [
    (["clean", "a", "--log-format", "json", "--run-id", "x.1"], "x.1"),
    (["clean", "--log-format=json", "--run-id=y"], "y"),
    (["clean", "--log-format=text"], None),
    (["clean", "--log-format=json", "--log-format", "text"], None),
    (["clean", "--", "--log-format=json"], None),
    (["clean", "--log-format"], None),
])
def test_the_log_is_found_before_anything_is_parsed(argv: list[str], run: str | None) -> None:
    opened = open_log(argv)
    assert (opened and opened.run) == run
    assert the_log() is opened
    open_log([])
    assert the_log() is None


def test_a_run_without_a_name_gets_one() -> None:
    assert len(Log().run) == 16
    assert Log().run != Log().run


def test_progress_pauses_and_many_faults_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logged = LoggedProgress(Log("r"))
    for tenth in range(200):
        logged(event(done=tenth, total=400, seconds=tenth / 10))
    logged.end_phase()
    told = events(capsys.readouterr().err)
    assert [row["event"] for row in told] == ["phase-started", "progress", "progress", "progress", "phase-ended"]
    assert told[-1]["phase_seconds"] == 19.9
    monkeypatch.setattr(log, "MOST_FAULTS", 2)
    rows = [{"source": "a", "line": n, "byte": 9 * n, "reason": "no-text", "message": SECRET} for n in range(5)]
    (tmp_path / "q").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    Log("r").tell_quarantine(tmp_path / "q")
    Log("r").tell_quarantine(tmp_path / "none")
    said = capsys.readouterr().err
    assert [row["event"] for row in events(said)] == ["quarantined", "quarantined", "more-quarantined"]
    assert events(said)[-1]["documents"] == 3
    assert SECRET[0] not in said
