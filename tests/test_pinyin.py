"""The pinyin stage: its cases, its laws, its time."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, pinyin

from pipeline.edits import apply
from pipeline.options import PinyinOptions
from pipeline.record import Texts
from pipeline.stages.pinyin import propose
from tests.chinese import pages

CASES = Path(__file__).parent / "cases" / "pinyin.jsonl"
WORDS = "社区 治理 党建 制度 群众 学习 旅客 战略 天安门 皮袄 一会儿 女儿 自由 银行 重庆 觉得 着急".split()   # noqa: SIM905


def load_cases() -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in CASES.read_text("utf-8").rstrip("\n").split("\n")]
    return [row for row in rows if not row.get("ambiguous")]


def strip(*texts: str, toneless: bool = True, lone: bool = True) -> list[str]:
    """The texts after the stage, run until it proposes nothing more."""
    view = Texts.of(texts)
    for _ in range(4):
        edits = propose(view, PinyinOptions(toneless, lone)).edits
        if not edits:
            break
        view = apply(view, edits)
    return view.all()


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: str(case["id"]))
def test_case(case: dict[str, Any]) -> None:
    assert strip(case["text"]) == [case["expected"]], case["why"]


def test_cases_do_not_touch_each_other() -> None:
    cases = load_cases()
    assert strip(*(c["text"] for c in cases)) == [c["expected"] for c in cases]


def test_toneless_readings_can_be_left_alone() -> None:
    text = "黨(dang) 的社會(hui) 治理(zhìlǐ)"
    assert strip(text) == ["黨的社會治理"]
    assert strip(text, toneless=False) == ["黨(dang) 的社會(hui) 治理"]


def test_a_lone_toneless_reading_can_be_left_alone() -> None:
    text = "成都哗(hua)变，都督出逃。"
    assert strip(text) == ["成都哗变，都督出逃。"]
    assert strip(text, lone=False) == [text]
    assert strip("黨(dang) 的", lone=False) == ["黨的"]


def test_one_pass_is_enough_for_the_cases() -> None:
    for case in load_cases():
        view = Texts.of([case["text"]])
        once = apply(view, propose(view, PinyinOptions()).edits)
        assert not propose(once, PinyinOptions()).edits, case["id"]


@given(st.lists(pages, max_size=4))
def test_edits_are_legal_and_take_no_hanzi(texts: list[str]) -> None:
    view = Texts.of(texts)
    edits = propose(view, PinyinOptions()).edits
    apply(view, edits)
    for edit in edits:
        taken = view.joined[edit.start:edit.end]
        assert edit.put == ""
        assert not any("\u4e00" <= c <= "\u9fff" for c in taken.replace("一", "")), taken


@given(st.lists(pages, max_size=4))
def test_documents_of_a_batch_are_independent(texts: list[str]) -> None:
    assert strip(*texts) == [one for text in texts for one in strip(text)]


@given(
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=12),
    st.sampled_from([Style.TONE, Style.TONE3, Style.BOPOMOFO]),
    st.sampled_from(["()", "（）", "[]", "【】", "（)"]),
    st.sampled_from(["", " "]),
)
def test_an_annotated_text_comes_back(words: list[str], style: Style, brackets: str, separator: str) -> None:
    plain = "，".join(words) + "。"
    noisy = "，".join(
        word + brackets[0] + separator.join(column[0] for column in pinyin(word, style=style)) + brackets[1] for word in words
    )
    assert strip(noisy + "。") == [plain]


def test_the_machine_noise_of_whole_sentences_comes_back() -> None:
    plain = "黨的十九屆四中全會對堅持和完善中國特色社會主義制度作出部署。"
    noisy = "".join(c + f"({pinyin(c, style=Style.NORMAL)[0][0]}) " if c in "黨會義" else c for c in plain)
    assert noisy.count("(") == 4
    assert strip(noisy) == [plain]


HOSTILE = {
    "open brackets": lambda n: "党(" * n,
    "open brackets with letters": lambda n: "党(dang" * n,
    "a bracket of pinyin": lambda n: "党" * n + "(" + "dǎng" * n + ")",
    "a bracket of letters": lambda n: "党(" + "a" * 4 * n + ")",
    "readings": lambda n: "党(dǎng)" * n,
    "toneless readings": lambda n: "黨(dang) 的" * n,
    "a chain of one reading": lambda n: "党" + "(dǎng)" * n,
    "word play": lambda n: "色（kan）彩（zhe）" * n,
    "entries": lambda n: "①党（dǎng）：组织。" * n,
    "ruby": lambda n: "党dǎng" * n,
    "blanks": lambda n: "党" + " " * n + "(dǎng)" + " " * n + "建",
    "lines of pinyin": lambda n: "dǎng jiàn\n党建\n" * n,
    "a line of pinyin": lambda n: "dǎng" * n + "\n" + "党" * n,
    "exam lines": lambda n: "1. 拼音 党（dǎng）\n" * n,
    "quotes": lambda n: "“" * n + "党(dǎng)" + "”" * n,
    "tone marks": lambda n: "党(da" + "\u0301" * n + "ng)",
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_hostile_text_takes_linear_time(shape: str) -> None:
    def cpu(n: int) -> float:
        view = Texts.of([HOSTILE[shape](n)])
        assert len(view.lines.seen) >= len(view.first_lines) - 1
        before = time.process_time()
        propose(view, PinyinOptions())
        return time.process_time() - before

    cpu(100)
    small, large = cpu(5_000), cpu(40_000)
    assert large < 16 * small + 2, (small, large)
