"""What a site says of a line: on which share of its other pages it stands, and with the same lines around it.

The rule of this file: a page is the hashes of its lines in their order; near-copies of one page count once; a page never
counts for itself. What a share means is the model's to judge: a menu stands on every page, an article on one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["N_SHARES", "PageHashes", "SiteLines", "count_site", "share_lines"]

Hashes = NDArray[np.uint64]
#: Columns of `share_lines`: 1 for a line of a site with other pages, log of how many these are, the share of them that hold
#: the line, that hold it under the same line, and over the same line.
N_SHARES = 5
_PRIME = np.uint64(0x9E3779B97F4A7C15)


class PageHashes(NamedTuple):
    """A page of a site: `lines` its lines in their order, `long` which of them are paragraphs."""

    lines: Hashes
    long: NDArray[np.bool_]


class SiteLines(NamedTuple):
    """How many different pages of a site hold each line and each pair of neighbours."""

    pages: int
    keys: Hashes            # sorted
    held: NDArray[np.int32]     # the number of different pages that hold each


def pair_lines(lines: Hashes) -> Hashes:
    """A key for each line with the next."""
    return (lines[:-1] * _PRIME) ^ (lines[1:] + (lines[:-1] >> np.uint64(7)))


def name_pages(pages: Sequence[PageHashes]) -> list[bytes]:
    """A name for each page, the same for near-copies: the two least of its paragraphs that few pages share, else all lines.

    Paragraphs on more than half of the pages are notices of the site, which make no two pages copies.
    """
    paragraphs = [np.unique(page.lines[page.long]) for page in pages]
    keys, count = np.unique(np.concatenate([*paragraphs, np.zeros(0, np.uint64)]), return_counts=True)
    common = keys[count > max(2, len(pages) // 2)]
    names = []
    for page, own in zip(pages, paragraphs, strict=True):
        rare = np.setdiff1d(own, common, assume_unique=True)
        names.append(rare[:2].tobytes() if len(rare) else page.lines.tobytes())
    return names


def count_site(pages: Sequence[PageHashes]) -> SiteLines:
    """Count the lines of a site over its pages, near-copies once."""
    names = name_pages(pages)
    held: dict[bytes, list[Hashes]] = {}
    for name, page in zip(names, pages, strict=True):
        held.setdefault(name, []).extend((page.lines, pair_lines(page.lines)))
    each = [np.unique(np.concatenate(keys)) for keys in held.values()]
    keys, count = np.unique(np.concatenate([*each, np.zeros(0, np.uint64)]), return_counts=True)
    return SiteLines(len(each), keys, count.astype(np.int32))


def share_lines(site: SiteLines, lines: Hashes) -> NDArray[np.float32]:
    """What the other pages of the site say of the lines of one of its pages: float32 [n, N_SHARES]; 0 where there are none."""
    shares = np.zeros((len(lines), N_SHARES), np.float32)
    others = site.pages - 1
    if others < 1 or not len(lines):
        return shares
    pairs = pair_lines(lines)
    shares[:, 0], shares[:, 1] = 1.0, np.log1p(others)
    shares[:, 2] = _look_up(site, lines) / others
    shares[1:, 3] = shares[:-1, 4] = _look_up(site, pairs) / others
    return shares


def _look_up(site: SiteLines, keys: Hashes) -> NDArray[np.float64]:
    """How many pages but the own hold each key."""
    at = np.minimum(np.searchsorted(site.keys, keys), len(site.keys) - 1)
    found: NDArray[np.float64] = np.where(site.keys[at] == keys, site.held[at] - 1, 0).clip(0).astype(np.float64)
    return found
