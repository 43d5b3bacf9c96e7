"""All that touches the world goes through `pipeline.world`, which costs nothing and can be made to fail in tests."""

from __future__ import annotations

import ast
import builtins
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import faults, world
from pipeline.atomic import open_atomic
from pipeline.errors import OutputError
from pipeline.read.reading import PassingError, open_to_read

PACKAGE = Path(world.__file__).parent
#: Who may touch the world without it, and why.
ALONE = {
    "world.py": "it is the one module",
    "faults.py": "it stands in its place",
    "jit/": "compiled kernels: a fault means to compile again",
    "cli.py": "the standard streams",
    "read/remote.py": "addresses, through fsspec",
    "engines/worker_start.py": "before anything is imported",
    "engines/spark/": "Spark moves the files there",
    "run/progress.py": "/proc, for a number that is shown",
    "check/changed.py": "git, whose end is asked for",
}
#: Data of this package, which is as its code is.
DATA = ("resources.files", "resources.as_file", "package", "np.load")
CALLS = {
    "open", "os.open", "os.replace", "os.rename", "os.unlink", "os.remove", "os.mkdir", "os.makedirs", "os.rmdir", "os.fsync",
    "os.scandir", "os.listdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree", "shutil.move", "shutil.copy",
    "shutil.copyfile",
    "tempfile.mkdtemp", "tempfile.mkstemp", "tempfile.TemporaryDirectory", "tempfile.TemporaryFile", "tempfile.NamedTemporaryFile",
    "TemporaryDirectory", "NamedTemporaryFile", "mmap.mmap", "pa.memory_map", "pa.OSFile", "subprocess.run", "subprocess.Popen",
    "FileLock", "np.fromfile", "np.memmap",
}
METHODS = {
    "read_bytes", "read_text", "write_bytes", "write_text", "unlink", "mkdir", "rmdir", "touch", "iterdir", "symlink_to",
}


def find_calls(source: str) -> Iterator[tuple[int, str]]:
    """Calls that touch the world, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name.startswith("world."):
            continue
        if name in CALLS or (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            yield node.lineno, name


def test_nothing_else_touches_the_world() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not any(name == own or (own.endswith("/") and name.startswith(own)) for own in ALONE):
            source = path.read_text("utf-8")
            lines = source.split("\n")
            found += [
                f"{name}:{n}: {call}" for n, call in find_calls(source)
                if not any(own in call or own in lines[n - 1] for own in DATA)
            ]
    assert not found, found


def test_the_test_sees_calls() -> None:
    source = "open('a')\nPath(x).read_bytes()\nos.replace(a, b)\nworld.open(a)\ntext.replace(a, b)\n"
    assert [n for n, _ in find_calls(source)] == [1, 2, 3]


def test_it_costs_nothing_when_it_is_off() -> None:
    assert world.open is builtins.open
    assert (world.rename, world.sync, world.remove) == (os.replace, os.fsync, os.unlink)
    code = "import sys, pipeline.atomic; sys.exit('pipeline.faults' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", ["EIO", "ENOSPC", "short", "EINTR"])
def test_every_call_of_a_small_write_can_fail(tmp_path: Path, kind: str) -> None:
    """The layer itself: all calls are met, in order; what stands after each is the old or the new."""
    plan = faults.arm(world, 0, kind)
    try:
        write(tmp_path / "a", b"old")
        n = plan.made
        for at in range(1, n + 2):
            write(tmp_path / "a", b"old")
            plan = faults.arm(world, at, kind)
            said = ""
            try:
                write(tmp_path / "a", b"new!")
            except OutputError as error:
                said = str(error)
            assert (plan.hit != "") == (at <= n)
            faults.disarm(world)
            there = (tmp_path / "a").read_bytes()
            assert there == b"new!" if not said else there in (b"old", b"new!")     # new where only its name was not flushed
            assert os.fspath(tmp_path / "a") in said or not said
            assert [p.name for p in tmp_path.iterdir()] == ["a"]
            faults.arm(world, 0, kind)
    finally:
        faults.disarm(world)
    assert world.open is builtins.open


def write(path: Path, data: bytes) -> None:
    with open_atomic(path) as file:
        file.write(data)


@pytest.mark.parametrize("call, kind, hint", [(1, "EIO", "disk"), (2, "EIO", "disk"), (1, "EMFILE", "ulimit -n")])
def test_a_file_that_cannot_be_read_now_is_named(tmp_path: Path, call: int, kind: str, hint: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 100)
    faults.arm(world, call, kind)
    try:
        with pytest.raises(PassingError, match=r"a\.txt: cannot be read now .*" + hint), open_to_read(path) as file:
            file.read(10)
    finally:
        faults.disarm(world)


def test_what_is_wrong_with_a_file_is_no_passing_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_to_read(tmp_path / "none"):
        pass
    with pytest.raises(IsADirectoryError), open_to_read(tmp_path):
        pass


def test_a_file_read_so_is_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a"
    data = bytes(range(256)) * 1000
    path.write_bytes(data)
    with open_to_read(path) as file:
        assert (file.read(3), file.tell(), file.seekable(), os.fstat(file.fileno()).st_size) == (data[:3], 3, True, len(data))
        assert file.seek(-5, 2) == len(data) - 5
        assert file.read() == data[-5:]
        file.seek(70_000)
        assert file.readline() == data[70_000:data.index(b"\n", 70_000) + 1]
    assert file.closed


@pytest.mark.parametrize("said", ["run:1:EFOO", "nobody:1:EIO", "run:x:EIO", "run:1"])
def test_a_plan_that_is_none_is_an_error(said: str) -> None:
    with pytest.raises(ValueError):
        faults.arm_from(world, said)


def test_a_fault_of_many_processes_happens_once(tmp_path: Path) -> None:
    first, second = (faults.Plan(1, "EIO", f"{tmp_path}/once") for _ in range(2))
    with pytest.raises(OSError):
        first.meet("open", "a")
    assert not second.meet("open", "a")


def test_errors_are_those_of_the_system() -> None:
    plan = faults.Plan(1, "EIO")
    with pytest.raises(OSError) as told:
        plan.meet("open", "a")
    assert (told.value.errno, told.value.filename) == (errno.EIO, "a")
    plan = faults.Plan(1, "EINTR")
    assert not plan.meet("rename", "a")
    with pytest.raises(InterruptedError):
        plan.meet("read")
