"""A JSON array of objects, or one object: each is a record. Read as a stream, so an array may be larger than memory.

Only brackets and strings are looked for, to see where a value of the array ends; the value is then read as a line of JSON Lines is,
with the same checks. So one broken value is one fault, and the others follow. Parsers that stream keep a path to where they are:
100,000 nested brackets cost one of them (ijson) 25 GB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, NamedTuple

from pipeline.read.decoded import open_decoded, say_encoding
from pipeline.read.inputs import Input, Span
from pipeline.read.jsonl import parse_record
from pipeline.record import RAW_LIMIT, Fault, Record

__all__ = ["read_array"]

#: Characters of one value. The longest document of the corpora has 20 MB.
MOST_CHARS = 256 << 20
BLOCK = 1 << 20
#: A string with its escapes, a bracket, or the quote of a string whose end is not there yet. The runs are possessive: none is tried
#: twice, so it is linear.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]|"', re.DOTALL)


class _Value(NamedTuple):
    """A value of the array, or one that is no object or is not there to its end, with its first character."""

    at: int
    text: str
    problem: str = ""       # reason of a fault


_MESSAGES = {
    "json-cut": "the JSON ends early, in value {:,} or before the bracket that closes it; what stands before was read",
    "no-object": "value {:,} is no object; write a list of objects",
    "too-long": f"value {{:,}} has more than {MOST_CHARS >> 20:,} million characters; take it out and read it by itself",
    "no-json": "something stands behind the end of the array, as value {:,}; write one array, or one object a line",
}


def read_array(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault]:
    """The records of an array, or the one record of an object; the place of each is its first character."""
    text = open_decoded(entry, stream, hold=True)
    if isinstance(text, Fault):
        yield text
        return
    for n, (at, value, problem) in enumerate(_Scanner().scan(text), start=1):
        raw = value.encode("utf-8", "surrogateescape")
        found = Fault(entry.name, problem, _MESSAGES[problem].format(n)) if problem else say_encoding(
            parse_record(raw, entry.name, at, entry.columns), text.charset)
        yield replace(found, byte=at, raw=raw if len(raw) <= RAW_LIMIT else b"") if isinstance(found, Fault) else found
    if text.problem is not None:
        raise text.problem


class _Scanner:
    """Finds where values begin and end. In an array they stand one bracket deep, else at the top."""

    def __init__(self) -> None:
        self._text, self._base = "", 0      # what is held of the stream, and where it begins
        self._at = 0                        # looked at up to here
        self._gap = 0                       # end of the last value
        self._start = -1                    # of the value that is open
        self._depth, self._top = 0, -1      # -1: nothing was seen yet
        self._ended = False

    def scan(self, stream: IO[str]) -> Iterator[_Value]:
        """The values of a stream. Blocks grow with a string that is open, so that none is looked at more than twice."""
        while block := stream.read(max(BLOCK, len(self._text) - self._at)):
            self._hold(block)
            for match in _TOKEN.finditer(self._text, self._at):
                self._at = match.start()
                if match[0] == '"':
                    break
                yield from self._take(match[0], *match.span())
                self._at = match.end()
                if self._ended:
                    return
            else:
                self._at = len(self._text)
            if len(self._text) - max(self._start, 0) > MOST_CHARS:
                yield _Value(self._base + max(self._start, 0), "", "too-long")
                return
        yield from self._finish()

    def _hold(self, block: str) -> None:
        """Add a block, and let go of what was given."""
        keep = self._start if self._start >= 0 else self._gap
        self._text, self._base = self._text[keep:] + block, self._base + keep
        self._at, self._gap = self._at - keep, max(0, self._gap - keep)
        self._start = 0 if self._start >= 0 else -1

    def _take(self, token: str, start: int, end: int) -> Iterator[_Value]:
        if token in ("[", "{"):
            if self._top < 0:
                self._top = 1 if token == "[" else 0
            elif self._depth < self._top:
                self._ended = True
                yield _Value(self._base + start, self._text[start:start + 1000], "no-json")
            if self._depth == self._top:
                yield from self._others(start)
                self._start = start
            elif not self._depth:
                self._gap = end
            self._depth += 1
        elif token in ("]", "}"):
            self._depth -= 1
            if self._depth < self._top:
                yield from self._others(start)
                self._gap = end
            elif self._depth == self._top:
                yield _Value(self._base + self._start, self._text[self._start:end])
                self._start, self._gap = -1, end

    def _others(self, end: int) -> Iterator[_Value]:
        """Values behind the last one that are no objects: numbers, strings, `null`."""
        gap = self._text[self._gap:end]
        if gap.strip(" \t\r\n,"):
            for n, part in enumerate(p.strip() for p in _TOKEN.sub("0", gap).split(",") if p.strip()):
                yield _Value(self._base + self._gap + n, part[:1000], "no-object")

    def _finish(self) -> Iterator[_Value]:
        if self._depth > 0:
            first = max(self._start, 0)
            yield _Value(self._base + first, self._text[first:][:RAW_LIMIT], "json-cut")
        elif self._top < 1:
            yield from self._others(len(self._text))
        elif rest := self._text[self._gap:].strip():
            yield _Value(self._base + self._gap, rest[:1000], "no-json")
