"""The values of Arrow as JSON has them.

Python has no object for some: instants behind the year 9999, nanoseconds, times of a zone that this machine does not know. pyarrow
raises there, and one such value in a column that nobody looks at would be the end of a file, or of a run. pandas writes nanoseconds
wherever it was told no other unit.
"""

from __future__ import annotations

import base64
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa

__all__ = ["as_json", "list_rows"]


def list_rows(batch: pa.RecordBatch | pa.Table) -> list[dict[str, Any]]:
    """The rows of a batch or a table. Raises what pyarrow says of damaged values: ValueError where a text is no UTF-8."""
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
        return rows
    except (OverflowError, ValueError):
        columns = [_list_values(column) for column in batch.columns]
        return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def _list_values(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):
        return [_say(value) for value in column]


def _say(value: Any) -> Any:
    """A value as an object; what Python has no object for as text, or as the number that Arrow has."""
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        kind, of = value.type, pa.types
        if of.is_struct(kind) and len(set(kind.names)) == kind.num_fields:
            return {name: _say(value[name]) for name in kind.names}
        if isinstance(value, pa.ListScalar):
            values = [_say(own) for own in value.values]
            return [[*own.values()] for own in values] if of.is_map(kind) else values
        if of.is_temporal(kind):
            return _say_time(value.value, kind)
        if isinstance(inner := getattr(value, "value", None), pa.Scalar):       # of a dictionary, runs, a union, an extension
            return _say(inner)
        raise


def _say_time(number: int, kind: pa.DataType) -> Any:
    """A time of so many units, as an object, or as text with all its digits; the number where Python's calendar ends."""
    whole, nanos = divmod(number, 1000) if getattr(kind, "unit", "") == "ns" else (number, 0)
    for coarse in _find_coarse(kind):
        try:
            said = pa.scalar(whole, coarse).as_py()
        except (OverflowError, ValueError):
            continue
        return _add_digits(said, nanos) if nanos else said
    return number


def _find_coarse(kind: pa.DataType) -> list[pa.DataType]:
    """Types with objects of Python, the best first: of microseconds at most, and in UTC where a zone is not known here."""
    unit = "us" if getattr(kind, "unit", "") == "ns" else getattr(kind, "unit", "")
    if pa.types.is_timestamp(kind):
        return [pa.timestamp(unit, zone) for zone in ((kind.tz, "UTC") if kind.tz else (None,))]
    if pa.types.is_duration(kind):
        return [pa.duration(unit)]
    return [pa.time64(unit)] if pa.types.is_time64(kind) else []


def _add_digits(said: datetime | time | timedelta, nanos: int) -> str:
    """ISO 8601 with nine digits of a second."""
    if isinstance(said, timedelta):
        return f"{said}{'' if said.microseconds else '.000000'}{nanos:03}"
    bare, text = (own.isoformat(timespec="microseconds") for own in (said.replace(tzinfo=None), said))
    return f"{bare}{nanos:03}{text[len(bare):]}"


def as_json(value: Any) -> Any:
    """A value as JSON has it: dates in ISO 8601, decimals as numbers in full, bytes in Base64."""
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):     # a pair of a map, and months, days, nanoseconds
        return [as_json(v) for v in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta | UUID):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return value
