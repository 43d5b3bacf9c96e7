"""What one process must hold is compared with what there is, before it is filled."""

from __future__ import annotations

from pathlib import Path

import pytest

import pipeline.run.room
import pipeline.run.steps
from pipeline.errors import TaoshaError
from pipeline.run.room import check_room, count_room
from tests.run_corpus import clean, digests, make_records, write_records


def test_what_there_is_is_found() -> None:
    room = count_room()
    assert room is None or room > 1 << 20


def test_the_smallest_of_what_bounds_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, group, none = tmp_path / "meminfo", tmp_path / "max", tmp_path / "none"
    memory.write_text("MemTotal: 9000 kB\nMemAvailable: 4000 kB\nSwapFree: 1000 kB\n")
    monkeypatch.setattr(pipeline.run.room, "_MEMORY", memory)
    monkeypatch.setattr(pipeline.run.room, "_GROUPS", (group, none))
    for limit, room in (("max\n", 5000 << 10), ("1000\n", 1000), ("9223372036854771712\n", 5000 << 10)):
        group.write_text(limit)
        assert count_room() == room
    memory.unlink()
    group.unlink()
    assert count_room() is None
    check_room(1 << 60, 400, "documents")


def test_a_run_that_does_not_fit_says_so_and_goes_on_where_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = write_records(tmp_path / "in.jsonl", make_records(40)), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.run.steps, "DOCUMENT_BYTES", 1 << 40)
        with pytest.raises(TaoshaError, match=r"^[0-9]+ documents take [0-9,]+ GB in one process.*goes on from here"):
            clean(source, out)
    assert list(out.glob(".taosha-*/clean/*.arrow")), "what was cleaned is there"
    clean(source, out)
    clean(source, tmp_path / "right")
    assert digests(out) == digests(tmp_path / "right")


def test_small_runs_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.run.room, "count_room", lambda: 1)
    check_room(1_000_000, 400, "documents")
    with pytest.raises(TaoshaError, match="candidate pairs"):
        check_room(100_000_000, 40, "candidate pairs")
