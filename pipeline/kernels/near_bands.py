"""Band keys of signatures, and candidate pairs out of buckets of documents that share one.

A bucket lists documents best rank first. A pair is (worse, better); nothing here is quadratic in the size of a bucket.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels import jit

__all__ = ["SCAN", "estimate", "estimate_pairs", "fill_keys", "find_pairs", "pair_buckets"]

SCAN = 32           # members of a bucket that one document is compared with; larger buckets are split by more values
MORE = 4            # signature values that split a large bucket
EMIT = 3            # pairs for one document out of one bucket: the best ranked and the two most similar
_K1, _K2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_S33 = np.uint64(33)


@jit
def _hash_values(row: NDArray[np.uint32], first: int, count: int, seed: int) -> np.uint64:
    """A 64-bit hash of `count` values of a signature from `first` on, wrapping at its end."""
    h = np.uint64(seed + 1) * _K2
    for k in range(first, first + count):
        h = (h ^ np.uint64(row[k % row.shape[0]])) * _K1
        h = h ^ (h >> _S33)
    return h * _K2


@jit
def fill_keys(
    signatures: NDArray[np.uint32], docs: NDArray[np.int64], rows: int, seed: int, out: NDArray[np.int64]
) -> None:
    """Keys of the signatures `docs`, int64 [len(docs), bands]: band `k` hashes `rows` values from `k * rows` on.

    The band and `seed` are folded into the key, so that all bands of all kinds of signatures can share one table.
    """
    for i in range(docs.shape[0]):
        for k in range(out.shape[1]):
            out[i, k] = np.int64(_hash_values(signatures[docs[i]], k * rows, rows, seed + k) >> np.uint64(1))


@jit
def estimate(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> int:
    """How many values two signatures share."""
    n = 0
    for k in range(a.shape[0]):
        n += a[k] == b[k]
    return n


@jit
def estimate_pairs(
    signatures: NDArray[np.uint32], left: NDArray[np.int64], right: NDArray[np.int64], out: NDArray[np.int32]
) -> None:
    """`estimate` for many pairs of rows."""
    for i in range(left.shape[0]):
        out[i] = estimate(signatures[left[i]], signatures[right[i]])


@jit
def find_pairs(
    signatures: NDArray[np.uint32], docs: NDArray[np.int64], members: NDArray[np.int64], least: int, out: NDArray[np.int64]
) -> int:
    """Pairs within one list of members (indices of `docs`, best first), each against the first SCAN and the SCAN before it.

    `docs[m]` is the row of the signature of member `m`. Pairs share at least `least` values; of those the best ranked and
    the two most similar are written. `out` needs EMIT rows for each member.
    """
    n = 0
    for t in range(1, members.shape[0]):
        row = signatures[docs[members[t]]]
        first, best, second, best_n, second_n = -1, -1, -1, -1, -1
        for step in range(min(t, SCAN) + max(0, min(t - SCAN, SCAN))):
            s = step if step < SCAN else t - 1 - (step - SCAN)
            shared = estimate(row, signatures[docs[members[s]]])
            if shared < least:
                continue
            if first < 0:
                first = s
            if shared > best_n:
                second, second_n, best, best_n = best, best_n, s, shared
            elif shared > second_n:
                second, second_n = s, shared
            if shared == row.shape[0]:
                break
        if first >= 0:
            out[n, 0], out[n, 1] = members[t], members[first]
            n += 1
        if best >= 0 and best != first:
            out[n, 0], out[n, 1] = members[t], members[best]
            n += 1
        if second >= 0 and second != first:
            out[n, 0], out[n, 1] = members[t], members[second]
            n += 1
    return n


@jit
def pair_buckets(
    signatures: NDArray[np.uint32], docs: NDArray[np.int64], members: NDArray[np.int64], bounds: NDArray[np.int64],
    firsts: NDArray[np.int64], least: int, out: NDArray[np.int64],
) -> int:
    """Pairs of the buckets `members[bounds[i]:bounds[i + 1]]`; returns how many rows of `out` [2 * EMIT * members] it filled.

    A bucket larger than SCAN is also split by MORE further values of the signatures (from `firsts[i]` on), as a longer
    prefix in an LSH forest, so that close copies meet however many strangers share the bucket.
    """
    n = 0
    for i in range(bounds.shape[0] - 1):
        bucket = members[bounds[i]:bounds[i + 1]]
        if bucket.shape[0] < 2:
            continue
        n += find_pairs(signatures, docs, bucket, least, out[n:])
        if bucket.shape[0] > SCAN:
            more = np.empty(bucket.shape[0], np.uint64)
            for k in range(bucket.shape[0]):
                more[k] = _hash_values(signatures[docs[bucket[k]]], firsts[i], MORE, 0)
            order = np.argsort(more, kind="mergesort")      # stable: each part stays best first
            start = 0
            for k in range(1, order.shape[0] + 1):
                if k == order.shape[0] or more[order[k]] != more[order[start]]:
                    if k - start > 1:
                        n += find_pairs(signatures, docs, bucket[order[start:k]], least, out[n:])
                    start = k
    return n
