"""What differs between two texts, counted: numbers, names, wording, phrases, statements turned round.

The rule of this file: each hunk between two texts counts as what it is (`numbers`, `names`, `turns`, `wording`) if it stands where
the text speaks (`edges`). What the counts mean is for `pipeline.near.judge` to say.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.near.kernels.characters import DIGIT, run_end
from pipeline.near.kernels.comparison import PASSAGE, SMALL, Hunk, Pair, Tables, hash_pair, row_of
from pipeline.near.kernels.edges import Grounds, continues_number, is_at_end, is_in_title, is_inside, is_surrounded, survey
from pipeline.near.kernels.names import NO_NAME, OF_REGION, name_kind
from pipeline.near.kernels.numbers import count_agreed, is_number, is_ordinal
from pipeline.near.kernels.turns import is_exchange, is_turn, is_unit
from pipeline.near.kernels.wording import ADVERT, count_phrase, hash_letters, is_revision, is_rewriting, is_word_of_letters

__all__ = [
    "AGREED", "ALL", "COUNTS", "ECHOED", "IDENTIFIERS", "LOST", "MATCHED", "NAMES", "NUMBERS", "OTHER_TITLE", "PAIRS", "PHRASES",
    "PUT", "REPEATED", "REPLACED", "RETITLED", "REVISED", "REWRITTEN", "SAME", "TITLE", "TITLE_PLACE", "TURNS",
    "WORDING", "count_facts",
]

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
NAMES = 10          # names of people and places that differ
WORDING = 11        # other small hunks
PHRASES = 12        # code points in phrases that were put in, taken out, or put for others
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

_LOOK_BACK = 3      # hunks that are looked at for the other half of an exchange
_FAR = 48           # code points from one half to the other
_NUMBER, _ORDINAL = 10, 11      # kinds of change, beside those of `names`
_N_CHANGES, _N_PAIRS, _N_PUT, _NUMBER_END = 0, 1, 2, 3      # columns of `_Notes.used`


class _Notes(NamedTuple):
    """What is noted from hunk to hunk, to be counted at the end."""

    exchanged: NDArray[np.bool_]    # [hunks]: those from one to the other of two words that changed places
    changes: NDArray[np.uint64]     # hashes of what the first text says and what the second does
    pairs: NDArray[np.uint64]       # the same of words, one of two code points or more
    put: NDArray[np.uint64]         # of what one text has more
    put_sizes: NDArray[np.int64]
    title_pair: NDArray[np.uint64]  # [1]: the last change in the titles
    used: NDArray[np.int64]         # how many of each there are, and where the last number that differs ends


@jit
def count_facts(
    pair: Pair, hunks: NDArray[np.int32], settled: NDArray[np.bool_], tables: Tables, counts: NDArray[np.int64]
) -> None:
    """Fill `counts` [COUNTS] from the hunks between two texts. What differs in a rewritten title is not counted.

    `settled` [hunks] marks those that belong to a passage that was moved or put in other words: only their length counts.
    """
    counts[:] = 0
    grounds, notes, at = survey(pair, hunks), _begin_notes(hunks.shape[0]), 0
    _find_exchanges(pair, hunks, settled, tables, notes.exchanged)
    for k in range(hunks.shape[0]):
        hunk = row_of(hunks, k)
        _count_equal(pair, at, hunk.a0, grounds, tables, counts)
        at = hunk.a1
        _note_change(pair, hunk, notes)
        _count_anywhere(pair, hunk, grounds, settled[k], tables, counts)
        if not settled[k] and not _says_nothing(pair, hunk, grounds):
            _count_change(pair, hunks, k, grounds, tables, notes, counts)
    _count_equal(pair, at, pair.a.shape[0], grounds, tables, counts)
    _count_notes(notes, counts)


@jit
def _begin_notes(n: int) -> _Notes:
    used = np.zeros(4, np.int64)
    used[_NUMBER_END] = -1
    words = np.empty((3, n), np.uint64)
    return _Notes(np.zeros(n, np.bool_), words[0], words[1], words[2], np.empty(n, np.int64), np.zeros(1, np.uint64), used)


@jit
def _find_exchanges(
    pair: Pair, hunks: NDArray[np.int32], settled: NDArray[np.bool_], tables: Tables, exchanged: NDArray[np.bool_]
) -> None:
    """Mark in `exchanged` the hunks from one to the other of every two words that changed places."""
    for k in range(hunks.shape[0]):
        for m in range(k, max(-1, k - _LOOK_BACK - 1), -1):
            if settled[m] or exchanged[m] or hunks[k, 1] - hunks[m, 0] > _FAR:
                break
            if is_exchange(pair, row_of(hunks, m), row_of(hunks, k), tables):
                exchanged[m:k + 1] = True
                break


@jit
def _count_equal(pair: Pair, i: int, j: int, grounds: Grounds, tables: Tables, counts: NDArray[np.int64]) -> None:
    """Count the block `a[i:j]`, which is equal in both."""
    counts[MATCHED] += j - i
    counts[AGREED] += count_agreed(pair.a, max(i, grounds.edge), min(j, pair.a.shape[0] - grounds.edge), tables.bits)


@jit
def _note_change(pair: Pair, hunk: Hunk, notes: _Notes) -> None:
    """Note a small change of what the first text says."""
    if hunk.a1 > hunk.a0 and max(hunk.a1 - hunk.a0, hunk.b1 - hunk.b0) < PASSAGE:
        notes.changes[notes.used[_N_CHANGES]] = hash_pair(pair.a, pair.b, hunk.a0, hunk.a1, hunk.b0, hunk.b1)
        notes.used[_N_CHANGES] += 1


@jit
def _count_anywhere(
    pair: Pair, hunk: Hunk, grounds: Grounds, settled: bool, tables: Tables, counts: NDArray[np.int64]
) -> None:
    """Count what a hunk is whatever it says: what is replaced, lost, another title, a revision."""
    la, lb, in_title = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0, is_in_title(pair, hunk)
    counts[REPLACED] += min(la, lb) > 0 and max(la, lb) >= 2 and not is_at_end(pair, hunk)
    counts[LOST] += la if not settled and lb == 0 and la >= PASSAGE and hunk.a0 > 0 and hunk.a1 < pair.a.shape[0] else 0
    counts[OTHER_TITLE] += in_title and grounds.rewritten and min(la, lb) > 0
    counts[RETITLED] += in_title and (min(la, lb) > 0 or max(hunk.a0, hunk.b0) > 0)
    counts[REVISED] += not in_title and is_inside(pair, hunk, grounds.edge, tables.bits) and is_revision(pair, hunk, tables.bits)


@jit
def _says_nothing(pair: Pair, hunk: Hunk, grounds: Grounds) -> bool:
    """Whether a hunk is a headline for another, or a passage that one text has more."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    return (grounds.rewritten and is_in_title(pair, hunk)) or (min(la, lb) == 0 and max(la, lb) >= PASSAGE)


@jit
def _count_change(
    pair: Pair, hunks: NDArray[np.int32], k: int, grounds: Grounds, tables: Tables, notes: _Notes, counts: NDArray[np.int64]
) -> None:
    """Count hunk `k` as what it says: a turn, else a number, a name or wording."""
    hunk = row_of(hunks, k)
    in_title, inside = is_in_title(pair, hunk), is_inside(pair, hunk, grounds.edge, tables.bits)
    in_core, within = grounds.first <= k < grounds.last, inside or is_surrounded(pair, hunks, k)
    counts[IDENTIFIERS] += within and _is_identifier(pair, hunk)
    counts[REWRITTEN] += in_core and is_rewriting(hunk)
    if notes.exchanged[k] or (within and _is_turned(pair, hunk, tables)):
        counts[TURNS] += 1
        counts[ALL] += 1
        counts[TITLE] += in_title
        return
    _note_pair(pair, hunk, in_title, notes, counts)
    kind, phrase = _change_kind(pair, hunk, tables), count_phrase(pair, hunk)
    if inside and kind == NO_NAME:
        _note_put(pair, hunk, phrase, notes, counts)
    if kind == _NUMBER:
        _count_number(pair, hunk, inside or in_core, in_title, tables, notes, counts)
    elif kind != _ORDINAL:
        counts[ALL] += kind > 0
        counts[TITLE] += in_title and kind > 0
        counts[TITLE_PLACE] += in_title and kind == OF_REGION
        counts[NAMES if kind else WORDING] += inside
        counts[PHRASES] += phrase if inside else 0


@jit
def _is_turned(pair: Pair, hunk: Hunk, tables: Tables) -> bool:
    """Whether a hunk makes another statement whatever else differs: an opposite, another unit, the rest of the last number."""
    return is_turn(pair, hunk, tables) or is_unit(pair, hunk, tables.bits) or continues_number(pair, hunk, tables.bits)


@jit
def _is_identifier(pair: Pair, hunk: Hunk) -> bool:
    """Whether one symbol, command or product stands for another."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    if min(la, lb) == 0 or max(la, lb) < 2:
        return False
    return is_word_of_letters(pair.a, hunk.a0, hunk.a1) and is_word_of_letters(pair.b, hunk.b0, hunk.b1)


@jit
def _note_pair(pair: Pair, hunk: Hunk, in_title: bool, notes: _Notes, counts: NDArray[np.int64]) -> None:
    """Note a word for another, and count it where it repeats what was changed in the title."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    if min(la, lb) == 0 or max(la, lb) >= PASSAGE:
        return
    value = hash_pair(pair.a, pair.b, hunk.a0, hunk.a1, hunk.b0, hunk.b1)
    if in_title:
        notes.title_pair[0] = value
    counts[ECHOED] += not in_title and value == notes.title_pair[0]
    if max(la, lb) >= 2:
        notes.pairs[notes.used[_N_PAIRS]] = value
        notes.used[_N_PAIRS] += 1


@jit
def _change_kind(pair: Pair, hunk: Hunk, tables: Tables) -> int:
    """What kind of change one hunk is: a number, the number of an article, one of the names, or none."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    if max(la, lb) < PASSAGE and is_number(pair, hunk, tables.bits):
        return _ORDINAL if is_ordinal(pair.a, hunk.a1, tables.bits) or is_ordinal(pair.b, hunk.b1, tables.bits) else _NUMBER
    if pair.verse and la == 1 and lb == 1 and min(pair.a.shape[0], pair.b.shape[0]) <= SMALL:    # in a poem 上 for 中 is a variant
        return NO_NAME
    return name_kind(pair, hunk, tables.bits)


@jit
def _note_put(pair: Pair, hunk: Hunk, phrase: int, notes: _Notes, counts: NDArray[np.int64]) -> None:
    """Note what one text has more, which may come again as an advertisement does."""
    la, lb = hunk.a1 - hunk.a0, hunk.b1 - hunk.b0
    if min(la, lb) == 0 and max(la, lb) >= ADVERT:
        n = notes.used[_N_PUT]
        notes.put[n] = hash_letters(pair.a, hunk.a0, hunk.a1) + np.uint64(3) * hash_letters(pair.b, hunk.b0, hunk.b1)
        notes.put_sizes[n] = phrase
        notes.used[_N_PUT] += 1
    counts[PUT] += phrase if la == 0 else 0


@jit
def _count_number(
    pair: Pair, hunk: Hunk, inside: bool, in_title: bool, tables: Tables, notes: _Notes, counts: NDArray[np.int64]
) -> None:
    """Count a number that differs; a second hunk in one number is the same fact."""
    fresh = hunk.a0 > notes.used[_NUMBER_END]
    counts[ALL] += fresh
    counts[NUMBERS] += fresh and inside
    counts[TITLE] += fresh and in_title
    notes.used[_NUMBER_END] = run_end(pair.a, hunk.a1, tables.bits, DIGIT)


@jit
def _count_notes(notes: _Notes, counts: NDArray[np.int64]) -> None:
    """Count what comes more than once."""
    n_changes, n_pairs, n_put = notes.used[_N_CHANGES], notes.used[_N_PAIRS], notes.used[_N_PUT]
    counts[SAME] = _longest_run(notes.changes[:n_changes])
    counts[PAIRS], counts[REPEATED] = n_pairs, _longest_run(notes.pairs[:n_pairs])
    _take_back_adverts(notes.put[:n_put], notes.put_sizes[:n_put], counts)


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
def _take_back_adverts(hashes: NDArray[np.uint64], sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
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
