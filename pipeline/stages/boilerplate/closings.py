"""What closes a notice stays: the list of its attachments, its signature and its date, whatever the model says of them.

The rule of this file: forms, not words. A date alone on a line, written with 年月日, is a closing date where the line above it
is a short name of a body and sentences stand before both; numbered lines that follow 附件 are its attachments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.closings import ATTACHED, BODY, ITEM
from pipeline.chinese.dates import is_written
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.judgement import Judged

__all__ = ["find_closings"]

#: A line longer than this is a paragraph and needs no protection.
LONGEST = 40


def find_closings(
    texts: Texts, lines: Judged, cut: NDArray[np.bool_], options: BoilerplateOptions
) -> NDArray[np.bool_]:
    """Lines that would be cut and close a notice: bool [n]. Looks only at cut lines and the two before them."""
    keeps = np.zeros(len(cut), np.bool_)
    for i in np.flatnonzero(cut).tolist():
        text = texts.line(int(lines.line[i]))
        if len(text) > LONGEST or not i or lines.doc[i - 1] != lines.doc[i]:
            continue
        above = texts.line(int(lines.line[i - 1]))
        if is_written(text) and BODY.fullmatch(above) and _has_sentence(lines, i - 1):
            keeps[i - 1] = keeps[i] = True
        elif ITEM.fullmatch(text) and (ATTACHED.fullmatch(above) or (keeps[i - 1] and ITEM.fullmatch(above))):
            keeps[i] = True
    return keeps


def _has_sentence(lines: Judged, i: int, near: int = 8) -> bool:
    """Whether one of the lines before it in its document reads like a sentence."""
    start = max(i - near, int(np.searchsorted(lines.doc, lines.doc[i])))
    return bool(lines.paragraph[start:i].any())
