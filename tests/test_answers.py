"""Answers of servers in archives: every page is read or told of, however its head and its body were written."""

from __future__ import annotations

import gzip
import random
import zlib
from contextlib import suppress
from itertools import product
from pathlib import Path

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import UndecodableError, decode
from pipeline.read.answers import decode_body, split_answer
from tests.test_cli import ARTICLE
from tests.test_read import read

PAGE = f"<html><head><title>题目</title></head><body><h1>题目</h1><p>{ARTICLE}</p></body></html>".encode()


def chunk(data: bytes, size: int = 100) -> bytes:
    parts = [data[i:i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def read_answer(data: bytes, most: int) -> bytes:
    return decode_body(split_answer(data), most)


def bare_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def answer(body: bytes, *head: str, end: str = "\r\n", first: str = "HTTP/1.1 200 OK") -> bytes:
    return end.join([first, *head, "", ""]).encode() + body


def record(data: bytes, number: int = 0, *, end: bytes = b"\r\n") -> bytes:
    head = [
        b"WARC/1.0", b"WARC-Type: response", b"WARC-Target-URI: http://a.cn/%d" % number, b"WARC-Date: 2020-01-01T00:00:00Z",
        b"WARC-Record-ID: <urn:uuid:%d>" % number, b"Content-Type: application/http; msgtype=response",
        b"Content-Length: %d" % len(data),
    ]
    return end.join([*head, b"", b""]) + data + end * 2


TYPE = "Content-Type: text/html; charset=utf-8"
GOOD = answer(PAGE, TYPE)
LONG = PAGE + bytes(random.Random(1).choices(range(32, 127), k=60_000))
#: What servers send and crawlers keep that is not as the standard has it. The page is in each of them.
ODD = {
    "lines end in LF": answer(PAGE, TYPE, "Server: x", end="\n"),
    "some lines end in LF": b"HTTP/1.1 200 OK\r\nA: b\n" + TYPE.encode() + b"\r\n\n" + PAGE,
    "no head": answer(PAGE),
    "no type": answer(PAGE, "Server: x"),
    "a type in quotation marks": answer(PAGE, 'Content-Type: "text/html"'),
    "empty lines before": b"\r\n\r\n" + GOOD,
    "an interim answer": answer(b"", first="HTTP/1.1 100 Continue") + GOOD,
    "two interim answers in LF": answer(b"", first="HTTP/1.1 103 Early Hints", end="\n") * 2 + answer(PAGE, TYPE, end="\n"),
    "said to be gzip": answer(PAGE, TYPE, "Content-Encoding: gzip"),
    "said to be deflate": answer(PAGE, TYPE, "Content-Encoding: deflate"),
    "said to be brotli": answer(PAGE, TYPE, "Content-Encoding: br"),
    "said to be in chunks": answer(PAGE, TYPE, "Transfer-Encoding: chunked"),
    "said to be both": answer(PAGE, TYPE, "Transfer-Encoding: chunked", "Content-Encoding: gzip"),
    "chunks were joined": answer(gzip.compress(PAGE), TYPE, "Transfer-Encoding: chunked", "Content-Encoding: gzip"),
    "deflate without its frame": answer(bare_deflate(PAGE), TYPE, "Content-Encoding: deflate"),
    "gzip behind LF": answer(gzip.compress(PAGE), TYPE, "Content-Encoding: gzip", end="\n"),
    "zstd behind LF": answer(zstandard.compress(PAGE), TYPE, "Content-Encoding: zstd", end="\n"),
    "chunks of gzip behind LF": answer(
        chunk(gzip.compress(PAGE)), TYPE, "Content-Encoding: x-gzip", "Transfer-Encoding: chunked", end="\n"),
    "said to be brotli, of wide characters": answer(
        PAGE.decode().encode("utf-16-le"), "Content-Type: text/html; charset=utf-16-le", "Content-Encoding: br"),
    "brotli": answer(brotli.compress(PAGE), TYPE, "Content-Encoding: br"),
    "brotli behind LF": answer(brotli.compress(PAGE), TYPE, "Content-Encoding: br", end="\n"),
    "gzip called deflate": answer(gzip.compress(PAGE), TYPE, "Content-Encoding: deflate"),
    "two members of gzip": answer(gzip.compress(PAGE[:99]) + gzip.compress(PAGE[99:]), TYPE, "Content-Encoding: gzip"),
    "two frames of zstd": answer(zstandard.compress(PAGE[:99]) + zstandard.compress(PAGE[99:]), TYPE, "Content-Encoding: zstd"),
    "no last chunk": answer(chunk(PAGE)[:-5], TYPE, "Transfer-Encoding: chunked"),
    "no status": answer(PAGE, first=TYPE),
    "no answer, a page": PAGE,
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("how", ["plain", "members", "one stream"])
def test_a_page_in_an_odd_answer_is_read(name: str, how: str, tmp_path: Path) -> None:
    """And so are those before and behind it, also where nothing can be read again."""
    parts = [record(data, i) for i, data in enumerate([GOOD, ODD[name], GOOD, ODD[name]])]
    path = tmp_path / {"plain": "a.warc", "members": "a.warc.gz", "one stream": "a.warc.zst"}[how]
    if how == "members":
        parts = list(map(gzip.compress, parts))
    path.write_bytes(zstandard.compress(b"".join(parts)) if how == "one stream" else b"".join(parts))
    records, faults = read(path)
    assert not faults
    assert [r.source for r in records] == [f"http://a.cn/{i}" for i in range(4)]
    assert {r.original for r in records} == {f"题目\n{ARTICLE}"}


@pytest.mark.parametrize("data", [
    answer(chunk(PAGE)[:-40], TYPE, "Transfer-Encoding: chunked"),
    answer(gzip.compress(PAGE)[:-40], TYPE, "Content-Encoding: gzip", end="\n"),
    answer(gzip.compress(PAGE)[:-40], TYPE, "Content-Encoding: gzip"),
    answer(zstandard.compress(LONG)[:-40], TYPE, "Content-Encoding: zstd"),
    answer(zlib.compress(LONG)[:-40], TYPE, "Content-Encoding: deflate"),
    answer(brotli.compress(LONG)[:-40], TYPE, "Content-Encoding: br"),
    answer(brotli.compress(PAGE)[:-40], TYPE, "Content-Encoding: br", end="\n"),
    answer(zlib.compress(LONG)[:-4] + b"abcd", TYPE, "Content-Encoding: deflate"),
    answer(PAGE, TYPE, f"Content-Encoding: {','.join(['deflate'] * 5)}"),
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200_000 + b"\r\n" + PAGE,
], ids=["chunks", "gzip behind LF", "gzip", "zstd", "deflate", "brotli", "brotli behind LF", "a wrong sum", "many encodings",
        "a long head"])
@pytest.mark.parametrize("name", ["a.warc", "a.warc.zst"])
def test_a_body_that_breaks_off_is_told_and_the_rest_is_read(data: bytes, name: str, tmp_path: Path) -> None:
    parts = record(data, 1) + record(GOOD, 2)
    (tmp_path / name).write_bytes(zstandard.compress(parts) if name.endswith("zst") else parts)
    records, (fault,) = read(tmp_path / name)
    assert [r.source for r in records] == ["http://a.cn/2"]
    assert (fault.source, fault.reason, fault.byte) == ("http://a.cn/1", "warc-broken", 0)


@pytest.mark.parametrize("n", [22_000, 65_500, 700_000])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_page_is_read_however_long_it_is(n: int, end: str, tmp_path: Path) -> None:
    page = f"<html><head><title>题目</title></head><body>{'<p>一段文字，在这里。</p>' * (n // 34)}</body></html>".encode()
    (tmp_path / "a.warc").write_bytes(record(answer(page, TYPE, end=end), 1) + record(GOOD, 2))
    records, faults = read(tmp_path / "a.warc")
    assert [r.source for r in records] == ["http://a.cn/1", "http://a.cn/2"]
    assert not faults


def is_plain(body: bytes) -> bool:
    """Whether it can be read, and is no brotli: that begins with nothing of its own, and "3" is a whole stream of it."""
    with suppress(brotli.error):
        return not brotli.decompress(body) and not body
    with suppress(UndecodableError):
        return bool(decode(body)) or not body
    return False


@settings(max_examples=300)
@given(st.text(st.characters(codec="utf-8"), max_size=200), st.sampled_from(["", "　　", "0\n", "0\r\n", "5\n"]))
def test_a_text_that_its_head_says_is_packed_stays(text: str, before: str) -> None:
    body = (before + text).encode()
    if not body.startswith((b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")):
        for name in ("gzip", "deflate", "zstd", "br")[:3 + is_plain(body)]:
            assert read_answer(answer(body, f"Content-Encoding: {name}"), 1 << 20) == body
    if before == "　　":
        assert read_answer(answer(body, "Transfer-Encoding: chunked"), 1 << 20) == body


def test_errors_of_the_server_are_no_pages(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(record(answer(PAGE, TYPE, end="\n", first="HTTP/1.1 404 Not Found")) + record(GOOD, 2))
    records, faults = read(tmp_path / "a.warc")
    assert [r.source for r in records] == ["http://a.cn/2"]
    assert not faults


def test_an_archive_converted_as_a_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"".join(record(answer(PAGE, TYPE, end="\n"), i, end=b"\n") for i in range(3)))
    records, faults = read(tmp_path / "a.warc")
    assert not records
    assert faults
    assert all("LF alone" in fault.message for fault in faults)


@settings(max_examples=300)
@given(
    st.binary(max_size=300), st.integers(1, 60), st.lists(st.sampled_from(["gzip", "deflate", "zstd"]), max_size=2), st.booleans(),
)
def test_what_was_sent_comes_back(body: bytes, size: int, encodings: list[str], chunked: bool) -> None:
    """Whatever was done to a body is undone; undone already, it stays as it is."""
    sent, head = body, []
    for name in encodings:
        sent = gzip.compress(sent) if name == "gzip" else zlib.compress(sent) if name == "deflate" else zstandard.compress(sent)
    if encodings:
        head.append(f"Content-Encoding: {', '.join(encodings)}")
    if chunked:
        sent = chunk(sent, size)
        head.append("Transfer-Encoding: chunked")
    for end in ("\r\n", "\n"):
        assert read_answer(answer(sent, *head, end=end), 1 << 20) == body


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd", "br", ""])
def test_bodies_longer_than_any_block_come_back(name: str) -> None:
    """Over what is fed at once, a block of zstd and the megabyte that one call gives; what packs well, and not."""
    packers = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.compress, "br": brotli.compress, "": bytes}
    pack = packers[name]
    for n in (1023, 1024, 1025, 65_535, 65_537, (1 << 17) + 1, (1 << 20) + 1, 3_000_000):
        for body in (random.Random(n).randbytes(n), b"<p>" * n):
            head = f"Content-Encoding: {name}"
            assert read_answer(answer(pack(body), head), 1 << 24) == body
            assert read_answer(answer(chunk(pack(body), 4093), head, "Transfer-Encoding: chunked"), 1 << 24) == body
            assert read_answer(answer(pack(body), head), 1000) == body[:1000]


def test_a_page_sent_as_gzip_without_a_word_is_whole_or_told(tmp_path: Path) -> None:
    sent = gzip.compress(LONG)
    joined = gzip.compress(PAGE) + gzip.compress(b"<p>more")
    parts = [answer(data, TYPE) for data in (sent, sent[:-40], joined, PAGE)]
    (tmp_path / "a.warc").write_bytes(b"".join(record(data, i) for i, data in enumerate(parts)))
    records, (fault,) = read(tmp_path / "a.warc")
    assert [r.source for r in records] == [f"http://a.cn/{i}" for i in (0, 2, 3)]
    assert records[1].original.endswith("more")
    assert (fault.source, fault.reason) == ("http://a.cn/1", "warc-broken")


@settings(max_examples=300)
@given(st.lists(st.sampled_from([
    b"HTTP/1.1 100 \n\n", b"HTTP/1.1 200 OK\r\n", b"Content-Encoding: gzip\n", b"Transfer-Encoding: chunked\r\n", b"\r\n", b"\n",
    b"5\r\nhallo",
    b"0\r\n", b"ffffffff\r\n", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b" ", b":", b"\xff",
]), max_size=12), st.integers(0, 40))
def test_no_answer_is_more_than_was_asked_for(parts: list[bytes], most: int) -> None:
    with suppress(ValueError):      # it breaks off
        assert len(read_answer(b"".join(parts), most)) <= most


def test_long_answers_are_linear() -> None:
    for part, end in product([b"HTTP/1.1 100 \n\n", b"\r", b"\n", b"a:b\n", b" \n", b"1\r\na\r\n", b"A: b\r\n "], [b"", b"\n\n"]):
        with suppress(ValueError):      # a head without end
            read_answer(b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n" + end + part * (2_000_000 // len(part)), 1 << 22)
