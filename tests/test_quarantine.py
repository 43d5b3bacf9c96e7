"""What could not be read: written in one order, however much of it there is, and never held at once."""

from __future__ import annotations

import base64
import random
import zipfile
from collections import Counter
from pathlib import Path

import pytest

import pipeline.run.clean
import pipeline.run.finish
from pipeline.corpus.json_lines import dump_line
from pipeline.corpus.rows import PART, fault_rows, left_row
from pipeline.engines.dataset import Dataset, write_shard
from pipeline.record import Fault
from pipeline.run.finish import write_quarantine
from tests.run_corpus import clean, rows, write_records


def test_lines_stand_in_one_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.run.finish, "FAULT_BYTES", 600)
    dice = random.Random(3)
    faults = [
        Fault(dice.choice("甲乙b"), dice.choice("xyz"), "m", k, dice.choice((None, 0, 3, 900)), bytes(dice.randrange(200)))
        for k in range(200)
    ]
    shards = []
    for k in range(3):
        batches = [fault_rows(own, 128) for own in (faults[40 + 50 * k:60 + 50 * k], faults[60 + 50 * k:90 + 50 * k]) if own]
        shards.append(write_shard(tmp_path, f"{k:032x}", PART, [batches[0], left_row({"a picture": 2}, 128), *batches[1:]]))
    written, reasons = write_quarantine(tmp_path / "q.jsonl", faults[:40], Dataset(tuple(shards)))
    expected = sorted((f.source, f.byte or 0, dump_line(f.as_row())) for f in faults[:190])
    assert (tmp_path / "q.jsonl").read_bytes() == b"".join(line for *_, line in expected)
    assert written["lines"] == 190
    assert reasons == Counter(f"fault/{fault.reason}" for fault in faults[:190])
    assert write_quarantine(tmp_path / "none.jsonl", [], Dataset(()))[0]["lines"] == 0


def test_faults_are_written_while_a_unit_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there is no document between them."""
    most: list[int] = []
    real = vars(pipeline.run.clean)["fault_rows"]

    def see(faults: list[Fault], num_perm: int) -> object:
        most.append(len(faults))
        return real(faults, num_perm)

    monkeypatch.setattr(pipeline.run.clean, "fault_rows", see)
    monkeypatch.setattr(pipeline.run.clean, "FAULT_BYTES", 5000)
    records = [{"id": str(k), "nothing": "x" * 100} for k in range(100)] + [{"id": "a", "text": "一篇没有坏处的文章。" * 9}]
    clean(write_records(tmp_path / "in.jsonl", records), tmp_path / "out")
    assert sum(most) == 100
    assert max(most) < 12
    kept = rows(tmp_path / "out" / "quarantine.jsonl")
    assert [row["line"] for row in kept] == list(range(1, 101))
    assert all(base64.b64decode(row["raw_base64"]).endswith(b"}") for row in kept)


def test_a_line_names_the_archive_that_its_source_lies_in(tmp_path: Path) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body><p>" + "一篇没有坏处的文章。".encode() * 9
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example.cn/%d\r\nContent-Length: %d\r\n\r\n"
    warc = head % (1, len(page)) + page + b"\r\n\r\n" + head % (2, len(page)) + page[:-60]
    (tmp_path / "cut.warc").write_bytes(warc)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as made:
        made.writestr("empty.txt", "")
    records = [{"id": "1"}, {"id": "a", "text": "一篇没有坏处的文章。" * 9}]
    write_records(tmp_path / "in.jsonl", records)
    clean(tmp_path, tmp_path / "out")
    quarantine = rows(tmp_path / "out" / "quarantine.jsonl")
    found = {(row["reason"], Path(row["file"]).name if "file" in row else None) for row in quarantine}
    assert found == {("warc-cut", "cut.warc"), ("empty-file", "z.zip"), ("no-text", None)}
