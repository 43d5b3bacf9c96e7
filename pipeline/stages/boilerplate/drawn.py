"""Tables that are drawn: rows between bars with a rule among them (│ ├─┼─┤, | +---+, Markdown) are content, whatever they hold.

The rule of this file: a rule line tells the table. It is a line of nothing but strokes and crossings, bars at two places of it at
least; the lines beside it that have the bars it asks for are its rows, to the first that has not. A bar alone tells nothing: menus
are set apart by them (新闻│视频), and lists of boards hang on branches (├ 灌水). A row of Markdown that holds a link is left to the
net: pages turned into Markdown keep their menus in tables.

In 138 pages of sites that no weights have seen (fold 1) a table of a statute was set between two lines of the text, drawn with box
characters, with ASCII and as Markdown: 17, 34 and 19 of them lost rows before, none does. Of the labelled pages no line is held.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import DIGIT, HAN, KANA, LATIN, SENTENCE
from pipeline.record import Texts

__all__ = ["find_drawn_tables"]

_WORDS = np.uint32(HAN | DIGIT | LATIN | KANA | SENTENCE)
#: Strokes across, down, and what joins both.
_ACROSS, _DOWN = "─━┄┅┈┉╌╍═", "│┃┆┇┊┋╎╏║"
_JOINS = "".join(chr(c) for c in range(0x2500, 0x2580) if chr(c) not in _ACROSS + _DOWN + "╱╲╳")
# Classes that share no character in turn, or cells that begin with a bar, which no cell holds: linear.
_BOX_RULE = re.compile(rf"(?=[^{_ACROSS}]*[{_ACROSS}])(?:[{_ACROSS}\s]*[{_JOINS}{_DOWN}]){{2,}}[{_ACROSS}\s]*")
_INNER_RULE = re.compile(rf"[{_ACROSS}]+(?:\s?[{_JOINS}]\s?[{_ACROSS}]+)+")
_PLAIN_RULE = re.compile(r"\+(?:[-=:]+\+)+|＋(?:[－＝]+＋)+")
_MARKDOWN_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?|\|\s*:?-+:?\s*\|")
_BOX_BARS, _PLAIN_BARS, _MARKDOWN_BARS = frozenset(f"{_DOWN}{_JOINS}|｜"), frozenset("|｜+＋"), frozenset("|")
#: Lines longer than this are no rules: the longest of the statutes has 140 characters.
_LONGEST = 400
#: What a rule begins with.
_OPENS = np.array([ord(c) for c in _ACROSS + _DOWN + _JOINS + "|+＋:-"], np.uint32)


def find_drawn_tables(texts: Texts, line: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which lines (rising indices into `texts.lines`, none blank) are of a table that is drawn: bool [n].

    >>> texts = Texts.of(["┌──┬─┐\\n│臺北│日│\\n└──┴─┘\\n新闻│视频", "| 甲 | 乙 |\\n|---|---|\\n| 日 | 月 |"])
    >>> find_drawn_tables(texts, np.arange(7)).tolist()
    [True, True, True, False, True, True, True]
    """
    held = np.zeros(len(line), np.bool_)
    if not len(line):
        return held
    start, end = texts.lines.start[line], texts.lines.end[line]
    first = texts.points[start]
    may = (texts.lines.seen[line] & _WORDS == 0) & (end - start > 2) & (end - start <= _LONGEST)
    may &= np.isin(first, _OPENS) | (first <= ord(" ")) | (first == 0x3000)
    read = ((i, read_rule(texts.line(int(line[i])).strip())) for i in np.flatnonzero(may).tolist())
    rules = {i: rule for i, rule in read if rule}
    for i in rules:
        rows = _find_rows(texts, line, i, rules)
        held[rows] = True
        held[i] |= bool(rows) or (i > 0 and held[i - 1] and i - 1 in rules)
    return held


class Rule(NamedTuple):
    """What a rule line asks of the rows beside it."""

    bars: frozenset[str]
    least: int          # bars in a row
    opens: bool         # a row begins with a bar
    markdown: bool

    def has(self, text: str) -> bool:
        """Whether a line is a row."""
        text = text.strip()
        bars = sum(c in self.bars for c in text)
        return bars >= self.least and (not self.opens or text[0] in self.bars) and not (self.markdown and "](" in text)


def read_rule(text: str) -> Rule | None:
    """The rule that a line without blanks at its ends is, None for none."""
    if _INNER_RULE.fullmatch(text):
        return Rule(_BOX_BARS, sum(c in _JOINS for c in text), False, False)
    if _BOX_RULE.fullmatch(text):
        return Rule(_BOX_BARS, 2, text[0] not in _ACROSS, False)
    if _PLAIN_RULE.fullmatch(text):
        return Rule(_PLAIN_BARS, 2, True, False)
    if _MARKDOWN_RULE.fullmatch(text):
        return Rule(_MARKDOWN_BARS, 2 if text[0] == "|" else text.count("|"), text[0] == "|", True)
    return None


def _find_rows(texts: Texts, line: NDArray[np.int64], at: int, rules: dict[int, Rule]) -> list[int]:
    """The rows beside the rule line `at`, to the next rule, which finds its own: no row is read more than twice."""
    doc, rule = texts.lines.doc[line[at]], rules[at]

    def is_row(i: int) -> bool:
        return i not in rules and bool(texts.lines.doc[line[i]] == doc) and rule.has(texts.line(int(line[i])))

    last = at - 2 if rule.markdown else -1      # a table of Markdown has one line above its rule
    return [*takewhile(is_row, range(at - 1, max(last, -1), -1)), *takewhile(is_row, range(at + 1, len(line)))]
