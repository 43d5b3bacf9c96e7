"""What bytes of UTF-8 are likeliest to be, where some of them are lost.

All bytes but the lost ones are known, and a lost one is one of few: it had to fit into UTF-8, and GBK had to refuse it. The
likeliest text is found by a search over all ways to read the bytes (`beam`; pairs of characters, `chinese.plausibility`), and a
character with a lost byte of which pairs are not sure is chosen beside two on either side (triples). Where a real choice is left it
stays U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plausibility import load_tables, rare_pair_cost
from pipeline.stages.encoding.beam import LACKING, MAYBE, SPACE, WILD, Bounds, Pool, Ways, read_stream

__all__ = ["BOUNDS", "LACKING", "MAYBE", "SPACE", "WILD", "fill_lost", "solve"]

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
_NO_CHARS = np.empty(0, np.uint32)
_BEFORE = np.arange(4)     # places from which a lost byte is reached: characters have four bytes at most
BOUNDS = Bounds(_WIDTH, _BAD, _SURE, _CLEAR, _OPEN)


@cache
def _refused(second: int, codec: str) -> frozenset[int]:
    """High bytes that a codec refuses before this one; all of them before a lost one or the end."""
    if second < 0:
        return frozenset(range(0x80, 0x100))
    return frozenset(b for b in range(0x80, 0x100) if bytes((b, second)).decode(codec, "replace")[0] == "\ufffd")


def solve(stream: NDArray[np.int16], codec: str, before: str, after: str) -> str:
    """The likeliest text of the bytes between two characters, U+FFFD where a real choice is left."""
    n = len(stream)
    ways = _list_ways(stream, codec)
    room, places = len(ways.chars) + 4 * n + 1, np.empty((2, n + 1), np.int64)
    pool = Pool(np.empty(room), np.empty(room, np.uint32), *np.empty((3, room), np.int64), *places)
    out = np.empty(n + 4, np.uint32)
    size = read_stream(stream, ways, (ord(before), ord(after)), load_tables(), BOUNDS, pool, out)
    return out[:size].tobytes().decode("utf-32-le")


def _list_ways(stream: NDArray[np.int16], codec: str) -> Ways:
    """How the bytes can be read where some of them are lost; what is known the search reads itself."""
    known = stream.tolist()
    lost = np.flatnonzero(stream < 0)
    heads = np.unique(np.maximum(0, lost[:, None] - _BEFORE))
    if codec == "stripped":
        heads = np.union1d(heads, np.flatnonzero(stream >= 0xE2))
    rows, extras, chars, n_chars = [], [], [_NO_CHARS], 0
    for i in heads.tolist():
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
