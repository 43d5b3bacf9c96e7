"""Pages of HTML to lines: what a reader of the page sees, once, in its order, with what the markup says of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.account import edit_rows, restore
from pipeline.errors import UndecodableError
from pipeline.marks import Kind, Region, Token
from pipeline.page import clean_page
from pipeline.read.html import metadata, read_page


def lines(html: str) -> list[str]:
    text = read_page(html.encode()).text
    return text.split("\n") if text else []


@pytest.mark.parametrize(("html", "want"), [
    ("<p>一</p><p>二</p>", ["一", "二"]),
    ("<p>一<br>二", ["一", "二"]),
    ("<div>党建<b>引领</b>，<i>基层</i></div>", ["党建引领，基层"]),
    ("<p>\n  坚持党建\n  引领治理\n</p>", ["坚持党建引领治理"]),          # a break of the source between hanzi is none
    ("<p>open\n  source</p>", ["open source"]),
    ("<p>a &lt;b&gt; &amp; &#x515A;&nbsp;c</p>", ["a <b> & 党\xa0c"]),
    ("<a href=/>首页</a><a href=/n>新闻</a>", ["首页 新闻"]),              # a row of links is drawn with gaps
    ("<p>唐朝<a>诗人</a><a>李白</a>的诗</p>", ["唐朝诗人李白的诗"]),        # in a sentence links stand as they are
    ("<table><tr><th>品名</th><td>铁观音</td></tr><tr><td>产地</td><td>安溪</td></tr></table>", ["品名 铁观音", "产地 安溪"]),
    ("<table><tr><td><p>左</p><p>栏</p></td><td>右栏</td></tr></table>", ["左", "栏", "右栏"]),
    ("<ul><li>甲<li>乙<ul><li>丙</ul></ul>", ["甲", "乙", "丙"]),
    ("<dl><dt>价格<dd>三元</dl>", ["价格", "三元"]),
    ("<pre>if x:\n    y = 1\n\nz</pre>", ["if x:", "    y = 1", "", "z"]),
    ("<ruby>漢<rp>(</rp><rt>hàn</rt><rp>)</rp>字<rt>zì</rt></ruby>", ["漢(hàn)字(zì)"]),
    ("<p>一</p><script>var a='<p>二</p>'</script><style>p{}</style><noscript>请开启脚本</noscript><p>三", ["一", "三"]),
    ("<select><option>北京<option>上海</select><p>正文", ["正文"]),
    ("<p>——<b>鲁迅</b></p>", ["——鲁迅"]),
    ("<p hidden>图说一</p><p style='display: none'>图说二</p>", ["图说一", "图说二"]),
    ("<p>一<!-- 注 -->二</p>", ["一二"]),
    ("<frameset><frame src=a></frameset>", []),
    ("<frameset><frame src=a><noframes><p>请用别的浏览器</noframes></frameset>", []),
    ("<noembed>请装插件</noembed><p>正文", ["正文"]),
    ("<p>正文<title>题</title>", ["题", "正文"]), ("<p>正文</p><iframe>甲</iframe><object>乙</object><video>丙</video>", ["正文"]),
    # What a browser draws apart is apart: elements that the source sets apart, and both sides of a box.
    ("<div>分享：<a>微博</a>\n<a>微信</a></div>", ["分享：微博 微信"]), ("<p><span>日期</span>\n<span>编辑</span>", ["日期 编辑"]),
    ("<p>品牌：<select><option>甲</select>车型：<input>姓名", ["品牌： 车型： 姓名"]),
    ("<p>放大<button>正常</button>缩小", ["放大 正常 缩小"]),
    ("<p>左<img src=x>右", ["左 右"]), ("<p>左<input type=hidden>右<img style='display:none'>侧", ["左右侧"]),
    ("<p><b>党建</b><i>引领</i>\n治理<b>\n基层</b>", ["党建引领治理基层"]),
    ("<table><tr><td>姓名<td>\n性别\n<td>年龄</table>", ["姓名 性别 年龄"]),
    # Hidden lines that are addresses are for scripts; other hidden ones, and addresses that are drawn, are text.
    ("<div style=display:none><span>3185</span><span>工作</span><span>/col/col1599522/index.html</span></div><p>一", ["一"]),
    ("<p hidden>http://n.sinaimg.cn/a/b.jpg</p><p hidden>{{ item.title }}</p><p hidden>图说二</p>", ["图说二"]),
    ("<p>http://n.sinaimg.cn/a/b.jpg", ["http://n.sinaimg.cn/a/b.jpg"]),
    ("<p hidden>详情请见本馆网站 http://x.cn/", ["详情请见本馆网站 http://x.cn/"]),
    ("<p hidden>解密请到：http://jiemi.coremail.cn/coremail/mailDecrypt.jsp", ["解密请到：http://jiemi.coremail.cn/coremail/mailDecrypt.jsp"]),
    ("<p>&copy; &#20826; &#x5efa; &hellip; &nosuch; &amp;amp;", ["© 党 建 … &nosuch; &amp;"]),
    ("<table><caption>表一</caption><thead><tr><th>甲<th>乙<tbody><tr><td colspan=2>丙</table>", ["表一", "甲 乙", "丙"]),
    ("<ruby><rb>漢</rb><rtc><rt>hàn</rt></rtc></ruby>", ["漢(hàn)"]),
    ("", []),
])
def test_lines(html: str, want: list[str]) -> None:
    assert lines(html) == want


def test_marks() -> None:
    page = read_page(
        b"<body><nav class='top-nav'><a href=/>\xe9\xa6\x96\xe9\xa1\xb5</a></nav><main><h2>A b</h2><ul><li>c</li></ul>"
        b"<div class='content'><p>dd<a>d</a></p></div></main><footer hidden>e</footer>"
    )
    assert page.text.split("\n") == ["首页", "A b", "c", "ddd", "e"]
    marks = page.marks
    assert marks.kind.tolist() == [Kind.OTHER, Kind.HEADING, Kind.ITEM, Kind.PARAGRAPH, Kind.OTHER]
    assert marks.level.tolist() == [0, 2, 0, 0, 0]
    assert marks.region.tolist() == [Region.NAV, Region.MAIN, Region.MAIN, Region.MAIN, Region.FOOTER | Region.HIDDEN]
    assert marks.token[0] & Token.MENU
    assert marks.token[3] & Token.CONTENT
    assert marks.link.tolist() == [255, 0, 0, 85, 0]


@pytest.mark.parametrize(("head", "body", "title"), [
    ("<title>党建引领_新闻_中国网</title>", "<h1>党建引领</h1>", "党建引领"),
    ("<title>今日要闻-中国新闻网</title>", "<p>正文</p>", "今日要闻"),
    ("<title>中国网</title><meta property=og:title content='水库汛期准备'>", "<p>正文</p>", "水库汛期准备"),
    ('<script type="application/ld+json">{"@graph":[{"headline":"水库汛期准备"}]}</script>', "<p>正文</p>", "水库汛期准备"),
    ("", "<h1>只有标题</h1>", "只有标题"),
])
def test_title_is_metadata_and_stands_first(head: str, body: str, title: str) -> None:
    page = read_page(f"<head>{head}</head><body>{body}".encode())
    assert page.metadata["title"] == title
    assert page.text.split("\n").count(title) == 1
    assert len(page.marks.kind) == len(page.text.split("\n"))


def test_metadata() -> None:
    page = read_page(
        '<html lang="zh-CN"><meta name="pubdate" content="2019-05-06 07:05"><meta name="author" content="刘翠">'
        '<meta property="og:site_name" content="中国网"><link rel=canonical href="http://a.cn/1">'
        '<meta name="source" content="http://a.cn">'.encode()
    )
    assert page.metadata == {
        "published": "2019-05-06T07:05", "author": "刘翠", "site": "中国网", "language": "zh-CN", "canonical": "http://a.cn/1",
    }


@pytest.mark.parametrize("charset", ["gb18030", "big5", "utf-16"])
def test_the_charset_is_what_the_bytes_are(charset: str) -> None:
    text = "圖書館不大，只有六十平方米，卻有四千多冊書。"
    data = f'<meta charset="utf-8"><p>{text}</p>'.encode(charset)
    assert text in read_page(data, declared="iso-8859-1").text


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "shift_jis", "gb2312"])
@pytest.mark.parametrize("charset", ["big5", "gb18030", "utf-8"])
def test_markup_adds_nothing_to_a_declaration_that_is_wrong(charset: str, declared: str) -> None:
    text = "圖書館不大，只有六十平方米，卻有四千多冊書。" * 3
    data = b"<div class='a b'></div>\n" * 2500 + text.encode(charset) + (b"\xff\xfe" if charset == "utf-8" else b"")
    assert text in read_page(data, declared=declared).text


def test_bytes_that_are_no_page() -> None:
    with pytest.raises(UndecodableError):
        read_page(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)


PARTS = [
    "<p>", "</p>", "<td>", "<tr>", "<table>", "</table>", "<li>", "<a href=x>", "</a>", "<rt>", "<br>", "<pre>", "</pre>",
    "<script>", "</script>", "<!--", "-->", "&lt", "党", "建 ", "\n", "x", "<div hidden>", "</div>", "<", ">", "\x00", "<svg>",
    "<h1>", "<b",
]


@given(st.lists(st.sampled_from(PARTS), max_size=40))
def test_any_markup_gives_as_many_marks_as_lines(parts: list[str]) -> None:
    page = read_page("".join(["<p>一段正文", *parts]).encode())
    n = len(page.text.split("\n")) if page.text else 0
    assert len(page.marks.kind) == n
    assert "\x00" not in page.text


def test_links_that_touch_where_white_space_stays_are_apart_and_no_control_is_left() -> None:
    assert read_page("<pre><a href=x>首页</a><a href=y>新闻</a></pre>".encode()).text == "首页 新闻"
    assert read_page("<pre>见<a href=x>首页</a><a href=y>新闻</a></pre>".encode()).text == "见首页新闻"
    assert read_page("<p>一段正文<a href=x><pre><br><rt>".encode()).text == "一段正文\n( )"


@pytest.mark.parametrize("part", ["<div>", "<b>党", "<table><tr><td>", "<a x=1 ", "<p class='" + "nav " * 50 + "'>x"])
def test_hostile_markup_takes_linear_time(part: str) -> None:
    def cost(n: int) -> float:
        data = ("<p>正文</p>" + part * n).encode()
        begin = time.process_time()
        read_page(data)
        return time.process_time() - begin

    cost(10)
    small, large = min(cost(5_000) for _ in range(3)), cost(20_000)
    assert large < 20 * small + 0.5


@pytest.mark.parametrize("html", [
    "<div>" * 300_000 + "党建", "<b>" * 50_000 + "党建", "<div><span>" * 30_000 + "党建" + "</span></div>" * 30_000,
    "<p " + " ".join(f"a{i}=1" for i in range(200_000)) + ">党建</p>", "<p class='" + "nav " * 300_000 + "'>党建",
])
def test_markup_of_quadratic_cost_is_bounded_and_loses_no_text(html: str) -> None:
    begin = time.process_time()
    assert lines(html) == ["党建"]
    assert time.process_time() - begin < 20     # minutes and hours without the bounds


@pytest.mark.parametrize("part", ["<h1><div>字", "<h1><div>", "<h1>字"])
def test_headings_in_headings_are_not_read_again_and_again(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def count(markup: bytes, start: int, end: bytes) -> str | None:
        nonlocal read
        read += 1
        return inside(markup, start, end)

    inside = metadata._read_inside
    monkeypatch.setattr(metadata, "_read_inside", count)
    read_page((part * 2000).encode())
    assert 0 < read <= metadata.MOST_HEADINGS


def test_rows_without_end_tags_stay_rows() -> None:
    rows = [f"品名{i} {i}元" for i in range(9_000)]
    html = "<table>" + "".join(f"<tr><td>{a}<td>{b}" for a, b in (row.split(" ") for row in rows))
    assert lines(html) == rows


def test_clean_page() -> None:
    said = "社區圖書館開放三年來，每天下午四點以後都坐滿了放學的孩子，管理員老吳說，誰把書看壞了(huài)，他就補。"
    body = "".join(f"<p>第{n}段，{said}</p>" for n in range(5))
    metas = "<meta charset=big5><meta name=author content=老吳><meta name=pubdate content=2020年1月2日>"
    head = f"{metas}<title>圖書館開放三年 - 某某網</title>"
    page = f"{head}<nav><a href=/>首頁</a><a href=/n>新聞</a></nav><h1>圖書館開放三年</h1>{body}".encode("big5", "ignore")
    cleaned = clean_page(page, url="http://x.cn/1", declared="utf-8")
    assert "图书馆开放三年来" in cleaned.text
    assert "首" not in cleaned.text
    assert cleaned.original.startswith("首頁 新聞")
    assert restore(cleaned.text, edit_rows(cleaned.edits)) == cleaned.original
    found = [cleaned.metadata[key] for key in ("published", "author", "url")]
    assert found == ["2020-01-02", "老吳", "http://x.cn/1"]
    with pytest.raises(UndecodableError):
        clean_page(bytes(range(256)) * 40)


def test_a_page_of_fifty_megabytes_takes_linear_time() -> None:
    begun = time.process_time()
    page = read_page(("<html><body>" + "<div class=a>" + "党建引领基层治理。" * 1900 + "</div>").encode() * 1000)
    assert page.text.count("\n") == 999
    assert time.process_time() - begun < 10


def lines_of(body: str) -> list[str]:
    return read_page(f"<html><body>{body}".encode()).text.split("\n")


CODE = "for i in range(9):\n    if i:\n        print(i)\n    else:\n        continue"


@pytest.mark.parametrize("markup", [
    f"<pre><code>{CODE}</code></pre>", f"<pre>{CODE}</pre>", f'<div class="highlight"><pre>{CODE}</pre></div>',
    f'<pre class="brush: python">{CODE}</pre>',
])
def test_code_keeps_its_indentation_through_cleaning(markup: str) -> None:
    before, after = "下面的例子说明了循环的写法，请读者仔细看一遍。", "输出如下，可以看到一共有八个数字被打印出来。"
    assert lines_of(f"<p>{before}</p>{markup}<p>{after}</p>") == [before, "```", *CODE.split("\n"), "```", after]
    cleaned = clean_page(f"<html><body><h1>循环的写法</h1><p>{before}</p>{markup}<p>{after}</p>".encode())
    assert CODE in cleaned.text


@pytest.mark.parametrize("markup, lines", [
    ("<pre>白日依山尽，\n黄河入海流。</pre>", ["白日依山尽，", "黄河入海流。"]),
    ("<pre>　　第一段说的是天气。\n　　第二段说的是收成。</pre>", ["　　第一段说的是天气。", "　　第二段说的是收成。"]),
    ("<pre><code>ls -l</code></pre>", ["ls -l"]),
    ("<pre><code>a = 1\n```\nb = 2</code></pre>", ["a = 1", "```", "b = 2"]),
])
def test_what_stands_in_pre_and_is_no_block_of_code(markup: str, lines: list[str]) -> None:
    assert lines_of(markup) == lines


@pytest.mark.parametrize("markup, lines", [
    ("<ol><li>打开<li><p>运行</p><p>再看</p><li>关闭</ol>", ["1. 打开", "2. 运行", "再看", "3. 关闭"]),
    ("<ol start=3><li>三<li value=7>七<li>八</ol>", ["3. 三", "7. 七", "8. 八"]),
    ("<ol type=a><li>甲<li>乙</ol>", ["a. 甲", "b. 乙"]),
    ("<ol reversed><li>甲<li>乙</ol>", ["2. 甲", "1. 乙"]),
    ("<ol><li>外<ol><li>内一<li>内二</ol><li>后</ol>", ["1. 外", "1. 内一", "2. 内二", "2. 后"]),
    ("<ol><li>外<ul><li>点</ul><li>后</ol>", ["1. 外", "点", "2. 后"]),
    ("<ol><li>1、打开<li>（二）运行<li>③关闭<li>第四步，看</ol>", ["1、打开", "（二）运行", "③关闭", "第四步，看"]),
    ("<ol><li><a href=/1>新闻</a><li><a href=/2>体育</a></ol>", ["新闻", "体育"]),
    ("<nav><ol><li>首页<li>新闻</ol></nav>", ["首页", "新闻"]),
    ('<ol class="breadcrumb"><li>首页<li>新闻</ol>', ["首页", "新闻"]),
    ("<ul><li>甲<li>乙</ul>", ["甲", "乙"]),
    ("<ol start=99999999999999999999><li>甲</ol>", ["1. 甲"]), ("<ol start=٣><li>甲</ol>", ["1. 甲"]),
    ("<ol><li></li><li>乙</ol>", ["2. 乙"]), ("<ol><li></li></ol><p>后", ["后"]),
])
def test_items_of_numbered_lists_have_their_numbers(markup: str, lines: list[str]) -> None:
    assert lines_of(markup) == lines
