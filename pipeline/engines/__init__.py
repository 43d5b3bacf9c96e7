"""Engines move rows; they decide nothing about text. Two verbs over datasets, which are folders of Arrow shards.

The rule of this file: a step is a function over record batches that can be sent to another process and done again. What it
gives depends on the rows of its shard alone (`map`) or on all rows of its keys in whatever order they come (`shuffle`). Keys
are int64, and only narrow rows are shuffled, never text: so that an engine over many machines can be put behind this door. What a
step must see of wide rows (a signature, a text) it reads where it runs, from a dataset that it is bound to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa

from pipeline.engines.dataset import Dataset

__all__ = ["Engine", "Heard", "Made", "PartFn", "Rescue"]

#: Top-level and picklable, or a `functools.partial` of such a function and plain arguments.
PartFn = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class Made(NamedTuple):
    """How far a step is with a shard (of `map`) or a group (of `shuffle`)."""

    at: int         # its place
    rows: int       # that were made of it so far
    whole: bool     # whether it is done
    read: int = 0   # bytes of input that were read for it so far, about; 0 where the engine does not say
    died: str = ""  # how its worker died, just now; what it had is tried again


#: Hears how a step goes on.
Heard = Callable[[Made], None]


class Rescue(Protocol):
    """What is to be done with a shard whose worker dies, again and again. Picklable, and so are its methods."""

    def halve(self, rows: pa.Table, /) -> list[pa.Table]:
        """The shard in two smaller ones, or nothing where it cannot be cut any more. Called where it may die: it may have to look
        at what is deadly.
        """

    def give_up(self, rows: pa.Table, how: str, /, *, is_one: bool) -> pa.Table:
        """What stands for a shard that nothing survives: rows of the schema of the step. `how` says how workers died; `is_one`,
        whether it cannot be cut any more: else workers died again and again while they looked where.
        """


class Engine(Protocol):
    """What moves the rows of a run from step to step. `tests/engines_conformance.py` holds an engine to what is said here.

    `columns` are those that `fn` sees, in that order (None: all); `schema` is that of what it gives; `out` is a folder for the
    dataset. A shard is a file that `pipeline.engines.dataset.write_shard` wrote, on a file system that all can map into memory: the
    process of the run, which reads shards itself where all rows meet, and whatever runs `fn`, which may be bound to datasets.
    It is a context manager, given to `run.whole.run(engine=)`: what it started ends with the block.
    A step that an earlier, killed run finished for a shard may be taken as it is: the name of a shard says what it was made from.
    """

    def map(
        self, src: Dataset, columns: Sequence[str] | None, fn: PartFn, schema: pa.Schema, out: Path, *,
        rescue: Rescue | None = None, told: Heard | None = None,
    ) -> Dataset:
        """`fn` over the batches of each shard by itself, in their order; an empty shard gives a shard too.

        Out come the shards of each shard in, in the order of `src`: one, or several where its worker died and `rescue` cut it,
        which sees all columns; without one the run ends with TaoshaError. `told` hears in any order of each shard once that it is
        whole, and before that as often as the engine likes how many rows were made of it; after a death there may be fewer.
        """

    def shuffle(
        self, src: Dataset, columns: Sequence[str], key: str, n_parts: int, fn: PartFn, schema: pa.Schema, out: Path, *,
        told: Heard | None = None,
    ) -> Dataset:
        """`fn` over all rows of each of `n_parts` groups of keys; the rows of one key are all in one group, null counts as 0.

        Out come exactly `n_parts` shards, one a group, also of groups without rows. Which keys share a group is free. `told` hears
        of groups as in `map` of shards.
        """
