"""Naive twins of `pipeline.stages.repeats.kernels`: plain Python over str, one character at a time."""

from __future__ import annotations

from pipeline.chinese.canonical import canonical_text
from pipeline.chinese.codepoints import HAN, SENTENCE, load_classes

GRAM, ENOUGH = 16, 24


def find_heads(text: str) -> list[tuple[int, int]]:
    """Where lines (3), sentences (2) and phrases (1) begin: (index in the text, what), for characters the canonical form keeps."""
    classes = load_classes()
    heads, fresh, line_start = [], 3, 0
    kept = [i for i, c in enumerate(text) if canonical_text(c)]
    known = set(kept)
    for i, c in enumerate(text):
        before = ord(text[i - 1]) if i else 0
        if c == "\n":
            fresh, line_start = 3, i + 1
        elif classes[ord(c)] & SENTENCE or (c == "." and i and classes[before] & HAN):
            fresh = max(fresh, 2)
        elif c in "“「『" or (i - line_start <= 10 and c in ":：】]》"):
            fresh = max(fresh, 1)
        if i in known:
            heads.append((i, fresh))
            fresh = 0
    return heads


def recurs(text: str) -> bool:
    """Whether 24 canonical characters from the head of a sentence, line or phrase on come again from another head on."""
    heads = find_heads(text)
    folded = "".join(canonical_text(text[i]) for i, _ in heads)
    starts = [k for k, (_, what) in enumerate(heads) if what]
    seen: dict[str, int] = {}
    for k in starts:
        gram = folded[k:k + GRAM]
        if len(gram) < GRAM:
            continue
        first = seen.setdefault(gram, k)
        if first != k and len(folded) - k >= ENOUGH and folded[k:k + ENOUGH] == folded[first:first + ENOUGH]:
            return True
    return False


def count_agreeing(one: str, two: str) -> int:
    """The length of a longest common subsequence: no alignment agrees in more."""
    row = [0] * (len(two) + 1)
    for a in one:
        above = 0
        for j, b in enumerate(two, 1):
            above, row[j] = row[j], above + 1 if a == b else max(row[j], row[j - 1])
    return row[-1]
