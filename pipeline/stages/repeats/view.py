"""One document as the repeats stage looks at it: canonical code points, where they came from, and the lines they make."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import load_canonical, load_classes
from pipeline.chinese.plain import fold_plain
from pipeline.record import Texts
from pipeline.stages.repeats.kernels.blocks import LINE, SENTENCE_HEAD, fold_document
from pipeline.stages.repeats.kernels.buffer import Buffer

__all__ = ["ENDED", "SENTENCE", "Cut", "Line", "Lines", "View", "is_han", "make_view"]

#: Half of it is enough for any text but the largest.
Places = NDArray[np.int32] | NDArray[np.int64]

#: A canonical range to cut, and why.
Cut = tuple[int, int, str]

#: Characters that end what stands before them: a cut inside a line leaves them to the sentence they close.
_CLOSERS = frozenset("。！？!?…，、；：,;:.”’」』）)]】〕》〉\"' \t\u3000\u00a0~～—-")


#: The end of a sentence: one character, with one look back: linear.
SENTENCE = re.compile("[。！？!?．]|(?<=[\u4e00-\u9fff])\\.")
#: A line that ends a sentence: a class, then closing marks to the end, none of which is of that class: linear.
ENDED = re.compile("[。！？!?；;…．.][”’」』）)\\]】]*$")


#: Lines of which no list is made, lines that are made at once, and places of a column that are moved at once.
MANY = 1 << 16


def is_han(folded: str) -> bool:
    """Whether at least half of some canonical text is hanzi of the common block: not code, not a link, not figures."""
    points = np.frombuffer(folded.encode("utf-32-le"), np.uint32)
    return 2 * int(np.count_nonzero((points >= 0x4E00) & (points <= 0x9FFF))) >= len(points) > 0


class Line(NamedTuple):
    """A line that holds text, or what is left of it after a cut at its head."""

    first: int      # range in the canonical code points
    last: int
    start: int      # range in `joined`
    end: int
    joined: str

    @property
    def tail(self) -> str:
        """The last characters of the line, stripped of blanks: enough to see how it ends."""
        return self.joined[max(self.start, self.end - 32):self.end].rstrip()

    @property
    def text(self) -> str:
        """The line as it stands, stripped of blanks."""
        return self.joined[self.start:self.end].strip()

    @property
    def plain(self) -> str:
        """The same as words are looked for in it: simplified, half-width, as long."""
        return fold_plain(self.text)


class Lines(Sequence[Line]):
    """The lines of a document as columns, each made when somebody asks: of 1,800 statutes that is a quarter of this stage, and
    as a list those of a document of 200 MB take 340 MB.
    """

    def __init__(
        self, joined: str, first: NDArray[np.int64], last: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> None:
        self.joined, self.first, self.last, self.start, self.end = joined, first, last, start, end

    def __len__(self) -> int:
        return len(self.first)

    @overload
    def __getitem__(self, i: int) -> Line: ...
    @overload
    def __getitem__(self, i: slice) -> list[Line]: ...
    def __getitem__(self, i: int | slice) -> Line | list[Line]:
        if isinstance(i, slice):
            columns = (x[i].tolist() for x in (self.first, self.last, self.start, self.end))
            return list(map(Line._make, zip(*columns, repeat(self.joined), strict=False)))
        return Line(int(self.first[i]), int(self.last[i]), int(self.start[i]), int(self.end[i]), self.joined)

    def __iter__(self) -> Iterator[Line]:
        return (line for i in range(0, len(self), MANY) for line in self[i:i + MANY])


@dataclass
class View:
    """A document, or what is left of it after earlier cuts, in canonical form. Places are indexes into `points`."""

    joined: str
    start: int                      # of the document, in `joined`
    end: int
    points: NDArray[np.uint32]
    origin: Places                  # place in `joined` of each canonical code point
    breaks: NDArray[np.int64]       # places in `joined` of the LF between its lines
    begins: NDArray[np.uint8]       # LINE, SENTENCE_HEAD, PHRASE (after an opening quote or a label) or 0

    @cached_property
    def folded(self) -> str:
        """The canonical text."""
        return str(self.points.data, "utf-32-le")

    @cached_property
    def lines(self) -> Lines:
        """The lines that hold canonical code points, in order."""
        firsts = np.flatnonzero(self.begins == LINE)
        lasts = np.append(firsts[1:], len(self.points))[:len(firsts)]
        number = np.searchsorted(self.breaks, self.origin[firsts])       # of the LF that ends the line
        starts = np.append(self.start, self.breaks + 1)[number]
        before = np.where(firsts > 0, self.origin[firsts - 1] + 1, 0)    # where its head is cut, a title glued to it
        return Lines(self.joined, firsts, lasts, np.maximum(starts, before), np.append(self.breaks, self.end)[number])

    @cached_property
    def is_prose(self) -> bool:
        """Whether the document is mostly prose."""
        return self.is_prose_within(0, len(self.points))

    def is_prose_within(self, a: int, b: int) -> bool:
        """Whether half of a range stands in lines of at least 20 canonical code points that hold the end of a sentence."""
        if a >= b:
            return False
        first, last = self.find_line(a), self.find_line(b - 1)
        prose, mass = self._prose
        head = (a - self.lines[first].first) * prose[first]
        tail = (self.lines[last].last - b) * prose[last]
        return bool(2 * (mass[last + 1] - mass[first] - head - tail) >= b - a)

    @cached_property
    def _prose(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which lines are prose (1), and the canonical code points of such lines before each line."""
        lines = self.lines
        sizes = lines.last - lines.first
        prose = np.zeros(len(lines), np.int64)
        for i in np.flatnonzero(sizes >= 20).tolist():
            prose[i] = SENTENCE.search(lines[i].text) is not None
        return prose, np.concatenate([[0], np.cumsum(sizes * prose)])

    @cached_property
    def firsts(self) -> Sequence[int] | NDArray[np.int64]:
        """Where the lines begin."""
        firsts = self.lines.first
        return firsts if len(firsts) > MANY else firsts.tolist()

    def find_line(self, at: int) -> int:
        """The number of the line that holds a canonical place."""
        return bisect_right(self.firsts, at) - 1

    def snap(self, a: int, b: int) -> tuple[int, int]:
        """The whole lines and sentences that lie within a canonical range."""
        while a < b and not self.begins_unit(a):
            a += 1
        while b > a and not self.begins_unit(b):
            b -= 1
        return a, b

    def text(self, a: int, b: int) -> str:
        """The text as it stands of a canonical range, with the punctuation that closes it."""
        start, end = self.place(a, b)
        return self.joined[start:end]

    def begins_line(self, at: int) -> bool:
        """Whether a canonical place is the head of a line, or the end of the document."""
        return at >= len(self.points) or bool(self.begins[at] == LINE)

    def begins_unit(self, at: int) -> bool:
        """Whether a line or a sentence begins at a canonical place, or the document ends there."""
        return at >= len(self.points) or bool(self.begins[at] >= SENTENCE_HEAD)

    def place(self, a: int, b: int) -> tuple[int, int]:
        """The span of `joined` to cut for a canonical range: whole lines with one LF each, or sentences within a line."""
        start, end = int(self.origin[a]), int(self.origin[b - 1]) + 1
        heads, line = self.begins_line(a), self.lines[self.find_line(a)]
        start = line.start if heads else self._close(start, line.start)
        if not self.begins_line(b):
            return start, self._close(int(self.origin[b]), end)
        stop = self.lines[self.find_line(b - 1)].end
        return start, stop + 1 if heads and b < len(self.points) and stop < self.end else stop

    def _close(self, at: int, floor: int) -> int:
        """Go back from `at` to where the marks that close the sentence before end."""
        begin = at
        while begin > floor and not self._is_text(begin - 1):
            begin -= 1
        while begin < at and self.joined[begin] in _CLOSERS:
            begin += 1
        return begin

    def _is_text(self, at: int) -> bool:
        return bool(load_canonical()[ord(self.joined[at])])

    def drop(self, cuts: list[Cut]) -> None:
        """Leave out some canonical ranges. A line whose head is cut begins after it."""
        for known in ("folded", "lines", "is_prose", "_prose", "firsts"):
            self.__dict__.pop(known, None)
        keep = np.ones(len(self.points), np.bool_)
        begins = self.begins
        for a, b, _ in cuts:
            keep[a:b] = False
            if b < len(begins) and begins[a] == LINE:
                begins[b] = LINE
        for column in (self.points, self.origin, begins):
            _squeeze(column, keep)


def _squeeze(column: NDArray[Any], keep: NDArray[np.bool_]) -> None:
    """Keep some places of a column, where it stands: of a document of 200 MB a second one takes 280."""
    n = 0
    for at in range(0, len(column), MANY):
        own = column[at:at + MANY][keep[at:at + MANY]]
        column[n:n + len(own)] = own
        n += len(own)
    column.resize(n, refcheck=False)


def make_view(texts: Texts, doc: int) -> View:
    """Fold one document of a batch."""
    start, end = int(texts.starts[doc]), int(texts.ends[doc])
    points, begins = np.empty(end - start, np.uint32), np.empty(end - start, np.uint8)
    origin: Places = np.empty(end - start, np.int32) if end < 1 << 31 else np.empty(end - start, np.int64)
    buffer = Buffer(texts.points, load_classes(), load_canonical())
    n = fold_document(buffer, start, end, points, origin, begins)
    first, last = texts.first_lines[doc], texts.first_lines[doc + 1]
    breaks = texts.lines.end[first:last - 1]
    for column in (points, origin, begins):
        column.resize(n, refcheck=False)        # where it stands: nobody else has it
    return View(texts.joined, start, end, points, origin, breaks, begins)
