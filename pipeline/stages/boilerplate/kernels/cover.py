"""Phrases in a line: its canonical form, and how much of it the phrases of each kind cover, by one automaton.

The rule of this file: one step per character whatever the number of phrases (Aho and Corasick, 1975). What a kind counts for
is in `role`; no kind is known here by its number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.fold import skip
from pipeline.jit import jit_within
from pipeline.stages.boilerplate.kernels import columns as col

#: Canonical characters of a long line in which phrases are looked for: furniture says it early or late.
HEAD, TAIL = 240, 120
#: Modes of a phrase, as in pipeline/data/boilerplate_phrases.tsv.
ANY, WORD, START, LINE = 0, 1, 2, 3
#: Roles of a kind, bits: its words are also plain words; it speaks for the page's own text and never counts as furniture;
#: its lines are long and read like sentences.
WEAK, CONTENT, NOTICE = 1, 2, 4


class Automaton(NamedTuple):
    """The compiled table of phrases.

    A state has four ways of its own; for every other symbol it goes where the root goes. Written out the table is 13.7 MB, of
    which each character of a text wants another place: 390 ns a line of the crawl, in this form 310.
    """

    symbol: NDArray[np.uint16]      # [0x110000]: the number of a code point that phrases hold, 0 for the others
    root: NDArray[np.int16]         # [symbols]: where the root goes
    begin: NDArray[np.int32]        # [states + 1]: the ways of each state in the next two
    on: NDArray[np.uint16]
    to: NDArray[np.int16]
    output: NDArray[np.int32]       # [states]: the first phrase that ends here, -1 for none
    ends: NDArray[np.int32]         # [phrases]: the next shorter phrase that ends at the same place, -1 for none
    length: NDArray[np.int32]       # [phrases], as the next two
    mode: NDArray[np.int8]
    kind: NDArray[np.int8]
    role: NDArray[np.uint8]         # [kinds]: bits WEAK, CONTENT, NOTICE; 0 for plain furniture


@jit_within
def fold_line(
    points: NDArray[np.uint32], classes: NDArray[np.uint32], canonical: NDArray[np.uint32], start: int, end: int,
    out: NDArray[np.uint32], edge: NDArray[np.uint8],
) -> int:
    """Fold one line; `edge[k]` says that something was dropped before character `k`, or that the line begins or ends there."""
    k, i, dropped = 0, start, np.uint8(1)
    while i < end:
        folded = canonical[points[i]]
        if folded:
            out[k] = folded
            edge[k] = dropped
            dropped = np.uint8(0)
            k += 1
            i += 1
        else:
            dropped = np.uint8(1)
            i = skip(points, classes, i, start, end)
    edge[k] = 1
    return k


@jit_within
def cover_line(
    text: NDArray[np.uint32], edge: NDArray[np.uint8], n: int, phrases: Automaton, cover: NDArray[np.float32],
    covered_to: NDArray[np.int64], opens: NDArray[np.int8], marks: NDArray[np.int8],
) -> tuple[int, int]:
    """Share of a line's first HEAD and last TAIL characters that phrases of each kind cover.

    `marks` gets the kind that is the whole line, the kind that opens it (-1 for none); `opens` says per kind whether a
    phrase of it opens the line (1), and whether a blank or punctuation follows (2). The last two columns of `cover` are
    the union over the kinds that are neither WEAK nor CONTENT, and with the WEAK. Returns how many phrases of those first
    kinds the line holds, and how many of NOTICE.
    """
    symbol, root, begin, on, to, output, ends, length, mode, kind, roles = phrases      # read once: each reading counts references
    kinds = roles.shape[0]
    hits = notices = 0
    covered_to[:] = 0
    state = 0
    marks[col.WHOLE], marks[col.OPENING] = -1, -1
    best_start = 0
    for i in range(n):
        if n > HEAD + TAIL and HEAD <= i < n - TAIL:
            state = 0
            continue
        sign = symbol[text[i]]
        way, last = begin[state], begin[state + 1]
        while way < last and on[way] != sign:
            way += 1
        state = int(to[way]) if way < last else int(root[sign])
        link = int(output[state])
        while link >= 0:
            j = i + 1 - int(length[link])
            m = mode[link]
            alone = j == 0 and i + 1 == n
            fits = m == ANY or (m == WORD and edge[j] and edge[i + 1]) or (m == START and j == 0) or (m == LINE and alone)
            if fits:
                k = int(kind[link])
                role = int(roles[k])
                add_cover(cover, covered_to, k, j, i + 1)
                if j == 0:
                    opens[k] = max(opens[k], 2 if edge[i + 1] else 1)
                if not role & CONTENT:
                    notices += role & NOTICE != 0
                    if not role & WEAK:
                        hits += int(i + 1 > covered_to[kinds])
                        add_cover(cover, covered_to, kinds, j, i + 1)
                    add_cover(cover, covered_to, kinds + 1, j, i + 1)
                    if j == 0 and i + 1 >= best_start:
                        marks[col.OPENING] = k
                        best_start = i + 1
                        if i + 1 == n:
                            marks[col.WHOLE] = k
            link = int(ends[link])
    if n:
        scale = np.float32(1.0 / min(n, HEAD + TAIL))
        for k in range(kinds + 2):
            cover[k] *= scale
    return hits, notices


@jit_within
def add_cover(cover: NDArray[np.float32], covered_to: NDArray[np.int64], k: int, start: int, end: int) -> None:
    """Count what the span covers of kind `k` beyond what it covers already."""
    if end > covered_to[k]:
        cover[k] += end - max(start, covered_to[k])
        covered_to[k] = end
