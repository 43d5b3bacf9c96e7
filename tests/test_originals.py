"""Originals in a folder: nothing outside it, nothing lost, whatever the sources are called and whatever stands there."""

from __future__ import annotations

import errno
import os
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import world
from pipeline.corpus.originals import Folder
from pipeline.errors import OutputError

PARTS = st.sampled_from(["a", "A", "b.txt", "p.txt", "é", "e\u0301", "..", ".", "", "link", "file", "x" * 300, "n\0l", "a:b"])
NAMES = st.one_of(
    st.lists(PARTS, min_size=1, max_size=5).map("/".join),
    st.text(max_size=8), st.sampled_from([f"{sha256(str(i).encode()).hexdigest()[:16]}.txt" for i in range(6)]),
)


def test_plain_names_are_kept(tmp_path: Path) -> None:
    with Folder(tmp_path / "new" / "back") as folder:
        folder.write("seeds/党建 1.txt", "a", b"1")
        folder.write("", "b", b"2")
    assert (tmp_path / "new" / "back" / "seeds" / "党建 1.txt").read_bytes() == b"1"
    assert (tmp_path / "new" / "back" / f"{sha256(b'b').hexdigest()[:16]}.txt").read_bytes() == b"2"


def hash_of(id: str, n: int = 0) -> str:
    return f"{sha256((f'{id}{chr(0)}{n}' if n else id).encode()).hexdigest()[:16]}.txt"


LONG = "/".join(["a" * 200] * 5)        # 1,004 bytes


@pytest.mark.parametrize("name", ["a", "党 建/b.txt", "..a/.b", "a" * 200, "é" * 100, "/".join("d" * 32), f"{LONG}/{'b' * 19}"])
def test_what_can_stand_below_a_folder_has_its_own_name(name: str, tmp_path: Path) -> None:
    with Folder(tmp_path) as folder:
        folder.write(name, "id", b"1")
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()] == [name]


@pytest.mark.parametrize("name", [
    "", "/", "/a", "a/", "a//b", ".", "a/./b", "..", "a/..", "../a", "C:a", "a\\b", "a\tb", "a\u202eb", "a\0", "\ud800", "a" * 201,
    "é" * 100 + "a", "/".join("d" * 33), f"{LONG}/{'b' * 20}",
])
def test_what_cannot_goes_by_a_hash_of_its_id(name: str, tmp_path: Path) -> None:
    with Folder(tmp_path / "back") as folder:
        folder.write(name, "id", b"1")
        folder.write(name, "id", b"2")
        folder.write(name, "id", b"3")
    assert {p.name: p.read_bytes() for p in (tmp_path / "back").iterdir()} == {
        hash_of("id"): b"1", hash_of("id", 1): b"2", hash_of("id", 2): b"3"}
    assert [p.name for p in tmp_path.iterdir()] == ["back"]


@pytest.mark.parametrize("names", [
    ("a/b.txt", "A/B.TXT"), ("é", "e\u0301"), ("É", "e\u0301"), ("\u0390", "\u03aa\u0301"), ("straße", "STRASSE"),
    ("a\u0323\u0307", "A\u0307\u0323"),
])
def test_no_file_system_takes_two_names_for_one(names: tuple[str, str], tmp_path: Path) -> None:
    """Not one that ignores case and the form of accents either: there the second would go over the first."""
    with Folder(tmp_path, force=True) as folder:
        for id, name in enumerate(names):
            folder.write(name, str(id), b"%d" % id)
    assert (tmp_path / names[0]).read_bytes() == b"0"
    assert (tmp_path / hash_of("1")).read_bytes() == b"1"
    assert sum(p.is_file() for p in tmp_path.rglob("*")) == 2


@pytest.mark.parametrize("old", [b"mine", b"longer than that", b"m", b"min\0"])
def test_a_file_with_other_contents_is_left_without_force(old: bytes, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    mine, elsewhere = tmp_path / "d" / "a.txt", tmp_path / "elsewhere"
    mine.write_bytes(old)
    elsewhere.write_bytes(b"1")
    (tmp_path / "d" / "link").symlink_to(elsewhere)
    with Folder(tmp_path) as folder:
        folder.write("d/a.txt", "id", old)
        folder.write("d/link", "linked", b"2")
        (tmp_path / "d" / "b.txt").write_bytes(b"")         # an empty one is nobody's
        folder.write("d/b.txt", "empty", b"3")
    assert (elsewhere.read_bytes(), (tmp_path / hash_of("linked")).read_bytes()) == (b"1", b"2")
    assert (tmp_path / "d" / "b.txt").read_bytes() == b"3"
    with Folder(tmp_path) as folder, pytest.raises(OutputError, match=rf"^{re.escape(str(mine))}: .*left as it is; .*--force$"):
        folder.write("d/a.txt", "id", b"ours")
    assert mine.read_bytes() == old
    with Folder(tmp_path, force=True) as folder:
        folder.write("d/a.txt", "id", b"ours")
    assert mine.read_bytes() == b"ours"


def test_a_folder_that_cannot_be_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="cannot be made"):
            Folder(path)
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize("number", [errno.ELOOP, errno.EMLINK, errno.ENOTDIR, errno.ENOENT, errno.EIO])
def test_a_part_that_is_no_folder_is_passed_by_whatever_the_system_calls_it(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links are told by different errors; any other is no reason to give an original another name."""
    opened = world.open_folder

    def refuse(path: Any, *args: Any, **more: Any) -> int:
        if path == "part":
            raise OSError(number, "refused")
        return opened(path, *args, **more)

    monkeypatch.setattr(world, "open_folder", refuse)
    with Folder(tmp_path) as folder:
        folder.write("part/q/a.txt", "0", b"0") if number != errno.EIO else None
        folder.write("b.txt", "1", b"1")
        if number == errno.EIO:
            with pytest.raises(OutputError, match=r"part/q/a\.txt: .*refused.*; 1 original before it stands there, whole$"):
                folder.write("part/q/a.txt", "0", b"0")
            return
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == {hash_of("0"): b"0", "b.txt": b"1"}


def test_only_what_stands_there_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An original that goes by a hash for want of its place is one, not two."""
    (tmp_path / "file").mkdir()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Folder(tmp_path) as folder:
        for told in ("0 originals before it stand there", "1 original before it stands there", "2 originals before it stand there"):
            with monkeypatch.context() as patch:
                patch.setattr(world, "rename", full)
                with pytest.raises(OutputError, match=f"; {told}, whole$"):
                    folder.write("", f"not {told}", b"1")
            folder.write("file", told, b"1")


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="it lists what is open")
def test_nothing_stays_open(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    before = os.listdir("/dev/fd")
    with Folder(tmp_path) as folder:
        for k, name in enumerate(("a/b/c.txt", "link/a/b", "a/b", "a/b/c.txt/d", "", "x/y")):
            folder.write(name, str(k), b"1")
    assert os.listdir("/dev/fd") == before


@pytest.mark.skipif(sys.platform == "win32", reason="files have other rights there")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0])
def test_originals_have_the_rights_of_any_file(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        with Folder(tmp_path) as folder:
            folder.write("a.txt", "a", b"1")
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o666 & ~mask


def test_deep_and_long_sources(tmp_path: Path) -> None:
    with Folder(tmp_path / "back") as folder:
        folder.write("d/" * 3000 + "x.txt", "a", b"1")
        folder.write("/".join(["é" * 60] * 20) + ".txt", "b", b"2")
    assert sorted(p.read_bytes() for p in (tmp_path / "back").iterdir()) == [b"1", b"2"]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(world, "rename", full)
    with Folder(tmp_path) as folder, pytest.raises(OutputError, match="disk is full"):
        folder.write("a.txt", "a", b"1")
    assert not list(tmp_path.iterdir())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES, max_size=8))
def test_every_original_has_a_file_of_its_own_below_the_folder(names: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    top = tmp_path_factory.mktemp("r")
    (top / "elsewhere").mkdir()
    (top / "back").mkdir()
    (top / "back" / "link").symlink_to(top / "elsewhere", target_is_directory=True)
    (top / "back" / "file").symlink_to(top / "outside")
    texts = [f"original {i}".encode() for i in range(len(names))]
    for _ in range(2):      # over what an earlier restore left
        with Folder(top / "back") as folder:
            for i, (name, data) in enumerate(zip(names, texts, strict=True)):
                folder.write(name, str(i), data)
    files = [p for p in (top / "back").rglob("*") if p.is_file()]
    assert sorted(p.read_bytes() for p in files) == sorted(texts)
    assert not list((top / "elsewhere").iterdir())
    assert sorted(p.name for p in top.iterdir()) == ["back", "elsewhere"]
    assert (top / "back" / "link").is_symlink()
    assert (top / "back" / "file").is_symlink()
