"""Files of lines: what was written comes back, counted and hashed, the same bytes every time, in one line a row for any reader."""

from __future__ import annotations

import gzip
import io
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.json_lines import dump_line, escape_breaks
from pipeline.corpus.sinks import DENSE, LEVEL, LineSink, open_lines

NAMES = ("a.jsonl", "a.jsonl.gz", "a.jsonl.zst")


def unpack(name: str, data: bytes) -> bytes:
    if name.endswith(".gz"):
        return gzip.decompress(data)
    return zstandard.ZstdDecompressor().decompressobj().decompress(data) if name.endswith(".zst") else data


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_lines_come_back_counted_and_hashed(name: str, dense: bool, tmp_path: Path) -> None:
    lines = [b"%d %s\n" % (n, b"x" * (n % 90)) for n in range(9_000)]
    for k in range(2):
        with open_lines(tmp_path / f"{k}{name}", dense=dense) as sink:
            sink.add(b"head")
            for line in lines:
                sink.write(line)
            told = sink.finish()
        assert told == {"lines": len(lines), "sha256": sha256((tmp_path / f"{k}{name}").read_bytes()).hexdigest()}
    one, other = ((tmp_path / f"{k}{name}").read_bytes() for k in range(2))
    assert one == other
    assert unpack(name, one) == b"".join([b"head", *lines])


def test_heads_tell_neither_time_nor_name_and_a_damaged_file_is_seen() -> None:
    files = {}
    for name in NAMES[1:]:
        sink = LineSink(file := io.BytesIO(), name)
        sink.write(b"line\n" * 300)
        sink.finish()
        files[name] = file.getvalue()
    assert files["a.jsonl.gz"][:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
    assert zstandard.get_frame_parameters(files["a.jsonl.zst"]).has_checksum


def test_how_hard_each_is_pressed() -> None:
    """As the figures beside LEVEL and DENSE say; a reader needs no flag for the window, which is 32 MB."""
    text = b"".join(b"%d,%d;" % (n % 977, n * n % 1009) for n in range(60_000))
    plain = zstandard.ZstdCompressor(LEVEL, write_checksum=True).compressobj()
    own = zstandard.ZstdCompressionParameters(write_checksum=True, **DENSE)
    hard = zstandard.ZstdCompressor(compression_params=own).compressobj()
    for dense, press in ((False, plain), (True, hard)):
        sink = LineSink(file := io.BytesIO(), "a.zst", dense=dense)
        sink.write(text)
        sink.finish()
        assert file.getvalue() == press.compress(text) + press.flush()
    assert zstandard.get_frame_parameters(file.getvalue()).window_size == 32 << 20
    assert zstandard.get_frame_parameters(file.getvalue()).has_checksum
    assert {name: DENSE[name] for name in DENSE} == {
        "window_log": 25, "hash_log": 23, "chain_log": 24, "search_log": 5, "min_match": 5, "target_length": 32, "strategy": 5}
    assert LEVEL == 6
    sink = LineSink(file := io.BytesIO(), "a.gz")
    sink.write(text)
    sink.finish()
    assert file.getvalue() == gzip.compress(text, LEVEL, mtime=0).replace(b"\0\xff", b"\0\x03", 1)


def test_none_is_pressed_hard_unless_it_is_asked(tmp_path: Path) -> None:
    text = b"".join(b"%d,%d;" % (n % 977, n * n % 1009) for n in range(60_000))
    sizes = []
    for more in ({}, {"dense": False}, {"dense": True}):
        with open_lines(tmp_path / "a.zst", **more) as sink:
            sink.write(text)
            sink.finish()
        own = LineSink(file := io.BytesIO(), "a.zst", **more)
        own.write(text)
        own.finish()
        assert file.getvalue() == (tmp_path / "a.zst").read_bytes()
        sizes.append(len(file.getvalue()))
    assert sizes[0] == sizes[1] != sizes[2]


@pytest.mark.parametrize("name", NAMES)
def test_what_waits_is_bounded_and_counted(name: str) -> None:
    sink = LineSink(file := io.BytesIO(), name)
    assert sink.size == 0
    line = b"x" * (1 << 16)
    for n in range(1, 5):
        sink.write(line)
        assert file.tell() == 0, "it waits up to 256 KB"
        assert sink.size == (n << 16) // (1 if name == "a.jsonl" else 5)
    sink.add(b"y")
    written = file.tell()
    assert sink.size == written
    assert written == (1 << 18) + 1 or name != "a.jsonl"
    sink.write(line)
    assert sink.size == written + (1 << 16) // (1 if name == "a.jsonl" else 5)
    sink.finish()
    assert sink.size >= file.tell()


BREAKS = st.text(st.sampled_from("a\x85\u2028\u2029\n\r党 "), max_size=12)


@given(st.dictionaries(BREAKS, BREAKS, max_size=3))
def test_a_row_is_one_line_for_any_reader(row: dict[str, str]) -> None:
    line = dump_line(row)
    assert line.endswith(b"}\n")
    assert len(line.decode().splitlines()) == 1
    assert orjson.loads(line) == row
    assert escape_breaks(line) == line
    assert escape_breaks(orjson.dumps(row)) + b"\n" == line


@pytest.mark.parametrize(("mark", "escaped"), [
    ("\x85", b"\\u0085"), ("\u2028", b"\\u2028"), ("\u2029", b"\\u2029"), ("\u2027", None),
])
def test_only_line_breaks_are_escaped(mark: str, escaped: bytes | None) -> None:
    assert dump_line({"a": mark}) == b'{"a":"%b"}\n' % (escaped or mark.encode())
