"""How plausible a string is as Chinese text: the one measure behind charset detection and mojibake repair.

The cost of a string is its negative log-likelihood in nats under character frequencies of Chinese (simplified and
traditional alike), so costs of two readings of the same bytes can be compared: the lower one is the likelier text.
Where one character has to be chosen among a few, the cost of a pair of neighbours is used too, and of the triples that tell more.
The frequencies are aggregate counts, see `tools/make_hanzi.py` and `tools/make_triples.py`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import HAN, load_classes
from pipeline.jit import jit

__all__ = [
    "Tables", "chain_nats", "cost", "find", "fold", "fold_point", "hash_triples", "load_costs", "load_tables", "pair_cost",
    "pair_nats", "rare_pair_cost", "triple_cost", "triple_nats",
]

_UNSEEN_HAN = 15.0      # about the cost of a character seen once in 10 million
_UNSEEN_RARE = 15.5     # the extensions of the hanzi: rarer than 円 and 込, which no Chinese text of the counts has either
_UNSEEN = 16.0
_NEVER = 20.0           # controls, private use, U+FFFD: no author writes these
_MIX = 0x9E3779B97F4A7C15
_MIX_LOW, _MIX_HIGH = np.uint64(_MIX & 0xFFFFFFFF), np.uint64(_MIX >> 32)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_BACK_OFF = 3.0         # nats a pair costs beyond its second character when the pair was not among the frequent ones


@cache
def _load() -> tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.uint8]]:
    with resources.as_file(resources.files("pipeline") / "data" / "charset_hanzi.npz") as path, np.load(path) as data:
        return data["cost"], np.cumsum(data["pairs"], dtype=np.uint32), data["pair_cost"]


@cache
def load_costs() -> NDArray[np.float32]:
    """Cost of every code point in nats, float32 [0x110000]."""
    seen = _load()[0]
    table = np.full(0x110000, _UNSEEN, np.float32)
    table[(load_classes() & HAN) > 0] = _UNSEEN_HAN
    table[0x3400:0x4DC0] = table[0x20000:0x40000] = _UNSEEN_RARE
    table[:0x10000] = np.where(seen < 255, seen / np.float32(10), table[:0x10000])
    for first, last in ((0, 9), (11, 12), (14, 31), (0x7F, 0x9F), (0xD800, 0xF8FF), (0xFFF0, 0xFFFF), (0xE0000, 0x10FFFF)):
        table[first:last + 1] = _NEVER
    return table


@lru_cache(maxsize=1 << 14)
def load_pairs(first: int) -> dict[int, float]:
    """Cost of the second character of the frequent pairs that begin with the first; of all of them at once it takes 55 ms."""
    _, keys, costs = _load()
    if first > 0xFFFF:
        return {}
    a, b = np.searchsorted(keys, np.array([first << 16, first << 16 | 0xFFFF], np.uint32), side="left").tolist()
    b += bool(b < len(keys) and keys[b] == first << 16 | 0xFFFF)
    return dict(zip((keys[a:b] & np.uint32(0xFFFF)).tolist(), (costs[a:b] / 10.0).tolist(), strict=True))


def cost(text: str) -> float:
    """Negative log-likelihood of `text` in nats.

    >>> cost("我们的国家") < cost("鎴戜滑鐨勫浗瀹?")
    True
    """
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return float(load_costs()[points].sum(dtype=np.float64))


@lru_cache(maxsize=1 << 16)
def pair_cost(first: str, second: str) -> float:
    """Cost of `second` after `first`: the frequent pairs by their own count, all others by the character with a malus.

    Digits are alike as neighbours, and so are letters. A line starts after LF and ends with one.
    """
    key = fold(second)
    found = load_pairs(fold(first) | key >> 16).get(key & 0xFFFF)
    return rare_pair_cost(second) if found is None else found


@cache
def _load_triples() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    with resources.as_file(resources.files("pipeline") / "data" / "charset_triples.npz") as path, np.load(path) as data:
        steps = data["low"].astype(np.uint32) | data["high"].astype(np.uint32) << np.uint32(8)
        return np.cumsum(steps, dtype=np.uint32), data["cost"]


def hash_triples(keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """What triples `a << 32 | b << 16 | c` of folded characters are called in the file: one in 10,000 others is called the same."""
    return ((keys * np.uint64(_MIX)) >> np.uint64(32)).astype(np.uint32)


@lru_cache(maxsize=1 << 16)
def triple_cost(first: str, second: str, third: str) -> float:
    """Cost of `third` after two characters: where pairs choose wrongly, by its own count, else that of the pair alone."""
    a, b, c = fold(first), fold(second), fold(third)
    if max(a, b, c) <= 0xFFFF:
        name = np.uint32(((a << 32 | b << 16 | c) * _MIX & 0xFFFFFFFFFFFFFFFF) >> 32)
        names, costs = _load_triples()
        at = int(names.searchsorted(name))
        if at < len(names) and names[at] == name:
            return float(costs[at]) / 4
    return pair_cost(second, third)


def rare_pair_cost(second: str) -> float:
    """Cost of a character after one with which it makes no frequent pair."""
    return float(load_costs()[ord(second)]) + _BACK_OFF


def fold(char: str) -> int:
    """The code point that stands for a character in pairs."""
    if char.isascii():
        return ord("0" if char.isdigit() else "a" if char.isalpha() else char)
    return ord(char)


class Tables(NamedTuple):
    """What characters, pairs and triples cost, as kernels read it."""

    costs: NDArray[np.float32]          # of each code point
    pairs: NDArray[np.uint32]           # the frequent ones, in order: the first character << 16 | the second
    begins: NDArray[np.int64]           # where those of each first character begin
    pair_costs: NDArray[np.uint8]       # tenths of a nat
    triples: NDArray[np.uint32]         # what they are called (`hash_triples`), in order
    starts: NDArray[np.int64]           # where those begin whose names have the same upper half
    triple_costs: NDArray[np.uint8]     # quarters of a nat


@cache
def load_tables() -> Tables:
    """All of them."""
    _, pairs, own = _load()
    begins = np.append(0, np.cumsum(np.bincount(pairs >> np.uint32(16), minlength=0x10000)))
    triples, costs = _load_triples()
    starts = np.append(0, np.cumsum(np.bincount(triples >> np.uint32(16), minlength=0x10000)))
    return Tables(load_costs(), pairs, begins, own, triples, starts, costs)


@jit
def fold_point(point: int) -> int:
    """`fold`, of a code point."""
    if 0x30 <= point <= 0x39:
        return 0x30
    if 0x41 <= point <= 0x5A or 0x61 <= point <= 0x7A:
        return 0x61
    return point


@jit
def find(names: NDArray[np.uint32], wanted: int, low: int, end: int) -> int:
    """The place of a number in an array in order, between two places; -1 where it is not there."""
    high = end
    while low < high:
        middle = (low + high) >> 1
        if names[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < end and names[low] == wanted else -1


@jit
def pair_nats(tables: Tables, first: int, second: int) -> float:
    """`pair_cost`, of code points."""
    a, b = int(fold_point(first)), int(fold_point(second))
    if a <= 0xFFFF and b <= 0xFFFF:
        at = find(tables.pairs, a << 16 | b, tables.begins[a], tables.begins[a + 1])
        if at >= 0:
            return float(tables.pair_costs[at] / 10.0)
    return float(tables.costs[second]) + _BACK_OFF


@jit
def chain_nats(tables: Tables, points: NDArray[np.uint32]) -> float:
    """What each character of a text costs after the one before it, together."""
    nats = 0.0
    for k in range(1, points.shape[0]):
        nats += pair_nats(tables, points[k - 1], points[k])
    return nats


@jit
def triple_nats(tables: Tables, first: int, second: int, third: int) -> float:
    """`triple_cost`, of code points."""
    a, b, c = int(fold_point(first)), int(fold_point(second)), int(fold_point(third))
    if a <= 0xFFFF and b <= 0xFFFF and c <= 0xFFFF:
        # The upper half of the product with _MIX, from halves that no product of two of overflows.
        low, middle = np.uint64(b << 16 | c), np.uint64(a)
        name = (low * _MIX_LOW >> _HALF) + (middle * _MIX_LOW & _LOW) + (low * _MIX_HIGH & _LOW)
        wanted = int(name & _LOW)
        at = find(tables.triples, wanted, tables.starts[wanted >> 16], tables.starts[(wanted >> 16) + 1])
        if at >= 0:
            return float(tables.triple_costs[at] / 4.0)
    return float(pair_nats(tables, second, third))
