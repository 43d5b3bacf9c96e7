"""Quality on the cases that the repository holds, as a floor that only rises.

    python -m tests.gate            score and compare with tests/gate.json
    python -m tests.gate --raise    write better figures into it; a figure never goes down

Lowering a floor takes an edit of gate.json by hand, with the reason in the commit.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline import clean_text, near_duplicates

HERE = Path(__file__).parent
FLOOR = HERE / "gate.json"


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


def score_boilerplate(name: str) -> Iterator[tuple[str, float]]:
    """F1 and recall over lines to keep."""
    hit = extra = lost = 0
    for row in cases(name):
        got = Counter(filter(None, map(fold, clean_text(row["raw"], stages=["boilerplate"]).text.split("\n"))))
        firm = [line for line in row["lines"] if not line.get("soft")]
        want = Counter(fold(line["text"]) for line in firm if line["label"] == "keep" and fold(line["text"]))
        soft = Counter(fold(line["text"]) for line in row["lines"] if line.get("soft"))
        hit += (want & got).total()
        lost += (want - got).total()
        extra += (got - want - soft).total()
    yield f"{name} f1", 2 * hit / max(1, 2 * hit + extra + lost)
    yield f"{name} recall", hit / max(1, hit + lost)


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
    for scores in (
        score_pinyin(), score_repeats(), score_boilerplate("boilerplate"), score_boilerplate("boilerplate_more"), score_near(),
    ):
        figures |= scores
    return {name: int(value * 10_000) / 10_000 for name, value in figures.items()}


def main() -> None:
    """Score, compare, and raise the floor where asked to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--raise", dest="lift", action="store_true")
    args = parser.parse_args()
    floor = json.loads(FLOOR.read_text("utf-8")) if FLOOR.exists() else {}
    figures = score_all()
    fallen = [name for name, least in floor.items() if figures.get(name, 0) < least]
    for name, value in figures.items():
        print(f"{name:32s} {value:.4f}   floor {floor.get(name, 0):.4f}{'   FELL' if name in fallen else ''}")
    if args.lift:
        raised = {name: max(value, floor.get(name, 0)) for name, value in figures.items()}
        FLOOR.write_text(json.dumps(raised, indent=1) + "\n", "utf-8")
    sys.exit(1 if fallen else 0)


if __name__ == "__main__":
    main()
