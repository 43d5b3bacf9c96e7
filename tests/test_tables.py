"""What a table may take: it is known before anything is decompressed, and files that are as they should be are read whole."""

from __future__ import annotations

import base64
import io
import itertools
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.read import arrow, messages
from pipeline.read.columns import Columns
from pipeline.read.levels import find_longest_row
from pipeline.read.pages import Chunk, _read_struct, list_chunks, list_places
from pipeline.read.paths import find_inputs
from pipeline.read.weigh import says_all, weigh
from pipeline.record import Fault, Record
from pipeline.run import clean
from tests.test_cli import ARTICLE
from tests.test_read import read

SMALL = 1 << 20


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that files of a test reach."""
    for name in ("FREE", "MOST_AT_ONCE", "_HELD"):
        monkeypatch.setattr(f"pipeline.read.arrow.{name}", SMALL)


def chunks_of(path: Path, group: int = 0) -> list[Chunk]:
    with path.open("rb") as source:
        file = pq.ParquetFile(source)
        return list_chunks(file, source, list_places(source, file.num_row_groups)[group])


_POOLS: list[pa.MemoryPool] = []


@contextmanager
def counted_memory() -> Iterator[pa.MemoryPool]:
    """Have what pyarrow allocates counted, by a pool that lives as long as the process.

    pyarrow opens an Arrow file in a thread of its own, which holds on to the reader, and the dictionaries in it, until it gets to
    run again. Once that was after the end of a test, and the pool that they were to go back to was gone: a segmentation fault.
    """
    before = pa.default_memory_pool()
    _POOLS.append(pool := pa.proxy_memory_pool(before))
    pa.set_memory_pool(pool)
    try:
        yield pool
    finally:
        pa.set_memory_pool(before)


def repeat(value: str, n: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), [value])


def make_nulls(n: int) -> pa.NullArray:
    return pa.Array.from_buffers(pa.null(), n, [None])


def in_row(values: pa.Array, row: int, rows: int) -> pa.ListArray:
    """Lists, of which one has all the values."""
    return pa.ListArray.from_arrays(pa.array([0] * (row + 1) + [len(values)] * (rows - row), pa.int32()), values)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, dict[str, Any]]:
    """A table of a few kinds of columns, and how it is written."""
    n = draw(st.integers(1, 40))
    dice = random.Random(draw(st.integers(0, 1 << 30)))
    words = ["", "字" * dice.randrange(2000), "a", "许可" * dice.randrange(40)]

    def word() -> str | None:
        return dice.choice([*words, None, str(dice.random())])

    def some(make: Callable[[], Any]) -> list[Any] | None:
        return None if dice.random() < .1 else [make() for _ in range(dice.choice([0, 1, 2, 3, 60]))]

    deep = pa.list_(pa.list_(pa.struct({"w": pa.string(), "k": pa.int8()})))
    columns: dict[str, Any] = {
        "text": pa.array([word() for _ in range(n)], pa.string()), "n": list(range(n)),
        "flag": [dice.random() < .5 for _ in range(n)],
        "fixed": pa.array([b"x" * 100] * n, pa.binary(100)),
        "list": pa.array([some(word) for _ in range(n)], pa.list_(pa.string())),
        "deep": pa.array([some(lambda: some(lambda: {"w": word(), "k": dice.randrange(9)})) for _ in range(n)], deep),
        "ints": pa.array([some(lambda: 0) for _ in range(n)], pa.list_(pa.int32())),
        "none": pa.array([some(lambda: None) for _ in range(n)], pa.list_(pa.string())),
    }
    how = {
        "use_dictionary": draw(st.booleans()), "data_page_version": draw(st.sampled_from(["1.0", "2.0"])),
        "compression": draw(st.sampled_from(["none", "snappy", "zstd", "gzip", "lz4", "brotli"])),
        "data_page_size": draw(st.sampled_from([100, 5000, None])), "write_batch_size": draw(st.sampled_from([1, 7, 1024])),
        "dictionary_pagesize_limit": draw(st.sampled_from([300, 1 << 20])),
    }
    if not how["use_dictionary"] and draw(st.booleans()):
        how["column_encoding"] = {"text": draw(st.sampled_from(["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"]))}
    return pa.table(columns), how


@st.composite
def levels(draw: st.DrawFn) -> tuple[bytes, int, list[int]]:
    """Levels as runs and groups of eight, how many bits each has, and what they are."""
    bits = draw(st.integers(1, 9))
    data, said = b"", list[int]()
    one_of = st.tuples(st.integers(0, 300), st.integers(0, (1 << bits) - 1), st.booleans())
    for n, value, is_run in draw(st.lists(one_of, max_size=8)):
        if is_run:
            own, body, head = [value] * n, value.to_bytes((bits + 7) // 8, "little"), n << 1
        else:
            own = [(value * k * k + k) % 3 % (1 << bits) for k in range(n // 8 * 8)]
            body = sum(one << k * bits for k, one in enumerate(own)).to_bytes(len(own) * bits // 8, "little")
            head = n // 8 << 1 | 1
        data += (bytes((head & 0x7F | 0x80, head >> 7)) if head >= 0x80 else bytes((head,))) + body
        said += own
    return data, bits, said


@given(levels(), st.integers(0, 5), st.integers(0, 400))
def test_the_longest_row_of_levels(made: tuple[bytes, int, list[int]], run: int, more: int) -> None:
    data, bits, said = made
    rows = [run]
    for level in said:
        rows = [*rows[:-1], rows[-1] + 1] if level else [*rows, 1]
    array = np.frombuffer(data, np.uint8)
    assert find_longest_row(array, bits, len(said), run, 0) == (rows[-1], max(rows), 0)
    assert find_longest_row(array, bits, len(said) + more, run, 0)[1:] == (max(rows), more), "fewer levels than values"


def count_leaves(value: Any) -> int:
    """Values of a row in its deepest lists, with one for each list that has none."""
    return max(1, sum(map(count_leaves, value))) if isinstance(value, list) else 1


@settings(max_examples=40)
@given(tables(), st.sampled_from([1, 2, 5, 256]))
def test_rows_never_come_to_more_than_their_pages_say(made: tuple[pa.Table, dict[str, Any]], rows: int) -> None:
    table, how = made
    out = io.BytesIO()
    pq.write_table(table, out, store_schema=False, **how)
    source = io.BytesIO(out.getvalue())
    file = pq.ParquetFile(source)
    (places,) = list_places(source, 1)
    for i, place in enumerate(places):      # as pyarrow reads the footer, which says one thing only here
        about = file.metadata.row_group(0).column(i)
        start = about.dictionary_page_offset if about.has_dictionary_page else about.data_page_offset
        assert place == (about.compression, start, about.total_compressed_size, about.num_values)
    chunks = list_chunks(file, source, places)
    for closer in (False, True):
        for chunk in chunks:
            if closer:
                chunk.look_closer(source)
                name = chunk.path.partition(".")[0]
                if name in ("list", "deep", "ints", "none"):
                    assert chunk._row == max(map(count_leaves, table[name].to_pylist())), chunk.path
        for name in table.column_names:
            most = sum(chunk.measure(rows) for chunk in chunks if chunk.path.partition(".")[0] == name)
            for batch in file.iter_batches(rows, columns=[name]):
                assert batch.nbytes <= most + 100, (name, closer)
    about = file.metadata.row_group(0)
    assert [sum(page.n for page in c.pages) for c in chunks] == [about.column(i).num_values for i in range(len(chunks))]
    assert sum(c.stored for c in chunks) <= sum(about.column(i).total_compressed_size for i in range(len(chunks)))


ARRAYS: list[pa.Array] = [
    pa.array(["字", None, "", "abc"]), pa.array([b"\xff", b"", None, b"12"], pa.large_binary()), pa.array([1, None, 3, 4]),
    pa.array(["x" * 40, None, "字", ""], pa.string_view()), pa.nulls(4), pa.array([True, None, False, True]),
    pa.array([b"abc", None, b"def", b"ghi"], pa.binary(3)), pa.array(["a", "bb", None, "a"]).dictionary_encode(),
    pa.array([["a", None], [], None, ["bb", "字"]]), pa.array([[[1], []], [[2, 3]], None, []], pa.large_list(pa.list_(pa.int8()))),
    pa.array([[None] * 9, [], None, [None]], pa.list_(pa.null())),
    pa.array([["a", "b"], None, ["", "字"], ["c", "d"]], pa.list_(pa.string(), 2)),
    pa.array([{"k": "字", "n": 1}, None, {"k": None, "n": 2}, {"k": "abc", "n": None}]),
    pa.array([{"k": 1}, {}, None, {"k": None}]),
    pa.array([[("k", "值")], [], None, [("a", "b"), ("c", None)]], pa.map_(pa.string(), pa.string())),
    pa.array([["a", None], [], None, ["bb"]], pa.list_view(pa.string())),
    pa.array([[1], [], None, [2, 3]], pa.large_list_view(pa.int8())),
    pa.ListViewArray.from_arrays(
        pa.array([0, 0, 1, 0], pa.int32()), pa.array([3, 3, 2, 0], pa.int32()), pa.array(["a", "字字", "c"])),
    pa.ListArray.from_arrays(pa.array([0, 2, 3, 3, 4], pa.int32()), pa.array(["a", "字", "a", "字"]).dictionary_encode()),
    pa.RunEndEncodedArray.from_arrays(pa.array([3, 4], pa.int32()), pa.array(["字字", "abc"])),
    pa.UnionArray.from_dense(
        pa.array([0, 1, 1, 0], pa.int8()), pa.array([0, 0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(["字字"])]),
    pa.UnionArray.from_sparse(pa.array([0, 1, 1, 0], pa.int8()), [pa.array([1, 2, 3, 4]), pa.array(["a", "b", "字", "d"])]),
    pa.ExtensionArray.from_storage(pa.json_(pa.string()), pa.array(["{}", None, "[1]", ""])),
]


def weigh_one(value: Any) -> int:
    """What a value comes to, of the value itself."""
    if isinstance(value, dict):
        return 8 + sum(map(weigh_one, value.values()))
    if isinstance(value, list):
        return 8 + sum(map(weigh_one, value))
    if isinstance(value, tuple):        # of a map: a struct
        return 8 + sum(map(weigh_one, value))
    return 8 + (len(value.encode()) if isinstance(value, str) else len(value) if isinstance(value, bytes) else 0)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: str(array.type)[:40])
def test_what_a_value_comes_to_by_itself(array: pa.Array) -> None:
    for a, b in itertools.combinations(range(5), 2):
        part = array.slice(a, b - a)
        own = weigh(part)
        told = [own] * len(part) if isinstance(own, int) else own.tolist()
        for value, n in zip(part.to_pylist(), told, strict=True):
            assert n >= weigh_one(value)
            spare = (
                pa.types.is_fixed_size_list, pa.types.is_fixed_size_binary, pa.types.is_struct, pa.types.is_run_end_encoded,
                pa.types.is_union,
            )
            if value is not None and not any(ask(part.type) for ask in spare):
                assert n == weigh_one(value), part


def test_what_comes_to_its_bytes_need_not_be_weighed() -> None:
    empty = pa.StructArray.from_arrays([], names=[], mask=pa.array([False] * 1000))
    many = pa.array([1] * 1000, pa.int8())
    swollen = [in_row(column, 0, 2) for column in (make_nulls(1000), empty, many.cast(pa.bool_()), repeat("字" * 999, 1000))]
    sayers = [array for array in (*ARRAYS, in_row(many, 0, 2), *swollen) if says_all(array.type)]
    for array in sayers:
        own = weigh(array)
        total = own * len(array) if isinstance(own, int) else int(own.sum())
        assert total <= 8 * array.nbytes + 16 * len(array), array.type
    assert len(sayers) >= 8
    assert not any(says_all(array.type) for array in swollen)


def test_what_no_memory_could_hold_is_weighed_all_the_same() -> None:
    nulls = make_nulls(1 << 50)
    assert weigh(nulls) == 8
    rows = pa.LargeListArray.from_arrays(pa.array([0, 1, 1 << 50], pa.int64()), nulls)
    assert weigh(rows).tolist() == [16, 1 << 31]        # type: ignore[union-attr]
    assert weigh(pa.FixedSizeListArray.from_arrays(make_nulls(1 << 40), 1 << 30)) == 1 << 31


@pytest.mark.parametrize("codec", ["zstd", "lz4", None])
@pytest.mark.parametrize("stream", [False, True])
def test_what_batches_of_arrow_come_to(codec: str | None, stream: bool, tmp_path: Path) -> None:
    path, n = tmp_path / "a.arrow", 3000
    table = pa.table({"text": [ARTICLE] * n, "n": range(n), "word": repeat("许可" * 99, n), "list": [["a", "b"]] * n})
    made = (pa.ipc.new_stream if stream else pa.ipc.new_file)(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec))
    with made as writer:
        writer.write_table(table, 1000)
    size = path.stat().st_size
    with path.open("rb") as file:
        if stream:
            bodies = list(messages.walk_messages(file, size))
        else:
            words, batches = messages.find_blocks(file, size)
            bodies = [messages.measure_message(file, block, size) for block in (*words, *batches)]
    assert [body.of_dictionary for body in bodies] == [True, False, False, False]
    for body, batch in zip(bodies[1:], table.to_batches(1000), strict=True):
        true = pa.record_batch(batch).nbytes - batch["word"].dictionary.nbytes
        assert true <= body.size <= true + 500
        assert body.stored < (body.size if codec else body.size + 1)
    assert bodies[0].size >= 6 * 99
    records, faults = read(path)
    assert ([r.original for r in records], faults) == ([ARTICLE] * n, [])


def hostile() -> Iterator[tuple[str, dict[str, Any], dict[str, Any], list[str], list[str]]]:
    """Tables of a few kB that come to 20 MB and more: what is in them, how they are written, the texts and faults that come out."""
    text, many = ["一篇。", "二篇。", "三篇。"], pa.array(np.zeros(20 << 20, np.int8))
    swollen: dict[str, Any] = {
        "a list of texts": in_row(repeat("x" * 100_000, 1000), 1, 3),
        "a list of lists": in_row(in_row(repeat("x" * 100_000, 1000), 0, 1), 1, 3),
        "a text": ["", "x" * (20 << 20), ""], "a word": pa.array(["", "x" * (20 << 20), ""]).dictionary_encode(),
    }
    given, all_but = ["一篇。", "三篇。"], ["too-long"]
    yield "a list of texts.parquet", {"text": text, "x": swollen["a list of texts"]}, {}, given, all_but
    yield "a list of lists.parquet", {"text": text, "x": swollen["a list of lists"]}, {}, given, all_but
    yield "ints in a row.parquet", {"text": text, "x": in_row(many, 1, 3)}, {}, [], ["compressed-bomb"]
    yield "ints in a row, 2.parquet", {"text": text, "x": in_row(many, 1, 3)}, {"data_page_version": "2.0"}, [], ["compressed-bomb"]
    yield "nulls in a row.parquet", {"text": text, "x": in_row(pa.nulls(20 << 20, pa.string()), 1, 3)}, {}, [], ["compressed-bomb"]
    yield "a page.parquet", {"text": text, "x": swollen["a text"]}, {"use_dictionary": False}, [], ["compressed-bomb"]
    yield "a page of words.parquet", {"text": text, "x": swollen["a text"]}, {}, [], ["compressed-bomb"]
    yield "a text.arrow", {"text": text, "x": swollen["a text"]}, {}, [], ["compressed-bomb"]
    yield "a word.arrow", {"text": text, "x": swollen["a word"]}, {}, [], ["compressed-bomb"]
    yield "a list of texts.arrow", {"text": text, "x": swollen["a list of texts"]}, {}, given, all_but
    yield "nulls in a row.arrow", {"text": text, "x": in_row(make_nulls(20 << 20), 1, 3)}, {}, given, all_but
    fixed = pa.FixedSizeListArray.from_arrays(make_nulls(3 << 28), 1 << 28)
    yield "fixed.arrow", {"text": text, "x": fixed}, {}, [], ["too-long"] * 3
    yield "views.arrow", {"text": text, "x": pa.ListViewArray.from_arrays(
        pa.array([0, 0, 0], pa.int32()), pa.array([1, 9, 1], pa.int32()), repeat("x" * 200_000, 9))}, {}, given, all_but


@pytest.mark.parametrize("name, columns, how, texts, reasons", list(hostile()), ids=[one[0] for one in hostile()])
def test_a_table_that_swells_takes_little(
    name: str, columns: dict[str, Any], how: dict[str, Any], texts: list[str], reasons: list[str], tmp_path: Path, small: None,
) -> None:
    path, table = tmp_path / name.replace(" ", "-"), pa.table(columns)
    if name.endswith(".arrow"):
        with pa.ipc.new_file(path, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(table)
    else:
        pq.write_table(table, path, compression="zstd", store_schema=False, **how)
    assert path.stat().st_size < 20_000
    with counted_memory() as pool:
        records, faults = read(path)
    assert (pool.max_memory() or 0) < 6 * SMALL
    assert ([r.original for r in records], [f.reason for f in faults]) == (texts, reasons)
    if reasons == ["too-long"]:
        assert "row 1 of group 0" in faults[0].message
        assert faults[0].byte == 1
    assert all(fault.source == path.name for fault in faults)


def test_one_group_that_swells_leaves_the_others(tmp_path: Path, small: None) -> None:
    path, texts = tmp_path / "a.parquet", ["一篇。", "二篇。", "三篇。"]
    pq.write_table(pa.table({"text": texts, "x": ["a", "x" * (20 << 20), "b"]}), path, compression="zstd", row_group_size=1)
    records, (fault,) = read(path)
    assert [r.original for r in records] == ["一篇。", "三篇。"]
    assert (fault.reason, fault.byte) == ("compressed-bomb", 1 << arrow.GROUP)
    assert "none of the 1 rows of row group 1 was read" in fault.message


def test_what_is_as_large_as_it_says_is_read_whole(tmp_path: Path, small: None) -> None:
    """Books: a page of 1,024 rows, or a batch, is larger than what may swell, and so are its bytes in the file."""
    dice = random.Random(1)
    texts = ["".join(chr(0x4E00 + dice.randrange(3000)) for _ in range(4000)) for _ in range(300)]
    table = pa.table({"text": texts, "tokens": [[k % 7] * 500 for k in range(300)], "vector": [[.5] * 64] * 300})
    for version, dictionary in itertools.product(("1.0", "2.0"), (True, False)):
        path = tmp_path / "a.parquet"
        pq.write_table(table, path, compression="zstd", use_dictionary=dictionary, data_page_version=version)
        assert max(page.size for page in chunks_of(path)[0].pages) > (0 if dictionary else SMALL)
        records, faults = read(path)
        assert ([r.original for r in records], faults) == (texts, [])
        assert [r.extra for r in records] == [{"tokens": [k % 7] * 500, "vector": [.5] * 64} for k in range(300)]
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    records, faults = read(tmp_path / "a.arrow")
    assert ([r.original for r in records], faults) == (texts, [])


def test_what_comes_from_far_away_comes_once(tmp_path: Path) -> None:
    path, n = tmp_path / "a.parquet", 0
    dice = random.Random(1)
    texts = ["".join(chr(0x4E00 + dice.randrange(3000)) for _ in range(2000)) for _ in range(600)]
    pq.write_table(pa.table({"text": texts, "n": range(600)}), path, row_group_size=200, data_page_size=1 << 14, write_batch_size=8)

    class Far(io.FileIO):
        def readinto(self, buffer: Any, /) -> int:
            nonlocal n
            read = super().readinto(buffer) or 0
            n += read
            return read

    here = find_inputs([str(path)]).inputs[0]
    found = {}
    for name in (str(path), "memory://a.parquet"):
        n = 0
        with io.BufferedReader(Far(path), 1 << 16) as source:
            found[name] = [r.original for r in arrow.read_parquet(replace(here, path=name), source, None) if isinstance(r, Record)]
    assert found[str(path)] == found["memory://a.parquet"] == texts
    assert path.stat().st_size <= n < 1.2 * path.stat().st_size


def test_rows_that_say_nothing_are_not_read_without_end(tmp_path: Path, small: None) -> None:
    path = tmp_path / "a.arrow"
    table = pa.table({"text": pa.nulls(1 << 24)})
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    entry = find_inputs([str(path)]).inputs[0]
    with path.open("rb") as source:
        reasons = Counter(one.reason for one in arrow.read_arrow(entry, source, None) if isinstance(one, Fault))
    assert reasons["compressed-bomb"] == 1
    assert reasons.total() <= SMALL // 16 + 1


@pytest.mark.parametrize("data", [b"", b"\x15", b"\x15\x80", b"\x1c" * 40, b"\x19\x00", b"\x15" + b"\xff" * 30])
def test_a_header_that_is_none(data: bytes) -> None:
    with pytest.raises((IndexError, ValueError)):
        _read_struct(data, 0)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_number_of_a_header_that_is_told_as_another_kind(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A struct, of which what follows may be an end: it was taken for a number where pages are looked at closer, and raised."""
    monkeypatch.setattr("pipeline.read.arrow.FREE", 1 << 9)
    path, tried = tmp_path / "a.parquet", 0
    table = pa.table({"text": ["孩子们放了学", "就跑到树下去"] * 6, "n": [[1], [2, 3]] * 6})
    pq.write_table(table, path, data_page_version=version, compression="none", store_schema=False)
    good = path.read_bytes()
    for at, byte in enumerate(good):
        if byte & 15 in (5, 6):     # whole numbers, in Thrift's compact form
            path.write_bytes(good[:at] + bytes([byte & 0xF0 | 12]) + good[at + 1:])
            records, faults = read(path)
            tried += 1
            assert records or faults, at
    assert tried > 50


@settings(max_examples=200)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_messages_of_noise_are_errors_of_the_file(data: bytes, body: int) -> None:
    for own in (data, b"ARROW1\0\0" + data + len(data).to_bytes(4, "little") + b"ARROW1"):
        for call in (messages.find_blocks, lambda file, size: list(messages.walk_messages(file, size))):
            with suppress(ValueError):
                call(io.BytesIO(own), len(own))


def test_what_stands_beside_the_texts_ends_a_batch_too() -> None:
    licence = "许" * (1 << 20)
    for extra in ({"licence": licence}, {"a": [{"b": licence}]}, {licence: 1}):
        records = [Record(str(k), "", "短", extra=extra) for k in range(100)]
        batches = list(clean._batches(records, [], Counter()))
        assert [r.id for batch in batches for r in batch] == [str(k) for k in range(100)]
        assert max(map(len, batches)) * len(licence) <= clean.BESIDE_CHARS < 32 * len(licence)
    records = [Record(str(k), "https://a.example/" * 4, "短", {"title": "题"}) for k in range(clean.BATCH_DOCS)]
    assert len(list(clean._batches(records, [], Counter()))) == 1, "an address is nothing to speak of"


@pytest.mark.parametrize("size", [1, 123, 1 << 14, 300_000])
def test_a_table_that_says_one_text_over_and_over_is_read_a_few_rows_at_once(size: int, tmp_path: Path, small: None) -> None:
    """A dictionary of one text and 256 rows of it: 4 kB can be 10 GB. Rows that came out before the end of the room are there."""
    path = tmp_path / "a.parquet"
    texts = repeat("字" * (size // 3) + "a" * (size % 3), 256)
    pq.write_table(pa.table({"text": texts}), path, compression="zstd", store_schema=False)
    (chunk,) = chunks_of(path)
    assert chunk.longest == size + 4        # and its length
    with path.open("rb") as source:
        rows, words = arrow._find_rows([chunk], source)
    assert (rows, words) == (min(256, SMALL // (size + 4 + 5)), [])
    records, faults = read(path)
    if size < 1 << 12:
        assert (len(records), faults) == (256, [])
    else:
        room = max(SMALL, 400 * path.stat().st_size)
        assert [fault.reason for fault in faults] == ["compressed-bomb"]
        assert 0 < room - size * len(records) < SMALL + 2 * size


def test_what_other_columns_repeat_is_no_bomb(tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A licence, or an empty picture, in each row: far more bytes than any text, and the file is as it should be."""
    monkeypatch.setattr("pipeline.read.arrow.MOST_AT_ONCE", 32 << 20)
    n, path = 3000, tmp_path / "a.parquet"
    texts, licence, picture = [f"第{k}篇。" for k in range(n)], "许可" * 2000, bytes(30_000) + b"\xff"
    inner = [{"body": text, "licence": licence} for text in texts]
    tables: dict[str, dict[str, list[object]]] = {
        "text": {"text": [*texts], "license_text": [licence] * n, "lang": ["zh"] * n},
        "content": {"content": [*texts], "image": [picture] * n},
        "段落.内容": {"段落": [[{"内容": text, "许可": licence}] for text in texts]}, "page.body": {"page": [*inner]},
    }
    for (key, table), dictionary in itertools.product(tables.items(), (True, False)):
        pq.write_table(pa.table(table), path, compression="zstd", use_dictionary=dictionary)
        assert n * len(licence) > max(SMALL, 400 * path.stat().st_size) // 3
        entry = replace(find_inputs([str(path)]).inputs[0], columns=Columns.of(text=key))
        with path.open("rb") as source:
            found = list(arrow.read_parquet(entry, source, None))
        assert [one.original if isinstance(one, Record) else one for one in found] == texts, key
        extra = next(one.extra for one in found if isinstance(one, Record))
        assert extra.get("license_text", licence) == licence


def test_text_within_other_columns_is_counted_too(tmp_path: Path, small: None) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"段落": [[{"内容": "字" * 10_000, "号": 1}]] * 3000}), path, compression="zstd")
    records, faults = read(path)
    assert [fault.reason for fault in faults] == ["compressed-bomb"]
    assert 0 < len(records) < 3000


def test_columns_that_are_told_by_those_before_them_are_read_a_few_rows_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"text": [f"{ARTICLE}{k}" for k in range(3000)], "n": range(3000)}), path, use_dictionary=False,
        column_encoding={"text": "DELTA_BYTE_ARRAY", "n": "PLAIN"})
    with path.open("rb") as source:
        assert arrow._find_rows(chunks_of(path), source) == (256, [])
        with monkeypatch.context() as patch:
            patch.setattr("pipeline.read.arrow.FREE", 1 << 17)
            assert 1 <= arrow._find_rows(chunks_of(path), source)[0] < 32
    records, faults = read(path)
    assert (len(records), faults) == (3000, [])


_FLIPS = """
import sys
import pyarrow as pa, pyarrow.parquet as pq
from pathlib import Path
from pipeline.read.paths import find_inputs
from pipeline.read.units import plan_units, read_unit
path = Path(sys.argv[1])
pq.write_table(pa.table({"id": ["a", "b"], "text": ["孩子们放了学", "就跑到树下去"], "n": [[1], [2, 3]]}), path)
good, tried = path.read_bytes(), 0
for at in range(len(good) - 8 - int.from_bytes(good[-8:-4], "little"), len(good) - 8):
    for way in (1, 8):
        data = bytearray(good)
        data[at] ^= way
        path.write_bytes(data)
        for unit in plan_units(find_inputs([str(path)]).inputs):
            tried += len(list(read_unit(unit))) > 0
print(tried)
"""


def test_no_footer_ends_the_process(tmp_path: Path) -> None:
    """pyarrow ends it (`terminate`) where it gives out a column of which a footer says one thing twice, and not the same."""
    done = subprocess.run([sys.executable, "-c", _FLIPS, str(tmp_path / "x.parquet")], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]
    assert int(done.stdout) > 500


class _Keys(encryption.KmsClient):      # type: ignore[misc]
    """Keys that are told with the file."""

    def wrap_key(self, key: bytes, master: str) -> bytes:
        return base64.b64encode(key)

    def unwrap_key(self, wrapped: bytes, master: str) -> bytes:
        return base64.b64decode(wrapped)


@pytest.mark.parametrize("plain_footer", [False, True])
@pytest.mark.parametrize("columns", [["text"], ["id", "text"], ["id"]])
def test_an_encrypted_file_is_called_so(plain_footer: bool, columns: list[str], tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "b"], "text": [ARTICLE] * 2})
    how = encryption.EncryptionConfiguration(footer_key="key", column_keys={"key": columns}, plaintext_footer=plain_footer)
    keys = encryption.CryptoFactory(lambda config: _Keys()).file_encryption_properties(encryption.KmsConnectionConfig(), how)
    with pq.ParquetWriter(tmp_path / "a.parquet", table.schema, encryption_properties=keys) as writer:
        writer.write_table(table)
    _, (fault,) = read(tmp_path / "a.parquet")
    assert (fault.reason, "it is encrypted" in fault.message) == ("table-broken", True)
