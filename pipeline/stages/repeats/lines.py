"""Lines that come twice in a row: doubled paragraphs, doubled captions, and every line of a text doubled, headings too."""

from __future__ import annotations

import re

from pipeline.stages.repeats.view import ENDED, Cut, Line, View, is_han

__all__ = ["cut_doubled"]

_VERSE = 40         # canonical code points: a doubled line as long as this is no verse
_MANY = 8           # lines doubled in a row that are a mistake in a text of any kind, if they are 4 fifths of it
# Words at the start or the end of a line, over plain text: linear.
_CAPTION = re.compile(
    r"^(?:[▲△▼↑↓◎]|[（(]?图[为：:示]|图片(?:说明|来源))|(?:摄|供图)[）)]?$"
)
# Tables, quotes, code, lists, dialogue, and blanks of a form; one pass over the line: linear.
_MARKED = re.compile(r"^(?:[|>$#*+\-“「『\"]|\d+[.)、]?\s|[^_＿]*[_＿]{2})")


def cut_doubled(view: View, min_chars: int) -> list[Cut]:
    """Cuts of lines equal to the line before them, where they are paragraphs or captions, or stand among doubled ones."""
    runs = _find_runs(view)
    cuts: list[Cut] = []
    prose = view.is_prose
    at = 0
    while at < len(runs):
        stop = at + 1
        while stop < len(runs) and runs[stop][0] == runs[stop - 1][1]:      # a run that follows at once on a run
            stop += 1
        strong = [_is_paragraph(view, runs[k], min_chars, prose) for k in range(at, stop)]
        everything = sum(strong) >= 2 and 3 * sum(strong) >= stop - at
        if all(b - a == 2 for a, b in runs[at:stop]):      # every line of a text of any kind
            everything |= stop - at >= _MANY and 10 * (stop - at) >= 4 * len(view.lines)
        for k in range(at, stop):
            if strong[k - at] or everything or _is_caption(view, runs[k]):
                cuts += [(x.first, x.last, "doubled-line") for x in view.lines[runs[k][0] + 1:runs[k][1]]]
        at = stop
    return cuts


def _find_runs(view: View) -> list[tuple[int, int]]:
    """Runs of at least two equal lines, as half-open ranges of line numbers."""
    runs = []
    lines = [view.folded[a:b] for a, b in zip(view.firsts, view.lines.last.tolist(), strict=True)]
    at = 0
    while at < len(lines):
        stop = at + 1
        while stop < len(lines) and lines[stop] == lines[at]:
            stop += 1
        if stop - at > 1:
            runs.append((at, stop))
        at = stop
    return runs


def _is_paragraph(view: View, run: tuple[int, int], min_chars: int, prose: bool) -> bool:
    """Whether the lines of a run are long sentences of prose that no one writes twice."""
    line: Line = view.lines[run[0]]
    size = line.last - line.first
    return (
        len(line.text) >= min_chars and bool(ENDED.search(line.tail)) and not _MARKED.match(line.text)
        and (prose or size >= _VERSE) and is_han(view.folded[line.first:line.last])
    )


def _is_caption(view: View, run: tuple[int, int]) -> bool:
    line = view.lines[run[0]]
    return bool(_CAPTION.search(line.plain)) and line.last - line.first >= 4
