"""Layout: white space and blank lines that carry nothing go; those that carry structure stay.

Blanks at line ends go and runs of them inside a line (and single ones that are not U+0020) become one space; blank lines go.
What a document shows of itself decides the exceptions: in Markdown indentation stays and one blank line stays; in code nothing
changes but that of several blank lines one stays; in verse one blank line stays between stanzas; lines of a
table drawn with box characters stay as they are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.codepoints import BLANK, HAN, LATIN, UNTIDY, load_classes
from pipeline.edits import Edit
from pipeline.kernels.layout import find_drawn, find_indented, find_runs, trim_lines
from pipeline.record import Texts

__all__ = ["Structure", "find_structure", "tidy"]

#: Verse: two stanzas at least, most lines in stanzas of two or more, and short. Shi and ci lines have 4 to 14 characters, modern verse
#: rarely more than 20; on the corpora (statutes, news, handbooks) no prose document meets all of it.
_VERSE_CHARS, _VERSE_SHORT, _VERSE_IN_STANZAS, _VERSE_STANZA = 20, 0.9, 0.7, 16
#: Signs of Markdown and what each is worth; 2 make a document Markdown. Literals, found by str.find.
_MARKDOWN = (
    ("\n# ", 2), ("\n## ", 2), ("\n### ", 2), ("\n#### ", 2), ("\n```", 2), ("\n~~~", 2), ("\n====", 2), ("|--", 2), ("| --", 2), ("|:-", 2), ("\n---\n", 2),
    ("](http", 1), ("\n- ", 1), ("\n* ", 1), ("\n+ ", 1), ("\n> ", 1), ("**", 1), ("![", 1), ("](/", 1), ("](#", 1),
)
#: A fence: at most three blanks or quote marks, then the same sign three times or more; disjoint classes, so linear.
_FENCE = re.compile(r"^[ \t>]*(```|~~~)", re.M)
#: Lines that only code has: starts, and ends. Alternatives start with different characters or are literals; the tails are one class.
_CODE_START = re.compile(
    r"[ \t]*(?:#include\b|#define\b|#!/|import [\w.{*]|from [\w.]+ import|def \w+\(|class \w+[(:{ ]|function\b|return\b|if ?\(|else\b|for ?\(|while ?\("
    r"|public |private |static |void |int |var |let |const |package |@\w+|//|/\*|\*/|</?[a-z]+[ >/]|\$ |>>> |[{}]|SELECT |INSERT |[\w.\[\]]+(?: \+?= |\()\S)",
    re.ASCII,
)
_CODE_END = re.compile(r"(?:(?<!&nbsp)[;{}]|\):|=>|->|\\)[ \t]*$")      # searched in the last characters of a line only
_MIN_CODE = 3           # lines that look like code before a document is believed to hold some


class Structure(NamedTuple):
    """What must be left alone: bool [n_lines] each but `markdown` and `verse`, which are bool [n_docs]."""

    code: NDArray[np.bool_]         # nothing in the line changes
    markdown: NDArray[np.bool_]
    verse: NDArray[np.bool_]


def tidy(texts: Texts, structure: Structure) -> list[Edit]:
    """Edits of white space in the untidy documents of a batch, sorted."""
    lines, points, classes = texts.lines, texts.points, load_classes()
    start, end = np.empty_like(lines.start), np.empty_like(lines.end)
    trim_lines(points, classes, lines.start, lines.end, start, end)
    filled = np.flatnonzero(end > start)
    keep_start = structure.code | (structure.markdown[lines.doc] & (points[np.minimum(lines.start, len(points) - 1)] <= 0x20))
    start = np.where(keep_start, lines.start, start)
    end = np.where(structure.code & (end > start), lines.end, end)
    edits = _tidy_gaps(texts, structure, filled, start, end)
    loose = np.flatnonzero((lines.seen & UNTIDY > 0) & ~structure.code)
    size = int((end[loose] - start[loose]).sum()) // 2 + len(loose) + 1
    run_start, run_end = np.empty(size, np.int64), np.empty(size, np.int64)
    inner = start[loose]
    if structure.markdown.any():                    # the indentation that stays is no run
        inner = np.empty_like(inner)
        trim_lines(points, classes, lines.start[loose], lines.end[loose], inner, np.empty_like(inner))
    n = find_runs(points, classes, inner, end[loose], run_start, run_end)
    edits += [Edit(a, b, " ", "white-space") for a, b in zip(run_start[:n].tolist(), run_end[:n].tolist(), strict=True)]
    return edits


def _tidy_gaps(
    texts: Texts, structure: Structure, filled: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> list[Edit]:
    """Edits between the content of one line and that of the next, and at both ends of each document."""
    lines = texts.lines
    doc = lines.doc[filled]
    edits = []
    for d in np.setdiff1d(np.flatnonzero(texts.ends > texts.starts), doc).tolist():
        edits.append(_cut(texts, int(texts.starts[d]), int(texts.ends[d]), ""))
    if not len(filled):
        return edits
    first = np.flatnonzero(np.r_[True, doc[1:] != doc[:-1]])
    last = np.r_[first[1:] - 1, len(filled) - 1]
    for a, b in zip(texts.starts[doc[first]].tolist(), start[filled[first]].tolist(), strict=True):
        if a < b:
            edits.append(_cut(texts, a, b, ""))
    for a, b in zip(end[filled[last]].tolist(), texts.ends[doc[last]].tolist(), strict=True):
        if a < b and (b - a > 1 or texts.points[a] != 0x0A):    # one LF that ends the last line stays
            edits.append(_cut(texts, a, b, "\n" if "\n" in texts.joined[a:b] else ""))
    here, after = filled[:-1], filled[1:]
    inside = np.flatnonzero(doc[:-1] == doc[1:])
    here, after, d = here[inside], after[inside], doc[inside]
    breaks = after - here
    stays = structure.markdown[d] | structure.verse[d] | (structure.code[here] & structure.code[after])
    wanted = np.where(stays, np.minimum(breaks, 2), 1)
    wrong = np.flatnonzero(start[after] - end[here] != wanted)
    wrong = np.union1d(wrong, np.flatnonzero(breaks != wanted))
    for i in wrong.tolist():
        reason = "white-space" if breaks[i] == wanted[i] else "blank-line"
        edits.append(Edit(int(end[here[i]]), int(start[after[i]]), "\n" * int(wanted[i]), reason))
    return edits


def _cut(texts: Texts, start: int, end: int, put: str) -> Edit:
    return Edit(start, end, put, "blank-line" if "\n" in texts.joined[start:end] else "white-space")


def find_structure(texts: Texts, docs: NDArray[np.int64]) -> Structure:
    """Markdown, verse and code among these documents, by what each shows of itself."""
    lines = texts.lines
    code = np.zeros(len(lines.start), np.bool_)
    markdown, verse = np.zeros(len(texts), np.bool_), _find_verse(texts)
    indented = np.empty(len(lines.start), np.bool_)
    find_indented(texts.points, lines.start, lines.end, indented)
    first = texts.first_lines
    plain = (lines.seen & LATIN > 0) & (lines.seen & HAN == 0)
    n_plain = np.bincount(lines.doc, plain, len(texts))
    for d in docs.tolist():
        span = slice(int(first[d]), int(first[d + 1]))
        if _is_markdown(texts, d):
            markdown[d] = True
            code[span] |= indented[span]
            _mark_fences(texts, d, code)
        elif n_plain[d] >= _MIN_CODE:
            _mark_code(texts, span, plain, code)
    untidy = np.flatnonzero(lines.seen & UNTIDY)
    drawn = np.empty(len(untidy), np.bool_)
    find_drawn(texts.points, lines.start[untidy], lines.end[untidy], drawn)
    code[untidy[drawn]] = True
    return Structure(code, markdown, verse & ~markdown)


def _is_markdown(texts: Texts, d: int) -> bool:
    start, end = int(texts.starts[d]), int(texts.ends[d])
    joined, worth = texts.joined, 0
    for sign, value in _MARKDOWN:
        if joined.find(sign, max(0, start - (sign[0] == "\n")), end) >= 0:
            worth += value
            if worth >= 2:
                return True
    return False


def _mark_fences(texts: Texts, d: int, code: NDArray[np.bool_]) -> None:
    """Set the lines of fenced blocks, fences with them. A fence that is never closed opens nothing."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(texts.joined, int(texts.starts[d]), int(texts.ends[d])):
        if opened is None:
            opened = fence
        elif fence[1] == opened[1]:
            a, b = np.searchsorted(texts.lines.start, (opened.start(), fence.start()), side="right")
            code[a - 1:b] = True
            opened = None


def _mark_code(texts: Texts, span: slice, plain: NDArray[np.bool_], code: NDArray[np.bool_]) -> None:
    """Set the lines of a document without Markdown that are clearly code: starts or ends that only code has, near each other."""
    seen = texts.lines.seen
    looks = sum(_looks_coded(texts, i) for i in (np.flatnonzero(plain[span]) + span.start).tolist())
    if looks < _MIN_CODE:
        return
    coded = [i for i in range(span.start, span.stop) if seen[i] & LATIN and _looks_coded(texts, i)]
    for a, b in zip(coded, coded[1:], strict=False):
        if b - a <= 4:          # what stands between two lines of code, a comment or a blank line, is code too
            code[a:b + 1] = True


def _looks_coded(texts: Texts, i: int) -> bool:
    start, end = int(texts.lines.start[i]), int(texts.lines.end[i])
    return bool(_CODE_START.match(texts.joined, start, end) or _CODE_END.search(texts.joined, max(start, end - 8), end))


def _find_verse(texts: Texts) -> NDArray[np.bool_]:
    """Documents of short lines in stanzas, bool [n_docs]."""
    lines, n = texts.lines, len(texts)
    filled = np.flatnonzero((lines.end > lines.start) & (lines.seen & ~np.uint32(UNTIDY | BLANK) > 0))
    doc = lines.doc[filled]
    if not len(filled):
        return np.zeros(n, np.bool_)
    opens = np.r_[True, (doc[1:] != doc[:-1]) | (filled[1:] - filled[:-1] > 1)]
    stanza = np.cumsum(opens) - 1
    size = np.bincount(stanza)
    n_lines = np.maximum(np.bincount(doc, minlength=n), 1)
    n_stanzas = np.bincount(doc[opens], minlength=n)
    short = np.bincount(doc, (lines.end - lines.start)[filled] <= _VERSE_CHARS, n) / n_lines
    multiple = np.bincount(doc, size[stanza] >= 2, n) / n_lines
    longest = np.zeros(n, np.int64)
    np.maximum.at(longest, doc, size[stanza])
    return (n_stanzas >= 2) & (short >= _VERSE_SHORT) & (multiple >= _VERSE_IN_STANZAS) & (longest <= _VERSE_STANZA)
