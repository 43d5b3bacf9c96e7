"""The decision over a page as a whole: what it is, its title, which lines are its content.

The rule of this file: the first look decides on nearly all lines, on the scores of the page as it came. The title is found first
and stays; its doubles near it go; a page that only lists others, or holds nothing, is set aside; short islands go with what is
around them.

What is left is looked at again, until nothing would go or nothing left is sure to be furniture (MOST looks, else the page stays as
it came). So a clean page is a fixed point by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import jit
from pipeline.stages.boilerplate.features import Measured
from pipeline.stages.boilerplate.holes import find_unfilled
from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.kernels.trees import Layout
from pipeline.stages.boilerplate.markup import SILENT, Marked, find_beside
from pipeline.stages.boilerplate.net import VERDICTS, Look, Net, look_at
from pipeline.stages.boilerplate.residue import CREDITS
from pipeline.stages.boilerplate.verdicts import ASIDE, are_errors, find_errors, find_lists, find_rich, find_thin

__all__ = ["Decision", "decide"]

F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
#: A line stays where it is given more than this as content. On groups of sites left out F1 moves by less than 0.006 from 0.15 to
#: 0.35, on real and on crawled pages, and recall rises from 0.914 and 0.894 to 0.949 and 0.926; on the few forums and shops F1
#: falls by 0.04 over the same way.
KEEP = 0.25
#: A page of which no line is under this holds no furniture that the net is sure of: only what its form tells goes of it. On groups
#: left out F1 moves by 0.001 from 0.08 to 0.2.
SURE = 0.2
#: … where one line says that there is no page. By judgement: a poem of four lines that quotes such a page has 0.17 to 0.2, what
#: stands on such pages (返回首页) less than 0.05.
QUOTED = 0.05
#: A line is the title where no other of its page is more likely to be, and the net gives it this.
TITLE = 0.1
#: A line that may be the title stays, where another is more likely to be: a kicker, a second line of the headline.
HEADLINE = 0.3
#: Lines under the title within which its doubles go, above it four times as many, and characters that a double above it may hold
#: more: the name of the site.
NEAR, MORE = 8, 24
#: Paragraphs that make an article above a credit, and another part of the page below it, and canonical characters of the shortest
#: of them: what a site says of itself is shorter. Of labelled lines below a credit between these, 138 on fold 1 and 3,062 on the
#: others, none is content.
PARAGRAPHS, LONG = 3, 35
#: Canonical characters of a date with the time of day, of one with a name behind it, the share of figures in that, and lines under
#: the title within which either stands, with no paragraph between. Of 190 such lines, 43 on fold 1, none is content.
STAMP, SOURCED, FIGURES, UNDER = 17, 23, 0.4, 3
#: Times that a gallery says its title, canonical characters that this has at least, and dates between it and a caption.
#: Of 3,903 pages of the crawl's WARC 108 have such captions that only the lines around them cut, 106 of them galleries; no line of
#: the labelled pages is one. A list of teasers that says one headline thrice has .21 as text, galleries .99.
COPIES, SAYING, DATES = 3, 4, 2
#: A line that goes for its form, or for a credit above it, is given no more than this as content.
TOLD = 0.01
#: A score is at least this far from the middle, on the side of what was decided.
EDGE = 0.001
#: Looks at one page. On the labelled pages none took more than three.
MOST = 6


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on the lines of some pages, in the order of `Measured`."""

    cut: Bools                      # [n]
    keep: F32                       # [n]: what the net gave the line in the look that decided on it
    title: NDArray[np.int64]        # [pages]: index of the line, -1 for none
    verdict: NDArray[np.int8]       # [pages]: index into VERDICTS
    page: F32                       # [pages, 3]: what the net gave the page at the first look
    doubles: Bools                  # [n]: cut as copies of the title
    said: NDArray[np.int8]          # [n]: what the markup says of the line (`markup`)

    def is_title(self) -> Bools:
        """Which lines are the title of their page, bool [n]."""
        found = np.zeros(len(self.cut), np.bool_)
        found[self.title[self.title >= 0]] = True
        return found

    def add(self, rows: NDArray[np.int64], which: NDArray[np.int64], found: Findings) -> None:
        """Take over what a look at the lines `rows` of the pages `which` finds (in place)."""
        self.verdict[which[found.verdict > 0]] = found.verdict[found.verdict > 0]
        self.keep[rows[found.cut]] = found.keep[found.cut]
        self.said[rows[found.cut]] = found.said[found.cut]
        self.cut[rows[found.cut]], self.doubles[rows[found.doubles]] = True, True

    def scores(self) -> NDArray[np.float64]:
        """How sure it is that each line is furniture, float64 [n]: over 0.5 where it goes, under it where it stays."""
        sure = 1 - self.keep.astype(np.float64)
        scores: NDArray[np.float64] = np.where(self.cut, np.maximum(sure, 0.5 + EDGE), np.minimum(sure, 0.5 - EDGE))
        return scores


class Findings(NamedTuple):
    """What one look finds on the lines of some pages."""

    cut: Bools
    doubles: Bools                  # cut as copies of the title
    keep: F32                       # what each line is given as content, for its form, a credit above it and the markup, too
    said: NDArray[np.int8]          # what the markup says of it
    titles: NDArray[np.int64]       # [pages]: index of the line, -1 for none
    verdict: NDArray[np.int8]       # [pages]


def decide(
    lines: Measured, held: Bools | None = None, net: Net | None = None, listings: bool = False,
    trees: Layout | None = None, forms: NDArray[np.int8] | None = None, marked: Marked | None = None,
    signs: NDArray[np.int8] | None = None,
) -> Decision:
    """Decide on pages. `held` lines stay whatever they are: the user protects them, or they are code.

    `forms` are the forms of furniture that lines are of (`residue.find_forms`), `signs` what tells holes (`holes.find_signs`).
    `listings` says that a page that only lists others is judged line by line like any other. What markup says (`marked`) counts
    at the first look alone.
    """
    n = len(lines.doc)
    held = np.zeros(n, np.bool_) if held is None else held
    forms = np.full(n, -1, np.int8) if forms is None else forms
    signs = np.zeros(n, np.int8) if signs is None else signs
    seen = look_at(lines, net, trees)
    result, page_of = start_decision(seen)
    rows, left = np.arange(n), lines
    for turn in range(MOST + 1):
        which = page_of[rows[seen.first[:-1]]] if len(rows) else page_of[:0]
        found = judge_look(left, seen, held[rows], forms[rows], signs[rows], listings, None if turn else marked)
        if turn == MOST:                # still not at rest: the page stays as it came, which is a fixed point too
            restless = np.isin(page_of, which[np.add.reduceat(found.cut, seen.first[:-1], dtype=np.int64) > 0])
            result.cut[restless] = result.doubles[restless] = False
            result.verdict[page_of[restless]] = 0
            break
        if turn == 0:
            result.title[which] = np.where(found.titles >= 0, rows[found.titles], -1)
        result.add(rows, which, found)
        again = ~found.cut & np.isin(left.doc, left.doc[found.cut])
        if not again.any():
            break
        rows = rows[again]
        left = lines.take(rows)
        seen = look_at(left, net, trees)
    return result


def start_decision(look: Look) -> tuple[Decision, NDArray[np.int64]]:
    """A decision that cuts nothing, and the page of each line."""
    n, pages = len(look.keep), len(look.first) - 1
    flags = [np.zeros(n, np.bool_) for _ in range(2)]
    empty = Decision(flags[0], look.keep.copy(), np.full(pages, -1), np.zeros(pages, np.int8), look.page, flags[1],
                     np.zeros(n, np.int8))
    return empty, np.repeat(np.arange(pages), np.diff(look.first))


def judge_look(
    lines: Measured, look: Look, held: Bools, forms: NDArray[np.int8], signs: NDArray[np.int8], listings: bool,
    marked: Marked | None = None,
) -> Findings:
    """One look at some pages."""
    size = np.diff(look.first)
    titles = find_titles(look)
    named = np.zeros(len(look.keep), np.bool_)
    named[titles[titles >= 0]] = True
    smooth = np.where(find_captions(lines, look, titles), look.keep, smooth_islands(look.first, look.keep))
    cut = (smooth <= KEEP) & ~named & (look.title < HEADLINE)
    unfilled = ~cut & ~named & find_unfilled(look.first, signs, look.page[:, 0])
    doubles = np.zeros(len(cut), np.bool_)
    find_doubles(look.first, titles, lines.folded, lines.bounds, doubles)
    cut |= doubles
    says = are_errors(forms)
    errors = find_errors(look, says, forms)
    known = (forms >= 0) & (~says | np.repeat(errors, size))
    told = known | find_closed(lines, look.first, forms, cut) | find_stamps(lines, look.first, titles)
    beside = find_beside(lines, look, titles, marked)
    keep = np.where(told | unfilled, np.minimum(look.keep, np.float32(TOLD)), np.minimum(look.keep, beside.keep))
    said = np.where(cut | told | held, np.int8(SILENT), beside.what)
    told = (told & ~named & ~held) | (said != SILENT)
    furnished = find_furnished(look, says)
    gone = cut | told
    aside = (look.page[:, 0] < ASIDE) | find_thin(lines, look, gone | unfilled) | find_lists(lines, look, gone)
    cut |= unfilled
    aside = errors | (aside & furnished & ~find_rich(lines, look, gone))
    verdict = np.where(errors, VERDICTS.index("empty"), np.where(aside, 1 + look.page[:, 1:].argmax(axis=1), 0)).astype(np.int8)
    cut |= np.repeat(aside & ~((verdict == VERDICTS.index("listing")) & listings), size)
    cut = (cut & np.repeat(furnished | errors, size) & ~held) | told
    return Findings(cut, doubles & cut, keep, said, titles, verdict)


def find_furnished(look: Look, says: Bools) -> Bools:
    """Pages with a line that is sure to be furniture, bool [pages]; `says` [n] are those that say that there is no page.

    Such a line may be quoted, and makes the net doubt those around it: beside it one must be QUOTED.
    """
    if len(look.first) < 2:
        return np.zeros(0, np.bool_)
    told = np.repeat(np.logical_or.reduceat(says, look.first[:-1]), np.diff(look.first))
    sure = look.keep < np.where(told, np.float32(QUOTED), np.float32(SURE))
    found: Bools = np.logical_or.reduceat(sure & ~says, look.first[:-1])
    return found


def find_stamps(lines: Measured, first: NDArray[np.int64], titles: NDArray[np.int64]) -> Bools:
    """Lines right under a title that are a date with the time of day, and those near under it that begin with one, bool [n]."""
    stamps = np.zeros(len(lines.doc), np.bool_)
    under, ends = titles[titles >= 0], first[1:][titles >= 0]
    for below in range(1, UNDER + 1):
        under, ends = under[under + 1 < ends] + 1, ends[under + 1 < ends]
        own = lines.own[under]
        size, times = np.expm1(own[:, col.FOLDED_LENGTH]), own[:, col.N_TIMES]
        alone = (size < STAMP + 0.5) & (times > 0) & (below == 1)
        named = (own[:, col.BEGINS_DIGIT] > 0) & (size < SOURCED + 0.5) & (own[:, col.DIGIT_SHARE] >= FIGURES) & (times == 1)
        stamps[under] = (own[:, col.N_DATES] > 0) & (alone | named)
        short = own[:, col.PARAGRAPH] == 0
        under, ends = under[short], ends[short]
    return stamps


def find_closed(lines: Measured, first: NDArray[np.int64], forms: NDArray[np.int8], cut: Bools) -> Bools:
    """The lines under the credit that closes an article, to the end of their page, bool [n]; `cut` marks those that go anyway."""
    closed = np.zeros(len(cut), np.bool_)
    rows = np.flatnonzero(np.isin(forms, CREDITS))
    if not len(rows):
        return closed
    own = ~cut & (lines.own[:, col.PARAGRAPH] > 0) & (lines.own[:, col.FOLDED_LENGTH] >= np.log1p(LONG))
    above = np.concatenate((np.zeros(1, np.int64), np.cumsum(own)))
    page = np.searchsorted(first, rows, side="right") - 1
    ends = (above[rows] - above[first[page]] >= PARAGRAPHS) & (above[first[page + 1]] - above[rows] < PARAGRAPHS)
    for row, stop in zip(rows[ends].tolist(), first[page[ends] + 1].tolist(), strict=True):
        closed[row:stop] = True
    return closed


def find_titles(look: Look) -> NDArray[np.int64]:
    """The line that is the title of each page, int64 [pages], -1 for none."""
    pages = len(look.first) - 1
    titles = np.full(pages, -1)
    for page in range(pages):
        a, b = look.first[page], look.first[page + 1]
        best = a + int(look.title[a:b].argmax())
        if look.title[best] >= TITLE:
            titles[page] = best
    return titles


@jit
def find_doubles(
    first: NDArray[np.int64], titles: NDArray[np.int64], folded: NDArray[np.uint32], bounds: NDArray[np.int64], out: Bools,
) -> None:
    """Mark lines near the title that are the title again, by their canonical characters, or with up to MORE behind it."""
    for page in range(titles.shape[0]):
        at = titles[page]
        if at < 0:
            continue
        size = bounds[at + 1] - bounds[at]
        for i in range(max(first[page], at - 4 * NEAR), min(first[page + 1], at + NEAR + 1)):
            n = bounds[i + 1] - bounds[i]
            if i == at or size < 4 or n < size or n > size + MORE or (i > at and n > size):
                continue
            same = True
            for k in range(size):
                if folded[bounds[i] + k] != folded[bounds[at] + k]:
                    same = False
                    break
            out[i] = out[i] or same


def find_captions(lines: Measured, look: Look, titles: NDArray[np.int64]) -> Bools:
    """Lines right under a copy of the title, or under dates below one, of pages that say it COPIES times: bool [n]. A page that is
    no text rather has none.

    Each picture of a gallery stands with the title, a date, its caption and a counter. Under another headline the same would be a
    teaser; under the title of the page it speaks of this page, however little stands around it.
    """
    page, own = np.repeat(np.arange(len(titles)), np.diff(look.first)), lines.hashes[:, col.TEXT_HASH]
    copy: Bools = (titles[page] >= 0) & (own == own[titles[page]]) & (np.diff(lines.bounds) >= SAYING)
    copy &= ((np.bincount(page, copy, len(titles)) >= COPIES) & (look.page[:, 0] > 1 / 2))[page]
    dated = (lines.own[:, col.N_DATES] > 0) & (lines.own[:, col.PARAGRAPH] == 0) & ~copy
    found, above = np.zeros(len(copy), np.bool_), copy
    for _ in range(DATES + 1):
        under = np.roll(above, 1)
        under[look.first[:-1]] = False
        found |= under
        above = under & dated
    return found & ~copy


def smooth_islands(first: NDArray[np.int64], keep: F32) -> F32:
    """Scores in which a line that the net is unsure of follows the lines beside it, where these agree."""
    smooth = keep.copy()
    _smooth(first, keep, smooth)
    return smooth


@jit
def _smooth(first: NDArray[np.int64], keep: F32, out: F32) -> None:
    """`smooth_islands`: two lines above and below, where the page has them."""
    for page in range(first.shape[0] - 1):
        a, b = first[page], first[page + 1]
        for i in range(a + 2, b - 2):
            if 0.15 < keep[i] < 0.6:
                most = max(max(keep[i - 2], keep[i - 1]), max(keep[i + 1], keep[i + 2]))
                least = min(min(keep[i - 2], keep[i - 1]), min(keep[i + 1], keep[i + 2]))
                if most < 0.15:
                    out[i] = 0.15
                elif least > 0.6:
                    out[i] = 0.6
