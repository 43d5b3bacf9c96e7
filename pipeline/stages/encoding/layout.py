"""Layout: white space and blank lines that carry nothing go; those that carry structure stay.

Blanks at line ends go and runs of them inside a line (and single ones that are not U+0020) become one space; blank lines go.
What a document shows of itself decides the exceptions: in Markdown indentation stays and one blank line stays; in code nothing
changes but that of several blank lines one stays; in verse one blank line stays between stanzas; lines of a
table drawn with box characters stay as they are.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, HAN, LATIN, UNTIDY, load_classes
from pipeline.edits import Edit, Edits
from pipeline.record import Texts
from pipeline.stages.encoding.kernels import find_drawn, find_indented, find_markdown, find_runs, trim_lines

__all__ = ["Structure", "find_structure", "tidy"]

#: Verse: two stanzas at least, most lines in stanzas of two or more, and short. Shi and ci lines have 4 to 14 characters,
#: modern verse rarely more than 20.
_VERSE_CHARS, _VERSE_SHORT, _VERSE_IN_STANZAS, _VERSE_STANZA = 20, 0.9, 0.7, 16
_FENCE_INDENT = 24      # blanks and quote marks that may stand before a fence, in lists and quotations
#: Lines that only code has: starts, and ends. Matched at one place; the alternatives are literals, their tails one class: linear.
_CODE_START = re.compile(
    r"[ \t]*(?:#include\b|#define\b|#!/|import [\w.{*]|from [\w.]+ import|def \w+\(|class \w+[(:{ ]|function\b|return\b"
    r"|if ?\(|else\b|for ?\(|while ?\(|public |private |static |void |int |var |let |const |package |@\w+|//|/\*|\*/"
    r"|</?[a-z]+[ >/]|\$ |>>> |[{}]|SELECT |INSERT |[\w.\[\]]+(?: \+?= |\()\S)",
    re.ASCII,
)
_CODE_END = re.compile(r"(?:(?<!&nbsp)[;{}]|\):|=>|->|\\)[ \t]*$")      # searched in the last characters of a line only
_KEY = 40               # characters that a key may have
_KEY_ONLY = re.compile(r"[A-Za-z_][\w.-]*:$", re.ASCII)      # two classes, at one place: linear
_MIN_CODE = 3           # lines that look like code before a document is believed to hold some


class Structure(NamedTuple):
    """What must be left alone: bool [n_lines] each but `markdown` and `verse`, which are bool [n_docs]."""

    code: NDArray[np.bool_]         # nothing in the line changes
    markdown: NDArray[np.bool_]
    verse: NDArray[np.bool_]


def tidy(texts: Texts, structure: Structure) -> Edits:
    """Edits of white space in the untidy documents of a batch: between lines, and within them."""
    lines, points, classes = texts.lines, texts.points, load_classes()
    untidy = np.zeros(len(texts), np.bool_)
    untidy[lines.doc[lines.seen & UNTIDY > 0]] = True
    chosen = np.flatnonzero(untidy[lines.doc])                          # all lines of these documents
    begin, stop = lines.start[chosen], lines.end[chosen]
    start, end = np.empty_like(begin), np.empty_like(stop)
    trim_lines(points, classes, begin, stop, start, end)
    code, seen, inner = structure.code[chosen], lines.seen[chosen], start.copy()
    filled = end > start
    indented = structure.markdown[lines.doc[chosen]] & (points[np.minimum(begin, len(points) - 1)] <= 0x20)
    start = np.where(filled & (code | indented), begin, start)
    end = np.where(filled & code, stop, end)
    gaps = _tidy_gaps(texts, structure, untidy, chosen[filled], start[filled], end[filled])
    loose = np.flatnonzero((seen & UNTIDY > 0) & ~code & filled)
    size = int((end[loose] - inner[loose]).sum()) // 2 + len(loose) + 1
    run_start, run_end = np.empty(size, np.int64), np.empty(size, np.int64)
    n = find_runs(points, classes, inner[loose], end[loose], run_start, run_end)
    goes = np.ones(n, np.bool_)
    for i in np.flatnonzero(points[run_start[:n] - 1] == ord(":")).tolist():
        goes[i] = not _is_key(texts, int(run_start[i]))
    start, end = run_start[:n][goes], run_end[:n][goes]
    ones = np.ones(len(start), np.int64)
    blanks = Edits(start, end, np.full(len(start), 0x20, np.uint32), ones, ones - 1, ("white-space",), ones.astype(np.float64))
    return Edits.join([gaps, blanks])


def _is_key(texts: Texts, at: int) -> bool:
    """Whether an ASCII key and a colon, as in YAML front matter, are all that stands before `at` in its line."""
    start = texts.joined.rfind("\n", max(0, at - _KEY), at) + 1
    return (start > 0 or at < _KEY) and bool(_KEY_ONLY.match(texts.joined, start, at))


def _tidy_gaps(
    texts: Texts, structure: Structure, untidy: NDArray[np.bool_],
    filled: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64],
) -> Edits:
    """Edits between the content `[start, end)` of one filled line and the next, and at both ends of each untidy document."""
    doc = texts.lines.doc[filled]
    empty = untidy & (texts.ends > texts.starts)
    empty[doc] = False
    edits = [_cut(texts, int(texts.starts[d]), int(texts.ends[d]), "") for d in np.flatnonzero(empty).tolist()]
    if not len(filled):
        return Edits.of(edits)
    first = np.flatnonzero(np.r_[True, doc[1:] != doc[:-1]])
    last = np.r_[first[1:] - 1, len(filled) - 1]
    for a, b in zip(texts.starts[doc[first]].tolist(), start[first].tolist(), strict=True):
        if a < b:
            edits.append(_cut(texts, a, b, ""))
    for a, b in zip(end[last].tolist(), texts.ends[doc[last]].tolist(), strict=True):
        if a < b and (b - a > 1 or texts.points[a] != 0x0A):    # one LF that ends the last line stays
            edits.append(_cut(texts, a, b, "\n" if "\n" in texts.joined[a:b] else ""))
    inside = np.flatnonzero(doc[:-1] == doc[1:])
    here, after, d = filled[inside], filled[inside + 1], doc[inside]
    breaks = after - here
    stays = structure.markdown[d] | structure.verse[d] | (structure.code[here] & structure.code[after])
    wanted = np.where(stays, np.minimum(breaks, 2), 1)
    a, b = end[inside], start[inside + 1]
    loose = np.flatnonzero((b - a != wanted) | (breaks != wanted))
    a, b, wanted, blank = a[loose], b[loose], wanted[loose], breaks[loose] != wanted[loose]
    put, names = np.full(wanted.sum(), 0x0A, np.uint32), ("white-space", "blank-line")
    return Edits.join([Edits.of(edits), Edits(a, b, put, wanted, blank.astype(np.int64), names, np.ones(len(a)))])


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
    marked = np.empty(len(docs), np.bool_)
    find_markdown(texts.points, texts.starts[docs], texts.ends[docs], marked)
    markdown[docs[marked]] = True
    for d in docs[marked | (n_plain[docs] >= _MIN_CODE)].tolist():
        span = slice(int(first[d]), int(first[d + 1]))
        if markdown[d]:
            code[span] |= indented[span]
            _mark_fences(texts, d, code)
        else:
            _mark_code(texts, span, plain, code)
    untidy = np.flatnonzero(lines.seen & UNTIDY)
    drawn = np.empty(len(untidy), np.bool_)
    find_drawn(texts.points, lines.start[untidy], lines.end[untidy], drawn)
    code[untidy[drawn]] = True
    return Structure(code, markdown, verse & ~markdown)


def _mark_fences(texts: Texts, d: int, code: NDArray[np.bool_]) -> None:
    """Set the lines of fenced blocks, fences with them. A fence that is never closed opens nothing."""
    joined, start, end = texts.joined, int(texts.starts[d]), int(texts.ends[d])
    for sign in ("```", "~~~"):
        opened, at = -1, joined.find(sign, start, end)
        while at >= 0:
            begin = joined.rfind("\n", max(start, at - _FENCE_INDENT), at) + 1 or (start if at - start < _FENCE_INDENT else at)
            if not joined[begin:at].strip(" \t>") and (begin == start or joined[begin - 1] == "\n"):
                if opened < 0:
                    opened = begin
                else:
                    a, b = np.searchsorted(texts.lines.start, (opened, begin), side="right")
                    code[a - 1:b] = True
                    opened = -1
            line_end = joined.find("\n", at, end)
            at = joined.find(sign, line_end, end) if line_end >= 0 else -1


def _mark_code(texts: Texts, span: slice, plain: NDArray[np.bool_], code: NDArray[np.bool_]) -> None:
    """Set the lines of a document without Markdown that are clearly code: starts or ends that only code has, near each other."""
    seen = texts.lines.seen
    looks = sum(_looks_coded(texts, i) for i in (np.flatnonzero(plain[span]) + span.start).tolist())
    if looks < _MIN_CODE:
        return
    coded = [i for i in range(span.start, span.stop) if seen[i] & LATIN and _looks_coded(texts, i)]
    for a, b in pairwise(coded):
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
