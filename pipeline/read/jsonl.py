"""One line of JSONL to one record.

`text` is needed; `id`, `title`, `source` or `url`, `published` or `date`, `source_name` and `author` are taken along.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from pipeline.errors import UndecodableError
from pipeline.read.binary import is_garbled
from pipeline.record import Fault, Record, replace_surrogates

__all__ = ["parse_record"]

#: Keys of the input that become metadata, in order of preference.
_METADATA = (
    ("title", "title"), ("published", "published"), ("date", "published"), ("source_name", "source_name"),
    ("author", "author"), ("n_replaced", "n_replaced"),
)
_ONE_LINE = frozenset({"title", "source_name", "author"})      # runs of white space in them become one space


def parse_record(line: bytes, name: str, byte: int = 0) -> Record | Fault:
    """The record of one line, at `byte` of the input called `name`, or what is wrong with it (the reader adds its place).

    >>> parse_record(b'{"id": 7, "text": "x", "date": "2020-01-02"}', "a.jsonl")
    Record(id='7', source='a.jsonl', original='x', metadata={'published': '2020-01-02'}, input='a.jsonl', byte=0)
    >>> parse_record(b'{"id": 7}', "a.jsonl").reason
    'no-text'
    """
    row = _load(line, name)
    if isinstance(row, Fault):
        return row
    text = row.get("text")
    if "text" not in row:
        return Fault(name, "no-text", "the record has no key `text`; add it, or name the key that holds the text `text`")
    if not isinstance(text, str):
        return _wrong(name, "text", "a string", text)
    if kind := is_garbled(text):
        return Fault(name, "binary", f"`text` is {kind} read as text; leave the record out, or extract its text first")
    own = row.get("id")
    if own is not None and (isinstance(own, bool) or not isinstance(own, str | int)):
        return _wrong(name, "id", "a string or a whole number", own)
    source = row.get("source") or row.get("url")
    source = source if isinstance(source, str) else name
    return Record(_identity(own, source, text), source, text, _metadata(row), name, byte)


def _identity(own: str | int | None, source: str, text: str) -> str:
    if own is None or own == "":
        from pipeline.read.units import make_id

        return make_id(source, text.encode())
    return str(own)


def _metadata(row: dict[str, Any]) -> dict[str, str]:
    """What the record says of itself. A value that is no string or whole number is not metadata and is left alone."""
    out: dict[str, str] = {}
    for key, name in _METADATA:
        value = row.get(key)
        if isinstance(value, str | int) and value is not True:
            text = " ".join(str(value).split()) if name in _ONE_LINE else str(value)
            if value and text:
                out.setdefault(name, text)
    return out


def _wrong(name: str, key: str, wanted: str, value: object) -> Fault:
    return Fault(name, "wrong-type", f"`{key}` must be {wanted} and is {type(value).__name__}; mend the record")


def _load(line: bytes, name: str) -> dict[str, Any] | Fault:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        row = _load_slowly(line, name)
    if isinstance(row, Fault | dict):
        return row
    return Fault(name, "no-object", f"the line holds a JSON {type(row).__name__}, not an object; write one object a line")


def _load_slowly(line: bytes, name: str) -> Any:
    """For lines that orjson refuses: other encodings, lone surrogates, NaN. Says what is wrong if this fails too."""
    from pipeline.read.charset import decode_bytes

    try:
        text = decode_bytes(line).text
    except UndecodableError as error:
        return Fault(name, "no-known-encoding", str(error))
    try:
        return _without_surrogates(json.loads(text))
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        what = "the JSON ends early" if cut else "the line is no JSON"
        message = f"{what}: {error.msg} at column {error.colno}; mend or remove the line"
        return Fault(name, "json-cut" if cut else "no-json", message)
    except RecursionError:
        return Fault(name, "no-json", "the JSON is nested too deeply; flatten the record")


def _without_surrogates(row: Any) -> Any:
    """The row with U+FFFD for lone surrogates, which only escapes in JSON can bring in; `n_replaced` counts them."""
    if not isinstance(row, dict):
        return row
    total = 0
    for key, value in row.items():
        if isinstance(value, str):
            row[key], n = replace_surrogates(value)
            total += n
    return row | {"n_replaced": total} if total else row
