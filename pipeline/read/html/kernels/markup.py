"""One tag of the markup: its name, its attributes, the words of its class, and where raw text ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.jit import jit_within
from pipeline.read.html.kernels.columns import (
    CLASS,
    DOWN,
    HIDDEN_AT,
    ID,
    LONGEST_CLASS,
    N_ATTRIBUTES,
    PLAINTEXT,
    ROLE_AT,
    SCRIPT,
    START,
    STYLE,
    TR,
    TYPE,
    VALUE,
    Bytes,
    Ints,
)
from pipeline.read.html.words import INSIDE, PLACES, RAW_TEXT, TAG, WHAT

__all__ = [
    "find", "find_attributes", "find_raw_end", "find_words", "hash_value", "is_drawn", "is_hidden", "lays_out", "look_up",
    "read_tag", "says_code",
]

def _pack(name: str) -> int:
    """A name of at most eight letters as one integer."""
    return int.from_bytes(name.encode(), "little")


_CLASS, _ID, _STYLE, _ROLE, _HIDDEN, _START, _TYPE, _VALUE = map(
    _pack, ("class", "id", "style", "role", "hidden", "start", "type", "value"))
_REVERSED = _pack("reversed")
_SCRIPT, _NOT_DISPLAYED, _NOT_VISIBLE = (
    np.frombuffer(word, np.uint8) for word in (b"script", b"display:none", b"visibility:hidden"))
# No literals, for each of which numba would compile what takes it anew.
_LT, _GT = np.array([60, 62])
_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)

#: Words of class that say that an element holds code: those of the highlighters in use; of `-` there may be one or none.
_HIGHLIGHTERS = ("highlight", "hljs", "prettyprint", "brush", "syntaxhighlighter", "source-code", "sourcecode", "codehilite")
_HIGHLIGHTER = np.frombuffer("".join(word.ljust(20, "\0") for word in _HIGHLIGHTERS).encode(), np.uint8).reshape(-1, 20)


@jit_within
def find(data: Bytes, at: int, byte: int) -> int:
    """Where a byte stands from `at` on; the length where it does not."""
    while at < len(data) and data[at] != byte:
        at += 1
    return at


@jit_within
def look_up(table: Ints, key: int) -> int:
    """The value of a name by its hash; 0 where it is not in the table."""
    place = key & (PLACES - 1)
    while table[place, 0]:
        if table[place, 0] == key:
            return table[place, 1]     # type: ignore[no-any-return]
        place = (place + 1) & (PLACES - 1)
    return 0


@jit_within
def read_tag(data: Bytes, at: int, tables: Ints) -> tuple[bool, int, int, int, int]:
    """A tag that begins at `at`: is it an end, hash of its name (0: a comment and the like), what is known of that, where its
    attributes begin, and where it ends, at its last byte.
    """
    n = len(data)
    at += 1
    if at >= n:
        return False, 0, 0, n, n
    if data[at] == 33 and at + 2 < n and data[at + 1] == 45 and data[at + 2] == 45:     # !--
        at += 3
        while at < n and not (data[at] == 62 and data[at - 1] == 45 and data[at - 2] == 45):
            at += 1
        return False, 0, 0, n, at
    if data[at] == 33 or data[at] == 63:        # ! ?
        return False, 0, 0, n, find(data, at, _GT)
    closes = data[at] == 47
    at += closes
    key = _OFFSET
    while at < n and data[at] != 32 and data[at] != 62:
        key = (key ^ np.uint64(data[at])) * _PRIME
        at += 1
    name: Any = np.int64(key)
    return bool(closes), name, look_up(tables[TAG], name), at, find(data, at, _GT)


@jit_within
def lays_out(data: Bytes, at: int, tables: Ints) -> bool:
    """Whether a row of a table, whose tag ends before `at`, holds blocks: then it lays the page out.

    Only a row that holds none is read to its end, and it holds no other row: linear over a page.
    """
    while True:
        at = find(data, at, _LT)
        if at >= len(data):
            return False
        closes, name, value, _, end = read_tag(data, at, tables)
        at = end + 1
        if closes and value >> WHAT == TR:
            return False
        if not closes and value & INSIDE:
            return True
        if not closes and value & RAW_TEXT:
            at = find_raw_end(data, at, value >> WHAT, name)


@jit_within
def find_raw_end(data: Bytes, at: int, what: int, name: int) -> int:
    """Where the end tag of an element of raw text begins."""
    if what == PLAINTEXT:       # has no end: what looks like one is text, but for the last
        end = len(data) - 1
        while end > at and not (data[end] == 60 and _closes(data, end, name)):
            end -= 1
        return end
    escaped = 0     # in a script: 1 in a comment, 2 in a script in that comment (13.2.5.18 to 31)
    n = len(data)
    while at < n:
        byte = data[at]
        if byte == 60:
            if _closes(data, at, name):
                if escaped != 2:
                    return at
                escaped = 1
            elif what == SCRIPT and not escaped and at + 3 < n and data[at + 1] == 33 and data[at + 2] == 45 and data[at + 3] == 45:
                escaped = 1
                at += 1
            elif escaped == 1 and _begins_script(data, at + 1):
                escaped = 2
        elif byte == 62 and escaped and data[at - 1] == 45 and data[at - 2] == 45:
            escaped = 0
        at += 1
    return n


@jit_within
def _begins_script(data: Bytes, at: int) -> bool:
    if at + 6 >= len(data):
        return False
    for n in range(6):
        if data[at + n] | 32 != _SCRIPT[n]:
            return False
    after = data[at + 6]
    return bool(after == 62 or after == 47 or after == 32 or after == 10 or after == 9 or after == 12)


@jit_within
def _closes(data: Bytes, at: int, name: int) -> bool:
    """Whether an end tag of a name, in any case, begins here."""
    if at + 1 >= len(data) or data[at + 1] != 47:
        return False
    key = _OFFSET
    at += 2
    while at < len(data):
        byte = data[at]
        if byte == 62 or byte == 47 or byte == 32 or byte == 10 or byte == 9 or byte == 12:
            return bool(np.int64(key) == name)
        if 65 <= byte <= 90:
            byte += 32
        key = (key ^ np.uint64(byte)) * _PRIME
        at += 1
    return False


@jit_within
def find_attributes(data: Bytes, at: int, end: int, found: Ints) -> None:
    """Where the values of the attributes of an element begin and end, of those that are looked at."""
    for n in range(N_ATTRIBUTES):
        found[n, 0] = found[n, 1] = -1
    while at < end:
        while at < end and data[at] == 32:
            at += 1
        name: Any = np.int64(0)
        first = at
        while at < end and (data[at] != 61 or at == first) and data[at] != 32:
            if at < first + 8:
                name |= np.int64(data[at]) << 8 * (at - first)
            at += 1
        long = at - first > 8
        if at + 1 >= end or data[at] != 61:
            continue
        start = at + 2
        at = start
        while at < end and data[at] != 34:
            at += 1
        which = -1 if long else _which_attribute(name)
        if which >= 0:
            found[which, 0], found[which, 1] = start, at
        at += 1


@jit_within
def _which_attribute(name: int) -> int:
    if name == _CLASS:
        return CLASS
    if name == _ID:
        return ID
    if name == _STYLE:
        return STYLE
    if name == _ROLE:
        return ROLE_AT
    if name == _HIDDEN:
        return HIDDEN_AT
    if name == _START:
        return START
    if name == _TYPE:
        return TYPE
    if name == _VALUE:
        return VALUE
    return DOWN if name == _REVERSED else -1


@jit_within
def find_words(data: Bytes, found: Ints, table: Ints) -> int:
    """Token bits of the words of class and id: a letter with the small letters and digits that follow it."""
    bits, left = 0, LONGEST_CLASS
    for which in (CLASS, ID):
        at, end = found[which, 0], found[which, 1]
        while at < end and left > 0:
            byte = data[at] | 32
            if not 97 <= byte <= 122:
                left -= (data[at] & 0xC0) != 0x80
                at += 1
                continue
            key = (_OFFSET ^ np.uint64(byte)) * _PRIME
            at += 1
            left -= 1
            while at < end and left > 0 and (97 <= data[at] <= 122 or 48 <= data[at] <= 57):
                key = (key ^ np.uint64(data[at])) * _PRIME
                at += 1
                left -= 1
            bits |= look_up(table, np.int64(key))     # type: ignore[arg-type]
        left -= 1
    return bits


@jit_within
def says_code(data: Bytes, at: int, end: int) -> bool:
    """Whether a class or id has one of the words of highlighters in it, in any case."""
    end = min(end, at + LONGEST_CLASS)
    while at < end:
        byte = data[at] | 32
        if byte == 104 or byte == 112 or byte == 98 or byte == 115 or byte == 99:
            for word in _HIGHLIGHTER:
                n = 0
                while at + n < end and word[n] and (data[at + n] | 32) == word[n]:
                    n += 1
                if not word[n]:
                    return True
        at += 1
    return False


@jit_within
def is_hidden(data: Bytes, at: int, end: int) -> bool:
    """Whether a style has `display:none` or `visibility:hidden`, in any case, with any blanks."""
    n_display = n_visible = 0
    while at < end:
        byte = data[at]
        at += 1
        if byte == 32:
            continue
        if 65 <= byte <= 90:
            byte += 32
        n_display = n_display + 1 if byte == _NOT_DISPLAYED[n_display] else int(byte == _NOT_DISPLAYED[0])
        n_visible = n_visible + 1 if byte == _NOT_VISIBLE[n_visible] else int(byte == _NOT_VISIBLE[0])
        if n_display == len(_NOT_DISPLAYED) or n_visible == len(_NOT_VISIBLE):
            return True
    return False


@jit_within
def hash_value(data: Bytes, at: int, end: int) -> int:
    """The hash of a value, as those of the tables."""
    key = _OFFSET
    while at < end:
        key = (key ^ np.uint64(data[at])) * _PRIME
        at += 1
    return np.int64(key)        # type: ignore[return-value]


@jit_within
def is_drawn(data: Bytes, found: Ints) -> bool:
    """Whether a box is drawn: it is not hidden, nor the field of a form that has no look."""
    if found[HIDDEN_AT, 0] >= 0 or (found[STYLE, 0] >= 0 and is_hidden(data, found[STYLE, 0], found[STYLE, 1])):
        return False
    return not (found[TYPE, 1] - found[TYPE, 0] == 6 and data[found[TYPE, 0]] | 32 == 104)      # hidden
