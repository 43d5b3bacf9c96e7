"""What a site teaches: the second step finds the lines that recur over it, the third amends the rows that hold one.

The rule of this file: nothing is read or cleaned again. A row holds the keys of its end lines, so the lines are counted
without a text, and it holds its text and account, so a cut is one more edit at the end of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.account import Applied, Trace, applied_from_rows, edit_rows
from pipeline.corpus.json_lines import escape_breaks
from pipeline.corpus.rows import PART, likeness, sketch_columns, text_columns
from pipeline.edits import Edit, apply
from pipeline.near.sketch import sketch
from pipeline.options import NearOptions
from pipeline.record import Texts
from pipeline.stages.boilerplate.recurring import find_recurring, propose_recurring

__all__ = ["KEYS", "SITE_COLUMNS", "holds_recurring", "learn_part", "settle_part"]

#: Keys of lines that recur.
KEYS = pa.schema([pa.field("key", pa.int64())])
SITE_COLUMNS = ("site", "likeness", "end_keys")

Keys = NDArray[np.int64]


def learn_part(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """All rows of some sites to the keys of the lines that recur over them."""
    sites, alike, docs, keys = ([np.empty(0, np.int64)] for _ in range(4))
    n = 0
    for batch in batches:
        batch = batch.filter(batch["site"].is_valid())      # faults have none
        ends = batch["end_keys"]
        sites.append(batch["site"].to_numpy())
        alike.append(batch["likeness"].to_numpy())
        docs.append(pc.list_parent_indices(ends).to_numpy().astype(np.int64) + n)
        keys.append(pc.list_flatten(ends).to_numpy())
        n += len(batch)
    found = find_recurring(*map(np.concatenate, (sites, alike, docs, keys)))
    yield pa.RecordBatch.from_arrays([pa.array(np.sort(found))], schema=KEYS)


def holds_recurring(outer: pa.Array, recurring: Keys) -> NDArray[np.bool_]:
    """For each row whether one of its outermost lines recurs: only there can a peel start."""
    held = np.isin(pc.list_flatten(outer).to_numpy(), recurring)
    holds = np.zeros(len(outer), np.bool_)
    holds[pc.list_parent_indices(outer).to_numpy()[held]] = True
    return holds


def settle_part(batches: Iterable[pa.RecordBatch], recurring: Keys, options: NearOptions) -> Iterator[pa.RecordBatch]:
    """Cut the recurring lines at the ends of documents; rows that hold none pass as they are."""
    for batch in batches:
        holds = np.flatnonzero(holds_recurring(batch["outer_keys"], recurring))
        cuts = _find_cuts(batch.take(pa.array(holds)), recurring) if len(holds) else {}
        if not cuts:
            yield batch
            continue
        touched = holds[list(cuts)]
        amended = _amend(batch.take(pa.array(touched)), list(cuts.values()), options)
        yield _put_back(batch, touched, amended)


def _find_cuts(batch: pa.RecordBatch, recurring: Keys) -> dict[int, list[Edit]]:
    """The lines to cut, by row, in places of the row's text."""
    texts = Texts.of(batch["text"].to_pylist())
    titles = [orjson.loads(said).get("title") for said in batch["metadata"].to_pylist()]
    proposal = propose_recurring(texts, batch["site"].to_numpy(), recurring, titles)
    owners = np.searchsorted(texts.ends, [e.start for e in proposal.edits], side="left").tolist()
    cuts: dict[int, list[Edit]] = {}
    for edit, row in zip(proposal.edits, owners, strict=True):
        base = int(texts.starts[row])
        cuts.setdefault(row, []).append(edit._replace(start=edit.start - base, end=edit.end - base))
    return cuts


def _amend(batch: pa.RecordBatch, cuts: list[list[Edit]], options: NearOptions) -> dict[str, pa.Array]:
    """The columns of rows that change when lines are cut from their texts."""
    rows = batch.select(["text", "edits", "n_original", "tally", "counts"]).to_pylist()
    changed = [_cut(row, own) for row, own in zip(rows, cuts, strict=True)]
    texts = [row["text"] for row in changed]
    sketches = sketch(Texts.of(texts), options)
    names = ("edits", "recurring", "tally", "counts")
    own = {name: pa.array([row[name] for row in changed], PART.field(name).type) for name in names}
    return own | text_columns(texts) | sketch_columns(sketches) | {"likeness": pa.array(likeness(sketches))}


def _cut(row: dict[str, Any], cuts: list[Edit]) -> dict[str, Any]:
    """One row without the lines, and with the account of it. The step is one more than the last of its own."""
    before = applied_from_rows(orjson.loads(row["edits"]))
    trace = Trace.of(row["n_original"])
    for _, edits in groupby(before, key=lambda e: e.step):
        trace = trace.edited(list(edits))
    step = before[-1].step + 1 if before else 0
    text = row["text"]
    applied = [
        Applied(step, "boilerplate", e.reason, e.start, text[e.start:e.end], e.put, *trace.project(e.start, e.end), e.score)
        for e in cuts
    ]
    counts = {
        "edits/boilerplate/recurring": len(applied), "taken/boilerplate/recurring": sum(len(e.taken) for e in applied),
        "put/boilerplate/recurring": 0, "chars_out": -sum(len(e.taken) for e in applied),
        "changed": int(not before), "docs/boilerplate": int(all(e.stage != "boilerplate" for e in before)),
    }
    more = orjson.dumps(edit_rows(applied))
    return {
        "text": apply(Texts.of([text]), cuts).text(0),
        "edits": more if not before else row["edits"][:-1] + b"," + escape_breaks(more)[1:],
        "recurring": [e.taken.strip("\n") for e in applied],
        "tally": [*row["tally"], *counts],
        "counts": [*row["counts"], *counts.values()],
    }


def _put_back(batch: pa.RecordBatch, rows: Keys, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    """The batch with some rows of some columns replaced."""
    places = np.arange(len(batch))
    places[rows] = len(batch) + np.arange(len(rows))
    arrays = [
        pa.chunked_array([batch[f.name], columns[f.name]]).combine_chunks().take(pa.array(places)) if f.name in columns
        else batch[f.name]
        for f in PART
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=PART)
