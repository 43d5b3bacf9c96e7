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


def is_exchange(a: str, b: str) -> bool:
    """Whether `b` is `a` with its first and last word exchanged around something that is more than a link."""
    n = len(a)
    return len(b) == n and 3 <= n <= 48 and any(
        b == a[n - p:] + a[q:n - p] + a[:q] and not set(a[q:n - p]) <= set("和与及跟同以或暨并")
        for p in range(1, min(n - 1, 13)) for q in range(1, min(n - p, 13))
    )


def put_words(text: str, table: dict[str, str]) -> str:
    """Words for words, the longest at each place, from left to right."""
    longest, out, i = max(map(len, table)), "", 0
    while i < len(text):
        word = next((text[i:i + k] for k in range(longest, 1, -1) if text[i:i + k] in table), "")
        out += table.get(word, text[i])
        i += len(word) or 1
    return out
