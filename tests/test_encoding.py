from __future__ import annotations

import importlib
import json
import random
import time
import tracemalloc
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import clean_text, clean_texts
from pipeline.chinese.codepoints import load_classes
from pipeline.chinese.plausibility import hash_triples, load_costs, load_tables, pair_cost, triple_cost
from pipeline.edits import apply
from pipeline.options import EncodingOptions, Options
from pipeline.record import Texts
from pipeline.stages import encoding
from pipeline.stages.encoding import kernels, lossy, lost, mojibake
from tests import naive_encoding as naive
from tests.test_cli import ARTICLE

CASES = [json.loads(row) for row in (Path(__file__).parent / "cases" / "encoding.jsonl").read_text("utf-8").split("\n") if row]
STAGE = ["encoding"]

#: What breaks things: every kind of mark, blank, mojibake and structure, next to plain text.
PIECES = st.sampled_from(
    ["你好", "世界。", "abc", " ", "  ", "\u3000", "\u00a0", "\t", "\n", "\n\n", "\r\n", "\r", "\u2028", "\u200b", "\ufeff", "\x00",
     "\x1b[0m", "\u200d", "\ufe0f", "👨", "e\u0301", "\uf900", "&nbsp;", "&amp;", "&lt;", "&#65;", "# ", "```", "    x = 1;",
     "├─┤", "Ã©", "\x93", "\ufffd", "È»¶øÈºÖÚ", "鎴戜滑鐨勫浗", "锟斤拷", "title:"]
)
PAGES = st.lists(PIECES, max_size=30).map("".join)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_case(case: dict[str, str]) -> None:
    cleaned = clean_text(case["text"], stages=STAGE)
    assert cleaned.text == case["expected"], case["why"]
    if "reason" in case:
        assert case["reason"] in {e.reason for e in cleaned.edits}
    elif case["text"] == case["expected"]:
        assert not cleaned.edits


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_result_is_clean(case: dict[str, str]) -> None:
    assert clean_text(case["expected"], stages=STAGE).text == case["expected"]


@settings(max_examples=200)
@given(PAGES)
def test_idempotent(text: str) -> None:
    once = clean_text(text, stages=STAGE).text
    assert clean_text(once, stages=STAGE).text == once


@settings(max_examples=60)
@given(st.lists(PAGES, max_size=4))
def test_batch_does_not_matter(texts: list[str]) -> None:
    assert [c.text for c in clean_texts(texts, stages=STAGE)] == [clean_text(t, stages=STAGE).text for t in texts]


def test_one_pass_suffices_for_white_space() -> None:
    texts = Texts.of(["\u3000甲  乙 \n\n 丙\u00a0\n\n", " \n", "丁"])
    after = apply(texts, encoding.propose(texts, EncodingOptions()).edits)
    assert after.all() == ["甲 乙\n丙\n", "", "丁"]
    assert not encoding.propose(after, EncodingOptions()).edits


def test_notes() -> None:
    notes = clean_text("坏了：锟斤拷锟斤拷\n烫烫烫烫", stages=STAGE).notes
    assert ("unrecoverable-mojibake", "锟斤拷") in notes
    assert ("unrecoverable-mojibake", "烫烫烫") in notes
    assert not clean_text("他把手烫了，屯了粮。", stages=STAGE).notes


def test_lossy_is_noted_and_not_made_worse() -> None:
    right = "她后退了一步，后来也会常常回到那里去看一看，只是人已经不在了。"
    shown = right.encode().decode("gbk", "replace")
    cleaned = clean_text(shown, stages=STAGE)
    assert sum(a == b for a, b in zip(cleaned.text, right, strict=True)) > 0.9 * len(right)
    if "\ufffd" in cleaned.text:
        assert any(kind == "lossy-mojibake" for kind, _ in cleaned.notes)


def test_mojibake_option() -> None:
    texts = Texts.of(["È»¶øÈºÖÚ×Ô·¢ÐÔÁ¦Á¿"])
    assert encoding.propose(texts, EncodingOptions()).edits
    assert not encoding.propose(texts, EncodingOptions(repair_mojibake=False)).edits


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "中文 " * n, lambda n: " " * n, lambda n: "\n" * n, lambda n: "\u200b" * n, lambda n: "é" * n,
        lambda n: "é" + "a" * n,
        lambda n: "\ufffd" * n, lambda n: "鎴戜�" * n, lambda n: "&" * n, lambda n: "```\n" * n, lambda n: "e\u0301" * n,
        lambda n: "È»¶ø" * n, lambda n: "    x = 1;\n" * n, lambda n: "锟斤拷" * n, lambda n: "\x1b[" + "0" * n, lambda n: "\r" * n,
        lambda n: "e" + "\u0301\u0316" * n, lambda n: "&" + "amp;" * n, lambda n: "\ue3e8字" * n, lambda n: "⼈" * n,
        lambda n: "한국어" * n,
        lambda n: "Привет " * n, lambda n: "鎴\ufffd?" * n, lambda n: "Ã©" * n, lambda n: "嚗�閰�" * n,
    ],
)
def test_linear(make) -> None:  # type: ignore[no-untyped-def]
    times = []
    for n in (4_000, 16_000):
        text = Texts.of([make(n)])
        encoding.propose(text, EncodingOptions())
        begin = time.process_time()
        encoding.propose(Texts.of([make(n)]), EncodingOptions())
        times.append(time.process_time() - begin)
    assert times[1] < 8 * times[0] + 2, times


LINE = st.text(st.sampled_from("ab 中文\u3000\t\u00a0"), max_size=12)


@settings(max_examples=100)
@given(st.lists(LINE, max_size=6))
def test_kernels_equal_naive(rows: list[str]) -> None:
    texts = Texts.of(["\n".join(rows)])
    lines, points, classes = texts.lines, texts.points, load_classes()
    start, end = np.empty_like(lines.start), np.empty_like(lines.end)
    kernels.trim_lines(points, classes, lines.start, lines.end, start, end)
    assert list(zip(start.tolist(), end.tolist(), strict=True)) == naive.trim_lines(texts)
    size = len(points) + 2
    run_start, run_end = np.empty(size, np.int64), np.empty(size, np.int64)
    n = kernels.find_runs(points, classes, lines.start, lines.end, run_start, run_end)
    assert list(zip(run_start[:n].tolist(), run_end[:n].tolist(), strict=True)) == naive.find_runs(texts)
    indented = np.empty(len(start), np.bool_)
    kernels.find_indented(points, lines.start, lines.end, indented)
    assert indented.tolist() == [texts.line(i).startswith(("    ", "\t", " \t", "  \t", "   \t")) for i in range(len(start))]


MARKDOWN = st.sampled_from([*"#`~=-*+>|![](/:\n 文", "http", "# ", "###", "```", "~~~", "====", "---", "**", "|--", "]("])


@settings(max_examples=400)
@given(st.lists(st.lists(MARKDOWN, max_size=8).map("".join), min_size=1, max_size=4))
def test_markdown_equals_naive(rows: list[str]) -> None:
    texts = Texts.of(rows)
    marked = np.empty(len(rows), np.bool_)
    kernels.find_markdown(texts.points, texts.starts, texts.ends, marked)
    assert marked.tolist() == [naive.is_markdown(row) for row in rows]


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from("的一é鎴\ufffda"), max_size=12), min_size=1, max_size=4))
def test_find_unlikely_equals_naive(rows: list[str]) -> None:
    texts = Texts.of(["\n".join(rows)])
    lines = texts.lines
    excess, first, last = np.empty(len(lines.start)), np.empty_like(lines.start), np.empty_like(lines.start)
    mojibake.find_unlikely(texts.points, load_costs(), lines.start, lines.end, mojibake.ORDINARY, excess, first, last)
    assert excess == pytest.approx([naive.largest_sum(texts.line(i)) for i in range(len(excess))], abs=1e-3)


#: Marks that go wherever they stand, and what could take them for its own: an escape, an entity, a cluster, an emoji, a blank.
ALONE = st.sampled_from(
    [*"\r\x0b\x0c\x85\u2028\u2029\x00\x08\x1a\x1b\x7f\x9f\xad\u200b\u200f\u202e\u2060\u206f\ufeff\ufffb\u0600\u200c\u200d",
     *"字a;[&\n \t\u2000\u0301\ufe0f", "\r\n", "\x1b[0m", "&amp;", "👨\u200d👩"]
)
AS_TYPED = EncodingOptions(repair_mojibake=False)       # C1 controls show mojibake too


def edit_alone(rows: list[str]) -> tuple[list[tuple[int, str, str]], list[tuple[int, str, str]]]:
    """Place, what is put, reason of marks that go wherever they stand (but for ESC): found; and by the twin, outside of gaps."""
    texts, reasons = Texts.of(rows), {"line-end", "control", "invisible"}
    edits = encoding.propose(texts, AS_TYPED).edits
    gone = {i for e in edits if e.reason in ("white-space", "blank-line") for i in range(e.start, e.end)}
    wanted = [(start + at, *rest) for start, row in zip(texts.starts.tolist(), rows, strict=True)
              for at, *rest in naive.edit_marks_alone(row)]
    found = [(e.start, e.put, e.reason) for e in edits if e.reason in reasons and texts.joined[e.start] != "\x1b"]
    return found, [(at, put, reason) for at, put, reason in wanted if at not in gone]


@settings(max_examples=300)
@given(st.lists(st.lists(ALONE, max_size=9).map("".join), min_size=1, max_size=4))
def test_marks_that_go_anywhere_equal_naive(rows: list[str]) -> None:
    found, wanted = edit_alone(rows)
    assert found == wanted


def test_each_mark_that_goes_anywhere_does() -> None:
    points = [p for p in range(0x110000) if unicodedata.category(chr(p)) in ("Cc", "Cf", "Zl", "Zp") and p not in (0x09, 0x0A)]
    found, wanted = edit_alone([f"字{chr(point)}字" for point in points])
    assert found == wanted
    assert len(found) == 94


@settings(max_examples=300)
@example("说明\nimport os\ndef f(x):\n    y = x  +  1;\n    return y;\nint y = 1;\n", "\r")
@example("# 标题\n\n- 一\n    - 二\n\n```\na  =  1\n```\n", "\u2028")
@example("白日依山尽\n黄河入海流\n\n欲穷千里目\n更上一层楼\n", "\r")
@given(PAGES, st.sampled_from(["\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\u200b\n", "\x00\n", "\ufeff\r\n"]))
def test_a_page_is_the_same_whatever_ends_its_lines(page: str, end: str) -> None:
    """Lines ended by CR, VT or U+2028 were one line to what looks for code, Markdown and verse; lines of a CR alone not blank."""
    page = naive.drop_marks_alone(page)
    one, other = (clean_text(text, stages=STAGE, options=Options(encoding=AS_TYPED)) for text in (page, page.replace("\n", end)))
    assert other.text == one.text


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\x0b", "\u200b\n"])
def test_later_stages_see_the_same_lines_whatever_ends_them(end: str) -> None:
    page = f"首页\n\n新闻\n\n体育\n\n{ARTICLE}\n\n{ARTICLE[::-1]}\n\n\n上一篇\n\n下一篇\n\n\n相关推荐"
    alike = clean_text(page.replace("\n", end))
    assert alike.text == clean_text(page).text
    assert {edit.step for edit in alike.edits if edit.stage == "encoding"} == {0}


@pytest.mark.parametrize(
    "page",
    ["```\nx{}y = 1\n```\n# 标题\n", "│{}甲│\n├──┤\n", "x:{}y\n", "import os\nx = a;{}// c\nreturn x;\nint y = 1;\n", "甲{}乙\n"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", " &\n"])
def test_what_comes_out_is_nfc_also_where_white_space_stays(page: str, end: str) -> None:
    """U+2000 and U+2001 became U+2002 and U+2003 in code only where their line had another mark."""
    for blank in "\u2000\u2001":
        text = clean_text(page.format(blank).replace("\n", end), stages=STAGE).text
        assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("text", ["\r\n", "一\r\n", "字\u200b\n"])
def test_marks_of_each_line_take_no_more_memory_than_lines(text: str) -> None:
    """As objects they took 250 to 390 bytes a character; lines take some 110."""
    clean_text(text * 9)
    tracemalloc.start()
    try:
        clean_text(text * 50_000)
        assert tracemalloc.get_traced_memory()[1] < 170 * 50_000 * len(text)
    finally:
        tracemalloc.stop()


def test_private_use_is_counted() -> None:
    cleaned = clean_text("少年\ue3e8剑，\ue44a着山\ue412走了", stages=STAGE)
    assert cleaned.text == cleaned.original
    assert [text[:1] for kind, text in cleaned.notes if "private" in kind] == ["3"]


def test_a_cut_tail_is_noted() -> None:
    cleaned = clean_text("Python åˆ\xa0é™¤åˆ—è¡¨ä¸\xadçš„å…ƒç´", stages=STAGE)
    assert cleaned.text == "Python 删除列表中的元\ufffd"
    assert any(kind == "lossy-mojibake" for kind, _ in cleaned.notes)


STEP = "她后退了一步，再也没有回头"
CHARMAPS = ["latin-1", "cp1250", "cp1251", "koi8_r", "mac_roman", "cp437", "cp850", "cp866", "iso8859_2"]


@pytest.mark.parametrize("wrong", CHARMAPS)
@pytest.mark.parametrize(("right", "text"), [("gbk", STEP), ("big5", "圖書館每週三下午開放"), ("utf-8", STEP)])
def test_chinese_read_in_single_bytes(right: str, wrong: str, text: str) -> None:
    wrong = f"sloppy-windows-{wrong[2:]}" if wrong.startswith("cp12") else wrong
    importlib.import_module("ftfy.bad_codecs")
    assert clean_text(text.encode(right).decode(wrong), stages=STAGE).text == text


def test_a_picture_as_text_costs_no_more_than_text() -> None:
    noise = Texts.of([random.Random(5).randbytes(100_000).decode("latin-1")])
    begin = time.process_time()
    proposal = encoding.propose(noise, EncodingOptions())
    assert time.process_time() - begin < 1.5
    assert any(note.kind == "binary-as-text" for note in proposal.notes)


def test_lost_bytes_fit() -> None:
    """What is filled in for a lost byte would have been lost: reading the repaired text as GBK gives the input again."""
    right = "我们在农村长大，看过很多春天的花，也走过很多的路。"
    shown = right.encode().decode("gbk", "replace")
    assert "\ufffd" in shown
    repair = lossy.restore(shown, 0, len(shown))
    assert repair is not None
    assert repair.put == right
    assert repair.put.encode().decode("gbk", "replace") == shown


@pytest.mark.parametrize("right", [
    "没有任何一个人愿意站出来，只有老校长一言不发地签了字。", "这座博物馆始建于一九二六年，是省内最早对外开放的博物馆之一。",
    "如果你只想休息一段时间，不如先请个假，别急着辞职。",
])
def test_a_lost_byte_is_chosen_beside_two_characters(right: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = right.encode().decode("gbk", "replace")
    assert clean_text(shown, stages=STAGE).text == right
    pairs_alone = load_tables()._replace(triples=np.empty(0, np.uint32), triple_costs=np.empty(0, np.uint8))
    monkeypatch.setattr(lost, "load_tables", lambda: pairs_alone)
    assert clean_text(shown, stages=STAGE).text != right


def test_a_triple_costs_less_than_its_pair_where_it_is_a_word() -> None:
    assert triple_cost("博", "物", "馆") < pair_cost("物", "馆")
    assert triple_cost("馆", "博", "\U0001f600") == pair_cost("博", "\U0001f600")
    text = "他们一边走一边聊，不一会儿就到了。"
    folded = np.array([ord(a) << 32 | ord(b) << 16 | ord(c) for a, b, c in zip(text, text[1:], text[2:], strict=False)], np.uint64)
    assert len(set(hash_triples(folded).tolist())) == len(text) - 2


MISREAD = "图书馆从今天起延长开放时间，晚上九点以后仍可借书还书。"


@pytest.mark.parametrize("wrong", ["gbk", "gb18030", "big5", "big5hkscs", "cp1252"])
@pytest.mark.parametrize(
    "head, tail",
    [("记者：", ""), ("电话13812345678，", ""), ("（本报讯）", "（完）"), ("", "。记者：李明"), ("【公告】", "（编辑：王芳）"),
     ("a" * 600, "")],
)
def test_good_text_around_a_misread_run_stays(head: str, tail: str, wrong: str) -> None:
    shown = MISREAD.encode().decode(wrong, "replace")
    assert "\ufffd" in shown
    text = clean_text(head + shown + tail, stages=STAGE).text
    assert text.startswith(head)
    assert text.endswith(tail)
    got = text[len(head):len(text) - len(tail)]
    if not wrong.startswith("big5"):        # which loses more than a search can find
        assert sum(a == b for a, b in zip(got, MISREAD, strict=False)) >= 0.8 * len(MISREAD), got


def test_a_run_in_a_line_without_end_costs_no_more_than_the_run() -> None:
    line = "a" * 900_000 + MISREAD.encode().decode("gbk", "replace")
    begin = time.process_time()
    repair = lossy.restore(line, 900_000, len(line))
    assert time.process_time() - begin < 1
    assert repair is not None
    assert repair.put == MISREAD


@pytest.mark.parametrize("right, wrong", [("utf-8", "latin-1"), ("gb18030", "latin-1"), ("gb18030", "big5hkscs")])
def test_a_misread_page_is_read_in_one_way_and_its_other_lines_in_their_own(
    right: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects, places = ("孙春兰", "汪洋", "胡春华", "管理员", "居民们"), ("图书馆", "会议室", "幼儿园", "办事处")
    lines = [f"{a}昨天下午来到社区{b}，同大家一起讨论今年冬天的安排。" for a in subjects for b in places]
    misread = {line.encode(right).decode(wrong, "replace"): line for line in lines}
    whole = [line for line in misread if "\ufffd" not in line]
    assert len(whole) > 8
    plain, other = "这一行本来就是好的，什么也不用改。", "这一行读错了，是另外一种错法。".encode().decode("cp1251", "replace")
    told, repair = [], mojibake.repair_line

    def watched(line: str, first: int, last: int, reason: str, **more: Any) -> list[mojibake.Repair]:
        told.append(reason)
        return repair(line, first, last, reason, **more)

    monkeypatch.setattr(mojibake, "repair_line", watched)
    got = clean_text("\n".join([*whole[:8], plain, other, *whole[8:]]), stages=STAGE).text.split("\n")
    assert sum(map(bool, told)) >= len(whole) - 4      # all but the first few were read as those
    alone = clean_text(other, stages=STAGE).text
    assert got == [*map(misread.__getitem__, whole[:8]), plain, alone, *map(misread.__getitem__, whole[8:])]


@pytest.mark.parametrize("text", ["&gt;", "&gt; 岚川", "a&lt;", "岚川&lt;", "&#62;", "&quot;&gt;&quot;"])
def test_an_entity_at_an_end_of_a_batch_is_one_within_it(text: str) -> None:
    """Found by fuzzing: before the first character stands nothing, and nothing is in every string."""
    alone = clean_text(text).text
    assert [r.text for r in clean_texts(["）", text, "）"])][1] == alone
    assert clean_texts([text, "）"])[0].text == clean_texts(["）", text])[1].text == alone


def test_a_page_misread_with_losses_is_read_as_its_first_lines_were(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"第{k}天，牧民们的生活好了，但大量增加的牲畜让草原开始退化，技术人员又看了一遍。" for k in range(12)]
    asked: list[str] = []
    ask = mojibake._ask_ftfy

    def told(line: str) -> mojibake.Repair | None:
        asked.append(line)
        return ask(line)

    monkeypatch.setattr(mojibake, "_ask_ftfy", told)
    for wrong in ("cp1252", "gb18030"):
        shown = "\n".join(line.encode().decode(wrong, "replace") for line in lines)
        text = clean_text(shown, stages=STAGE).text
        same = sum(c == d for a, b in zip(text.split("\n"), lines, strict=True) for c, d in zip(a, b, strict=False))
        assert same >= 0.9 * sum(map(len, lines)), text
        assert len(asked) < 8, "lines behind the first are not read in all other ways"
        asked.clear()
