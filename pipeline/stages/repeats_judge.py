"""Whether a passage that comes again is a mistake, and where each copy of it begins and ends.

Every rule here was set on the corpora of laws, technical texts and news, where hundreds of passages of 100 to 1,300
characters come again and nearly all are meant. What tells the mistakes apart: they begin and end where paragraphs do, on
both sides; no number in them differs; no heading or colon of another kind stands before the second copy.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cached_property
from typing import NamedTuple

import numpy as np

from pipeline.codepoints import READING, TRADITIONAL, load_classes
from pipeline.stages.repeats_view import Line, View, is_han

__all__ = ["Block", "Cut", "Judge"]

Cut = tuple[int, int, str]


class Block(NamedTuple):
    """Two places that say the same, in canonical code points; `there` comes after `here`; `agreed` of them are equal."""

    here: int
    here_end: int
    there: int
    there_end: int
    agreed: int


_SLACK = 8              # canonical code points by which the heads or tails of two copies may differ
_BODY = 60              # canonical code points of the shortest body that is told twice
_BODY_SHARE = 0.3       # of the rest of the text that a second telling covers at least
_NEXT = 2               # canonical code points between a passage and its copy that follows at once
_LINE_AGAIN = 40        # of a passage within one line that follows at once on itself
_RUN = 150              # of a run of paragraphs that comes back out of place
_PARAGRAPH = 40         # of one paragraph that comes back out of place
_PARAGRAPH_SHARE = 0.04 # of the text that it is at least: in books and laws one paragraph may come again
_TAIL = 60              # canonical code points that may follow the second telling of a body, or precede the first
_ALIKE = 0.7            # of two wordings between stretches that agree

# A class and one bounded or class-delimited repeat each: linear.
_NUMBER = re.compile(r"[0-9一二三四五六七八九十百千零〇两]+")
_SENTENCE = re.compile(r"[。！？!?]")
_ENDS = re.compile(r"[。！？!?；;…][”’」』）)\]】]*$")
_ARTICLE = re.compile(r"^[#*\s]*第\s*[0-9０-９一二三四五六七八九十百千零〇两\-－]{1,12}\s*[条條章节節回卷]")
_CODE = re.compile(r"^\s*(?:\||```|~~~|[>$] |[{}<])", re.M)


class Judge:
    """Decides on the passages of one document that come again."""

    def __init__(self, view: View, min_chars: int) -> None:
        self.view = view
        self.min_chars = min_chars
        self.size = len(view.points)

    @cached_property
    def firsts(self) -> list[int]:
        """Where the lines begin."""
        return [x.first for x in self.view.lines]

    @cached_property
    def is_statute(self) -> bool:
        """Whether the document has numbered articles: its paragraphs come again on purpose."""
        return sum(bool(_ARTICLE.match(x.text)) for x in self.view.lines) >= 3

    def line_at(self, at: int) -> int:
        """The number of the line that holds a canonical place."""
        return int(np.searchsorted(self.firsts, at, side="right")) - 1

    def name_mistake(self, chain: list[Block]) -> str:
        """Why a chain of blocks is a repeat by mistake, or ""."""
        agreed = sum(x.agreed for x in chain)
        here, here_end, there, there_end = chain[0].here, chain[-1].here_end, chain[0].there, chain[-1].there_end
        text = self.view.text(there, there_end)
        if len(text) < self.min_chars or not is_han(self.view.folded[there:there_end]) or not self._agrees(chain):
            return ""
        sentences = len(_SENTENCE.findall(text))
        if not sentences or _CODE.search(text):
            return ""
        if self.view.is_prose and agreed >= _BODY and sentences >= 2 and self._is_body(here, there, there_end, agreed):
            return "body-again"
        if there - here_end <= _NEXT and self._follows(there, there_end, agreed, sentences):
            return "passage-again"
        if self.view.is_prose and self._is_run(here, there, there_end, agreed, sentences):
            return "paragraphs-again"
        return ""

    def _agrees(self, chain: list[Block]) -> bool:
        """Whether the copies differ in a few characters only, and in no number."""
        folded = self.view.folded
        for block in chain:
            a, b = folded[block.here:block.here_end], folded[block.there:block.there_end]
            differing = len(a) + len(b) - 2 * block.agreed
            if a != b and (differing > max(2, 0.04 * len(b)) or _NUMBER.findall(a) != _NUMBER.findall(b)):
                return False
        return True

    def _is_body(self, here: int, there: int, there_end: int, agreed: int) -> bool:
        """Whether the second copy tells most of the text again, or begins it again and goes on to the end."""
        if not (self.begins_near(here) and self.begins_near(there)) or agreed < 0.85 * (there_end - there):
            return False
        rest = self.size - (there_end - there)
        if agreed >= _BODY_SHARE * rest:
            return True
        return here <= _TAIL and self.size - there_end <= _TAIL

    def begins_near(self, at: int) -> bool:
        """Whether a sentence or line begins at most `_SLACK` canonical code points before a place."""
        return any(self.view.begins_unit(x) for x in range(max(0, at - _SLACK), at + 1))

    def _follows(self, there: int, there_end: int, agreed: int, sentences: int) -> bool:
        """Whether a passage that follows at once on itself is a copy and no figure of speech."""
        a, b = self.snap(there, there_end)
        if b - a < 0.9 * agreed:
            return False
        if self.view.begins_line(a):
            return self.view.is_prose or agreed >= _BODY
        return agreed >= _LINE_AGAIN and sentences >= 2

    def _is_run(self, here: int, there: int, there_end: int, agreed: int, sentences: int) -> bool:
        """Whether whole paragraphs come back out of place."""
        view = self.view
        if not (view.begins_line(here) and view.begins_line(there) and view.begins_line(there_end)):
            return False
        first, last = self.line_at(there), self.line_at(there_end - 1)
        headed = not _ENDS.search(view.lines[first].text)
        if self.is_statute and not _ARTICLE.match(view.lines[first].text):
            return False
        if not headed and (self._is_introduced(first) or self._is_introduced(self.line_at(here))):
            return False
        if last - first >= 2 and agreed >= _RUN and sentences >= 3:
            return True
        whole = all(len(x.text) >= _PARAGRAPH for x in view.lines[first:last + 1])
        return whole and agreed >= max(_PARAGRAPH, _PARAGRAPH_SHARE * self.size) and sentences >= 2

    def _is_introduced(self, line: int) -> bool:
        """Whether a heading or a colon stands before a line, and makes what follows its own. The title does not count."""
        if line <= 1:
            return False
        before: Line = self.view.lines[line - 1]
        return before.text[-1:] in "：:" or not _ENDS.search(before.text)

    def snap(self, a: int, b: int) -> tuple[int, int]:
        """The lines and sentences that lie within a canonical range, whole."""
        while a < b and not self.view.begins_unit(a):
            a += 1
        while b > a and not self.view.begins_unit(b):
            b -= 1
        return a, b

    def prefers_there(self, chain: list[Block]) -> bool:
        """Whether the second copy is the one to keep: the first breaks off, or only it needs to be cleaned."""
        here, here_end, there, there_end = chain[0].here, chain[-1].here_end, chain[0].there, chain[-1].there_end
        view = self.view
        if view.begins_line(here_end) and not view.begins_unit(there_end):
            return True
        if view.begins_line(there_end) and not view.begins_unit(here_end):
            return False
        more_here = (here_end - here) - sum(x.here_end - x.here for x in chain)
        more_there = (there_end - there) - sum(x.there_end - x.there for x in chain)
        if abs(more_here - more_there) > _SLACK:
            return more_there > more_here
        near = there - here_end <= _TAIL
        return near and self._count_noise(here, here_end) > 0 == self._count_noise(there, there_end)

    def _count_noise(self, a: int, b: int) -> int:
        """How many characters of a passage later stages would change: traditional hanzi and letters of readings."""
        text = self.view.text(a, b)
        classes = load_classes()[np.frombuffer(text.encode("utf-32-le"), np.uint32)]
        return int(np.count_nonzero(classes & np.uint32(READING | TRADITIONAL)))

    def place_cuts(self, chain: list[Block], spare_there: bool) -> list[tuple[int, int]]:
        """The canonical ranges to cut: what agrees in the copy that goes, and between it wordings that are alike."""
        joined: list[Block] = []
        for block in chain:
            if joined and self._is_alike(joined[-1], block, spare_there):
                joined[-1] = Block(joined[-1].here, block.here_end, joined[-1].there, block.there_end, joined[-1].agreed + block.agreed)
            else:
                joined.append(block)
        cuts = []
        for block in joined:
            a, b = self.snap(*((block.here, block.here_end) if spare_there else (block.there, block.there_end)))
            if a < b:
                cuts.append((a, b))
        return cuts

    def _is_alike(self, one: Block, two: Block, spare_there: bool) -> bool:
        """Whether what stands between two blocks in the copy that goes is said, in about these words, in the other."""
        here = self.view.folded[one.here_end:two.here]
        there = self.view.folded[one.there_end:two.there]
        gone, kept = (here, there) if spare_there else (there, here)
        if not gone:
            return True
        if len(gone) > 200 or len(kept) > 400 or _NUMBER.findall(gone) != _NUMBER.findall(kept):
            return False
        same = sum(x.size for x in SequenceMatcher(None, gone, kept, autojunk=False).get_matching_blocks())
        return same >= _ALIKE * len(gone)
