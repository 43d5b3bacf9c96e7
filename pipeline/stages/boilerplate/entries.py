"""Lists of other pages, told by their entries: dates that fall from headline to headline, teasers that break off; and holes.

The rule of this file: signs that say nothing in one line and much in several of a page; what a headline says counts for nothing.
What a site publishes it lists newest first: four headlines and more whose dates never rise, and are not all the same, are such a
list, where chronicles, programmes and replies rise, and tables have one date. A headline over a text that breaks off (…, ...[全文])
has a page of its own, too. Between two entries stand at most a few lines, and no paragraph. Holes are what a template has for
values that a script fills in ({{item.title}}, @@=it.name$$, $info.channel): nobody ever saw such a page so.

Of the lines of labelled pages 5,153 stand in lists by date (75 groups of sites), 1,662 in lists of teasers (36), 589 are holes (6),
60 are doubtful, none is content; 708 of them nets that had not seen the sites leave, on 18 groups. In the six clean corpora none
is of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plain import fold_points
from pipeline.edits import gather_spans
from pipeline.record import Texts

__all__ = ["find_listed", "find_signs"]

F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
#: Entries of the shortest list. With three dates rows of a table of shares would go, with three teasers twelve descriptions of a
#: page kept aside.
LEAST = 4
#: Lines between two entries of a list by date, and of teasers. Up to three of either none is content: 300 lines of furniture more
#: than with none.
APART, TEASED_APART = 2, 3
#: Lines with holes that a page has at least.
HOLES = 3
#: Canonical characters of a headline that a date ends, of one over a date, and of one over a teaser; of the shortest teaser.
DATED, OVER, TEASED, SHORTEST = (8, 120), (4, 90), (3, 60), 10
#: Hanzi of the shortest headline in front of a date; a row of a table has fewer.
WORDS, _HANZI = 4, "\u4e00"
#: Characters of the longest line that is looked at, of what is read at its end, and of the longest with a hole.
LONGEST, TAIL, LONGEST_HOLE = 300, 40, 160
#: What a line is: nothing, a teaser, a hole, a date behind what is no headline, or a moment, which is negative where the line is
#: nothing else.
NOTHING, TEASER, HOLE, ROW = 0, 1, 2, 3
#: Minutes of a day and one for a date without a time; days of a month and of a year as counted here; the moment of what is just
#: past.
DAY, MONTH, YEAR, NOW = 1441, 31, 372, 1 << 40

# Each is looked for in the last TAIL characters of a line, folded, or from the start of one of LONGEST_HOLE; each repetition is
# bounded, so that the work is.
_DATE = (
    r"(?:(?P<year>(?:19|20)?\d{2})[-/.年]\s?(?P<month>\d{1,2})[-/.月]\s?(?P<day>\d{1,2})日?"
    r"|(?<![\d.])(?P<month2>\d{1,2})(?:-|/|月)(?P<day2>\d{1,2})日?)"
)
_TIME = r"(?:\s{0,3}(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?)?"
_AGO = r"(?P<count>\d{1,3})\s?(?P<unit>秒|分钟|小时|天|周|个月)前"
_MOMENT = re.compile(rf"(?:{_DATE}{_TIME}|{_AGO})$")
#: What stands behind a moment, what it is made of, and what stands before one that is the whole line.
_BEHIND, _MADE_OF = ")]】 ", "0123456789-/.:年月日秒分钟小时天周个前 "
_ONLY = re.compile(r"[\s\[(【/|·•:丨-]{0,6}(?:(?:发布|更新)?(?:时间|日期)?[:于\s]{0,3})?")
_MINUTES = {"秒": 0, "分钟": 1, "小时": 60, "天": 1440, "周": 10080, "个月": 43200}
#: What stands before a date without its year; nothing does where it opens the line.
_BEFORE = frozenset(" [(【/|·•:丨\t-")
_BREAK = re.compile(
    r"(?:(?<![….。])…|\.{3,6})\s{0,3}"
    r"(?:[\[(【<]?\s{0,2}(?:阅读全文|查看全文|查看更多|查看详情|更多|详细|详情|全文|展开|more)[>》\s]{0,3}[\])】>]?)?\s{0,2}$"
)
_HOLE = re.compile(
    r"[•·\s]{0,3}(?:@@.{0,40}?\$\$|\$[a-z]\w{1,20}\.\w{2,30}|\$\{[\w.]{2,40}\}|\{\{[^{}]{1,40}\}\}|\{[a-z]\w{2,30}\}|<%.{1,60}?%>)"
    r"[^。!?]{0,60}$"
)
#: Classes of characters: bits of `_load_classes`.
_DIGIT, _SIGN, _CLOSE, _DOTS, _UNIT, _OPEN, _DOT, _SPAN, _WORD = (1 << k for k in range(9))
_CLASSES = (
    ("0123456789０１２３４５６７８９", _DIGIT), ("-/.:年月／：．－", _SIGN), (")]】）］ ", _CLOSE), ("…", _DOTS), ("日前", _UNIT),
    ("@$<{", _OPEN), (".", _DOT), ("秒钟时時鐘天周週月", _SPAN),
    ("文多情细細开開e>》", _WORD),
)
#: What a line that is looked at ends with.
_LAST = _DIGIT | _CLOSE | _DOTS | _UNIT | _DOT | _WORD
#: Characters at the end of a line of which one is of the dots, if it is a teaser.
_BROKEN = 9


class _Entry(NamedTuple):
    top: int                # its headline
    stop: int               # its last line
    moment: int = 0


def find_signs(texts: Texts, line: Ints) -> Ints:
    """What each line (rising indices into `texts.lines`) says, int64 [n]: NOTHING, TEASER, HOLE, ROW or a moment.

    Only documents with as many lines that may say something as the shortest list has are looked at.

    >>> texts = Texts.of(["• 汛期准备 2019-10-05\\n• 检查水库 10-04\\n3小时前\\n先报到，再领材料...[全文]\\n一共检查了二十三座。"])
    >>> [int(np.sign(sign)) for sign in find_signs(texts, np.arange(5))]
    [1, 1, -1, 1, 0]
    """
    signs = np.zeros(len(line), np.int64)
    start, end, doc = texts.lines.start[line], texts.lines.end[line], texts.lines.doc[line]
    if not len(line):
        return signs
    for rows, least, top, read in (
        (_may_end_so(texts.points, start, end), LEAST, np.maximum(start, end - TAIL), _read_end),
        (_may_be_hole(texts.points, start, end), HOLES, start, _read_hole),
    ):
        rows = rows[np.bincount(doc[rows], minlength=1)[doc[rows]] >= least]
        size = end[rows] - top[rows]
        folded, stops = fold_points(texts.points[gather_spans(top[rows], size)]), np.cumsum(size)
        whole = top[rows] == start[rows]
        for i, a, b, all_of_it in zip(rows.tolist(), (stops - size).tolist(), stops.tolist(), whole.tolist(), strict=True):
            signs[i] = read(folded[a:b], all_of_it) or signs[i]
    return signs


@cache
def _load_classes() -> NDArray[np.uint16]:
    """The class of each character, full width or not."""
    classes = np.zeros(0x110000, np.uint16)
    for characters, bit in _CLASSES:
        classes[[*map(ord, characters)]] |= bit
    return classes


def _may_end_so(points: NDArray[np.uint32], start: Ints, end: Ints) -> Ints:
    """The lines whose last characters may be a moment or the break of a teaser, rows."""
    classes = _load_classes()
    size = end - start
    rows = np.flatnonzero((size >= 3) & (size <= LONGEST) & (classes[points[end - 1]] & _LAST > 0))
    at = [classes[points[np.maximum(end[rows] - k, 0)]] for k in range(1, _BROKEN + 1)]
    closed = at[0] & _CLOSE > 0
    last, second, third = (np.where(closed, at[k + 1], at[k]) for k in range(3))
    moment = (last & _DIGIT > 0) & ((second | third) & _SIGN > 0) | (last & _UNIT > 0) & (second & (_DIGIT | _SPAN) > 0)
    broken = np.bitwise_or.reduce(at) & _DOTS > 0
    for k in range(_BROKEN - 1):
        broken |= at[k] & at[k + 1] & _DOT > 0
    found: Ints = rows[moment | broken]
    return found


def _may_be_hole(points: NDArray[np.uint32], start: Ints, end: Ints) -> Ints:
    """The lines that open, behind a bullet and a blank or at once, as a hole does, rows."""
    classes = _load_classes()
    opens = ((classes[points[start]] | classes[points[np.minimum(start + 2, len(points) - 1)]]) & _OPEN) > 0
    return np.flatnonzero(opens & (end - start <= LONGEST_HOLE))


def _read_end(tail: str, whole: bool) -> int:
    """What the end of a line is; `whole` where it is all of it."""
    if not tail.isascii() and ("…" in tail or "..." in tail) and _BREAK.search(tail):
        return TEASER
    line = tail.rstrip(_BEHIND)
    at = len(line.rstrip(_MADE_OF))
    found = _MOMENT.search(line, at)
    if not found:
        return NOTHING
    moment = NOW - int(found["count"]) * _MINUTES[found["unit"]] if found["count"] else _read_date(found, line)
    if not moment:
        return NOTHING
    if whole and _ONLY.fullmatch(line, 0, found.start()):
        return -moment
    return moment if sum(c >= _HANZI for c in line[:found.start()]) >= WORDS else ROW


def _read_date(found: re.Match[str], tail: str) -> int:
    """The moment of a date, NOTHING where it is none."""
    month, day, year = int(found["month"] or found["month2"]), int(found["day"] or found["day2"]), int(found["year"] or 0)
    free = year or not (at := found.start("month2")) or tail[at - 1] in _BEFORE
    if not (1 <= month <= 12 and 1 <= day <= 31 and free):
        return NOTHING
    time = 1 + int(found["hour"]) * 60 + int(found["minute"]) if found["hour"] else 0
    return ((year + 2000 * (0 < year < 100)) * YEAR + month * MONTH + day) * DAY + time


def _read_hole(line: str, whole: bool) -> int:
    return HOLE if _HOLE.match(line) else NOTHING


def find_listed(first: Ints, signs: Ints, length: F32, paragraph: Bools) -> Bools:
    """The lines of lists of other pages, and holes, bool [n].

    `length` is the log of 1 + canonical characters, as measured, `first` are the bounds of the pages.
    """
    listed = np.zeros(len(signs), np.bool_)
    for rows in _find_rows(first, signs == HOLE, HOLES):
        listed[rows] = True
    for rows in _find_rows(first, (signs != NOTHING) & (signs != HOLE), LEAST):
        top, stop = first[(page := np.searchsorted(first, rows[0], side="right")) - 1], first[page]
        listed[top:stop] |= _find_lists(rows - top, signs[top:stop], np.rint(np.expm1(length[top:stop])), paragraph[top:stop])
    return listed


def _find_lists(rows: Ints, signs: Ints, size: F32, paragraph: Bools) -> Bools:
    """The lines of the lists of one page, bool [n]; `rows` are those with a sign."""
    listed = np.zeros(len(signs), np.bool_)
    at, says, sizes = rows.tolist(), signs.tolist(), size.tolist()
    dated = _find_runs(_find_dated(at, says, sizes), paragraph | (signs == ROW), APART, True)
    runs = [run for run in dated if len({entry.moment for entry in run}) > 1]
    for run in runs + _find_runs(_find_teasers(at, says, sizes, paragraph), paragraph, TEASED_APART, False):
        listed[run[0].top:run[-1].stop + 1] = True
    return listed


def _find_rows(first: Ints, marked: Bools, least: int) -> Iterator[Ints]:
    """The marked rows of each page that has so many."""
    rows = np.flatnonzero(marked)
    page = np.searchsorted(first, rows, side="right")
    for some in np.split(rows, np.flatnonzero(np.diff(page)) + 1):
        if len(some) >= least:
            yield some


def _find_dated(rows: list[int], signs: list[int], size: list[float]) -> list[_Entry]:
    """Headlines with a date: at their end, or alone under them."""
    entries: list[_Entry] = []
    for k in rows:
        sign = signs[k]
        if sign > ROW and DATED[0] <= size[k] <= DATED[1]:
            entries.append(_Entry(k, k, sign))
        elif sign < NOTHING and k and not signs[k - 1] and OVER[0] <= size[k - 1] <= OVER[1]:
            entries.append(_Entry(k - 1, k, -sign))
    return entries


def _find_teasers(rows: list[int], signs: list[int], size: list[float], paragraph: Bools) -> list[_Entry]:
    """Headlines over a text that breaks off."""
    return [
        _Entry(k - 1, k) for k in rows
        if signs[k] == TEASER and k and size[k] >= SHORTEST and signs[k - 1] != TEASER
        and TEASED[0] <= size[k - 1] <= TEASED[1] and not paragraph[k - 1]
    ]


def _find_runs(entries: list[_Entry], bars: Bools, apart: int, falls: bool) -> list[list[_Entry]]:
    """Entries that make a list: LEAST and more near each other, nothing of `bars` between, whose moments fall if they are to."""
    runs: list[list[_Entry]] = []
    for entry in entries if len(entries) >= LEAST else ():
        last = runs[-1][-1] if runs else None
        gap = entry.top - last.stop - 1 if last else -1
        if last and gap <= apart and not (gap > 0 and bars[last.stop + 1:entry.top].any()) and (
            not falls or _may_follow(last.moment, entry.moment)
        ):
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return [run for run in runs if len(run) >= LEAST]


def _may_follow(above: int, below: int) -> bool:
    """Whether a moment is none after the one above it, as far as both tell; without a year December may stand under January."""
    if max(above, below) >= NOW // 2 or (above % DAY and below % DAY):
        falls = above >= below
    else:
        falls = above // DAY >= below // DAY
    turns = max(above, below) < 2 * YEAR * DAY and above // DAY < 3 * MONTH and below // DAY >= 11 * MONTH
    return falls or turns
