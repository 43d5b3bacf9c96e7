"""CSV and TSV: a head line that names the columns, then one row a record. Any charset; quoted values may hold line breaks."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import IO

from pipeline.read.decoded import open_decoded, say_encoding
from pipeline.read.fields import make_record
from pipeline.read.inputs import Input, Span
from pipeline.record import RAW_LIMIT, Fault, Record, replace_surrogates

__all__ = ["read_csv", "read_tsv"]

#: Characters of one value: the library's own limit is 131,072, less than a long article with its markup.
MOST_CHARS = 64 << 20


def _read(entry: Input, stream: IO[bytes], span: Span | None, *, comma: str) -> Iterator[Record | Fault]:
    """The records of a table; the place of each is the line of the file that its row ends in."""
    text = open_decoded(entry, stream)
    if isinstance(text, Fault):
        yield text
        return
    csv.field_size_limit(MOST_CHARS)
    held: list[str] = []        # lines of the row that is read
    rows = csv.reader(_hold(text, held), delimiter=comma, strict=True)
    names: list[str] = []
    while True:
        held.clear()
        try:
            row = next(rows, None)
        except csv.Error as error:
            if (mended := _read_line(held, comma, error)) is None:
                yield _break(entry.name, rows.line_num, held, error)
                continue
            row = mended
        if row is None:
            return
        if not names:
            names = [replace_surrogates(name)[0].strip().removeprefix("\ufeff") for name in row]
            if len(set(names)) < len(names):
                yield Fault(entry.name, "duplicate-key", "two columns have one name; rename one of them", line=1)
                return
        elif row and len(row) != len(names):
            what = f"the row has {len(row):,} values for {len(names):,} columns; quote values that hold line breaks or {comma!r}"
            raw = comma.join(row).encode("utf-8", "surrogateescape")[:1 << 16]
            yield Fault(entry.name, "csv-columns", what, line=rows.line_num, byte=rows.line_num, raw=raw)
        elif row:
            values, bad = dict(zip(names, row, strict=True)), 0
            if not all(map(str.isascii, row)):
                for key, value in values.items():       # a byte that cannot be decoded is a lone surrogate
                    values[key], n = replace_surrogates(value)
                    bad += n
            if bad:
                values["n_replaced"] = str(bad)
            found = say_encoding(make_record(values, entry.name, rows.line_num, entry.columns), text.charset)
            yield replace(found, line=rows.line_num, byte=rows.line_num) if isinstance(found, Fault) else found


def _hold(lines: Iterable[str], held: list[str]) -> Iterator[str]:
    for line in lines:
        held.append(line)
        yield line


def _read_line(held: list[str], comma: str, error: csv.Error) -> list[str] | None:
    """The values of a row in one line with text behind a quotation mark that closes a value: it belongs to the value.

    In a row of more lines the mark that began it may be text, and other rows within the value.
    """
    if len(held) > 1 or not str(error).endswith("expected after '\"'"):
        return None
    return next(csv.reader(held, delimiter=comma, strict=False), None)


def _break(name: str, end: int, held: list[str], error: csv.Error) -> Fault:
    """A row that cannot be read, whose last line is the `end`-th."""
    at = end - len(held) + 1
    where = f"the row in line {at:,}" if len(held) < 2 else f"what begins as a row in line {at:,} and goes on to line {end:,}"
    hint = "a quotation mark that is text is written twice, in a value in quotation marks"
    raw = "".join(held).encode("utf-8", "surrogateescape") if sum(map(len, held)) <= RAW_LIMIT else b""
    return Fault(name, "csv-broken", f"{where} cannot be read ({error}); mend it: {hint}", line=at, byte=at, raw=raw)


read_csv = partial(_read, comma=",")
read_tsv = partial(_read, comma="\t")
