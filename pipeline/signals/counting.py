"""What is counted of the characters of texts: the ground of all signals, and of the language."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import load_classes
from pipeline.chinese.plausibility import load_costs
from pipeline.record import Texts
from pipeline.signals.kernels import columns as c
from pipeline.signals.kernels.characters import count_lines

__all__ = ["count_characters"]


def count_characters(texts: Texts) -> NDArray[np.float64]:
    """Counts of each text [texts, columns as in `kernels.columns`]: those that characters and lines give, zeros in the others."""
    counts, lines = np.zeros((len(texts), c.WIDTH)), texts.lines
    spans = np.stack((lines.start, lines.end, lines.doc))
    count_lines(texts.points, load_classes(), load_costs(), spans, np.zeros(0x110000, np.int32), counts)
    return counts
