"""Train the net over the lines of a page and the trees beside it, and write their weights into `pipeline/data`.

    python tools/line_model/train.py cv [FOLD...]       # figures on groups of sites left out
    python tools/line_model/train.py fit                # train on every labelled page but those of HELD, write the weights

Run it in an environment of its own with torch, lightgbm and the package's dependencies; they are never dependencies of the package.
The labelled pages are read at --shared, in place. Only weights leave this script. The net sees first the silver pages of the
crawl, whose labels a script made, then the labelled and the written ones with what `augment`, `synthetic` and `threads` make of
them; the trees see the latter alone. Neither sees a page of the groups that its figures are made on, silver pages included.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools/line_model")]

try:
    import torch  # type: ignore[import-not-found]
except ImportError:
    raise SystemExit("train.py needs torch, in an environment of its own: pip install torch") from None

import augment  # noqa: E402
import boost  # noqa: E402
import export  # noqa: E402
import judge  # noqa: E402
import learn  # noqa: E402
import pages as source  # noqa: E402
import rows as table  # noqa: E402
import synthetic  # noqa: E402
import threads  # noqa: E402
from net import LineNet  # noqa: E402

from pipeline.record import Texts  # noqa: E402
from pipeline.stages.boilerplate import features, page  # noqa: E402
from pipeline.stages.boilerplate.kernels.columns import name_rows  # noqa: E402
from pipeline.stages.boilerplate.net import N_UNUSED, unpack  # noqa: E402
from pipeline.stages.boilerplate.phrases import KINDS  # noqa: E402
from pipeline.stages.boilerplate.trees import Layout, Trees, lay_out  # noqa: E402

#: The fold whose groups the shipped weights have not seen, so that there are figures of them.
HELD = 1
#: As chosen on groups left out; see docs/boilerplate.md.
SILVER_EPOCHS, EPOCHS = 3, 16
#: Nets that go on from one that has seen the silver pages, and of which the mean is taken.
NETS = 3
SILVER_RATE, RATE = 3e-3, 2e-3
WIDTH, WORDS, DROP, BLIND = 64, 32, 0.25, 0.2
#: Pages of an epoch beside the labelled ones; the last two are documents of the clean corpora, as they are and with broken lines.
MIXED, LISTED, MADE, THREADS, CLEAN_DOCUMENTS, WRAPPED = 250, 150, 220, 100, 60, 25
#: The share of the pages that get a block of another's furniture between their lines.
GRAFT = 0.15
#: … and that get a block of headlines: above the title, as in the pages of papers, between their lines or under them.
SIEGE = 0.12
#: Pages whose prose stands in lines without commas and stops.
PLAIN = 80
CLEAN_POOL = 160
#: Pages that were written to be trained on, and pages of 80 kinds and more that are not: figures are made on them.
WRITTEN, UNSEEN = (ROOT / "tools/line_model" / name for name in ("written.jsonl", "written_unseen.jsonl"))
LABELLED = [
    "real_lines.jsonl", "crawl_lines.jsonl", "boilerplate.jsonl", "boilerplate_lines.jsonl", "boilerplate_more.jsonl",
    "boilerplate_own.jsonl", "corpora", WRITTEN.name,
]


class Material:
    """All that is trained on, measured. Written pages are of no fold: every net sees them, or none does (`unseen`)."""

    def __init__(self, shared: Path) -> None:
        self.labelled = source.load_labelled(shared, ROOT)
        if not any(p.set == "real" for p in self.labelled):
            raise SystemExit(f"no labelled pages in {shared}/data/dev: bring real_lines.jsonl and crawl_lines.jsonl, see pages.py")
        self.folds = source.assign_folds(self.labelled)
        self.written, self.unseen = source.load_written(WRITTEN), source.load_written(UNSEEN)
        self.silver = table.tabulate(source.load_silver(shared))
        self.clean = table.tabulate(source.load_corpora(shared, CLEAN_POOL))
        self.words = synthetic.cut_fragments(self.clean.pages)

    def train_on(self, fold: int | None) -> list[source.Page]:
        """The pages read or written that one that is measured on `fold` may see."""
        return [p for p in self.labelled if self.folds[p.group] != fold] + self.written

    def find_clean(self, fold: int | None) -> table.Rows:
        """Documents of the clean corpora, but one in five where there is a fold."""
        return table.take(self.clean, [i for i in range(len(self.clean.pages)) if fold is None or i % source.FOLDS != fold])


def pretrain(m: Material, fold: int | None, seed: int) -> LineNet:
    """A net that has seen the silver pages and the clean ones but those of `fold`."""
    torch.manual_seed(seed)
    silver = [i for i, p in enumerate(m.silver.pages) if m.folds.get(p.group, -1) != fold]
    base = table.join([table.take(m.silver, silver), m.find_clean(fold)])
    net = learn.fresh(base.X.shape[1] + N_UNUSED, table.tabulate(m.train_on(fold)).X, h=WIDTH, d=WORDS, drop=DROP, blind=BLIND)
    rng = np.random.default_rng(seed)
    return learn.train(net, lambda epoch: base, SILVER_EPOCHS, SILVER_RATE, rng, bare=1., l_kind=0, l_page=.1, keep_up=1.)


def refine(m: Material, start: LineNet, fold: int | None, seed: int) -> LineNet:
    """A net that goes on from `start` on the pages read and written, and on what is made of them."""
    torch.manual_seed(seed)
    rng, chance = np.random.default_rng(seed), random.Random(seed)
    train, clean = m.train_on(fold), m.find_clean(fold)
    maker = threads.Threads(chance, *m.words)

    def make(epoch: int) -> table.Rows:
        made = [make_one(k) for make_one, n in ((maker.page, MADE), (maker.thread, THREADS)) for k in range(n)]
        broken = chance.sample(clean.pages, min(WRAPPED, len(clean.pages)))
        made += [replace(augment.wrapped(chance, p), set="clean") for p in broken]
        new = augment.augment(train, chance, MIXED, made=made, n_listed=LISTED, graft=GRAFT, siege=SIEGE, n_plain=PLAIN)
        some = chance.sample(range(len(clean.pages)), min(CLEAN_DOCUMENTS, len(clean.pages)))
        return table.join([table.tabulate(new), table.take(clean, some)])
    return learn.train(copy.deepcopy(start), make, EPOCHS, RATE, rng)


def train_net(m: Material, fold: int | None, seed: int, keep: Path | None) -> LineNet:
    """The mean of the weights of some nets that go on from one, as good as the mean of what they say; they go to `keep`."""
    start = pretrain(m, fold, seed)
    nets = [refine(m, start, fold, seed + 100 * k) for k in range(NETS)]
    states = [net.state_dict() for net in nets]
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        for k, state in enumerate([start.state_dict(), *states]):
            torch.save(state, keep / f"fold{fold}-{k}.pt")
    start.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    return start


def train_trees(m: Material, fold: int | None, seed: int) -> dict[str, Any]:
    """Trees that have seen every group but those of `fold`."""
    chance = random.Random(seed)
    return boost.train(m.train_on(fold), m.find_clean(fold), threads.Threads(chance, *m.words), chance)


def lay_out_trees(arrays: dict[str, Any]) -> Layout:
    """Trees as they score."""
    return lay_out(Trees(*(arrays[name] for name in Trees._fields)), name_rows(KINDS))


def report(m: Material, nets: dict[int, LineNet], trees: dict[int, Layout], name: str) -> None:
    """The run-time decision on the pages that each net has not seen."""
    pages: list[source.Page] = []
    keep, aside, score, first = [], [], [], [0]
    for fold, net in nets.items():
        rows = table.tabulate([p for p in m.labelled if m.folds[p.group] == fold] + m.unseen)
        lines = features.measure(Texts.of(["\n".join(p.lines) for p in rows.pages]))
        decision = page.decide(lines, net=unpack(export.to_arrays(net)), trees=trees[fold])
        pages += rows.pages
        keep.append(~decision.cut)
        aside.append(decision.verdict > 0)
        score.append(decision.keep)
        first += [first[-1] + int(x) for x in rows.first[1:]]
    judge.judge(pages, np.array(first), np.concatenate(score), np.concatenate(keep), np.concatenate(aside), name)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("what", choices=["cv", "fit"])
    ap.add_argument("folds", nargs="*", type=int)
    ap.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--keep", type=Path, help="a folder for the nets as torch has them")
    a = ap.parse_args()
    torch.set_num_threads(1)
    m = Material(a.shared)
    folds = (a.folds or range(source.FOLDS)) if a.what == "cv" else [HELD]
    nets: dict[int, Any] = {}
    trees: dict[int, dict[str, Any]] = {}
    for fold in folds:
        nets[fold] = train_net(m, fold, a.seed + fold, a.keep)
        trees[fold] = train_trees(m, fold, a.seed + fold)
    report(m, nets, {fold: lay_out_trees(t) for fold, t in trees.items()}, a.what)
    if a.what == "fit":
        left_out = source.find_left_out(a.shared, m.folds, HELD)
        export.write(export.to_arrays(nets[HELD]), ROOT / "pipeline/data", [*LABELLED, "silver.jsonl.zst"], left_out)
        boost.write(trees[HELD], ROOT / "pipeline/data", LABELLED, left_out)


if __name__ == "__main__":
    main()
