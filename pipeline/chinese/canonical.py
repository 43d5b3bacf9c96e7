"""The canonical form: the one folding that everything which compares text works on.

Width is folded by NFKC (one character for one), traditional hanzi become simplified one by one, letters lower-case;
readings in brackets after a hanzi, punctuation, symbols and white space are dropped. So a traditional, a pinyin-ridden
and a plain copy of one text meet, and 友情鏈接： is 友情链接. It is for comparing only: it is never written out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import load_canonical, load_classes
from pipeline.chinese.fold import fold

__all__ = ["canonical_spans", "canonical_text"]


def canonical_spans(
    points: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Canonical code points of spans of `points` (lines, documents …) and their bounds: uint32 [n], int64 [spans + 1].

    Span `i` is `out[bounds[i]:bounds[i + 1]]`.
    """
    out = np.empty(int((ends - starts).sum()), np.uint32)
    bounds = np.empty(len(starts) + 1, np.int64)
    used = fold(points, load_classes(), load_canonical(), starts, ends, out, bounds)
    return out[:used], bounds


def canonical_text(text: str) -> str:
    """The canonical form of one text.

    >>> canonical_text("友情鏈接： 黨(dang) 建（dǎngjiàn），ＡＢ")
    '友情链接党建ab'
    """
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    folded, _ = canonical_spans(points, np.zeros(1, np.int64), np.full(1, len(points)))
    return folded.tobytes().decode("utf-32-le")
