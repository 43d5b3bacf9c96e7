"""Accounts of a batch as JSON, written from the columns of its edits: what `packed.pack` and orjson make of them, byte for byte.

An account of a crawl has 160 edits a page: one object for each costs 2.9 µs, a row of columns 0.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import orjson
from numpy.typing import NDArray

from pipeline.account import Cleaned, Part
from pipeline.corpus.json_lines import escape_breaks
from pipeline.corpus.kernels import DRIFT, LENGTH, POINT_BYTES, ROW_BYTES, Rows, gather_rows, write_rows
from pipeline.corpus.packed import BRIDGE, SAME, pack

__all__ = ["dump_accounts"]

Ints = NDArray[np.int64]
_KINDS = "cut", "put", "chars"     # of `COLUMNS`, in the order of their numbers


def dump_accounts(results: Sequence[Cleaned]) -> list[bytes]:
    """The account of each, as JSON."""
    parts = {id(part): part for result in results for part, _, _ in result.parts}
    packed = {key: dict(_dump_part(part)) for key, part in parts.items()}
    return [_dump(result, packed) for result in results]


def _dump(result: Cleaned, packed: dict[int, dict[int, bytes]]) -> bytes:
    if result.own is not None:
        return escape_breaks(orjson.dumps(pack(result.own)))
    return b"[" + b",".join([packed[id(part)][a] for part, a, _ in result.parts]) + b"]"


def _dump_part(part: Part) -> Iterator[tuple[int, bytes]]:
    """The JSON of the edits of each document in one step, by the place of the first of them."""
    rows = _gather(part)
    doc, reason = part.doc[rows.edit], part.reason[rows.edit]
    rank, inverse = _rank(doc, rows.kind, reason, len(part.names))
    order = np.lexsort((rank[inverse],))        # stable
    group = inverse[order]
    data, ends = _write(part, rows, order, group)
    odd = set(doc[rows.odd | (rows.score != np.clip(rows.score, 0, 1))].tolist())
    last = np.flatnonzero(np.append(group[1:] != group[:-1], True))        # row of each group
    stops = ends[last]
    groups = np.stack([doc[order][last], rows.kind[order][last], reason[order][last], np.append(0, stops[:-1]), stops], axis=1)
    names = [orjson.dumps(name) for name in part.names]
    own: dict[int, dict[int, list[bytes]]] = {}
    for d, kind, name, a, b in groups.tolist():
        own.setdefault(d, {}).setdefault(kind, []).append(b"%b:[%b]" % (names[name], data[a:b - 1]))
    head = orjson.dumps({"step": part.step, "stage": part.stage})[:-1]
    for d, (a, b) in part.bounds.items():
        if d in odd:
            yield a, escape_breaks(orjson.dumps(pack(part.applied(a, b))))[1:-1]
        else:
            kinds = [b',"%b":{%b}' % (_KINDS[kind].encode(), b",".join(some)) for kind, some in own[d].items()]
            yield a, b"%b%b}" % (head, b"".join(kinds))


def _gather(part: Part) -> Rows:
    n, wide = len(part.doc), len(part.taken) + BRIDGE * len(part.doc)
    edit, kind, start, first, last, ends = (np.empty(n, np.int64) for _ in range(6))
    rows = Rows(edit, kind, start, first, last, np.empty(n), np.empty(wide, np.uint32), ends, np.zeros(n, np.bool_))
    n = gather_rows(
        part.doc, part.start, part.first, part.last, part.reason, part.score, part.taken, part.taken_ends, part.put, part.put_ends,
        ord(SAME), BRIDGE, rows)
    return Rows(edit[:n], kind[:n], start[:n], first[:n], last[:n], rows.score[:n], rows.shown, ends[:n], rows.odd[:n])


def _rank(doc: Ints, kind: Ints, reason: Ints, reasons: int) -> tuple[Ints, Ints]:
    """The rank of each group of a document, kind and reason, by the first rows of its kind and its own; the group of each row."""
    kinds = doc * len(_KINDS) + kind
    _, kind_first, kind_of = np.unique(kinds, return_index=True, return_inverse=True)
    _, first, inverse = np.unique(kinds * reasons + reason, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.lexsort((first, kind_first[kind_of[first]]))] = np.arange(len(first))
    return rank, inverse


def _write(part: Part, rows: Rows, order: Ints, group: Ints) -> tuple[bytes, Ints]:
    """The rows as JSON, and where each ends."""
    drift = (rows.start - rows.first)[order]
    usual = np.zeros_like(drift)
    usual[1:] = np.where(group[1:] == group[:-1], drift[:-1], 0)
    size = np.diff(rows.shown_end, prepend=0)[order]
    long = (rows.last - rows.first)[order] != size
    scores = round_scores(rows.score)
    shows = np.where(long, LENGTH, np.where(drift != usual, DRIFT, scores[order] < 100)).astype(np.int8)
    out = np.empty(POINT_BYTES * (int(size.sum()) + len(part.put)) + ROW_BYTES * len(order), np.uint8)
    ends = np.empty(len(order), np.int64)
    write_rows(order, rows, part.put, part.put_ends, shows, scores, list_scores(), out, ends)
    return out[:ends[-1]].tobytes(), ends


def round_scores(scores: NDArray[np.float64]) -> Ints:
    """Hundredths, rounded as `round(score, 2)` does; 101 for a score of exactly 1."""
    scaled = np.clip(scores, 0, 1) * 100
    rounded = np.rint(scaled).astype(np.int64)
    for i in np.flatnonzero(np.isclose(np.abs(scaled - rounded), 0.5)).tolist():     # the product rounds too
        rounded[i] = round(100 * round(float(scores[i]), 2))
    rounded[scores == 1.0] = 101
    return rounded


@cache
def list_scores() -> NDArray[np.uint8]:
    """The text of each hundredth, and `1` for 101: bytes [102, 5], 0 where there are none."""
    texts = [*(repr(k / 100).encode() for k in range(101)), b"1"]
    return np.frombuffer(b"".join(text.ljust(5, b"\0") for text in texts), np.uint8).reshape(len(texts), 5)
