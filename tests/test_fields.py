"""Lines written from columns are those that orjson makes of the rows, byte for byte."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.corpus.fields import dump_rows, members, of_json, of_numbers, of_text
from pipeline.corpus.json_lines import escape_breaks
from pipeline.corpus.lines import CLEAN_COLUMNS, clean_lines, clean_row
from pipeline.corpus.rows import PART

#: Every kind of escape, borders of what is escaped, and every length of UTF-8.
ODD = "\0\x01\x08\t\n\x0b\x0c\r\x1f \"\\/\x7f\x80\x84\x85\x86\xa0\xc2é\u07ff\u0800\u2027\u2028\u2029\u202a\u20a8党\uffff𠮷"
WORDS = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=12)
KEYS = ("title", "published", "source_name", "author", "script", "n_replaced", "tit", "titles")
ROWS = st.fixed_dictionaries({
    "id": WORDS, "source": WORDS, "text": WORDS, "n_chars": st.integers(-(1 << 63), (1 << 63) - 1), "sha256": WORDS,
    "metadata": st.dictionaries(st.one_of(st.sampled_from(KEYS), WORDS), WORDS, max_size=5),
    "extra": st.none() | st.dictionaries(WORDS, WORDS, min_size=1, max_size=2),
})


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    dumped = [
        row | {"metadata": escape_breaks(orjson.dumps(row["metadata"])),
               "extra": None if row["extra"] is None else escape_breaks(orjson.dumps(row["extra"]))} for row in rows
    ]
    return pa.Table.from_pylist(dumped, pa.schema([PART.field(name) for name in CLEAN_COLUMNS]))


@given(st.lists(st.tuples(ROWS, st.lists(WORDS, max_size=3)), max_size=5), st.integers(0, 2))
def test_lines_of_a_corpus(given_rows: list[tuple[dict[str, Any], list[str]]], skipped: int) -> None:
    """`skipped`: a slice of a table has offsets of its own."""
    rows, duplicates = [row for row, _ in given_rows], [own for _, own in given_rows]
    table = _table(rows)
    wanted = []
    for row, own in zip(table.to_pylist(), duplicates, strict=True):
        line = {key: "" if value is None else value for key, value in clean_row(row, own).items()}
        more = {"extra": orjson.Fragment(row["extra"])} if row["extra"] else {}
        wanted.append(escape_breaks(orjson.dumps(line | more, option=orjson.OPT_APPEND_NEWLINE)))
    assert clean_lines(table, duplicates) == wanted
    assert clean_lines(table[skipped:], duplicates[skipped:]) == wanted[skipped:]


@given(st.lists(WORDS), st.data())
@example([ODD, "", ODD * 40], None)
def test_a_field_is_what_orjson_makes(texts: list[str], data: Any) -> None:
    numbers = list(range(-1, len(texts) - 1))
    columns = [pa.chunked_array([pa.array(own)]) for own in (pa.array(texts, pa.string()), pa.array(numbers, pa.int64()))]
    fields = [of_text('{"a":', columns[0]), of_numbers(',"b":', columns[1]), of_json(',"c":', [b"[1]}"] * len(texts))]
    wanted = [escape_breaks(orjson.dumps({"a": t, "b": n, "c": [1]})) for t, n in zip(texts, numbers, strict=True)]
    assert dump_rows(fields) == wanted


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(ValueError, match="missing"):
        of_text("", pa.chunked_array([pa.array(["a", None])]))


def test_members_of_an_object_that_are_not_there_are_empty() -> None:
    objects = pa.chunked_array([pa.array([b"{}", b'{"b":"\\"","a":"x\\\\"}', b'{"aa":"1"}'], pa.binary())])
    (field,) = members([""], objects, ["a"])
    assert dump_rows([field]) == [b'""', b'"x\\\\"', b'""']
