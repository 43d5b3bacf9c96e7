"""What a file is: by what it begins with, then by its suffix; and compression, which lies below every format."""

from __future__ import annotations

import ast
import bz2
import gzip
import io
import json
import lzma
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.read.compressed import COMPRESSIONS, CompressionError, find_compression, open_compressed
from pipeline.read.formats import FORMATS, find_format_of_name, find_plain_name
from pipeline.read.looks import find_look
from pipeline.read.paths import find_inputs
from pipeline.read.units import UNIT_BYTES, plan_units, read_unit, reread
from pipeline.record import Fault, Record
from tests.test_cli import ARTICLE, ROOT, rows, taosha
from tests.test_read import read

COMPRESS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": (".gz", gzip.compress), "zstd": (".zst", zstandard.ZstdCompressor(write_checksum=True).compress),
    "bzip2": (".bz2", bz2.compress), "xz": (".xz", lzma.compress),
}
LINES = "".join(json.dumps({"id": i, "text": f"第{i}篇，{ARTICLE}"}, ensure_ascii=False) + "\n" for i in range(300)).encode()
METHODS = pytest.mark.parametrize("name", list(COMPRESS))


def test_every_compression_is_tested() -> None:
    assert {c.name: c.suffix for c in COMPRESSIONS} == {name: suffix for name, (suffix, _) in COMPRESS.items()}


@METHODS
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_streams_behind_each_other_give_what_went_in(name: str, parts: list[bytes]) -> None:
    data = b"".join(map(COMPRESS[name][1], parts))
    if data:
        assert find_compression(data) == name
        assert open_compressed(io.BytesIO(data), name).read() == b"".join(parts)


@METHODS
def test_compressed_input_is_read_as_what_it_holds(name: str, tmp_path: Path) -> None:
    suffix, compress = COMPRESS[name]
    (tmp_path / "pages.jsonl").write_bytes(LINES)
    plain = [(r.id, r.original, r.byte) for r in read(tmp_path / "pages.jsonl")[0]]
    path = tmp_path / f"pages.jsonl{suffix}"
    path.write_bytes(compress(LINES))
    records, faults = read(path)
    assert not faults
    assert [(r.id, r.original, r.byte) for r in records] == plain
    (entry,) = find_inputs([str(path)]).inputs
    assert reread(entry, records[250].byte) == records[250]
    (tmp_path / f"a.txt{suffix}").write_bytes(compress(ARTICLE.encode("gb18030")))
    (tmp_path / "misnamed.txt").write_bytes(compress(ARTICLE.encode()))
    for file in (f"a.txt{suffix}", "misnamed.txt"):
        assert [r.original for r in read(tmp_path / file)[0]] == [ARTICLE]


@METHODS
def test_an_early_end_and_damage_are_faults_with_their_place(name: str, tmp_path: Path) -> None:
    suffix, compress = COMPRESS[name]
    data = compress(LINES)
    path = tmp_path / f"x.jsonl{suffix}"
    for cut in sorted({5, len(data) // 3, len(data) // 2, len(data) - 9, len(data) - 1}):
        path.write_bytes(data[:cut])
        records, (*lines, fault) = read(path)
        assert [f.reason for f in lines] in ([], ["json-cut"]), "the line that it ends in"
        assert (fault.reason, fault.source) == ("compressed-cut", path.name)
        assert f"at byte {cut:,} of the file" in fault.message
        assert [r.id for r in records] == [str(i) for i in range(len(records))], "what came before is given"
    dice = random.Random(1)
    for _ in range(6 if name == "bzip2" else 40):      # a block of it that is damaged comes out as lines in no charset
        broken = bytearray(data)
        broken[dice.randrange(len(COMPRESS[name][1](b"")) // 2, len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(broken)
        records, faults = read(path)
        assert len(records) == 300 or [f.reason for f in faults][-1].startswith(("compressed-", "other-format"))
    path.write_bytes(data + b"no stream")
    records, faults = read(path)
    assert (len(records), [f.reason for f in faults]) == (300, ["compressed-more"])
    assert f"behind byte {len(data):,} of the file" in faults[0].message


@METHODS
def test_bombs_end_early(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.read.compressed.FREE", 1 << 20)
    stream = open_compressed(io.BytesIO(COMPRESS[name][1](bytes(1 << 26))), name)
    with pytest.raises(CompressionError, match="swells") as info:
        all(iter(lambda: stream.read(1 << 20), b""))
    assert info.value.reason == "compressed-bomb"
    assert stream.raw.n_out < 1 << 26    # type: ignore[attr-defined]


def test_what_swells_as_pages_do_is_no_bomb() -> None:
    page = "".join(f"<li><a href='/{i % 7}.html'>{ARTICLE}</a></li>\n" for i in range(20_000)).encode()
    data = zlib.compress(page, 9, wbits=31)
    assert len(page) > 100 * len(data)
    assert open_compressed(io.BytesIO(data), "gzip").read() == page


@METHODS
def test_a_run_over_compressed_input(name: str, tmp_path: Path) -> None:
    suffix, compress = COMPRESS[name]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"p.jsonl{suffix}").write_bytes(compress(LINES))
    (tmp_path / "in" / f"a.txt{suffix}").write_bytes(compress(ARTICLE.encode()))
    out = tmp_path / "out" / "clean.jsonl"
    taosha("clean", tmp_path / "in", "-o", out, "-q", "--stages", "encoding", "--strict")
    assert {r["id"] for r in rows(out.with_name("audit.jsonl"))} > {str(i) for i in range(300)}
    taosha("restore", out.with_name("audit.jsonl"), "-o", tmp_path / "back")
    assert (tmp_path / "back" / "in" / "a.txt").read_text("utf-8") == ARTICLE
    assert "第7篇" in taosha("explain", f"{tmp_path}/in/p.jsonl{suffix}#7")


def test_a_large_compressed_file_is_one_unit(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.zst"
    path.write_bytes(zstandard.compress(random.Random(0).randbytes(UNIT_BYTES + 1)))
    units = plan_units(find_inputs([str(path)]).inputs)
    assert [u.span for u in units] == [None]


def test_the_table() -> None:
    names, suffixes = [f.name for f in FORMATS], [s for f in FORMATS for s in f.suffixes]
    assert len(names) == len(set(names))
    assert len(suffixes) == len(set(suffixes))
    assert all(s.startswith(".") and s == s.lower() for s in suffixes)
    assert [find_format_of_name(f"x{s.upper()}.gz").name for f in FORMATS for s in f.suffixes] == [  # type: ignore[union-attr]
        f.name for f in FORMATS for _ in f.suffixes]
    assert (find_plain_name("a/x.TXT.gz"), find_plain_name("a/x.jsonl"), find_plain_name("http://x.cn/")) == ("a/x.TXT", "", "")


def formats_compared(code: str) -> list[str]:
    """Where code asks whether something called a format, or a thing's format, is a certain one."""
    names, found = {f.name for f in FORMATS}, []
    parts: list[ast.AST]
    asked: list[ast.expr]
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Compare):
            parts, asked = [node], [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            parts, asked = [*node.cases], [node.subject]
        elif isinstance(node, ast.Subscript):
            parts, asked = [node.value], [node.slice]
        else:
            continue
        said = {n.value for part in parts for n in ast.walk(part) if isinstance(n, ast.Constant)}
        of_format = any(getattr(n, "attr", getattr(n, "id", "")) == "format" for part in asked for n in ast.walk(part))
        if of_format and names & {word for word in said if isinstance(word, str)}:
            found.append(ast.unparse(node)[:80])
    return found


def test_nothing_else_knows_a_format() -> None:
    for bad in ('if piece.entry.format != "jsonl":\n    pass', 'x = format in ("txt", "y")', '{"jsonl": 1}[entry.format]',
                'match entry.format:\n    case "txt":\n        pass'):
        assert formats_compared(bad), bad
    assert not formats_compared('x = report == "jsonl"')
    known = {ROOT / "pipeline" / "read" / name for name in ("formats.py", "looks.py", "identity.py")}
    for path in (ROOT / "pipeline").rglob("*.py"):
        assert path in known or not formats_compared(path.read_text("utf-8")), path


PAGE = "<!-- saved -->\n<!DOCTYPE html>\n<html><head><title>党建</title></head><body><p>引领</p></body></html>"
LOOKS = [
    (PAGE, "html"), ("\n <HTML>\n<body>", "html"), ("<meta charset=gbk>", "html"),
    ('<?xml version="1.0"?><html>', "html"),
    ('<text id="http://x.cn" encoding="gbk">\n<html>\n', "html"),
    ('<?xml version="1.0"?><rss><item/></rss>', "xml"), (f"<div><p>{ARTICLE}</p><p>引领</p></div>" * 4, "html"),
    ('{"id": 1, "text": "党建"}\n{"id": 2, "text": "x"}\n', "jsonl"), ('{"text": "' + "长" * 9000, "jsonl"),
    ('{\n  "text": "党建"\n}\n', "json"), ('[{"text": "党建"},\n', "json"), ("[\n  {\n \"a\": 1", "json"), ("[]", "json"),
    ("id,title,content\n1,党建,引领\n2,治理,现代\n", "csv"), ('标题\t正文\n"一\n二"\t三\n四\t五\n', "csv"),
    (ARTICLE, ""), ("党建，引领，治理\n一，二，三\n", ""), ("<p>是段落的标签，</p>要成对出现。" + ARTICLE * 3, ""),
    ("[1] 见前注。\n[2] 同上。", ""), ("{名词} 解释", ""), ('{"a" 是一个键', ""), ("[附件]\n" + ARTICLE, ""),
    ("姓名,年龄\n张三,3\n", ""),
    ("id, text\n" + ARTICLE, ""), ("", ""),
    ("title, date\n党建引领\n", ""), ("<<红楼梦>>是一部小说。", ""), ("<人民日报>讯 " + ARTICLE, ""), ("<body 这个标签", "html"),
]


@pytest.mark.parametrize("text, look", LOOKS)
def test_looks(text: str, look: str) -> None:
    for data in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.encode("gb18030"), text.encode("utf-16")):
        assert find_look(data[:4096]) == look or (look == "csv" and data[:2] == b"\xff\xfe")


def test_looks_take_linear_time() -> None:
    import time

    begun = time.process_time()
    for text in ("<!--" + "-" * 4000, "<" * 4000, '{"' + "\\" * 4000, "[" + " " * 4000, "<!-- -->" * 500, '"' * 4000, "a," * 2000):
        find_look(text.encode())
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("text, look", [(t, k) for t, k in LOOKS if k and k != "jsonl"])
def test_what_a_text_file_is_not(text: str, look: str, tmp_path: Path) -> None:
    for suffix in (".txt", ".jsonl"):
        (tmp_path / f"x{suffix}").write_text(text, "utf-8")
        records, (fault,) = read(tmp_path / f"x{suffix}")
        assert not records
        assert fault.reason == "other-format"
        assert f"--input-format {suffix[1:]}" in fault.message
    ((record,), ()) = read(tmp_path / "x.txt", format="txt")
    assert record.original == text


@pytest.mark.parametrize("name", ["x.txt", "x.jsonl", "x.txt.gz", "x.pdf"])
def test_bytes_that_are_no_text_are_one_fault(name: str, tmp_path: Path) -> None:
    data = b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3\n<<>>\n" * 9
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    records, (fault,) = read(tmp_path / name)
    assert not records
    assert "a PDF file" in fault.message
    assert fault.reason == ("unknown-format" if name == "x.pdf" else "binary")


def test_json_lines_in_a_text_file(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(LINES)
    records, (fault,) = read(tmp_path / "x.txt")
    assert not records
    assert "--input-format jsonl" in fault.message
    assert len(read(tmp_path / "x.txt", format="jsonl")[0]) == 300


def test_left_out_is_counted_and_fails_strict(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / ".git").mkdir(parents=True)
    (folder / "good.txt").write_text(ARTICLE, "utf-8")
    for name in ("a.css", "b.CSS", "c.pdf", "noext", ".hidden.txt", "t.xls.gz", ".taosha.lock"):
        (folder / name).write_bytes(b"x")
    listing = find_inputs([str(folder)])
    assert dict(listing.left_out) == {".css": 2, ".pdf": 1, "without suffix": 1, "hidden": 2, ".xls.gz": 1}
    names = (".git", ".hidden.txt", "a.css", "b.CSS", "c.pdf", "noext", "t.xls.gz")
    assert listing.left_alone == [f"in/{name}" for name in names]
    out = tmp_path / "out" / "clean.jsonl"
    words = "7 files left out (2 .css, 2 hidden, 1 .pdf, 1 .xls.gz, 1 without suffix)"
    assert words in taosha("clean", folder, "-o", out)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["left_out"] == dict(listing.left_out)
    assert words in taosha("clean", folder, "-o", out, "-q", "--strict", code=1)
    assert words in taosha("clean", folder, "-o", out, "--dry-run", "--strict", code=1)
    shown = taosha("check", folder, "--ignore", "TS202", code=2)
    assert "left out (2 .css" in shown
    assert (shown.count("[left-out]"), shown.count("[hidden]")) == (4, 1)
    taosha("clean", folder / "good.txt", "-o", out, "-q", "--strict")


def test_what_is_left_out_is_counted_once(tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("sub/a.pdf", "sub/.b.txt", "c.txt"):
        (tmp_path / "in" / name).write_text(ARTICLE, "utf-8")
    whole, part, hidden = (str(tmp_path / name) for name in ("in", "in/sub", "in/sub/.b.txt"))
    for names in ([whole, part], [part, whole]):
        listing = find_inputs(names)
        assert (dict(listing.left_out), listing.left_alone) == ({".pdf": 1, "hidden": 1}, ["in/sub/.b.txt", "in/sub/a.pdf"])
    listing = find_inputs([whole, hidden])
    assert [i.name for i in listing.inputs] == [".b.txt", "in/c.txt"]
    assert dict(listing.left_out) == {".pdf": 1}


@pytest.mark.parametrize("files", [[], ["a.css"], [".hidden.txt", "b.pdf"]])
def test_nothing_to_read_is_an_error(files: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in files:
        (folder / name).write_bytes(b"<html>")
    words = f"{len(files)} file" if files else "there is no file"
    assert words in taosha("check", folder, code=2)
    assert words in taosha("clean", folder, "-o", f"{tmp_path}/out/", code=3)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_output_of_a_run_is_not_left_out(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(ARTICLE, "utf-8")
    taosha("clean", tmp_path / "x.txt", "-o", f"{tmp_path}/out/", "-q")
    assert not find_inputs([str(tmp_path)]).left_out
    taosha("clean", tmp_path, "-o", f"{tmp_path}/out2/", "-q", "--strict")


BAD_LINES = [
    ('{"id": "h", "text": "你好", "n": ' + "1" * 5000 + "}", "no-json"),
    ('{"id": "a", "id": "b", "text": "一"}', "duplicate-key"),
    ('{"id": "a", "text": "一", "text": "二"}', "duplicate-key"),
    ('{"id": "a", "text": "一", "te\\u0078t": "二"}', "duplicate-key"),
    ('{"id": "a" , "text" : "一", "text" : "二"}', "duplicate-key"),
    ('{"id": "a", "text": "一", "meta": {"k": 1, "k": 2}}', "duplicate-key"),
    ('{"id": "a", "text": "\\":\\":", "x": {"k": [{"k": 1, "k": 2}]}}', "duplicate-key"),
    ('{"id": "a", "text": "一", "x": ' + "[" * 1000 + "]" * 1000 + "}", "no-json"),
    ('{"id": "a", "text": "一", "x": ' + '{"k":' * 300 + "1" + "}" * 300 + "}", "no-json"),
    ('{"id": "a", "text": "一", "x": ' + "[" * 200_000, "no-json"),
    ('{"id": "a", "text": "一", "x": ' + '{"k":' * 100_000 + "1" + "}" * 100_000 + "}", "no-json"),
]


@pytest.mark.parametrize("line, reason", BAD_LINES, ids=[str(i) for i in range(len(BAD_LINES))])
def test_one_record_never_ends_a_run(line: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(f'{{"id": "1", "text": "好"}}\n{line}\n{{"id": "2", "text": "好"}}\n', "utf-8")
    records, (fault,) = read(tmp_path / "x.jsonl")
    assert [r.id for r in records] == ["1", "2"]
    assert (fault.reason, fault.line, fault.raw) == (reason, 2, line.encode())


GOOD_LINES = [
    {"id": "a", "text": '他说："标题": "党建"', "meta": {"text": 1, "id": [{"id": 2}]}, "id2": 1},
    {"id": "a", "text": "x", "deep": [[[[[[[[[[1]]]]]]]]]]},
    {"id": "a", "text": "\ud800x", "bad\udc00": {"k\ud800": ["\ud800"]}},
]


@pytest.mark.parametrize("row", GOOD_LINES)
def test_other_fields_ride_along(row: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    ((record,), ()) = read(tmp_path / "x.jsonl")
    mended = json.loads(json.dumps(row).replace("\\ud800", "\\ufffd").replace("\\udc00", "\\ufffd"))
    assert record.extra == {k: v for k, v in mended.items() if k not in ("id", "text")}
    assert json.dumps(record.extra, ensure_ascii=False).encode()


def test_fields_that_are_not_used_ride_along(tmp_path: Path) -> None:
    row = {
        "text": "x", "source": "s", "url": "http://x.cn", "date": "2020", "published": "2021", "title": ["no", "string"],
        "author": None, "source_name": "", "lang": "zh", "big": 2**70, "n": 1.5, "none": None,
    }
    (tmp_path / "x.jsonl").write_text(json.dumps(row), "utf-8")
    ((record,), ()) = read(tmp_path / "x.jsonl")
    assert record.metadata == {"published": "2021", "title": "no string"}
    assert list(record.extra) == ["url", "date", "lang", "big", "n", "none"]


def test_other_fields_are_counted(tmp_path: Path) -> None:
    lines = [{"id": i, "text": f"{ARTICLE}{i}", "lang": "zh", f"k{i}": 1} for i in range(150)]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")
    shown = taosha("clean", tmp_path / "x.jsonl", "-o", f"{tmp_path}/out/", "--stages", "encoding")
    assert "other fields, kept under `extra`: lang 150, " in shown
    counts = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["counts"]
    assert counts["extra/lang"] == 150
    assert sum(n for k, n in counts.items() if k.startswith("extra/")) == 300
    assert "lang 150" in taosha("clean", tmp_path / "x.jsonl", "--dry-run", "--stages", "encoding")


def test_units_hold_records_and_faults_only(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(LINES + b"{\n")
    (unit,) = plan_units(find_inputs([str(tmp_path)]).inputs)
    assert {type(item) for item in read_unit(unit)} == {Record, Fault}
