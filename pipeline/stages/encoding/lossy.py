"""UTF-8 read as GBK or Big5, with losses: what they could not read became U+FFFD or ?, one for each lost byte; the rest is there.

Which part of a line is tried, as which bytes, and whether what these are likeliest to be (`lost`) is likelier than what stands
there. The same for Windows-1252, which has no character for five bytes, and from which others strip no-break spaces (A0 becomes a
space) and soft hyphens (AD, and the five, go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate, chain
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plausibility import cost
from pipeline.stages.encoding.beam import list_misfits
from pipeline.stages.encoding.charmaps import ALSO_CHINESE, load_latin
from pipeline.stages.encoding.lost import LACKING, MAYBE, SPACE, WILD, solve
from pipeline.stages.encoding.repair import GAIN, Repair, is_joined

__all__ = ["restore", "restore_single"]

#: Share of the bytes that may fit nowhere before a search is worth its time: garbled text has 1 %, noise 60 %.
_MISFIT = 0.1
#: Bytes around a run that fit nowhere, from which on the run is read alone too: a good hanzi or 。 has two, a misread line none.
_FRAMED = 2
#: Characters of a line that are searched, 50 ms; a longer one is left as it is: paragraphs have 2,000 at most.
_LONGEST = 5_000
_LEAST = 6              # high bytes that are searched: two hanzi
#: Lost bytes for each known one, beyond which a search finds little (UTF-8 read as Big5: 0.6) and takes 20 times as long.
_TOO_MUCH = 0.3


class _Bytes(NamedTuple):
    """What a character is in a charset: its bytes, whether GBK has it, how many are 0x80 and more, and whether it is a lost one."""

    data: tuple[int, ...]
    own: bool
    high: int
    wild: int


def restore(line: str, first: int, last: int) -> Repair | None:
    """The repair of a line whose unlikely run is `[first, last)` if it is UTF-8 read as GBK with lost bytes, and likelier.

    The whole line is tried, and the run (its ends may be off by a few characters) where the line does not fit as a whole or good
    text stands around it: what gains more is the repair, for good text costs where it is read with the rest.
    """
    if last - first > _LONGEST or ("\ufffd" not in line and "?" not in line):
        return None
    starts = [a for a in range(max(0, first - 3), min(first + 2, last)) if _opens(line[a])]
    ends = range(min(len(line), last + 3), max(first + 1, last - 2), -1)
    runs = dict.fromkeys((a, b) for a in starts for b in ends)
    for codec, reason in (("gb18030", "utf8-read-as-gbk-lossy"), ("big5hkscs", "utf8-read-as-big5-lossy")):
        spans = _choose(line, [(0, len(line))] if len(line) <= _LONGEST else [], codec)
        repairs = [_restore(line, a, b, *_to_bytes(line[a:b], codec), reason) for a, b in spans]
        if not any(repairs) or _is_framed(line, first, last, codec):
            spans = _choose(line, runs, codec)
            repairs += [_restore(line, a, b, *_to_bytes(line[a:b], codec), reason) for a, b in spans]
        best = max(filter(None, repairs), key=attrgetter("gain"), default=None)
        if best:
            return best
    return None


def _choose(line: str, spans: Iterable[tuple[int, int]], codec: str) -> list[tuple[int, int]]:
    """The spans worth a search: the two with the fewest misfits for their length, the longest first."""
    wanted = list(spans)
    core = line[max(a for a, _ in wanted):min(b for _, b in wanted)] if wanted else ""       # what is in all of them
    if not wanted or _encode(core.replace("\ufffd", "?"), codec) is None:
        return []
    begin, end = (0, len(line)) if len(line) <= _LONGEST else (min(a for a, _ in wanted), max(b for _, b in wanted))
    parts, high, wild, gone = _look_at(line[begin:end], codec)
    found = []
    for a, b in wanted:
        i, j = a - begin, b - begin
        n_high = high[j] - high[i]
        if gone[j] == gone[i] and n_high >= _LEAST and wild[j] - wild[i] <= _TOO_MUCH * n_high:
            misfits = _count_misfits(*_join(parts[i:j], codec))
            if misfits <= _MISFIT * n_high + 1:
                found.append((misfits, a - b, a, b))
    return [(a, b) for _, _, a, b in sorted(found)[:2]]


def _encode(text: str, codec: str) -> bytes | None:
    """The bytes of a text; None where the codec has not all of it: GB 18030 has everything, Big5 no kana of half the width."""
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return None


@lru_cache(2)
def _look_at(shown: str, codec: str) -> tuple[list[_Bytes], list[int], list[int], list[int]]:
    """What each character is in a charset; how many high bytes, lost ones and characters that it has not stand before each."""
    parts = [_bytes_of(c, codec) for c in shown]
    high, wild, gone = zip(*[(p.high, p.wild, not p.data) for p in parts], strict=True) if parts else ((), (), ())
    return parts, [0, *accumulate(high)], [0, *accumulate(wild)], [0, *accumulate(gone)]


def _is_framed(line: str, first: int, last: int, codec: str) -> bool:
    """Whether what stands before or behind a run of a line that fits as a whole is not of it: two of its bytes fit nowhere."""
    head, tail = line[:first], line[last:]
    if head.isascii() and tail.isascii():
        return False
    stream, exact = _to_bytes(line, codec)
    least = np.empty(len(stream) + 4, np.int64)
    list_misfits(stream, exact == "stripped", least)
    start, end = (len(_to_bytes(part, exact)[0]) for part in (head, tail))
    return bool(max(0, least[0] - least[start]) + least[len(stream) - end] >= _FRAMED)


def restore_single(line: str, run: re.Match[str]) -> Repair | None:
    """The repair of a run that is UTF-8 read as Windows-1252, with U+FFFD for the five bytes that it lacks, if likelier.

    Without U+FFFD: with bytes put back that were stripped, where the text that comes of it is Chinese beyond doubt.
    """
    shown = run[0].strip(ALSO_CHINESE)
    if not _LEAST <= len(shown) <= _LONGEST:
        return None
    start, to_byte = line.index(shown, run.start()), load_latin().to_byte
    end = start + len(shown)
    reason = "utf8-read-as-single-bytes-lossy"
    if "\ufffd" in shown:
        stream = [LACKING if c == "\ufffd" else to_byte[ord(c)] for c in shown]
        repair = _restore(line, start, end, np.array(stream, np.int16), "cp1252", reason)
        return repair if repair and is_joined(repair.put, 2) else None
    end += line[end:end + 1] == " "
    stream = [SPACE if c == " " else to_byte[ord(c)] for c in line[start:end]]
    repair = _restore(line, start, end, np.array(stream, np.int16), "stripped", reason)
    return repair if repair and is_joined(repair.put, 4) else None


def _restore(line: str, first: int, last: int, stream: NDArray[np.int16], codec: str, reason: str) -> Repair | None:
    n_high = int((stream > 0x7F).sum())
    if n_high < _LEAST or _count_misfits(stream, codec) > _MISFIT * n_high + 1:
        return None
    shown = line[first:last]
    put = solve(stream, codec, line[first - 1:first] or "\n", line[last:last + 1] or "\n")
    gain = cost(shown) - cost(put)
    if gain < GAIN + len(put):
        return None
    return Repair(first, last, put, reason, gain, 1 - put.count("\ufffd") / len(put))


def _count_misfits(stream: NDArray[np.int16], codec: str) -> int:
    """The fewest bytes that fit nowhere, however the stream is read. Linear, and 20 times as fast as the search."""
    return list_misfits(stream, codec == "stripped", np.empty(len(stream) + 4, np.int64))


def _opens(char: str) -> bool:
    """Whether the first byte of a character in GBK or Big5 can begin a character of three bytes in UTF-8."""
    return char == "\ufffd" or any(char.encode(codec, "replace")[0] >= 0xE2 for codec in ("gb18030", "big5hkscs"))


def _to_bytes(shown: str, codec: str) -> tuple[NDArray[np.int16], str]:
    """The bytes that a codec showed as this, negative for a lost one (none where it is not of the codec), and the codec.

    Private use characters are of those who read GBK with the table of GB 18030; without any it was GBK.
    """
    parts = [_bytes_of(c, codec) for c in shown]
    return _join(parts, codec) if all(part.data for part in parts) else (np.empty(0, np.int16), codec)


def _join(parts: list[_Bytes], codec: str) -> tuple[NDArray[np.int16], str]:
    exact = "gbk" if codec == "gb18030" and all(part.own for part in parts) else codec
    return np.array(list(chain.from_iterable([part.data for part in parts])), np.int16), exact


@lru_cache(1 << 14)
def _bytes_of(char: str, codec: str) -> _Bytes:
    """The bytes that a codec showed as this character; none where the codec has it not."""
    if char in "\ufffd?":
        return _Bytes((WILD if char == "\ufffd" else MAYBE,), True, 0, int(char == "\ufffd"))
    if char == "€" and codec == "gb18030":
        return _Bytes((0x80,), True, 1, 0)
    for name, own in (("gbk", True), (codec, False)) if codec == "gb18030" else ((codec, True),):
        with suppress(UnicodeEncodeError):
            data = tuple(char.encode(name))
            return _Bytes(data, own, sum(byte > 0x7F for byte in data), 0)
    return _Bytes((), True, 0, 0)
