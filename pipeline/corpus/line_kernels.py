"""Hot loops of lines of JSON: fields of many rows to bytes, and members of objects found in theirs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.kernels import write_escape
from pipeline.jit import jit

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

#: Kinds of fields: text in UTF-8, which is quoted and escaped, and JSON, which is copied.
TEXT, JSON = 0, 1


@jit
def write_text(data: Bytes, a: int, b: int, out: Bytes, at: int) -> int:
    """A JSON string of UTF-8 as orjson writes it, with U+0085, U+2028 and U+2029 escaped; the place after it."""
    out[at] = 34
    at += 1
    i = a
    while i < b:
        c = int(data[i])
        if c >= 32 and c != 34 and c != 92 and c != 0xC2 and c != 0xE2:
            out[at] = c
            at += 1
        elif c == 34 or c == 92:
            out[at], out[at + 1] = 92, c
            at += 2
        elif c < 32:
            short = 98 if c == 8 else 116 if c == 9 else 110 if c == 10 else 102 if c == 12 else 114 if c == 13 else 0
            if short:
                out[at], out[at + 1] = 92, short
                at += 2
            else:
                at = write_escape(c, out, at)
        elif c == 0xC2 and data[i + 1] == 0x85:
            at = write_escape(0x85, out, at)
            i += 1
        elif c == 0xE2 and data[i + 1] == 0x80 and (data[i + 2] == 0xA8 or data[i + 2] == 0xA9):
            at = write_escape(0x2028 + int(data[i + 2]) - 0xA8, out, at)
            i += 2
        else:
            out[at] = c
            at += 1
        i += 1
    out[at] = 34
    return at + 1


@jit
def write_fields(data: Bytes, start: Ints, end: Ints, kinds: Ints, before: Bytes, bounds: Ints, out: Bytes, ends: Ints) -> None:
    """Rows of fields: `start` and `end` [fields, rows] are the values in `data`, `bounds` what of `before` comes before each."""
    at = 0
    for r in range(start.shape[1]):
        for f in range(start.shape[0]):
            for i in range(bounds[f], bounds[f + 1]):
                out[at] = before[i]
                at += 1
            if kinds[f] == TEXT:
                at = write_text(data, start[f, r], end[f, r], out, at)
            else:
                for i in range(start[f, r], end[f, r]):
                    out[at] = data[i]
                    at += 1
        ends[r] = at


@jit
def skip_string(data: Bytes, i: int) -> int:
    """The place after the string whose quote is at `i`."""
    i += 1
    while data[i] != 34:
        i += 2 if data[i] == 92 else 1
    return i + 1


@jit
def find_members(data: Bytes, start: Ints, end: Ints, names: Bytes, bounds: Ints, first: Ints, last: Ints) -> None:
    """Where the value of each name (bounded by `bounds`) is in objects of strings, dense JSON: [names, rows]; -1: nowhere."""
    for r in range(start.shape[0]):
        for k in range(bounds.shape[0] - 1):
            first[k, r] = last[k, r] = -1
        i = start[r] + 1
        while i < end[r] and data[i] == 34:
            j = skip_string(data, i)
            stop = skip_string(data, j + 1)
            for k in range(bounds.shape[0] - 1):
                same = bounds[k + 1] - bounds[k] == j - i - 2
                if same:
                    for m in range(bounds[k + 1] - bounds[k]):
                        same &= data[i + 1 + m] == names[bounds[k] + m]
                if same:
                    first[k, r], last[k, r] = j + 1, stop
            i = stop + 1
