"""The form in which texts are compared: canonical, but numbers keep their marks and Taiwan's words meet the mainland's.

The rule of this file: what sketches, verification and the index see is one form. 1.5 is not 15 and −5 is not 5, which the
canonical form cannot tell; 滑鼠 and 鼠标, 軟體 and 软件 are one word. It is for comparing only.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from itertools import count, groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import load_canonical, load_classes
from pipeline.near.kernels.form import SLOTS, Words, fold_form, put_words
from pipeline.record import Texts

__all__ = ["form_places", "form_spans", "form_text", "form_texts"]

_NO_PLACES = np.empty(0, np.int64)


@cache
def _load_words() -> Words:
    """data/near_words.tsv."""
    text = (resources.files("pipeline") / "data" / "near_words.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    rows.sort(key=lambda row: (row[0][:2], -len(row[0])))
    size = max(len(word) for row in rows for word in row)
    words, puts = (np.zeros((len(rows), size), np.uint32) for _ in range(2))
    for k, (word, put) in enumerate(rows):
        words[k, :len(word)] = list(map(ord, word))
        puts[k, :len(put)] = list(map(ord, put))
    heads = [(head, len(list(group))) for head, group in groupby(rows, key=lambda row: row[0][:2])]
    factor, groups = _place_heads([head for head, _ in heads])
    bounds = np.cumsum([0, 0, *(n for _, n in heads)]).astype(np.int64)
    return Words(factor, groups, bounds, words, (words > 0).sum(axis=1), puts, (puts > 0).sum(axis=1))


def _place_heads(heads: list[str]) -> tuple[int, NDArray[np.uint16]]:
    """A factor by which all heads have slots of their own, and the groups (from 1) by slot."""
    first, second = (np.array([ord(head[k]) for head in heads], np.uint32) for k in range(2))
    for factor in count(31, 2):
        slots = (first * np.uint32(factor) + second) & np.uint32(SLOTS - 1)     # see `kernels.form.slot_of`
        if len(np.unique(slots)) == len(slots):
            break
    groups = np.zeros(SLOTS, np.uint16)
    groups[slots] = np.arange(1, len(heads) + 1)
    return factor, groups


def form_spans(
    points: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Code points of spans of `points` in the form of comparison, and their bounds: as `canonical_spans`."""
    out, bounds = np.empty(int((ends - starts).sum()), np.uint32), np.empty(len(starts) + 1, np.int64)
    fold_form(points, load_classes(), load_canonical(), starts, ends, out, bounds, _NO_PLACES)
    return out[:put_words(out, bounds, _NO_PLACES, _load_words())], bounds


def form_places(text: str) -> NDArray[np.int64]:
    """Place in the text of each code point of its form, and after the last one the length of the text."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    out, places, bounds = np.empty(len(points), np.uint32), np.empty(len(points) + 1, np.int64), np.empty(2, np.int64)
    fold_form(points, load_classes(), load_canonical(), np.zeros(1, np.int64), np.full(1, len(points)), out, bounds, places)
    n = put_words(out, bounds, places, _load_words())
    places[n] = len(points)
    return places[:n + 1]


def form_text(text: str) -> str:
    """The form of one text.

    >>> form_text("增長１．５％，滑鼠與軟體"), form_text("2020.1.5，氣溫−5～-2℃")
    ('增长1.5%滑鼠与软件', '202015气温-5-2')
    """
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    folded, _ = form_spans(points, np.zeros(1, np.int64), np.full(1, len(points)))
    return folded.tobytes().decode("utf-32-le")


def form_texts(texts: list[str]) -> list[str]:
    """The form of each of some texts."""
    joined = Texts.of(texts)
    folded, bounds = form_spans(joined.points, joined.starts, joined.ends)
    whole = folded.tobytes().decode("utf-32-le")
    return [whole[a:b] for a, b in pairwise(bounds.tolist())]
