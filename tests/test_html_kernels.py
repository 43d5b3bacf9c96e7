"""The walk over the markup of a page is that over its tree, node by node; and what it takes the parser's writing for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from pipeline.read.html import bounds
from pipeline.read.html.kernels.columns import L_FLAGS, L_SHARED, PRE
from pipeline.read.html.kernels.nesting import nests_deeper
from pipeline.read.html.kernels.walk import scan
from pipeline.read.html.lines import find_lines
from pipeline.read.html.tags import ROLES, SKIPPED, TOKENS
from pipeline.read.html.words import SHOWN, hash_name, load_tables
from tests import naive_html

_NAMES = (
    "p div span a b li ol ul dl dd tr td th table pre code br wbr img button input select option textarea rt rp ruby h2 h5 nav "
    "header summary blockquote label svg title script style noscript noframes xmp template form section figure x-y"
)
NAMES = _NAMES.split()
ATTRIBUTES = (
    " class=nav",
    " class='Main-Content hljs'", " id=footer", " hidden", " style='display: NONE'", " style='a:b;visibility:hidden'",
    " role=navigation", " start=3", " type=a", " type=hidden", " reversed", " value=7",
    " class='a>b&quot;<c' title='x>y'", ' "=x',
)
TEXTS = (
    "党建", " ", "\n", "\n  ", "建 设", "a\tb", "&lt;&amp;&nbsp;", "\u3000", "·", "|", "—", "、", "/a/b.html", "1. ", "\x0b",
    "é", "𠮷",
    "<!-- > -->", "<?x y?>",
)
pieces = st.one_of(
    st.sampled_from(NAMES).map(lambda name: f"</{name}>"), st.sampled_from(TEXTS),
    st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(ATTRIBUTES), max_size=2)).map(lambda t: f"<{t[0]}{''.join(t[1])}>"),
)


def compare(html: str) -> None:
    tree = LexborHTMLParser(html)
    markup = (tree.html or "").encode()
    want, said = naive_html.find_lines(tree)
    lines, marks, _ = find_lines(markup)
    assert lines == want
    found = [getattr(marks, name).tolist() for name in ("kind", "level", "region", "token", "link", "depth")]
    assert list(zip(*found, strict=True)) == [row[:6] for row in said]
    rows = scan(np.frombuffer(markup, np.uint8), load_tables())[1]
    if len(rows) == len(said) and not (rows[:, L_FLAGS] & PRE).any():
        assert rows[:, L_SHARED].tolist() == [row[6] for row in said]


@given(st.lists(pieces, max_size=60))
def test_the_walk_is_that_over_the_tree(parts: list[str]) -> None:
    compare("".join(parts))


@pytest.mark.parametrize("html", [
    "<svg><style>&lt;/style></style><title>x</title></svg>党建<p>引领", "<svg><link>x</link><br></svg>党建",
    "<math><mi>a</mi></math>党建", "<script><!-- <script> </script> <p>一 --></script><p>二", "<script><!-- </script><p>二",
    "<plaintext>a</plaintext>b<c>", "<xmp>a<b>&amp;</xmp>党", "<frameset><frame src=a><noframes><p>x</noframes></frameset>",
    "<table><tr>党<td>建", "<p>" + "<b>" * 300 + "党", "<div title='a>b'>党</div>", "<a<b>党", "<p class>党",
    "<ruby>漢<rp>(</rp><rt>hàn</rt></ruby>", "<!doctype html><!--->党--><p>建", "",
])
def test_odd_markup(html: str) -> None:
    compare(html)


def test_values_of_attributes_hold_no_end_of_a_tag() -> None:
    node = LexborHTMLParser("<p title='a>b\"<c'>x").css_first("p")
    assert node is not None
    assert node.html == '<p title="a&gt;b&quot;&lt;c">x</p>'


def test_no_two_names_have_one_hash() -> None:
    for names in (SKIPPED | set(SHOWN), ROLES, TOKENS):
        assert len({hash_name(name) for name in names}) == len(names)
    assert (load_tables()[:, :, 0] != 0).sum(1).max() < 512       # half full at most


MARKUP = ("<div>", "</div>", "<DIV x", "</b >", "<b/>", "<ſpan>", "</span\u2003>", "</DIV\x0c>",
          "<divx>", "<p>", "</p>", "<", ">", "<!--", "党")


@given(st.lists(st.sampled_from(MARKUP), max_size=30))
def test_what_nests_deeper_than_any_page_is_seen(parts: list[str]) -> None:
    html = "".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "DEPTH", 2)
        flat = bounds._flatten(html)
    if flat != html:
        assert nests_deeper(np.frombuffer(html.encode(), np.uint8), bounds._load_names(), 2)


def test_what_does_not_nest_is_left_to_the_parser() -> None:
    html = "<div><b>党</b></div><p><br><DIV></DIV >" * 100
    assert not nests_deeper(np.frombuffer(html.encode(), np.uint8), bounds._load_names(), 2)


@pytest.mark.parametrize("before", ["", "<p>", "<p>建" + "x" * 5000])
def test_a_tag_of_too_many_attributes_loses_them_and_a_long_script_stays(before: str) -> None:
    tag = f"<p {'a ' * 5000}"
    assert bounds.bound_markup(f"{before}{tag}>党") == f"{before}<p >党".encode()
    script = f"{before}<script>{'a ' * 9000}</script>"
    assert bounds.bound_markup(script) == script.encode()
