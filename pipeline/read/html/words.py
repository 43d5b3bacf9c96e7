"""The tables of `tags` as a kernel reads them: names by hash in one array a table.

The rule of this file: what an element is stands in `tags`; here it is only packed. A name is its FNV-1a hash of 64 bits (Fowler,
Noll, Vo), looked for from the place of its low bits on; no two names of the tables have one hash, and a test says so. A name of
a page that has the hash of another one is taken for it: nothing but a page made for that has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.marks import Kind
from pipeline.read.html.tags import (
    BLOCK_INSIDE,
    BLOCKS,
    BOXES,
    CODE_BLOCKS,
    KINDS,
    LISTS,
    RAW,
    REGIONS,
    ROLES,
    SKIPPED,
    TOKENS,
    VOID,
)

__all__ = [
    "BLOCK", "BOX", "CODE_BLOCK", "EMPTY", "HAS_KIND", "INSIDE", "KIND", "LEVEL", "LIST", "PLACES", "RAW_TEXT", "REGION", "ROLE",
    "SHOWN", "SKIP", "TAG", "WHAT", "WORD", "hash_name",
    "hash_table", "load_tables",
]

#: Places of one table; a power of two, and four times the names of the largest.
PLACES = 1024
#: Tables: elements, roles, words of class and id.
TAG, ROLE, WORD = 0, 1, 2

# Bits of what is known of an element.
BLOCK, SKIP, EMPTY, RAW_TEXT, INSIDE, LIST, CODE_BLOCK, HAS_KIND, BOX = (1 << n for n in range(9))
KIND, LEVEL, REGION, WHAT = 12, 16, 20, 32       # shifts: four bits, three bits, eight bits, what element of `SHOWN` it is
#: Elements that are told from all others, from 1 on.
SHOWN = (
    "a", "br", "wbr", "rt", "tr", "td", "th", "li", "ol", "code", "plaintext", "script", "html", "meta", "title", "link",
    "time", "h1",
)
_HEADING = int(Kind.HEADING)

_MASK = (1 << 64) - 1


def hash_name(name: str) -> int:
    """FNV-1a of 64 bits.

    >>> hex(hash_name("a"))
    '0xaf63dc4c8601ec8c'
    """
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & _MASK
    return value


@lru_cache(1)
def load_tables() -> NDArray[np.int64]:
    """All tables: `[table, place, (hash, value)]`; a hash of 0 is an empty place."""
    tables = np.zeros((3, PLACES, 2), np.uint64)
    names = {*BLOCKS, *SKIPPED, *VOID, *RAW, *BLOCK_INSIDE, *LISTS, *CODE_BLOCKS, *KINDS, *REGIONS, *SHOWN, *BOXES}
    for table, values in ((TAG, {name: _describe(name) for name in names}), (ROLE, ROLES), (WORD, TOKENS)):
        _fill(tables[table], values)
    signed = tables.view(np.int64)
    signed.flags.writeable = False
    return signed


def hash_table(values: Mapping[str, int]) -> NDArray[np.int64]:
    """One table: `[place, (hash, value)]`."""
    table = np.zeros((PLACES, 2), np.uint64)
    _fill(table, values)
    return table.view(np.int64)


def _fill(table: NDArray[np.uint64], values: Mapping[str, int]) -> None:
    for name, value in sorted(values.items()):
        key = hash_name(name)
        place = key % PLACES
        while table[place, 0]:
            place = (place + 1) % PLACES
        table[place] = key, value


def _describe(name: str) -> int:
    sets = ((BLOCK, BLOCKS), (SKIP, SKIPPED), (EMPTY, VOID), (RAW_TEXT, RAW), (INSIDE, BLOCK_INSIDE), (LIST, LISTS),
            (CODE_BLOCK, CODE_BLOCKS), (HAS_KIND, KINDS), (BOX, BOXES))
    value = sum(bit for bit, names in sets if name in names)
    kind = KINDS.get(name, 0)
    level = int(name[1]) if kind == _HEADING and name[0] == "h" else 0
    what = SHOWN.index(name) + 1 if name in SHOWN else 0
    return value | kind << KIND | level << LEVEL | REGIONS.get(name, 0) << REGION | what << WHAT
