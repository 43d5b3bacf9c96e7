"""The account of several steps over a batch, beside one kept by hand for each document, one code point after the other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.account import Applied, Cleaned, Part, Trace, account, edit_rows, replay, restore
from pipeline.edits import Edit, Edits, make
from pipeline.errors import AuditError
from pipeline.record import Texts

Drawn = list[tuple[int, int, str, str, float]]      # start, end, what is put, reason, score


@dataclass
class ByHand:
    """One text with the span of the original that each of its code points stands for."""

    text: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    edits: list[Applied] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spans = [(i, i + 1) for i in range(len(self.text) + 1)]

    def edit(self, step: int, stage: str, drawn: Drawn) -> None:
        for start, end, put, reason, score in drawn:
            span = (self.spans[start][0], self.spans[start][0] if start == end else self.spans[end - 1][1])
            self.edits.append(Applied(step, stage, reason, start, self.text[start:end], put, *span, score))
        for start, end, put, *_ in reversed(drawn):
            own = self.edits[-len(drawn):][drawn.index(next(d for d in drawn if d[:2] == (start, end)))]
            self.text = self.text[:start] + put + self.text[end:]
            if len(put) != end - start:         # else each stands for the place of its own
                self.spans[start:end] = [(own.first, own.last)] * len(put)


@st.composite
def draw_edits(draw: st.DrawFn, size: int) -> Drawn:
    """Edits of one text in order, none at the place of another."""
    places = sorted(draw(st.sets(st.integers(0, size), max_size=6)))
    reasons, scores = st.sampled_from(["menu", "share"]), st.sampled_from([1.0, 0.25])
    puts = st.sampled_from(["", "x", "新新"])
    return [(a, b, draw(puts), draw(reasons), draw(scores)) for a, b in zip(places[::2], places[1::2], strict=False)]


@st.composite
def draw_work(draw: st.DrawFn) -> tuple[list[str], list[ByHand], list[tuple[list[int], Texts, Edits]], list[Cleaned], Trace | None]:
    """Texts, what is kept by hand of each, and of each step the documents that it saw with its edits; and what the account says."""
    originals = draw(st.lists(st.text(st.sampled_from("ab\n党🀄"), max_size=8), min_size=1, max_size=4))
    hands, results = [ByHand(text) for text in originals], [Cleaned(text, text) for text in originals]
    docs = sorted(draw(st.sets(st.integers(0, len(originals) - 1), min_size=1)))
    now, trace, steps = Texts.of([originals[d] for d in docs]), None, []
    for step, stage in enumerate(draw(st.lists(st.sampled_from(["encoding", "personal"]), max_size=3)), 3):
        drawn = [draw(draw_edits(len(hands[d].text))) for d in docs]
        placed = zip(drawn, now.starts.tolist(), strict=True)
        edits = [Edit(a + base, b + base, put, *why) for own, base in placed for a, b, put, *why in own]      # type: ignore[arg-type]
        if not edits:
            continue
        columns = Edits.of(edits)
        made = make(now, columns)
        trace = account(results, trace, step, stage, now, columns, made, docs)
        steps.append((docs, now, columns))
        now = made.after
        for d, own in zip(docs, drawn, strict=True):
            hands[d].edit(step, stage, own)
    for i, d in enumerate(docs):
        results[d].text = now.text(i)
    return originals, hands, steps, results, trace


@given(draw_work())
def test_the_account_is_what_was_done(
    work: tuple[list[str], list[ByHand], list[tuple[list[int], Texts, Edits]], list[Cleaned], Trace | None]
) -> None:
    originals, hands, steps, results, trace = work
    for original, hand, result in zip(originals, hands, results, strict=True):
        assert result.sums == sum_up(hand.edits)        # of the columns, while nobody asked for single edits
        assert (result.text, result.edits) == (hand.text, hand.edits)
        rows = edit_rows(result.edits)
        assert (replay(original, rows), restore(result.text, rows)) == (result.text, original)
        assert [(row["start"], row["end"]) for row in rows] == [(e.first, e.last) for e in hand.edits]
        assert sum_up(hand.edits) == sum_up(result.edits)
    if trace is not None:
        spans = [span for d in steps[0][0] for span in hands[d].spans]
        assert trace.size == len(spans)
        ends = np.cumsum([len(hands[d].spans) for d in steps[0][0]]) - 1     # what stands for the end of a text is nobody's
        inner = np.setdiff1d(np.arange(len(spans)), ends).tolist()
        assert [trace.project(i, i + 1) for i in inner] == [spans[i] for i in inner]
    else:
        assert all(len(hand.text) == len(original) for hand, original in zip(hands, originals, strict=True))


def sum_up(edits: list[Applied]) -> list[tuple[str, str, int, int, int]]:
    """Stage, reason, how many, characters taken and put, by step and then by the first of each reason."""
    found: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for e in edits:
        for k, n in enumerate((1, len(e.taken), len(e.put))):
            found[e.step, e.stage, e.reason][k] += n
    return [(stage, reason, *counts) for (_, stage, reason), counts in found.items()]  # type: ignore[misc]


@given(draw_work(), st.data())
def test_a_part_gives_the_edits_of_any_of_its_documents_as_they_were_made(
    work: tuple[list[str], list[ByHand], list[tuple[list[int], Texts, Edits]], list[Cleaned], Trace | None], data: st.DataObject
) -> None:
    *_, steps, results, _ = work
    parts = list({id(p): p for result in results for p, _, _ in result.parts}.values())
    assert len(parts) == len(steps)
    for part, (docs, texts, edits) in zip(sorted(parts, key=lambda p: p.step), steps, strict=True):
        chosen = data.draw(st.lists(st.sampled_from(range(len(docs))), unique=True))
        spans = [part.bounds.get(docs[i]) for i in chosen]
        again = part.edits(spans, Texts.of([texts.text(i) for i in chosen]))
        bases = np.cumsum([0, *(len(texts.text(i)) + 1 for i in chosen)]).tolist()
        expected = [
            e._replace(start=e.start - int(texts.starts[i]) + base, end=e.end - int(texts.starts[i]) + base)
            for i, base in zip(chosen, bases, strict=False) for e in edits if texts.starts[i] <= e.start and e.end <= texts.ends[i]
        ]
        assert list(again) == expected
        n = len(part.doc)
        a, b = sorted((data.draw(st.integers(0, n)), data.draw(st.integers(0, n))))
        assert part.applied(a, b) == part.applied(0, n)[a:b]
        assert sorted(part.bounds) == sorted({*part.doc.tolist()})
        assert all((part.doc[a:b] == d).all() and b - a == (part.doc == d).sum() for d, (a, b) in part.bounds.items())


def make_cleaned(**more: Any) -> Cleaned:
    return Cleaned(**{"original": "原文", "text": "文", **more})


def test_what_stands_in_a_row() -> None:
    edit = Applied(2, "pinyin", "toned", 1, "(hǎo)", "", 4, 9, 0.5)
    result = make_cleaned(
        own=[edit], metadata={"title": "题", "editor": "某", "notice": "二〇"}, notes=[("listing", "多"), ("x", "y")], id="i",
        source="s", extra={"k": [1]},
    )
    row = {
        "id": "i", "source": "s", "text": "文", "verdict": "listing", "title": "题", "published": "", "source_name": "",
        "author": "", "editor": "某", "notes": [{"kind": "listing", "text": "多"}, {"kind": "x", "text": "y"}],
        "metadata": {"notice": "二〇"}, "extra": {"k": [1]},
    }
    assert result.to_dict() == row
    spans = {"stage": "pinyin", "reason": "toned", "start": 4, "end": 9, "text": "(hǎo)", "put": "", "score": 0.5}
    assert result.to_dict(edits=True) == row | {"edits": [spans]}
    assert result.to_dict()["extra"] is not result.extra
    assert (result.title, make_cleaned().title) == ("题", None)


@pytest.mark.parametrize(("kinds", "verdict"), [
    ([], "text"), (["x"], "text"), (["only-boilerplate"], "empty"), (["listing"], "listing"),
    (["only-boilerplate", "listing"], "listing"),
])
def test_verdicts_follow_from_notes(kinds: list[str], verdict: str) -> None:
    assert make_cleaned(notes=[(kind, "") for kind in kinds]).verdict == verdict


def test_personal_data_is_what_was_masked_and_what_is_there() -> None:
    phone, mail = Applied(0, "personal", "mobile", 0, "13812345678", "", 0, 11, 1.0), "wanglei@163.com"
    other = Applied(0, "boilerplate", "email", 0, "x@y.cn", "", 0, 6, 1.0)      # another stage's reason of the same name
    result = make_cleaned(text=f"请写信到邮箱{mail}联系我们。", own=[phone, phone, other])
    assert result.personal == {"mobile": 2, "email": 1}
    assert list(result.personal) == ["mobile", "email"]
    assert make_cleaned().personal == {}
    assert make_cleaned().sums == []


def test_results_are_equal_where_all_that_is_told_is() -> None:
    edit = Applied(0, "s", "r", 0, "原", "", 0, 1, 1.0)
    same = {"original": "原文", "text": "文", "own": [edit], "metadata": {"a": "b"}, "notes": [("k", "t")]}
    assert make_cleaned(**same) == make_cleaned(**same)
    nought, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    taken, put = np.array([ord("原")], np.uint32), np.zeros(0, np.uint32)
    part = Part(0, "s", nought, nought, nought, one, nought, ("r",), np.ones(1), taken, one, put, nought)
    assert make_cleaned(**same | {"own": None, "parts": [(part, 0, 1)]}) == make_cleaned(**same), "however the edits are kept"
    for name, other in (("original", "x"), ("text", "x"), ("own", []), ("metadata", {}), ("notes", [])):
        assert make_cleaned(**same | {name: other}) != make_cleaned(**same), name
    assert make_cleaned().__eq__("文") is NotImplemented


def test_a_text_that_is_of_no_record_has_no_name() -> None:
    text = Cleaned("一", "一")
    assert (text.id, text.source, text.extra) == ("", "", {})


def test_where_an_account_does_not_fit_it_says_which_edit() -> None:
    rows = [
        {"step": 1, "stage": "a", "at": 0, "text": "甲", "put": ""}, {"step": 2, "stage": "b", "at": 1, "text": "乙", "put": "丙"},
    ]
    assert restore("x丙", rows) == "甲x乙"
    with pytest.raises(AuditError, match=r"^the edit of b at 1 does not fit the text; is this the audit of this output\?$"):
        restore("x", rows)
    with pytest.raises(AuditError, match=r"^the edit of b at 1 does not fit the text"):
        replay("甲x丁", rows)
    overlap = [{"step": 1, "stage": "a", "at": at, "text": "", "put": "xx"} for at in (0, 1)]
    with pytest.raises(AuditError, match=r"^the edit of a at 0 does not fit"):
        replay("x", overlap[::-1])
    with pytest.raises(AuditError, match=r"^the edit of a at 1 does not fit"):      # behind the end
        replay("", overlap)
    with pytest.raises(AuditError, match=r"^an edit has no 'at': only an audit written with `--audit full` can be restored$"):
        restore("x", [{"step": 1, "stage": "a", "start": 0}])
