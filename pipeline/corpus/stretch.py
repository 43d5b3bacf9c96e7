"""Accounts of a stretch of the audit, both ways: lines of cuts that its documents share stand once, in its first line.

The rule of this file: the first document of a stretch has as `stretch` the lines and the reasons of all of it, by number, and they
count until the next one that has that key. With these a document is read without any other. A reader holds one stretch at a time.
What was tried besides: docs/decisions/080.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.cut_writing import Blocks, Groups, write_accounts, write_lines
from pipeline.corpus.cuts import Lines, Parts, Refs, Rows, find_blocks, find_twins, hash_pieces, read_accounts, refer, split_lines
from pipeline.errors import AuditError

__all__ = ["FORMAT", "STRETCH_BYTES", "Stretch", "share"]

#: Of the audit. 1 shared whole texts of cuts, in a list `shared`.
FORMAT = 2
#: Bytes of accounts that are looked at together. The crawl (22 MB of them) in stretches of 4, 16, 32 MB: .540, .527, .517 of its
#: input, with zstd .151, .1505, .1497 (the first from a prototype). A reader holds the lines of one, half as many bytes.
STRETCH_BYTES = 1 << 25

Ints = NDArray[np.int64]
Step = dict[str, Any]


def share(accounts: Sequence[bytes], number: int = 1) -> tuple[bytes, list[bytes]]:
    """JSON of a stretch, and of its accounts, each followed by the number of its first new line where it has any."""
    joined = b"".join(accounts)
    data = np.frombuffer(joined, np.uint8)
    bounds = np.cumsum([0, *map(len, accounts)])
    n_parts, n_rows, n_lines = (joined.count(word) for word in (b"{", b"[", b"\\"))     # at most
    parts, rows = _room_for_parts(n_parts), _room_for_rows(n_rows)
    reason_start, reason_end = (np.empty(n_rows + 1, np.int64) for _ in range(2))
    n_parts, n_rows, n_reasons = read_accounts(data, bounds, parts, rows, reason_start, reason_end)
    parts, rows = Parts._make(column[:n_parts] for column in parts), Rows._make(column[:n_rows] for column in rows)
    cuts = np.flatnonzero(~rows.is_put)
    at = rows.first + rows.drift
    cuts = cuts[np.lexsort(((at + rows.size)[cuts], at[cuts], rows.part[cuts]))]
    lines, blocks, from_, to = _split(data, rows, cuts, n_lines)
    refs, table = _refer(lines, from_, to, blocks.known)
    new = _find_new(parts, rows, blocks, len(table), len(accounts))
    out = np.empty(len(data) + 24 * len(refs.place) + 120 * (n_rows + n_parts) + 40 * len(accounts), np.uint8)
    out_bounds = np.zeros(len(accounts) + 1, np.int64)
    write_accounts(
        data, len(accounts), parts, rows, blocks, _group(data, rows), refs, reason_start, reason_end, new, out, out_bounds)
    names = zip(reason_start[:n_reasons].tolist(), reason_end[:n_reasons].tolist(), strict=True)
    reasons = b",".join([joined[a:b] for a, b in names])
    told = np.empty(int((lines.end[table] - lines.start[table] + 2).sum()), np.uint8)
    write_lines(data, lines.start[table], lines.end[table], told)
    packed = out[:out_bounds[-1]].tobytes()
    head = b'{"format":%d,"number":%d,"n_lines":%d,"reasons":[%b],"lines":"%b"}'
    return (
        head % (FORMAT, number, len(table), reasons, told[:-2].tobytes()),
        [packed[a:b] for a, b in pairwise(out_bounds.tolist())],
    )


def _room_for_parts(n: int) -> Parts:
    account, start, end = (np.empty(n, np.int64) for _ in range(3))
    return Parts(account, start, end, np.empty((n, 2), np.int64), np.empty((n, 2), np.int64))


def _room_for_rows(n: int) -> Rows:
    part, reason, first, score, drift, length, start, end, size, put_end = (np.empty(n, np.int64) for _ in range(10))
    return Rows(part, np.empty(n, np.bool_), reason, first, score, drift, length, start, end, size, put_end)


def _split(data: NDArray[np.uint8], rows: Rows, cuts: Ints, n_breaks: int) -> tuple[Lines, Blocks, Ints, Ints]:
    """Cuts as blocks of lines; of each block the lines that are referred to: none of what is a part of a line."""
    n, room = len(cuts), n_breaks + 2 * len(cuts)
    leads, whole, end, until = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.empty(n, np.int64), np.empty(n, np.int64)
    n = find_blocks(data, rows, cuts, leads, whole, end)
    leads, whole, end = leads[:n], whole[:n], end[:n]
    lines, hashes = Lines(*(np.empty(room, np.int64) for _ in range(3))), np.empty(room, np.uint64)
    n_lines = split_lines(data, rows, cuts, leads, end, lines, hashes, until)
    lines = Lines(*(column[:n_lines] for column in lines))
    find_twins(data, lines.start, lines.end, hashes[:n_lines], lines.twin)
    to = until[end - 1]
    from_ = np.append(0, to[:-1])[:n]
    blocks = Blocks(cuts, np.diff(until, prepend=0), end, leads, whole, np.empty(n, np.int64))
    return lines, blocks, np.where(whole | (to - from_ > 1), from_, to), to


def _refer(lines: Lines, from_: Ints, to: Ints, known: Ints) -> tuple[Refs, Ints]:
    """What stands for the lines of each block, and the lines of the table."""
    n = len(lines.twin)
    refs, table = Refs(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(len(to), np.int64)), np.empty(n, np.int64)
    n_table = refer(lines, from_, to, refs, table, known)
    used = int(refs.end[-1]) if len(to) else 0
    return Refs(refs.place[:used], refs.number[:used], refs.end), table[:n_table]


def _find_new(parts: Parts, rows: Rows, blocks: Blocks, n_table: int, n_accounts: int) -> Ints:
    """For each account the number, from 1, of the first line that it brings; 0 where it brings none."""
    account = parts.account[rows.part[blocks.row[blocks.end - 1]]]
    first = np.searchsorted(account, np.arange(n_accounts + 1))
    known = np.append(blocks.known, n_table)[first]
    return np.where(known[1:] > known[:-1], known[:-1] + 1, 0)


def _group(data: NDArray[np.uint8], rows: Rows) -> Groups:
    """Rows that put something, by step and reason, those of one pair of texts where the first of them is."""
    puts = np.flatnonzero(rows.is_put)
    start, end = rows.start[puts], rows.put_end[puts]
    hashes, pair = np.empty(len(puts), np.uint64), np.empty(len(puts), np.int64)
    hash_pieces(data, start, end, hashes)
    find_twins(data, start, end, hashes, pair)
    keys = np.stack((rows.part[puts], rows.reason[puts], pair))
    _, first, inverse = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    order = np.argsort(first[inverse], kind="stable")
    return Groups(puts[order], pair[order])


class Stretch:
    """What stands in the first line of a stretch, to read its accounts with. Raises AuditError for a format that is not known."""

    def __init__(self, told: dict[str, Any]) -> None:
        if told.get("format") != FORMAT:
            raise AuditError(f"its format is {told.get('format')!r}, and this version reads {FORMAT}; install a newer one")
        self.reasons: list[str] = told["reasons"]
        self.lines: list[str] = told["lines"].split("\n") if told["n_lines"] else []
        self.number: int = told["number"]
        self._room: int | None = None       # characters that cuts of the document may still have

    def put_back(self, row: dict[str, Any], n_chars: int | None = None) -> None:
        """Give a document of so many characters its account as `pipeline.corpus.packed` has it.

        Raises AuditError where it is of another stretch, or lines that it names come to more than was there to cut: a few bytes
        can name a stretch of megabytes again and again.
        """
        if (number := row.pop("stretch", self.number)) != self.number:
            raise AuditError(f"its lines stand in the first line of stretch {number}, and that is missing; make the corpus again")
        new = [row.pop("new", 0)]
        self._room = None if n_chars is None else n_chars + sum(map(_find_growth, row["edits"]))
        for part in row["edits"]:
            if isinstance(part.get("cut"), list):
                part["cut"] = self._read_cuts(part["cut"], new)
            if "put" in part:
                part["put"] = {reason: _read_puts(groups) for reason, groups in part["put"].items()}

    def _read_cuts(self, blocks: Sequence[list[Any]], new: list[int]) -> Step:
        """Rows of `packed` by reason, all columns of each. `new` holds the number of the next line that is new."""
        rows: dict[str, list[list[Any]]] = {}
        drift = 0
        for start, told, *parts in blocks:
            pieces = self._read_lines(told, new)
            at = done = 0
            for k, part in enumerate(parts):
                reason, score, n, more, extra = _fill(part, (1, 1, 0, 0))
                drift += more
                text = "".join(pieces[done:done + n] if k < len(parts) - 1 else pieces[done:])
                at = at if k else start + drift
                if not 0 <= reason < len(self.reasons):
                    raise AuditError(f"it names reason {reason}, and its stretch has {len(self.reasons)}")
                rows.setdefault(self.reasons[reason], []).append([at - drift, text, score, drift, len(text) + extra])
                at += len(text)
                done += n
        return rows

    def _read_lines(self, told: Any, new: list[int]) -> list[str]:
        """The lines that numbers stand for, each with its LF behind it or before it, or a text as it is."""
        if isinstance(told, str):
            self._take_room([told], 0)
            return [told]
        found: list[str] = []
        told = told if isinstance(told, list) else [told]
        leads, cut_short = told[0] == 0, told[-1] == 0
        for one in told[leads:len(told) - cut_short]:
            first, n = one if isinstance(one, list) else (one, 1) if one > 0 else (new[0], -one)
            if not 0 < first <= first + n - 1 <= len(self.lines):
                raise AuditError(
                    f"it names line {first + n - 1}, and its stretch has {len(self.lines)}: it is damaged; make the corpus again")
            if isinstance(one, int) and one < 0:
                new[0] += n
            lines = self.lines[first - 1:first - 1 + n]
            self._take_room(lines, n)
            found += lines
        if leads:
            return [f"\n{line}" for line in found]
        last = found.pop() if cut_short else None
        self._take_room((), -cut_short)
        return [*(f"{line}\n" for line in found), *(() if last is None else (last,))]


    def _take_room(self, lines: Sequence[str], n_breaks: int) -> None:
        """Count what was cut, before it is joined. One LF more than is left is no fault yet: the last line may be without."""
        if self._room is None:
            return
        self._room -= sum(map(len, lines)) + n_breaks
        if self._room < -1:
            raise AuditError("its cuts have more characters than the document: it is damaged; make the corpus again")


def _find_growth(part: Step) -> int:
    """Characters that a step put beyond those that it took: later steps may cut them too."""
    return sum(max(0, len(put) - len(text)) * len(places)
               for groups in part.get("put", {}).values() for text, put, places in groups)


def _read_puts(groups: Sequence[list[Any]]) -> list[list[Any]]:
    """Rows of `packed`, all columns of each, in the order of their places."""
    rows = []
    for text, put, places in groups:
        start = drift = 0
        for place in places:
            step, score, more, extra = _fill(place, (1, 0, 0))
            start, drift = start + step, drift + more
            rows.append([start, text, put, score, drift, len(text) + extra])
    return sorted(rows, key=lambda row: (row[0] + row[4], len(row[1])))


def _fill(told: Any, usual: tuple[int, ...]) -> Iterator[Any]:
    """A row with what it leaves out."""
    own = told if isinstance(told, list) else (told,)
    return iter((*own, *usual[len(own) - 1:]))
