"""How deep elements nest at most, before anything parses them: an upper bound, in one pass."""

from __future__ import annotations

import numpy as np

from pipeline.jit import jit
from pipeline.read.html.kernels.columns import Bytes, Ints
from pipeline.read.html.kernels.markup import look_up

__all__ = ["nests_deeper"]

_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@jit
def nests_deeper(data: Bytes, table: Ints, depth: int) -> bool:
    """Whether more elements than `depth`, of the names in `table`, may be open at once in some markup.

    What looks like the beginning of one counts, and as its end what surely is one.
    """
    n = at = 0
    while at < len(data):
        if data[at] != 60:
            at += 1
            continue
        at += 1
        closes = at < len(data) and data[at] == 47
        at += closes
        key = _OFFSET
        while at < len(data) and (97 <= data[at] | 32 <= 122 or 48 <= data[at] <= 57):
            byte = data[at] | 32 if data[at] >= 65 else data[at]
            key = (key ^ np.uint64(byte)) * _PRIME
            at += 1
        after = data[at] if at < len(data) else 0
        if look_up(table, np.int64(key)):       # type: ignore[arg-type]
            if not closes:
                n += 1
            elif after == 62 or after == 47 or after == 32 or 9 <= after <= 13 or 28 <= after <= 31:
                n = max(n - 1, 0)
        elif after >= 0x80 and not closes:      # a letter that is one of ASCII where case does not count
            n += 1
        if n > depth:
            return True
    return False
