"""CSV and TSV: a head line that names the columns, then one row a record. Any charset; quoted values may hold line breaks."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import IO

from pipeline.read.decoded import open_decoded, say_encoding
from pipeline.read.fields import make_record
from pipeline.read.inputs import Input, Span
from pipeline.record import Fault, Record, replace_surrogates

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
    rows = csv.reader(text, delimiter=comma, strict=False)
    names: list[str] = []
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            at = rows.line_num
            yield Fault(entry.name, "csv-broken", f"row {at:,} cannot be read ({error}); mend it", line=at, byte=at)
            continue
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


read_csv = partial(_read, comma=",")
read_tsv = partial(_read, comma="\t")
