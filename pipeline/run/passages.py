"""The steps `kept`, `passages`, `shared` and `cut`: paragraphs that many documents share, which are otherwise different.

The rule of this file: only documents that are kept are counted, so an article that twenty sites took over shares its paragraphs
with nobody. A passage goes by the hash of its canonical form; its text is read again where it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_spans
from pipeline.edits import cut_lines
from pipeline.engines.dataset import Dataset
from pipeline.options import Options, PassagesOptions
from pipeline.record import Texts
from pipeline.run.amend import Cuts, amend_rows
from pipeline.run.ranked import Ranked, write_ranked
from pipeline.stages.boilerplate.template import hash_spans

if TYPE_CHECKING:
    from pipeline.run.known import Known

__all__ = ["PASSAGES", "PASSAGE_COLUMNS", "SHARED", "cut_part", "list_kept", "passages_part", "shared_part", "tell_shared"]

PASSAGE_COLUMNS = ("key", "doc", "site")
PASSAGES = pa.schema([(name, pa.int64()) for name in PASSAGE_COLUMNS])
#: A passage, in how many documents and sites it is, and the first of those.
SHARED = pa.schema([(name, pa.int64()) for name in ("key", "documents", "sites", "doc")])

#: Characters of the canonical form of the shortest passage.
MIN_CHARS = 80
#: Characters of texts that are looked at together, and passages that a manifest lists.
BATCH_CHARS, MOST_TOLD = 1 << 20, 200

Rows = NDArray[np.int64]


def list_kept(known: Known) -> None:
    """Write where the documents stand that are kept."""
    index = known.ordered.index
    rows = np.flatnonzero([cause == "kept" for cause in known.fates.cause])
    columns = (index[name].to_numpy()[rows] for name in ("part", "row", "n_chars"))
    known.data["kept"] = write_ranked(known.work / "kept", *columns)


def find_passages(texts: Texts) -> tuple[Rows, Rows]:
    """The lines that are passages, and the key of each: int64 [passages] both."""
    lines = texts.lines
    long = np.flatnonzero(lines.end - lines.start >= MIN_CHARS)
    folded, bounds = canonical_spans(texts.points, lines.start[long], lines.end[long])
    keys = np.empty(len(long), np.uint64)
    hash_spans(folded, bounds, np.zeros(len(long), np.uint64), keys)
    some = np.diff(bounds) >= MIN_CHARS
    return long[some], keys[some].view(np.int64)


def passages_part(batches: Iterable[pa.RecordBatch], kept: Ranked) -> Iterator[pa.RecordBatch]:
    """Documents, by the column `doc`, to the passages of each, once."""
    for batch in batches:
        docs = batch["doc"].to_numpy()
        turns = np.cumsum(kept.n_chars[docs]) // BATCH_CHARS
        for own in np.split(docs, np.flatnonzero(np.diff(turns)) + 1) if len(docs) else ():
            texts = Texts.of(kept.texts(own.tolist()))
            line, keys = find_passages(texts)
            rows = np.unique(np.stack((own[texts.lines.doc[line]], keys)), axis=1)
            sites = kept.sites(own)[np.searchsorted(own, rows[0])]
            yield pa.RecordBatch.from_arrays([pa.array(rows[1]), pa.array(rows[0]), pa.array(sites)], schema=PASSAGES)


def shared_part(batches: Iterable[pa.RecordBatch], options: PassagesOptions) -> Iterator[pa.RecordBatch]:
    """All rows of some passages to those that are in enough documents of enough sites."""
    counted = pa.Table.from_batches(batches, PASSAGES).group_by("key", use_threads=False).aggregate(
        [("doc", "count"), ("site", "count_distinct"), ("doc", "min")]
    )
    documents, sites, first = (counted[name].to_numpy() for name in ("doc_count", "site_count_distinct", "doc_min"))
    enough = np.flatnonzero((documents >= options.min_documents) & (sites >= options.min_sites))
    enough = enough[np.argsort(counted["key"].to_numpy()[enough])]
    columns = (column[enough] for column in (counted["key"].to_numpy(), documents, sites, first))
    yield pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=SHARED)


@lru_cache(maxsize=1)
def _keys_of(shared: Dataset) -> Rows:
    keys: Rows = shared.table(SHARED)["key"].to_numpy()
    return keys


def cut_part(
    batches: Iterable[pa.RecordBatch], shared: Dataset, options: Options, *, verify: bool = False
) -> Iterator[pa.RecordBatch]:
    """Cut the passages that are shared; rows that hold none pass as they are, and so do those that hold nothing else."""
    for batch in batches:
        cuts = _find_cuts(batch, _keys_of(shared))
        yield amend_rows(batch, cuts, options, verify=verify) if cuts else batch


def _find_cuts(batch: pa.RecordBatch, shared: Rows) -> dict[int, Cuts]:
    """The edits of each row, in places of its text."""
    texts = Texts.of([text or "" for text in batch["text"].to_pylist()])
    line, keys = find_passages(texts)
    cut = np.zeros(len(texts.lines.start), np.bool_)
    cut[line[np.isin(keys, shared)]] = True
    title = [orjson.loads(metadata or b"{}").get("title") for metadata in batch["metadata"].to_pylist()]
    for doc in np.unique(texts.lines.doc[cut]).tolist():
        own = range(texts.first_lines[doc], texts.first_lines[doc + 1])
        if not any(texts.line(k).strip() not in ("", title[doc]) for k in own if not cut[k]):
            cut[own] = False
    cuts: dict[int, Cuts] = {}
    for edit in cut_lines(texts, cut, np.full(len(cut), "shared-passage", object)):
        doc = int(np.searchsorted(texts.ends, edit.start, side="left"))
        base = int(texts.starts[doc])
        cuts.setdefault(doc, Cuts([], False)).edits.append(edit._replace(start=edit.start - base, end=edit.end - base))
    return cuts


def tell_shared(known: Known, *, with_text: bool = True) -> list[dict[str, Any]]:
    """The passages that most documents share, with their text as the first of these has it, or empty."""
    if "shared" not in known.data:
        return []
    rows = known.data["shared"].table(SHARED).sort_by([("documents", "descending"), ("key", "ascending")])[:MOST_TOLD].to_pylist()
    found = []
    for row in rows:
        text = _read_passage(known, row) if with_text else ""
        found.append({"passage": text, "documents": row["documents"], "sites": row["sites"]})
    return found


def _read_passage(known: Known, row: dict[str, Any]) -> str:
    texts = Texts.of(known.kept.texts([row["doc"]]))
    line, keys = find_passages(texts)
    return texts.line(int(line[np.flatnonzero(keys == row["key"])[0]]))
