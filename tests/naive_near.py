"""The kernels of near-duplicates again, as plainly as they can be said: the oracles that check them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import combinations

MASK = (1 << 64) - 1
BASE, SPREAD = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93


def hash_shingle(points: Sequence[int]) -> int:
    """The upper half of a polynomial modulo 2^64, spread by one multiplication."""
    h = 0
    for p in points:
        h = (h * BASE + p) & MASK
    return (h * SPREAD & MASK) >> 32


def hash_shingles(points: Sequence[int], size: int) -> list[int]:
    """Hashes of all shingles."""
    return [hash_shingle(points[i:i + size]) for i in range(len(points) - size + 1)]


def share_band(a: Sequence[int], b: Sequence[int], rows: int) -> bool:
    """Whether two signatures have a band of equal values."""
    return any(list(a[k:k + rows]) == list(b[k:k + rows]) for k in range(0, len(a) // rows * rows, rows))


def find_pairs(signatures: Sequence[Sequence[int]], rows: int, least: int) -> set[tuple[int, int]]:
    """Pairs (worse, better) that share a band and enough lowest bytes."""
    pairs = set()
    for i, j in combinations(range(len(signatures)), 2):
        a, b = signatures[i], signatures[j]
        alike = sum(x & 255 == y & 255 for x, y in zip(a, b, strict=True))
        if alike >= least and share_band(a, b, rows):
            pairs.add((j, i))
    return pairs


def matched(a: str, b: str) -> int:
    """Characters that difflib finds equal in order: a lower bound of what an alignment should find."""
    return sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())


def jaccard(a: str, b: str, size: int) -> float:
    """Jaccard similarity of the sets of shingles."""
    x, y = ({t[i:i + size] for i in range(len(t) - size + 1)} for t in (a, b))
    return len(x & y) / max(1, len(x | y))


def most_common(values: Sequence[object]) -> int:
    """How often the most frequent value comes."""
    return max(Counter(values).values(), default=0)
