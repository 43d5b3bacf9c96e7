"""What is known of characters and words when two texts are compared: data/near_facts.txt and data/near_polarity.txt as tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from itertools import chain, combinations, product

import numpy as np
from numpy.typing import NDArray

from pipeline.near.form import form_texts
from pipeline.near.kernels import characters as ch
from pipeline.near.kernels.comparison import BASE, Tables

__all__ = ["load_tables"]

_BITS = {
    "numeral": ch.NUMERAL, "structure": ch.STRUCTURE, "place": ch.PLACE, "surname": ch.SURNAME,
    "sound": ch.SOUND, "lookalike": ch.LOOKALIKE, "facet": ch.FACET, "admin": ch.ADMIN,
    "measure": ch.MEASURE, "address": ch.ADDRESS, "unit": ch.UNIT, "link": ch.LINK, "negator": ch.NEGATOR,
}


_NUMERALS = frozenset("一二三四五六七八九十")    # 一审, 二审: without what they end with, these are the numbers of articles as well


def _read(name: str) -> Iterator[list[str]]:
    text = (resources.files("pipeline") / "data" / name).read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


@cache
def load_tables() -> Tables:
    """Both files, in the form of comparison."""
    rows = [*_read("near_facts.txt"), *_read("near_polarity.txt")]
    bits = np.zeros(0x110000, np.uint16)
    for kind, *fields in rows:
        if kind in _BITS:
            bits[np.fromiter(map(ord, fields[0]), np.int64)] |= _BITS[kind]
    bits[ord("0"):ord("9") + 1] |= ch.DIGIT
    bits[list(map(ord, ".+-%‰"))] |= ch.DIGIT
    axes, single = (
        {p for kind, *poles in rows if kind == asked for p in product(poles[0], poles[1])} for asked in ("axis", "single")
    )
    groups = {pair for kind, *members in rows if kind == "group" for pair in combinations(members[0], 2)}
    lists = {
        asked: [word for kind, *line in rows if kind == asked for word in line[0].split()]
        for asked in ("opposite", "plain", "turning")
    }
    classes = [line[0].split() for kind, *line in rows if kind == "same"]
    known = {*chain(*(word.split("/") for word in lists["opposite"])), *lists["plain"], *lists["turning"], *chain(*classes)}
    form = dict(zip(known, form_texts(list(known)), strict=True))       # one by one they take 50 ms
    words = {_strip(*(form[side] for side in word.split("/"))) for word in lists["opposite"]}
    plain, turning = ({form[word] for word in lists[asked]} for asked in ("plain", "turning"))
    same = {_strip(form[a], form[b]) for members in classes for a, b in combinations(members, 2)}
    return Tables(
        bits, _hash_pairs(axes), _hash_pairs(groups | words | single), _hash_words(plain), _hash_words(turning), _hash_pairs(same)
    )


def _strip(a: str, b: str) -> tuple[str, str]:
    """Two words without what they begin and end with alike: an alignment leaves that out as well."""
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return a, b


def _hash_pairs(pairs: set[tuple[str, str]]) -> NDArray[np.uint64]:
    """Sorted hashes of pairs, both ways. One with an empty side is a negation, one of numerals a number: told otherwise."""
    words = [(a, b) for a, b in pairs if a and b and not _NUMERALS.issuperset(a + b)]
    return _hash([len(word) for pair in words for word in pair], [word for a, b in words for word in (a + b, b + a)])


def _hash_words(words: set[str]) -> NDArray[np.uint64]:
    some = [word for word in words if word]
    return _hash(list(map(len, some)), some)


def _hash(begins: list[int], words: list[str]) -> NDArray[np.uint64]:
    """Sorted hashes of words, each with what it begins with: `kernels.comparison.hash_pair` over all at once."""
    sizes = np.fromiter(map(len, words), np.int64, len(words))
    points = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32).astype(np.uint64)
    first = np.cumsum(sizes) - sizes
    hashes = np.array(begins, np.uint64)
    for k in range(sizes.max(initial=0)):
        on = np.flatnonzero(sizes > k)
        hashes[on] = hashes[on] * BASE + points[first[on] + k]
    return np.unique(hashes)
