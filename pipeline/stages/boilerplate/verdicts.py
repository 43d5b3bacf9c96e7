"""What a page is, beside what the net says of it as a whole: pages that hold too little, or headlines with teasers.

The rule of this file: rules over what would be left of a page, each with the pages it sets aside and those that it would lose.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.boilerplate.features import Measured
from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.kernels.verdicts import count_teasers, weigh_pages
from pipeline.stages.boilerplate.net import Look
from pipeline.stages.boilerplate.residue import ERRORS

__all__ = ["ASIDE", "are_errors", "find_errors", "find_lists", "find_pairs", "find_rich", "find_thin"]

F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
#: A page is set aside where the net gives its being text less than this. On groups left out 67 of 93 pages without content are, and
#: one of 130 with content; at 0.3 it is 70 and 2.
ASIDE = 0.2
#: A page that the net gives less than DOUBT as text is set aside, too, where no paragraphs in a row with PASSAGE canonical
#: characters are left, fewer than MUCH in all, and no line that it gives TITLED as the title, or that line alone: forms, notices
#: of sites, headlines with teasers. With DOUBT at 0.6 none more of 93 pages without content on groups left out are, and one
#: more of 137 with content, in sight of which 0.4 was chosen; of the other folds, whose pages the net has seen, 8 of 539, and
#: 2 of 625. With MUCH at 1,500 and titles of half belief 26 of 92 unlabelled pages with content went, by the weights before.
DOUBT, PASSAGE, MUCH, TITLED = 0.4, 200, 600, 0.6
#: … and one of less than LOOSE, with no passage of SHORT_PASSAGE and no line that may be the title: 10 of 104 labelled pages
#: without content that stay otherwise, of five groups, and none of 909 with content; 1 and 0 of pages kept aside. And a page of
#: which one line of less than BARE is left and whose paragraphs, those that go too, hold less than SAID, whatever the net says: 3
#: and 0; with BARE at 30 two lines of a page kept aside go.
LOOSE, SHORT_PASSAGE, UNTITLED, BARE, SAID = 1000, 100, 0.2, 20, 100
#: … and one that it gives less than DOUBT_LIST, where headlines (canonical characters of HEAD) with a teaser each (TEASER) are
#: left, PAIRS of them and MOSTLY of all characters. On groups left out 7 more of 93 pages without content are, none with content;
#: of the other folds 3 of 14, and one of 650: news in brief, each under a headline, of a home page. Of the 8 unlabelled pages of
#: the crawl that it sets aside 7 are lists, one a gallery of lots under captions.
DOUBT_LIST, HEAD, TEASER, PAIRS, MOSTLY = 0.97, (9, 45), (18, 150), 5, 0.7
#: A page of which so many canonical characters are left in paragraphs is not set aside, whatever the net says: an essay with its
#: lines broken looks like a list of headlines. Set in sight of one such page of `pages_cwced` (8,453 are left). Of the labelled
#: listings that a bound of 1,500 would keep, none has more than 2,827.
RICH = 5000
#: What the net gives each line beside one that says that there is no page, at most. By judgement: no labelled page has one.
NONE = 0.2


def are_errors(forms: NDArray[np.int8]) -> Bools:
    """Which lines say that there is no page, bool [n]."""
    errors: Bools = np.logical_or.reduce([forms == k for k in ERRORS])
    return errors


def find_errors(look: Look, says: Bools, forms: NDArray[np.int8]) -> Bools:
    """Pages that say that there is no page (`says` [n]), all of whose other lines are furniture: bool [pages].

    A line is furniture that the net gives less than NONE, or that is of a form; one of a poem that quotes such a page is neither.
    """
    if not says.any():
        return np.zeros(len(look.page), np.bool_)
    stays = ~says & (forms < 0) & (look.keep >= NONE)
    found: Bools = np.logical_or.reduceat(says, look.first[:-1]) & ~np.logical_or.reduceat(stays, look.first[:-1])
    return found


def find_rich(lines: Measured, look: Look, cut: Bools) -> Bools:
    """Pages of which paragraphs of RICH canonical characters are left: bool [pages]."""
    size = np.where(cut | (lines.own[:, col.PARAGRAPH] == 0), 0, np.expm1(lines.own[:, col.FOLDED_LENGTH]))
    rich: Bools = np.add.reduceat(size, look.first[:-1]) >= RICH if len(look.page) else np.zeros(0, np.bool_)
    return rich


def find_thin(lines: Measured, look: Look, cut: Bools) -> Bools:
    """Pages of which neither title nor passage is left, if the net is not sure that they are text; and bare ones: bool [pages]."""
    size, paragraph = np.expm1(lines.own[:, col.FOLDED_LENGTH]), lines.own[:, col.PARAGRAPH] > 0
    body, titles = np.where(cut, np.float32(0), size), np.where(cut, np.float32(0), look.title)
    left, said, stay = (
        np.add.reduceat(x, look.first[:-1], dtype=np.float64) if len(look.page) else np.zeros(0)
        for x in (body, size * paragraph, ~cut)
    )
    bare = (stay <= 1) & (left < BARE) & (said < SAID)
    thin: Bools = (look.page[:, 0] < DOUBT) & (left < LOOSE)
    passage, held = np.empty(len(thin)), np.empty(len(thin), np.int64)
    headed, untitled = np.empty(len(thin), np.float32), np.empty(len(thin), np.float32)
    weigh_pages(look.first, thin, body, paragraph, look.title, titles, passage, held, headed, untitled)
    little = (left < MUCH) & (passage < PASSAGE) & ((held <= 1) | (headed < TITLED))
    return (thin & (little | ((passage < SHORT_PASSAGE) & (untitled < UNTITLED)))) | bare


def find_lists(lines: Measured, look: Look, cut: Bools) -> Bools:
    """Pages of which the net is not quite sure that they are text, and of which headlines with teasers are left: bool [pages]."""
    lists = look.page[:, 0] < DOUBT_LIST
    if lists.any():
        size = np.expm1(lines.own[:, col.FOLDED_LENGTH])
        head = (size >= HEAD[0]) & (size <= HEAD[1]) & (lines.own[:, col.ENDS_COLON] == 0) & (lines.own[:, col.ENDS_CLAUSE] == 0)
        teaser = (lines.own[:, col.PARAGRAPH] > 0) & (size >= TEASER[0]) & (size <= TEASER[1])
        pairs = np.empty(len(lists), np.int64)
        count_teasers(look.first, lists, cut, head, teaser, size, pairs)
        lists &= pairs >= PAIRS
    for page in np.flatnonzero(lists).tolist():
        left = np.flatnonzero(~cut[look.first[page]:look.first[page + 1]]) + look.first[page]
        own = find_pairs(head[left], teaser[left], size[left])
        lists[page] = sum(size[left[k]] + size[left[k + 1]] for k in own) >= MOSTLY * size[left].sum()
    return lists


def find_pairs(head: Bools, teaser: Bools, size: F32) -> list[int]:
    """The lines that are a headline over one teaser that is no shorter, each pair by its first line."""
    pairs, k = [], 0
    while k + 1 < len(head):
        alone = k + 2 >= len(head) or not teaser[k + 2] or head[k + 2]
        pair = head[k] and teaser[k + 1] and alone and size[k + 1] >= size[k]
        if pair:
            pairs.append(k)
        k += 2 if pair else 1
    return pairs
