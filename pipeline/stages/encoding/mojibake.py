"""Mojibake: text that was decoded with the wrong charset, line by line, repaired only where the repair is the likelier text.

What ftfy knows (UTF-8 read in a single-byte encoding, once or more) is ftfy's. What it does not know is tried by going back to the
bytes: GBK or Big5 read as Latin-1 or Windows-1252, UTF-8 read as GBK or Big5, GBK and Big5 taken for each other. Every repair,
ftfy's too, must lower the cost of the line (`chinese.plausibility`) by a stated margin, else the line stays.
UTF-8 read as GBK with losses is solved in `lossy`. 锟斤拷 and 烫烫烫 cannot be repaired and are not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plausibility import cost
from pipeline.jit import jit

__all__ = ["ALSO_CHINESE", "GAIN", "TO_BYTE", "Repair", "find_unlikely", "repair_line"]

#: Nats that a repair must gain: e^6 is the odds against a line that is right as it is. On 60,000 lines of the corpora with a
#: suspect character the best wrong reading gained 1.5; the smallest right repair of 3 hanzi gains 9.
GAIN = 6.0
#: Mean nats of the hanzi of a repair: titles of old books reach 10.3, western text read as GBK starts at 11.5.
PLAUSIBLE = 10.5
#: Nats per character that are still ordinary: names and rare words reach 9.5 over a line, garbled hanzi start at 11.
ORDINARY = 9.5
#: A run of characters this many nats above ordinary is worth a look. Two rare hanzi (垚, 喆) in a name: 11.
UNLIKELY = 10.0

#: High bytes for each character that GBK makes of them: 2 in GB 2312, 1.9 in GBK text with rare hanzi; in western text read as GBK
#: an accent takes the ASCII letter after it: 1.
_PAIRED = 1.7

#: Nats for each character more that a repair covers: a common hanzi among garbled ones is garbled too (把 for 參), but a clean
#: clause beside them costs 5 a character when it is read with them.
_COVER = 2.0

_C1 = "\x80-\x9f"
_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
#: Single bytes as Latin-1 or Windows-1252 shows them, with the ASCII between. Two disjoint classes, so linear.
_BYTES = re.compile(rf"[{_C1}\xa0-\xff{_CP1252}](?:[\t\x20-\x7e{_C1}\xa0-\xff{_CP1252}]*[{_C1}\xa0-\xff{_CP1252}])?[@-~]?")
_LOSSY = re.compile(                                                    # as above: linear
    rf"[\ufffd\xa0-\xff{_CP1252}](?:[\ufffd\x20-\x7e\xa0-\xff{_CP1252}]*[\ufffd\xa0-\xff{_CP1252}])?"
)
_BUT_NEL = re.compile(r"[\x80-\x84\x86-\xff]")
_LETTERS = re.compile(r"[\x80-\xff]")                                   # one class: linear
TO_BYTE = {ord(c): c.encode("cp1252")[0] for c in _CP1252} | {c: c for c in range(0x100)}
#: (wrong, right): the text is encoded in the first and decoded in the second.
_ALPHABETS = re.compile("[\u0250-\u1dff]+")        # IPA to Balinese, Greek and Cyrillic among them; one class: linear
#: Punctuation of Chinese text that is also a byte of Windows-1252: at the ends of a run it is more likely itself.
ALSO_CHINESE = "“”‘’–—…•"
_NAMES = {"utf-8": "utf8", "gb18030": "gbk", "big5hkscs": "big5"}
_WIDE = re.compile("[\u3040-\u30ff\u3100-\u312f\u4e00-\u9fff\ue000-\uf8ff\ufffd]")   # one class: linear
_CONFUSED = (("gb18030", "utf-8"), ("big5hkscs", "utf-8"), ("gb18030", "big5hkscs"), ("big5hkscs", "gb18030"))


class Repair(NamedTuple):
    """A span of a line, what belongs there, why, the nats gained, and the share of it that is not lost."""

    start: int
    end: int
    put: str
    reason: str
    gain: float
    score: float = 1.0


@jit
def find_unlikely(
    points: NDArray[np.uint32], costs: NDArray[np.float32], start: NDArray[np.int64], end: NDArray[np.int64],
    ordinary: float, out: NDArray[np.float64], out_start: NDArray[np.int64], out_end: NDArray[np.int64],
) -> None:
    """For each line the run of characters with the largest sum of (cost - ordinary): the sum, its first and last + 1 index."""
    for i in range(start.shape[0]):
        best, running, begin = 0.0, 0.0, start[i]
        out_start[i], out_end[i] = start[i], start[i]
        for j in range(start[i], end[i]):
            if running <= 0.0:
                running, begin = 0.0, j
            running += costs[points[j]] - ordinary
            if running > best:
                best, out_start[i], out_end[i] = running, begin, j + 1
        out[i] = best


def repair_line(line: str, first: int, last: int) -> list[Repair]:
    """Repairs of one line whose most unlikely run is `[first, last)`; none where no reading is plausible enough."""
    from pipeline.stages.encoding.lossy import restore, restore_single

    repairs = [r for r in (_ask_ftfy(line), *_read_as_bytes(line)) if r]
    if len(_WIDE.findall(line, first, last)) >= 3:
        repairs += [r for r in (_confuse(line, first, last) or restore(line, first, last),) if r]
    if "\ufffd" in line:
        repairs += [r for r in map(partial(restore_single, line), _LOSSY.finditer(line)) if r]
    best: list[Repair] = []
    for repair in sorted(repairs, key=lambda r: -r.gain):
        if all(repair.end <= other.start or repair.start >= other.end for other in best):
            best.append(repair)
    return sorted(best)


def _ask_ftfy(line: str) -> Repair | None:
    """What ftfy makes of the line, if it is likelier. Its other fixes (width, quotes, ligatures …) are off: they change content."""
    import ftfy

    if "\x85" in line and not _BUT_NEL.search(line):
        return None             # a line end of IBM's, not an ellipsis of Windows
    fixed, _ = ftfy.fix_encoding_and_explain(line)
    if fixed == line:
        return None
    start, end, put = trim(line, fixed)
    if any(len(run) < 3 for run in _ALPHABETS.findall(put)):
        return None             # letters of another alphabet come in words; one alone is bytes that fit by accident
    gain = cost(line[start:end]) - cost(put)
    return Repair(start, end, put, "utf8-read-as-single-bytes", gain) if gain >= min(GAIN, 3.0 * len(put)) else None


def trim(before: str, after: str) -> tuple[int, int, str]:
    """The changed part of `before` and what replaces it, without the common start and end."""
    i = 0
    shorter = min(len(before), len(after))
    while i < shorter and before[i] == after[i]:
        i += 1
    j = 0
    while j < shorter - i and before[-1 - j] == after[-1 - j]:
        j += 1
    return i, len(before) - j, after[i:len(after) - j]


def _read_as_bytes(line: str) -> Iterator[Repair]:
    """Runs of Latin-1 or Windows-1252 characters read as GBK or Big5."""
    for run in _BYTES.finditer(line):
        if len(_LETTERS.findall(run[0])) < 4:
            continue
        bare = run[0].strip(ALSO_CHINESE)
        for text in dict.fromkeys((bare, run[0])):
            best = _read_run(line, line.index(text, run.start()), text)
            if best:
                yield best
                break


def _read_run(line: str, start: int, shown: str) -> Repair | None:
    """The best reading of one run; the ASCII character at its end may be the second byte of the last hanzi."""
    ends = (0, 1) if shown[-1] < "\x7f" <= shown[-2:-1] else (0,)
    readings = [_read(line, start, shown[:len(shown) - n], e) for n in ends for e in ("gb18030", "big5hkscs")]
    return max((r for r in readings if r), key=lambda r: r.gain, default=None)


def _read(line: str, start: int, shown: str, encoding: str) -> Repair | None:
    """One run of single bytes in one encoding, if that is Chinese."""
    put = bytes(TO_BYTE[ord(c)] for c in shown).decode(encoding, "replace")
    end = start + len(shown)
    in_word = line[start - 1:start].isalpha() or (line[end:end + 1].isascii() and line[end:end + 1].isalpha())
    gain = cost(shown) - cost(put)
    if put.count("\ufffd") * 20 > len(put) or not _is_chinese(put, 8 if in_word else 2) or gain < GAIN + len(put):
        return None
    if encoding == "gb18030" and not _is_chinese(put, 6, ORDINARY) and _count_high(shown) < _PAIRED * _count_high(put):
        return None
    return Repair(start, end, put, f"{_NAMES[encoding]}-read-as-single-bytes", gain)


def _count_high(text: str) -> int:
    return sum(c > "\x7f" for c in text)


def _is_chinese(text: str, least: int, most: float = PLAUSIBLE) -> bool:
    """At least so many hanzi, and likely ones: at most so many nats on average."""
    hanzi = [c for c in text if "\u4e00" <= c <= "\u9fff"]
    return len(hanzi) >= least and cost("".join(hanzi)) <= most * len(hanzi)


def _confuse(line: str, first: int, last: int) -> Repair | None:
    """UTF-8, GBK and Big5 taken for one another: strict, over the line, the run without ASCII, or about the unlikely run."""
    spans = dict.fromkeys([(0, len(line)), _run(line, first, last), *_widen(line, first, last)])
    readings = [_reread(line, a, b, wrong, right) for a, b in spans for wrong, right in _CONFUSED]
    return max((r for r in readings if r), key=lambda r: r.gain + _COVER * (r.end - r.start), default=None)


def _reread(line: str, start: int, end: int, wrong: str, right: str) -> Repair | None:
    """A span encoded in one charset and decoded in another, if that is more plausible Chinese."""
    shown = line[start:end]
    n_wide = len(_WIDE.findall(shown))
    if n_wide < 4 or n_wide * 2 < _count_high(shown):
        return None
    try:
        put = shown.encode(wrong).decode(right)
    except UnicodeError:
        return None
    gain = cost(shown) - cost(put)
    if gain < GAIN + 2 * len(put):
        return None
    whole = (end - start) * 2 > len(line)       # a few rare hanzi in a clean line are a term (麩酸醱酵), not GBK read as Big5
    if not _is_chinese(put, 2) if right == "utf-8" else not _is_chinese(put, 4 if whole else 8, ORDINARY):
        return None
    return Repair(start, end, put, f"{_NAMES[right]}-read-as-{_NAMES[wrong]}", gain)


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
