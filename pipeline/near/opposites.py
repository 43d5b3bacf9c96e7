"""What is known of characters and words when two texts are compared: data/near_facts.txt and data/near_polarity.txt as tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from itertools import combinations, permutations, product

import numpy as np
from numpy.typing import NDArray

from pipeline.near.form import form_text
from pipeline.near.kernels import characters as ch
from pipeline.near.kernels.comparison import Tables, hash_pair, hash_word

__all__ = ["load_tables"]

_BITS = {
    "numeral": ch.NUMERAL, "structure": ch.STRUCTURE, "place": ch.PLACE, "surname": ch.SURNAME,
    "sound": ch.SOUND, "lookalike": ch.LOOKALIKE, "facet": ch.FACET, "admin": ch.ADMIN,
    "measure": ch.MEASURE, "address": ch.ADDRESS, "unit": ch.UNIT, "link": ch.LINK, "negator": ch.NEGATOR,
}


_NUMERALS = "一二三四五六七八九十"    # 一审, 二审: without what they end with, these are the numbers of articles as well


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
    words = {_strip(*map(form_text, word.split("/"))) for kind, *line in rows if kind == "opposite" for word in line[0].split()}
    plain, turning = (
        {form_text(w) for kind, *line in rows if kind == asked for w in line[0].split()} for asked in ("plain", "turning")
    )
    classes = (line[0].split() for kind, *line in rows if kind == "same")
    same = {_strip(*map(form_text, pair)) for words in classes for pair in combinations(words, 2)}
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


def _points(word: str) -> NDArray[np.uint32]:
    return np.fromiter(map(ord, word), np.uint32, len(word))


def _hash_pairs(pairs: set[tuple[str, str]]) -> NDArray[np.uint64]:
    """Sorted hashes of pairs, both ways. One with an empty side is a negation, one of numerals a number: told otherwise."""
    words = {pair for pair in pairs if all(pair) and not all(c in _NUMERALS for word in pair for c in word)}
    both = [(_points(a), _points(b)) for pair in words for a, b in permutations(pair)]
    return np.unique(np.array([hash_pair(a, b, 0, len(a), 0, len(b)) for a, b in both], np.uint64))


def _hash_words(words: set[str]) -> NDArray[np.uint64]:
    return np.unique(np.array([hash_word(_points(w), 0, len(w)) for w in words if w], np.uint64))
