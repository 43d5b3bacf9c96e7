"""The one writer of files: whole or not at all, the regular file that was meant, on the disk, and words for what went wrong."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline import world
from pipeline.atomic import explain_os_error, open_atomic, sync_folder
from pipeline.errors import OutputError
from pipeline.wording import WANTING


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "file").write_bytes(b"old")
    (tmp_path / "far" / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("far/file")
    with open_atomic(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "file").read_bytes() == b"new"
    assert (tmp_path / "far" / "file").stat().st_mode & 0o777 == 0o640
    assert [p.name for p in (tmp_path / "far").iterdir()] == ["file"]


def test_what_is_no_regular_file_is_refused_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "to-pipe").symlink_to("pipe")
    (tmp_path / "folder").mkdir()
    for name, what in (("pipe", "no regular file"), ("to-pipe", "no regular file"), ("folder", "a folder")):
        with pytest.raises(OutputError, match=what), open_atomic(tmp_path / name):
            pass
    with pytest.raises(OutputError, match="no regular file"), open_atomic(Path("/dev/null")):
        pass
    with pytest.raises(OutputError), open_atomic(tmp_path / ("x" * 300)):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "pipe", "to-pipe"]
    assert not (tmp_path / "pipe").is_file()


@pytest.mark.parametrize("fails", [0, errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EIO])
def test_the_file_is_flushed_and_then_its_name(fails: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []

    def sync(handle: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        flushed.append((is_folder, is_folder or os.fstat(handle).st_size, (tmp_path / "file").exists()))
        if is_folder and fails:
            raise OSError(fails, os.strerror(fails))

    monkeypatch.setattr(world, "sync", sync)
    said = f"^{re.escape(str(tmp_path / 'file'))}: cannot be written \\(Input/output error\\); choose another place with -o$"
    with pytest.raises(OutputError, match=said) if fails == errno.EIO else nullcontext(), open_atomic(tmp_path / "file") as file:
        file.write(b"x")
    assert flushed == [(False, 1, False), (True, True, True)], "all of it, then its name"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_what_is_wrong_without_a_number_is_said_too(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot be written \(such a thing\); "), open_atomic(tmp_path / "file"):
        raise ValueError("such a thing")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o640)
    (tmp_path / "file").chmod(0o640)
    with open_atomic(tmp_path / "file") as file:
        file.write(b"x")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    def fail() -> None:
        with open_atomic(tmp_path / "file") as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("file", b"old")]


_LARGE = (
    "it is larger than this file system, or the limit of this session (`ulimit -f`), lets a file be; nothing has this name, "
    "lift the limit, or cut the corpus with --shard-size"
)
_FULL = "the disk is full; nothing was written under this name, free some space and run again"


@pytest.mark.parametrize(("error", "said"), [
    (OSError(errno.EFBIG, "File too large"), _LARGE),
    (OSError(errno.ENOSPC, "No space left"), _FULL),
    (OSError(errno.EDQUOT, "Quota exceeded"), _FULL),
    (PermissionError(errno.EACCES, "Permission denied"), "cannot be written (Permission denied); choose another place with -o"),
    (OSError(errno.EMFILE, "Many"), f"cannot be written (Many); {WANTING[errno.EMFILE]}, and run again"),
    (ValueError("embedded null byte"), "cannot be written (embedded null byte); choose another place with -o"),
])
def test_what_went_wrong_and_what_to_do(error: OSError | ValueError, said: str, tmp_path: Path) -> None:
    assert str(explain_os_error(Path("a/b"), error)) == f"a/b: {said}"
    with pytest.raises(OutputError) as raised, open_atomic(tmp_path / "b"):
        raise error
    assert str(raised.value).endswith(f"/b: {said}")


def test_what_is_no_regular_file_is_named(tmp_path: Path) -> None:
    for path, what in ((tmp_path, "a folder"), (Path("/dev/null"), "no regular file (a device, pipe or socket)")):
        with pytest.raises(OutputError) as raised, open_atomic(path):
            pass
        assert str(raised.value) == f"{path}: this is {what}; give the name of a file with -o"


def test_a_name_that_cannot_be_looked_up_is_an_error_of_ours(tmp_path: Path) -> None:
    for name, said in (("x" * 300, "File name too long"), ("a\0b", "null")):
        with pytest.raises(OutputError, match=said), open_atomic(tmp_path / name):
            pass


def test_it_is_written_beside_its_place_under_a_hidden_name_of_its_own(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with open_atomic(tmp_path / "file") as file:
            file.write(b"whole")
            seen += [path.name for path in tmp_path.iterdir() if path.name != "file"]
    assert len({*seen}) == 2
    assert all(re.fullmatch(r"\.[0-9a-f]{16}\.tmp", name) for name in seen)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("fails", [0, errno.EINVAL, errno.EIO])
def test_no_handle_is_left_open(fails: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sync(handle: int) -> None:
        if fails:
            raise OSError(fails, os.strerror(fails))

    monkeypatch.setattr(world, "sync", sync)
    lowest = os.open(tmp_path, os.O_RDONLY)
    os.close(lowest)
    with pytest.raises(OSError, match=os.strerror(fails)) if fails == errno.EIO else nullcontext():
        sync_folder(tmp_path)
    again = os.open(tmp_path, os.O_RDONLY)
    os.close(again)
    assert again == lowest
