"""The walk over candidates, cut at its access to texts: which pairs are to be compared next, and what the answers decide.

The rule of this file: documents are gone through best rank first, and one is dropped for the first kept document that it
duplicates among those that its candidates are, or were dropped for. Whoever compares texts does so elsewhere: here are only rows.

    walk = start_walk(n, pairs)
    while len(asked := open_pairs(walk)):           # (worse, better), each to be compared
        tell(walk, asked, codes, similarity)        # in any order, also in several calls
    walk.kept_of                                    # final

With `ahead` a round also asks what may be needed after it. Answers that turn out to be of no use change nothing, so the result
is the same for any `ahead` and any `stop`; rounds are fewer. Of documents that depend on each other in one long thin chain
some can be left: give those to one hand, which asks without `ahead`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.near.kernels.walk import EACH, NONE, SPARE, UNDECIDED, Lines, record, skip_decided, sweep

__all__ = ["UNDECIDED", "Walk", "open_pairs", "start_walk", "tell"]


@dataclass(slots=True)
class Walk:
    """The state of a walk over `n` documents, which are numbered by rank, best first.

    `kept_of` int64 [n]: for each document the one kept for it, itself where it is kept, or UNDECIDED. `codes` uint8 and
    `similarity` float32 [n]: what was told of the pair that dropped it, 0 where it is kept.
    """

    kept_of: NDArray[np.int64]
    worse: NDArray[np.int64]        # documents that have candidates, in ascending order: one line each
    better: NDArray[np.int64]       # their candidates, line after line
    firsts: NDArray[np.int64]
    line_of: NDArray[np.int64]
    n_told: NDArray[np.int64]
    told: NDArray[np.int64]
    told_code: NDArray[np.uint8]
    told_similarity: NDArray[np.float32]
    found: NDArray[np.int64]
    start: int = 0

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The code of the answer that dropped each document."""
        return self._of_dropped(self.told_code)

    @property
    def similarity(self) -> NDArray[np.float32]:
        """The similarity in the answer that dropped each document."""
        return self._of_dropped(self.told_similarity)

    def _of_dropped(self, told: NDArray[Any]) -> NDArray[Any]:
        out = np.zeros(len(self.kept_of), told.dtype)
        lines = np.flatnonzero(self.found != NONE)
        out[self.worse[lines]] = told[self.found[lines]]
        return out


def start_walk(n: int, pairs: NDArray[np.int64]) -> Walk:
    """A walk over `n` documents with the candidates `pairs` int64 [m, 2]: (worse, better) ranks, sorted. No pair, no duplicate."""
    worse, firsts = np.unique(pairs[:, 0], return_index=True)
    kept_of = np.arange(n, dtype=np.int64)
    kept_of[worse] = UNDECIDED
    line_of = np.full(n, NONE, np.int64)
    line_of[worse] = np.arange(len(worse))
    room = EACH * len(pairs) + SPARE * len(worse)
    return Walk(
        kept_of, worse.astype(np.int64), np.ascontiguousarray(pairs[:, 1]), np.append(firsts, len(pairs)).astype(np.int64), line_of,
        n_told=np.zeros(len(worse), np.int64), told=np.empty(room, np.int64), told_code=np.zeros(room, np.uint8),
        told_similarity=np.zeros(room, np.float32), found=np.full(len(worse), NONE, np.int64),
    )


def open_pairs(walk: Walk, *, ahead: int = 0, stop: int | None = None) -> NDArray[np.int64]:
    """Decide what the answers decide, then give the pairs (worse, better) to be compared next: int64 [m, 2], by worse.

    Each undecided document asks for the best candidate that is kept, and for up to `ahead` more pairs that may be needed later.
    There are none when all are decided, or all lines before `stop`.
    """
    walk.start = skip_decided(walk.worse, walk.kept_of, walk.start)
    stop = len(walk.worse) if stop is None else min(stop, len(walk.worse))
    n = len(walk.worse[walk.start:stop])
    out = np.empty((n + n * ahead, 2), np.int64)
    lines = Lines(
        walk.worse, walk.better, walk.firsts, walk.line_of, walk.kept_of, walk.found, walk.n_told, walk.told, walk.told_code,
    )
    used = sweep(lines, walk.start, stop, ahead, out)
    asked = out[:used].copy()
    asked[:, 0] = walk.worse[asked[:, 0]]
    return asked


def tell(walk: Walk, asked: NDArray[np.int64], codes: NDArray[np.uint8], similarity: NDArray[np.float32]) -> None:
    """Take answers: the pairs of `open_pairs`, for each a code (0: no duplicate) and how similar they are."""
    places = np.empty(len(asked), np.int64)
    lines = walk.line_of[asked[:, 0]]
    kept = np.ascontiguousarray(asked[:, 1])
    if (lines == NONE).any() or not record(lines, kept, codes, walk.firsts, walk.n_told, walk.told, walk.told_code, places):
        raise ValueError("answers about pairs that were not asked for")
    walk.told_similarity[places] = similarity
