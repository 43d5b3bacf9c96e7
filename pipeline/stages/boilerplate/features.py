"""Features of the lines of a batch: what each is, where it stands.

The rule of this file: arrays in, arrays out; the loops are kernels. Blank lines are no lines here, so that a page reads
the same with and without them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import DIGIT, HAN, LATIN, SENTENCE, SEPARATOR, load_canonical, load_classes
from pipeline.record import Texts
from pipeline.stages.boilerplate.kernels.line_features import N_OWN, compare_lines, find_evident, measure_lines
from pipeline.stages.boilerplate.kernels.line_places import N_PLACE, N_SCORES, place_lines, place_scores
from pipeline.stages.boilerplate.phrases import KINDS, load_phrases

__all__ = ["GROUP", "Measured", "find_suspects", "find_text", "join_rows", "measure", "place", "rescore"]

#: What place_lines tells apart: 1 byline, 2 head of a list of links, 3 comments and replies, 4 footer.
_GROUPS = {
    "byline": 1, "government-head": 1, "related": 2, "hot-list": 2, "comments": 3, "reply-box": 3, "user-panel": 3,
    "copyright": 4, "filing-number": 4, "friend-links": 4, "footer": 4, "hotline": 4, "disclaimer": 4,
}
GROUP = np.array([_GROUPS.get(kind, 0) for kind in KINDS], np.int8)


@dataclass(frozen=True, slots=True)
class Measured:
    """The lines of a batch that are not blank, as columns, with what each is in itself."""

    line: NDArray[np.int64]         # index into texts.lines
    doc: NDArray[np.int64]
    own: NDArray[np.float32]        # [n, N_OWN]
    cover: NDArray[np.float32]      # [n, kinds + 2]
    opens: NDArray[np.int8]         # [n, kinds]: a phrase of the kind opens the line (1), and punctuation follows it (2)
    marks: NDArray[np.int8]         # [n, 4]: kind that is the whole line, kind that opens it, form and value of its number
    hashes: NDArray[np.uint64]      # [n, 3]
    folded: NDArray[np.uint32]
    bounds: NDArray[np.int64]       # [n + 1]

    def take(self, rows: NDArray[np.int64]) -> Measured:
        """Some rows, as if the others were not in the text; columns that compare lines must be filled again."""
        lengths = self.bounds[rows + 1] - self.bounds[rows]
        bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        index = np.repeat(self.bounds[rows] - bounds[:-1], lengths) + np.arange(bounds[-1])
        return Measured(
            self.line[rows], self.doc[rows], self.own[rows], self.cover[rows], self.opens[rows], self.marks[rows],
            self.hashes[rows], self.folded[index], bounds,
        )


def find_text(texts: Texts) -> NDArray[np.bool_]:
    """Which lines hold anything but blanks: bool [lines]."""
    lines = texts.lines
    chosen = lines.end > lines.start
    for i in np.flatnonzero(chosen & ((lines.seen & np.uint32(HAN | DIGIT | LATIN | SENTENCE | SEPARATOR)) == 0)).tolist():
        chosen[i] = not texts.line(i).isspace()     # blanks of any kind, or characters that have no class, such as ×
    return chosen


#: A line of at least this many characters that holds a sentence mark is a paragraph: furniture of that length stands at
#: the ends of a page, so that only the first and the last line are looked at there, and of those only the first HEAD.
PARAGRAPH, HEAD = 40, 100


def find_suspects(texts: Texts, text: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which documents may hold furniture at all: bool [documents]. The others are clean, and cost next to nothing.

    A document is suspect where a short line, its first or its last one shows evidence: a phrase that is most of it or
    opens it before punctuation, a date with a time, signs of a breadcrumb. Every labelled page with anything to cut is
    suspect; of the news corpus 1.4 % are, of Chinese statutes 16 %, but nearly all Markdown manuals.
    """
    lines = texts.lines
    length = lines.end - lines.start
    chosen = text & ((length < PARAGRAPH) | ((lines.seen & SENTENCE) == 0))
    rows = np.flatnonzero(text)
    doc = lines.doc[rows]
    chosen[rows[np.flatnonzero(np.diff(doc, prepend=-1))]] = True
    chosen[rows[np.flatnonzero(np.diff(doc, append=-1))]] = True
    line = np.flatnonzero(chosen)
    suspects = np.zeros(len(texts), np.bool_)
    find_evident(
        texts.points, load_classes(), load_canonical(), lines.start[line], np.minimum(lines.end[line], lines.start[line] + HEAD),
        lines.seen[line], lines.doc[line], *load_phrases(), len(KINDS), suspects,
    )
    return suspects


def measure(texts: Texts, wanted: NDArray[np.bool_] | None = None) -> Measured:
    """Measure the wanted lines, bool [lines]: all that hold anything but blanks by default."""
    line = np.flatnonzero(find_text(texts) if wanted is None else wanted)
    return measure_spans(texts, line, texts.lines.start[line], texts.lines.end[line])


def measure_spans(texts: Texts, line: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> Measured:
    """Measure spans of `texts.joined` that stand for lines."""
    n = len(line)
    own, cover = np.empty((n, N_OWN), np.float32), np.empty((n, len(KINDS) + 2), np.float32)
    opens, marks, hashes = np.empty((n, len(KINDS)), np.int8), np.empty((n, 4), np.int8), np.empty((n, 3), np.uint64)
    folded, bounds = np.empty(int((end - start).sum()), np.uint32), np.empty(n + 1, np.int64)
    measure_lines(
        texts.points, load_classes(), load_canonical(), start, end, *load_phrases(),
        own, cover, opens, marks, hashes, folded, bounds,
    )
    return Measured(line, texts.lines.doc[line], own, cover, opens, marks, hashes, folded, bounds)


def place(lines: Measured) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Compare and place lines: bounds of the documents that have lines [documents + 1], and N_PLACE columns a line."""
    first = np.flatnonzero(np.diff(lines.doc, prepend=-1, append=-1 if not len(lines.doc) else lines.doc[-1] + 1))
    compare_lines(first, lines.own, lines.marks, lines.hashes, lines.folded, lines.bounds)
    places = np.empty((len(lines.doc), N_PLACE), np.float32)
    place_lines(first, lines.own, lines.cover, lines.marks, GROUP, places)
    return first, places


def join_rows(lines: Measured, places: NDArray[np.float32], which: slice | NDArray[np.bool_] = slice(None)) -> NDArray[np.float32]:
    """One row of features a line, for the first model."""
    parts = (lines.own[which], lines.cover[which], lines.opens[which], places[which])
    return np.concatenate(parts, axis=1, dtype=np.float32)


def rescore(
    own: NDArray[np.float32], first: NDArray[np.int64], rows: NDArray[np.float32], score: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The rows with the first model's scores around each line, for the second model."""
    around = np.empty((len(score), N_SCORES), np.float32)
    place_scores(first, own, score, around)
    return np.concatenate((rows, around), axis=1)
