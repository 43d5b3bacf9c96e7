"""Connected components of candidate pairs: what is decided in one depends on nothing outside it, so each can be walked alone.

The rule of this file: a component is called by its smallest document, so its name depends on no order of pairs and on no way
to find it. In one process it is found by `find_components`; of pairs that no process holds, by two operations in turn, until
nothing changes: `small_star`, by the larger document of each pair, and `large_star`, by both (Kiveris, Lattanzi, Mirrokni, Rastogi,
Vassilvitskii, Connected Components in MapReduce and Beyond, 2014). Each keeps what hangs together together. At the end every
document but the smallest of its component is in one pair, with that. Which documents are looked at together is of no account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.near.kernels.components import link

__all__ = ["find_components", "large_star", "small_star"]

Pairs = NDArray[np.int64]


def find_components(n: int, pairs: Pairs) -> NDArray[np.int64]:
    """For each of `n` documents the smallest one of its component.

    >>> find_components(6, np.array([[4, 1], [5, 4], [3, 2]])).tolist()
    [0, 1, 2, 2, 1, 1]
    """
    parent = np.arange(n, dtype=np.int64)
    link(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]), parent)
    return parent


def small_star(pairs: Pairs) -> Pairs:
    """All pairs (larger, smaller) of some documents, the larger ones: each of them, and its others, to the smallest of the others.

    >>> small_star(np.array([[5, 3], [5, 1], [4, 2]])).tolist()
    [[3, 1], [4, 2], [5, 1]]
    """
    own, least = _find_least(pairs)
    return _sort_apart(np.concatenate([np.stack([own[:, 1], least], 1)[own[:, 1] != least], np.stack([own[:, 0], least], 1)]))


def large_star(parts: Sequence[Pairs]) -> Iterator[Pairs]:
    """All pairs (one, other) of some documents, both ways round: the larger ones of its others to the smallest that it knows.

    In parts, cut anywhere, and so what comes of them: the smallest document of a component comes to have all others.

    >>> [own.tolist() for own in large_star([np.array([[4, 5], [4, 7]]), np.array([[4, 2], [1, 2]])])]
    [[[5, 2], [7, 2]], [[2, 1]]]
    """
    least = np.empty((0, 2), np.int64)
    for own in parts:
        own, smallest = _find_least(np.concatenate([least, own]))
        new = np.diff(own[:, 0], prepend=-1) > 0
        least = np.stack([own[new, 0], smallest[new]], axis=1)
    for own in parts:
        own = own[own[:, 1] > own[:, 0]]
        smallest = least[np.searchsorted(least[:, 0], own[:, 0]), 1]
        yield _sort_apart(np.stack([own[:, 1], np.minimum(own[:, 0], smallest)], axis=1))


def _find_least(pairs: Pairs) -> tuple[Pairs, NDArray[np.int64]]:
    """Pairs sorted, and for each the smallest other of its first document."""
    own = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(own)), np.bool_), own[1:, 0] != own[:-1, 0]]))
    return own, np.repeat(own[first, 1], np.diff(first, append=len(own)))


def _sort_apart(pairs: Pairs) -> Pairs:
    """Pairs sorted, each once. By two keys: np.unique over rows takes twice as long."""
    own = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    new: NDArray[np.bool_] = np.concatenate([np.ones(min(1, len(own)), np.bool_), (own[1:] != own[:-1]).any(axis=1)])
    return own[new]
