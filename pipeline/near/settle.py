"""Which documents are kept, and for which of them every other one is dropped.

The rule of this file: documents are gone through best rank first, and one is dropped only in favour of a document that is
kept and that it was compared with. So no chain of small differences drops anything, and the order of input, the size of
batches and the number of workers change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.near.candidates import candidates
from pipeline.near.kernels.bands import estimate_pairs
from pipeline.near.sketch import SHORT_MIN, SHORT_PERM, Sketches, is_short
from pipeline.near.verify import Cause, Prepared, prepare, verify
from pipeline.options import NearOptions

__all__ = ["CAUSES", "Decisions", "DocumentKeys", "Fetch", "clusters", "rank", "resolve"]

#: Gives the texts of documents, by index, in the order asked for.
Fetch = Callable[[Sequence[int]], list[str]]

CAUSES: tuple[Cause | None, ...] = (None, "exact", "near", "contained")

# Estimated Jaccard similarity below which a pair is not verified. Verification needs 0.45 or so (spun text 0.58); the
# estimate from 128 values has a standard deviation of 0.044, from the 64 of a short signature 0.06.
_LEAST, _LEAST_SHORT = 0.33, 0.25
_ALL_PAIRS = 48             # documents up to which all pairs are candidates: bands cost more than they save
_TRIES = 24                 # kept documents one document is compared with: similar templates have hundreds
_CHUNK_CHARS = 6_000_000    # characters of the texts held at once


@dataclass(frozen=True)
class DocumentKeys:
    """What `resolve` knows of the documents of a run, as columns.

    `n_chars` int64: characters of the clean text. `published`: ISO dates (or any strings that sort as dates), empty where
    unknown. `ids`: unique document ids. `sources`: names that `NearOptions.sources` may list; may be left out.
    """

    sketches: Sketches
    n_chars: NDArray[np.int64]
    published: Sequence[str]
    ids: Sequence[str]
    sources: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.sketches)


@dataclass(frozen=True)
class Decisions:
    """For each document the one that is kept for it (itself, where it is kept), how similar they are, and why."""

    kept_of: NDArray[np.int64]
    similarity: NDArray[np.float32]
    codes: NDArray[np.uint8]        # index into CAUSES

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which documents are kept."""
        mask: NDArray[np.bool_] = self.kept_of == np.arange(len(self.kept_of))
        return mask

    @property
    def causes(self) -> list[Cause | None]:
        """The cause of each document, None where it is kept."""
        return [CAUSES[c] for c in self.codes.tolist()]


def rank(keys: DocumentKeys, options: NearOptions) -> NDArray[np.int64]:
    """Indices of all documents, the one to keep first. Ties end at the id, so the order of input is of no account."""
    ids = _places(keys.ids)
    dates = _places([d or "\uffff" for d in keys.published])
    longest = (ids, dates, -keys.n_chars)
    if options.keep == "longest":
        return np.lexsort(longest)
    if options.keep == "earliest":
        return np.lexsort([ids, -keys.n_chars, dates])
    if options.keep == "id":
        return ids.argsort()
    place = {name: k for k, name in enumerate(options.sources)}
    sources = keys.sources if keys.sources is not None else [""] * len(keys)
    priority = np.fromiter((place.get(s, len(place)) for s in sources), np.int64, len(keys))
    return np.lexsort((ids, dates, -keys.n_chars, priority))


def _places(values: Sequence[str]) -> NDArray[np.int64]:
    """For each string its place among the sorted distinct ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pc.rank(pa.array(values, pa.large_string()), tiebreaker="dense")
    places: NDArray[np.int64] = encoded.to_numpy().astype(np.int64)
    return places


def resolve(keys: DocumentKeys, fetch: Fetch, options: NearOptions | None = None) -> Decisions:
    """Decide for all documents of a run. Texts are fetched in chunks of bounded size, only those that must be compared.

    Documents that fold to nothing are never duplicates of each other; documents shorter than SHORT_MIN canonical characters
    are duplicates only where their canonical texts are equal.
    """
    options = options or NearOptions()
    n = len(keys)
    order = rank(keys, options)
    decisions = Decisions(np.arange(n), np.zeros(n, np.float32), np.zeros(n, np.uint8))
    twins = _drop_exact(keys.sketches, order, decisions)
    docs = order[decisions.kept[order] & (keys.sketches.n_canonical[order] >= SHORT_MIN)]
    pairs = find_candidates(keys.sketches, docs, options)
    _verify_in_order(keys, docs, pairs, fetch, options, decisions)
    _follow_twins(twins, decisions)
    return decisions


def _drop_exact(sketches: Sketches, order: NDArray[np.int64], decisions: Decisions) -> NDArray[np.int64]:
    """Drop documents whose canonical text another, better ranked one has; return the dropped."""
    docs = order[sketches.n_canonical[order] > 0]
    a, b = sketches.exact[docs, 0], sketches.exact[docs, 1]
    by_hash = np.lexsort([b, a])        # stable: best ranked first among equals
    same = (a[by_hash[1:]] == a[by_hash[:-1]]) & (b[by_hash[1:]] == b[by_hash[:-1]])
    firsts = np.maximum.accumulate(np.where(np.concatenate([[True], ~same]), np.arange(len(docs)), 0)) if len(docs) else by_hash
    dropped = np.flatnonzero(firsts != np.arange(len(docs)))
    twins = docs[by_hash[dropped]]
    decisions.kept_of[twins] = docs[by_hash[firsts[dropped]]]
    decisions.similarity[twins] = 1.0
    decisions.codes[twins] = CAUSES.index("exact")
    return twins


def _follow_twins(twins: NDArray[np.int64], decisions: Decisions) -> None:
    """Where the first of equal texts was dropped in its turn, its equals go with it: what was compared is their text too."""
    first = decisions.kept_of[twins]
    moved = decisions.kept_of[first] != first
    rows, first = twins[moved], first[moved]
    decisions.kept_of[rows] = decisions.kept_of[first]
    decisions.similarity[rows] = decisions.similarity[first]
    decisions.codes[rows] = decisions.codes[first]


def find_candidates(sketches: Sketches, docs: NDArray[np.int64], options: NearOptions) -> NDArray[np.int64]:
    """Pairs (worse, better) of places in `docs`, best ranked first, that are worth verifying: int64 [n, 2]."""
    if len(docs) <= _ALL_PAIRS:
        return np.stack(np.tril_indices(len(docs), -1), axis=1).astype(np.int64)
    long = np.flatnonzero(sketches.n_shingles[docs] > 0)
    pairs = [long[candidates(sketches.signatures, docs[long], int(_LEAST * options.num_perm), budget=options.memory)]]
    short = np.flatnonzero(is_short(sketches.n_canonical[docs]))
    if len(short):
        least = int(_LEAST_SHORT * SHORT_PERM)
        places = sketches.short_places()[docs[short]]
        pairs.append(short[candidates(sketches.short, places, least, seed=1000, budget=options.memory)])
    merged: NDArray[np.int64] = np.unique(np.concatenate(pairs), axis=0) if len(pairs) > 1 else pairs[0]
    return merged


def _verify_in_order(
    keys: DocumentKeys, docs: NDArray[np.int64], pairs: NDArray[np.int64], fetch: Fetch, options: NearOptions,
    decisions: Decisions,
) -> None:
    """Verify candidates chunk by chunk, documents best ranked first."""
    worse, firsts = np.unique(pairs[:, 0], return_index=True)
    firsts = np.append(firsts, len(pairs))
    lengths = keys.n_chars
    k = 0
    while k < len(worse):
        needed: set[int] = set()
        end, chars = k, 0
        targets: list[list[int]] = []
        while end < len(worse) and (end == k or chars < _CHUNK_CHARS):
            better = docs[_closest(keys.sketches, docs, pairs[firsts[end]:firsts[end + 1]], options)]
            new = {int(docs[worse[end]]), *better.tolist(), *decisions.kept_of[better].tolist()} - needed
            chars += int(lengths[list(new)].sum())
            needed |= new
            targets.append(better.tolist())
            end += 1
        rows = sorted(needed)
        place = {doc: i for i, doc in enumerate(rows)}
        prepared = prepare(fetch(rows), options.shingle)
        for doc, kept_first in zip(docs[worse[k:end]].tolist(), targets, strict=True):
            _decide(doc, kept_first, prepared, place, decisions)
        k = end


def _closest(
    sketches: Sketches, docs: NDArray[np.int64], pairs: NDArray[np.int64], options: NearOptions
) -> NDArray[np.int64]:
    """The better-ranked candidates of one document, at most _TRIES: the most similar by estimate, best ranked first."""
    better = pairs[:, 1]
    if len(better) <= _TRIES:
        return better
    shared = np.empty(len(pairs), np.int32)
    estimate_pairs(sketches.signatures, docs[pairs[:, 0]], docs[better], shared)
    return np.sort(better[np.lexsort((better, -shared))[:_TRIES]])


def _decide(doc: int, better: list[int], prepared: Prepared, place: dict[int, int], decisions: Decisions) -> None:
    """Drop `doc` for the best ranked kept document that it duplicates, if there is one."""
    tried = set()
    for candidate in better:
        kept = int(decisions.kept_of[candidate])
        if kept in tried or kept not in place:
            continue
        tried.add(kept)
        verdict = verify(prepared, place[doc], prepared, place[kept])
        if verdict.cause:
            decisions.kept_of[doc] = kept
            decisions.similarity[doc] = verdict.similarity
            decisions.codes[doc] = CAUSES.index(verdict.cause)
            return


def clusters(decisions: Decisions, *, largest: int = 20) -> list[tuple[int, int]]:
    """The largest clusters as (kept document, documents dropped for it), largest first, then by index."""
    dropped = decisions.kept_of[~decisions.kept]
    kept, count = np.unique(dropped, return_counts=True)
    order = np.lexsort([kept, -count])[:largest]
    return [(int(kept[i]), int(count[i])) for i in order]
