"""What markup says against lines: the tree of a page is that of its source; beside each case stands one where it must not speak."""

from __future__ import annotations

import json
from dataclasses import fields
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clean_page, clean_text, clean_texts
from pipeline.account import edit_rows, restore
from pipeline.marks import Marks
from pipeline.options import BoilerplateOptions, Options
from pipeline.read.html import as_record, read_page
from pipeline.record import Texts
from pipeline.run.clean import clean_records
from pipeline.run.settings import Settings
from pipeline.stages.boilerplate.kernels.containers import HALF, Weighed, weigh_containers
from tests.naive_boilerplate import containers_of, worth_of

SENTENCE = "市水务局昨天公布了今年汛期的准备情况，全市水库已经完成检查，其中几座正在加固，居民都很放心。"
ARTICLE = "".join(f"<p>第{n}批。{SENTENCE}{SENTENCE}</p>" for n in "一二三四五六")
TALK = "".join(f"<div class=item><a href=/u>用户{n}</a><p>{said}</p></div>" for n, said in enumerate((
    "说得很好，我们村里都支持这样的做法，希望以后继续。", "这个做法不对，大家都知道问题在哪里，请有关部门改正。")))


def page_of(beside: str, article: str = ARTICLE) -> bytes:
    return (
        "<title>市水务局公布汛期准备情况 - 某网</title><body>"
        "<div class=top><a href=/>首页</a> <a href=/n>新闻</a> <a href=/v>视频</a></div>"
        f"<div class=main><h1>市水务局公布汛期准备情况</h1><div class=text>{article}</div>{beside}</div>"
        "<div class=foot>版权所有 某网 京ICP备12345678号</div>"
    ).encode()


# The tree.

Tree = list[Any]
trees = st.recursive(st.just("x"), lambda inner: st.lists(inner, max_size=4), max_leaves=25)


def write(tree: Tree | str, above: tuple[int, ...], lines: list[tuple[int, ...]]) -> str:
    """Markup of a tree, in which each leaf is a line; `lines` gets the elements around each."""
    if isinstance(tree, str):
        lines.append(above)
        return f"<div>第{len(lines)}行</div>"
    return "<div>" + "".join(write(child, (*above, len(lines) * 100 + n), lines) for n, child in enumerate(tree)) + "</div>"


@given(trees)
def test_lines_share_the_elements_around_both(tree: Tree | str) -> None:
    lines: list[tuple[int, ...]] = []
    html = write(tree, (), lines)
    marks = read_page(f"<body>{html}".encode()).marks if lines else Marks.of([])
    common = [sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(a, b, strict=False))) for a, b in pairwise(lines)]
    # the elements of a page around all of its lines: html, body and the div of the tree
    assert [int(n) - 3 for n in marks.shared[1:]] == common
    assert len(marks) == len(lines)
    assert (marks.shared <= marks.depth).all()


@pytest.mark.parametrize(("html", "shared"), [
    ("<div><p>一<br>二</p><p>三</p></div><p>四</p>", [0, 4, 3, 2]),             # a break opens no element
    ("<div>一<p>二</p>三</div>", [0, 3, 3]),                                    # text beside a block stands in what is around both
    ("<div><span>·</span><b>一</b></div><div>二</div>", [0, 2]),                # what is drawn before a line hides no end
    ("<pre>一\n二</pre><p>三</p>", [0, 3, 2]),
    ("<div><p> </p><p>一</p></div><div><p> </p></div><div>二</div>", [0, 2]),    # elements without text are between lines, too
])
def test_shared(html: str, shared: list[int]) -> None:
    assert read_page(f"<body>{html}".encode()).marks.shared.tolist() == shared


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.data())
def test_some_lines_share_what_all_between_share(shared: list[int], data: st.DataObject) -> None:
    marks = Marks.of([(0, 0, 0, 0, 0, 9, n) for n in shared])
    rows = sorted(data.draw(st.sets(st.integers(0, len(shared) - 1), min_size=1)))
    taken = marks.take(np.array(rows, np.int64))
    assert taken.shared[1:].tolist() == [min(shared[a + 1:b + 1]) for a, b in pairwise(rows)]


@given(st.data())
def test_containers_equal_the_naive(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    first, n = np.cumsum([0, *sizes]), sum(sizes)
    shared = np.array(data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)), np.uint8)
    drawn = (data.draw(st.lists(st.integers(lo, hi), min_size=n, max_size=n)) for lo, hi in ((0, 16), (1, 60), (0, 255)))
    keep, width, link = (np.array(x, kind) for x, kind in zip(drawn, (np.float32, np.float32, np.uint8), strict=True))
    keep /= 16
    titles = np.array([data.draw(st.integers(-1, size - 1)) for size in sizes])
    titles = np.where(titles < 0, -1, titles + first[:-1])
    out = Weighed(np.empty(n, np.bool_), np.empty(n, np.bool_), np.empty(n, np.float32))
    weigh_containers(first, shared, keep, width, link, titles, out)
    for page, (a, b) in enumerate(pairwise(first.tolist())):
        found = containers_of(shared[a:b].tolist())
        worth = worth_of(keep[a:b].tolist(), width[a:b].tolist(), max(int(titles[page]) - a, 0))
        main = np.flatnonzero(out.main[a:b])
        low, high = int(main[0]), int(main[-1]) + 1
        assert (low, high) in found
        assert sum(worth[low:high]) == pytest.approx(max(sum(worth[i:j]) for i, j in found), abs=1e-4)
        likely = keep[a:b] * width[a:b]
        half = np.flatnonzero(out.half[a:b])
        assert (int(half[0]), int(half[-1]) + 1) in found
        assert likely[half].sum() >= HALF * likely.sum() - 1e-3
        for i in {*range(b - a)} - {*range(low, high)}:
            branch = max(((x, y) for x, y in found if x <= i < y and (y <= low or x >= high)), key=lambda c: c[1] - c[0])
            own = slice(a + branch[0], a + branch[1])
            assert out.linked[a + i] == pytest.approx(float((link[own] / 255 * width[own]).sum() / width[own].sum()), abs=1e-4)


# What it says.

@pytest.mark.parametrize("beside", [
    f"<div class=comment-list>{TALK}</div>",
    f"<div id=comments><div class=box>{TALK}</div></div>",
    f"<aside>{TALK}</aside>",
])
def test_comments_under_an_article_go(beside: str) -> None:
    cleaned = clean_page(page_of(beside), stages=["boilerplate"])
    assert "支持" not in cleaned.text
    assert cleaned.text.count(SENTENCE) == 12
    assert {e.reason for e in cleaned.edits if "支持" in e.taken} == {"named-beside"}
    assert "支持" in clean_text(cleaned.original, stages=["boilerplate"]).text, "it is the markup that tells"


@pytest.mark.parametrize(("beside", "article"), [
    (f"<div class='comment-item reply'>{TALK}</div>", ARTICLE),                     # answers, which may be the text
    (f"<div class=posts>{TALK}</div>", ARTICLE),                                    # no name
    (f"<div class=comment-list>{TALK}{ARTICLE}</div>", ""),                         # no text outside of them
    (f"<div class=comment-list>{TALK}{ARTICLE}{ARTICLE}</div>", f"<p>{SENTENCE * 5}</p>"),      # less outside than in them
])
def test_names_alone_do_not_speak(beside: str, article: str) -> None:
    cleaned = clean_page(page_of(beside, article), stages=["boilerplate"])
    assert "named-beside" not in {e.reason for e in cleaned.edits}
    assert "支持" in cleaned.text


def test_a_title_in_a_named_element_stays() -> None:
    page = f"<title>市水务局公布汛期准备情况</title><aside><h1>市水务局公布汛期准备情况</h1></aside><div>{ARTICLE}</div>"
    assert clean_page(page.encode()).text.startswith("市水务局公布汛期准备情况\n")


HEADLINES = ("全省青年歌手大赛在江城落幕", "老城区十二条小巷改造完工", "市博物馆推出夜间开放", "高校毕业生专场招聘会周六举行")
LINKS = "<h3>各地动态</h3><ul>" + "".join(f"<li><a href=/{n}>{h}</a></li>" for n, h in enumerate(HEADLINES)) + "</ul>"


def test_links_beside_the_main_container_go() -> None:
    cleaned = clean_page(page_of(f"</div><div class=box>{LINKS}"), stages=["boilerplate"])
    assert not [h for h in HEADLINES if h in cleaned.text]
    assert cleaned.text.count(SENTENCE) == 12
    said = [e for e in cleaned.edits if e.reason == "beside-text"]
    assert said
    assert all(0.5 < e.score < 1 for e in said)
    assert HEADLINES[0] in clean_text(cleaned.original, stages=["boilerplate"]).text, "it is the markup that tells"


@pytest.mark.parametrize("data", [
    page_of("</div><div class=box>" + LINKS.replace("<a href", "<b id").replace("/a", "/b")),      # no links
    page_of("", ARTICLE + LINKS),                                                                   # inside the main container
    page_of(f"</div><div class=box>{LINKS}", "<p>汛期的准备情况见附件。</p>"),                        # no text to stand beside
])
def test_lines_beside_stay_where_markup_says_nothing(data: bytes) -> None:
    cleaned = clean_page(data, stages=["boilerplate"])
    assert cleaned.text == clean_text(cleaned.original, stages=["boilerplate"]).text


def write_forum(lines: list[str]) -> bytes:
    """A page of `tools/line_model/written.jsonl` as HTML: a `div` for each post, what is not its text as links."""
    kinds = {"T": "<h1>{}</h1>", "p": "</div><div class=post><p>{}</p>", "+": "<p>{}</p>"}
    inside = "".join(kinds.get(x[0], "<div class=user><a href=/u>{}</a></div>").format(x[1:]) for x in lines)
    return f"<title>一个帖子</title><body><div><div>{inside}".encode()


def test_short_posts_stay_beside_the_longest() -> None:
    pages = (Path(__file__).parents[1] / "tools/line_model/written.jsonl").read_text("utf-8").rstrip("\n").split("\n")
    lines = next(d["lines"] for d in map(json.loads, pages) if d["id"] == "W-230")
    cleaned = clean_page(write_forum(lines), stages=["boilerplate"])
    alone = clean_text(cleaned.original, stages=["boilerplate"]).text
    posts = [x[1:] for x in lines if x[0] == "p" and len(x) > 5 and x[1:] in alone]
    assert len(posts) > 3
    assert [post for post in posts if post not in cleaned.text] == []


def test_what_the_user_protects_stays() -> None:
    options = Options(boilerplate=BoilerplateOptions(protect=("支持",)))
    cleaned = clean_page(page_of(f"<div class=comment-list>{TALK}</div>"), options=options)
    assert "支持" in cleaned.text
    assert "请有关部门改正" not in cleaned.text


# Laws.

PAGES = [page_of(f"<div class=comment-list>{TALK}</div>"), page_of(f"<div class=posts>{TALK}</div>"), page_of(""),
         "<p>只有一行。".encode(), b"", page_of(f"<ul class=rank>{TALK}</ul>", f"<p>{SENTENCE}</p>")]


def read(data: bytes) -> tuple[str, Marks]:
    page = read_page(data)
    return page.text, page.marks


@settings(max_examples=30)
@given(st.lists(st.sampled_from(PAGES), min_size=1, max_size=4), st.data())
def test_what_stands_in_a_batch_changes_nothing(pages: list[bytes], data: st.DataObject) -> None:
    """Neither other pages nor texts without markup; those are judged as if no markup were there."""
    texts, marks = zip(*map(read, pages), strict=True)
    told = [m if data.draw(st.booleans()) else None for m in marks]
    together = clean_texts(texts, marks=told)
    assert [c.text for c in together] == [clean_text(t, marks=m).text for t, m in zip(texts, told, strict=True)]
    assert [c.text for c, m in zip(together, told, strict=True) if m is None] == [
        clean_text(t).text for t, m in zip(texts, told, strict=True) if m is None]


pieces = st.sampled_from([
    "<p>首页 新闻 视频</p>", f"<p>{SENTENCE}</p>", "<p>责任编辑：王小明</p>", "<h1>市水务局公布汛期准备情况</h1>",
    "<a href=/x>相关阅读</a>", f"<div class=comment><p>{TALK}</p></div>", LINKS, ARTICLE, "<p>2021年5月3日 10:20</p>",
])


@settings(max_examples=60)
@given(st.lists(st.tuples(pieces, st.sampled_from(["", "<div class=ad>", "<aside>", "</div>", "<div>", "<p hidden>"])), max_size=9))
def test_a_cleaned_page_is_clean_text(parts: list[tuple[str, str]]) -> None:
    """Markup speaks once: what is left rests under the stages of text, and is accounted for like any other."""
    cleaned = clean_page(("<title>市水务局公布汛期准备情况</title><body>" + "".join(b + a for a, b in parts)).encode())
    assert clean_text(cleaned.text).text == cleaned.text
    assert restore(cleaned.text, edit_rows(cleaned.edits)) == cleaned.original


@pytest.mark.parametrize("data", PAGES[:4])
def test_a_run_cleans_a_page_as_clean_page_does(data: bytes) -> None:
    record = as_record("a.html", "a.html", data, said={})
    faults: list[Any] = []
    (_, (result,)), = clean_records([record], Settings(), faults)
    assert not faults
    assert result.text == clean_page(data).text


def test_marks_of_another_number_of_lines_say_nothing() -> None:
    text, marks = read(PAGES[0])
    assert Texts.of([text]).with_marks([marks]).marks == (marks,)
    assert Texts.of([text + "\n一行"]).with_marks([marks]).marks == (None,)
    assert clean_text(text.replace("\n", "\n\n", 1), marks=marks).text == clean_text(text.replace("\n", "\n\n", 1)).text


def test_marks_outlive_edits_within_lines() -> None:
    """A stage before changes characters, not lines: what the markup says of the lines still holds."""
    data = PAGES[0].replace("放心".encode(), "放\u200b心".encode())
    assert "支持" not in clean_page(data).text


def test_blank_marks_and_joined() -> None:
    marks = Marks.join([Marks.blank(2), Marks.of([(1, 2, 3, 4, 5, 6, 7)])])
    assert len(marks) == 3
    assert [int(getattr(marks, f.name)[2]) for f in fields(Marks)] == [1, 2, 3, 4, 5, 6, 7]
