"""UTF-8 read as GBK or Big5, with losses: what they could not read became U+FFFD or ?, one for each lost byte; the rest is there.

Which part of a line is tried, as which bytes, and whether what these are likeliest to be (`lost`) is likelier than what stands
there. The same for Windows-1252, which has no character for five bytes, and from which others strip no-break spaces (A0 becomes a
space) and soft hyphens (AD, and the five, go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plausibility import cost
from pipeline.stages.encoding.beam import GONE, LACKING, MAYBE, SPACE, WILD, list_misfits, place_chars, weigh_spans
from pipeline.stages.encoding.charmaps import ALSO_CHINESE, load_latin
from pipeline.stages.encoding.lost import NO_PAGE, solve
from pipeline.stages.encoding.repair import GAIN, Repair, is_joined

__all__ = ["restore", "restore_runs", "restore_single", "restore_twice"]

#: Share of the bytes that may fit nowhere before a search is worth its time: garbled text has 1 %, noise 60 %.
_MISFIT = 0.1
#: Bytes around a run that fit nowhere, from which on the run is read alone too: a good hanzi or 。 has two, a misread line none.
_FRAMED = 2
#: Characters of a line that are searched, 50 ms; a longer one is left as it is: paragraphs have 2,000 at most.
_LONGEST = 5_000
_LOST_TWICE = "ï¿½"
#: A run of Windows-1252 with U+FFFD for what it lacks. Two disjoint classes: linear.
_LOSSY = re.compile(load_latin().run.pattern.removesuffix("[@-~]?").replace("[", "[\\ufffd"))
_LEAST = 6              # high bytes that are searched: two hanzi
#: Lost bytes for each known one, beyond which a search finds little (UTF-8 read as Big5: 0.6) and takes 20 times as long.
_TOO_MUCH = 0.3


#: Signs that stand for what is no byte while a line is encoded, and what they mean; 0x80 is the euro sign of Windows' GBK. A line
#: that holds one of them itself loses it as a control first.
_SIGNS = (("\ufffd", "\x1c", WILD), ("?", "\x1d", MAYBE))
_EURO = ("€", "\x1e", 0x80)
_HELD = re.compile("[\x1c-\x1e]")
_MEANING = np.arange(256, dtype=np.int16)
for _, _sign, _meaning in (*_SIGNS, _EURO, ("", "?", GONE)):        # ? is what a codec puts where it has no character
    _MEANING[ord(_sign)] = _meaning


class _Shown:
    """Part of a line as the bytes of a charset."""

    def __init__(self, line: str, begin: int, end: int, codec: str) -> None:
        text = line[begin:end]
        for char, sign, _ in (*_SIGNS, _EURO)[:2 + (codec == "gb18030")]:
            text = text.replace(char, sign)
        self._begin, self._codec, self._text = begin, codec, text
        self._stream = _MEANING[np.frombuffer(text.encode(codec, "replace"), np.uint8)]
        self._at = np.empty(end - begin + 1, np.int64)
        self.is_plain = place_chars(self._stream, self._at) == end - begin and not _HELD.search(line, begin, end)

    def read(self, first: int, last: int) -> tuple[NDArray[np.int16], str]:
        """The bytes of these characters, negative for a lost one, and the codec.

        Private use characters are of those who read GBK with the table of GB 18030; without any it was GBK.
        """
        i, j = first - self._begin, last - self._begin
        exact = "gbk" if self._codec == "gb18030" and _has(self._text[i:j], "gbk") else self._codec
        return self._stream[self._at[i]:self._at[j]], exact

    def choose(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """The spans worth a search: the two with the fewest misfits for their length, the longest first."""
        if not spans:
            return []
        bounds = np.array(spans, np.int64) - self._begin
        weights, least = np.empty((len(spans), 4), np.int64), np.empty(len(self._stream) + 4, np.int64)
        weigh_spans(self._stream, self._at, bounds[:, 0].copy(), bounds[:, 1].copy(), least, weights)
        found = [
            (misfits, a - b, a, b) for (a, b), (high, wild, gone, misfits) in zip(spans, weights.tolist(), strict=True)
            if not gone and high >= _LEAST and wild <= _TOO_MUCH * high and misfits <= _MISFIT * high + 1
        ]
        return [(a, b) for _, _, a, b in sorted(found)[:2]]

    def is_framed(self, first: int, last: int) -> bool:
        """Whether what stands before or behind a run of a line that fits as a whole is not of it: two of its bytes fit nowhere."""
        start, end, n = self._at[first - self._begin], self._at[last - self._begin], len(self._stream)
        least = np.empty(n + 4, np.int64)
        list_misfits(self._stream, False, least)
        return bool(max(0, least[0] - least[start]) + least[end] >= _FRAMED)


def restore(line: str, first: int, last: int, *, told: str = "") -> Repair | None:
    """The repair of a line whose unlikely run is `[first, last)` if it is UTF-8 read as GBK with lost bytes, and likelier.

    The whole line is tried, and the run (its ends may be off by a few characters) where the line does not fit as a whole or good
    text stands around it: what gains more is the repair, for good text costs where it is read with the rest. `told`: the one reason
    for which it may be repaired.
    """
    if last - first > _LONGEST or ("\ufffd" not in line and "?" not in line):
        return None
    for codec, reason in (("gb18030", "utf8-read-as-gbk-lossy"), ("big5hkscs", "utf8-read-as-big5-lossy")):
        if told == reason or (not told and _may_fit(line, first, last, codec)):
            best = max(_restore_in(line, first, last, codec, reason), key=attrgetter("gain"), default=None)
            if best:
                return best
    return None


def _restore_in(line: str, first: int, last: int, codec: str, reason: str) -> Iterator[Repair]:
    """Repairs of the whole line, and of parts about the run where it is read alone."""
    whole = len(line) <= _LONGEST
    begin, end = (0, len(line)) if whole else (max(0, first - 3), min(len(line), last + 3))
    shown, found = _Shown(line, begin, end, codec), False
    if not shown.is_plain:
        return
    for a, b in shown.choose([(begin, end)] if whole else []):
        if repair := _restore(line, a, b, *shown.read(a, b), reason):
            found = True
            yield repair
    framed = not (line[:first].isascii() and line[last:].isascii())
    if not found or (framed and shown.is_framed(first, last)):
        starts = [a for a in range(max(0, first - 3), min(first + 2, last)) if _opens(line[a])]
        ends = range(min(len(line), last + 3), max(first + 1, last - 2), -1)
        for a, b in shown.choose(list(dict.fromkeys((a, b) for a in starts for b in ends))):
            if repair := _restore(line, a, b, *shown.read(a, b), reason):
                yield repair


def _may_fit(line: str, first: int, last: int, codec: str) -> bool:
    """Whether what is in all spans about the run can be UTF-8 that was read in a codec: of vain looks nine in ten end here.

    At its ends six bytes may be of characters that were cut; what else the longest span holds has four bytes a character at most.
    """
    core = line[first + 1:last - 1]
    for char, sign, _ in (*_SIGNS, _EURO)[:2 + (codec == "gb18030")]:
        core = core.replace(char, sign)
    try:
        stream = _MEANING[np.frombuffer(core.encode(codec), np.uint8)]
    except UnicodeEncodeError:
        return False                    # GB 18030 has everything, Big5 no kana of half the width
    most = np.count_nonzero(stream > 0x7F) + 4 * (len(line) - len(core))
    lost = core.count("\x1c")
    return bool(lost <= _TOO_MUCH * most and _count_misfits(stream) - 6 <= _MISFIT * most + 1)


def _has(text: str, codec: str) -> bool:
    """Whether a charset has all of a text."""
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def restore_runs(line: str) -> Iterator[Repair]:
    """The repairs of all runs of single bytes in a line."""
    return filter(None, map(partial(restore_single, line), _LOSSY.finditer(line)))


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
    codec, lost = ("cp1252", {"\ufffd": LACKING}) if "\ufffd" in shown else ("stripped", {" ": SPACE})
    end += codec == "stripped" and line[end:end + 1] == " "
    stream = np.array([lost[c] if c in lost else to_byte[ord(c)] for c in line[start:end]], np.int16)
    repair = _restore(line, start, end, stream, codec, reason) if _fits(stream, codec) else None
    return repair if repair and is_joined(repair.put, 2 if codec == "cp1252" else 4) else None


def restore_twice(line: str) -> Repair | None:
    """The repair of a run of UTF-8 that was read as Windows-1252 and then once more, if likelier.

    What the first reader lost the second shows as ï¿½. Of 300 such lines of labelled pages 195 come out whole, none without this.
    """
    for run in load_latin().run.finditer(line) if _LOST_TWICE in line else ():
        shown = run[0].strip(ALSO_CHINESE)
        try:
            once = load_latin().encode(shown).decode()
        except UnicodeDecodeError:
            continue
        start = line.index(shown, run.start())
        for inner in _LOSSY.finditer(once):
            repair = restore_single(once, inner)
            if repair and (once[:repair.start] + once[repair.end:]).isascii():
                put = once[:repair.start] + repair.put + once[repair.end:]
                return repair._replace(start=start, end=start + len(shown), put=put, gain=cost(shown) - cost(put), doubt=None)
    return None


def _restore(line: str, first: int, last: int, stream: NDArray[np.int16], codec: str, reason: str) -> Repair | None:
    shown = line[first:last]
    doubt = solve(stream, codec, line[first - 1:first] or "\n", line[last:last + 1] or "\n")
    put, lead = doubt.settle(NO_PAGE)
    gain = cost(shown) - cost(put)
    if gain < GAIN + len(put):
        return None
    return Repair(first, last, put, reason, gain, 1 - put.count("\ufffd") / len(put), doubt, lead)


def _fits(stream: NDArray[np.int16], codec: str) -> bool:
    """Whether the bytes are worth a search."""
    n_high = int((stream > 0x7F).sum())
    return n_high >= _LEAST and _count_misfits(stream, stripped=codec == "stripped") <= _MISFIT * n_high + 1


def _count_misfits(stream: NDArray[np.int16], *, stripped: bool = False) -> int:
    """The fewest bytes that fit nowhere, however the stream is read. Linear, and 20 times as fast as the search."""
    return list_misfits(stream, stripped, np.empty(len(stream) + 4, np.int64))


def _opens(char: str) -> bool:
    """Whether the first byte of a character in GBK or Big5 can begin a character of three bytes in UTF-8."""
    return char == "\ufffd" or any(char.encode(codec, "replace")[0] >= 0xE2 for codec in ("gb18030", "big5hkscs"))
