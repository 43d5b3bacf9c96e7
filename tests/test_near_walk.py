"""The walk over candidates in rounds: what it decides is what the sequential walk decides, whatever is asked ahead."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.near import decisions as deciding
from pipeline.near.decisions import AHEAD, Decisions, DocumentKeys, begin, decide, finish
from pipeline.near.rounds import UNDECIDED, open_pairs, start_walk, tell
from pipeline.near.sketch import SHORT_MIN, sketch
from pipeline.near.verify import prepare, verify
from pipeline.options import NearOptions
from pipeline.record import Texts
from tests.test_near import CASES, keys_of

Pairs = NDArray[np.int64]
Says = Callable[[int, int], bool]


def walk_in_order(n: int, pairs: Pairs, says: Says) -> tuple[list[int], int]:
    """The naive twin: the sequential walk as it was before it was cut into rounds; kept documents, and how many comparisons."""
    better: list[list[int]] = [[] for _ in range(n)]
    for worse, candidate in pairs.tolist():
        better[worse].append(candidate)
    kept_of, compared = list(range(n)), 0
    for doc in range(n):
        tried = set()
        for candidate in better[doc]:
            kept = kept_of[candidate]
            if kept in tried:
                continue
            tried.add(kept)
            compared += 1
            if says(doc, kept):
                kept_of[doc] = kept
                break
    return kept_of, compared


def walk_in_rounds(
    n: int, pairs: Pairs, says: Says, ahead: tuple[int, ...], shuffle: int | None = None
) -> tuple[list[int], int, int]:
    """Kept documents, how many comparisons, how many rounds; with `shuffle` answers come in another order, in three parts."""
    walk = start_walk(n, pairs)
    rounds = compared = 0
    rng = np.random.default_rng(shuffle)
    while len(asked := open_pairs(walk, ahead=ahead[min(rounds, len(ahead) - 1)])):
        assert (asked[:, 1] < asked[:, 0]).all()
        assert len(np.unique(asked, axis=0)) == len(asked)      # nothing is asked twice
        rounds, compared = rounds + 1, compared + len(asked)
        if shuffle is not None:
            rng.shuffle(asked)
        for part in np.array_split(asked, 3) if shuffle is not None else [asked]:
            codes = np.array([says(d, k) for d, k in part.tolist()], np.uint8)
            tell(walk, part, codes, (codes / 2).astype(np.float32))
    assert (walk.kept_of != UNDECIDED).all()
    dropped = walk.kept_of != np.arange(n)
    assert walk.codes.tolist() == dropped.tolist()
    assert walk.similarity.tolist() == (dropped / 2).tolist()
    return walk.kept_of.tolist(), compared, rounds


@settings(max_examples=150)
@given(st.integers(0, 40), st.integers(0, 10_000), st.sampled_from([0.05, 0.3, 0.8]), st.sampled_from([0.0, 0.2, 0.7, 1.0]),
       st.sampled_from([(0,), (1,), (3,), (24,), AHEAD]))
def test_rounds_decide_what_the_sequential_walk_decides(
    n: int, seed: int, density: float, equal: float, ahead: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(seed)
    says_so, is_pair = rng.random((n, n)) < equal, rng.random((n, n)) < density
    pairs = np.argwhere(np.tril(is_pair, -1)).astype(np.int64)
    expected, compared = walk_in_order(n, pairs, lambda a, b: bool(says_so[a, b]))
    got, asked, rounds = walk_in_rounds(n, pairs, lambda a, b: bool(says_so[a, b]), ahead, seed)
    assert got == expected
    assert rounds <= n
    assert asked == compared if ahead == (0,) else asked >= compared


def test_no_documents_no_pairs() -> None:
    none = np.empty((0, 2), np.int64)
    assert walk_in_rounds(0, none, lambda *_: True, (0,)) == ([], 0, 0)
    assert walk_in_rounds(3, none, lambda *_: True, (24,)) == ([0, 1, 2], 0, 0)


def test_templates_that_are_all_kept_take_one_round_and_no_more_comparisons() -> None:
    """400 notices, each with 24 others as candidates: one after another in order, at once when asked ahead."""
    pairs = np.array([(d, c) for d in range(400) for c in range(max(0, d - 24), d)], np.int64)
    kept, compared, rounds = walk_in_rounds(400, pairs, lambda *_: False, (24,))
    assert kept == list(range(400))
    assert (compared, rounds) == (len(pairs), 1)


@pytest.mark.parametrize("reach", [1, 5, 10**9])
def test_chains_and_giant_clusters_are_near_linear(reach: int) -> None:
    """50,000 documents, each with the best ranked one and the three before it as candidates."""
    def seconds(n: int) -> float:
        d = np.repeat(np.arange(n), 4)
        pairs = np.unique(np.stack([d, np.maximum(0, d - np.tile([n, 3, 2, 1], n))], axis=1), axis=0)
        pairs = pairs[pairs[:, 0] > pairs[:, 1]]
        start = time.process_time()
        walk = start_walk(n, pairs)
        for ahead in AHEAD:
            asked = open_pairs(walk, ahead=ahead)
            tell(walk, asked, (asked[:, 0] - asked[:, 1] <= reach).astype(np.uint8), np.zeros(len(asked), np.float32))
        stop = 0
        while stop < len(walk.worse):           # what is left is done by one hand, in windows
            stop += 500
            while len(asked := open_pairs(walk, stop=stop)):
                tell(walk, asked, (asked[:, 0] - asked[:, 1] <= reach).astype(np.uint8), np.zeros(len(asked), np.float32))
        assert (walk.kept_of != UNDECIDED).all()
        if reach == 10**9:
            assert not walk.kept_of.any()
        return time.process_time() - start

    seconds(1_000)
    assert seconds(50_000) < 30 * seconds(5_000) + 1


def test_answers_that_nobody_asked_for_are_refused() -> None:
    walk = start_walk(3, np.array([[1, 0]], np.int64))
    with pytest.raises(ValueError, match=r"^answers about pairs that were not asked for$"):
        tell(walk, np.array([[2, 0]], np.int64), np.ones(1, np.uint8), np.ones(1, np.float32))


def old_decide(keys: DocumentKeys, texts: list[str], options: NearOptions) -> Decisions:
    """Everything of `decide`, with the naive walk over the same candidates."""
    n = len(keys)
    order = deciding.rank(keys, options)
    decisions = Decisions(np.arange(n), np.zeros(n, np.float32), np.zeros(n, np.uint8))
    twins = deciding._drop_exact(keys.sketches, order, decisions)
    docs = order[decisions.kept[order] & (keys.sketches.n_canonical[order] >= SHORT_MIN)]
    pairs = deciding.find_closest(
        deciding.find_candidates(keys.sketches, docs, options), lambda places: keys.sketches.signatures[docs[places]]
    )
    prepared = prepare(texts, options.shingle)
    place = docs.tolist()

    def says(worse: int, better: int) -> bool:
        verdict = verify(prepared, place[worse], prepared, place[better])
        if verdict.cause:
            decisions.similarity[place[worse]] = verdict.similarity
            decisions.codes[place[worse]] = deciding.CAUSES.index(verdict.cause)
        return verdict.cause is not None

    decisions.kept_of[docs] = docs[walk_in_order(len(docs), pairs, says)[0]]
    deciding._follow_twins(twins, decisions)
    return decisions


@settings(max_examples=6)
@given(st.integers(0, 1000), st.sampled_from([1, 2_000, 6_000_000]), st.sampled_from([1, 7, 4_096]))
def test_texts_are_settled_as_by_the_sequential_walk(seed: int, chars: int, window: int) -> None:
    rng = np.random.default_rng(seed)
    own = [CASES[i] for i in rng.permutation(len(CASES))[:40]]
    texts = [t for row in own for t in (row["a"], row["b"], row["a"].replace("，", ""), row["a"][:int(len(row["a"]) * 0.75)])]
    texts = [texts[i] for i in rng.permutation(len(texts))]
    keys, options = keys_of(texts), NearOptions()
    expected = old_decide(keys, texts, options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "_CHUNK_CHARS", chars)
        patch.setattr(deciding, "_WINDOW", window)
        in_parent = decide(keys, lambda rows: [texts[i] for i in rows], options)
        undecided = begin(keys, options)
        prepared = prepare(texts, options.shingle)
        for ahead in AHEAD[:2]:                 # two rounds of an engine, the rest by one hand
            asked = rng.permutation(undecided.open_places(ahead))
            verdicts = [verify(prepared, d, prepared, k) for d, k in undecided.docs[asked].tolist()]
            codes = np.array([deciding.CAUSES.index(v.cause) for v in verdicts], np.uint8)
            undecided.tell_places(asked, codes, np.array([v.similarity for v in verdicts], np.float32))
        by_engine = finish(undecided, keys.n_chars, lambda rows: [texts[i] for i in rows], options)
    for decisions in (in_parent, by_engine):
        assert decisions.kept_of.tolist() == expected.kept_of.tolist()
        assert decisions.similarity.tolist() == expected.similarity.tolist()
        assert decisions.codes.tolist() == expected.codes.tolist()


def test_an_engine_can_settle_nothing_and_one() -> None:
    for texts in ([], ["一篇"], ["", ""]):
        keys = DocumentKeys(sketch(Texts.of(texts), NearOptions()), np.array([len(t) for t in texts], np.int64), [""] * len(texts),
                            [str(i) for i in range(len(texts))])
        undecided = begin(keys, NearOptions())
        asked = undecided.open_places(24)
        assert asked.shape == (0, 2)
        undecided.tell_places(asked, np.empty(0, np.uint8), np.empty(0, np.float32))
        assert finish(undecided, keys.n_chars, lambda rows: [], NearOptions()).kept.all()


@given(st.integers(0, 1000), st.integers(1, 12))
@settings(max_examples=30)
def test_a_round_begins_at_the_first_line_that_is_not_decided(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    walk = start_walk(n, np.argwhere(np.tril(rng.random((n, n)) < 0.5, -1)).astype(np.int64))
    while True:
        undecided = walk.kept_of[walk.worse] == UNDECIDED
        asked = open_pairs(walk)
        assert walk.start == (int(undecided.argmax()) if undecided.any() else len(walk.worse))
        if not len(asked):
            break
        tell(walk, asked, rng.integers(0, 2, len(asked)).astype(np.uint8), np.zeros(len(asked), np.float32))
