"""Lists of other pages, told by their entries: dates that fall from one headline to the next, teasers that break off; and holes.

The rule of this file: signs that say nothing in one line and much in several of a page. What a site publishes it lists newest first, so that four headlines and more with dates that never
rise, and are not all the same, are such a list: chronicles, programmes and replies rise, tables have one date. A headline over a text that breaks
off (…, ...[全文]) is a teaser; one of them says nothing, four near each other are a list. Between two entries stand at most a few lines, and no paragraph.

Holes are what a template has for values that a script fills in ({{item.title}}, @@=it.name$$, $info.channel): three of them
are a page that nobody ever saw so.

On labelled pages of groups that no net had seen lists by date hold 5,100 lines on 60 groups, lists of teasers 1,270 on 22, holes
589 on six, none content; nets had left 440, 180 and TODO of them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plain import fold_points
from pipeline.edits import gather_spans
from pipeline.record import Texts

__all__ = ["find_listed", "find_signs"]

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
#: Entries of the shortest list. With three of either kind a row of facts with dates (three lots of a table of shares) and a list of plans of a lab
#: would go, on the labelled pages.
LEAST = 4
#: Lines between two entries of a list by date, and of teasers. With one more of the first a table of shares would go; the second is flat.
APART, TEASED_APART = 2, 3
#: Lines with holes that a page has at least.
HOLES = 3
#: Canonical characters of a headline in front of a date of its own line, above a date alone, and above a teaser.
DATED, OVER, TEASED = (8, 120), (4, 90), (3, 60)
#: Canonical characters of the shortest teaser.
SHORTEST = 10
#: Characters of the longest line that is looked at, and at its end.
LONGEST, TAIL = 300, 40
#: What a line is: nothing, a teaser, a hole, or a moment, which is negative where the line is nothing else.
NOTHING, TEASER, HOLE = 0, 1, 2
#: Minutes of a day and one for a date without a time; days of a year as counted here; the moment of what happened just now.
DAY, YEAR, NOW = 1441, 372, 1 << 40

# All are looked for in the last TAIL characters of a line, folded; each repetition is bounded, so that the work is.
_DATE = (r"(?:(?P<year>(?:19|20)?\d{2})[-/.年]\s?(?P<month>\d{1,2})[-/.月]\s?(?P<day>\d{1,2})日?"
         r"|(?<![\d.])(?P<month2>\d{1,2})(?:-|/|月)(?P<day2>\d{1,2})日?)")
_TIME = r"(?:\s{0,3}(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?)?"
_AGO = r"(?P<count>\d{1,3})\s?(?P<unit>秒|分钟|小时|天|周|个月)前"
_MOMENT = re.compile(rf"[\s\[(【/|·•:丨-]{{0,6}}(?:(?:发布|更新|发布时间|时间|日期)\s{{0,2}}[:于]?\s{{0,2}})?"
                     rf"(?:{_DATE}{_TIME}|{_AGO})\s{{0,3}}[\])】]?\s{{0,2}}$")
_MINUTES = {"秒": 0, "分钟": 1, "小时": 60, "天": 1440, "周": 10080, "个月": 43200}
#: What stands before a date without its year; nothing does where it opens the line.
_BEFORE = frozenset(" [(【/|·•:丨\t-")
_BREAK = re.compile(r"(?:(?<![….。])…|\.{3,6})\s{0,3}(?:[\[(【<]?\s{0,2}(?:阅读全文|查看全文|查看更多|查看详情|更多|详细|详情|全文|展开|more)"
                    r"[>》\s]{0,3}[\])】>]?)?\s{0,2}$")

_HOLE = re.compile(r"[•·\s]{0,3}(?:@@.{0,40}?\$\$|\$[a-z]\w{1,20}\.\w{2,30}|\$\{[\w.]{2,40}\}|\{\{[^{}]{1,40}\}\}|\{[a-z]\w{2,30}\}|<%.{1,60}?%>)"
                   r"[^。!?]{0,60}$")
#: Characters of the longest line with a hole that is looked at.
LONGEST_HOLE = 160

#: Classes of characters: bits of `_load_classes`.
_DIGIT, _SIGN, _CLOSE, _DOTS, _UNIT, _OPEN = 1, 2, 4, 8, 16, 32


class _Entry(NamedTuple):
    top: int                # its headline
    stop: int               # its last line
    moment: int


def find_signs(texts: Texts, line: Ints) -> Ints:
    """What the end of each line (rising indices into `texts.lines`) says, int64 [n]: NOTHING, TEASER, HOLE or a moment.

    Only documents with as many lines that may say something as the shortest list has are looked at.

    >>> texts = Texts.of(["• 汛期准备 2019-10-05\\n• 检查水库 10-04\\n3小时前\\n先报到，再领材料...[全文]\\n一共检查了二十三座水库。"])
    >>> [int(np.sign(sign)) for sign in find_signs(texts, np.arange(5))]
    [1, 1, -1, 1, 0]
    """
    signs = np.zeros(len(line), np.int64)
    start, end, doc = texts.lines.start[line], texts.lines.end[line], texts.lines.doc[line]
    opens = _may_be_holes(texts.points, start, end)
    for rows, top, read in (
        (_choose(_ends_so(texts.points, start, end), doc, LEAST), np.maximum(start, end - TAIL), _read_end),
        (_choose(opens, doc, HOLES), start, _read_hole),
    ):
        size = end[rows] - top[rows]
        folded, stops = fold_points(texts.points[gather_spans(top[rows], size)]), np.cumsum(size)
        whole = top[rows] == start[rows]
        for i, a, b, all_of_it in zip(rows.tolist(), (stops - size).tolist(), stops.tolist(), whole.tolist(), strict=True):
            signs[i] = read(folded[a:b], all_of_it) or signs[i]
    return signs


def _choose(asked: Bools, doc: Ints, least: int) -> Ints:
    """The rows of those documents that hold at least so many that are `asked`."""
    rows = np.flatnonzero(asked)
    return rows[np.bincount(doc[rows])[doc[rows]] >= least] if len(rows) else rows


def _may_be_holes(points: NDArray[np.uint32], start: Ints, end: Ints) -> Bools:
    """Lines that open, behind a bullet and blanks, as a hole does."""
    classes, last = _load_classes(), max(len(points) - 1, 0)
    at = [classes[points[np.minimum(start + k, last)]] & _OPEN for k in (0, 2)] if len(points) else [np.zeros(len(start), np.uint8)] * 2
    opens: Bools = ((at[0] | at[1]) > 0) & (end - start <= LONGEST_HOLE)
    return opens


def _ends_so(points: NDArray[np.uint32], start: Ints, end: Ints) -> Bools:
    """Lines whose last characters may be a moment or the break of a teaser: a look at a few characters of each."""
    classes = _load_classes()
    at = [classes[points[np.maximum(end - k, 0)]] for k in range(1, 10)]
    closed = (at[0] & _CLOSE) > 0
    last, second, third = (np.where(closed, at[k + 1], at[k]) for k in range(3))
    moment = ((last & _DIGIT) > 0) & (((second | third) & _SIGN) > 0) | ((last & _UNIT) > 0)
    broken = (np.bitwise_or.reduce(at[1:]) & _DOTS > 0) | ((at[0] & _DOTS) > 0)
    ends: Bools = (moment | broken) & (end - start >= 3) & (end - start <= LONGEST)
    return ends


@cache
def _load_classes() -> NDArray[np.uint8]:
    """The class of each character, full width or not."""
    classes = np.zeros(0x110000, np.uint8)
    for characters, bit in (
        ("0123456789０１２３４５６７８９", _DIGIT), ("-/.:年月／：．－", _SIGN), (")]】）］ ", _CLOSE), ("…", _DOTS), ("日前", _UNIT), ("@$<{", _OPEN),
    ):
        classes[[*map(ord, characters)]] |= bit
    classes[ord(".")] |= _DOTS
    return classes


def _read_end(tail: str, whole: bool) -> int:
    """What the end of a line is; `whole` where it is all of it."""
    if _BREAK.search(tail):
        return TEASER
    found = _MOMENT.search(tail)
    if not found:
        return NOTHING
    if count := found["count"]:
        moment = NOW - int(count) * _MINUTES[found["unit"]]
    else:
        month, day = int(found["month"] or found["month2"]), int(found["day"] or found["day2"])
        if not (1 <= month <= 12 and 1 <= day <= 31) or not (found["year"] or _stands_free(tail, found.start("month2"))):
            return NOTHING
        year = int(found["year"] or 0)
        time = 1 + int(found["hour"]) * 60 + int(found["minute"]) if found["hour"] else 0
        moment = ((year + 2000 * (0 < year < 100)) * YEAR + month * 31 + day) * DAY + time
    return -moment if whole and found.start() == 0 else moment


def _read_hole(line: str, whole: bool) -> int:
    return HOLE if _HOLE.match(line) else NOTHING


def _stands_free(tail: str, at: int) -> bool:
    return not at or tail[at - 1] in _BEFORE


def find_listed(first: Ints, signs: Ints, size: NDArray[np.float32], paragraph: Bools) -> Bools:
    """The lines of lists of other pages, and holes, bool [n]; `size` are canonical characters."""
    listed = np.zeros(len(signs), np.bool_)
    holes = np.flatnonzero(signs == HOLE)
    page = np.searchsorted(first, holes, side="right") - 1
    listed[holes[np.bincount(page)[page] >= HOLES] if len(holes) else holes] = True
    some = np.flatnonzero((signs != NOTHING) & (signs != HOLE))
    page = np.searchsorted(first, some, side="right") - 1
    for k in np.flatnonzero(np.bincount(page, minlength=1) >= LEAST).tolist() if len(some) else ():
        rows = some[page == k]
        for entries, apart, falls in (
            (_find_dated(rows, first[k], signs, size), APART, True), (_find_teasers(rows, first[k], signs, size, paragraph), TEASED_APART, False),
        ):
            for run in _find_runs(entries, paragraph, apart, falls):
                listed[run[0].top:run[-1].stop + 1] = True
    return listed


def _find_dated(rows: Ints, top: int, signs: Ints, size: NDArray[np.float32]) -> list[_Entry]:
    """Headlines with a date: in their own line, or alone under it."""
    entries: list[_Entry] = []
    for k in rows.tolist():
        sign = int(signs[k])
        if sign > HOLE and DATED[0] <= size[k] <= DATED[1]:
            entries.append(_Entry(k, k, sign))
        elif sign < NOTHING and k > top and not signs[k - 1] and OVER[0] <= size[k - 1] <= OVER[1]:
            entries.append(_Entry(k - 1, k, -sign))
    return entries


def _find_teasers(rows: Ints, top: int, signs: Ints, size: NDArray[np.float32], paragraph: Bools) -> list[_Entry]:
    """Headlines over a text that breaks off."""
    return [
        _Entry(k - 1, k, 0) for k in rows.tolist()
        if signs[k] == TEASER and k > top and size[k] >= SHORTEST and signs[k - 1] != TEASER
        and TEASED[0] <= size[k - 1] <= TEASED[1] and not paragraph[k - 1]
    ]


def _find_runs(entries: list[_Entry], paragraph: Bools, apart: int, falls: bool) -> list[list[_Entry]]:
    """Entries that make a list: LEAST and more near each other, whose moments fall if they are to."""
    runs: list[list[_Entry]] = []
    for entry in entries:
        last = runs[-1][-1] if runs else None
        if last and 0 < entry.top - last.stop <= apart + 1 and not paragraph[last.stop + 1:entry.top].any() and (
            not falls or _may_follow(last.moment, entry.moment)
        ):
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return [run for run in runs if len(run) >= LEAST and (not falls or len({entry.moment for entry in run}) > 1)]


def _may_follow(above: int, below: int) -> bool:
    """Whether a moment is none after the one above it, as far as both tell; without a year January may stand above December."""
    if above >= NOW // 2 or below >= NOW // 2:
        return above >= below
    timed = above % DAY and below % DAY
    yearless = max(above, below) < 2 * YEAR * DAY
    return (above >= below if timed else above // DAY >= below // DAY) or (
        yearless and above // DAY < 3 * 31 and below // DAY >= 11 * 31
    )
