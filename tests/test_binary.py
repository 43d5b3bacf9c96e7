"""Bytes that are no text, and text made of them."""

from __future__ import annotations

import random
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UndecodableError
from pipeline.read.binary import find_kind, is_garbled
from pipeline.read.charset import decode_bytes
from pipeline.read.jsonl import parse_record
from pipeline.record import Fault

NOISE = zlib.compress(random.Random(4).randbytes(9_000))
HEADS = {
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR": "PNG", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01": "JPEG", b"GIF89a\x10\0\x10\0\x80\0\0": "GIF",
    b"%PDF-1.6\r%\xe2\xe3\xcf\xd3\r\n": "PDF", b"PK\x03\x04\x14\0\x06\0word/document.xml": "Word", b"\x1f\x8b\x08\0": "gzip",
    b"MZ\x90\0\x03\0\0\0": "program", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "OLE", b"RIFF\1\2\3\4WEBPVP8 ": "WebP",
}


@pytest.mark.parametrize("head", HEADS, ids=HEADS.values())
def test_told_by_the_first_bytes(head: bytes) -> None:
    assert HEADS[head].lower() in (find_kind(head + NOISE) or "").lower()
    with pytest.raises(UndecodableError, match=HEADS[head]):
        decode_bytes(head + NOISE)


@pytest.mark.parametrize("codec", ["latin-1", "cp1252", "utf-8", "gb18030"])
@pytest.mark.parametrize("head", [b"", *HEADS], ids=["none", *HEADS.values()])
def test_told_in_text(head: bytes, codec: str) -> None:
    assert is_garbled((head + NOISE).decode(codec, "replace"))


ABOUT = ["GIF89a是一种图像格式", "PK战开始", "MZ开头的文件", "%PDF-1.4 是文件头", "BM是指", "PAR1", "ID3标签", "", "ftyp"]


@pytest.mark.parametrize("text", ABOUT)
def test_text_about_them(text: str) -> None:
    assert find_kind(text.encode()) is None
    assert decode_bytes(text.encode() * 3).text == text * 3


SEPARATED = ["甲\x01乙\x01丙\n" * 400, "响\x07铃", "ÖÐ¹ú" * 300, "\ufffd" * 500, "int main() { return 0; }\n" * 50]


@pytest.mark.parametrize("text", SEPARATED)
def test_text_with_controls_or_mojibake_is_text(text: str) -> None:
    assert is_garbled(text) is None


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    assert is_garbled(text) is None or isinstance(is_garbled(text), str)


def test_a_record_is_quarantined_as_what_it_is() -> None:
    import json

    text = (b"\x89PNG\r\n\x1a\n" + NOISE).decode("latin-1")
    fault = parse_record(json.dumps({"id": "1", "text": text}).encode(), "a.jsonl")
    assert isinstance(fault, Fault)
    assert "PNG" in fault.message


def test_linear() -> None:
    begin = time.process_time()
    assert is_garbled("中文" * 2_000_000) is None
    assert is_garbled(NOISE.decode("latin-1") * 100)
    assert time.process_time() - begin < 2
