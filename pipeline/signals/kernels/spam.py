"""What of a text is spam: how much each kind of phrase weighs in it, and how far what sells reaches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

#: Canonical characters on either side of what sells that are taken to belong to it: an offer of some twelve words.
REACH = 24
#: How often a phrase counts: once in full, once by half; of a kind that is known by being repeated each time.
TWICE, OFTEN = 2, 1 << 20


#: The logarithm of how many bits tell what pairs of symbols phrases begin with: two pairs may share one.
PAIR_BITS = 17
_FIRST, _SECOND, _SHIFT, _MASK = np.uint64(0x9E3779B1), np.uint64(0x85EBCA6B), np.uint64(15), np.uint64((1 << PAIR_BITS) - 1)


@jit
def hash_symbols(first: int, second: int) -> int:
    """The bit of two symbols, one after the other."""
    return int((((np.uint64(first) * _FIRST) ^ (np.uint64(second) * _SECOND)) >> _SHIFT) & _MASK)


@jit
def mark_pairs(
    root: NDArray[np.int16], begin: NDArray[np.int32], on: NDArray[np.uint16], output: NDArray[np.int32], out: NDArray[np.uint8]
) -> None:
    """Set the bits of the pairs of symbols that phrases of an automaton begin with, in `out` [2^PAIR_BITS / 8].

    A phrase of one character begins with any pair of its symbol, 0 (none, or the end of the text) among them.
    """
    for symbol in range(root.shape[0]):
        state = root[symbol]
        for second in range(root.shape[0] if state and output[state] >= 0 else 0):
            _set(hash_symbols(symbol, second), out)
        for way in range(begin[state] if state else 0, begin[state + 1] if state else 0):
            _set(hash_symbols(symbol, int(on[way])), out)


@jit
def _set(bit: int, out: NDArray[np.uint8]) -> None:
    out[bit >> 3] |= np.uint8(1 << (bit & 7))


@jit
def weigh_phrases(
    points: NDArray[np.uint32], bounds: NDArray[np.int64], symbol: NDArray[np.uint16], root: NDArray[np.int16],
    begin: NDArray[np.int32], on: NDArray[np.uint16], to: NDArray[np.int16], output: NDArray[np.int32], ends: NDArray[np.int32],
    pairs: NDArray[np.uint8], about: NDArray[np.float32], seen: NDArray[np.int32], out: NDArray[np.float64],
) -> None:
    """The weights of the phrases of each text [bounds[k], bounds[k + 1]) of canonical `points` by kind, into `out`.

    `out` is [texts, kinds + 2]: its last column but one is how many different phrases there are of those that count each time, the
    last the share of the characters that stand within REACH of a phrase that sells. One that sells counts again only where
    another does too: a word alone is a word of something else (角色扮演 in a list of games). The automaton is that of
    `pipeline.stages.boilerplate.kernels.cover`; `about` [phrases, 5] says of each phrase its length, its kind, its weight, whether
    it sells (1) and how often it counts. `seen` [phrases] is all zero, and is so again.

    Where no phrase is on, one is begun only at a pair that phrases begin with, see `mark_pairs`: 11 to 6 ns a character of news.
    """
    for doc in range(bounds.shape[0] - 1):
        start, end = bounds[doc], bounds[doc + 1]
        state, reached, covered = 0, start, 0
        alone = -1          # the one phrase that sells so far; -2 where there are others
        for i in range(start, end):
            sign = symbol[points[i]]
            if state:
                way, last = begin[state], begin[state + 1]
                while way < last and on[way] != sign:
                    way += 1
                state = int(to[way]) if way < last else 0
            if state == 0:
                if sign == 0:
                    continue
                bit = hash_symbols(int(sign), int(symbol[points[i + 1]]) if i + 1 < end else 0)
                if not pairs[bit >> 3] >> (bit & 7) & 1:
                    continue
                state = int(root[sign])
            link = int(output[state])
            while link >= 0:
                seen[link] += 1
                n = seen[link]
                if n == 1 and about[link, 3] and alone != -2:
                    if alone >= 0 and seen[alone] > 1:
                        out[doc, int(about[alone, 1])] += about[alone, 2] / 2
                    alone = link if alone == -1 else -2
                if n <= about[link, 4] and not (n == 2 and link == alone):
                    out[doc, int(about[link, 1])] += about[link, 2] * (0.5 if n == 2 and about[link, 4] == TWICE else 1.0)
                if n == 1 and about[link, 4] == OFTEN:
                    out[doc, out.shape[1] - 2] += 1
                if about[link, 3]:
                    left, right = max(reached, i + 1 - int(about[link, 0]) - REACH), min(end, i + 1 + REACH)
                    if right > left:
                        covered += right - left
                        reached = right
                link = int(ends[link])
        for link in range(seen.shape[0]):
            seen[link] = 0
        out[doc, out.shape[1] - 1] = covered / (end - start) if end > start else 0.0
