"""One document with its cuts marked: the original, in order, with what was taken out, what stands there now, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.cleaning import Applied, Cleaned

__all__ = ["Piece", "changed_lines", "mark"]


class Piece(NamedTuple):
    """A run of the original: kept as it is (`why` empty), or changed from `before` to `after`."""

    before: str
    after: str
    why: tuple[str, ...]        # `stage: reason`, with the score where it is not certain

    @property
    def stage(self) -> str:
        """The stage to name for the piece: the first that is not encoding, whose changes of white space go along."""
        stages = [why.partition(":")[0] for why in self.why]
        return next((s for s in stages if s != "encoding"), stages[0] if stages else "")

    @property
    def is_layout(self) -> bool:
        """Whether only white space changed."""
        return bool(self.why) and not self.before.strip() and not self.after.strip()


def mark(cleaned: Cleaned) -> Iterator[Piece]:
    """Pieces that make up the original (`before`) and the clean text (`after`), in order.

    Edits whose spans of the original overlap make one piece. Its clean text is found by its length, for what stands
    outside all spans survives in order.
    """
    at = done = 0
    for group in _regions(cleaned.edits):
        start, end = group[0].first, max(e.last for e in group)
        if start > at:
            yield Piece(cleaned.original[at:start], cleaned.original[at:start], ())
        done += start - at
        size = end - start + sum(len(e.put) - len(e.taken) for e in group)
        yield Piece(cleaned.original[start:end], cleaned.text[done:done + size], tuple(dict.fromkeys(map(_why, group))))
        at, done = end, done + size
    if at < len(cleaned.original):
        yield Piece(cleaned.original[at:], cleaned.original[at:], ())


def _regions(edits: Sequence[Applied]) -> Iterator[list[Applied]]:
    """Edits in groups whose spans of the original overlap."""
    group: list[Applied] = []
    reach = -1
    for edit in sorted(edits, key=lambda e: (e.first, e.last, e.step)):
        if group and edit.first >= reach and not (edit.first == edit.last == reach):
            yield group
            group = []
        group.append(edit)
        reach = max(reach if len(group) > 1 else -1, edit.last)
    if group:
        yield group


def _why(edit: Applied) -> str:
    return f"{edit.stage}: {edit.reason}" + ("" if edit.score == 1.0 else f" {edit.score:.2f}")


def changed_lines(pieces: Sequence[Piece]) -> Iterator[tuple[int, list[Piece]]]:
    """Lines of the original that hold a change, with their number from 1; a change over several lines counts to its first."""
    number, line = 1, []
    for piece in pieces:
        if piece.why:
            line.append(piece)
            at = number
            number += piece.before.count("\n")
            if piece.before.endswith("\n"):
                yield at, line
                line = []
            continue
        for i, part in enumerate(piece.before.split("\n")):
            if i:
                if any(p.why for p in line):
                    yield number, line
                number, line = number + 1, []
            if part:
                line.append(Piece(part, part, ()))
    if any(p.why for p in line):
        yield number, line
