"""UTF-8 read as GBK or Big5, with losses: what they could not read became U+FFFD or ?, one for each lost byte; the rest is there.

All bytes but the lost ones are known, and a lost one is one of few: it had to fit into UTF-8, and GBK had to refuse it. The
likeliest text is found by a search over all ways to read the bytes (pairs of characters, `chinese.plausibility`), and a
character with a lost byte of which pairs are not sure is chosen beside two on either side (triples). Where a real choice is
left it stays U+FFFD. The same for Windows-1252, which has no character for five bytes, and from which others strip no-break
spaces (A0 becomes a space) and soft hyphens (AD, and the five, go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from operator import attrgetter
from typing import NamedTuple

from pipeline.chinese.plausibility import cost, fold, load_pairs, pair_cost, rare_pair_cost, triple_cost
from pipeline.stages.encoding.charmaps import ALSO_CHINESE, load_latin
from pipeline.stages.encoding.repair import GAIN, Repair, is_joined

__all__ = ["fill_lost", "restore", "restore_single"]

#: Nats by which the best character must beat the second best for the same place, measured on 900 garbled lines of
#: the development set: see docs/encoding.md.
SURE = 0.8
#: Nats by which pairs choose alone (triples were made for the rest, see `tools/make_triples.py`), beyond which a rival is none, and
#: how often places are chosen anew beside one another.
_CLEAR, _OPEN, _ROUNDS = 1.5, 8.0, 3
_WIDTH = 12             # readings kept at each byte: with 48 the result was the same on all 900 lines
#: A lost byte; a question mark, which may stand for one; a byte Windows-1252 lacks; a space, which may have been A0.
_WILD, _MAYBE, _LACKING, _SPACE = -1, -2, -3, -4
_LACKED = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_GONE = bytes(sorted(_LACKED | {0xAD}))     # bytes that others strip without a trace
_ALTERED = 4.0          # nats for a byte that has to be put back: about the odds of a pair that is not frequent
#: Share of the bytes that may fit nowhere before a search is worth its time: garbled text has 1 %, noise 60 %.
_MISFIT = 0.1
#: Bytes around a run that fit nowhere, from which on the run is read alone too: a good hanzi or 。 has two, a misread line none.
_FRAMED = 2
#: Characters of a line that are searched, 50 ms; a longer one is left as it is: paragraphs have 2,000 at most.
_LONGEST = 5_000
#: Lost bytes for each known one, beyond which a search finds little (UTF-8 read as Big5: 0.6) and takes 20 times as long.
_TOO_MUCH = 0.3
#: Characters that one place may be: with one byte of three lost there are 64 at most; of the 4,096 with two lost the most frequent
#: (all of them: the same on the development set, at ten times the time).
_MOST = 128
_NATS = attrgetter("nats")
_BAD = 20.0             # nats for a byte that fits nowhere


class _State(NamedTuple):
    nats: float
    text: str                               # the last character
    choices: tuple[str, ...]                # what else it could have been; empty where no byte was lost
    before: _State | None


class _Row(NamedTuple):
    nats: float
    pairs: dict[int, float]                 # that the last character begins
    state: _State


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
    found = []
    for a, b in spans:
        stream, exact = _to_bytes(line[a:b], codec)
        n_high = sum(byte >= 0x80 for byte in stream)
        if n_high >= 6 and stream.count(_WILD) <= _TOO_MUCH * n_high:
            misfits = _count_misfits(stream, exact)
            if misfits <= _MISFIT * n_high + 1:
                found.append((misfits, a - b, a, b))
    return [(a, b) for _, _, a, b in sorted(found)[:2]]


def _is_framed(line: str, first: int, last: int, codec: str) -> bool:
    """Whether what stands before or behind a run of a line that fits as a whole is not of it: two of its bytes fit nowhere."""
    head, tail = line[:first], line[last:]
    if head.isascii() and tail.isascii():
        return False
    stream, exact = _to_bytes(line, codec)
    least = _list_misfits(stream, exact)
    start, end = (len(_to_bytes(part, exact)[0]) for part in (head, tail))
    return max(0, least[0] - least[start]) + least[len(stream) - end] >= _FRAMED


def restore_single(line: str, run: re.Match[str]) -> Repair | None:
    """The repair of a run that is UTF-8 read as Windows-1252, with U+FFFD for the five bytes that it lacks, if likelier.

    Without U+FFFD: with bytes put back that were stripped, where the text that comes of it is Chinese beyond doubt.
    """
    shown = run[0].strip(ALSO_CHINESE)
    if len(shown) > _LONGEST or not shown:
        return None
    start, to_byte = line.index(shown, run.start()), load_latin().to_byte
    end = start + len(shown)
    reason = "utf8-read-as-single-bytes-lossy"
    if "\ufffd" in shown:
        stream = [_LACKING if c == "\ufffd" else to_byte[ord(c)] for c in shown]
        repair = _restore(line, start, end, stream, "cp1252", reason)
        return repair if repair and is_joined(repair.put, 2) else None
    end += line[end:end + 1] == " "
    stream = [_SPACE if c == " " else to_byte[ord(c)] for c in line[start:end]]
    repair = _restore(line, start, end, stream, "stripped", reason)
    return repair if repair and is_joined(repair.put, 4) else None


def _restore(line: str, first: int, last: int, stream: list[int], codec: str, reason: str) -> Repair | None:
    n_high = sum(b >= 0x80 for b in stream)
    if n_high < 6 or _count_misfits(stream, codec) > _MISFIT * n_high + 1:
        return None
    shown = line[first:last]
    before, after = line[first - 1:first] or "\n", line[last:last + 1] or "\n"
    put = _settle(_search(stream, codec, before, after), before, after)
    gain = cost(shown) - cost(put)
    if gain < GAIN + len(put):
        return None
    return Repair(first, last, put, reason, gain, 1 - put.count("\ufffd") / len(put))


def _count_misfits(stream: list[int], codec: str) -> int:
    """The fewest bytes that fit nowhere, however the stream is read. Linear, and 20 times as fast as the search."""
    return _list_misfits(stream, codec)[0]


def _list_misfits(stream: list[int], codec: str) -> list[int]:
    """The same from each place to the end."""
    n = len(stream)
    least = [0] * (n + 4)
    inner = [0x80 <= b < 0xC0 or b < 0 for b in stream] + [False] * 4
    least[n + 1:] = [n] * 3
    for i in range(n - 1, -1, -1):
        head = stream[i]
        best = least[i + 1] + (head >= 0x80)
        if (head < 0 or head >= 0xC2) and inner[i + 1]:
            if head < 0xE0:
                best = min(best, least[i + 2])
            if (head < 0 or 0xE0 <= head < 0xF0) and (inner[i + 2] or codec == "stripped"):
                best = min(best, least[i + 3] if inner[i + 2] else least[i + 2])
            if head >= 0xF0 and inner[i + 2] and inner[i + 3]:
                best = min(best, least[i + 4])
        least[i] = best
    return least


def _opens(char: str) -> bool:
    """Whether the first byte of a character in GBK or Big5 can begin a character of three bytes in UTF-8."""
    return char == "\ufffd" or any(char.encode(codec, "replace")[0] >= 0xE2 for codec in ("gb18030", "big5hkscs"))


def _to_bytes(shown: str, codec: str) -> tuple[list[int], str]:
    """The bytes that a codec showed as this, negative for a lost one (none where it is not of the codec), and the codec.

    Private use characters are of those who read GBK with the table of GB 18030; without any it was GBK.
    """
    stream: list[int] = []
    exact = "gbk" if codec == "gb18030" else codec
    for c in shown:
        if c in "\ufffd?":
            stream.append(_WILD if c == "\ufffd" else _MAYBE)
        elif c == "€" and codec == "gb18030":
            stream.append(0x80)
        else:
            data = _encode(c, exact)
            if data is None:
                exact, data = codec, _encode(c, codec)
                if data is None:
                    return [], codec
            stream += data
    return stream, exact


@lru_cache(1 << 14)
def _encode(char: str, codec: str) -> bytes | None:
    """The bytes of a character; None where the codec has it not: that is an error, and dear."""
    try:
        return char.encode(codec)
    except UnicodeEncodeError:
        return None


@cache
def _refused(second: int, codec: str) -> frozenset[int]:
    """High bytes that a codec refuses before this one; all of them before a lost one or the end."""
    if second < 0:
        return frozenset(range(0x80, 0x100))
    return frozenset(b for b in range(0x80, 0x100) if bytes((b, second)).decode(codec, "replace")[0] == "\ufffd")


def _readings(stream: list[int], i: int, codec: str) -> Iterator[tuple[int, tuple[str, ...], float]]:
    """How the bytes at `i` can be read: how many, the characters they can be, lost ones filled in all ways, and what that costs."""
    head = stream[i]
    if 0 <= head < 0x80:
        yield 1, (chr(head),), 0.0
        return
    if head in (_MAYBE, _SPACE):
        yield 1, ("?" if head == _MAYBE else " ",), 0.0
    if 0 <= head < 0xC2 or head == _SPACE:
        return
    for n in (2, 3) if head < 0 else (2,) if head < 0xE0 else (3,) if head < 0xF0 else (4,) if head < 0xF5 else ():
        if i + n <= len(stream) and (found := fill_lost(tuple(stream[i:i + n + 1]), n, codec)):
            yield n, found, _ALTERED * stream[i:i + n].count(_SPACE)
    if codec == "stripped" and 0xE2 <= head < 0xF0 and i + 2 < len(stream) and (found := _put_back(head, stream[i + 1])):
        yield 2, found, _ALTERED


@lru_cache(1 << 12)
def _put_back(head: int, inner: int) -> tuple[str, ...]:
    """The characters of three bytes of which one was stripped."""
    inner = 0xA0 if inner == _SPACE else inner
    ways = [bytes(way) for gone in _GONE for way in ((head, inner, gone), (head, gone, inner))]
    return tuple(dict.fromkeys(text for way in ways if len(text := way.decode("utf-8", "ignore")) == 1))


@lru_cache(1 << 12)
def fill_lost(stream: tuple[int, ...], n: int, codec: str) -> tuple[str, ...]:
    """The characters that the first `n` bytes can be; one byte more is given for what GBK refused before it."""
    ways = [b""]
    for k in range(n):
        known = stream[k]
        if known >= 0:
            if k and not 0x80 <= known < 0xC0:
                return ()
            ways = [way + bytes((known,)) for way in ways]
            continue
        lost = {0xA0} if known == _SPACE else _LACKED
        if known in (_WILD, _MAYBE):
            lost = _refused(stream[k + 1] if k + 1 < len(stream) else _WILD, codec)
        ways = [way + bytes((b,)) for way in ways for b in lost if (b < 0xC0) == (k > 0)]
        if k and stream[k - 1] in (_WILD, _MAYBE):       # the codec refused the lost byte before with this one after it
            ways = [way for way in ways if way[-2] in _refused(way[-1], codec)]
    texts = (way.decode("utf-8", "ignore") for way in ways)
    found = [text for text in texts if len(text) == 1]
    return tuple(found if len(found) <= _MOST else sorted(found, key=rare_pair_cost)[:_MOST])


def _search(stream: list[int], codec: str, before: str, after: str) -> _State:
    """The likeliest reading between two characters: at each byte the best states by last character. Linear in the bytes."""
    beams: list[dict[str, _State]] = [{} for _ in range(len(stream) + 1)]
    beams[0][before] = _State(0.0, before, (), None)
    for i in range(len(stream)):
        beam, beams[i] = beams[i], {}
        if not beam:
            continue
        states = sorted(beam.values(), key=_NATS)[:_WIDTH] if len(beam) > 1 else list(beam.values())
        rows = [_Row(s.nats, load_pairs(_weigh(s.text)[0]), s) for s in states]
        read = False
        for n, found, extra in _readings(stream, i, codec):
            read, ahead, choices = True, beams[i + n], found if len(found) > 1 else ()
            for c, nats, state in _follow(rows, found):
                nats += extra
                known = ahead.get(c)
                if known is None or nats < known.nats:
                    ahead[c] = _State(nats, c, choices if c != "?" else (), state)
        if _is_cut(stream, i):
            _offer(beams[-1], _State(states[0].nats + _BAD, "\ufffd", (), states[0]))
        if not read or stream[i] < 0:
            _offer(beams[i + 1], _State(states[0].nats + _BAD, "\ufffd", (), states[0]))
    return min(beams[-1].values(), key=lambda s: s.nats + pair_cost(s.text, after))


def _follow(rows: list[_Row], found: tuple[str, ...]) -> list[tuple[str, float, _State]]:
    """Each character with the state that it follows best, the first of equal ones, and what that costs."""
    if len(rows) == 1:
        nats, pairs, state = rows[0]
        return [(c, nats + pairs.get(key, rare), state) for c in found for key, rare in (_weigh(c),)]
    # One byte of three is lost: 64 characters after 12 states, of which few make a frequent pair.
    weights = [_weigh(c) for c in found]
    wanted = {key for key, _ in weights}
    ways: dict[int, list[tuple[float, int]]] = {}
    for k, (nats, pairs, _) in enumerate(rows):
        for key in pairs.keys() & wanted:
            ways.setdefault(key, []).append((nats + pairs[key], k))
    best = []
    for c, (key, rare) in zip(found, weights, strict=True):
        nats, k = rows[0].nats + rare, 0
        if own := ways.get(key):
            lone = next((k for k, (_, other) in enumerate(own) if k != other), len(own))    # the first that makes no such pair
            nats, k = min([*own, (rows[lone].nats + rare, lone)] if lone < len(rows) else own)
        best.append((c, nats, rows[k].state))
    return best


@lru_cache(1 << 14)
def _weigh(char: str) -> tuple[int, float]:
    """What a character is in pairs, and what it costs where its pair is none of the frequent ones."""
    return fold(char), rare_pair_cost(char)


def _is_cut(stream: list[int], i: int) -> bool:
    """Whether the text was cut inside the character that begins here."""
    rest = stream[i:i + 4]
    full = 2 if rest[0] < 0xE0 else 3 if rest[0] < 0xF0 else 4
    at_end = len(rest) < full and i + len(rest) == len(stream)
    return rest[0] >= 0xC2 and at_end and all(b < 0 or 0x80 <= b < 0xC0 for b in rest[1:])


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
    text = ["\n", before, *(state.text for state in chain), after, "\n"]
    rivals = {k: found for k, state in enumerate(chain, 2) if len(found := _rank(text, k, state.choices)) > 1}
    doubtful: set[int] = set()
    for _ in range(_ROUNDS):        # a place is chosen beside others that may change
        was = text.copy()
        for k, found in rivals.items():
            (first, text[k]), (second, _) = sorted((_weigh_in(text, k, c), c) for c in found)[:2]
            (doubtful.add if second < first + SURE else doubtful.discard)(k)
        if text == was:
            break
    return "".join("\ufffd" if k in doubtful else c for k, c in enumerate(text[2:-2], 2))


def _rank(text: list[str], k: int, choices: tuple[str, ...]) -> list[str]:
    """The characters that a place may be: one alone where pairs are sure of it, else those that are not out of the question."""
    nats = sorted((pair_cost(text[k - 1], c) + pair_cost(c, text[k + 1]), c) for c in {*choices, text[k]})
    bound = nats[0][0] + (_OPEN if len(nats) > 1 and nats[1][0] < nats[0][0] + _CLEAR else 0)
    return [c for n, c in nats if n <= bound]


def _weigh_in(text: list[str], k: int, char: str) -> float:
    """What a character costs at a place between two on either side."""
    left, near, beside, right = text[k - 2], text[k - 1], text[k + 1], text[k + 2]
    return triple_cost(left, near, char) + triple_cost(near, char, beside) + triple_cost(char, beside, right)
