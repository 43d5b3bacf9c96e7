from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clean_text, clean_texts
from pipeline.chinese.codepoints import load_classes
from pipeline.edits import apply
from pipeline.options import Options, ScriptOptions
from pipeline.record import Texts
from pipeline.stages import script
from pipeline.stages.script.kernels import count_scripts, join_changes
from tests import naive_script as naive

CASES = [json.loads(row) for row in (Path(__file__).parent / "cases" / "script.jsonl").read_text("utf-8").split("\n") if row]
STAGE = ["script"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_case(case: dict[str, str]) -> None:
    target, words = case.get("target", "simplified"), case.get("words", "keep")
    options = Options(script=ScriptOptions(target=target, words=words))     # type: ignore[arg-type]
    cleaned = clean_text(case["text"], stages=STAGE, options=options)
    assert cleaned.text == case["expected"], case["why"]
    assert cleaned.metadata["script"] == case["script"]
    assert clean_text(cleaned.text, stages=STAGE, options=options).text == cleaned.text


PIECES = st.sampled_from(
    ["製度", "體係", "著名", "沿著", "乾隆", "乾淨", "於是", "於單", "盧象昇", "毕昇", "杨联陞", "王丙乾", "餘村", "藉口", "瞭解",
     "为了", "国家", "の", "です", "東京", "한국", "abc ", "，", "\n", "里", "后", "着", "幺麼", "懷釐", "袷袢", "袷衣",
     "步步高陞", "噁", "𠮷", "鮀島",
     "曹雪芹著，", "錢鍾書", "徐乾學", "王汎森", "衞生", "祇要", "神祇", "甚麼", "滑鼠", "程式", "檔案", "牠"]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@settings(max_examples=300)
@given(TEXTS, st.sampled_from(["keep", "mainland"]))
def test_idempotent(text: str, words: Literal["keep", "mainland"]) -> None:
    options = Options(script=ScriptOptions(words=words))
    once = clean_text(text, stages=STAGE, options=options).text
    assert clean_text(once, stages=STAGE, options=options).text == once


@settings(max_examples=60)
@given(st.lists(TEXTS, max_size=4))
def test_batch_does_not_matter(texts: list[str]) -> None:
    assert [c.text for c in clean_texts(texts, stages=STAGE)] == [clean_text(t, stages=STAGE).text for t in texts]


@settings(max_examples=100)
@given(TEXTS)
def test_edits_are_within_lines_and_change_something(text: str) -> None:
    texts = Texts.of([text])
    for edit in script.propose(texts, ScriptOptions()).edits:
        taken = texts.joined[edit.start:edit.end]
        assert len(taken) == len(edit.put)
        assert "\n" not in taken
        assert taken[0] != edit.put[0]
        assert taken[-1] != edit.put[-1]


def test_the_schema_names_the_labels() -> None:
    schema = json.loads((Path(script.__file__).parents[2] / "data" / "clean.schema.json").read_text("utf-8"))
    assert schema["properties"]["script"]["enum"] == [*script.LABELS, ""]


def test_label_of_lines() -> None:
    texts = Texts.of(["这里是简体。\n這裡是繁體。\nここは日本です。\n여기는 한국\nHere\n"])
    labels = script.label(texts, texts.lines.start, texts.lines.end)
    assert [script.LABELS[k] for k in labels] == ["simplified", "traditional", "japanese", "korean", "other", "other"]


def test_every_document_has_a_script() -> None:
    texts = Texts.of(["", "中文", "臺灣", "x"])
    assert [f.value for f in script.propose(texts, ScriptOptions()).found] == ["other", "simplified", "traditional", "other"]


def test_a_phrase_of_another_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """No phrase of OpenCC's t2s changes the length, but its regional ones do: their line is one edit."""
    table = {"計程車": "出租车", "雪糕": "冰淇淋"}

    def convert(text: str) -> str:
        for word, put in table.items():
            text = text.replace(word, put)
        return text.replace("車", "车")

    monkeypatch.setattr(script.convert, "load_converter", lambda config: convert)
    texts = Texts.of(["計程車上\n車上的雪糕車\n車"])
    edits = script.propose(texts, ScriptOptions()).edits
    assert apply(texts, edits).all() == ["出租车上\n车上的冰淇淋车\n车"]


@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_kernel_equals_naive(rows: list[str]) -> None:
    texts = Texts.of(rows)
    counts = np.empty((len(texts), 7), np.int64)
    count_scripts(texts.points, load_classes(), texts.starts, texts.ends, counts)
    assert counts.tolist() == [naive.count_scripts(row) for row in rows]


@pytest.mark.parametrize(
    "make", [lambda n: "著" * n, lambda n: "著\n" * n, lambda n: "體の" * n, lambda n: "乾" * n, lambda n: "體的" * n]
)
def test_linear(make) -> None:  # type: ignore[no-untyped-def]
    times = []
    for n in (8_000, 32_000):
        text = "體" + make(n)
        script.propose(Texts.of([text]), ScriptOptions())
        begin = time.process_time()
        script.propose(Texts.of([text]), ScriptOptions())
        times.append(time.process_time() - begin)
    assert times[1] < 8 * times[0] + 2, times


POINT = st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans())      # before, after, and whether it is held


@settings(max_examples=100)
@given(st.lists(st.lists(POINT, max_size=12), max_size=4), st.integers(1, 5), st.sets(st.integers(0, 40)))
def test_changes_are_joined_as_the_naive_twin_joins_them(
    lines: list[list[tuple[int, int, bool]]], near: int, swapped: set[int]
) -> None:
    flat = [point for line in lines for point in [*line, (9, 9, False)]]
    old, new = (np.array([p[k] for p in flat], np.uint32) for k in range(2))
    held = np.array([p[2] for p in flat], np.bool_)
    sizes = np.array([len(line) for line in lines], np.int64)
    end = np.cumsum(sizes + 1) - 1
    words = sorted(swapped)
    stretches: list[list[int]] = []
    for a, b in zip((end - sizes).tolist(), end.tolist(), strict=True):
        last = -1
        for i in range(a, b):
            if old[i] != new[i] and not held[i]:
                if last < 0 or i - last > near or any(last <= w < i for w in words):
                    stretches.append([i, i + 1])
                stretches[-1][1], last = i + 1, i
    out, put = np.empty((2, len(flat)), np.int64), np.empty(len(flat), np.uint32)
    n, size = join_changes(old, new, held, end - sizes, end, np.array(words, np.int64), near, out, put)
    assert out[:, :n].T.tolist() == stretches
    assert put[:size].tolist() == [int(old[i] if held[i] else new[i]) for a, b in stretches for i in range(a, b)]
