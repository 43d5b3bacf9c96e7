"""Boilerplate: menus, bylines, share bars, related lists, comments, footers leave; the page's own text stays.

The rule of this folder: a line is judged by what it is and where it stands (`features`), with phrases of site furniture
in canonical form (`phrases`), by a model trained on labelled pages (`model`). `reasons` names the kind of each cut.
Losing content is worse than leaving noise: a page that would lose too much of its sentences is left as it was.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_text
from pipeline.edits import Note, Proposal, collect, cut_lines
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.closings import find_closings
from pipeline.stages.boilerplate.features import GROUP, Measured, find_suspects, find_text, measure
from pipeline.stages.boilerplate.metadata import close_articles, find_fields, find_titles
from pipeline.stages.boilerplate.model import CUT, score_to_rest
from pipeline.stages.boilerplate.phrases import KINDS
from pipeline.stages.boilerplate.reasons import name_kinds

__all__ = ["propose"]

#: Sentence-like characters of its own under which a page is too short for a share of them to mean anything: error and
#: login pages among the labelled ones hold less, articles more.
LITTLE = 150
#: A page that would lose all its lines and holds this many sentence-like characters is kept, whatever they look like.
MUCH = 400
#: A document of fewer lines is never emptied: 昨日 on its own may be a counter or a poem's title.
FEW = 4
#: A document of LONG lines or more of which less than ALMOST would go is almost clean: within END lines of its ends lines
#: go above SURE, elsewhere none. On 700 Taiwanese statutes it took the number of cuts from 229 to 60, on 700 technical
#: manuals from 29 to 12; the figures on labelled pages do not move.
LONG, ALMOST, END, SURE = 30, 0.08, 15, 0.8
FENCE = ord("`")


def propose(texts: Texts, options: BoilerplateOptions) -> Proposal:
    """Cut the lines that are furniture of the site, each with its kind and score, and read the metadata that they hold."""
    text = find_text(texts)
    lines = measure(texts, text & (find_suspects(texts, text) | bool(options.drop))[texts.lines.doc])
    protected, dropped = match_options(texts, lines, options)
    protected |= find_code(texts, lines) & ~dropped
    score = np.where(dropped, 1.0, score_to_rest(lines, protected | dropped))
    cut = (((score > CUT) & ~find_spared(lines, score) & ~find_forms(lines, score)) | dropped) & ~protected
    cut &= dropped | ~find_closings(texts, lines, cut)
    cut &= dropped | ~np.isin(lines.doc, find_cascades(lines, cut, protected | dropped))
    notes = refuse(texts, lines, cut, options.max_loss)
    gone, reasons, scores = mark_lines(texts, lines, cut, name_kinds(lines, cut, dropped), score)
    found = [*find_fields(texts, lines, cut, reasons, text & ~gone)]
    edits, closing = close_articles(texts, text, gone, reasons)
    found += [*closing, *find_titles(texts, text & ~gone)]
    return Proposal(collect([*edits, *cut_lines(texts, gone, reasons, scores)]), found, notes)


def find_code(texts: Texts, lines: Measured) -> NDArray[np.bool_]:
    """Lines of fenced code blocks with their fences, bool [n]; none where the fences of a document do not pair up."""
    start, size = texts.lines.start[lines.line], texts.lines.end[lines.line] - texts.lines.start[lines.line]
    fence = size >= 3
    for k in range(3):
        fence &= texts.points[np.minimum(start + k, len(texts.points) - 1)] == FENCE
    if not fence.any():
        return fence
    count = np.bincount(lines.doc, fence, len(texts)).astype(np.int64)
    before = np.cumsum(count) - count                       # fences of the documents above
    inside = (np.cumsum(fence) - before[lines.doc]) % 2 == 1
    code: NDArray[np.bool_] = (inside | fence) & (count[lines.doc] % 2 == 0)
    return code


def find_spared(lines: Measured, score: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Lines of long, almost clean documents that are let go only near their ends, and only where the model is surer: bool [n].

    Such documents are statutes, manuals and listings, whose （删除） or file dates look like furniture; the pages of a site
    carry more of it, and carry it around the text.
    """
    if not len(lines.doc):
        return np.zeros(0, np.bool_)
    first = np.flatnonzero(np.diff(lines.doc, prepend=-1))
    n = np.diff(np.append(first, len(lines.doc)))
    clean = np.repeat((n >= LONG) & (np.add.reduceat(score >= SURE, first) < ALMOST * n), n)
    stays = score < SURE            # only these count as lines between a line and an end of its document, so that the
    running = np.cumsum(stays)      # stage's own output has the same ends
    above: NDArray[np.int64] = running - stays - np.repeat(running[first] - stays[first], n)
    below = np.repeat(np.add.reduceat(stays, first), n) - above - stays
    spared: NDArray[np.bool_] = clean & ((np.minimum(above, below) >= END) | stays)
    return spared


def find_forms(lines: Measured, score: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Labels without a value (日期：) of documents that are a form to be filled in: bool [n].

    A form has no paragraph, at least half of its lines are such labels, and the model keeps one of these at least: it
    knows 甲方（盖章）： for text, and 用户名： of a login box for furniture.
    """
    n = int(lines.doc[-1]) + 1 if len(lines.doc) else 0
    label = lines.own[:, 16] > 0
    labels, kept = np.bincount(lines.doc, label, n), np.bincount(lines.doc, label & (score <= CUT), n)
    form = (2 * labels >= np.bincount(lines.doc, minlength=n)) & (kept > 0)
    form &= np.bincount(lines.doc, lines.own[:, 31] > 0, n) == 0
    found: NDArray[np.bool_] = label & form[lines.doc]
    return found


def find_cascades(lines: Measured, cut: NDArray[np.bool_], held: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Long, almost clean documents in which what is left would lose lines again: the end of a list that nibbles itself away.

    What makes the last item of a list look like a link is that it is the last. Such documents lose nothing, here or later.
    """
    if not len(lines.doc):
        return np.zeros(0, np.int64)
    n = np.bincount(lines.doc)
    gone = np.bincount(lines.doc, cut)
    docs = np.flatnonzero((gone > 0) & (n >= LONG) & (gone < ALMOST * n))
    rows = np.flatnonzero(np.isin(lines.doc, docs) & ~cut)
    if not len(rows):
        return docs[:0]
    left = lines.take(rows)
    score = score_to_rest(left, held[rows])
    again = (score > CUT) & ~find_spared(left, score) & ~find_forms(left, score) & ~held[rows]
    return np.unique(left.doc[again])


def mark_lines(
    texts: Texts, lines: Measured, cut: NDArray[np.bool_], kinds: list[str], score: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], list[str], list[float]]:
    """What goes, its reason and its score, by line of the batch; blank lines go only where nothing is left."""
    n = len(texts.lines.start)
    gone, reasons, scores = np.zeros(n, np.bool_), [""] * n, [1.0] * n
    for i in np.flatnonzero(cut).tolist():
        at = int(lines.line[i])
        gone[at], reasons[at], scores[at] = True, kinds[i], float(score[i])
    stays = np.bincount(lines.doc, ~cut, len(texts))
    emptied = (np.bincount(lines.doc, cut, len(texts)) > 0) & (stays == 0)
    for i in np.flatnonzero(emptied[texts.lines.doc] & ~gone).tolist():
        gone[i], reasons[i] = True, "blank"
    return gone, reasons, scores


def refuse(texts: Texts, lines: Measured, cut: NDArray[np.bool_], max_loss: float) -> list[Note]:
    """Take back the cuts of pages that would lose too much of their sentences (in place); say which, and which are empty now."""
    n = len(texts)
    own_text = (lines.own[:, 31] > 0) & ~(cut & find_accounted(lines, cut))
    size = np.where(own_text, np.expm1(lines.own[:, 27]), 0.0)
    held, lost = np.bincount(lines.doc, size, n), np.bincount(lines.doc, size * cut, n)
    stays = np.bincount(lines.doc, ~cut, n)
    touched = np.bincount(lines.doc, cut, n) > 0
    over = touched & (lost > max_loss * held) & (held >= LITTLE)
    sentences = np.bincount(lines.doc, (lines.own[:, 31] > 0) * np.expm1(lines.own[:, 27]), n)
    over |= touched & (stays == 0) & ((sentences >= MUCH) | (np.bincount(lines.doc, minlength=n) < FEW))
    cut &= ~over[lines.doc]
    notes = [
        Note(doc, "kept-over-removal", f"{lost[doc]:.0f} of {held[doc]:.0f} characters of sentences would have gone")
        for doc in np.flatnonzero(over).tolist()
    ]
    empty = touched & (stays == 0) & ~over
    notes += [Note(doc, "only-boilerplate", "nothing but site furniture") for doc in np.flatnonzero(empty).tolist()]
    return notes


def find_accounted(lines: Measured, cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines whose sentences are plainly not the page's own, bool [n].

    They hold two phrases of furniture or more, or follow a heading of comments or of a list of links with no kept line between.
    """
    group = GROUP[lines.marks[:, 0]] * (lines.marks[:, 0] >= 0)
    talk = lines.cover[:, :len(KINDS)][:, GROUP == 3].sum(axis=1) > 0.5
    index = np.arange(len(cut))
    head = np.maximum.accumulate(np.where(cut & ((group == 2) | talk), index, -1))
    stay = np.maximum.accumulate(np.where(~cut, index, -1))
    same = (head >= 0) & (lines.doc[np.maximum(head, 0)] == lines.doc)
    accounted: NDArray[np.bool_] = (lines.own[:, 37] >= 2) | (same & (head > stay))
    return accounted


def match_options(texts: Texts, lines: Measured, options: BoilerplateOptions) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which lines the user protects, and which the user's own phrases mark: bool [n] each, compared in canonical form."""
    protected, dropped = np.zeros(len(lines.line), np.bool_), np.zeros(len(lines.line), np.bool_)
    wanted = [(phrase, which) for which, phrases in ((protected, options.protect), (dropped, options.drop))
              for phrase in map(canonical_text, phrases) if phrase]
    if wanted:
        text = lines.folded[:lines.bounds[-1]].tobytes().decode("utf-32-le")
        for phrase, which in wanted:
            at = text.find(phrase)
            while at >= 0:
                i = int(np.searchsorted(lines.bounds, at, side="right")) - 1
                which[i] |= at + len(phrase) <= lines.bounds[i + 1]
                at = text.find(phrase, at + 1)
    return protected, dropped & ~protected
