"""What a table says of a number: the head of its column.

The law of this file: a line of labels over rows with as many cells labels what stands below each, before anything on the line
above that happens to stand next to it. Cells are parted by bars, tabs, commas, several blanks or any, tried in this order; the head
is the nearest line above, without numbers, whose cell in the column is a label of a telephone or of a thing. Each line is cut once
for each way, and each column looked up once: linear.
"""

from __future__ import annotations

import re
from typing import Literal

from pipeline.stages.personal.contexts import NUMBERED, THING, UNIT_AFTER
from pipeline.stages.personal.view import View

__all__ = ["Told", "read_head"]

Told = Literal["call", "thing"] | None

_BAR, _TAB, _COMMA, _BLANKS, _BLANK = (re.compile(sep) for sep in (r"\|", "\t", ",", r"[ \t]{2,}", r"[ \t]+"))
_WAYS = (_BAR, _TAB, _COMMA, _BLANKS, _BLANK)
_MOST, _LONGEST = 600, 12       # characters of a row, and of a label
#: Numbers in groups are one cell.
_GROUPED = re.compile(r"(?<!\d)1[3-9]\d \d{4} \d{4}(?!\d)")
_CALL = re.compile(
    "电话|手机|联系|联络|手提|移动|座机|固话|宅电|热线|号码|微信|[Qq][Qq]|扣|账号|帐号|身份|证件|证号|护照|卡号|支付宝|[Tt]el|TEL|[Pp]hone|PHONE"
    "|[Mm]obile|MOBILE|[Ww]hats|[Cc]ontact|[Cc]ell|[微薇]"
)
_UNIT = re.compile(r"[(/]([^()]{1,6})\)?$")
_NUMBER = re.compile(r"\d{5}")
#: What two words of prose end with as a label does: 诚心 报价.
_SAID = re.compile("(?:[价费款票分]|[扫密]码)$")
_MEASURE = re.compile(
    "(?:[量数额值价率积费税款码分票]|编号|货号|条码|[工订运]单|人口|收入|支出|成绩|得分|面积|产能|里程|时长|金额|总计|合计|小计|销售|营收|利润|票房|排名|名次"
    "|市值|比去年|序列|批次|[Cc]ode|[Bb]arcode|[Oo]rder|[Nn]umber|[Aa]mount|[Cc]ount|[Tt]otal)$"
)


def read_head(view: View, start: int, end: int) -> Told:
    """Whether the head of the column of a number is a label of a telephone or of a thing; None where there is neither."""
    n = view.line_of(start)
    first, line = view.lines[n], view.line(n)
    if not 2 < len(line) <= _MOST or end > first + len(line):
        return None
    line = line[:start - first] + "0" * (end - start) + line[end - first:]
    for way in _WAYS:
        cells = _cut(line, way)
        if len(cells) < 2:
            continue
        column = len(_cut(line[:start - first] + "0", way)) - 1
        if told := _look_up(view, n, way, column, len(cells)):
            return told
    return None


def _cut(line: str, way: re.Pattern[str]) -> list[str]:
    line = line.strip(" \t")
    if way is _BAR:
        line = line.removeprefix("|").removesuffix("|")
    if way is _BLANK:
        line = _GROUPED.sub(lambda m: "0" * len(m[0]), line)
    return way.split(line)


def _look_up(view: View, n: int, way: re.Pattern[str], column: int, size: int) -> Told:
    """What the nearest label above says; kept for the lines that were passed, so that a long table is read once."""
    passed: list[tuple[int, str, int, int]] = []
    told: Told = None
    while not view.is_first(n):
        n -= 1
        key = (n, way.pattern, column, size)
        if key in view.heads:
            told = view.heads[key]
            break
        cells = _cells(view, n, way)
        if len(cells) < 2 and cells != [""]:
            break
        passed.append(key)
        if len(cells) == size and not any(_NUMBER.search(cell) for cell in cells):
            prose = size == 2 and way in (_COMMA, _BLANK) and _SAID.search(cells[column])
            told = None if prose else _judge(cells[column])
            if told:
                break
    view.heads.update(dict.fromkeys(passed, told))
    return told


def _cells(view: View, n: int, way: re.Pattern[str]) -> list[str]:
    key = (n, way.pattern)
    if key not in view.rows:
        line = view.line(n)
        view.rows[key] = _cut(line, way) if len(line) <= _MOST else []
    return view.rows[key]


def _judge(cell: str) -> Told:
    label = cell.strip(" \t*:")
    if not 0 < len(label) <= _LONGEST or any(c.isdigit() for c in label):
        return None
    if _CALL.search(label):
        return "call"
    unit = _UNIT.search(label)
    bare = label[:unit.start()].rstrip() if unit else label
    thing = NUMBERED.search(bare) or THING.search(bare) or _MEASURE.search(bare) or (unit and UNIT_AFTER.match(unit[1]))
    return "thing" if thing else None
