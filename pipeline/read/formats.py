"""The formats of input, in one table: a new one is a reader in this folder and a line here.

What a file looks like is known to `looks` and `identity` too; no other module compares an input's format with a name.

Compression lies below the table, see `pipeline.read.compressed`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from pipeline.errors import UsageError
from pipeline.read.arrow import read_arrow, read_parquet, split_parquet
from pipeline.read.compressed import strip_suffix
from pipeline.read.containers import read_tar, read_zip, split_tar, split_zip
from pipeline.read.delimited import read_csv, read_tsv
from pipeline.read.html import read_html
from pipeline.read.inputs import Input, Span
from pipeline.read.json_array import read_array
from pipeline.read.jsonl import halve_lines, raw_line, read_lines, split_lines
from pipeline.read.looks import bare_head
from pipeline.read.subtitles import read_ass, read_srt
from pipeline.read.txt import read_text
from pipeline.read.warc import read_archive, split_archive
from pipeline.record import Fault, Left, Record

__all__ = ["FORMATS", "Format", "find_format", "find_format_of_head", "find_format_of_name", "find_plain_name", "list_suffixes"]

Read = Callable[[Input, IO[bytes], Span | None], Iterator[Record | Fault | Left]]
Split = Callable[[Input], list[Span] | None]
Halve = Callable[[Input, Span | None], list[Span]]
Raw = Callable[[Input, Span | None], tuple[int, bytes]]


def read_at_once(entry: Input) -> list[Span] | None:
    """No spans: the file is read at once."""
    return None


class Format(NamedTuple):
    """A format of input files.

    `read` gives every record of a file, or of a span of it, in order, and a fault for what it cannot read; it never skips and never
    raises for one document. `split` cuts a large file into spans that can be read apart, and gives None for one that is read whole.

    `halve` and `raw` serve the search for a record that no worker survives, see `pipeline.read.units`: where a format of many
    records has none, its spans are halved by the places of the records in them, which takes a reading of the file.
    """

    name: str
    suffixes: tuple[str, ...]   # in lower case
    magic: tuple[bytes, ...]    # first bytes, behind white space and a byte order mark, that prove it whatever the suffix says
    read: Read
    split: Split = read_at_once
    many: bool = False          # a file holds many records, which go by their ids; else it is one document, and goes by its name
    lines: bool = False         # records are lines: where compressed data is damaged, those before and behind are read
    plain: bool = False         # the original is the file itself, decoded: it is restored under its own name
    halve: Halve | None = None  # a span (None: the whole file) in two, neither of them empty; none where it holds one record
    raw: Raw | None = None      # the place and the bytes of the one record of a span, RAW_LIMIT of them and one at most

    def read_span(self, entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault | Left]:
        """What is in a span. A format that is read at once need not know spans: its items are chosen by their places."""
        items = self.read(entry, stream, span)
        if span is None or self.split is not read_at_once:
            return items
        return (item for item in items if not isinstance(item, Left) and span.start <= (item.byte or 0) < span.end)


FORMATS: tuple[Format, ...] = (
    Format("txt", (".txt",), (), read_text, plain=True),
    Format("html", (".html", ".htm", ".xhtml", ".shtml"), (), read_html),
    Format("jsonl", (".jsonl", ".ndjson"), (), read_lines, split_lines, many=True, lines=True, halve=halve_lines, raw=raw_line),
    Format("json", (".json",), (), read_array, many=True),
    Format("csv", (".csv",), (), read_csv, many=True),
    Format("tsv", (".tsv",), (), read_tsv, many=True),
    Format("parquet", (".parquet", ".pq"), (b"PAR1",), read_parquet, split_parquet, many=True),
    Format("arrow", (".arrow", ".feather", ".arrows", ".ipc"), (b"ARROW1\0\0",), read_arrow, many=True),
    Format("tar", (".tar", ".tgz", ".tbz2", ".txz", ".tzst"), (), read_tar, split_tar, many=True),
    Format("zip", (".zip",), (), read_zip, split_zip, many=True),
    Format("srt", (".srt",), (), read_srt),
    Format("ass", (".ass", ".ssa"), (), read_ass),
    Format("warc", (".warc", ".wet", ".wat"), (b"WARC/1.0\r\n", b"WARC/1.1\r\n"), read_archive, split_archive, many=True),
)


def find_format(name: str) -> Format:
    """The format of this name. Raises UsageError for an unknown one."""
    for f in FORMATS:
        if f.name == name:
            return f
    raise UsageError(f"no format is called {name!r}: choose from {', '.join(f.name for f in FORMATS)}")


def find_format_of_name(name: str) -> Format | None:
    """The format that a file name stands for by its suffix, that of a compression left out."""
    suffix = os.path.splitext(strip_suffix(name))[1].lower()
    return next((f for f in FORMATS if suffix in f.suffixes), None)


def find_format_of_head(head: bytes) -> Format | None:
    """The format that the first bytes of a file prove."""
    bare = bare_head(head)
    return next((f for f in FORMATS if f.magic and bare.startswith(f.magic)), None)


def find_plain_name(name: str) -> str:
    """The name under which the original of a file is restored; empty where it is not the file itself."""
    found = find_format_of_name(name)
    return strip_suffix(name) if found is not None and found.plain else ""


def list_suffixes() -> str:
    """Every suffix that is read, for people."""
    return " ".join(suffix for f in FORMATS for suffix in f.suffixes)
