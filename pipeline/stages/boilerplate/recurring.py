"""Which lines of a page go for its site: those that the site says are template and that the page itself is not sure of.

The rule of this file: the page is looked at as it came, for the net judges a line by what stands around it. The title stays,
what may be a title, code, drawn tables, and what the user protects; the label of a fact recurs too, but not beside its values.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.closings import CLOSING
from pipeline.chinese.codepoints import SENTENCE
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.drawn import find_drawn_tables
from pipeline.stages.boilerplate.features import find_text, measure_lines_of
from pipeline.stages.boilerplate.judgement import find_code, match_options
from pipeline.stages.boilerplate.net import look_at
from pipeline.stages.boilerplate.page import HEADLINE, KEEP
from pipeline.stages.boilerplate.template import LONGEST, MANY, SHARE

__all__ = ["Held", "are_sentences", "find_template", "may_go"]

#: A line on this share of the other pages, beside a neighbour of its own there, goes where the net gives it less than that as
#: content. On 163 pages of the crawl that a net had not seen, 199 lines of furniture were left: these bounds cut 20, 7 and none of
#: them, and no content.
BOUNDS = ((0.8, 0.97), (0.5, 0.9), (SHARE, 0.6))
#: The label of a fact (身高：), a remark in brackets and a date recur too, in a template of facts: of those that are left and recur
#: on labelled pages most are content.
LABEL = 0.6
#: Where fewer than MANY pages say so, the net must say it too (`page.KEEP`): of lines on all of three to five pages that it gives
#: more, all 10 on pages not seen are content, headings and labels of facts.
#: What the edge of a page says counts only where so many other pages say it: half of the statutes of a site end with one line.
EDGES = 19


class Held(NamedTuple):
    """What a site says of lines, as columns: the share of the other pages that hold a pair of the line, and how many these are."""

    share: NDArray[np.float64]      # with the line above or below; 0: not template
    others: NDArray[np.int64]
    edge_share: NDArray[np.float64]     # at the top or the bottom of the page
    edge_others: NDArray[np.int64]


def are_sentences(texts: Texts, line: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of these lines hold the end of a sentence."""
    sentences: NDArray[np.bool_] = (texts.lines.seen[line] & np.uint32(SENTENCE)) != 0
    return sentences


def may_go(held: Held, sentence: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which lines could go, whatever the page says of them: where none can, the page need not be looked at.

    All statutes of a site end with one sentence, and are made again as they came for nothing: 22 of 167 ms per MB.
    """
    by_edge: NDArray[np.bool_] = (held.edge_others >= EDGES) & (held.edge_share > 0) & ~sentence
    return (held.share > 0) | by_edge


def find_bounds(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the net must give a line as content for it to stay, by its share; 0 where that is too small to say anything."""
    bounds = np.zeros(len(share))
    for least, bound in reversed(BOUNDS):
        bounds[share >= least] = bound
    return bounds


def find_template(texts: Texts, keyed: NDArray[np.int64], held: Held, options: BoilerplateOptions) -> NDArray[np.float64]:
    """The share for which each line goes, 0 where it stays: float64 [n].

    `keyed` are the lines of `texts`, indices that rise, of which the site says what is `held` [n].
    """
    line = np.flatnonzero(find_text(texts))
    size = np.bincount(texts.lines.doc[line], minlength=len(texts))
    line = line[size[texts.lines.doc[line]] <= LONGEST]
    measured = measure_lines_of(texts, line, texts.lines.doc[line])
    look = look_at(measured)
    stays = match_options(measured, options)[0] | find_code(texts, line) | find_drawn_tables(texts, line)
    stays |= look.title >= HEADLINE
    keep = np.ones(len(texts.lines.start))
    keep[line[~stays]] = look.keep[~stays]
    keep = keep[keyed]
    inner = keep < np.where(held.others >= MANY, find_bounds(held.share), KEEP * (held.share == 1))
    edge = (held.edge_others >= EDGES) & (keep < find_bounds(held.edge_share)) & ~are_sentences(texts, keyed)
    goes = inner | edge
    for i in np.flatnonzero(goes & ((keep >= LABEL) | ~inner)).tolist():
        goes[i] = not CLOSING.match(texts.line(int(keyed[i])))
    return np.where(goes, np.maximum(held.share, held.edge_share), 0)
