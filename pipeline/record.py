"""The record and the fault, as readers give them, and the view of texts that stages work on.

`Texts` is what stages see: the texts of a batch end to end, each followed by one LF, as one `str` and as its code
points. A place in it is a code point index into `joined`, the same for regexes, kernels and edits. A text is never
changed here; `pipeline.edits.apply` makes the next `Texts`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_spans
from pipeline.chinese.codepoints import load_classes
from pipeline.chinese.scan import find_lines
from pipeline.errors import UsageError
from pipeline.marks import Marks
from pipeline.wording import describe

__all__ = [
    "GUESS", "RAW_LIMIT", "Fault", "Left", "Lines", "Record", "Texts", "check_texts", "find_host", "is_made", "make_id",
    "merge_said", "replace_surrogates", "weigh_beside",
]

_MADE = re.compile("[0-9a-f]{16}")              # fixed: linear
#: Nearly every address; the rest takes ten times as long. Classes that do not hold what follows them: linear.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([A-Za-z0-9._-]+)(?::[0-9]*)?(?:[/?#]|\Z)")
_SURROGATE = re.compile("[\ud800-\udfff]")      # one character: linear


#: The key of a title that the record's source says and is not sure of: one that was read in the text goes before it.
GUESS = "title_guess"


@dataclass(frozen=True, slots=True)
class Record:
    """One document as read: its id, where it came from, its text as decoded, and what its source said of it."""

    id: str
    source: str
    original: str
    metadata: dict[str, str] = field(default_factory=dict)
    input: str = ""     # name of the file it was read from, and the byte in it where it starts
    byte: int = 0
    extra: dict[str, Any] = field(default_factory=dict)     # fields of the input that mean nothing here: JSON values, as they were
    marks: Marks | None = None      # what the markup says of each line of `original`, where there was markup


def weigh_beside(record: Record) -> int:
    """About the characters of what a record holds beside its text.

    >>> weigh_beside(Record("1", "a.jsonl", "text", {"title": "t"}, extra={"licence": "free", "tags": ["a", None]}))
    35
    """
    level: list[Any]
    n, level = len(record.id) + len(record.source), [*record.metadata.values(), record.extra]
    while level:
        value = level.pop()
        if type(value) is str:
            n += len(value)
        elif type(value) is dict:
            level += value.keys()
            level += value.values()
        elif type(value) is list:
            n += len(value)
            level += value
        else:
            n += 8
    return n


def merge_said(found: dict[str, str], said: dict[str, str]) -> dict[str, str]:
    """Metadata of a document: what its record says goes before what was read in the text, but for a title that is a GUESS.

    >>> merge_said({"title": "汛期准备"}, {"title": "某某网", "title_guess": "某某网", "author": "甲"})
    {'title': '汛期准备', 'author': '甲'}
    """
    merged = found | said
    guess = merged.pop(GUESS, None)
    if "title" in found and said.get("title") == guess:
        merged["title"] = found["title"]
    return merged


class Left(NamedTuple):
    """Something inside an input that is no document and no fault: a picture in a crawl, a redirect. It is counted by its kind."""

    source: str
    kind: str       # `PNG image`, `HTTP 404`, `text/css` …


#: Bytes of a faulty document that the quarantine repeats. A larger one is found by its place in the input.
RAW_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that could not be read."""

    source: str             # name of the input
    reason: str             # kebab-case: empty-file, no-known-encoding, json-cut …
    message: str            # one line: what is wrong and what to do next
    line: int | None = None     # 1-based, for JSONL
    byte: int | None = None     # offset in the input where the document starts
    raw: bytes = b""
    file: str = ""          # name of the input that it lies in, where the source is another: a page of an archive, a member
    path: str = field(default="", compare=False)    # of the file, of one that a listing found

    def place(self) -> str:
        """Where, for people: `pages.jsonl, line 3 (byte 120)`."""
        at = f", line {self.line} (byte {self.byte})" if self.line is not None else ""
        return f"{self.source}{at}"

    def as_row(self) -> dict[str, Any]:
        """The line of output/quarantine.jsonl; `raw_base64` holds the bytes where they are not too many."""
        row: dict[str, Any] = {
            "source": self.source, "line": self.line, "byte": self.byte, "reason": self.reason, "message": self.message,
        }
        if self.file:
            row["file"] = self.file
        if len(self.raw) <= RAW_LIMIT:
            row["raw_base64"] = base64.b64encode(self.raw).decode()
        return row


def check_texts(texts: Sequence[str]) -> None:
    """Raise UsageError for what is no list of texts: one text, bytes, an object, nothing at all, None among them."""
    if isinstance(texts, Mapping) or not (hasattr(texts, "__len__") and hasattr(texts, "__getitem__")):
        raise UsageError(f"a list of texts is needed, and this is {describe(texts)}")
    if isinstance(texts, str | bytes):
        raise UsageError("a list of texts is needed, not one: put it into a list")
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise UsageError(f"text {i} is {describe(text)}, not a string; decode bytes first, with `pipeline.decode`")


def replace_surrogates(text: str) -> tuple[str, int]:
    r"""Put U+FFFD for each lone surrogate, which has no UTF-8; give the text and how many there were.

    Only JSON escapes can bring one in: it is a fault of decoding, like a bad byte, and is counted as such.

    >>> replace_surrogates("a\ud800b")
    ('a\ufffdb', 1)
    """
    if text.isascii() or not _SURROGATE.search(text):
        return text, 0
    return _SURROGATE.subn("\ufffd", text)


def find_host(source: str) -> str:
    """The host of an address; empty for what is none.

    >>> find_host("https://news.example.cn/a.html"), find_host("seeds/a.txt")
    ('news.example.cn', '')
    """
    if plain := _ADDRESS.match(source):
        return plain[1].lower()
    try:
        return (urlsplit(source).hostname or "") if "://" in source else ""
    except ValueError:      # no address after all
        return ""


def make_id(source: str, content: bytes) -> str:
    """The id of a document that has none: 16 hex digits of what it is and where it came from, never of its position."""
    return hashlib.sha256(source.encode() + b"\0" + content).hexdigest()[:16]


def is_made(id: str) -> bool:
    """Whether an id looks as `make_id` makes them."""
    return _MADE.fullmatch(id) is not None


class Lines(NamedTuple):
    """The lines of a batch, split at LF only, as columns of equal length. A document of no character has one empty line."""

    start: NDArray[np.int64]    # code point in Texts.joined
    end: NDArray[np.int64]      # exclusive, before the LF
    seen: NDArray[np.uint32]    # class bits of pipeline.chinese.codepoints that occur in the line, with UNTIDY
    doc: NDArray[np.int64]      # index of the document


@dataclass(frozen=True)
class Texts:
    """The texts of a batch, end to end, each followed by one LF that is not part of it.

    >>> texts = Texts.of(["你好", "世界\\n和平"])
    >>> texts.joined, texts.starts.tolist(), texts.ends.tolist()
    ('你好\\n世界\\n和平\\n', [0, 3], [2, 8])
    >>> texts.text(1), len(texts)
    ('世界\\n和平', 2)
    """

    joined: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    marks: tuple[Marks | None, ...] | None = None       # by text: what the markup says of its lines, where there is any

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """Join texts (no lone surrogates) into one view."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        ends = np.cumsum(lengths + 1) - 1
        return cls("\n".join([*texts, ""]) if len(texts) else "", ends - lengths, ends)

    @classmethod
    def of_points(cls, points: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Texts:
        """The same from the code points of what is joined, which become read-only."""
        points.flags.writeable = False
        texts = cls(str(points.data, "utf-32-le"), starts, ends)      # where it stands: 280 MB of a document of 200
        texts.__dict__["points"] = points       # known already
        return texts

    def __len__(self) -> int:
        return len(self.starts)

    def with_marks(self, marks: Sequence[Marks | None] | None) -> Texts:
        """The same texts with their marks; a text that has not as many lines as its marks has none."""
        if marks is None or not any(marks):
            return self
        sizes = np.diff(self.first_lines).tolist()
        fitting = tuple(m if m is not None and len(m) == n else None for m, n in zip(marks, sizes, strict=True))
        marked = Texts(self.joined, self.starts, self.ends, fitting)
        marked.__dict__.update({key: value for key, value in self.__dict__.items() if key not in marked.__dict__})
        return marked

    def text(self, doc: int) -> str:
        """The text of one document."""
        return self.joined[self.starts[doc]:self.ends[doc]]

    def all(self) -> list[str]:
        """Every text, in order."""
        return [self.joined[a:b] for a, b in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]

    @cached_property
    def points(self) -> NDArray[np.uint32]:
        """The code points of `joined`, uint32 [len(joined)], read-only."""
        return np.frombuffer(self.joined.encode("utf-32-le"), np.uint32)

    @cached_property
    def lines(self) -> Lines:
        """All lines with the classes of characters they hold: look here before you touch a line."""
        start, end, seen = find_lines(self.points, load_classes())
        first = np.searchsorted(start, self.starts)     # each text begins a line
        return Lines(start, end, seen, np.repeat(np.arange(len(self)), np.diff(np.append(first, len(start)))))

    @cached_property
    def canonical(self) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The canonical form of all lines, end to end, and their bounds, as `canonical_spans` gives them: no rule of it looks over
        the end of a line, so that of a document is that of its lines.
        """
        return canonical_spans(self.points, self.lines.start, self.lines.end)

    def line(self, index: int) -> str:
        """The text of one line, without its LF."""
        return self.joined[self.lines.start[index]:self.lines.end[index]]

    @cached_property
    def first_lines(self) -> NDArray[np.int64]:
        """Index of the first line of each document, and after the last document the number of lines: int64 [n + 1]."""
        return np.searchsorted(self.lines.doc, np.arange(len(self) + 1), side="left")
