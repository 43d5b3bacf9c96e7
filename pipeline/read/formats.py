"""The formats of input, in one table. Nothing else knows a format: a new one is a reader in this folder and a line here.

Compression lies below the table, see `pipeline.read.compressed`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from pipeline.errors import UsageError
from pipeline.read.compressed import strip_suffix
from pipeline.read.inputs import Input, Span
from pipeline.read.jsonl import read_lines, split_lines
from pipeline.read.looks import bare_head
from pipeline.read.txt import read_text
from pipeline.record import Fault, Record

__all__ = ["FORMATS", "Format", "find_format", "find_format_of_head", "find_format_of_name", "find_plain_name", "list_suffixes"]

Read = Callable[[Input, IO[bytes], Span | None], Iterator[Record | Fault]]
Split = Callable[[Input], list[Span] | None]


class Format(NamedTuple):
    """A format of input files.

    `read` gives every record of a file, or of a span of it, in order, and a fault for what it cannot read; it never skips and never
    raises for one document. `split` cuts a large file into spans that can be read apart, and gives None for one that is read whole.
    """

    name: str
    suffixes: tuple[str, ...]   # in lower case
    magic: tuple[bytes, ...]    # first bytes, behind white space and a byte order mark, that prove it whatever the suffix says
    read: Read
    split: Split = lambda entry: None
    many: bool = False          # a file holds many records, which go by their ids; else it is one document, and goes by its name
    plain: bool = False         # the original is the file itself, decoded: it is restored under its own name


FORMATS: tuple[Format, ...] = (
    Format("txt", (".txt",), (), read_text, plain=True),
    Format("jsonl", (".jsonl", ".ndjson"), (), read_lines, split_lines, many=True),
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
