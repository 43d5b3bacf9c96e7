"""What bytes of UTF-8 are likeliest to be, where some of them are lost.

All bytes but the lost ones are known, and a lost one is one of few: it had to fit into UTF-8, and GBK had to refuse it. The
likeliest text is found by a search over all ways to read the bytes (pairs of characters, `chinese.plausibility`), and a character
with a lost byte of which pairs are not sure is chosen beside two on either side (triples). Where a real choice is left it
stays U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache
from operator import attrgetter
from typing import NamedTuple

from pipeline.chinese.plausibility import fold, load_pairs, pair_cost, rare_pair_cost, triple_cost

__all__ = ["CLEAR", "LACKING", "MAYBE", "SPACE", "WILD", "fill_lost", "search", "settle"]

#: Nats by which the best character must beat the second best for the same place, measured on 900 garbled lines of
#: the development set: see docs/encoding.md.
SURE = 0.8
#: Nats by which pairs choose alone: triples were made for the rest (`tools/make_triples.py`). Nats beyond which a rival is none,
#: for speed: with 30 two of 121 places more are filled. On 700 garbled lines of a corpus that no table was made of, 474 come
#: out whole, 394 by pairs alone.
CLEAR, _OPEN = 1.5, 8.0
_WIDTH = 12             # readings kept at each byte: with 48 the result was the same on all 900 lines
#: A lost byte; a question mark, which may stand for one; a byte Windows-1252 lacks; a space, which may have been A0.
WILD, MAYBE, LACKING, SPACE = -1, -2, -3, -4
_LACKED = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_GONE = bytes(sorted(_LACKED | {0xAD}))     # bytes that others strip without a trace
_ALTERED = 4.0          # nats for a byte that has to be put back: about the odds of a pair that is not frequent
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
    if head in (MAYBE, SPACE):
        yield 1, ("?" if head == MAYBE else " ",), 0.0
    if 0 <= head < 0xC2 or head == SPACE:
        return
    for n in (2, 3) if head < 0 else (2,) if head < 0xE0 else (3,) if head < 0xF0 else (4,) if head < 0xF5 else ():
        if i + n <= len(stream) and (found := fill_lost(tuple(stream[i:i + n + 1]), n, codec)):
            yield n, found, _ALTERED * stream[i:i + n].count(SPACE)
    if codec == "stripped" and 0xE2 <= head < 0xF0 and i + 2 < len(stream) and (found := _put_back(head, stream[i + 1])):
        yield 2, found, _ALTERED


@lru_cache(1 << 12)
def _put_back(head: int, inner: int) -> tuple[str, ...]:
    """The characters of three bytes of which one was stripped."""
    inner = 0xA0 if inner == SPACE else inner
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
        lost = {0xA0} if known == SPACE else _LACKED
        if known in (WILD, MAYBE):
            lost = _refused(stream[k + 1] if k + 1 < len(stream) else WILD, codec)
        ways = [way + bytes((b,)) for way in ways for b in lost if (b < 0xC0) == (k > 0)]
        if k and stream[k - 1] in (WILD, MAYBE):       # the codec refused the lost byte before with this one after it
            ways = [way for way in ways if way[-2] in _refused(way[-1], codec)]
    texts = (way.decode("utf-8", "ignore") for way in ways)
    found = [text for text in texts if len(text) == 1]
    return tuple(found if len(found) <= _MOST else sorted(found, key=rare_pair_cost)[:_MOST])


def search(stream: list[int], codec: str, before: str, after: str) -> _State:
    """The likeliest reading between two characters: at each byte the best states by last character. Linear in the bytes."""
    beams: list[dict[str, _State]] = [{} for _ in range(len(stream) + 1)]
    beams[0][before] = _State(0.0, before, (), None)
    for i in range(len(stream)):
        beam, beams[i] = beams[i], {}
        if not beam:
            continue
        states = sorted(beam.values(), key=_NATS)[:_WIDTH] if len(beam) > 1 else list(beam.values())
        if len(states) == 1 and codec != "stripped" and stream[i] >= 0 and (known_as := _read_known(stream, i)):
            last, (c, n) = states[0], known_as          # nine places of ten: one character after one
            key, rare = _weigh(c)
            _offer(beams[i + n], _State(last.nats + load_pairs(_weigh(last.text)[0]).get(key, rare), c, (), last))
            continue
        rows = [_Row(s.nats, load_pairs(_weigh(s.text)[0]), s) for s in states]
        read = False
        for n, found, extra in _readings(stream, i, codec):
            read, ahead, choices = True, beams[i + n], found if len(found) > 1 else ()
            for c, nats, state in _follow(rows, found):
                nats += extra
                known = ahead.get(c)
                if known is None or nats < known.nats:
                    ahead[c] = _State(nats, c, choices if c != "?" else (), state)
        if i + 4 > len(stream) and _is_cut(stream, i):
            _offer(beams[-1], _State(states[0].nats + _BAD, "\ufffd", (), states[0]))
        if not read or stream[i] < 0:
            _offer(beams[i + 1], _State(states[0].nats + _BAD, "\ufffd", (), states[0]))
    return min(beams[-1].values(), key=lambda s: s.nats + pair_cost(s.text, after))


def _read_known(stream: list[int], i: int) -> tuple[str, int] | None:
    """The character that begins here and how many bytes it has, where all of them are known and there is no other way."""
    head = stream[i]
    if head < 0x80:
        return chr(head), 1
    if not 0xE0 <= head < 0xF0:
        return None
    found = _decode_three(head, *stream[i + 1:i + 3]) if i + 2 < len(stream) else ""
    return (found, 3) if found else None


@lru_cache(1 << 14)
def _decode_three(*data: int) -> str:
    """The character of three bytes, nothing where they are none, or one is lost."""
    with suppress(ValueError):
        return bytes(data).decode()
    return ""


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


def settle(state: _State | None, before: str, after: str) -> str:
    """The text of a reading, with U+FFFD for each guessed character that does not beat its rivals clearly."""
    states: list[_State] = []
    while state is not None and state.before is not None:
        states.append(state)
        state = state.before
    states.reverse()
    text = ["\n", before, *(state.text for state in states), after, "\n"]
    doubtful: set[int] = set()
    for k, rivals in [(k, _rank(text, k, state.choices)) for k, state in enumerate(states, 2) if state.choices]:
        ranked = sorted((_weigh_in(text, k, c), c) for c in rivals)
        text[k] = ranked[0][1]
        if len(ranked) > 1 and ranked[1][0] < ranked[0][0] + SURE:
            doubtful.add(k)
    return "".join("\ufffd" if k in doubtful else c for k, c in enumerate(text[2:-2], 2))


def _rank(text: list[str], k: int, choices: tuple[str, ...]) -> list[str]:
    """The characters that a place may be: one alone where pairs are sure of it, else those that are not out of the question."""
    nats = sorted((pair_cost(text[k - 1], c) + pair_cost(c, text[k + 1]), c) for c in {*choices, text[k]})
    bound = nats[0][0] + (_OPEN if len(nats) > 1 and nats[1][0] < nats[0][0] + CLEAR else 0)
    return [c for n, c in nats if n <= bound]


def _weigh_in(text: list[str], k: int, char: str) -> float:
    """What a character costs at a place between two on either side."""
    left, near, beside, right = text[k - 2], text[k - 1], text[k + 1], text[k + 2]
    return triple_cost(left, near, char) + triple_cost(near, char, beside) + triple_cost(char, beside, right)
