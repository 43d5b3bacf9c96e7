"""Rank, candidates and windows of the walk, each beside a naive twin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.near import decisions as deciding
from pipeline.near.decisions import (
    AHEAD,
    Decisions,
    DocumentKeys,
    begin,
    clusters,
    drop_equal,
    find_candidates,
    find_closest,
    finish,
    rank,
    start,
)
from pipeline.near.rounds import UNDECIDED, open_pairs, start_walk, tell
from pipeline.near.sketch import SHORT_MAX, SHORT_MIN, Sketches, sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from tests.test_near import ARTICLE, CASES, decide, keys_of

Keep = Literal["longest", "earliest", "source", "id"]


def bare_keys(rows: list[tuple[int, int, str | None, str | None]]) -> DocumentKeys:
    """Keys of documents that nobody looks into."""
    n = len(rows)
    blank = Sketches(
        np.zeros((n, 1), np.uint32), np.zeros((n, 1), np.uint32), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.zeros((n, 2), np.uint64),
    )
    return DocumentKeys(
        blank, np.array([row[0] for row in rows], np.int64), pa.array([row[2] for row in rows], pa.string()),
        [f"id{k * 7 % n}" for k in range(n)] if n % 7 else [f"id{k}" for k in range(n)],
        pa.array([row[3] for row in rows], pa.string()), np.array([row[1] for row in rows], np.int64),
    )


@example([(5, 0, None, None), (8, 1, None, None)], "longest", True)     # a hanzi that was lost is three, and counts for one
@given(st.lists(st.tuples(
    st.integers(5, 8), st.integers(0, 2), st.sampled_from([None, "", "2020-01-01", "2021"]), st.sampled_from([None, "a", "b", "c"]),
), max_size=9), st.sampled_from(["longest", "earliest", "source", "id"]), st.booleans())
def test_the_first_is_the_one_that_is_kept(rows: list[tuple[int, int, str | None, str | None]], keep: Keep, lost: bool) -> None:
    keys = bare_keys(rows)
    if not lost:
        keys = DocumentKeys(keys.sketches, keys.n_chars, keys.published, keys.ids, keys.sources)

    def key(k: int) -> tuple[object, ...]:
        n, n_lost, date, source = rows[k]
        length, when, name = -(n - 2 * n_lost * lost), date or "\uffff", keys.ids[k]
        listed = ["b", "a"].index(source) if source in ("a", "b") else 2
        return {
            "longest": (length, when, name), "earliest": (when, length, name), "id": (name,),
            "source": (listed, length, when, name),
        }[keep]

    options = NearOptions(keep=keep, sources=("b", "a", "b"))
    assert rank(keys, options).tolist() == sorted(range(len(rows)), key=key)


def test_without_sources_all_stand_alike() -> None:
    keys = keys_of(["长一些的", "短", "最长的一个"])
    assert rank(keys, NearOptions(keep="source", sources=("a",))).tolist() == [2, 0, 1]


@given(st.integers(0, 10_000), st.integers(0, 14), st.integers(1, 5), st.sampled_from([1, 4, 1 << 17]))
def test_the_most_alike_are_the_candidates(seed: int, n: int, tries: int, crowd: int) -> None:
    rng = np.random.default_rng(seed)
    signatures = rng.integers(0, 3, (n, 8)).astype(np.uint32)
    pairs = np.argwhere(np.tril(rng.random((n, n)) < 0.7, -1)).astype(np.int64)
    asked: list[int] = []

    def fetch(places: NDArray[np.int64]) -> NDArray[np.uint32]:
        asked.append(len(places))
        return signatures[places]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "_TRIES", tries)
        patch.setattr(deciding, "_CROWD", crowd)
        closest = find_closest(pairs, fetch)
    expected: list[list[int]] = []
    groups = held = 0
    for doc in range(n):
        own = pairs[pairs[:, 0] == doc, 1].tolist()
        best = sorted(own, key=lambda other: (-(signatures[doc] == signatures[other]).sum(), other))[:tries]
        expected += [[doc, other] for other in sorted(best)]
        if len(own) > tries:        # signatures are asked for as many at once as hold so many pairs
            groups, held = (groups, held + len(own)) if groups and held + len(own) <= crowd else (groups + 1, len(own))
    assert closest.tolist() == expected
    assert len(asked) == groups


def test_few_are_all_compared_and_many_by_their_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [t for row in CASES[:20] for t in (row["a"], row["b"])]
    options, keys = NearOptions(), keys_of([*texts, *(t[:40] for t in texts)])
    docs = drop_equal(keys, options).docs
    monkeypatch.setattr(deciding, "_ALL_PAIRS", len(docs))
    every = find_candidates(keys.sketches, docs, options)
    assert every.tolist() == [[a, b] for a in range(len(docs)) for b in range(a)]
    monkeypatch.setattr(deciding, "_ALL_PAIRS", len(docs) - 1)
    some = find_candidates(keys.sketches, docs, options)
    assert 0 < len(some) < len(every)
    alike = (keys.sketches.signatures[docs[every[:, 0]]] == keys.sketches.signatures[docs[every[:, 1]]]).mean(axis=1)
    sure = every[alike > 0.5].tolist()      # as alike as that, and missed with a probability of 0.004
    assert len(sure) > 10
    assert sum(pair in some.tolist() for pair in sure) > 0.9 * len(sure)
    assert [*map(tuple, some.tolist())] == sorted({*map(tuple, some.tolist())})
    assert (some[:, 0] > some[:, 1]).all()


def test_short_texts_are_found_by_keys_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variants of a poem, among so many others that not all are compared."""
    poem = "床前明月光疑是地上霜举头望明月低头思故乡"
    texts = [poem, "床前看月光疑似地上霜举头望山月低头忆故乡", *(row["a"][:60] for row in CASES[:60])]
    monkeypatch.setattr(deciding, "_ALL_PAIRS", 10)
    few, options = keys_of(texts), NearOptions()
    docs = drop_equal(few, options).docs.tolist()
    pairs = find_candidates(few.sketches, np.array(docs), options).tolist()
    assert sorted((docs.index(0), docs.index(1)), reverse=True) in pairs
    long = keys_of([ARTICLE, *(row["a"][:60] + ARTICLE[k:] + row["b"] for k, row in enumerate(CASES[:20]))])
    docs = [d for d in drop_equal(long, options).docs.tolist() if long.sketches.n_canonical[d] > SHORT_MAX]
    assert len(docs) > 10
    assert find_candidates(long.sketches, np.array(docs), options).shape[1] == 2, "there need be no short ones"


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 60), st.integers(1, 6))
def test_windows_hold_so_many_characters_and_all_that_is_asked(seed: int, n: int, chars: int, window: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = np.argwhere(np.tril(rng.random((n, n)) < 0.5, -1)).astype(np.int64)
    sizes = rng.integers(1, 20, n)
    walk = start_walk(n, pairs)
    if rng.random() < 0.5 and len(asked := open_pairs(walk)):
        tell(walk, asked, rng.integers(0, 2, len(asked)).astype(np.uint8), np.zeros(len(asked), np.float32))
        open_pairs(walk)
    assert open_pairs(walk).tolist() == open_pairs(walk, ahead=0).tolist(), "nothing is asked ahead unless it is wanted"
    lines = [pairs[pairs[:, 0] == w, 1].tolist() for w in walk.worse.tolist()]
    at = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "_CHUNK_CHARS", chars)
        patch.setattr(deciding, "_WINDOW", window)
        while at < len(lines):
            stop = deciding._window_end(walk, at, sizes)
            fits = at
            while fits < min(len(lines), at + window):
                held = [*walk.worse[at:fits + 1].tolist(), *{c for line in lines[at:fits + 1] for c in line}]
                if sum(sizes[held].tolist()) > chars:
                    break
                fits += 1
            assert stop == max(at + 1, fits)
            told = {d for k in range(at, stop) if walk.kept_of[walk.worse[k]] == UNDECIDED for d in (int(walk.worse[k]), *lines[k])}
            wanted = sorted({d if walk.kept_of[d] == UNDECIDED else int(walk.kept_of[d]) for d in told})
            assert deciding._window_documents(walk, at, stop).tolist() == wanted
            at = stop


def test_who_is_told_of_each_window_hears_of_all() -> None:
    texts = [t for row in CASES[:12] for t in (row["a"], row["b"])]
    keys, options, heard = keys_of(texts), NearOptions(), list[int]()
    undecided, fetched = begin(keys, options), list[list[int]]()

    def fetch(rows: Sequence[int]) -> list[str]:
        fetched.append([*rows])
        return [texts[i] for i in rows]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "_WINDOW", 5)
        decisions = finish(undecided, keys.n_chars, fetch, options, told=heard.append)
    assert sum(heard) == len(undecided.walk.worse)
    assert max(heard) <= 5
    assert 1 < len(fetched) <= len(heard), "texts are asked for once a window at most"
    rows = [row for some in fetched for row in some]
    assert len(set(rows)) == len(rows), "and none of them twice, where all have room"
    assert decisions.kept_of.tolist() == decide(texts).kept_of.tolist()


def test_what_is_told_is_what_is_decided() -> None:
    """Answers by place among those that are compared; where all are told, `finish` asks for no text."""
    texts = ["", ARTICLE, ARTICLE, ARTICLE.replace("电梯", "楼梯"), CASES[4]["a"], CASES[4]["b"]]
    keys, options = keys_of(texts), NearOptions()
    distinct = drop_equal(keys, options)
    undecided = start(distinct, find_candidates(keys.sketches, distinct.docs, options))
    while len(asked := undecided.open_places(0)):
        rows = distinct.docs[asked]
        assert (keys.sketches.n_canonical[rows] >= SHORT_MIN).all()
        codes = np.array([{3} == {*row} - {1, 2} for row in rows.tolist()], np.uint8)
        undecided.tell_places(asked, codes, np.array([0.5] * len(rows), np.float32))
    done = finish(undecided, keys.n_chars, lambda rows: [], options)
    assert done.kept_of.tolist() == [0, 1, 1, 1, 4, 5]
    assert done.similarity[:4].tolist() == [0.0, 0.0, 1.0, 0.5]


def test_what_is_kept_has_no_cause() -> None:
    """Whatever was told first: document 2 is dropped by its second answer, 3 is kept."""
    walk = start_walk(4, np.array([[2, 0], [2, 1], [3, 0]]))
    while len(asked := open_pairs(walk)):
        told = (asked == [2, 1]).all(axis=1)
        tell(walk, asked, told.astype(np.uint8), told.astype(np.float32))
    assert (walk.kept_of.tolist(), walk.codes.tolist(), walk.similarity.tolist()) == ([0, 1, 1, 3], [0, 0, 1, 0], [0, 0, 1, 0])


@given(st.lists(st.integers(0, 5), min_size=6, max_size=30), st.integers(0, 7))
def test_clusters_are_counted(drawn: list[int], largest: int) -> None:
    kept_of = np.array([k if k < 6 else d for k, d in enumerate([*range(6), *drawn])])
    decisions = Decisions(kept_of, np.zeros(len(kept_of), np.float32), np.zeros(len(kept_of), np.uint8))
    counts = Counter(int(d) for d in kept_of[6:])
    many = np.concatenate([np.arange(30), np.arange(30)])
    assert len(clusters(Decisions(many, decisions.similarity, decisions.codes))) == 20
    assert clusters(decisions, largest=largest) == sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:largest]
    assert clusters(decisions) == sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert decisions.kept.tolist() == [k == d for k, d in enumerate(kept_of.tolist())]


def test_twins_of_what_is_dropped_go_with_it_and_say_why() -> None:
    part = ARTICLE[:int(len(ARTICLE) * 0.7)]
    texts = [part, part, ARTICLE, ARTICLE, "。", "。"]
    decisions = decide(texts)
    assert decisions.kept_of.tolist() == [2, 2, 2, 2, 4, 5]
    assert decisions.causes == ["contained", "contained", None, "exact", None, None]
    assert decisions.similarity[0] == decisions.similarity[1] > 0
    assert decisions.similarity[3] == 1.0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(1, 9)), max_size=9))
def test_equal_are_those_of_which_the_whole_digest_is(rows: list[tuple[int, int, int, int]]) -> None:
    """Both halves of it; and of those that fold to nothing none is."""
    keys = bare_keys([(length, 0, None, None) for *_, length in rows])
    keys.sketches.n_canonical[:] = [(0, SHORT_MIN - 1, SHORT_MIN)[n] for n, *_ in rows]
    keys.sketches.exact[:] = np.array([digest for _, *digest, _ in rows], np.uint64).reshape(-1, 2)
    order, firsts, expected = rank(keys, NearOptions()).tolist(), dict[tuple[int, int], int](), list(range(len(rows)))
    for doc in order:
        n, a, b, _ = rows[doc]
        expected[doc] = firsts.setdefault((a, b), doc) if n else doc
    distinct = drop_equal(keys, NearOptions())
    assert distinct.decisions.kept_of.tolist() == expected
    assert sorted(distinct.twins.tolist()) == [doc for doc, kept in enumerate(expected) if doc != kept]
    assert distinct.docs.tolist() == [doc for doc in order if expected[doc] == doc and rows[doc][0] == 2]


def test_the_first_round_asks_nothing_in_vain_and_the_last_ones_all_there_is() -> None:
    """Each pair of the first round is one that the walk of one hand compares; a later one can ask about all candidates."""
    assert AHEAD[0] == 0
    assert sorted(AHEAD) == [*AHEAD]
    assert set(AHEAD[2:]) == {deciding._TRIES}


@pytest.mark.parametrize("text", ["字", "短短一句", ARTICLE])
def test_of_equal_texts_one_is_kept_whatever_else_there_is(text: str) -> None:
    for more in ([], ["另外一句"], ["另外一句", "再有一句", ARTICLE[:90]]):
        decisions = decide([text, *more, text, text])
        assert decisions.kept_of.tolist() == [0, *range(1, len(more) + 1), 0, 0]
        assert decisions.causes[-2:] == ["exact", "exact"]


def test_a_sketch_of_nothing_is_none() -> None:
    keys = DocumentKeys(sketch(Texts.of([]), NearOptions()), np.zeros(0, np.int64), [], [])
    assert len(keys) == 0
    assert drop_equal(keys, NearOptions()).docs.tolist() == []
