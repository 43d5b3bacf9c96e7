"""A sealed run that does not end well leaves nothing that could be read, or the next run takes it away before it begins."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from pipeline import faults
from pipeline.corpus.pending import COMMIT, MARK, NEW
from pipeline.errors import OutputError, UsageError
from pipeline.read.paths import find_inputs
from pipeline.read.steady import ChangedError
from pipeline.run import whole
from pipeline.run.publish import publish
from pipeline.run.settings import Settings
from pipeline.run.workplace import open_workplace
from tests.chaos import Scenario, run
from tests.run_corpus import make_records, write_records

KEY = "0123456789abcdef"


def find_work(folder: Path) -> list[Path]:
    return sorted(folder.glob("out/.taosha-*"))


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A folder with an input, one that is no text, and a place for temporary files."""
    write_records(tmp_path / "in.jsonl", make_records(12))
    (tmp_path / "bad.jsonl").write_text("{", "utf-8")
    (tmp_path / "tmp").mkdir()
    return tmp_path


def clean(top: Path, source: str, audit: str, *, at: int | None = None) -> int:
    """A run in a process of its own, ended at a call; its exit code. The calls that there are go to the file `calls`."""
    argv = ("clean", source, "-o", "out/clean.jsonl", "--quiet", "--workers", "1", "--audit", audit)
    plan = None if at is None else (at, "before")
    return run(Scenario("", lambda folder: None, argv), top, top / "said", plan=plan, calls=top / "calls")


def read_out(top: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (top / "out").iterdir()}


@pytest.mark.skipif(sys.platform != "linux", reason="forks a process with threads")
def test_what_a_kill_leaves_goes_before_the_next_run_begins(top: Path) -> None:
    assert clean(top, "in.jsonl", "sealed", at=0) == 0
    n, whole_run = len((top / "calls").read_text("utf-8").split()), read_out(top)
    for at in (n // 3, n * 2 // 3):
        shutil.rmtree(top / "out")
        assert clean(top, "in.jsonl", "sealed", at=at) == faults.KILLED
        assert find_work(top), "killed where there is something to leave"
        assert clean(top, "bad.jsonl", "full") == 3         # another run, which ends at once: its input is no text
        assert not find_work(top)
    shutil.rmtree(top / "out")
    assert clean(top, "in.jsonl", "sealed", at=n // 2) == faults.KILLED
    assert find_work(top)
    assert clean(top, "in.jsonl", "sealed") == 0            # the same one goes on
    assert read_out(top) == whole_run


@pytest.mark.parametrize("error", [ChangedError("x"), UsageError("x"), OSError(28, "full"), KeyboardInterrupt(), MemoryError()])
def test_it_goes_with_a_run_that_ends_otherwise(error: BaseException, tmp_path: Path) -> None:
    def work(*, sealed: bool) -> None:
        with open_workplace(tmp_path, KEY, sealed=sealed) as folder:
            (folder / "rows").write_text("what was read")
            raise error

    for sealed in (False, True):
        with pytest.raises((type(error), OutputError)):
            work(sealed=sealed)
        assert (tmp_path / f".taosha-{KEY}").exists() is not sealed


@pytest.mark.parametrize("sealed", [False, True])
def test_what_waits_for_its_names_stays_and_is_all_there_is(sealed: bool, tmp_path: Path) -> None:
    """Killed after its moment a run is put in place by the next one, so this stays, and nothing else is left to be read."""
    work = tmp_path / f".taosha-{KEY}"
    work.mkdir()
    (work / MARK).write_bytes(b"sealed")
    (work / COMMIT).write_bytes(b"{}")
    with open_workplace(tmp_path, KEY[::-1], sealed=sealed):
        assert (work / COMMIT).exists()


def test_before_the_moment_only_what_is_to_be_seen_is_left(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []

    def look(work: Path, put: list[str], gone: list[str]) -> None:
        seen.append({str(path.relative_to(work)) for path in work.rglob("*") if path.is_file()} - {MARK})
        assert seen == [{str(Path(NEW, name)) for name in put}]
        publish(work, put, gone)

    monkeypatch.setattr(whole, "publish", look)
    whole.run(find_inputs([str(top / "in.jsonl")]), top / "out" / "clean.jsonl", Settings(audit="sealed"), workers=1)
    assert seen
