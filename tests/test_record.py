"""Texts and their lines; the canonical form; both kernels against their naive twins."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.chinese.canonical import canonical_text
from pipeline.record import Texts, find_host, replace_surrogates
from tests import naive
from tests.chinese import pages


@settings(max_examples=100)
@given(st.lists(pages, max_size=4))
@example([])
@example([""])
@example(["", "\n", " a"])
def test_lines_equal_the_naive_scan(texts: list[str]) -> None:
    view = Texts.of(texts)
    lines = view.lines
    assert list(zip(lines.start.tolist(), lines.end.tolist(), lines.seen.tolist(), strict=True)) == naive.find_lines(view.joined)
    owners = [i for i, text in enumerate(texts) for _ in text.split("\n")]
    assert lines.doc.tolist() == owners
    assert view.all() == texts
    assert [view.text(i) for i in range(len(texts))] == texts
    assert view.first_lines.tolist() == [owners.index(i) for i in range(len(texts))] + [len(owners)]


@settings(max_examples=150)
@given(pages)
@example("党(dǎng)(dǎng)建")
@example("党(" + "a" * 70 + ")")
@example("(a)党(1)党(a1)")
def test_fold_equals_the_naive_fold(text: str) -> None:
    assert canonical_text(text) == naive.fold(text)


@pytest.mark.parametrize(
    "one, other",
    [
        ("友情鏈接：", "友情链接"),
        ("黨(dang) 建（dǎngjiàn）引領", "党建引领"),
        ("ＡＢＣ１２３", "abc123"),
        ("媽媽(ㄇㄚ ˙ㄇㄚ)說", "妈妈说"),
        ("“红船精神” 是…", "红船精神是"),
    ],
)
def test_copies_meet_in_the_canonical_form(one: str, other: str) -> None:
    assert canonical_text(one) == canonical_text(other)


@pytest.mark.parametrize("text", ["村(社区)", "共（3）页", "第三(党组)", "2022年(9月)"])
def test_brackets_that_are_no_readings_stay_in_the_canonical_form(text: str) -> None:
    inside = text[text.index("(" if "(" in text else "（") + 1:-1].rstrip(")）页")
    assert inside in canonical_text(text)


def test_replace_surrogates_counts() -> None:
    assert replace_surrogates("\ud800党\udfff") == ("\ufffd党\ufffd", 2)
    assert replace_surrogates("党😀") == ("党😀", 0)


@pytest.mark.parametrize(
    "source",
    [
        "http://A.example.cn:80/x", "https://a.cn", "http://a.cn?x", "http://a_b.cn#y", "ftp://u:p@a.cn/",
        "http://[::1]/", "x", "http://[x/", "seeds/a.txt", "a/b?u=http://c.cn/", "http:///x",
        "http://新闻.cn/", "http://a.cn:x/", "1http://a.cn/", " http://a.cn/", "http://a\n.cn/",
    ],
)
def test_hosts_are_those_of_the_library(source: str) -> None:
    try:
        wanted = (urlsplit(source).hostname or "") if "://" in source else ""
    except ValueError:
        wanted = ""
    assert find_host(source) == wanted
