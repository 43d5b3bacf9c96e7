"""Train the line model of the boilerplate stage and write pipeline/data/boilerplate_trees.npz.

    python tools/train_boilerplate.py cv                 # held-out figures: whole sites and templates left out
    python tools/train_boilerplate.py fit                # train on everything, write the weights

Run it in an environment of its own with lightgbm and the package's dependencies (never a dependency of the package),
with the labelled data at --shared. Only weights leave this script. Two models: trees over the features of a line and
its place, then trees that also see the first model's scores around the line (stacked, trained on out-of-fold scores).
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import io
import json
import random
import re
import sys
import types
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
if "--alone" in sys.argv:       # without the other stages, while they are being built
    import pipeline  # noqa: F401

    stages = types.ModuleType("pipeline.stages")
    stages.__path__ = [str(ROOT / "pipeline" / "stages")]
    sys.modules["pipeline.stages"] = stages

from pipeline.canonical import canonical_text  # noqa: E402
from pipeline.record import Texts  # noqa: E402
from pipeline.stages.boilerplate import features  # noqa: E402

SEED = 7
FOLDS = 3
FIRST = {"num_leaves": 20, "n_trees": 160, "lr": 0.08}
SECOND = {"num_leaves": 24, "n_trees": 240, "lr": 0.06}


@dataclass
class Page:
    """A labelled page: `label` 1 keep, 0 drop, -1 unknown, per non-blank line; `site` is left out as a whole."""

    id: str
    site: str
    kind: str           # lines | more | cwced | silver | misc | corpus
    raw: str
    label: np.ndarray
    weight: float = 1.0
    gold: str = ""
    lines: list | None = None
    group: tuple[int, int] | None = None        # outer and inner fold, where the site does not tell

    def folds(self) -> tuple[int, int]:
        return self.group or (number("outer" + self.site, FOLDS), number("inner" + self.site, 2))


def number(text: str, n: int) -> int:
    return int(hashlib.md5(text.encode()).hexdigest(), 16) % n


def fold(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def bigrams(text: str) -> collections.Counter:
    return collections.Counter(text[i:i + 2] for i in range(len(text) - 1))


def f1(gold: str, got: str) -> tuple[float, float, float]:
    g, h = bigrams(fold(gold)), bigrams(fold(got))
    if not g and not h:
        return 1.0, 1.0, 1.0
    same = sum((g & h).values())
    p, r = same / max(1, sum(h.values())), same / max(1, sum(g.values()))
    return p, r, 2 * p * r / max(1e-9, p + r)


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line] if path.exists() else []


def kept_lines(raw: str) -> list[str]:
    return [x for x in raw.split("\n") if x.strip()]


def load_lines(path: Path, kind: str) -> list[Page]:
    pages = []
    for d in read(path):
        m = re.search(r"tests/(\w+)/", d.get("source", ""))
        site = m[1] if m else d["id"]
        queue = collections.defaultdict(list)
        for x in d["lines"]:
            queue[fold(x["text"])].append(x)
        label = []
        for text in kept_lines(d["raw"]):
            rows = queue.get(fold(text))
            x = rows.pop(0) if rows and len(rows) > 1 else rows[0] if rows else None
            label.append(-1 if x is None or x.get("soft") else int(x["label"] == "keep"))
        weight = 3.0 if d.get("trap") or "trap" in d["genre"] else 1.0
        pages.append(Page(d["id"], site, kind, d["raw"], np.array(label), weight, lines=d["lines"]))
    return pages


def load_bodies(path: Path, kind: str) -> list[Page]:
    """Pages with body-only gold: a line that the gold holds is kept; title-like lines near the top are unknown."""
    pages = []
    for d in read(path):
        if d.get("gold_in_raw", 1) < .7:
            continue
        gold, gold_lines = fold(d["gold_text"]), {fold(x) for x in d["gold_text"].split("\n")}
        pairs = set(bigrams(gold))
        texts = [fold(x) for x in kept_lines(d["raw_text"])]
        label = np.zeros(len(texts), int)
        for i, t in enumerate(texts):
            if len(t) >= 8:
                inside = t in gold
                if not inside and len(t) > 20:
                    b = bigrams(t)
                    inside = sum(n for g, n in b.items() if g in pairs) / sum(b.values()) > .9
            else:
                inside = t in gold_lines
            label[i] = int(inside)
        body = [i for i in range(len(texts)) if label[i] and len(texts[i]) >= 25]
        if body:
            lo, hi = body[0], body[-1]
            for i, t in enumerate(texts):
                if label[i] and len(t) < 25 and not lo - 15 <= i <= hi + 15:
                    label[i] = -1                   # a short line of the gold that recurs in the furniture
                b = bigrams(t)
                echo = sum(n for g, n in b.items() if g in pairs) / max(1, sum(b.values()))
                if not label[i] and lo - 12 <= i < lo and 6 <= len(t) <= 45 and echo > .55:
                    label[i] = -1                   # may be the title, which the policy keeps and this gold leaves out
        site = re.sub(r"/.*|^gne-|^[a-z]+-(?=[a-z]+-)", "", d["id"]) if kind == "silver" else d["id"]
        host = re.search(r"//([^/]+)", d.get("url") or "")
        if host:
            site = ".".join(host[1].split(".")[-3:])
        if "错误信息" in d["gold_text"][:60] or "blog.wenxuecity" in (d.get("url") or ""):
            label[:] = -1       # an error page that this gold calls a body, and one post out of a page of many
        pages.append(Page(d["id"], site, kind, d["raw_text"], label, 1.0, d["gold_text"]))
    return pages


def load_seeds(shared: Path) -> list[Page]:
    """The five real pages: a line of the gold is kept, its second copy (which is for the repeats stage) unknown."""
    pages = []
    for path in sorted((shared / "seeds").glob("*.txt")):
        gold = canonical_text((shared / "cases/seeds_gold" / f"{path.name[:3]}.txt").read_text("utf-8"))
        pairs, label, seen = set(bigrams(gold)), [], set()
        raw = path.read_text("utf-8")
        lines = kept_lines(raw)
        for i, line in enumerate(lines):
            t = canonical_text(line)
            if t in seen and len(t) > 8 and gold.startswith(t) and i > .6 * len(lines):
                label.append(0)             # the title again under the text
                continue
            b = bigrams(t)
            inside = t in gold or (len(t) > 8 and sum(n for g, n in b.items() if g in pairs) / max(1, sum(b.values())) > .85)
            label.append(-1 if t in seen or not t else int(inside and len(t) > 3))
            seen.add(t)
        pages.append(Page("seed " + path.name[:3], "seed" + path.name[:3], "seed", raw, np.array(label)))
    return pages


def load_corpora(shared: Path, per_corpus: int) -> list[Page]:
    import zstandard
    pages = []
    for path in sorted((shared / "data/corpora").glob("*.zst")):
        rng, rows = random.Random(SEED), []
        with zstandard.open(path, "rt", encoding="utf-8", newline="\n") as f:
            for n, line in enumerate(f):
                if n > 3000:
                    break
                rows.append(line)
        for line in rng.sample(rows, min(per_corpus, len(rows))):
            text = json.loads(line)["text"]
            cut = "\n".join(text.split("\n")[:180])
            n = len(kept_lines(cut))
            if n:
                site = path.stem + hashlib.md5(text.encode()).hexdigest()[:1]
                pages.append(Page(path.stem, site, "corpus", cut, np.ones(n, int)))
    return pages


def cleaned(page: Page) -> Page | None:
    """The page as the stage should leave it: everything in it is kept. Teaches it to leave clean text alone."""
    lines = kept_lines(page.raw)
    keep = [x for x, y in zip(lines, page.label, strict=True) if y == 1]
    if len(keep) < 2:
        return None
    return Page(page.id + "+", page.site, "clean", "\n".join(keep), np.ones(len(keep), int))


def recombine(pages: list[Page], n: int) -> list[Page]:
    """Pages made of the top of one, the middle of another and the foot of a third, all of one fold.

    Furniture and text come in combinations that the labelled pages do not show: a table under a forum's head, a
    notice between a portal's menu and its hot list.
    """
    rng, out = random.Random(SEED), []
    groups = collections.defaultdict(list)
    for p in pages:
        if p.kind in ("lines", "more", "own", "seed", "cwced", "silver", "misc", "corpus") and (p.label == 1).any():
            groups[p.folds()].append(p)
    for group, members in sorted(groups.items()):
        framed = [p for p in members if p.kind in ("lines", "more", "own", "seed") and (p.label == 0).any()]
        middles = [p for p in members if p.kind != "silver"]
        for _ in range(n * len(framed) // max(1, len(groups)) + (n if framed else 0)):
            out.append(compose(rng, rng.choice(framed), rng.choice(middles), rng.choice(framed), group))
    return out


def compose(rng: random.Random, a: Page, b: Page, c: Page, group: tuple[int, int]) -> Page:
    """The top of `a`, what it has under its title, the middle of `b`, the foot of `c`; often only a few lines of each."""
    la, lb, lc = kept_lines(a.raw), kept_lines(b.raw), kept_lines(c.raw)
    ka, kb, kc = np.flatnonzero(a.label == 1), np.flatnonzero(b.label == 1), np.flatnonzero(c.label == 1)
    top, foot = slice(0, ka[0]), slice(kc[-1] + 1, len(lc))
    if rng.random() < .5:
        top = slice(max(0, ka[0] - rng.randint(0, 3)), ka[0])
    if rng.random() < .5:
        foot = slice(kc[-1] + 1, kc[-1] + 1 + rng.randint(0, 5))
    under = slice(ka[0] + 1, ka[1] if len(ka) > 1 else ka[0] + 1)
    middle = slice(kb[0], kb[-1] + 1)
    if b.kind not in ("corpus", "cwced", "silver", "misc") or under.stop - under.start > 8:
        under = slice(0, 0)
    title, rest = slice(middle.start, middle.start + 1), slice(middle.start + 1, middle.stop)
    parts = [(la, a, top), (lb, b, title), (la, a, under), (lb, b, rest), (lc, c, foot)]
    lines = [x for text, _, part in parts for x in text[part]]
    label = np.concatenate([p.label[part] for _, p, part in parts])
    return Page("mix", "mix", "mix", "\n".join(lines), label, 1.0, group=group)


def load_all(shared: Path, per_corpus: int) -> list[Page]:
    dev = shared / "data/dev"
    pages = load_lines(shared / "cases/boilerplate.jsonl", "lines") + load_lines(dev / "boilerplate_lines.jsonl", "lines")
    pages += load_lines(shared / "cases/boilerplate_more.jsonl", "more")
    pages += load_lines(ROOT / "tests/cases/boilerplate_own.jsonl", "own")
    pages += load_seeds(shared)
    for name in ("cwced", "silver", "misc"):
        pages += load_bodies(dev / f"pages_{name}.jsonl", name)
    pages += [c for p in pages if (c := cleaned(p))]
    pages += load_corpora(shared, per_corpus)
    return pages + recombine(pages, 20)


@dataclass
class Table:
    pages: list[Page]
    X: np.ndarray
    y: np.ndarray
    w: np.ndarray
    page: np.ndarray
    lines: features.Measured
    first: np.ndarray


def tabulate(pages: list[Page]) -> Table:
    texts = Texts.of([p.raw for p in pages])
    lines = features.measure(texts)
    first, X = features.place(lines)
    counts = np.bincount(lines.doc, minlength=len(pages))
    for p, n in zip(pages, counts, strict=True):
        if n != len(p.label):
            raise SystemExit(f"{p.id}: {n} lines, {len(p.label)} labels")
    y = np.concatenate([p.label for p in pages])
    scale = {"more": 1.6, "own": 1.6, "seed": 2.0, "lines": 1.6, "silver": 0.5, "cwced": 1.0, "misc": 1.0,
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


def train(X, y, w, num_leaves, n_trees, lr):
    use = w > 0
    data = lgb.Dataset(X[use], (y[use] == 0).astype(int), weight=w[use], free_raw_data=True)
    params = {
        "objective": "binary", "num_leaves": num_leaves, "learning_rate": lr, "min_data_in_leaf": 25, "feature_fraction": .35,
        "bagging_fraction": .7, "bagging_freq": 1, "lambda_l2": 5.0, "verbose": -1, "num_threads": 1, "seed": SEED,
        "max_bin": 63, "deterministic": True, "force_row_wise": True,
    }
    return lgb.train(params, data, n_trees)


def fit_both(t: Table, rows: np.ndarray):
    """Both models on the rows given; the second sees out-of-fold scores of the first."""
    inner = np.array([p.folds()[1] for p in t.pages])[t.page]
    score = np.zeros(len(t.y))
    for k in range(2):
        a, b = rows & (inner != k), rows & (inner == k)
        score[b] = train(t.X[a], t.y[a], t.w[a], **FIRST).predict(t.X[b])
    first = train(t.X[rows], t.y[rows], t.w[rows], **FIRST)
    X2 = features.rescore(t.lines, t.first, t.X, score)
    second = train(X2[rows], t.y[rows], t.w[rows], **SECOND)
    return first, second


def judge(t: Table, keep: np.ndarray, name: str) -> None:
    """The figures of evaluate.py for a choice of lines."""
    by_kind = collections.defaultdict(list)
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for i, p in enumerate(t.pages):
        rows = np.flatnonzero(t.page == i)
        if not len(rows) or p.kind == "mix":
            continue
        got = "\n".join(x for x, k in zip(kept_lines(p.raw), keep[rows], strict=True) if k)
        if p.lines is not None:
            tp, fp, fn = score_lines(p, got)
            for k, v in enumerate((tp, fp, fn)):
                counts[p.kind][k] += v
        elif p.kind == "seed":
            bad = (p.label >= 0) & (keep[rows] != (p.label == 1))
            print("   ", p.id, "wrong", int(bad.sum()), "of", len(bad))
        elif p.gold:
            by_kind[p.kind].append(f1(p.gold, got))
        else:
            counts[p.kind + " chars kept"][0] += len(fold(got))
            counts[p.kind + " chars kept"][2] += len(fold(p.raw)) - len(fold(got))
    out = []
    for k, (tp, fp, fn) in sorted(counts.items()):
        pr, rc = tp / max(1, tp + fp), tp / max(1, tp + fn)
        out.append(f"{k}: {rc:.4f}" if "chars" in k else f"{k}: F {2 * pr * rc / max(1e-9, pr + rc):.4f} P {pr:.3f} R {rc:.3f}")
    for k, v in sorted(by_kind.items()):
        p_, r_, f_ = (sum(c) / len(v) for c in zip(*v, strict=True))
        out.append(f"{k}: F {f_:.4f} P {p_:.3f} R {r_:.3f}")
    print(name, " | ".join(out), flush=True)


def score_lines(p: Page, text: str) -> tuple[int, int, int]:
    got = collections.Counter(x for x in map(fold, text.split("\n")) if x)
    want, soft = collections.Counter(), collections.Counter()
    for line in p.lines:
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


def score_by_hand(t: Table) -> np.ndarray:
    """The other design: hand-set scores of a line, smoothed over its neighbours. Kept as the reference in the figures."""
    own, cover = t.lines.own, t.lines.cover
    s = .35 + .8 * own[:, 28] + .35 * cover[:, 0] * (own[:, 27] < 3) + .3 * ((own[:, 11] > 0) & (own[:, 12] > 0))
    s += .2 * (own[:, 14] > 0) + .25 * (own[:, 30] > 0) + .15 * (own[:, 13] > 0) - .6 * own[:, 31] - .2 * own[:, 15]
    s += .15 * (own[:, 27] < 1.7) - .2 * (cover[:, -3] > .5) - .15 * (own[:, 32] > .6) * (own[:, 27] < 3.6)
    s = np.clip(s, 0, 1)
    out = s.copy()
    for i in range(len(t.first) - 1):
        a, b = t.first[i], t.first[i + 1]
        pad = np.pad(s[a:b], 3, mode="edge")
        out[a:b] = .5 * s[a:b] + .5 * np.convolve(pad, np.ones(7) / 7, "valid")
    return out


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
        s2[outer == k] = second.predict(features.rescore(t.lines, t.first, t.X, score))[outer == k]
    for cut in (.45, .5, .55, .6):
        judge(t, s1 < cut, f"first  {cut}")
        judge(t, s2 < cut, f"second {cut}")
        judge(t, (s1 + s2) / 2 < cut, f"mean   {cut}")
    np.save("/tmp/bp_oof.npy", np.stack([s1, s2]))
    gain = sorted(zip(second.feature_importance("gain"), range(len(second.feature_importance())), strict=True), reverse=True)[:30]
    print("gain", [(k, int(g)) for g, k in gain])


def flatten(model) -> dict[str, np.ndarray]:
    """Trees as flat arrays for pipeline.kernels.trees."""
    root, feature, value, left, right = [], [], [], [], []
    def walk(node) -> int:
        at = len(feature)
        feature.append(-1)
        value.append(node.get("leaf_value", 0.0))
        left.append(0)
        right.append(0)
        if "split_feature" in node:
            feature[at], value[at] = node["split_feature"], node["threshold"]
            left[at] = walk(node["left_child"])
            right[at] = walk(node["right_child"])
        return at
    for tree in model.dump_model()["tree_info"]:
        root.append(walk(tree["tree_structure"]))
    return {
        "root": np.array(root, np.int32), "feature": np.array(feature, np.int16), "value": np.array(value, np.float32),
        "left": np.array(left, np.int32), "right": np.array(right, np.int32),
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("what", choices=["cv", "fit"])
    ap.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    ap.add_argument("--corpus-docs", type=int, default=80)
    ap.add_argument("--alone", action="store_true")
    a = ap.parse_args()
    t = tabulate(load_all(a.shared, a.corpus_docs))
    print(len(t.pages), "pages", t.X.shape, "keep", (t.y == 1).mean().round(3), flush=True)
    if a.what == "cv":
        cross_validate(t)
        return
    first, second = fit_both(t, np.ones(len(t.y), bool))
    arrays = {f"{name}_{k}": v for name, m in (("first", first), ("second", second)) for k, v in flatten(m).items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    (ROOT / "pipeline/data/boilerplate_trees.npz").write_bytes(buffer.getvalue())
    print("wrote", len(buffer.getvalue()), "bytes")


if __name__ == "__main__":
    main()
