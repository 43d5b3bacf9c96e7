"""What the markup says against lines: those that stand beside the main container of a page, or in one that is named so.

The rule of this file: the tree of the page and what the net gives its lines at the first look, in; lines that go, out. Markup only
ever cuts, only where a page shows a main text of its own, and never the title. No element is trusted for its name alone. Texts
without markup, cleaned ones among them, are judged by the net: what markup leaves is cleaned again as any text is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.marks import Marks, Region, Token
from pipeline.record import Texts
from pipeline.stages.boilerplate.features import Measured
from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.kernels.containers import Weighed, weigh_containers
from pipeline.stages.boilerplate.net import Look

__all__ = ["BESIDE", "NAMED", "SILENT", "WEIGHTS", "Marked", "Said", "describe", "find_beside", "find_marked", "weigh"]

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
#: What is said of a line: nothing, that it stands beside the main container, or in one that is named as standing beside a text.
SILENT, BESIDE, NAMED = 0, 1, 2
#: The log-odds that a line beside the main container is content: by the log-odds of the net, by the shares in links of its
#: branch (the largest container around it beside the main one) and of itself, by whether it is hidden until a script shows it; and
#: the constant. Of `tools/line_model/fit_markup.py`, with nets that had not seen its pages, and without pages of fold 1.
WEIGHTS = (0.65, -2.89, -1.37, -0.84, -0.05)
#: … and it goes under this. On sites left out, by nets and weights, 14,223 characters of furniture that are left go and 45 of
#: content; at 0.2 it is 13,512 and 36, at 0.4 14,969 and 983. Chosen there.
LEAST = 0.3
#: Canonical characters of paragraphs that the net gives SURE which the main container must hold: SOME; or PLAIN, for lines that
#: share a container of half of the likely content with it. With PLAIN at 100 a page of announcements with teasers loses 3,392
#: characters of content; SOME may be 30 to 120. Where it holds fewer, lines go under LEAST_OF_FEW, those that share half of the
#: likely content only where it holds SOME, and SHARE of all on the page: under LEAST 12 of 1,631 short posts of forums went there.
LEAST_OF_FEW = 0.1
SURE, SOME, PLAIN = 0.9, 60, 200
#: Lines in containers that are named as beside a text go where PLAIN stands outside of all of these, and SHARE of what stands
#: inside: comments may be longer than what they are about. On labelled pages of all folds no line of content goes for it.
SHARE = 0.5
#: What is given to lines in named containers.
SURELY = 0.02
_REGIONS = Region.NAV.value | Region.ASIDE.value | Region.FOOTER.value
#: The log-odds of the net count up to this.
MOST = float(np.log(9999))


class Marked(NamedTuple):
    """The marks of some lines, and which lines have any."""

    marks: Marks
    known: Bools


class Said(NamedTuple):
    """What the markup says of lines, and what it gives those of which it says something as content (the others 1)."""

    what: NDArray[np.int8]
    keep: NDArray[np.float32]


def find_marked(texts: Texts, line: Ints) -> Marked | None:
    """The marks of these lines of the batch, which rise; None where no text has any."""
    if texts.marks is None:
        return None
    sizes = np.diff(texts.first_lines).tolist()
    marks = Marks.join([own or Marks.blank(n) for own, n in zip(texts.marks, sizes, strict=True)])
    known = np.array([own is not None for own in texts.marks])
    return Marked(marks.take(line), known[texts.lines.doc[line]])


def find_beside(lines: Measured, look: Look, titles: Ints, marked: Marked | None) -> Said:
    """What the markup says of each line; `titles` [pages] are the titles of the pages, -1 for none."""
    n = len(look.keep)
    what, keep = np.zeros(n, np.int8), np.ones(n, np.float32)
    if marked is None or not marked.known.any():
        return Said(what, keep)
    marks = marked.marks
    weighed = weigh(lines, look, titles, marks)
    odds = np.zeros(n)
    for weight, column in zip(WEIGHTS, describe(look, weighed, marks), strict=True):    # not `@`: alike in any batch
        odds += weight * column
    given = 1 / (1 + np.exp(-odds))
    body = np.where((look.keep > SURE) & (lines.own[:, col.PARAGRAPH] > 0), np.expm1(lines.own[:, col.FOLDED_LENGTH]), 0)
    page = np.repeat(np.arange(len(titles)), np.diff(look.first))
    held = _sum(body * weighed.main, look.first)[page]
    enough = held >= np.where(weighed.half, PLAIN, SOME)
    most = (held >= SOME) & (held >= SHARE * _sum(body, look.first)[page])
    bound = np.where(enough, LEAST, np.where(~weighed.half | most, LEAST_OF_FEW, 0))
    what[(given < bound) & ~weighed.main] = BESIDE
    what[find_named(look, body, titles, marks)] = NAMED
    what[titles[titles >= 0]] = SILENT
    what[~marked.known] = SILENT
    return Said(what, np.choose(what, (np.ones(n), np.minimum(given, LEAST), np.full(n, SURELY))).astype(np.float32))


def find_named(look: Look, body: NDArray[np.float32], titles: Ints, marks: Marks) -> Bools:
    """Lines in elements that are named as beside a text, by tag, role or class, of pages with a text outside of them: bool [n]."""
    named = (marks.token & Token.BESIDE.value != 0) & (marks.token & Token.REPLY.value == 0)
    named |= (marks.region & _REGIONS) != 0
    inside = _sum(body * named, look.first)
    outside = _sum(body, look.first) - inside
    plain = (outside >= PLAIN) & (outside >= SHARE * inside) & ((titles < 0) | ~named[titles])
    found: Bools = named & np.repeat(plain, np.diff(look.first))
    return found


def weigh(lines: Measured, look: Look, titles: Ints, marks: Marks) -> Weighed:
    """Where the lines stand to the main containers of their pages."""
    n = len(look.keep)
    weighed = Weighed(np.empty(n, np.bool_), np.empty(n, np.bool_), np.empty(n, np.float32))
    width = np.expm1(lines.own[:, col.FOLDED_LENGTH]) + np.float32(1)
    weigh_containers(look.first, marks.shared, look.keep, width, marks.link, titles, weighed)
    return weighed


def describe(look: Look, weighed: Weighed, marks: Marks) -> NDArray[np.float64]:
    """The columns that WEIGHTS are of, float64 [5, n]."""
    with np.errstate(divide="ignore"):
        odds = np.clip(np.log(look.keep / (1 - look.keep)), -MOST, MOST)
    hidden = (marks.region & Region.HIDDEN.value) != 0
    return np.stack((odds, weighed.linked, marks.link / 255, hidden, np.ones(len(odds)))).astype(np.float64)


def _sum(values: NDArray[np.float32], first: Ints) -> NDArray[np.float32]:
    """Sums by page, none of which is empty."""
    sums: NDArray[np.float32] = np.add.reduceat(values, first[:-1])
    return sums
