"""Compressed inputs that are damaged: what is whole is read, what is not is a fault with its place and a next step."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from pipeline.read.paths import find_inputs
from pipeline.read.units import Unit, plan_units, read_unit
from pipeline.record import Record
from tests.run_corpus import set_unit_bytes
from tests.test_inputs import PAGES, items, reasons, texts, warc

LINES = [
    f'{{"id": "{n}", "text": "{"".join(random.Random(n).choices("甲乙丙丁戊己庚辛壬癸", k=60))}"}}\n'.encode() for n in range(1500)
]
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".zst": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data), ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
ALL = pytest.mark.parametrize("suffix", COMPRESS)


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1:]


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@ALL
def test_what_came_before_damage_is_read_and_what_comes_behind_it(suffix: str, tmp_path: Path) -> None:
    compress = COMPRESS[suffix]
    first, second = compress(b"".join(LINES[:700])), compress(b"".join(LINES[700:]))
    for broken in (flip(first, len(first) - 5), first[:len(first) // 2], flip(first, len(first) // 2)):
        found = items(write(tmp_path / f"x.jsonl{suffix}", broken + second))
        assert texts(found)[-800:] == [json.loads(line)["text"] for line in LINES[700:]], "the next stream is whole"
        assert reasons(found)[-1].startswith("compressed-")
        assert "fetch the file again" in found[-1].message      # type: ignore[union-attr]


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_nothing_that_came_out_before_the_damage_is_lost(suffix: str, tmp_path: Path) -> None:
    data = COMPRESS[suffix](b"".join(LINES))
    for keep in (0.2, 0.5, 0.9):
        cut = int(keep * len(data))
        found = items(write(tmp_path / f"x.jsonl{suffix}", data[:cut]))
        assert len(texts(found)) > 0.9 * keep * len(LINES)
        assert reasons(found)[-1] == "compressed-cut"
    found = items(write(tmp_path / f"x.jsonl{suffix}", flip(data, len(data) - 5)))
    assert (len(texts(found)), reasons(found)) == (len(LINES), ["compressed-damaged"])
    where = re.search("at byte ([0-9,]+) of the file", found[-1].message)      # type: ignore[union-attr]
    assert where
    assert len(data) - 32 <= int(where[1].replace(",", "")) < len(data)
    table = "".join(f"{n},{random.Random(n).random()}\n" for n in range(20_000))
    array = b"[" + b",".join(LINES) + b"]"
    for name, body in (("x.csv", b"id,text\n" + table.encode()), ("x.json", array)):
        data = COMPRESS[suffix](body)
        found = items(write(tmp_path / f"{name}{suffix}", data[:len(data) // 2]))
        assert len(texts(found)) > 500
        assert reasons(found)[-1] == "compressed-cut"


@ALL
def test_bytes_behind_the_end_cost_nothing(suffix: str, tmp_path: Path) -> None:
    for name, body, n in (("x.jsonl", b"".join(LINES), len(LINES)), ("x.txt", "一篇文章。".encode(), 1)):
        data = COMPRESS[suffix](body)
        found = items(write(tmp_path / f"{name}{suffix}", data + b"\0" * 600))
        assert (len(texts(found)), reasons(found)) == (n, []), "zeros fill blocks of a tape"
        found = items(write(tmp_path / f"{name}{suffix}", data + b"no stream"))
        assert (len(texts(found)), reasons(found)) == (n, ["compressed-more"])
        assert f"behind byte {len(data):,}" in found[-1].message     # type: ignore[union-attr]


@ALL
def test_a_damaged_document_is_none(suffix: str, tmp_path: Path) -> None:
    data = COMPRESS[suffix]("一篇很长的文章。".encode() * 5000)
    found = items(write(tmp_path / f"x.txt{suffix}", data[:-3]))
    assert (texts(found), reasons(found)) == ([], ["compressed-cut"])


def test_frames_that_are_passed_over_are_no_garbage(tmp_path: Path) -> None:
    skipped = b"\x5e\x2a\x4d\x18\x08\x00\x00\x00" + bytes(8)
    one, two = (zstandard.compress(b"".join(LINES[a:b])) for a, b in ((0, 700), (700, 1500)))
    found = items(write(tmp_path / "x.jsonl.zst", skipped + one + skipped + two + skipped))
    assert (len(texts(found)), reasons(found)) == (len(LINES), [])


def test_members_of_an_archive_are_damaged_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    data = warc(PAGES, path, compressed=True)
    starts = [at for at in range(len(data)) if data.startswith(b"\x1f\x8b\x08", at)]
    for at in (starts[10] - 6, starts[10] - 20):
        found = items(write(path, flip(data, at)))
        assert (len(texts(found)), reasons(found)) == (len(PAGES) - 1, ["warc-broken"]), "one fault, and all others are read"
    found = items(write(path, data + b"no member"))
    assert (len(texts(found)), reasons(found)) == (len(PAGES), ["warc-broken"])


@pytest.mark.parametrize("data", [b"\xff" * 100, b"\xff\xff", b"\xff\xff\n" * 40, b"\xfe\xff" + b"\xff" * 60])
def test_a_disk_that_was_never_written_is_no_text(data: bytes, tmp_path: Path) -> None:
    assert not texts(items(write(tmp_path / "x.txt", data)))


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_is_read_in_every_format(encoding: str, marked: bool, tmp_path: Path) -> None:
    rows = [(str(n), f"第{n}篇 𠀇") for n in range(30)]
    bodies = {
        "x.jsonl": "".join(json.dumps({"id": i, "text": t}, ensure_ascii=False) + "\n" for i, t in rows),
        "x.json": json.dumps([{"id": i, "text": t} for i, t in rows], ensure_ascii=False),
        "x.csv": "id,text\n" + "".join(f"{i},{t}\n" for i, t in rows),
        "y.csv": "编号,正文\n" + "".join(f"{i},{t}\n" for i, t in rows),
        "x.tsv": "id\ttext\n" + "".join(f"{i}\t{t}\n" for i, t in rows),
    }
    for name, body in bodies.items():
        data = ("\ufeff" * marked + body).encode(encoding)
        for suffix, make in (("", bytes), (".gz", gzip.compress)):
            assert texts(items(write(tmp_path / f"{name}{suffix}", make(data)))) == [t for _, t in rows], name
    srt = "1\n00:00:01,000 --> 00:00:02,000\n汉字\n"
    for name, body in (("x.txt", "汉字和字母 abc\n" * 9), ("x.html", "<html><body><p>汉字 abc"), ("x.srt", srt)):
        assert texts(items(write(tmp_path / name, ("\ufeff" * marked + body).encode(encoding)))), name


@pytest.mark.parametrize("damage", [False, True])
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_large_file_is_cut_and_nothing_is_read_twice(
    suffix: str, damage: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One stream or many, whole or damaged: spans give what reading at once gives, each fault once."""
    set_unit_bytes(monkeypatch, 6_000)
    compress = COMPRESS[suffix]
    one, two = compress(b"".join(LINES[:700])), compress(b"{broken\n" + b"".join(LINES[700:]))
    for data in (compress(b"".join(LINES)), one + two):
        path = write(tmp_path / f"x.jsonl{suffix}", data[:len(data) // 3] + b"??" + data[len(data) // 3 + 2:] if damage else data)
        (entry,) = find_inputs([str(path)]).inputs
        units = plan_units([entry])
        assert damage or len(units) == 8
        apart = [item for unit in units for item in read_unit(unit)]
        at_once = list(read_unit(Unit((entry,))))
        assert sorted(map(repr, apart)) == sorted(map(repr, at_once))
        assert damage or len(texts(apart)) == 1500
    (entry,) = find_inputs([str(write(tmp_path / "x.jsonl.bz2", bz2.compress(b"".join(LINES))))]).inputs
    assert len(plan_units([entry])) == 1


def test_a_bomb_is_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_unit_bytes(monkeypatch, 1_000)
    monkeypatch.setattr("pipeline.read.compressed.FREE", 1 << 20)
    found = items(write(tmp_path / "x.jsonl.gz", gzip.compress(bytes(1 << 24))))
    assert reasons(found) == ["compressed-bomb"]


@pytest.mark.parametrize("damage", ["head", "cut", "garbage"])
def test_a_damaged_archive_is_planned_as_any_other(tmp_path: Path, damage: str) -> None:
    """Found by tests.fuzz_files: an archive compressed as one that breaks off ended the whole run where it was planned."""
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nContent-Type: application/http\r\n"
    http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>岚川县的公告。</p>".encode()
    record = head + f"Content-Length: {len(http)}\r\n\r\n".encode() + http + b"\r\n\r\n"
    between = {"head": b"WARC/1.0\r\nxx\r\n", "cut": b"", "garbage": b"\0\xff" * 40}[damage]
    data = gzip.compress(record + between + record, mtime=0)
    (tmp_path / "a.warc.gz").write_bytes(data[:-10] if damage == "cut" else data)
    items = [i for unit in plan_units(find_inputs([str(tmp_path)]).inputs) for i in read_unit(unit)]
    assert any(isinstance(i, Record) for i in items)
