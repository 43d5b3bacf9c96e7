"""Sketches: what is kept of each text so that near-duplicates can be found without comparing all with all.

The rule of this file: everything is taken from the canonical form, and a signature is datasketch's, bit for bit: a row goes
into a `datasketch.MinHash`, so sketches made here can be used with its LSH and its Lean form. It is imported only for that, and
by `taosha index --check`, which has a sample of stored signatures made again by datasketch itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.jit.tables import kept
from pipeline.near.form import form_spans
from pipeline.near.kernels.minhash import fill_signatures, hash_documents
from pipeline.options import NearOptions
from pipeline.record import Texts

if TYPE_CHECKING:
    import datasketch

__all__ = ["SHORT_MAX", "SHORT_MIN", "SHORT_PERM", "SHORT_SHINGLE", "Sketches", "permutations", "sketch", "to_datasketch"]

#: Canonical characters of a text that also gets a short signature, over pairs of characters: three variants in a poem of
#: twenty characters leave almost no 5-gram alone. Shorter texts are compared exactly. The range reaches above judge.SHORT.
SHORT_MIN, SHORT_MAX = 16, 240
SHORT_SHINGLE, SHORT_PERM = 2, 64


@dataclass(frozen=True, slots=True)
class Sketches:
    """Sketches of texts, as columns.

    `signatures` uint32 [n, num_perm]: minima over shingles, 2^32 - 1 where there is none. `short` uint32 [m, SHORT_PERM]:
    the same over pairs of characters for the short texts only, in order. `n_shingles`, `n_canonical` int64 [n]: shingles
    with repeats and canonical code points. `exact` uint64 [n, 2]: a hash of the canonical text.
    """

    signatures: NDArray[np.uint32]
    short: NDArray[np.uint32]
    n_shingles: NDArray[np.int64]
    n_canonical: NDArray[np.int64]
    exact: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.n_shingles)

    @classmethod
    def concat(cls, parts: Sequence[Sketches]) -> Sketches:
        """Sketches of many batches, one after another."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))

    def short_places(self) -> NDArray[np.int64]:
        """For each text its row in `short`, where it has one: int64 [n]."""
        places: NDArray[np.int64] = np.cumsum(is_short(self.n_canonical)) - 1
        return places

    def to_arrow(self) -> pa.RecordBatch:
        """The columns as Arrow (int64 and fixed-size binary; the short signature is null where there is none)."""
        short = pa.array([None] * len(self), pa.binary(4 * SHORT_PERM))
        if len(self.short):
            places = pa.array(self.short_places(), pa.int64(), mask=~is_short(self.n_canonical))
            short = to_binary(self.short).take(places)
        return pa.RecordBatch.from_pydict({
            "signature": to_binary(self.signatures), "short": short,
            "n_shingles": self.n_shingles, "n_canonical": self.n_canonical,
            "exact_1": self.exact[:, 0].view(np.int64), "exact_2": self.exact[:, 1].view(np.int64),
        })

    @classmethod
    def from_arrow(cls, batch: pa.RecordBatch | pa.Table) -> Sketches:
        """The reverse of `to_arrow`, of a batch or of a table of many."""
        exact = np.stack([batch["exact_1"].to_numpy(), batch["exact_2"].to_numpy()], axis=1).view(np.uint64)
        return cls(
            from_binary(batch["signature"]), from_binary(batch["short"].drop_null()),
            batch["n_shingles"].to_numpy(), batch["n_canonical"].to_numpy(), exact,
        )


def to_binary(rows: NDArray[Any]) -> pa.Array:
    data = np.ascontiguousarray(rows)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(4 * data.shape[1]), len(data), [None, pa.py_buffer(data)])


def from_binary(column: pa.Array | pa.ChunkedArray) -> NDArray[np.uint32]:
    """Rows of a column without nulls, uint32 [n, bytes / 4]; copied once where it is in several pieces."""
    width = column.type.byte_width
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [
        np.frombuffer(c.buffers()[1], np.uint8)[c.offset * width:(c.offset + len(c)) * width].view(np.uint32)
        for c in chunks if len(c)
    ]
    flat = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.uint32), *parts])
    return flat.reshape(-1, width // 4)


def is_short(n_canonical: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which texts have a short signature."""
    return (n_canonical >= SHORT_MIN) & (n_canonical <= SHORT_MAX)


@kept
def load_usual() -> dict[tuple[int, int], tuple[NDArray[np.uint32], NDArray[np.uint32]]]:
    """The permutations of the defaults: drawing them loads `numpy.random`, 7 ms of each start."""
    usual = NearOptions()
    return {(n, usual.seed): draw(n, usual.seed) for n in (usual.num_perm, SHORT_PERM)}


@cache
def permutations(num_perm: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """What `draw` gives."""
    return load_usual().get((num_perm, seed)) or draw(num_perm, seed)


def draw(num_perm: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The `a` (odd) and `b` of datasketch's `affine32` scheme, drawn as it draws them; numpy's RandomState is frozen.

    Asked of datasketch itself they cost each process 0.4 s and 41 MB, as it imports scipy (docs/decisions/030).
    """
    random = np.random.RandomState(seed)
    a = random.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return a, random.randint(0, 1 << 32, num_perm, dtype=np.uint32)


def sketch(texts: Texts, options: NearOptions) -> Sketches:
    """Sketch every text.

    >>> s = sketch(Texts.of(["北京今天天气很好", "北京，今天天氣很好！"]), NearOptions())
    >>> s.n_shingles.tolist(), bool((s.signatures[0] == s.signatures[1]).all())
    ([4, 4], True)
    """
    points, bounds = form_spans(texts.points, texts.starts, texts.ends)
    n = len(texts)
    n_canonical = np.diff(bounds)
    exact = np.empty((n, 2), np.uint64)
    hash_documents(points, bounds, exact)
    signatures = _sign(points, bounds[:-1], bounds[1:], options.shingle, options.num_perm, options.seed)
    rows = np.flatnonzero(is_short(n_canonical))
    short = _sign(points, bounds[rows], bounds[rows + 1], SHORT_SHINGLE, SHORT_PERM, options.seed)
    return Sketches(signatures, short, np.maximum(n_canonical - options.shingle + 1, 0), n_canonical, exact)


def _sign(
    points: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64], size: int, num_perm: int, seed: int
) -> NDArray[np.uint32]:
    a, b = permutations(num_perm, seed)
    out = np.empty((len(starts), num_perm), np.uint32)
    fill_signatures(points, starts, ends, size, a, b, out)
    return out


def to_datasketch(row: NDArray[np.uint32], options: NearOptions, *, lean: bool = False) -> datasketch.MinHash:
    """A row of `Sketches.signatures` as a `datasketch.MinHash`, or as a `LeanMinHash`."""
    import datasketch

    a, b = permutations(options.num_perm, options.seed)
    whole = datasketch.MinHash(
        seed=options.seed, hashvalues=row.copy(), permutations=(a, b), scheme="affine32"
    )
    return datasketch.LeanMinHash(whole) if lean else whole
