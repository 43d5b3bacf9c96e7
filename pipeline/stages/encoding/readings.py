"""Which readings of misread lines can be: charsets of several bytes taken for one another, ruled out for many lines at once.

A reading goes back to bytes in the wrong charset and reads them in the right one. Whether that can make sense is told by the
cost of what it makes of the unlikely run of each line, between its ends, which may be off (`confused` tries them). All readings of
a line take 40 us so, where codecs are called for all lines of a block; to try them in all spans took 500.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plausibility import load_costs

__all__ = ["ALL", "READINGS", "Readings"]

#: (wrong, right): the text is encoded in the first and decoded in the second.
_CONFUSED = (("gb18030", "utf-8"), ("big5hkscs", "utf-8"), ("gb18030", "big5hkscs"), ("big5hkscs", "gb18030"))
_FOREIGN = tuple((wrong, right) for wrong in ("cp949", "johab", "cp932", "euc_jp") for right in ("gb18030", "big5hkscs", "utf-8"))
READINGS = _CONFUSED + _FOREIGN
#: All of them, a bit each.
ALL = (1 << len(READINGS)) - 1
_NEAR = (1 << len(_CONFUSED)) - 1
_HANGUL_OR_KANA = re.compile("[\u3040-\u30ff\u3131-\u318e\uac00-\ud7a3\uff61-\uff9f]")        # one class: linear
#: Mean nats of the characters beyond ASCII that a reading makes of a run, above which it is none: see
#: docs/decisions/110-readings-are-ruled-out-for-many-lines.md.
_MOST = 11.5
_BLOCK = 64             # lines that are looked at together: a page that is read in one way needs the first block alone
_INNER = bytes(range(0x80, 0xC0))


class Readings:
    """Unlikely runs, and for each which of `READINGS` can be, once one of them is asked for."""

    def __init__(self, runs: Sequence[str]) -> None:
        self._runs = runs
        self._alive: dict[int, list[int]] = {}

    def ask(self, k: int) -> int:
        """The readings that can be of run `k`, a bit each."""
        block = k // _BLOCK
        if block not in self._alive:
            self._alive[block] = rule_out(self._runs[block * _BLOCK:(block + 1) * _BLOCK])
        return self._alive[block][k % _BLOCK]


def rule_out(runs: Sequence[str]) -> list[int]:
    """For each run the readings that can be, a bit each; those in Korean and Japanese only where it shows such letters."""
    foreign = [len(_HANGUL_OR_KANA.findall(run)) >= 2 for run in runs]
    alive = [0] * len(runs)
    for near, readings in ((True, _CONFUSED), (False, _FOREIGN)):
        rows = [k for k, far in enumerate(foreign) if near or far]
        # A question mark is what a codec puts where it has no character; what a foreign one could not read is left out of account.
        text = "\n".join([runs[k][1:-1] or runs[k] for k in rows]).replace("?", ".")
        text = text if near else text.replace("\ufffd", "\0")
        for wrong in dict.fromkeys(wrong for wrong, _ in readings) if rows else ():
            pieces = text.encode(wrong, "replace").split(b"\n")
            for right in (right for other, right in readings if other == wrong):
                bit = 1 << READINGS.index((wrong, right))
                for k, possible in zip(rows, _judge(pieces, wrong, right), strict=True):
                    alive[k] |= bit * possible
    return alive


def _judge(pieces: list[bytes], wrong: str, right: str) -> list[bool]:
    """Whether these bytes can be text in a charset; those that hold what the wrong one had not (?) cannot."""
    if right == "utf-8":
        return [b"?" not in piece and _is_utf8(piece) for piece in pieces]
    ways = [pieces]
    if wrong == "cp949":                # which lacks one byte of GBK, and that one is put back
        ways.append([piece.replace(b"\0", b"\xc9") for piece in pieces])
    ways += [[piece[1:] for piece in way] for way in ways]        # a run may begin within a character
    nats = np.min([_weigh(way, right, strict=len(ways) == 2) for way in ways], axis=0)
    return [b"?" not in piece and least <= _MOST for piece, least in zip(pieces, nats.tolist(), strict=True)]


def _is_utf8(piece: bytes) -> bool:
    """Whether bytes that may begin and end within a character are UTF-8."""
    try:
        piece.lstrip(_INNER).decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _weigh(pieces: list[bytes], right: str, *, strict: bool) -> NDArray[np.float64]:
    """Mean nats of the characters beyond ASCII that a charset makes of each piece; `strict`: none where some is refused inside."""
    # Blanks at the end: what is cut is one fault, and all of it, so that the last piece would lose its LF.
    text = b"\n".join([*pieces, b"    "]).decode(right, "replace")
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    ends = np.flatnonzero(points == 0x0A)
    starts = np.append(0, ends[:-1] + 1)
    high = points > 0x7F
    nats, counts, lost = (
        np.append(0, np.cumsum(column)) for column in (np.where(high, load_costs()[points], 0), high, points == 0xFFFD)
    )
    mean: NDArray[np.float64] = (nats[ends] - nats[starts]) / np.maximum(1, counts[ends] - counts[starts])
    inner = np.minimum(starts + 1, ends), np.maximum(starts + 1, ends - 2)
    return np.where(lost[np.minimum(inner[1], ends)] > lost[inner[0]], np.inf, mean) if strict else mean
