"""Lines are judged in blocks: no result depends on them, and memory does not grow with the length of a document."""

from __future__ import annotations

import json
import time
import tracemalloc
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate import judgement as judging
from pipeline.stages.boilerplate import propose
from pipeline.stages.boilerplate.features import find_text, measure
from pipeline.stages.boilerplate.judgement import CUT, Judged, judge, match_options
from pipeline.stages.boilerplate.page import decide

OPTIONS = BoilerplateOptions(drop=("豆瓣",), protect=("责任编辑",))
PAGES = [json.loads(x)["raw"] for x in (Path(__file__).parent / "cases/boilerplate.jsonl").read_text("utf-8").split("\n") if x]


def look(texts: Texts, block: int) -> Judged:
    return judge(texts, np.flatnonzero(find_text(texts)), OPTIONS, block)


def same(a: Judged, b: Judged) -> bool:
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(Judged))


@pytest.mark.parametrize("block", [1, 40, 333, 1_000_000])
def test_blocks_make_no_difference(block: int) -> None:
    texts = Texts.of(PAGES)
    assert same(look(texts, block), look(texts, judging.BLOCK))


@settings(max_examples=25)
@given(
    st.integers(1, 50), st.integers(0, 12), st.integers(1, 300),
    st.lists(st.integers(0, len(PAGES) - 1), min_size=1, max_size=4),
)
def test_nor_where_documents_are_judged_in_sections(section: int, context: int, block: int, chosen: list[int]) -> None:
    """Sections far shorter than pages, with any context: each line is judged once, and blocks are not seen in the result."""
    texts = Texts.of([PAGES[k] for k in chosen])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "SECTION", section)
        patch.setattr(judging, "CONTEXT", context)
        got = look(texts, block)
        assert same(got, look(texts, 10**6))
    assert (np.diff(got.line) > 0).all()
    long = [k for k in range(len(texts)) if (texts.lines.doc[find_text(texts)] == k).sum() > section]
    assert set(long) <= set(got.doc.tolist())
    for k in set(got.doc.tolist()):
        assert (got.doc == k).sum() == (texts.lines.doc[find_text(texts)] == k).sum()


@pytest.mark.parametrize("more", [-1, 0, 1, 2])
def test_a_document_is_seen_whole_up_to_the_length_of_a_section(more: int) -> None:
    lines = PAGES[0].split("\n")
    text = "\n".join((lines * (1 + 300 // len(lines)))[:300 + more])
    texts = Texts.of([text])
    some = find_text(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "SECTION", int(some.sum()) - more)
        got = look(texts, judging.BLOCK)
    whole = measure(texts)
    protected, dropped = match_options(whole, OPTIONS)
    score = np.where(dropped, 1.0, decide(whole, held=protected | dropped).scores())
    assert (got.score.tolist() == score.tolist()) == (more <= 0)
    assert len(got) == len(score)


def test_clean_documents_are_left_out() -> None:
    clean = "\n".join(f"老街的早点铺第{k}天四点开门，第一锅豆浆总是留给扫街的环卫工人。" for k in range(6))
    got = look(Texts.of([clean, PAGES[0]]), judging.BLOCK)
    assert set(got.doc.tolist()) == {1}
    assert (got.score > CUT).any()


def test_a_page_of_very_many_short_lines_takes_bounded_memory_and_time() -> None:
    """A page of a million lines took 4.1 GB, 4 kB a line: here 100,000 may take 20 MB beyond one block of 8,192 (40 MB)."""
    texts = Texts.of(["首页\n" + "".join(f"{k}\n" for k in range(100_000))])
    propose(Texts.of(PAGES[:1]), BoilerplateOptions())                       # compiled before it is measured
    assert len(texts.lines.start) > 100_000
    tracemalloc.start()
    before, start = tracemalloc.get_traced_memory()[0], time.process_time()
    propose(texts, BoilerplateOptions())
    peak, cost = tracemalloc.get_traced_memory()[1] - before, time.process_time() - start
    tracemalloc.stop()
    assert peak < 60 << 20
    assert cost < 15
