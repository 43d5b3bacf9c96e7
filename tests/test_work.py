"""Hostile text costs work in proportion to its size: calls and characters are counted, not seconds, so that nothing flakes.

Kernels are one call whatever they loop over; what they loop over is the characters that stages are given. `tests/bench/hostile.py`
measures seconds.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from pipeline import cleaning
from pipeline.account import Cleaned
from pipeline.edits import Note
from pipeline.run.clean import warm_up
from tests.bench.hostile import FAMILIES, make

#: Characters of the smaller text. The larger has twice as many.
N = 6_000
#: Calls that a character may cost. Prose takes 0.1, readings, each of which goes, the most: 12.9. Bytes read as Latin-1 took 178
#: before pages that are no text were left alone, UTF-8 read as GBK, in which bytes are lost, 68 before their search was a kernel.
MOST_CALLS = 16.0
#: The same on pages misread in one way, which no reading may repair: the most are 7.5, of UTF-8 read as Korean. Read as Japanese
#: it takes 14.7, half of them of the stage `script`, which asks at each hanzi whether kana stand beside it.
MOST_MISREAD = 9.0
MISREAD = tuple(family for family in FAMILIES if (" as " in family and family != "UTF-8 as Japanese") or "twice" in family)
#: Times that stages are given each character: five stages, and a second look of each at what was changed. The most: 11.2.
MOST_LOOKS = 14


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


def count_work(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Calls of Python and C functions while a text is cleaned, and characters that stages were given."""
    calls = characters = 0
    run_stage = cleaning._run_stage

    def watched(work: Any, number: int, stage: Any, *rest: Any) -> Any:
        nonlocal characters
        characters += len(work.now.texts.points)
        return run_stage(work, number, stage, *rest)

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    with monkeypatch.context() as patch:
        patch.setattr(cleaning, "_run_stage", watched)
        sys.setprofile(count)
        try:
            cleaning.clean_text(text)
        finally:
            sys.setprofile(None)
    return calls, characters


@pytest.mark.parametrize("family", ["prose", *FAMILIES])
def test_work_grows_with_size_and_no_faster(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cleaning.clean_text(make(family, N))               # tables are loaded, kernels are there
    few, seen = count_work(make(family, N), monkeypatch)
    many, seen_twice = count_work(make(family, 2 * N), monkeypatch)
    assert (many - few) / N <= (MOST_MISREAD if family in MISREAD else MOST_CALLS)
    assert many <= 2.5 * few + 2_000
    assert seen <= MOST_LOOKS * N
    assert seen_twice <= 2 * MOST_LOOKS * N


class Told(str):
    """The text of a note that counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Told.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_notes_are_not_compared_with_all_before_them() -> None:
    notes = [Note(0, "lossy-mojibake", Told(f"行{k % 1500}")) for k in range(3000)]
    result = Cleaned("", "")
    result.notes.append(("much-lost", "1"))
    Told.compared = 0
    cleaning._add_notes([result], notes, [0])
    assert result.notes == [("much-lost", "1"), *(("lossy-mojibake", f"行{k}") for k in range(1500))]
    assert Told.compared < 10_000
