"""The net over the lines of a page, and the decision, against plain twins and laws."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

import pipeline.jit.compiler  # noqa: F401    which tells numba what is written by hand, where all kernels were kept already
from pipeline.record import Texts
from pipeline.stages.boilerplate import page
from pipeline.stages.boilerplate.features import Measured, measure, place
from pipeline.stages.boilerplate.kernels import tiles
from pipeline.stages.boilerplate.kernels.columns import N_OWN
from pipeline.stages.boilerplate.kernels.line_grams import HEAD, MOST, TAIL, bucket, find_grams
from pipeline.stages.boilerplate.kernels.tiles import add_all, add_grams, add_positive, add_some, clip_row, convolve
from pipeline.stages.boilerplate.net import N_HEADS, N_UNUSED, PLACES, VERDICTS, Net, look_at
from pipeline.stages.boilerplate.phrases import KINDS

F32 = NDArray[np.float32]
compiled: Any = njit
SIGNS = [*"老街早点铺，。：（）>|/·12", "2019-05-06", "首页", "责任编辑：", "版权所有", "登录", "更多", "第1"]
LINE = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=40).map("".join).filter(lambda x: not x.isspace())
PAGE = st.lists(LINE, min_size=1, max_size=24)
COLUMNS = N_OWN + 2 * len(KINDS) + 2 + (PLACES.stop - PLACES.start) + N_UNUSED


def make_net(seed: int, width: int = 16, d: int = 32, loud: float = 1.0) -> Net:
    """A net of no training: what is law must hold for it too."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int, scale: float = 0.2) -> NDArray[np.float32]:
        return rng.normal(0, scale, shape).astype(np.float32)
    k = COLUMNS + d + (COLUMNS + d) % 2
    return Net(
        np.full(COLUMNS, -3, np.float32), np.full(COLUMNS, 3, np.float32), rng.integers(-9, 9, (256, d)).astype(np.int8),
        np.exp(draw(256)), draw(k, width), draw(width), np.array([1, 2, 4]), draw(3, 5, width), draw(3, width, width),
        draw(3, width), draw(2 * width, width), draw(width), draw(width, N_HEADS, scale=loud), draw(N_HEADS),
        draw(2 * width, 3, scale=loud), draw(3),
    )


def lines_of(pages: list[list[str]]) -> Measured:
    return measure(Texts.of(["\n".join(lines) for lines in pages]))


@given(st.text(st.sampled_from("老街a1２"), max_size=HEAD + TAIL + 30))
def test_grams_are_those_of_the_ends_of_a_line(text: str) -> None:
    folded = np.frombuffer(text.replace("２", "2").encode("utf-32-le"), np.uint32)
    out, mask = np.empty(MOST, np.int32), np.uint64(255)
    n = find_grams(folded, 0, len(folded), mask, out)
    signs = ["0" if c.isdigit() else c for c in text]
    parts = [signs] if len(signs) <= HEAD + TAIL else [signs[:HEAD], signs[-TAIL:]]
    want: list[tuple[int, ...]] = []
    for at, part in enumerate(parts):
        edged = ["\x01", *part] if at == 0 else part
        for k in range(len(edged)):
            if edged[k] != "\x01":
                want += [tuple(map(ord, edged[k - m:k + 1])) for m in range(min(3, k + 1))]
    if signs:
        want.append((ord(signs[-1]), 1))
    rows = [int(bucket(np.uint64(a), np.uint64(b), np.uint64(c), mask)) for a, b, c in ((*gram, 0, 0)[:3] for gram in want)]
    assert Counter(out[:n].tolist()) == Counter(rows)


@compiled
def run_tiles(
    x: F32, ks: NDArray[np.int64], weight: F32, bias: F32, opens: NDArray[np.int8], table: NDArray[np.int8],
    grams: NDArray[np.int32], out: tuple[F32, ...],
) -> None:
    """Each of the loops of `tiles` once."""
    add_all(x, 3, weight, bias, 16, out[0])
    add_some(x, 3, ks, 3, weight, bias, 16, out[1])
    add_grams(table, grams, 5, x, 32, out[2], 1)
    convolve(x, 70, 16, weight.reshape((1, 5, -1)), 0, out[3])
    add_positive(x, 16, bias, 32, out[4])
    clip_row(opens, 1, x[:80], x[80:160], 2, out[5], 1)
    clip_row(weight, 2, x[:80], x[80:160], 2, out[6], 1)


@pytest.mark.parametrize("seed", range(5))
def test_tiles_are_to_the_bit_their_plain_twins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, weight, bias = (rng.normal(size=shape).astype(np.float32) for shape in (300, (10, 32), 32))
    opens, table = rng.integers(-9, 9, (3, 37)).astype(np.int8), rng.integers(-127, 127, (64, 64)).astype(np.int8)
    grams, ks = rng.integers(0, 64, 9).astype(np.int32), np.array([1, 4, 9, 2])
    fast, plain = ([np.zeros(160, np.float32) for _ in range(7)] for _ in range(2))
    for many in (fast, plain):
        many[3] = np.zeros(64, np.float32)
    run_tiles(x, ks, weight, bias, opens, table, grams, tuple(fast))
    tiles._add_all(x, 3, weight, bias, 16, plain[0])
    tiles._add_some(x, 3, ks, 3, weight, bias, 16, plain[1])
    tiles._add_grams(table, grams, 5, x, 32, plain[2], 1)
    tiles._convolve(x, 70, 16, weight.reshape((1, 5, -1)), 0, plain[3])
    tiles._add_positive(x, 16, bias, 32, plain[4])
    tiles._clip_row(opens, 1, x[:80], x[80:160], 2, plain[5], 1)
    tiles._clip_row(weight, 2, x[:80], x[80:160], 2, plain[6], 1)
    assert [a.tolist() for a in fast] == [a.tolist() for a in plain]


def look_plainly(lines: Measured, net: Net) -> list[NDArray[np.float64]]:
    """Logits of keep and title by line, page by page."""
    first, places = place(lines)
    columns = (lines.own, lines.cover, lines.opens, places[:, PLACES], np.zeros((len(lines.doc), N_UNUSED)))
    rows = np.concatenate(columns, axis=1, dtype=np.float64).clip(net.low, net.high)
    grams = np.zeros((len(rows), net.table.shape[1]))
    out = np.empty(MOST, np.int32)
    for i in range(len(rows)):
        n = find_grams(lines.folded, lines.bounds[i], lines.bounds[i + 1], np.uint64(len(net.table) - 1), out)
        if n:
            grams[i] = np.average(net.table[out[:n]].astype(np.float64), axis=0, weights=net.weight[out[:n]])
    x = np.concatenate([rows, grams], axis=1)
    logits = []
    for a, b in zip(first[:-1].tolist(), first[1:].tolist(), strict=True):
        h = np.maximum(x[a:b] @ net.enter[:x.shape[1]] + net.enter_bias, 0)
        for k, dilation in enumerate(net.dilations.tolist()):
            if k == len(net.dilations) // 2:
                h = h + np.maximum(np.concatenate([h.mean(axis=0), h.max(axis=0)]) @ net.context + net.context_bias, 0)
            seen = np.zeros_like(h)
            for t in range(-2, 3):
                for i in range(len(h)):
                    if 0 <= i + t * dilation < len(h):
                        seen[i] += h[i + t * dilation] * net.depth[k, t + 2]
            h = h + np.maximum(seen @ net.point[k] + net.point_bias[k], 0)
        logits.append(h @ net.heads + net.heads_bias)
    return logits


@settings(max_examples=25)
@given(st.lists(PAGE, min_size=1, max_size=4), st.integers(0, 99))
def test_the_net_is_what_it_says(pages: list[list[str]], seed: int) -> None:
    net, lines = make_net(seed), lines_of(pages)
    look = look_at(lines, net)
    want = 1 / (1 + np.exp(-np.concatenate(look_plainly(lines, net)).clip(-40, 40)))
    assert np.allclose(np.stack([look.keep, look.title], axis=1), want, atol=1e-4)
    assert np.allclose(look.page.sum(axis=1), 1, atol=1e-5)


@settings(max_examples=25)
@given(st.lists(PAGE, min_size=2, max_size=4), st.integers(0, 99))
def test_a_page_scores_to_the_bit_the_same_in_any_batch(pages: list[list[str]], seed: int) -> None:
    net = make_net(seed)
    together = look_at(lines_of(pages), net)
    alone = [look_at(lines_of([lines]), net) for lines in pages]
    assert together.keep.tolist() == [x for look in alone for x in look.keep.tolist()]
    assert together.page.tolist() == [look.page[0].tolist() for look in alone]


@settings(max_examples=60)
@given(st.lists(PAGE, min_size=1, max_size=3), st.integers(0, 200))
def test_what_was_decided_stays_decided(pages: list[list[str]], seed: int) -> None:
    net = make_net(seed, loud=3.0)
    lines = lines_of(pages)
    once = page.decide(lines, net=net)
    flat, doc = [x for p in pages for x in p], lines.doc.tolist()
    left = [[x for x, d, c in zip(flat, doc, once.cut.tolist(), strict=True) if d == k and not c] for k in range(len(pages))]
    left = [x for x in left if x]
    if left:
        assert not page.decide(lines_of(left), net=net).cut.any()


@settings(max_examples=40)
@given(PAGE, st.integers(0, 200), st.data())
def test_held_lines_stay(lines: list[str], seed: int, data: st.DataObject) -> None:
    held = np.array(data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines))))
    decision = page.decide(lines_of([lines]), held=held, net=make_net(seed, loud=3.0))
    assert not decision.cut[held].any()
    scores = decision.scores()
    assert ((scores > 0.5) == decision.cut).all()
    assert scores.min() >= 0
    assert scores.max() <= 1
    assert decision.verdict[0] in range(len(VERDICTS))
