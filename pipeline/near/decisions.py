"""Which documents are kept, and for which of them every other one is dropped.

The rule of this file: documents are gone through best rank first, and one is dropped only in favour of a document that is
kept and that it was compared with. So no chain of small differences drops anything, and the order of input, the size of
batches and the number of workers change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.near.candidates import candidates
from pipeline.near.desk import CAUSES, Desk, Fetch
from pipeline.near.kernels.bands import estimate_pairs
from pipeline.near.rounds import UNDECIDED, Walk, open_pairs, start_walk, tell
from pipeline.near.sketch import SHORT_MIN, SHORT_PERM, Sketches, is_short
from pipeline.near.verify import Cause
from pipeline.options import NearOptions

__all__ = [
    "AHEAD", "CAUSES", "LEAST", "LEAST_SHORT", "SHORT_SEED", "Decisions", "Distinct", "DocumentKeys", "Dropped", "Fetch",
    "Undecided", "begin", "clusters", "decide", "drop_equal", "find_candidates", "find_closest", "finish", "rank", "start",
    "walk_apart",
]

_TRIES = 24                 # candidates one document is compared with: similar templates have hundreds
#: How far the rounds of an engine ask ahead, one after another: not at all, a little, as far as there are candidates.
#: Five corpora with 465 to 12,053 candidate pairs are done in three or four such rounds with at most 13 % more comparisons; without
#: asking ahead they take 19 to 125.
AHEAD = (0, 4, _TRIES, _TRIES, _TRIES, _TRIES)

# Estimated Jaccard similarity below which a pair is not verified. Verification needs 0.45 or so (spun text 0.58); the
# estimate from 128 values has a standard deviation of 0.044, from the 64 of a short signature 0.06.
LEAST, LEAST_SHORT = 0.33, 0.25
#: Of the keys of short texts: the same wherever they are met, in a run and in an index.
SHORT_SEED = 1000
_ALL_PAIRS = 48             # documents up to which all pairs are candidates: bands cost more than they save
_CROWD = 1 << 17            # pairs whose signatures are looked at together: 64 MB where no two share a document
_CHUNK_CHARS = 6_000_000    # characters of the texts that one window of the walk needs: 50 MB made ready
_WINDOW = 4_096             # documents of a window at most


#: Lists of Python, or columns of Arrow, which take a third of the memory.
Strings: TypeAlias = Sequence[str] | pa.Array | pa.ChunkedArray


@dataclass(frozen=True)
class DocumentKeys:
    """What `decide` knows of the documents of a run, as columns.

    `n_chars` int64: characters of the clean text. `n_lost` int64: how many of them could not be read (U+FFFD), which make no
    text longer; may be left out. `published`: ISO dates (or any strings that sort as dates), empty or null where
    unknown. `ids`: unique document ids. `sources`: names that `NearOptions.sources` may list; may be left out.
    """

    sketches: Sketches
    n_chars: NDArray[np.int64]
    published: Strings
    ids: Strings
    sources: Strings | None = None
    n_lost: NDArray[np.int64] | None = None

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
    ids = _places(_column(keys.ids))
    published = _column(keys.published).fill_null("")
    dates = _places(pc.if_else(pc.equal(published, ""), pa.scalar("\uffff", published.type), published))
    length = keys.n_chars if keys.n_lost is None else keys.n_chars - 2 * keys.n_lost     # a damaged hanzi became three of them
    longest = (ids, dates, -length)
    if options.keep == "longest":
        return np.lexsort(longest)
    if options.keep == "earliest":
        return np.lexsort([ids, -length, dates])
    if options.keep == "id":
        return ids.argsort()
    n = len(options.sources)
    listed = pa.array(list(dict.fromkeys(options.sources)), pa.large_string())
    found = pc.index_in(_column(keys.sources), listed) if keys.sources is not None else pa.nulls(len(keys), pa.int32())
    priority = found.fill_null(n).to_numpy().astype(np.int64)
    return np.lexsort((ids, dates, -length, priority))


def _column(values: Strings) -> pa.Array | pa.ChunkedArray:
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, pa.large_string())
    return column.cast(pa.large_string())


def _places(values: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """For each string its place among the sorted distinct ones."""
    encoded = pc.rank(values, tiebreaker="dense")
    places: NDArray[np.int64] = encoded.to_numpy().astype(np.int64)
    return places


def decide(keys: DocumentKeys, fetch: Fetch, options: NearOptions | None = None) -> Decisions:
    """Decide for all documents of a run. Texts are fetched in chunks of bounded size, only those that must be compared.

    Documents that fold to nothing are never duplicates of each other; documents shorter than SHORT_MIN canonical characters
    are duplicates only where their canonical texts are equal.
    """
    options = options or NearOptions()
    return finish(begin(keys, options), keys.n_chars, fetch, options)


@dataclass(frozen=True)
class Undecided:
    """A run half decided: equal texts are, and of the rest it is known what must be compared. Rows are those of the keys.

    A run asks `open_places(ahead)` for each of AHEAD in turn, has the pairs compared wherever the texts are, and gives the
    answers to `tell_places`; `finish` does what is still open.
    """

    decisions: Decisions
    twins: NDArray[np.int64]        # rows dropped for an equal text
    docs: NDArray[np.int64]         # rows that are compared with others, best rank first
    walk: Walk                      # over places in `docs`

    def open_places(self, ahead: int) -> NDArray[np.int64]:
        """As `open_pairs`, of places in `docs`."""
        return open_pairs(self.walk, ahead=ahead)

    def tell_places(self, pairs: NDArray[np.int64], codes: NDArray[np.uint8], similarity: NDArray[np.float32]) -> None:
        """As `tell`, of places in `docs`."""
        tell(self.walk, pairs, codes, similarity)

    def take_over(self, dropped: Dropped) -> None:
        """Take what was decided of components that are not in the walk, as places in `docs`."""
        worse, better = self.docs[dropped.pairs.T]
        self.decisions.kept_of[worse] = better
        self.decisions.codes[worse], self.decisions.similarity[worse] = dropped.codes, dropped.similarity


@dataclass(frozen=True)
class Distinct:
    """A run whose equal texts are dropped. Rows are those of the keys."""

    decisions: Decisions
    twins: NDArray[np.int64]        # rows dropped for an equal text
    docs: NDArray[np.int64]         # rows that are to be compared with others, best rank first


def drop_equal(keys: DocumentKeys, options: NearOptions) -> Distinct:
    """Drop equal texts, and rank what is left. No signature is looked at."""
    n = len(keys)
    order = rank(keys, options)
    decisions = Decisions(np.arange(n), np.zeros(n, np.float32), np.zeros(n, np.uint8))
    twins = _drop_exact(keys.sketches, order, decisions)
    return Distinct(decisions, twins, order[decisions.kept[order] & (keys.sketches.n_canonical[order] >= SHORT_MIN)])


def start(distinct: Distinct, pairs: NDArray[np.int64]) -> Undecided:
    """Begin the walk over the pairs (worse, better) of places in `distinct.docs`, sorted."""
    return Undecided(distinct.decisions, distinct.twins, distinct.docs, start_walk(len(distinct.docs), pairs))


def begin(keys: DocumentKeys, options: NearOptions) -> Undecided:
    """Drop equal texts, and find what the others must be compared with."""
    distinct = drop_equal(keys, options)
    docs, signatures = distinct.docs, keys.sketches.signatures
    pairs = find_candidates(keys.sketches, docs, options)
    return start(distinct, find_closest(pairs, lambda places: signatures[docs[places]]))


def finish(
    undecided: Undecided, n_chars: NDArray[np.int64], fetch: Fetch, options: NearOptions, *,
    told: Callable[[int], None] = lambda n: None,
) -> Decisions:
    """Compare what is still open here. `n_chars` are those of the keys."""
    walk, docs, decisions = undecided.walk, undecided.docs, undecided.decisions
    _walk_on(walk, docs, n_chars, Desk(fetch, options, _CHUNK_CHARS), told)
    lines = walk.worse
    decisions.kept_of[docs[lines]] = docs[walk.kept_of[lines]]
    decisions.similarity[docs[lines]], decisions.codes[docs[lines]] = walk.similarity[lines], walk.codes[lines]
    _follow_twins(undecided.twins, decisions)
    return decisions


class Dropped(NamedTuple):
    """Documents that are dropped, and for which: pairs (worse, better), places in CAUSES, how similar they are."""

    pairs: NDArray[np.int64]
    codes: NDArray[np.uint8]
    similarity: NDArray[np.float32]


def walk_apart(
    components: NDArray[np.int64], pairs: NDArray[np.int64], n_chars: NDArray[np.int64], fetch: Fetch, options: NearOptions
) -> Dropped:
    """Decide whole components of pairs without the rest, one after another; for each pair the name of its component.

    `pairs` (worse, better) are ranks, `n_chars` are by rank. Documents that are in no pair that comes back are kept.
    """
    docs, places = np.unique(pairs, return_inverse=True)
    of = np.empty(len(docs), np.int64)
    of[places.ravel()] = np.repeat(components, 2)
    order = np.lexsort((of,))       # stable, so best rank first within each: the texts of one lie ready together
    place_of = np.empty(len(docs), np.int64)
    place_of[order] = np.arange(len(docs))
    docs, own = docs[order], place_of[places].reshape(-1, 2)
    walk = start_walk(len(docs), own[np.lexsort((own[:, 1], own[:, 0]))])
    _walk_on(walk, docs, n_chars, Desk(fetch, options, _CHUNK_CHARS), lambda n: None)
    dropped = np.flatnonzero(walk.kept_of != np.arange(len(docs)))
    return Dropped(
        np.stack([docs[dropped], docs[walk.kept_of[dropped]]], axis=1), walk.codes[dropped], walk.similarity[dropped]
    )


def _walk_on(walk: Walk, docs: NDArray[np.int64], n_chars: NDArray[np.int64], desk: Desk, told: Callable[[int], None]) -> None:
    """Compare what is open, in windows of documents whose texts are held at once, each until all of it is decided.

    `told` hears of each window how many of the documents that have candidates it holds.
    """
    own = n_chars[docs]
    stop = 0
    while stop < len(walk.worse):
        start, stop = stop, _window_end(walk, stop, own)
        # Nearly all will be compared (2,812 of 2,847 statutes): made ready in one go they cost less than round by round.
        desk.lay_out(docs[_window_documents(walk, start, stop)].tolist(), n_chars)
        while len(asked := open_pairs(walk, stop=stop)):
            tell(walk, asked, *desk.compare(docs[asked], n_chars))
        told(stop - start)


def _drop_exact(sketches: Sketches, order: NDArray[np.int64], decisions: Decisions) -> NDArray[np.int64]:
    """Drop documents whose canonical text another, better ranked one has; return the dropped."""
    docs = order[sketches.n_canonical[order] > 0]
    a, b = sketches.exact[docs, 0], sketches.exact[docs, 1]
    by_hash = np.lexsort([b, a])        # stable: best ranked first among equals
    same = (a[by_hash[1:]] == a[by_hash[:-1]]) & (b[by_hash[1:]] == b[by_hash[:-1]])
    firsts = np.arange(len(docs))
    firsts[1:][same] = 0
    firsts = np.maximum.accumulate(firsts)
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
    least = int(LEAST * options.num_perm)
    pairs: NDArray[np.int64] = long[candidates(sketches.signatures, docs[long], least, budget=options.memory)]
    short = np.flatnonzero(is_short(sketches.n_canonical[docs]))
    if not len(short):
        return pairs
    places = sketches.short_places()[docs[short]]
    more = short[candidates(sketches.short, places, int(LEAST_SHORT * SHORT_PERM), seed=SHORT_SEED, budget=options.memory)]
    return np.unique(np.concatenate([pairs, more]), axis=0)


def find_closest(pairs: NDArray[np.int64], fetch: Callable[[NDArray[np.int64]], NDArray[np.uint32]]) -> NDArray[np.int64]:
    """The pairs without all but the _TRIES most similar candidates (by estimate) of each document, still sorted.

    `fetch` gives the signatures of documents; it is asked for those alone that have more, a bounded number at once.
    """
    _, firsts, counts = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    keep = np.ones(len(pairs), np.bool_)
    crowded = counts > _TRIES
    firsts, counts = firsts[crowded], counts[crowded]
    ends = np.cumsum(counts)
    at = 0
    while at < len(counts):
        stop = max(at + 1, int(np.searchsorted(ends, (ends[at - 1] if at else 0) + _CROWD, "right")))
        rows = np.concatenate([np.arange(*own) for own in np.stack([firsts, firsts + counts], axis=1)[at:stop].tolist()])
        keep[_find_far(pairs[rows], rows, fetch)] = False
        at = stop
    return pairs[keep]


def _find_far(
    pairs: NDArray[np.int64], rows: NDArray[np.int64], fetch: Callable[[NDArray[np.int64]], NDArray[np.uint32]]
) -> NDArray[np.int64]:
    """Of the candidates of some documents, all of each, the rows of those that are not among its _TRIES most similar."""
    docs, local = np.unique(pairs, return_inverse=True)
    left, right = np.ascontiguousarray(local.reshape(-1, 2).T.astype(np.int64))
    shared = np.empty(len(pairs), np.int32)
    estimate_pairs(fetch(docs), left, right, shared)
    order = np.lexsort((pairs[:, 1], -shared, pairs[:, 0]))
    worse = pairs[order, 0]
    place = np.arange(len(order)) - np.searchsorted(worse, worse)
    far: NDArray[np.int64] = rows[order[place >= _TRIES]]
    return far


def _window_end(walk: Walk, start: int, n_chars: NDArray[np.int64]) -> int:
    """The end of a window from `start` on whose texts, with those of the candidates, are _CHUNK_CHARS in all; one line at least."""
    stop = min(len(walk.worse), start + _WINDOW)
    docs, places = np.unique(walk.better[walk.firsts[start]:walk.firsts[stop]], return_index=True)
    chars = n_chars[walk.worse[start:stop]]
    np.add.at(chars, np.searchsorted(walk.firsts[start:stop + 1], walk.firsts[start] + places, "right") - 1, n_chars[docs])
    return start + max(1, int(np.searchsorted(np.cumsum(chars), _CHUNK_CHARS, "right")))


def _window_documents(walk: Walk, start: int, stop: int) -> NDArray[np.int64]:
    """What the undecided lines of a window are about: their documents, and what is or may be kept for the candidates."""
    undecided = walk.kept_of[walk.worse[start:stop]] == UNDECIDED
    better = walk.better[walk.firsts[start]:walk.firsts[stop]][np.repeat(undecided, np.diff(walk.firsts[start:stop + 1]))]
    own = np.concatenate([walk.worse[start:stop][undecided], better])
    kept: NDArray[np.int64] = np.unique(np.where(walk.kept_of[own] == UNDECIDED, own, walk.kept_of[own]))
    return kept


def clusters(decisions: Decisions, *, largest: int = 20) -> list[tuple[int, int]]:
    """The largest clusters as (kept document, documents dropped for it), largest first, then by index."""
    dropped = decisions.kept_of[~decisions.kept]
    kept, count = np.unique(dropped, return_counts=True)
    order = np.lexsort([kept, -count])[:largest]
    return [(int(kept[i]), int(count[i])) for i in order]
