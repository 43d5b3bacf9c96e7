"""What stays although it would be cut: one table of small functions, and what each earns on sites that were left out.

The rule of this file: a guard sees the cuts that are left when its turn comes and gives the lines that stay. Its figures are
those of the stage with it and without, on pages of sites that the weights have never seen (`tools/boilerplate_guards.py`): 56 of
`../shared/data/dev/real_lines.jsonl` / 175 of `crawl_lines.jsonl`, where guards and rules together have F1 0.905 and
0.927; and 2,497 documents of five corpora, which should lose nothing. What closes a notice and keywords under an abstract had
guards of their own under the older trees; the net needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Note
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.judgement import CUT, Judged
from pipeline.stages.boilerplate.kernels.columns import LINKS
from pipeline.stages.boilerplate.net import VERDICTS
from pipeline.stages.boilerplate.phrases import load_phrases
from pipeline.stages.boilerplate.residue import ERRORS
from pipeline.stages.boilerplate.turns import find_turns

__all__ = ["GUARDS", "Guard", "settle"]

Cuts = NDArray[np.bool_]

#: Sentence-like characters of its own under which a page is too short for a share of them to mean anything: error and
#: login pages among the labelled ones hold less, articles more.
LITTLE = 150
#: A page that would lose all its lines and holds this many sentence-like characters is kept, whatever they look like.
MUCH = 400
#: A document of fewer lines is never emptied, unless it says that there is no page: 昨日 on its own may be a counter or a poem's
#: title.
FEW = 4
#: A page of text that loses more than this share of its sentences is reported.
ALARM = 0.6
#: A document of LONG lines or more of which less than ALMOST would go is almost clean: within END lines of its ends lines
#: go above SURE, elsewhere none. On 700 Taiwanese statutes it took the number of cuts from 229 to 60, on 700 technical
#: manuals from 29 to 12; the figures on labelled pages do not move.
LONG, ALMOST, END, SURE = 30, 0.08, 15, 0.8


class Guard(NamedTuple):
    """Takes back cuts: `find(texts, lines, cut, options)` gives the lines that stay, bool [n]."""

    name: str
    find: Callable[[Texts, Judged, Cuts, BoilerplateOptions], Cuts]
    over_user: bool = False     # also lines that the user's own phrases mark stay
    tell: Callable[[Texts, Judged, Cuts, Cuts], list[Note]] | None = None    # of the cuts before, and what stays


def settle(texts: Texts, lines: Judged, options: BoilerplateOptions) -> tuple[Cuts, list[Note]]:
    """Which lines go, bool [n], and what is to be told of their documents."""
    cut: Cuts = (lines.score > CUT) & ~lines.protected
    notes: list[Note] = []
    for guard in GUARDS:
        stays = guard.find(texts, lines, cut, options)
        notes += guard.tell(texts, lines, cut, stays) if guard.tell else []
        cut = cut & ~stays if guard.over_user else cut & (lines.dropped | ~stays)
    n, left = np.bincount(lines.doc, minlength=len(texts)), np.bincount(lines.doc, ~cut, len(texts))
    notes += warn(texts, lines, cut)
    listing = np.bincount(lines.doc, lines.verdict == VERDICTS.index("listing"), len(texts)) > 0
    for doc in np.flatnonzero((n > 0) & (left == 0)).tolist():
        notes.append(Note(doc, "listing", "a page that only lists others") if listing[doc] else
                     Note(doc, "only-boilerplate", "nothing but site furniture"))
    return cut, notes


def find_spared(texts: Texts, lines: Judged, cut: Cuts, options: BoilerplateOptions) -> Cuts:
    """Lines of long, almost clean documents that are let go only near their ends, and only where the model is surer.

    Such documents are statutes, manuals and listings, whose （删除） or file dates look like furniture; the pages of a site
    carry more of it, and carry it around the text.
    """
    if not len(lines):
        return cut
    first = np.flatnonzero(np.diff(lines.doc, prepend=-1))
    n = np.diff(np.append(first, len(lines)))
    sure = lines.score >= SURE
    clean = np.repeat((n >= LONG) & (np.add.reduceat(sure, first, dtype=np.int64) < ALMOST * n), n)
    running = np.cumsum(~sure)      # only these count as lines between a line and an end of its document, so that the
    above: NDArray[np.int64] = running - ~sure - np.repeat(running[first] - ~sure[first], n)      # own output has the same ends
    below = np.repeat(np.add.reduceat(~sure, first, dtype=np.int64), n) - above - ~sure
    spared: Cuts = clean & ((np.minimum(above, below) >= END) | ~sure) & (lines.form < 0)
    return spared


def find_blanks(texts: Texts, lines: Judged, cut: Cuts, options: BoilerplateOptions) -> Cuts:
    """Labels without a value (日期：) of documents that are a form to be filled in.

    A form has no paragraph, at least half of its lines are such labels, and the model keeps one of these at least: it
    knows 甲方（盖章）： for text, and 用户名： of a login box for furniture.
    """
    n, label = len(texts), lines.ends_colon
    labels, kept = np.bincount(lines.doc, label, n), np.bincount(lines.doc, label & (lines.score <= CUT), n)
    form = (2 * labels >= np.bincount(lines.doc, minlength=n)) & (kept > 0)
    form &= np.bincount(lines.doc, lines.paragraph, n) == 0
    found: Cuts = label & form[lines.doc]
    return found


def find_overcut(texts: Texts, lines: Judged, cut: Cuts, options: BoilerplateOptions) -> Cuts:
    """All lines of pages of text that would lose more of their sentences than the user allows, or everything; and of tiny ones."""
    held, lost, sentences = weigh(texts, lines, cut)
    n, stays = np.bincount(lines.doc, minlength=len(texts)), np.bincount(lines.doc, ~cut, len(texts))
    text = np.bincount(lines.doc, lines.verdict > 0, len(texts)) == 0
    over = text & (lost > options.max_loss * held) & (held >= LITTLE)
    error = np.bincount(lines.doc, np.isin(lines.form, ERRORS) & (lines.verdict == VERDICTS.index("empty")), len(texts)) > 0
    over |= (stays == 0) & ((text & (sentences >= MUCH)) | ((n < FEW) & ~error))
    over &= stays < n
    found: Cuts = over[lines.doc]
    return found


def warn(texts: Texts, lines: Judged, cut: Cuts) -> list[Note]:
    """Pages of text that lose much: for somebody to look at."""
    held, lost, _ = weigh(texts, lines, cut)
    much = (lost > ALARM * held) & (held >= LITTLE) & (np.bincount(lines.doc, lines.verdict > 0, len(texts)) == 0)
    return [
        Note(doc, "much-lost", f"{lost[doc]:.0f} of {held[doc]:.0f} characters of sentences went")
        for doc in np.flatnonzero(much).tolist()
    ]


def weigh(texts: Texts, lines: Judged, cut: Cuts) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Characters of sentences by document: those that are the page's own, those of them that would go, all."""
    size = np.where(lines.paragraph, np.expm1(lines.size), np.float32(0))
    own = np.where(cut & find_accounted(lines, cut), np.float32(0), size)
    held, lost, sentences = (np.bincount(lines.doc, x, len(texts)).astype(np.float64) for x in (own, own * cut, size))
    return held, lost, sentences


def find_accounted(lines: Judged, cut: Cuts) -> Cuts:
    """Lines whose sentences are plainly not the page's own.

    They hold two phrases of furniture or more, or follow a heading of comments or of a list of links with no kept line between.
    """
    links = (lines.whole >= 0) & (load_phrases().group[np.maximum(lines.whole, 0)] == LINKS)
    index = np.arange(len(cut))
    head = np.maximum.accumulate(np.where(cut & (links | lines.talk), index, -1))
    stay = np.maximum.accumulate(np.where(~cut, index, -1))
    same = (head >= 0) & (lines.doc[np.maximum(head, 0)] == lines.doc)
    accounted: Cuts = lines.furnished | (same & (head > stay))
    return accounted


def tell_overcut(texts: Texts, lines: Judged, cut: Cuts, stays: Cuts) -> list[Note]:
    """Which pages were kept over what would have gone."""
    if not stays.any():
        return []
    held, lost, _ = weigh(texts, lines, cut)
    return [
        Note(doc, "kept-over-removal", _tell_loss(round(lost[doc]), round(held[doc])))
        for doc in np.unique(lines.doc[stays]).tolist()
    ]


def _tell_loss(lost: int, held: int) -> str:
    if not held:
        return "all of it would have gone, and it holds no sentences"
    return f"{lost} of {held} characters of sentences would have gone"


GUARDS: tuple[Guard, ...] = (
    # F1 -0.0004 / +0.0010, recall 0 / +0.0022; none of these documents
    Guard("almost clean", find_spared),
    # none of these, nor of 27,000 documents of the corpora and the crawl; the signature block of a contract, a trap of `repeats`
    Guard("form", find_blanks),
    # none of these; of 6,000 dialogues made up of short turns 141 lose one without it
    Guard("turn", find_turns),
    # none at the default, which refuses nothing but to empty a page of text; at 0.6 F1 -0.043 on the crawl
    Guard("overcut", find_overcut, over_user=True, tell=tell_overcut),
)
