"""The pages of a row group of Parquet, by their headers: what rows of it can come to, before any page is decompressed.

600 bytes can hold a list of 300 million numbers, a page of 40 kB a text of 2 GB, and what the footer says of sizes may be a lie. A
page has a header in Thrift's compact form: its size, how many values it has, and how they are written. Pages that only say values
of a dictionary over and over, or runs of levels, are as small as they like. What a list holds in one row stands in its repetition
levels: they are read where it matters alone, which is never the case for groups of 20 million values or less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.read.damage import check_damage

__all__ = ["ENCRYPTED", "Chunk", "Place", "find_bounds", "list_chunks", "list_places"]

#: Bytes that a value in a list takes besides itself: levels, an offset or an index, a bit. And one in no list.
_LISTED, _ALONE = 13, 5
#: Of a header: asked for at once, and at most (as pyarrow has it).
_HEAD, _MOST_HEAD = 256, 16 << 20
#: Of a dictionary that is looked through for its longest value; in a larger one that is all of it.
_MOST_LOOKED = 16 << 20
#: Bytes behind a column that pyarrow reads too where an old writer forgot to count some.
_BEHIND = 100
#: Types of pages, and encodings: by a dictionary (two names of it), and by the value before.
_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3
_BY_DICTIONARY, _BY_BEFORE = (2, 8), 7


#: What is said of a file of which a column is encrypted, and the field of such a column that tells how.
ENCRYPTED, _KEY = "it is encrypted, and keys are not taken here: decrypt it", 8
#: Compressions, by their numbers in a footer, as pyarrow calls them.
_CODECS = ("UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4")


class _Page(NamedTuple):
    """A page of data: its values, bytes when decompressed, its encoding, and where its body is."""

    n: int
    size: int
    encoding: int
    at: int
    stored: int
    levels: int = -1        # bytes of the repetition levels before the body of a page of version 2, which are not compressed


@dataclass(slots=True)
class Chunk:
    """A column of a row group."""

    path: str
    is_text: bool           # values are of any length
    width: int              # of a value, where they are of one
    depth: int              # lists around a value
    codec: str
    pages: list[_Page] = field(default_factory=list)
    dictionary: _Page | None = None
    longest: int = 0        # value of the dictionary, at most
    _row: int = 0           # values of the longest row, where it was looked for

    @property
    def held(self) -> int:
        """Bytes of its pages that are there at once while it is read: two of them, and what a dictionary is laid out as."""
        words = 2 * self.dictionary.size + 16 * self.dictionary.n if self.dictionary is not None else 0
        return words + max((page.size for page in self.pages), default=0)

    @property
    def plain(self) -> int:
        """Bytes of its largest page that says its values in full: what comes out of it is as much at most, in whichever rows."""
        return max((page.size for page in self.pages if self.is_text and page.encoding not in _BY_DICTIONARY), default=0)

    @property
    def stored(self) -> int:
        """Bytes of its pages in the file."""
        return sum(page.stored for page in self.pages) + (self.dictionary.stored if self.dictionary is not None else 0)

    @property
    def is_told_by_words(self) -> bool:
        """Whether texts of it are said by a dictionary: pyarrow can leave them so."""
        return self.is_text and self.dictionary is not None

    def measure(self, rows: int, *, by_words: bool = False) -> int:
        """Bytes that so many rows of it come to, at most; without the words of the dictionary, which are there once."""
        if not self.depth:
            return self._measure_values(rows, by_words) + _ALONE * rows
        n = sum(page.n for page in self.pages)
        n = min(n, rows * self._row) if self._row else n
        return self._measure_values(n, by_words) + _LISTED * n

    def _measure_values(self, n: int, by_words: bool) -> int:
        """Bytes of so many values behind each other, wherever they begin."""
        if not self.is_text:
            return n * self.width
        if any(page.encoding == _BY_BEFORE for page in self.pages):
            return n * sum(page.size for page in self.pages)
        most = inside = first = values = 0
        costs = [self._cost(page, n, by_words) for page in self.pages]
        for k, page in enumerate(self.pages):
            inside, values = inside + costs[k], values + page.n
            while first < k and values - self.pages[first].n - page.n + 2 > n:      # one value of the first, one of the last
                inside, values, first = inside - costs[first], values - self.pages[first].n, first + 1
            most = max(most, inside)
        return most

    def _cost(self, page: _Page, n: int, by_words: bool) -> int:
        if page.encoding in _BY_DICTIONARY:
            return 0 if by_words else min(n, page.n) * self.longest
        return page.size

    def look_closer(self, source: IO[bytes]) -> None:
        """Find the longest row and the longest word of a column of lists."""
        if not self.depth or self._row:
            return
        if self.dictionary is not None and self.is_text and self.dictionary.size <= _MOST_LOOKED:
            self.longest = _find_longest(self._read(source, self.dictionary))
        from pipeline.read.levels import find_longest_row

        longest = run = 0
        for page in self.pages:
            levels = np.frombuffer(self._read_levels(source, page), np.uint8)
            run, longest, left = find_longest_row(levels, self.depth.bit_length(), page.n, run, longest)
            if left:
                raise ValueError(f"a page of `{self.path}` has fewer levels than values")
        self._row = max(1, longest)

    def _read(self, source: IO[bytes], page: _Page) -> bytes:
        source.seek(page.at)
        data = source.read(page.stored)
        if self.codec == "UNCOMPRESSED":
            return data
        try:
            codec = "lz4_raw" if self.codec == "LZ4" else self.codec.lower()
            return bytes(pa.decompress(data, page.size, codec=codec, asbytes=True))
        except Exception as error:
            check_damage(error)
            raise ValueError(f"a page of `{self.path}` cannot be decompressed ({str(error)[:100]})") from error

    def _read_levels(self, source: IO[bytes], page: _Page) -> bytes:
        """The repetition levels of a page."""
        if page.levels >= 0:
            source.seek(page.at)
            return source.read(page.levels)
        data = self._read(source, page)
        return data[4:4 + int.from_bytes(data[:4], "little")]


class Place(NamedTuple):
    """Where a column of a row group lies in a file, by the footer: pyarrow ends the process where it says one thing twice."""

    codec: str
    start: int      # its dictionary, where it has one, or its first page
    stored: int     # bytes
    n: int          # values


def list_places(source: IO[bytes], n_groups: int) -> list[list[Place]]:
    """The columns of each row group of a file, of so many. Raises ValueError where its footer cannot be read."""
    size = source.seek(0, 2)
    source.seek(max(0, size - 8))
    length = int.from_bytes(source.read(4), "little")
    source.seek(max(0, size - 8 - length))
    try:
        footer, _ = _read_struct(source.read(length), 0)
        if any(_KEY in chunk for group in footer.get(4, ()) for chunk in group[1]):
            raise ValueError(ENCRYPTED)
        places = [[_find_place(chunk[3]) for chunk in group[1]] for group in footer.get(4, ())]
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("its footer cannot be read") from error
    if len(places) != n_groups:
        raise ValueError("its footer has fewer or more row groups than it says")
    return places


def _find_place(about: dict[int, Any]) -> Place:
    start, words, number = _take(about, 9), _take(about, 11, 0), _take(about, 4)
    codec = _CODECS[number] if 0 <= number < len(_CODECS) else ""
    return Place(codec, words if 0 < words < start else start, _take(about, 7), _take(about, 5))


def list_chunks(file: Any, source: IO[bytes], places: Sequence[Place]) -> list[Chunk]:
    """The columns of a row group of a `ParquetFile`, which lie there. Raises ValueError where a header is none."""
    found = []
    if len(places) != file.metadata.num_columns:
        raise ValueError("a row group has fewer or more columns than the file")
    for i, place in enumerate(places):
        kind = file.schema.column(i)
        is_text = kind.physical_type == "BYTE_ARRAY"
        width = kind.length if kind.physical_type == "FIXED_LEN_BYTE_ARRAY" else 8
        chunk = Chunk(kind.path, is_text, width, kind.max_repetition_level, place.codec)
        try:
            _list_pages(chunk, source, place.start, place.start + place.stored + _BEHIND, place.n)
        except (TypeError, AttributeError) as error:
            raise ValueError(f"a page of `{kind.path}` has a header of another kind") from error
        found.append(chunk)
    return found


def find_bounds(places: Sequence[Place]) -> tuple[int, int]:
    """Where the columns of a row group begin, and end."""
    return min((p.start for p in places), default=0), max((p.start + p.stored for p in places), default=0)


def _list_pages(chunk: Chunk, source: IO[bytes], at: int, end: int, left: int) -> None:
    """Add the pages between two places of a file to a column, until so many values are there: pyarrow reads no others."""
    while at < end and left > 0:
        head, at = _read_header(source, at, end)
        stored, size = _take(head, 3, 0), _take(head, 2, 0)
        if stored < 0 or size < 0:
            raise ValueError(f"a page of `{chunk.path}` has a size that is none")
        kind = _take(head, 1, -1)
        own = head.get({_DATA: 5, _DATA_V2: 8}.get(kind, 7), {})
        if (n := _take(own, 1, 0)) < 0:
            raise ValueError(f"a page of `{chunk.path}` has fewer values than none")
        if kind == _DICTIONARY:
            chunk.dictionary, chunk.longest = _Page(n, size, 0, at, stored), size
        elif kind in (_DATA, _DATA_V2):
            encoding, levels = (_take(own, 2, 0), -1) if kind == _DATA else (_take(own, 4, 0), _take(own, 6, 0))
            chunk.pages.append(_Page(n, size, encoding, at, stored, levels))
            left -= n
        at += stored


def _take(fields: dict[int, Any], number: int, without: int | None = None) -> int:
    """A field that is a whole number. Raises ValueError where it is none."""
    value = fields.get(number, without)
    if not isinstance(value, int):
        raise ValueError("a header has a field of another kind")
    return value


def _read_header(source: IO[bytes], at: int, end: int) -> tuple[dict[int, Any], int]:
    """The header of the page there, by the numbers of its fields, and where its body begins."""
    n = _HEAD
    while True:
        source.seek(at)
        data = source.read(min(n, end - at))
        try:
            head, size = _read_struct(data, 0)
            return head, at + size
        except IndexError:
            if n > min(_MOST_HEAD, end - at) or len(data) < n:
                raise ValueError("a page has no header that can be read") from None
            n *= 8


def _read_struct(data: bytes, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """A struct in Thrift's compact form: numbers, truths, structs and lists of these by their numbers, other fields passed over."""
    if depth > 8:
        raise ValueError("a page has a header that is nested too deeply")
    fields: dict[int, Any] = {}
    number = 0
    while (head := data[at]) != 0:
        at, kind = at + 1, head & 15
        if head >> 4:
            number += head >> 4
        else:
            number, at = _read_signed(data, at)
        if kind in (1, 2):
            fields[number] = kind == 1
        elif kind in (4, 5, 6):
            fields[number], at = _read_signed(data, at)
        elif kind == 12:
            fields[number], at = _read_struct(data, at, depth + 1)
        elif kind == 9:
            fields[number], at = _read_list(data, at, depth + 1)
        elif kind == 8:
            size, at = _read_number(data, at)
            at += size
        elif kind in (3, 7):
            at += 1 if kind == 3 else 8
        else:
            raise ValueError("a page has a header of another kind")
    return fields, at + 1


def _read_list(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    """A list: structs and whole numbers; of others nothing is kept."""
    kind, n, at = data[at] & 15, data[at] >> 4, at + 1
    if n == 15:
        n, at = _read_number(data, at)
    found: list[Any] = []
    for _ in range(n):
        if kind == 12:
            own, at = _read_struct(data, at, depth)
            found.append(own)
        elif kind in (4, 5, 6):
            number, at = _read_signed(data, at)
            found.append(number)
        elif kind == 8:
            size, at = _read_number(data, at)
            at += size
        elif kind in (1, 2, 3):
            at += 1
        else:
            raise ValueError("a list of another kind")
        if at > len(data):
            raise IndexError
    return found, at


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, and what follows it. Raises IndexError at the end."""
    value = shift = 0
    while (byte := data[at]) >= 0x80:
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise ValueError("a number has no end")
    return value | byte << shift, at + 1


def _read_signed(data: bytes, at: int) -> tuple[int, int]:
    value, at = _read_number(data, at)
    return (value >> 1) ^ -(value & 1), at


def _find_longest(words: bytes) -> int:
    """Bytes of the longest value of a dictionary, each with its length before it."""
    longest = at = 0
    while at < len(words):
        n = int.from_bytes(words[at:at + 4], "little")
        longest, at = max(longest, n), at + 4 + n
    return longest
