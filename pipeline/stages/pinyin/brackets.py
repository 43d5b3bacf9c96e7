"""Brackets that could hold a reading: where they stand, what they spell, and which hanzi before them they read.

One regex over the lines that hold an opening bracket, a hanzi and a letter; a bracket is judged in `context`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipeline.chinese.codepoints import HAN as HAN_BIT
from pipeline.chinese.codepoints import LATIN, OPEN, READING
from pipeline.record import Texts
from pipeline.stages.pinyin.readings import CONTENT, Spelling, is_han, is_syllables, read_back, spell

__all__ = ["BLANKS", "Bracket", "count_hanzi", "find_brackets"]

BLANKS = " \t\u00a0\u3000\u2002\u2003\u2009"

# The class between the brackets holds no bracket and is possessive: no attempt reads what another has read, linear.
_BRACKET = re.compile(f"[（(\\[【〔［]([{CONTENT}]++)[）)\\]】〕］]")
#: Names shorter than this are handed on, because they can be a part of word play: 英（C）语（yǔ）科（yán）.
_SHORT_NAME = 4
_DIGIT = re.compile("[0-5]")


class Bracket(NamedTuple):
    """A bracket of letters after text, in code points of `Texts.joined`."""

    start: int              # of the opening bracket
    end: int                # after the closing bracket
    base: int               # where the hanzi it reads start; -1 where it reads none
    base_end: int           # where they end: before blanks, quotes and earlier brackets of a chain
    line: int
    doc: int
    content: str
    spelling: Spelling | None

    @property
    def reads(self) -> bool:
        """Does it read the hanzi before it?"""
        return self.base >= 0

    @property
    def syllables(self) -> bool:
        """Does it spell syllables without a capital, whatever they read?"""
        return self.spelling is not None and not self.spelling.capital and is_syllables(self.spelling.letters)


def find_brackets(texts: Texts) -> Iterator[list[Bracket]]:
    """The brackets of each document that holds any, in order; brackets that can read nothing are left out."""
    lines = texts.lines
    seen = lines.seen
    chosen = np.flatnonzero((seen & OPEN != 0) & (seen & HAN_BIT != 0) & (seen & (LATIN | READING) != 0))
    found: list[Bracket] = []
    columns = (chosen, lines.start[chosen], lines.end[chosen], lines.doc[chosen])
    for line, start, end, doc in zip(*(c.tolist() for c in columns), strict=True):
        if found and found[-1].doc != doc:
            yield found
            found = []
        found.extend(_find_in_line(texts.joined, line, start, end, doc))
    if found:
        yield found


def _find_in_line(joined: str, line: int, start: int, end: int, doc: int) -> Iterator[Bracket]:
    last_end = last_base_end = -1
    for match in _BRACKET.finditer(joined, start, end):
        first = match.start()
        if first == start or (joined[first - 1].isalnum() and joined[first - 1].isascii()):
            continue                                    # print(a), f(x): no hanzi before it
        at = _skip_blanks_back(joined, first, start)
        base_end = last_base_end if last_end == at else at
        last_end, last_base_end = match.end(), base_end
        content = match[1]
        if _is_name(content):
            if len(content) >= _SHORT_NAME:
                continue
            spelling = None
        else:
            spelling = spell(content)
        base = read_back(spelling.letters, joined, base_end, start, erhua=spelling.toned) if spelling else -1
        yield Bracket(first, match.end(), base, base_end, line, doc, content, spelling)


def count_hanzi(joined: str, b: Bracket) -> int:
    """How many hanzi a bracket reads."""
    return sum(map(is_han, joined[b.base:b.base_end]))


def _is_name(content: str) -> bool:
    """ASCII with a capital and no tone digit: a romanised name, an acronym, a gloss. It stays, whatever it reads."""
    return content.isascii() and not content.islower() and not _DIGIT.search(content)


def _skip_blanks_back(joined: str, at: int, first: int) -> int:
    while at > first and joined[at - 1] in BLANKS:
        at -= 1
    return at
