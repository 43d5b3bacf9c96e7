"""Laws of a run: neither the order of the input, nor how it is cut, nor who moves it, changes a byte."""

from __future__ import annotations

import os
import random
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import pipeline.run.clean
import pipeline.run.finish
import pipeline.run.steps
from pipeline.corpus.audit import read_audit
from pipeline.corpus.packed import unpack
from pipeline.engines.local import LocalEngine
from pipeline.run.settings import Settings
from tests.engines_conformance import EngineFactory, RandomEngine
from tests.run_corpus import FILES, clean, digests, make_records, move_everything, rows, set_unit_bytes, write_records


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("plain")
    clean(write_records(folder / "in.jsonl", make_records()), folder)
    return digests(folder)


def test_the_corpus_tries_every_step(tmp_path: Path) -> None:
    outcome = clean(write_records(tmp_path / "in.jsonl", make_records()), tmp_path)
    counts = outcome.manifest["counts"]
    assert {k: v for k, v in counts.items() if k.startswith("fate/")} == {
        "fate/kept": 91, "fate/near": 2, "fate/exact": 1, "fate/empty": 1,
    }
    assert counts["quarantined"] == 1
    assert counts["note/shared-id"] == 2
    (learned,) = outcome.manifest["recurring_lines"]
    assert learned["line"] == "岚川融媒出品 必属精品"
    assert counts["edits/boilerplate/site-line"] == learned["documents"] > 40


# A run takes half a second or so: no shrinking, which would take minutes.
@settings(max_examples=5, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    seed=st.integers(0, 999), unit_bytes=st.integers(4_000, 60_000), docs=st.integers(1, 40), chars=st.integers(1, 9000),
    group=st.integers(5, 100), chunk=st.integers(1, 50), worst=st.booleans(), moved=st.booleans(),
)
def test_order_cuts_and_engines_change_no_byte(
    expected: dict[str, str], seed: int, unit_bytes: int, docs: int, chars: int, group: int, chunk: int, worst: bool,
    moved: bool,
) -> None:
    records = make_records()
    random.Random(seed).shuffle(records)
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        set_unit_bytes(patch, unit_bytes)
        patch.setattr(pipeline.run.clean, "BATCH_DOCS", docs)
        patch.setattr(pipeline.run.clean, "BATCH_CHARS", chars)
        patch.setattr(pipeline.run.steps, "GROUP_ROWS", group)
        patch.setattr(pipeline.run.finish, "CHUNK_ROWS", chunk)
        if moved:
            move_everything(patch)
        source = write_records(Path(name, "in.jsonl"), records)
        clean(source, Path(name), engine=RandomEngine(seed) if worst else LocalEngine(1))
        found = digests(Path(name))
    # Where a line is bad depends on the order of the lines, and so does the place of what stands in the quarantine.
    for file in ("clean.jsonl", "audit.jsonl"):
        assert found[file] == expected[file], file


@pytest.mark.parametrize("audit", ["full", "spans", "off"])
def test_every_engine_gives_the_same_files(tmp_path: Path, audit: str) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records())
    with pytest.MonkeyPatch.context() as patch:
        set_unit_bytes(patch, 9000)
        own = Settings(audit=audit)     # type: ignore[arg-type]
        engines: list[EngineFactory] = [partial(LocalEngine, 1), partial(LocalEngine, 2), partial(RandomEngine, 7)]
        found = []
        for moved in (False, True):     # the comparisons, by the run itself or by the engine
            if moved:
                move_everything(patch)
            for k, engine in enumerate(engines[moved:] if audit == "full" else engines[2 * moved::2]):
                out = tmp_path / f"{moved}-{k}"
                clean(source, out, settings=own, engine=engine())
                found.append(digests(out))
    assert all(one == found[0] for one in found)
    assert len(found[0]) == (5 if audit == "off" else 6)


def test_every_original_comes_back(tmp_path: Path) -> None:
    records = make_records()
    clean(write_records(tmp_path / "in.jsonl", records), tmp_path)
    texts = {r["id"]: r["text"] for r in rows(tmp_path / "clean.jsonl")}
    audit = list(read_audit(tmp_path / "audit.jsonl"))
    originals = [(r["id"], unpack(r.get("text", texts.get(r["id"], "")), r["edits"])[1]) for r in audit]
    called = {r["id"]: note["text"] for r in audit for note in r["notes"] if note["kind"] == "shared-id"}
    assert sorted(called.values()) == ["n006", "n006"]
    came = [(called.get(id, id), text) for id, text in originals]
    assert sorted(came) == sorted((r["id"], r["text"]) for r in records if "text" in r)
    for row in audit:
        steps = [e["step"] for e in row["edits"]]
        assert steps == sorted(steps), "the cut of a line of the site is the last step, whatever else is in the batch"


def test_the_same_file_twice_is_duplicates(tmp_path: Path) -> None:
    records = make_records(20)[:20]
    for name in ("a", "b"):
        write_records(tmp_path / "in" / f"{name}.jsonl", records)
    outcome = clean(tmp_path / "in", tmp_path / "out")
    assert outcome.quarantined == 0
    assert outcome.manifest["counts"]["fate/exact"] == 20
    audit = rows(tmp_path / "out" / "audit.jsonl")
    twice = [r for r in audit if r["fate"] == "duplicate"]
    found = sorted((r["id"], r["kept"], r["cause"], r["similarity"]) for r in twice)
    assert found == [(r["id"], r["id"], "exact", 1.0) for r in records]
    assert len(rows(tmp_path / "out" / "clean.jsonl")) == 20
    alone = clean(write_records(tmp_path / "one.jsonl", records), tmp_path / "alone")
    texts = [[r["text"] for r in rows(tmp_path / o / "clean.jsonl")] for o in ("alone", "out")]
    assert texts[0] == texts[1]
    assert alone.quarantined == 0


def test_an_equal_record_goes_where_the_first_goes(tmp_path: Path) -> None:
    records = make_records(20)[:4]
    longer = {**records[1], "id": "longer", "text": records[1]["text"] + "\n最后，大家都说这样的简报越多越好，每个人都想再看一期。"}
    menu = {"id": "menu", "text": "首页\n新闻\n登录 注册\n版权所有 京ICP备12345678号-1\n友情链接：\n"}
    clean(write_records(tmp_path / "in.jsonl", [*records, longer, records[1], menu, menu]), tmp_path)
    fates = [(r["id"], r["fate"], r.get("kept")) for r in rows(tmp_path / "audit.jsonl") if r["id"] in ("n001", "menu", "longer")]
    assert sorted(fates) == [
        ("longer", "kept", None), ("menu", "empty", None), ("menu", "empty", None), ("n001", "duplicate", "longer"),
        ("n001", "duplicate", "longer"),
    ]


def test_a_second_run_over_the_same_input_does_nothing(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(30))
    first = clean(source, tmp_path)
    assert not first.unchanged
    before = {name: (tmp_path / name).stat().st_ino for name in FILES}
    second = clean(source, tmp_path)
    assert second.unchanged
    assert second.manifest == first.manifest
    assert second.quarantined == first.quarantined
    assert {name: (tmp_path / name).stat().st_ino for name in FILES} == before
    assert not clean(source, tmp_path, settings=Settings(audit="spans")).unchanged, "another setting"
    clean(source, tmp_path)
    with open(tmp_path / "audit.jsonl", "ab") as file:
        file.write(b"{}\n")
    assert not clean(source, tmp_path).unchanged, "a file that was changed is made again"
    stamp = source.stat()
    data = source.read_text("utf-8").replace("简报", "快报", 1)
    source.write_text(data, "utf-8")
    os.utime(source, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert not clean(source, tmp_path).unchanged, "content counts, not a time stamp"
    for name in FILES:
        (tmp_path / name).unlink()
    assert not clean(source, tmp_path).unchanged
