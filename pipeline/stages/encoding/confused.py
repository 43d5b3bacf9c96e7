"""Charsets of two and three bytes taken for one another: UTF-8, GBK and Big5, and Chinese read as Korean or Japanese."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.chinese.plausibility import cost
from pipeline.stages.encoding.readings import ALL, READINGS
from pipeline.stages.encoding.repair import GAIN, ORDINARY, Repair, count_high, is_chinese, is_joined

__all__ = ["WIDE", "confuse", "reread_whole"]

#: What such a reading shows: kana, bopomofo, hanzi, Hangul, private use, half-width katakana, U+FFFD. One class: linear.
WIDE = re.compile(
    "[\u3040-\u30ff\u3100-\u312f\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\ue000-\uf8ff\uff61-\uff9f\ufffd]"
)
_NAMES = {"utf-8": "utf8", "gb18030": "gbk", "big5hkscs": "big5"}
_KANA = re.compile("[\u3041-\u30fe]")        # one class: linear
#: Nats for each character more that a repair covers: a common hanzi among garbled ones is garbled too (把 for 參), but a clean
#: clause beside them costs 5 a character when it is read with them.
_COVER = 2.0
_LOST = 0.2             # share of the characters of a run that may be lost: GBK's row C9 (社设身深) has none in Korean's


def confuse(line: str, first: int, last: int, alive: int = ALL) -> Repair | None:
    """The best of all readings, over the line, the run without ASCII, or about the unlikely run `[first, last)`.

    `alive`: which of `READINGS` can be, a bit each.
    """
    pairs = [reading for bit, reading in enumerate(READINGS) if alive >> bit & 1]
    if not pairs:
        return None
    spans = dict.fromkeys([(0, len(line)), _run(line, first, last), *_widen(line, first, last)])
    readings: list[Repair | None] = []
    for a, b in spans:
        if _is_wide(line[a:b]):
            encoded = {wrong: _encode(line[a:b], wrong) for wrong in dict.fromkeys(wrong for wrong, _ in pairs)}
            spent = cost(line[a:b])
            readings += [_reread(line, a, b, spent, wrong, right, data) for wrong, right in pairs if (data := encoded[wrong])]
    return max((r for r in readings if r), key=lambda r: r.gain + _COVER * (r.end - r.start), default=None)


def reread_whole(line: str, reason: str) -> Repair | None:
    """The line read as a repair of this reason reads, where that is more plausible Chinese."""
    for wrong, right in READINGS:
        if _name(wrong, right) == reason and (encoded := _encode(line, wrong)):
            return _reread(line, 0, len(line), cost(line), wrong, right, encoded)
    return None


def _name(wrong: str, right: str) -> str:
    return f"{_NAMES[right]}-read-as-{_NAMES.get(wrong, wrong)}"


def _is_wide(shown: str) -> bool:
    """Whether at least four characters are such, and half of those that are not ASCII."""
    n_wide = len(WIDE.findall(shown))
    return n_wide >= 4 and n_wide * 2 >= count_high(shown)


def _reread(line: str, start: int, end: int, spent: float, wrong: str, right: str, encoded: list[bytes]) -> Repair | None:
    """A span, of the cost `spent`, encoded in one charset and decoded in another, if that is more plausible Chinese."""
    foreign = wrong not in _NAMES
    put = _convert(encoded, wrong, right)
    if put is None:
        return None
    gain = spent - cost(put)
    if gain < GAIN + 2 * len(put) or put.count("\ufffd") > _LOST * len(put):
        return None
    whole = (end - start) * 2 > len(line)       # a few rare hanzi in a clean line are a term (麩酸醱酵), not GBK read as Big5
    if foreign:
        sure = is_joined(put, 4 if whole else 8)
    elif right == "utf-8":
        sure = is_chinese(put, 2)
    else:
        sure = is_chinese(put, 4 if whole else 8, ORDINARY) and (is_joined(put) or not _KANA.search(line, start, end))
    if not sure:
        return None
    return Repair(start, end, put, _name(wrong, right), gain, 1 - put.count("\ufffd") / len(put))


def _encode(shown: str, wrong: str) -> list[bytes] | None:
    """The bytes in the wrong charset, without what that could not read (U+FFFD); None where it has not all of the characters."""
    try:
        return [piece.encode(wrong) for piece in ([shown] if wrong in _NAMES else shown.split("\ufffd"))]
    except UnicodeError:
        return None


def _convert(encoded: list[bytes], wrong: str, right: str) -> str | None:
    """The text in the right charset. What the wrong one could not read is U+FFFD, one for a pair of bytes or for its first byte.

    Of the first bytes of GBK's hanzi Korean's table lacks one, C9 (社设身深), and only that.
    """
    try:
        if len(encoded) > 1 and wrong == "cp949" and right == "gb18030":
            put = b"\xc9".join(encoded).decode(right, "ignore")
            if is_joined(put, 4):
                return put
        return "\ufffd".join(piece.decode(right) for piece in encoded)
    except UnicodeError:
        return None


def _run(line: str, first: int, last: int) -> tuple[int, int]:
    """The unlikely run with all characters next to it that are not ASCII."""
    while first > 0 and line[first - 1] > "\x7f":
        first -= 1
    while last < len(line) and line[last] > "\x7f":
        last += 1
    return first, last


def _widen(line: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Spans to try around an unlikely run: its ends may be off by a character or two."""
    for a in range(max(0, first - 2), min(first + 2, last)):
        for b in range(min(len(line), last + 2), max(a + 1, last - 2), -1):
            yield a, b
