"""Misread lines of a page: which are looked at, and what they tell of each other.

A page is misread in one way, so what several of its lines were read as is tried first at the others. Which of the many readings
of a line can be is told for some dozens of lines at a time (`Readings`): a codec is called once for all of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Edit, Note
from pipeline.read.binary import is_garbled
from pipeline.record import Texts
from pipeline.stages.encoding.repair import LOSING, UTF8_SINGLE

if TYPE_CHECKING:
    from pipeline.stages.encoding.beam import Page
    from pipeline.stages.encoding.mojibake import Repair

__all__ = ["repair_lines"]

_GARBLED = 4            # characters of an unlikely run, U+FFFD apart, from which on it is called mojibake
#: Lines of a document that were repaired for one reason, after which that reading is tried first: a page is misread in one way, and
#: to look for all others on each line took 200 times as long as prose. Of 540 such pages of news three come out otherwise,
#: better in sum.
_ALIKE = 3
_SHOWN = 80             # characters of a line that a note shows
_LONGEST = 1_000_000    # characters of a line up to which mojibake is looked for; a longer one is no line


@dataclass(slots=True)
class _Page:
    """What the lines of a document so far tell of those to come."""

    noise: str | None               # what it is where it is no text
    told: str = ""                  # why lines are repaired, where several were for one reason
    lines: list[tuple[int, list[Repair]]] = field(default_factory=list)     # those that were looked at, and what became of them
    alike: Counter[str] = field(default_factory=Counter)        # lines repaired for a reason

    def learn(self, repairs: list[Repair]) -> None:
        """Take note of why a line was repaired."""
        for repair in repairs:
            told = repair.reason + LOSING * (repair.score < 1 and repair.reason == UTF8_SINGLE)
            self.alike[told] += 1
            if self.alike[told] >= _ALIKE:
                self.told = told


def repair_lines(
    texts: Texts, suspect: NDArray[np.int64], held: NDArray[np.uint8], edits: list[Edit], notes: list[Note]
) -> list[int]:
    """Add edits of mojibake, and notes where some of it is beyond repair; give the lines that have edits.

    `held`: what each suspect line holds (`mojibake.find_odd`).
    """
    from pipeline.chinese.plausibility import load_costs
    from pipeline.stages.encoding import mojibake
    from pipeline.stages.encoding.lost import learn_page
    from pipeline.stages.encoding.readings import Readings

    lines = texts.lines
    start, end = lines.start[suspect], lines.end[suspect]
    excess = np.empty(len(suspect))
    first, last = np.empty_like(start), np.empty_like(start)
    mojibake.find_unlikely(texts.points, load_costs(), start, end, mojibake.ORDINARY, excess, first, last)
    pages: dict[int, _Page] = {}
    # lines of a site come again: of 2,900 of the crawl 1,700
    known: dict[tuple[str, int, int, str], list[Repair]] = {}
    worth = (excess >= mojibake.UNLIKELY) | ((excess >= mojibake.SLIGHT) & ((held & mojibake.ODD) > 0))
    rows = np.flatnonzero(worth & (end - start <= _LONGEST))
    readings = Readings([texts.joined[a:b] for a, b in zip(first[rows].tolist(), last[rows].tolist(), strict=True)])
    for k, i in enumerate(rows.tolist()):
        base = int(start[i])
        line = texts.joined[base:int(end[i])]
        if excess[i] < mojibake.UNLIKELY and not mojibake.looks_bad(line):
            continue
        doc = int(lines.doc[suspect[i]])
        if doc not in pages:
            pages[doc] = _open_page(texts, doc, notes)
        page = pages[doc]
        if page.noise:
            continue            # noise: nothing to repair, and searched for at 50 times the cost of text
        key = line, int(first[i]) - base, int(last[i]) - base, page.told
        if key not in known:
            known[key] = mojibake.repair_line(*key, held=int(held[i]), ask=partial(readings.ask, k))
        page.learn(known[key])
        page.lines.append((i, known[key]))
    repaired = []
    for doc, page in pages.items():
        words = learn_page([r.doubt for _, repairs in page.lines for r in repairs if r.doubt])
        for i, found in page.lines:
            repairs = [_settle(r, words) for r in found]
            base, line = int(start[i]), texts.joined[start[i]:end[i]]
            edits += [Edit(base + r.start, base + r.end, r.put, r.reason, r.score) for r in repairs]
            repaired += [int(suspect[i])] * bool(repairs)
            if any(r.score < 1 for r in repairs) or (not repairs and held[i] & mojibake.LOST):
                garbled = repairs or int(last[i] - first[i]) - line.count("\ufffd") >= _GARBLED
                notes.append(Note(doc, "lossy-mojibake" if garbled else "replacement-character", line[:_SHOWN]))
    return repaired


def _settle(repair: Repair, words: Page) -> Repair:
    """A repair with what was guessed chosen beside what its page has elsewhere."""
    from pipeline.stages.encoding.lost import UNSURE

    if not repair.doubt or repair.lead > UNSURE:
        return repair
    settled, _ = repair.doubt.settle(words)
    put = settled + repair.put[len(settled):]       # and the tail that was cut
    return repair._replace(put=put, score=1 - put.count("\ufffd") / len(put))


def _open_page(texts: Texts, doc: int, notes: list[Note]) -> _Page:
    """A document at its first line that may be misread, with a note where it is no text."""
    page = _Page(is_garbled(texts.text(doc)))
    if page.noise:
        notes.append(Note(doc, "binary-as-text", page.noise))
    return page
