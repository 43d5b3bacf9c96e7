"""UTF-8 read as GBK, with losses: what GBK could not read became U+FFFD or ?, one for each lost byte; the rest is still there.

All bytes but the lost ones are known, and a lost one is one of few: it had to fit into UTF-8, and GBK had to refuse it. The
likeliest text is found by a search over all ways to read the bytes (pairs of characters, `chinese.plausibility`). A character
whose lost byte leaves a real choice stays U+FFFD. The same for Windows-1252, which has no character for five bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from operator import itemgetter
from typing import NamedTuple

from pipeline.chinese.plausibility import cost, fold, load_pairs, pair_cost, rare_pair_cost
from pipeline.stages.encoding.mojibake import ALSO_CHINESE, GAIN, TO_BYTE, Repair

__all__ = ["restore"]

#: Nats by which the best character must beat the second best for the same place, measured on 900 garbled lines of
#: the development set: see docs/encoding.md.
SURE = 1.0
_WIDTH = 12             # readings kept at each byte: with 48 the result was the same on all 900 lines
_WILD, _MAYBE, _LACKING = -1, -2, -3        # a lost byte; a question mark, which may stand for one; a byte Windows-1252 lacks
_LACKED = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_LONGEST = 20_000      # characters of a line that are searched; a longer one is left as it is
_BAD = 20.0             # nats for a byte that fits nowhere


class _State(NamedTuple):
    nats: float
    text: str                               # the last character
    choices: tuple[str, ...]                # what else it could have been; empty where no byte was lost
    before: _State | None


def restore(line: str, first: int, last: int) -> Repair | None:
    """The repair of a line whose unlikely run is `[first, last)` if it is UTF-8 read as GBK with lost bytes, and likelier.

    The whole line is tried first, then the run; its ends may be off by a few characters.
    """
    if last - first > _LONGEST or ("\ufffd" not in line and "?" not in line):
        return None
    starts = [a for a in range(max(0, first - 3), min(first + 2, last)) if _opens(line[a])]
    ends = range(min(len(line), last + 3), max(first + 1, last - 2), -1)
    for spans in ([(0, len(line))], [(a, b) for a in starts for b in ends]):
        repairs = [r for a, b in spans if (r := _restore(line, a, b, _to_bytes(line[a:b]), "utf8-read-as-gbk-lossy"))]
        if repairs:
            return max(repairs, key=lambda r: r.gain)
    return None


def restore_single(line: str, run: re.Match[str]) -> Repair | None:
    """The repair of a run that is UTF-8 read as Windows-1252, with U+FFFD for the five bytes that it lacks, if likelier."""
    shown = run[0].strip(ALSO_CHINESE)
    if len(shown) > _LONGEST or "\ufffd" not in shown:
        return None
    start = line.index(shown, run.start())
    stream = [_LACKING if c == "\ufffd" else TO_BYTE[ord(c)] for c in shown]
    return _restore(line, start, start + len(shown), stream, "utf8-read-as-single-bytes-lossy")


def _restore(line: str, first: int, last: int, stream: list[int] | None, reason: str) -> Repair | None:
    if stream is None or sum(b >= 0x80 for b in stream) < 6:
        return None
    shown = line[first:last]
    before, after = line[first - 1:first] or "\n", line[last:last + 1] or "\n"
    put = _settle(_search(stream, before, after), before, after)
    gain = cost(shown) - cost(put)
    if gain < GAIN + len(put):
        return None
    return Repair(first, last, put, reason, gain, 1 - put.count("\ufffd") / len(put))


def _opens(char: str) -> bool:
    """Whether the first byte of a character in GBK can begin a character of three bytes in UTF-8."""
    return char == "\ufffd" or char.encode("gbk", "replace")[0] >= 0xE2


def _to_bytes(shown: str) -> list[int] | None:
    """The bytes that GBK showed as this, negative for a lost one; None where it is not GBK."""
    stream: list[int] = []
    for c in shown:
        if c in "\ufffd?":
            stream.append(_WILD if c == "\ufffd" else _MAYBE)
        elif c == "€":
            stream.append(0x80)
        else:
            try:
                stream += c.encode("gbk")
            except UnicodeEncodeError:
                return None
    return stream


@cache
def _refused(second: int) -> frozenset[int]:
    """High bytes that GBK refuses before this one; all of them before a lost one or the end."""
    if second < 0:
        return frozenset(range(0x80, 0x100))
    return frozenset(b for b in range(0x80, 0x100) if bytes((b, second)).decode("gbk", "replace")[0] == "\ufffd")


def _readings(stream: list[int], i: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """How the bytes at `i` can be read: how many bytes, and the characters they can be, lost ones filled in all ways."""
    head = stream[i]
    if 0 <= head < 0x80 or head == _MAYBE:
        yield 1, (chr(head) if head >= 0 else "?",)
    if 0 <= head < 0xC2:
        return
    for n, low, high in ((2, 0xC2, 0xE0), (3, 0xE0, 0xF0), (4, 0xF0, 0xF5)):
        fits = low <= head < high or (head < 0 and n < 4)
        if i + n <= len(stream) and fits and (found := _fill(tuple(stream[i:i + n + 1]), n)):
            yield n, found


@lru_cache(1 << 12)
def _fill(stream: tuple[int, ...], n: int) -> tuple[str, ...]:
    """The characters that the first `n` bytes can be; one byte more is given for what GBK refused before it."""
    ways = [b""]
    for k in range(n):
        known = stream[k]
        if known >= 0:
            if k and not 0x80 <= known < 0xC0:
                return ()
            ways = [way + bytes((known,)) for way in ways]
            continue
        lost = _LACKED if known == _LACKING else _refused(stream[k + 1] if k + 1 < len(stream) else _WILD)
        ways = [way + bytes((b,)) for way in ways for b in lost if (b < 0xC0) == (k > 0)]
        if k and stream[k - 1] < 0 and known != _LACKING:       # GBK refused the lost byte before with this one after it
            ways = [way for way in ways if way[-2] in _refused(way[-1])]
    texts = (way.decode("utf-8", "ignore") for way in ways)
    return tuple(text for text in texts if len(text) == 1)


def _search(stream: list[int], before: str, after: str) -> _State:
    """The likeliest reading between two characters: at each byte the best states by last character. Linear in the bytes."""
    pairs = load_pairs()
    beams: list[dict[str, _State]] = [{} for _ in range(len(stream) + 1)]
    beams[0][before] = _State(0.0, before, (), None)
    for i in range(len(stream)):
        states = sorted(beams[i].values(), key=lambda s: s.nats)[:_WIDTH]
        beams[i] = {}
        if not states:
            continue
        options = [(n, c, found) for n, found in _readings(stream, i) for c in found]
        keys = [(s.nats, fold(s.text) << 16, s) for s in states]
        for n, c, found in options:
            key, rare = fold(c), rare_pair_cost(c)
            nats, state = min([(nats + pairs.get(first | key, rare), s) for nats, first, s in keys], key=itemgetter(0))
            guessed = c != "?" and min(stream[i:i + n]) < 0
            _offer(beams[i + n], _State(nats, c, found if guessed else (), state))
        if not options or stream[i] < 0:
            _offer(beams[i + 1], _State(states[0].nats + _BAD, "\ufffd", (), states[0]))
    return min(beams[-1].values(), key=lambda s: s.nats + pair_cost(s.text, after))


def _offer(beam: dict[str, _State], state: _State) -> None:
    known = beam.get(state.text)
    if known is None or state.nats < known.nats:
        beam[state.text] = state


def _settle(state: _State | None, before: str, after: str) -> str:
    """The text of a reading, with U+FFFD for each guessed character that does not beat its rivals clearly."""
    chain: list[_State] = []
    while state is not None and state.before is not None:
        chain.append(state)
        state = state.before
    chain.reverse()
    out = []
    for k, state in enumerate(chain):
        left = chain[k - 1].text if k else before
        right = chain[k + 1].text if k + 1 < len(chain) else after
        mine = pair_cost(left, state.text) + pair_cost(state.text, right)
        sure = all(pair_cost(left, c) + pair_cost(c, right) >= mine + SURE for c in state.choices if c != state.text)
        out.append(state.text if sure else "\ufffd")
    return "".join(out)
