"""A corpus in several files is the corpus in one, cut between documents: for every reader, and for the next run."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.corpus.audit import read_audit
from pipeline.corpus.corpus import SUFFIXES
from pipeline.corpus.documents import read_corpus
from pipeline.corpus.lines import iterate_rows
from pipeline.corpus.manifest import corpus_files, read_manifest
from pipeline.corpus.restored import restored_rows
from pipeline.corpus.shards import is_shard, name_shard, parse_size
from pipeline.errors import AuditError, UsageError
from pipeline.read.paths import find_inputs
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from tests.run_corpus import make_records, write_records
from tests.test_cli import taosha


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [r | ({"lang": "zh"} if n % 2 else {}) for n, r in enumerate(make_records(60))]
    return write_records(tmp_path_factory.mktemp("in") / "in.jsonl", records)


def write(source: Path, path: Path, shard_bytes: int | None) -> list[str]:
    run(find_inputs([str(source)]), path, Settings(), workers=1, shard_bytes=shard_bytes)
    return corpus_files(read_manifest(path.parent))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_shards_hold_the_corpus_in_its_order(source: Path, tmp_path: Path, suffix: str) -> None:
    write(source, tmp_path / "whole" / f"x.y{suffix}", None)
    path = tmp_path / "cut" / f"x.y{suffix}"
    names = write(source, path, 8_000)
    assert len(names) > 1
    assert names == [name_shard(path.name, n, len(names)) for n in range(len(names))]
    assert names == sorted(p.name for p in path.parent.glob("x.y*"))
    files = read_manifest(path.parent)["files"]
    for name in names:
        data = (path.parent / name).read_bytes()
        assert sha256(data).hexdigest() == files[name]["sha256"]
        assert len(list(iterate_rows(path.parent / name))) == files[name]["lines"] > 0
        assert len(data) < 4 * 8_000
    whole = list(iterate_rows(tmp_path / "whole" / f"x.y{suffix}"))
    assert [row for name in names for row in iterate_rows(path.parent / name)] == whole
    assert list(read_corpus(path.parent)) == list(read_corpus(path)) == whole
    audits = [folder / "audit.jsonl" for folder in (tmp_path / "whole", path.parent)]
    assert audits[0].read_bytes() == audits[1].read_bytes()
    assert list(restored_rows(audits[1], path)) == list(restored_rows(audits[0], tmp_path / "whole" / f"x.y{suffix}"))
    again = tmp_path / "again" / f"x.y{suffix}"
    write(source, again, 8_000)
    for name in names:
        assert (again.parent / name).read_bytes() == (path.parent / name).read_bytes()
    (path.parent / names[1]).unlink()
    with pytest.raises(AuditError, match=names[1]):
        list(read_corpus(path.parent))
    with pytest.raises(AuditError, match=names[1]):
        list(restored_rows(audits[1], path))


def test_a_run_replaces_the_shards_of_the_last_one(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "clean.jsonl"
    many = write(source, path, 5_000)
    few = write(source, path, 20_000)
    assert len(few) < len(many)
    assert sorted(few) == sorted(p.name for p in path.parent.glob("clean*"))
    assert write(source, path, None) == ["clean.jsonl"] == [p.name for p in path.parent.glob("clean*")]
    assert write(source, path, 20_000) == sorted(p.name for p in path.parent.glob("clean*"))
    listing = find_inputs([str(source)])
    assert run(listing, path, Settings(), workers=1, shard_bytes=20_000).unchanged
    (path.parent / few[0]).write_bytes(b"{}\n")
    assert not run(listing, path, Settings(), workers=1, shard_bytes=20_000).unchanged, "a damaged shard is made again"


def test_every_command_reads_shards(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = taosha("clean", source, "-o", f"{out}/", "--shard-size", "5KB", "--workers", "1")
    assert "clean-00000-of-" in said
    assert f"{out}/clean.jsonl" not in said
    assert "clean-*-of-*.jsonl" in (out / "README.md").read_text("utf-8")
    dropped = next(row["id"] for row in read_audit(out / "audit.jsonl") if row["fate"] == "duplicate")
    assert dropped in taosha("compare", dropped, "--run", out)
    assert len(taosha("restore", out).splitlines()) > 50
    taosha("report", out)
    taosha("index", tmp_path / "index", "--add", out)
    for earlier in (out, out / "clean.jsonl", tmp_path / "index"):
        taosha("clean", source, "-o", tmp_path / "new" / "x.jsonl", "--against", earlier, "--workers", "1")
        counts = read_manifest(tmp_path / "new")["counts"]
        assert counts.get("fate/kept", 0) == 0, earlier
    assert "nothing to compare with" in taosha("clean", source, "-o", f"{out}/", "--against", tmp_path / "nowhere", code=3)
    taosha("check", source, "--against", out, code=1)
    part = next(iter(sorted(out.glob("clean-*"))))
    assert "would be overwritten" in taosha("clean", part, "-o", f"{out}/", "--shard-size", "5KB", code=2)
    assert "one stream" in taosha("clean", source, "-o", "-", "--shard-size", "5KB", code=2)


def test_a_part_of_another_corpus_stays(source: Path, tmp_path: Path) -> None:
    mine = tmp_path / "clean-00000-of-00002.jsonl"
    mine.write_text("mine", "utf-8")
    assert "--force" in taosha("clean", source, "-o", f"{tmp_path}/", "--shard-size", "5KB", code=2)
    assert mine.read_text("utf-8") == "mine"


def test_sizes_and_names() -> None:
    for text, size in (("500MB", 500_000_000), ("1.5 GB", 1_500_000_000), ("64KiB", 65_536), ("1000", 1000), ("2G", 2 * 10**9)):
        assert parse_size(text) == size
    for text in ("x", "-1MB", "1e9", "10", "5 PB", "1.2.3MB", "٣MB", "99999999TB", "9" * 400):
        with pytest.raises(UsageError):
            parse_size(text)
    assert is_shard("a-00000-of-00001.jsonl.gz", "a.jsonl.gz")
    others = "a-00000-of-00001.jsonl", "b-00000-of-00001.jsonl.gz", "a-0-of-1.jsonl.gz", "a.jsonl.gz", "a-x-00000-of-00001.jsonl.gz"
    for name in others:
        assert not is_shard(name, "a.jsonl.gz")


def test_a_run_that_reads_nothing_says_why_and_leaves_the_last_one(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bad = write_records(tmp_path / "bad.jsonl", [{"id": n} for n in range(5)])
    message = taosha("clean", bad, "-o", f"{out}/", code=3)
    assert "quarantine.failed.jsonl has all 5 reasons" in message
    rows = [json.loads(line) for line in (out / "quarantine.failed.jsonl").read_bytes().splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5]
    taosha("clean", source, "-o", f"{out}/", "-q")
    assert not (out / "quarantine.failed.jsonl").exists()
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    taosha("clean", bad, "-o", f"{out}/", code=3)
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.name != "quarantine.failed.jsonl"} == before
    assert "quarantine" not in taosha("clean", bad, "-o", "-", code=3)
