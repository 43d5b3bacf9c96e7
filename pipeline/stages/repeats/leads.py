"""What stands apart and is said again in the body: teasers that break off, labelled leads, pull quotes.

The set-apart place goes, the body stays. Dialogue, and a quotation that is analysed line by line, are left alone.
"""

from __future__ import annotations

import re

import numpy as np

from pipeline.stages.repeats.view import Cut, Line, View, is_han

__all__ = ["cut_leads"]

_TEASER = 12        # canonical code points of the shortest teaser: shorter ones are turns of phrase
_LEAD = 15          # of the shortest lead or quote
_TOP = 5            # lines among which a lead may stand
_MOST_LINES = 64    # lines that are looked for in the whole text: a bound, so that time stays linear
_MOST_QUOTES = 3    # a text with more lines that are nothing but a quotation, and
_QUOTE_SHARE = 0.2  # more than this share of its lines, is dialogue: only what stands at its top may be a pull quote

_QUOTES, _QUOTES_END = frozenset('“「"『'), frozenset('”」"』')

_QUOTE_LINE = re.compile(r"\n[ \t\u3000]*[“「『\"]")   # a class between two other characters: linear
_DOTS = re.compile(r"…|\.\.\.|。。。")          # fixed strings: linear
# Words are looked for in plain text, so that either script has them.
_MORE_WORDS = "详细|详情|更多|全文|阅读全文|查看全文|点击查看|查看更多|未完待续|未完"
# Dots, then one of some words in brackets, to the end of the line; each class is told from the next by its characters: linear.
_MORE = re.compile(rf"[\[【（(]?(?:{_MORE_WORDS})[>»\]】）)]*$")
_BREAKS_OFF = re.compile(rf"(?:…|\.\.\.|。。。)[.…。]*\s*(?:{_MORE.pattern[:-1]})?$")
# A label at the start of the line: linear.
_LABEL = re.compile(
    r"[\[【（(]?(?:核心提示|内容提要|内容摘要|文章摘要|本文摘要|摘要|提要|导读|导语|新闻提示)[\]】）)]?\s*[：:]?\s*"
)


def cut_leads(view: View, min_chars: int) -> list[Cut]:
    """Cuts of set-apart lines whose whole text comes again in the body."""
    cuts: list[Cut] = []
    looked_at = _MOST_LINES if _DOTS.search(view.joined, view.start, view.end) else _TOP       # below the top only for its dots
    for i, line in enumerate(view.lines[:looked_at]):
        text = line.text
        if i < _TOP and (label := _LABEL.match(line.plain)):
            cuts += _cut_lead(view, line, label.end())
        elif _DOTS.search(text) and _BREAKS_OFF.search(line.plain) and not _is_quote(text):
            cuts += _cut_teaser(view, line, i)
    if not _QUOTE_LINE.search(view.joined, view.start, view.end):
        return cuts
    heads = [i for i, first in enumerate(view.firsts) if first and _is_quote_head(view, first)]
    quotes = [line for line in map(view.lines.__getitem__, heads) if _is_quote(line.text)]
    dialogue = len(quotes) > max(_MOST_QUOTES, _QUOTE_SHARE * len(view.lines))
    for line in quotes[:_MOST_LINES]:
        number = view.find_line(line.first)
        before = view.lines[number - 1].text
        if before[-1:] not in "：:" and before[:1] not in _QUOTES and (number < _TOP or not dialogue):
            cuts += _cut_quote(view, line)
    return cuts


def _is_quote_head(view: View, first: int) -> bool:
    return view.joined[int(view.origin[first]) - 1] in _QUOTES


def _is_quote(text: str) -> bool:
    return text[:1] in _QUOTES and text[-1:] in _QUOTES_END


def _cut_teaser(view: View, line: Line, nth: int) -> list[Cut]:
    """A line that breaks off, and later stands whole: at the top of the text, or right before the whole."""
    more = _MORE.search(line.plain)
    tail = sum(bool(c.isalnum()) for c in more[0]) if more else 0
    said = view.folded[line.first:line.last - tail]
    if len(said) < _TEASER or not is_han(said):
        return []
    at = _find(view, said, line)
    if at < 0 or not view.begins[at] or not (nth < _TOP or at == line.last):
        return []
    return [(line.first, line.last, "teaser")]


def _cut_lead(view: View, line: Line, label_end: int) -> list[Cut]:
    """A labelled lead whose text is said again, whole, from the head of a sentence on."""
    start = view.joined.index(line.text, line.start, line.end) + label_end
    first = int(np.searchsorted(view.origin, start))
    said = view.folded[first:line.last]
    at = _find(view, said, line) if len(said) >= _LEAD else -1
    return [(line.first, line.last, "lead")] if at >= 0 and view.begins[at] else []


def _cut_quote(view: View, line: Line) -> list[Cut]:
    """A paragraph that is nothing but a quotation, and stands within a longer paragraph later."""
    said = view.folded[line.first:line.last]
    at = _find(view, said, line) if len(said) >= _LEAD and is_han(said) else -1
    if at < 0 or not view.begins[at]:
        return []
    whole = view.begins_line(at) and view.begins_line(at + len(said))
    return [] if whole else [(line.first, line.last, "pull-quote")]


def _find(view: View, said: str, line: Line) -> int:
    """Where a line is said again after it, or -1."""
    return view.folded.find(said, line.last)
