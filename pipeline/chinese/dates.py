"""Dates as records give them, to ISO 8601."""

from __future__ import annotations

import re
from datetime import date

__all__ = ["to_iso"]

# Fixed numbers of digits with one separator each: linear.
_COMPACT = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?:\s|T|$)")
_PARTED = re.compile(r"\s*(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?(?:[T\s]*(\d{1,2}:\d{2}(?::\d{2})?))?")


def to_iso(value: str) -> str | None:
    """ISO 8601 date, with the time where it is given, or None where the value is no date that exists.

    >>> to_iso("20220924"), to_iso("2019年5月6日 7:05"), to_iso("soon")
    ('2022-09-24', '2019-05-06T07:05', None)
    """
    match = _COMPACT.match(value) or _PARTED.match(value)
    if not match:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return None
    time = match[4] if match.re is _PARTED else None
    return f"{day}T{time.zfill(len(time) + (time[1] == ':'))}" if time else day
