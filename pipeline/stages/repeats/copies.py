"""Passages that come again: which copy of those that are mistakes goes, and from where to where.

The fuller copy stays; of equal ones the first, or the one that needs no cleaning. What is cut is whole lines and sentences.
"""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np

from pipeline.chinese.codepoints import READING, TRADITIONAL, load_classes
from pipeline.stages.repeats.judge import PARAGRAPH, WHOLE, Block, Chain, Judge, have_other_numbers
from pipeline.stages.repeats.kernels.blocks import COLUMNS, find_blocks
from pipeline.stages.repeats.view import Cut, View, is_han

__all__ = ["chain_blocks", "cut_copies", "find_copies"]

_LEAST = 14         # canonical code points that agree: a line of 15 characters has one mark at least
_FULLER = 8         # canonical code points that one copy must have more to be the fuller
_CHANCE = 9         # canonical code points by which a copy may seem to go on by chance
_NEAR = 60          # canonical code points between copies of which either may go
_ALIKE = 0.7        # share of a wording between stretches that agree that the other copy has too


def find_copies(view: View) -> list[Block]:
    """All blocks of at least `_LEAST` canonical code points that come again."""
    anchors = int(np.count_nonzero(view.begins))
    size = 1 << max(4, (2 * anchors).bit_length())
    out = np.empty((anchors + 1, COLUMNS), np.int64)
    keys, first, last = np.zeros(size, np.uint64), np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    n = find_blocks(view.points, view.begins, _LEAST, keys, first, last, out)
    return [Block(*row) for row in out[:n].tolist()]


def chain_blocks(blocks: list[Block]) -> list[Chain]:
    """Join blocks that go on together in both places, over gaps that are small against them."""
    chains: list[list[Block]] = []
    size = 0
    for block in blocks:
        if chains:
            last = chains[-1][-1]
            here, there = block.here - last.here_end, block.there - last.there_end
            limit = (size + block.agreed) // 2
            if 0 <= here <= limit and 0 <= there <= limit and block.here_end <= chains[-1][0].there:
                chains[-1].append(block)
                size += block.agreed
                continue
        chains.append([block])
        size = block.agreed
    return [Chain(x) for x in chains]


def trim(view: View, chain: Chain) -> Chain:
    """Put the bounds of a chain where lines, else sentences begin in both places, if a few chance code points keep them off."""
    first, last = chain.blocks[0], chain.blocks[-1]
    k = _count_chance(view, first.here, first.there, 1)
    chain = Chain([first._replace(here=first.here + k, there=first.there + k, agreed=first.agreed - k), *chain.blocks[1:]])
    k = _count_chance(view, last.here_end, last.there_end, -1)
    last = chain.blocks[-1]
    last = last._replace(here_end=last.here_end - k, there_end=last.there_end - k, agreed=last.agreed - k)
    return Chain([*chain.blocks[:-1], last])


def _count_chance(view: View, here: int, there: int, way: int) -> int:
    """How many code points inward from two bounds lines, else sentences begin in both places, or 0 where none do."""
    for begins in (view.begins_line, view.begins_unit):
        if begins(here) and begins(there):
            return 0
    for begins in (view.begins_line, view.begins_unit):
        for k in range(1, _CHANCE):
            if begins(here + k * way) and begins(there + k * way):
                return k
    return 0


def widen(view: View, chain: Chain) -> Chain:
    """Take the lines before and after two tellings of a body into the chain while they say about the same in both."""
    first, last = chain.blocks[0], chain.blocks[-1]
    while first.here > 0 and first.there > last.here_end:
        a, b = view.lines[view.find_line(first.here - 1)].first, view.lines[view.find_line(first.there - 1)].first
        if b < last.here_end or not say_alike(view.folded[b:first.there], view.folded[a:first.here]):
            break
        first = first._replace(here=a, there=b)
    if len(chain.blocks) == 1:
        last = first
    while last.here_end < first.there and last.there_end < len(view.points):
        a, b = view.lines[view.find_line(last.here_end)].last, view.lines[view.find_line(last.there_end)].last
        if a > first.there or not say_alike(view.folded[last.there_end:b], view.folded[last.here_end:a]):
            break
        last = last._replace(here_end=a, there_end=b)
    return Chain([last] if len(chain.blocks) == 1 else [first, *chain.blocks[1:-1], last])


def say_alike(gone: str, kept: str) -> bool:
    """Whether a wording that would go is said, in about these words and with these numbers, in one that stays."""
    if len(gone) > 200 or len(kept) > 400 or have_other_numbers(gone, kept):
        return False
    same = sum(x.size for x in SequenceMatcher(None, gone, kept, autojunk=False).get_matching_blocks())
    return same >= _ALIKE * len(gone)


def cut_copies(view: View, min_chars: int) -> list[Cut]:
    """Cuts of passages that were said before by mistake."""
    blocks = find_copies(view)
    chains = [x for x in chain_blocks(blocks) if _is_worth_a_look(view, x)]
    if not chains:
        return []
    judge = Judge(view, min_chars, blocks)
    cuts: list[Cut] = []
    gone = np.zeros(len(view.points), np.bool_)
    for found in chains:
        chain = trim(view, found)
        reason = judge.name_mistake(chain)
        if not reason:
            continue
        if reason == "body-again":
            chain = widen(view, chain)
        keeps_there = _is_there_better(view, chain) and not gone[chain.here:chain.here_end].any()
        for a, b in _place_cuts(view, chain, keeps_there):
            if not gone[a:b].any():
                gone[a:b] = True
                cuts.append((a, b, reason))
    return sorted(cuts)


def _is_worth_a_look(view: View, chain: Chain) -> bool:
    """Whether a chain may be a mistake at all: what is short and far from its copy, or mostly Latin, is not."""
    if chain.agreed >= WHOLE:
        return True
    near = chain.there - chain.here_end <= 2 * _CHANCE
    return (near or chain.agreed >= PARAGRAPH) and is_han(view.folded[chain.there:chain.there_end])


def _is_there_better(view: View, chain: Chain) -> bool:
    """Whether the second copy is the one to keep: the first breaks off or stands apart, has less, or only it needs cleaning."""
    if view.begins_line(chain.here_end) and not view.begins_unit(chain.there_end):
        return True
    if view.begins_line(chain.there_end) and not view.begins_unit(chain.here_end):
        return False
    if view.begins_line(chain.here) and view.begins_line(chain.here_end) and not view.begins_line(chain.there_end):
        return chain.there - chain.here_end <= _NEAR       # a lead, and the paragraph that begins with it
    more = [x.here_end - x.here for x in chain.blocks], [x.there_end - x.there for x in chain.blocks]
    extra_here = chain.here_end - chain.here - sum(more[0])
    extra_there = chain.there_end - chain.there - sum(more[1])
    if abs(extra_here - extra_there) > _FULLER:
        return extra_there > extra_here
    if chain.there - chain.here_end > _NEAR or not _place_cuts(view, chain, True):     # where it cannot go, no script makes it go
        return False
    return count_noise(view, chain.here, chain.here_end) > 0 == count_noise(view, chain.there, chain.there_end)


def count_noise(view: View, a: int, b: int) -> int:
    """How many characters of a passage later stages would change: traditional hanzi and letters of readings."""
    text = view.text(a, b)
    classes = load_classes()[np.frombuffer(text.encode("utf-32-le"), np.uint32)]
    return int(np.count_nonzero(classes & np.uint32(READING | TRADITIONAL)))


def _place_cuts(view: View, chain: Chain, keeps_there: bool) -> list[tuple[int, int]]:
    """The canonical ranges to cut: what agrees in the copy that goes, and between it wordings that are alike."""
    joined: list[Block] = []
    for block in chain.blocks:
        if joined and _is_alike(view, joined[-1], block, keeps_there):
            last = joined[-1]
            joined[-1] = last._replace(here_end=block.here_end, there_end=block.there_end, agreed=last.agreed + block.agreed)
        else:
            joined.append(block)
    ranges = [view.snap(x.here, x.here_end) if keeps_there else view.snap(x.there, x.there_end) for x in joined]
    return [(a, b) for a, b in ranges if a < b]


def _is_alike(view: View, one: Block, two: Block, keeps_there: bool) -> bool:
    """Whether what stands between two blocks in the copy that goes is said, in about these words, in the other."""
    here = view.folded[one.here_end:two.here]
    there = view.folded[one.there_end:two.there]
    gone, kept = (here, there) if keeps_there else (there, here)
    if not gone:
        return True
    return say_alike(gone, kept)
