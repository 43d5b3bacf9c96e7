"""A call that fails says so to those who only see files, codes and standard output, and hides nothing that was said before."""

from __future__ import annotations

import errno
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import errors, faults, world
from pipeline.cli import app
from pipeline.corpus.manifest import NoRunError
from pipeline.endings import EndedError
from pipeline.read.reading import PassingError
from pipeline.run import whole
from pipeline.show.attempt import open_attempt, the_attempt
from pipeline.show.log import find_value
from tests.run_corpus import make_records, write_records
from tests.test_cli import process, taosha
from tests.test_metrics import parse

Raise = Callable[[BaseException], None]

FAILURES = [
    (errors.UsageError("x"), 2, "UsageError"), (errors.InputError("x"), 3, "InputError"), (PassingError("x"), 3, "PassingError"),
    (NoRunError("x"), 3, "NoRunError"), (errors.OutputError("x"), 4, "OutputError"),
    (OSError(errno.ENOSPC, "full"), 4, "OutputError"),
    (errors.AuditError("x"), 5, "AuditError"), (errors.IndexMismatchError("x"), 6, "IndexMismatchError"),
    (errors.TaoshaError("x"), 70, "TaoshaError"), (MemoryError(), 70, "MemoryError"), (KeyError("x"), 70, "Unforeseen"),
    (EndedError(signal.SIGHUP), 129, "EndedError"), (EndedError(signal.SIGINT), 130, "EndedError"),
    (EndedError(signal.SIGTERM), 143, "EndedError"), (BrokenPipeError(), 141, "OutputError"),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_records(tmp_path / "in.jsonl", make_records(9)[:6])


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Raise]:
    def choose(error: BaseException) -> None:
        def fail(*args: object, **more: object) -> None:
            raise error
        monkeypatch.setattr(whole, "run", fail)
    yield choose
    open_attempt([], "")


def about_the_run(text: str) -> str:
    """What is said of the last call that ended well."""
    return text[text.index("# TYPE taosha_run_info"):]


@pytest.mark.parametrize(("error", "code", "kind"), FAILURES, ids=lambda value: str(value))
def test_each_failure_is_told_and_the_last_success_stays(
    tmp_path: Path, source: Path, failing: Raise, error: BaseException, code: int, kind: str
) -> None:
    prom = tmp_path / "m.prom"
    good = GOOD.replace("OUT", str(tmp_path / "o" / "clean.jsonl"))
    prom.write_text(good, "utf-8")
    failing(error)
    said = taosha("clean", source, "-o", f"{tmp_path}/o/", "--metrics", prom, "--run-id", "night-7", code=code)
    assert "does not say" not in said
    samples = parse(prom.read_text("utf-8"))
    assert samples["taosha_attempt_failed{}"] == 1
    assert samples[f'taosha_attempt_exit_code{{error="{kind}"}}'] == code
    assert samples['taosha_attempt_info{run="night-7"}'] == 1
    assert samples["taosha_attempt_ended_timestamp_seconds{}"] > samples["taosha_run_ended_timestamp_seconds{}"] == 5
    assert about_the_run(prom.read_text("utf-8")) == about_the_run(good)


GOOD = """# TYPE taosha_attempt_failed gauge
taosha_attempt_failed{output="OUT"} 0
# TYPE taosha_run_info gauge
taosha_run_info{output="OUT"} 1
# TYPE taosha_run_ended_timestamp_seconds gauge
taosha_run_ended_timestamp_seconds{output="OUT"} 5
# EOF
"""


def test_a_success_after_a_failure_says_nothing_of_it(tmp_path: Path, source: Path) -> None:
    given = ("clean", source, "-o", f"{tmp_path}/o/", "-q", "--workers", "1", "--metrics", tmp_path / "m.prom")
    taosha(*given, code=0)
    first = (tmp_path / "m.prom").read_text("utf-8")
    taosha(*given, "--nothing", code=2)
    failed = (tmp_path / "m.prom").read_text("utf-8")
    assert parse(failed)['taosha_attempt_exit_code{error="UsageError"}'] == 2
    assert about_the_run(failed) == about_the_run(first)
    taosha(*given)
    samples = parse((tmp_path / "m.prom").read_text("utf-8"))
    assert (samples["taosha_attempt_failed{}"], samples["taosha_attempt_exit_code{}"]) == (0, 0)
    assert "error" not in (tmp_path / "m.prom").read_text("utf-8").replace("kind of the error", "")
    assert sorted(parse(first)) == sorted(samples)


def test_an_output_that_is_refused_is_told_in_the_figures(tmp_path: Path, source: Path) -> None:
    taosha("clean", source, "-o", tmp_path / "c.txt", "--metrics", tmp_path / "m.prom", code=2)
    assert parse((tmp_path / "m.prom").read_text("utf-8"))["taosha_attempt_failed{}"] == 1


def test_strict_is_no_failure_and_its_code_is_told(tmp_path: Path, source: Path) -> None:
    with source.open("a", encoding="utf-8") as file:
        file.write("{\n")
    taosha("clean", source, "-o", f"{tmp_path}/o/", "-q", "--strict", "--metrics", tmp_path / "m.prom", code=1)
    samples = parse((tmp_path / "m.prom").read_text("utf-8"))
    assert (samples["taosha_attempt_failed{}"], samples["taosha_attempt_exit_code{}"]) == (0, 1)


def test_what_says_nothing_of_a_success_is_not_kept(tmp_path: Path, source: Path, failing: Raise) -> None:
    failing(errors.InputError("x"))
    earlier = "# TYPE taosha_run info\ntaosha_run_info{} 1\n# EOF\n"       # as it was, which collectors refuse
    for old in ("", "# TYPE taosha_attempt_failed gauge\n# EOF\n", GOOD[:-6], earlier):
        (tmp_path / "m.prom").write_text(old, "utf-8")
        taosha("clean", source, "-o", f"{tmp_path}/o/", "--metrics", tmp_path / "m.prom", code=3)
        samples = parse((tmp_path / "m.prom").read_text("utf-8"))
        assert {key.partition("{")[0] for key in samples} == {
            f"taosha_attempt_{name}" for name in ("failed", "exit_code", "ended_timestamp_seconds", "seconds")
        }


@pytest.mark.parametrize(("name", "text", "more", "code"), [
    ("notes.prom", "mine", ("--nothing",), 2), ("notes.prom", "mine", ("--force", "--config", "no.toml"), 2),
    ("notes.prom", "mine", (), 2), ("in/a.txt", "# TYPE taosha_x gauge", (), 2), ("in/a.txt", "", ("--config", "no.toml"), 2),
    ("m.prom", "", ("--dry-run",), 2), ("m.prom", None, ("--dry-run", "--nothing"), 2),
    ("m.prom", None, ("--nothing", "--", "x"), 2),
    ("m.jsonl", None, ("--nothing",), 2), ("pipe.prom", "", ("--nothing",), 2), ("folder.prom", "", ("--nothing",), 2),
    ("none/m.prom", None, ("--nothing",), 2),
])
def test_nothing_of_others_is_replaced_and_the_error_stays_what_it_was(
    tmp_path: Path, name: str, text: str | None, more: tuple[str, ...], code: int
) -> None:
    (tmp_path / "in").mkdir()
    write_records(tmp_path / "in" / "b.jsonl", make_records(9)[:6])
    os.mkfifo(tmp_path / "pipe.prom")
    (tmp_path / "folder.prom").mkdir()
    if text is not None and not (tmp_path / name).exists():
        (tmp_path / name).write_text(text, "utf-8")
    before = state(tmp_path)
    given = ["--metrics", f"{tmp_path}/{name}"]
    if "--" in more:        # behind it there are inputs alone
        more, given = (*more, *given), []
    taosha("clean", tmp_path / "in", "-o", f"{tmp_path}/o/", *given, *more, code=code)
    assert state(tmp_path) == before


def state(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def test_a_disk_that_is_full_hides_no_error(
    tmp_path: Path, source: Path, failing: Raise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    failing(errors.IndexMismatchError("the index is of other settings"))
    monkeypatch.setattr(world, "rename", fail)
    said = taosha("clean", source, "-o", f"{tmp_path}/o/", "--metrics", tmp_path / "m.prom", code=6)
    assert said.index("the index is of other settings") < said.index("m.prom does not say that this call failed")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl"]


@pytest.mark.parametrize("kind", ["EIO", "ENOSPC", "EMFILE", "EINTR", "short"])
def test_whatever_fails_while_it_is_written_the_error_is_told_and_the_file_is_whole(tmp_path: Path, kind: str) -> None:
    prom = tmp_path / "m.prom"
    for at in itertools.count(1):
        prom.write_text(GOOD, "utf-8")
        plan = faults.arm(world, at, kind)
        try:
            said = taosha("clean", tmp_path, "--metrics", prom, "--nothing", code=2)
        finally:
            faults.disarm(world)
        assert said.startswith("taosha: No such option: --nothing")
        text = prom.read_text("utf-8")
        assert text != GOOD or "does not say that this call failed" in said
        assert about_the_run(text) == about_the_run(GOOD)
        parse(text)
        assert [path.name for path in tmp_path.iterdir()] == ["m.prom"]
        if not plan.hit:
            assert text != GOOD
            break
    assert at > 1


@pytest.mark.parametrize("kind", ["EIO", "ENOSPC", "EMFILE"])
def test_whatever_fails_the_file_says_the_exit_code_or_a_line_names_the_file(
    tmp_path: Path, source: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = {
        "corpus": "c.jsonl", "code": "", "versions": {"taosha": "1"}, "inputs": [], "files": {}, "left_out": {}, "counts": {},
    }
    monkeypatch.setattr(whole, "run", lambda *args, **more: whole.Outcome(manifest, 0))
    prom, codes = tmp_path / "m.prom", set()
    for at in itertools.count(1):
        prom.write_text(GOOD, "utf-8")
        plan = faults.arm(world, at, kind)
        try:
            done = CliRunner().invoke(app, ["clean", str(source), "-o", f"{tmp_path}/o/", "-q", "--metrics", str(prom)])
        finally:
            faults.disarm(world)
        codes.add(done.exit_code)
        says = [n for key, n in parse(prom.read_text("utf-8")).items() if key.startswith("taosha_attempt_exit_code")]
        assert says == [done.exit_code] or "m.prom" in done.output, (plan.hit, done.output)
        if not plan.hit:
            break
    assert codes == {0, 3, 4} - ({3} if kind == "ENOSPC" else set())


def test_a_signal_is_told_by_the_command_itself(tmp_path: Path, source: Path) -> None:
    words = ["taosha", "clean", str(source), "-o", f"{tmp_path}/o/", "--metrics", str(tmp_path / "m.prom"), "--json"]
    code = (f"import os, sys, time; sys.argv = {words!r}; import pipeline.run.whole as w\n"
            "w.run = lambda *a, **b: (os.kill(os.getpid(), 15), time.sleep(9))\nfrom pipeline.cli import main; main()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 143, done.stderr
    assert parse((tmp_path / "m.prom").read_text("utf-8"))['taosha_attempt_exit_code{error="EndedError"}'] == 143
    told = json.loads(done.stdout)
    assert (told["exit_code"], told["error"]) == (143, "EndedError")
    assert f"taosha: {told['message']}\n" in done.stderr


@pytest.mark.parametrize(("more", "code", "kind"), [
    (("--json",), 0, ""), (("--json", "--shard-size", "x"), 2, "UsageError"), (("--json", "--nothing"), 2, "UsageError"),
    (("--json", "--against", "nowhere"), 3, "InputError"), (("--json", "-o", "-"), 2, None), (("--", "--json"), 2, None),
])
def test_standard_output_is_one_object_with_json_however_it_ends(
    tmp_path: Path, source: Path, more: tuple[str, ...], code: int, kind: str | None
) -> None:
    done = process("clean", source, "-o", f"{tmp_path}/o/", "--workers", "1", *more)
    assert done.returncode == code, done.stderr
    if kind is None:
        assert done.stdout == ""
        return
    told: dict[str, Any] = json.loads(done.stdout)
    assert told.get("error", "") == kind
    assert ("counts" in told) == (not kind)
    assert not kind or told["exit_code"] == code


def test_an_object_is_printed_once(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **more: object) -> None:
        raise errors.OutputError("m.prom: full")

    monkeypatch.setattr("pipeline.show.attempt.Attempt.write_success", fail)
    said = taosha("clean", source, "-o", f"{tmp_path}/o/", "--workers", "1", "--json", "--metrics", tmp_path / "m.prom", code=4)
    assert said.count('"versions"') == 1
    assert '"exit_code"' not in said
    assert parse((tmp_path / "m.prom").read_text("utf-8"))['taosha_attempt_exit_code{error="OutputError"}'] == 4


def test_only_a_call_of_clean_is_told(tmp_path: Path) -> None:
    for words, there in (
        (["--debug", "clean", "a"], True), (["report", "clean"], False), ([], False), (["--", "clean"], False),
    ):
        open_attempt(words, "o")
        assert (the_attempt() is not None) == there
    open_attempt([], "")


@pytest.mark.parametrize(("argv", "found"), [
    (["-o", "a"], "a"), (["-oa"], "a"), (["--output=a"], "a"), (["--output", "a", "-o", "b"], "b"), (["-o"], ""),
    (["--output="], ""), (["--", "-o", "a"], ""), (["--outputs=a"], ""),
])
def test_what_an_option_is_given(argv: list[str], found: str) -> None:
    assert find_value(argv, "-o", "--output") == found
