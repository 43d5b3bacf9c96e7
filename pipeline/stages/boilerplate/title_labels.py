"""Titles behind a label: 標題：…, 名　称：…, and what some boards run together in their head; titles without their site.

The rule of this file: forms, not words of one site. The label goes, its value is a line and stays; where the net has found a title
of its own the label's line is a byline like any other. All is read in plain text (`fold_plain`), so that neither script is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.chinese.plain import fold_plain

__all__ = ["HEAD", "OPENS", "Label", "clean_title", "find_label", "read_label"]

# Anchored, each repetition bounded and followed by what it does not hold: linear.
_TITLE = re.compile(r"\s{0,8}(?:标\s{0,8}题|题\s{0,8}[目名]|篇\s{0,8}名|主\s{0,8}[旨题])"
                    r"(?:\s{0,8}:|\s{2,8}|\s(?=\[))\s{0,8}")
#: In the head table of an official document; elsewhere a name is a fact like others.
_NAME = re.compile(r"\s{0,8}[名文]\s{0,8}(?:称|件\s{0,4}[名标]\s{0,4}[称题])\s{0,8}:\s{0,8}")
#: A board's head on one line: author, board, title, time.
_BOARD = re.compile(r"\s{0,8}作者\s?[^\n]{1,60}?看板\s?[^\n]{1,40}?标题\s{0,8}(?=\S)")
_TIME = re.compile(r"时间\s?[a-z]{3}\s[a-z]{3}\s")
#: The category that a board puts before a title.
_CATEGORY = re.compile(r"(?:re:\s?)?\[[^\]\n]{1,8}\]\s?")
#: Labels of the head table of an official document; two of them make one.
_OFFICIAL = re.compile(
    r"\s{0,8}(?:索\s{0,8}引\s{0,8}号|发文机[关构]|发布机构|成文日期|主题分类|发文字号|文\s{0,8}号|公开类别|主题词)\s{0,8}:"
)
#: Signs of a list and a mark of the editors before a title; one class each, bounded: linear.
_BEFORE = re.compile(r"[#•·●▪■◆>》\s\ufeff]{0,12}(?:(?:原创|转载|置顶|精华)\s{1,4})?")
#: The name of a site behind a title: a sign, and what names of sites end with. Of 681 labelled titles it is taken from 21, by
#: reading always rightly, and of 26,700 first lines of news and articles from none. Bounded, 40 characters from each sign: linear.
_SITE = re.compile(
    r"\s{0,3}(?:[_|｜]|\s[-–—]\s?|-(?=[^-]{1,14}$))\s{0,2}[^_|｜]{0,15}"
    r"(?:网|网站|频道|论坛|社区|门户|官网|在线|日报|晚报|博客|专栏|百科|问答|问吧|贴吧|之家|资讯|知乎|微博|\.com|\.net|\.cn"
    r"|(?:新浪|腾讯|搜狐|百度|网易|凤凰)[\u4e00-\u9fff]{0,2})[^_|｜\s\u4e00-\u9fff]{0,12}\s{0,3}[_-]?\s{0,2}$", re.IGNORECASE,
)
_SIGNS = frozenset("_|｜-–—")
#: A channel of the site before its name; bounded, one class: linear.
_CHANNEL = re.compile("_[^_]{1,6}$")
#: Shorter values are no titles.
LEAST = 4
#: What a line that gives a title, or stands in an official head, may open with, behind blanks: simplified.
OPENS = "标题篇主名文作索发成公"
#: Lines of a page in which a label is looked for.
HEAD = 16


class Label(tuple[int, int]):
    """Where the value stands in its line: `[start, end)`."""

    __slots__ = ()


def find_label(lines: Sequence[str]) -> tuple[int, Label] | None:
    """The first line of the head of a page that gives the title behind a label, and where in it the title stands.

    >>> find_label(["作者  water", "看板  home-sale", "標題  汛期要準備什麼"])
    (2, (4, 11))
    """
    head = [fold_plain(line) for line in lines[:HEAD]]
    official = sum(bool(_OFFICIAL.match(line)) for line in head) >= 2
    for i, line in enumerate(head):
        if label := _read_plain(line, official):
            return i, label
    return None


def read_label(line: str, official: bool = False) -> Label | None:
    """The place of the title in a line that gives it behind a label; `official` where the lines beside it are a head table.

    >>> line = "標題  [問題] 汛期要準備什麼"
    >>> a, b = read_label(line)
    >>> line[a:b]
    '汛期要準備什麼'
    >>> read_label("名　　称：水务局公布汛期准备情况") is None
    True
    """
    return _read_plain(fold_plain(line), official)


def _read_plain(line: str, official: bool) -> Label | None:
    for start, end in _candidates(line, official):
        if category := _CATEGORY.match(line, start):
            start = category.end()
        while end > start and line[end - 1].isspace():
            end -= 1
        if end - start >= LEAST:
            return Label((start, end))
    return None


def _candidates(line: str, official: bool) -> Iterator[tuple[int, int]]:
    """Where values may stand."""
    if board := _BOARD.match(line):
        time = _TIME.search(line, board.end())
        yield board.end(), time.start() if time else len(line)
    for pattern in (_TITLE, _NAME) if official else (_TITLE,):
        if label := pattern.match(line):
            yield label.end(), len(line)


def clean_title(line: str) -> str:
    """The title that a line gives: without the bullet and the label before it and the names of the site behind it.

    The line itself stays as it is.

    >>> clean_title("• 游戏微侃:那些年我们玩过的最终幻想_游戏频道_某某网")
    '游戏微侃:那些年我们玩过的最终幻想'
    >>> clean_title("14秒抢光 比二环新房还热 | 楼市八八八")
    '14秒抢光 比二环新房还热 | 楼市八八八'
    """
    title = _BEFORE.sub("", line.strip(), count=1)
    if _SIGNS.isdisjoint(title):
        return title
    whole = title
    while (site := _SITE.search(title)) and site.start() >= LEAST:
        title = title[:site.start()]
    while title != whole and (channel := _CHANNEL.search(title)) and channel.start() >= LEAST:
        title = title[:channel.start()]
    return title.rstrip()
