"""What the markup says of lines stays with them where a stage before the line model parts, joins or removes lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning import _carry_marks, clean_text
from pipeline.edits import Edit, Edits, make
from pipeline.marks import Kind, Marks, Region
from pipeline.record import Texts


def _marked(texts: list[str]) -> Texts:
    """Texts of which each line says its own number as its token."""
    plain = Texts.of(texts)
    return plain.with_marks([Marks.of([(0, 0, 0, i, 0, 5, 3) for i in range(n)]) for n in np.diff(plain.first_lines).tolist()])


def _came_from(texts: Texts, doc: int, edits: list[Edit]) -> list[int]:
    """For each line after the edits the line that its first character stood in, character by character."""
    start, stop = int(texts.starts[doc]), int(texts.ends[doc])
    after, places, at = "", list[int](), start
    for e in [*edits, None]:
        until = stop if e is None else e.start
        after, places = after + texts.joined[at:until], [*places, *range(at, until)]
        if e is not None:
            after, places = after + e.put, [*places, *(min(e.start + k, e.end) for k in range(len(e.put)))]
            at = e.end
    begins = [0, *(k + 1 for k, c in enumerate(after) if c == "\n")]
    return list(accumulate((texts.joined[start:[*places, stop][b]].count("\n") for b in begins), max))


@settings(max_examples=200)
@given(st.data())
def test_a_line_has_the_marks_of_the_line_that_it_came_from(data: st.DataObject) -> None:
    texts = _marked(data.draw(st.lists(st.text(st.sampled_from("ab\n"), max_size=20), min_size=1, max_size=3)))
    edits: list[list[Edit]] = []
    for start, stop in zip(texts.starts.tolist(), texts.ends.tolist(), strict=True):
        own, at = list[Edit](), start
        for a in sorted(data.draw(st.lists(st.integers(start, stop), max_size=5))):
            b = data.draw(st.integers(a, min(stop, a + 4)))
            if at <= a < b:
                own.append(Edit(a, b, data.draw(st.text(st.sampled_from("x\n"), max_size=3)), "why", 1.0))
                at = b
        edits.append(own)
    if not (columns := Edits.of([e for own in edits for e in own])):
        return
    made = make(texts, columns)
    found = made.after.with_marks(_carry_marks(texts, made, columns)).marks
    assert found is not None
    for doc, (own, marks) in enumerate(zip(edits, found, strict=True)):
        assert marks is not None
        wanted = _came_from(texts, doc, own)
        same = len(wanted) == texts.first_lines[doc + 1] - texts.first_lines[doc]
        assert marks.token.tolist() == (list(range(len(wanted))) if same else wanted)


def test_a_blank_line_that_goes_takes_no_marks_along(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "老街的书店今年春天重新开门，店主说，他只想让附近的孩子放学以后有个坐下来看书的地方。"
    marks = Marks.of([(Kind.ITEM, 0, Region.NAV, 0, 255, 3, 0), *[(Kind.PARAGRAPH, 0, Region.ARTICLE, 0, 0, 3, 1)] * 2])
    seen, plain = list[list[int]](), Texts.with_marks

    def watch(texts: Texts, given_marks: Sequence[Marks | None] | None) -> Texts:
        marked = plain(texts, given_marks)
        seen.extend(own.kind.tolist() for own in marked.marks or () if own is not None)
        return marked

    monkeypatch.setattr(Texts, "with_marks", watch)
    clean_text("新书上架 今日推荐\n\n" + text, marks=marks, stages=["encoding"])
    assert seen == [[Kind.ITEM, Kind.PARAGRAPH, Kind.PARAGRAPH], [Kind.ITEM, Kind.PARAGRAPH]]
