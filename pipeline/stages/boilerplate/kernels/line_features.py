"""What a line is in itself: counts over its characters, phrases, list number, hashes.

The rule of this file: bare loops, one visit per code point. Blank lines are left out by the caller, so that nothing here
depends on them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, CLAUSE, CLOSE, DIGIT, HAN, LATIN, OPEN, QUOTE, SENTENCE, SEPARATOR
from pipeline.jit import jit, jit_within
from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.kernels.cover import CONTENT, NOTICE, WEAK, Automaton, cover_line, fold_line
from pipeline.stages.boilerplate.kernels.numbers import read_enumerator

_HAN, _DIGIT, _LATIN, _OPEN, _CLOSE = np.uint32(HAN), np.uint32(DIGIT), np.uint32(LATIN), np.uint32(OPEN), np.uint32(CLOSE)
_SENTENCE, _CLAUSE, _SEPARATOR = np.uint32(SENTENCE), np.uint32(CLAUSE), np.uint32(SEPARATOR)
_QUOTE, _BLANK = np.uint32(QUOTE), np.uint32(BLANK)

#: A phrase is evidence where it covers this share of its line, or opens it and covers that share: no labelled page with
#: anything to cut is without, and at most 1.4 % of the news corpus is with (docs/boilerplate.md).
MOSTLY, PARTLY = np.float32(0.34), np.float32(0.08)
#: Canonical characters of a line that go into the hash of its text: lines that agree so far are one line.
HASHED = 200
#: A paragraph has so many canonical characters, less than that share of furniture, more than that share of hanzi; a notice
#: of copyright or a disclaimer that reads like one has less than SMALL_PRINT. The weights were trained with these.
PARAGRAPH_LENGTH, PARAGRAPH_FURNITURE, PARAGRAPH_HAN, SMALL_PRINT = 22, 0.3, 0.3, 250
_FNV, _PRIME = np.uint64(1469598103934665603), np.uint64(1099511628211)


class Columns(NamedTuple):
    """What `measure_lines` fills, n lines."""

    own: NDArray[np.float32]        # [n, N_OWN]
    cover: NDArray[np.float32]      # [n, kinds + 2]
    opens: NDArray[np.int8]         # [n, kinds]
    marks: NDArray[np.int8]         # [n, N_MARKS]
    hashes: NDArray[np.uint64]      # [n, N_HASHES]
    folded: NDArray[np.uint32]      # canonical text, line after line
    bounds: NDArray[np.int64]       # [n + 1]


class Spans(NamedTuple):
    """Lines, or the heads of lines: places, class bits, documents, n each."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    seen: NDArray[np.uint32]
    doc: NDArray[np.int64]


@jit_within
def measure_raw(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: int, end: int, row: NDArray[np.float32]
) -> np.uint64:
    """Counts over the characters of one line into `row`; returns the hash of its shape (runs of a class become one sign)."""
    han = digit = latin = separators = sentences = clauses = quotes = opens = tokens = code = 0
    dates = times = phones = arrows = 0
    shape = _FNV
    run, previous_run, joint, last_sign = 0, 0, np.uint32(0), np.uint64(0)
    in_blank = True
    i = start
    while i < end:
        p = points[i]
        c = classes[p]
        sign = np.uint64(p)
        if c & _DIGIT:
            digit += 1
            run += 1
            sign = np.uint64(1)
        elif c & _HAN:
            han += 1
            sign = np.uint64(2)
        elif c & _LATIN:
            latin += 1
            sign = np.uint64(3)
        elif c & _BLANK:
            sign = np.uint64(4)
        if sign != last_sign:
            shape = (shape ^ sign) * _PRIME
        last_sign = sign
        if c & _SEPARATOR:
            separators += 1
            arrows += p == 62 or p == 0xBB or p == 0x203A or p == 0xFF1E or p == 0x2192
        sentences += c & _SENTENCE != 0
        clauses += c & _CLAUSE != 0
        quotes += c & _QUOTE != 0
        opens += c & _OPEN != 0
        if p == 123 or p == 125 or p == 59 or p == 61 or p == 40 or p == 60 or p == 36 or p == 92 or p == 35:
            code += 1
        if c & _BLANK or p == 124 or p == 0xFF5C:
            in_blank = True
        elif in_blank:
            tokens += 1
            in_blank = False
        if run and (not c & _DIGIT or i + 1 == end):
            if joint == 58 or joint == 0xFF1A:
                times += previous_run <= 2 and run == 2
            elif joint == 45 or joint == 47 or joint == 46 or joint == 0x5E74 or joint == 0xFF0D:
                dates += run <= 2 and (previous_run == 4 or previous_run == 2)
                phones += (previous_run == 3 or previous_run == 4) and run >= 7
            elif p == 0x6708:
                dates += run <= 2
            phones += run >= 8 and joint != 46
            previous_run, run = run, 0
            joint = p
        elif not c & _DIGIT:
            joint = np.uint32(0)
            previous_run = 0
        i += 1
    n = end - start
    first, last = classes[points[start]], classes[points[end - 1]]
    row[col.LENGTH] = np.log1p(n)
    row[col.HAN_SHARE], row[col.DIGIT_SHARE], row[col.LATIN_SHARE] = han / n, digit / n, latin / n
    row[col.SEPARATOR_SHARE], row[col.N_SENTENCES], row[col.CLAUSE_SHARE] = separators / n, sentences, clauses / n
    row[col.QUOTE_SHARE] = quotes / n
    row[col.N_OPENS], row[col.N_TOKENS], row[col.TOKEN_LENGTH] = opens, min(tokens, 40), n / max(tokens, 1)
    row[col.N_DATES], row[col.N_TIMES], row[col.N_PHONES], row[col.N_ARROWS] = dates, times, phones, min(arrows, 6)
    row[col.ENDS_SENTENCE] = 1 if last & _SENTENCE else 0
    row[col.ENDS_COLON] = 1 if points[end - 1] == 58 or points[end - 1] == 0xFF1A else 0
    row[col.ENDS_CLOSE] = 1 if last & _CLOSE else 0
    row[col.ENDS_SEPARATOR] = 1 if last & _SEPARATOR else 0
    row[col.BEGINS_OPEN] = 1 if first & _OPEN else 0
    row[col.BEGINS_SEPARATOR] = 1 if first & _SEPARATOR else 0
    row[col.BEGINS_DIGIT] = 1 if first & _DIGIT else 0
    row[col.BEGINS_QUOTE] = 1 if first & _QUOTE else 0
    row[col.BEGINS_SIGN] = 1 if points[start] == 35 or points[start] == 64 or points[start] == 0xA9 else 0
    row[col.CODE_SHARE] = code / n
    row[col.N_SEPARATORS] = min(separators, 12)
    row[col.ENDS_CLAUSE] = 1 if last & _CLAUSE else 0
    return shape


@jit
def measure_lines(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], start: NDArray[np.int64],
    end: NDArray[np.int64], phrases: Automaton, out: Columns,
) -> None:
    """What each line is; the columns of `own` that compare lines are filled by `compare_lines`.

    `cover`, `opens` and the first two of `marks`: see `cover_line`; the other two are form and value of a list number.
    `hashes` are of the canonical text, of the shape, of the first two canonical characters. Lines are not empty.
    """
    own, cover, opens, marks, hashes, folded, bounds = out              # read once: each reading counts references
    role = phrases.role
    longest = 0
    for i in range(start.shape[0]):
        longest = max(longest, end[i] - start[i])
    edge = np.empty(longest + 1, np.uint8)
    covered_to = np.empty(cover.shape[1], np.int64)
    used = 0
    for i in range(start.shape[0]):
        bounds[i] = used
        text = folded[used:]
        n = fold_line(points, classes, canonical, start[i], end[i], text, edge)
        row, share = own[i], cover[i]
        share[:] = 0
        opens[i] = 0
        hits, notices = cover_line(text, edge, n, phrases, share, covered_to, opens[i], marks[i])
        form, value = read_enumerator(points, start[i], end[i])
        marks[i, col.FORM], marks[i, col.VALUE] = form, min(value, 120)
        hashes[i, col.SHAPE_HASH] = measure_raw(points, classes, start[i], end[i], row)
        hash_text(text, n, hashes[i])
        row[col.FOLDED_LENGTH] = np.log1p(n)
        row[col.FURNITURE], row[col.FURNITURE_WEAK] = share[share.shape[0] - 2], share[share.shape[0] - 1]
        row[col.IS_PHRASE] = marks[i, col.WHOLE] >= 0
        row[col.N_PHRASES], row[col.NUMBER_FORM], row[col.N_NOTICES] = hits, form, notices
        row[col.PARAGRAPH] = is_paragraph(row, n, end[i] - start[i], opens_notice(opens[i], role))
        used += n
    bounds[start.shape[0]] = used


@jit_within
def hash_text(text: NDArray[np.uint32], n: int, hashes: NDArray[np.uint64]) -> None:
    """Hash the canonical text of a line and its first two characters; a line without any is known by its shape."""
    h = _FNV
    hashes[col.OPENING_HASH] = h
    for k in range(min(n, HASHED)):
        h = (h ^ np.uint64(text[k])) * _PRIME
        if k == 1:
            hashes[col.OPENING_HASH] = h
    hashes[col.TEXT_HASH] = h if n else hashes[col.SHAPE_HASH]


@jit_within
def opens_notice(opens: NDArray[np.int8], role: NDArray[np.uint8]) -> bool:
    """Whether a phrase of a NOTICE opens the line."""
    found = False
    for k in range(role.shape[0]):
        found |= role[k] & NOTICE and opens[k] > 0
    return found


@jit_within
def is_paragraph(own: NDArray[np.float32], n: int, n_raw: int, opens_as_notice: bool) -> bool:
    """Whether a line of `n` canonical characters reads like sentences of the page's own."""
    sentence_like = own[col.N_SENTENCES] >= 1 or own[col.CLAUSE_SHARE] * n_raw >= 2
    notice = n < SMALL_PRINT and (own[col.N_NOTICES] >= 2 or (own[col.N_NOTICES] >= 1 and opens_as_notice))
    plain = own[col.FURNITURE] < PARAGRAPH_FURNITURE and own[col.HAN_SHARE] > PARAGRAPH_HAN
    return n >= PARAGRAPH_LENGTH and sentence_like and plain and not notice


@jit
def find_evident(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], lines: Spans, phrases: Automaton,
    out: NDArray[np.bool_],
) -> None:
    """Mark in `out` [documents] those of which a line is evident: the features that decide it, and no line after it."""
    (start, end, seen, doc), role = lines, phrases.role
    kinds = role.shape[0]
    longest = (end - start).max() if start.shape[0] else 0
    folded, edge = np.empty(longest + 1, np.uint32), np.empty(longest + 1, np.uint8)
    covered_to, row = np.empty(kinds + 2, np.int64), np.empty(col.N_OWN, np.float32)
    cover, opens, marks = np.empty(kinds + 2, np.float32), np.empty(kinds, np.int8), np.empty(col.N_MARKS, np.int8)
    for i in range(start.shape[0]):
        if out[doc[i]]:
            continue
        n = fold_line(points, classes, canonical, start[i], end[i], folded, edge)
        cover[:] = 0
        opens[:] = 0
        hits, _ = cover_line(folded, edge, n, phrases, cover, covered_to, opens, marks)
        whole = marks[col.WHOLE] >= 0 and not role[marks[col.WHOLE]] & (WEAK | CONTENT)
        evident = cover[kinds] >= MOSTLY or whole or hits >= 2
        if cover[kinds] >= PARTLY:
            for k in range(kinds):
                evident |= opens[k] == 2 and not role[k] & (WEAK | CONTENT)
        if not evident and seen[i] & (_DIGIT | _SEPARATOR):
            measure_raw(points, classes, start[i], end[i], row)
            evident = (row[col.N_DATES] > 0 and row[col.N_TIMES] > 0) or row[col.N_ARROWS] >= 2
        out[doc[i]] = evident
