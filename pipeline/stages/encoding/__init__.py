"""Encoding: the text as its author typed it, in NFC, with LF between lines and without invisible marks.

Four kinds of edits, each on the lines that can need it: mojibake is repaired (`misread`, `mojibake`), marks that nobody sees go,
HTML entities that were meant for a browser become their characters, and white space without a meaning goes (`layout`), in the lines
that are there when the marks are gone: CR, VT and U+2028 end a line as LF does, for all that is judged by lines. A line whose
mojibake is repaired gets its other edits when the stage sees it again. Chinese punctuation, full-width letters, private use
characters and emoji with their joiners are content and stay.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import regex
from numpy.typing import NDArray

from pipeline.chinese.codepoints import MARK, PRIVATE, SUSPECT, UNTIDY, load_classes
from pipeline.chinese.radicals import RADICALS
from pipeline.edits import Edit, Edits, Note, Proposal, apply, collect
from pipeline.options import EncodingOptions
from pipeline.record import Texts
from pipeline.stages.encoding.kernels import find_marks
from pipeline.stages.encoding.layout import Structure, find_structure, tidy
from pipeline.stages.encoding.misread import repair_lines
from pipeline.stages.encoding.variants import resolve_variants

__all__ = ["propose"]

#: Marks that go whatever stands beside them: files have one at every line. A CR, LS, PS, NEL, VT or FF ends a line.
_ALONE = (
    ("line-end", re.compile(r"[\r\u2028\u2029\x85\x0b\x0c]")),                                     # one class each: linear
    ("control", re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")),
    ("invisible", re.compile(r"[\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")),
)
_LINE_END = 1           # the first of them
#: The others. No two alternatives but those of ESC start alike, a repeat is of literals or bounded: linear.
_MARKS = re.compile(
    r"(?P<terminal_escape>\x1b\[[0-9;?]{0,20}[A-Za-z])"
    r"|(?P<control>\x1b)"
    r"|(?P<joiner>[\u200c\u200d])"
    r"|(?P<selector>[\ufe00-\ufe0f\U000e0100-\U000e01ef])"
    r"|(?P<tag>[\U000e0001-\U000e007f])"
    r"|(?P<radical>[\u2e80-\u2ef3\u2f00-\u2fd5])"
    r"|(?P<entity>&(?:(?:amp|#38|#[xX]26);)*(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"
)
#: What NFC can join: Hangul jamo, or a character with its marks, each part a class of its own: linear.
_CLUSTER = regex.compile(r"[\uac00-\ud7a3]?[\u1100-\u11ff]+|\P{M}?\p{M}+|\P{M}")
#: Marks on one character beyond which they stay: no writing has as many, and NFC sorts them in quadratic time (40,000: 1.2 s).
_STACKED = 64
#: Entities that stand for characters authors type, beside the numeric ones. &lt; and &gt; only where no tag would come of it.
_ENTITIES = frozenset(
    (
        "nbsp", "ensp", "emsp", "thinsp", "ldquo", "rdquo", "lsquo", "rsquo", "sbquo", "bdquo", "laquo", "raquo", "hellip",
        "mdash", "ndash", "middot", "bull", "times", "divide", "deg", "plusmn", "quot", "apos", "amp", "copy", "reg", "trade",
        "yen", "pound", "euro", "cent", "sect", "para", "permil", "prime", "Prime", "larr", "rarr", "uarr", "darr", "lt", "gt",
        "shy", "zwnj", "zwj",
    )
)
_STACK = regex.compile(rf"[\p{{M}}\u1100-\u11ff]{{{_STACKED}}}")              # one class, counted: linear
_LOST = ("锟斤拷", "烫烫烫", "屯屯屯")
_AMPERSANDS = re.compile("(?:amp|#38|#[xX]26);")       # literals: linear
_QUOTES = "\"'“”‘’`「」『』"


def propose(texts: Texts, options: EncodingOptions) -> Proposal:
    """Edits of mojibake, marks, entities and white space; notes on mojibake that cannot be repaired."""
    lines = texts.lines
    edits: list[Edit] = []
    marked = np.flatnonzero(lines.seen & MARK)
    suspect = np.flatnonzero(lines.seen & SUSPECT)
    from pipeline.chinese.plausibility import load_costs
    from pipeline.stages.encoding.mojibake import REWRITTEN, find_odd

    held = np.empty(len(suspect), np.uint8)
    find_odd(texts.points, load_costs(), lines.start[suspect], lines.end[suspect], held)
    notes = _find_lost(texts, suspect[(held & REWRITTEN) > 0])
    repaired: list[int] = []
    if options.repair_mojibake and len(suspect):
        repaired = repair_lines(texts, suspect, held, edits, notes)
        marked = marked[~np.isin(marked, repaired)]
    private = np.flatnonzero(lines.seen & PRIVATE)
    notes += _count_private(texts, private[~np.isin(private, repaired)])
    places, within = _find_marks(texts, marked)
    kinds = _load_kinds()[texts.points[places]]
    alone = _edit_alone(texts, places[kinds > 0], within[kinds > 0], kinds[kinds > 0])
    places, within = places[kinds == 0], within[kinds == 0]
    shown = apply(texts, alone)         # its lines are those that a reader sees: what a document is shows in them
    removed = alone.start[alone.sizes == 0]
    rows = np.searchsorted(shown.lines.start, places - np.searchsorted(removed, places), side="right") - 1
    marks = _match_marks(texts, places, rows)
    untidy = np.flatnonzero(shown.lines.seen & UNTIDY)
    spoken = [int(shown.lines.doc[i]) for i, m in marks if m.lastgroup == "entity"]
    structure = find_structure(shown, np.union1d(shown.lines.doc[untidy], np.array(spoken, np.int64)))
    edits += _edit_marks(texts, marks, structure, shown.lines.doc)
    edits += _compose(texts, np.unique(within[texts.points[places] != ord("&")]))
    edits += resolve_variants(texts)
    gaps = tidy(shown, structure) if len(untidy) else Edits.of(())
    found = collect(*_join_gaps(gaps, alone, removed), edits)   # of two for one blank that of white space: nothing is left to do
    if options.unwrap or options.drop_spaces:
        found = collect(found, _reshape(texts, options, found))
    return Proposal(_leave_noise(texts, found, notes), (), notes)


def _leave_noise(texts: Texts, edits: Edits, notes: list[Note]) -> Edits:
    """The edits but for those of pages that are no text: without its controls noise looks like mojibake, line after line."""
    noise = [note.doc for note in notes if note.kind == "binary-as-text"]
    if not noise:
        return edits
    return edits.take(np.flatnonzero(~np.isin(np.searchsorted(texts.ends, edits.start, side="left"), noise)))


def _reshape(texts: Texts, options: EncodingOptions, edits: Edits) -> list[Edit]:
    """What was asked for beyond tidying, in documents that are tidy: the others come again when they are."""
    from pipeline.stages.encoding.unwrap import drop_spaces, rejoin

    structure = find_structure(texts, np.arange(len(texts)))
    found = [*(rejoin(texts, structure) if options.unwrap else ()), *(drop_spaces(texts, structure) if options.drop_spaces else ())]
    busy = np.searchsorted(texts.ends, edits.start, side="left")
    docs = np.searchsorted(texts.ends, [e.start for e in found], side="left")
    return [edit for edit, free in zip(found, ~np.isin(docs, busy), strict=True) if free]


def _find_lost(texts: Texts, suspect: NDArray[np.int64]) -> list[Note]:
    """Notes on what two wrong decodings left behind: 锟斤拷 (U+FFFD), 烫烫烫 and 屯屯屯 (memory never written)."""
    lines, joined = texts.lines, texts.joined
    rows = zip(lines.start[suspect].tolist(), lines.end[suspect].tolist(), lines.doc[suspect].tolist(), strict=True)
    notes = [Note(d, "unrecoverable-mojibake", sign) for a, b, d in rows for sign in _LOST if joined.find(sign, a, b) >= 0]
    return list(dict.fromkeys(notes))


def _count_private(texts: Texts, private: NDArray[np.int64]) -> list[Note]:
    """One note for each document with characters of private use: how many, and the first."""
    lines, joined = texts.lines, texts.joined
    found: dict[int, list[str]] = {}
    for i in private.tolist():
        places = np.flatnonzero(load_classes()[texts.points[lines.start[i]:lines.end[i]]] & PRIVATE) + int(lines.start[i])
        found.setdefault(int(lines.doc[i]), []).extend(joined[place] for place in places.tolist())
    return [Note(doc, "private-use", f"{len(chars)} characters that only one font shows, the first U+{ord(chars[0]):04X}")
            for doc, chars in found.items()]


@cache
def _load_kinds() -> NDArray[np.uint8]:
    """Which of `_ALONE` each code point is, counted from `_LINE_END`; 0 for none of them. uint8 [0x110000]."""
    kinds = np.zeros(0x110000, np.uint8)
    marks = np.flatnonzero(load_classes() & MARK)
    for kind, (_, pattern) in enumerate(_ALONE, _LINE_END):
        kinds[[point for point in marks.tolist() if pattern.match(chr(point))]] = kind
    return kinds


def _find_marks(texts: Texts, marked: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The place of every mark in these lines, and its line."""
    start, end = texts.lines.start[marked], texts.lines.end[marked]
    size = int((end - start).sum())
    at, line = np.empty(size, np.int64), np.empty(size, np.int64)
    n = find_marks(texts.points, load_classes(), start, end, at, line)
    return at[:n], marked[line[:n]]


def _edit_alone(texts: Texts, at: NDArray[np.int64], lines: NDArray[np.int64], kinds: NDArray[np.uint8]) -> Edits:
    """Edits of marks that go wherever they stand; a line end becomes LF, but for the CR before one."""
    before = (texts.points[at + 1] == ord("\n")) & (at + 1 < texts.ends[texts.lines.doc[lines]])
    breaks = (kinds == _LINE_END) & ~((texts.points[at] == ord("\r")) & before)
    put = np.full(np.count_nonzero(breaks), ord("\n"), np.uint32)
    names = tuple(name for name, _ in _ALONE)
    return Edits(at, at + 1, put, breaks.astype(np.int64), kinds.astype(np.int64) - _LINE_END, names, np.ones(len(at)))


def _join_gaps(gaps: Edits, alone: Edits, removed: NDArray[np.int64]) -> tuple[Edits, Edits]:
    """Edits of white space, found where the marks are gone, put where they are not; and the marks that none of them takes along."""
    if not len(alone) or not len(gaps):
        return gaps, alone
    places = removed - np.arange(len(removed))      # in the text without them
    start = gaps.start + np.searchsorted(places, gaps.start, side="right")
    end = gaps.end + np.searchsorted(places, gaps.end - 1, side="right")
    order = np.argsort(start)
    over = np.searchsorted(start[order], alone.start, side="right") - 1
    taken = (over >= 0) & (alone.start < end[order][over])
    return replace(gaps, start=start, end=end), alone.take(np.flatnonzero(~taken))


def _match_marks(texts: Texts, places: NDArray[np.int64], lines: NDArray[np.int64]) -> list[tuple[int, re.Match[str]]]:
    """Every mark that starts at one of these places, with its line."""
    found, after = [], 0
    for place, i in zip(places.tolist(), lines.tolist(), strict=True):
        if place >= after and (match := _MARKS.match(texts.joined, place)):
            found.append((i, match))
            after = match.end()
    return found


def _edit_marks(
    texts: Texts, marks: list[tuple[int, re.Match[str]]], structure: Structure, docs: NDArray[np.int64]
) -> Iterator[Edit]:
    """Edits of single characters and entities, each found in the line of `structure` given with it; `docs`: of these lines."""
    for i, match in marks:
        kind = match.lastgroup or ""
        if kind == "entity":
            prose = not (structure.code[i] or structure.markdown[docs[i]])
            put = _entity(texts.joined, match) if prose else None
        else:
            put = _replace(texts.joined, match, kind)
        if put is not None:
            yield Edit(match.start(), match.end(), put, kind.replace("_", "-"))


def _compose(texts: Texts, marked: NDArray[np.int64]) -> Iterator[Edit]:
    """Edits to NFC."""
    lines = texts.lines
    for i in marked.tolist():
        start = int(lines.start[i])
        line = texts.joined[start:int(lines.end[i])]
        if _STACK.search(line) or not unicodedata.is_normalized("NFC", line):
            for match in _CLUSTER.finditer(line):
                put = unicodedata.normalize("NFC", match[0]) if len(match[0]) <= _STACKED else match[0]
                if put != match[0]:
                    yield Edit(start + match.start(), start + match.end(), put, "nfc")


def _replace(text: str, match: re.Match[str], kind: str | None) -> str | None:
    """What stands for a mark; None where it stays."""
    before = text[match.start() - 1] if match.start() else "\n"
    if kind == "joiner":            # inside emoji, and in scripts that need it (Arabic, the Indic ones)
        joins = match[0] == "\u200d" and before >= "\u2190" and not "\u2e80" <= before <= "\ufdff"
        return None if joins or "\u0600" <= before < "\u1100" else ""
    if kind == "radical":
        return RADICALS.get(match[0])
    if kind == "selector":
        return "" if before.isspace() or "\ufe00" <= before <= "\ufe0f" or (before.isalpha() and before < "\u2000") else None
    if kind == "tag":
        return None if before == "\U0001f3f4" or "\U000e0020" <= before <= "\U000e007f" else ""
    return ""


def _entity(text: str, match: re.Match[str]) -> str | None:
    """The character of an entity in prose, escaped once or often; None where it is spoken of (in quotes), or none we know.

    Where it would make a tag, one layer of escapes stays.
    """
    before = text[max(0, match.start() - 1):match.start()] or "\n"       # as behind another text; "" is in every string
    after = text[match.end():match.end() + 1] or "\n"
    if before in _QUOTES and after in _QUOTES:
        return None
    inner = "&" + _AMPERSANDS.sub("", match[0][1:], count=0) if match[0].count(";") > 1 else match[0]
    put = _unescape("&amp;" if inner == "&" else inner, before, after)
    return put if put is not None else inner if inner not in ("&", match[0]) else None


def _unescape(entity: str, before: str, after: str) -> str | None:
    name = entity[1:-1]
    if not name.startswith("#") and name not in _ENTITIES:
        return None
    put = html.unescape(entity)
    if put == "<" and after.isascii() and (after.isalpha() or after in "/!?"):
        return None
    if put == ">" and before.isascii() and (before.isalnum() or before in "/\"'-"):
        return None
    if len(put) != 1 or (unicodedata.category(put) in ("Cc", "Cn", "Co", "Cs") and put not in "\n\t"):
        return None
    return put
