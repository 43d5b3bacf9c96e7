"""Whether two texts are one document: what they share and how they differ, read from the texts themselves.

The rule of this file: a sketch only proposes. Two texts are duplicates when most of the shorter one stands in the longer one,
in order or as shingles, and what they differ in is not facts: numbers, names and places in an otherwise equal template are
another document (court notices, weather, statutes of sister counties), and so is one statement turned round (a negation, an
opposite, a sign, subject and object exchanged). Other wording is the same one: slips of recognition, synonyms, variants, a changed
headline, a paragraph more or less, elsewhere or in other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.near.form import form_spans
from pipeline.near.genre import NO_TITLE, PROSE, STATUTE, TITLE, find_body, find_title, find_verse, tell_form
from pipeline.near.judge import (
    EDITED_FROM,
    FEW,
    MAX_FRAME,
    MIN_COVERED,
    MIN_EDITED_JACCARD,
    SHORT,
    Cause,
    Evidence,
    Verdict,
    is_framed,
    judge,
    lack_shares,
    may_be_edited,
)
from pipeline.near.kernels import facts, passages, screening
from pipeline.near.kernels.align import align
from pipeline.near.kernels.comparison import PASSAGE, Pair
from pipeline.near.kernels.facts import count_facts
from pipeline.near.kernels.passages import measure_passages
from pipeline.near.kernels.screening import measure_order, share_sets
from pipeline.near.kernels.sets import count_shared, make_sets
from pipeline.near.opposites import load_tables
from pipeline.record import Texts

__all__ = ["Cause", "Prepared", "Verdict", "from_canonical", "prepare", "screen", "verify"]

_MAY = 0.45             # shared shingles of the shorter text below which no alignment reaches MIN_SHARED (spun text 0.73)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Texts made ready to be compared: canonical points and sorted shingle hashes, end to end, with their bounds."""

    points: NDArray[np.uint32]
    bounds: NDArray[np.int64]
    titles: NDArray[np.int64]       # canonical code points of the first line where it is a title, 0 or NO_TITLE
    bodies: NDArray[np.int64]       # canonical code points before the line of the first sentence
    forms: NDArray[np.int64]        # PROSE, VERSE, REGULAR or STATUTE
    sets: NDArray[np.uint32]
    set_bounds: NDArray[np.int64]
    shingle: int                    # characters of a shingle

    def canonical(self, i: int) -> NDArray[np.uint32]:
        """Canonical code points of text `i`."""
        return self.points[self.bounds[i]:self.bounds[i + 1]]

    def shingles(self, i: int) -> NDArray[np.uint32]:
        """Sorted unique shingle hashes of text `i`."""
        return self.sets[self.set_bounds[i]:self.set_bounds[i + 1]]


def prepare(texts: Sequence[str], size: int) -> Prepared:
    """Fold texts and take their shingle sets of `size` characters."""
    view = Texts.of(texts)
    lines = np.fromiter((find_title(t) for t in texts), np.int64, len(texts))
    first_ends = view.starts + lines.clip(min=0)
    bodies = view.starts + np.fromiter(map(find_body, texts), np.int64, len(texts))
    # Both folds of a text begin at its start, so the title is a prefix of the canonical text.
    points, bounds = form_spans(view.points, view.starts, view.ends)
    _, title_bounds = form_spans(view.points, view.starts, first_ends)
    titles = np.diff(title_bounds)
    titles[titles > TITLE] = 0
    titles[lines < 0] = NO_TITLE
    _, body_bounds = form_spans(view.points, view.starts, bodies)
    forms = np.fromiter(map(tell_form, texts), np.int64, len(texts))
    return from_canonical(points, bounds, titles, np.diff(body_bounds), forms, size)


def from_canonical(
    points: NDArray[np.uint32], bounds: NDArray[np.int64], titles: NDArray[np.int64], bodies: NDArray[np.int64],
    forms: NDArray[np.int64], size: int,
) -> Prepared:
    """As `prepare`, from texts that are canonical already."""
    return Prepared(points, bounds, titles, bodies, forms, *make_sets(points, bounds, size), size)


def verify(x: Prepared, i: int, y: Prepared, j: int) -> Verdict:
    """Compare text `i` of `x`, which would be dropped, with text `j` of `y`, which would be kept."""
    a, b = x.canonical(i), y.canonical(j)
    sets = x.shingles(i), y.shingles(j)
    shared = int(count_shared(*sets))
    sizes, lengths = (len(sets[0]), len(sets[1])), (len(a), len(b))
    jaccard = shared / max(1, sum(sizes) - shared)
    if min(lengths) == 0:
        return Verdict(None, 0.0)
    if min(lengths) < MIN_COVERED * max(lengths) - TITLE and shared < MIN_COVERED * max(sizes):
        return Verdict(None, jaccard)
    forms = int(x.forms[i]), int(y.forms[j])
    if (min(lengths) > FEW or (min(lengths) > SHORT and forms[0] in (PROSE, STATUTE))) and shared < _MAY * min(sizes):
        return Verdict(None, jaccard)
    hunks = np.empty((min(lengths) + 1, 4), np.int32)
    hunks = hunks[:align(a, b, hunks)]
    pair = Pair(a, b, int(x.titles[i]), int(y.titles[j]), find_verse(forms) != PROSE, int(x.bodies[i]), int(y.bodies[j]))
    settled, measures = np.zeros(len(hunks), np.bool_), np.zeros(passages.MEASURES, np.int64)
    evidence = _weigh(pair, hunks, settled, measures, (shared, *sizes), forms)
    verdict = judge(evidence)
    if verdict.cause or not may_be_edited(evidence, hunks):
        return verdict
    measure_passages(pair, hunks, *sets, y.shingle, load_tables(), settled, measures)
    return judge(_weigh(pair, hunks, settled, measures, (shared, *sizes), forms), edited=True)


def screen(x: Prepared, left: NDArray[np.int64], right: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which pairs of texts (`left` would be dropped) are no duplicates by what they share alone, and how similar they are.

    As `verify` finds it of each, but no facts are counted: of 8,127 pairs of news 6,580 end here, in 13 µs each where that takes 35
    to 55. The similarity of the others is not what it will be.
    """
    sizes, lengths, forms = np.diff(x.set_bounds), np.diff(x.bounds), x.forms
    sizes, lengths, forms = (np.stack((own[left], own[right])) for own in (sizes, lengths, forms))
    shared = np.empty(len(left), np.int64)
    share_sets(x.sets, x.set_bounds, left, right, shared)
    similarity = shared / np.maximum(1, sizes.sum(axis=0) - shared)
    shorter = lengths.min(axis=0)
    apart = (shorter < MIN_COVERED * lengths.max(axis=0) - TITLE) & (shared < MIN_COVERED * sizes.max(axis=0))
    prose = (shorter > FEW) | ((shorter > SHORT) & np.isin(forms[0], (PROSE, STATUTE)))
    apart |= prose & (shared < _MAY * sizes.min(axis=0))
    similarity[shorter == 0] = 0.0
    apart |= shorter == 0
    near = np.flatnonzero(~apart)
    order = np.empty((len(near), 3), np.int64)
    measure_order(x.points, x.bounds, left[near], right[near], MAX_FRAME, order)
    matched, brief = order[:, screening.MATCHED], shorter[near] <= SHORT
    similarity[near[brief]] = np.maximum(similarity[near], matched / lengths[:, near].max(axis=0))[brief]
    shares = np.maximum(matched / lengths[:, near], shared[near] / np.maximum(1, sizes[:, near]))
    verse = np.where(forms[:, near].max(axis=0) < STATUTE, forms[:, near].min(axis=0), PROSE)
    framed = brief & (order[:, screening.FRAMED] > 0)
    edited = (shorter[near] >= EDITED_FROM) & (forms[:, near].max(axis=0) == PROSE) & (order[:, screening.WIDEST] >= PASSAGE)
    edited &= (shares.min(axis=0) >= MIN_COVERED) & (similarity[near] >= MIN_EDITED_JACCARD)
    apart[near] = lack_shares(shares, brief, verse, framed) & ~edited
    return apart, similarity


def _weigh(
    pair: Pair, hunks: NDArray[np.int32], settled: NDArray[np.bool_], measures: NDArray[np.int64],
    shingles: tuple[int, int, int], forms: tuple[int, int],
) -> Evidence:
    """Count the facts and put together what is known. `shingles`: how many both, the first and the second have."""
    counted = np.empty(facts.COUNTS, np.int64)
    count_facts(pair, hunks, settled, load_tables(), counted)
    counts, more, lengths = counted.tolist(), measures.tolist(), (len(pair.a), len(pair.b))
    matched = counts[facts.MATCHED]
    shared, *sizes = shingles
    similarity = shared / max(1, sum(sizes) - shared)
    of_dropped = max((matched + more[passages.MOVED_A] + more[passages.REWORDED_A]) / lengths[0], shared / max(1, sizes[0]))
    of_kept = max((matched + more[passages.MOVED_B] + more[passages.REWORDED_B]) / lengths[1], shared / max(1, sizes[1]))
    framed = False
    if min(lengths) <= SHORT:
        similarity = max(similarity, matched / max(lengths))
        framed = is_framed(lengths, hunks)
    return Evidence(min(lengths), forms, similarity, (of_dropped, of_kept), counts, more, framed)
