"""Values of Arrow as JSON has them.

Python has no time of nanoseconds and no year above 9999, a machine without tables of time zones has no Asia/Shanghai, and what says
that it is UTF-8 may be none. None of this is damage: such a value is told in another way, and the row it stands in is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import pyarrow as pa

from pipeline.read.columns import Raw
from pipeline.read.damage import check_damage

__all__ = ["list_rows"]

#: What says that Python has no such value, or that bytes are no UTF-8.
_NONE_SUCH = (ValueError, OverflowError)
_UTC = "+00:00"
_PLAIN = (str, int, float, type(None))


def list_rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """The rows: dates in ISO 8601, decimals as numbers in full, bytes as text where they are UTF-8 and as `Raw` where not."""
    _check_names(batch.schema.names)
    rows = None
    if all(map(_is_same_everywhere, batch.schema.types)):
        with suppress(*_NONE_SUCH):     # which value it is shows below
            rows = batch.to_pylist()
    if rows is None:
        columns = [[_read(value) for value in column] for column in batch.columns]
        rows = [dict(zip(batch.schema.names, values, strict=True)) for values in zip(*columns, strict=True)]
    return ({k: _as_json(v) for k, v in row.items()} for row in rows)


def _check_names(names: list[str]) -> None:
    """Raise ValueError where two columns have one name: only one of the two could be kept."""
    if len(set(names)) < len(names):
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two columns have the name `{doubled[:80]}`: rename one of them")


def _is_same_everywhere(kind: pa.DataType) -> bool:
    """Whether values of a type are the same on any machine: of nanoseconds they are others where pandas is installed."""
    if getattr(kind, "unit", "") == "ns":
        return False
    if pa.types.is_dictionary(kind):
        return _is_same_everywhere(kind.value_type)
    return all(_is_same_everywhere(kind.field(i).type) for i in range(kind.num_fields))


def _read(value: pa.Scalar) -> Any:
    """One value as Python has it, or as something else that says the same."""
    kind = value.type
    if not value.is_valid:
        return None
    if isinstance(value, pa.UuidScalar | pa.Bool8Scalar):
        return value.as_py()
    if isinstance(value, pa.DictionaryScalar | pa.RunEndEncodedScalar | pa.UnionScalar | pa.ExtensionScalar):
        return _read(value.value)
    if isinstance(value, pa.StructScalar):
        names = [kind.field(i).name for i in range(kind.num_fields)]
        _check_names(names)
        return {name: _read(value[i]) for i, name in enumerate(names)}
    if isinstance(value, pa.ListScalar):       # a map too, whose values are pairs
        return [list(_read(one).values()) if isinstance(value, pa.MapScalar) else _read(one) for one in value.values]
    if pa.types.is_temporal(kind) and kind != pa.month_day_nano_interval():
        return _tell_time(value)
    try:
        return value.as_py()
    except UnicodeDecodeError:
        return value.as_buffer().to_pybytes()


def _tell_time(value: pa.Scalar) -> str | int:
    """A date, a time, a duration: as Python says it, with the digits of nanoseconds behind; its number where Python has none.

    >>> [_tell_time(pa.scalar(n, pa.timestamp("ns"))) for n in (10**9, 10**9 + 1)]
    ['1970-01-01T00:00:01', '1970-01-01T00:00:01.000000001']
    """
    kind, number, nanos = value.type, int(value.value), 0
    if getattr(kind, "tz", None) and not _knows(kind.tz):
        kind = pa.timestamp(kind.unit, _UTC)
        value = pa.scalar(number, kind)
    if getattr(kind, "unit", "") == "ns":
        whole, nanos = divmod(number, 1000)
        value = pa.scalar(whole, _in_microseconds(kind))
    try:
        return _say(value.as_py(), nanos)
    except OverflowError:
        return number
    except ValueError as error:
        check_damage(error)
        return number


@lru_cache(maxsize=64)
def _knows(zone: str) -> bool:
    """Whether this machine has a time zone: it is looked for on the disk, which costs as much as a hundred values."""
    try:
        pa.scalar(0, pa.timestamp("s", zone)).as_py()
    except ValueError as error:
        check_damage(error)     # a table of time zones that could not be opened now is another thing
        return False
    return True


def _in_microseconds(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return pa.time64("us") if pa.types.is_time(kind) else pa.duration("us")


def _say(value: date | time | timedelta, nanos: int = 0) -> str:
    """A time in ISO 8601, or a duration, with nanoseconds behind its microseconds."""
    text = value.isoformat(timespec="microseconds") if nanos and isinstance(value, datetime | time) else _as_json(value)
    if not nanos:
        return text
    if "." not in text:
        text += ".000000"
    at = text.index(".") + 7
    return f"{text[:at]}{nanos:03}{text[at:]}"


def _as_json(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, dict):
        return {k: _as_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(v) for v in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return Raw(value)
    return str(value)       # a decimal, a duration, a UUID
