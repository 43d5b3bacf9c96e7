"""Phrases of site furniture, as one automaton over canonical characters.

The rule of this file: the tables are `KINDS` with `ROLES` and `GROUPS`, and `pipeline/data/boilerplate_phrases.tsv`; here they
are only read, folded and compiled (Aho and Corasick, 1975). Everything else knows a kind by its name, or by its role and group:
a new kind may stand anywhere in the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_spans
from pipeline.jit.tables import kept
from pipeline.record import Texts
from pipeline.stages.boilerplate.kernels.columns import BYLINES, FOOT, LINKS, NO_GROUP, TALK
from pipeline.stages.boilerplate.kernels.cover import CONTENT, NOTICE, WEAK, Automaton

__all__ = ["GROUPS", "KINDS", "MODES", "ROLES", "Phrases", "compile_phrases", "fold_phrases", "load_phrases"]

#: Kinds of furniture; `reasons` names the cut after its kind.
KINDS = (
    "section", "menu", "breadcrumb", "byline", "share", "pager", "previous-next", "related", "hot-list", "comments",
    "reply-box", "user-panel", "floor", "copyright", "disclaimer", "filing-number", "hotline", "friend-links", "footer",
    "advertisement", "qr-code", "app-prompt", "login-search", "tags", "counter", "tools", "poll", "error-page",
    "government-head", "content",
)
#: Kinds that are not plain furniture: see `pipeline.stages.boilerplate.kernels.cover`.
ROLES = {"section": WEAK, "content": CONTENT, "copyright": NOTICE, "disclaimer": NOTICE}
#: What a kind says to the lines around it: see `pipeline.stages.boilerplate.kernels.line_places`.
GROUPS = {
    "byline": BYLINES, "government-head": BYLINES, "related": LINKS, "hot-list": LINKS, "comments": TALK, "reply-box": TALK,
    "user-panel": TALK, "copyright": FOOT, "filing-number": FOOT, "friend-links": FOOT, "footer": FOOT, "hotline": FOOT,
    "disclaimer": FOOT,
}
MODES = ("any", "word", "start", "line")


@dataclass(frozen=True, slots=True)
class Phrases:
    """Kinds, their groups, and the compiled table."""

    kinds: tuple[str, ...]
    group: NDArray[np.int8]         # [kinds]
    automaton: Automaton


def fold_phrases(phrases: list[str]) -> list[str]:
    """The canonical form of each phrase, in one pass."""
    texts = Texts.of(phrases)
    points, bounds = canonical_spans(texts.points, texts.starts, texts.ends)
    folded = points.tobytes().decode("utf-32-le")
    return [folded[a:b] for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]


@kept
def load_phrases() -> Phrases:
    """Read and compile the table."""
    table = (resources.files("pipeline") / "data" / "boilerplate_phrases.tsv").read_text("utf-8")
    entries: list[tuple[str, str, str]] = []
    for line in table.splitlines():
        if line and not line.startswith("#"):
            kind, mode, phrases = line.split("\t")
            entries += [(phrase, mode, kind) for phrase in phrases.split(" ")]
    folded = fold_phrases([phrase for phrase, _, _ in entries])
    unique = {(text, mode, kind): None for text, (_, mode, kind) in zip(folded, entries, strict=True) if text}
    return compile_phrases(list(unique))


def compile_phrases(
    entries: list[tuple[str, str, str]], kinds: Sequence[str] = KINDS, roles: Mapping[str, int] = ROLES,
    groups: Mapping[str, int] = GROUPS,
) -> Phrases:
    """The automaton of (canonical phrase, mode, kind)."""
    alphabet = {c: k for k, c in enumerate(sorted({c for text, _, _ in entries for c in text}), 1)}
    symbol = np.zeros(0x110000, np.uint16)
    for c, k in alphabet.items():
        symbol[ord(c)] = k
    trie: list[dict[int, int]] = [{}]
    ends = np.full(len(entries), -1, np.int32)
    output_at: dict[int, int] = {}
    for number, (text, _, _) in enumerate(entries):
        at = 0
        for c in text:
            k = alphabet[c]
            if k not in trie[at]:
                trie[at][k] = len(trie)
                trie.append({})
            at = trie[at][k]
        ends[number] = output_at.get(at, -1)
        output_at[at] = number
    root, begin, on, to, output = _connect(trie, len(alphabet) + 1, output_at, ends)
    automaton = Automaton(
        symbol, root, begin, on, to, output, ends,
        np.array([len(text) for text, _, _ in entries], np.int32),
        np.array([MODES.index(mode) for _, mode, _ in entries], np.int8),
        np.array([kinds.index(kind) for _, _, kind in entries], np.int8),
        np.array([roles.get(kind, 0) for kind in kinds], np.uint8),
    )
    return Phrases(tuple(kinds), np.array([groups.get(kind, NO_GROUP) for kind in kinds], np.int8), automaton)


Ways = tuple[NDArray[np.int16], NDArray[np.int32], NDArray[np.uint16], NDArray[np.int16], NDArray[np.int32]]


def _connect(
    trie: list[dict[int, int]], n_symbols: int, output_at: dict[int, int], ends: NDArray[np.int32]
) -> Ways:
    """Failure links, folded into the ways of each state but where the root goes too; shorter suffixes are chained in `ends`."""
    root = np.zeros(n_symbols, np.int16)
    root[list(trie[0])] = list(trie[0].values())
    ways: list[dict[int, int]] = [{} for _ in trie]
    output = np.full(len(trie), -1, np.int32)
    output[list(output_at)] = list(output_at.values())
    failure = [0] * len(trie)
    queue = list(trie[0].values())
    for state in queue:                             # grows while it is walked: breadth first, parents before children
        back = failure[state]
        ways[state] = ways[back] | trie[state]
        if output[back] >= 0:
            if output[state] < 0:
                output[state] = output[back]
            else:
                last = output[state]
                while ends[last] >= 0:
                    last = ends[last]
                ends[last] = output[back]
        for k, child in trie[state].items():
            failure[child] = ways[back].get(k) or trie[0].get(k, 0)
            queue.append(child)
    begin = np.cumsum([0, *map(len, ways)]).astype(np.int32)
    on, to = np.array([pair for own in ways for pair in own.items()] or [(0, 0)]).T
    return root, begin, on.astype(np.uint16), to.astype(np.int16), output
