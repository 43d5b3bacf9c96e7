"""Lines that recur over many documents of one source are furniture, even where one page cannot tell.

The rule of this file: two passes. The first counts, in how many documents of a source each short line stands, into a
sketch of fixed size (count-min; Cormode and Muthukrishnan, 2005); sketches add up, so that order, batches and workers
make no difference. The second peels recurring lines off the two ends of each document, and stops at the first line that
does not recur: 第一章 总则 recurs too, but inside the text. Sentences of a paragraph's length and list numbers never go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.canonical import canonical_spans
from pipeline.codepoints import SENTENCE
from pipeline.edits import Proposal, cut_lines
from pipeline.kernels import jit
from pipeline.record import Texts

__all__ = ["MIN_DOCUMENTS", "MIN_SHARE", "count_lines", "empty_sketch", "list_recurring", "propose_recurring"]

#: A line counts only if it has at most this many characters: longer ones are paragraphs, which the other stages judge.
LONGEST = 60
DEPTH, WIDTH = 4, 1 << 20           # 16 MiB: an estimate is too high by at most e/WIDTH of all lines, with odds 1 - e^-DEPTH
#: A source needs this many documents before its lines are judged, and a line this share of them. Chosen on the safe
#: side: an edition's masthead is on every page, a column's heading on one in ten.
MIN_DOCUMENTS, MIN_SHARE = 20, 0.5

Sketch = NDArray[np.uint32]


def empty_sketch() -> Sketch:
    """A sketch that has counted nothing: uint32 [DEPTH, WIDTH]. Sketches of parts of the input are merged with `+`."""
    return np.zeros((DEPTH, WIDTH), np.uint32)


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


def source_keys(sources: Sequence[str]) -> NDArray[np.uint64]:
    """A key for each source name, uint64."""
    known = {s: int.from_bytes(hashlib.blake2b(s.encode(), digest_size=8).digest(), "little") for s in set(sources)}
    return np.fromiter((known[s] for s in sources), np.uint64, len(sources))


def line_keys(texts: Texts, sources: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The lines short enough to count, and a key of source and canonical text for each."""
    lines = texts.lines
    length = lines.end - lines.start
    chosen = np.flatnonzero((length > 0) & (length <= LONGEST))
    folded, bounds = canonical_spans(texts, lines.start[chosen], lines.end[chosen])
    keys = np.empty(len(chosen), np.uint64)
    hash_spans(folded, bounds, source_keys(sources)[lines.doc[chosen]], keys)
    some = bounds[1:] > bounds[:-1]
    return chosen[some], keys[some]


def cells(keys: NDArray[np.uint64]) -> list[NDArray[np.int64]]:
    """Where each key is counted, one array a row of the sketch."""
    return [((keys * np.uint64(2 * k + 0x9E3779B97F4A7C15)) >> np.uint64(44)).astype(np.int64) for k in range(DEPTH)]


def count_lines(texts: Texts, sources: Sequence[str]) -> Sketch:
    """The first pass over one batch: in how many of its documents each line of each source stands.

    `sources` names the site or collection of each document (a host, a folder), not its own address.
    """
    sketch = empty_sketch()
    chosen, keys = line_keys(texts, sources)
    doc = texts.lines.doc[chosen]
    order = np.lexsort((keys, doc))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(doc[order]) != 0) | (keys[order][1:] != keys[order][:-1])
    counted = np.concatenate((keys[order][fresh], source_keys(sources)))        # a source's own key counts its documents
    for row, cell in zip(sketch, cells(counted), strict=True):
        np.add.at(row, cell, 1)
    return sketch


def look_up(sketch: Sketch, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How often each key was counted: never too low."""
    if not len(keys):
        return np.zeros(0, np.int64)
    counts: NDArray[np.int64] = np.min([r[c] for r, c in zip(sketch, cells(keys), strict=True)], axis=0).astype(np.int64)
    return counts


def find_share(texts: Texts, sources: Sequence[str], sketch: Sketch) -> NDArray[np.float64]:
    """For each line of the batch the share of its source's documents that hold it; 0 where the source has too few."""
    share = np.zeros(len(texts.lines.start), np.float64)
    documents = look_up(sketch, source_keys(sources))
    chosen, keys = line_keys(texts, sources)
    of = documents[texts.lines.doc[chosen]]
    share[chosen] = np.where(of >= MIN_DOCUMENTS, look_up(sketch, keys) / np.maximum(of, 1), 0.0)
    return np.minimum(share, 1.0)


@jit
def peel(first: NDArray[np.int64], recurs: NDArray[np.bool_], blank: NDArray[np.bool_], cut: NDArray[np.bool_]) -> None:
    """Mark the recurring lines at both ends of each document, up to the first line that does not recur."""
    for doc in range(first.shape[0] - 1):
        a, b = first[doc], first[doc + 1]
        i = a
        while i < b and (recurs[i] or blank[i]):
            cut[i] = recurs[i]
            i += 1
        j = b - 1
        while j > i and (recurs[j] or blank[j]):
            cut[j] = recurs[j]
            j -= 1
        if i == b:
            cut[a:b] = False            # all of it recurs: copies of one document, which is for the near-duplicates to say


def propose_recurring(texts: Texts, sources: Sequence[str], sketch: Sketch, sure: NDArray[np.bool_] | None = None) -> Proposal:
    """The second pass: cut the recurring lines at the ends of each document, reason `recurring`, score the share.

    `sure` [lines] marks lines that the page model is sure to be content: they stay and end the peeling.
    """
    lines = texts.lines
    share = find_share(texts, sources, sketch)
    sentence = ((lines.seen & np.uint32(SENTENCE)) != 0) & (lines.end - lines.start >= 30)
    recurs = (share >= MIN_SHARE) & ~sentence
    if sure is not None:
        recurs &= ~sure
    cut = np.zeros(len(recurs), np.bool_)
    peel(texts.first_lines, recurs, lines.end == lines.start, cut)
    return Proposal(cut_lines(texts, cut, ["recurring"] * len(cut), share.tolist()))


def list_recurring(texts: Texts, proposal: Proposal) -> list[tuple[str, float]]:
    """For the report: the distinct lines that a proposal of this module cuts, with their share, the most frequent first."""
    found = {texts.joined[e.start:e.end].strip(): e.score for e in proposal.edits}
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))
