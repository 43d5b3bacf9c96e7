"""Passages that many documents share: counted over those that are kept, told in the manifest, cut on request and restored."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.corpus.audit import read_audit
from pipeline.corpus.restored import restored_rows
from pipeline.options import Options, PassagesOptions
from pipeline.record import Texts
from pipeline.run.passages import MIN_CHARS, find_passages
from pipeline.run.settings import Settings
from tests.run_corpus import clean, move_everything, rows, set_unit_bytes, write_records
from tests.test_cli import taosha

COMMON = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定"
#: A statement that no page model knows as furniture.
PASSAGE = (
    "各位乡亲请注意，山洪来时不要慌，先把老人和孩子送到村口的高坡上，再关好煤气和电闸，带上手电、水和干粮，听村里的大喇叭统一安排，"
    "不要回头去取粮食和牲口，等水退了再一起清点，谁家缺人手就在村委会门口的黑板上写一声。"
)


def body(seed: str, n: int = 4) -> str:
    dice = random.Random(seed)
    return "\n".join("".join(dice.choices(COMMON, k=60)) + "。" for _ in range(n))


def records() -> list[dict[str, Any]]:
    """24 pages of 6 sites with the passage, in one script or the other; one article on 30 sites; a page of nothing else."""
    own = [
        {"id": f"p{k:02}", "url": f"http://s{k % 6}.example/{k}", "text": f"{body(f'p{k}', 3)}\n{PASSAGE}\n{body(f'q{k}', 2)}"}
        for k in range(24)
    ]
    own[5]["text"] = own[5]["text"].replace("来时", "來時").replace("，", ",")
    article = body("reposted", 8)
    own += [{"id": f"r{k:02}", "url": f"http://t{k}.example/{k}", "text": f"{article}\n{body(f'r{k}', 1)}"} for k in range(30)]
    own += [{"id": "alone", "url": "http://s1.example/alone", "text": PASSAGE}]
    return own


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_records(tmp_path_factory.mktemp("in") / "in.jsonl", records())


def settings(**passages: Any) -> Settings:
    return Settings(replace(Options(), passages=PassagesOptions(**passages)))


def test_only_what_otherwise_different_documents_share_is_told(source: Path, tmp_path: Path) -> None:
    manifest = clean(source, tmp_path / "o").manifest
    (found,) = manifest["shared_passages"]
    assert found["passage"] in (PASSAGE, PASSAGE.replace("，", ","))
    assert (found["documents"], found["sites"]) == (25, 6)
    kept = rows(tmp_path / "o" / "clean.jsonl")
    assert sum(row["id"].startswith("r") for row in kept) == 1, "the article is kept once, and shares nothing"
    assert sum(PASSAGE[:6] in row["text"] for row in kept) == 25
    for options in ({"min_documents": 26}, {"min_sites": 7}):
        assert clean(source, tmp_path / str(options), settings=settings(**options)).manifest["shared_passages"] == []


def test_they_are_cut_on_request_and_stand_in_the_account(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "o" / "clean.jsonl"
    taosha("clean", source, "-o", out, "--workers", "1", "--quiet", "--shared-passages", "drop")
    manifest = json.loads((out.parent / "manifest.json").read_bytes())
    kept = {row["id"]: row["text"] for row in rows(out)}
    assert {id for id, text in kept.items() if PASSAGE[:6] in text} == {"alone"}, "where nothing else would be left it stays"
    plain = tmp_path / "p"
    before = clean(source, plain)
    for row in rows(plain / "clean.jsonl"):
        wanted = [line for line in row["text"].split("\n") if PASSAGE[:6] not in line or row["id"] == "alone"]
        assert kept[row["id"]] == "\n".join(wanted)
    assert manifest["counts"]["edits/boilerplate/shared-passage"] == 24
    assert manifest["counts"]["chars_out"] == before.manifest["counts"]["chars_out"] - 24 * (len(PASSAGE) + 1)
    restored = {r["id"]: r["text"] for r in restored_rows(out.parent / "audit.jsonl", out)}
    assert restored == {r["id"]: r["text"] for r in records()}
    steps = [row["edits"][-1] for row in read_audit(out.parent / "audit.jsonl") if row["id"].startswith("p")]
    assert all("shared-passage" in step["cut"] for step in steps)


@pytest.mark.parametrize("shared", ["keep", "drop"])
def test_order_workers_and_shards_do_not_matter(tmp_path: Path, shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own = records()
    files: list[bytes] = []
    for k, workers in enumerate((1, 2)):
        source = write_records(tmp_path / "in.jsonl", own if k else own[::-1])
        if k:
            set_unit_bytes(monkeypatch, 4096)
            move_everything(monkeypatch)
        clean(source, tmp_path / str(k), settings=settings(shared=shared), workers=workers)
        manifest = json.loads((tmp_path / str(k) / "manifest.json").read_bytes())
        files.append((tmp_path / str(k) / "clean.jsonl").read_bytes() + json.dumps(manifest["shared_passages"]).encode())
    assert files[0] == files[1]


def test_a_sealed_run_counts_them_and_does_not_tell_them(source: Path, tmp_path: Path) -> None:
    for shared in ("keep", "drop"):
        own = replace(settings(shared=shared), audit="sealed")
        manifest = clean(source, tmp_path / shared, settings=own).manifest
        (found,) = manifest["shared_passages"]
        assert (found["passage"], found["documents"], found["sites"]) == ("", 25, 6)
    for path in (tmp_path / "drop").iterdir():
        assert (PASSAGE[:20] in path.read_text("utf-8")) == (path.name == "clean.jsonl"), path      # of the page of nothing else


def test_a_passage_is_a_line_of_enough_canonical_characters() -> None:
    letters = [chr(0x4E00 + k) for k in range(MIN_CHARS)]
    just, less = "".join(letters), "，".join(letters[1:]) + "。" * MIN_CHARS
    lines, keys = find_passages(Texts.of([f"{less}\n{just}", "", "，".join(letters) + "！"]))
    assert lines.tolist() == [1, 3]
    assert keys[0] == keys[1]


def test_few_documents_and_none_have_no_passages(tmp_path: Path) -> None:
    few = write_records(tmp_path / "in.jsonl", [{"id": "a", "text": PASSAGE}, {"id": "b", "text": f"{PASSAGE}\n{body('b')}"}])
    assert clean(few, tmp_path / "o").manifest["shared_passages"] == []
    two = settings(min_documents=2, min_sites=1, shared="drop")
    (found,) = clean(few, tmp_path / "t", settings=two).manifest["shared_passages"]
    assert (found["documents"], found["sites"]) == (2, 1)
    assert {row["id"]: row["text"] for row in rows(tmp_path / "t" / "clean.jsonl")} == {"a": PASSAGE, "b": body("b")}
