"""Labels that a site and a text both use (关键词) stay where another label of the text stands near, with their values.

The rule of this file: which labels those are is in the table of phrases, where they are of the kind `content` too; the
keywords of a paper stand under its abstract, those of a news page under its byline or its last line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.judgement import Judged

__all__ = ["find_labels"]

#: Lines above a label among which another one must stand and stay: an abstract is seldom more paragraphs.
REACH = 4
#: Characters of a label that stands alone, so that its value is the next line.
ALONE = 5


def find_labels(texts: Texts, lines: Judged, cut: NDArray[np.bool_], options: BoilerplateOptions) -> NDArray[np.bool_]:
    """Lines that would be cut and are a label of the text with its value: bool [n]. Looks only at cut lines and those above."""
    stays = np.zeros(len(cut), np.bool_)
    for i in np.flatnonzero(cut & lines.content).tolist():
        top = max(0, i - REACH, int(np.searchsorted(lines.doc, lines.doc[i])))
        above = np.arange(top, i)
        if not (lines.content[above] & (~cut[above] | stays[above])).any() or not lines.paragraph[above].any():
            continue
        stays[i] = True
        if len(texts.line(int(lines.line[i])).strip()) <= ALONE and i + 1 < len(cut) and lines.doc[i + 1] == lines.doc[i]:
            stays[i + 1] = cut[i + 1]
    return stays
