"""A plain twin of the search for lost bytes: dicts of Python over all ways to read a stream."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.chinese.plausibility import pair_cost, triple_cost
from pipeline.stages.encoding.lost import BOUNDS, MAYBE, SPACE, WILD, fill_lost


class State(NamedTuple):
    nats: float
    text: str
    choices: tuple[str, ...]
    before: State | None


def misfits(stream: list[int]) -> int:
    """The fewest bytes that fit nowhere."""
    least = [0] * (len(stream) + 1)
    for i in range(len(stream) - 1, -1, -1):
        inner = 0
        while inner < 3 and i + 1 + inner < len(stream) and (stream[i + 1 + inner] < 0 or 0x80 <= stream[i + 1 + inner] < 0xC0):
            inner += 1
        head = stream[i]
        sizes = (2, 3) if head < 0 else _size(min(head, 0xF4))
        ways = [least[i + 1] + (head >= 0x80), *(least[i + n] for n in sizes if n <= inner + 1)]
        least[i] = min(ways)
    return least[0]


def _size(head: int) -> tuple[int, ...]:
    return () if head < 0xC2 else (2,) if head < 0xE0 else (3,) if head < 0xF0 else (4,) if head < 0xF5 else ()


def _readings(stream: list[int], i: int, codec: str) -> list[tuple[int, tuple[str, ...]]]:
    head = stream[i]
    if 0 <= head < 0x80:
        return [(1, (chr(head),))]
    sizes = (2, 3) if head < 0 else _size(head)
    sizes = () if head == SPACE else sizes
    found: list[tuple[int, tuple[str, ...]]] = [(1, ("?" if head == MAYBE else " ",))] if head in (MAYBE, SPACE) else []
    for n in sizes:
        if i + n <= len(stream) and (texts := fill_lost(tuple(stream[i:i + n + 1]), n, codec)):
            found.append((n, texts))
    return found


def _follow(state: State, char: str, *, sure: bool) -> float:
    return triple_cost(state.before.text, state.text, char) if sure and state.before else pair_cost(state.text, char)


def _is_cut(stream: list[int], i: int) -> bool:
    rest = stream[i:i + 4]
    full = 2 if rest[0] < 0xE0 else 3 if rest[0] < 0xF0 else 4
    at_end = len(rest) < full and i + len(rest) == len(stream)
    return rest[0] >= 0xC2 and at_end and all(b < 0 or 0x80 <= b < 0xC0 for b in rest[1:])


def read(stream: list[int], codec: str, before: str, after: str) -> str:
    """The likeliest text between two characters."""
    beams: list[dict[str, State]] = [{} for _ in range(len(stream) + 1)]
    beams[0][before] = State(0.0, before, (), None)

    def offer(place: int, state: State) -> None:
        if state.text not in beams[place] or state.nats < beams[place][state.text].nats:
            beams[place][state.text] = state

    for i in range(len(stream)):
        states = sorted(beams[i].values(), key=lambda s: s.nats)[:BOUNDS.width]
        if not states:
            continue
        readings = _readings(stream, i, codec)
        for n, found in readings:
            for c in found:
                nats, k = min((s.nats + _follow(s, c, sure=len(found) == 1), k) for k, s in enumerate(states))
                offer(i + n, State(nats, c, found if len(found) > 1 else (), states[k]))
        worst = State(states[0].nats + BOUNDS.bad, "\ufffd", (), states[0])
        if _is_cut(stream, i):
            offer(len(stream), worst)
        if not readings or stream[i] < 0:
            offer(i + 1, worst)
    return _settle(min(beams[-1].values(), key=lambda s: s.nats + pair_cost(s.text, after)), before, after)


def _settle(state: State | None, before: str, after: str) -> str:
    states: list[State] = []
    while state is not None and state.before is not None:
        states.insert(0, state)
        state = state.before
    first = ["\n", before, *(state.text for state in states), after, "\n"]
    text, put = list(first), list(first)
    for k, state in enumerate(states, 2):
        if state.choices:
            pairs = {c: pair_cost(first[k - 1], c) + pair_cost(c, first[k + 1]) for c in state.choices}
            best, *rest = sorted(pairs.values())
            bound = best + (BOUNDS.open if rest[0] < best + BOUNDS.clear else 0)
            ranked = sorted(
                (triple_cost(text[k - 2], text[k - 1], c) + triple_cost(text[k - 1], c, text[k + 1])
                 + triple_cost(c, text[k + 1], text[k + 2]), c)
                for c, nats in pairs.items() if nats <= bound
            )
            text[k] = put[k] = ranked[0][1]
            if len(ranked) > 1 and ranked[1][0] < ranked[0][0] + BOUNDS.sure:
                put[k] = "\ufffd"
    return "".join(put[2:-2])


__all__ = ["WILD", "misfits", "read"]
