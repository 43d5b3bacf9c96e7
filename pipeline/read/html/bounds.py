"""Markup that would take a parser quadratic time, cut down to what a browser would make of it.

The algorithm of the standard looks through all open elements for many a tag, and through all attributes of a tag for each
of them: 100,000 nested `<div>` take 13 s, a tag of a million attributes never ends. Browsers stop nesting at 512
(Chromium's limit) and so do we; a tag with more attributes than any page needs loses them. Pages of the usual kind are
looked at with two counts and one regular expression that finds nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.read.html.kernels.nesting import nests_deeper
from pipeline.read.html.words import hash_table

__all__ = ["bound_markup"]

#: Elements that may be open at once. Chromium's own limit.
DEPTH = 512

#: A text with fewer tags than this cannot cost much however it nests: 0.5 s at the worst.
MANY_TAGS = 20_000

#: Characters of a tag from which its attributes are counted, and how many it may have.
LONG_TAG = 8_192
MANY_ATTRIBUTES = 500

# From each "<" to the next "<" or ">", which no match passes: linear.
_LONG = re.compile(rf"<([a-zA-Z][\w-]{{0,30}})([^<>]{{{LONG_TAG},}})")
_NESTS = (
    "div|span|b|i|u|s|em|strong|font|big|small|center|blockquote|section|article|ul|ol|dl|table|form|code|tt|a|sub|sup|ins|del|label|"
    "button|ruby|fieldset|header|footer|nav|main|aside|figure|details|bdo|cite|q|var|kbd|samp"
)
# A name of bounded length, then to the next "<" or ">": linear.
_NESTING = re.compile(rf"<(/?)(?:{_NESTS})(?=[\s/>])[^<>]*>?", re.IGNORECASE)


def bound_markup(text: str, data: bytes | None = None) -> bytes:
    """The markup in UTF-8, elements nested deeper than `DEPTH` and attributes beyond measure taken out; no text goes.

    `data` is the text in UTF-8, where it is known.

    >>> bound_markup("<p class=a>党建</p>").decode()
    '<p class=a>党建</p>'
    """
    data = _encode(text) if data is None else data
    if _has_long_tag(data):
        text = _LONG.sub(_without_many_attributes, text)
        data = _encode(text)
    many = len(text) > 3 * MANY_TAGS and data.count(b"<") > MANY_TAGS
    deep = many and nests_deeper(np.frombuffer(data, np.uint8), _load_names(), DEPTH)      # 15 ms a page of 3 MB by the pattern
    return _encode(_flatten(text)) if deep else data


@lru_cache(1)
def _load_names() -> NDArray[np.int64]:
    return hash_table(dict.fromkeys(_NESTS.split("|"), 1))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "ignore")       # lone surrogates have none


def _has_long_tag(data: bytes) -> bool:
    """Whether there may be one: behind `<` it passes over a whole block of half its length that holds neither `<` nor `>`.

    A page without is told after two searches in each block; looking for `_LONG` took 2 s of 277 MB, a fourteenth of a run. Data of
    a script are long enough in one page of five, but stand behind `>`.
    """
    half, opened = LONG_TAG // 2, False     # a character has one byte at least
    for at in range(0, len(data) - half, half):
        begins, ends = data.rfind(b"<", at, at + half), data.rfind(b">", at, at + half)
        if begins == ends:      # neither
            if opened:
                return True
        else:
            opened = begins > ends
    return False


def _without_many_attributes(match: re.Match[str]) -> str:
    return f"<{match[1]} " if len(match[2].split(None, MANY_ATTRIBUTES)) > MANY_ATTRIBUTES else match[0]


def _flatten(text: str) -> str:
    """Leave out the tags of elements that would be open below `DEPTH` others."""
    depth = over = 0
    pieces: list[str] = []
    at = 0
    for match in _NESTING.finditer(text):
        if not match[1]:
            depth += 1
            if depth <= DEPTH:
                continue
            over += 1
        elif over:
            over -= 1
            depth -= 1
        else:
            depth = max(0, depth - 1)
            continue
        pieces.append(text[at:match.start()])
        at = match.end()
    return "".join([*pieces, text[at:]])
