"""What kind of change each hunk between two texts is: another number, another name, other wording, or a passage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = [
    "ADMIN", "AGREED", "ALL", "COUNTS", "DIGIT", "ECHOED", "FACET", "LOOKALIKE", "MATCHED", "MEASURE", "NAMES", "NUMBERS",
    "NUMERAL", "PAIRS", "PHRASES", "PLACE", "REPEATED", "RETITLED", "SOUND", "STRUCTURE", "SURNAME", "TITLE", "TITLE_PLACE",
    "WORDING", "count_facts", "hash_pair",
]

_BASE = np.uint64(0x9E3779B97F4A7C15)

# Bits of a character: the table is made by pipeline.near.verify from data/near_facts.txt.
DIGIT, NUMERAL, STRUCTURE, PLACE, SURNAME, SOUND, LOOKALIKE, FACET = 1, 2, 4, 8, 16, 32, 64, 128
ADMIN, MEASURE = 256, 512

# Columns of the counts. The last five leave out what stands at the edges of the texts, where sites put furniture.
MATCHED = 0         # code points that are equal
TITLE = 1           # numbers and names that differ in two otherwise equal titles
TITLE_PLACE = 2     # of these, names of parts of the country
ECHOED = 3          # how often a change in two otherwise equal titles comes again below
RETITLED = 4        # changes of two code points or more in titles, also in rewritten ones
PAIRS = 5           # words of two code points or more that stand for another word
REPEATED = 6        # how often the most frequent of these pairs comes
ALL = 7             # numbers and names that differ anywhere, edges and titles as well
NUMBERS = 8         # numbers that differ, in the same surroundings
AGREED = 9          # numbers that are equal
NAMES = 10           # names of people and places that differ
WORDING = 11         # other small hunks
PHRASES = 12         # code points in phrases that were put in, taken out, or put for others
COUNTS = 13

_PASSAGE = 12       # code points from which what one text has more is a paragraph, not a phrase
_PHRASE = 3         # code points from which a change is a phrase, not a slip, a variant or a synonym
_SMALL = 160        # code points of a text up to which a word for a word counts as a phrase
_NAME = 6           # code points of the longest name
_FEW = 400          # code points of a text up to which there are no edges
_EDGE, _EDGE_SHARE = 100, 8     # an edge is an eighth of the shorter text, at most 100 code points
_NOT, _PERSON, _PLACE, _ADMIN, _FACET, _NUMBER, _ORDINAL = 0, 1, 2, 3, 4, 5, 6


@jit
def _all(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16], bits: int) -> bool:
    for k in range(i, j):
        if not table[points[k]] & bits:
            return False
    return j > i


@jit
def _any(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16], bits: int) -> bool:
    for k in range(i, j):  # noqa: SIM110 - numba compiles the loop, not the generator
        if table[points[k]] & bits:
            return True
    return False


@jit
def _number_end(points: NDArray[np.uint32], j: int, table: NDArray[np.uint16], bits: int) -> int:
    while j < points.shape[0] and table[points[j]] & bits:
        j += 1
    return j


@jit
def _is_ordinal(points: NDArray[np.uint32], j: int, table: NDArray[np.uint16]) -> bool:
    """Whether the number that goes on at `j` counts articles or chapters."""
    end = _number_end(points, j, table, DIGIT | NUMERAL)
    return end < points.shape[0] and bool(table[points[end]] & STRUCTURE)


@jit
def _is_number(
    a: NDArray[np.uint32], b: NDArray[np.uint32], a0: int, a1: int, b0: int, b1: int, table: NDArray[np.uint16]
) -> bool:
    digits = _any(a, a0, a1, table, DIGIT) or _any(b, b0, b1, table, DIGIT)
    if digits:
        slip = a1 - a0 == b1 - b0 and _all(a, a0, a1, table, DIGIT | LOOKALIKE) and _all(b, b0, b1, table, DIGIT | LOOKALIKE)
        return not (slip and (_any(a, a0, a1, table, LOOKALIKE) or _any(b, b0, b1, table, LOOKALIKE)))
    left = a1 == a0 or _all(a, a0, a1, table, NUMERAL)
    right = b1 == b0 or _all(b, b0, b1, table, NUMERAL)
    if not (left and right):
        return False
    if a1 > a0 and b1 > b0:
        end = _number_end(a, a1, table, NUMERAL)
        counted = end < a.shape[0] and (table[a[end]] & MEASURE) != 0
        return min(a.shape[0], b.shape[0]) > _SMALL or counted or (a0 > 0 and a[a0 - 1] == 0x7B2C)      # 第
    before = a0 > 0 and (table[a[a0 - 1]] & NUMERAL) != 0
    after = a1 < a.shape[0] and (table[a[a1]] & NUMERAL) != 0
    return bool(before or after)


@jit
def _is_latin(points: NDArray[np.uint32], i: int, j: int) -> bool:
    """Whether at least half of the points are Latin (letters, tone marks, what is left of a broken reading)."""
    n = 0
    for k in range(i, j):
        n += points[k] < 0x250
    return 2 * n >= j - i


@jit
def _name_kind(
    a: NDArray[np.uint32], b: NDArray[np.uint32], a0: int, a1: int, b0: int, b1: int, table: NDArray[np.uint16]
) -> int:
    """Whether one name stands for another: of a place (by what ends it or follows), or of a person (by what begins it).

    A Latin word for another is a name as well, and so is one branch, half or side for another (`facet`).
    """
    la, lb = a1 - a0, b1 - b0
    if la == 0 or lb == 0:
        return _NOT
    if _is_latin(a, a0, a1) and _is_latin(b, b0, b1):
        return _PERSON if max(la, lb) >= _PHRASE else _NOT
    if la > _NAME or lb > _NAME:
        return _NOT
    if _ends_in(a, a0, a1, table, ADMIN) and _ends_in(b, b0, b1, table, ADMIN):
        return _ADMIN
    if la == 1 and lb == 1:
        return _FACET if table[a[a0]] & FACET and table[b[b0]] & FACET else _NOT
    if _ends_in(a, a0, a1, table, PLACE) and _ends_in(b, b0, b1, table, PLACE):
        return _PLACE
    if la >= 2 and lb >= 2 and _all(a, a0, a1, table, SOUND) and _all(b, b0, b1, table, SOUND):
        return _PERSON
    people = (table[a[a0]] & SURNAME) != 0 and (table[b[b0]] & SURNAME) != 0
    if people and la <= 3 and lb <= 3 and (la >= 2 or lb >= 2 or (a1 < a.shape[0] and a[a1] == 0x67D0)):      # 某
        return _PERSON
    return _NOT


@jit
def _ends_in(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16], bits: int) -> bool:
    """Whether the changed `points[i:j]` with what follows is a name that ends in a character with these bits.

    The name has two characters or more before its last one, of which the change may be the first or the second: 绍兴市.
    """
    if j - i >= 3 and table[points[j - 1]] & bits:
        return True
    after = j + 1 if j - i == 1 else j
    for k in range(j, min(after + 1, points.shape[0])):
        if table[points[k]] & bits:
            return k - i >= 2 or (i > 0 and k - i == 1 and points[i - 1] == 0x53F0)     # 台南市
    return False


@jit
def _count_agreed(
    a: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16]
) -> int:
    """Numbers that lie wholly inside the equal block `a[i:j]`."""
    n = 0
    while i < j:
        if table[a[i]] & (DIGIT | NUMERAL):
            end = min(j, _number_end(a, i, table, DIGIT | NUMERAL))
            inside = (i == 0 or not table[a[i - 1]] & (DIGIT | NUMERAL)) and end < j
            if inside and (table[a[i]] & DIGIT or end - i >= 2) and not table[a[end]] & STRUCTURE:
                n += 1
            i = end
        else:
            i += 1
    return n


@jit
def _is_rewritten(hunks: NDArray[np.int32], title_a: int, title_b: int) -> bool:
    """Whether two titles share less than half of the shorter one: then what they differ in tells nothing."""
    changed = 0
    for k in range(hunks.shape[0]):
        if hunks[k, 0] >= title_a or hunks[k, 2] >= title_b:
            break
        changed += max(min(hunks[k, 1], title_a) - hunks[k, 0], min(hunks[k, 3], title_b) - hunks[k, 2])
    return 2 * changed > min(title_a, title_b)


@jit
def hash_pair(a: NDArray[np.uint32], b: NDArray[np.uint32], a0: int, a1: int, b0: int, b1: int) -> np.uint64:
    """A hash of `a[a0:a1]` for `b[b0:b1]`, one way."""
    h = np.uint64(a1 - a0)
    for k in range(a0, a1):
        h = h * _BASE + np.uint64(a[k])
    for k in range(b0, b1):
        h = h * _BASE + np.uint64(b[k])
    return h


@jit
def _is_in(values: NDArray[np.uint64], value: np.uint64) -> bool:
    """Whether sorted values hold one."""
    low, high = 0, values.shape[0]
    while low < high:
        middle = (low + high) // 2
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < values.shape[0] and bool(values[low] == value)


@jit
def _longest_run(values: NDArray[np.uint64]) -> int:
    """How often the most frequent value comes."""
    values.sort()
    best, run = 0, 0
    for k in range(values.shape[0]):
        run = run + 1 if k and values[k] == values[k - 1] else 1
        best = max(best, run)
    return best


@jit
def _change_kind(
    a: NDArray[np.uint32], b: NDArray[np.uint32], a0: int, a1: int, b0: int, b1: int, table: NDArray[np.uint16]
) -> int:
    """What kind of change one hunk is."""
    if max(a1 - a0, b1 - b0) < _PASSAGE and _is_number(a, b, a0, a1, b0, b1, table):
        return _ORDINAL if _is_ordinal(a, a1, table) or _is_ordinal(b, b1, table) else _NUMBER
    kind = _name_kind(a, b, a0, a1, b0, b1, table)
    if kind == _FACET and min(a.shape[0], b.shape[0]) <= _SMALL:        # in a poem 上 for 中 is a variant
        return _NOT
    return kind


@jit
def _is_inside(hunk: NDArray[np.int32], na: int, nb: int, edge: int) -> bool:
    """Whether a hunk stands in the text and not where sites put furniture.

    A title, a name or a date put before or after the whole text is furniture whatever the length of the text.
    """
    a0, a1, b0, b1 = hunk
    short, long = min(a1 - a0, b1 - b0), max(a1 - a0, b1 - b0)
    at_end = a1 == na and b1 == nb
    if (short == 0 and (max(a0, b0) == 0 or at_end)) or (at_end and long >= _PASSAGE > short):
        return False
    return bool(min(a0, b0) >= edge and a1 <= na - edge and b1 <= nb - edge)


@jit
def _count_phrase(la: int, lb: int, shorter: int, reading: bool) -> int:
    """Code points of a phrase that differs; 0 for a slip, a variant, a synonym or a reading that was left."""
    short, long = min(la, lb), max(la, lb)
    if reading or not (long >= _PHRASE or (short >= 2 and shorter <= _SMALL)):
        return 0
    # What is put for a whole paragraph (查看全文) is short: the paragraph is missing, not another one.
    return long if long < _PASSAGE or short >= _PASSAGE else short


@jit
def count_facts(
    a: NDArray[np.uint32], b: NDArray[np.uint32], title_a: int, title_b: int, hunks: NDArray[np.int32],
    table: NDArray[np.uint16], synonyms: NDArray[np.uint64], counts: NDArray[np.int64],
) -> None:
    """Fill `counts` [COUNTS] from the hunks between `a` and `b`, whose first `title_a` and `title_b` points are titles.

    `table` uint16 [0x110000] holds the bits of characters, `synonyms` the sorted hashes of words that may stand for each
    other (`hash_pair`): such a change counts as wording and nothing else. What differs in a rewritten title is not counted.
    """
    counts[:] = 0
    na, nb, i, token, n_pairs = a.shape[0], b.shape[0], 0, -1, 0
    shorter = min(na, nb)
    edge = min(_EDGE, shorter // _EDGE_SHARE) if shorter > _FEW else 0
    rewritten = _is_rewritten(hunks, title_a, title_b)
    pairs, title_pair = np.empty(hunks.shape[0], np.uint64), np.uint64(0)
    for k in range(hunks.shape[0]):
        a0, a1, b0, b1 = hunks[k, 0], hunks[k, 1], hunks[k, 2], hunks[k, 3]
        la, lb = a1 - a0, b1 - b0
        counts[MATCHED] += a0 - i
        counts[AGREED] += _count_agreed(a, max(i, edge), min(a0, na - edge), table)
        i = a1
        in_title = a0 < title_a and b0 < title_b
        counts[RETITLED] += in_title and max(la, lb) >= 2
        if (in_title and rewritten) or (min(la, lb) == 0 and max(la, lb) >= _PASSAGE):
            continue
        inside = _is_inside(hunks[k], na, nb, edge)
        if min(la, lb) > 0 and max(la, lb) < _PASSAGE:
            pair = hash_pair(a, b, a0, a1, b0, b1)
            if _is_in(synonyms, pair):
                counts[WORDING] += inside
                continue
            title_pair = pair if in_title else title_pair
            counts[ECHOED] += not in_title and pair == title_pair
            if min(la, lb) >= 2:
                pairs[n_pairs] = pair
                n_pairs += 1
        kind = _change_kind(a, b, a0, a1, b0, b1, table)
        reading = min(la, lb) == 0 and _is_latin(a, a0, a1) and _is_latin(b, b0, b1)
        phrase = _count_phrase(la, lb, shorter, reading)
        token = _tally(counts, kind, inside, in_title, phrase, a0, token, _number_end(a, a1, table, DIGIT))
    counts[MATCHED] += na - i
    counts[AGREED] += _count_agreed(a, max(i, edge), na - edge, table)
    counts[PAIRS], counts[REPEATED] = n_pairs, _longest_run(pairs[:n_pairs])


@jit
def _tally(
    counts: NDArray[np.int64], kind: int, inside: bool, in_title: bool, phrase: int, a0: int, token: int, number_end: int
) -> int:
    """Count one hunk. Returns where the last number that differs ends: a second hunk in it is the same fact."""
    if kind == _ORDINAL:
        return token
    if kind == _NUMBER:
        fresh = a0 > token
        counts[ALL] += fresh
        counts[NUMBERS] += fresh and inside
        counts[TITLE] += fresh and in_title
        return number_end
    counts[ALL] += kind > 0
    counts[TITLE] += in_title and kind > 0
    counts[TITLE_PLACE] += in_title and kind == _ADMIN
    if inside:
        counts[NAMES if kind else WORDING] += 1
        counts[PHRASES] += phrase
    return token
