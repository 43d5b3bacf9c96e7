"""Plain twins of the boilerplate kernels: what they compute, without how."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pipeline.stages.boilerplate.model import Trees


def score_row(row: Sequence[float], trees: Trees) -> float:
    """Walk every tree, add the leaves, squash."""
    total = 0.0
    for root in trees.root.tolist():
        at = root
        while trees.feature[at] >= 0:
            at = int(trees.left[at] if row[trees.feature[at]] <= trees.value[at] else trees.right[at])
        total += float(trees.value[at])
    return 1 / (1 + math.exp(-total))


def cover_share(text: str, edges: Sequence[bool], phrases: Sequence[tuple[str, int]]) -> float:
    """Share of the characters that phrases cover; a phrase is (text, mode) with modes any, word, start, line."""
    covered = np.zeros(len(text), bool)
    for phrase, mode in phrases:
        at = text.find(phrase)
        while at >= 0:
            end = at + len(phrase)
            fits = (
                mode == 0
                or (mode == 1 and edges[at] and edges[end])
                or (mode == 2 and at == 0)
                or (mode == 3 and at == 0 and end == len(text))
            )
            if fits:
                covered[at:end] = True
            at = text.find(phrase, at + 1)
    return float(covered.mean()) if len(text) else 0.0
