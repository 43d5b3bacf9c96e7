"""Passports and travel permits: after their label, or of their form where travel is spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.stages.personal.contexts import NUMBERED, THING
from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.view import View

__all__ = ["find_passports"]

_PASSPORT_LABEL = re.compile(
    r"(?:护照|(?<![A-Za-z])(?:[Pp]assport|PASSPORT|PP)|通行证|回乡证|台胞证|旅行证)(?:本|证件|证|[一壹]本,?)? ?(?:编?号码?"
    r"|[Nn][Oo]\.?|[Nn]um(?:ber)?)?"
    r"[ :为是(#]{0,4}(?:(?:[A-Z]{1,2})?\d{7,9}[、,/ 和及]{1,2}){0,2}$"
)
_PASSPORT_AFTER = re.compile("号?的?(?:中国|我国|普通|因私){0,2}护照")
_PASSPORT = re.compile(r"(?<![0-9A-Za-z])(?:[A-Za-z]{1,2} ?\d{6,8}|[EeGg] ?\d{4} \d{4}|[HM]\d{10,11}|\d{9,10}"
    r"|\d{8})(?![0-9A-Za-z])")

#: Passports and travel permits of the mainland, Hong Kong and Macau by their form, which codes of things have too, ...
_TRAVEL_FORM = re.compile(
    r"(?<![0-9A-Za-z/_.-])(?:[EeGg] ?\d{8}|[Ee][A-HJ-NP-Za-hj-np-z]\d{7}|[KHDSPCWTLM]\d{8}|[HM]\d{10,11}"
    r"|(?:KJ|HJ|MA|MB|C[A-HJ-NP-Z]|DE|SE|PE|P)\d{7})"
    r"(?![0-9A-Za-z_-]|\.\d)"
)
#: ... so something of travel stands about it, or another one does.
_TRAVEL = re.compile("护照|持照|签证|证件|通行证|回乡证|台胞证|出入?境|旅[行游]团|团员|同行人|登机|旅客|航段")
#: P and seven digits are a part or a declaration, unless a passport is named.
_OFFICIAL, _PAPER = re.compile(r"P\d{7}"), re.compile("护照|证件")
_DOCUMENT = re.compile("(?:证件?|护照)(?:号码?|编号)[ :为是]{0,3}$")
_LIST = 60                  # characters from one number of a list to the next: a line of it


def find_passports(view: View) -> Iterator[Hit]:
    """Numbers of passports and travel permits, after their label, or of their form where travel is spoken of."""
    last = -_LIST
    for m, start, end in view.numbers.find(_TRAVEL_FORM):
        before = view.before(start, 40)
        if len(set(m[0][-6:])) == 1:
            continue
        if not _DOCUMENT.search(before) and (NUMBERED.search(before) or THING.search(before)):
            continue
        official = _OFFICIAL.fullmatch(m[0]) is not None
        strong, travel = m[0][0] in "EeGg" or official, _PAPER if official else _TRAVEL
        if (strong and last > max(start - _LIST, view.begin(start))) or travel.search(view.around(start, _LIST if strong else 16)):
            yield Hit(start, end, "passport")
            last = end
    for m, start, end in view.labels.find(_PASSPORT):
        if _PASSPORT_LABEL.search(view.before(start, 40)) or (m[0][0].isalpha() and _PASSPORT_AFTER.match(view.after(end, 12))):
            yield Hit(start, end, "passport")
