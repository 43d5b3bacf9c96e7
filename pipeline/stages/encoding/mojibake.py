"""Mojibake: text that was decoded with the wrong charset, line by line, repaired only where the repair is the likelier text.

What ftfy knows (UTF-8 read in a single-byte encoding, once or more) is ftfy's. What it does not know is tried by going back to the
bytes: GBK or Big5 read in a single-byte charset (`single`), charsets of several bytes taken for one another (`confused`),
UTF-8 with lost bytes (`lossy`). Every repair, ftfy's too, must lower the cost of the line
(`chinese.plausibility`), else the line stays.
锟斤拷 and 烫烫烫 cannot be repaired and are not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.plausibility import cost
from pipeline.jit import jit
from pipeline.stages.encoding.confused import WIDE, confuse, reread_whole
from pipeline.stages.encoding.lossy import restore, restore_runs, restore_twice
from pipeline.stages.encoding.readings import ALL
from pipeline.stages.encoding.repair import GAIN, LOSING, LOST_BYTES, ORDINARY, SINGLE_BYTES, UTF8_SINGLE, Repair, is_joined
from pipeline.stages.encoding.single import extend_tail, read_single

__all__ = [
    "LOST", "ODD", "ORDINARY", "REWRITTEN", "SINGLE", "SLIGHT", "UNLIKELY", "Repair", "find_odd", "find_unlikely", "looks_bad",
    "repair_line",
]

#: What a line may hold: see `find_odd`.
ODD, SINGLE, LOST, REWRITTEN = 1, 2, 4, 8

#: A run of characters this many nats above ordinary is worth a look. Two rare hanzi (垚, 喆) in a name: 11.
UNLIKELY = 10.0
#: The same where ftfy's own measure says mojibake: one accented capital is 2.5 above ordinary. On 42 million characters of
#: the corpora it says so of 5 lines, three of which it then leaves alone.
SLIGHT = 2.0

#: Hanzi that must be words where a line is read as others of its document were, and no other reading is looked for.
_WORDS = 6

_ALPHABETS = re.compile("[\u0250-\u1dff]+")        # IPA to Balinese, Greek and Cyrillic among them; one class: linear
#: What a byte that begins a character of UTF-8 shows in single bytes; one class: linear.
_SINGLE_SHOWN = re.compile("[\x80-\u06ff\u2200-\u2593]")
_BUT_NEL = re.compile(r"[\x80-\x84\x86-\xff]")


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


@jit
def find_odd(
    points: NDArray[np.uint32], costs: NDArray[np.float32], start: NDArray[np.int64], end: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """What each line holds of what a wrong charset shows, as bits.

    ODD: an unlikely letter or sign of those that UTF-8 shows in single bytes, else ftfy finds nothing: Latin with accents to
    Arabic, mathematical signs and boxes; bullets, arrows and squares lead lines of menus and are left out. SINGLE: four letters or
    signs that are bytes of a charset of single bytes, and no fewer make a run of such. LOST: U+FFFD. REWRITTEN: 锟, 烫 or 屯.
    """
    for i in range(start.shape[0]):
        bits, single = 0, 0
        for j in range(start[i], end[i]):
            c = points[j]
            if c < 0x2E80:
                single += c >= 0x80
                if (0x80 <= c < 0x700 or 0x2200 <= c < 0x2594) and costs[c] > 9.5:
                    bits |= ODD
            elif c == 0x951F or c == 0x70EB or c == 0x5C6F:
                bits |= REWRITTEN
            elif c == 0xFFFD:
                bits |= LOST
            elif c == 0xF8FF or c == 0xFB01 or c == 0xFB02:
                single += 1
        out[i] = bits | (SINGLE if single >= 4 else 0)


def looks_bad(line: str) -> bool:
    """What ftfy thinks: does the line hold a sequence that mojibake has and text has not? Linear (one pattern of bounded parts)."""
    from ftfy.badness import is_bad

    return is_bad(line)


def repair_line(
    line: str, first: int, last: int, told: str = "", *, held: int = SINGLE, ask: Callable[[], int] = lambda: ALL
) -> list[Repair]:
    """Repairs of one line whose most unlikely run is `[first, last)`; none where no reading is plausible enough.

    `told` is why other lines of its document were repaired: where that reading is sure, no other is looked for. `held`: what the
    line holds (`find_odd`). `ask` says which readings of `readings` can be.
    """
    if told and (sure := _read_alike(line, first, last, told)):
        return [extend_tail(line, sure)]
    single = read_single(line, first, last) if held & SINGLE else ()
    repairs = [r for r in (_ask_ftfy(line), *single) if r]
    if len(WIDE.findall(line, first, last)) >= 3:
        repairs += [r for r in (confuse(line, first, last, ask()) or restore(line, first, last),) if r]
    if held & SINGLE and ("\ufffd" in line or not any(r.end - r.start == len(line) and r.score == 1 for r in repairs)):
        repairs += [*restore_runs(line), *(r for r in (restore_twice(line),) if r)]
    best: list[Repair] = []
    for repair in sorted(repairs, key=lambda r: -r.gain):
        if all(repair.end <= other.start or repair.start >= other.end for other in best):
            best.append(repair)
    return [extend_tail(line, r) for r in sorted(best)]


def _read_alike(line: str, first: int, last: int, told: str) -> Repair | None:
    """The reading that other lines had, where it reads all of the line and makes words; only what had lost bytes may lose some."""
    losing, told = told.endswith(LOSING), told.removesuffix(LOSING)
    repair: Repair | None
    if told == UTF8_SINGLE + LOST_BYTES:
        repair = restore_twice(line) or next(restore_runs(line), None)
    elif told.endswith(LOST_BYTES):
        repair = restore(line, first, last, told=told)
    elif told == UTF8_SINGLE:
        found = _ask_ftfy(line), *((restore_twice(line), *restore_runs(line)) if losing else ())
        repair = max(filter(None, found), key=attrgetter("gain"), default=None)
    elif told.endswith(SINGLE_BYTES):
        repair = next(read_single(line, first, last), None)
    else:
        repair = reread_whole(line, told)
    lossy = losing or told.endswith(LOST_BYTES)
    if not repair or repair.reason.removesuffix(LOST_BYTES) != told.removesuffix(LOST_BYTES) or (repair.score < 1 and not lossy):
        return None
    alone = line[:repair.start].isascii() and line[repair.end:].isascii()
    return repair if alone and is_joined(repair.put, _WORDS, holes=losing) else None


def _ask_ftfy(line: str) -> Repair | None:
    """What ftfy makes of the line, if it is likelier. Its other fixes (width, quotes, ligatures …) are off: they change content."""
    import ftfy

    if not _SINGLE_SHOWN.search(line):
        return None
    if "\x85" in line and not _BUT_NEL.search(line):
        return None             # a line end of IBM's, not an ellipsis of Windows
    fixed, _ = ftfy.fix_encoding_and_explain(line)
    if fixed == line:
        return None
    start, end, put = _trim(line, fixed)
    gain = cost(line[start:end]) - cost(put)
    score = 1 - put.count("\ufffd") / max(1, len(put))
    repair = Repair(start, end, put, UTF8_SINGLE, gain, score)
    lone = any(len(run) < 3 for run in _ALPHABETS.findall(put))     # letters of another alphabet come in words
    if looks_bad(line) and not looks_bad(fixed.replace("\ufffd", "")):
        signs = not any(c.isalpha() for c in line[start:end])           # ×² and ±° are formulas before they are Hebrew
        return repair if gain >= -GAIN and not (lone and signs) else None       # Ã and à are both rare in Chinese: voilÃ loses 2
    if lone:
        return None             # one alone is bytes that fit by accident
    return repair if gain >= min(GAIN, 3.0 * len(put)) else None


def _trim(before: str, after: str) -> tuple[int, int, str]:
    """The changed part of `before` and what replaces it, without the common start and end."""
    i = 0
    shorter = min(len(before), len(after))
    while i < shorter and before[i] == after[i]:
        i += 1
    j = 0
    while j < shorter - i and before[-1 - j] == after[-1 - j]:
        j += 1
    return i, len(before) - j, after[i:len(after) - j]
