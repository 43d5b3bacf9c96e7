"""A file of lines in several charsets: each line is decoded as what it is.

The rule of this file: a line that the charset of the file makes implausible, or that is strict UTF-8, has a contest of its own.
"""

from __future__ import annotations

import re

import numpy as np

from pipeline.chinese.plausibility import load_costs
from pipeline.read.charsets import to_text
from pipeline.read.contest import count_nats, decode_strictly, read_each
from pipeline.read.kernels import N_COLUMNS, find_odd_lines

__all__ = ["count_bad", "decode_mixed"]

#: Nats per character of what is not ASCII in one line, above which it is not believed. Of 60,000 lines of the corpora 0.5 %
#: cost more.
COSTLY = 10.0
#: Characters beyond ASCII that a line needs to be in another Chinese charset than its file; with 4, six lines of Japanese and of
#: symbols in the development files became Chinese.
LINE = 8
#: Nats by which each of fewer characters must be the likelier: GBK read as Big5 and back costs 4 to 8 more on lines of 3 to 7.
SHORT_LINE = 4.0

_ASCII = bytes(b for b in range(0x80) if b != 10)       # but the line feed
#: What a line of UTF-8 begins with when its ASCII is left out; fixed length: linear.
_MAYBE_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def decode_mixed(data: bytes, main: str, text: str | None = None) -> tuple[str, int, dict[str, int]]:
    """The text, how many U+FFFD stand in it for bad bytes, and how many lines are in each charset: most in `main`, or none.

    A line of ASCII is in none. `text` is what `main` makes of the data, where that is known.
    """
    text = text or to_text(data, main, "replace")
    if text.count("\n") != data.count(b"\n"):       # a codec took an LF for half a character
        text = "\n".join([to_text(row, main, "replace") for row in data.split(b"\n")])
    n_high, odd = _find_odd(data, text, main)
    n_lines, bad = {main: n_high - len(odd)}, 0
    pieces: list[str] = []
    done = 0
    for begin, end, first, last, costs_much in odd:
        encoding, row, shown = main, data[begin:end], text[first:last]
        high = row.translate(None, _ASCII)
        maybe = main != "utf-8" and _MAYBE_UTF8.match(high) is not None
        few = len(high) < 3 and main != "utf-8" and not maybe       # too little to be in another one
        if not few and (costs_much or (maybe and decode_strictly(row, "utf-8") is not None)):
            encoding, shown = _choose(row, main, shown)
            pieces += (text[done:first], shown)
            done = last
        if "\ufffd" in shown:
            bad += count_bad(row, encoding, shown)
        n_lines[encoding] = n_lines.get(encoding, 0) + 1
    return "".join([*pieces, text[done:]]), bad, n_lines


def _find_odd(data: bytes, text: str, main: str) -> tuple[int, list[list[int]]]:
    """How many lines hold more than ASCII, and those of them that may be in another charset: their bytes, their characters, whether
    these cost too much."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    lines = np.empty((data.count(b"\n") + 1, N_COLUMNS), np.int64)
    n_high, n_odd = find_odd_lines(np.frombuffer(data, np.uint8), points, load_costs(), COSTLY, main != "utf-8", lines)
    return n_high, lines[:n_odd].tolist()


def count_bad(data: bytes, encoding: str, text: str) -> int:
    """How many U+FFFD stand for bad bytes, and not for themselves."""
    bad = text.count("\ufffd")
    return bad - to_text(data, encoding, "ignore").count("\ufffd") if bad else 0


def _choose(row: bytes, main: str, shown: str) -> tuple[str, str]:
    """The charset and text of one line: another one than `main` where it is the likelier and shows ordinary text."""
    best = min(read_each(row, main, one_line=True)).encoding
    if best == main:
        return main, shown
    text = to_text(row, best, "replace")
    new, old = _mean_high(text, best), _mean_high(shown, main)
    n_high = sum(c > "\x7f" for c in text)
    ordinary = best == "utf-8" or (new <= COSTLY and (n_high >= LINE or (n_high >= 3 and old - new >= SHORT_LINE)))
    return (best, text) if ordinary or main == "utf-8" else (main, shown)


def _mean_high(text: str, encoding: str) -> float:
    """Mean cost of what is not ASCII."""
    high = "".join(c for c in text if c > "\x7f")
    return count_nats(high, encoding) / max(1, len(high))
