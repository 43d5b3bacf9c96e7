"""What kind of change each hunk between two texts is: another number, another name, other wording, or a passage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.turns import Hunk, Pair, Tables, hash_pair, hash_word, is_exchange, is_turn

__all__ = [
    "ADDRESS", "ADMIN", "AGREED", "ALL", "COUNTS", "DIGIT", "ECHOED", "FACET", "IDENTIFIERS",
    "LOOKALIKE", "LOST", "MATCHED", "MEASURE", "NAMES",
    "NUMBERS", "NUMERAL", "OTHER_TITLE", "PAIRS", "PASSAGE", "PHRASES", "PLACE", "PUT",
    "REPEATED", "REPLACED", "RETITLED", "REVISED", "REWRITTEN", "SAME", "SOUND",
    "STRUCTURE", "SURNAME", "TITLE", "TITLE_PLACE", "TURNS", "WORDING", "count_facts", "number_end",
]

# Bits of a character: the table is made by pipeline.near.opposites from data/near_facts.txt.
DIGIT, NUMERAL, STRUCTURE, PLACE, SURNAME, SOUND, LOOKALIKE, FACET = 1, 2, 4, 8, 16, 32, 64, 128
ADMIN, MEASURE, ADDRESS = 256, 512, 4096

# Columns of the counts. From NUMBERS on they leave out what stands at the edges of the texts, where sites put furniture.
MATCHED = 0         # code points that are equal
TITLE = 1           # numbers and names that differ in two otherwise equal titles
TITLE_PLACE = 2     # of these, names of parts of the country
ECHOED = 3          # how often a change in two otherwise equal titles comes again below
RETITLED = 4        # changes in titles, also in rewritten ones, but for what is put before them
PAIRS = 5           # words that stand for another word, one of two code points or more
REPEATED = 6        # how often the most frequent of these pairs comes
ALL = 7             # numbers and names that differ anywhere, edges and titles as well
NUMBERS = 8         # numbers that differ, in the same surroundings
AGREED = 9          # numbers that are equal
NAMES = 10           # names of people and places that differ
WORDING = 11         # other small hunks
PHRASES = 12         # code points in phrases that were put in, taken out, or put for others
TURNS = 13          # changes that turn a statement round, and words that changed places in one
PUT = 14            # of the code points of PHRASES, those that only the second text has
REWRITTEN = 15      # places where one says something else: a phrase for one of another length, a passage for another
REVISED = 16        # changes in the body of a statute that are no slips: words put in, taken out or exchanged, articles renumbered
IDENTIFIERS = 17    # changes inside words of letters: another symbol, command or product
SAME = 18           # how often the most frequent change of what the first text says comes
REPLACED = 19       # words that stand for others, but at the end
LOST = 20           # code points of passages inside that only the first text has
OTHER_TITLE = 21    # changes of words in titles that are not the same one
COUNTS = 22

PASSAGE = 12       # code points from which what one text has more is a paragraph, not a phrase
_PHRASE = 3         # code points from which a change is a phrase, not a slip, a variant or a synonym
_REWRITTEN = 6      # code points from which a phrase for another of another length says something else: spun words are shorter
_DATELINE, _LONGEST_DATELINE = 16, 24   # code points in which a dateline may begin, and of the longest
_BLOCK = 40         # equal code points that make a block of text, and no line that two sites share
_SMALL = 160        # code points of a text up to which a word for a word counts as a phrase
_NAME = 6           # code points of the longest name
_ADVERT = 8         # code points from which what was put in twice is an advertisement (请点击下一页 10 | a name in a statute 4)
_LOOK_BACK = 3      # hunks that are looked at for the other half of an exchange
_FAR = 48           # code points from one half to the other
_SURROUNDED = 8     # equal code points on both sides that make a change near the edge one of the text, not of furniture
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
def number_end(points: NDArray[np.uint32], j: int, table: NDArray[np.uint16], bits: int) -> int:
    """Where the code points with one of `bits` end that go on from `j`."""
    while j < points.shape[0] and table[points[j]] & bits:
        j += 1
    return j


@jit
def _is_ordinal(points: NDArray[np.uint32], j: int, table: NDArray[np.uint16]) -> bool:
    """Whether the number that goes on at `j` counts articles or chapters."""
    end = number_end(points, j, table, DIGIT | NUMERAL)
    return end < points.shape[0] and bool(table[points[end]] & STRUCTURE)


@jit
def _all_numeral(points: NDArray[np.uint32], i: int, j: int, table: NDArray[np.uint16]) -> bool:
    """Whether `points[i:j]` are Han numerals, or the point between two of them (一点五)."""
    for k in range(i, j):
        point = points[k] == 0x70B9 and 0 < k < points.shape[0] - 1
        if not (table[points[k]] & NUMERAL or (point and table[points[k - 1]] & NUMERAL and table[points[k + 1]] & NUMERAL)):
            return False
    return j > i


@jit
def _is_number(
    a: NDArray[np.uint32], b: NDArray[np.uint32], a0: int, a1: int, b0: int, b1: int, table: NDArray[np.uint16]
) -> bool:
    digits = _any(a, a0, a1, table, DIGIT) or _any(b, b0, b1, table, DIGIT)
    if digits:
        slip = a1 - a0 == b1 - b0 and _all(a, a0, a1, table, DIGIT | LOOKALIKE) and _all(b, b0, b1, table, DIGIT | LOOKALIKE)
        return not (slip and (_any(a, a0, a1, table, LOOKALIKE) or _any(b, b0, b1, table, LOOKALIKE)))
    left = a1 == a0 or _all_numeral(a, a0, a1, table)
    right = b1 == b0 or _all_numeral(b, b0, b1, table)
    if not (left and right):
        return False
    if a1 > a0 and b1 > b0:
        end = number_end(a, a1, table, NUMERAL)
        counted = end < a.shape[0] and (table[a[end]] & MEASURE) != 0
        follows = a0 > 0 and (a[a0 - 1] == 0x7B2C or (table[a[a0 - 1]] & (DIGIT | NUMERAL)) != 0)       # 第, 5万
        return min(a.shape[0], b.shape[0]) > _SMALL or counted or follows
    before = a0 > 0 and (table[a[a0 - 1]] & (DIGIT | NUMERAL)) != 0
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
        if table[a[a0]] & FACET and table[b[b0]] & FACET:
            return _FACET
        surnames = (table[a[a0]] & SURNAME) != 0 and (table[b[b0]] & SURNAME) != 0
        addressed = a1 < a.shape[0] and (table[a[a1]] & ADDRESS) != 0
        return _PERSON if surnames and (addressed or min(a.shape[0], b.shape[0]) <= _SMALL) else _NOT
    if _ends_in(a, a0, a1, table, PLACE) and _ends_in(b, b0, b1, table, PLACE):
        return _PLACE
    if la >= 2 and lb >= 2 and _all(a, a0, a1, table, SOUND) and _all(b, b0, b1, table, SOUND):
        return _PERSON
    people = (table[a[a0]] & SURNAME) != 0 and (table[b[b0]] & SURNAME) != 0
    if people and la <= 3 and lb <= 3 and (la >= 2 or lb >= 2 or (a1 < a.shape[0] and (table[a[a1]] & ADDRESS) != 0)):
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
            end = min(j, number_end(a, i, table, DIGIT | NUMERAL))
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
def _longest_run(values: NDArray[np.uint64]) -> int:
    """How often the most frequent value comes."""
    values.sort()
    best, run = 0, 0
    for k in range(values.shape[0]):
        run = run + 1 if k and values[k] == values[k - 1] else 1
        best = max(best, run)
    return best


@jit
def _change_kind(pair: Pair, hunk: Hunk, table: NDArray[np.uint16]) -> int:
    """What kind of change one hunk is."""
    a, b = pair.a, pair.b
    a0, a1, b0, b1 = hunk
    if max(a1 - a0, b1 - b0) < PASSAGE and _is_number(a, b, a0, a1, b0, b1, table):
        return _ORDINAL if _is_ordinal(a, a1, table) or _is_ordinal(b, b1, table) else _NUMBER
    kind = _name_kind(a, b, a0, a1, b0, b1, table)
    one = a1 - a0 == 1 and b1 - b0 == 1
    if pair.verse and one and min(a.shape[0], b.shape[0]) <= _SMALL:    # in a poem 上 for 中 is a variant
        return _NOT
    return kind


@jit
def _is_inside(hunk: Hunk, na: int, nb: int, edge: int) -> bool:
    """Whether a hunk stands in the text and not where sites put furniture.

    A title, a name or a date put before or after the whole text is furniture whatever the length of the text.
    """
    a0, a1, b0, b1 = hunk
    short, long = min(a1 - a0, b1 - b0), max(a1 - a0, b1 - b0)
    at_end = a1 == na and b1 == nb
    if (short == 0 and (max(a0, b0) == 0 or at_end)) or (at_end and long >= PASSAGE > short):
        return False
    return bool(min(a0, b0) >= edge and a1 <= na - edge and b1 <= nb - edge)


@jit
def _count_phrase(la: int, lb: int, shorter: int, reading: bool) -> int:
    """Code points of a phrase that differs; 0 for a slip, a variant, a synonym or a reading that was left."""
    short, long = min(la, lb), max(la, lb)
    if reading or not (long >= _PHRASE or (short >= 2 and shorter <= _SMALL)):
        return 0
    # What is put for a whole paragraph (查看全文) is short: the paragraph is missing, not another one.
    return long if long < PASSAGE or short >= PASSAGE else short


@jit
def _is_rewriting(la: int, lb: int) -> bool:
    """Whether what stands for something says another thing: no word, or of another length. Spun words are as long."""
    short, long = min(la, lb), max(la, lb)
    return bool(short >= _REWRITTEN or (short >= 1 and long >= _REWRITTEN and long - short >= 2))


@jit
def _find_core(pair: Pair, hunks: NDArray[np.int32]) -> tuple[int, int]:
    """The hunks from the first to before the last that stand in the text: behind it are credits, links, closing lines.

    The text begins with its first sentence, or after a block of `_BLOCK`; before it stand titles, sources and menus, and in it
    a dateline may differ. It ends with the last block.
    """
    first, last, n = hunks.shape[0], 0, hunks.shape[0]
    for k in range(n):
        before = hunks[k, 0] - (hunks[k - 1, 1] if k else 0)
        a0, a1, b0, b1 = hunks[k]
        inside = a0 >= pair.body_a and b0 >= pair.body_b
        dateline = min(a0 - pair.body_a, b0 - pair.body_b) < _DATELINE and max(a1 - a0, b1 - b0) <= _LONGEST_DATELINE
        if before >= _BLOCK or (inside and not dateline):
            first = min(first, k)
        if before >= _BLOCK:
            last = k
    return first, n if n and pair.a.shape[0] - hunks[n - 1, 1] >= _BLOCK else last


@jit
def _is_letter(point: int) -> bool:
    return 0x61 <= point <= 0x7A


@jit
def _is_inside_word(points: NDArray[np.uint32], i: int, j: int) -> bool:
    """Whether what differs, `points[i:j]`, is letters and digits that stand beside a letter, or a word of letters itself."""
    letters = False
    for k in range(max(0, i - 1), min(points.shape[0], j + 1)):
        if _is_letter(points[k]):
            letters = True
        elif i <= k < j and points[k] >= 0x250:
            return False
    return letters


@jit
def _is_heading(points: NDArray[np.uint32], i: int, j: int) -> bool:
    """Whether `points[i:j]` can be the heading of a chapter: 第一章总则, whatever the alignment left of it."""
    for k in range(i, j):  # noqa: SIM110 - numba compiles the loop, not the generator
        if points[k] in (0x7AE0, 0x8282, 0x7F16):                   # 章节编
            return True
    return False


@jit
def _is_revision(pair: Pair, hunk: Hunk, table: NDArray[np.uint16]) -> bool:
    """Whether a change in the body of a statute is more than a slip of one character or a heading."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    if max(la, lb) == 1:
        numeral = (la == 0 or table[pair.a[hunk.a0]] & NUMERAL) and (lb == 0 or table[pair.b[hunk.b0]] & NUMERAL)
        return bool(numeral)
    if min(la, lb) == 0:
        return not (_is_heading(pair.a, hunk.a0, hunk.a1) or _is_heading(pair.b, hunk.b0, hunk.b1))
    return True


@jit
def _row(hunks: NDArray[np.int32], k: int) -> Hunk:
    return Hunk(hunks[k, 0], hunks[k, 1], hunks[k, 2], hunks[k, 3])


@jit
def _is_surrounded(pair: Pair, hunks: NDArray[np.int32], k: int) -> bool:
    """Whether much is equal on both sides of hunk `k`, or on one and up to where both texts begin or end on the other."""
    last = k + 1 == hunks.shape[0]
    before = hunks[k, 0] - (hunks[k - 1, 1] if k else 0)
    after = (pair.a.shape[0] if last else hunks[k + 1, 0]) - hunks[k, 1]
    if max(before, after) < _SURROUNDED:
        return False
    return bool((before >= _SURROUNDED or k == 0) and (after >= _SURROUNDED or (last and after > 0)))


@jit
def _find_exchanges(
    pair: Pair, hunks: NDArray[np.int32], settled: NDArray[np.bool_], tables: Tables, exchanged: NDArray[np.bool_]
) -> None:
    """Mark in `exchanged` the hunks from one to the other of every two words that changed places."""
    exchanged[:] = False
    for k in range(hunks.shape[0]):
        for m in range(k, max(-1, k - _LOOK_BACK - 1), -1):
            if settled[m] or exchanged[m] or hunks[k, 1] - hunks[m, 0] > _FAR:
                break
            if is_exchange(pair, _row(hunks, m), _row(hunks, k), tables):
                exchanged[m:k + 1] = True
                break


@jit
def _count_adverts(hashes: NDArray[np.uint64], sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
    """Take back what was put in more than once and counted as wording: advertisements between paragraphs, marks of a site."""
    order = np.argsort(hashes)
    k = 0
    while k < order.shape[0]:
        end = k + 1
        while end < order.shape[0] and hashes[order[end]] == hashes[order[k]]:
            end += 1
        if end - k >= 2:
            for m in range(k, end):
                counts[WORDING] -= 1
                counts[PHRASES] -= sizes[order[m]]
        k = end


@jit
def _hash_letters(points: NDArray[np.uint32], i: int, j: int) -> np.uint64:
    """A hash of which code points there are: where an alignment cuts what was put in before a text is chance."""
    h = np.uint64(j - i)
    for k in range(i, j):
        h += hash_word(points, k, k + 1) * np.uint64(0xD6E8FEB86659FD93)
    return h


@jit
def count_facts(
    pair: Pair, hunks: NDArray[np.int32], settled: NDArray[np.bool_], tables: Tables, counts: NDArray[np.int64]
) -> None:
    """Fill `counts` [COUNTS] from the hunks between two texts. What differs in a rewritten title is not counted.

    `settled` [hunks] marks those that belong to a passage that was moved or put in other words: only their length counts.
    """
    counts[:] = 0
    a, b = pair.a, pair.b
    na, nb, i, token, n_pairs, n_put, n_same = a.shape[0], b.shape[0], 0, -1, 0, 0, 0
    shorter = min(na, nb)
    edge = min(_EDGE, shorter // _EDGE_SHARE) if shorter > _FEW else 0
    rewritten = _is_rewritten(hunks, pair.title_a, pair.title_b)
    n = hunks.shape[0]
    pairs, title_pair = np.empty(n, np.uint64), np.uint64(0)
    put, put_sizes = np.empty(n, np.uint64), np.empty(n, np.int64)
    exchanged, changes = np.empty(n, np.bool_), np.empty(n, np.uint64)
    for k in range(n):
        hunk = _row(hunks, k)
        if hunk.a1 > hunk.a0 and max(hunk.a1 - hunk.a0, hunk.b1 - hunk.b0) < PASSAGE:
            changes[n_same] = hash_pair(a, b, hunk.a0, hunk.a1, hunk.b0, hunk.b1)
            n_same += 1
    counts[SAME] = _longest_run(changes[:n_same])
    first, last = _find_core(pair, hunks)
    _find_exchanges(pair, hunks, settled, tables, exchanged)
    for k in range(n):
        hunk = _row(hunks, k)
        la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
        counts[MATCHED] += hunk.a0 - i
        counts[AGREED] += _count_agreed(a, max(i, edge), min(hunk.a0, na - edge), tables.bits)
        i = hunk.a1
        in_title = hunk.a0 < pair.title_a and hunk.b0 < pair.title_b
        counts[REPLACED] += min(la, lb) > 0 and max(la, lb) >= 2 and not (hunk.a1 == na and hunk.b1 == nb)
        counts[LOST] += la if not settled[k] and lb == 0 and la >= PASSAGE and hunk.a0 > 0 and hunk.a1 < na else 0
        counts[OTHER_TITLE] += in_title and rewritten and min(la, lb) > 0
        counts[RETITLED] += in_title and (min(la, lb) > 0 or max(hunk.a0, hunk.b0) > 0)
        inside = _is_inside(hunk, na, nb, edge)
        counts[REVISED] += inside and not in_title and _is_revision(pair, hunk, tables.bits)
        if settled[k] or (in_title and rewritten) or (min(la, lb) == 0 and max(la, lb) >= PASSAGE):
            continue
        within = inside or _is_surrounded(pair, hunks, k)
        if within and min(la, lb) > 0 and max(la, lb) >= 2:
            counts[IDENTIFIERS] += _is_inside_word(a, hunk.a0, hunk.a1) and _is_inside_word(b, hunk.b0, hunk.b1)
        counts[REWRITTEN] += first <= k < last and _is_rewriting(la, lb)
        if exchanged[k] or (within and is_turn(pair, hunk, tables)):
            counts[TURNS] += 1
            counts[ALL] += 1
            counts[TITLE] += in_title
            continue
        if min(la, lb) > 0 and max(la, lb) < PASSAGE:
            value = hash_pair(a, b, hunk.a0, hunk.a1, hunk.b0, hunk.b1)
            title_pair = value if in_title else title_pair
            counts[ECHOED] += not in_title and value == title_pair
            if max(la, lb) >= 2:
                pairs[n_pairs] = value
                n_pairs += 1
        kind = _change_kind(pair, hunk, tables.bits)
        reading = min(la, lb) == 0 and _is_latin(a, hunk.a0, hunk.a1) and _is_latin(b, hunk.b0, hunk.b1)
        phrase = _count_phrase(la, lb, shorter, reading)
        if inside and kind == _NOT and min(la, lb) == 0 and max(la, lb) >= _ADVERT:
            put[n_put] = _hash_letters(a, hunk.a0, hunk.a1) + np.uint64(3) * _hash_letters(b, hunk.b0, hunk.b1)
            put_sizes[n_put] = phrase
            n_put += 1
        counts[PUT] += phrase if inside and kind == _NOT and la == 0 else 0
        inside = inside or (kind == _NUMBER and first <= k < last)
        token = _tally(counts, kind, inside, in_title, phrase, hunk.a0, token, number_end(a, hunk.a1, tables.bits, DIGIT))
    counts[MATCHED] += na - i
    counts[AGREED] += _count_agreed(a, max(i, edge), na - edge, tables.bits)
    counts[PAIRS], counts[REPEATED] = n_pairs, _longest_run(pairs[:n_pairs])
    _count_adverts(put[:n_put], put_sizes[:n_put], counts)


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
