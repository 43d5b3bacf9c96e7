"""What a run knows: what it was given, and what its steps have found so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.fates import Fates
from pipeline.engines.dataset import Dataset
from pipeline.near.decisions import Distinct, Undecided
from pipeline.near.index import Index
from pipeline.run.order import Ordered
from pipeline.run.progress import Teller
from pipeline.run.ranked import Ranked
from pipeline.run.settings import Settings

__all__ = ["Against", "Comparing", "Known"]


@dataclass(frozen=True, slots=True)
class Against:
    """An index of an earlier corpus, and whether documents that it has are dropped or only marked in the audit."""

    index: Index
    drop: bool = True


@dataclass(slots=True)
class Comparing:
    """The documents that are compared: `rows` are their places in the order of the output, `n_chars` how long their texts are."""

    rows: NDArray[np.int64]
    n_chars: NDArray[np.int64]
    distinct: Distinct
    #: Candidate pairs that no task decides, as places in `distinct.docs`, sorted.
    left: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    undecided: Undecided = field(init=False)    # when the pairs are known


@dataclass(slots=True)
class Known:
    """What a run knows. `data` is what is there by the name of the step that made it, `plan` to begin with."""

    settings: Settings
    work: Path
    sizes: Sequence[int]        # bytes of each unit of the plan
    data: dict[str, Dataset]
    against: Against | None = None
    teller: Teller = field(default_factory=Teller)
    at_once: int = 1            # how many shards the engine moves at a time
    ordered: Ordered = field(init=False)        # these three are there when the step that finds them was taken
    fates: Fates = field(init=False)
    comparing: Comparing = field(init=False)

    @property
    def rows(self) -> Dataset:
        """The rows of all documents and faults, as they are written."""
        return self.data["cut" if "cut" in self.data else "amend"]

    @property
    def ranked(self) -> Ranked:
        """The documents that are compared, as a step sees them."""
        return Ranked(self.data["rank"], tuple(shard.path for shard in self.data["amend"].shards))

    @property
    def kept(self) -> Ranked:
        """The documents that are kept."""
        return Ranked(self.data["kept"], tuple(shard.path for shard in self.data["amend"].shards))
