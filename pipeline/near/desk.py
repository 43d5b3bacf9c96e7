"""Where pairs of texts are compared: texts are fetched by row, made ready, and lie there until others need the room."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.near.verify import Cause, Prepared, prepare, screen, verify
from pipeline.options import NearOptions

__all__ = ["CAUSES", "Desk", "Fetch"]

#: Gives the texts of documents, by index, in the order asked for.
Fetch = Callable[[Sequence[int]], list[str]]

_FEW = 8        # pairs up to which it is not worth to look at all of them together
#: The text that would be dropped, and the one that would be kept: where they were made ready, and which of the texts there.
_Ready = tuple[Prepared, int, Prepared, int]

CAUSES: tuple[Cause | None, ...] = (None, "exact", "near", "contained")


class Desk:
    """Texts made ready to be compared: `most_chars` are fetched at once, and twice as many lie there at most."""

    def __init__(self, fetch: Fetch, options: NearOptions, most_chars: int) -> None:
        self._fetch, self._options, self._most = fetch, options, most_chars
        self._ready: dict[int, tuple[Prepared, int]] = {}
        self._chars = 0

    def compare(self, pairs: NDArray[np.int64], n_chars: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Codes and similarities of pairs of rows (worse, better)."""
        codes, similarity = np.zeros(len(pairs), np.uint8), np.empty(len(pairs), np.float32)
        start = 0
        while start < len(pairs):
            stop = self._lay_out_pairs(pairs, start, n_chars)
            ready = [(*self._ready[worse], *self._ready[better]) for worse, better in pairs[start:stop].tolist()]
            for k in self._screen(ready, similarity[start:stop]):
                verdict = verify(*ready[k])
                codes[start + k], similarity[start + k] = CAUSES.index(verdict.cause), verdict.similarity
            start = stop
        return codes, similarity

    @staticmethod
    def _screen(ready: Sequence[_Ready], similarity: NDArray[np.float32]) -> list[int]:
        """Say of pairs that were made ready together how similar those are that share too little; the others, by number."""
        if len(ready) < _FEW or not all(x is y is ready[0][0] for x, _, y, _ in ready):
            return list(range(len(ready)))
        left, right = np.array([(i, j) for _, i, _, j in ready], np.int64).reshape(-1, 2).T.copy()
        apart, found = screen(ready[0][0], left, right)
        similarity[apart] = found[apart]
        return np.flatnonzero(~apart).tolist()

    def lay_out(self, rows: Sequence[int], n_chars: NDArray[np.int64]) -> None:
        """Fetch texts and make them ready, those that do not lie there yet; where there is no room, all others go."""
        new = [row for row in rows if row not in self._ready]
        chars = int(n_chars[new].sum())
        if new and self._chars + chars > 2 * self._most:
            new, self._ready, self._chars = list(rows), {}, 0
            chars = int(n_chars[new].sum())
        if new:
            new.sort()
            prepared = prepare(self._fetch(new), self._options.shingle)
            self._ready.update((row, (prepared, i)) for i, row in enumerate(new))
            self._chars += chars

    def _lay_out_pairs(self, pairs: NDArray[np.int64], start: int, n_chars: NDArray[np.int64]) -> int:
        """Lay out what the pairs from `start` on need, as far as there is room, and tell before which pair it ends."""
        wanted: dict[int, None] = {}        # a set in order
        chars, stop = 0, start
        while stop < len(pairs) and (stop == start or chars < self._most):
            new = [row for row in pairs[stop].tolist() if row not in wanted]
            wanted.update(dict.fromkeys(new))
            chars += sum(n_chars[row] for row in new if row not in self._ready)
            stop += 1
        self.lay_out(list(wanted), n_chars)
        return stop
