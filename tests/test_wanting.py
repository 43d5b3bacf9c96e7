"""What is wanting for a moment (memory, open files) is no fault of a document, an index or a corpus: a repeat is whole."""

from __future__ import annotations

import base64
import errno
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import pipeline.corpus.lines
import pipeline.near.index.tables
import pipeline.read.units
import pipeline.run.steps
from pipeline.edits import make
from pipeline.errors import OutputError
from pipeline.near.index import Index
from pipeline.read.paths import find_inputs
from pipeline.read.reading import PassingError
from pipeline.run.clean import clean_part
from pipeline.run.plan import read_planned
from pipeline.run.settings import Settings
from tests.run_corpus import clean, digests, make_records, rows, set_unit_bytes, write_records

WANTS: list[Exception] = [
    MemoryError(), pa.ArrowMemoryError("malloc of size 64 failed"), OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
]
RAISED = (MemoryError, OutputError, PassingError)


def fail_at(wanted: int, real: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """The function, of which one call finds nothing of what it needs."""
    calls = iter(range(1 << 30))

    def fail(*args: Any, **more: Any) -> Any:
        if next(calls) == wanted:
            raise error
        return real(*args, **more)

    return fail


@pytest.mark.parametrize("error", WANTS, ids=lambda e: type(e).__name__)
def test_want_in_a_stage_ends_the_run_and_the_next_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(9))
    clean(source, tmp_path / "whole")
    ended = 0
    for n in range(3):
        out = tmp_path / f"out{n}"
        with monkeypatch.context() as patch:
            patch.setattr("pipeline.cleaning.make", fail_at(n, make, error))
            try:
                clean(source, out)
            except RAISED:
                ended += 1
                assert not (out / "clean.jsonl").exists()
            else:
                assert digests(out) == digests(tmp_path / "whole")
        clean(source, out)
        assert digests(out) == digests(tmp_path / "whole")
    assert ended


def test_want_of_files_while_a_format_reads_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(9))

    def open_none(*_: Any, **__: Any) -> Any:
        raise WANTS[2]

    (unit,) = pipeline.read.units.plan_units(find_inputs([str(source)]).inputs)
    monkeypatch.setattr(pipeline.read.units, "open_input", open_none)
    with pytest.raises(PassingError, match="run again"):
        list(pipeline.read.units.read_unit(unit))


@pytest.mark.parametrize("name", ["open_file", "get_batch"])
def test_want_while_an_index_is_read_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    Index.create(tmp_path / "i").add(["a"], ["床前明月光，疑是地上霜。举头望明月，低头思故乡。"])

    class Reader:
        num_record_batches = 1

        def get_batch(self, number: int) -> pa.RecordBatch:
            raise WANTS[1]

    def ask() -> None:
        list(Index.open(tmp_path / "i").query(["静夜思，床前明月光，疑是地上霜。"]))

    with monkeypatch.context() as patch:
        patch.setattr(pa.ipc, "open_file", fail_at(0, pa.ipc.open_file, WANTS[1]))
        with pytest.raises(MemoryError):
            ask() if name == "open_file" else pipeline.near.index.tables.get_batch(tmp_path / "i", Reader(), 0)
    ask()


def test_want_while_a_corpus_is_read_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": ["a"], "text": ["正文"]}), tmp_path / "c.parquet")
    with monkeypatch.context() as patch:
        patch.setattr(pq, "ParquetFile", fail_at(0, pq.ParquetFile, WANTS[1]))
        with pytest.raises(MemoryError):
            list(pipeline.corpus.lines.iterate_rows(tmp_path / "c.parquet"))
    assert list(pipeline.corpus.lines.iterate_rows(tmp_path / "c.parquet")) == [{"id": "a", "text": "正文"}]


def clean_hungrily(batches: Iterable[pa.RecordBatch], settings: Settings, *, marks: Path, times: int) -> Iterator[pa.RecordBatch]:
    """The first step of a run, in which one document wants more memory than there is: so many times in all."""
    units = list(batches)
    if any("☠" in getattr(item, "original", "") for item in read_planned(units)) and len([*marks.iterdir()]) < times:
        (marks / secrets.token_hex(8)).touch()
        raise MemoryError
    yield from clean_part(units, settings)


@pytest.mark.parametrize(("times", "workers"), [(1, 1), (1, 2), (1 << 30, 2)])
def test_a_document_that_wants_memory_in_a_worker_is_lost_alone_and_only_if_it_does_so_each_time(
    times: int, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = make_records(8)[:8]
    records[5]["text"] += "☠"
    source = write_records(tmp_path / "in" / "pages.jsonl", records).parent
    (tmp_path / "in" / "a.txt").write_text("床前明月光，疑是地上霜。", "utf-8")
    set_unit_bytes(monkeypatch, 6_000)     # several documents in a unit, and several units
    clean(source, tmp_path / "whole")
    (tmp_path / "marks").mkdir()
    monkeypatch.setattr(pipeline.run.steps, "clean_part", partial(clean_hungrily, marks=tmp_path / "marks", times=times))
    out = tmp_path / "out"
    if workers == 1:        # this process is no worker: it ends, and what it died on goes to a worker next time
        with pytest.raises(MemoryError):
            clean(source, out)
    clean(source, out, workers=workers)
    if times == 1:
        assert digests(out) == digests(tmp_path / "whole")
        return
    (died,) = [row for row in rows(out / "quarantine.jsonl") if row["reason"] == "worker-died"]
    assert (died["source"], json.loads(base64.b64decode(died["raw_base64"]))["id"]) == ("in/pages.jsonl", "n005")
    assert "it needed more memory than there is" in died["message"]
    seen, whole = ({row["id"] for row in rows(folder / "audit.jsonl")} for folder in (out, tmp_path / "whole"))
    assert whole - seen == {"n005"}, "all others are there"
    assert seen <= whole


def test_a_run_whose_workers_died_is_tried_again_by_the_same_call(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(9))
    out = tmp_path / "out"
    clean(source, out)
    whole = digests(out)
    manifest = json.loads((out / "manifest.json").read_bytes())
    manifest["counts"]["fault/worker-died"] = 1
    (out / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert not clean(source, out).unchanged
    assert digests(out) == whole
    assert clean(source, out).unchanged
