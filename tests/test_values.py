"""Values of tables that Python has no object for are read all the same, and whatever a table holds can be written as JSON."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import stream
from pipeline.read.values import as_json, list_rows
from tests.test_read import read
from tests.test_tables import ARRAYS

ZONE, FAR = "Asia/Shanghai", 1 << 61
NANOS = 1_700_000_000_123_456_789

#: A type, a value of it as Arrow has it, and what is said of that.
TIMES: list[tuple[pa.DataType, int, Any]] = [
    (pa.timestamp("ns"), NANOS, "2023-11-14T22:13:20.123456789"),
    (pa.timestamp("ns", ZONE), NANOS, "2023-11-15T06:13:20.123456789+08:00"),
    (pa.timestamp("ns"), 7, "1970-01-01T00:00:00.000000007"),
    (pa.timestamp("ns"), -1, "1969-12-31T23:59:59.999999999"),
    (pa.timestamp("ns"), 1000, "1970-01-01T00:00:00.000001"),
    (pa.timestamp("ns", "Mars/Olympus"), 1001, "1970-01-01T00:00:00.000001001+00:00"),
    (pa.timestamp("s", "Mars/Olympus"), 17, "1970-01-01T00:00:17+00:00"),
    (pa.timestamp("s"), 1_700_000_000_123, 1_700_000_000_123),      # of milliseconds, taken for seconds: the year 55,840
    (pa.timestamp("s", ZONE), FAR, FAR), (pa.timestamp("us"), -FAR, -FAR),
    (pa.date32(), 1 << 30, 1 << 30), (pa.date64(), 86_400_000 << 31, 86_400_000 << 31),
    (pa.time64("ns"), 12_345_678_901, "00:00:12.345678901"),
    (pa.duration("ns"), 12_345_678_901, "0:00:12.345678901"), (pa.duration("ns"), 86_400 * 10**9 + 1, "1 day, 0:00:00.000000001"),
    (pa.duration("s"), FAR, FAR),
]


def within(kind: pa.DataType, number: int) -> list[pa.Array]:
    """A column of a value and a null, and others that hold them deeper."""
    plain = pa.array([number, None], pa.int64() if kind.bit_width == 64 else pa.int32()).view(kind)
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), plain)
    structs = pa.StructArray.from_arrays([plain, pa.array(["字", "a"])], ["k", "w"])
    maps = pa.MapArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.array(["a", "b"]), plain)
    return [plain, lists, structs, maps, pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), structs)]


@pytest.mark.parametrize("kind, number, said", TIMES, ids=[f"{kind} {number}" for kind, number, _ in TIMES])
def test_times_that_python_has_no_object_for(kind: pa.DataType, number: int, said: object, tmp_path: Path) -> None:
    columns = within(kind, number)
    for column, first, none in zip(
        columns, [said, [said], {"k": said, "w": "字"}, [["a", said]], [{"k": said, "w": "字"}]],
        [None, [None], {"k": None, "w": "a"}, [["b", None]], [{"k": None, "w": "a"}]], strict=True,
    ):
        table = pa.table({"text": ["一篇。", "二篇。"], "x": column})
        assert [as_json(row["x"]) for row in list_rows(table)] == [first, none]
        path = tmp_path / "a.arrow"
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
        records, faults = read(path)
        assert ([r.extra["x"] for r in records], faults) == ([first, none], [])
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int32()), columns[0])
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), columns[0])
    for column in (coded, runs):
        own = as_json(list_rows(pa.table({"x": column}))[0]["x"])
        assert own == said


def test_what_pandas_writes_is_read_whole(tmp_path: Path) -> None:
    """A column of nanoseconds that no one asked for was the end of the file."""
    path, n = tmp_path / "a.parquet", 600
    times = pa.array([NANOS + k for k in range(n)], pa.timestamp("ns"))
    pq.write_table(pa.table({"text": [f"第{k}篇。" for k in range(n)], "at": times}), path)
    records, faults = read(path)
    assert (len(records), faults) == (n, [])
    assert [r.extra["at"] for r in records[210:212]] == ["2023-11-14T22:13:20.123456999", "2023-11-14T22:13:20.123457"]


UNITS = st.sampled_from(["s", "ms", "us", "ns"])
KINDS = st.one_of(
    st.builds(pa.timestamp, UNITS, st.sampled_from([None, "UTC", ZONE, "+05:30", "no zone"])), st.builds(pa.duration, UNITS),
    st.builds(pa.time64, st.sampled_from(["us", "ns"])), st.just(pa.date64()),
)


@given(KINDS, st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-(1 << 40), 1 << 40))
def test_no_time_is_too_much(kind: pa.DataType, number: int) -> None:
    column = pa.array([number], pa.int64()).view(kind)
    (row,) = list_rows(pa.table({"x": column}))
    said = as_json(row["x"])
    assert isinstance(said, str) or said == number
    try:
        assert said == as_json(column[0].as_py())
    except (OverflowError, ValueError):
        if pa.types.is_timestamp(kind) and kind.tz is None and isinstance(said, str):
            assert pa.scalar(said).cast(kind).value == number, "no digit is lost"


def test_whatever_a_table_holds_is_json() -> None:
    more: list[pa.Array] = [
        pa.array([pa.MonthDayNano([1, 2, 3]), None]), pa.array([[(b"\xff", b"\xff")], None], pa.map_(pa.binary(), pa.binary())),
        pa.array([[("a", datetime(2020, 1, 1))]], pa.map_(pa.string(), pa.timestamp("us"))),
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=7).bytes], pa.binary(16))),
        pa.array([Decimal("1.50"), None]), pa.array([date(2020, 1, 1)]), pa.array([timedelta(1)]), pa.array([1.5], pa.float16()),
        pa.array([(1 << 64) - 1], pa.uint64()), pa.array([float("nan"), float("inf")]),
    ]
    for array in (*ARRAYS, *more):
        for row in list_rows(pa.table({"x": array})):
            orjson.dumps(as_json(row))


def test_what_is_damaged_is_still_said() -> None:
    text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xff")])
    for column in (text, pa.StructArray.from_arrays([text], ["k"]), pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), text)):
        with pytest.raises(UnicodeDecodeError):
            list_rows(pa.table({"x": column}))
    twice = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], ["k", "k"])
    with pytest.raises(ValueError, match="duplicate"):
        list_rows(pa.table({"x": twice}))


def test_a_stream_of_tables_goes_on_behind_a_far_time() -> None:
    far = pa.array([FAR, 1], pa.int64()).view(pa.timestamp("s"))
    rows = list(stream._rows(pa.table({"text": ["一篇。", "二篇。"], "at": far})))
    assert [row["text"] for row in rows] == ["一篇。", "二篇。"]
