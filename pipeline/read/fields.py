"""Named fields of a record, as any format of many records gives them, to a `Record`.

The text is needed; id, source, title, date, name of the source and author are taken along as metadata (see `pipeline.read.columns`
for their names), and whatever else there is, or is not used, rides along as it is, in `extra`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.errors import UndecodableError
from pipeline.read.binary import is_garbled
from pipeline.read.columns import COLUMNS, Columns, Raw, read_column
from pipeline.record import Fault, Record, make_id, replace_surrogates
from pipeline.wording import describe

__all__ = ["make_record"]

#: Metadata keys that a record of this tool's own output has under the same name.
_KEPT = ("n_replaced",)
_ONE_LINE = frozenset({"title", "source_name", "author"})      # runs of white space in them become one space


def make_record(row: Mapping[str, Any], name: str, place: int = 0, columns: Columns = COLUMNS) -> Record | Fault:
    """The record of one row, at `place` of the input called `name`, or what is wrong with it (the reader adds its place).

    >>> make_record({"id": 7, "text": "x", "date": "2020-01-02", "lang": "zh"}, "a.jsonl").extra
    {'lang': 'zh'}
    """
    layout = _lay_out(tuple(row), columns)
    key, text = _find(row, layout.text)
    if key is None:
        named = " or ".join(f"`{k}`" for k in columns.text[:2])
        return Fault(name, "no-text", f"the record has no key {named}; add it, or name the key that holds the text with --text-key")
    if not isinstance(text, str):
        return _wrong(name, key, "a string", text)
    said: dict[str, str] = {}
    if isinstance(text, Raw):
        try:
            text, said = _decode(text.data)
        except UndecodableError as error:
            return Fault(name, "no-known-encoding", f"`{key}`: {error}", raw=text.data)
    content = text.encode("utf-8", "surrogatepass")
    if kind := is_garbled(text, content):
        return Fault(name, "binary", f"`{key}` is {kind} read as text; leave the record out, or extract its text first")
    used = {key}
    id_key, own = _find(row, layout.id)
    if own is not None and (isinstance(own, bool) or not isinstance(own, str | int)):
        return _wrong(name, id_key or "id", "a string or a whole number", own)
    used |= {id_key} if id_key is not None else set()
    source = _source(row, layout, used) or name
    id = make_id(source, content) if own is None or own == "" else str(own)
    metadata = said | _metadata(row, layout, used)
    extra = {k: v for k, v in row.items() if k not in used}
    record = Record(id, source, text, metadata, name, place, extra)
    return _as_page(record) if text.lstrip()[:1] == "<" else record


def _decode(data: bytes) -> tuple[str, dict[str, str]]:
    """The text, or the page, that bytes of a record are, and what is said of that. Raises UndecodableError."""
    from pipeline.read.charset import decode_bytes
    from pipeline.read.decoded import describe_reading
    from pipeline.read.html import looks_like_page
    from pipeline.read.html.charset import decode_page

    decoded = decode_page(data, None) if looks_like_page(data) else decode_bytes(data)
    text, lone = replace_surrogates(decoded.text)
    return text, describe_reading(decoded.encoding, decoded.n_replaced + lone)


class _Layout(NamedTuple):
    """Of the names of `Columns` those that records of one layout can have, in their order."""

    text: tuple[str, ...]
    id: tuple[str, ...]
    source: tuple[str, ...]
    metadata: tuple[tuple[str, tuple[str, ...]], ...]       # what each is of, and its names


@lru_cache(maxsize=256)
def _lay_out(keys: tuple[str, ...], columns: Columns) -> _Layout:
    """Records of one file have the same few layouts: of 24 names looked for in each record, news have four."""
    there = frozenset(keys)

    def choose(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in there or name.partition(".")[0] in there)

    of = {name: choose(getattr(columns, name, (name,))) for name in ("title", "published", "source_name", "author", *_KEPT)}
    metadata = tuple((name, own) for name, own in of.items() if own)
    return _Layout(choose(columns.text), choose(columns.id), choose(columns.source), metadata)


def _find(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str | None, Any]:
    """The first of the names that the row has, and its value."""
    for name in names:
        value = read_column(row, name)
        if value is not None or name in row:
            return name, value
    return None, None


def _as_page(record: Record) -> Record:
    """A record whose text is a page of HTML, with the lines of the page in its place; another one as it is."""
    from pipeline.read.html import looks_like_page, read_text

    if not looks_like_page(record.original[:8192].encode("utf-8", "replace")):
        return record
    page = read_text(record.original)
    text, lone = replace_surrogates(page.text)
    metadata = page.metadata | record.metadata | ({"n_replaced": str(lone)} if lone else {})
    return Record(record.id, record.source, text, metadata, record.input, record.byte, record.extra, page.marks)


def _source(row: Mapping[str, Any], layout: _Layout, used: set[str]) -> str:
    """Where the record says that it came from."""
    for key in layout.source:
        value = read_column(row, key)
        if value:
            if not isinstance(value, str):
                return ""
            used.add(key)
            return value
    return ""


def _metadata(row: Mapping[str, Any], layout: _Layout, used: set[str]) -> dict[str, str]:
    """What the record says of itself. A value that is no string or whole number is not metadata, and rides along."""
    out: dict[str, str] = {}
    for name, keys in layout.metadata:
        for key in keys:
            value = read_column(row, key)
            if isinstance(value, str | int) and value is not True:
                text = " ".join(str(value).split()) if name in _ONE_LINE else str(value)
                if value and text and name not in out:
                    out[name] = text
                    used.add(key)
            if not value and key in row:       # nothing is said
                used.add(key)
    return out


def _wrong(name: str, key: str, wanted: str, value: object) -> Fault:
    return Fault(name, "wrong-type", f"`{key}` must be {wanted} and is {describe(value)}; mend the record")
