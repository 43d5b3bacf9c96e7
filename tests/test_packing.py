"""Accounts of a batch of several documents, written from columns: what `pack` and orjson make of each, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.account import Applied, Cleaned, Trace, account
from pipeline.corpus import packing
from pipeline.corpus.json_lines import escape_breaks
from pipeline.corpus.packed import BRIDGE, pack, unpack
from pipeline.corpus.packing import dump_accounts, list_scores, round_scores
from pipeline.edits import Edit, Edits, make
from pipeline.record import Texts

LETTERS = st.sampled_from("ab=\n党黨\u2028\x85\"\\\x01😀é")
SCORES = (1.0, 0.5, 0.987, 0.996, 0.125, 0.005, 0.0)


@st.composite
def draw_batch(draw: st.DrawFn, scores: tuple[float, ...] = SCORES) -> list[Cleaned]:
    """Documents of one batch, of which some steps changed some; many edits touch, and many put as much as they take."""
    texts = draw(st.lists(st.text(LETTERS, max_size=24), min_size=1, max_size=4))
    results = [Cleaned(text, text) for text in texts]
    docs = sorted(draw(st.sets(st.integers(0, len(texts) - 1), min_size=1)))
    now, trace = Texts.of([texts[d] for d in docs]), None
    for step, stage in enumerate(draw(st.lists(st.sampled_from(["encoding", 'a "stage"']), max_size=3))):
        edits = [e for i in range(len(docs)) for e in draw(draw_edits(now.text(i), int(now.starts[i]), scores))]
        if edits:
            columns = Edits.of(edits)
            made = make(now, columns)
            trace = account(results, trace, step * 3, stage, now, columns, made, docs)
            now = made.after
    assert trace is None or isinstance(trace, Trace)
    for i, d in enumerate(docs):
        results[d].text = now.text(i)
    return results


@st.composite
def draw_edits(draw: st.DrawFn, text: str, base: int, scores: tuple[float, ...]) -> list[Edit]:
    edits, at = [], 0
    for _ in range(draw(st.integers(0, 7))):
        a = min(len(text), at + draw(st.sampled_from([0, 0, 1, 2, 9, 10, 11])))
        b = min(len(text), a + draw(st.integers(0, 3)))
        put = draw(st.one_of(st.just(""), st.text(LETTERS, max_size=3), st.text(LETTERS, min_size=b - a, max_size=b - a)))
        reason, score = draw(st.sampled_from(["why", "else", 'é"'])), draw(st.sampled_from(scores))
        edits.append(Edit(base + a, base + b, put, reason, score))
        at = b
    return edits


@settings(max_examples=100)
@given(draw_batch())
def test_columns_are_written_as_single_edits_are(results: list[Cleaned]) -> None:
    written = dump_accounts(results)
    assert written == [escape_breaks(orjson.dumps(pack(r.edits))) for r in results]     # from here on they are no columns
    assert dump_accounts(results) == written
    for result, line in zip(results, written, strict=True):
        assert unpack(result.text, json.loads(line))[1] == result.original


@settings(max_examples=60)
@given(draw_batch((1.0, 1.5, 0.3)) | draw_batch((1.0, -0.25, 0.3)))
def test_scores_that_are_none_are_written_as_they_are(results: list[Cleaned]) -> None:
    assert dump_accounts(results) == [escape_breaks(orjson.dumps(pack(r.edits))) for r in results]


def test_only_what_is_odd_is_written_edit_by_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two insertions at one place, or a score that is none; all else goes the way that takes a thirtieth of the time."""
    def make_batch(*scores: float) -> list[Cleaned]:
        texts = ["党建引领，基层治理。", "坚持党建。"]
        before, results = Texts.of(texts), [Cleaned(text, text) for text in texts]
        edits = Edits.of([Edit(k, k + 1, "黨" * (k % 3), "why", score) for k, score in enumerate(scores)])
        made = make(before, edits)
        account(results, None, 0, "script", before, edits, made, [0, 1])
        return results

    asked: list[int] = []

    def count(edits: Sequence[Applied]) -> list[dict[str, Any]]:
        asked.append(len(edits))
        return pack(edits)

    monkeypatch.setattr(packing, "pack", count)
    dump_accounts(make_batch(0.0, 0.5, 1.0, 1.0))
    assert asked == []
    for bad in (1.5, -0.25):
        dump_accounts(make_batch(0.5, bad, 1.0))
    assert asked == [3, 3]


BRIDGES = "".join("党" + "b" * BRIDGE for _ in range(50))


@pytest.mark.parametrize(("text", "edits"), [
    (BRIDGES, [Edit(k, k + 1, "黨", "why") for k in range(0, len(BRIDGES), BRIDGE + 1)]),
    ("ab" * 20, [Edit(2 * k, 2 * k + 1, "\x01" * 300, "why") for k in range(20)]),
    ("\x01" * 3000 + "a", [Edit(0, 3000, "", "why")]),
])
def test_there_is_room_for_all_that_is_written(text: str, edits: list[Edit], monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled kernels see no end of an array; the Python that they are written in does."""
    result = clean_one(text, edits)
    for name in ("gather_rows", "write_rows"):
        monkeypatch.setattr(packing, name, getattr(getattr(packing, name), "py_func", getattr(packing, name)))
    assert dump_accounts([result]) == [escape_breaks(orjson.dumps(pack(result.edits)))]


def clean_one(text: str, *steps: list[Edit]) -> Cleaned:
    now, trace, result = Texts.of([text]), None, Cleaned(text, text)
    for step, edits in enumerate(steps):
        columns = Edits.of(edits)
        made = make(now, columns)
        trace = account([result], trace, step, "script", now, columns, made, [0])
        now = made.after
    result.text = now.text(0)
    return result


DRAWN = st.lists(st.tuples(st.sampled_from(["", "乙", "丙丁", "=" * 12]), st.sampled_from(["why", "else"]), st.booleans()),
                 min_size=1, max_size=12)


@given(st.tuples(DRAWN, DRAWN))
@settings(max_examples=60)
def test_what_moved_as_far_as_the_one_before_says_nothing_of_it(drawn: tuple[list[tuple[str, str, bool]], ...]) -> None:
    """Edits of all kinds and two reasons, far apart, where an earlier step moved all by the same, by more, and back."""
    first, second = (
        [Edit(10 * k, 10 * k + 1 + wide, put, reason) for k, (put, reason, wide) in enumerate(own)] for own in drawn
    )
    text = "甲，乙。" * 100
    result = clean_one(text, first, [Edit(e.start + k, e.end + k, e.put, e.reason) for e in second for k in (0, 4)])
    written = dump_accounts([result])
    assert written == [escape_breaks(orjson.dumps(pack(result.edits)))]
    assert unpack(result.text, json.loads(written[0]))[1] == text


def test_none_and_one() -> None:
    assert dump_accounts([]) == []
    edit = Applied(2, "s", "why", 0, "a", "", 0, 1, 0.5)
    assert dump_accounts([Cleaned("x", "x"), Cleaned("ab", "b", [edit])]) == [
        b"[]", b'[{"step":2,"stage":"s","cut":{"why":[[0,"a",0.5]]}}]']


def test_the_texts_of_all_scores() -> None:
    table = [bytes(row).rstrip(b"\0") for row in list_scores()]
    assert table == [b"%s" % json.dumps(k / 100).encode() for k in range(101)] + [b"1"]
    assert list_scores() is list_scores()


@pytest.mark.parametrize("step", [0.0, 1e-9, -1e-9, 1e-16])
def test_halves_of_hundredths_are_rounded_as_python_does(step: float) -> None:
    scores = np.clip(np.arange(201) / 200 + step, 0, 1)
    assert [101 if s == 1.0 else round(100 * round(s, 2)) for s in scores.tolist()] == round_scores(scores).tolist()
    assert round_scores(np.array([-0.5, 1.5])).tolist() == [0, 100]
