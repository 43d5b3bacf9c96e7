"""The kernels of the boilerplate stage against their plain twins."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.chinese.codepoints import load_canonical
from pipeline.record import Texts
from pipeline.stages.boilerplate.features import HEAD, find_places, find_suspects, find_text, measure, place
from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.kernels.cover import CONTENT, WEAK, cover_line
from pipeline.stages.boilerplate.kernels.heads import find_pairs_at_ends
from pipeline.stages.boilerplate.kernels.line_places import fill_beside, place_lines
from pipeline.stages.boilerplate.kernels.trees import BLOCK, score_rows
from pipeline.stages.boilerplate.kernels.verdicts import count_teasers, weigh_pages
from pipeline.stages.boilerplate.model import ask_trees, load_layout, load_trees
from pipeline.stages.boilerplate.phrases import GROUPS, KINDS, MODES, ROLES, compile_phrases, fold_phrases, load_phrases
from pipeline.stages.boilerplate.template import Counted, look_up
from pipeline.stages.boilerplate.trees import lay_out
from pipeline.stages.boilerplate.verdicts import find_pairs
from tests.naive_boilerplate import compare_columns, cover_share, own_columns, place_row, score_row

SIGNS = [*"老街早点铺，。：“”（）#@>|/·・=; \u3000年月日一九2019１８ab", "2019-05-06", "17:27", "13800138000", "首页", "第1"]
LINE = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=50).map("".join).filter(lambda x: not x.isspace())
DOCUMENT = st.lists(LINE, min_size=1, max_size=20)


@pytest.mark.parametrize("n", [1, 20, BLOCK, BLOCK + 7])
def test_scores_equal_the_walk(n: int) -> None:
    rng = np.random.default_rng(1)
    trees, layout = load_trees(), load_layout(KINDS)
    rows = rng.normal(1, 2, (n, len(trees.usual))).astype(np.float32)
    nodes = np.flatnonzero(trees.feature >= 0)[::50]
    rows[0, trees.feature[nodes]] = trees.value[nodes]                      # at the threshold goes left
    out = np.empty(n, np.float64)
    score_rows(rows, layout, out)
    some = [0, n // 2, n - 1]
    assert out[some] == pytest.approx([score_row(rows[k].tolist(), trees) for k in some], abs=1e-9)


@settings(max_examples=60)
@given(DOCUMENT)
@example(["2019年5月6日 17:27", "021-66668888", "一二1.5.20"])
def test_a_line_is_what_its_characters_are(document: list[str]) -> None:
    got = measure(Texts.of(["\n".join(document)]))
    assert got.own[:, :col.FOLDED_LENGTH] == pytest.approx(np.array([own_columns(x) for x in document]), abs=1e-5)


@settings(max_examples=60)
@given(st.lists(DOCUMENT.map(lambda d: d + d[:3]), min_size=1, max_size=3))
def test_lines_recur_within_their_document(documents: list[list[str]]) -> None:
    lines = measure(Texts.of(["\n".join(d) for d in documents]))
    place(lines)
    paragraph = lines.own[:, col.PARAGRAPH] > 0
    for k, document in enumerate(documents):
        rows = lines.doc == k
        naive = np.array(compare_columns(document, paragraph[rows].tolist()))
        assert lines.own[rows, col.ECHO:col.SEEN_ABOVE + 1] == pytest.approx(naive, abs=1e-5)


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_line_stands_where_its_neighbours_say(n: int, more: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    total = n + more                                                        # two documents
    own = rng.random((total, col.N_OWN)).astype(np.float32)
    own[:, col.FOLDED_LENGTH] *= 6
    own[:, [col.N_DATES, col.N_TIMES, col.PARAGRAPH]] = rng.random((total, 3)) < .3
    cover = (rng.random((total, len(KINDS) + 2)) * (rng.random((total, len(KINDS) + 2)) < .1)).astype(np.float32)
    marks = rng.integers(-1, len(KINDS), (total, 4)).astype(np.int8)
    groups = load_phrases().group
    group = np.where(marks >= 0, groups[marks], 0)
    here, first = np.empty((total, col.N_PLACE - col.PLACE), np.float32), np.array([0, n, total])
    beside = np.empty((total, 3 + col.PLACE), np.float32)
    sums, shares = np.empty((total + 2, col.N_TOTALS)), np.empty((total, col.N_GROUPS), np.float32)
    place_lines(first, own, cover, marks, groups, sums, shares, here)
    fill_beside(np.arange(total), np.repeat([0, 1], (n, more)), first, own, sums, shares, beside, 3)
    out = np.concatenate([beside[:, 3:], here], axis=1)
    share = np.stack([cover[:, :len(KINDS)][:, g == groups].sum(axis=1) for g in range(5)], axis=1)
    for a, b in ((0, n), (n, total)):
        whole, opening = group[a:b, col.WHOLE], group[a:b, col.OPENING]
        naive = [place_row(i, own[a:b].astype(float), share[a:b], whole, opening) for i in range(b - a)]
        assert out[a:b] == pytest.approx(np.array(naive), abs=2e-4, rel=1e-4)


@settings(max_examples=60)
@given(st.lists(DOCUMENT, min_size=1, max_size=4))
@example([["首页 > 新闻 > 正文"], ["2019-05-06 17:27"], ["版权所有"], ["老街的早点铺"]])
def test_a_document_is_suspect_where_a_line_shows_evidence(documents: list[list[str]]) -> None:
    texts = Texts.of(["\n".join(line[:30] for line in d) for d in documents])       # short lines: all are looked at
    assert HEAD > 30
    text = find_text(texts)
    lines = measure(texts)
    own, whole, role = lines.own, lines.marks[:, col.WHOLE], lines.phrases.automaton.role
    plain = (role & (WEAK | CONTENT)) == 0
    evident = (own[:, col.FURNITURE] >= .34) | ((whole >= 0) & plain[whole]) | (own[:, col.N_PHRASES] >= 2)
    evident |= ((lines.opens[:, plain].max(axis=1) == 2) & (own[:, col.FURNITURE] >= .08)) | (own[:, col.N_ARROWS] >= 2)
    evident |= (own[:, col.N_DATES] > 0) & (own[:, col.N_TIMES] > 0)
    assert find_suspects(texts, text).tolist() == [bool(evident[lines.doc == k].any()) for k in range(len(documents))]


PIECES = ["首", "页", "关于", "我们", "来源", "版权", "所有", "文", "：", "|", " "]
WORDS = ["首页", "首", "关于我们", "我们", "来源", "版权", "版权所有"]
WORD_MODES = [0, 1, 1, 0, 2, 3, 0]


@settings(max_examples=80)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join))
def test_automaton_covers_what_plain_search_covers(line: str) -> None:
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
    automaton = compile_phrases([(w, MODES[m], "menu") for w, m in zip(WORDS, WORD_MODES, strict=True)]).automaton
    cover, marks = np.zeros(len(KINDS) + 2, np.float32), np.zeros(4, np.int8)
    cover_line(
        np.array([ord(c) for c in text], np.uint32), np.array(edges, np.uint8), len(text), automaton, cover,
        np.zeros(len(KINDS) + 2, np.int64), np.zeros(len(KINDS), np.int8), marks,
    )
    naive = cover_share(text, edges, list(zip(WORDS, WORD_MODES, strict=True)))
    own = cover[KINDS.index("menu")]
    assert own >= naive - 1e-6                 # a phrase inside another may count twice at most by the overlap
    assert own <= naive + .5


def test_columns_have_the_numbers_of_their_names() -> None:
    for start, table in ((0, col.OWN_NAMES), (col.PLACE, col.HERE_NAMES)):
        assert [getattr(col, name.upper()) for name in table] == list(range(start, start + len(table)))
    assert len(col.PLACE_NAMES) == col.N_PLACE
    names = col.name_rows(KINDS)
    assert len(set(names)) == len(names) == col.N_OWN + 2 * len(KINDS) + 2 + col.N_PLACE
    place = names.index(col.PLACE_NAMES[0])
    for at, name in ((col.PLACE, "place"), (col.SINCE, "since_paragraph"), (col.FLAGS, "flags"), (col.UNTIL, "until_paragraph")):
        assert names[place + at] == name
    assert names[place + col.RUN_LENGTH_BELOW] == names[-1] == "run_length_below"


@pytest.mark.parametrize("at", [0, 7, 14, len(KINDS)])
def test_a_kind_may_be_put_anywhere_into_the_table(at: int) -> None:
    """Inserting a kind shifts no column that the weights were trained on, and no role or group of another."""
    words = [
        ("首页", "word", "menu"), ("新闻", "word", "section"), ("来源", "start", "byline"), ("版权所有", "any", "copyright"),
        ("免责声明", "any", "disclaimer"), ("相关推荐", "line", "related"), ("附件", "start", "content"),
        ("跟帖", "any", "comments"),
    ]
    entries = list(zip(fold_phrases([w for w, _, _ in words]), [m for _, m, _ in words], [k for _, _, k in words], strict=True))
    page = "首页 新闻\n老街\n来源：县报\n老街的早点铺每天四点开门，第一锅豆浆总是留给扫街的环卫工人。\n附件：名单\n"
    texts = Texts.of([page + "相关推荐\n甲\n跟帖 3\n免责声明：转载不代表本网观点，版权所有，未经许可不得转载。\n版权所有"])
    kinds = (*KINDS[:at], "invented", *KINDS[at:])
    plain, more = measure(texts, phrases=compile_phrases(entries)), measure(texts, phrases=compile_phrases(entries, kinds))
    assert more.cover.shape[1] == plain.cover.shape[1] + 1
    half = np.full(len(plain.doc), .5, np.float32)                            # the trees are asked about every line
    assert ask_trees(more, find_places(more), half).tolist() == ask_trees(plain, find_places(plain), half).tolist()
    assert more.own.tolist() == plain.own.tolist()
    assert set(ROLES) | set(GROUPS) <= set(KINDS)


def test_weights_whose_columns_are_gone_are_refused() -> None:
    trees = load_trees()
    with pytest.raises(ValueError, match="cover poll"):
        lay_out(trees, [name for name in col.name_rows(KINDS) if name != "cover poll"])


ROW = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 60), st.sampled_from([0.0, 0.1, 0.7]))
ROWS = st.lists(ROW, max_size=12)


@settings(max_examples=60)
@given(st.lists(ROWS.filter(bool), min_size=1, max_size=4), st.lists(st.booleans(), min_size=4, max_size=4))
def test_what_is_left_of_pages_is_weighed_page_by_page(
    pages: list[list[tuple[bool, bool, bool, int, float]]], some: list[bool]
) -> None:
    first = np.cumsum([0, *map(len, pages)])
    cut, head, teaser, size, title = (np.array(column) for column in zip(*chain(*pages), strict=True))
    size, title, asked = size.astype(np.float32), title.astype(np.float32), np.array(some[:len(pages)])
    body, titles, n = np.where(cut, np.float32(0), size), np.where(cut, np.float32(0), title), len(pages)
    passage, held, pairs = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
    headed, left = np.empty(n, np.float32), np.empty(n, np.float32)
    weigh_pages(first, asked, body, teaser, title, titles, passage, held, headed, left)
    count_teasers(first, asked, cut, head, teaser, size, pairs)
    for page in np.flatnonzero(asked).tolist():
        own = slice(first[page], first[page + 1])
        sums = np.cumsum(body[own] * teaser[own], dtype=np.float64)
        before = np.maximum.accumulate(np.where(teaser[own] & (body[own] > 0), 0, sums))
        stays = ~cut[own]
        assert passage[page] == (sums - before).max(initial=0)
        assert (held[page], headed[page], left[page]) == (np.count_nonzero(body[own]), title[own].max(), titles[own].max())
        assert pairs[page] == len(find_pairs(head[own][stays], teaser[own][stays], size[own][stays]))
    assert not pairs[~asked].any()


@settings(max_examples=60)
@given(st.lists(LINE.filter(lambda line: "\n" not in line), min_size=1, max_size=8), st.lists(LINE, max_size=6))
def test_lines_are_told_by_the_pairs_at_their_ends(lines: list[str], words: list[str]) -> None:
    texts = Texts.of(["\n".join(lines)])
    canonical, points = load_canonical().tolist(), texts.points.tolist()

    def join(a: int, b: int) -> int:
        first, second = (canonical[points[max(min(k, len(points) - 1), 0)]] for k in (a, b))
        return int(first) << 21 | int(second)

    ends = []
    for start, end in zip(texts.lines.start.tolist(), texts.lines.end.tolist(), strict=True):
        a, b = start + (canonical[points[start]] == 0), end - 1 - (canonical[points[end - 1]] == 0)
        ends.append((join(a, a + 1), join(b - 1, b)))
    pairs = [ord(word[0]) << 21 | ord(word[-1]) for word in words]
    heads, tails = np.array([*pairs, *(e[0] for e in ends[::3])], np.int64), np.array(pairs, np.int64)
    asked, begins, lasts = (np.empty(len(lines), np.int64) for _ in range(3))
    alone = np.array([ord("·")], np.uint32)
    n = find_pairs_at_ends(
        texts.points, load_canonical(), texts.lines.start, texts.lines.end, heads, tails, alone, asked, begins, lasts)
    wanted = [k for k, (a, b) in enumerate(ends) if a in heads.tolist() or b in pairs or lines[k] == "·"]
    assert asked[:n].tolist() == wanted
    assert list(zip(begins[:n].tolist(), lasts[:n].tolist(), strict=True)) == [ends[k] for k in wanted]


@given(st.sets(st.integers(-(1 << 63), (1 << 63) - 1), max_size=30), st.lists(st.integers(-3, 3)))
def test_pairs_of_a_template_are_found_by_their_keys(keys: set[int], more: list[int]) -> None:
    known = np.array(sorted(keys), np.int64)
    counted = Counted(known, np.arange(len(known), dtype=np.float64) + 0.5, np.arange(len(known)) + 7)
    asked = np.array([*known[::2], *more], np.int64)
    share, others = look_up(counted, asked)
    places = {key: k for k, key in enumerate(known.tolist())}
    assert share.tolist() == [places[k] + 0.5 if k in places else 0 for k in asked.tolist()]
    assert others.tolist() == [places[k] + 7 if k in places else 0 for k in asked.tolist()]
