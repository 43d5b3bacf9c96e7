"""The first step of a run: units of input to rows. Read, clean, sketch; one shard in, one shard out."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.account import Cleaned
from pipeline.chinese.dates import to_iso
from pipeline.cleaning import Views, clean_batch, mask_words
from pipeline.corpus.rows import document_rows, fault_rows, left_row
from pipeline.edits import Edits, apply
from pipeline.errors import StageError
from pipeline.marks import Marks
from pipeline.near.sketch import sketch
from pipeline.record import Fault, Left, Record, Texts, find_host, is_made, make_id, merge_said, weigh_beside
from pipeline.run.plan import read_planned
from pipeline.run.proof import find_broken, find_miswritten, is_sampled, make_fault
from pipeline.run.settings import Settings
from pipeline.run.signals import signal_columns
from pipeline.run.tally import Tally
from pipeline.stages.boilerplate.recurring import are_sentences
from pipeline.stages.boilerplate.template import Counted, hash_lines, look_up, match_lines, site_key

__all__ = ["Tally", "clean_batches", "clean_part", "clean_records", "site_of", "warm_up"]

#: Characters and documents of one batch: enough to make per-batch costs vanish, small enough to stay in a few MB.
BATCH_CHARS = 1 << 20
BATCH_DOCS = 4096
#: Bytes of what could not be read that wait to be written, each fault with as many for itself: a few MB as rows.
FAULT_BYTES, FAULT_ROOM = 1 << 22, 512
#: Characters of a batch that are beside its texts: a licence of 1 MB in each row, or a line, is some kB where it is compressed.
BESIDE_CHARS = 1 << 24
_NO_VIEWS = Views(None, None)


def clean_part(units: Iterable[pa.RecordBatch], settings: Settings) -> Iterator[pa.RecordBatch]:
    """Rows of the plan to rows of documents and faults."""
    faults: list[Fault] = []
    left = Counter[str]()
    with _collector_off():
        for batch in _batches(read_planned(units), faults, left):
            for cleaned in clean_batches(batch, settings, faults) if batch else ():
                yield from _proven_rows(*cleaned, settings, faults)
            if _size_of(faults) > FAULT_BYTES:
                yield fault_rows(faults, settings.options.near.num_perm)
                faults.clear()
    if faults:
        yield fault_rows(faults, settings.options.near.num_perm)
    if left:
        yield left_row(left, settings.options.near.num_perm)


def _proven_rows(
    records: list[Record], results: list[Cleaned], views: Views, settings: Settings, faults: list[Fault]
) -> Iterator[pa.RecordBatch]:
    """The rows of those documents whose originals can be made again; the others are faults."""
    broken = set(find_broken(results))
    while len(broken) < len(records):
        left = [n for n in range(len(records)) if n not in broken]
        own = [records[n] for n in left]
        rows = _rows(own, [results[n] for n in left], _NO_VIEWS if broken else views, settings)
        wrong = find_miswritten(rows, [k for k, record in enumerate(own) if settings.verify or is_sampled(record.id)])
        if not wrong:
            yield rows
            break
        broken |= {left[k] for k in wrong}
    faults += [make_fault(records[n]) for n in sorted(broken)]


def _rows(records: list[Record], results: list[Cleaned], views: Views, settings: Settings) -> pa.RecordBatch:
    if settings.audit == "sealed":
        records = [_name_by_text(record, result.text) for record, result in zip(records, results, strict=True)]
    texts = views.clean if views.clean is not None else Texts.of([r.text for r in results])
    names = [site_of(r) for r in records]
    keys = {name: site_key(name) for name in set(names)}
    sites = np.array([keys[name] for name in names], np.int64)
    about = [{**result.metadata, "id": record.id, "source": record.source} for record, result in zip(records, results, strict=True)]
    measured = line_columns(results, texts, views.encoded, sites) | signal_columns(texts, about, settings.options.verdicts)
    counts = [_count(*own, settings.verify) for own in zip(records, results, strict=True)]
    return document_rows(records, results, counts, sites, measured, sketch(texts, settings.options.near))


def _name_by_text(record: Record, text: str) -> Record:
    """A record whose id was made of its content, by one made of its clean text: from the first eleven digits could be guessed."""
    return replace(record, id=make_id(record.source, text.encode())) if is_made(record.id) else record


def _count(record: Record, result: Cleaned, verify: bool) -> dict[str, int]:
    """What is counted of a document; `verified` where its account is read back as it was written."""
    looked = {"verified": 1} if verify or is_sampled(record.id) else {}
    if not (result.parts or result.own or result.notes or record.extra):        # as most documents of a clean corpus
        return {"documents": 1, "chars_in": len(result.original), "chars_out": len(result.text)} | looked
    tally = Tally()
    tally.see(result)
    tally.see_extra([record])
    return tally.counts | looked


def line_columns(
    results: Sequence[Cleaned], texts: Texts, encoded: Texts | None, sites: NDArray[np.int64]
) -> dict[str, pa.Array]:
    """The keys of the lines that the boilerplate stage first saw of each document (`encoded`), and places in them of those left."""
    own = _Keyed.of(texts, sites)
    changed = np.array([bool(r.parts or r.own) for r in results])
    before = own
    if encoded is not None and 2 * changed.sum() > len(results):
        before = _Keyed.of(encoded, sites)
    elif changed.any():
        before = own.put(changed, _Keyed.of(see_encoded([r for r in results if r.parts or r.own]), sites[changed]))
    kept = np.empty(len(own.keys), np.int64)
    match_lines(before.first, before.keys, own.first, own.keys, kept)
    told = pa.py_buffer(before.sentences.astype(np.uint8))
    sentences = pa.Array.from_buffers(pa.binary(), len(texts), [None, pa.py_buffer(before.first.astype(np.int32)), told])
    return {"line_keys": _lists(before.first, before.keys), "sentences": sentences, "kept": _lists(own.first, kept)}


class _Keyed(NamedTuple):
    """Lines of documents that have keys."""

    first: NDArray[np.int64]        # [documents + 1]
    keys: NDArray[np.int64]
    sentences: NDArray[np.bool_]    # which hold the end of a sentence

    @classmethod
    def of(cls, texts: Texts, sites: NDArray[np.int64]) -> _Keyed:
        line, keys = hash_lines(texts, sites)
        return cls(np.searchsorted(texts.lines.doc[line], np.arange(len(texts) + 1)), keys, are_sentences(texts, line))

    def put(self, docs: NDArray[np.bool_], others: _Keyed) -> _Keyed:
        """The same with the lines of others in place of those of some documents."""
        sizes = np.diff(self.first)
        stays = ~np.repeat(docs, sizes)
        sizes[docs] = np.diff(others.first)
        put = np.repeat(docs, sizes)
        keys, sentences = np.empty(len(put), np.int64), np.empty(len(put), np.bool_)
        keys[put], sentences[put] = others.keys, others.sentences
        keys[~put], sentences[~put] = self.keys[stays], self.sentences[stays]
        return _Keyed(np.append(0, np.cumsum(sizes)), keys, sentences)


def _lists(first: NDArray[np.int64], values: NDArray[np.int64]) -> pa.Array:
    return pa.LargeListArray.from_arrays(pa.array(first), pa.array(values)).cast(pa.list_(pa.int64()))


def see_encoded(results: Sequence[Cleaned]) -> Texts:
    """The texts as they were when the first stage after `encoding` saw them: one part holds the edits of a batch before that."""
    originals = Texts.of([r.original for r in results])
    firsts = {id(r.parts[0][0]): r.parts[0][0] for r in results if r.parts and r.parts[0][0].stage == "encoding"}
    pieces = [
        edits for part in firsts.values()
        if len(edits := part.edits([r.parts[0][1:] if r.parts and r.parts[0][0] is part else None for r in results], originals))
    ]
    return apply(originals, Edits.join(pieces).sorted()) if pieces else originals


@contextmanager
def _collector_off() -> Iterator[None]:
    """No cyclic garbage collection: edits are made by the ten thousand and none is part of a cycle.

    Looking through them again and again takes 34 of 168 ms per MB on the traditional corpus.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def site_of(record: Record) -> str:
    """The site or collection of a record: the host of its URL, the folder of its file, or the file of records it is from."""
    if host := find_host(record.source):
        return host
    of_file = record.source == record.input or record.source.startswith(f"{record.input}/")     # a member of an archive is a file
    return record.source.rpartition("/")[0] if of_file else record.input


def clean_records(
    records: list[Record], settings: Settings, faults: list[Fault]
) -> Iterator[tuple[list[Record], list[Cleaned]]]:
    """Clean a batch. Where a stage fails, halves are tried until the document that it fails on stands alone and is a fault."""
    for own, results, _ in clean_batches(records, settings, faults):
        yield own, results


def clean_batches(
    records: list[Record], settings: Settings, faults: list[Fault]
) -> Iterator[tuple[list[Record], list[Cleaned], Views]]:
    """The same, with views of the texts."""
    try:
        results, views = clean_batch(
            [r.original for r in records], stages=settings.stages, options=settings.options, marks=[r.marks for r in records],
        )
        for record, result in zip(records, results, strict=True):
            result.metadata = _merge(result.metadata, record.metadata)
        mask_words(results, settings.stages, settings.options)
    except StageError as error:
        if len(records) == 1:
            faults.append(_failed(records[0], error))
            return
        middle = len(records) // 2
        yield from clean_batches(records[:middle], settings, faults)
        yield from clean_batches(records[middle:], settings, faults)
        return
    yield records, results, views


def _merge(found: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """Metadata of a document: what its record says goes before what was read in the text; dates in ISO 8601."""
    if not given:
        return found
    merged = merge_said(found, given)
    if "published" in given:
        merged["published"] = to_iso(given["published"]) or given["published"]
    return merged


def _failed(record: Record, error: StageError) -> Fault:
    message = f"document {record.id}: {error}; please report this, and leave the stage out with --stages to go on"
    return Fault(record.input, "stage-failed", message, byte=record.byte, raw=record.original.encode())


def _batches(items: Iterable[Record | Fault | Left], faults: list[Fault], left: Counter[str]) -> Iterator[list[Record]]:
    """Records in batches of bounded size; faults go to the list, what is no document is counted by its kind.

    A batch also ends, be it empty, where the faults are many: whoever takes it may write and clear them.
    """
    batch: list[Record] = []
    size = beside = fault_size = 0
    for item in items:
        if isinstance(item, Fault):
            faults.append(item)
            fault_size += _size_of([item])
            if fault_size > FAULT_BYTES:
                yield batch
                batch, size, beside, fault_size = [], 0, 0, 0
            continue
        if isinstance(item, Left):
            left[item.kind] += 1
            continue
        more = weigh_beside(item)
        if batch and (size + len(item.original) > BATCH_CHARS or len(batch) >= BATCH_DOCS or beside + more > BESIDE_CHARS):
            yield batch
            batch, size, beside = [], 0, 0
        batch.append(item)
        size, beside = size + len(item.original), beside + more
    if batch:
        yield batch


def _size_of(faults: Iterable[Fault]) -> int:
    """About the bytes of faults as rows."""
    return sum(FAULT_ROOM + len(fault.raw) for fault in faults)


def warm_up() -> None:
    """Compile every kernel that cleaning and amending rows need, or load it from the cache."""
    sample = "爭當推進基層治理現代化先行地排頭兵(dang) 。\n首页 > 新闻\n  党(dǎng)建引领基层治理，让社会充满活力。"
    told = "党建引领基层治理，让社会充满活力；居民们在家门口就能办成过去要跑几趟的事情，大家都说这样的日子越过越有奔头。\n"
    records = [Record("0", "", text) for text in (sample * 3, sample, told * 2, "æœ¬æŠ¥è®¯è®°è€…")]
    records.append(Record("0", "", sample, marks=Marks.blank(3)))
    for own in clean_batches(records, Settings(), []):
        _rows(*own, Settings())
    template = Counted(*(pa.array(column).to_numpy() for column in ([1], [1.0], [1])))       # read-only, as they come from a shard
    look_up(template, np.zeros(1, np.int64))
