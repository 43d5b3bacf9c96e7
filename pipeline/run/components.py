"""The steps `components` and `apart`: candidate pairs are cut into connected components, and each is walked where its texts are.

The rule of this file: no two documents of different components are ever compared, so a shard of whole components is decided without
the rest, as the walk over all of them decides it. Few pairs stay in the process of the run, which finds the components of many; of
more than MANY_PAIRS they are found by shuffles of the engine, in rounds. A component that is too large for one task is left to the
process of the run, which asks for its comparisons in rounds (`pipeline.run.steps`).

A row (one, ~other) is a link of a star, both ways round; (worse, better) is a pair. So one shuffle can bring both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import world
from pipeline.engines import Engine, PartFn
from pipeline.engines.dataset import Dataset, read_batches, write_shard
from pipeline.jit import is_known
from pipeline.near.components import find_components, large_star, small_star
from pipeline.near.decisions import walk_apart
from pipeline.options import NearOptions
from pipeline.run.fates import find_pairs
from pipeline.run.known import Known
from pipeline.run.pairs import PAIRS, pairs_of, pairs_rows
from pipeline.run.ranked import Ranked
from pipeline.run.room import PAIR_BYTES, check_room
from pipeline.run.verify import LEFT, SHARD_CHARS, VERDICTS, warm_up

__all__ = ["COMPONENTS", "apart_part", "find_apart"]

Rows = NDArray[np.int64]

#: Rows by whole components; of those that are left to the process of the run the name is negative.
COMPONENTS = pa.schema([(name, pa.int64()) for name in ("component", "worse", "better")])
#: Pairs up to which the process of the run finds components: 1.3 GB and 2 s, beside 80 GB or more that their documents take there.
MANY_PAIRS = 1 << 25
#: Characters of the texts of a component that one task walks: up to half a minute, where each is compared with 24 others (70 ns).
GIANT_CHARS = 20_000_000
#: Rounds after which the process of the run finds what is left. A chain of a million takes 21, whatever comes of pages 3 to 6.
MOST_ROUNDS = 48
#: Rows of links that are looked at together: 400 MB; a group has half of it. Where more are of one document, each takes 16 bytes.
LINK_ROWS = 1 << 22
#: Pairs of one shard of whole components that come of a shuffle: some seconds of comparisons.
APART_ROWS = 20_000


def find_apart(engine: Engine, known: Known, least_chars: int, group_rows: int) -> None:
    """Cut the candidate pairs into shards of whole components, and what the process of the run is to walk itself.

    It walks all of them where fewer than `least_chars` characters would be compared first.
    """
    if "closest" in known.data and known.data["closest"].n_rows > MANY_PAIRS:
        _link_apart(_Moves(engine, known, group_rows), known, known.data["closest"])
    else:
        _cut_apart(known, find_pairs(known), least_chars)
    if "components" in known.data and not is_known():
        warm_up()


def _cut_apart(known: Known, pairs: Rows, least_chars: int) -> None:
    """Cut pairs, sorted, that the process of the run holds."""
    comparing = known.comparing
    n_chars = comparing.n_chars[comparing.distinct.docs]
    firsts = pairs[np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))]
    comparing.left = pairs
    if n_chars[firsts].sum() < least_chars or not len(pairs):
        return
    names = find_components(len(n_chars), pairs)
    chars = np.zeros(len(n_chars), np.int64)
    np.add.at(chars, names, n_chars)
    is_left = chars[names[pairs[:, 0]]] > GIANT_CHARS
    comparing.left, own = pairs[is_left], pairs[~is_left]
    own = np.column_stack([names[own[:, 0]], own])
    own = own[np.argsort(own[:, 0], kind="stable")]
    folder = known.work / "components"
    world.make_folders(folder)
    known.data["components"] = Dataset(tuple(
        write_shard(folder, f"{k:032x}", COMPONENTS, [_rows(part, COMPONENTS)]) for k, part in enumerate(_cut_work(own, n_chars))
    ))


def _cut_work(own: Rows, n_chars: Rows) -> list[Rows]:
    """Pairs by components in parts of about the same work, none of which ends within a component."""
    ends = np.cumsum(n_chars[own[:, 1:]].sum(axis=1))
    last = np.flatnonzero(np.diff(own[:, 0]))       # of all components but the last one
    cuts = last[np.flatnonzero(np.diff(ends[last] // SHARD_CHARS, prepend=0))] + 1
    return [part for part in np.split(own, cuts.tolist()) if len(part)]


def _link_apart(move: _Moves, known: Known, pairs: Dataset) -> None:
    """Cut pairs that no process holds: stars by rounds of shuffles, then pairs by the names of their components."""
    links = move(pairs, PAIRS, small_part, PAIRS, "links-0")
    moved = 16 * pairs.n_rows
    for turn in range(1, MOST_ROUNDS + 1):
        known.teller.tell_round(turn, links.n_rows // 2, moved)
        larger = move(links, PAIRS, large_part, PAIRS, f"larger-{turn}")
        before, links = links, move(larger, PAIRS, small_part, PAIRS, f"links-{turn}")
        moved += 16 * (before.n_rows + larger.n_rows)
        if [shard.digest for shard in links.shards] == [shard.digest for shard in before.shards]:
            break
        if links.n_rows // 2 <= MANY_PAIRS or turn == MOST_ROUNDS:
            links = _link_here(known, links)
            break
    giants = move(links, PAIRS, partial(giants_part, ranked=known.ranked, most=GIANT_CHARS), PAIRS, "giants")
    named = move(Dataset(pairs.shards + links.shards), PAIRS, partial(names_part, giants=giants), COMPONENTS, "names")
    known.data["components"] = move(named, COMPONENTS, gather_part, COMPONENTS, "components", APART_ROWS)


class _Moves:
    """Shuffles by the first column."""

    def __init__(self, engine: Engine, known: Known, group_rows: int) -> None:
        self._engine, self._known, self._rows = engine, known, group_rows

    def __call__(self, src: Dataset, read: pa.Schema, fn: PartFn, made: pa.Schema, name: str, rows: int | None = None) -> Dataset:
        n_parts = -(-src.n_rows // (rows or self._rows)) | 1        # odd: every other document may be of one kind
        self._known.teller.begin("near-duplicates", n_parts)
        return self._engine.shuffle(
            src, read.names, read.names[0], n_parts, fn, made, self._known.work / "components" / name,
            told=self._known.teller.hear_shards(),
        )


def _link_here(known: Known, links: Dataset) -> Dataset:
    """Stars of what is left, by the process of the run."""
    docs = known.comparing.distinct.docs
    check_room(links.n_rows // 2, PAIR_BYTES, "links of near-duplicates")
    read = (_links_of(batch) for shard in links.shards for batch in read_batches(shard.path, PAIRS.names))
    names = find_components(len(docs), np.concatenate([own[own[:, 0] > own[:, 1]] for own in read]))
    members = np.flatnonzero(names != np.arange(len(docs)))
    folder = known.work / "components" / "links"
    world.make_folders(folder)
    stars = np.stack([members, names[members]], axis=1)
    parts = [stars[start:start + LINK_ROWS] for start in range(0, len(stars), LINK_ROWS)]
    return Dataset(tuple(write_shard(folder, f"{k:032x}", PAIRS, [_link_rows(part)]) for k, part in enumerate(parts)))


def small_part(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """All pairs of some documents, the worse ones, to links, in one order whatever theirs is."""
    yield _link_rows(small_star(pairs_of(pa.Table.from_batches(batches, PAIRS))))


def large_part(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """All links of some documents to pairs."""
    yield from map(pairs_rows, large_star([_links_of(table) for table in _chunks(batches)]))


def giants_part(batches: Iterable[pa.RecordBatch], ranked: Ranked, most: int) -> Iterator[pa.RecordBatch]:
    """Links of stars to the names of components whose texts have more characters, as (name, characters)."""
    roots, chars = np.empty(0, np.int64), np.empty(0, np.int64)
    for table in _chunks(batches):
        own = _links_of(table)
        own = own[own[:, 1] > own[:, 0]]
        roots, place = np.unique(np.concatenate([roots, own[:, 0]]), return_inverse=True)
        more = np.concatenate([chars, ranked.n_chars[own[:, 1]]])
        chars = np.zeros(len(roots), np.int64)
        np.add.at(chars, place, more)
    chars += ranked.n_chars[roots]
    yield pairs_rows(np.stack([roots, chars], axis=1)[chars > most])


def names_part(batches: Iterable[pa.RecordBatch], giants: Dataset) -> Iterator[pa.RecordBatch]:
    """All pairs and links of some documents, the worse ones, to pairs with the names of their components."""
    known = giants.table(PAIRS)["worse"].to_numpy()
    rows = [pairs_of(batch) for batch in batches]
    both = np.concatenate([own[own[:, 1] > ~own[:, 0]] for own in rows]) if rows else np.empty((0, 2), np.int64)    # no way back
    links, pairs = both[both[:, 1] < 0], both[both[:, 1] >= 0]
    links = links[np.argsort(links[:, 0])]
    names = ~links[np.searchsorted(links[:, 0], pairs[:, 0]), 1]
    names = np.where(np.isin(names, known), ~pairs[:, 0], names)        # apart from each other, for they are many
    yield _rows(np.column_stack([names, pairs]), COMPONENTS)


def gather_part(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """All pairs of some components, as they come."""
    yield from batches


def apart_part(batches: Iterable[pa.RecordBatch], ranked: Ranked, options: NearOptions) -> Iterator[pa.RecordBatch]:
    """Pairs of whole components to documents that are dropped, and for which; pairs that are not to be decided pass as LEFT."""
    table = pa.Table.from_batches(batches, COMPONENTS)
    names, pairs = table["component"].to_numpy(), pairs_of(table)
    left = pairs[names < 0]
    found = walk_apart(names[names >= 0], pairs[names >= 0], ranked.n_chars, ranked.texts, options)
    both = np.concatenate([left, found.pairs])
    codes = np.concatenate([np.full(len(left), LEFT), found.codes])
    similarity = np.concatenate([np.zeros(len(left)), found.similarity])
    yield pa.RecordBatch.from_arrays([pa.array(column) for column in (*both.T.copy(), codes, similarity)], schema=VERDICTS)


def _rows(rows: Rows, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(np.ascontiguousarray(column)) for column in rows.T], schema=schema)


def _link_rows(pairs: Rows) -> pa.RecordBatch:
    """Links of pairs, both ways round."""
    return pairs_rows(np.concatenate([np.stack([one, ~other], axis=1) for one, other in (pairs.T, pairs.T[::-1])]))


def _links_of(table: pa.Table | pa.RecordBatch) -> Rows:
    """Links as (one, other)."""
    links = pairs_of(table)
    links[:, 1] = ~links[:, 1]
    return links


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Rows of links in tables of LINK_ROWS at most, or of one batch that has more."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if held and sum(map(len, held)) + len(batch) > LINK_ROWS:
            yield pa.Table.from_batches(held, PAIRS)
            held = []
        held.append(batch)
    if held:
        yield pa.Table.from_batches(held, PAIRS)
