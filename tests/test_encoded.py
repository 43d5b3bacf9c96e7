"""Text back to the bytes of its file: whatever encoding, mark and faults it had, and nothing said where it is plain UTF-8."""

from __future__ import annotations

import codecs
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.corpus.audit import read_audit
from pipeline.read import encoded
from pipeline.read.encoded import make_bytes
from pipeline.read.inputs import Input
from pipeline.read.paths import find_inputs
from pipeline.read.subtitles import read_srt
from pipeline.read.txt import read_text
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Record
from pipeline.show.report.documents import describe
from tests.test_cli import ARTICLE, taosha

SENTENCE = "沙里淘金，党建引领基层治理现代化。"
#: GB18030 has two codes for 龴, of two bytes and of four, and this tool reads both.
TWINS = SENTENCE.encode("gb18030") * 9 + "龴︐".encode("gb18030") + "\ue81e".encode("gb18030")
MARKS = {
    "utf-8": codecs.BOM_UTF8, "gb18030": b"\x84\x31\x95\x33", "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
}
KINDS = [*MARKS, "big5hkscs", "hz", "iso2022_jp", "iso2022_kr", "cp932", "euc_jp", "cp949", "cp1252"]


def read(data: bytes) -> Record | None:
    """The one document of a text file; None where it is no text."""
    (item,) = read_text(Input("a.txt", "", "txt", len(data)), io.BytesIO(data), None)
    return item if isinstance(item, Record) else None


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Text in an encoding, with a mark or without; bytes changed, put in, taken out; another file behind it."""
    codec = draw(st.sampled_from(KINDS))
    parts = st.sampled_from([SENTENCE, "繁體中文的文章。", "\n", "\r\n", "plain", "カナ", "é", "龴", "𠀀", "\0"])
    text = "".join(draw(st.lists(parts, max_size=12)))
    data = (MARKS.get(codec, b"") if draw(st.booleans()) else b"") + text.encode(codec, "ignore")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=3)) + data[at + draw(st.integers(0, 3)):]
    return data + (SENTENCE.encode("gb18030" if codec == "utf-8" else "utf-8") if draw(st.booleans()) else b"")


@settings(max_examples=250)
@given(data=files() | st.binary(max_size=40))
@example(data=TWINS)
@example(data=b"\n\n" + SENTENCE.encode()[:-1])
@example(data=codecs.BOM_UTF8 + SENTENCE.encode() + b"\xe5\n\xe5\n" + SENTENCE.encode())
@example(data=b"~{VPND~}~{VPND~}\n" * 9)
@example(data=f"{SENTENCE}\n".encode("utf-16")[:-1])
def test_any_text_file_comes_back_byte_for_byte(data: bytes) -> None:
    record = read(data)
    if record is None:
        return
    said = record.metadata
    assert make_bytes(record.original, said) == data or said["encodes_back"] == "no"
    assert said.get("encodes_back", "yes") == "yes" or said["encoding"] == "iso-2022-cn", "few bytes are always told"
    assert said or record.original.encode() == data, "nothing is said where the text is the file"
    assert set(said) <= {"encoding", "n_replaced", "encoding_lines", "byte_order_mark", "encodes_back", "file_bytes", "file_sha256"}
    if len(said.get("file_bytes", "")) > 40 and "encoding_lines" not in said:
        assert len(said["file_bytes"]) < 3 * len(data) + 40


def test_what_is_said_of_a_reading() -> None:
    plain = f"{ARTICLE}\r\n"

    def said(data: bytes) -> dict[str, str]:
        record = read(data)
        assert record is not None
        assert len(record.metadata.pop("file_sha256", "0" * 64)) == 64
        return record.metadata

    assert said(plain.encode()) == {}
    assert said(b"only ASCII") == {}
    assert said(codecs.BOM_UTF8 + plain.encode()) == {"byte_order_mark": "utf-8", "encodes_back": "yes"}
    assert said(plain.encode("gb18030")) == {"encoding": "gb18030", "encodes_back": "yes"}
    assert said(plain.encode("utf-16")) == {"encoding": "utf-16-le", "byte_order_mark": "utf-16-le", "encodes_back": "yes"}
    n = len(ARTICLE.encode())
    assert said(ARTICLE.encode() + b"\xe6\xb7") == {"n_replaced": "1", "encodes_back": "yes", "file_bytes": f"{n}+3=5rc="}
    long = f"{ARTICLE}\n".encode() + b"\xe6\xb7\n" + ARTICLE.encode() + b"\xe6"
    assert said(long)["file_bytes"] == f"{n + 1}+3=5rc=, {2 * n + 5}+3=5g==", "by lines, and of a line what is not the same"
    shifted = b"\x1b$)A\x0e" + bytes(b & 127 for b in "沙里淘金".encode("gb2312")) + b"\x0f\n"
    assert said(shifted) == {"encoding": "iso-2022-cn", "encodes_back": "no"}, "no codec writes it"


def test_what_is_damaged_throughout_is_not_told_byte_by_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(f"{SENTENCE}{n}".encode() + b"\xe6\n" for n in range(60))
    told = read(data)
    assert told is not None
    assert make_bytes(told.original, told.metadata) == data
    size = len(told.metadata["file_bytes"].split(", ")) * 9
    for most, back in ((size, "yes"), (size - 1, "no")):
        monkeypatch.setattr(encoded, "MOST_BYTES", most)
        record = read(data)
        assert record is not None
        assert (record.metadata["encodes_back"], "file_bytes" in record.metadata) == (back, back == "yes")
    assert record is not None
    assert make_bytes(record.original, record.metadata) == record.original.encode(), "its text, in UTF-8"


@pytest.mark.parametrize("wrong", [
    {"encoding": "rot13"}, {"encoding": "idna"}, {"encoding": "nobody"}, {"encoding": 7}, {"encoding": "cp1252"},
    {"byte_order_mark": "utf-8"}, {"byte_order_mark": [1]}, {"file_bytes": "1+1=!"}, {"file_bytes": "x"}, {"file_bytes": 3},
    {"file_bytes": "5+1=5g==, 2+1=5g=="}, {"file_bytes": "5+-9=5g=="}, {"file_sha256": "0"}, {"file_sha256": None},
])
def test_bytes_that_are_not_what_they_were_are_refused(wrong: dict[str, Any]) -> None:
    record = read(SENTENCE.encode("gb18030"))
    assert record is not None
    with pytest.raises(ValueError, match=r"is damaged|the audit was changed"):
        make_bytes(record.original, record.metadata | wrong)


def test_files_come_back_from_a_run_byte_for_byte(tmp_path: Path) -> None:
    """Into a folder; in a list stands the text. An audit that keeps no text keeps no bytes either."""
    folder = tmp_path / "in"
    folder.mkdir()
    made = {
        "bom.txt": codecs.BOM_UTF8 + ARTICLE.encode(), "gb.txt": f"{ARTICLE}一\r\n".encode("gb18030"),
        "wide.txt": f"{ARTICLE}二".encode("utf-16"),
        "cut.txt": f"{ARTICLE}三".encode()[:-1], "big5.txt": "繁體中文的文章，內容很長。\n".encode("big5") * 9,
        "mixed.txt": f"{ARTICLE}四\n".encode() + f"{ARTICLE}五\n".encode("gb18030"), "plain.txt": f"{ARTICLE}六".encode(),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    taosha("clean", folder, "-o", f"{tmp_path}/o/", "-q", "--stages", "encoding", "--workers", "1")
    taosha("restore", tmp_path / "o", "-o", f"{tmp_path}/back/")
    assert {p.name: p.read_bytes() for p in (tmp_path / "back" / "in").iterdir()} == made
    texts = {row["source"]: row["text"] for row in map(json.loads, taosha("restore", tmp_path / "o").splitlines())}
    assert texts["in/gb.txt"] == f"{ARTICLE}一\r\n"
    audit = tmp_path / "o" / "audit.jsonl"
    (cut,) = [row for row in read_audit(audit) if row["source"] == "in/cut.txt"]
    assert "file_bytes" in cut["metadata"]
    for shown in (taosha("explain", folder / "cut.txt"), str(describe(cut, "", 9)["metadata"])):     # nothing for people
        assert "encodes_back" in shown
        assert "file_bytes" not in shown
    for mode in ("spans", "sealed"):
        taosha("clean", folder, "-o", f"{tmp_path}/{mode}/", "-q", "--stages", "encoding", "--workers", "1", "--audit", mode)
        kept = (tmp_path / mode / "audit.jsonl").read_text("utf-8")
        assert not any(name in kept for name in ("file_bytes", "file_sha256", '"encodes_back":"yes"')), mode
        assert kept.count('"encodes_back":"no"') == audit.read_text("utf-8").count('"encodes_back"') == 6
    audit.write_text(audit.read_text("utf-8").replace('"encoding":"big5hkscs"', '"encoding":"cp949"'), "utf-8")
    shown = taosha("restore", tmp_path / "o", "-o", f"{tmp_path}/again/", code=5)
    assert "the bytes of its file do not come out as they were" in shown


TEXT = "沙里淘金，党建引领基层治理现代化，让群众满意。"


@pytest.mark.parametrize(("encoding", "said"), [
    ("utf-8", {}), ("utf-8-sig", {}), ("gb18030", {"encoding": "gb18030"}), ("utf-16", {"encoding": "utf-16-le"}),
    ("utf-32-be", {"encoding": "utf-32-be"}),
])
@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv"])
def test_records_name_the_encoding_of_their_file(name: str, encoding: str, said: dict[str, str], tmp_path: Path) -> None:
    lines = [json.dumps({"text": TEXT, "n": n}, ensure_ascii=False) for n in range(3)]
    content = {"x.jsonl": "\n".join(lines), "x.json": f"[{', '.join(lines)}]", "x.csv": "text,n\n" + f"{TEXT},7\n" * 3}[name]
    (tmp_path / name).write_bytes(content.encode(encoding))
    records = [item for unit in plan_units(find_inputs([str(tmp_path / name)]).inputs) for item in read_unit(unit)]
    assert [(item.original, item.metadata) for item in records if isinstance(item, Record)] == [(TEXT, said)] * 3


@pytest.mark.parametrize(("bad", "n"), [(b"\xe6", 1), (b"\xff\xff", 2), (b"\\ud800\xe6", 2), (b"\xed\xa0\x80", 1)])
@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
def test_characters_of_json_that_cannot_be_read_are_counted(name: str, bad: bytes, n: int, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b'{"text": "%b", "id": 3}' % (TEXT.encode() + bad + TEXT.encode()))
    (unit,) = plan_units(find_inputs([str(tmp_path / name)]).inputs)
    (record,) = read_unit(unit)
    assert isinstance(record, Record)
    assert record.original == TEXT + n * "\ufffd" + TEXT
    assert record.metadata == {"n_replaced": str(n)}


def test_of_subtitles_the_lines_are_the_original() -> None:
    data = codecs.BOM_UTF8 + b"1\n00:00:01,000 --> 00:00:02,000\n\xe6\xb2\x99\n\xe6"
    (item,) = read_srt(Input("a.srt", "", "srt", len(data)), io.BytesIO(data), None)
    assert isinstance(item, Record)
    assert item.metadata == {"n_replaced": "1", "byte_order_mark": "utf-8"}
    assert make_bytes(item.original, item.metadata) == item.original.encode()
