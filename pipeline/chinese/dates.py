"""Dates as records, bylines and notices write them.

The rule of this file: one set of forms, one check that the day exists. `to_iso` reads a value that is a date, `find_date` the
first date in a line, `is_written` asks whether a line is nothing but a date in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from pipeline.chinese.plain import fold_plain

__all__ = ["find_date", "find_place", "is_written", "to_iso"]

# On folded text, which is in small letters. Fixed-length pieces and single optional blanks, no nested repeat: linear.
_DATE = re.compile(
    r"(?<!\d)(?:(民国|中华民国) ?(\d{2,3})年|(\d{4}) ?[-/.年] ?)(\d{1,2}) ?[-/.月] ?(\d{1,2})(?!\d{3}) ?日?"
    r"(?:[ ,t(]{0,2}(?:星期|周)[一二三四五六日天][)]?)?(?:[ ,t]{0,3}(上午|下午|晚上|am|pm)? ?(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
)
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[ t]|$)")
#: 二〇二〇年五月十二日, 2020 年 5 月 12 日: bounded repetitions one after the other, linear.
_FIGURE = r"[〇零○一二三四五六七八九十廿\d]"
_WRITTEN = re.compile(rf"\s*{_FIGURE}{{2,5}}\s?年\s?{_FIGURE}{{1,3}}\s?月\s?{_FIGURE}{{1,3}}\s?日\s*")
#: Years that a date in a line may be of: other numbers of four digits are none.
_FIRST, _LAST = 1900, 2100


@lru_cache(maxsize=1024)
def to_iso(value: str) -> str | None:
    """ISO 8601 date, with the time where it is given, or None where the value does not begin with a date that exists.

    >>> to_iso("20220924"), to_iso("2019年5月6日 7:05"), to_iso("民国108年5月6日"), to_iso("20/3/2022"), to_iso("soon")
    ('2022-09-24', '2019-05-06T07:05', '2019-05-06', '2022-03-20', None)
    """
    folded = fold_plain(value.lstrip()[:80])
    if compact := _COMPACT.match(folded):
        return _day(*map(int, compact.groups()))
    if found := _DATE.match(folded):
        return _read(found)
    first = _DAY_FIRST.match(folded)
    return _read_day_first(first) if first else None


def find_date(folded: str) -> str | None:
    """The first date of a line (as `fold_plain` gives it) as ISO 8601, with the time where it is given.

    >>> find_date("发布于 2019年05月06日 17:27"), find_date("于2019-02-30 10:00"), find_date("日期:20/3/2022")
    ('2019-05-06T17:27', None, '2022-03-20')
    """
    return next(_find_dates(folded), None)


def _find_dates(folded: str) -> Iterator[str]:
    for reading, found in ((_read, _DATE), (_read_day_first, _DAY_FIRST)):
        for match in found.finditer(folded):
            iso = reading(match)
            if iso and _FIRST <= int(iso[:4]) <= _LAST:
                yield iso


def find_place(folded: str) -> int | None:
    """Where the first date form of a line begins, None where there is none: what stands before it ends there."""
    found = _DATE.search(folded)
    return found.start() if found else None


def is_written(line: str) -> bool:
    """Whether a line is nothing but a date with 年月日, in figures or in hanzi.

    >>> is_written(" 二〇二〇年五月十二日"), is_written("2020-05-12"), is_written("2020年5月12日 10:00")
    (True, False, False)
    """
    return _WRITTEN.fullmatch(line) is not None


def _read(m: re.Match[str]) -> str | None:
    day = _day(int(m[2]) + 1911 if m[2] else int(m[3]), int(m[4]), int(m[5]))
    if not day or not m[7]:
        return day
    hour = int(m[7]) + (12 if m[6] in ("下午", "晚上", "pm") and int(m[7]) < 12 else 0)
    if hour > 23 or int(m[8]) > 59:
        return day
    return f"{day}T{hour:02}:{m[8]}" + (f":{m[9]}" if m[9] and int(m[9]) < 60 else "")


def _read_day_first(m: re.Match[str]) -> str | None:
    day, month = int(m[1]), int(m[2])
    return _day(int(m[3]), *((day, month) if month > 12 else (month, day)))


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
