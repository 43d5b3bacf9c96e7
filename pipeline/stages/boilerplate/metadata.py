"""What the cut lines say of the document, and the bracket that closes an article.

The rule of this file: only documents of which something is cut, or whose last line ends with a bracket, cost Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, CLOSE, load_classes
from pipeline.edits import Edit, Found
from pipeline.record import Texts
from pipeline.stages.boilerplate.bylines import join_fields, read_attribution, read_fields
from pipeline.stages.boilerplate.features import find_heads
from pipeline.stages.boilerplate.judgement import Judged
from pipeline.stages.boilerplate.title_labels import HEAD, find_label

__all__ = ["close_articles", "find_fields", "find_titles", "free_titles"]

_READ = frozenset(("byline", "government-head", "floor"))
#: Lines above the text and below it in which a byline of its own can stand; farther away it is that of another text.
ABOVE, BELOW = 25, 15
_LONGEST_TITLE = 80
#: Characters of a line of the head in which a label is looked for.
LONGEST_HEAD = 400
#: A line that stays has a score of less than 0.5, and of nearly that where only its being the title keeps it.
DOUBTED = 0.498
MOST = 80           # cut lines of one document that are looked at
_BY_PLACE = frozenset(("menu", "related", "breadcrumb"))
_CREDIT = re.compile("记者|記者|通讯员|通訊員|作者|编辑|編輯|撰文|供稿")      # an alternation of literals: linear
_CREDITS = "记記通作编編撰供"      # the first characters of these
_SHORT = 60

Reasons = NDArray[np.object_]       # of each line of the batch, "" for those that stay


def find_fields(texts: Texts, lines: Judged, cut: NDArray[np.bool_], reasons: Reasons) -> Iterator[Found]:
    """Fields of the byline rows and head tables that are cut, near what stays."""
    told, first, last = _find_told(lines, cut)
    why = reasons[lines.line[told]].tolist()
    by_place = np.array([reason in _BY_PLACE for reason in why], np.bool_) & (told > first)
    credit = np.zeros(len(told), np.bool_)
    credit[by_place] = find_heads(texts, lines.line[told[by_place]], _CREDITS, _SHORT)
    read = np.array([reason in _READ for reason in why], np.bool_)
    fields: dict[int, dict[str, str]] = {}
    chosen = credit | read
    for i, end in zip(told[chosen].tolist(), last[chosen].tolist(), strict=True):
        at = int(lines.line[i])
        if reasons[at] in _BY_PLACE and (text := texts.line(at)) and _CREDIT.search(text[:_SHORT]):
            reasons[at] = "byline"              # a credit without a label: 本报记者 甲, (作者系某校教授)
        if reasons[at] in _READ and (i < end or lines.byline[i] or not lines.dated[i]):
            closing = read_attribution(texts.line(at)) if lines.ends_close[i] else None
            own = fields.setdefault(int(lines.doc[i]), {})
            join_fields(own, closing.fields if closing else read_fields([texts.line(at)]))
    for doc, found in fields.items():
        for key, value in found.items():
            yield Found(doc, key, value)


def _find_told(lines: Judged, cut: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The cut lines that are looked at, with the first and the last line that stays of the document of each (or its ends)."""
    if not len(cut):
        return (np.zeros(0, np.int64),) * 3
    index = np.arange(len(cut))
    top = np.flatnonzero(np.diff(lines.doc, prepend=-1))
    n = np.diff(np.append(top, len(cut)))
    first = np.minimum.reduceat(np.where(cut, len(cut), index), top)
    last = np.maximum.reduceat(np.where(cut, -1, index), top)
    emptied = last < 0
    first, last = np.repeat(np.where(emptied, top, first), n), np.repeat(np.where(emptied, top + n, last), n)
    near = cut & (index >= first - ABOVE) & (index <= last + BELOW)
    rank = np.cumsum(near)
    told = np.flatnonzero(near & (rank - np.repeat(rank[top] - near[top], n) <= MOST))
    return told, first[told], last[told]


def free_titles(
    texts: Texts, lines: Judged, gone: NDArray[np.bool_], reasons: Reasons
) -> tuple[list[Edit], list[Found]]:
    """Titles behind a label (標題：…) without it, of pages of which something goes; their lines are taken out of `gone`, in place.

    Where the net has found a title above the label that is content otherwise, that is the title.
    """
    edits: list[Edit] = []
    found: list[Found] = []
    first = np.flatnonzero(np.diff(lines.doc, prepend=-1))
    for a, b in zip(first.tolist(), [*first[1:].tolist(), len(lines)], strict=False):
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
                gone[i], reasons[i] = True, "byline"
            top, stop = int(texts.lines.start[at]), int(texts.lines.end[at])
            edits += [Edit(top, top + start, "", "title-label")] if start else []
            edits += [Edit(top + end, stop, "", "title-label")] if top + end < stop else []
            gone[at] = False
            found.append(Found(int(lines.doc[a]), "title", texts.line(at)[start:end]))
    return edits, found


def find_titles(texts: Texts, stays: NDArray[np.bool_]) -> Iterator[Found]:
    """The first line that stays, where it is short, ends no sentence, and text follows."""
    rows = np.flatnonzero(stays)
    doc = texts.lines.doc[rows]
    first = np.diff(doc, prepend=-1) > 0
    follows = np.append(doc[1:] == doc[:-1], False)[:len(doc)]
    short = texts.lines.end[rows] - texts.lines.start[rows] <= _LONGEST_TITLE
    for i in rows[first & follows & short].tolist():
        title = texts.line(i).strip().lstrip("# ")
        if title and title[-1] not in "。，；,;：:":
            yield Found(int(texts.lines.doc[i]), "title", title)


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
                edits.append(Edit(int(texts.lines.start[i]) + len(kept), int(texts.lines.end[i]), "", "byline"))
                break
            gone[i], reasons[i] = True, "byline"
            k -= 1
    return edits, found
