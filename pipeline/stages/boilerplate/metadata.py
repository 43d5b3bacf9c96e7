"""What the cut lines say of the document, and the bracket that closes an article.

The rule of this file: only documents of which something is cut, or whose last line ends with a bracket, cost Python.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Edit, Found
from pipeline.record import Texts
from pipeline.stages.boilerplate.features import Measured
from pipeline.stages.bylines import read_attribution, read_fields

__all__ = ["close_articles", "find_fields", "find_titles"]

_READ = frozenset(("byline", "government-head", "floor"))
#: Lines above the text and below it in which a byline of its own can stand; farther away it is that of another text.
ABOVE, BELOW = 25, 15
_LONGEST_TITLE = 80


def find_fields(texts: Texts, lines: Measured, cut: NDArray[np.bool_], kinds: list[str]) -> Iterator[Found]:
    """Fields of the byline rows and head tables that are cut, near what is kept."""
    rows: dict[int, list[int]] = {}
    for i in np.flatnonzero(cut).tolist():
        if kinds[i] in _READ:
            rows.setdefault(int(lines.doc[i]), []).append(i)
    for doc, members in rows.items():
        a, b = np.searchsorted(lines.doc, (doc, doc + 1))
        stays = np.flatnonzero(~cut[a:b]) + a
        if len(stays):
            members = [i for i in members if stays[0] - ABOVE <= i <= stays[-1] + BELOW]
        fields = read_fields(texts.line(int(lines.line[i])) for i in members[:40])
        for key, value in fields.items():
            yield Found(doc, key, value)


def find_titles(texts: Texts, lines: Measured, cut: NDArray[np.bool_]) -> Iterator[Found]:
    """The first line that stays, where it is short, ends no sentence, and text follows."""
    stays = np.flatnonzero(~cut)
    doc = lines.doc[stays]
    first = np.flatnonzero(np.diff(doc, prepend=-1))
    follows = np.append(doc[1:] == doc[:-1], False)
    short = np.expm1(lines.own[stays, 0]) <= _LONGEST_TITLE + 0.5
    ends = (lines.own[stays, 15] > 0) & (lines.own[stays, 31] > 0)
    for k in first[(follows & short & ~ends)[first]].tolist():
        title = texts.line(int(lines.line[stays[k]])).strip().lstrip("# ")
        if title and title[-1] not in "。，；,;：:":
            yield Found(int(doc[k]), "title", title)


def close_articles(texts: Texts, lines: Measured, cut: NDArray[np.bool_]) -> tuple[list[Edit], list[Found]]:
    """The bracket at the very end of the last line that stays, where it says who wrote the article.

    A line that is nothing but the bracket goes as a whole (in `cut`, in place).
    """
    edits: list[Edit] = []
    found: list[Found] = []
    stays = np.flatnonzero(~cut)
    doc = lines.doc[stays]
    last = np.flatnonzero(np.diff(doc, append=-1))
    has_more = np.append(False, doc[1:] == doc[:-1])
    bracketed = (lines.own[stays, 17] > 0) & has_more
    for k in last[bracketed[last]].tolist():
        i = int(stays[k])
        text = texts.line(int(lines.line[i]))
        closing = read_attribution(text)
        if closing is None:
            continue
        start = int(texts.lines.start[lines.line[i]]) + len(text[:closing.start].rstrip())
        if text[:closing.start].strip():
            edits.append(Edit(start, int(texts.lines.end[lines.line[i]]), "", "byline"))
        else:
            cut[i] = True
        found += [Found(int(doc[k]), key, value) for key, value in closing.fields.items()]
    return edits, found
