"""Named fields of a record, as any format of many records gives them, to a `Record`.

`text` is needed; `id`, `title`, `source` or `url`, `published` or `date`, `source_name` and `author` are taken along as metadata,
and whatever else there is, or is not used, rides along as it is, in `extra`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.read.binary import is_garbled
from pipeline.record import Fault, Record, make_id

__all__ = ["make_record"]

#: Names of fields that become metadata, in order of preference.
_METADATA = (
    ("title", "title"), ("published", "published"), ("date", "published"), ("source_name", "source_name"),
    ("author", "author"), ("n_replaced", "n_replaced"),
)
_ONE_LINE = frozenset({"title", "source_name", "author"})      # runs of white space in them become one space


def make_record(row: Mapping[str, Any], name: str, place: int = 0) -> Record | Fault:
    """The record of one row, at `place` of the input called `name`, or what is wrong with it (the reader adds its place).

    >>> make_record({"id": 7, "text": "x", "date": "2020-01-02", "lang": "zh"}, "a.jsonl").extra
    {'lang': 'zh'}
    """
    if "text" not in row:
        return Fault(name, "no-text", "the record has no key `text`; add it, or name the key that holds the text `text`")
    text = row["text"]
    if not isinstance(text, str):
        return _wrong(name, "text", "a string", text)
    if kind := is_garbled(text):
        return Fault(name, "binary", f"`text` is {kind} read as text; leave the record out, or extract its text first")
    own = row.get("id")
    if own is not None and (isinstance(own, bool) or not isinstance(own, str | int)):
        return _wrong(name, "id", "a string or a whole number", own)
    used = {"id", "text"}
    source = _source(row, used) or name
    id = make_id(source, text.encode()) if own is None or own == "" else str(own)
    metadata = _metadata(row, used)
    extra = {key: value for key, value in row.items() if key not in used}
    return Record(id, source, text, metadata, name, place, extra)


def _source(row: Mapping[str, Any], used: set[str]) -> str:
    """Where the record says that it came from."""
    key = next((key for key in ("source", "url") if row.get(key)), "")
    if not key or not isinstance(row[key], str):
        return ""
    used.add(key)
    return str(row[key])


def _metadata(row: Mapping[str, Any], used: set[str]) -> dict[str, str]:
    """What the record says of itself. A value that is no string or whole number is not metadata, and rides along."""
    out: dict[str, str] = {}
    for key, name in _METADATA:
        value = row.get(key)
        if isinstance(value, str | int) and value is not True:
            text = " ".join(str(value).split()) if name in _ONE_LINE else str(value)
            if value and text and name not in out:
                out[name] = text
                used.add(key)
        if not value:       # nothing is said
            used.add(key)
    return out


def _wrong(name: str, key: str, wanted: str, value: object) -> Fault:
    return Fault(name, "wrong-type", f"`{key}` must be {wanted} and is {type(value).__name__}; mend the record")
