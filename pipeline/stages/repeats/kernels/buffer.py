"""Characters as the kernels of this stage walk over them: in canonical form, readings left out, and where a sentence may begin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import HAN, NEWLINE, SENTENCE
from pipeline.chinese.fold import skip
from pipeline.jit import jit_within

__all__ = ["ANCHOR", "HAS_HAN", "IS_NEWLINE", "IS_STOP", "OPENING", "Buffer", "mix", "opens_unit", "step"]

ANCHOR = 16         # canonical code points of an anchor: shorter than the shortest line that may be cut
HAS_HAN, IS_STOP, IS_NEWLINE = np.uint32(HAN), np.uint32(SENTENCE | NEWLINE), np.uint32(NEWLINE)
#: Characters that a sentence may begin after, besides stops: those of `opens_unit`, and the full stop of Latin.
OPENING = (0x201C, 0x300C, 0x300E, 0x3A, 0xFF1A, 0x3011, 0x5D, 0x300B, 0x2E)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


class Buffer(NamedTuple):
    """The characters of some documents, and what is known of each code point."""

    points: NDArray[np.uint32]
    classes: NDArray[np.uint32]
    canonical: NDArray[np.uint32]


@jit_within
def mix(h: np.uint64, point: int) -> np.uint64:
    """The hash of an anchor with one more canonical code point; it begins with 1."""
    h = (h ^ np.uint64(point)) * _MULTIPLIER
    return h ^ (h >> _SHIFT)


@jit_within
def step(text: Buffer, i: int, end: int) -> int:
    """The first index from `i` on that holds a canonical code point outside reading brackets, or `end`."""
    while i < end and not text.canonical[text.points[i]]:
        i = skip(text.points, text.classes, i, 0, end)
    return min(i, end)


@jit_within
def opens_unit(point: int, since_line: int) -> bool:
    """Whether a sentence may begin after this character: an opening quote, or a label's colon or bracket near the line's start."""
    if point in (0x201C, 0x300C, 0x300E):
        return True
    return since_line <= 10 and point in (0x3A, 0xFF1A, 0x3011, 0x5D, 0x300B)
