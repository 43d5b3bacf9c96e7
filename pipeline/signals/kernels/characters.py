"""One pass over each text: what its characters are, its lines and its sentences."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese import codepoints
from pipeline.jit import jit
from pipeline.signals.kernels.columns import (
    COST,
    COSTED,
    DIGIT,
    DISTINCT,
    ENDED,
    ENTROPY,
    HANGUL,
    HANZI,
    KANA,
    LATIN,
    LINES,
    LINKS,
    LONGEST,
    OTHER,
    OWN,
    SENTENCES,
    SIGN,
    SIMPLIFIED_ONLY,
    SYMBOL,
    TRADITIONAL_ONLY,
    UNREADABLE,
    WORDS,
)

_HAN, _DIGIT, _LATIN = np.uint32(codepoints.HAN), np.uint32(codepoints.DIGIT), np.uint32(codepoints.LATIN)
_KANA, _HANGUL, _BLANK = np.uint32(codepoints.KANA), np.uint32(codepoints.HANGUL), np.uint32(codepoints.BLANK | codepoints.NEWLINE)
_SENTENCE, _CLAUSE = np.uint32(codepoints.SENTENCE), np.uint32(codepoints.CLAUSE)
_SIGN = np.uint32(
    codepoints.SENTENCE | codepoints.CLAUSE | codepoints.OPEN | codepoints.CLOSE | codepoints.QUOTE | codepoints.SEPARATOR
)
_AFTER = np.uint32(codepoints.CLOSE | codepoints.QUOTE)     # what may stand behind the end of a sentence
_PRIVATE, _READING = np.uint32(codepoints.PRIVATE), np.uint32(codepoints.READING)
_SIMPLIFIED, _ONLY = np.uint32(codepoints.SIMPLIFIED), np.uint32(codepoints.TRADITIONAL_ONLY)

#: Visible characters of the longest line that looks like a link: so do 72 % of the lines of furniture and 29 % of those of content
#: (headings, items, titles) of 1,103 labelled pages of a crawl. With 15: 60 and 22 %, with 40: 76 and 31 %.
LINK_CHARS = 25

#: What a character that stands so often adds to the entropy of its text: a logarithm takes as long as all else that is counted.
_WEIGHTS = np.array([0.0, *(n * math.log2(n) for n in range(1, 256))])


@jit
def kind_of(p: int, c: int) -> int:
    """The kind of a code point with class bits `c`; -1 for a blank.

    Signs are what Chinese and English text is punctuated with; symbols all other code points of the blocks of signs, arrows,
    figures and pictures; other letters what is left. Frequent kinds come first.
    """
    if c & _HAN:
        return HANZI
    if c & _BLANK:
        return -1
    if c & _LATIN:
        return LATIN
    if c & _SIGN or p == 46:
        return SIGN
    if c & _DIGIT:
        return DIGIT
    if c & _KANA:
        return KANA
    if c & _HANGUL:
        return HANGUL
    if c & _PRIVATE or p == 0xFFFD:
        return UNREADABLE
    if c & _READING or (0xC0 <= p < 0x250 and p not in (0xD7, 0xF7)) or 0x1E00 <= p < 0x1F00:
        return LATIN
    if (
        p < 0xAA or 0xAB <= p < 0xB5 or 0xB6 <= p < 0xBA or 0xBB <= p < 0xF8 or 0x2000 <= p < 0x2C00
        or 0x3000 <= p < 0x3100 or 0x3200 <= p < 0x3400 or 0xFE10 <= p < 0xFE70 or 0xFF00 <= p < 0xFFFF or 0x1F000 <= p < 0x20000
    ):
        return SYMBOL
    return OTHER


@jit
def count_lines(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], costs: NDArray[np.float32], lines: NDArray[np.int64],
    seen: NDArray[np.int32], out: NDArray[np.float64],
) -> None:
    """Counts of the texts whose lines have these starts, ends and texts [3, lines], added to their rows of `out`, see `columns`.

    `seen` [0x110000] is all zeros, and is so again afterwards.
    """
    first = 0
    for i in range(lines.shape[1]):
        doc = lines[2, i]
        _count_line(points, classes, costs, lines[0, i], lines[1, i], seen, out[doc])
        if i + 1 == lines.shape[1] or lines[2, i + 1] != doc:
            _count_distinct(points, classes, lines[0, first], lines[1, i], seen, out[doc])
            first = i + 1


@jit
def _count_line(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], costs: NDArray[np.float32], start: int, end: int,
    seen: NDArray[np.int32], row: NDArray[np.float64],
) -> None:
    """Count one line: it has visible characters, sentences with letters, hanzi or digits in them, and signs at its end.

    What most characters add to is counted in registers, and added to the row at the end: 13 to 6 ns a character.
    """
    run, visible, words, ended, signed, latin = 0, 0, False, False, False, False
    hanzi, n_latin, costed, simplified, traditional, longest, cost = 0, 0, 0, 0, 0, 0, row[COST]
    for i in range(start, end):
        p = points[i]
        c = classes[p]
        if c & _HAN:
            hanzi += 1
            latin = False
        else:
            kind = kind_of(p, c)
            n_latin += kind == LATIN and not latin
            latin = kind == LATIN
            if kind < 0:
                continue
            row[kind] += 1
            if kind in (SIGN, SYMBOL):
                visible += 1
                seen[p] += 1
                longest, run = max(longest, run), 0
                stop = c & _SENTENCE != 0 or (p == 46 and _is_stop(points, classes, i, start, end))
                row[SENTENCES] += stop and words
                words = words and not stop
                ended = stop or (ended and c & _AFTER != 0)
                signed = signed or stop or c & _CLAUSE != 0
                continue
        visible += 1
        seen[p] += 1
        run, words, ended = run + 1, True, False
        if p > 127:
            cost += costs[p]
            costed += 1
        simplified += c & _SIMPLIFIED != 0
        traditional += c & _ONLY != 0
    row[HANZI] += hanzi
    row[WORDS] += n_latin
    row[LONGEST] = max(row[LONGEST], longest, run)
    row[COST], row[COSTED] = cost, row[COSTED] + costed
    row[SIMPLIFIED_ONLY] += simplified
    row[TRADITIONAL_ONLY] += traditional
    row[SENTENCES] += words
    row[LINES] += visible > 0
    row[ENDED] += ended
    row[LINKS] += not signed and 0 < visible <= LINK_CHARS
    if 2 * hanzi >= n_latin:
        row[OWN] += hanzi


@jit
def _is_stop(points: NDArray[np.uint32], classes: NDArray[np.uint32], i: int, start: int, end: int) -> bool:
    """Whether the full stop at `i` of the line ends a sentence: not those of 3.14, www.example.com and `1.`."""
    after = i + 1 == end or classes[points[i + 1]] & (_BLANK | _AFTER) != 0
    return after and i > start and classes[points[i - 1]] & (_HAN | _LATIN | _AFTER) != 0


@jit
def _count_distinct(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: int, end: int, seen: NDArray[np.int32],
    row: NDArray[np.float64],
) -> None:
    """Distinct hanzi, and the entropy of the visible characters in bits, from how often each was seen; `seen` is zero again."""
    total, weighted = 0, 0.0
    for i in range(start, end):
        n = seen[points[i]]
        if n:
            total += n
            weighted += _WEIGHTS[n] if n < _WEIGHTS.shape[0] else n * math.log2(n)
            row[DISTINCT] += classes[points[i]] & _HAN != 0
            seen[points[i]] = 0
    row[ENTROPY] = max(0.0, math.log2(total) - weighted / total) if total else 0.0
