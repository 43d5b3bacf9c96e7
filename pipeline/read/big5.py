"""Big5-UAO, the Big5 of Taiwan's bulletin boards, which Python has no codec for.

The table of Big5-UAO (Unicode-at-on 2.50) is `data/big5_uao.npz`, made by `tools/make_big5.py`.
"""

from __future__ import annotations

import io
import re
from functools import cache
from importlib import resources
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pipeline.read.wide import Recoded

__all__ = ["decode_uao", "encode_uao", "may_be_uao", "recode_uao"]

_LONG = 1 << 19         # bytes that wait at most for one that is no half of a pair
_HALVES = bytes(range(0x40, 0x100))        # what can be a half of a pair
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")         # two bytes: linear


@cache
def _load() -> dict[int, str]:
    with resources.as_file(resources.files("pipeline") / "data" / "big5_uao.npz") as path, np.load(path) as data:
        codes = np.cumsum(data["codes"], dtype=np.uint16)
        return dict(zip(codes.tolist(), map(chr, data["chars"].tolist()), strict=True))


@cache
def _foreign() -> NDArray[np.bool_]:
    """For each code point: does big5hkscs show it for a pair that Big5-UAO reads otherwise, or U+FFFD for one it does not know?"""
    shown = (code.to_bytes(2, "big").decode("big5hkscs", "replace") for code in _load() if not 0xA140 <= code <= 0xA3BF)
    table = np.zeros(0x110000, np.bool_)
    table[[ord(c) for pair in shown for c in pair if c > "\x7f"]] = True
    return table


def may_be_uao(text: str) -> bool:
    """Whether text read as Big5-HKSCS is mostly plain Big5, and holds characters that Big5-UAO would read otherwise."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    n_foreign = int(_foreign()[points].sum())
    return 0 < 2 * n_foreign <= int((points > 0x7F).sum())


def decode_uao(data: bytes, errors: str = "strict") -> str:
    """Big5-UAO: pair by pair where it differs, else as Big5-HKSCS. Raises UnicodeDecodeError as codecs do."""
    table, pieces, at = _load(), [], 0
    for pair in _PAIR.finditer(data):
        char = table.get(pair[0][0] << 8 | pair[0][1])
        if char is not None:
            pieces += [data[at:pair.start()].decode("big5hkscs", errors), char]
            at = pair.end()
    return "".join([*pieces, data[at:].decode("big5hkscs", errors)])


@cache
def _codes() -> dict[str, bytes]:
    """The pair of each character of the table; of two the lower, which is the one of Big5."""
    return {char: code.to_bytes(2, "big") for code, char in sorted(_load().items(), reverse=True)}


def encode_uao(text: str, errors: str = "strict") -> bytes:
    """Text as Big5-UAO. Raises UnicodeEncodeError.

    >>> decode_uao(encode_uao("淘沙 PTT の"))
    '淘沙 PTT の'
    """
    codes = _codes()
    return b"".join([codes.get(char) or char.encode("big5hkscs", errors) for char in text])


def recode_uao(stream: IO[bytes]) -> io.BufferedReader:
    """A stream of Big5-UAO as one of UTF-8; a byte that is none stays as it is."""
    return io.BufferedReader(_Uao(stream), 1 << 18)


class _Uao(Recoded):
    def _recode(self, data: bytes) -> bytes:
        end = len(data) if self._ended else _find_border(data)
        self._rest = data[end:]
        return decode_uao(data[:end], "surrogateescape").encode("utf-8", "surrogateescape")


def _find_border(data: bytes) -> int:
    """Where bytes that begin with a character can be cut so that no pair is: behind the last one below 0x40, which is no half.

    Where there is none for long it is found pair by pair, so that what waits is bounded.
    """
    if (end := len(data.rstrip(_HALVES))) or len(data) < _LONG:
        return end
    ends = [pair.end() for pair in _PAIR.finditer(data)]
    return len(data) - (0x81 <= data[-1] <= 0xFE and ends[-1:] != [len(data)])
