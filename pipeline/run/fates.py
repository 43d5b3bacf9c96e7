"""The steps `rank`, `walk` and `fate`: which documents are compared, what comparisons decide, and what becomes of each document.

The rule of this file: it runs in the process of the run, over narrow columns of all documents. Where they are few, it also finds
and compares the pairs, as nothing is gained by moving them (`pipeline.run.steps`); the decisions are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.fates import Fates
from pipeline.corpus.parts import Parts
from pipeline.corpus.rows import SKETCH, sketches_of
from pipeline.engines.dataset import Dataset, Shard, read_batches
from pipeline.near.decisions import CAUSES, DocumentKeys, Dropped, drop_equal, find_candidates, find_closest, finish, start
from pipeline.near.sketch import SHORT_PERM, Sketches, is_short
from pipeline.run.known import Against, Comparing, Known
from pipeline.run.pairs import PAIRS, pairs_of
from pipeline.run.ranked import write_ranked
from pipeline.run.room import PAIR_BYTES, check_room
from pipeline.run.verify import LEFT, read_verdicts
from pipeline.signals.verdicts import ASIDE

__all__ = ["find_fates", "find_pairs", "rank_documents", "start_walk"]

Rows = NDArray[np.int64]

#: Columns of a sketch that say which texts are equal.
NARROW = ("n_shingles", "n_canonical", "exact_1", "exact_2")


def rank_documents(known: Known) -> None:
    """Say which documents take part, drop those that are equal, and rank the rest. Documents of an earlier corpus go before.

    An equal record shares the fate of the first; a document that is set aside takes no part.
    """
    index, n = known.ordered.index, len(known.ordered.index)
    verdicts, n_chars = index["verdict"].combine_chunks(), index["n_chars"].to_numpy()
    known.fates = Fates(np.arange(n), ["kept"] * n, np.zeros(n))
    aside = (n_chars == 0) | verdicts.is_valid().to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(aside).tolist():
        known.fates.cause[row] = verdicts[row].as_py() if n_chars[row] else "empty"
    rows = np.flatnonzero(~aside & (known.ordered.twin_of == np.arange(n)))
    if known.against is not None:
        rows = _find_seen(known.fates, rows, known.ordered.parts(known.rows, ["text"]), known.against)
    own = index.take(pa.array(rows))
    keys = DocumentKeys(
        sketches=gather_narrow(known.rows, own), n_chars=own["n_chars"].to_numpy(), n_lost=own["n_lost"].to_numpy(),
        published=own["published"], ids=own["id"], sources=_sources(known, rows),
    )
    distinct = drop_equal(keys, known.settings.options.near)
    known.comparing = Comparing(rows, keys.n_chars, distinct)
    places = pa.array(distinct.docs)
    columns = (own[name].take(places).to_numpy() for name in ("part", "row", "n_chars"))
    known.data["rank"] = write_ranked(known.work / "rank", *columns)


def _sources(known: Known, rows: Rows) -> pa.ChunkedArray | None:
    """Where the documents came from, if that is asked for."""
    if known.settings.options.near.keep != "source" or not len(rows):
        return None
    return known.ordered.parts(known.rows, ["source"]).take(rows)["source"]


def find_pairs(known: Known) -> Rows:
    """The candidate pairs, sorted: those that the engine found, or they are found here."""
    if "closest" in known.data:
        check_room(known.data["closest"].n_rows, PAIR_BYTES, "candidate pairs")
        pairs = pairs_of(known.data["closest"].table(PAIRS))
        return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    docs, options = known.comparing.distinct.docs, known.settings.options.near
    sketches = gather(known.rows, known.ordered.index.take(pa.array(known.comparing.rows)), options.num_perm)
    return find_closest(find_candidates(sketches, docs, options), lambda places: sketches.signatures[docs[places]])


def start_walk(known: Known) -> None:
    """Begin the walk over the pairs that no task decided, and take what tasks did decide."""
    comparing, pairs = known.comparing, known.comparing.left
    if (apart := known.data.get("apart")) is None:
        comparing.undecided = start(comparing.distinct, pairs)
        return
    found, codes, similarity = read_verdicts(apart)
    is_left = codes == LEFT
    check_room(int(is_left.sum()), PAIR_BYTES, "candidate pairs")
    pairs = np.concatenate([pairs, found[is_left]])
    comparing.undecided = start(comparing.distinct, pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])
    comparing.undecided.take_over(Dropped(found[~is_left], codes[~is_left], similarity[~is_left]))


def find_fates(known: Known) -> None:
    """Compare what is still open, and say what becomes of each document: kept, set aside, or dropped for a kept one."""
    comparing, fates, ordered = known.comparing, known.fates, known.ordered
    rows, texts = comparing.rows, ordered.parts(known.rows, ["text"])
    lines = len(comparing.undecided.walk.worse)
    known.teller.begin("near-duplicates", lines)
    decisions = finish(
        comparing.undecided, comparing.n_chars, lambda wanted: texts.texts(rows[np.asarray(wanted, np.int64)].tolist()),
        known.settings.options.near, told=known.teller.add,
    )
    fates.kept[rows] = rows[decisions.kept_of]
    fates.similarity[rows] = decisions.similarity
    for place in np.flatnonzero(decisions.codes).tolist():
        fates.cause[int(rows[place])] = str(CAUSES[decisions.codes[place]])
    _follow_first(fates, np.flatnonzero(ordered.twin_of != np.arange(len(ordered.twin_of))), ordered.twin_of)


def gather_narrow(data: Dataset, index: pa.Table) -> Sketches:
    """The sketches of the rows of `index`, in their order, without signatures."""
    columns = np.empty((len(NARROW), len(index)), np.int64)
    for shard, places, rows in _by_shard(data, index):
        table = pa.Table.from_batches(read_batches(shard.path, NARROW))
        for own, name in zip(columns, NARROW, strict=True):
            own[places] = table[name].to_numpy()[rows]
    none = np.empty((len(index), 0), np.uint32)
    return Sketches(none, none, columns[0], columns[1], np.ascontiguousarray(columns[2:].T).view(np.uint64))


def _by_shard(data: Dataset, index: pa.Table) -> Iterator[tuple[Shard, Rows, Rows]]:
    """The shards that hold rows of `index`: with the places of these in it, and those in the shard."""
    part, row = index["part"].to_numpy(), index["row"].to_numpy()
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.arange(len(data.shards) + 1))
    for k, shard in enumerate(data.shards):
        places = order[bounds[k]:bounds[k + 1]]
        if len(places):
            yield shard, places, row[places]


def gather(data: Dataset, index: pa.Table, num_perm: int) -> Sketches:
    """The sketches of the rows of `index`, in their order.

    Signatures are most of what a run holds in memory, so each goes straight from its shard, which is memory-mapped, to its place.
    """
    n = len(index)
    signatures = np.empty((n, num_perm), np.uint32)
    n_shingles, n_canonical, exact = np.empty(n, np.int64), np.empty(n, np.int64), np.empty((n, 2), np.uint64)
    short, short_at = [np.empty((0, SHORT_PERM), np.uint32)], [np.empty(0, np.int64)]
    for shard, places, rows in _by_shard(data, index):
        own = sketches_of(pa.Table.from_batches(read_batches(shard.path, SKETCH)))
        signatures[places], exact[places] = own.signatures[rows], own.exact[rows]
        n_shingles[places], n_canonical[places] = own.n_shingles[rows], own.n_canonical[rows]
        has_short = is_short(own.n_canonical[rows])
        short.append(own.short[own.short_places()[rows[has_short]]])
        short_at.append(places[has_short])
    by_place = np.argsort(np.concatenate(short_at))
    return Sketches(signatures, np.concatenate(short)[by_place], n_shingles, n_canonical, exact)


def _find_seen(fates: Fates, rows: Rows, texts: Parts, against: Against) -> Rows:
    """Note what an earlier corpus has; give the rows that are left."""
    found = against.index.query(Lazily(texts, rows))
    fates.seen = {int(row): there for row, there in zip(rows, found, strict=True) if there}
    if not against.drop:
        return rows
    for row in fates.seen:
        fates.cause[row] = "indexed"
    return np.array([row for row in rows.tolist() if row not in fates.seen], np.int64)


def _follow_first(fates: Fates, twins: Rows, twin_of: Rows) -> None:
    """Records that are there again: dropped for the first, or with it for what it was dropped for."""
    for row in twins.tolist():
        first = int(twin_of[row])
        fates.kept[row], fates.similarity[row], fates.cause[row] = fates.kept[first], fates.similarity[first], fates.cause[first]
        if fates.cause[first] == "kept":
            fates.similarity[row], fates.cause[row] = 1.0, "exact"
        if first in fates.seen:
            fates.seen[row] = fates.seen[first]
        if fates.cause[row] in (*ASIDE, "indexed"):
            fates.kept[row] = row


class Lazily(Sequence[str]):
    """Texts of some rows as a sequence that reads each only when it is asked for."""

    def __init__(self, texts: Parts, rows: Rows) -> None:
        self._texts, self._rows = texts, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        """One text, or a list of them."""
        if isinstance(at, slice):
            return self._texts.texts(self._rows[at].tolist())
        return self._texts.text(int(self._rows[at]))
