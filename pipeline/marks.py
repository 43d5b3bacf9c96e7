"""What the markup of a page says of each of its lines: evidence beside the text, for the stages that judge lines.

Readers of marked-up formats give it; texts without markup have none, and are judged without.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Marks:
    """What the markup says of each line; arrays of one length, the number of lines."""

    kind: NDArray[np.uint8]         # a Kind
    level: NDArray[np.uint8]        # of a heading, 1 to 6; else 0
    region: NDArray[np.uint8]       # Region bits of all elements around the line
    token: NDArray[np.uint32]       # Token bits of the three nearest elements with a class or id
    link: NDArray[np.uint8]         # share of its characters that stand in links, in 255ths
    depth: NDArray[np.uint8]        # elements around it, 255 at most

    def with_title(self) -> Marks:
        """The marks with those of a headline before them."""
        first = Marks.of([(Kind.HEADING, 1, 0, 0, 0, 0)])
        columns: list[Any] = [np.concatenate([getattr(first, f.name), getattr(self, f.name)]) for f in fields(self)]
        return Marks(*columns)

    @classmethod
    def of(cls, rows: list[tuple[int, int, int, int, int, int]]) -> Marks:
        """Marks from one tuple a line."""
        columns = np.array(rows, np.int64).reshape(len(rows), 6).T
        kind, level, region, token, link, depth = columns
        return cls(
            kind.astype(np.uint8), level.astype(np.uint8), region.astype(np.uint8), token.astype(np.uint32),
            link.astype(np.uint8), depth.astype(np.uint8),
        )
