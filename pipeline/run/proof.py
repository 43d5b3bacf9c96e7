"""The law of the house at run time: from its text and its account every document becomes its original again, or it is no document.

Two looks, in the process that cleaned it, at what cleaning made of it. Every document is led back over the columns of its edits, a
batch at once. And of one in SAMPLED, or of all with `--verify`, the account is read as it was written, and what comes of it is
compared by its digest. A document that does not come back is a fault of this program: it goes to the quarantine with its original,
and the rest goes on. Cuts of later steps are led back in the same two ways where they are made (`pipeline.run.amend`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from zlib import crc32

import numpy as np
import orjson
import pyarrow as pa

from pipeline.account import Cleaned, Part, restore
from pipeline.corpus.packed import unpack
from pipeline.edits import Edits, gather_spans, make
from pipeline.errors import AuditError
from pipeline.record import Fault, Record, Texts

__all__ = ["SAMPLED", "find_broken", "find_miswritten", "is_sampled", "make_fault"]

#: One account in so many is read back as it was written, chosen by its id: 2.4 µs for each edit of it, which of all
#: would be 8 % of the time of a crawl and is a thousandth so.
SAMPLED = 64


def find_broken(results: Sequence[Cleaned]) -> list[int]:
    """The documents, by number, whose edits do not lead back from the text to the original."""
    broken = {d for d, r in enumerate(results) if not (r.parts or r.own) and r.text != r.original}
    texts = {d: r.text for d, r in enumerate(results) if r.parts and r.own is None}
    for part, docs in _last_first(results, texts):
        spans = [next((a, b) for p, a, b in results[d].parts if p is part) for d in docs]
        try:
            before = _undo(part, spans, Texts.of([texts[d] for d in docs]))
            texts.update(zip(docs, (before.text(i) for i in range(len(docs))), strict=True))
        except (ValueError, IndexError):    # one edit of the batch is not of its text: which, is found one by one
            for d, span in zip(docs, spans, strict=True):
                try:
                    texts[d] = _undo(part, [span], Texts.of([texts[d]])).text(0)
                except (ValueError, IndexError):
                    broken.add(d)
    broken |= {d for d, text in texts.items() if text != results[d].original}
    return sorted(broken | {d for d, r in enumerate(results) if r.own is not None and not _comes_back(r)})


def _last_first(results: Sequence[Cleaned], texts: dict[int, str]) -> Iterator[tuple[Part, list[int]]]:
    """The parts from the last step to the first, each with its documents. Steps have one number over a batch."""
    docs: dict[int, tuple[Part, list[int]]] = {}
    for d in texts:
        for part, _, _ in results[d].parts:
            docs.setdefault(id(part), (part, []))[1].append(d)
    yield from sorted(docs.values(), key=lambda own: -own[0].step)


def _undo(part: Part, spans: Sequence[tuple[int, int]], texts: Texts) -> Texts:
    """The texts that the stage saw. Raises ValueError where what it put does not stand where it should."""
    edits = part.edits(spans, texts)        # as if `texts` were those before: places are counted from the start of each
    owner = np.repeat(np.arange(len(spans)), [b - a for a, b in spans])
    sizes = edits.end - edits.start
    grown = np.cumsum(edits.sizes - sizes) - (edits.sizes - sizes)
    first = np.cumsum([0, *(b - a for a, b in spans)])[:-1]
    start = edits.start + grown - grown[first][owner]
    at = gather_spans(np.array([a for a, _ in spans]), np.array([b - a for a, b in spans]))
    put = part.taken[gather_spans((part.taken_ends - np.diff(part.taken_ends, prepend=0))[at], sizes)]
    back = Edits(start, start + edits.sizes, put, sizes, edits.reason, edits.names, edits.score)
    if start.min() < 0 or (back.end > texts.ends[owner]).any():
        raise ValueError("an edit stands outside its text")
    made = make(texts, back)
    if not np.array_equal(made.taken, edits.put):
        raise ValueError("another text stands where an edit put something")
    return made.after


def _comes_back(result: Cleaned) -> bool:
    """The same for a document whose edits are no columns."""
    rows = [{"step": e.step, "stage": e.stage, "at": e.start, "text": e.taken, "put": e.put} for e in result.edits]
    try:
        return restore(result.text, rows) == result.original
    except AuditError:
        return False


def is_sampled(id: str) -> bool:
    """Whether the account of the document with this id is read back as it was written. The same whatever else is in the batch."""
    return crc32(id.encode("utf-8", "replace")) % SAMPLED == 0


def find_miswritten(rows: pa.RecordBatch, chosen: Sequence[int]) -> list[int]:
    """Of some rows of documents, by number, those whose account as written does not lead back."""
    wrong = []
    own = rows.select(["text", "edits", "original_sha256"]).take(pa.array(chosen, pa.int64()))
    for n, row in zip(chosen, own.to_pylist(), strict=True):
        try:
            _, original = unpack(row["text"], orjson.loads(row["edits"]))
            same = sha256(original.encode()).hexdigest() == row["original_sha256"]
        except (AuditError, ValueError, KeyError, IndexError, TypeError):
            same = False
        if not same:
            wrong.append(n)
    return wrong


def make_fault(record: Record) -> Fault:
    """What stands in the quarantine for a document that does not come back."""
    message = (
        f"document {record.id}: its original cannot be made again from what came of it, which is a fault of this program; please "
        "report it with this document"
    )
    return Fault(record.input, "not-restorable", message, byte=record.byte, raw=record.original.encode())
