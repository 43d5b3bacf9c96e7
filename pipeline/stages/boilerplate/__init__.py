"""Boilerplate: menus, bylines, share bars, related lists, comments, footers leave; the page's own text stays.

The rule of this folder: lines are measured (`features`: what each is, where it stands; `phrases` of site furniture in canonical
form), a net over the page (`net`) and trees where it is unsure (`model`) say how likely each is content, `page` decides over the
page as a whole, its title first, `judgement` does so in blocks; a short list of `guards` takes cuts back; `reasons` names the kind
of each cut, `metadata` reads what the cut lines say. Losing content is worse than leaving noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Proposal, collect, cut_lines
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.features import find_suspects, find_text
from pipeline.stages.boilerplate.guards import settle
from pipeline.stages.boilerplate.judgement import Judged, judge
from pipeline.stages.boilerplate.metadata import close_articles, find_fields, find_titles, free_titles
from pipeline.stages.boilerplate.reasons import BLANK, name_credits, name_cuts
from pipeline.stages.boilerplate.residue import find_forms

__all__ = ["propose"]


def propose(texts: Texts, options: BoilerplateOptions) -> Proposal:
    """Cut the lines that are furniture of the site, each with its kind and score, and read the metadata that they hold."""
    text = find_text(texts)
    forms = find_forms(texts, text)
    suspect = find_suspects(texts, text) | bool(options.drop)
    suspect[texts.lines.doc[forms >= 0]] = True
    lines = judge(texts, np.flatnonzero(text & suspect[texts.lines.doc]), options, forms=forms)
    cut, notes = settle(texts, lines, options)
    gone, reasons, scores = mark_lines(texts, lines, cut)
    name_credits(texts, lines, cut, reasons)
    found = [*find_fields(texts, lines, cut, reasons)]
    freed, named = free_titles(texts, lines, gone, reasons)
    edits, closing = close_articles(texts, text, gone, reasons)
    edits += freed
    found += [*named, *closing, *find_titles(texts, text & ~gone, lines)]
    return Proposal(collect(edits, cut_lines(texts, gone, reasons, scores)), found, notes)


def mark_lines(
    texts: Texts, lines: Judged, cut: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.object_], NDArray[np.float64]]:
    """What goes, its reason and its score, by line of the batch; blank lines go only where nothing is left."""
    n = len(texts.lines.start)
    gone, reasons, scores = np.zeros(n, np.bool_), np.full(n, "", object), np.ones(n)
    at = lines.line[cut]
    gone[at], reasons[at], scores[at] = True, name_cuts(lines, cut)[cut], lines.score[cut]
    stays = np.bincount(lines.doc, ~cut, len(texts))
    emptied = (np.bincount(lines.doc, cut, len(texts)) > 0) & (stays == 0)
    for i in np.flatnonzero(emptied[texts.lines.doc] & ~gone).tolist():
        gone[i], reasons[i] = True, BLANK
    return gone, reasons, scores
