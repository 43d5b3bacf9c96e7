"""What is said stays: turns of a dialogue, whose labels (用户：, 记者：) look like those of bylines and panels; replies of boards.

The rule of this file: forms, not words. Lines with a label each that follow one another are an exchange where two speak and one
of them speaks again; what they say is sentences, where a byline has names.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from pipeline.chinese.codepoints import CLAUSE, CLOSE, DIGIT, HAN, LATIN, SEPARATOR, load_classes
from pipeline.chinese.plain import fold_plain
from pipeline.options import BoilerplateOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.judgement import Judged
from pipeline.stages.boilerplate.kernels.heads import find_labels

__all__ = ["find_turns"]

# Bounded, possessive, then the rest of the line: linear.
_TURN = regex.compile(r"\s{0,8}+([\p{L}\p{N}·_ ]{1,12}+)[：:]\s{0,8}+(\S.*)")
#: A reply under a post of a board of the PTT kind (推 name: text). All 31 that are labelled are content, 8 of them on fold 1.
_REPLY = regex.compile(r"(?:[推嘘噓→]|->)\s{0,2}+[A-Za-z0-9_]{2,14}+\s{0,8}+[:：]\s{0,3}+\S")
_REPLIES = [ord(c) for c in "推嘘噓→-"]
#: Characters within which the label of a turn ends with its colon: a look at them spares the regex most lines.
_LABEL = 8 + 12 + 1
_QUESTION = "？?"
_PLAIN = np.uint32(HAN | LATIN | DIGIT | CLOSE | CLAUSE | SEPARATOR)
_SAID = "。！？!?…～~”"
#: Lines of an exchange that are looked at, before and after a line that would go; characters of a line.
REACH, LONGEST = 40, 400


class Turn(NamedTuple):
    """A line with a label, in plain text: 記者 is 记者; `line` is its place among the judged ones."""

    line: int
    label: str
    value: str

    @property
    def said(self) -> bool:
        """Whether the value is a sentence, or was cut short because it is long."""
        return self.value[-1:] in _SAID or len(self.value) > LONGEST // 2

    @property
    def asks(self) -> bool:
        """Whether the value is a question."""
        return self.value[-1:] in _QUESTION


def find_turns(texts: Texts, lines: Judged, cut: NDArray[np.bool_], options: BoilerplateOptions) -> NDArray[np.bool_]:
    """Lines that would be cut and are turns of a dialogue: bool [n]. Looks only at cut lines and those around them."""
    stays = np.zeros(len(cut), np.bool_)
    opens = texts.points[np.minimum(texts.lines.start[lines.line], len(texts.points) - 1)]
    for i in np.flatnonzero(cut & np.isin(opens, _REPLIES)).tolist():
        stays[i] = _REPLY.match(texts.line(int(lines.line[i])), 0, LONGEST) is not None
    done = -1
    labelled, said = find_labelled(texts, lines)
    read = cache(partial(read_turn, texts, lines))      # a line is looked at from each that would go near it
    first = np.searchsorted(lines.doc, np.arange(len(texts) + 1)).tolist()
    for i in np.flatnonzero(cut & labelled & may_talk(lines, labelled, said)).tolist():
        if i <= done or not read(i).label:
            continue
        turns, done, above = collect_turns(lines, i, labelled, read)
        if above < 0 or not lines.talk[above]:                          # comments stand under their heading
            doc = int(lines.doc[i])
            stays[choose(turns, 3 * len(turns) >= 2 * (first[doc + 1] - first[doc]))] = True
    return stays


def find_labelled(texts: Texts, lines: Judged) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Lines that may have a label, of documents of which two lines may have one and say a sentence; and those two: bool [n]."""
    start, end = texts.lines.start[lines.line], texts.lines.end[lines.line]
    last = texts.points[np.maximum(end - 1, 0)]
    said = np.isin(last, np.array([ord(c) for c in _SAID], np.uint32)) | ((load_classes()[last] & _PLAIN) == 0)     # or a blank
    labelled = np.empty(len(lines), np.bool_)
    find_labels(texts.points, load_classes(), start, end, _LABEL, labelled)
    said &= labelled
    said |= labelled & (end - start > LONGEST // 2)
    talks = np.bincount(lines.doc, said, len(texts)) >= 2
    found: NDArray[np.bool_] = labelled & talks[lines.doc]
    return found, said


def may_talk(lines: Judged, labelled: NDArray[np.bool_], said: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines in a run of labelled ones and paragraphs of which two say a sentence, for two have to speak: bool [n].

    Of 6,298 lines of the crawl around which an exchange was looked for 180 are in such a run.
    """
    on = labelled | lines.paragraph
    opens = np.ones(len(on), np.bool_)
    opens[1:] = (lines.doc[1:] != lines.doc[:-1]) | (on[1:] != on[:-1])
    run = np.cumsum(opens) - 1
    talks: NDArray[np.bool_] = np.bincount(run, said)[run] >= 2 if len(run) else on
    return talks


def read_turn(texts: Texts, lines: Judged, i: int) -> Turn:
    """The label of a line and what stands behind it, or nothing."""
    found = _TURN.fullmatch(texts.line(int(lines.line[i]))[:LONGEST])
    return Turn(i, fold_plain(found[1].strip()), found[2].rstrip()) if found else Turn(i, "", "")


def collect_turns(
    lines: Judged, i: int, labelled: NDArray[np.bool_], read: Callable[[int], Turn]
) -> tuple[list[Turn], int, int]:
    """The turns around line `i`, with paragraphs between them; the last line looked at, and the line above them or -1."""
    turns = [read(i)]
    ends = []
    for way in (-1, 1):
        k = i + way
        while 0 <= k < len(lines) and abs(k - i) <= REACH and lines.doc[k] == lines.doc[i]:
            if labelled[k] and (turn := read(k)).label:
                turns.append(turn)
            elif not lines.paragraph[k]:
                break
            k += way
        ends.append(k)
    above = ends[0] if ends[0] >= 0 and lines.doc[ends[0]] == lines.doc[i] else -1
    return sorted(turns), ends[1] - 1, above


def choose(turns: list[Turn], alone: bool) -> list[int]:
    """The lines of an exchange, none where it is none; `alone` says that there is little else in the document.

    A speaker is a label that says a sentence. In an exchange two speak, theirs are half of the lines at least, and one of
    them speaks again; where there is nothing else, an answered question is enough.
    """
    speakers = {turn.label for turn in turns if turn.said}
    kept = [turn for turn in turns if turn.label in speakers]
    answered = any(a.asks and b.said and a.label != b.label for a, b in itertools.pairwise(kept))
    talks = len(speakers) > 1 and 2 * len(kept) >= len(turns)
    return [turn.line for turn in kept] if talks and (len(kept) > len(speakers) or (alone and answered)) else []
