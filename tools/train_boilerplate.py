"""Train the line model of the boilerplate stage and write pipeline/data/boilerplate_trees.npz.

    python tools/train_boilerplate.py cv                 # held-out figures: whole sites and templates left out
    python tools/train_boilerplate.py kinds              # held-out figures: whole kinds of pages left out
    python tools/train_boilerplate.py fit                # train on everything, write the weights

Run it in an environment of its own with lightgbm and the package's dependencies (never a dependency of the package),
with the labelled data at --shared; the five seeds are the acceptance test and are never among it. Only weights leave this
script. Two models: trees over the features of a line and its place, then trees that also see the
first model's scores around the line (stacked, trained on out-of-fold scores).
"""

from __future__ import annotations

import argparse
import collections
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb  # type: ignore[import-not-found]
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from boilerplate_pages import FOLDS, INNER, SEED, TRAINED, Page, f1, fold, kept_lines, load_all  # noqa: E402

from pipeline.record import Texts  # noqa: E402
from pipeline.stages.boilerplate import features  # noqa: E402
from pipeline.stages.boilerplate.kernels import columns as col  # noqa: E402
from pipeline.stages.boilerplate.phrases import KINDS as KIND_NAMES  # noqa: E402

Array = np.ndarray[Any, Any]
FIRST: dict[str, Any] = {"num_leaves": 20, "n_trees": 160, "lr": 0.08}
SECOND: dict[str, Any] = {"num_leaves": 24, "n_trees": 240, "lr": 0.06}


@dataclass
class Table:
    pages: list[Page]
    X: Array
    y: Array
    w: Array
    page: Array
    lines: features.Measured
    first: Array


def tabulate(pages: list[Page]) -> Table:
    texts = Texts.of([p.raw for p in pages])
    lines = features.measure(texts)
    first, places = features.place(lines)
    X = features.join_rows(lines, places)
    counts = np.bincount(lines.doc, minlength=len(pages))
    for p, n in zip(pages, counts, strict=True):
        if n != len(p.label):
            raise SystemExit(f"{p.id}: {n} lines, {len(p.label)} labels")
    y = np.concatenate([p.label for p in pages])
    scale = {"more": 1.6, "own": 1.6, "lines": 1.6, "silver": 0.5, "cwced": 1.0, "misc": 1.0,
             "corpus": 0.6, "clean": 0.5, "mix": 0.5}
    w = np.concatenate([
        np.full(len(p.label), p.weight * scale[p.kind] * min(1.0, (60 / max(1, len(p.label))) ** .5)) for p in pages
    ])
    w[y < 0] = 0
    share = {"silver": .35, "corpus": .7, "clean": .6, "mix": .6}       # rows of the large sets are thinned: training time
    thin = np.concatenate([np.full(len(p.label), share.get(p.kind, 1.0)) for p in pages])
    chosen = np.random.default_rng(SEED).random(len(w)) < thin
    w = np.where(chosen, w / thin, 0)
    w[y == 1] *= 1.3            # losing content is worse than leaving noise
    return Table(pages, X, y, w, lines.doc, lines, first)


def widen(t: Table, score: Array) -> Array:
    """The rows with the first model's scores around each line, for the second model."""
    return np.concatenate((t.X, features.look_around(t.lines.own, t.first, score)), axis=1)


def train(X: Array, y: Array, w: Array, num_leaves: int, n_trees: int, lr: float) -> Any:
    use = w > 0
    data = lgb.Dataset(X[use], (y[use] == 0).astype(int), weight=w[use], free_raw_data=True)
    params = {
        "objective": "binary", "num_leaves": num_leaves, "learning_rate": lr, "min_data_in_leaf": 25, "feature_fraction": .35,
        "bagging_fraction": .7, "bagging_freq": 1, "lambda_l2": 5.0, "verbose": -1, "num_threads": 1, "seed": SEED,
        "max_bin": 63, "deterministic": True, "force_row_wise": True,
    }
    return lgb.train(params, data, n_trees)


def fit_both(t: Table, rows: Array) -> tuple[Any, Any]:
    """Both models on the rows given; the second sees out-of-fold scores of the first."""
    inner = np.array([p.folds()[1] for p in t.pages])[t.page]
    score = np.zeros(len(t.y))
    for k in range(INNER):
        a, b = rows & (inner != k), rows & (inner == k)
        score[b] = train(t.X[a], t.y[a], t.w[a], **FIRST).predict(t.X[b])
    first = train(t.X[rows], t.y[rows], t.w[rows], **FIRST)
    X2 = widen(t, score)
    second = train(X2[rows], t.y[rows], t.w[rows], **SECOND)
    return first, second


def judge(t: Table, keep: Array, name: str) -> None:
    """The figures of evaluate.py for a choice of lines."""
    by_kind: dict[str, list[tuple[float, float, float]]] = collections.defaultdict(list)
    counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0, 0])
    for i, p in enumerate(t.pages):
        rows = np.flatnonzero(t.page == i)
        if not len(rows) or p.kind == "mix":
            continue
        got = "\n".join(x for x, k in zip(kept_lines(p.raw), keep[rows], strict=True) if k)
        if p.lines is not None:
            tp, fp, fn = score_lines(p, got)
            counts[p.kind] = [a + b for a, b in zip(counts[p.kind], (tp, fp, fn), strict=True)]
        elif p.gold:
            by_kind[p.kind].append(f1(p.gold, got))
        else:
            counts[p.kind + " chars kept"][0] += len(fold(got))
            counts[p.kind + " chars kept"][2] += len(fold(p.raw)) - len(fold(got))
    out = []
    for kind, (tp, fp, fn) in sorted(counts.items()):
        pr, rc = tp / max(1, tp + fp), tp / max(1, tp + fn)
        f = 2 * pr * rc / max(1e-9, pr + rc)
        out.append(f"{kind}: {rc:.4f}" if "chars" in kind else f"{kind}: F {f:.4f} P {pr:.3f} R {rc:.3f}")
    for kind, ones in sorted(by_kind.items()):
        pr, rc, f = (sum(c) / len(ones) for c in zip(*ones, strict=True))
        out.append(f"{kind}: F {f:.4f} P {pr:.3f} R {rc:.3f}")
    print(name, " | ".join(out), flush=True)


def score_lines(p: Page, text: str) -> tuple[int, int, int]:
    got = collections.Counter(x for x in map(fold, text.split("\n")) if x)
    want: collections.Counter[str] = collections.Counter()
    soft: collections.Counter[str] = collections.Counter()
    for line in p.lines or ():
        t = fold(line["text"])
        if not t:
            continue
        if line.get("soft"):
            soft[t] += 1
        elif line["label"] == "keep":
            want[t] += 1
    blob = "\n".join(got)
    hit = sum(min(n, got[t]) if got[t] else (n if len(t) > 12 and t in blob else 0) for t, n in want.items())
    extra = sum(max(0, n - want[t] - soft[t]) for t, n in got.items()
                if not (len(t) > 12 and any(t in w or w in t for w in want if len(w) > 12)))
    return hit, extra, sum(want.values()) - hit


def score_by_hand(t: Table) -> Array:
    """The other design: hand-set scores of a line, smoothed over its neighbours. Kept as the reference in the figures."""
    own, cover = t.lines.own, t.lines.cover
    size, section, content = own[:, col.FOLDED_LENGTH], cover[:, KIND_NAMES.index("section")], cover[:, KIND_NAMES.index("content")]
    s = .35 + .8 * own[:, col.FURNITURE] + .35 * section * (size < 3) + .3 * ((own[:, col.N_DATES] > 0) & (own[:, col.N_TIMES] > 0))
    s += .2 * (own[:, col.N_ARROWS] > 0) + .25 * (own[:, col.IS_PHRASE] > 0) + .15 * (own[:, col.N_PHONES] > 0)
    s += .15 * (size < 1.7) - .6 * own[:, col.PARAGRAPH] - .2 * own[:, col.ENDS_SENTENCE]
    s -= .2 * (content > .5) + .15 * (own[:, col.ECHO] > .6) * (size < 3.6)
    s = np.clip(s, 0, 1)
    out = s.copy()
    for i in range(len(t.first) - 1):
        a, b = t.first[i], t.first[i + 1]
        pad = np.pad(s[a:b], 3, mode="edge")
        out[a:b] = .5 * s[a:b] + .5 * np.convolve(pad, np.ones(7) / 7, "valid")
    return np.asarray(out)


def cross_validate(t: Table) -> None:
    hand = score_by_hand(t)
    for cut in (.4, .45, .5, .55):
        judge(t, hand < cut, f"hand   {cut}")
    outer = np.array([p.folds()[0] for p in t.pages])[t.page]
    s1, s2 = np.zeros(len(t.y)), np.zeros(len(t.y))
    for k in range(FOLDS):
        first, second = fit_both(t, outer != k)
        s1[outer == k] = first.predict(t.X[outer == k])
        score = first.predict(t.X)
        s2[outer == k] = second.predict(widen(t, score))[outer == k]
    for cut in (.45, .5, .55, .6):
        judge(t, s1 < cut, f"first  {cut}")
        judge(t, s2 < cut, f"second {cut}")
        judge(t, (s1 + s2) / 2 < cut, f"mean   {cut}")
    np.save("/tmp/bp_oof.npy", np.stack([s1, s2]))


KINDS = {
    "forum": r"forum", "questions and answers": r"qa|faq|gov-message|gov-letter",
    "encyclopedia and word lists": r"ency|dict|wiki|baike",
    "blog": r"blog|wechat|column|note", "government and courts": r"gov|court|tender|law",
    "recipes, poems, tables, shops": r"recipe|poem|table|list|product|song|lyric|novel|time|score|job|weather|exam",
}


def leave_kinds_out(t: Table) -> None:
    """The figures on each kind of page with that kind left out of the training (and what was recombined from it)."""
    genre = np.array([p.genre for p in t.pages], object)
    for name, pattern in KINDS.items():
        out = np.array([bool(re.match(pattern, g)) for g in genre])
        away = {p.id for p, o in zip(t.pages, out, strict=True) if o}
        use = np.array([not o and p.kind != "mix" and p.id.rstrip("+") not in away for p, o in zip(t.pages, out, strict=True)])
        first, second = fit_both(t, use[t.page])
        rows = out[t.page]
        score = first.predict(t.X)
        keep = np.zeros(len(t.y), bool)
        keep[rows] = ((score + second.predict(widen(t, score))) / 2)[rows] < .5
        counts = np.zeros(3, int)
        for i in np.flatnonzero(out):
            p, kept = t.pages[i], keep[t.page == i]
            counts += score_lines(p, "\n".join(x for x, k in zip(kept_lines(p.raw), kept, strict=True) if k))
        tp, fp, fn = counts
        f = 2 * tp / (2 * tp + fp + fn)
        print(f"{name}: {out.sum()} pages, F {f:.4f} P {tp / (tp + fp):.3f} R {tp / (tp + fn):.3f}", flush=True)


def flatten(model: Any, rows: Array, names: list[str]) -> dict[str, Array]:
    """Trees as flat arrays, fields of pipeline.stages.boilerplate.trees.Trees; `rows` are usual ones, to score fast."""
    root: list[int] = []
    feature: list[int] = []
    value: list[float] = []
    left: list[int] = []
    right: list[int] = []

    def walk(node: dict[str, Any]) -> int:
        at = len(feature)
        feature.append(-1)
        value.append(node.get("leaf_value", 0.0))
        left.append(0)
        right.append(0)
        if "split_feature" in node:
            limit = np.float32(node["threshold"])          # rounded down: rows are float32, thresholds may lie between two
            feature[at] = node["split_feature"]
            value[at] = float(limit if float(limit) <= node["threshold"] else np.nextafter(limit, np.float32(-np.inf)))
            left[at] = walk(node["left_child"])
            right[at] = walk(node["right_child"])
        return at

    for tree in model.dump_model()["tree_info"]:
        root.append(walk(tree["tree_structure"]))
    return {
        "root": np.array(root, np.int32), "feature": np.array(feature, np.int16), "value": np.array(value, np.float32),
        "left": np.array(left, np.int32), "right": np.array(right, np.int32),
        "usual": np.median(rows, axis=0).astype(np.float32), "names": np.array(names),
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("what", choices=["cv", "kinds", "fit"])
    ap.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    ap.add_argument("--corpus-docs", type=int, default=80)
    a = ap.parse_args()
    t = tabulate(load_all(a.shared, a.corpus_docs))
    print(len(t.pages), "pages", t.X.shape, "keep", (t.y == 1).mean().round(3), flush=True)
    if a.what == "cv":
        cross_validate(t)
        return
    if a.what == "kinds":
        leave_kinds_out(t)
        return
    first, second = fit_both(t, np.ones(len(t.y), bool))
    X2 = widen(t, first.predict(t.X))
    common = np.array([p.kind == "corpus" for p in t.pages])[t.page]        # most input is like this
    names = col.name_rows(KIND_NAMES)
    both = [*names, *col.name_around()]
    named = (("first", first, t.X[common], names), ("second", second, X2, both))   # the second sees furnished pages only
    arrays = {f"{name}_{k}": v for name, model, rows, at in named for k, v in flatten(model, rows, at).items()}
    arrays["trained"] = np.array(TRAINED)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    (ROOT / "pipeline/data/boilerplate_trees.npz").write_bytes(buffer.getvalue())
    print("wrote", len(buffer.getvalue()), "bytes")


if __name__ == "__main__":
    main()
