"""The judgement on two texts, from what was counted of them: whether they are one document.

The rule of this file: most of the shorter text stands in the longer one, and what they differ in is no fact. Each figure says in
brackets which pairs it lies between.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near.genre import LIST, PROSE, STATUTE, find_verse
from pipeline.near.kernels import facts, passages
from pipeline.near.kernels.comparison import PASSAGE
from pipeline.near.kernels.comparison import SMALL as SHORT

__all__ = [
    "EDITED_FROM", "FEW", "MAX_FRAME", "MIN_COVERED", "MIN_EDITED_JACCARD", "SHORT", "Cause", "Evidence", "Verdict", "is_framed",
    "judge", "lack_shares", "may_be_edited",
]

Cause = Literal["exact", "near", "contained"]

# Calibrated on 107 labelled pairs of evaluate.py and 204 of tests/cases/neardup.jsonl, and by reading what was dropped of five
# corpora of news, statutes and manuals, which are full of templates. Five-fold cross-validation of the six shares: precision
# 1.00 and recall 0.99 on the pairs held out, every fold within a tenth of these values. In brackets the nearest pairs.
MIN_SHARED = 0.87       # of the dropped text, in order or as shingles (spun text 0.90 | another statute 0.55, templates to 0.95)
MIN_SHARED_SHORT = (0.78, 0.74, 0.70)   # the same up to SHORT, by kind of verse (a quatrain of two readings 0.71 | others 0.07)
MIN_COVERED = 0.50      # of the kept text (cut to 60 % with a site's furniture 0.58 | policy: a part that is quoted is no copy)
CONTAINED = 0.80        # below this share of the kept text the cause is `contained`
MAX_PHRASES = 0.05      # of the shorter text in phrases that differ (spun text 0.032 | news from one template 0.08)
MAX_PHRASES_SHORT = (0.025, 0.10, 0.30)     # the same up to FEW, by kind of verse, where another word is another reading
MAX_PHRASES_SHORTEST = 0.012    # the same up to SHORT in prose, so that a word of two characters is a fact (2 of 160: 0.0125)
MAX_REPEATED = 0.5      # share of one pair of words among those exchanged (spun text 0.36 | statutes from one model 0.9)
REPEATED_PER = 150      # code points for each time that it comes (statutes 45 | words of Taiwan for those of the mainland 175)
ECHO_SHARE = 0.36       # share of all changes that repeat one in the title (农会, 渔会: 0.5 | spun text 0.28)
FACTS_SHARE = 0.5       # facts that differ for each word that does (spun text 0 | statutes of two offices 0.8)
# Changes that turn a statement round for each other word that differs (an opposite beside two edited words 0.33 | slips of
# recognition of which one hits a negator 0.1).
TURNS_SHARE = 0.2
MIN_FRAMED = 0.60       # as MIN_SHARED_SHORT, of texts that differ in their frame alone (a flash of 35 and a dateline of 11: 0.74)
MAX_FRAME = 24          # code points of a dateline or source line
# As MIN_SHARED and MIN_COVERED, of texts that were edited by whole passages (a real repost 0.83 | items of one topic 0.66).
MIN_EDITED = 0.75
# Similarity of these (the same repost 0.65, made ones from 0.60 | timetables of two years, lists of links 0.57).
MIN_EDITED_JACCARD = 0.58
MAX_LOST = 0.015        # as MAX_PHRASES, of phrases that the kept text lacks (that repost 0.006 | statements of two years 0.04)
EDITED_FROM = 250       # code points from which a text is looked at like this: shorter ones have no passages to speak of
MAX_REWORDED = 0.25     # of the shorter text in passages in other words (made leads to 0.22; one paragraph of four is none)
MANY_NUMBERS = 3        # numbers that differ, whatever the rate, where little else does (figures of another day 3 and more)
MAX_LISTED = 3          # as MAX_SAME, in a list (小型车, 中型车: 6)
MIN_LISTED = 0.97       # as MIN_SHARED, of lists, where every item is what they say
MAX_SAME = 8            # times that one change may come in a statute (slips 6 | an office abolished 20)
MAX_IDENTIFIERS = 4     # changes inside words of letters (slips of recognition 0 to 2 | pages of two symbols 9 and more)
IDENTIFIERS_SHARE = 0.25    # of all changes
MAX_RATE = 0.15         # numbers that differ among all (copies 0 | notices from one template 0.5)
FEW = 400               # code points up to which one fact is enough


class Verdict(NamedTuple):
    """What verification found: `cause` is None where the texts are not duplicates; `similarity` is 0 to 1 in any case."""

    cause: Cause | None
    similarity: float


class Evidence(NamedTuple):
    """What was counted of two texts, of which the first would be dropped."""

    length: int                     # code points of the shorter one
    forms: tuple[int, int]
    similarity: float
    shares: tuple[float, float]     # of each text, what stands in the other: in order, as shingles, moved or reworded
    counts: list[int]               # columns of kernels.facts
    measures: list[int]             # columns of kernels.passages: zero until they are measured
    framed: bool                    # one short text with other furniture before and behind

    @property
    def verse(self) -> int:
        """The kind of verse that both are, or PROSE."""
        return find_verse(self.forms)


def is_framed(lengths: tuple[int, int], hunks: NDArray[np.int32]) -> bool:
    """Whether short texts differ in nothing but what one has more before and one behind: a news flash with its sources."""
    for a0, a1, b0, b1 in hunks.tolist():
        at_edge = (a0 == 0 and b0 == 0) or (a1 == lengths[0] and b1 == lengths[1])
        if not at_edge or min(a1 - a0, b1 - b0) > 0 or a1 - a0 > MAX_FRAME:
            return False
    return True


def may_be_edited(evidence: Evidence, hunks: NDArray[np.int32]) -> bool:
    """Whether a closer look may show one text in two versions: long prose, most of it shared, a passage that is not."""
    if evidence.length < EDITED_FROM or max(evidence.forms) != PROSE or min(evidence.shares) < MIN_COVERED:
        return False
    return evidence.similarity >= MIN_EDITED_JACCARD and bool((hunks[:, 1::2] - hunks[:, ::2] >= PASSAGE).any())


def lack_shares(
    shares: NDArray[np.float64], brief: NDArray[np.bool_], verse: NDArray[np.int64], framed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Of which pairs too little is shared, as `judge` finds it of one: `shares` [2, pairs], which are `brief` up to SHORT."""
    least = np.where(brief | (verse > 0), np.array(MIN_SHARED_SHORT)[verse], MIN_SHARED)
    least[framed] = MIN_FRAMED
    lacking: NDArray[np.bool_] = (shares[0] < least) | (shares[1] < MIN_COVERED)
    return lacking


def judge(evidence: Evidence, *, edited: bool = False) -> Verdict:
    """Decide from what was counted. `edited` says that passages were measured: what was moved or reworded is shared."""
    counts, length, verse = evidence.counts, evidence.length, evidence.verse
    of_dropped, of_kept = evidence.shares
    nothing = Verdict(None, evidence.similarity)
    least = MIN_SHARED_SHORT[verse] if length <= SHORT or verse else MIN_SHARED
    covered = MIN_COVERED
    phrases = MAX_PHRASES_SHORT[verse] if length <= FEW else MAX_PHRASES
    if length <= SHORT and not verse:
        phrases = MAX_PHRASES_SHORTEST
    if evidence.framed:
        least = MIN_FRAMED
    if edited:
        least, covered, phrases = MIN_EDITED, MIN_EDITED, MAX_LOST
        if not is_edited(evidence):
            return nothing
    if of_dropped < least or of_kept < covered or counts[facts.PHRASES] - edited * counts[facts.PUT] > phrases * length:
        return nothing
    if differ_in_content(evidence) or differ_in_template(length, counts) or differ_in_facts(length, counts, verse):
        return nothing
    return Verdict("contained" if min(of_dropped, of_kept) < CONTAINED else "near", evidence.similarity)


def differ_in_content(evidence: Evidence) -> bool:
    """Whether one says what the other does not say: rewritten phrases, a revised statute, other items of a list."""
    counts, forms = evidence.counts, evidence.forms
    if evidence.verse:
        return False
    if STATUTE in forms:
        # The title of a statute is what it is, that of an article is how it is sold.
        changed = counts[facts.RETITLED] or counts[facts.REVISED] or counts[facts.ALL]
        return bool(changed or counts[facts.SAME] >= MAX_SAME)
    if counts[facts.IDENTIFIERS] >= MAX_IDENTIFIERS and counts[facts.IDENTIFIERS] >= IDENTIFIERS_SHARE * counts[facts.WORDING]:
        return True
    if max(forms) == LIST:
        lost = counts[facts.LOST] or counts[facts.REPLACED] or counts[facts.SAME] >= MAX_LISTED
        return bool(lost or evidence.shares[0] < MIN_LISTED)
    if evidence.length <= FEW and (counts[facts.LOST] or (counts[facts.OTHER_TITLE] and _differs_below_title(counts))):
        return True     # the same body under another headline is the same article
    return counts[facts.REWRITTEN] > 0


def _differs_below_title(counts: list[int]) -> bool:
    """Whether anything but a rewritten title differs, by the counts that leave such a title out."""
    return any(counts[c] for c in (facts.WORDING, facts.NAMES, facts.NUMBERS, facts.TURNS, facts.PHRASES))


def is_edited(evidence: Evidence) -> bool:
    """Whether one text is another one edited by passages: what was moved or put in other words apart, no fact differs."""
    counts, measures = evidence.counts, evidence.measures
    reworded = max(measures[passages.REWORDED_A], measures[passages.REWORDED_B])
    found = counts[facts.NUMBERS] + counts[facts.NAMES] + counts[facts.TURNS]
    return not found and reworded <= MAX_REWORDED * evidence.length


def differ_in_template(length: int, counts: list[int]) -> bool:
    """Whether two texts are one template filled in for two subjects: one word for another throughout, or in the title."""
    repeated, pairs, wording = counts[facts.REPEATED], counts[facts.PAIRS], counts[facts.WORDING]
    if repeated >= 2 and repeated >= MAX_REPEATED * max(pairs, wording / 2) and repeated * REPEATED_PER >= length:
        return True
    if counts[facts.ECHOED] >= max(1.0, ECHO_SHARE * (wording + counts[facts.NAMES])):
        return True
    return bool(counts[facts.TITLE_PLACE] or (counts[facts.TITLE] and counts[facts.ALL] >= 2))


def differ_in_facts(length: int, counts: list[int], verse: int) -> bool:
    """Whether numbers, names or places differ where copies of one text agree. In verse 三 for 二 is a reading, not a fact."""
    numbers, names, wording, turns = counts[facts.NUMBERS], counts[facts.NAMES], counts[facts.WORDING], counts[facts.TURNS]
    found = numbers + names
    if verse:
        return found + turns >= 2 and found + turns > wording
    if turns and turns >= TURNS_SHARE * wording:
        return True
    found += turns
    if length <= FEW:
        return found >= 1 and found >= FACTS_SHARE * wording
    rate = numbers / max(1, numbers + counts[facts.AGREED])
    many = numbers >= MANY_NUMBERS and numbers >= 2 * wording
    return found >= 2 and found >= FACTS_SHARE * wording and (rate >= MAX_RATE or names > numbers or many)
