"""Where output goes: nothing of others is replaced without `--force`, and nothing that is read at all, by whatever name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.check import check_inputs
from pipeline.commands import FindingsFormat
from pipeline.corpus.targets import list_read
from pipeline.show.findings import is_findings
from tests.test_cli import ARTICLE, taosha


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Documents in `in/`, others in `old/`, a run over these in `o/`, an index of it in `ix/`."""
    monkeypatch.chdir(tmp_path)
    for name in ("in", "old"):
        Path(name).mkdir()
        Path(name, "a.txt").write_text(f"{name}{ARTICLE}", "utf-8")
    taosha("clean", "old", "-o", "o/", "-q")
    taosha("index", "ix", "--add", "o")
    return tmp_path


def read_all() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", FindingsFormat)
@pytest.mark.parametrize("text", ["短", ARTICLE])
def test_findings_of_any_format_replace_those_of_any_other(folder: Path, name: str, text: str) -> None:
    Path("in", "a.txt").write_text(text, "utf-8")
    for format in (name, *FindingsFormat):
        code = bool(check_inputs(["in"]).errors)
        taosha("check", "in", "--format", format, "-o", "found", code=int(code))
        assert not Path("found").read_bytes() or is_findings(Path("found")), format
        taosha("check", "in", "--format", name, "-o", "found", code=int(code))


def test_findings_replace_files_of_others_by_force_alone(folder: Path) -> None:
    for text in (b"precious", b"{}", b"[1]", b"<?xml version='1.0'?>\n<testsuites>\n</testsuites>", b"3 documents\n"):
        Path("notes.txt").write_bytes(text)
        Path("link").unlink(missing_ok=True)
        Path("link").symlink_to("notes.txt")
        for name in ("notes.txt", "link"):
            assert "replace it with --force" in taosha("check", "in", "-o", name, code=2)
        assert Path("notes.txt").read_bytes() == text
    taosha("check", "in", "-o", "link", "--force")
    assert Path("link").is_symlink()
    assert is_findings(Path("notes.txt"))


def test_nothing_that_is_read_is_replaced(folder: Path) -> None:
    for name in ("clean.jsonl", "audit.jsonl", "manifest.json"):
        Path(f"soft-{name}.html").symlink_to(f"o/{name}")
        os.link(f"o/{name}", f"hard-{name}.html")
    Path("soft.prom").symlink_to("o/clean.jsonl")
    os.link("o/clean.jsonl", "hard.jsonl")
    before = read_all()
    for link in (*Path().glob("soft-*"), *Path().glob("hard-*")):
        taosha("report", "o", "-o", link, "--force", code=2)
        taosha("check", "in", "--against", "o", "-o", link, "--force", code=2)
    taosha("restore", "o", "-o", "hard.jsonl", "--force", code=2)
    for against, name in (("o", "o/clean.jsonl"), ("o/clean.jsonl", "hard.jsonl"), ("ix", "ix/index.json"), ("old", "old/a.txt")):
        assert "read here" in taosha("check", "in", "--against", against, "-o", name, "--force", code=2)
    taosha("check", "in", "-o", "in/a.txt", "--force", code=2)
    for output in ("o/", "o/clean.jsonl"):
        taosha("clean", "in", "--against", "o", "-o", output, "--force", code=2)
    assert read_all() == before


def test_originals_replace_nothing_that_they_are_made_from(folder: Path) -> None:
    Path("d").mkdir()
    Path("d", "clean.jsonl").write_text('{"text": "' + ARTICLE + '"}\n', "utf-8")
    Path("d", "audit.jsonl.txt").write_text(ARTICLE, "utf-8")
    taosha("clean", "d", "-o", "d2/d/", "-q")
    before = read_all()
    Path("d2/d/audit.jsonl.txt").symlink_to("audit.jsonl")
    taosha("restore", "d2/d", "-o", "d2/", "--force")
    assert {path: data for path, data in read_all().items() if path in before} == before


@pytest.mark.parametrize("made_from", ["audit.jsonl", "clean.jsonl", "clean-*.jsonl", "manifest.json"])
def test_an_original_goes_over_no_file_that_it_is_made_from(folder: Path, made_from: str) -> None:
    """Not where that stands under the very name of the original, and not with --force: it would be lost with all that is in it."""
    cut = ("--shard-size", "1MB") if "*" in made_from else ()
    taosha("clean", "in", "-o", "run/", "-q", *cut)
    place = Path("back", "in", "a.txt")
    place.parent.mkdir(parents=True)
    (found,) = Path("run").glob(made_from)
    os.link(found, place)       # the name of the original is one of that file
    if not cut and made_from != "manifest.json":
        found.unlink()          # the only one
    audit, corpus = (place if found.name == name else Path("run", name) for name in ("audit.jsonl", "clean.jsonl"))
    if cut:                     # no manifest says which shards there are
        audit = audit.rename("alone.jsonl")
    before = read_all()
    for force in ((), ("--force",)):
        shown = taosha("restore", audit, "--corpus", corpus, "-o", "back/", *force, code=4)
        assert "back/in/a.txt: the originals are made from this file; restore into another folder" in shown
        assert {path: data for path, data in read_all().items() if path in before} == before
    taosha("restore", audit, "--corpus", corpus, "-o", "elsewhere/")
    assert Path("elsewhere/in/a.txt").read_bytes() == Path("in/a.txt").read_bytes()


def test_all_of_a_folder_is_read_through_links_and_loops(folder: Path) -> None:
    Path("old", "loop").symlink_to("..")
    Path("old", "more").symlink_to("../in")
    found = list(list_read(Path("old")))
    assert all(any(path.samefile(name) for path in found) for name in ("old/a.txt", "in/a.txt"))
