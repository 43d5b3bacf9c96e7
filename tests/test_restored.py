"""`taosha restore` into a folder: nothing outside it, nothing lost, whatever the sources are called and whatever stands there."""

from __future__ import annotations

import errno
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import world
from pipeline.corpus.originals import Folder
from pipeline.corpus.restored import restored_rows
from pipeline.errors import AuditError, OutputError
from tests.run_corpus import clean, make_records, write_records
from tests.test_cli import ARTICLE, taosha

PARTS = st.sampled_from(["a", "A", "b.txt", "p.txt", "é", "e\u0301", "..", ".", "", "link", "file", "x" * 300, "n\0l", "a:b"])
NAMES = st.one_of(
    st.lists(PARTS, min_size=1, max_size=5).map("/".join),
    st.text(max_size=8), st.sampled_from([f"{sha256(str(i).encode()).hexdigest()[:16]}.txt" for i in range(6)]),
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_plain_names_are_kept(tmp_path: Path) -> None:
    with Folder(tmp_path / "new" / "back") as folder:
        folder.write("seeds/党建 1.txt", "a", b"1")
        folder.write("", "b", b"2")
    assert (tmp_path / "new" / "back" / "seeds" / "党建 1.txt").read_bytes() == b"1"
    assert (tmp_path / "new" / "back" / f"{sha256(b'b').hexdigest()[:16]}.txt").read_bytes() == b"2"


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


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    hashed = f"{sha256(b'B').hexdigest()[:16]}.txt"
    sources = {"A": hashed, "B": "zz.md", "C": "p.txt", "D": "p.txt/q.txt", "E": "link/e.txt", "F": "d/" * 3000}
    lines = [{"id": id, "source": source, "text": f"{ARTICLE}{id}"} for id, source in sources.items()]
    (folder / "x.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    taosha("clean", folder / "x.jsonl", "-o", f"{folder}/out/", "-q", "--stages", "encoding")
    return folder / "out" / "audit.jsonl"


def test_the_command(audit: Path, tmp_path: Path) -> None:
    (tmp_path / "back").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "back" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    taosha("restore", audit, "-o", tmp_path / "back")
    texts = [p.read_text("utf-8")[len(ARTICLE):] for p in (tmp_path / "back").rglob("*") if p.is_file()]
    assert sorted(texts) == list("ABCDEF")
    assert not list((tmp_path / "elsewhere").iterdir())
    taosha("restore", audit, "-o", f"{tmp_path}/new.d/")
    assert (tmp_path / "new.d" / "p.txt").is_file()
    taosha("restore", audit, "-o", tmp_path / "all.jsonl")
    assert len((tmp_path / "all.jsonl").read_bytes().splitlines()) == 6
    assert "written as .jsonl" in taosha("restore", audit, "-o", tmp_path / "all.parquet", code=2)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_the_output_stays_a_link(audit: Path, tmp_path: Path) -> None:
    (tmp_path / "real.jsonl").write_bytes(b"old")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    assert "--force" in taosha("restore", audit, "-o", tmp_path / "link.jsonl", code=2)
    assert (tmp_path / "real.jsonl").read_bytes() == b"old"
    taosha("restore", audit, "-o", tmp_path / "link.jsonl", "--force")
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len((tmp_path / "real.jsonl").read_bytes().splitlines()) == 6


def test_files_of_others_stay(audit: Path, tmp_path: Path) -> None:
    """What a command replaces is what one of ours wrote, or was said to be replaced."""
    taosha("restore", audit, "-o", f"{tmp_path}/back/")
    before = {p: p.read_bytes() for p in (tmp_path / "back").rglob("*") if p.is_file()}
    taosha("restore", audit, "-o", tmp_path / "back")       # the same once more
    assert {p: p.read_bytes() for p in (tmp_path / "back").rglob("*") if p.is_file()} == before
    mine = tmp_path / "back" / "p.txt"
    mine.write_text("mine", "utf-8")
    message = taosha("restore", audit, "-o", tmp_path / "back", code=4)
    assert "p.txt" in message
    assert "--force" in message
    assert mine.read_text("utf-8") == "mine"
    taosha("restore", audit, "-o", tmp_path / "back", "--force")
    assert mine.read_bytes() == before[mine]
    taosha("restore", audit, "-o", tmp_path / "list.jsonl")
    taosha("restore", audit, "-o", tmp_path / "list.jsonl")
    for command, name in (("clean", "corpus.jsonl"), ("clean", "corpus.parquet"), ("restore", "mine.jsonl"), ("report", "x.html")):
        given = {"clean": tmp_path / "list.jsonl", "restore": audit, "report": audit.parent}[command]
        path = tmp_path / "own" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", "utf-8")
        assert "--force" in taosha(command, given, "-o", path, code=2)
        assert path.read_text("utf-8") == "mine"
        assert [p.name for p in path.parent.iterdir()] == [name]
        taosha(command, given, "-o", path, "--force")
        assert path.read_bytes() != b"mine"
        taosha(command, given, "-o", path)
        for p in path.parent.iterdir():
            p.unlink()


def test_a_row_that_lacks_what_is_wanted_is_an_error_of_ours(tmp_path: Path) -> None:
    """JSON still, and no longer what a run writes: found by `make fuzz`."""
    records = make_records(8)
    clean(write_records(tmp_path / "in.jsonl", [*records, records[0] | {"id": "again"}]), tmp_path / "run")
    files = [tmp_path / "run" / name for name in ("audit.jsonl", "clean.jsonl")]
    whole = {path: [json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in files}
    expected = [row["text"] for row in restored_rows(files[0], files[1])]
    for path in files:
        rows = whole[path]
        for n in (0, next((n for n, row in enumerate(rows) if row.get("fate", "kept") != "kept"), 1)):
            for key in rows[n]:
                others: tuple[Any, ...] = ("gone", None, 7, "x", ["x"], [{"step": 1}], {})
                for other in others:
                    changed = {k: v for k, v in rows[n].items() if k != key} if other == "gone" else rows[n] | {key: other}
                    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows[:n], changed, *rows[n + 1:]]), "utf-8")
                    try:
                        again = [row["text"] for row in restored_rows(files[0], files[1])]
                    except AuditError:
                        continue
                    assert again == expected, (key, other)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_documents_that_are_gone_from_an_audit_are_missed(tmp_path: Path) -> None:
    write_records(tmp_path / "in.jsonl", make_records(9))
    clean(tmp_path / "in.jsonl", tmp_path / "out")
    audit = tmp_path / "out" / "audit.jsonl"
    lines = audit.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b'"fate":"kept"' not in line and b'"id":' in line)   # no row of the corpus is
    audit.write_bytes(b"".join(lines[:at] + lines[at + 1:]))
    assert "it has" in taosha("restore", tmp_path / "out", "-o", tmp_path / "back.jsonl", code=5)
    assert not (tmp_path / "back.jsonl").exists()


@pytest.mark.parametrize("command", ["index --add", "clean --against", "check --against"])
def test_half_a_corpus_is_not_taken_for_a_whole_one(tmp_path: Path, command: str) -> None:
    write_records(tmp_path / "in.jsonl", make_records(9))
    clean(tmp_path / "in.jsonl", tmp_path / "out")
    corpus = tmp_path / "out" / "clean.jsonl"
    corpus.write_bytes(b"".join(corpus.read_bytes().splitlines(keepends=True)[:-1]))
    for where in (tmp_path / "out", corpus):
        args: dict[str, tuple[str | Path, ...]] = {
            "index --add": ("index", tmp_path / "index", "--add", where),
            "clean --against": ("clean", tmp_path / "in.jsonl", "-o", f"{tmp_path}/more/", "--against", where),
            "check --against": ("check", tmp_path / "in.jsonl", "--against", where),
        }
        assert "not what its run wrote" in " ".join(taosha(*args[command], code=2 if "check" in command else 5).split())
    corpus.rename(tmp_path / "alone.jsonl")      # a corpus by itself is what it is
    taosha("index", tmp_path / "other", "--add", tmp_path / "alone.jsonl")


@pytest.mark.parametrize("name", ["../out/clean.jsonl", "/etc/hostname", "..", ""])
def test_a_manifest_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    write_records(tmp_path / "in.jsonl", make_records(9))
    clean(tmp_path / "in.jsonl", tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.json"
    said = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps(said | {"corpus": name}), "utf-8")
    assert "no run is there" in taosha("restore", tmp_path / "out", code=3)
    manifest.write_text(json.dumps(said | {"files": said["files"] | {name: {}}}), "utf-8")
    assert "no run is there" in taosha("restore", tmp_path / "out", code=3)
