"""Shingle hashes, MinHash signatures and exact hashes of canonical texts: code points and bounds in, arrays out.

The permutations are datasketch's scheme `affine32`: Murmur's finaliser once, then `a * h + b` modulo 2^32 with odd `a`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit

__all__ = ["TILE", "fill_signatures", "hash_documents", "hash_shingles", "mix"]

TILE = 2048         # shingles whose hashes stay in the L1 cache (8 kB) while all permutations pass over them
_BLOCK = 16         # hashes for each load of a permutation
_BASE = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_M1, _M2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
_S13, _S16 = np.uint32(13), np.uint32(16)
_S32, _S29 = np.uint64(32), np.uint64(29)
_K1, _K2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SEED1, _SEED2 = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)


@jit
def hash_shingles(points: NDArray[np.uint32], start: int, size: int, out: NDArray[np.uint32]) -> None:
    """Hash the `len(out)` shingles of `size` code points that begin at `start`: uint32.

    The upper half of a polynomial of the points modulo 2^64, after one multiplication (the lower bits of such a polynomial
    depend on few bits of the points). Summed up anew for each shingle of five: 0.36 ns, as it is a loop that LLVM
    vectorises. A rolling hash waits for itself at each step: 1.6 ns, in four interleaved strips 1.0.
    """
    n = out.shape[0]
    if size == 5:
        b2 = _BASE * _BASE
        b3, b4 = b2 * _BASE, b2 * b2
        p0, p1, p2 = points[start:start + n], points[start + 1:start + 1 + n], points[start + 2:start + 2 + n]
        p3, p4 = points[start + 3:start + 3 + n], points[start + 4:start + 4 + n]
        for i in range(n):
            h = np.uint64(p0[i]) * b4 + np.uint64(p1[i]) * b3 + np.uint64(p2[i]) * b2
            h = h + np.uint64(p3[i]) * _BASE + np.uint64(p4[i])
            out[i] = np.uint32((h * _SPREAD) >> _S32)
        return
    sums = np.zeros(n, np.uint64)
    for k in range(size):
        column = points[start + k:start + k + n]
        for i in range(n):
            sums[i] = sums[i] * _BASE + np.uint64(column[i])
    for i in range(n):
        out[i] = np.uint32((sums[i] * _SPREAD) >> _S32)


@jit
def mix(hashes: NDArray[np.uint32]) -> None:
    """Murmur's finaliser for 32 bits, in place: the pre-mix of datasketch's affine schemes."""
    for i in range(hashes.shape[0]):
        h = hashes[i]
        h = h ^ (h >> _S16)
        h = np.uint32(h * _M1)
        h = h ^ (h >> _S13)
        h = np.uint32(h * _M2)
        hashes[i] = h ^ (h >> _S16)


@jit
def _lower(hashes: NDArray[np.uint32], a: NDArray[np.uint32], b: NDArray[np.uint32], row: NDArray[np.uint32]) -> None:
    """Lower `row` to the minima of all permutations of (already mixed) hashes.

    Vectorised over permutations, sixteen hashes for each load of one: 4.0 ns a hash for 128 permutations at any length, near
    the 3.6 that AVX-512 needs for its multiplications alone. Vectorised over hashes, eight permutations in registers, it is
    4.7 at 500 hashes and 6.4 at 250, as the lanes must be reduced at the end; four hashes a load take 4.2, eight 4.3.
    """
    n = hashes.shape[0] // _BLOCK * _BLOCK
    for i in range(0, n, _BLOCK):
        block = hashes[i:i + _BLOCK]
        for k in range(row.shape[0]):
            x, y, lowest = a[k], b[k], row[k]
            for j in range(_BLOCK):
                lowest = min(lowest, np.uint32(x * block[j] + y))
            row[k] = lowest
    for i in range(n, hashes.shape[0]):
        for k in range(row.shape[0]):
            row[k] = min(row[k], np.uint32(a[k] * hashes[i] + b[k]))


@jit
def fill_signatures(
    points: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64], size: int,
    a: NDArray[np.uint32], b: NDArray[np.uint32], out: NDArray[np.uint32],
) -> None:
    """MinHash signatures of the documents `points[starts[i]:ends[i]]` over shingles of `size` points: uint32 [n, len(a)].

    A document shorter than a shingle gets 2^32 - 1 everywhere, as an empty MinHash has.
    """
    scratch = np.empty(TILE, np.uint32)
    for d in range(starts.shape[0]):
        row = out[d]
        row[:] = np.uint32(0xFFFFFFFF)
        first, last = starts[d], ends[d] - size + 1
        while first < last:
            hashes = scratch[:min(TILE, last - first)]
            hash_shingles(points, first, size, hashes)
            mix(hashes)
            _lower(hashes, a, b, row)
            first += TILE


@jit
def hash_documents(points: NDArray[np.uint32], bounds: NDArray[np.int64], out: NDArray[np.uint64]) -> None:
    """A 128-bit hash of each document's code points: uint64 [n, 2]. Equal texts, equal hashes; not for adversaries."""
    for d in range(out.shape[0]):
        x, y = _SEED1, _SEED2
        for i in range(bounds[d], bounds[d + 1]):
            p = np.uint64(points[i])
            x = (x ^ p) * _K1
            x = x ^ (x >> _S32)
            y = (y + p) * _K2
            y = y ^ (y >> _S29)
        n = np.uint64(bounds[d + 1] - bounds[d])
        out[d, 0] = (x ^ n) * _K2
        out[d, 1] = (y ^ n) * _K1
