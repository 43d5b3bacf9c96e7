"""The labelled pages that the line model of the boilerplate stage is trained on, as lines with labels.

Data of `../shared` is read in place and never copied; its seeds are the acceptance test and are never read here. A page's
`site` is left out as a whole when figures are made.
"""

from __future__ import annotations

import collections
import hashlib
import json
import random
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SEED = 7
FOLDS = 3       # outer folds: sites left out for the figures
INNER = 2       # inner folds: scores of the first model for the second are out of fold


#: Every file that pages are read from: the weights carry these names, so that nothing is scored on what it was trained on.
LABELLED = ("boilerplate.jsonl", "boilerplate_lines.jsonl", "boilerplate_more.jsonl", "boilerplate_own.jsonl")
BODIES = ("cwced", "silver", "misc")
TRAINED = (*LABELLED, *(f"pages_{name}.jsonl" for name in BODIES), "corpora")


@dataclass
class Page:
    """A labelled page: `label` 1 keep, 0 drop, -1 unknown, per non-blank line; `site` is left out as a whole."""

    id: str
    site: str
    kind: str           # lines | more | cwced | silver | misc | corpus
    raw: str
    label: np.ndarray[Any, Any]
    weight: float = 1.0
    gold: str = ""
    lines: list[dict[str, Any]] | None = None
    group: tuple[int, int] | None = None        # outer and inner fold, where the site does not tell
    genre: str = ""

    def folds(self) -> tuple[int, int]:
        return self.group or (number("outer" + self.site, FOLDS), number("inner" + self.site, INNER))


def number(text: str, n: int) -> int:
    return int(hashlib.md5(text.encode()).hexdigest(), 16) % n


def fold(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def bigrams(text: str) -> collections.Counter[str]:
    return collections.Counter(text[i:i + 2] for i in range(len(text) - 1))


def f1(gold: str, got: str) -> tuple[float, float, float]:
    g, h = bigrams(fold(gold)), bigrams(fold(got))
    if not g and not h:
        return 1.0, 1.0, 1.0
    same = sum((g & h).values())
    p, r = same / max(1, sum(h.values())), same / max(1, sum(g.values()))
    return p, r, 2 * p * r / max(1e-9, p + r)


def read(path: Path) -> list[dict[str, Any]]:
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
        pages.append(Page(d["id"], site, kind, d["raw"], np.array(label), weight, lines=d["lines"], genre=d["genre"]))
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
        if p.kind in ("lines", "more", "own", "cwced", "silver", "misc", "corpus") and (p.label == 1).any():
            groups[p.folds()].append(p)
    for group, members in sorted(groups.items()):
        framed = [p for p in members if p.kind in ("lines", "more", "own") and (p.label == 0).any()]
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
    places = (shared / "cases", dev, shared / "cases", ROOT / "tests/cases")
    pages = []
    for place, name, kind in zip(places, LABELLED, ("lines", "lines", "more", "own"), strict=True):
        pages += load_lines(place / name, kind)
    for name in BODIES:
        pages += load_bodies(dev / f"pages_{name}.jsonl", name)
    pages += [c for p in pages if (c := cleaned(p))]
    pages += load_corpora(shared, per_corpus)
    return pages + recombine(pages, 20)
