"""What a site teaches: the second step counts which pairs of lines are its template, over the keys that rows hold of their lines.

The rule of this file: nothing is read again, and no text is looked at. A row holds the keys of the lines of its page as the
boilerplate stage first saw it, and the places in them of the lines that are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.engines.dataset import Dataset
from pipeline.stages.boilerplate.recurring import Held, may_go
from pipeline.stages.boilerplate.template import Counted, Pages, count_pairs, join_pages, look_up, name_pages, pair_lines

__all__ = ["HELD_COLUMNS", "KEYS", "SITE_COLUMNS", "counted_of", "find_held", "holds_template", "recur_part"]

#: Pairs of lines that are template, see `pipeline.stages.boilerplate.template.Counted`.
KEYS = pa.schema([pa.field("key", pa.int64()), pa.field("share", pa.float64()), pa.field("others", pa.int64())])
SITE_COLUMNS = ("site", "likeness", "n_chars", "line_keys")
HELD_COLUMNS = ("line_keys", "sentences", "kept")

#: Keys of lines that wait to be joined: 32 MB.
WAITING = 4_000_000

Keys = NDArray[np.int64]


def recur_part(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """All rows of some sites to the pairs that are their template."""
    waiting: list[Pages] = []
    n = 0
    for batch in batches:
        waiting.append(_pages(batch.filter(batch["site"].is_valid())))      # faults have none
        n += len(waiting[-1].keys)
        if n > WAITING:
            waiting, n = [join_pages(waiting)], 0
    counted = count_pairs(join_pages(waiting)) if waiting else count_pairs(_pages(pa.RecordBatch.from_pylist([], _EMPTY)))
    yield pa.RecordBatch.from_arrays([pa.array(column) for column in counted], schema=KEYS)


_EMPTY = pa.schema([*((name, pa.int64()) for name in SITE_COLUMNS[:3]), ("line_keys", pa.list_(pa.int64()))])


def _pages(batch: pa.RecordBatch) -> Pages:
    keys, first = _flatten(batch["line_keys"])
    text = batch["n_chars"].to_numpy() > 0
    return Pages(batch["site"].to_numpy(), name_pages(batch["likeness"].to_numpy(), text, keys, first), text, first, keys)


def _flatten(lists: pa.Array) -> tuple[Keys, Keys]:
    """The values of lists end to end, and the bounds of the lists in them."""
    sizes = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return pc.list_flatten(lists).to_numpy(), np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))


@lru_cache(maxsize=1)
def counted_of(learned: Dataset) -> Counted:
    """What all sites teach, in the order of the keys."""
    table = learned.table(KEYS).sort_by("key")
    return Counted(*(table[name].to_numpy() for name in KEYS.names))


def find_held(lists: pa.Array, counted: Counted) -> tuple[Held, Keys]:
    """What the sites say of the lines of some rows, and the bounds of the rows."""
    keys, first = _flatten(lists)
    above, below = (look_up(counted, pairs) for pairs in pair_lines(keys, first))
    some = first[:-1] < first[1:]
    edge_above, edge_below = np.zeros(len(keys), np.bool_), np.zeros(len(keys), np.bool_)
    edge_above[first[:-1][some]], edge_below[first[1:][some] - 1] = True, True
    return Held(*_larger(above, ~edge_above, below, ~edge_below), *_larger(above, edge_above, below, edge_below)), first


def _larger(
    above: tuple[NDArray[np.float64], Keys], use_above: NDArray[np.bool_], below: tuple[NDArray[np.float64], Keys],
    use_below: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], Keys]:
    """Of two columns of shares, with the number of the others, the larger, where they may be used."""
    a, b = above[0] * use_above, below[0] * use_below
    return np.maximum(a, b), np.where(a >= b, above[1] * use_above, below[1] * use_below)


def holds_template(batch: pa.RecordBatch, counted: Counted) -> NDArray[np.bool_]:
    """For each row whether one of the lines that are left of it may be template that goes."""
    held, first = find_held(batch["line_keys"], counted)
    places, own_first = _flatten(batch["kept"])
    doc = np.repeat(np.arange(len(batch)), np.diff(own_first))
    known = places >= 0
    at, doc = first[doc[known]] + places[known], doc[known]
    sentence = np.frombuffer(b"".join(batch["sentences"].drop_null().to_pylist()), np.bool_)
    holds = np.zeros(len(batch), np.bool_)
    holds[doc[may_go(held, sentence)[at]]] = True
    return holds
