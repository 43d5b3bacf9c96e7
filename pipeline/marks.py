"""What the markup of a page says of each of its lines: evidence beside the text, for the stages that judge lines.

Readers of marked-up formats give it; texts without markup have none, and are judged without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kind", "Marks", "Region", "Token"]


class Kind(IntEnum):
    """What block a line is."""

    OTHER = 0
    PARAGRAPH = 1
    HEADING = 2
    ITEM = 3        # of a list
    ROW = 4         # of a table of data: the cells of one row
    CELL = 5        # of a table that lays the page out
    CODE = 6        # text with its own white space
    QUOTE = 7
    CAPTION = 8
    CONTROL = 9     # button, label


class Region(IntFlag):
    """Parts of a page that have an element or a role of their own."""

    NAV = 1
    HEADER = 2
    FOOTER = 4
    ASIDE = 8
    MAIN = 16
    ARTICLE = 32
    FORM = 64
    HIDDEN = 128    # not drawn until a script shows it: the captions of a gallery, the tabs of a box, the window of a login


class Token(IntFlag):
    """Parts of a page as named in class and id."""

    MENU = 1
    CRUMB = 2
    HEAD = 4
    FOOT = 8
    SIDE = 16
    COMMENT = 32
    SHARE = 64
    RELATED = 128
    RANK = 256
    AD = 512
    LEGAL = 1024
    LOGIN = 2048
    PAGER = 4096
    TAGS = 8192
    TITLE = 16384
    BYLINE = 32768
    CONTENT = 65536
    LIST = 131072
    USER = 262144
    BESIDE = 524288     # what stands beside a main text: comments, related pages, ranks, advertisements
    REPLY = 1048576     # answers, which may be the text of a page as well


@dataclass(frozen=True, slots=True)
class Marks:
    """What the markup says of each line; arrays of one length, the number of lines."""

    kind: NDArray[np.uint8]         # a Kind
    level: NDArray[np.uint8]        # of a heading, 1 to 6; else 0
    region: NDArray[np.uint8]       # Region bits of all elements around the line
    token: NDArray[np.uint32]       # Token bits of the three nearest elements with a class or id
    link: NDArray[np.uint8]         # share of its characters that stand in links, in 255ths
    depth: NDArray[np.uint8]        # elements around it, 255 at most
    shared: NDArray[np.uint8]       # of these, how many are around the line before, too: with `depth`, the tree of the page

    def with_title(self) -> Marks:
        """The marks with those of a headline before them."""
        first = Marks.of([(Kind.HEADING, 1, 0, 0, 0, 0, 0)])
        columns: list[Any] = [np.concatenate([getattr(first, f.name), getattr(self, f.name)]) for f in fields(self)]
        return Marks(*columns)

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def blank(cls, n: int) -> Marks:
        """Marks of so many lines of which nothing is said."""
        return cls.of([(0,) * len(fields(cls))] * n)

    def take(self, rows: NDArray[np.int64]) -> Marks:
        """Those of some lines, in their order, as if the others were not there: what two of these share, all between them share."""
        columns: list[Any] = [getattr(self, f.name)[rows] for f in fields(self)]
        taken = Marks(*columns)
        if len(rows):
            begins = np.concatenate((np.zeros(1, np.int64), rows[:-1] + 1))
            taken.shared[:] = np.minimum.reduceat(self.shared[:rows[-1] + 1], begins)
        return taken

    def follow(self, rows: NDArray[np.int64]) -> Marks:
        """Those of lines that may have been parted: for each, in order, the line that it came from, its own more than once then.

        >>> Marks.of([(1, 0, 0, 0, 0, 3, 2), (2, 0, 0, 0, 0, 4, 1)]).follow(np.array([0, 0, 1])).shared.tolist()
        [2, 3, 1]
        """
        again = np.diff(rows, prepend=-1) == 0
        whole = self.take(rows[~again])
        columns: list[Any] = [getattr(whole, f.name)[np.cumsum(~again) - 1] for f in fields(self)]
        followed = Marks(*columns)
        followed.shared[again] = followed.depth[again]      # two parts of one line share all that is around it
        return followed

    @classmethod
    def join(cls, parts: Sequence[Marks]) -> Marks:
        """Marks of texts end to end."""
        columns: list[Any] = [np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)]
        return cls(*columns)

    @classmethod
    def of(cls, rows: list[tuple[int, ...]]) -> Marks:
        """Marks from one tuple a line, in the order of the fields."""
        types = (np.uint8, np.uint8, np.uint8, np.uint32, np.uint8, np.uint8, np.uint8)
        columns: list[Any] = list(np.array(rows, np.int64).reshape(len(rows), len(types)).T)
        return cls(*(column.astype(kind) for column, kind in zip(columns, types, strict=True)))
