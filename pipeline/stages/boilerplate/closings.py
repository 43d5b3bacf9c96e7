"""What closes a notice stays: the list of its attachments, its signature and its date, whatever the model says of them.

The rule of this file: forms, not words. A date alone on a line, written with 年月日, is a closing date where the line above it
is a short name of a body and sentences stand before both; numbered lines that follow 附件 are its attachments.
"""

from __future__ import annotations

import numpy as np
import regex
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.stages.boilerplate.features import Measured

__all__ = ["find_closings"]

# Anchored, one bounded repetition after the other: linear.
_FIGURE = r"[〇零○一二三四五六七八九十廿\d]"
_DATE = regex.compile(rf"\s*{_FIGURE}{{2,5}}\s?年\s?{_FIGURE}{{1,3}}\s?月\s?{_FIGURE}{{1,3}}\s?日\s*")
_BODY = regex.compile(
    r"\s*\p{Han}[\p{Han}（）()“”\s]{2,28}(?:府|局|委|会|會|办|辦|院|部|厅|廳|处|處|司|心|室|所|校|学|學|队|隊|站|组|組|社|团|團|庭|署|厂|廠|行|馆|館)\s*"
)
_ATTACHED = regex.compile(r"\s*附\s?件\s?[：:\d一二三]?.*")
_ITEM = regex.compile(r"\s*(?:附\s?件)?\s?[\d一二三四五六七八九十]{1,2}\s?[.．、：:].+")

#: A line longer than this is a paragraph and needs no protection.
LONGEST = 40


def find_closings(texts: Texts, lines: Measured, cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines that would be cut and close a notice: bool [n]. Looks only at cut lines and the two before them."""
    keeps = np.zeros(len(cut), np.bool_)
    for i in np.flatnonzero(cut).tolist():
        text = texts.line(int(lines.line[i]))
        if len(text) > LONGEST or not i or lines.doc[i - 1] != lines.doc[i]:
            continue
        above = texts.line(int(lines.line[i - 1]))
        if _DATE.fullmatch(text) and _BODY.fullmatch(above) and _has_sentence(lines, i - 1):
            keeps[i - 1] = keeps[i] = True
        elif _ITEM.fullmatch(text) and (_ATTACHED.fullmatch(above) or (keeps[i - 1] and _ITEM.fullmatch(above))):
            keeps[i] = True
    return keeps


def _has_sentence(lines: Measured, i: int, near: int = 8) -> bool:
    """Whether one of the lines before it in its document reads like a sentence."""
    start = max(i - near, int(np.searchsorted(lines.doc, lines.doc[i])))
    return bool((lines.own[start:i, 31] > 0).any())
