"""The only hand that cuts, and the account that undoes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.account import Applied, Trace, edit_rows, replay, restore
from pipeline.edits import Edit, Edits, apply, collect, cut_lines, gather_spans
from pipeline.errors import AuditError
from pipeline.record import Texts

texts_lists = st.lists(st.text(st.sampled_from("ab\n党"), max_size=12), min_size=1, max_size=4)


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[Texts, list[Edit]]:
    texts = Texts.of(draw(texts_lists))
    edits, at = [], 0
    for doc in range(len(texts)):
        start, end = int(texts.starts[doc]), int(texts.ends[doc])
        for a in sorted(draw(st.lists(st.integers(start, end), max_size=4))):
            b = draw(st.integers(a, end))
            if a >= at and b >= a:
                edits.append(Edit(a, b, draw(st.sampled_from(["", "x", "新新"])), "why"))
                at = b
    return texts, edits


@given(texts_and_edits())
def test_apply_equals_slicing_each_text(case: tuple[Texts, list[Edit]]) -> None:
    texts, edits = case
    after = apply(texts, edits)
    for doc in range(len(texts)):
        text, start, end = texts.text(doc), int(texts.starts[doc]), int(texts.ends[doc])
        own = [e for e in edits if start <= e.start and e.end <= end and np.searchsorted(texts.ends, e.start) == doc]
        for e in reversed(own):
            text = text[:e.start - start] + e.put + text[e.end - start:]
        assert after.text(doc) == text


@given(texts_and_edits())
def test_trace_covers_what_changed(case: tuple[Texts, list[Edit]]) -> None:
    texts, edits = case
    whole = texts.joined[:-1]
    applied = [Applied(0, "s", e.reason, e.start, whole[e.start:e.end], e.put, e.start, e.end, 1.0) for e in edits]
    trace = Trace.of(len(whole)).edited(applied)
    after = apply(texts, edits).joined[:-1]
    assert trace.size == len(after) + 1
    for i, ch in enumerate(after):
        a, b = trace.project(i, i + 1)
        same_size = any(e.start <= a < e.end and len(e.put) == e.end - e.start for e in edits)
        assert (b == a + 1 and (whole[a] == ch or same_size)) or any(e.start == a and e.end == b for e in edits)


@given(st.integers(0, 20), st.lists(st.lists(st.tuples(*(st.integers(0, most) for most in (30, 30, 3))), max_size=5), max_size=4))
def test_a_trace_in_pieces_is_one_of_each_code_point(n: int, rounds: list[list[tuple[int, int, int]]]) -> None:
    trace, spans = Trace.of(n), [(i, i + 1) for i in range(n + 1)]
    for drawn in rounds:
        ends = sorted(min(place, len(spans) - 1) for a, b, _ in drawn for place in (a, b))
        edits = [(a, b, size) for a, b, (*_, size) in zip(ends[::2], ends[1::2], drawn, strict=True)]
        first = [spans[a][0] for a, _, _ in edits]
        last = [spans[a][0] if a == b else spans[b - 1][1] for a, b, _ in edits]
        start, end, sizes = np.array(edits, np.int64).reshape(-1, 3).T.copy()
        assert [own.tolist() for own in trace.project_all(start, end)] == [first, last]
        trace = trace.carried(start, end, sizes, np.array(first, np.int64), np.array(last, np.int64))
        for (a, b, size), own in reversed([*zip(edits, zip(first, last, strict=True), strict=True)]):
            if size != b - a:       # else each stands for the place of its own
                spans[a:b] = [own] * size
        places = np.arange(len(spans))
        assert trace.size == len(spans)
        assert [trace.project(i, i + 1) for i in places.tolist()] == spans
    middle = len(spans) // 2
    both = Trace.join([trace.of_span(middle, len(spans)), trace])
    assert [both.project(i, i + 1) for i in range(both.size)] == [*spans[middle:], *spans]


@given(st.lists(st.text(st.sampled_from("ab\n"), max_size=12), min_size=1, max_size=3), st.data())
def test_cut_lines_leaves_the_other_lines(texts: list[str], data: st.DataObject) -> None:
    view = Texts.of(texts)
    n = len(view.lines.start)
    cut = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    after = apply(view, cut_lines(view, cut, ["why"] * n))
    for doc in range(len(view)):
        own = range(view.first_lines[doc], view.first_lines[doc + 1])
        assert after.text(doc) == "\n".join(view.line(i) for i in own if not cut[i])


places = st.tuples(
    st.integers(0, 9), st.integers(0, 4), st.sampled_from(["", "x", "新新", "𠀀"]), st.sampled_from("rs"), st.just(0.5)
)
some_edits = st.lists(places.map(lambda e: Edit(e[0], e[0] + e[1], *e[2:])), max_size=5)


@given(st.lists(some_edits, max_size=3), st.data())
def test_columns_are_what_a_list_of_edits_is(several: list[list[Edit]], data: st.DataObject) -> None:
    whole = [edit for edits in several for edit in edits]
    columns = Edits.join([Edits.of(edits) for edits in several]) if several else Edits.of([])
    assert [*columns] == whole
    assert (len(columns), hash(columns)) == (len(whole), hash(tuple(whole)))
    assert [*columns.sorted()] == sorted(whole, key=lambda e: (e.start, -e.end))
    rows = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=6)) if whole else []
    assert [*columns.take(np.array(rows, np.int64))] == [whole[row] for row in rows] == [columns[row] for row in rows]
    cut = data.draw(st.slices(len(whole)))
    assert [*columns[cut]] == whole[cut]
    kept: list[Edit] = []
    for edit in sorted(whole, key=lambda e: (e.start, -e.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    assert [*collect(several[0] if several else [], *several[1:])] == kept


@given(some_edits, some_edits)
def test_columns_are_equal_where_their_edits_are(some: list[Edit], others: list[Edit]) -> None:
    columns = Edits.of(some)
    for other in (others, Edits.of(others), tuple(others)):
        assert (columns == other) is (some == others)
    assert columns == some
    assert columns == Edits.of([*some])
    assert columns != "no edits"
    assert columns.__eq__(5) is NotImplemented
    assert Edits.of(columns) is columns


def test_an_edit_is_certain_unless_it_says_how_sure_it_is() -> None:
    assert Edit(0, 1, "", "why").score == 1.0
    assert Edits.cut(np.array([0]), np.array([1]), ["why"], np.array([0.5]))[0] == Edit(0, 1, "", "why", 0.5)


def test_of_none_that_hold_an_edit_the_first_is_given() -> None:
    empty = [Edits.of([]), Edits.of([])]
    assert Edits.join(empty) is empty[0]
    assert Edits.join([*empty, some := Edits.of([Edit(0, 1, "", "why")])]) is some


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=5))
def test_spans_are_gathered_one_after_the_other(spans: list[tuple[int, int]]) -> None:
    start, sizes = np.array(spans, np.int64).reshape(-1, 2).T
    assert gather_spans(start, sizes).tolist() == [at for a, n in spans for at in range(a, a + n)]


def test_overlaps_and_borders_are_refused() -> None:
    texts = Texts.of(["abc", "def"])
    with pytest.raises(ValueError, match=r"^edits overlap or are not sorted: pass them through pipeline.edits.collect$"):
        apply(texts, [Edit(0, 2, "", "x"), Edit(1, 3, "", "y")])
    with pytest.raises(ValueError, match="overlap"):
        apply(texts, [Edit(0, 1, "", "x"), Edit(1, 3, "", "x"), Edit(2, 3, "", "y")])
    with pytest.raises(ValueError, match="overlap"):
        apply(texts, [Edit(2, 1, "", "x")])
    with pytest.raises(ValueError, match=r"^an edit reaches over the end of its document$"):
        apply(texts, [Edit(2, 5, "", "x")])
    with pytest.raises(ValueError, match="end of its document"):
        apply(texts, [Edit(3, 4, "", "x")])
    with pytest.raises(ValueError, match="end of its document"):
        apply(texts, [Edit(8, 8, "behind the last", "x")])


def test_collect_keeps_the_first_and_longer() -> None:
    edits = [Edit(4, 6, "", "late"), Edit(0, 5, "", "long"), Edit(0, 2, "", "short"), Edit(6, 7, "", "after")]
    assert [e.reason for e in collect(edits)] == ["long", "after"]


def test_restore_refuses_what_does_not_fit() -> None:
    rows = [{"step": 0, "stage": "pinyin", "at": 1, "text": "x", "put": "y"}]
    assert restore("ay", rows) == "ax"
    assert replay("ax", rows) == "ay"
    with pytest.raises(AuditError, match="does not fit"):
        restore("ab", rows)
    with pytest.raises(AuditError, match="--audit full"):
        restore("ay", [{"step": 0, "stage": "pinyin", "start": 1, "end": 2}])


def test_a_row_says_how_sure_an_edit_is_where_it_is_not_certain() -> None:
    rows = edit_rows([Applied(1, "s", "why", 2, "甲", "", 3, 4, score) for score in (1.0, 0.12345)])
    same = {"step": 1, "stage": "s", "reason": "why", "start": 3, "end": 4, "at": 2, "text": "甲", "put": ""}
    assert rows == [same, same | {"score": 0.123}]
