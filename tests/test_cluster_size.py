"""The estimate of a run on a cluster: its arithmetic, and that it says of what was run here what was measured."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tool import load_tool

cluster_size = load_tool("cluster_size")
KINDS, estimate, plan_steps, schedule = (getattr(cluster_size, name) for name in ("KINDS", "estimate", "plan_steps", "schedule"))


def test_the_examples_hold() -> None:
    failed, tried = doctest.testmod(cluster_size)
    assert tried
    assert not failed


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=60), st.integers(1, 8))
def test_a_schedule_is_no_shorter_than_its_work_and_no_longer_than_one_core(lengths: list[float], cores: int) -> None:
    wall = schedule(lengths, cores)
    assert wall >= max(max(lengths), sum(lengths) / cores) * (1 - 1e-9)
    assert wall <= sum(lengths) * (1 + 1e-9)
    assert wall <= sum(lengths) / cores + max(lengths) + 1e-6, "a list schedule is within one task of the best"


@given(st.lists(st.floats(1, 50), min_size=1, max_size=30), st.lists(st.floats(0, 100), max_size=4))
def test_losses_cost_time_and_end(lengths: list[float], lost: list[float]) -> None:
    wall = schedule(lengths, 3)
    assert wall <= schedule(lengths, 3, lost) + 1e-9 or len(lost) > 0
    assert schedule(lengths, 3, lost) <= wall + sum(lengths) + max(lengths) * len(lost)


def test_more_cores_shorten_all_but_the_process_of_the_run() -> None:
    few, many = (estimate(KINDS["warc"], 1e7, cores) for cores in (10, 1000))
    assert sum(few.steps.values()) > 50 * sum(many.steps.values())
    assert few.serial == many.serial
    assert (few.moved, few.driver) == (many.moved, many.driver)


@pytest.mark.parametrize("kind", KINDS)
def test_all_is_linear_in_documents(kind: str) -> None:
    one, ten = (estimate(KINDS[kind], pages, 100) for pages in (1e9, 1e10))
    for name in ("cpu", "serial", "moved", "written", "driver"):
        assert getattr(ten, name) == pytest.approx(10 * getattr(one, name), rel=0.05)


def test_it_agrees_with_the_crawl_as_warc() -> None:
    """3,336 pages, 286 MB: 19.8 s of CPU (docs/measurements.md), in units of 16 MB."""
    steps = {step.name: step for step in plan_steps(KINDS["warc"], 3336)}
    assert sum(step.cpu for step in steps.values()) + KINDS["warc"].serial * 3336 == pytest.approx(19.8, rel=0.2)
    assert steps["recur"].moved == pytest.approx(5.9e6, rel=0.02)


def test_few_pairs_are_not_moved_to_find_what_hangs_together() -> None:
    few, many = ({step.name: step for step in plan_steps(KINDS["warc"], pages)}["components"] for pages in (1e6, 3e9))
    assert (few.moved, few.cpu) == (0, 0)
    assert many.moved == pytest.approx(0.05 * 3e9 * (48 * cluster_size.ROUNDS + 104))
