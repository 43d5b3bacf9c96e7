"""A run as one literal list of steps. Between them stand datasets of rows; an engine moves them.

    plan ── clean ──┬─ recur ─┐
                    └──────── amend ── order ── rank ──┬── bands ── pairs ── closest ──┬── components ──┬── apart ──┬── walk ──┐
                                                       └── (few documents) ────────────┘                └── (few) ──┘          │
                      finish ──┬── cut ─────────┬── shared ── passages ── kept ── fate ──┬── verify (giant components) ────────┤
                               └── (as they are)┘                                        └── (little) ─────────────────────────┘

`plan` and `finish` are no steps: `pipeline.run.whole` makes the plan before them and writes the files after them.

A `Step` is a function over the record batches of a shard, or of all rows of some keys, bound to what was known before it: small
things, and datasets, which it reads where it runs. A `Meeting` sees narrow columns of all rows at once, in the process of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline import world
from pipeline.corpus.rows import PART
from pipeline.engines import Engine, Heard, PartFn, Rescue
from pipeline.engines.dataset import Dataset, read_batches, write_shard
from pipeline.jit import is_known
from pipeline.near.decisions import AHEAD
from pipeline.run.amend import amend_part
from pipeline.run.bands import BANDS, bands_part
from pipeline.run.clean import clean_part
from pipeline.run.closest import closest_part
from pipeline.run.components import apart_part, find_apart
from pipeline.run.fates import find_fates, rank_documents, start_walk
from pipeline.run.known import Known
from pipeline.run.order import put_in_order
from pipeline.run.pairs import PAIRS, pairs_part
from pipeline.run.passages import PASSAGE_COLUMNS, PASSAGES, SHARED, cut_part, list_kept, passages_part, shared_part
from pipeline.run.plan import UnitRescue
from pipeline.run.recur import HELD_COLUMNS, KEYS, SITE_COLUMNS, counted_of, holds_template, recur_part
from pipeline.run.room import DOCUMENT_BYTES, check_room
from pipeline.run.verify import VERDICTS, cut_asked, read_verdicts, verify_part, warm_up

__all__ = ["STEPS", "Meeting", "Moves", "Rounds", "Step", "take_steps"]

#: Rows of one group of a shuffle: some tens of MB of keys of lines, or of keys and edges.
GROUP_ROWS, NARROW_ROWS = 50_000, 1 << 21
#: Documents from which the engine finds their pairs: so many take 0.9 s and 300 MB in the process of the run, 30 MB if it does not.
MANY_DOCUMENTS = 100_000
#: Characters of the texts of a round from which it is moved: about 1.5 CPU seconds (70 ns each; 11,113 statutes have 22 million).
#: With one worker that is no gain: 0.5 s more of 2.6, for texts are made ready anew in each round. More share rounds of 0.4 s too.
MANY_CHARS, MANY_TO_SHARE = 20_000_000, 6_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """What an engine moves. `bind` gives its function, from what is known."""

    name: str
    phase: str                                      # for people, see `pipeline.run.progress.PHASES`
    of: str                                         # the dataset that it reads
    bind: Callable[[Known], PartFn]
    schema: pa.Schema                               # of what it makes
    columns: tuple[str, ...] | None = None          # those that it reads; None: all
    key: str | None = None                          # the column whose equal values must meet; None: it maps shard by shard
    narrow: bool = False                            # rows of a few numbers: there are NARROW_ROWS in a group, else GROUP_ROWS
    only: Callable[[Known, Dataset], Sequence[bool]] | None = None      # shards that it changes; the others pass as they are
    rescue: Callable[[Known], Rescue] | None = None
    stage: str | None = None                        # without this stage the dataset passes as it is
    when: Callable[[Known], bool] | None = None     # it is left out where this is false, and makes nothing

    def take(self, engine: Engine, known: Known) -> None:
        """Take it."""
        if self.when is not None and not self.when(known):
            return
        src, stages = known.data[self.of], known.settings.stages
        if self.stage is not None and stages is not None and self.stage not in stages:
            known.data[self.name] = src
        elif self.key is not None:
            known.data[self.name] = self._shuffle(engine, known, src)
        else:
            known.data[self.name] = self._map(engine, known, src)

    def _shuffle(self, engine: Engine, known: Known, src: Dataset) -> Dataset:
        assert self.key is not None
        assert self.columns is not None
        n_parts = max(1, -(-src.n_rows // (NARROW_ROWS if self.narrow else GROUP_ROWS)))
        known.teller.begin(self.phase, n_parts)
        return engine.shuffle(
            src, self.columns, self.key, n_parts, self.bind(known), self.schema, known.work / self.name,
            told=known.teller.hear_shards(),
        )

    def _map(self, engine: Engine, known: Known, src: Dataset) -> Dataset:
        chosen = self.only(known, src) if self.only is not None else [True] * len(src.shards)
        some = Dataset(tuple(shard for shard, is_chosen in zip(src.shards, chosen, strict=True) if is_chosen))
        made = engine.map(
            some, self.columns, self.bind(known), self.schema, known.work / self.name,
            rescue=self.rescue(known) if self.rescue is not None else None, told=self._begin(known, len(some.shards)),
        )
        return made if some == src else _merge(src, chosen, made)

    def _begin(self, known: Known, n_shards: int) -> Heard:
        """Say that it begins; of the plan bytes are counted, of the rest shards."""
        of_input = self.of == "plan"
        known.teller.begin(self.phase, sum(known.sizes) if of_input else n_shards)
        return known.teller.hear_units(known.sizes) if of_input else known.teller.hear_shards()


@dataclass(frozen=True, slots=True)
class Meeting:
    """What is done where all rows meet: in the process of the run."""

    name: str
    phase: str
    do: Callable[[Known], None]

    def take(self, engine: Engine, known: Known) -> None:
        """Take it."""
        known.teller.begin(self.phase)
        self.do(known)


@dataclass(frozen=True, slots=True)
class Moves:
    """What the engine moves more than once, as often as it takes."""

    name: str
    do: Callable[[Engine, Known], None]

    def take(self, engine: Engine, known: Known) -> None:
        """Take them."""
        self.do(engine, known)


@dataclass(frozen=True, slots=True)
class Rounds:
    """Comparisons that are moved, round after round, as long as a round is worth it; what is left open is compared at `fate`."""

    name: str
    phase: str
    bind: Callable[[Known], PartFn]
    schema: pa.Schema
    ahead: tuple[int, ...]      # how far each round asks ahead

    def take(self, engine: Engine, known: Known) -> None:
        """Take them."""
        undecided, n_chars = known.comparing.undecided, known.comparing.n_chars
        for turn, ahead in enumerate(self.ahead):
            asked = undecided.open_places(ahead)
            if not len(asked) or n_chars[undecided.docs[asked]].sum() < _many_chars(known):
                return
            if not is_known():
                warm_up()
            folder = known.work / f"{self.name}-{turn}"
            src = _write(folder / "asked", PAIRS, cut_asked(asked, n_chars[undecided.docs]))
            known.teller.begin(self.phase, len(src.shards))
            made = engine.map(src, None, self.bind(known), self.schema, folder, told=known.teller.hear_shards())
            undecided.tell_places(*read_verdicts(made))


def _many_chars(known: Known) -> int:
    """Characters that are compared from which it is worth to move them."""
    return min(MANY_CHARS, MANY_TO_SHARE) if known.at_once > 1 else MANY_CHARS


def _write(folder: Path, schema: pa.Schema, batches: Sequence[pa.RecordBatch]) -> Dataset:
    """A shard a batch."""
    world.make_folders(folder)
    return Dataset(tuple(write_shard(folder, f"{k:032x}", schema, [batch]) for k, batch in enumerate(batches)))


def _merge(src: Dataset, chosen: Sequence[bool], made: Dataset) -> Dataset:
    """The shards of `src`, those that were chosen replaced by what was made of them."""
    new = iter(made.shards)
    return Dataset(tuple(next(new) if is_chosen else shard for shard, is_chosen in zip(src.shards, chosen, strict=True)))


def _bind_clean(known: Known) -> PartFn:
    return partial(clean_part, settings=known.settings.of_cleaning())


def _bind_recur(known: Known) -> PartFn:
    return recur_part


def _bind_amend(known: Known) -> PartFn:
    return partial(
        amend_part, learned=known.data["recur"], options=known.settings.options, verify=known.settings.verify
    )


def _bind_bands(known: Known) -> PartFn:
    return partial(bands_part, ranked=known.ranked)


def _bind_pairs(known: Known) -> PartFn:
    return partial(pairs_part, ranked=known.ranked, num_perm=known.settings.options.near.num_perm)


def _bind_closest(known: Known) -> PartFn:
    return partial(closest_part, ranked=known.ranked)


def _bind_verify(known: Known) -> PartFn:
    return partial(verify_part, ranked=known.ranked, options=known.settings.options.near)


def _bind_apart(known: Known) -> PartFn:
    return partial(apart_part, ranked=known.ranked, options=known.settings.options.near)


def _bind_passages(known: Known) -> PartFn:
    return partial(passages_part, kept=known.kept)


def _bind_shared(known: Known) -> PartFn:
    return partial(shared_part, options=known.settings.options.passages)


def _bind_cut(known: Known) -> PartFn:
    return partial(
        cut_part, shared=known.data["shared"], options=known.settings.options, verify=known.settings.verify
    )


def _hold_template(known: Known, src: Dataset) -> list[bool]:
    counted = counted_of(known.data["recur"])
    return [any(holds_template(b, counted).any() for b in read_batches(shard.path, HELD_COLUMNS)) for shard in src.shards]


def _are_many(known: Known) -> bool:
    return known.data["rank"].n_rows >= MANY_DOCUMENTS


def _may_share(known: Known) -> bool:
    return known.data["kept"].n_rows >= known.settings.options.passages.min_documents


def _drops_shared(known: Known) -> bool:
    drops = known.settings.options.passages.shared == "drop"
    return drops and "shared" in known.data and known.data["shared"].n_rows > 0


def _rescue_units(known: Known) -> Rescue:
    return UnitRescue(known.settings.options.near.num_perm)


def _put_in_order(known: Known) -> None:
    check_room(known.rows.n_rows, DOCUMENT_BYTES, "documents")
    known.ordered = put_in_order(known.rows)


def _find_components(engine: Engine, known: Known) -> None:
    known.teller.begin("near-duplicates")
    find_apart(engine, known, _many_chars(known), NARROW_ROWS)


def _has_components(known: Known) -> bool:
    return "components" in known.data


STEPS: tuple[Step | Meeting | Moves | Rounds, ...] = (
    Step("clean", "read and clean", "plan", _bind_clean, PART, rescue=_rescue_units),
    Step("recur", "site lines", "clean", _bind_recur, KEYS, columns=SITE_COLUMNS, key="site", stage="boilerplate"),
    Step("amend", "site lines", "clean", _bind_amend, PART, only=_hold_template, stage="boilerplate"),
    Meeting("order", "near-duplicates", _put_in_order),
    Meeting("rank", "near-duplicates", rank_documents),
    Step("bands", "near-duplicates", "rank", _bind_bands, BANDS, columns=("doc",), when=_are_many),
    Step("pairs", "near-duplicates", "bands", _bind_pairs, PAIRS, ("key", "doc"), "key", narrow=True, when=_are_many),
    Step("closest", "near-duplicates", "pairs", _bind_closest, PAIRS, ("worse", "better"), "worse", narrow=True, when=_are_many),
    Moves("components", _find_components),
    Step("apart", "near-duplicates", "components", _bind_apart, VERDICTS, when=_has_components),
    Meeting("walk", "near-duplicates", start_walk),
    Rounds("verify", "near-duplicates", _bind_verify, VERDICTS, ahead=AHEAD),
    Meeting("fate", "near-duplicates", find_fates),
    Meeting("kept", "shared passages", list_kept),
    Step("passages", "shared passages", "kept", _bind_passages, PASSAGES, columns=("doc",), when=_may_share),
    Step("shared", "shared passages", "passages", _bind_shared, SHARED, PASSAGE_COLUMNS, "key", narrow=True, when=_may_share),
    Step("cut", "shared passages", "amend", _bind_cut, PART, when=_drops_shared),
)


def take_steps(engine: Engine, known: Known) -> None:
    """Take the plan through STEPS."""
    for step in STEPS:
        step.take(engine, known)
