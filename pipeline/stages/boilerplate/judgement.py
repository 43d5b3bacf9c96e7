"""What the model says of the lines of a batch, in blocks, so that memory does not grow with the length of a document.

The rule of this file: the features of a line are two thousand bytes, what is kept of it here is thirty. Lines are judged in
blocks of whole sections; a section is a document, or a part of one that is longer than any page, and is judged alone, so that
no result depends on the blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_text
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.drawn import find_drawn_tables
from pipeline.stages.boilerplate.features import Measured, measure_lines_of
from pipeline.stages.boilerplate.holes import SPEAKS, find_signs
from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.markup import Marked, find_marked
from pipeline.stages.boilerplate.page import decide
from pipeline.stages.boilerplate.phrases import KINDS

__all__ = ["BLOCK", "CONTEXT", "CUT", "SECTION", "Judged", "judge"]

#: A document of more lines than this is judged in sections of as many. The longest of the labelled pages has 264, of the six
#: corpora 5,723; what the model knows of places in a page says nothing at line 100,000.
SECTION = 8192
#: Lines before and after a section that its lines see. More than the model looks at in either direction: windows of 12,
#: distances of 30.
CONTEXT = 64
#: Lines that are judged at once, 4 kB each while they are.
BLOCK = 8192
FENCE = ord("`")
#: A line goes where its score is above this: `page.Decision.scores` says on which side of it a line is.
CUT = 0.5


@dataclass(slots=True)
class Judged:
    """Lines that are not blank, as columns, with what the model says of each and what else is asked of them later."""

    line: NDArray[np.int64]         # index into texts.lines
    doc: NDArray[np.int64]
    score: NDArray[np.float64]      # how sure the model is that it is furniture; 1 where the user says so
    size: NDArray[np.float32]       # log of 1 + canonical characters
    named: NDArray[np.int8]         # the kind that its phrases are of, index of KINDS; -1 for none, or where the score is low
    whole: NDArray[np.int8]         # the kind of phrase that it is as a whole
    form: NDArray[np.int8]          # the form of furniture that it is of, index of `residue.FORMS`; -1 for none
    said: NDArray[np.int8]          # what the markup says of it: `markup.SILENT`, BESIDE or NAMED
    verdict: NDArray[np.int8]       # what its page is, index of `net.VERDICTS`
    title: NDArray[np.bool_]        # it is the title of its page
    double: NDArray[np.bool_]       # it is the title again
    protected: NDArray[np.bool_]    # the user says that it stays, or it is code, or of a table that is drawn
    dropped: NDArray[np.bool_]      # the user says that it goes
    paragraph: NDArray[np.bool_]    # sentences of the page's own
    ends_colon: NDArray[np.bool_]
    ends_close: NDArray[np.bool_]
    dated: NDArray[np.bool_]
    arrow: NDArray[np.bool_]
    furnished: NDArray[np.bool_]    # it holds two phrases of furniture or more
    talk: NDArray[np.bool_]         # phrases of comments are most of it, and the score is high
    byline: NDArray[np.bool_]       # a phrase of bylines opens it

    def __len__(self) -> int:
        return len(self.line)

    @classmethod
    def empty(cls, n: int) -> Judged:
        """Room for `n` lines."""
        whole, share, size = np.empty(n, np.int64), np.empty(n, np.float64), np.empty(n, np.float32)
        named, phrase, form, said, verdict = (np.empty(n, np.int8) for _ in range(5))
        flags = [np.empty(n, np.bool_) for _ in range(len(fields(cls)) - 9)]
        return cls(whole, whole.copy(), share, size, named, phrase, form, said, verdict, *flags)

    def fill(self, at: int, columns: list[NDArray[Any]]) -> int:
        """Write lines from place `at` on; give the place after them."""
        end = at + len(columns[0])
        for field, column in zip(fields(self), columns, strict=True):
            getattr(self, field.name)[at:end] = column
        return end


def judge(
    texts: Texts, line: NDArray[np.int64], options: BoilerplateOptions, block: int = BLOCK,
    forms: NDArray[np.int8] | None = None,
) -> Judged:
    """Judge lines (rising indices into `texts.lines`) that are not blank, whole documents of them.

    Documents of which no line scores above CUT are left out of what is given back: nothing is asked of them later.
    """
    code = find_code(texts, line)
    form = np.full(len(line), -1, np.int8) if forms is None else forms[line]
    marked, signs = find_marked(texts, line), find_signs(texts, line)
    signs[code] = SPEAKS
    fixed = code | find_drawn_tables(texts, line)
    judged, n = Judged.empty(len(line)), 0
    for sections in _cut_blocks(texts.lines.doc[line], block):
        lo, a, b, hi, part = np.array(sections, np.int64).reshape(-1, 5).T
        section = np.repeat(np.arange(len(lo)), hi - lo)
        rows = np.arange(len(section)) + np.repeat(lo - (np.cumsum(hi - lo) - (hi - lo)), hi - lo)
        own = (rows >= a[section]) & (rows < b[section])
        own_marks = _take_marked(marked, rows, part[section] == 0)
        n = judged.fill(n, _judge_block(
            texts, line[rows], section, own, part > 0, fixed[rows], form[rows], signs[rows], options, own_marks,
        ))
    return Judged(*(getattr(judged, field.name)[:n] for field in fields(Judged)))


def _cut_blocks(doc: NDArray[np.int64], block: int) -> Iterator[list[tuple[int, int, int, int, bool]]]:
    """The sections that are judged at once: begin of its context, of the section, end of it, of its context, and whether part."""
    first = np.flatnonzero(np.diff(doc, prepend=-1))
    waiting: list[tuple[int, int, int, int, bool]] = []
    n = 0
    for top, end in zip(first.tolist(), [*first[1:].tolist(), len(doc)], strict=False):
        parts = -(-(end - top) // SECTION)
        for k in range(parts):
            a, b = top + (end - top) * k // parts, top + (end - top) * (k + 1) // parts
            lo, hi = max(top, a - CONTEXT), min(end, b + CONTEXT)
            if waiting and n + hi - lo > block:
                yield waiting
                waiting, n = [], 0
            waiting.append((lo, a, b, hi, parts > 1))
            n += hi - lo
    yield waiting


def _judge_block(
    texts: Texts, line: NDArray[np.int64], section: NDArray[np.int64], own: NDArray[np.bool_], part: NDArray[np.bool_],
    fixed: NDArray[np.bool_], form: NDArray[np.int8], signs: NDArray[np.int8], options: BoilerplateOptions, marked: Marked | None,
) -> list[NDArray[Any]]:
    """Judge the lines of some sections (`part` [sections]: of a longer document); give the columns of those that are `own`."""
    lines = measure_lines_of(texts, line, section)
    protected, dropped = match_options(lines, options)
    protected |= fixed & ~dropped
    decision = decide(lines, protected | dropped, listings=options.listings, forms=form, marked=marked, signs=signs)
    score = np.where(dropped, 1.0, decision.scores())
    asked = part | (np.bincount(section, score > CUT, len(part)) > 0)   # clean documents are not; what is clean of one is
    rows = np.flatnonzero(own & asked[section])
    named, talk = np.full(len(rows), -1, np.int8), np.zeros(len(rows), np.bool_)
    hot = np.flatnonzero(score[rows] > CUT)
    named[hot], talk[hot] = name_kinds(lines, rows[hot]), is_talk(lines, rows[hot])
    at = lines.own[rows]
    return [
        line[rows], texts.lines.doc[line[rows]], score[rows], at[:, col.FOLDED_LENGTH], named, lines.marks[rows, col.WHOLE],
        form[rows], decision.said[rows],
        np.where(part, 0, decision.verdict)[section[rows]], decision.is_title()[rows], decision.doubles[rows],
        protected[rows], dropped[rows], at[:, col.PARAGRAPH] > 0, at[:, col.ENDS_COLON] > 0, at[:, col.ENDS_CLOSE] > 0,
        at[:, col.N_DATES] > 0, at[:, col.N_ARROWS] > 0, at[:, col.N_PHRASES] >= 2, talk,
        lines.opens[rows, KINDS.index("byline")] > 0,
    ]


def _take_marked(marked: Marked | None, rows: NDArray[np.int64], whole: NDArray[np.bool_]) -> Marked | None:
    """The marks of some rows; those of parts of documents (`whole` [n] says which rows are not) say nothing."""
    if marked is None:
        return None
    return Marked(marked.marks.take(rows), marked.known[rows] & whole)


def find_code(texts: Texts, line: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Lines of fenced code blocks with their fences, bool [n]; none where the fences of a document do not pair up."""
    start, size, doc = texts.lines.start[line], texts.lines.end[line] - texts.lines.start[line], texts.lines.doc[line]
    fence = size >= 3
    for k in range(3):
        fence &= texts.points[np.minimum(start + k, len(texts.points) - 1)] == FENCE
    if not fence.any():
        return fence
    count = np.bincount(doc, fence, len(texts)).astype(np.int64)
    before = np.cumsum(count) - count                       # fences of the documents above
    inside = (np.cumsum(fence) - before[doc]) % 2 == 1
    code: NDArray[np.bool_] = (inside | fence) & (count[doc] % 2 == 0)
    return code


def match_options(lines: Measured, options: BoilerplateOptions) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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


#: A kind names a line that its phrases cover by so much, or that one of them opens and they cover by so much. Only names
#: depend on these.
NAMES, OPENS = 0.2, 0.06
#: A word of the section list is weak evidence beside a phrase.
WEAKLY = 0.3


def name_kinds(lines: Measured, rows: NDArray[np.int64]) -> NDArray[np.int8]:
    """The kind that the phrases of each of these lines are of, int8, -1 for none."""
    cover = lines.cover[rows, :len(KINDS)]
    cover[:, KINDS.index("content")] = 0
    cover[:, KINDS.index("section")] *= WEAKLY
    best, index, opening = cover.argmax(axis=1), np.arange(len(cover)), lines.marks[rows, col.OPENING]
    opened = (opening >= 0) & (opening != KINDS.index("section")) & (cover[index, np.maximum(opening, 0)] >= OPENS)
    named: NDArray[np.int8] = np.where(cover[index, best] >= NAMES, best, np.where(opened, opening, -1)).astype(np.int8)
    return named


def is_talk(lines: Measured, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of these lines are mostly phrases of comments and replies."""
    talk: NDArray[np.bool_] = lines.cover[np.ix_(rows, np.flatnonzero(lines.phrases.group == col.TALK))].sum(axis=1) > 0.5
    return talk
