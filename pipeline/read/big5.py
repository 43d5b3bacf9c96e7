"""Big5-UAO, the Big5 of Taiwan's bulletin boards, which Python has no codec for.

The table of Big5-UAO (Unicode-at-on 2.50) is `data/big5_uao.npz`, made by `tools/make_big5.py`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import numpy as np

__all__ = ["decode_uao", "may_be_uao"]

_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")         # two bytes: linear


@cache
def _load() -> dict[int, str]:
    with resources.as_file(resources.files("pipeline") / "data" / "big5_uao.npz") as path, np.load(path) as data:
        codes = np.cumsum(data["codes"], dtype=np.uint16)
        return dict(zip(codes.tolist(), map(chr, data["chars"].tolist()), strict=True))


@cache
def _foreign() -> frozenset[str]:
    """What big5hkscs shows for pairs that Big5-UAO reads otherwise, and U+FFFD for those that it does not know."""
    shown = (code.to_bytes(2, "big").decode("big5hkscs", "replace") for code in _load() if not 0xA140 <= code <= 0xA3BF)
    return frozenset(c for pair in shown for c in pair if c > "\x7f")


def may_be_uao(text: str) -> bool:
    """Whether text read as Big5-HKSCS is mostly plain Big5, and holds characters that Big5-UAO would read otherwise."""
    foreign = _foreign()
    if foreign.isdisjoint(text):
        return False
    return 2 * sum(c in foreign for c in text) <= sum(c > "\x7f" for c in text)


def decode_uao(data: bytes, errors: str = "strict") -> str:
    """Big5-UAO: pair by pair where it differs, else as Big5-HKSCS. Raises UnicodeDecodeError as codecs do."""
    table, pieces, at = _load(), [], 0
    for pair in _PAIR.finditer(data):
        char = table.get(pair[0][0] << 8 | pair[0][1])
        if char is not None:
            pieces += [data[at:pair.start()].decode("big5hkscs", errors), char]
            at = pair.end()
    return "".join([*pieces, data[at:].decode("big5hkscs", errors)])
