"""Plain twins of the boilerplate kernels: what they compute, without how."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline.chinese import codepoints as cp
from pipeline.chinese.canonical import canonical_text
from pipeline.chinese.codepoints import load_classes
from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.kernels.containers import FADES, TAU
from pipeline.stages.boilerplate.trees import Trees

Array = np.ndarray[Any, Any]


def score_row(row: Sequence[float], trees: Trees) -> float:
    """Walk every tree, add the leaves, squash."""
    total = 0.0
    for root in trees.root.tolist():
        at = root
        while trees.feature[at] >= 0:
            at = int(trees.left[at] if row[trees.feature[at]] <= trees.value[at] else trees.right[at])
        total += float(trees.value[at])
    return 1 / (1 + math.exp(-total))


def cover_share(text: str, edges: Sequence[bool], phrases: Sequence[tuple[str, int]]) -> float:
    """Share of the characters that phrases cover; a phrase is (text, mode) with modes any, word, start, line."""
    covered = np.zeros(len(text), bool)
    for phrase, mode in phrases:
        at = text.find(phrase)
        while at >= 0:
            end = at + len(phrase)
            fits = (
                mode == 0
                or (mode == 1 and edges[at] and edges[end])
                or (mode == 2 and at == 0)
                or (mode == 3 and at == 0 and end == len(text))
            )
            if fits:
                covered[at:end] = True
            at = text.find(phrase, at + 1)
    return float(covered.mean()) if len(text) else 0.0


def own_columns(line: str) -> list[float]:
    """The columns of `measure_lines` before FOLDED_LENGTH: those that need no phrases and no canonical form."""
    kinds = [int(load_classes()[ord(c)]) for c in line]
    n, first, last = len(line), kinds[0], kinds[-1]

    def count(bit: int) -> int:
        return sum(kind & bit != 0 for kind in kinds)

    tokens = len("".join(" " if k & cp.BLANK or c in "|｜" else "x" for c, k in zip(line, kinds, strict=True)).split())
    arrows = sum(c in ">»›＞→" and k & cp.SEPARATOR != 0 for c, k in zip(line, kinds, strict=True))
    return [
        math.log1p(n), sum(k & cp.HAN != 0 and not k & cp.DIGIT for k in kinds) / n, count(cp.DIGIT) / n,
        sum(k & cp.LATIN != 0 and not k & (cp.DIGIT | cp.HAN) for k in kinds) / n, count(cp.SEPARATOR) / n, count(cp.SENTENCE),
        count(cp.CLAUSE) / n, count(cp.QUOTE) / n, count(cp.OPEN), min(tokens, 40), n / max(tokens, 1),
        *read_numbers(line, kinds), min(arrows, 6), last & cp.SENTENCE != 0, line[-1] in ":：", last & cp.CLOSE != 0,
        last & cp.SEPARATOR != 0, first & cp.OPEN != 0, first & cp.SEPARATOR != 0, first & cp.DIGIT != 0, first & cp.QUOTE != 0,
        line[0] in "#@©", sum(c in "{};=(<$\\#" for c in line) / n, min(count(cp.SEPARATOR), 12), last & cp.CLAUSE != 0,
    ]


def read_numbers(line: str, kinds: Sequence[int]) -> tuple[int, int, int]:
    """Dates, times and telephone numbers: runs of digits by their lengths and the one character between them."""
    dates = times = phones = before = 0
    end = -9
    for run in re.finditer("1+", "".join("1" if kind & cp.DIGIT else "0" for kind in kinds)):
        size = len(run[0])
        joint = line[run.start() - 1] if run.start() == end + 1 else ""
        if joint and joint in ":：":
            times += before <= 2 and size == 2
        elif joint and joint in "-/.年－":
            dates += size <= 2 and before in (2, 4)
            phones += size >= 7 and before in (3, 4)
        elif line[run.end():run.end() + 1] == "月":
            dates += size <= 2
        phones += size >= 8 and joint != "."
        before, end = size, run.end()
    return dates, times, phones


def shape(line: str) -> str:
    """Runs of a class as one sign; any other character stands for itself."""
    signs = ""
    for c in line:
        kind = int(load_classes()[ord(c)])
        groups = ((cp.DIGIT, "\1"), (cp.HAN, "\2"), (cp.LATIN, "\3"), (cp.BLANK, "\4"))
        sign = next((sign for bit, sign in groups if kind & bit), c)
        signs += sign if signs[-1:] != sign else ""
    return signs


def pair_bucket(a: str, b: str) -> int:
    """Where a pair of characters is remembered."""
    return (ord(a) * 40503 + ord(b) * 9973) & 0xFFFF


def compare_columns(lines: Sequence[str], paragraph: Sequence[bool]) -> list[list[float]]:
    """Columns ECHO to SEEN_ABOVE of the lines of one document."""
    folded = [canonical_text(line) for line in lines]
    texts, shapes = [f[:200] or "shape " + shape(x) for f, x in zip(folded, lines, strict=True)], list(map(shape, lines))
    heads = [f[:2] if len(f) >= 2 else "" for f in folded]
    said = {pair_bucket(*pair) for f, p in zip(folded, paragraph, strict=True) if p for pair in itertools.pairwise(f)}
    rows = []
    for i, f in enumerate(folded):
        pairs = [pair_bucket(*pair) in said for pair in itertools.pairwise(f)]
        echo = sum(pairs) / len(pairs) if not paragraph[i] and 2 <= len(f) <= 80 else 1.0
        counts = [math.log(column.count(column[i])) for column in (texts, shapes, heads)]
        rows.append([echo, *counts, float(texts[i] in texts[:i])])
    return rows


def place_row(i: int, own: Array, share: Array, whole: Array, opening: Array) -> list[float]:
    """The columns of `place_lines` for line `i` of one document.

    `share` [n, 5] is what phrases of each group cover; `whole` and `opening` are the groups of those that are the line or open it.
    """
    n, size, paragraph = len(own), own[:, col.FOLDED_LENGTH], own[:, col.PARAGRAPH]
    furniture, ends, shape, echo = own.T[[col.FURNITURE, col.ENDS_SENTENCE, col.SAME_SHAPE, col.ECHO]]
    dated, signed, talk = own[:, col.N_DATES] > 0, share[:, col.BYLINES], share[:, col.TALK]
    byline = (size < 4.1) & ((signed > .35) | ((signed > 0) & dated) | (dated & (own[:, col.N_TIMES] > 0)))
    head = (size < 4.1) & ((whole == col.LINKS) | ((opening == col.LINKS) & (size < 2.8)))
    marks = [paragraph > 0, byline, head, (size < 4.1) & (talk > .5), share[:, col.FOOT] > .3]
    seen = np.stack([paragraph, furniture, size, shape, ends, own[:, col.CODE_SHARE], talk, echo], axis=1)
    beside = np.stack([size, ends, furniture, own[:, col.N_DATES] + own[:, col.N_TIMES], paragraph, echo,
                       own[:, col.SAME_TEXT] + shape, signed, talk, own[:, col.NUMBER_RUN]], axis=1)
    row: list[float] = []
    for d in (-3, -2, -1, 1, 2, 3):
        row += beside[i + d].tolist() if 0 <= i + d < n else [-1] * 10
    for lo, hi in ((i - 4, i), (i + 1, i + 5), (i - 12, i), (i + 1, i + 13)):
        part = seen[max(lo, 0):max(hi, 0)]
        row += part.mean(axis=0).tolist() if len(part) else [0] * 8
    text = paragraph * np.expm1(size)
    body = max(text.sum(), 1)
    row += [i / n, min(i, 60), min(n - 1 - i, 60), text[:i].sum() / body, text[i + 1:].sum() / body, math.log1p(n),
            math.log1p(text.sum()), paragraph.mean(), furniture.mean(), size.mean(), min(marks[4][:i].sum(), 6),
            min(marks[4][i + 1:].sum(), 6), abs(size[i] - size[max(i - 1, 0)]), abs(size[i] - size[min(i + 1, n - 1)]),
            ends.mean(), own[:, col.CODE_SHARE].mean()]
    above = [max(np.flatnonzero(mark[:i]).tolist(), default=-1000) for mark in marks]
    below = [min((np.flatnonzero(mark[i + 1:]) + i + 1).tolist(), default=n + 1000) for mark in marks]
    row += [min(i - at, 30) for at in above]
    row += [min(paragraph[at:i].sum(), 10) if at >= 0 else -1 for at in above[1:]]
    lo = i if paragraph[i] else max(above[0], 0)
    row += [min(byline[:i].sum(), 10), min(i - max(above[0], -1), 30) if not paragraph[i] else 0,
            byline[i] + 2 * head[i] + 4 * marks[3][i] + 8 * marks[4][i], furniture[lo:i + 1].mean(), size[lo:i + 1].mean()]
    hi = i if paragraph[i] else min(below[0], n)
    row += [min(at - i, 30) for at in below]
    row += [paragraph[i + 1:below[1]].sum().clip(max=10) if below[1] < n else -1, min(byline[i + 1:].sum(), 10), min(hi - i, 30)]
    return [*map(float, row), *(own[i:hi, c].mean() if hi > i else 0.0 for c in (col.FURNITURE, col.FOLDED_LENGTH))]


def count_pairs_naively(
    pages: list[tuple[int, bool, list[int]]], least: float, many: int, few: int
) -> dict[tuple[int, int | None, int | None], tuple[float, int]]:
    """The twin of `template.count_pairs`: of different pages (site, whether it holds text, keys); pairs to share and others."""
    found: dict[tuple[int, int | None, int | None], tuple[float, int]] = {}
    for site in {page[0] for page in pages}:
        own = [page for page in pages if page[0] == site]
        for group in (own, [page for page in own if page[1]]):
            held: dict[tuple[int | None, int | None], int] = {}
            for _, _, keys in group:
                edged = [None, *keys, None]
                for pair in set(pairwise(edged)) if keys else ():
                    held[pair] = held.get(pair, 0) + 1
            others = len(group) - 1
            for pair, n in held.items():
                share = (n - 1) / others if others else 0.0
                enough = others >= few and n >= 3 and share >= (least if others >= many else 1)
                if enough and share > found.get((site, *pair), (0.0, 0))[0]:
                    found[site, *pair] = share, others
    return found


def containers_of(shared: Sequence[int]) -> set[tuple[int, int]]:
    """The containers of a page, as bounds of lines: each line, the page, each longest run in which all share more than some number.

    `shared` [n]: how many elements a line shares with the one before; the first says nothing.
    """
    n = len(shared)
    found = {(0, n), *((i, i + 1) for i in range(n))}
    for least in set(shared):
        i = 0
        while i < n:
            j = i + 1
            while j < n and shared[j] >= least:
                j += 1
            found.add((i, j))
            i = j
    return found


def worth_of(keep: Sequence[float], width: Sequence[float], title: int) -> list[float]:
    """What each line of a page is worth to the containers around it."""
    return [
        (k * w - TAU * w) * math.exp(-(i - title) / FADES) if i >= title else 0.0
        for i, (k, w) in enumerate(zip(keep, width, strict=True))
    ]
