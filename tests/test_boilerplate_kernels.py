"""The kernels of the boilerplate stage against their plain twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.record import Texts
from pipeline.stages.boilerplate.features import GROUP, HEAD, find_suspects, find_text, measure, place
from pipeline.stages.boilerplate.kernels.line_places import N_PLACE, N_SCORES, place_lines, place_scores
from pipeline.stages.boilerplate.kernels.trees import BLOCK, score_rows
from pipeline.stages.boilerplate.model import load_layouts, load_trees
from pipeline.stages.boilerplate.phrases import KINDS, compile_phrases
from tests.naive_boilerplate import compare_columns, cover_share, own_columns, place_row, score_context, score_row

SIGNS = [*"老街早点铺，。：“”（）#@>|/·・=; \u3000年月日一九2019１８ab", "2019-05-06", "17:27", "13800138000", "首页", "第1"]
LINE = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=50).map("".join).filter(lambda x: not x.isspace())
DOCUMENT = st.lists(LINE, min_size=1, max_size=20)


@pytest.mark.parametrize("n", [1, 20, BLOCK, BLOCK + 7])
def test_scores_equal_the_walk(n: int) -> None:
    rng = np.random.default_rng(1)
    for trees, layout in zip(load_trees(), load_layouts(), strict=True):
        rows = rng.normal(1, 2, (n, len(trees.usual))).astype(np.float32)
        nodes = np.flatnonzero(trees.feature >= 0)[::50]
        rows[0, trees.feature[nodes]] = trees.value[nodes]                  # at the threshold goes left
        out = np.empty(n, np.float64)
        score_rows(rows, *layout, out)
        some = [0, n // 2, n - 1]
        assert out[some] == pytest.approx([score_row(rows[k].tolist(), trees) for k in some], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(DOCUMENT)
@example(["2019年5月6日 17:27", "021-66668888", "一二1.5.20"])
def test_a_line_is_what_its_characters_are(document: list[str]) -> None:
    got = measure(Texts.of(["\n".join(document)]))
    assert got.own[:, :27] == pytest.approx(np.array([own_columns(x) for x in document]), abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.lists(DOCUMENT.map(lambda d: d + d[:3]), min_size=1, max_size=3))
def test_lines_recur_within_their_document(documents: list[list[str]]) -> None:
    lines = measure(Texts.of(["\n".join(d) for d in documents]))
    place(lines)
    paragraph = lines.own[:, 31] > 0
    for k, document in enumerate(documents):
        rows = lines.doc == k
        assert lines.own[rows, 32:37] == pytest.approx(np.array(compare_columns(document, paragraph[rows].tolist())), abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_line_stands_where_its_neighbours_say(n: int, more: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    total = n + more                                                        # two documents
    own = rng.random((total, 42)).astype(np.float32)
    own[:, 27] *= 6
    own[:, [11, 12, 31]] = rng.random((total, 3)) < .3
    cover = (rng.random((total, len(KINDS) + 2)) * (rng.random((total, len(KINDS) + 2)) < .1)).astype(np.float32)
    marks = rng.integers(-1, len(KINDS), (total, 4)).astype(np.int8)
    group = np.where(marks >= 0, GROUP[marks], 0)
    out, first = np.empty((total, N_PLACE), np.float32), np.array([0, n, total])
    place_lines(first, own, cover, marks, GROUP, out)
    share = np.stack([cover[:, :len(KINDS)][:, g == GROUP].sum(axis=1) for g in range(5)], axis=1)
    for a, b in ((0, n), (n, total)):
        naive = [place_row(i, own[a:b].astype(float), share[a:b], group[a:b, 0], group[a:b, 1]) for i in range(b - a)]
        assert out[a:b] == pytest.approx(np.array(naive), abs=2e-4, rel=1e-4)
    score, around = rng.random(total), np.empty((total, N_SCORES), np.float32)
    place_scores(first, own, score, around)
    for a, b in ((0, n), (n, total)):
        paragraph = (own[a:b, 31] > 0).tolist()
        context = [score_context(i, paragraph, score[a:b].tolist()) for i in range(b - a)]
        assert around[a:b, :16] == pytest.approx(np.array(context), abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.lists(DOCUMENT, min_size=1, max_size=4))
@example([["首页 > 新闻 > 正文"], ["2019-05-06 17:27"], ["版权所有"], ["老街的早点铺"]])
def test_a_document_is_suspect_where_a_line_shows_evidence(documents: list[list[str]]) -> None:
    texts = Texts.of(["\n".join(line[:30] for line in d) for d in documents])       # short lines: all are looked at
    assert HEAD > 30
    text = find_text(texts)
    lines = measure(texts)
    own, whole = lines.own, lines.marks[:, 0]
    evident = (own[:, 28] >= .34) | ((whole > 0) & (whole < len(KINDS) - 1)) | (own[:, 37] >= 2) | (own[:, 14] >= 2)
    evident |= (lines.opens[:, 1:-1].max(axis=1) == 2) & (own[:, 28] >= .08)
    evident |= (own[:, 11] > 0) & (own[:, 12] > 0)
    assert find_suspects(texts, text).tolist() == [bool(evident[lines.doc == k].any()) for k in range(len(documents))]


PIECES = ["首", "页", "关于", "我们", "来源", "版权", "所有", "文", "：", "|", " "]
WORDS = ["首页", "首", "关于我们", "我们", "来源", "版权", "版权所有"]
MODES = [0, 1, 1, 0, 2, 3, 0]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join))
def test_automaton_covers_what_plain_search_covers(line: str) -> None:
    from pipeline.stages.boilerplate.kernels.line_features import cover_line

    text, dropped = "", True
    edges: list[bool] = []
    for c in line:
        if c in " ：|":
            dropped = True
        else:
            text += c
            edges.append(dropped)
            dropped = False
    edges.append(True)
    if not text:
        return
    automaton = compile_phrases([(w, m, 1) for w, m in zip(WORDS, MODES, strict=True)])
    cover, marks = np.zeros(len(KINDS) + 2, np.float32), np.zeros(4, np.int8)
    cover_line(
        np.array([ord(c) for c in text], np.uint32), np.array(edges, np.uint8), len(text), *automaton, cover,
        np.zeros(len(KINDS) + 2, np.int64), np.zeros(len(KINDS), np.int8), marks,
    )
    naive = cover_share(text, edges, list(zip(WORDS, MODES, strict=True)))
    assert cover[1] >= naive - 1e-6                 # a phrase inside another may count twice at most by the overlap
    assert cover[1] <= naive + .5
