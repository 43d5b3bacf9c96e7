"""Values of Arrow: whatever stands beside a text, the text is read; and bytes are the text that a file of them would be."""

from __future__ import annotations

import copy
import io
import pickle
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clean
from pipeline.read.arrow import read_parquet
from pipeline.read.columns import Columns, Raw
from pipeline.read.paths import find_inputs
from pipeline.read.values import list_rows
from pipeline.record import Fault, Record
from tests.test_cli import ARTICLE
from tests.test_read import read

UNITS = ["s", "ms", "us", "ns"]
#: Types of 64 bits whose values Python may not have.
WIDE = [*(pa.timestamp(u, tz) for u in UNITS for tz in (None, "UTC", "+08:00", "Nowhere/At all")), *map(pa.duration, UNITS)]
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


def view(values: list[int], kind: pa.DataType) -> pa.Array:
    return pa.array(values, pa.int64() if kind.bit_width == 64 else pa.int32()).view(kind)


def nest(array: pa.Array) -> dict[str, pa.Array]:
    """An array of two values alone and inside what holds others (runs of no UTF-8 cannot be made)."""
    offsets = pa.array([0, 1, 2], pa.int32())
    made = {
        "alone": array, "list": pa.ListArray.from_arrays(offsets, array),
        "large": pa.LargeListArray.from_arrays(offsets.cast("int64"), array),
        "struct": pa.StructArray.from_arrays([array], ["a"]), "map": pa.MapArray.from_arrays(offsets, pa.array(["k", "k"]), array),
        "fixed": pa.FixedSizeListArray.from_arrays(array, 1), "words": pa.DictionaryArray.from_arrays(pa.array([0, 1]), array),
    }
    if not pa.types.is_string(array.type):
        made["runs"] = pa.RunEndEncodedArray.from_arrays(pa.array([1, 2], pa.int32()), array)
    return made


def texts_beside(column: pa.Array) -> list[dict[str, Any]]:
    """What is beside two texts, of which both must be read, in the file formats that can hold it."""
    table = pa.table({"text": ["甲" + ARTICLE, "乙" + ARTICLE], "x": column})
    file = io.BytesIO()
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    file.seek(0)
    rows = [row for batch in pa.ipc.open_stream(file) for row in list_rows(batch)]
    assert [row.pop("text")[0] for row in rows] == ["甲", "乙"]
    orjson.dumps(rows)
    return rows


@settings(max_examples=150)
@given(st.one_of(
    st.tuples(st.sampled_from(WIDE), INT64, INT64),
    st.tuples(st.sampled_from(WIDE), *[st.integers(-5, 5_000_000_000)] * 2),
    st.tuples(st.just(pa.date32()), *[st.integers(-(1 << 31), (1 << 31) - 1)] * 2),
    st.tuples(st.just(pa.time64("ns")), *[st.integers(0, 86_400 * 10**9 - 1)] * 2),
))
def test_no_time_keeps_a_text_from_being_read(made: tuple[pa.DataType, int, int]) -> None:
    kind, *numbers = made
    for name, array in nest(view(numbers, kind)).items():
        assert all(isinstance(row["x"], str | int | list | dict) for row in texts_beside(array)), name


@settings(max_examples=80)
@given(st.lists(st.binary(max_size=6), min_size=2, max_size=2))
def test_no_bytes_keep_a_text_from_being_read(values: list[bytes]) -> None:
    """They may be called text, too, which is what a writer can say of anything."""
    true = pa.array(values, pa.binary())
    said = pa.Array.from_buffers(pa.string(), 2, true.buffers())
    for name, array in nest(said).items():
        assert texts_beside(array) == texts_beside(nest(true)[name]), name


@pytest.mark.parametrize("column", [
    pa.MapArray.from_arrays([0, 1, 2], ["a", "b"], pa.array([Decimal("1.5"), None])),
    pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
    pa.array([1.5, float("nan")], pa.float16()),
    pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2], pa.timestamp("ns")), pa.array(["x", "y"])]),
    pa.nulls(2),
    pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"\xff" * 16, None], pa.binary(16))),
], ids=lambda column: str(column.type)[:20])
def test_no_type_keeps_a_text_from_being_read(column: pa.Array) -> None:
    texts_beside(column)


def test_what_python_has_is_said_as_python_says_it() -> None:
    moment = datetime(2026, 11, 27, 3, 5, 7, 120, UTC)
    naive = moment.replace(tzinfo=None, microsecond=0)
    values = [moment, naive, date(1, 1, 1), time(1, 2), timedelta(days=-3, microseconds=1), Decimal("1.50")]
    for value in values:
        array = pa.array([value])
        for kind in {array.type} | ({pa.timestamp("ns", array.type.tz)} if isinstance(value, datetime) else set()):
            (row,) = list_rows(pa.record_batch({"x": array.cast(kind)}))
            assert row["x"] == (value.isoformat() if isinstance(value, date | time) else str(value))


def test_a_time_is_the_same_without_tables_of_zones() -> None:
    """A machine without them knows the moment all the same, as UTC."""
    array = pa.array([0, 10**15 + 1], pa.timestamp("us", "Nowhere/At all"))
    rows = list_rows(pa.record_batch({"x": array}))
    assert [row["x"] for row in rows] == ["1970-01-01T00:00:00+00:00", "2001-09-09T01:46:40.000001+00:00"]


def test_two_columns_of_one_name_are_told(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["一" + ARTICLE]), pa.array(["二" + ARTICLE])], names=["text", "text"])
    pq.write_table(table, tmp_path / "two.parquet")
    records, (fault,) = read(tmp_path / "two.parquet")
    assert not records
    assert fault.reason == "table-broken"
    assert "two columns have the name `text`" in fault.message


PAGE = f'<html><head><meta charset="gb2312"><title>题</title></head><body><p>{ARTICLE}</p></body></html>'


@pytest.mark.parametrize("data", [
    ARTICLE.encode(), ARTICLE.encode("gb18030"), ARTICLE.encode("utf-16"), ARTICLE.encode() + b"\xff", PAGE.encode("gb18030"),
    b"\0\xff" * 40,
], ids=["utf-8", "gb18030", "utf-16", "one bad byte", "page", "no text"])
def test_bytes_are_the_text_that_a_file_of_them_is(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / ("file.html" if data.startswith(b"<") else "file.txt")
    file.write_bytes(data)
    pq.write_table(pa.table({"text": pa.array([data])}), tmp_path / "alone.parquet")
    pq.write_table(pa.table({"a": pa.array([{"text": data}])}), tmp_path / "inside.parquet")
    records, faults = read(file)
    for table, key in (("alone", "text"), ("inside", "a.text")):
        entry = replace(find_inputs([str(tmp_path / f"{table}.parquet")]).inputs[0], columns=Columns.of(text=key))
        with (tmp_path / f"{table}.parquet").open("rb") as stream:
            own = [tell(item) for item in read_parquet(entry, stream, None)]
        assert own == [*map(tell, records), *map(tell, faults)]


def test_a_value_is_the_same_whatever_stands_in_its_batch() -> None:
    yes = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1], pa.int8()))
    plain = pa.table({"u": pa.array([uuid.UUID(int=5)], pa.uuid()), "b": yes})
    odd = plain.append_column("t", pa.array([1], pa.timestamp("ns")))
    (row,), (other,) = list_rows(plain), list_rows(odd)
    assert {k: v for k, v in other.items() if k != "t"} == row == {"u": str(uuid.UUID(int=5)), "b": True}


def test_tables_in_python_are_read_as_those_in_files_are() -> None:
    far = pa.array([1 << 61, 1], pa.int64()).view(pa.timestamp("s"))
    table = pa.table({"text": ["一篇。", "二篇。"], "at": far, "raw": [b"\xff", b"x"]})
    rows = [page.extra for page in clean(table)]
    assert rows == [{"at": 1 << 61, "raw": "/w=="}, {"at": "1970-01-01T00:00:01", "raw": "x"}]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda raw: pickle.loads(pickle.dumps(raw))])
def test_bytes_beside_a_text_go_to_other_processes(again: Callable[[Raw], Raw]) -> None:
    raw = Raw(b"\xff\xfe")
    assert again(raw) == raw
    assert again(raw).data == raw.data


def tell(own: Record | Fault) -> tuple[str, ...]:
    """What is the same of a file and of bytes in a table."""
    if isinstance(own, Fault):
        return (own.reason,)
    return own.original, *(own.metadata.get(k, "") for k in ("encoding", "n_replaced", "title"))
