"""Pages as the nets see them: columns of each line, the rows of its grams, what the labels say.

The rule of this file: whatever is measured here is measured by the package itself, so that training sees what scoring sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pages import Page

from pipeline.record import Texts
from pipeline.stages.boilerplate import features
from pipeline.stages.boilerplate.kernels.line_grams import MOST, list_grams
from pipeline.stages.boilerplate.net import PLACES

Array = np.ndarray[Any, Any]
BUCKETS = 1 << 15


@dataclass
class Rows:
    """Lines of some pages: `first` [pages + 1] bounds those of each."""

    pages: list[Page]
    first: Array
    X: Array            # [n, columns] float32
    grams: Array        # rows of the table of embeddings, end to end
    ends: Array         # [n + 1]
    keep: Array
    title: Array
    kind: Array
    own: Array          # as measured, for rules and trees
    places: Array


BY_LINE = ("keep", "title", "kind", "own", "places")       # the last columns of Rows


def tabulate(pages: list[Page], buckets: int = BUCKETS) -> Rows:
    """Measure pages. Every page has a line."""
    texts = Texts.of(["\n".join(p.lines) for p in pages])
    lines = features.measure(texts)
    first, places = features.place(lines)
    counts = np.bincount(lines.doc, minlength=len(pages))
    for p, n in zip(pages, counts, strict=True):
        if n != len(p.keep):
            raise SystemExit(f"{p.id}: {n} lines, {len(p.keep)} labels")
    X = np.concatenate([lines.own, lines.cover, lines.opens, places[:, PLACES]], axis=1, dtype=np.float32)
    grams, ends = np.empty(min(MOST * len(X), 3 * len(lines.folded) + 2 * len(X) + MOST), np.int32), np.empty(len(X) + 1, np.int64)
    used = list_grams(lines.folded, lines.bounds, np.uint64(buckets - 1), grams, ends)
    return Rows(pages, first, X, grams[:used].copy(), ends, np.concatenate([p.keep for p in pages]),
                np.concatenate([p.title for p in pages]), np.concatenate([p.kind for p in pages]), lines.own, places)


def take(rows: Rows, pages: list[int]) -> Rows:
    """Some pages of rows that are measured already."""
    index = np.concatenate([np.arange(rows.first[i], rows.first[i + 1]) for i in pages])
    n = np.diff(rows.ends)[index]
    ends = np.concatenate([[0], np.cumsum(n)])
    grams = rows.grams[np.repeat(rows.ends[index] - ends[:-1], n) + np.arange(ends[-1])]
    first = np.concatenate([[0], np.cumsum([rows.first[i + 1] - rows.first[i] for i in pages])])
    chosen = [rows.pages[i] for i in pages]
    return Rows(chosen, first, rows.X[index], grams, ends, *(getattr(rows, name)[index] for name in BY_LINE))


def join(parts: list[Rows]) -> Rows:
    """Rows end to end."""
    def stack(name: str) -> Array:
        return np.concatenate([getattr(p, name) for p in parts])

    def chain(name: str) -> Array:
        ends, at = [np.zeros(1, np.int64)], 0
        for p in parts:
            ends.append(getattr(p, name)[1:] + at)
            at += getattr(p, name)[-1]
        return np.concatenate(ends)
    pages = [x for p in parts for x in p.pages]
    return Rows(pages, chain("first"), stack("X"), stack("grams"), chain("ends"), *map(stack, BY_LINE))
