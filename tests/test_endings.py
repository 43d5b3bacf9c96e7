"""How commands end where the world is not as it should be: one line, an exit code that is not 1, and no traceback."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from pipeline import jit
from pipeline.cli import app
from pipeline.endings import EndedError
from tests.test_cli import ARTICLE, ROOT, SEEDS, taosha


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run."""
    folder = tmp_path_factory.mktemp("run")
    taosha("clean", SEEDS, "-o", f"{folder}/", "-q")
    return folder


def shell(line: str, folder: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """A command line as a shell runs it; `taosha` is the command."""
    script = f'set -o pipefail; taosha() {{ "{sys.executable}" -m pipeline "$@"; }}; {line}'
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | more.pop("env", {})
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=folder, env=environment, timeout=120, errors="replace", **more)
    assert "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr
    return done


STREAMS = [
    ("taosha check {seeds} >&-", 2, "standard output: cannot be written"),
    ("taosha --help >&-", 4, "standard output: cannot be written"),
    ("taosha restore {run}/audit.jsonl > /dev/full", 4, "standard output: cannot be written"),
    ("taosha --help > /dev/full", 4, "standard output: cannot be written"),
    ("taosha explain {big} | head -1 > /dev/null", 141, ""),
    ("taosha clean - -o out/ <&-", 3, "no byte"),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("line, code, words", STREAMS)
def test_streams_that_are_closed_or_full(line: str, code: int, words: str, run: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.txt"
    big.write_text("\n".join(f"{ARTICLE}这是第{i}段(dǎng)。" for i in range(3000)), "utf-8")
    done = shell(line.format(seeds=SEEDS, run=run, big=big), tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert bool(done.stderr) == bool(words)


CONSOLES = [
    ("gbk", "taosha explain *.txt", "\\U0001f600"), ("gbk", "taosha explain *.txt --json", "\\ud83d\\ude00"),
    ("latin-1", "taosha check nowhere党", "\\u515a"), ("ascii", "taosha --help", "Commands"),
]


@pytest.mark.parametrize("encoding, line, words", CONSOLES)
def test_consoles_that_do_not_know_every_character(encoding: str, line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "é.txt").write_text(f"{ARTICLE}😀é\u3000(dǎng)", "utf-8")
    done = shell(line, tmp_path, env={"PYTHONIOENCODING": encoding})
    assert done.returncode == (2 if "nowhere" in line else 0), done.stderr
    assert words in done.stdout + done.stderr
    if "--json" in line:
        assert "😀é" in json.loads(done.stdout)["text"]


PLACES = [
    (["clean", SEEDS, "-o", "x" * 300 + ".jsonl"], 2), (["clean", SEEDS, "-o", "x/" * 3000], 2),
    (["clean", SEEDS, "-o", "-", "--json"], 2),
    (["clean", SEEDS, "-o", "\udcff.jsonl"], 2), (["clean", SEEDS, "-o", "x.arrow"], 2), (["clean"], 2), (["clen"], 2),
    (["clean", SEEDS, "-o", "x.jsonl.bz2"], 2), (["clean", SEEDS, "-o", "x.json"], 2),
    (["clean", SEEDS, "-o", "corpus"], 2), (["clean", SEEDS, "-o", "/proc/none/x.jsonl"], 4),
    (["clean", SEEDS, "-o", "/dev/null"], 2), (["clean", SEEDS, "-o", "/dev/stdout"], 2), (["clean", "--x"], 2),
    (["index", "/proc/none", "--add", "run"], 4), (["restore", "run/audit.jsonl", "-o", "/proc/none/"], 4),
    (["report", "run", "-o", "/proc/none.html"], 4), (["report", "."], 3), (["report", "run", "-o", "/dev/stdout"], 2),
    (["clean", SEEDS, "--config", "no.toml"], 2), (["clean", SEEDS, "--format", "pdf"], 2), (["clean", SEEDS, "--workers", "0"], 2),
    (["clean", "nowhere"], 2),
    (["clean", SEEDS, "-o", "x/", "--audit", "sealed", "--dry-run"], 2), (["clean", SEEDS, "-o", "-", "--audit", "sealed"], 2),
]


@pytest.mark.parametrize("args, code", PLACES)
def test_places_and_names(args: list[str | Path], code: int, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").symlink_to(run)
    monkeypatch.chdir(tmp_path)
    shown = taosha(*args, code=code)
    assert len(shown.strip().splitlines()) == 1
    assert shown.startswith("taosha: ")
    assert [p.name for p in tmp_path.iterdir()] == ["run"], "nothing is left behind"


@pytest.mark.parametrize("make", [os.mkfifo, lambda p: os.mknod(p, 0o20666, os.makedev(1, 3)), lambda p: p.mkdir()])
def test_what_is_no_regular_file_stays_what_it_is(make: Callable[[Path], None], run: Path, tmp_path: Path) -> None:
    restore = ("restore", run / "audit.jsonl")
    for command, suffix in ((("clean", SEEDS), ".jsonl"), (("report", run), ".html"), (restore, ".jsonl")):
        path = tmp_path / f"x{suffix}"
        if not path.exists():
            try:
                make(path)
            except PermissionError:
                pytest.skip("only root makes devices")
        before = path.lstat()
        if path.is_dir() and suffix == ".jsonl":
            continue        # a folder is one to write into
        assert "no regular file" in taosha(*command, "-o", path, code=2)
        (tmp_path / f"link{suffix}").unlink(missing_ok=True)
        (tmp_path / f"link{suffix}").symlink_to(path)
        assert "no regular file" in taosha(*command, "-o", tmp_path / f"link{suffix}", code=2)
        assert (path.lstat().st_mode, path.lstat().st_ino) == (before.st_mode, before.st_ino)


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real" / "c.jsonl")
    for _ in range(2):
        taosha("clean", SEEDS, "-o", tmp_path / "link.jsonl", "-q")
        assert (tmp_path / "link.jsonl").is_symlink()
        assert len((tmp_path / "real" / "c.jsonl").read_bytes().splitlines()) == 5


def test_a_folder_is_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.d").mkdir()
    for name in ("new/", "deep/new.d/", "there.d"):
        taosha("clean", SEEDS, "-o", name, "-q")
        assert (tmp_path / name / "clean.jsonl").is_file()


def test_no_room_for_standard_input(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    big = json.dumps({"id": "a", "text": ARTICLE * 500}) + "\n"
    done = shell("taosha clean - -o out/", tmp_path, input=big, preexec_fn=limit)
    assert done.returncode == 4
    assert "TMPDIR" in done.stderr


def test_a_run_that_lost_its_files(run: Path, tmp_path: Path) -> None:
    for name in ("clean.jsonl", "audit.jsonl"):
        shutil.copytree(run, tmp_path / name)
        (tmp_path / name / name).unlink()
        assert "is gone" in taosha("report", tmp_path / name, code=3)
        assert "no such file" in taosha("restore", tmp_path / name / "audit.jsonl", code=3)
        assert "no such file" in taosha("compare", "x", "--run", tmp_path / name, code=3)


ERRORS = [
    (ValueError("x\n::error::y"), 70), (MemoryError(), 70), (RecursionError("deep"), 70), (KeyError(b"\xff"), 70),
    (OSError(errno.EROFS, "Read-only file system", "/x"), 4), (OSError(errno.EROFS, "Read-only file system", b"/\xff"), 4),
    (BrokenPipeError(errno.EPIPE, "x"), 141), (KeyboardInterrupt(), 130),
    (EndedError(15), 143), (EndedError(1), 129), (EndedError(2), 130),
]


@pytest.mark.parametrize("error, code", ERRORS)
def test_what_was_not_foreseen_is_one_line(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.check.check_inputs", fail)
    monkeypatch.setattr("pipeline.show.compared.print_comparison", fail)
    for command, own in ((["compare", "x"], code), (["check", str(SEEDS)], code if code >= 128 else 2)):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == own
        assert len(result.output.splitlines()) == (code != 141)
        assert ("taosha --debug" in result.output) == (code == 70 and not isinstance(error, MemoryError))
        debug = CliRunner().invoke(app, ["--debug", *command])
        assert debug.exit_code == own
        assert "Traceback" in debug.output


@pytest.mark.parametrize("error", [
    OSError("Could not find/load shared object file 'libllvmlite.so' from resource location: 'llvmlite.binding'. This could mean"),
    ImportError("libarrow.so: failed to map segment from shared object"), RuntimeError("can't start new thread"),
    pa.lib.ArrowException("Unknown error: Failed to launch worker thread: Resource temporarily unavailable"),
    OSError(errno.ENOMEM, "Cannot allocate memory"), MemoryError(),
])
def test_want_of_memory_says_what_helps(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.show.compared.print_comparison", fail)
    result = CliRunner().invoke(app, ["compare", "x"])
    assert result.exit_code == 70
    assert "out of memory" in result.output
    assert "fewer --workers" in result.output
    assert "report it" not in result.output


def test_no_code_is_that_of_findings() -> None:
    from pipeline import errors

    codes = [getattr(errors, name).exit_code for name in errors.__all__]
    assert 1 not in codes
    assert errors.StageError.exit_code == errors.TaoshaError.exit_code == 70


def test_compiled_code_without_a_place_to_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    with jit.open_cache() as lasting:
        assert lasting, "beside the source"
        assert "NUMBA_CACHE_DIR" not in os.environ
    (tmp_path / "__pycache__").write_bytes(b"")     # a folder that cannot be made, for root too
    monkeypatch.setattr(jit.shelf, "__file__", str(tmp_path / "shelf.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    with jit.open_cache() as lasting:
        assert not lasting
        place = Path(os.environ["NUMBA_CACHE_DIR"])
        assert place.is_dir()
    assert not place.exists()
    assert "NUMBA_CACHE_DIR" not in os.environ
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "own"))
    with jit.open_cache() as lasting:
        assert lasting


def test_kernels_compile_where_nothing_can_be_kept(tmp_path: Path) -> None:
    kernel = "from pipeline.jit import jit\n\n\n@jit\ndef add(a, b):\n    return a + b\n\n\nprint(add(1, 2))\n"
    (tmp_path / "kernel.py").write_text(kernel, "utf-8")
    (tmp_path / "__pycache__").write_bytes(b"")
    nowhere = {"HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none", "NUMBA_CACHE_DIR": ""}
    environment = os.environ | nowhere | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "kernel.py"], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120)
    assert done.stdout == "3\n", done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("how", [
    "--log-format json 2>/dev/full", "--json 2>/dev/full", "--log-format json 2> >(head -c 1 >/dev/null)",
])
def test_whoever_hears_of_a_run_may_go_away(how: str, run: Path, tmp_path: Path) -> None:
    done = shell(f"taosha clean {SEEDS} -o out/ {how}", tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "out" / "clean.jsonl").read_bytes() == (run / "clean.jsonl").read_bytes()


def test_names_are_bytes_whatever_the_locale_takes_them_for(tmp_path: Path) -> None:
    for name in ("党建.txt", "😀 e.txt"):
        (tmp_path / name).write_text(f"{ARTICLE}这是{name}。", "utf-8")
    for folder, env in (("一", {"LC_ALL": "C.UTF-8"}), ("二", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})):
        done = shell(f"taosha clean 党建.txt *e.txt -o {folder}/ && taosha restore {folder} -o back{folder}/", tmp_path, env=env)
        assert done.returncode == 0, done.stderr
    for name in ("clean.jsonl", "audit.jsonl", "manifest.json"):
        assert (tmp_path / "一" / name).read_bytes() == (tmp_path / "二" / name).read_bytes()
    assert sorted(p.name for p in (tmp_path / "back二").rglob("*.txt")) == sorted(["党建.txt", "😀 e.txt"])
