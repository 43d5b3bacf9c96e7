"""Echoes of the title: twice at the top, with the site's tail, cut by the site, glued to the first paragraph, at the end.

Only prose has a title that may be cut: in verse and lists of short lines the first line may well come again on purpose.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from pipeline.chinese.plain import fold_plain
from pipeline.stages.repeats.view import ENDED, Cut, Line, View

__all__ = ["cut_titles"]

_HEAD_LINES = 6     # the kernel compares no later line with a part of the title
_LONGEST = 80       # canonical code points of a title
_ECHO = 4           # of the shortest title that is looked for
_GLUED_ALONE = 8    # of the shortest title that is cut off a paragraph without another echo to prove it
_LAST = 6           # of the shortest title that is cut at the end

# Each branch has one bounded repeat to the end of a line: linear. A dash of two is no tail of a site but a subtitle.
_TAIL = re.compile(
    r"\s*[-_|｜丨–•>»/－＿][-_|｜丨–•>»/－＿\s]*[^。！？!?；;\n]{1,40}$"
    r"|\s*[（(\[【](?:组?图|多图|图文|图集|附?图片?|视频|高清|原创|转载?|全文)[^）)\]】\n]{0,8}[）)\]】]$"
    r"|\s+\S{0,12}(?:网|网站|频道|在线|日报|晚报|手机版|门户)$"
)       # like all that holds words, over plain text: in either script
_CUT = re.compile(r"(?:…|\.\.\.|。。。)\s*$")                       # a fixed string at the end: linear
_ENDS_CLAUSE = re.compile(r"[。！？!?；;，,、：:”’」』][”’」』）)]*$")   # anchored by its first class: linear
_CHAPTER = re.compile(r"第\s?[0-9一二三四五六七八九十百千零〇两]{1,8}\s?[章回节卷集部篇]")    # bounded: linear
#: What goes on with a sentence whose subject is the title: such a paragraph begins with it on purpose.
_GOES_ON = frozenset(
    "的是在了也为和与及或而有被将已于从到使让把给对就都很还不没能可会要应以由向这那又再更最吗呢吧之所等中里上下内外前后时们地得着著过"
)
_MARKS = frozenset("，,。；;：:、！!？?）)》〉】」』”’]·-—_|/&+%.…>（(")
_CITES = frozenset("《〈「『<“\"")
_MARKUP = frozenset("#*+-!|[>")
_HAN = re.compile("[\u4e00-\u9fff]")
_BODY = re.compile(
    r"(?:会|局|厅|部|处|公司|中心|政府|办公室|学校|大学|学院|法院|检察院|集团)$"
)


def cut_titles(view: View, min_chars: int) -> list[Cut]:
    """Cuts that leave the title once, at the top. `min_chars`: a line equal to a title this long goes wherever it stands."""
    lines = view.lines
    if len(lines) < 2 or lines[0].last - lines[0].first > _LONGEST or not view.is_prose:
        return []
    cuts: list[Cut] = []
    title = lines[0]
    if not _HAN.search(title.text) or title.text[-1:] in "。，,；;、":
        return []
    for line in lines[1:_HEAD_LINES]:
        title = _meet(view, title, line, cuts)
    cuts += _find_late(view, title, min_chars)
    return sorted(set(cuts))


def _meet(view: View, title: Line, line: Line, cuts: list[Cut]) -> Line:
    """Compare a line of the head with the title; note what is to be cut, and give what is the title from here on."""
    a, b = view.folded[title.first:title.last], view.folded[line.first:line.last]
    if min(len(a), len(b)) < _ECHO or _is_quoted(line.text, title.text):
        return title
    cut = {first for first, _, _ in cuts}
    between = [x for x in view.lines[:_HEAD_LINES] if title.last <= x.first < line.first and x.first not in cut]
    if any(ENDED.search(x.tail) for x in between):
        return title
    if a == b:
        if not (_ENDS_CLAUSE.search(line.text) and not _ENDS_CLAUSE.search(title.text)):
            cuts.append((line.first, line.last, "title-echo"))
    elif b.startswith(a):
        _meet_longer(view, title, line, cuts)
        if _CUT.search(title.text) and not between and len(b) <= _LONGEST:
            return line
    elif a.startswith(b) and not between:
        if _CUT.search(line.text):
            cuts.append((line.first, line.last, "title-echo"))
        elif _TAIL.match(_rest(view, title, len(b), line)):
            cuts.append((title.first, title.last, "title-echo"))
            return line
    return title


def _is_quoted(text: str, title: str) -> bool:
    """Whether a line cites the title, or is a heading, a list item or a caption, where the title is none of these."""
    if text[:1] in _MARKUP and title[:1] not in _MARKUP:
        return True
    return text[:1] in _CITES and title.lstrip("#* ")[:1] not in _CITES


def _meet_longer(view: View, title: Line, line: Line, cuts: list[Cut]) -> None:
    """The line begins with the title: the title whole after a cut one, with a tail, or glued to a paragraph."""
    n = title.last - title.first
    rest = _rest(view, line, n, title)
    if _CUT.search(title.text):
        if line.last - line.first <= _LONGEST:
            cuts.append((title.first, title.last, "title-echo"))
    elif _TAIL.match(rest):
        cuts.append((line.first, line.last, "title-echo"))
    elif rest and _is_glued(title, rest, n, bool(cuts)) and (cuts or line == view.lines[1]):
        cuts.append((line.first, line.first + n, "title-glued"))


def _is_glued(title: Line, rest: str, n: int, echoed: bool) -> bool:
    """Whether `rest`, what follows the title in a line, is a paragraph of its own."""
    if rest[0] in _MARKS or rest[0] in _GOES_ON:
        return False
    if len(rest) < 10 or echoed:
        return len(rest) >= 10
    return n >= _GLUED_ALONE and not _BODY.search(title.plain) and title.text[-1:] not in "？！?!"


def _rest(view: View, line: Line, n: int, title: Line) -> str:
    """What stands in a line after its first `n` canonical code points, without the marks that the title ends with: plain text."""
    at = int(view.origin[line.first + n - 1]) + 1
    rest = view.joined[at:line.end].rstrip()
    closing = view.joined[int(view.origin[title.last - 1]) + 1:title.end].strip()
    same = unicodedata.normalize("NFKC", rest[:len(closing)]) == unicodedata.normalize("NFKC", closing)
    return fold_plain(rest[len(closing):] if same else rest)


def _find_late(view: View, title: Line, min_chars: int) -> list[Cut]:
    """Lines equal to the title after the head: where pages were joined, in the second half, and after the last paragraph."""
    lines, wanted = view.lines, view.folded[title.first:title.last]
    joint = _is_joint(title, len(wanted))
    cuts = []
    for i in (np.flatnonzero(lines.last[2:] - lines.first[2:] == len(wanted)) + 2).tolist():
        line = lines[i]
        if view.folded[line.first:line.last] != wanted or line.first <= title.first:
            continue
        if _is_quoted(line.text, title.text) or not _ENDS_CLAUSE.search(lines[i - 1].tail):
            continue
        last = i == len(lines) - 1 and len(wanted) >= _LAST and not _BODY.search(line.plain)
        late = i >= max(_HEAD_LINES, len(lines) // 2) and len(line.text) >= min_chars
        if last or late or (joint and line.plain == title.plain and i < len(lines) - 1):
            cuts.append((line.first, line.last, "title-echo"))
    return cuts


def _is_joint(title: Line, n: int) -> bool:
    """Whether a line equal to this title within a text is where pages were joined: a chapter's, or a long one that is no sentence.

    In the six corpora (47,000 documents) no article has such a line; of 3,336 crawled pages six have one, each a mistake.
    """
    if title.text[:1] in _MARKUP or _ENDS_CLAUSE.search(title.text):
        return False
    return n >= (_ECHO if _CHAPTER.match(title.plain) else _GLUED_ALONE)
