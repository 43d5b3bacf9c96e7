"""Why one document was dropped for another, or was not: how similar they are, and the passages in which they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near.form import form_places
from pipeline.near.kernels.align import align
from pipeline.near.verify import Cause, prepare, verify
from pipeline.options import NearOptions
from pipeline.record import replace_surrogates

__all__ = ["Explanation", "Passage", "explain"]


class Passage(NamedTuple):
    """One difference: what the dropped text says and what the kept one says there, and where (code points)."""

    dropped: str
    kept: str
    dropped_start: int
    kept_start: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on a pair and what it rests on. Differences in script, width, punctuation and readings are none."""

    cause: Cause | None
    similarity: float
    passages: tuple[Passage, ...]


def explain(dropped: str, kept: str, options: NearOptions | None = None) -> Explanation:
    """Compare the text that is or would be dropped with the one kept, and show their differing passages.

    >>> explain("关于春节放假安排的紧急通知，请各单位遵照执行", "關於春節放假安排的通知，請各單位遵照執行").passages
    (Passage(dropped='紧急', kept='', dropped_start=9, kept_start=9),)
    """
    texts = [replace_surrogates(t)[0] for t in (dropped, kept)]
    prepared = prepare(texts, (options or NearOptions()).shingle)
    if (prepared.canonical(0).tobytes() == prepared.canonical(1).tobytes()) and len(prepared.canonical(0)):
        return Explanation("exact", 1.0, ())
    verdict = verify(prepared, 0, prepared, 1)
    a, b = prepared.canonical(0), prepared.canonical(1)
    hunks = np.empty((min(len(a), len(b)) + 1, 4), np.int32)
    n = align(a, b, hunks)
    places = [form_places(t) for t in texts]
    passages = []
    for a0, a1, b0, b1 in hunks[:n].tolist():
        x, y = _span(places[0], a0, a1), _span(places[1], b0, b1)
        passages.append(Passage(texts[0][slice(*x)], texts[1][slice(*y)], x[0], y[0]))
    return Explanation(verdict.cause, verdict.similarity, tuple(passages))


def _span(places: NDArray[np.int64], start: int, end: int) -> tuple[int, int]:
    """The span in the text of canonical code points; an empty one lies before the next code point."""
    first = int(places[start])
    return (first, int(places[end - 1]) + 1) if end > start else (first, first)
