"""Band keys of signatures, and candidate pairs out of buckets of documents that share one.

A bucket lists documents best rank first. A pair is (worse, better); nothing here is quadratic in the size of a bucket.
Signatures are compared by their lowest bytes (`compact`): 128 bytes a document stay in memory where 512 would not, and
values that differ agree in them once in 256.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = ["SCAN", "count_room", "estimate", "estimate_pairs", "fill_keys", "find_pairs", "pair_buckets"]

SCAN = 32           # members of a bucket that one document is compared with; larger buckets are split by more values
MORE = 4            # signature values that split a large bucket
_K1, _K2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_S33 = np.uint64(33)


@jit
def _hash_values(row: NDArray[Any], first: int, count: int, seed: int) -> np.uint64:
    """A 64-bit hash of `count` values of a signature from `first` on, wrapping at its end."""
    h = np.uint64(seed + 1) * _K2
    for k in range(first, first + count):
        h = (h ^ np.uint64(row[k % row.shape[0]])) * _K1
        h = h ^ (h >> _S33)
    return h * _K2


@jit
def fill_keys(signatures: NDArray[np.uint32], rows: int, seed: int, out: NDArray[np.int64]) -> None:
    """Keys of signatures, int64 [n, bands]: band `k` hashes `rows` values from `k * rows` on.

    The band and `seed` are folded into the key, so that all bands of all kinds of signatures can share one table.
    """
    for i in range(out.shape[0]):
        for k in range(out.shape[1]):
            out[i, k] = np.int64(_hash_values(signatures[i], k * rows, rows, seed + k) >> np.uint64(1))


@jit
def estimate(a: NDArray[Any], b: NDArray[Any]) -> int:
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
def _emit(worse: int, better: int, n_docs: int, seen: NDArray[np.int64], out: NDArray[np.int64], n: int) -> int:
    """Write a pair as `worse * n_docs + better`, unless a direct-mapped cache has it: pairs share many bands."""
    packed = worse * n_docs + better
    slot = np.int64((np.uint64(packed) * _K1) >> np.uint64(43)) & (seen.shape[0] - 1)
    if seen[slot] == packed:
        return n
    seen[slot] = packed
    out[n] = packed
    return n + 1


@jit
def find_pairs(
    compact: NDArray[np.uint8], members: NDArray[np.int64], least: int, seen: NDArray[np.int64], out: NDArray[np.int64],
    n: int,
) -> int:
    """Append to `out` the pairs that share at least `least` values within one list of members, best ranked first.

    `compact[m]` is the compact signature of member `m`. A list of up to SCAN gives all its pairs; in a longer one each
    member is compared with the first SCAN and the SCAN before it and gives the best ranked and the two most similar.
    """
    small = members.shape[0] <= SCAN
    for t in range(1, members.shape[0]):
        row = compact[members[t]]
        first, best, second, best_n, second_n = -1, -1, -1, -1, -1
        for step in range(min(t, SCAN) + max(0, min(t - SCAN, SCAN))):
            s = step if step < SCAN else t - 1 - (step - SCAN)
            shared = estimate(row, compact[members[s]])
            if shared < least:
                continue
            if small:
                n = _emit(members[t], members[s], compact.shape[0], seen, out, n)
                continue
            if first < 0:
                first = s
            if shared > best_n:
                second, second_n, best, best_n = best, best_n, s, shared
            elif shared > second_n:
                second, second_n = s, shared
            if 10 * second_n >= 9 * row.shape[0]:       # a giant cluster: close enough thrice
                break
        for s in (first, best, second):
            if s >= 0:
                n = _emit(members[t], members[s], compact.shape[0], seen, out, n)
    return n


@jit
def count_room(bounds: NDArray[np.int64]) -> int:
    """How many pairs `pair_buckets` can write for buckets with these bounds."""
    n = 0
    for i in range(bounds.shape[0] - 1):
        m = bounds[i + 1] - bounds[i]
        # A part of a large bucket holds up to SCAN members and so gives fewer than SCAN / 2 pairs for each.
        n += m * (m - 1) // 2 if m <= SCAN else m * (3 + SCAN // 2)
    return n


@jit
def pair_buckets(
    compact: NDArray[np.uint8], members: NDArray[np.int64], bounds: NDArray[np.int64], firsts: NDArray[np.int64],
    least: int, seen: NDArray[np.int64], out: NDArray[np.int64],
) -> int:
    """Pairs of the buckets `members[bounds[i]:bounds[i + 1]]`; returns how many of `out` [count_room] it filled.

    A bucket larger than SCAN is also split by MORE further values of the signatures (from `firsts[i]` on), as a longer
    prefix in an LSH forest, so that close copies meet however many strangers share the bucket.
    """
    n = 0
    for i in range(bounds.shape[0] - 1):
        bucket = members[bounds[i]:bounds[i + 1]]
        n = find_pairs(compact, bucket, least, seen, out, n)
        if bucket.shape[0] > SCAN:
            more = np.empty(bucket.shape[0], np.uint64)
            for k in range(bucket.shape[0]):
                more[k] = _hash_values(compact[bucket[k]], firsts[i], MORE, 0)
            order = np.argsort(more, kind="mergesort")      # stable: each part stays best first
            start = 0
            for k in range(1, order.shape[0] + 1):
                if k == order.shape[0] or more[order[k]] != more[order[start]]:
                    n = find_pairs(compact, bucket[order[start:k]], least, seen, out, n)
                    start = k
    return n
