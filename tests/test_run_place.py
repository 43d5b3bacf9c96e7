"""Where a run works and what it touches there: the lock, its own folders, regular files; and inputs that do not hold still."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import pyarrow as pa
import pytest

import pipeline.read.units
from pipeline import world
from pipeline.account import AuditMode
from pipeline.corpus.documents import read_corpus
from pipeline.corpus.lines import iterate_rows
from pipeline.corpus.manifest import read_manifest
from pipeline.corpus.pending import COMMIT, MARK, NEW, find_pending
from pipeline.errors import InputError, UsageError
from pipeline.read import formats
from pipeline.read.paths import find_inputs
from pipeline.read.steady import ChangedError, Identity
from pipeline.run import whole
from pipeline.run.plan import PLAN, UnitRescue, look_at, read_planned, write_plan
from pipeline.run.publish import finish_pending
from pipeline.run.settings import Settings
from pipeline.run.workplace import open_workplace
from tests.run_corpus import FILES, clean, digests, make_records, rows, set_unit_bytes, write_records

KEY = "0123456789abcdef"
P = ParamSpec("P")
T = TypeVar("T")


@pytest.mark.parametrize("name", FILES)
def test_a_run_replaces_no_link(tmp_path: Path, name: str) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(20))
    (tmp_path / "precious").write_bytes(b"x")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).symlink_to("../precious")
    if name in ("README.md", "croissant.json"):     # a card that is not ours stays, and the run goes on
        clean(source, tmp_path / "out")
        assert (tmp_path / "out" / name).is_symlink()
    else:
        with pytest.raises(UsageError, match="is a link"):
            clean(source, tmp_path / "out")
    assert (tmp_path / "precious").read_bytes() == b"x"


# The lock and the work folders.

def test_the_lock_is_not_opened_through_a_link_nor_emptied(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"x")
    (tmp_path / ".taosha.lock").symlink_to("precious")
    with pytest.raises(UsageError, match="is a link"), open_workplace(tmp_path, KEY):
        pass
    (tmp_path / ".taosha.lock").unlink()
    (tmp_path / ".taosha.lock").write_bytes(b"y")
    with open_workplace(tmp_path, KEY):
        assert (tmp_path / ".taosha.lock").read_bytes() == b"y"
        with pytest.raises(UsageError, match="another process"), open_workplace(tmp_path, KEY):
            pass
    assert [p.name for p in tmp_path.iterdir()] == ["precious"]
    assert (tmp_path / "precious").read_bytes() == b"x"


def test_the_lock_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    removed = []

    def rmtree(path: Path, **_: object) -> None:
        removed.append((tmp_path / ".taosha.lock").exists())

    monkeypatch.setattr(world, "remove_tree", rmtree)
    with open_workplace(tmp_path, KEY):
        pass
    assert removed == [True]


def test_only_our_own_folders_are_removed(tmp_path: Path) -> None:
    ours, unmarked, longer, linked, far = (tmp_path / n for n in (
        ".taosha-00000000000000aa", ".taosha-00000000000000bb", ".taosha-00000000000000aabb", ".taosha-00000000000000cc", "far"))
    for folder in (ours, unmarked, longer, far):
        folder.mkdir()
    for folder in (ours, longer, far):
        (folder / MARK).touch()
    linked.symlink_to("far")
    (tmp_path / ".taosha-notes").mkdir()
    with open_workplace(tmp_path, KEY) as work:
        assert work.is_dir()
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == sorted([unmarked.name, longer.name, linked.name, "far", ".taosha-notes"])
    assert (far / MARK).exists()


# Becoming visible.

def test_a_pending_run_is_refused_by_readers_and_finished_by_the_next(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(20))
    clean(source, tmp_path / "out")
    expected = digests(tmp_path / "out")
    work = tmp_path / "out" / f".taosha-{KEY}"
    (work / NEW).mkdir(parents=True)
    (work / MARK).touch()
    for name in FILES[1:]:
        os.replace(tmp_path / "out" / name, work / NEW / name)
    (tmp_path / "out" / "report.html").touch()
    (work / COMMIT).write_text(json.dumps({"put": FILES, "gone": ["report.html"]}))
    assert find_pending(tmp_path / "out") == work
    for read in (lambda: read_manifest(tmp_path / "out"), lambda: list(read_corpus(tmp_path / "out"))):
        with pytest.raises(InputError, match="killed while it put its files in place"):
            read()
    finish_pending(tmp_path / "out")
    assert digests(tmp_path / "out") == expected
    assert not (tmp_path / "out" / "report.html").exists()
    assert clean(source, tmp_path / "out").unchanged
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(FILES)


# What a killed run left.

def _interrupted(source: Path, out: Path) -> list[Path]:
    """The rows that a run leaves that is interrupted when they are cleaned."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole, "write_lines", lambda *_, **more: (_ for _ in ()).throw(KeyboardInterrupt))
        set_unit_bytes(patch, 8000)
        with pytest.raises(KeyboardInterrupt):
            clean(source, out)
    return sorted(out.glob(".taosha-*/clean/*.arrow"))


@pytest.mark.parametrize("damage", ["flip", "empty", "cut", "gone"])
def test_a_damaged_part_is_made_again(tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(30))
    clean(source, tmp_path / "whole")
    parts = _interrupted(source, tmp_path / "out")
    assert len(parts) > 2
    first, data = parts[0], bytearray(parts[0].read_bytes())
    data[len(data) // 2] ^= 255
    if damage == "gone":
        first.unlink()
    else:
        first.write_bytes({"flip": bytes(data), "empty": b"", "cut": bytes(data[:-9])}[damage])
    kept = [part.stat().st_ino for part in parts[1:]]
    set_unit_bytes(monkeypatch, 8000)
    seen: list[list[int]] = []
    write_lines = _spy(vars(whole)["write_lines"], lambda: seen.append([p.stat().st_ino for p in parts[1:]]))
    monkeypatch.setattr(whole, "write_lines", write_lines)
    clean(source, tmp_path / "out")
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")
    assert seen == [kept], "whole parts are used as they are"


def _spy(function: Callable[P, T], look: Callable[[], object]) -> Callable[P, T]:
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        look()
        return function(*args, **kwargs)
    return call


# Inputs that change.

def test_an_input_that_changes_meanwhile_is_named_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_records(tmp_path / "in" / "pages.jsonl", make_records(20))
    write_records(tmp_path / "in" / "other.jsonl", make_records(20, seed=5))
    clean(source, tmp_path / "out")
    before = digests(tmp_path / "out")

    def add() -> None:
        with open(source, "ab") as file:
            file.write(b'{"id": "more", "text": "x"}\n')

    def swap() -> None:
        stamp = source.stat()
        copy = source.with_suffix(".copy")
        shutil.copy(source, copy)
        os.utime(copy, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        os.replace(copy, source)

    for change in (add, source.touch, swap, source.unlink):
        for moment in ("take_steps", "write_lines"):
            if not source.exists():
                write_records(source, make_records(20))
            with monkeypatch.context() as patch:
                patch.setattr(whole, moment, _spy(vars(whole)[moment], change))
                with pytest.raises(ChangedError, match=r"pages\.jsonl: changed while it was read"):
                    clean(tmp_path / "in", tmp_path / "out")
            assert digests(tmp_path / "out") == before
    write_records(source, make_records(20))
    clean(tmp_path / "in", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(FILES)


def rewrite(path: Path) -> None:
    """Change a record in its place and put the time back, as `rsync --inplace --times` does."""
    stamp, data = path.stat(), path.read_bytes()
    with open(path, "r+b") as file:
        file.write(data.replace(b"n001", b"n901", 1))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (stamp.st_size, stamp.st_mtime_ns)


@pytest.mark.parametrize("audit", ["full", "sealed"])
def test_an_input_that_is_rewritten_with_its_time_put_back_is_named(tmp_path: Path, audit: AuditMode) -> None:
    source = write_records(tmp_path / "in" / "pages.jsonl", make_records(20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole, "write_lines", _spy(vars(whole)["write_lines"], lambda: rewrite(source)))
        with pytest.raises(ChangedError, match=r"pages\.jsonl: changed while it was read \(it was written to, and its time"):
            whole.run(find_inputs([str(source)]), tmp_path / "out" / "clean.jsonl", Settings(audit=audit), workers=1)
    assert not (tmp_path / "out" / "clean.jsonl").exists()
    whole.run(find_inputs([str(source)]), tmp_path / "out" / "clean.jsonl", Settings(audit=audit), workers=1)
    assert b'"n901"' in (tmp_path / "out" / "clean.jsonl").read_bytes(), "nothing of the first run is taken for it"


def test_an_input_that_gets_other_rights_and_names_is_the_same(tmp_path: Path) -> None:
    """As a backup of hard links does, while a run is on."""
    source = write_records(tmp_path / "in.jsonl", make_records(20))
    clean(source, tmp_path / "whole")

    def move() -> None:
        before = source.stat().st_ctime_ns
        os.link(source, tmp_path / "backup")
        source.chmod(0o600)
        assert source.stat().st_ctime_ns != before

    for moment in ("take_steps", "write_lines"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(whole, moment, _spy(vars(whole)[moment], move))
            clean(source, tmp_path / moment)
        assert digests(tmp_path / moment) == digests(tmp_path / "whole")
        (tmp_path / "backup").unlink()


def test_what_a_killed_run_left_of_a_file_that_was_rewritten_is_not_taken(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(20))
    assert _interrupted(source, tmp_path / "out")
    rewrite(source)
    clean(source, tmp_path / "out")
    assert b'"n901"' in (tmp_path / "out" / "clean.jsonl").read_bytes()


def test_an_input_that_changed_since_it_was_listed(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(20))
    listing = find_inputs([str(source)])
    os.truncate(source, 100)
    with pytest.raises(ChangedError, match="and has 100"):
        whole.run(listing, tmp_path / "out" / "clean.jsonl", Settings())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("read", [read_corpus, iterate_rows])
def test_a_corpus_that_changes_while_it_is_read(tmp_path: Path, read: Callable[[Path], object]) -> None:
    corpus = write_records(tmp_path / "clean.jsonl", [{"id": str(k), "text": "字" * 40} for k in range(3000)])
    found = iter(read(corpus))      # type: ignore[call-overload]
    next(found)
    with open(corpus, "ab") as file:
        file.write(b'{"id": "more", "text": "x"}\n')
    with pytest.raises(ChangedError, match="it had"):
        list(found)
    found = iter(read(corpus))      # type: ignore[call-overload]
    next(found)
    found.close()


# A unit that no worker survives.

@pytest.mark.parametrize("by", ["lines", "places"])
def test_a_unit_is_halved_down_to_one_record(by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if by == "places":      # as a format of many records that has no way of its own
        plain = tuple(f._replace(halve=None, raw=None) for f in formats.FORMATS)
        monkeypatch.setattr(formats, "FORMATS", plain)
    records = make_records(30)[:30]
    records[7]["text"] += "☠"
    source = write_records(tmp_path / "in" / "pages.jsonl", records)
    more = write_records(tmp_path / "in" / "more.jsonl", records[:3])
    (tmp_path / "in" / "more.jsonl.gz").write_bytes(gzip.compress(more.read_bytes()))
    more.unlink()
    (tmp_path / "in" / "a.txt").write_text("正文", "utf-8")
    inputs = find_inputs([str(tmp_path / "in")]).inputs
    plan = write_plan(pipeline.read.units.plan_units(inputs), look_at(inputs), tmp_path / "plan")
    assert len(plan.shards) == 1
    rescue, waiting = UnitRescue(128), [plan.table(PLAN)]
    leaves: list[pa.Table] = []
    while waiting:
        table = waiting.pop()
        halves = rescue.halve(table)
        (leaves if not halves else waiting).extend(halves or [table])
    texts = [item.original for leaf in leaves for item in read_planned(leaf.to_batches())]      # type: ignore[union-attr]
    assert sorted(texts) == sorted([r["text"] for r in records + records[:3]] + ["正文"])
    assert len(leaves) == 34, "each record is alone"
    (deadly,) = [leaf for leaf in leaves if "☠" in next(iter(read_planned(leaf.to_batches()))).original]     # type: ignore[union-attr]
    fault = rescue.give_up(deadly, "it was killed by SIGKILL", is_one=True).to_pylist()[0]
    said = json.loads(fault["fault"])
    assert (said["reason"], said["source"]) == ("worker-died", "in/pages.jsonl")
    if by == "lines":
        assert json.loads(base64.b64decode(said["raw_base64"]))["id"] == "n007"
    else:
        assert f"what is read from place {said['byte']} on" in said["message"]
    assert source.read_bytes()[said["byte"]:].startswith(b'{"id": "n007"')


def test_what_workers_cannot_even_look_into_is_given_up_file_by_file(tmp_path: Path) -> None:
    write_records(tmp_path / "in" / "pages.jsonl", make_records(9))
    (tmp_path / "in" / "a.txt").write_text("正文", "utf-8")
    inputs = find_inputs([str(tmp_path / "in")]).inputs
    plan = write_plan(pipeline.read.units.plan_units(inputs), look_at(inputs), tmp_path / "plan")
    faults = UnitRescue(128).give_up(plan.table(PLAN), "it was killed by SIGKILL", is_one=False).to_pylist()
    said = [json.loads(row["fault"]) for row in faults]
    assert [one["source"] for one in said] == ["in/a.txt", "in/pages.jsonl"]
    assert all("with all that it holds" in one["message"] and one["reason"] == "worker-died" for one in said)


def test_identity_of_what_is_not_there() -> None:
    assert Identity.of("/no/such/file") == (-1, -1, -1, -1)
    Identity(-1, -1, -1).check("/no/such/file", "x")


def test_quarantine_keeps_what_is_left_of_a_deadly_record(tmp_path: Path) -> None:
    """A row of a fault passes every later step."""
    source = write_records(tmp_path / "in.jsonl", [*make_records(20), {"id": 3.5, "text": "x"}, {"text": 4}])
    outcome = clean(source, tmp_path)
    reasons = [r["reason"] for r in rows(tmp_path / "quarantine.jsonl")]
    assert sorted(reasons) == ["no-text", "wrong-type", "wrong-type"]
    assert outcome.quarantined == 3


def test_a_run_beside_its_inputs_reads_them_again_and_not_its_corpus(tmp_path: Path) -> None:
    write_records(tmp_path / "in" / "a.jsonl", make_records(9))
    out = tmp_path / "in" / "clean.jsonl"
    wholes = []
    for _ in range(3):
        outcome = whole.run(find_inputs([str(tmp_path / "in")]), out, Settings(), workers=1)
        wholes.append((outcome.manifest["counts"]["documents"], out.read_bytes()))
    assert len({*wholes}) == 1
    assert outcome.unchanged
