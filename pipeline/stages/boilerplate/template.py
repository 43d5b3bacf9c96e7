"""What the pages of a site have in common: lines that stand on many of them beside the same line are its template.

The rule of this file: a page is the keys of its lines in their order, as the stage first saw it; a pair is a line with the one
under it, or with the edge of its page. Pages are counted by name, near-copies once, in any order, and so many of a site at
most that memory is bounded. A page never counts for itself. What is template on a page is decided on that page, with what the
net gave its lines: nothing goes that the page itself is sure of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.record import Texts

__all__ = [
    "FEW", "MANY", "SHARE", "Counted", "Pages", "count_pairs", "hash_lines", "join_pages", "look_up", "match_lines", "name_pages",
    "pair_lines", "site_key",
]

Keys = NDArray[np.int64]
#: A pair may be template where it stands on this share of the other pages and these are at least MANY, or on all of fewer, which
#: are at least FEW; and always on more than one of them.
SHARE, MANY, FEW = 0.25, 5, 2
#: Pages of one site that are counted, and lines of a page above which it is none: so a site takes 32 MB of keys at most. The shares
#: of a thousand pages are known to 3 in a hundred; of 3,336 pages of the crawl the longest has 3,299 lines.
MOST, LONGEST = 1000, 4096
#: What stands above the first line of a page and under its last.
TOP, BOTTOM = np.uint64(0x6C62272E07BB0142), np.uint64(0x27D4EB2F165667C5)
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def site_key(name: str) -> int:
    """A key for the name of a site or collection: a host, a folder, a file of records. int64, never 0."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little", signed=True) or 1


@jit
def hash_spans(points: NDArray[np.uint32], bounds: NDArray[np.int64], seed: NDArray[np.uint64], out: NDArray[np.uint64]) -> None:
    """A 64-bit hash of each span, begun with its own seed."""
    for i in range(out.shape[0]):
        h = seed[i] ^ np.uint64(1469598103934665603)
        for k in range(bounds[i], bounds[i + 1]):
            h = (h ^ np.uint64(points[k])) * np.uint64(1099511628211)
        h ^= h >> np.uint64(29)
        h *= np.uint64(0xBF58476D1CE4E5B9)
        out[i] = h ^ (h >> np.uint64(32))


def hash_lines(texts: Texts, sites: Keys) -> tuple[NDArray[np.int64], Keys]:
    """Lines that hold characters of the canonical form, and the key of each on its site (int64 [texts]): int64 [k] both."""
    lines = texts.lines
    chosen = np.flatnonzero(lines.end > lines.start)
    folded, bounds = texts.canonical
    bounds = np.append(bounds[chosen], bounds[-1])      # what lies between is of empty lines
    keys = np.empty(len(chosen), np.uint64)
    hash_spans(folded, bounds, sites[lines.doc[chosen]].view(np.uint64), keys)
    some = bounds[1:] > bounds[:-1]
    return chosen[some], keys[some].view(np.int64)


@jit
def match_lines(
    first: NDArray[np.int64], keys: Keys, own_first: NDArray[np.int64], own_keys: Keys, out: NDArray[np.int64]
) -> None:
    """Where each line that is left of a page (`own_keys`) stood in it, counted from its first line; -1: it was changed.

    Of equal lines the first that can be it: lines are cut, never moved.
    """
    for doc in range(first.shape[0] - 1):
        at, end = first[doc], first[doc + 1]
        for i in range(own_first[doc], own_first[doc + 1]):
            k = at
            while k < end and keys[k] != own_keys[i]:
                k += 1
            out[i] = -1
            if k < end:
                out[i] = k - first[doc]
                at = k + 1


def pair_lines(keys: Keys, first: NDArray[np.int64]) -> tuple[Keys, Keys]:
    """For each line its pair with the line above, and with the line below: int64 [n] each. `first` [pages + 1] bounds the pages."""
    n = len(keys)
    own = keys.view(np.uint64)
    above, below = np.empty(n, np.uint64), np.empty(n, np.uint64)
    above[1:], below[:-1] = own[:-1], own[1:]
    some = first[:-1] < first[1:]
    above[first[:-1][some]], below[first[1:][some] - 1] = TOP, BOTTOM
    return _mix(above, own), _mix(own, below)


def _mix(upper: NDArray[np.uint64], lower: NDArray[np.uint64]) -> Keys:
    """One key for two lines that stand one above the other."""
    mixed: Keys = ((upper * _PRIME) ^ (lower + (upper >> np.uint64(7)))).view(np.int64)
    return mixed


class Pages(NamedTuple):
    """Pages of any sites, as columns."""

    site: Keys
    name: Keys              # the same for near-copies
    text: NDArray[np.bool_]     # it holds text of its own; else it was emptied or set aside
    first: NDArray[np.int64]    # [pages + 1]: bounds of their lines
    keys: Keys

    def take(self, rows: NDArray[np.int64]) -> Pages:
        """Some pages, in this order."""
        size = np.diff(self.first)[rows]
        first = np.concatenate((np.zeros(1, np.int64), np.cumsum(size)))
        index = np.repeat(self.first[rows] - first[:-1], size) + np.arange(first[-1])
        return Pages(self.site[rows], self.name[rows], self.text[rows], first, self.keys[index])


def name_pages(likeness: Keys, text: NDArray[np.bool_], keys: Keys, first: NDArray[np.int64]) -> Keys:
    """The name of each page: its likeness where it holds text, else a hash of its lines."""
    return np.where(text, likeness, _hash_pages(keys, first))


def _hash_pages(keys: Keys, first: NDArray[np.int64]) -> Keys:
    """A hash of the lines of each page, in their order."""
    above, _ = pair_lines(keys, first)
    total = np.concatenate((np.zeros(1, np.uint64), np.cumsum(above.view(np.uint64))))
    return (total[first[1:]] - total[first[:-1]]).view(np.int64)


def join_pages(parts: Sequence[Pages]) -> Pages:
    """Pages of several parts as one; of each site MOST different ones, the same whatever the parts and their order."""
    size = np.concatenate([np.zeros(1, np.int64), *(np.diff(p.first) for p in parts)])
    site, name, text, keys = (np.concatenate([p[k] for p in parts]) for k in (0, 1, 2, 4))
    pages = Pages(site, name, text, np.cumsum(size), keys)
    order = np.lexsort((_hash_pages(pages.keys, pages.first), ~text, name, site))
    order = order[np.diff(pages.first)[order] <= LONGEST]
    one = np.ones(len(order), np.bool_)                 # of near-copies the one with text whose hash is the least
    one[1:] = (np.diff(site[order]) != 0) | (np.diff(name[order]) != 0)
    order = order[one]
    order = order[np.lexsort((name[order] * int(_PRIME >> np.uint64(1)), site[order]))]
    start = np.flatnonzero(np.diff(site[order], prepend=site[order][:1] - 1)) if len(order) else order
    place = np.arange(len(order)) - np.repeat(start, np.diff(np.append(start, len(order))))
    return pages.take(order[place < MOST])


class Counted(NamedTuple):
    """Pairs that are template, as columns in the order of their keys."""

    key: Keys
    share: NDArray[np.float64]      # of the other pages
    others: NDArray[np.int64]       # how many these are


def count_pairs(pages: Pages) -> Counted:
    """The pairs that are template on their sites, of pages as `join_pages` gives them, which stand site by site."""
    start = np.flatnonzero(np.diff(pages.site, prepend=pages.site[:1] - 1)) if len(pages.site) else np.zeros(0, np.int64)
    found = [Counted(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))]
    for a, b in zip(start.tolist(), [*start[1:].tolist(), len(pages.site)], strict=False):
        if b - a > FEW:
            found.append(_count_site(pages.take(np.arange(a, b))))
    key, share, others = map(np.concatenate, zip(*found, strict=True))
    order = np.argsort(key)
    return Counted(key[order], share[order], others[order])


def _count_site(pages: Pages) -> Counted:
    """The same for one site: the larger of the shares of all pages and of those with text, which alone are in a clean corpus."""
    n = len(pages.site)
    doc = np.repeat(np.arange(n), np.diff(pages.first))
    above, below = pair_lines(pages.keys, pages.first)
    edge = np.diff(doc, append=n) > 0           # the pair under a line is that above the next, but at the bottom
    key, at = np.unique(np.concatenate((above, below[edge])), return_inverse=True)
    held = np.unique(at * n + np.concatenate((doc, doc[edge])))         # each pair once a page
    text = pages.text[held % n]
    all_of, text_of = (np.bincount(held[which] // n, minlength=len(key)) for which in (slice(None), text))
    best = [_share(n, len(group)) for n, group in ((all_of, pages.text), (text_of, pages.text[pages.text]))]
    larger = best[1][0] > best[0][0]
    share, others = (np.where(larger, best[1][k], best[0][k]) for k in (0, 1))
    chosen = share > 0
    return Counted(key[chosen], share[chosen].astype(np.float64), others[chosen].astype(np.int64))


def _share(held: NDArray[np.int64], pages: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The share of the other pages, 0 where it is too small to say anything, and how many these are."""
    others = pages - 1
    if others < FEW:
        return np.zeros(len(held)), np.zeros(len(held), np.int64)
    share = (held - 1) / others
    share[(held < 3) | (share < (SHARE if others >= MANY else 1))] = 0
    return share, np.full(len(held), others)


def look_up(counted: Counted, keys: Keys) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The share and the number of other pages of each key, 0 where it is no template."""
    share, others = np.zeros(len(keys)), np.zeros(len(keys), np.int64)
    if len(counted.key):
        _find_keys(*counted, keys, share, others)
    return share, others


@jit
def _find_keys(
    known: Keys, known_share: NDArray[np.float64], known_others: NDArray[np.int64], keys: Keys, share: NDArray[np.float64],
    others: NDArray[np.int64],
) -> None:
    """`look_up`, by a table that is made for it: 13 ns a key, where a binary search takes 75."""
    size = 64
    while size < 2 * known.shape[0]:
        size *= 2
    mask = np.uint64(size - 1)
    table = np.full(size, -1, np.int32)
    for k in range(known.shape[0]):
        at = np.int64((np.uint64(known[k]) * _PRIME >> np.uint64(32)) & mask)
        while table[at] >= 0:
            at = (at + 1) & np.int64(mask)
        table[at] = k
    for i in range(keys.shape[0]):
        at = np.int64((np.uint64(keys[i]) * _PRIME >> np.uint64(32)) & mask)
        while table[at] >= 0:
            if known[table[at]] == keys[i]:
                share[i], others[i] = known_share[table[at]], known_others[table[at]]
                break
            at = (at + 1) & np.int64(mask)
