"""Foreign passages of Chinese texts: lines one after another that are in another language.

The rule of this file: a line is judged as a text is (`language`). Lines of figures and signs alone belong to what stands about
them. A word or a title between is no passage, and of a text that is foreign as a whole its language says all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.signals.counting import count_characters
from pipeline.signals.kernels import columns as c
from pipeline.signals.language import CHINESE, find_languages

__all__ = ["LEAST", "Passage", "find_foreign"]

#: Letters of the shortest passage: some ten words. Lines with as many in all are looked at one by one, in no other text.
LEAST = 60


class Passage(NamedTuple):
    """A passage in code points of its text, and its language."""

    start: int
    end: int
    language: str

    def __str__(self) -> str:
        """As the corpus has it: `6-95 en`."""
        return f"{self.start}-{self.end} {self.language}"


def find_foreign(texts: Texts, counts: NDArray[np.float64], languages: Sequence[str]) -> list[list[Passage]]:
    """The foreign passages of each text; `counts` and `languages` as they were found for it.

    >>> text = "导语如下：\\nThe library has been open for three years, and every afternoon it is full of children.\\n完。"
    >>> texts = Texts.of([text])
    >>> find_foreign(texts, count_characters(texts), ["zh"])
    [[Passage(start=6, end=92, language='en')]]
    """
    found: list[list[Passage]] = [[] for _ in languages]
    letters = counts[:, [c.KANA, c.HANGUL, c.LATIN, c.OTHER]].sum(axis=1)
    mixed = np.flatnonzero((letters >= LEAST) & np.isin(np.array(languages, dtype=object), CHINESE))
    if not len(mixed):
        return found
    lines = texts.lines
    firsts = np.searchsorted(lines.doc, np.arange(len(texts) + 1))
    of = np.concatenate([np.arange(firsts[doc], firsts[doc + 1]) for doc in mixed])
    starts, ends = lines.start[of], lines.end[of]
    own = Texts.of([texts.joined[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
    own_counts = count_characters(own)
    spoken = find_languages(own, own_counts, apart=False)
    n_letters = own_counts[:, [c.KANA, c.HANGUL, c.LATIN, c.OTHER]].sum(axis=1).tolist()
    docs = lines.doc[of]
    for doc in mixed.tolist():
        a, b = np.searchsorted(docs, [doc, doc + 1]).tolist()
        base = int(texts.starts[doc])
        for first, last in _runs(spoken[a:b], n_letters[a:b]):
            found[doc].append(Passage(int(starts[a + first]) - base, int(ends[a + last]) - base, spoken[a + first]))
    return found


def _runs(spoken: Sequence[str], letters: Sequence[float]) -> Iterator[tuple[int, int]]:
    """First and last of the lines that are in one other language and long enough together."""
    first = last = -1
    total = 0.0
    for n, name in enumerate((*spoken, CHINESE[0])):
        if not name:
            continue
        if first >= 0 and name == spoken[first]:
            last, total = n, total + letters[n]
            continue
        if first >= 0 and total >= LEAST:
            yield first, last
        first, last, total = (n, n, letters[n]) if name not in CHINESE else (-1, -1, 0.0)
