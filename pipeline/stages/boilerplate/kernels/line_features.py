"""Features of lines: what a line is (`measure_lines`) and where it stands among the lines of its document (`place_lines`).

The rule of this file: bare loops, one visit per code point and a bounded number per line; the columns are named in
`pipeline.stages.boilerplate.features`, in the order in which they are written here. Blank lines are left out by the
caller, so that nothing here depends on them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, CLAUSE, CLOSE, DIGIT, HAN, LATIN, OPEN, QUOTE, SENTENCE, SEPARATOR
from pipeline.chinese.fold import find_reading_end
from pipeline.jit import jit

_HAN, _DIGIT, _LATIN, _OPEN, _CLOSE = np.uint32(HAN), np.uint32(DIGIT), np.uint32(LATIN), np.uint32(OPEN), np.uint32(CLOSE)
_SENTENCE, _CLAUSE, _SEPARATOR = np.uint32(SENTENCE), np.uint32(CLAUSE), np.uint32(SEPARATOR)
_QUOTE, _BLANK = np.uint32(QUOTE), np.uint32(BLANK)

N_OWN = 42              # columns written by measure_lines
HEAD, TAIL = 240, 120   # canonical characters of a long line in which phrases are looked for: furniture says it early or late
NOTICE = (13, 14)       # the kinds copyright and disclaimer: their lines are long and read like sentences
#: A phrase is evidence where it covers this share of its line, or opens it and covers that share.
MOSTLY, PARTLY = np.float32(0.34), np.float32(0.08)
#: Modes of a phrase, as in pipeline/data/boilerplate_phrases.tsv.
ANY, WORD, START, LINE = 0, 1, 2, 3


@jit
def fold_line(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], start: int, end: int,
    out: NDArray[np.uint32], edge: NDArray[np.uint8],
) -> int:
    """Fold one line as `pipeline.chinese.fold.fold` does; `edge[k]` says that something was dropped before character `k`."""
    k, i, dropped = 0, start, np.uint8(1)
    while i < end:
        p = points[i]
        c = classes[p]
        if c & _OPEN and i > start and classes[points[i - 1]] & (_HAN | _CLOSE):
            after = find_reading_end(points, classes, i, end)
            if after > i:
                i = after
                continue
        folded = canonical[p]
        if folded:
            out[k] = folded
            edge[k] = dropped
            dropped = np.uint8(0)
            k += 1
        else:
            dropped = np.uint8(1)
        i += 1
    edge[k] = 1
    return k


@jit
def cover_line(
    text: NDArray[np.uint32], edge: NDArray[np.uint8], n: int, symbol: NDArray[np.uint16], step: NDArray[np.int16],
    output: NDArray[np.int32], ends: NDArray[np.int32], length: NDArray[np.int32], mode: NDArray[np.int8],
    kind: NDArray[np.int8], cover: NDArray[np.float32], covered_to: NDArray[np.int64], opens: NDArray[np.int8],
    marks: NDArray[np.int8],
) -> int:
    """Share of a line's first HEAD and last TAIL characters that phrases of each kind cover, by one automaton.

    `marks` gets the kind that is the whole line, the kind that opens it (-1 for none); `opens` says per kind whether a
    phrase of it opens the line (1), and whether a blank or punctuation follows (2). The last two columns of `cover` are
    the union over the kinds but the first (`section`) and the last (`content`), and with the first. Returns how many
    phrases of those middle kinds the line holds, plus a thousand for each of a NOTICE.
    """
    kinds = cover.shape[0] - 2
    hits = 0
    covered_to[:] = 0
    state = 0
    marks[0], marks[1] = -1, -1
    best_start = 0
    for i in range(n):
        if n > HEAD + TAIL and HEAD <= i < n - TAIL:
            state = 0
            continue
        state = int(step[state, symbol[text[i]]])
        link = output[state]
        while link >= 0:
            j = i + 1 - length[link]
            m = mode[link]
            alone = j == 0 and i + 1 == n
            fits = m == ANY or (m == WORD and edge[j] and edge[i + 1]) or (m == START and j == 0) or (m == LINE and alone)
            if fits:
                k = kind[link]
                if i + 1 > covered_to[k]:
                    cover[k] += i + 1 - max(j, covered_to[k])
                    covered_to[k] = i + 1
                if j == 0:
                    opens[k] = max(opens[k], 2 if edge[i + 1] else 1)
                if k == kinds - 1:
                    link = ends[link]
                    continue
                hits += (k > 0 and i + 1 > covered_to[kinds]) + 1000 * (NOTICE[0] <= k <= NOTICE[1])
                if k and i + 1 > covered_to[kinds]:
                    cover[kinds] += i + 1 - max(j, covered_to[kinds])
                    covered_to[kinds] = i + 1
                if i + 1 > covered_to[kinds + 1]:
                    cover[kinds + 1] += i + 1 - max(j, covered_to[kinds + 1])
                    covered_to[kinds + 1] = i + 1
                if j == 0 and i + 1 >= best_start:
                    marks[1] = k
                    best_start = i + 1
                    if i + 1 == n:
                        marks[0] = k
            link = ends[link]
    if n:
        scale = np.float32(1.0 / min(n, HEAD + TAIL))
        for k in range(kinds + 2):
            cover[k] *= scale
    return hits


@jit
def read_numeral(points: NDArray[np.uint32], i: int, end: int) -> tuple[int, int]:
    """A number of up to three digits or a hanzi numeral (一 to 十九) at `i`: its value, -1 for none, and the place after it."""
    value, j = 0, i
    while j < end and j < i + 4 and (48 <= points[j] <= 57 or 0xFF10 <= points[j] <= 0xFF19):
        value = value * 10 + int(points[j] & np.uint32(15))
        j += 1
    if i < j < i + 4:
        return value, j
    numerals = (0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D)
    while j == i and j < end:
        for k in range(9):
            if points[i] == numerals[k]:
                return k + 1, i + 1
        break
    if i < end and points[i] == 0x5341:
        if i + 1 < end:
            for k in range(9):
                if points[i + 1] == numerals[k]:
                    return k + 11, i + 2
        return 10, i + 1
    return -1, i


@jit
def read_enumerator(points: NDArray[np.uint32], start: int, end: int) -> tuple[int, int]:
    """The list number that opens a line: its form (0 none; 1 `1.` 2 `1、` 3 `（1）` 4 `第1` 5 ① 6 `1 `) and its value."""
    p = points[start]
    if 0x2460 <= p <= 0x2473:
        return 5, int(p) - 0x245F
    if p == 0x7B2C:
        value, _ = read_numeral(points, start + 1, end)
        return (4, value) if value >= 0 else (0, 0)
    bracket = p == 40 or p == 0xFF08 or p == 0x3010 or p == 91
    value, j = read_numeral(points, start + bracket, end)
    if value < 0 or j >= end:
        return 0, 0
    q = points[j]
    if bracket:
        return (3, value) if q == 41 or q == 0xFF09 or q == 0x3011 or q == 93 else (0, 0)
    if q == 46 or q == 0xFF0E:
        return (1, value) if j + 1 >= end or not 48 <= points[j + 1] <= 57 else (0, 0)
    if q == 0x3001 or q == 41 or q == 0xFF09:
        return 2, value
    return (6, value) if q == 32 or q == 0x3000 else (0, 0)


@jit
def measure_raw(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], start: int, end: int, row: NDArray[np.float32]
) -> np.uint64:
    """Counts over the characters of one line into `row`; returns the hash of its shape (runs of a class become one sign)."""
    han = digit = latin = separators = sentences = clauses = quotes = opens = tokens = code = 0
    dates = times = phones = arrows = 0
    shape = np.uint64(1469598103934665603)
    prime = np.uint64(1099511628211)
    run, previous_run, value, joint, last_sign = 0, 0, 0, np.uint32(0), np.uint64(0)
    in_blank = True
    i = start
    while i < end:
        p = points[i]
        c = classes[p]
        sign = np.uint64(p)
        if c & _DIGIT:
            digit += 1
            run += 1
            value = (value * 10 + (p & np.uint32(15))) % 100000
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
            shape = (shape ^ sign) * prime
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
            previous_run, run, value = run, 0, 0
            joint = p
        elif not c & _DIGIT:
            joint = np.uint32(0)
            previous_run = 0
        i += 1
    n = end - start
    first, last = classes[points[start]], classes[points[end - 1]]
    row[0] = np.log1p(n)
    row[1], row[2], row[3] = han / n, digit / n, latin / n
    row[4], row[5], row[6], row[7] = separators / n, sentences, clauses / n, quotes / n
    row[8], row[9], row[10] = opens, min(tokens, 40), n / max(tokens, 1)
    row[11], row[12], row[13], row[14] = dates, times, phones, min(arrows, 6)
    row[15] = 1 if last & _SENTENCE else 0
    row[16] = 1 if points[end - 1] == 58 or points[end - 1] == 0xFF1A else 0
    row[17] = 1 if last & _CLOSE else 0
    row[18] = 1 if last & _SEPARATOR else 0
    row[19] = 1 if first & _OPEN else 0
    row[20] = 1 if first & _SEPARATOR else 0
    row[21] = 1 if first & _DIGIT else 0
    row[22] = 1 if first & _QUOTE else 0
    row[23] = 1 if points[start] == 35 or points[start] == 64 or points[start] == 0xA9 else 0
    row[24] = code / n
    row[25] = min(separators, 12)
    row[26] = 1 if last & _CLAUSE else 0
    return shape


@jit
def measure_lines(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], start: NDArray[np.int64],
    end: NDArray[np.int64], symbol: NDArray[np.uint16], step: NDArray[np.int16], output: NDArray[np.int32],
    ends: NDArray[np.int32], length: NDArray[np.int32], mode: NDArray[np.int8], kind: NDArray[np.int8],
    own: NDArray[np.float32], cover: NDArray[np.float32], opens: NDArray[np.int8], marks: NDArray[np.int8],
    hashes: NDArray[np.uint64], folded: NDArray[np.uint32], bounds: NDArray[np.int64],
) -> None:
    """What each line is: `own` [n, N_OWN] (its last columns are filled by `compare_lines`), `cover` [n, kinds + 2].

    `opens` [n, kinds] and `marks` [n, 4]: see `cover_line`; the last two of `marks` are form and value of a list number.
    `hashes` [n, 3]: of the canonical text, of the shape, of the first two canonical characters. `folded` and `bounds`
    [n + 1] get the canonical text. Lines are not empty.
    """
    longest = 0
    for i in range(start.shape[0]):
        longest = max(longest, end[i] - start[i])
    edge = np.empty(longest + 1, np.uint8)
    covered_to = np.empty(cover.shape[1], np.int64)
    prime = np.uint64(1099511628211)
    used = 0
    for i in range(start.shape[0]):
        bounds[i] = used
        out = folded[used:]
        n = fold_line(points, classes, canonical, start[i], end[i], out, edge)
        cover[i] = 0
        opens[i] = 0
        hits = cover_line(
            out, edge, n, symbol, step, output, ends, length, mode, kind, cover[i], covered_to, opens[i], marks[i]
        )
        form, value = read_enumerator(points, start[i], end[i])
        marks[i, 2], marks[i, 3] = form, min(value, 120)
        hashes[i, 1] = measure_raw(points, classes, start[i], end[i], own[i])
        h = np.uint64(1469598103934665603)
        hashes[i, 2] = h
        for k in range(min(n, 200)):
            h = (h ^ np.uint64(out[k])) * prime
            if k == 1:
                hashes[i, 2] = h
        hashes[i, 0] = h if n else hashes[i, 1]
        own[i, 27] = np.log1p(n)
        own[i, 28] = cover[i, cover.shape[1] - 2]
        own[i, 29] = cover[i, cover.shape[1] - 1]
        own[i, 30] = marks[i, 0] >= 0
        own[i, 37], own[i, 38], own[i, 41] = hits % 1000, form, hits // 1000
        sentence_like = own[i, 5] >= 1 or own[i, 6] * (end[i] - start[i]) >= 2
        opening = max(opens[i, NOTICE[0]], opens[i, NOTICE[1]])
        notice = n < 250 and (own[i, 41] >= 2 or (own[i, 41] >= 1 and opening > 0))
        own[i, 31] = 1 if n >= 22 and sentence_like and own[i, 28] < 0.3 and own[i, 1] > 0.3 and not notice else 0
        used += n
    bounds[start.shape[0]] = used


@jit
def find_evident(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], start: NDArray[np.int64],
    end: NDArray[np.int64], seen: NDArray[np.uint32], doc: NDArray[np.int64], symbol: NDArray[np.uint16],
    step: NDArray[np.int16], output: NDArray[np.int32], ends: NDArray[np.int32], length: NDArray[np.int32],
    mode: NDArray[np.int8], kind: NDArray[np.int8], kinds: int, out: NDArray[np.bool_],
) -> None:
    """Mark in `out` [documents] those of which a line is evident: the features that decide it, and no line after it."""
    longest = (end - start).max() if start.shape[0] else 0
    folded, edge = np.empty(longest + 1, np.uint32), np.empty(longest + 1, np.uint8)
    covered_to, row = np.empty(kinds + 2, np.int64), np.empty(N_OWN, np.float32)
    cover, opens, marks = np.empty(kinds + 2, np.float32), np.empty(kinds, np.int8), np.empty(4, np.int8)
    for i in range(start.shape[0]):
        if out[doc[i]]:
            continue
        n = fold_line(points, classes, canonical, start[i], end[i], folded, edge)
        cover[:] = 0
        opens[:] = 0
        hits = cover_line(folded, edge, n, symbol, step, output, ends, length, mode, kind, cover, covered_to, opens, marks)
        share = cover[kinds]
        evident = share >= MOSTLY or 0 < marks[0] < kinds - 1 or hits % 1000 >= 2
        if share >= PARTLY:
            evident |= opens[1:kinds - 1].max() == 2
        if not evident and seen[i] & (_DIGIT | _SEPARATOR):
            measure_raw(points, classes, start[i], end[i], row)
            evident = (row[11] > 0 and row[12] > 0) or row[14] >= 2
        out[doc[i]] = evident


@jit
def compare_lines(
    first: NDArray[np.int64], own: NDArray[np.float32], marks: NDArray[np.int8], hashes: NDArray[np.uint64],
    folded: NDArray[np.uint32], bounds: NDArray[np.int64],
) -> None:
    """How each line recurs in its document: columns 32 to 36 of `own`; and how it counts on: columns 39 and 40.

    32: share of a short line's character pairs that its document's paragraphs hold (a title's echo, a menu's silence);
    33 to 35: log of how often the text, the shape, the first two characters occur; 36: 1 if the text stood above already.
    `first` [documents + 1] bounds the lines of each document.
    """
    seen = np.zeros(1 << 16, np.int32)
    size = 16
    while size < 4 * own.shape[0] + 16:
        size *= 2
    mask = np.uint64(size - 1)
    key, count = np.empty(size, np.uint64), np.zeros(size, np.int32)
    owner = np.full(size, -1, np.int64)
    spot = np.empty((own.shape[0], 3), np.int64)
    for doc in range(first.shape[0] - 1):
        count_on(first[doc], first[doc + 1], own, marks)
        for i in range(first[doc], first[doc + 1]):
            if own[i, 31] > 0:
                for k in range(bounds[i] + 1, bounds[i + 1]):
                    seen[(np.int64(folded[k - 1]) * 40503 + np.int64(folded[k]) * 9973) & 0xFFFF] = doc + 1
            for t in range(3):
                h = hashes[i, t] * np.uint64(0x9E3779B97F4A7C15) + np.uint64(t)
                at = np.int64((h >> np.uint64(20)) & mask)
                while owner[at] >= 0 and not (owner[at] == doc and key[at] == h):
                    at = (at + 1) & np.int64(mask)
                if t == 0:
                    own[i, 36] = owner[at] >= 0
                owner[at], key[at] = doc, h
                count[at] += 1
                spot[i, t] = at
        for i in range(first[doc], first[doc + 1]):
            for t in range(3):
                own[i, 33 + t] = np.log(np.float64(count[spot[i, t]]))
            n = bounds[i + 1] - bounds[i]
            own[i, 32] = 1.0
            if own[i, 31] == 0 and 2 <= n <= 80:
                hits = 0
                for k in range(bounds[i] + 1, bounds[i + 1]):
                    hits += seen[(np.int64(folded[k - 1]) * 40503 + np.int64(folded[k]) * 9973) & 0xFFFF] == doc + 1
                own[i, 32] = hits / (n - 1)


@jit
def count_on(a: int, b: int, own: NDArray[np.float32], marks: NDArray[np.int8]) -> None:
    """Numbered lines that count on: column 39 the place in the count, 40 its length, both logs; 0 for lines without number."""
    value, place, last = np.full(8, -9, np.int64), np.zeros(8, np.int64), np.full(8, -1, np.int64)
    for i in range(a, b):
        form = marks[i, 2]
        own[i, 39] = own[i, 40] = 0
        if form:
            place[form] = place[form] + 1 if marks[i, 3] == value[form] + 1 else 1
            value[form] = marks[i, 3]
            own[i, 39] = place[form]
    for i in range(b - 1, a - 1, -1):
        form = marks[i, 2]
        if form:
            if last[form] < 0 or own[last[form], 39] != own[i, 39] + 1:
                own[i, 40] = own[i, 39]
            else:
                own[i, 40] = own[last[form], 40]
            last[form] = i
    for i in range(a, b):
        if marks[i, 2]:
            own[i, 39], own[i, 40] = np.log1p(own[i, 39]), np.log1p(own[i, 40])
