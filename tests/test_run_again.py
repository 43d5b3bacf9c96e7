"""What a run uses again: of one that was killed, and of one that was told to keep it. The bytes are those of a run from scratch."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import pipeline.run.clean
from pipeline.options import NearOptions, Options
from pipeline.read.paths import find_inputs, open_inputs
from pipeline.run import whole
from pipeline.run.settings import Settings
from pipeline.run.whole import Outcome, run
from tests.run_corpus import digests, make_records, set_unit_bytes, write_records

SETTINGS = Settings()


@pytest.fixture
def cleaned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many documents were cleaned, call by call."""
    counts: list[int] = []
    real = vars(pipeline.run.clean)["clean_batch"]

    def count(texts: Sequence[str], **more: Any) -> Any:
        counts.append(len(texts))
        return real(texts, **more)

    monkeypatch.setattr(pipeline.run.clean, "clean_batch", count)
    monkeypatch.setattr(whole, "warm_up", lambda: None)
    return counts


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Thirty files of three records each, in units of a few files."""
    set_unit_bytes(monkeypatch, 20_000)
    records = make_records(90)
    for k in range(30):
        write_records(tmp_path / "in" / f"{k:02}.jsonl", records[3 * k:3 * k + 3])
    return tmp_path


def clean_folder(folder: Path, out: str, settings: Settings = SETTINGS, *, keep: bool = False) -> Outcome:
    return run(find_inputs([str(folder / "in")]), folder / out / "clean.jsonl", settings, workers=1, keep=keep)


def same_as_new(folder: Path, settings: Settings = SETTINGS) -> bool:
    """Whether the run in `out` is what one from scratch writes."""
    clean_folder(folder, "new", settings)
    return digests(folder / "out") == digests(folder / "new")


def test_a_file_more_costs_its_own_cleaning(folder: Path, cleaned: list[int]) -> None:
    clean_folder(folder, "out", keep=True)
    assert sum(cleaned) >= 90
    assert len(list((folder / "out").glob(".taosha-*"))) == 1
    write_records(folder / "in" / "07b.jsonl", make_records(9, seed=9)[:3])
    cleaned.clear()
    clean_folder(folder, "out", keep=True)
    assert 0 < sum(cleaned) < 30, "the unit that it is in"
    assert same_as_new(folder)
    (folder / "in" / "20.jsonl").unlink()
    cleaned.clear()
    clean_folder(folder, "out")
    assert sum(cleaned) < 30
    assert not list((folder / "out").glob(".taosha-*")), "it is no longer to be kept"
    assert same_as_new(folder)


def test_options_redo_what_they_touch(folder: Path, cleaned: list[int]) -> None:
    clean_folder(folder, "out", keep=True)
    cleaned.clear()
    near = Settings(Options(near=NearOptions(keep="id")), audit="spans")
    clean_folder(folder, "out", near, keep=True)
    assert not cleaned
    assert same_as_new(folder, near)
    cleaned.clear()
    pinyin = replace(near, stages=("pinyin",))
    clean_folder(folder, "out", pinyin, keep=True)
    assert sum(cleaned) >= 90
    assert same_as_new(folder, pinyin)


def test_what_is_kept_and_damaged_is_made_again(folder: Path, cleaned: list[int]) -> None:
    clean_folder(folder, "out", keep=True)
    shards = sorted((folder / "out").glob(".taosha-*/clean/*.arrow"))
    shards[0].write_bytes(shards[0].read_bytes()[:-40])
    write_records(folder / "in" / "99.jsonl", make_records(9, seed=5)[:3])
    cleaned.clear()
    clean_folder(folder, "out", keep=True)
    assert 0 < sum(cleaned) < 60
    assert same_as_new(folder)


@pytest.fixture
def given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input: all the files, one behind the other."""
    data = b"".join(path.read_bytes() for path in sorted((folder / "in").iterdir()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.usefixtures("given")
def test_standard_input_goes_on_where_it_was(folder: Path, cleaned: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def clean_input() -> None:
        sys.stdin.seek(0)
        with open_inputs(["-"]) as listing:
            run(listing, folder / "out" / "clean.jsonl", SETTINGS, workers=1)

    clean_input()
    expected = digests(folder / "out")
    assert not list((folder / "out").glob(".taosha-*"))
    for path in (folder / "out").iterdir():
        path.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(whole, "write_lines", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            clean_input()
    assert list((folder / "out").glob(".taosha-*/stdin-*"))
    cleaned.clear()
    clean_input()
    assert not cleaned
    assert digests(folder / "out") == expected


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
