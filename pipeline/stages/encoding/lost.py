"""What bytes of UTF-8 are likeliest to be, where some of them are lost.

All bytes but the lost ones are known, and a lost one is one of few: it had to fit into UTF-8, and GBK had to refuse it. The
likeliest text is found by a search over all ways to read the bytes (`beam`; pairs of characters, `chinese.plausibility`), and a
character with a lost byte of which pairs are not sure is chosen beside two on either side (triples). Where a real choice is left it
stays U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plausibility import load_tables, rare_pair_cost
from pipeline.stages.encoding.beam import LACKING, MAYBE, SPACE, WILD, Bounds, Page, Pool, Ways, read_stream, settle

__all__ = ["BOUNDS", "LACKING", "MAYBE", "NO_PAGE", "SPACE", "UNSURE", "WILD", "Doubt", "fill_lost", "learn_page", "solve"]

#: Nats by which the best character must beat the second best for the same place, measured on 900 garbled lines of
#: the development set: see docs/encoding.md.
_SURE = 0.8
#: Nats by which pairs choose alone: triples were made for the rest (`tools/make_triples.py`). Nats beyond which a rival is none,
#: for speed: with 30 two of 121 places more are filled. On 700 garbled lines of a corpus that no table was made of, 474 come
#: out whole, 394 by pairs alone.
_CLEAR, _OPEN = 1.5, 8.0
_WIDTH = 12             # readings kept at each byte: with 48 the result was the same on all 900 lines
_LACKED = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_GONE = bytes(sorted(_LACKED | {0xAD}))     # bytes that others strip without a trace
_ALTERED = 4.0          # nats for a byte that has to be put back: about the odds of a pair that is not frequent
#: Characters that one place may be: with one byte of three lost there are 64 at most; of the 4,096 with two lost the most frequent
#: (all of them: the same on the development set, at ten times the time).
_MOST = 128
_BAD = 20.0             # nats for a byte that fits nowhere
#: How likely a pair is that a page has elsewhere: this share of how often it has it among what it has after the first character,
#: and this many times something else. With .1 to .4 and .3 to 3: the same lines of 100 labelled pages within 5 in 2,000.
_OF_PAGE, _UNSEEN = 0.2, 3.0
_NO_CHARS = np.empty(0, np.uint32)
#: Nats of pairs by which a character may lead and yet be another beside its page: with no bound the same, and a third slower.
UNSURE = 8.0
BOUNDS = Bounds(_WIDTH, _BAD, _SURE, _CLEAR, _OPEN)


@cache
def _refused(second: int, codec: str) -> frozenset[int]:
    """High bytes that a codec refuses before this one; all of them before a lost one or the end."""
    if second < 0:
        return frozenset(range(0x80, 0x100))
    return frozenset(b for b in range(0x80, 0x100) if bytes((b, second)).decode(codec, "replace")[0] == "\ufffd")


class Doubt(NamedTuple):
    """A text of which bytes were lost, as it can be settled anew beside the other lines of its page."""

    found: NDArray[np.int64]        # of `beam.read_stream`, and a LF
    ways: Ways
    around: tuple[int, int]

    def settle(self, page: Page) -> tuple[str, float]:
        """The text, U+FFFD where a real choice is left, and by how many nats pairs are surer of each choice than of any other."""
        out = np.empty(self.found.shape[1] - 1, np.uint32)
        lead = settle(self.found, self.ways, self.around, load_tables(), BOUNDS, page, out)
        return out.tobytes().decode("utf-32-le"), lead


NO_PAGE = Page(np.empty(0, np.uint32), np.empty(0))


def solve(stream: NDArray[np.int16], codec: str, before: str, after: str) -> Doubt:
    """The likeliest reading of the bytes between two characters."""
    n = len(stream)
    ways, around = _list_ways(stream, codec), (ord(before), ord(after))
    room, places = len(ways.chars) + 4 * n + 1, np.empty((2, n + 1), np.int64)
    pool = Pool(np.empty(room), np.empty(room, np.uint32), *np.empty((3, room), np.int64), *places)
    out = np.empty((2, n + 1), np.int64)
    size = read_stream(stream, ways, around, load_tables(), BOUNDS, pool, out)
    out[:, size] = 0x0A, -1
    return Doubt(out[:, :size + 1].copy(), ways, around)


def learn_page(doubts: Sequence[Doubt]) -> Page:
    """What the readings of a page have where nothing was lost: with what was guessed as well fewer lines come out whole."""
    if not doubts:
        return NO_PAGE
    points, ways = np.concatenate([doubt.found for doubt in doubts], axis=1)
    sure = (ways < 0) & (points >= 0x2E80) & (points < 0xFFF0)
    pairs, counts = np.unique((points[:-1] << 16 | points[1:])[sure[:-1] & sure[1:]], return_counts=True)
    firsts, at = np.unique(pairs >> 16, return_inverse=True)
    among = np.bincount(at, counts, len(firsts))[at]
    return Page(pairs.astype(np.uint32), _OF_PAGE * counts / (among + _UNSEEN))


def _list_ways(stream: NDArray[np.int16], codec: str) -> Ways:
    """How the bytes can be read where some of them are lost; what is known the search reads itself."""
    known = stream.tolist()
    # Places from which a lost byte is reached: characters have four bytes at most.
    heads = {i - k for i, byte in enumerate(known) if byte < 0 for k in range(min(4, i + 1))}
    if codec == "stripped":
        heads.update(np.flatnonzero(stream >= 0xE2).tolist())
    rows, extras, chars, n_chars = [], [], [_NO_CHARS], 0
    for i in sorted(heads):
        for size, found, extra in _readings(known, i, codec):
            rows.append((i, size, n_chars, n_chars + len(found)))
            n_chars += len(found)
            chars.append(found)
            extras.append(extra)
    at, sizes, first, last = np.array(rows, np.int64).reshape(-1, 4).T.copy()
    return Ways(at, sizes, first, last, np.array(extras, np.float64), np.concatenate(chars))


def _readings(stream: list[int], i: int, codec: str) -> Iterator[tuple[int, NDArray[np.uint32], float]]:
    """How the bytes at `i` can be read, some of them lost: how many, the characters that they can be, and what that costs."""
    head = stream[i]
    if 0 <= head < 0xC2 or head == SPACE:
        return
    for n in (2, 3) if head < 0 else (2,) if head < 0xE0 else (3,) if head < 0xF0 else (4,) if head < 0xF5 else ():
        own = stream[i:i + n]
        if len(own) == n and min(own) < 0 and len(found := _find_chars(tuple(stream[i:i + n + 1]), n, codec)):
            yield n, found, _ALTERED * own.count(SPACE)
    if codec == "stripped" and 0xE2 <= head < 0xF0 and i + 2 < len(stream) and len(found := _put_back(head, stream[i + 1])):
        yield 2, found, _ALTERED


@lru_cache(1 << 12)
def _find_chars(stream: tuple[int, ...], n: int, codec: str) -> NDArray[np.uint32]:
    """`fill_lost`, as code points."""
    return _to_points(fill_lost(stream, n, codec))


def _to_points(chars: tuple[str, ...]) -> NDArray[np.uint32]:
    return np.frombuffer("".join(chars).encode("utf-32-le"), np.uint32)


@lru_cache(1 << 12)
def _put_back(head: int, inner: int) -> NDArray[np.uint32]:
    """The characters of three bytes of which one was stripped."""
    inner = 0xA0 if inner == SPACE else inner
    ways = [bytes(way) for gone in _GONE for way in ((head, inner, gone), (head, gone, inner))]
    return _to_points(tuple(dict.fromkeys(text for way in ways if len(text := way.decode("utf-8", "ignore")) == 1)))


@lru_cache(1 << 12)
def fill_lost(stream: tuple[int, ...], n: int, codec: str) -> tuple[str, ...]:
    """The characters that the first `n` bytes can be; one byte more is given for what GBK refused before it."""
    ways = [b""]
    for k in range(n):
        known = stream[k]
        if known >= 0:
            if k and not 0x80 <= known < 0xC0:
                return ()
            ways = [way + bytes((known,)) for way in ways]
            continue
        lost = {0xA0} if known == SPACE else _LACKED
        if known in (WILD, MAYBE):
            lost = _refused(stream[k + 1] if k + 1 < len(stream) else WILD, codec)
        ways = [way + bytes((b,)) for way in ways for b in lost if (b < 0xC0) == (k > 0)]
        if k and stream[k - 1] in (WILD, MAYBE):       # the codec refused the lost byte before with this one after it
            ways = [way for way in ways if way[-2] in _refused(way[-1], codec)]
    texts = (way.decode("utf-8", "ignore") for way in ways)
    found = [text for text in texts if len(text) == 1 and len(text.encode()) == n]      # and no byte of them was left out
    return tuple(found if len(found) <= _MOST else sorted(found, key=rare_pair_cost)[:_MOST])
