"""Phrases of site furniture, as one automaton over canonical characters.

The rule of this file: the table is `pipeline/data/boilerplate_phrases.tsv`; here it is only read, folded and compiled
(Aho and Corasick, 1975). Matching is one step per character whatever the number of phrases.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_spans
from pipeline.record import Texts

__all__ = ["KINDS", "MODES", "Automaton", "fold_phrases", "load_phrases"]

#: Kinds of furniture, in the order of the columns of `cover`. `section` is weak:
#: its words are also plain words. `content` speaks for the page's own text: it never counts as furniture.
KINDS = (
    "section", "menu", "breadcrumb", "byline", "share", "pager", "previous-next", "related", "hot-list", "comments",
    "reply-box", "user-panel", "floor", "copyright", "disclaimer", "filing-number", "hotline", "friend-links", "footer",
    "advertisement", "qr-code", "app-prompt", "login-search", "tags", "counter", "tools", "poll", "error-page",
    "government-head", "content",
)
MODES = ("any", "word", "start", "line")


class Automaton(NamedTuple):
    """The compiled table: arguments of `pipeline.stages.boilerplate.kernels.line_features.measure_lines`, in its order."""

    symbol: NDArray[np.uint16]      # [0x110000]: the column of a code point in `step`, 0 for those in no phrase
    step: NDArray[np.int16]         # [states, symbols]
    output: NDArray[np.int32]       # [states]: the first phrase that ends here, -1 for none
    ends: NDArray[np.int32]         # [phrases]: the next shorter phrase that ends at the same place, -1 for none
    length: NDArray[np.int32]
    mode: NDArray[np.int8]
    kind: NDArray[np.int8]


def fold_phrases(phrases: list[str]) -> list[str]:
    """The canonical form of each phrase, in one pass."""
    texts = Texts.of(phrases)
    points, bounds = canonical_spans(texts.points, texts.starts, texts.ends)
    folded = points.tobytes().decode("utf-32-le")
    return [folded[a:b] for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]


@cache
def load_phrases() -> Automaton:
    """Read and compile the table."""
    table = (resources.files("pipeline") / "data" / "boilerplate_phrases.tsv").read_text("utf-8")
    entries: list[tuple[str, int, int]] = []
    for line in table.splitlines():
        if line and not line.startswith("#"):
            kind, mode, phrases = line.split("\t")
            entries += [(phrase, MODES.index(mode), KINDS.index(kind)) for phrase in phrases.split(" ")]
    folded = fold_phrases([phrase for phrase, _, _ in entries])
    unique = {(text, mode, kind): None for text, (_, mode, kind) in zip(folded, entries, strict=True) if text}
    return compile_phrases(list(unique))


def compile_phrases(entries: list[tuple[str, int, int]]) -> Automaton:
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
    step, output = _connect(trie, len(alphabet) + 1, output_at, ends)
    return Automaton(
        symbol, step, output, ends,
        np.array([len(text) for text, _, _ in entries], np.int32),
        np.array([mode for _, mode, _ in entries], np.int8),
        np.array([kind for _, _, kind in entries], np.int8),
    )


def _connect(
    trie: list[dict[int, int]], n_symbols: int, output_at: dict[int, int], ends: NDArray[np.int32]
) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Failure links, folded into a full transition table; outputs of shorter suffixes are chained through `ends`."""
    step = np.zeros((len(trie), n_symbols), np.int16)
    output = np.full(len(trie), -1, np.int32)
    for state, number in output_at.items():
        output[state] = number
    failure = [0] * len(trie)
    queue = []
    for k, child in trie[0].items():
        step[0, k] = child
        queue.append(child)
    for state in queue:                             # grows while it is walked: breadth first, parents before children
        back = failure[state]
        step[state] = step[back]
        if output[back] >= 0:
            if output[state] < 0:
                output[state] = output[back]
            else:
                last = output[state]
                while ends[last] >= 0:
                    last = ends[last]
                ends[last] = output[back]
        for k, child in trie[state].items():
            failure[child] = int(step[back, k])
            step[state, k] = child
            queue.append(child)
    return step, output
