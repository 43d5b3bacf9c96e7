"""Connected components of candidate pairs: the same however they are found, and walked apart they decide what one walk decides."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import pipeline.run.components
import pipeline.world
from pipeline.engines.dataset import Dataset, read_batches, write_shard
from pipeline.engines.local import LocalEngine
from pipeline.near import decisions as deciding
from pipeline.near.components import find_components, large_star, small_star
from pipeline.near.decisions import Decisions, Distinct, finish, start, walk_apart
from pipeline.options import NearOptions
from pipeline.run.components import MOST_ROUNDS, find_apart, large_part
from pipeline.run.known import Comparing, Known
from pipeline.run.pairs import PAIRS, pairs_of, pairs_rows
from pipeline.run.progress import Event, Teller
from pipeline.run.ranked import write_ranked
from pipeline.run.settings import Settings
from tests.engines_conformance import RandomEngine
from tests.test_near_walk import walk_in_order

Pairs = NDArray[np.int64]


def make_pairs(kind: str, n: int, seed: int) -> Pairs:
    """Pairs (worse, better) of `n` documents, sorted."""
    rng = np.random.default_rng(seed)
    own = np.arange(1, n)
    ways: dict[str, Callable[[], Pairs]] = {
        "random": lambda: rng.integers(0, n, (int(n * rng.choice([0.2, 0.6, 1.5])), 2)),
        "chain": lambda: np.stack([own, own - 1], axis=1),
        "chain in any order": lambda: rng.permutation(n)[np.stack([own, own - 1], axis=1)],
        "star": lambda: np.stack([own, np.zeros_like(own)], axis=1),
        "star of the worst": lambda: np.stack([np.full_like(own, n - 1), own - 1], axis=1),
        "two stars": lambda: np.stack([own, own % 2], axis=1),
        "tree": lambda: np.stack([own, (own - 1) // 2], axis=1),
        "giant": lambda: np.stack([np.repeat(own, 3), (np.repeat(own, 3) * rng.random(3 * len(own))).astype(np.int64)], axis=1),
        "none": lambda: np.empty((0, 2), np.int64),
    }
    pairs = np.sort(ways[kind]().astype(np.int64).reshape(-1, 2), axis=1)[:, ::-1]
    return np.unique(pairs[pairs[:, 0] > pairs[:, 1]], axis=0)


KINDS = ("random", "chain", "chain in any order", "star", "star of the worst", "two stars", "tree", "giant", "none")


def name_naively(n: int, pairs: Pairs) -> list[int]:
    """By painting: the smallest document paints all that it can reach."""
    near: list[list[int]] = [[] for _ in range(n)]
    for a, b in pairs.tolist():
        near[a].append(b)
        near[b].append(a)
    names = [-1] * n
    for first in range(n):
        todo = [first] if names[first] < 0 else []
        while todo:
            at = todo.pop()
            if names[at] < 0:
                names[at] = first
                todo += near[at]
    return names


def star_rounds(pairs: Pairs, cut: int) -> tuple[Pairs, int]:
    """Links (member, name), and in how many rounds; rows of large stars come in parts."""
    links, rounds = small_star(pairs), 0
    while True:
        both = np.random.default_rng(rounds).permutation(np.concatenate([links, links[:, ::-1]]))
        larger = np.concatenate([*large_star(np.array_split(both, cut)), np.empty((0, 2), np.int64)])
        before, links, rounds = links, small_star(larger), rounds + 1
        if np.array_equal(links, before):
            return links, rounds


@settings(max_examples=120)
@given(st.sampled_from(KINDS), st.integers(2, 60), st.integers(0, 10_000), st.integers(1, 5))
def test_a_component_is_called_by_its_smallest_document(kind: str, n: int, seed: int, cut: int) -> None:
    pairs = make_pairs(kind, n, seed)
    expected = name_naively(n, pairs)
    shuffled = np.random.default_rng(seed).permutation(pairs)
    assert find_components(n, shuffled).tolist() == expected
    links, _ = star_rounds(shuffled, cut)
    assert dict(links.tolist()) == {member: name for member, name in enumerate(expected) if name != member}
    assert len(links) == len(set(links[:, 0].tolist()))


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_rounds_are_few_and_links_no_more_than_pairs(kind: str) -> None:
    """30,000 documents: a chain takes 16 rounds, all else up to 13; the bound is three times that."""
    pairs = make_pairs(kind, 30_000, 7)
    links, rounds = star_rounds(pairs, 1)
    assert rounds <= 17 < MOST_ROUNDS
    assert len(links) <= len(pairs)


def test_components_of_a_chain_are_found_in_near_linear_time() -> None:
    def seconds(n: int) -> float:
        pairs = make_pairs("chain in any order", n, 3)
        begun = time.process_time()
        find_components(n, pairs)
        return time.process_time() - begun

    seconds(100)
    assert seconds(400_000) < 40 * seconds(20_000) + 0.5


def all_of(n: int) -> Distinct:
    """All documents, none of them equal."""
    decisions = Decisions(np.arange(n), np.zeros(n, np.float32), np.zeros(n, np.uint8))
    return Distinct(decisions, np.empty(0, np.int64), np.arange(n))


class _Told:
    """A desk that was told beforehand what it will say."""

    says: NDArray[np.bool_]

    def __init__(self, *_: object) -> None:
        pass

    def lay_out(self, rows: Sequence[int], n_chars: NDArray[np.int64]) -> None:
        """Nothing."""

    def compare(self, pairs: Pairs, n_chars: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Codes and similarities: many are equal."""
        codes = self.says[pairs[:, 0], pairs[:, 1]].astype(np.uint8)
        return codes, (pairs.sum(axis=1) % 3 / 4).astype(np.float32)


@settings(max_examples=120)
@given(st.sampled_from(KINDS), st.integers(2, 50), st.integers(0, 10_000), st.sampled_from([0.0, 0.3, 0.8, 1.0]),
       st.sampled_from([1, 3, 4_096]), st.sampled_from([0.0, 0.5, 1.0]))
def test_components_walked_apart_decide_what_one_walk_decides(
    kind: str, n: int, seed: int, equal: float, window: int, share: float
) -> None:
    """In two shards of any components, and some of them left to the walk of the process of the run."""
    rng = np.random.default_rng(seed)
    pairs, n_chars = make_pairs(kind, n, seed), rng.integers(1, 9, n)
    says = rng.random((n, n)) < equal
    names = find_components(n, pairs)
    expected, _ = walk_in_order(n, pairs, lambda a, b: bool(says[a, b]))
    left, second = rng.random(n) >= share, rng.random(n) < 0.5
    where = np.where(left[names], 0, np.where(second[names], 2, 1))[pairs[:, 0]]
    undecided = start(all_of(n), pairs[where == 0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "Desk", type("Desk", (_Told,), {"says": says}))
        patch.setattr(deciding, "_WINDOW", window)
        for task in (1, 2):
            own = rng.permutation(pairs[where == task])
            undecided.take_over(walk_apart(names[own[:, 0]], own, n_chars, lambda rows: [], NearOptions()))
        decisions = finish(undecided, n_chars, lambda rows: [], NearOptions())
    assert decisions.kept_of.tolist() == expected
    dropped = [(doc, kept) for doc, kept in enumerate(expected) if doc != kept]
    assert decisions.codes.tolist() == [int(kept != doc) for doc, kept in enumerate(expected)]
    similarity = np.zeros(n)
    for doc, kept in dropped:
        similarity[doc] = (doc + kept) % 3 / 4
    assert decisions.similarity.tolist() == similarity.tolist()


def know(folder: Path, pairs: Pairs, n_chars: NDArray[np.int64], told: list[Event]) -> Known:
    """What a run knows when the pairs are found, cut into shards by the worse one."""
    n = len(n_chars)
    known = Known(Settings(), folder, [], {"amend": Dataset(())}, teller=Teller(told.append))
    known.comparing = Comparing(np.arange(n), n_chars, all_of(n))
    known.data["rank"] = write_ranked(folder / "rank", np.zeros(n, np.int64), np.arange(n), n_chars)
    (folder / "closest").mkdir()
    known.data["closest"] = Dataset(tuple(
        write_shard(folder / "closest", f"{k:032x}", PAIRS, [pairs_rows(pairs[pairs[:, 0] % 3 == k])]) for k in range(3)
    ))
    return known


@settings(max_examples=25)
@given(st.sampled_from(KINDS), st.integers(2, 50), st.integers(0, 10_000), st.sampled_from([0, 30, 10**9]),
       st.sampled_from([0, 5, 10**9]), st.sampled_from([16, 10**6]))
def test_any_engine_cuts_pairs_into_whole_components(
    tmp_path_factory: pytest.TempPathFactory, kind: str, n: int, seed: int, giant: int, many: int, rows: int
) -> None:
    """By shuffles of groups of any size, or in the process of the run, or partly so: a pair is in one place, with its component."""
    folder, told = tmp_path_factory.mktemp("run"), list[Event]()
    pairs, n_chars = make_pairs(kind, n, seed), np.random.default_rng(seed).integers(1, 9, n)
    known = know(folder, pairs, n_chars, told)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline.world, "sync", lambda handle: None)      # it is most of the time
        patch.setattr(pipeline.run.components, "GIANT_CHARS", giant)
        patch.setattr(pipeline.run.components, "MANY_PAIRS", many)
        patch.setattr(pipeline.run.components, "LINK_ROWS", rows)
        patch.setattr(pipeline.run.components, "APART_ROWS", rows)
        patch.setattr(pipeline.run.components, "SHARD_CHARS", rows)
        find_apart(RandomEngine(seed), known, 0, rows)
    names = find_components(n, pairs)
    chars = np.bincount(names, weights=n_chars)
    small = chars[names] <= giant
    found = list(known.comparing.left.tolist())
    seen: set[int] = set()
    for shard in known.data["components"].shards if "components" in known.data else ():
        own = np.concatenate([np.empty((0, 3), np.int64), *(np.stack(b.columns, axis=1) for b in read_batches(shard.path))])
        here = own[own[:, 0] >= 0]
        assert here[:, 0].tolist() == names[here[:, 1]].tolist()
        assert not seen & set(here[:, 0].tolist()), "a component is in one shard"
        seen |= set(here[:, 0].tolist())
        assert not small[own[own[:, 0] < 0, 1]].any()
        assert small[here[:, 1]].all()
        found += own[:, 1:].tolist()
    assert sorted(found) == pairs.tolist()
    if len(pairs) > many:
        assert [event.round for event in told if event.round]
        assert max(event.links for event in told) <= len(pairs)


def test_rounds_end_where_they_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left after the last one is found by the process of the run, and so are few links; rounds are told."""
    n_chars = np.ones(200, np.int64)
    for kind, most, many, expected in (("chain in any order", 3, 0, 3), ("chain in any order", 48, 0, 7), ("giant", 48, 300, 2)):
        pairs = make_pairs(kind, 200, 1)
        told: list[Event] = []
        folder = tmp_path / f"{kind}-{most}"
        folder.mkdir()
        known = know(folder, pairs, n_chars, told)
        monkeypatch.setattr(pipeline.run.components, "MOST_ROUNDS", most)
        monkeypatch.setattr(pipeline.run.components, "MANY_PAIRS", many)
        with LocalEngine(1) as engine:
            find_apart(engine, known, 0, 100)
        table = known.data["components"].table(pipeline.run.components.COMPONENTS)
        assert sorted(pairs_of(table).tolist()) == pairs.tolist()
        assert set(table["component"].to_pylist()) == {0}
        assert max(event.round for event in told) == expected, (kind, most)
        moved = [event.moved for event in told if event.round]
        assert moved == sorted(moved)
        assert moved[0] == 16 * len(pairs)


def test_a_hot_document_is_gone_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The star of all others comes batch by batch; what it knows last holds for what came first."""
    monkeypatch.setattr(pipeline.run.components, "LINK_ROWS", 50)
    others = np.r_[np.arange(6, 1000), 2]
    batches = [pairs_rows(np.stack([np.full(len(own), 5), ~own], axis=1)) for own in np.array_split(others, 30)]
    made = [pairs_of(batch) for batch in large_part(batches)]
    assert max(map(len, made)) <= 50
    assert sorted(np.concatenate(made).tolist()) == [[k, 2] for k in range(6, 1000)]
