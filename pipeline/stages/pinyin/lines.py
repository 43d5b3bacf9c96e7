"""Readings without brackets: a line of pinyin over or under its hanzi, and ruby whose hanzi each carry their reading.

A line of nothing but pinyin goes when it reads a whole neighbouring line, else it stays (docs/policy.md, Readings, 7). Ruby
goes in runs of three and more (大dà漠mò沙shā), toned, so that a word quoted with its reading stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import HAN as HAN_BIT
from pipeline.chinese.codepoints import HANGUL, KANA, LATIN, READING
from pipeline.edits import Edit, cut_lines
from pipeline.record import Texts
from pipeline.stages.pinyin.brackets import BLANKS
from pipeline.stages.pinyin.content import find_content_lines
from pipeline.stages.pinyin.readings import CONTENT, HAN, is_han, read_back, spell

__all__ = ["cut_reading_lines", "cut_ruby"]

#: A line of toneless pinyin must read this many hanzi: shorter ones are names (百度 over baidu).
_FEWEST_TONELESS = 4
#: Tokens of a ruby run. Two may be a word that is talked about.
_FEWEST_RUBY = 3

# Possessive classes that share no character with what follows them: linear.
_READING_LINE = re.compile(f"[（(\\[【〔［]?([{CONTENT}]++)[）)\\]】〕］]?[ \u3000]*+$")
_LETTERS = "A-Za-zＡ-Ｚａ-ｚ\u00c0-\u024f\u0250-\u02af\u02c7-\u02cb\u02d9\u0300-\u030c\u1e00-\u1eff\u3105-\u312f"
# The group is not: before Python 3.11.5 `re` keeps what a possessive group took in a round that failed. Nothing follows: linear.
_TOKEN = re.compile(f"(?<=[{HAN}\u3000 ])[{_LETTERS}]++(?:[ '’][{_LETTERS}]++)*")
_FIRST_HAN = re.compile(f"[{HAN}]")


def cut_reading_lines(texts: Texts) -> list[Edit]:
    """Edits that take out lines of pinyin or bopomofo which read the hanzi line under or over them."""
    cut: NDArray[np.bool_] | None = None
    contents: dict[int, set[int]] = {}
    for line, neighbours in _find_letter_lines(texts):
        match = _READING_LINE.match(texts.joined, int(texts.lines.start[line]), int(texts.lines.end[line]))
        if match is None or not any(_reads_line(texts, match[1], other) for other in neighbours):
            continue
        doc = int(texts.lines.doc[line])
        if doc not in contents:
            contents[doc] = find_content_lines(texts, doc)
        if line not in contents[doc]:
            cut = np.zeros(len(texts.lines.start), np.bool_) if cut is None else cut
            cut[line] = True
    return [] if cut is None else list(cut_lines(texts, cut, ["reading-line"] * len(cut)))


def _find_letter_lines(texts: Texts) -> Iterator[tuple[int, list[int]]]:
    """Lines of letters without hanzi, each with the hanzi lines that it could read by its place and length.

    Those are the lines next to it and, for the lines of a block, the ones at the same place of the block next to it.
    """
    lines = texts.lines
    han = lines.seen & HAN_BIT != 0
    letters = ~han & (lines.seen & (LATIN | READING) != 0) & (lines.seen & (KANA | HANGUL) == 0)
    chosen = np.flatnonzero(letters)
    if not len(chosen):
        return
    length = lines.end - lines.start
    parts = (np.diff(chosen, prepend=chosen[0]) > 1) | (np.diff(lines.doc[chosen], prepend=lines.doc[chosen[0]]) > 0)
    block = np.cumsum(parts)        # a block ends with its document
    size = np.bincount(block)[block]
    near: dict[int, set[int]] = {}
    for step in (1, -1, size, -size):
        other = chosen + step
        inside = (other >= 0) & (other < len(han))
        here, other = chosen[inside], other[inside]
        fits = han[other] & (lines.doc[here] == lines.doc[other])
        fits &= (length[here] >= length[other]) & (length[here] <= 9 * length[other] + 8)
        for line, neighbour in zip(here[fits].tolist(), other[fits].tolist(), strict=True):
            near.setdefault(line, set()).add(neighbour)
    for line, neighbours in sorted(near.items()):
        yield line, sorted(neighbours)


def _reads_line(texts: Texts, content: str, other: int) -> bool:
    spelling = spell(content)
    if spelling is None or (spelling.capital and not spelling.toned):
        return False
    start, end = int(texts.lines.start[other]), int(texts.lines.end[other])
    first = _FIRST_HAN.search(texts.joined, start, end)
    if first is None:
        return False
    base = read_back(spelling.letters, texts.joined, end, first.start(), erhua=spelling.toned)
    if base != first.start():
        return False
    return spelling.toned or len(_FIRST_HAN.findall(texts.joined, start, end)) >= _FEWEST_TONELESS


def cut_ruby(texts: Texts) -> Iterator[Edit]:
    """Edits that take out toned readings written straight after each hanzi or word of a run."""
    lines = texts.lines
    contents: dict[int, set[int]] = {}
    for line in np.flatnonzero((lines.seen & HAN_BIT != 0) & (lines.seen & READING != 0)).tolist():
        start, end, doc = int(lines.start[line]), int(lines.end[line]), int(lines.doc[line])
        for run in _find_runs(texts.joined, start, end):
            if doc not in contents:
                contents[doc] = find_content_lines(texts, doc)
            if line not in contents[doc]:
                yield from (Edit(a, b, "", "ruby-reading") for a, b in run)


def _find_runs(joined: str, start: int, end: int) -> Iterator[list[tuple[int, int]]]:
    """Runs of tokens, as spans with their blanks, where every hanzi since the token before is read."""
    run: list[tuple[int, int]] = []
    toned = 0
    for match in _TOKEN.finditer(joined, start, end):
        at = match.start()
        while at > start and joined[at - 1] in BLANKS:
            at -= 1
        spelling = spell(match[0]) if at > start and is_han(joined[at - 1]) else None
        base = read_back(spelling.letters, joined, at, start, erhua=True) if spelling else -1
        if base < 0 or not run or not _follows(joined, run[-1][1], base):
            if len(run) >= _FEWEST_RUBY and 2 * toned > len(run):
                yield run
            run, toned = [], 0
        if spelling and base >= 0:
            after = match.end()
            while after < end and joined[after] in BLANKS:
                after += 1
            run.append((at, after if joined[after] == "\n" or not joined[after].isascii() else match.end()))
            toned += spelling.toned
    if len(run) >= _FEWEST_RUBY and 2 * toned > len(run):
        yield run


def _follows(joined: str, end: int, base: int) -> bool:
    """Does no hanzi and no letter stand between the end of one token and the hanzi of the next?"""
    return base - end <= 3 and not any(c.isalnum() for c in joined[end:base])
