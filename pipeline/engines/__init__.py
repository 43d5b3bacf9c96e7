"""Engines move rows; they decide nothing about text. Two verbs over datasets, which are folders of Arrow shards.

The rule of this file: a step is a function over record batches that can be sent to another process and done again. What it
gives depends on the rows of its shard alone (`map`) or on all rows of its keys in whatever order they come (`shuffle`). Keys
are int64, and only narrow rows are shuffled, never text: so that an engine over many machines can be put behind this door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from pipeline.engines.dataset import Dataset

__all__ = ["Engine", "PartFn", "Rescue"]

#: Top-level and picklable, or a `functools.partial` of such a function and plain arguments.
PartFn = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class Rescue(Protocol):
    """What is to be done with a shard whose worker dies, again and again. Picklable."""

    def halve(self, rows: pa.Table, /) -> list[pa.Table]:
        """The shard in two smaller ones, or nothing where it cannot be cut any more."""

    def give_up(self, rows: pa.Table, how: str, /) -> pa.Table:
        """What stands for a shard that cannot be cut any more: rows of the schema of the step. `how` says how workers died."""


class Engine(Protocol):
    """What moves the rows of a run from step to step.

    `columns` are those that `fn` sees (None: all), `schema` is that of what it gives, `out` a folder for the dataset. A step
    that an earlier, killed run finished for a shard may be taken as it is: the name of a shard says what it was made from.
    """

    def map(
        self, src: Dataset, columns: Sequence[str] | None, fn: PartFn, schema: pa.Schema, out: Path, *,
        rescue: Rescue | None = None, told: Callable[[int], None] | None = None,
    ) -> Dataset:
        """`fn` over the batches of each shard by itself: shards in, shards out, in their order.

        A shard whose worker dies twice is cut by `rescue`; without one the run ends with TaoshaError. `told` hears the
        place of each shard that is done.
        """

    def shuffle(
        self, src: Dataset, columns: Sequence[str], key: str, n_parts: int, fn: PartFn, schema: pa.Schema, out: Path
    ) -> Dataset:
        """`fn` over all rows of each of `n_parts` groups of keys; the rows of one key are all in one group."""
