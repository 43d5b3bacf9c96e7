"""The third step of a run: rows that still hold a line of the template of their site are amended.

The rule of this file: a cut is one more edit at the end of a row's text and account. Only rows that hold such a line cost
anything; nothing is read or cleaned again. A cut that does not lead back is not made, and the row says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.account import Applied, Trace
from pipeline.chinese.codepoints import SENTENCE
from pipeline.corpus.json_lines import escape_breaks
from pipeline.corpus.packed import pack, unpack
from pipeline.corpus.rows import PART, likeness, sketch_columns, text_columns
from pipeline.edits import Edit, apply, cut_lines
from pipeline.engines.dataset import Dataset
from pipeline.errors import AuditError
from pipeline.near.sketch import sketch
from pipeline.options import Options
from pipeline.record import Texts
from pipeline.run.proof import is_sampled
from pipeline.run.recur import counted_of, find_held, holds_template
from pipeline.run.signals import signal_columns
from pipeline.stages.boilerplate.features import PARAGRAPH, find_text
from pipeline.stages.boilerplate.metadata import find_titles
from pipeline.stages.boilerplate.recurring import find_template
from pipeline.stages.boilerplate.template import Counted, hash_lines
from pipeline.stages.boilerplate.title_labels import clean_title

__all__ = ["Cuts", "amend_part", "amend_rows"]

#: A page that would lose more than half of its characters of paragraphs, and has so many, is a copy of other pages rather than
#: template: near-duplicates are told elsewhere.
MUCH = 150

Rows = NDArray[np.int64]


def amend_part(
    batches: Iterable[pa.RecordBatch], learned: Dataset, options: Options, *, verify: bool = False
) -> Iterator[pa.RecordBatch]:
    """Cut the lines of the template that the sites taught; rows that hold none pass as they are."""
    counted = counted_of(learned)
    for batch in batches:
        holds = np.flatnonzero(holds_template(batch, counted))
        cuts = _find_cuts(batch.take(pa.array(holds)), counted, options) if len(holds) else {}
        if not cuts:
            yield batch
            continue
        yield amend_rows(batch, {int(holds[row]): own for row, own in cuts.items()}, options, verify=verify)


def amend_rows(batch: pa.RecordBatch, cuts: dict[int, Cuts], options: Options, *, verify: bool = False) -> pa.RecordBatch:
    """The batch with cuts made in some of its rows; with `verify` the account of each is read back as it is written."""
    touched = np.array(list(cuts), np.int64)
    return _put_back(batch, touched, _amend(batch.take(pa.array(touched)), list(cuts.values()), options, verify))


class Cuts(NamedTuple):
    """What happens to one row: edits in places of its text, and whether nothing of its own is left."""

    edits: list[Edit]
    emptied: bool


def _find_cuts(batch: pa.RecordBatch, counted: Counted, options: Options) -> dict[int, Cuts]:
    """The lines to cut, by row."""
    texts = Texts.of(batch["text"].to_pylist())
    line, place = _lines_left(texts, batch)
    share = np.zeros(len(texts.lines.start))
    known = place >= 0
    share[line[known]] = _judge(batch, counted, options)[place[known]]
    cut = share > 0
    cut[np.isin(texts.lines.doc, [*_find_copies(texts, cut), *_find_held_over(batch)])] = False
    emptied = _find_emptied(texts, cut, batch)
    for doc in emptied:
        cut[texts.lines.doc == doc] = True
    cuts: dict[int, Cuts] = {}
    reasons = ["site-line" if s else "site-rest" for s in share.tolist()]
    edits = cut_lines(texts, cut, reasons, np.where(share > 0, share, 1.0).tolist())
    owners = np.searchsorted(texts.ends, [e.start for e in edits], side="left").tolist()
    for edit, row in zip(edits, owners, strict=True):
        base = int(texts.starts[row])
        own = cuts.setdefault(row, Cuts([], row in emptied))
        own.edits.append(edit._replace(start=edit.start - base, end=edit.end - base))
    return cuts


def _lines_left(texts: Texts, batch: pa.RecordBatch) -> tuple[Rows, Rows]:
    """The lines of the texts that have keys, and the place of each among all lines of the batch as they came; -1: another now."""
    line, _ = hash_lines(texts, batch["site"].to_numpy())
    came = np.cumsum([0, *map(len, batch["line_keys"])])[:-1]
    place = np.concatenate([np.zeros(0, np.int64), *(np.array(p.as_py(), np.int64) for p in batch["kept"])])
    return line, np.where(place >= 0, place + came[texts.lines.doc[line]], -1)


def _judge(batch: pa.RecordBatch, counted: Counted, options: Options) -> NDArray[np.float64]:
    """The share for which each line of the pages as they came goes, 0 where it stays.

    A line that stands on its page more than once (联系我们, in the menu and as the heading) goes only where it would everywhere.
    """
    pages = Texts.of([_before(row) for row in batch.select(["text", "edits"]).to_pylist()])
    line, keys = hash_lines(pages, batch["site"].to_numpy())
    held, _ = find_held(batch["line_keys"], counted)
    share = find_template(pages, line, held, options.boilerplate)
    _, same = np.unique(np.stack((pages.lines.doc[line], keys)), axis=1, return_inverse=True)
    least = np.ones(len(line))
    np.minimum.at(least, same, share)
    return least[same]


def _before(row: dict[str, Any]) -> str:
    """The text as the boilerplate stage first saw it."""
    edits, original = unpack(row["text"], orjson.loads(row["edits"]))
    pieces: list[str] = []
    at = 0
    for e in edits:
        if e.step != edits[0].step or e.stage != "encoding":
            break
        pieces += (original[at:e.start], e.put)
        at = e.start + len(e.taken)
    return "".join([*pieces, original[at:]])


def _find_copies(texts: Texts, cut: NDArray[np.bool_]) -> Rows:
    """Documents that would lose most of their sentences."""
    lines = texts.lines
    size = lines.end - lines.start
    own = np.where((size >= PARAGRAPH) & ((lines.seen & np.uint32(SENTENCE)) != 0), size, 0)
    lost, all_of = np.bincount(lines.doc, own * cut, len(texts)), np.bincount(lines.doc, own, len(texts))
    return np.flatnonzero((all_of >= MUCH) & (2 * lost > all_of))


def _find_held_over(batch: pa.RecordBatch) -> list[int]:
    """Documents that the boilerplate stage kept as they came: without their menus it would take them for lists the next time."""
    told = [orjson.loads(notes) for notes in batch["notes"].to_pylist()]
    return [doc for doc, notes in enumerate(told) if any(note["kind"] == "kept-over-removal" for note in notes)]


def _find_emptied(texts: Texts, cut: NDArray[np.bool_], batch: pa.RecordBatch) -> list[int]:
    """Documents of which nothing is left, or the title alone."""
    left = find_text(texts) & ~cut
    n, lost = np.bincount(texts.lines.doc, left, len(texts)), np.bincount(texts.lines.doc, cut, len(texts))
    found = []
    for doc in np.flatnonzero((n <= 1) & (lost > 0)).tolist():
        rest = texts.line(int(np.flatnonzero(left & (texts.lines.doc == doc))[0])) if n[doc] else None
        if rest is None or rest.strip() == orjson.loads(batch["metadata"][doc].as_py()).get("title"):
            found.append(doc)
    return found


def _amend(batch: pa.RecordBatch, cuts: list[Cuts], options: Options, verify: bool) -> dict[str, pa.Array]:
    """The columns of rows that change when lines are cut from their texts."""
    rows = batch.select(["id", "source", "text", "edits", "n_original", "tally", "counts", "metadata", "notes"]).to_pylist()
    changed = [_cut_proven(row, own, verify or is_sampled(row["id"])) for row, own in zip(rows, cuts, strict=True)]
    texts = [row["text"] for row in changed]
    left = Texts.of(texts)
    sketches = sketch(left, options.near)
    names = ("edits", "recurring", "tally", "counts", "metadata", "notes")
    own = {name: pa.array([row[name] for row in changed], PART.field(name).type) for name in names}
    about = [
        {**orjson.loads(row["metadata"]), "id": old["id"], "source": old["source"]} for old, row in zip(rows, changed, strict=True)
    ]
    measured = signal_columns(left, about, options.verdicts) | {"likeness": pa.array(likeness(sketches))}
    return own | text_columns(texts) | sketch_columns(sketches) | measured


def _cut_proven(row: dict[str, Any], cuts: Cuts, as_written: bool) -> dict[str, Any]:
    """One row with its cuts, if they lead back to what it was, with `as_written` by its whole account; else as it was."""
    with suppress(AuditError, ValueError, KeyError, IndexError, TypeError):
        cut = _cut(row, cuts)
        same = _undo(cut["text"], cuts.edits, row["text"]) == row["text"]
        if same and (not as_written or _read_original(cut) == _read_original(row)):
            return cut
    note = {"kind": "uncut", "text": "lines that others have too stay: cut, the original could not be made again"}
    return row | {
        "recurring": [], "tally": [*row["tally"], "note/uncut"], "counts": [*row["counts"], 1],
        "notes": escape_breaks(orjson.dumps([*orjson.loads(row["notes"]), note])),
    }


def _undo(left: str, edits: Sequence[Edit], before: str) -> str:
    """The text that was cut, made of what is left of it. Raises ValueError where something else stands than an edit put."""
    pieces: list[str] = []
    at = grown = 0
    for e in edits:
        start = e.start + grown
        end = start + len(e.put)
        if left[start:end] != e.put:
            raise ValueError("another text stands where an edit put something")
        pieces += (left[at:start], before[e.start:e.end])
        at, grown = end, grown + len(e.put) - (e.end - e.start)
    return "".join([*pieces, left[at:]])


def _read_original(row: dict[str, Any]) -> str:
    return unpack(row["text"], orjson.loads(row["edits"]))[1]


def _cut(row: dict[str, Any], cuts: Cuts) -> dict[str, Any]:
    """One row without the lines, and with the account of it. The step is one more than the last of its own."""
    before, _ = unpack(row["text"], orjson.loads(row["edits"]))
    trace = Trace.of(row["n_original"])
    for _, edits in groupby(before, key=lambda e: e.step):
        trace = trace.edited(list(edits))
    step = before[-1].step + 1 if before else 0
    text = row["text"]
    applied = [
        Applied(step, "boilerplate", e.reason, e.start, text[e.start:e.end], e.put, *trace.project(e.start, e.end), e.score)
        for e in cuts.edits
    ]
    more = orjson.dumps(pack(applied))
    left = apply(Texts.of([text]), cuts.edits).text(0)
    counts = _counts(applied, before, cuts.emptied)
    notes = orjson.loads(row["notes"])
    if cuts.emptied:
        notes.append({"kind": "only-boilerplate", "text": "nothing but what its site has on other pages"})
    return {
        "text": left,
        "edits": more if not before else row["edits"][:-1] + b"," + escape_breaks(more)[1:],
        "recurring": [e.taken.strip("\n") for e in applied if e.reason == "site-line"],
        "tally": [*row["tally"], *counts],
        "counts": [*row["counts"], *counts.values()],
        "metadata": _title_again(row["metadata"], left, applied),
        "notes": escape_breaks(orjson.dumps(notes)),
    }


def _counts(applied: list[Applied], before: list[Applied], emptied: bool) -> dict[str, int]:
    """What is counted of the cuts, see `pipeline.run.tally`."""
    counts = {
        "chars_out": -sum(len(e.taken) for e in applied), "changed": int(not before),
        "docs/boilerplate": int(all(e.stage != "boilerplate" for e in before)),
    }
    for reason in sorted({e.reason for e in applied}):
        own = [len(e.taken) for e in applied if e.reason == reason]
        counts |= {f"edits/boilerplate/{reason}": len(own), f"taken/boilerplate/{reason}": sum(own), f"put/boilerplate/{reason}": 0}
    return counts | ({"note/only-boilerplate": 1} if emptied else {})


def _title_again(metadata: bytes, text: str, applied: list[Applied]) -> bytes:
    """The metadata; the title is read again where it was a line that the site has on its other pages."""
    said = orjson.loads(metadata)
    if not text or said.get("title") not in {clean_title(e.taken.strip("\n")) for e in applied}:
        return metadata
    texts = Texts.of([text])
    del said["title"]
    return escape_breaks(orjson.dumps(said | {found.key: found.value for found in find_titles(texts, find_text(texts))}))


def _put_back(batch: pa.RecordBatch, rows: Rows, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    """The batch with some rows of some columns replaced."""
    places = np.arange(len(batch))
    places[rows] = len(batch) + np.arange(len(rows))
    arrays = [
        pa.chunked_array([batch[f.name], columns[f.name]]).combine_chunks().take(pa.array(places)) if f.name in columns
        else batch[f.name]
        for f in PART
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=PART)
