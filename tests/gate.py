"""Quality as a floor that only rises: on the repository's cases, and for the line model on sites that were left out.

    python -m tests.gate            score and compare with tests/gate.json
    python -m tests.gate --raise    write better figures into it; a figure never goes down

Lowering a floor takes an edit of gate.json by hand, with the reason in the commit.

The weights of the boilerplate stage were trained on `tests/cases/boilerplate*.jsonl`, `boilerplate_forms.jsonl` apart, so that no
figure of those is a floor here. Its floors are `boilerplate_forms.jsonl`, and pages of `../shared` that the weights have never
seen, pinned with the digest of the data: of the pages labelled by line (LINES) those of the sites that the weights name as left
out of their training, and all of BODIES. Where that folder is absent the gate says so and leaves those figures unchecked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import clean_text, near_duplicates
from pipeline.edits import apply
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate import propose

HERE = Path(__file__).parent
FLOOR = HERE / "gate.json"
SHARED = HERE.parents[1] / "shared/data/dev"
#: Real pages, labelled by reading line by line.
LINES = ("real_lines.jsonl", "crawl_lines.jsonl")
#: Pages with the body marked by hand: news of five sites, and of many.
BODIES = ("pages_xmu.jsonl", "pages_cwced.jsonl")
LEFT_OUT = (*LINES, *BODIES)
WEIGHTS = ("line_net.npz", "boilerplate_trees.npz")
KEY = "boilerplate, whole sites left out"
#: Bodies that were marked by hand hold some 原标题：…, which are to leave the text: their recall does not count.
_ORIGINAL = re.compile(r"^[（(]?原标题[：:].{0,60}$", re.MULTILINE)


def cases(name: str) -> list[dict[str, Any]]:
    """Rows of a case file, without those marked ambiguous."""
    path = HERE / "cases" / f"{name}.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").rstrip("\n").split("\n")]
    return [row for row in rows if not row.get("ambiguous")]


def fold(text: str) -> str:
    """Text without differences of width and white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def score_pinyin() -> Iterator[tuple[str, float]]:
    """Share of exact results, of all cases and of those to keep."""
    right: dict[str, list[bool]] = {"strip": [], "keep": []}
    for row in cases("pinyin"):
        right[row["action"]].append(clean_text(row["text"], stages=["pinyin"]).text == row["expected"])
    both = right["strip"] + right["keep"]
    yield "pinyin exact", sum(both) / len(both)
    yield "pinyin kept", sum(right["keep"]) / len(right["keep"])


def score_repeats() -> Iterator[tuple[str, float]]:
    """Share of exact results, of all cases and of the traps."""
    right: list[tuple[bool, bool]] = []
    for row in cases("repeats"):
        got = fold(clean_text(row["text"]).text)
        right.append((any(got == fold(e) for e in [row["expected"], *row.get("accept", [])]), bool(row.get("trap"))))
    traps = [ok for ok, trap in right if trap]
    yield "repeats exact", sum(ok for ok, _ in right) / len(right)
    yield "repeats traps kept", sum(traps) / len(traps)


def score_forms() -> Iterator[tuple[str, float]]:
    """Share of the forms that look like furniture, and of the furniture beside them, that come out right: never trained on."""
    right: list[bool] = []
    for row in cases("boilerplate_forms"):
        got = clean_text(row["raw"], stages=["boilerplate"]).text.split("\n")
        right.append(all(line in got for line in row["keep"]) and not any(line in got for line in row["drop"]))
    yield "boilerplate_forms exact", sum(right) / len(right)


def find_left_out() -> dict[str, Path]:
    """The files of LEFT_OUT that are there."""
    return {name: SHARED / name for name in LEFT_OUT if (SHARED / name).exists()}


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def find_left_out_sites() -> set[str]:
    """Sites of LINES that no weights of the stage were trained on: they say so."""
    found = []
    for name in WEIGHTS:
        with np.load(str(resources.files("pipeline") / "data" / name)) as weights:
            found.append(set(weights["left_out"].tolist()))
    return set.intersection(*found)


def score_left_out(path: Path) -> dict[str, float]:
    """F1 and recall by the stage with the weights as shipped."""
    rows = [json.loads(line) for line in path.read_text("utf-8").rstrip("\n").split("\n")]
    if path.name in BODIES:
        return score_bodies([row for row in rows if row.get("gold_in_raw", 1) >= 0.7])
    sites = find_left_out_sites()
    return score_lines([row for row in rows if row["site"] in sites])


def clean_pages(pages: list[str]) -> list[str]:
    """Pages without their boilerplate."""
    texts = Texts.of(pages)
    return apply(texts, propose(texts, BoilerplateOptions()).edits).all()


def score_bodies(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Over the pairs of characters of the bodies: means over pages."""
    f1 = recall = 0.0
    for row, text in zip(rows, clean_pages([row["raw_text"] for row in rows]), strict=True):
        want, got, own = (Counter(pairwise(fold(x))) for x in (row["gold_text"], text, _ORIGINAL.sub("", row["gold_text"])))
        same = (want & got).total()
        recall += (own & got).total() / max(1, own.total())
        f1 += 2 * same / max(1, want.total() + got.total())
    return {"f1": _down(f1 / len(rows)), "recall": _down(recall / len(rows))}


def score_lines(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Over the lines of the pages that hold text."""
    rows = [row for row in rows if any(line["label"] == "keep" and not line.get("soft") for line in row["lines"])]
    hit = extra = lost = 0
    for row, text in zip(rows, clean_pages(["\n".join(line["text"] for line in row["lines"]) for row in rows]), strict=True):
        got = Counter(filter(None, map(fold, text.split("\n"))))
        firm = [line for line in row["lines"] if not line.get("soft")]
        want = Counter(fold(line["text"]) for line in firm if line["label"] == "keep" and fold(line["text"]))
        soft = Counter(fold(line["text"]) for line in row["lines"] if line.get("soft"))
        hit += (want & got).total()
        lost += (want - got).total()
        extra += (got - want - soft).total()
    return {"f1": _down(2 * hit / max(1, 2 * hit + extra + lost)), "recall": _down(hit / max(1, hit + lost))}


def score_near() -> Iterator[tuple[str, float]]:
    """Precision and recall over labelled pairs."""
    tally: Counter[tuple[bool, bool]] = Counter()
    for row in cases("neardup"):
        pair = [clean_text(row[k]).text for k in "ab"]
        tally[any(k is not None for k in near_duplicates(pair)), row["label"] == "dup"] += 1
    yield "near-duplicates precision", tally[True, True] / max(1, tally[True, True] + tally[True, False])
    yield "near-duplicates recall", tally[True, True] / max(1, tally[True, True] + tally[False, True])


def score_all() -> dict[str, float]:
    """Every figure, rounded down to four digits."""
    figures: dict[str, float] = {}
    for scores in (score_pinyin(), score_repeats(), score_forms(), score_near()):
        figures |= scores
    return {name: _down(value) for name, value in figures.items()}


def _down(value: float) -> float:
    return int(value * 10_000) / 10_000


def check_left_out(floor: dict[str, Any], lift: bool) -> list[str]:
    """Compare the figures of pages left out, or raise them in `floor` (in place); give what fell or cannot be compared."""
    found, fallen = find_left_out(), []
    for name in LEFT_OUT:
        if name not in found:
            print(f"{name}: not there, so that its figures are left unchecked")
            continue
        pinned, figures, sha256 = floor.get(name, {}), score_left_out(found[name]), digest(found[name])
        same = pinned.get("sha256") == sha256
        fallen += [f"{name} {k}" for k, v in figures.items() if same and v < pinned[k]]
        if not same and not lift:
            fallen.append(f"{name}: other data than the figures come from; run with --raise")
        for k, value in figures.items():
            print(f"{name + ' ' + k:32s} {value:.4f}   floor {pinned.get(k, 0):.4f}")
        if lift:
            floor[name] = {"sha256": sha256, **{k: max(v, pinned.get(k, 0)) if same else v for k, v in figures.items()}}
    return fallen


def main() -> None:
    """Score, compare, and raise the floor where asked to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--raise", dest="lift", action="store_true")
    args = parser.parse_args()
    floor = json.loads(FLOOR.read_text("utf-8")) if FLOOR.exists() else {}
    figures = score_all()
    left_out = floor.setdefault(KEY, {})
    fallen = [name for name, least in floor.items() if name != KEY and figures.get(name, 0) < least]
    for name, value in figures.items():
        print(f"{name:32s} {value:.4f}   floor {floor.get(name, 0):.4f}{'   FELL' if name in fallen else ''}")
    fallen += check_left_out(left_out, args.lift)
    if args.lift:
        raised = {name: max(value, floor.get(name, 0)) for name, value in figures.items()} | {KEY: left_out}
        FLOOR.write_text(json.dumps(raised, indent=1) + "\n", "utf-8")
    if fallen:
        print("fell:", "; ".join(fallen))
    sys.exit(1 if fallen else 0)


if __name__ == "__main__":
    main()
