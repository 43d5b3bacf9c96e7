"""Lines that recur over many documents of one site are furniture, even where one page cannot tell.

The rule of this file: two passes. In the first each document gives the keys of its short lines near its two ends, a dozen
at most, so memory is bounded; keys are counted over all documents, so order, batches and workers make no difference. The
second peels recurring lines off the ends of each document, up to the first line that does not recur: 第一章 总则 recurs
too, but inside the text. A line with a sentence's punctuation never goes, nor the title.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_spans
from pipeline.chinese.closings import CLOSING
from pipeline.chinese.codepoints import SENTENCE
from pipeline.edits import Proposal, cut_lines
from pipeline.jit import jit
from pipeline.record import Texts

__all__ = ["MIN_DOCUMENTS", "MIN_SHARE", "find_end_keys", "find_recurring", "propose_recurring", "site_key"]

#: A line counts only if it has at most this many characters (longer ones are paragraphs, which the other stages judge)
#: and is among this many lines at an end of its document.
LONGEST, NEAR = 60, 6
#: A site needs this many documents before its lines are judged, and a line this share of them. Chosen on the safe side:
#: an edition's masthead is on every page, a column's heading on one in ten.
MIN_DOCUMENTS, MIN_SHARE = 20, 0.5

#: A line that the page model gives less than this is text, however often it recurs. It cuts by itself above 0.5. Closing
#: lines of judgments, talks, notices and poems have 0.002 to 0.02, mastheads and slogans of sites 0.02 to 0.16.
DOUBT = 0.03

Keys = NDArray[np.int64]


def site_key(name: str) -> int:
    """A key for the name of a site or collection: a host, a folder, a file of records. int64, never 0."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little", signed=True) or 1


@jit
def hash_spans(points: NDArray[np.uint32], bounds: NDArray[np.int64], seed: NDArray[np.uint64], out: NDArray[np.uint64]) -> None:
    """A 64-bit hash of each span, begun with its own seed."""
    for i in range(out.shape[0]):
        h = seed[i] ^ np.uint64(1469598103934665603)
        for k in range(bounds[i], bounds[i + 1]):
            h = (h ^ np.uint64(points[k])) * np.uint64(1099511628211)
        h ^= h >> np.uint64(29)
        h *= np.uint64(0xBF58476D1CE4E5B9)
        out[i] = h ^ (h >> np.uint64(32))


def find_end_keys(texts: Texts, sites: Keys) -> tuple[NDArray[np.int64], Keys]:
    """Lines near the ends of their documents that may turn out to be furniture, and the key of each: int64 [k] both."""
    lines, first = texts.lines, texts.first_lines
    index = np.arange(len(lines.start))
    size = lines.end - lines.start
    near = (index - first[lines.doc] < NEAR) | (first[lines.doc + 1] - index <= NEAR)
    chosen = np.flatnonzero(near & (size > 0) & (size <= LONGEST) & ((lines.seen & np.uint32(SENTENCE)) == 0))
    folded, bounds = canonical_spans(texts.points, lines.start[chosen], lines.end[chosen])
    keys = np.empty(len(chosen), np.uint64)
    hash_spans(folded, bounds, sites[lines.doc[chosen]].view(np.uint64), keys)
    some = bounds[1:] > bounds[:-1]
    return chosen[some], keys[some].view(np.int64)


def find_outermost(texts: Texts) -> NDArray[np.bool_]:
    """Lines that are the first or the last of their document that is not empty: bool [n_lines]. Only these can start a peel."""
    lines = texts.lines
    some = np.flatnonzero(lines.end > lines.start)
    outer = np.zeros(len(lines.start), np.bool_)
    doc = lines.doc[some]
    edge = np.flatnonzero(np.diff(doc, prepend=-1, append=-1))
    outer[some[edge[:-1]]] = True
    outer[some[edge[1:] - 1]] = True
    return outer


def find_recurring(site: Keys, likeness: Keys, doc: NDArray[np.int64], keys: Keys) -> Keys:
    """The keys that recur: sorted int64.

    `site` and `likeness` have one value a document; `doc` and `keys` one an end line, `doc` its document. Documents of one
    likeness (two values of their MinHash) count once, so that copies of one article do not make its own lines recur.
    """
    one_each = np.unique(np.stack([site, likeness]), axis=1)
    sites, n_documents = np.unique(one_each[0], return_counts=True)
    lines = np.unique(np.stack([keys, likeness[doc], site[doc]]), axis=1)
    found, at, n_lines = np.unique(lines[0], return_index=True, return_counts=True)
    of = n_documents[np.searchsorted(sites, lines[2][at])] if len(found) else n_lines
    recurring: Keys = found[(of >= MIN_DOCUMENTS) & (n_lines >= MIN_SHARE * of)]
    return recurring


def find_doubtful(texts: Texts, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the lines asked for, those that the page model is not sure to be text: bool [n_lines]."""
    from pipeline.stages.boilerplate.features import find_text, measure
    from pipeline.stages.boilerplate.net import look_at

    doubtful = np.zeros(len(asked), np.bool_)
    if not asked.any():
        return doubtful
    docs = np.isin(texts.lines.doc, np.unique(texts.lines.doc[asked]))
    measured = measure(texts, find_text(texts) & docs)
    doubtful[measured.line[look_at(measured).keep < 1 - DOUBT]] = True
    doubtful &= asked
    for i in np.flatnonzero(doubtful).tolist():
        doubtful[i] = not CLOSING.match(texts.line(i))
    return doubtful


@jit
def peel(first: NDArray[np.int64], recurs: NDArray[np.bool_], blank: NDArray[np.bool_], cut: NDArray[np.bool_]) -> None:
    """Mark the recurring lines at both ends of each document, up to the first line that does not recur."""
    for doc in range(first.shape[0] - 1):
        i, b = first[doc], first[doc + 1]
        while i < b and (recurs[i] or blank[i]):
            cut[i] = recurs[i]
            i += 1
        j = b - 1
        while j > i and (recurs[j] or blank[j]):
            cut[j] = recurs[j]
            j -= 1


def propose_recurring(texts: Texts, sites: Keys, recurring: Keys, titles: Sequence[str | None]) -> Proposal:
    """The second pass: cut the recurring lines at the ends of each document, reason `recurring`.

    Lines that the page model is sure of stay and end the peeling: its title, what it scores under DOUBT, and the forms of what
    closes a text of any kind: dates, roles with names, labels with values, remarks in brackets.
    """
    chosen, keys = find_end_keys(texts, sites)
    lines = texts.lines
    recurs = np.zeros(len(lines.start), np.bool_)
    recurs[chosen] = np.isin(keys, recurring)
    some = lines.end > lines.start
    whole = np.bincount(lines.doc, some & ~recurs, len(texts)) == 0
    recurs &= ~whole[lines.doc]         # all of it recurs: copies of one document, which is for the near-duplicates to say
    recurs &= find_doubtful(texts, recurs)
    for doc in np.unique(lines.doc[recurs]).tolist():
        top = int(texts.first_lines[doc])
        if titles[doc] and texts.line(top) == titles[doc]:
            recurs[top] = False
    cut = np.zeros(len(recurs), np.bool_)
    peel(texts.first_lines, recurs, lines.end == lines.start, cut)
    return Proposal(cut_lines(texts, cut, ["recurring"] * len(cut)))
