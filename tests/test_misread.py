"""Misread lines: the search for lost bytes as kernels, readings that are ruled out, and what lines of a page tell of each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clean_text, clean_texts
from pipeline.stages.encoding import beam, confused, lossy, lost, readings
from tests import naive_lost as naive

STAGE = ["encoding"]
SENTENCES = (
    "社区图书馆每天下午四点以后都坐满了放学的孩子，管理员老吴说他识字不多。", "牧民们的生活好了，但大量增加的牲畜让草原开始退化。",
    "这座博物馆始建于一九二六年，是省内最早对外开放的博物馆之一。", "如果你只想休息一段时间，不如先请个假，别急着辞职。",
)
TEXTS = st.text(st.sampled_from("的是我们不在人有这中大来上国图书馆，。0a é\U0001f600\u3000"), min_size=2, max_size=14)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[int], str]:
    """Bytes of a text as a charset showed them, some of them lost; cut anywhere, and some of them others."""
    data = list(draw(TEXTS).encode())
    codec = draw(st.sampled_from(["gbk", "big5hkscs", "cp1252"]))
    lost_ones = [naive.WILD, beam.MAYBE] if codec != "cp1252" else [beam.LACKING, beam.SPACE]
    for k in draw(st.lists(st.integers(0, len(data) - 1), max_size=4)):
        data[k] = draw(st.sampled_from([*lost_ones, 0x80, 0xE4]))
    return data[draw(st.integers(0, 2)):len(data) - draw(st.integers(0, 2))], codec


@settings(max_examples=150)
@given(streams())
def test_search_equals_naive(made: tuple[list[int], str]) -> None:
    stream, codec = made
    got, _ = lost.solve(np.array(stream, np.int16), codec, "，", "\n").settle(lost.NO_PAGE)
    if beam.SPACE not in stream:        # which costs something to put back
        assert got == naive.read(stream, codec, "，", "\n")


@settings(max_examples=150)
@given(streams())
def test_misfits_equal_naive(made: tuple[list[int], str]) -> None:
    stream = np.array(made[0], np.int16)
    assert beam.list_misfits(stream, False, np.empty(len(stream) + 4, np.int64)) == naive.misfits(made[0])


@pytest.mark.parametrize("wrong, right", readings.READINGS)
@pytest.mark.parametrize("head, tail", [("", ""), ("记者：", "（完）"), ("abc，", "。")])
def test_no_reading_is_ruled_out_that_repairs(wrong: str, right: str, head: str, tail: str) -> None:
    for sentence in SENTENCES:
        try:
            shown = sentence.encode(right).decode(wrong, "replace")
        except UnicodeEncodeError:
            shown = "圖書館每週三下午開放，管理員說他認得每個孩子。".encode(right).decode(wrong, "replace")
        line = head + shown + tail
        for first, last in ((0, len(line)), (len(head), len(head + shown)), (len(head) + 1, len(head + shown) - 1)):
            (alive,) = readings.rule_out([line[first:last]])
            foreign = len(readings._HANGUL_OR_KANA.findall(line, first, last)) >= 2
            every = readings.ALL if foreign else readings._NEAR
            assert confused.confuse(line, first, last, alive) == confused.confuse(line, first, last, every)


RUNS = st.text(st.sampled_from("鍥句功棣嗕粠ﾉ酩ｼ한국の\ufffd?。a栝弝厙\ue000€\U00020000"), max_size=12)


@settings(max_examples=200)
@given(st.lists(RUNS, max_size=6))
def test_a_run_is_judged_alone(runs: list[str]) -> None:
    assert readings.rule_out(runs) == [readings.rule_out([run])[0] for run in runs]


def test_runs_are_judged_in_blocks() -> None:
    runs = [sentence.encode(right).decode(wrong, "replace") for sentence in SENTENCES * 17 for right, wrong in (
        ("gb18030", "cp949"), ("utf-8", "gb18030"), ("gb18030", "big5hkscs"))]
    asked = readings.Readings(runs)
    assert [asked.ask(k) for k in (0, 63, 64, 65, len(runs) - 1)] == [
        readings.rule_out([runs[k]])[0] for k in (0, 63, 64, 65, len(runs) - 1)]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_was_misread_twice_with_losses_is_filled_in(sentence: str) -> None:
    shown = sentence.encode().decode("cp1252", "replace").encode().decode("latin-1")
    assert "ï¿½" in shown
    got = clean_text(shown, stages=STAGE).text
    once = clean_text(sentence.encode().decode("cp1252", "replace"), stages=STAGE).text
    assert got == once
    assert sum(a == b for a, b in zip(got, sentence, strict=True)) >= 0.9 * len(sentence)


@pytest.mark.parametrize("again", ["latin-1", "cp1252"])
def test_lines_misread_twice_are_read_as_each_would_be_alone(again: str) -> None:
    once = [f"第{k}天，{SENTENCES[k % 4]}".encode().decode("cp1252", "replace") for k in range(16)]
    lines = [line.encode().decode(again, "replace") for line in once]
    got = clean_text("\n".join(lines), stages=STAGE).text
    assert got.split("\n") == [clean_text(line, stages=STAGE).text for line in lines]


@pytest.mark.parametrize("name", ["刘颖", "阮瀛", "金银潭"])
def test_what_a_page_has_elsewhere_is_chosen(name: str) -> None:
    """A name is known from the lines in which its bytes were not lost."""
    lines = [f"{head}{name}说她记得这里每一个人的样子。" for head in ("", "后来", "a", "a后来", "1，", "可是")]
    shown = [line.encode().decode("gbk", "replace") for line in lines]
    alone = [clean_text(line, stages=STAGE).text for line in shown]
    got = clean_text("\n".join(shown), stages=STAGE).text.split("\n")
    assert got == lines != alone
    assert clean_texts_of(["\n".join(shown), *shown]) == ["\n".join(got), *alone]


def clean_texts_of(texts: list[str]) -> list[str]:
    return [cleaned.text for cleaned in clean_texts(texts, stages=STAGE)]


@pytest.mark.parametrize("sign", ["\x1c", "\x1d", "\x1e"])
def test_a_control_in_a_misread_line_goes_and_the_line_is_repaired(sign: str) -> None:
    shown = SENTENCES[2].encode().decode("gbk", "replace")
    assert clean_text(shown[:9] + sign + shown[9:], stages=STAGE).text == clean_text(shown, stages=STAGE).text == SENTENCES[2]


@pytest.mark.parametrize("codec, text", [("gb18030", "鍥句功a1。？\ue000€𠀀㐀"), ("big5hkscs", "圖書a1。？嗀")])
def test_characters_are_placed_in_bytes(codec: str, text: str) -> None:
    shown = lossy._Shown(text, 0, len(text), codec)
    assert shown.is_plain
    for k, char in enumerate(text):
        want = [0x80] if char == "€" else list(char.encode(codec))
        assert shown.read(k, k + 1)[0].tolist() == want
    assert not lossy._Shown("\x1c", 0, 1, codec).is_plain
