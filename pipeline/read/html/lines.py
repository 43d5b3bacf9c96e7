"""The tree of a page to lines: one block a line, in the order of the source, each with what the markup says of it.

White space is folded as a browser folds it, and a line break of the source between two hanzi is none (CSS Text 3, 4.1.3), unless it
stands alone between two tags: elements of a line that the source sets apart, browsers draw apart. So is what stands on both sides
of a box (a picture, the field of a form).
The cells of one row of a table of data are one line; a table that only lays the page out is as many lines as its cells have.
A reading in `<rt>` becomes a bracket after its base. All this is one loop over the markup of the tree (`kernels`); here stands
what few lines need: numbers of lists, and white space that stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.marks import Marks
from pipeline.read.html.kernels.columns import (
    CODE,
    END,
    HIDDEN,
    L_DEPTH,
    L_FLAGS,
    L_KIND,
    L_REGION,
    L_SHARED,
    O_COUNT,
    O_DOWN,
    O_START,
    O_START_END,
    O_TYPE,
    O_TYPE_END,
    PRE,
    Rows,
)
from pipeline.read.html.kernels.walk import scan
from pipeline.read.html.words import load_tables

__all__ = ["Says", "find_lines"]

#: Elements that say something of the page: which one (of `kernels`), where its attributes begin and end.
Says = list[tuple[int, int, int]]

_HAN = re.compile("[\u4e00-\u9fff]")       # one class
#: Opens and closes a block of code for whoever reads the lines: its white space stays then.
_FENCE = "```"
#: What an item of a list begins with that has its number in its text; bounded: linear.
_NUMBERED = re.compile(
    r"[(（【\[]?\s{0,2}(?:第?[0-9０-９一二三四五六七八九十]{1,4}|[a-zA-Z])\s{0,2}[.．、)）】\]:：章节条步,，]|[①-⓿❶-➓]"
)
#: Addresses, and what a script puts values in place of. Classes up to a bound, none of which holds what follows it: linear.
_FOR_SCRIPTS = re.compile(r"(?:https?:)?//[!-~]{4,400}|(?:/[\w-]{1,60}){1,9}/[\w-]{1,60}\.\w{2,5}|\{\{[^{}]{1,200}\}\}", re.ASCII)
_SENTENCE = re.compile("[，。！？；：、（）“”]")      # one class


def find_lines(markup: bytes) -> tuple[list[str], Marks, Says]:
    """The lines of a page, their marks, and the elements that say something of the page; `markup` is the parser's writing of it."""
    out, rows, items, lists, says = scan(np.frombuffer(markup, np.uint8), load_tables())
    lines, columns, of = _cut_lines(out.tobytes(), rows)
    for row, name in _name_items(markup, items, lists):
        at = row if of is None else int(np.searchsorted(of, row))
        if not _NUMBERED.match(lines[at]):
            lines[at] = name + lines[at]
    lines, columns = _leave_out_machine_lines(lines, columns)
    said: Any = columns[:, :len(fields(Marks))]
    return lines, Marks.of(said), says.tolist()


def _leave_out_machine_lines(lines: list[str], columns: Rows) -> tuple[list[str], Rows]:
    """What is left without the lines that are for scripts; a line shares with the one before it what it shared with all between."""
    hidden = np.flatnonzero(columns[:, L_REGION - L_KIND] & HIDDEN)
    machine = [at for at in hidden.tolist() if _is_for_scripts(lines[at])]
    if not machine:
        return lines, columns
    kept = np.delete(np.arange(len(lines)), machine)
    left = columns[kept]
    if len(kept):
        begins = np.concatenate(([0], kept[:-1] + 1))
        left[:, L_SHARED - L_KIND] = np.minimum.reduceat(columns[:kept[-1] + 1, L_SHARED - L_KIND], begins)
    return [lines[at] for at in kept.tolist()], left


def _is_for_scripts(line: str) -> bool:
    """Whether two thirds of a line that is not drawn are addresses, and the rest is no sentence.

    Addresses of the pictures of a gallery, values of a page's own place: 6 % of the hidden lines of the crawl. All but 50 are one
    address; these were read.
    """
    return 3 * sum(map(len, _FOR_SCRIPTS.findall(line))) >= 2 * len(line) and not _SENTENCE.search(line)


def _cut_lines(text: bytes, rows: Rows) -> tuple[list[str], Rows, NDArray[np.int64] | None]:
    """The lines, what is said of each, and of which row each is: None where each is its own.

    Blank lines at the ends of a page with white space that stays are left out.
    """
    columns = rows[:, L_KIND:L_SHARED + 1]
    if not (rows[:, L_FLAGS] & PRE).any():
        return text.decode().split("\n") if text else [], columns, None
    lines: list[str] = []
    numbers: list[int] = []
    at = 0
    for number, (end, flags) in enumerate(rows[:, (END, L_FLAGS)].tolist()):
        line = text[at:end].decode()
        at = end + 1
        own = _cut_block(line, flags) if flags & PRE else [line]
        lines += own
        numbers += [number] * len(own)
    first = next((n for n, line in enumerate(lines) if line), len(lines))
    last = next((n for n in range(len(lines), first, -1) if lines[n - 1]), first)
    of = np.array(numbers[first:last], np.int64)
    columns = columns[of]
    again = 1 + np.flatnonzero(np.diff(of) == 0)        # lines of one block share all that is around them
    columns[again, L_SHARED - L_KIND] = columns[again, L_DEPTH - L_KIND]
    return lines[first:last], columns, of


def _cut_block(text: str, flags: int) -> list[str]:
    """The lines of a `<pre>`, fenced if they are code."""
    own = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")]
    if len(own) > 1 and _is_code(own, flags) and not any(_FENCE in line for line in own):
        return [_FENCE, *own, _FENCE]
    return own


def _is_code(lines: list[str], flags: int) -> bool:
    """Whether the lines of a `<pre>` are code, not prose: it says so, or they are indented and hold little Chinese."""
    if flags & CODE:
        return True
    text = "".join(lines)
    indented = sum(line[:1] in (" ", "\t") for line in lines)
    return indented > 1 and len(_HAN.findall(text)) * 4 < len(text)


def _name_items(markup: bytes, items: Rows, lists: Rows) -> Iterator[tuple[int, str]]:
    """Of items of numbered lists that begin a line: its row, and what stands before it, `3. ` or, where asked for, `c. `."""
    following: dict[int, int] = {}
    for list_, start, end, row in items.tolist():
        own = lists[list_]
        down = bool(own[O_DOWN])
        if list_ not in following:
            following[list_] = _whole(markup, own[O_START], own[O_START_END], int(own[O_COUNT]) if down else 1)
        number = _whole(markup, start, end, following[list_])
        following[list_] = number - 1 if down else number + 1
        kind = markup[own[O_TYPE]:own[O_TYPE_END]]
        if row >= 0:
            yield row, f"{chr(kind[0] + number - 1) if kind in (b'a', b'A') and 0 < number <= 26 else number}. "


def _whole(markup: bytes, start: int, end: int, other: int) -> int:
    """A number as attributes have it, of at most nine digits; `start` is -1 where there is no attribute."""
    text = markup[max(start, 0):max(end, 0)].decode().strip()
    return int(text) if text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 10 else other
