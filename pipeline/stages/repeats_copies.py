"""Passages that come again: which of them is a mistake, and which copy goes.

A mistake is a whole body told twice, a passage that follows at once on itself, or a run of whole paragraphs that comes
back out of place. What differs in a number, stands under a heading of its own, or completes another sentence each time
is meant: statutes, forms, templates and formulas repeat like that, as the corpora of laws show.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.stages.repeats_judge import Block, Cut, Judge
from pipeline.stages.repeats_view import View

__all__ = ["cut_copies", "find_copies"]

_LEAST = 14         # canonical code points that agree: a line of 15 characters has one mark at least


class _Choice(NamedTuple):
    """What goes: canonical ranges in one of the two places."""

    ranges: list[tuple[int, int]]
    reason: str


def find_copies(view: View) -> list[Block]:
    """All blocks of at least `_LEAST` canonical code points that come again."""
    from pipeline.kernels.repeats import find_blocks

    anchors = int(np.count_nonzero(view.begins))
    size = 1 << max(4, (2 * anchors).bit_length())
    out = np.empty((anchors + 1, 5), np.int64)
    n = find_blocks(
        view.points, view.begins, _LEAST, np.zeros(size, np.uint64), np.full(size, -1, np.int64), np.full(size, -1, np.int64), out,
    )
    return [Block(*row) for row in out[:n].tolist()]


def cut_copies(view: View, min_chars: int) -> list[Cut]:
    """Cuts of passages that were said before by mistake; the fuller copy stays, of equal ones the first or the cleaner."""
    judge = Judge(view, min_chars)
    cuts: list[Cut] = []
    gone = np.zeros(len(view.points), np.bool_)
    for chain in chain_blocks(find_copies(view)):
        reason = judge.name_mistake(chain)
        if not reason:
            continue
        spare_there = judge.prefers_there(chain) and not gone[chain[0].here:chain[-1].here_end].any()
        for a, b in judge.place_cuts(chain, spare_there):
            if not gone[a:b].any():
                gone[a:b] = True
                cuts.append((a, b, reason))
    return sorted(cuts)


def chain_blocks(blocks: list[Block]) -> list[list[Block]]:
    """Join blocks that go on together in both places, over gaps that are small against them."""
    chains: list[list[Block]] = []
    size = 0
    for block in blocks:
        if chains:
            last = chains[-1][-1]
            here, there = block.here - last.here_end, block.there - last.there_end
            limit = (size + block.agreed) // 4
            if 0 <= here <= limit and 0 <= there <= limit and block.here_end <= chains[-1][0].there:
                chains[-1].append(block)
                size += block.agreed
                continue
        chains.append([block])
        size = block.agreed
    return chains
