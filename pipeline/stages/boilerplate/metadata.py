"""What the cut lines say of the document, and the bracket that closes an article.

The rule of this file: only documents of which something is cut, or whose last line ends with a bracket, cost Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, CLOSE, load_classes
from pipeline.chinese.plain import fold_points
from pipeline.edits import Edit, Found
from pipeline.record import Texts
from pipeline.stages.boilerplate.bylines import join_fields, read_attribution, read_fields
from pipeline.stages.boilerplate.judgement import Judged
from pipeline.stages.boilerplate.reasons import BYLINE, TITLE_LABEL, find_near
from pipeline.stages.boilerplate.title_labels import HEAD, OPENS, clean_title, find_label

__all__ = ["close_articles", "find_fields", "find_titles", "free_titles"]

_READ = frozenset((BYLINE, "government-head", "floor"))
#: Characters of a title. No title of the labelled pages moves from 60 to 150; at 40 one in a hundred is lost.
_LONGEST_TITLE = 80
#: Lines that stay in which the title that the net has found is looked for. On groups left out 109 of 118 titles are those of the
#: labels, 108 where the first line is always taken; of pages that the net has seen 540 and 516 of 545.
TOP = 6
#: Characters of a line of the head in which a label is looked for: a bound on time.
LONGEST_HEAD = 400
#: A line that stays has a score of less than 0.5, and of nearly that where only its being the title keeps it. No title of labelled
#: pages moves from 0.3 on; at 0 a title above a label is lost.
DOUBTED = 0.498


Reasons = NDArray[np.object_]       # of each line of the batch, "" for those that stay


def find_fields(texts: Texts, lines: Judged, cut: NDArray[np.bool_], reasons: Reasons) -> Iterator[Found]:
    """Fields of the byline rows and head tables that are cut, near what stays."""
    near, _, last = find_near(lines, cut)
    read = np.array([reason in _READ for reason in reasons[lines.line[near]].tolist()], np.bool_)
    fields: dict[int, dict[str, str]] = {}
    known: dict[tuple[str, bool], dict[str, str]] = {}
    for i, end in zip(near[read].tolist(), last[read].tolist(), strict=True):
        if i < end or lines.byline[i] or not lines.dated[i]:
            line = texts.line(int(lines.line[i]))
            own = line, bool(lines.ends_close[i])
            if (told := known.get(own)) is None:
                closing = read_attribution(line) if own[1] else None
                told = known[own] = closing.fields if closing else read_fields([line])
            join_fields(fields.setdefault(int(lines.doc[i]), {}), told)
    for doc, found in fields.items():
        for key, value in found.items():
            yield Found(doc, key, value)


def free_titles(
    texts: Texts, lines: Judged, gone: NDArray[np.bool_], reasons: Reasons
) -> tuple[list[Edit], list[Found]]:
    """Titles behind a label (標題：…) without it, of pages of which something goes; their lines are taken out of `gone`, in place.

    Where the net has found a title above the label that is content otherwise, that is the title.
    """
    edits: list[Edit] = []
    found: list[Found] = []
    first = np.flatnonzero(np.diff(lines.doc, prepend=-1))
    ends = np.append(first[1:], len(lines))[:len(first)]
    opens = np.append(0, np.cumsum(np.isin(texts.points[texts.lines.start[lines.line]], load_openings())))
    told = opens[np.minimum(first + HEAD, ends)] > opens[first]
    for a, b in zip(first[told].tolist(), ends[told].tolist(), strict=True):
        head = lines.line[a:min(b, a + HEAD)].tolist()
        named = find_label([texts.line(i)[:LONGEST_HEAD] for i in head])
        if named is None:
            continue
        at, (start, end) = head[named[0]], named[1]
        above = np.arange(a, a + named[0])
        above = above[lines.title[above] & ~gone[lines.line[above]]]
        beaten = lines.score[above] > DOUBTED        # stays for being the title and nothing else: the author's line, say
        if beaten.all() and gone[lines.line[a:b]].any():
            for i in lines.line[above].tolist():
                gone[i], reasons[i] = True, BYLINE
            top, stop = int(texts.lines.start[at]), int(texts.lines.end[at])
            edits += [Edit(top, top + start, "", TITLE_LABEL)] if start else []
            edits += [Edit(top + end, stop, "", TITLE_LABEL)] if top + end < stop else []
            gone[at] = False
            found.append(Found(int(lines.doc[a]), "title", texts.line(at)[start:end]))
    return edits, found


@cache
def load_openings() -> NDArray[np.uint32]:
    """What a line with a label may begin with: the characters of labels in every writing, and every blank."""
    every = np.arange(0x10000, dtype=np.uint32)
    return every[[c in OPENS or c.isspace() for c in fold_points(every)]]


def find_titles(texts: Texts, stays: NDArray[np.bool_], lines: Judged | None = None) -> Iterator[Found]:
    """The title of each document: the line that the net has found, where it stays near the top; else the first line that stays.

    That one must be short, end no sentence, and text must follow.
    """
    rows = np.flatnonzero(stays)
    doc = texts.lines.doc[rows]
    first = np.flatnonzero(np.diff(doc, prepend=-1))
    follows = np.diff(first, append=len(rows)) > 1
    named = np.full(len(texts), -1)
    if lines is not None:
        named[lines.doc[lines.title]] = lines.line[lines.title]
    named = named[doc[first]]
    at = np.minimum(np.searchsorted(rows, named), max(len(rows) - 1, 0))
    sure = (rows[at] == named) & (at - first < TOP) if len(rows) else named == 0
    short = texts.lines.end[rows[first]] - texts.lines.start[rows[first]] <= LONGEST_HEAD
    for k in np.flatnonzero(sure | (follows & short)).tolist():
        title = clean_title(texts.line(int(named[k] if sure[k] else rows[first[k]]))[:LONGEST_HEAD])
        if 0 < len(title) <= _LONGEST_TITLE and (sure[k] or title[-1] not in "。，；,;：:"):
            yield Found(int(doc[first[k]]), "title", title)


def close_articles(
    texts: Texts, text: NDArray[np.bool_], gone: NDArray[np.bool_], reasons: Reasons
) -> tuple[list[Edit], list[Found]]:
    """The bracket at the very end of the last line that stays, where it says who wrote the article.

    A line that is nothing but the bracket goes as a whole (into `gone` and `reasons`, in place).
    """
    edits: list[Edit] = []
    found: list[Found] = []
    rows = np.flatnonzero(text & ~gone)
    doc = texts.lines.doc[rows]
    last = np.diff(doc, append=-1) != 0
    has_more = np.append(False, doc[1:] == doc[:-1])[:len(doc)]
    tail = texts.points[np.maximum(texts.lines.end[rows] - 1, 0)]
    closes = (load_classes()[tail] & np.uint32(CLOSE | BLANK)) != 0
    for k in np.flatnonzero(last & has_more & closes).tolist():
        while k > 0 and doc[k - 1] == doc[k] and closes[k]:             # an editor's bracket may stand under the author's
            i = int(rows[k])
            line = texts.line(i)
            closing = read_attribution(line)
            if closing is None:
                break
            found += [Found(int(doc[k]), key, value) for key, value in closing.fields.items()]
            kept = line[:closing.start].rstrip()
            if kept:
                edits.append(Edit(int(texts.lines.start[i]) + len(kept), int(texts.lines.end[i]), "", BYLINE))
                break
            gone[i], reasons[i] = True, BYLINE
            k -= 1
    return edits, found
