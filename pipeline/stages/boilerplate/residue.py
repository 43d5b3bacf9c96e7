"""Lines whose form alone says what they are: 原标题：…, 责任编辑：甲, 未经授权，不得转载。, 请记住本站域名：www.….com.

The rule of this file: a form looks at one line and at nothing around it, so that what an extractor left alone under a clean article
goes as it would on a whole page. The net learned that clean pages keep all, and these are what it then keeps. The first line of a
document may be its title and stays, unless no title is of the form.

Each form says how many labelled lines it finds, on the sites that no weights have seen (fold 1) and on the others, and how many of
them are content; a line may be of several. In all they find 363 and 2,262, none content. In four of the clean corpora (98 million
characters) the first thirteen find five lines. Those of sources, of links and of headings of comments were written in sight of
`boilerplate_forms.jsonl` and of the field cases.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import load_canonical
from pipeline.chinese.plain import fold_points
from pipeline.edits import gather_spans
from pipeline.record import Texts
from pipeline.stages.boilerplate.kernels.heads import find_pairs_at_ends

__all__ = ["CREDITS", "ERRORS", "FORMS", "Form", "find_forms"]

#: Characters of the longest line that is looked at.
LONGEST = 240
_OPEN = r"[(\[【*※\s]{0,3}"
#: What a notice about reprints says.
_NOTICE = (
    r"(?:未经[^。]{0,14}(?:授权|许可|允许|同意)[^。]{0,8}(?:不得|禁止|严禁|谢绝)[^。]{0,12}(?:转载|复制|摘编|镜像)"
    r"|(?:谢绝|禁止|严禁|请勿)[^。]{0,4}转载|转载[^。]{0,10}(?:注明|标明|联系|授权|附上)|转载必究|版权归[^。]{0,10}所有)"
)
_SHARE = "分享到|分享至|qq空间|qq好友|新浪微博|腾讯微博|东方微博|微博|微信好友|微信|朋友圈|qq|人人网|豆瓣|复制链接|开心网|百度贴吧"

_SAID, _COUNT = "(?:评论|跟帖|跟贴|留言)", r"\d{1,7}\s{0,2}[人条个则]?\s{0,2}"
_PART = r"第(?:[a-z]{1,2}\d{1,3}|[01]\d)版\s{0,2}[:|]\s{0,2}[^。,:;!?\s\d]{1,8}"

#: Labels of a line of several: what the page is, how often it was read, when and by whom it was put there.
_META = (
    "(?:所属(?:类型|栏目|分类)|信息类别|文章类型|类型|类别|分类|(?:阅读|浏览|点击|访问)(?:次数|数|量|率)?|人气|字号|字体"
    "|(?:添加|发布|发表|更新|录入|创建)?时间|(?:发布)?日期|发布(?:者|人|单位|机构)|作者|(?:信息|文章)?来源|(?:责任)?编辑|审核|供稿|撰稿|摄影)"
)

#: Signs that close a window, and the bullet; a line of one is looked at without what it opens with.
_ALONE = "×✕✖•"


class Form(NamedTuple):
    """A form of furniture: the reason of its cut, the pattern, and what a line must open or end with to be looked at."""

    reason: str
    pattern: re.Pattern[str]
    heads: str = ""         # two canonical characters each
    tails: str = ""         # before a sign that ends a sentence
    opens: bool = False     # the first line of a document may be of it: it is no title
    closes: bool = False    # a credit that closes an article (`page.find_closed`)
    ends: bool = False      # it says that there is no page (`verdicts.find_errors`)


def _form(
    reason: str, pattern: str, heads: str = "", tails: str = "", *, opens: bool = False, closes: bool = False, ends: bool = False
) -> Form:
    return Form(reason, re.compile(pattern), heads, tails, opens, closes, ends)


# Each is matched from the start of a folded line (`fold_plain`) of at most LONGEST characters; each repetition is bounded, and at
# most four of them can meet, so that the work for a line is bounded.
FORMS: tuple[Form, ...] = (
    # 37 / 33 lines, none content
    _form("byline", _OPEN + r"原(?:文)?标题\s{0,3}[:丨|]", "原标 原文", closes=True),
    # 5 / 88, none content; a value in square brackets is a link of Markdown, and 编辑 may open a sentence
    _form("byline", _OPEN + r"(?:责任编辑|责编|选稿|责任校对|值班编辑|本文编辑|本期编辑|编辑|编审)\s{0,3}[:|丨/]"
          r"[^。!?！？:\[]{0,24}$", "责任 责编 选稿 值班 本文 本期 编辑 编审", closes=True),
    # 42 / 91, none content
    _form("byline", r"\s{0,3}\d{4}[-年/.]\d{1,2}[-月/.]\d{1,2}日?\s{0,3}(?:\d{1,2}:\d{2}(?::\d{2})?)?\s{0,3}"
          r"(?:来源|信息来源|作者|责任编辑|选稿|编辑)[:\s][^。]{0,40}$", "19 20"),
    # 36 / 48, none content; 资料来源 names what a text or a table draws on
    _form("byline", _OPEN + r"(?:信息|稿件|文章|新闻|内容)?来源\s{0,3}:\s{0,3}[^。:]{1,20}$", "来源 信息 稿件 文章 新闻 内容",
          opens=True),
    # 1 / 1 and 3 on made pages, none content: where an answer or a note was taken from
    _form("copyright", _OPEN + r"(?:本文|原文|文章|本帖)(?:永久)?(?:链接|地址|网址)\s{0,3}:?\s{0,3}https?://\S{4,100}",
          "本文 原文 文章 本帖"),
    # 1 / 14 and 1 / 5 on made pages, none content: the heading of what readers say
    _form("comments", r"(?:网友|最新|全部|热门|精彩|用户)评论$", "网友 最新 全部 热门 精彩 用户"),
    # 4 / 37 and 63 on written pages, none content: how many have commented; 50 of 254 pages of news with the body marked,
    # all of one site, have such a line, and one was seen before this was written
    _form("comments", rf"[•·\s]{{0,3}}(?:(?:共|已有|现有|全部|查看)?\s{{0,2}}{_COUNT}(?:参与)?(?:评论|跟帖|跟贴)"
          rf"|[^。,:;!?\s]{{0,8}}{_SAID}\s{{0,2}}\(\s{{0,2}}{_COUNT}(?:评论|参与)?\s{{0,2}}\)"
          rf"|{_SAID}\s{{0,2}}:?\s{{0,2}}{_COUNT})$",
          "评论 跟帖 跟贴 留言 网友 最新 全部 热门 精彩 用户 查看 相关", "评论 跟帖 跟贴"),
    # 0 / 5, none content
    _form("disclaimer", _OPEN + r"(?:以上|本文|文章|此文|本帖|该文|本栏目)[^。]{0,16}(?:仅|只|不|并不)[^。]{0,4}代表"
          r"[^。]{0,20}(?:观点|立场|看法)",
          "以上 本文 文章 此文 本帖 该文 本栏"),
    # 5 / 38, none content
    _form("disclaimer", _OPEN + r"(?:免责声明|版权声明|特别声明|郑重声明|平台声明|版权说明|声明)[】\]\s]{0,3}:.{0,80}?"
          r"(?:观点|立场|转载|版权|侵权|原创|未经|本站|本网|平台)", "免责 版权 特别 郑重 平台 声明"),
    # 1 / 0, not content: what sites of answers and of notes put under a text
    _form("copyright", _OPEN + r"(?:[著着]作权|版权)归[^。]{1,12}所有", "着作 版权"),
    # 5 / 17 and 121 / 22, none content: a notice that opens the line, and one that is nearly all of it
    _form("copyright", _OPEN + r"(?:未经|本文|本篇|转载|凡|如需转载|欢迎转载|版权|[著着]作权|原创)[^。]{0,30}?" + _NOTICE,
          "未经 本文 本篇 转载 凡本 凡注 凡在 如需 欢迎 版权 着作 原创"),
    _form("copyright", r"[^。“\"]{0,24}?" + _NOTICE + r"[^。”\"]{0,24}[。!！]?$",
          tails="转载 来源 出处 授权 必究 镜像 所有 联系 摘编"),
    # 4 / 432 that are of no form above, none content
    _form("copyright", r"[^。“\"]{0,40}版权所有[^。”\"]{0,2}$", tails="所有"),
    # 37 / 156 and 1 / 6, none content: a licence has neither the Chinese words nor the sign at its start
    _form("copyright", r"copyright.{0,80}?(?:版权所有|icp[备证]).{0,80}$", "co"),
    # 38 / 466 of 38 groups, none content: a licence writes (c)
    _form("copyright", r"copyright\s{0,2}©.{0,80}?all rights? reserved.{0,30}$", "co"),
    _form("copyright", r"©.{0,60}?all rights? reserved.{0,30}$", "20 19", "ed"),
    # none labelled: what portals put under an article that others copy
    _form("app-prompt", r"[^。]{0,24}?尽在[^。]{1,16}(?:app|客户端)[。!！]?$", tails="pp 户端"),
    # none labelled: what sites of novels put between the paragraphs
    _form("advertisement", _OPEN + r"(?:请记住|记住|最新|本站|本书|手机|备用)[^。]{0,14}(?:网址|域名|地址|首发)[^。]{0,10}:\s{0,3}"
          r"(?:https?://)?[a-z0-9.-]{2,40}\.[a-z]{2,6}", "请记 记住 最新 本站 本书 手机 备用"),
    _form("previous-next", _OPEN + r"(?:本章完|本章未完|本章结束)[^。]{0,20}$", "本章"),
    # 0 / 89, none content; 关键词：… may be a heading, tags: … the head of a file
    _form("tags", _OPEN + r"(?:标签|文章标签|相关标签|本文标签)\s{0,3}[:|]", "标签 文章 相关 本文"),
    # 4 / 51, none content
    _form("tools", r"(?:点击)?(?:观看视频|查看更多|进入专题|查看原文|阅读原文|查看全文|阅读全文|点击下载|查看大图)[>》\s]{0,3}$",
          "点击 观看 查看 进入 阅读"),
    # 0 / 7 and 9 on written pages, none content: what opens a part of the text that a page holds back
    _form("tools", r"(?:点击)?(?:展开|收起)(?:全部|全文|更多|更多信息|简介|详情)(?:\s{1,3}(?:展开|收起)(?:全部|全文|更多|简介))?$",
          "点击 展开 收起"),
    # 86 / 276 of 168 groups, none content
    _form("filing-number", r"[^。]{0,60}?(?:icp[备证]|公网安备|网安备)[^。]{0,30}$", "", " ".join(f"{k}号" for k in range(10))),
    # 31 / 50 of 29 groups, none content: labels of an article in one line
    _form("byline", rf"[\s\[(【]{{0,3}}{_META}\s{{0,2}}:[^。:]{{0,24}}?[\s|/\]·,;]{{1,6}}{_META}\s{{0,2}}:[^。]{{0,60}}$",
          "所属 信息 文章 类型 类别 分类 阅读 浏览 点击 访问 人气 字号 字体 添加 发布 发表 更新 录入 创建 时间 日期 作者 来源 "
          "责任 编辑 审核 供稿 撰稿 摄影"),
    # 5 / 17 of 7 groups, none content
    _form("counter", r"(?:网站|本站|页面)?(?:(?:访问|浏览|阅读|点击)(?:次数|量|数)|访问人数)"
          r"\s{0,2}:?\s{0,3}[\d,]{0,12}\s?(?:人?次)?$",
          "网站 本站 页面 访问 浏览 阅读 点击"),
    # none labelled; in a crawl of 964 sites 12 pages of five groups say nothing else: there is no such page
    _form("error-page", r"(?:抱歉|对不起|提示|错误)?[,:!]?\s?(?:您(?:所?要?)?(?:访问|查看|请求|找)的)?(?:页面|网页|栏目|访问地址)"
          r"(?:没有找到|不存在|未找到|找不到了?|已被?删除|无法访问|已失效|无效|已下线)(?:[,!！。\s][^。]{0,50})?$",
          "抱歉 对不 提示 错误 您访 您要 您所 您查 您请 您找 页面 网页 栏目 访问", opens=True, ends=True),
    # 7 / 101 of 16 groups, none content: what a page says until its script has run
    _form("tools", r"(?:loading|(?:正在|数据|页面)?(?:加载|载入)中|正在(?:加载|载入))[.…。,]{0,6}(?:请稍[候等后])?[.…。!]{0,6}$",
          "lo 加载 载入 正在 数据 页面"),
    # 0 / 2 and 2 on written pages, none content
    _form("tools", r"(?:以上|文档|本文|该|此)?(?:内容|文章|回答|答案)(?:是否|对您|对你)[^。,]{0,8}(?:解决|帮助|有用)"
          r"[^。,]{0,8}\??$",
          "以上 文档 本文 该内 该文 该回 此内 此文 此回 内容 文章 回答 答案"),
    # 1 / 6, none content: who took the pictures, who wrote; 图：… is a caption, 文：… may be the text
    _form("byline", _OPEN + r"(?:图文|摄影|采写|撰文|撰稿)\s{0,2}[/|丨:]\s{0,2}[^\s。,;:!?、/|丨\d]{2,5}[)\]】]{0,2}$",
          "图文 摄影 采写 撰文 撰稿"),
    # 1 / 4, none content: the line of who reports from where, as papers of Taiwan have it
    _form("byline", _OPEN + r"记者[^。,:;!?]{2,12}/[^。,:;!?]{2,8}报[导道][)\]】]?$", "记者"),
    # 0 / 1,145, none content, all but one of one group; in 132 million characters of clean corpora none: the address of a picture
    _form("tools", r"https?://[^\s]{5,100}\.(?:jpe?g|png|gif|webp|bmp)(?:[?!][^\s]{0,60})?$", "ht"),
    # 42 / 1, none content; written in sight of the first, which are of one paper: the parts of an issue (第A01版：要闻), as papers
    # list them; an edition of a book is no 第02版
    _form("menu", rf"{_PART}(?:\s{{1,3}}{_PART}){{0,20}}$", "第a 第b 第c 第d 第e 第t 第0 第1"),
    # 14 / 37, none content: what closes a window of the page; 90 and more bullets of entries that are pictures, none content
    _form("menu", f"[{_ALONE}]$"),
    # 45 / 61, none content: two names and more
    _form("share", rf"(?:(?:{_SHARE})[\s:、|/]{{0,3}}){{2,20}}$", "分享 qq 新浪 腾讯 东方 微博 微信 朋友 人人 豆瓣 复制 开心 百度"),
)

CREDITS = tuple(k for k, form in enumerate(FORMS) if form.closes)
ERRORS = tuple(k for k, form in enumerate(FORMS) if form.ends)


def find_forms(texts: Texts, text: NDArray[np.bool_]) -> NDArray[np.int8]:
    """The form that each line is of, index into FORMS, -1 for none: int8 [lines]. `text` marks the lines that are not blank.

    >>> texts = Texts.of(["汛期准备就绪\\n原標題：水庫汛期準備就緒\\n一共检查了二十三座水库。"])
    >>> find_forms(texts, texts.lines.end > texts.lines.start).tolist()
    [-1, 0, -1]
    """
    found = np.full(len(texts.lines.start), -1, np.int8)
    rows = np.flatnonzero(text)
    first = rows[np.diff(texts.lines.doc[rows], prepend=-1) > 0]
    rows = rows[texts.lines.end[rows] - texts.lines.start[rows] <= LONGEST]
    asked, begin, end = _find_asked(texts, rows)
    lines, (by_head, by_tail, of_signs) = _fold_lines(texts, rows[asked]), _load_ends()
    forms: list[int] = []
    known: dict[tuple[str, int, int], int] = {}     # menus of a site come again, page after page
    for own in zip(lines, begin.tolist(), end.tolist(), strict=True):
        if (form := known.get(own)) is None:
            line, pair, last = own
            asks = sorted({*by_head.get(pair, ()), *by_tail.get(last, ()), *of_signs})
            form = known[own] = next((k for k in asks if FORMS[k].pattern.match(line)), -1)
        forms.append(form)
    found[rows[asked]] = forms
    found[first] = np.where(np.array([form.opens for form in FORMS])[found[first]], found[first], -1)
    return found


def _fold_lines(texts: Texts, rows: NDArray[np.int64]) -> list[str]:
    """`fold_plain` of some lines, all at once."""
    start, ends = texts.lines.start[rows], np.cumsum(texts.lines.end[rows] - texts.lines.start[rows])
    folded = fold_points(texts.points[gather_spans(start, texts.lines.end[rows] - start)])
    return [folded[a:b] for a, b in zip([0, *ends.tolist()], ends.tolist(), strict=False)]


@cache
def _load_ends() -> tuple[dict[int, list[int]], dict[int, list[int]], list[int]]:
    """The forms by the pairs of characters that their lines open with, and end with; and those that ask for neither."""
    heads: dict[int, list[int]] = {}
    tails: dict[int, list[int]] = {}
    for k, form in enumerate(FORMS):
        for table, pairs in ((heads, form.heads), (tails, form.tails)):
            for pair in pairs.split():
                table.setdefault(_join(*map(ord, pair)), []).append(k)
    return heads, tails, [k for k, form in enumerate(FORMS) if not (form.heads or form.tails)]


@cache
def _load_pairs() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs of `_load_ends`, sorted."""
    heads, tails, _ = _load_ends()
    return np.array(sorted(heads), np.int64), np.array(sorted(tails), np.int64)


def _join(first: int, second: int) -> int:
    """Two code points as one number."""
    return first << 21 | second


def _find_asked(texts: Texts, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Which of these lines a form asks for, by their ends, with the first two canonical characters of each and the last two."""
    asked, begin, end = (np.empty(len(rows), np.int64) for _ in range(3))
    alone = np.array([ord(c) for c in _ALONE], np.uint32)
    start, stop = texts.lines.start[rows], texts.lines.end[rows]
    n = find_pairs_at_ends(texts.points, load_canonical(), start, stop, *_load_pairs(), alone, asked, begin, end)
    return asked[:n], begin[:n], end[:n]
