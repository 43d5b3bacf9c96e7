"""Candidate pairs from signatures: bands, sorted rows, buckets.

The rule of this file: time and memory are linear in the number of documents, whatever they hold. (key, id) rows are cut into
partitions by their keys, spilled to disk above a budget, and sorted; no dictionaries. Two documents of Jaccard similarity
J share a band of three values with probability J^3, so with 42 bands they never meet with probability

    J      0.45    0.50     0.60    0.65     0.70     0.80
    miss   0.018   0.0037   5e-5    1.4e-6   3e-8     1e-13

Four values in 32 bands miss 0.13 at 0.50 and 0.01 at 0.60, where copies cut to 60 % and spun text lie. The price of three is
strangers in the buckets (0.5 % of all pairs at J = 0.05); they are told apart by comparing signatures, which takes 15 ns.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline import world
from pipeline.errors import OutputError
from pipeline.near.kernels.bands import count_room, fill_keys, pair_buckets

__all__ = [
    "ROWS", "KeyTable", "Signatures", "candidates", "make_keys", "miss_probability", "pair_rows", "plan_partitions",
]

ROWS = 3                        # signature values in a band
_CHUNK = 32_768                 # documents whose keys are made at once
_PARTITION = 1 << 21            # rows of one partition, 32 MB: about what sorts within the cache of a small machine
_SEEN = 1 << 21                 # pairs that are remembered, so that each is written once and not for every band
_UNIQUE = 1 << 23               # pairs that are gathered before repeated ones are dropped


def miss_probability(jaccard: float, num_perm: int = 128) -> float:
    """How probably two documents of this similarity share no band.

    >>> miss_probability(0.5) < 0.004, miss_probability(0.7) < 1e-7
    (True, True)
    """
    return float((1 - jaccard**ROWS) ** (num_perm // ROWS))


def make_keys(signatures: NDArray[np.uint32], seed: int) -> NDArray[np.int64]:
    """Band keys of signatures: int64 [n, num_perm // 3], not negative."""
    out = np.empty((len(signatures), signatures.shape[1] // ROWS), np.int64)
    fill_keys(signatures, ROWS, seed, out)
    return out


def plan_partitions(n_rows: int) -> int:
    """Into how many partitions (a power of two) so many rows are cut. Their numbers fit int16, which numpy sorts by radix."""
    return min(1 << 15, 1 << max(0, (max(1, n_rows) - 1) // _PARTITION).bit_length())


class Signatures(Protocol):
    """Rows of signatures: an array, one mapped from a file, or anything that makes them when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Documents, values."""

    def __getitem__(self, rows: NDArray[np.int64], /) -> NDArray[np.uint32]:
        """Some rows, in this order."""


@dataclass
class KeyTable:
    """(key, id) rows on their way to be sorted: partitioned by the key's upper bits, on disk above `budget` bytes.

    Ids are added in ascending order. Use as a context manager: the spill files go when it closes.
    """

    n_partitions: int
    budget: int = 256 << 20
    folder: Path | None = None
    _rows: list[list[NDArray[np.int64]]] = field(init=False)
    _held: int = field(init=False, default=0)
    _spill: tempfile.TemporaryDirectory[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._rows = [[] for _ in range(self.n_partitions)]

    def __enter__(self) -> KeyTable:
        return self

    def __exit__(self, *_: object) -> None:
        if self._spill is not None:
            self._spill.cleanup()

    def add(self, keys: NDArray[np.int64], ids: NDArray[np.int64]) -> None:
        """Add one row for each key of `keys` [n, bands] with the id of its document."""
        rows = np.stack([keys.ravel(), np.repeat(ids, keys.shape[1])])      # two rows: copied and sorted as they lie
        if self.n_partitions == 1:
            self._rows[0].append(rows)
        else:
            part = rows[0] >> (64 - self.n_partitions.bit_length())
            order = np.argsort(part.astype(np.int16), kind="stable")
            bounds = np.searchsorted(part[order], np.arange(self.n_partitions + 1))
            rows = rows[:, order]
            for p in range(self.n_partitions):
                # A copy: a view would keep the whole chunk alive after its partition was written.
                self._rows[p].append(rows[:, bounds[p]:bounds[p + 1]].copy())
        self._held += rows.nbytes
        if self._held > self.budget:
            self._write()

    def _write(self) -> None:
        folder = self.folder or tempfile.gettempdir()
        try:
            if self._spill is None:
                self._spill = world.temporary_folder(prefix="taosha-keys-", dir=folder)
            for p, parts in enumerate(self._rows):
                with world.open(Path(self._spill.name) / str(p), "ab") as file:
                    for part in parts:
                        file.write(np.ascontiguousarray(part.T).data)
                parts.clear()
        except OSError as error:
            raise OutputError(
                f"{folder}: keys of near-duplicates cannot be put aside ({error.strerror}); let TMPDIR name a folder with more "
                "room, or raise `memory` in [near] so that they stay in memory"
            ) from error
        self._held = 0

    def partitions(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Keys and ids of one partition after another, sorted by key, then by id."""
        for p in range(self.n_partitions):
            parts = self._rows[p]
            path = Path(self._spill.name) / str(p) if self._spill is not None else None
            if path is not None and path.exists():
                parts = [np.frombuffer(world.read(path), np.int64).reshape(-1, 2).T, *parts]
            if parts:
                yield sort_rows(*np.concatenate(parts, axis=1))
            self._rows[p] = []


def sort_rows(keys: NDArray[np.int64], ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort (key, id) rows, ids ascending already, by key and then by id.

    The row number replaces the lowest bits of the key, so that one sort of plain int64 does it (numpy sorts them with
    SIMD, five times faster than a stable argsort); runs in which the lost bits differ, one in millions, are sorted again.
    """
    low = np.int64((1 << int(len(keys) - 1).bit_length()) - 1) if len(keys) else np.int64(0)
    packed = np.sort((keys & ~low) | np.arange(len(keys)))
    order = packed & low
    prefix = packed & ~low
    keys = keys[order]
    for k in np.flatnonzero((prefix[1:] == prefix[:-1]) & (keys[1:] != keys[:-1])).tolist():
        a, b = np.searchsorted(prefix, prefix[k]), np.searchsorted(prefix, prefix[k], "right")
        run = np.argsort(keys[a:b], kind="stable")
        keys[a:b], order[a:b] = keys[a:b][run], order[a:b][run]
    return keys, ids[order]


def find_buckets(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends of the runs of two or more equal keys."""
    edges = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1], [True]]))
    long = np.flatnonzero(np.diff(edges) > 1)
    return edges[long], edges[long + 1]


def in_buckets(starts: NDArray[np.int64], ends: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    """Which of `n` sorted rows stand in a bucket."""
    inside = np.zeros(n + 1, np.int8)
    inside[starts] += 1
    inside[ends] -= 1
    mask: NDArray[np.bool_] = np.cumsum(inside[:-1], dtype=np.int8) > 0
    return mask


def pair_rows(
    keys: NDArray[np.int64], ids: NDArray[np.int64], least: int, fetch: Callable[[NDArray[np.int64]], NDArray[np.uint32]]
) -> NDArray[np.int64]:
    """Candidate pairs (worse, better), int64 [n, 2], of (key, id) rows in any order: all rows of each key, ids by rank.

    `fetch` gives signatures by id; it is asked for those that share a key with another. As `candidates`, of a part of the keys.
    """
    by_id = np.argsort(ids, kind="stable")      # they come in a few runs, which timsort merges
    keys, ids = sort_rows(keys[by_id], ids[by_id])
    inside = in_buckets(*find_buckets(keys), len(keys))
    keys, (docs, local) = keys[inside], np.unique(ids[inside], return_inverse=True)
    if not len(docs):
        return np.empty((0, 2), np.int64)
    first = fetch(docs[:_CHUNK])
    compact = np.empty((len(docs), first.shape[1]), np.uint8)
    for start in range(0, len(docs), _CHUNK):
        compact[start:start + _CHUNK] = fetch(docs[start:start + _CHUNK]) if start else first     # the lowest byte
    seen = np.full(_SEEN, -1, np.int64)
    packed = np.unique(pair_partition(compact, keys, local.astype(np.int64), least, seen))
    pairs: NDArray[np.int64] = docs[np.stack(np.divmod(packed, len(docs)), axis=1)]
    return pairs


def candidates(
    signatures: Signatures, docs: NDArray[np.int64], least: int, *, seed: int = 0, budget: int = 256 << 20
) -> NDArray[np.int64]:
    """Candidate pairs, int64 [n, 2]: (worse, better) places in `docs`, which lists rows of `signatures` best rank first.

    A pair shares a band and at least `least` values. Unique, sorted. `signatures` is read once, some thousand rows at a time, so
    it may lie on disk; what stays in memory is a byte for each of its values. `budget` is in bytes and counts the (key, id) rows.
    """
    gathered: list[NDArray[np.int64]] = []
    seen = np.full(_SEEN, -1, np.int64)
    compact = np.empty((len(docs), signatures.shape[1]), np.uint8)
    with KeyTable(plan_partitions(len(docs) * (signatures.shape[1] // ROWS)), budget) as table:
        for start in range(0, len(docs), _CHUNK):
            rows = signatures[docs[start:start + _CHUNK]]
            compact[start:start + len(rows)] = rows         # the lowest byte
            table.add(make_keys(rows, seed), np.arange(start, start + len(rows)))
        held = 0
        for keys, ids in table.partitions():
            found = pair_partition(compact, keys, ids, least, seen)
            gathered.append(found)
            held += len(found)
            if held > _UNIQUE:
                gathered = [np.unique(np.concatenate(gathered))]
                held = 0
    packed: NDArray[Any] = np.unique(np.concatenate(gathered)) if gathered else np.empty(0, np.int64)
    return np.stack(np.divmod(packed, max(1, len(docs))), axis=1)


def pair_partition(
    compact: NDArray[np.uint8], keys: NDArray[np.int64], ids: NDArray[np.int64], least: int, seen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The pairs of sorted rows that share a key and `least` values, as `worse * len(compact) + better`; ids are rows of it."""
    starts, ends = find_buckets(keys)
    members = ids[in_buckets(starts, ends, len(ids))]
    bounds = np.concatenate([[0], np.cumsum(ends - starts)])
    out = np.empty(count_room(bounds), np.int64)       # touched only as far as it is filled
    used = pair_buckets(compact, members, bounds, keys[starts] % compact.shape[1], least, seen, out)
    return out[:used].copy()
