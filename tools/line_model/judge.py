"""The figures of `evaluate.py` for a choice of lines, and some that need scores."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np
from pages import Page, fold

Array = np.ndarray[Any, Any]


def match(page: Page, got_lines: list[str]) -> tuple[int, int, int]:
    """Lines of the content that came out, lines that should not have, lines lost, as `evaluate.boilerplate_lines` counts."""
    got = collections.Counter(x for x in map(fold, got_lines) if x)
    want: collections.Counter[str] = collections.Counter()
    soft: collections.Counter[str] = collections.Counter()
    for x in page.labels:
        t = fold(x["text"])
        if t:
            if x.get("soft"):
                soft[t] += 1
            elif x["label"] == "keep":
                want[t] += 1
    blob = "\n".join(got)
    hit = sum(min(n, got[t]) if got[t] else (n if len(t) > 12 and t in blob else 0) for t, n in want.items())
    longs = [w for w in want if len(w) > 12]
    extra = sum(max(0, n - want[t] - soft[t]) for t, n in got.items()
                if n > want[t] + soft[t] and not (len(t) > 12 and any(t in w or w in t for w in longs)))
    return hit, extra, sum(want.values()) - hit


def f1(hit: float, extra: float, lost: float) -> tuple[float, float, float]:
    p, r = hit / max(1, hit + extra), hit / max(1, hit + lost)
    return 2 * p * r / max(1e-9, p + r), p, r


def precision_at(y: Array, s: Array, recall: float = .97) -> float:
    """Precision of content lines at the threshold that keeps this share of them."""
    order = np.argsort(-s)
    hits = np.cumsum(y[order])
    k = int(np.searchsorted(hits, recall * hits[-1]))
    return float(hits[k] / (k + 1))


def judge(
    pages: list[Page], first: Array, scores: Array, keep: Array, aside: Array, name: str, sets: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Print and give the figures of each set: `keep` [lines] and `aside` [pages] are the decision, `scores` of content."""
    out: dict[str, Any] = {}
    label = np.concatenate([p.keep for p in pages])
    of = np.repeat(np.arange(len(pages)), np.diff(first))
    for s in sets or sorted({p.set for p in pages}):
        total, by_page, titles, n_titles = np.zeros(3), [], 0, 0
        bare, content, bare_aside, lost = 0, 0, 0, 0
        every = np.zeros(3)
        for i, p in enumerate(pages):
            if p.set != s:
                continue
            a, b = first[i], first[i + 1]
            got = [] if aside[i] else [x for x, k in zip(p.lines, keep[a:b], strict=True) if k]
            small = len(fold("".join(got))) < 40
            m = np.array(match(p, got))
            every += m
            if any(x["label"] == "keep" and not x.get("soft") for x in p.labels):
                total += m
                by_page.append(f1(*m)[0])
            if not any(x["label"] == "keep" for x in p.labels):
                bare += 1
                bare_aside += bool(aside[i]) or small
            if sum(len(x["text"]) for x in p.labels if x["label"] == "keep" and not x.get("soft")) >= 200:
                content += 1
                lost += bool(aside[i]) or small
            if p.head and any(fold(x["text"]) == fold(p.head) and x["label"] == "keep" for x in p.labels):
                n_titles += 1
                titles += fold(p.head) in {fold(x) for x in got}
        text = np.isin(of, [i for i, p in enumerate(pages) if p.set == s and p.verdict == 0]) & (label >= 0)
        f, pr, rc = f1(*total)
        at = precision_at(label[text] == 1, scores[text]) if text.any() else 0.0
        out[s] = {
            "F": f, "P": pr, "R": rc, "page F": float(np.mean(by_page)) if by_page else 0.0, "P@.97": at, "out": f1(*every)[1],
            "titles": f"{titles}/{n_titles}", "aside": f"{bare_aside}/{bare}", "lost": f"{lost}/{content}",
        }
        shown = "  ".join(f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}" for k, v in out[s].items())
        print(f"{name:24s} {s:6s} {shown}", flush=True)
    return out
