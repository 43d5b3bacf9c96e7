"""New texts against each other and against texts that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.near.decisions import DocumentKeys, decide
from pipeline.near.sketch import sketch
from pipeline.options import NearOptions
from pipeline.record import Texts

__all__ = ["find_similar"]


def find_similar(new: Sequence[str], old: Sequence[str], *, options: NearOptions | None = None) -> list[tuple[int, int, float]]:
    """For each new text that duplicates another one: its index, the index of the other in `[*new, *old]`, the similarity.

    Old texts go before new ones, whatever `options.keep` says: what is there already stays.

    >>> find_similar(["今天天氣，很好！"], ["明天下雨", "今天天气很好"])
    [(0, 2, 1.0)]
    """
    options = replace(options or NearOptions(), keep="source", sources=("old",))
    texts = Texts.of([*new, *old])
    keys = DocumentKeys(
        sketches=sketch(texts, options), n_chars=texts.ends - texts.starts, published=[""] * len(texts),
        ids=[f"{i:012d}" for i in range(len(texts))], sources=[""] * len(new) + ["old"] * len(old),
    )
    decisions = decide(keys, lambda rows: [texts.text(i) for i in rows], options)
    dropped = np.flatnonzero(decisions.kept_of[:len(new)] != np.arange(len(new)))
    return [(int(i), int(decisions.kept_of[i]), float(decisions.similarity[i])) for i in dropped]
