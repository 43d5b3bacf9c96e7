"""Whether a passage that comes again is a mistake.

A mistake is a whole body told twice, a passage that follows at once on itself, or a run of whole paragraphs that comes
back out of place, once. What differs in a number, stands under a heading or colon of its own, completes another sentence
each time, or comes a third time is meant: statutes, forms, templates and formulas. The rules were set by reading what
they cut in the corpora of laws, technical texts and news, where some 2,000 passages of 30 to 1,300 characters come
again and nearly all are meant.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np

from pipeline.chinese.codepoints import READING, TRADITIONAL, load_classes
from pipeline.stages.repeats.view import ENDED, SENTENCE, View, is_han

__all__ = ["PARAGRAPH", "WHOLE", "Block", "Chain", "Judge", "have_other_numbers"]


class Block(NamedTuple):
    """Two places that say the same, in canonical code points; `there` comes after `here` and does not overlap it.

    The fields are the columns of `kernels.blocks.find_blocks`.
    """

    here: int
    here_end: int
    there: int
    there_end: int
    agreed: int         # code points that are equal
    reworded: int       # gaps in which two or more code points stand for two or more others


@dataclass(frozen=True)
class Chain:
    """Blocks that go on together in both places."""

    blocks: list[Block]

    @property
    def here(self) -> int:
        """Where the first copy begins."""
        return self.blocks[0].here

    @property
    def here_end(self) -> int:
        """Where the first copy ends."""
        return self.blocks[-1].here_end

    @property
    def there(self) -> int:
        """Where the second copy begins."""
        return self.blocks[0].there

    @property
    def there_end(self) -> int:
        """Where the second copy ends."""
        return self.blocks[-1].there_end

    @cached_property
    def agreed(self) -> int:
        """How many canonical code points are equal in both."""
        return sum(x.agreed for x in self.blocks)

    @property
    def is_at_once(self) -> bool:
        """Whether the second copy follows at once on the first."""
        return self.there <= self.here_end

    def is_dense(self) -> bool:
        """Whether all of both copies is equal, but for light noise."""
        return self.agreed >= (1 - _DIFFERING) * max(self.here_end - self.here, self.there_end - self.there)


# Each figure was moved by itself, down to nothing, up to anything and between, over 126 labelled cases and the 8,072 documents of
# six collections (40 million characters) that the kernel flags, of which the stage cuts in 243. In brackets what changes without
# it, or where it lies. All were first set by reading what they cut, on the collections and not on the cases.
_BODY = 60              # canonical code points of the shortest body that is told twice (45 loses two cases, 90 one)
_BODY_SHARE = 0.3       # of the rest of the text that a second telling covers at least (without: 218 documents; 1.2: a case)
# A whole text, prose or not, told twice, and how much of the rest of the text it is: 75 to 1,200 and never change nothing on any
# set, without the share 71 documents lose text.
WHOLE, _WHOLE_SHARE = 300, 0.8
_VARIED = 5             # lines that differ from each other in a text or passage, not prose, told twice (1,000: 18 documents)
_BODY_AGREES = 0.85     # of the shorter telling; the rest may be a paragraph more, or words put right (1: a case, 52 documents)
_TAIL = 60              # canonical code points before the first telling and behind the second (30: a case; any: 218 documents)
_WITHIN_LINE = 24       # of a passage in one line that follows at once on itself: figures of speech are shorter (36: a case)
PARAGRAPH = 40          # of one paragraph that comes back out of place, in a short text (60 loses a case)
_PARAGRAPH_SHARE = 0.1  # of that text that it is at least (without: 3 documents; 0.2 loses a case)
_LONG_PARAGRAPH = 200   # of one paragraph that comes back out of place in any text but a statute (0: 5 documents; never: 18)
_DIFFERING = 0.04       # of a copy: light noise of a scan; templates differ more (0: a case, 8 documents; any: 11 documents)

# A class and one bounded or class-delimited repeat each: linear.
_NUMBER = re.compile(r"[0-9一二三四五六七八九十百千零〇两]+")
_ARTICLE = re.compile(r"^[#*\s]*第\s*[0-9一二三四五六七八九十百千零〇两\-]{1,12}\s*[条章节回卷]")
_LABEL = re.compile(r"(?:[问答解证]|[甲乙丙丁]方?|[QAqa]\d{0,2})\s*[：:.、]")
_TABLE = re.compile(r"^\s*(?:\||```|~~~|:::|!\[)|[\u2500-\u257f]", re.M)
_LIST = re.compile(r"^\s*(?:[*+\-] |\d+[.)] )", re.M)


def have_other_numbers(one: str, two: str) -> bool:
    """Whether the numbers in two canonical texts differ, but for one in fifty, which may be noise of a scan."""
    a, b = Counter(_NUMBER.findall(one)), Counter(_NUMBER.findall(two))
    return (a - b).total() + (b - a).total() > max(a.total(), b.total()) // 50


def count_sentences(text: str) -> int:
    """How many sentences end in a text, counted to three: no rule asks for more."""
    return sum(1 for _ in islice(SENTENCE.finditer(text), 3))


class Judge:
    """Decides on the passages of one document that come again. `blocks` are all of them: what comes three times is a formula."""

    def __init__(self, view: View, min_chars: int, blocks: list[Block]) -> None:
        self.view = view
        self.min_chars = min_chars
        self.size = len(view.points)
        here, here_end, there, there_end = np.array([block[:4] for block in blocks], np.int64).reshape(-1, 4).T
        bounds = np.concatenate((here, there, here_end, there_end))
        steps = np.repeat((1, -1), 2 * len(blocks))
        order = np.lexsort((steps, bounds))         # what ends at a place ends before another begins there
        #: Where copies begin and end, and of how many copies the code points from there on are.
        self._bounds, self._copies = bounds[order], np.cumsum(steps[order])

    def count_copies(self, a: int, b: int) -> int:
        """How often a code point of a range comes again, at most."""
        first = int(np.searchsorted(self._bounds, a, "right")) - 1
        return int(self._copies[max(first, 0):np.searchsorted(self._bounds, b, "left")].max(initial=0))

    @cached_property
    def is_statute(self) -> bool:
        """Whether the document has numbered articles: its paragraphs come again on purpose."""
        found = (_ARTICLE.match(x.plain) for x in self.view.lines if "第" in x.text)       # nothing else is 第 in plain text
        return len(list(islice(filter(None, found), 3))) == 3

    def name_mistake(self, chain: Chain) -> str:
        """Why a chain of blocks is a repeat by mistake, or ""."""
        near, body = chain.is_at_once, self._is_body(chain)
        if not (near or body or chain.agreed >= PARAGRAPH) or not self._agrees(chain):
            return ""
        view = self.view
        text = view.text(chain.there, chain.there_end)
        sentences = min(count_sentences(x) for x in (text, view.text(chain.here, chain.here_end)))
        if body and sentences >= 2:
            return "body-again"
        if not sentences or len(text) < self.min_chars or not is_han(view.folded[chain.there:chain.there_end]):
            return ""
        if _TABLE.search(text) or 2 * len(_LIST.findall(text)) > text.count("\n") + 1:
            return ""
        if near and self._follows(chain, sentences):
            return "passage-again"
        return "paragraphs-again" if self._is_run(chain, sentences) else ""

    def _agrees(self, chain: Chain) -> bool:
        """Whether the copies differ in a few characters only, in no number, and put no word for another time and again."""
        folded = self.view.folded
        here = "\n".join(folded[x.here:x.here_end] for x in chain.blocks)
        there = "\n".join(folded[x.there:x.there_end] for x in chain.blocks)
        if here == there:
            return True
        differing = len(here) + len(there) - 2 * (chain.agreed + len(chain.blocks) - 1)
        if differing > max(2, _DIFFERING * len(there)) or have_other_numbers(here, there):
            return False
        return not any(x.reworded for x in chain.blocks) or self._needs_cleaning(chain)

    def _needs_cleaning(self, chain: Chain) -> bool:
        """Whether one copy is traditional or holds readings: then words may differ that are the same (傢俱, 家具)."""
        text = self.view.text(chain.here, chain.here_end) + self.view.text(chain.there, chain.there_end)
        classes = load_classes()[np.frombuffer(text.encode("utf-32-le"), np.uint32)]
        return bool((classes & np.uint32(READING | TRADITIONAL)).any())

    def _is_body(self, chain: Chain) -> bool:
        """Whether the second copy tells most of the text again, or begins it again and goes on to the end."""
        view = self.view
        length = min(chain.there_end - chain.there, chain.here_end - chain.here)
        if chain.agreed >= max(WHOLE, _WHOLE_SHARE * (self.size - length), _BODY_AGREES * length):
            return self._is_prose(chain) or self._is_varied(chain)
        if chain.agreed < max(_BODY, _BODY_AGREES * length):
            return False
        restarts = chain.here <= _TAIL and self.size - chain.there_end <= _TAIL
        if not restarts and chain.agreed < _BODY_SHARE * (self.size - length):
            return False
        if not (view.begins_unit(chain.here) and view.begins_unit(chain.there) and self._is_prose(chain)):
            return False
        bounds = (chain.here, chain.here_end), (chain.there, chain.there_end)
        return chain.is_at_once or any(view.begins_line(a) and view.begins_line(b) for a, b in bounds)

    def _is_prose(self, chain: Chain) -> bool:
        """Whether the document is prose, or one of the copies."""
        within = self.view.is_prose_within
        return self.view.is_prose or within(chain.here, chain.here_end) or within(chain.there, chain.there_end)

    def _is_varied(self, chain: Chain) -> bool:
        """Whether what is said twice has some lines of its own: a chant has not."""
        view = self.view
        lines = view.lines[view.find_line(chain.there):view.find_line(chain.there_end - 1) + 1]
        return len({view.folded[x.first:x.last] for x in lines}) >= max(_VARIED, len(lines) // 2)

    def _follows(self, chain: Chain, sentences: int) -> bool:
        """Whether a passage that follows at once on itself is a copy and no figure of speech."""
        a, b = self.view.snap(chain.there, chain.there_end)
        if b - a < 0.9 * chain.agreed or not chain.is_dense():
            return False
        if self.view.begins_line(a):
            plain = self._is_prose(chain) or (chain.agreed >= _LONG_PARAGRAPH and sentences >= 3 and self._is_varied(chain))
            return plain and not self._is_introduced(a, b)
        return chain.agreed >= _WITHIN_LINE and self.view.text(a, b)[-1:] in "。.．"

    def _is_run(self, chain: Chain, sentences: int) -> bool:
        """Whether whole paragraphs come back out of place, once."""
        view = self.view
        if not chain.is_dense() or self.count_copies(chain.here, chain.here_end) > 1:
            return False
        if not all(view.begins_line(x) for x in (chain.here, chain.there, chain.there_end)) or not self._is_prose(chain):
            return False
        lines = view.lines[view.find_line(chain.there):view.find_line(chain.there_end - 1) + 1]
        if any(_LABEL.match(x.plain) for x in lines):
            return False
        headed = any(_ARTICLE.match(x.plain) for x in lines)
        if self.is_statute and not headed:
            return False
        if not headed and (self._is_introduced(chain.here) or self._is_introduced(chain.there) or self._is_sectioned(chain)):
            return False
        least = min(_LONG_PARAGRAPH, max(PARAGRAPH, _PARAGRAPH_SHARE * self.size))
        if chain.agreed < least or (sentences < 2 and chain.agreed < _BODY):
            return False
        return all(x.last - x.first >= PARAGRAPH for x in lines)

    def _is_sectioned(self, chain: Chain) -> bool:
        """Whether the copies stand in two sections of a Markdown text."""
        return bisect_right(self._sections, chain.here) != bisect_right(self._sections, chain.there)

    @cached_property
    def _sections(self) -> list[int]:
        return [x.first for x in self.view.lines[1:] if x.text.startswith("#")]

    def _is_introduced(self, at: int, end: int = 0) -> bool:
        """Whether a heading or a colon stands before a line, and makes what follows its own.

        The title does not count, nor what ends the copy too: with `end`, the passage from `at` to there follows on itself.
        """
        view = self.view
        line = view.find_line(at)
        if line <= 1 or ENDED.search(view.lines[line - 1].tail):
            return False
        before, last = view.lines[line - 1], view.lines[view.find_line(end - 1)]
        return not end or view.folded[before.first:before.last] != view.folded[last.first:min(last.last, end)]
