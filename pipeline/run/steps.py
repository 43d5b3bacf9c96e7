"""A run as one literal list of steps. Between them stand datasets of rows; an engine moves them.

    plan ── clean ──┬── recur ──┐
                    └────────── amend ─── put in order ── find fates ── write        (`pipeline.run.whole`)

Each step is a function over the record batches of a shard, or of all rows of some keys, bound to what was known before it. What
is known is read here, in the process of the run: the keys that recur, and later the order and the fates of all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline.corpus.rows import PART
from pipeline.engines import Engine, PartFn, Rescue
from pipeline.engines.dataset import Dataset, read_batches
from pipeline.run.amend import amend_part
from pipeline.run.clean import clean_part
from pipeline.run.plan import UnitRescue
from pipeline.run.progress import Teller
from pipeline.run.recur import HELD_COLUMNS, KEYS, SITE_COLUMNS, counted_of, holds_template, recur_part
from pipeline.run.settings import Settings

__all__ = ["STEPS", "Data", "Step", "run_steps"]

Data = Mapping[str, Dataset]        # what is there, by the name of the step that made it

#: Rows of one group of a shuffle: some tens of MB of keys of lines.
GROUP_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `bind` gives its function, from the settings and what is there already."""

    name: str
    phase: str                                      # for people, see `pipeline.run.progress.PHASES`
    of: str                                         # the dataset that it reads
    bind: Callable[[Settings, Data], PartFn]
    schema: pa.Schema                               # of what it makes
    columns: tuple[str, ...] | None = None          # those that it reads; None: all
    key: str | None = None                          # the column whose equal values must meet; None: it maps shard by shard
    only: Callable[[Dataset, Data], Sequence[bool]] | None = None       # shards that it changes; the others pass as they are
    rescue: Callable[[Settings], Rescue] | None = None
    stage: str | None = None                        # it is left out with this stage


def _bind_clean(settings: Settings, data: Data) -> PartFn:
    return partial(clean_part, settings=settings)


def _bind_recur(settings: Settings, data: Data) -> PartFn:
    return recur_part


def _bind_amend(settings: Settings, data: Data) -> PartFn:
    return partial(amend_part, counted=counted_of(data["recur"].table(KEYS)), options=settings.options)


def _hold_template(src: Dataset, data: Data) -> list[bool]:
    counted = counted_of(data["recur"].table(KEYS))
    return [any(holds_template(b, counted).any() for b in read_batches(shard.path, HELD_COLUMNS)) for shard in src.shards]


def _rescue_units(settings: Settings) -> Rescue:
    return UnitRescue(settings.options.near.num_perm)


STEPS = (
    Step("clean", "read and clean", "plan", _bind_clean, PART, rescue=_rescue_units),
    Step("recur", "site lines", "clean", _bind_recur, KEYS, columns=SITE_COLUMNS, key="site", stage="boilerplate"),
    Step("amend", "site lines", "clean", _bind_amend, PART, only=_hold_template, stage="boilerplate"),
)


def run_steps(
    engine: Engine, plan: Dataset, sizes: Sequence[int], settings: Settings, work: Path, teller: Teller
) -> Dataset:
    """Take the plan, whose units are so many bytes, through STEPS; give the rows of the last."""
    data = {"plan": plan}
    for step in STEPS:
        src = data[step.of]
        if step.stage is not None and settings.stages is not None and step.stage not in settings.stages:
            data[step.name] = src
            continue
        fn, out = step.bind(settings, data), work / step.name
        if step.key is not None:
            assert step.columns is not None
            n_parts = max(1, -(-src.n_rows // GROUP_ROWS))
            teller.begin(step.phase, n_parts)
            data[step.name] = engine.shuffle(
                src, step.columns, step.key, n_parts, fn, step.schema, out, told=teller.hear_shards()
            )
            continue
        chosen = step.only(src, data) if step.only is not None else [True] * len(src.shards)
        some = Dataset(tuple(shard for shard, is_chosen in zip(src.shards, chosen, strict=True) if is_chosen))
        rescue = step.rescue(settings) if step.rescue is not None else None
        of_input = step.of == "plan"
        teller.begin(step.phase, sum(sizes) if of_input else len(some.shards))
        told = teller.hear_units(sizes) if of_input else teller.hear_shards()
        made = engine.map(some, step.columns, fn, step.schema, out, rescue=rescue, told=told)
        data[step.name] = made if some == src else _merge(src, chosen, made)
    return data[STEPS[-1].name]


def _merge(src: Dataset, chosen: Sequence[bool], made: Dataset) -> Dataset:
    """The shards of `src`, those that were chosen replaced by what was made of them."""
    new = iter(made.shards)
    return Dataset(tuple(next(new) if is_chosen else shard for shard, is_chosen in zip(src.shards, chosen, strict=True)))
