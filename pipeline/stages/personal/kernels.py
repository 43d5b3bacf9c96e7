"""One pass over a batch that folds it and lists the few places with a part to play, and one over these for where patterns look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = [
    "AT", "DENSE", "DIGIT", "HANZI_DIGIT", "HOUSES", "LABEL", "LABELS", "MANY", "MOST", "NUMBERS", "OPEN", "PLATES", "PROVINCE",
    "SIEVES", "SIGN", "SIGNS", "SPELT", "SPELT_IN", "UNIT", "WIDE", "WINDOW", "find_spots", "fold_parts",
]

#: What part a character can play.
DIGIT, SIGN, UNIT, PROVINCE, OPEN, LABEL, HANZI_DIGIT, AT = (1 << i for i in range(8))
#: What is looked for, see `pipeline.stages.personal.view.View`.
NUMBERS, SPELT, SIGNS, LABELS, PLATES, HOUSES = SIEVES = range(6)
#: A number that concerns this stage has seven digits among some eight characters in a row (138-1234-5678, 2345-6789), and a date
#: (2015-08-12) has not; 886-912-345-678 and A123456(7) are looked for by other signs of theirs.
WINDOW, DENSE = 8, 7
#: One that is parted anyhow (139 17 05 44 62) has eleven in fifteen.
WIDE, MANY = 15, 11
SPELT_IN = 12               # characters in which three hanzi for digits stand, where a number is written in them
#: Spots of one sieve that one character can give.
MOST = 5
_BLANK, _ZERO, _ONE, _SIX, _EIGHT, _NINE = 0x20, 0x30, 0x31, 0x36, 0x38, 0x39
_A, _Q, _T, _V, _Z, _CAPITAL_A, _SIGN_AT = 0x61, 0x71, 0x74, 0x76, 0x7A, 0x41, 0x40
_AI, _TE, _QUAN = 0x827E, 0x7279, 0x5708     # 艾特, 圈
_WEI, _WEI_TOO, _WEI_LIKE = 0x5FAE, 0x8587, 0x5A01      # 微, 薇, 威


@jit
def fold_parts(
    points: NDArray[np.uint32], table: NDArray[np.uint32], parts: NDArray[np.uint8], folded: NDArray[np.uint32],
    at: NDArray[np.int64],
) -> int:
    """Each code point as `table` folds it, into `folded`; the places of those with a part, into `at`. Gives how many these are."""
    n = 0
    for i in range(points.shape[0]):
        point = table[points[i]]
        folded[i] = point
        if parts[point]:
            at[n] = i
            n += 1
    return n


@jit
def find_spots(
    folded: NDArray[np.uint32], parts: NDArray[np.uint8], at: NDArray[np.int64], last: NDArray[np.int64], first: NDArray[np.int64],
    alone: NDArray[np.int64], spots: NDArray[np.int64], counts: NDArray[np.int64],
) -> None:
    """The spots of each sieve, into its row of `spots` [sieves, MOST * places], and how many, into `counts`.

    `at` are the places with a part; `last` and `first` are pairs of characters, sorted, that labels end and begin with, and `alone`
    characters that are labels. Of a million characters of news 60,000 have a part. The same by passes of numpy over all characters
    took 13 ms for a million, in this way it takes 3.
    """
    counts[:] = 0
    size = folded.shape[0]
    for k in range(at.shape[0]):
        i = at[k]
        part = parts[folded[i]]
        if part & DIGIT:
            _see_digit(folded, parts, at, k, spots, counts)
        if part & HANZI_DIGIT:
            _see_hanzi(folded, parts, at, k, spots, counts)
        if part & SIGN:
            _put(spots, counts, SIGNS, i)
        if part & OPEN:
            if i >= 6 and parts[folded[i - 1]] & DIGIT and parts[folded[i - 6]] & DIGIT:
                _put(spots, counts, NUMBERS, i)
            if i + 1 < size:
                after = folded[i + 1]
                if after | 0x20 == _A or after in (_SIGN_AT, _AI, _QUAN):
                    _put(spots, counts, SIGNS, i)
        if part & AT:
            _see_at(folded, i, spots, counts)
        if part & LABEL and _is_label(folded, i, last, first, alone):
            _put(spots, counts, LABELS, i)
        if part & PROVINCE:
            after = folded[min(i + 1, size - 1)]
            if _A <= after | 0x20 <= _Z or after == _BLANK:
                _put(spots, counts, PLATES, i)
        if part & UNIT and i:
            before = i - 2 if folded[i - 1] == _BLANK else i - 1        # 128 号
            if before >= 0 and parts[folded[before]] & DIGIT:
                _put(spots, counts, HOUSES, i)


@jit
def _put(spots: NDArray[np.int64], counts: NDArray[np.int64], sieve: int, spot: int) -> None:
    spots[sieve, counts[sieve]] = spot
    counts[sieve] += 1


@jit
def _see_digit(
    folded: NDArray[np.uint32], parts: NDArray[np.uint8], at: NDArray[np.int64], k: int, spots: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Whether a number may begin about this digit: dense ones, those parted anyhow, +886, and digits one by one."""
    size, i = folded.shape[0], at[k]
    n, wide, stop = 0, 0, 0
    for j in range(k, min(k + WIDE, at.shape[0])):
        if at[j] >= i + WIDE:
            break
        if parts[folded[at[j]]] & DIGIT:
            n += 1
            wide += 1
            if n == DENSE:
                stop = at[j]
    if size <= WINDOW:
        _put(spots, counts, NUMBERS, i)
    elif stop and stop - i < WINDOW:
        for spot in range(max(1, stop - WINDOW + 1), min(i, size - WINDOW) + 1):
            _put(spots, counts, NUMBERS, spot)
    point = folded[i]
    after = folded[i + 1] if i + 1 < size else 0
    begins = (point == _ONE or (point == _ZERO and after == _NINE)) and 0 < i < size - WIDE
    if begins and wide >= MANY - (point == _ZERO) and not parts[folded[i - 1]] & DIGIT:
        _put(spots, counts, NUMBERS, i)
    if point == _EIGHT and after == _EIGHT and i + 2 < size and folded[i + 2] == _SIX:
        _put(spots, counts, NUMBERS, i)
    if i + 6 < size:
        single = True
        for j in range(1, 7):
            single = single and (parts[folded[i + j]] & DIGIT != 0) == (j % 2 == 0)
        if single:
            _put(spots, counts, SPELT, i)


@jit
def _see_hanzi(
    folded: NDArray[np.uint32], parts: NDArray[np.uint8], at: NDArray[np.int64], k: int, spots: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Whether this is the first of three hanzi for digits that stand close together."""
    n = 0
    for j in range(k + 1, min(k + SPELT_IN + 1, at.shape[0])):
        if at[j] > at[k] + SPELT_IN:
            break
        n += parts[folded[at[j]]] & HANZI_DIGIT != 0
    if n >= 2:
        _put(spots, counts, SPELT, at[k])


@jit
def _see_at(folded: NDArray[np.uint32], i: int, spots: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
    """Whether @ is written as a word here: ` at `, ` AT `, 艾特."""
    point = folded[i]
    after = folded[i + 1] if i + 1 < folded.shape[0] else 0
    if point == _AI:
        if after == _TE:
            _put(spots, counts, SIGNS, i)
    elif i >= 2 and after == _BLANK and folded[i - 2] == _BLANK and folded[i - 1] == (_A if point == _T else _CAPITAL_A):
        _put(spots, counts, SIGNS, i - 2)


@jit
def _is_label(
    folded: NDArray[np.uint32], i: int, last: NDArray[np.int64], first: NDArray[np.int64], alone: NDArray[np.int64]
) -> bool:
    """Whether a label ends with this character, begins with it, or is it."""
    point = np.int64(folded[i])
    after = np.int64(folded[i + 1]) if i + 1 < folded.shape[0] else 0
    left = np.int64(folded[i - 1]) if i else 0
    if i and left == _BLANK:
        left = np.int64(folded[i - 2]) if i > 1 else 0      # 微 信
    if after == _BLANK and (point | 0x20 in (_Q, _V) or point in (_WEI, _WEI_TOO, _WEI_LIKE)):      # Q Q, 微 qiqi-0826
        return True
    for k in range(alone.shape[0]):
        if alone[k] == point:
            return True
    return _is_in(last, int(left << 21 | point)) or _is_in(first, int(point << 21 | after))


@jit
def _is_in(pairs: NDArray[np.int64], pair: int) -> bool:
    at = np.searchsorted(pairs, pair)
    return bool(at < pairs.shape[0] and pairs[at] == pair)
