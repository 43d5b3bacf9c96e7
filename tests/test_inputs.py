"""Formats of many records, containers, lists, addresses: what was written is read back, each record once, however it is cut."""

from __future__ import annotations

import bz2
import csv
import errno
import gzip
import io
import json
import lzma
import os
import tarfile
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.read.columns import Columns
from pipeline.read.containers import SHIFT
from pipeline.read.damage import PassingError
from pipeline.read.formats import find_format
from pipeline.read.inputs import Input, Span
from pipeline.read.paths import find_inputs, open_inputs
from pipeline.read.remote import open_remote
from pipeline.read.units import Unit, halve_unit, plan_units, read_unit, reread
from pipeline.record import Fault, Left, Record
from tests.test_cli import ARTICLE, ROOT, rows, taosha

Item = Record | Fault | Left
ROWS: list[dict[str, Any]] = [
    {"id": str(n), "text": f"第{n}篇，{ARTICLE}", "lang": "zh", "n": n, "url": f"http://x.cn/{n}"} for n in range(40)
]


def items(*names: Path | str, columns: Columns | None = None) -> list[Item]:
    listing = find_inputs([str(name) for name in names])
    inputs = [replace(i, columns=columns) if columns else i for i in listing.inputs]
    return [*listing.faults, *(item for unit in plan_units(inputs) for item in read_unit(unit))]


def texts(found: list[Item]) -> list[str]:
    return [item.original for item in found if isinstance(item, Record)]


def reasons(found: list[Item]) -> list[str]:
    return [item.reason for item in found if isinstance(item, Fault)]


def warc(pages: list[tuple[str, bytes, str]], path: Path, compressed: bool = False) -> bytes:
    """An archive as crawlers write it, each record a gzip member of its own where it is compressed."""
    out = []
    for address, body, head in pages:
        content = f"HTTP/1.1 {head}\r\n\r\n".encode() + body
        named = {
            "WARC-Type": "response", "WARC-Target-URI": address, "WARC-Date": "2020-01-02T03:04:05Z",
            "Content-Type": "application/http; msgtype=response", "Content-Length": len(content),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        record = f"WARC/1.1\r\n{lines}\r\n".encode() + content + b"\r\n\r\n"
        out.append(gzip.compress(record) if compressed else record)
    path.write_bytes(b"".join(out))
    return b"".join(out)


FORMATS = ("parquet", "arrow", "arrows", "csv", "tsv", "json", "jsonl", "warc", "warc.gz", "tar", "zip")
HTML = "200 OK\r\nContent-Type: text/html"
PAGES = [(f"http://x.cn/{n}.html", f"<html><body><p>第{n}篇，{ARTICLE}".encode(), HTML) for n in range(40)]


def write_all(folder: Path) -> dict[str, Path]:
    """One file of each format of many records, with the same texts."""
    table = pa.Table.from_pylist(ROWS)
    paths = {name: folder / f"x.{name}" for name in FORMATS[:-2]}
    pq.write_table(table, paths["parquet"], row_group_size=7)
    for name, make in (("arrow", pa.ipc.new_file), ("arrows", pa.ipc.new_stream)):
        with open(paths[name], "wb") as file, make(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=7)
    for name, comma in (("csv", ","), ("tsv", "\t")):
        with open(paths[name], "w", newline="", encoding="utf-8") as out:
            lines = csv.DictWriter(out, list(ROWS[0]), delimiter=comma)
            lines.writeheader()
            lines.writerows(ROWS)
    paths["json"].write_text(json.dumps(ROWS, ensure_ascii=False, indent=1), "utf-8")
    paths["jsonl"].write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    warc(PAGES, paths["warc"])
    warc(PAGES, paths["warc.gz"], compressed=True)
    with tarfile.open(folder / "x.tar", "w") as tar, zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for n, row in enumerate(ROWS):
            (folder / "member").write_text(row["text"], "utf-8")
            tar.add(folder / "member", f"d/{n}.txt")
            archive.write(folder / "member", f"d/{n}.txt")
    return paths | {"tar": folder / "x.tar", "zip": folder / "x.zip"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_all(tmp_path_factory.mktemp("files"))


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_gives_every_text_and_finds_each_again(name: str, files: dict[str, Path]) -> None:
    found = items(files[name])
    assert texts(found) == [row["text"] for row in ROWS]
    (entry,) = find_inputs([str(files[name])]).inputs
    for record in found:
        assert isinstance(record, Record)
        assert reread(entry, record.byte) == record
    assert len({record.byte for record in found if isinstance(record, Record)}) == len(ROWS)


@pytest.mark.parametrize("name", [n for n in FORMATS if n != "warc.gz"])
def test_each_format_is_read_through_compression(name: str, files: dict[str, Path], tmp_path: Path) -> None:
    for suffix, compress in COMPRESSED.items():
        path = tmp_path / f"{files[name].name}{suffix}"
        path.write_bytes(compress(files[name].read_bytes()))
        found = items(path)
        if name == "zip":       # read from its end: nobody compresses one once more
            assert reasons(found) == ["archive-broken"]
            continue
        assert texts(found) == [row["text"] for row in ROWS]
        (entry,) = find_inputs([str(path)]).inputs
        assert reread(entry, found[23].byte) == found[23]       # type: ignore[arg-type, union-attr]


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_halved_down_to_its_records(name: str, files: dict[str, Path]) -> None:
    """So a record that no worker survives is found, and costs no other."""
    waiting, leaves = plan_units(find_inputs([str(files[name])]).inputs), []
    while waiting:
        unit = waiting.pop()
        waiting += (halves := halve_unit(unit))
        leaves += [] if halves else [list(read_unit(unit))]
    assert [len(leaf) for leaf in leaves] == [1] * len(ROWS)
    assert sorted(texts([item for leaf in leaves for item in leaf])) == sorted(row["text"] for row in ROWS)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=12)
@given(data=st.data())
def test_spans_hold_each_record_once(name: str, files: dict[str, Path], data: st.DataObject) -> None:
    (entry,) = find_inputs([str(files[name])]).inputs
    whole = list(read_unit(Unit((entry,))))
    places = sorted({item.byte for item in whole if isinstance(item, Record)})
    most = max(places[-1] + 1, entry.size)
    cuts = sorted(data.draw(st.sets(st.one_of(st.integers(1, most - 1), st.sampled_from(places[1:])), max_size=4)))
    spans = list(zip([0, *cuts], [*cuts, most], strict=True))
    assert [item for a, b in spans for item in read_unit(Unit((entry,), a, b))] == whole


@pytest.mark.parametrize("name", FORMATS)
def test_large_files_are_cut(name: str, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("warc", "arrow", "jsonl", "containers", "units"):
        monkeypatch.setattr(f"pipeline.read.{module}.UNIT_BYTES", 2000)
    (entry,) = find_inputs([str(files[name])]).inputs
    units = plan_units([entry])
    assert (len(units) > 1) == (name not in ("csv", "tsv", "json", "arrow", "arrows"))
    assert texts([item for unit in units for item in read_unit(unit)]) == [row["text"] for row in ROWS]


@pytest.mark.parametrize("name", ["parquet", "arrow", "csv", "json", "jsonl"])
def test_what_is_not_used_rides_along(name: str, files: dict[str, Path]) -> None:
    record = items(files[name])[3]
    assert isinstance(record, Record)
    assert (record.id, record.source) == ("3", "http://x.cn/3")
    assert {k: str(v) for k, v in record.extra.items()} == {"lang": "zh", "n": "3"}


def test_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"a": {"b": ["一", "二"], "t": "题"}, "k": 7, "text": "no", "段落": [{"内容": "三"}]}), "utf-8")
    (record,) = items(path, columns=Columns.of(text="a.b", id="k", title="a.t"))
    assert isinstance(record, Record)
    assert (record.original, record.id, record.metadata["title"]) == ("一\n二", "7", "题")
    assert record.extra["text"] == "no"
    (fault,) = items(path, columns=Columns.of(text="missing"))
    assert reasons([fault]) == ["no-text"]
    assert "missing" in fault.message   # type: ignore[union-attr]


def test_columns_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    body = {"zh": ARTICLE, "title": "题目"}
    path.write_text(json.dumps({"body": body, "no": 7, "when": "2020年1月2日", "at": "http://x.cn/7", "text": "no"}), "utf-8")
    keys = ["--text-key", "body.zh", "--id-key", "no", "--date-key", "when", "--source-key", "at", "--title-key", "body.title"]
    taosha("clean", path, "-o", f"{tmp_path}/out/", "-q", "--stages", "encoding", *keys)
    (row,) = rows(tmp_path / "out" / "clean.jsonl")
    assert (row["id"], row["source"], row["text"]) == ("7", "http://x.cn/7", ARTICLE)
    assert row["published"] == "2020-01-02"
    assert "title: 题目" in taosha("explain", f"{path}#7", *keys)
    assert "1 document checked, 0 findings" in taosha("check", path, "--min-chinese", "1", *keys)
    words = "no key `none`; add it, or name the key that holds the text with --text-key"
    assert words in taosha("check", path, "--text-key", "none", code=1)


def test_a_column_of_pages_is_read_as_pages(tmp_path: Path) -> None:
    page = f"<!doctype html><title>党建引领</title><p>{ARTICLE}</p>"
    table = pa.table({"html": [page], "day": [date(2020, 1, 2)], "raw": [b"\xff\x00"]})
    pq.write_table(table, tmp_path / "x.parquet")
    (record,) = items(tmp_path / "x.parquet")
    assert isinstance(record, Record)
    assert record.original.endswith(ARTICLE)
    assert record.marks is not None
    assert record.extra == {"day": "2020-01-02", "raw": "/wA="}


def test_charsets_of_tables(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(f"标题,正文\n题,{ARTICLE}\n".encode("gb18030"))
    (tmp_path / "y.csv").write_bytes(f"id,text\n1,{ARTICLE}\n".encode() + b"2,\xff\xfe" + ARTICLE.encode() + b"\n")
    first, second, third = items(tmp_path / "x.csv", tmp_path / "y.csv")
    assert texts([first, second]) == [ARTICLE, ARTICLE]
    assert isinstance(third, Record)
    assert third.metadata["n_replaced"] == "2"
    assert third.original == "\ufffd\ufffd" + ARTICLE


@settings(max_examples=60)
@given(
    values=st.lists(st.fixed_dictionaries({"text": st.text('"\\[]{},:甲 \n', min_size=1)}), min_size=1), block=st.integers(1, 40),
)
def test_arrays_are_cut_into_their_values_whatever_the_block(values: list[dict[str, str]], block: int) -> None:
    from pipeline.read import json_array

    entry = Input("x.json", "", "json", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_array, "BLOCK", block)
        for indent in (None, 1):
            data = json.dumps(values, ensure_ascii=False, indent=indent).encode()
            assert texts(list(json_array.read_array(entry, io.BytesIO(data), None))) == [v["text"] for v in values]


# What is broken.


def test_tables_that_are_broken(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [1, 2], "id": ["a", "b"]}), tmp_path / "type.parquet")
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "cut.parquet")
    whole = (tmp_path / "cut.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-40])
    (tmp_path / "noise.parquet").write_bytes(whole[:200] + os.urandom(300) + whole[500:])
    (tmp_path / "nul.csv").write_bytes(b"id,text\n1,a\0b\n2,c\n")
    (tmp_path / "rows.csv").write_bytes('id,text\n1,甲\n2,乙,丙\n3,"丁\n4,戊\n'.encode())
    (tmp_path / "twice.csv").write_bytes(b"a,a\n1,2\n")
    (tmp_path / "cut.json").write_bytes(json.dumps(ROWS).encode()[:-400])
    (tmp_path / "kinds.json").write_bytes(b'[{"text": "x"}, 5, "a,b", [1], {"text" "no"}, {"text": "[\\"}y"}]')
    (tmp_path / "tail.json").write_bytes(b'[{"text": "x"}] {"text": "y"}')
    (tmp_path / "one.json").write_bytes('{\n "text": "甲",\n "a": ["}"]}\n{"text": "乙"}'.encode("gb18030"))
    (tmp_path / "deep.json").write_bytes(b'[{"text": "x"}, ' + b"[" * 100_000)
    found = {path.name: items(path) for path in sorted(tmp_path.iterdir())}
    assert {name: reasons(own) for name, own in found.items()} == {
        "type.parquet": ["wrong-type", "wrong-type"], "cut.parquet": ["table-broken"], "noise.parquet": ["table-broken"],
        "nul.csv": [], "rows.csv": ["csv-columns", "csv-broken"], "twice.csv": ["duplicate-key"], "cut.json": ["json-cut"],
        "deep.json": ["json-cut"], "kinds.json": ["no-object", "no-object", "no-object", "no-json"], "tail.json": ["no-json"],
        "one.json": [],
    }
    assert texts(found["nul.csv"]) == ["a\0b", "c"]
    assert texts(found["rows.csv"]) == ["甲"]
    assert texts(found["cut.json"]) == [row["text"] for row in ROWS[:-1]]
    assert texts(found["kinds.json"]) == ["x", '["}y']
    assert texts(found["one.json"]) == ["甲", "乙"]


def test_archives_of_a_crawl_that_are_broken(tmp_path: Path) -> None:
    data = warc(PAGES[:9], tmp_path / "x.warc")
    at = data.index(b"WARC/1", data.index(b"/4.html") - 400)
    cases = {
        "noise": data[:at] + b"WARC/1.1\r\n\x00\x01garbage" + data[at + 17:],
        "long": data.replace(b"Content-Length: ", b"Content-Length: 9", 1),
        "short": data[:at] + data[at:].replace(b"Content-Length: ", b"Content-Length: 1\r\nX: ", 1),
        "cut": data[:-100], "head cut": data[:-300],
    }
    for name, broken in cases.items():
        (tmp_path / f"{name}.warc").write_bytes(broken)
        found = items(tmp_path / f"{name}.warc")
        kept = set(texts(found))
        assert kept <= {row["text"] for row in ROWS}, name
        assert len(kept) == 8 + (name == "noise"), name
        assert reasons(found) in (["warc-broken"], ["warc-cut"]) or name == "noise", name
    png, css = (f"200 OK\r\nContent-Type: {kind}" for kind in ("image/png", "text/css"))
    image = b"\x89PNG\r\n\x1a\n" + bytes(50)
    others = [("http://x.cn/a", image, png), ("http://x.cn/b", b"x", "404 Not Found\r\nServer: x"), ("http://x.cn/c", b"p{}", css)]
    warc([*others, *PAGES[:1]], tmp_path / "left.warc")
    kinds = Counter(item.kind for item in items(tmp_path / "left.warc") if isinstance(item, Left))
    assert kinds == {"PNG image": 1, "HTTP 404": 1, "text/css": 1}
    shown = taosha("clean", tmp_path / "left.warc", "-o", f"{tmp_path}/out/", "--stages", "encoding")
    assert "no documents: 3 (HTTP 404 1, PNG image 1, text/css 1)" in shown
    counts = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["counts"]
    assert {key: n for key, n in counts.items() if key.startswith("left/")} == {f"left/{kind}": n for kind, n in kinds.items()}
    shown = taosha("clean", tmp_path / "left.warc", "-o", f"{tmp_path}/out/", "--stages", "encoding", "-q", "--strict", code=1)
    assert "3 inside inputs that are no documents" in shown


def test_a_record_without_end_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sparse gigabyte was tried by hand: 130 MB more than before, 2.3 s."""
    monkeypatch.setattr("pipeline.read.warc.MOST_BYTES", 1 << 16)
    page = ("http://x.cn/long", b"<p>" + "党建".encode() * 20_000, "200 OK\r\nContent-Type: text/html")
    swollen = ("http://x.cn/bomb", gzip.compress(b"<p>" + b"a" * (30 << 20)), f"{page[2]}\r\nContent-Encoding: gzip")
    warc([page, swollen, *PAGES[:1]], tmp_path / "long.warc")
    tracemalloc.start()
    found = items(tmp_path / "long.warc")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reasons(found) == ["too-long", "too-long"]
    assert texts(found) == [ROWS[0]["text"]]
    assert peak < 8 << 20


MEMBERS = {
    "a.txt": "党建引领".encode(), "d/p.jsonl": b'{"id":"1","text":"x"}\n{broken\n{"id":"2","text":"y"}\n',
    "d/q.jsonl.gz": gzip.compress(b'{"id":"3","text":"z"}\n'), "x.jpg": b"\xff\xd8\xff", "../../etc/evil.txt": b"evil",
    "/etc/abs.txt": b"abs", ".git/a.txt": b"no", "page.html": b"<p>hi</p>", "in.zip": b"PK\3\4", "lying.txt": b"<html><body>",
    "cut.txt.gz": gzip.compress(bytes(90))[:-6],
}


def write_members(path: Path) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in MEMBERS.items():
                archive.writestr(name, data)
            link = zipfile.ZipInfo("link.txt")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
        return path
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as tar:
        for name, data in MEMBERS.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for name, kind in (("link.txt", tarfile.SYMTYPE), ("hard.txt", tarfile.LNKTYPE), ("dev.txt", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    return path


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tgz", "x.zip"])
def test_members_are_read_as_the_files_that_they_are(name: str, tmp_path: Path) -> None:
    path = write_members(tmp_path / name)
    found = items(path)
    assert texts(found) == ["党建引领", "x", "y", "z", "evil", "abs", "hi"]
    assert [item.source.removeprefix(f"{name}/") for item in found if isinstance(item, Record)][4] == "../../etc/evil.txt"
    assert reasons(found) == ["no-json", "other-format", "compressed-cut"]
    links = {"link in an archive": 1} if name == "x.zip" else {"link in an archive": 2, "device in an archive": 1}
    assert Counter(item.kind for item in found if isinstance(item, Left)) == {".jpg": 1, "hidden": 1, ".zip": 1} | links
    taosha("clean", path, "-o", f"{tmp_path}/out/", "-q", "--stages", "encoding")
    taosha("restore", tmp_path / "out" / "audit.jsonl", "-o", tmp_path / "back" / "here")
    assert not (tmp_path / "etc").exists()
    assert not (tmp_path / "back" / "etc").exists()
    assert sorted(p.parent for p in tmp_path.rglob("*.txt") if p.read_bytes() == b"evil") == [tmp_path / "back" / "here"]
    assert "y" in taosha("explain", f"{path}#2")


@pytest.mark.parametrize("joined", [gzip.compress, bytes], ids=["y.tar.gz", "y.tar"])
@pytest.mark.parametrize("between", [0, 512, 3 << 20])
def test_what_stands_behind_the_end_of_a_tar_is_told(joined: Callable[[bytes], bytes], between: int, tmp_path: Path) -> None:
    """As of two archives that were joined, by somebody who thinks that all of it is read. Zeros are its end."""
    data = write_members(tmp_path / "x.tar").read_bytes()
    path = tmp_path / ("y.tar.gz" if joined is gzip.compress else "y.tar")
    path.write_bytes(joined(data + bytes(between)))
    alone = items(path)
    assert "archive-broken" not in reasons(alone)
    path.write_bytes(joined(data + bytes(between) + data))
    assert texts(items(path)) == texts(alone)
    assert reasons(items(path)) == [*reasons(alone), "archive-broken"]


def test_archives_that_break_off(tmp_path: Path) -> None:
    data = write_members(tmp_path / "x.tar").read_bytes()
    second = data.index(b"d/p.jsonl")
    for broken in (data[:second] + os.urandom(512) + data[second + 512:], data[:second + 300]):
        (tmp_path / "y.tar").write_bytes(broken)
        (tmp_path / "y.tar.gz").write_bytes(gzip.compress(broken))
        for name in ("y.tar", "y.tar.gz"):
            found = items(tmp_path / name)
            assert texts(found) == ["党建引领"]
            assert reasons(found) == ["archive-broken"]
    data = write_members(tmp_path / "x.zip").read_bytes()
    middle = data.index(b"d/p.jsonl") + 12
    (tmp_path / "y.zip").write_bytes(data[:middle] + b"\xff\xff\xff\xff" + data[middle + 4:])
    found = items(tmp_path / "y.zip")
    assert texts(found) == ["党建引领", "z", "evil", "abs", "hi"]
    assert reasons(found)[0] == "member-broken"
    (tmp_path / "z.zip").write_bytes(data[:-30])
    assert reasons(items(tmp_path / "z.zip")) == ["archive-broken"]
    (tmp_path / "none.tar").write_bytes(b"")
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    assert reasons(items(tmp_path / "none.tar", tmp_path / "empty.tar")) == ["empty-file", "archive-broken"]


def test_bombs_in_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("containers", "compressed"):
        monkeypatch.setattr(f"pipeline.read.{module}.FREE", 1 << 20)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", ARTICLE)
        archive.writestr("b.txt", bytes(1 << 25))
        archive.writestr("c.txt", ARTICLE)
    found = items(tmp_path / "x.zip")
    assert texts(found) == [ARTICLE]
    assert reasons(found) == ["compressed-bomb"]
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for name, data in (("b.txt.zst", zstandard.compress(bytes(1 << 27))), ("c.txt", ARTICLE.encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    found = items(tmp_path / "x.tar")
    assert (texts(found), reasons(found)) == ([ARTICLE], ["compressed-bomb"])


def test_names_of_windows_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("AAAAAAAA.txt", ARTICLE)
    data = (tmp_path / "x.zip").read_bytes().replace(b"AAAAAAAA", "党建引领".encode("gbk"))
    (tmp_path / "x.zip").write_bytes(data)
    (record,) = items(tmp_path / "x.zip")
    assert record.source == "x.zip/党建引领.txt"


def test_places_in_an_archive_go_through_a_run(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar.xz", "w:xz") as tar:
        for n in range(3):
            data = json.dumps({"id": f"{n}", "text": f"{ARTICLE}{n}" if n < 2 else 2}).encode()
            info = tarfile.TarInfo(f"{n}.jsonl")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    taosha("clean", tmp_path / "x.tar.xz", "-o", f"{tmp_path}/out/", "-q", "--stages", "encoding")
    (row,) = rows(tmp_path / "out" / "quarantine.jsonl")
    assert (row["reason"], row["byte"]) == ("wrong-type", 2 << SHIFT)


# Subtitles, lists, standard input.


def test_subtitles(tmp_path: Path) -> None:
    first = "\ufeff1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>2020</i>\n\n"
    second = "2\n00:00:03,000 --> 00:00:04,500 X1:1\n你好，\n世界\n"
    (tmp_path / "x.srt").write_bytes((first + second).replace("\n", "\r\n").encode())
    head = "[Script Info]\nTitle: t\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    ass = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\b1}你好，{\\b0}世界\\N和平\nComment: 0,0,0,a,,0,0,0,,no\n"
    drawing = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n"
    (tmp_path / "y.ass").write_bytes((head + ass + drawing).encode("utf-16"))
    (tmp_path / "z.srt").write_bytes(ARTICLE.encode())
    found = items(tmp_path / "x.srt", tmp_path / "y.ass", tmp_path / "z.srt")
    assert texts(found) == ["2020\n你好，\n世界", "你好，世界\n和平"]
    assert reasons(found) == ["other-format"]


def test_lists_of_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b b.txt", "c.txt"):
        Path(name).write_text(ARTICLE, "utf-8")
    Path("list.txt").write_bytes(b"\xef\xbb\xbfa.txt\r\n\r\nb b.txt\n[c].txt\n")
    assert [i.name for i in find_inputs(["@list.txt"]).inputs] == ["a.txt", "b b.txt", "c.txt"]
    Path("loop.txt").write_text("@loop.txt\n")
    for name, words in (("@none.txt", "cannot be read"), ("@loop.txt", "a list holds files"), ("@.", "cannot be read")):
        with pytest.raises(UsageError, match=words):
            find_inputs([name])


@pytest.mark.parametrize("name", FORMATS)
def test_standard_input_is_told_by_what_it_begins_with(name: str, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for compress in (bytes, gzip.compress):
        if name == "arrows" or (name in ("zip", "warc.gz") and compress is gzip.compress):
            continue        # a stream of Arrow begins with nothing of its own; the others are compressed already
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(compress(files[name].read_bytes()))))
            with open_inputs(["-"]) as listing:
                (entry,) = listing.inputs
                assert texts(list(read_unit(Unit((entry,))))) == [row["text"] for row in ROWS]


@pytest.mark.parametrize("pattern", ["*/*.txt", "*/**/b*", "**/*.txt", "shut*/b.txt", "*/b.txt", "open/../*/b.[t]xt", "**"])
def test_a_folder_that_a_glob_cannot_look_into_is_told(pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To `glob` it is an empty one. Where that is of the moment, the run ends."""
    for folder in ("open", "shut"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b.txt").write_text(ARTICLE, "utf-8")
    scan, look, name = os.scandir, os.lstat, os.fspath(tmp_path / pattern)
    errors = [PermissionError(errno.EACCES, "Permission denied"), OSError(errno.EIO, "Input/output error")]

    def refuse(path: Any = ".") -> Any:
        if os.path.basename(os.path.normpath(os.fspath(path))) == "shut":
            raise type(errors[0])(*errors[0].args, path)
        return scan(path)

    assert "b.txt" in {os.path.basename(entry.name) for entry in find_inputs([name]).inputs}
    def refuse_inside(path: Any, **more: Any) -> Any:
        if os.path.basename(os.path.dirname(os.fspath(path))) == "shut":
            raise type(errors[0])(*errors[0].args, path)
        return look(path, **more)

    monkeypatch.setattr("os.scandir", refuse)
    monkeypatch.setattr("pipeline.world.scan", refuse)
    monkeypatch.setattr("os.lstat", refuse_inside)
    listing = find_inputs([name])
    (fault,) = listing.faults
    assert (os.path.basename(os.path.normpath(fault.path)), fault.reason) == ("shut", "unreadable-folder")
    assert [entry.path for entry in listing.inputs if "shut" in entry.path] == []
    assert len(listing.inputs) == (not pattern.startswith("shut"))
    errors.reverse()
    with pytest.raises(PassingError, match="Input/output error"):
        find_inputs([name])


def test_each_file_that_is_no_input_is_told_once_by_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one name are two, and one that goes by two names is one: in the quarantine, and in `check`."""
    for folder in ("a", "b"):
        (tmp_path / folder / "data").mkdir(parents=True)
        (tmp_path / folder / "data" / "x.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(9))
    monkeypatch.chdir(tmp_path)
    names = ["a/data", "b/data", "b/data/x.txt", "./b/data"]
    faults = find_inputs(names).faults
    assert [fault.source for fault in faults] == ["a/data/x.txt", "b/data/x.txt"]
    assert [fault.path for fault in faults] == ["a/data/x.txt", "b/data/x.txt"]
    shown = taosha("check", *names, "--format", "github", code=1)
    assert [shown.count(f"::error file={name},") for name in ("a/data/x.txt", "b/data/x.txt")] == [1, 1]


@pytest.mark.parametrize(("text", "ids", "places"), [
    ('id,text\r\n1,"未闭合\r\n2,第二篇\r\n3,第三篇\r\n', [], [2]),
    ('id,text\n1,甲\n2,"未闭合\n', ["1"], [3]),
    ('id,text\n1,甲\n2,"未闭合', ["1"], [3]),
    ('id,text\n1,"开头\n2,乙，"引号"在中间\n3,丙\n', ["3"], [2]),
    ('id,text\n1,"引号"在前\n2,说"话"\n3,"双""引号"\n4,"两\n行"\n5,戊', ["1", "2", "3", "4", "5"], []),
])
def test_a_quotation_mark_that_is_not_closed_takes_no_rows_in_silence(
    text: str, ids: list[str], places: list[int], tmp_path: Path,
) -> None:
    """The rows behind it would be text of the one that it begins, be it to the end of the file or to the next mark."""
    for suffix, comma in ((".csv", ","), (".tsv", "\t")):
        (tmp_path / f"a{suffix}").write_text(text.replace(",", comma), "utf-8", newline="")
        found = items(tmp_path / f"a{suffix}")
        faults = [item for item in found if isinstance(item, Fault)]
        assert [item.metadata.get("id", item.id) for item in found if isinstance(item, Record)] == ids
        assert [(fault.reason, fault.line) for fault in faults] == [("csv-broken", place) for place in places]
        assert "".join(fault.raw.decode() for fault in faults) in text.replace(",", comma)
        assert all(fault.raw for fault in faults)


@pytest.mark.parametrize("when", [-(1 << 40), -1, 0, 9_300_000_000, (1 << 34) - 1])
def test_a_file_of_any_time_is_read(when: int, tmp_path: Path) -> None:
    """Before 1970, and after 2262, where nanoseconds have more than 63 bits."""
    (tmp_path / "a.txt").write_text(ARTICLE, "utf-8")
    os.utime(tmp_path / "a.txt", (0, when))
    taosha("clean", tmp_path / "a.txt", "-o", tmp_path / "out" / "clean.jsonl", "-q", "--workers", "1")
    assert len(rows(tmp_path / "out" / "clean.jsonl")) == 1


# Addresses.


def test_an_address_of_a_store_in_memory(files: dict[str, Path], tmp_path: Path) -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    for name in FORMATS:
        store.pipe(f"/crawl/d/x.{name}", files[name].read_bytes())
    store.pipe("/crawl/d/x.css", b"p{}")
    listing = find_inputs(["memory://crawl/d"])
    assert [i.name for i in listing.inputs] == sorted(f"d/x.{name}" for name in FORMATS)
    assert dict(listing.left_out) == {".css": 1}
    for entry in listing.inputs:
        found = list(read_unit(Unit((entry,))))
        assert texts(found) == [row["text"] for row in ROWS], entry.name
        assert reread(entry, found[7].byte) == found[7]     # type: ignore[arg-type, union-attr]
    assert [i.name for i in find_inputs(["memory://crawl/d/*.csv", "memory://crawl/d/x.csv"]).inputs] == ["x.csv"]
    with pytest.raises(UsageError, match="no file at this address"):
        find_inputs(["memory://crawl/none"])
    out = tmp_path / "out" / "clean.jsonl"
    taosha("clean", "memory://crawl/d/x.csv", "-o", out, "-q", "--workers", "1", "--stages", "encoding")
    assert len(rows(out.with_name("audit.jsonl"))) == len(ROWS)
    store.rm("/crawl", recursive=True)
    assert reasons(list(read_unit(Unit((listing.inputs[0],))))) == ["unreadable-file"]


@contextmanager
def object_store() -> Iterator[str]:
    """An object store on loopback, and its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_an_object_store(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with object_store() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        store = fsspec.filesystem("s3")
        store.mkdir("crawl")
        store.pipe("crawl/d/x.parquet", files["parquet"].read_bytes())
        store.pipe("crawl/d/x.warc.gz", files["warc.gz"].read_bytes())
        found = items("s3://crawl/d")
        assert texts(found) == [row["text"] for row in ROWS] * 2
        entry = find_inputs(["s3://crawl/d"]).inputs[0]
        assert reread(entry, found[30].byte) == found[30]       # type: ignore[arg-type, union-attr]


def test_an_address_that_cannot_be_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems connect as soon as they are made."""
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("fsspec.core.url_to_fs", refuse)
    with pytest.raises(UsageError, match=r"ftp://x/y\.txt: cannot be listed \(Name or service not known\)"):
        find_inputs(["ftp://x/y.txt"])
    with pytest.raises(OSError, match="Name or service"), open_remote("ftp://x/y.txt"):
        pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_web_server_without_ranges(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(files["csv"].parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        for name in ("csv", "parquet", "warc.gz", "zip"):
            assert texts(items(f"{base}/x.{name}")) == [row["text"] for row in ROWS]
        with pytest.raises(UsageError, match=r"cannot be listed|no file at this address"):
            find_inputs([f"{base}/none.txt"])
    finally:
        server.shutdown()
        server.server_close()


def test_an_address_that_breaks_off(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec
    from fsspec.implementations.memory import MemoryFile

    store = fsspec.filesystem("memory")
    store.pipe("/crawl/x.jsonl", files["jsonl"].read_bytes())
    (entry,) = find_inputs(["memory://crawl/x.jsonl"]).inputs

    def fail(*_: object) -> bytes:
        raise ValueError("the line is dead")

    monkeypatch.setattr(MemoryFile, "read", fail)
    (fault,) = read_unit(Unit((entry,)))
    assert isinstance(fault, Fault)
    assert (fault.reason, "the line is dead" in fault.message) == ("unreadable-file", True)
    store.rm("/crawl", recursive=True)


def test_what_addresses_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(UsageError, match=r"pip install 'taosha\[remote\]'"):
        find_inputs(["s3://crawl/x.warc"])


def test_a_run_over_text_loads_no_reader_of_other_formats(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "x.txt").write_text(ARTICLE, "utf-8")
    heavy = "('selectolax', 'fastwarc', 'fsspec', 'pyarrow.parquet')"
    code = (
        "import sys; from pipeline.read.paths import find_inputs; from pipeline.read.units import plan_units, read_unit\n"
        f"print(len([x for u in plan_units(find_inputs([r'{tmp_path}']).inputs) for x in read_unit(u)]), "
        f"[m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "1 []"


def test_the_table_has_one_reader_a_format(files: dict[str, Path]) -> None:
    assert {find_format(name.removesuffix(".gz").replace("arrows", "arrow")).many for name in FORMATS} == {True}
    assert Span(0, 1) == (0, 1, 0)
    assert Input("a", "a", "txt", 1).columns == Columns()


def test_files_of_one_name_go_by_their_folders(tmp_path: Path) -> None:
    files = [tmp_path / place / "same.txt" for place in ("甲/乙", "丙/乙", "丁")] + [tmp_path / "other.txt"]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("各有各的名字。", "utf-8")
    names = [entry.name for entry in find_inputs(map(str, files)).inputs]
    assert len({*names}) == 4
    assert [name.partition("/same")[0].rpartition("/")[2] for name in sorted(names)].count("乙") == 2
    assert "other.txt" in names
    assert [entry.name for entry in find_inputs([str(files[0]), str(files[0])]).inputs] == ["same.txt"]
    folders = find_inputs([str(tmp_path / "甲/乙"), str(tmp_path / "丙/乙")]).inputs
    assert [entry.name for entry in folders] == ["丙/乙/same.txt", "甲/乙/same.txt"]
