"""Bad input: each kind is a fault with its document, place and next step, and the rest goes on."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.read.faults import Fault
from pipeline.read.paths import find_inputs
from pipeline.read.units import UNIT_BYTES, Unit, make_id, plan_units, read_unit
from pipeline.record import Record


def read(*paths: Path, format: str | None = None) -> tuple[list[Record], list[Fault]]:
    listing = find_inputs([str(p) for p in paths], format)
    items = [item for unit in plan_units(listing.inputs) for item in read_unit(unit)]
    return [i for i in items if isinstance(i, Record)], [*listing.faults, *(i for i in items if isinstance(i, Fault))]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "empty-file"),
        (bytes(range(256)) * 40, "no-known-encoding"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + os.urandom(200), "no-known-encoding"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00\xff\xfe" * 300, "no-known-encoding"),
    ],
)
def test_text_file_that_is_no_text(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "good.txt").write_text("党建引领基层治理。", "utf-8")
    (tmp_path / "bad.txt").write_bytes(data)
    records, faults = read(tmp_path)
    assert [r.original for r in records] == ["党建引领基层治理。"]
    assert [(f.source, f.reason) for f in faults] == [(f"{tmp_path.name}/bad.txt", reason)]
    assert faults[0].message


@pytest.mark.parametrize(
    "line, reason",
    [
        (b'{"id": 1, "text": "\xe5\x85\x9a', "json-cut"),
        (b'{"id": 1, "text": "x"', "json-cut"),
        (b'{"id": 1}', "no-text"),
        (b'{"id": 1, "text": 5}', "wrong-type"),
        (b'{"id": [1], "text": "x"}', "wrong-type"),
        (b'{"id": true, "text": "x"}', "wrong-type"),
        (b'{"id": 1, "text": null}', "wrong-type"),
        (b"[1, 2]", "no-object"),
        (b"hello", "no-json"),
        (b"[" * 100_000, "no-json"),
    ],
)
def test_line_that_is_no_record(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "pages.jsonl"
    good = '{"id": "a", "text": "党建"}\n'.encode()
    path.write_bytes(good + b"\n" + line + b"\n" + good.replace(b'"a"', b'"b"'))
    records, faults = read(path)
    assert [r.id for r in records] == ["a", "b"]
    assert [(f.source, f.line, f.byte, f.reason) for f in faults] == [("pages.jsonl", 3, len(good) + 1, reason)]
    assert faults[0].raw == line
    assert "line 3" in faults[0].place()


def test_faults_keep_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"{broken")
    (fault,) = read(path)[1]
    assert fault.as_row()["raw_base64"] == "e2Jyb2tlbg=="


def test_lone_surrogate_in_json_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"id": "a", "text": "\\ud83d x"}')
    ((record,), faults) = read(path)
    assert record.original == "\ufffd x"
    assert record.metadata == {"n_replaced": "1"}
    assert not faults


def test_jsonl_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes('{"text": "党建引领基层治理，让群众满意。"}\n'.encode("gb18030"))
    ((record,), faults) = read(path)
    assert record.original == "党建引领基层治理，让群众满意。"
    assert not faults


def test_text_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes("党建引领基层治理，让群众满意，不断提升服务水平。".encode("gbk"))
    ((record,), _) = read(tmp_path)
    assert record.original.startswith("党建引领")
    assert record.metadata["encoding"].startswith("gb")


def test_folder_loop(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_text("党建", "utf-8")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    records, faults = read(tmp_path)
    assert len(records) == 1
    assert [f.reason for f in faults] == ["folder-loop"]


def test_vanished_and_unreadable(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "x.txt").write_text("党建", "utf-8")
    records, faults = read(tmp_path)
    assert len(records) == 1
    assert [f.reason for f in faults] == ["vanished"]
    listing = find_inputs([str(tmp_path / "x.txt")])
    (tmp_path / "x.txt").unlink()
    (fault,) = [item for unit in plan_units(listing.inputs) for item in read_unit(unit)]
    assert isinstance(fault, Fault)
    assert fault.reason == "unreadable-file"


def test_other_formats_are_listed_not_lost(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    listing = find_inputs([str(tmp_path)])
    assert listing.left_alone == [f"{tmp_path.name}/x.pdf"]
    (fault,) = find_inputs([str(tmp_path / "x.pdf")]).faults
    assert fault.reason == "unknown-format"
    assert "--format" in fault.message


def test_no_such_file() -> None:
    with pytest.raises(UsageError, match="no such file"):
        find_inputs(["nowhere/*.txt"])


def test_globs_doubles_and_order(tmp_path: Path) -> None:
    for name in "ba":
        (tmp_path / f"{name}.txt").write_text(name, "utf-8")
    one, two = str(tmp_path / "*.txt"), str(tmp_path / "a.txt")
    names = [i.name for i in find_inputs([one, two]).inputs]
    assert names == ["a.txt", "b.txt"] == [i.name for i in find_inputs([two, one]).inputs]


def test_ranges_of_a_file_give_each_record_once(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"".join(b'{"id": %d, "text": "\xe5\x85\x9a\xe2\x80\xa8"}\n' % i for i in range(50)))
    (entry,) = find_inputs([str(path)]).inputs
    for n in (1, 2, 3, 7, 100, entry.size):
        cuts = [entry.size * i // n for i in range(n + 1)]
        units = [Unit((entry,), a, b) for a, b in pairwise(cuts)]
        ids = [item.id for unit in units for item in read_unit(unit) if isinstance(item, Record)]
        assert ids == [str(i) for i in range(50)]


def test_one_line_larger_than_a_unit(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"id": 1, "text": "' + b"a" * (3 * UNIT_BYTES) + b'"}\n{"id": 2, "text": "b"}\n')
    records, faults = read(path)
    assert [(r.id, len(r.original)) for r in records] == [("1", 3 * UNIT_BYTES), ("2", 1)]
    assert not faults


def test_id_comes_from_source_and_content() -> None:
    assert make_id("a.txt", b"x") == make_id("a.txt", b"x") != make_id("b.txt", b"x")
