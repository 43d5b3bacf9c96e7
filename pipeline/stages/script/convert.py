"""Lines into the wanted script: OpenCC, what `words` corrects, and the edits between the two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import HANGUL, KANA, TRADITIONAL_ONLY, load_classes
from pipeline.edits import Edit, Edits, collect
from pipeline.options import ScriptOptions
from pipeline.record import Texts
from pipeline.stages.script.foreign import FOREIGN, is_foreign
from pipeline.stages.script.kernels import COLUMNS, ONLY, SIMPLE, count_scripts, join_changes
from pipeline.stages.script.words import find_kept, find_names, load_heal, load_kept, load_names, load_phrases, load_variants, stays

__all__ = ["ALL", "NAMES", "UNMARKED", "convert_lines"]

#: How a document's traditional characters are converted: not those that may be names; all of them; all but words that simplified
#: text keeps as well, where nothing else in the document is of one script.
NAMES, ALL, UNMARKED = range(3)
#: Taiwan and Hong Kong by character forms (s2tw, s2hk), not s2twp or s2hkp: those also swap words (软件 to 軟體), which is content.
_CONFIGS = {"simplified": "t2s", "taiwan": "s2tw", "hongkong": "s2hk"}
#: Changed characters this near to one another are one edit: 60,000 edits a megabyte become 15,000, and the audit reads better.
_JOIN = 12
#: In simplified documents a traditional character alone in its line may be a name or a term (王丙乾, 油菜薹, 二噁英): it is
#: converted only if it is a common one, in nats of `pipeline.chinese.plausibility` (內 7.4, 拋 11.6; 樑 13.3, 薹 14.7).
_COMMON = 12.5
#: A line of a simplified document is a quotation where it has more characters of traditional text than of simplified; so many of
#: both will do if they are a tenth.
_QUOTED = 3
_CLAUSE = re.compile("[^，。；：！？、“”「」…\\s]+")     # one class: linear


class _Lines(NamedTuple):
    """Lines as they are converted, joined by LF; places are indexes into `before`."""

    texts: Texts
    doc: NDArray[np.int64]
    how: NDArray[np.int64]      # NAMES, ALL or UNMARKED
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    before: str

    def find(self, signs: NDArray[np.bool_], points: NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
        """Every place of some characters of the basic plane (bool [0x10000]) in `points`, with the number of its line."""
        at = np.flatnonzero(signs[np.minimum(points, 0xFFFF)])
        return zip(at.tolist(), np.searchsorted(self.end, at, side="left").tolist(), strict=True)


def convert_lines(texts: Texts, chosen: NDArray[np.int64], whole: NDArray[np.int64], options: ScriptOptions) -> Edits:
    """Edits that convert the lines `chosen`; `whole` says how for each document. One call of OpenCC for all of them."""
    convert = load_converter(_CONFIGS[options.target])
    before = _join(texts, chosen)
    after = convert(before)
    if len(after) == len(before):
        return _compare(texts, chosen, whole, options, before, after)
    edits, same = [], np.ones(len(chosen), np.bool_)    # a phrase of another length: its whole line is one edit
    for k, line in enumerate(before.split("\n")):
        put = convert(line)
        if len(put) != len(line):
            same[k] = False
            i = chosen[k]
            edits.append(Edit(int(texts.lines.start[i]), int(texts.lines.end[i]), put, "script"))
    before = _join(texts, chosen[same])
    return collect(edits, _compare(texts, chosen[same], whole, options, before, convert(before)))


def _join(texts: Texts, chosen: NDArray[np.int64]) -> str:
    """Lines, with an LF between them; those that follow each other are one piece."""
    first = np.flatnonzero(np.diff(chosen, prepend=-2) != 1)
    starts = texts.lines.start[chosen[first]].tolist()
    ends = texts.lines.end[chosen[np.append(first[1:], len(chosen))[:len(first)] - 1]].tolist()
    return "\n".join([texts.joined[a:b] for a, b in zip(starts, ends, strict=True)])


def _compare(
    texts: Texts, chosen: NDArray[np.int64], whole: NDArray[np.int64], options: ScriptOptions, before: str, after: str
) -> Edits:
    """Edits from lines and their conversion, joined by LF and of equal length."""
    begin = texts.lines.start[chosen]
    length = texts.lines.end[chosen] - begin
    end = np.cumsum(length + 1) - 1
    doc = texts.lines.doc[chosen]
    lines = _Lines(texts, doc, whole[doc], end - length, end, before)
    old = np.frombuffer(before.encode("utf-32-le"), np.uint32)
    new = np.frombuffer(after.encode("utf-32-le"), np.uint32).copy()
    held = np.zeros(len(old), np.bool_)
    for k in np.flatnonzero(texts.lines.seen[chosen] & (KANA | HANGUL)).tolist():
        for run in FOREIGN.finditer(before, int(lines.start[k]), int(lines.end[k])):
            held[run.start():run.end()] |= is_foreign(run[0])
    words: list[tuple[int, int, str]] = []
    if options.target == "simplified":
        _correct(lines, after, old, new, held)
        if options.words == "mainland":
            words = list(_swap_words(lines, held))
    edits = _join_changes(lines, old, new, held, begin, [a for a, _, _ in words])
    if not words:
        return edits
    shift = [int((begin - lines.start)[np.searchsorted(lines.end, a, side="left")]) for a, _, _ in words]
    return collect(edits, [Edit(a + k, b + k, new_word, "words") for (a, b, new_word), k in zip(words, shift, strict=True)])


def _join_changes(
    lines: _Lines, old: NDArray[np.uint32], new: NDArray[np.uint32], held: NDArray[np.bool_], begin: NDArray[np.int64],
    words: list[int],
) -> Edits:
    """Edits from what changes: changes near to one another in a line, with no word swapped between, are one edit."""
    out, put = np.empty((2, len(old)), np.int64), np.empty(len(old), np.uint32)
    n, size = join_changes(old, new, held, lines.start, lines.end, np.array(words, np.int64), _JOIN, out, put)
    if not n:
        return Edits.of(())
    first, last = out[:, :n]
    shift = (begin - lines.start)[np.searchsorted(lines.end, first, side="left")]
    return Edits(first + shift, last + shift, put[:size].copy(), last - first, np.zeros(n, np.int64), ("script",), np.ones(n))


def _correct(
    lines: _Lines, after: str, old: NDArray[np.uint32], new: NDArray[np.uint32], held: NDArray[np.bool_]
) -> None:
    """Put right in `new` what t2s, which gave `after`, leaves or gets wrong, and mark in `held` what stays as it was."""
    whole = lines.how != NAMES
    alone = np.flatnonzero(~whole)
    counts = np.empty((len(alone), COLUMNS), np.int64)
    count_scripts(old, load_classes(), lines.start[alone], lines.end[alone], counts)
    traditional, simple = counts[:, ONLY], counts[:, SIMPLE]
    quoted = (traditional > simple) | ((traditional >= _QUOTED) & (simple >= _QUOTED) & (9 * traditional > simple))
    for k in alone[~quoted].tolist():
        span = slice(int(lines.start[k]), int(lines.end[k]))
        held[span] |= ~_is_common(old[span]) | (new[span] >= 0x10000)
    forms = _load_forms()       # of the basic plane, as every variant is
    other = np.flatnonzero(load_classes()[new] & TRADITIONAL_ONLY)      # t2s leaves none but these variants
    new[other] = forms[np.minimum(new[other], 0xFFFF)]
    phrases = [(at, put) for word, put in load_phrases().items() for at in _find_word(word, after)]
    seen = new.copy() if not len(other) else new
    for at, put in phrases:
        new[at:at + len(put)] = list(map(ord, put))
    if len(other):
        after = new.tobytes().decode("utf-32-le")
    _heal(lines, after, seen, new)
    _keep_names(lines, old, after, new, held)


def _find_word(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _heal(lines: _Lines, after: str, seen: NDArray[np.uint32], new: NDArray[np.uint32]) -> None:
    """Put in `new` what characters are that t2s leaves to context; `seen` are the code points of `after`."""
    joined, starts, ends = lines.texts.joined, lines.texts.starts, lines.texts.ends
    means: dict[int, bool] = {}
    for at, k in lines.find(_load_healed(), seen):
        if lines.how[k] == NAMES:
            continue
        sign, doc, start = after[at], int(lines.doc[k]), int(lines.start[k])
        if sign == "著" and doc not in means:       # a document that writes 着 itself means its 著
            means[doc] = joined.find("着", starts[doc], ends[doc]) >= 0
        heal = load_heal()[sign]
        if not (sign == "著" and means[doc]) and not stays(after[start:int(lines.end[k])], at - start, heal):
            new[at] = ord(heal.natural)


def _keep_names(
    lines: _Lines, old: NDArray[np.uint32], after: str, new: NDArray[np.uint32], held: NDArray[np.bool_]
) -> None:
    """Keep what names and other words of simplified Chinese keep."""
    for k in np.flatnonzero(lines.how == UNMARKED).tolist():
        for word in load_kept().finditer(lines.before, int(lines.start[k]), int(lines.end[k])):
            held[word.start():word.end()] = True
    named: dict[int, list[tuple[int, str]]] = {}
    for at, k in lines.find(_load_named(), old):
        named.setdefault(k, []).append((at, lines.before[at]))
    for k in sorted(named):
        start, end = int(lines.start[k]), int(lines.end[k])
        line = list(after[start:end])
        for at, sign in named[k]:
            line[at - start] = sign
        whole = "".join(line)
        for at, put in find_names(whole):
            new[start + at] = ord(put)
        for a, b in find_kept(whole):
            held[start + a:start + b] |= [x == y for x, y in zip(lines.before[start + a:start + b], whole[a:b], strict=True)]


def _swap_words(lines: _Lines, held: NDArray[np.bool_]) -> Iterator[tuple[int, int, str]]:
    """Where the mainland's words are put for Taiwan's, and what; found clause by clause, and held.

    Only in documents that hold a traditional character, as no result of this does: nothing is swapped twice (檔案 文件 文档).
    """
    forms, words = load_converter("tw2s"), load_converter("tw2sp")
    for k in np.flatnonzero(lines.how == ALL).tolist():
        for clause in _CLAUSE.finditer(lines.before, int(lines.start[k]), int(lines.end[k])):
            at, text = clause.start(), clause[0].replace("着", "\ue000")      # both would make 着 of Hong Kong 著
            plain, other = forms(text), words(text)
            if plain == other or held[at:clause.end()].any():
                continue
            for a, b, put in _find_swaps(plain, other):
                held[at + a:at + b] = True
                yield at + a, at + b, put


def _find_swaps(plain: str, other: str) -> Iterator[tuple[int, int, str]]:
    """The stretches of a clause that are other words in another; those with one character between are one (滑鼠, 鼠标)."""
    last: tuple[int, int, int, int] | None = None
    for tag, a, b, c, d in SequenceMatcher(None, plain, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if last and a - last[1] <= 1:
            last = last[0], b, last[2], d
        else:
            if last:
                yield last[0], last[1], other[last[2]:last[3]]
            last = a, b, c, d
    if last:
        yield last[0], last[1], other[last[2]:last[3]]


def _is_common(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    from pipeline.chinese.plausibility import load_costs

    return (load_costs()[points] <= _COMMON) & (load_classes()[points] & TRADITIONAL_ONLY > 0)


@cache
def _load_forms() -> NDArray[np.uint32]:
    """The form of the national list for each code point of the basic plane that t2s leaves: uint32 [0x10000]."""
    forms = np.arange(0x10000, dtype=np.uint32)
    for char, put in load_variants().items():
        forms[ord(char)] = ord(put)
    return forms


@cache
def _load_healed() -> NDArray[np.bool_]:
    return _mark(load_heal())


@cache
def _load_named() -> NDArray[np.bool_]:
    return _mark(load_names())


def _mark(signs: Iterable[str]) -> NDArray[np.bool_]:
    """Which code points of the basic plane are among these characters: bool [0x10000]; the last is no character."""
    marked = np.zeros(0x10000, np.bool_)
    marked[list(map(ord, signs))] = True
    return marked


@cache
def load_converter(config: str) -> Any:
    """OpenCC's function for one of its configurations."""
    import opencc

    return opencc.OpenCC(config).convert
