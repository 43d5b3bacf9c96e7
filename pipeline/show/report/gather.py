"""The files of a run to what the page shows: counts from the manifest, and one pass over audit and corpus.

Of documents it takes those with a note that asks for a look, then a sample: those whose ids have the smallest digests, the same
each time and for any order, as many as fit into a page of two megabytes.
"""

from __future__ import annotations

import hashlib
import heapq
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.corpus.audit import find_audit
from pipeline.corpus.lines import iterate_rows
from pipeline.corpus.manifest import read_manifest
from pipeline.corpus.restored import audited_documents
from pipeline.corpus.shards import has_corpus
from pipeline.errors import InputError
from pipeline.show.report.clusters import Clusters
from pipeline.show.report.documents import ALARMS, describe, site_of
from pipeline.show.stats import name_quantile
from pipeline.show.tables import shown_stages
from pipeline.show.visible import dump_visible
from pipeline.signals.spread import QUANTILES
from pipeline.signals.verdicts import ASIDE
from pipeline.stages import STAGES

__all__ = ["gather"]

Row = dict[str, Any]

#: Bytes of documents in the page, compressed, so that it stays under two megabytes; characters of one document; rows of lists.
MOST_BYTES, MOST_OF_ONE, MOST_ROWS = 1_300_000, 20_000, 100
#: Of the documents shown, at most this share is there because of an alarm: the rest is a fair sample.
ALARMED = 0.5
#: Documents that are held until it is known which are shown: more of the shortest do not fit into a page.
MOST_HELD = 5_000
#: Bounds of the classes of length, in characters.
LENGTHS = (0, 1, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000)


@dataclass(slots=True)
class _Seen:
    """What is counted in the pass."""

    lengths: tuple[Counter[int], Counter[int]] = field(default_factory=lambda: (Counter(), Counter()))
    kinds: dict[str, Counter[str]] = field(default_factory=lambda: {k: Counter() for k in ("verdict", "script", "encoding")})
    sites: dict[str, Counter[str]] = field(default_factory=dict)


def gather(folder: Path, documents: int) -> tuple[Row, bytes]:
    """What the page shows of the run in a folder, and its documents, a JSON array under gzip.

    Raises InputError where there is no run, or a file of it is gone.
    """
    manifest = read_manifest(folder)
    corpus, audit = manifest["corpus"], find_audit(manifest["files"])
    for name in (corpus, audit):
        if name and not has_corpus(folder / name):
            raise InputError(f"{folder / name}: this file of the run is gone; make the corpus again")
    clusters = Clusters.of(folder / corpus)
    seen, sample, total = _Seen(), _Sample(documents), 0
    if audit:
        for row, text in audited_documents(folder / audit, folder / corpus):
            total += 1
            _count(seen, row, text)
            clusters.see(row, text)
            sample.see(row, text)
    packed, shown = _pack(sample.chosen())
    return _describe_run(manifest) | _describe_seen(seen) | {
        "sampled": {"shown": shown, "of": total}, "has_audit": bool(audit), "all_alarms": ALARMS,
        "all_stages": [stage.name for stage in STAGES],
        "clusters": clusters.describe(),
        "quarantine": _describe_faults(folder / "quarantine.jsonl"),
    }, packed


class _Sample:
    """The documents to show: those with alarms first, then those whose digests are smallest."""

    def __init__(self, most: int) -> None:
        self._most = min(most, MOST_HELD)
        self._heaps: tuple[list[Any], list[Any]] = [], []       # with an alarm, without

    def see(self, row: Row, text: str) -> None:
        digest = hashlib.sha256(f"{row['source']}\0{row['id']}".encode("utf-8", "replace")).digest()
        heap = self._heaps[0 if any(note["kind"] in ALARMS for note in row["notes"]) else 1]
        entry = (tuple(-byte for byte in digest), len(heap), row, text)
        if len(heap) < self._most:
            heapq.heappush(heap, entry)
        elif self._most and entry[0] > heap[0][0]:
            heapq.heapreplace(heap, entry)

    def chosen(self) -> Iterator[tuple[Row, str]]:
        """Documents with alarms, then others, each in the order of digests."""
        alarmed, others = (sorted(heap, key=lambda e: e[0], reverse=True) for heap in self._heaps)
        n = min(len(alarmed), max(int(self._most * ALARMED), self._most - len(others)))
        yield from ((row, text) for *_, row, text in [*alarmed[:n], *others[:self._most - n]])


def _pack(chosen: Iterator[tuple[Row, str]]) -> tuple[bytes, int]:
    """As many of them as fit into the page, compressed, and how many these are; a document that is long is cut."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)     # with the head of gzip, which browsers know
    packed, shown = packer.compress(b"["), 0
    for row, text in chosen:
        one = dump_visible(describe(row, text, MOST_OF_ONE)).encode()
        packed += packer.compress(b"," * bool(shown) + one) + packer.flush(zlib.Z_SYNC_FLUSH)
        shown += 1
        if len(packed) > MOST_BYTES - (1 << 15):
            break
    return packed + packer.compress(b"]") + packer.flush(), shown


def _count(seen: _Seen, row: Row, text: str) -> None:
    for counter, n in zip(seen.lengths, (row["n_chars"], len(text)), strict=True):
        counter[max(i for i, low in enumerate(LENGTHS) if n >= low)] += 1
    metadata = row["metadata"]
    seen.kinds["script"][metadata.get("script") or "?"] += 1
    seen.kinds["encoding"][metadata.get("encoding") or "utf-8"] += 1
    verdict = next((note["kind"] for note in row["notes"] if note["kind"] == "listing"), row["fate"])
    seen.kinds["verdict"][verdict] += 1
    site = seen.sites.setdefault(site_of(row["source"]), Counter())
    site.update(documents=1, kept=row["fate"] == "kept", before=row["n_chars"], after=len(text) if row["fate"] == "kept" else 0)


def _describe_seen(seen: _Seen) -> Row:
    sites = heapq.nsmallest(MOST_ROWS, seen.sites.items(), key=lambda item: (-item[1]["documents"], item[0]))
    names = [str(low) for low in LENGTHS]
    return {
        "lengths": {
            side: [[name, counter[i]] for i, name in enumerate(names)]
            for side, counter in zip(("before", "after"), seen.lengths, strict=True)
        },
        "kinds": {name: counter.most_common(20) for name, counter in seen.kinds.items()},
        "sites": {"of": len(seen.sites), "rows": [{"site": name} | dict(counts) for name, counts in sites]},
    }


def _describe_run(manifest: Row) -> Row:
    counts = manifest["counts"]
    fates = {k.removeprefix("fate/"): n for k, n in counts.items() if k.startswith("fate/")}
    return {
        "funnel": {
            "read": counts.get("documents", 0) + counts.get("quarantined", 0), "quarantined": counts.get("quarantined", 0),
            "listing": min(counts.get("note/listing", 0), fates.get("empty", 0)), "empty": fates.get("empty", 0),
            "aside": sum(fates.get(name, 0) for name in ASIDE if name != "empty"),
            "duplicates": sum(n for k, n in fates.items() if k not in ("kept", *ASIDE)), "kept": fates.get("kept", 0),
        },
        "characters": {"before": counts.get("chars_in", 0), "after": counts.get("chars_out", 0)},
        "alarms": [[kind, counts[f"note/{kind}"]] for kind in ALARMS if counts.get(f"note/{kind}")],
        "stages": [_describe_stage(name, counts) for name in shown_stages(counts)],
        "template": manifest.get("recurring_lines", [])[:MOST_ROWS],
        "left": manifest.get("left_alone", [])[:MOST_ROWS], "signals": _describe_signals(manifest),
        "made": {key: manifest.get(key) for key in ("corpus", "versions", "options", "stages", "audit")},
    }


def _describe_signals(manifest: Row) -> Row:
    """The quantiles of each signal by their names; nothing of a run that measured none."""
    names = [name_quantile(q) for q in QUANTILES]
    return {name: dict(zip(names, values, strict=False)) for name, values in (manifest.get("signals") or {}).items()}


def _describe_stage(name: str, counts: Row) -> Row:
    reasons = [
        {"reason": key.rpartition("/")[2], "edits": n, "taken": counts.get(f"taken/{name}/{key.rpartition('/')[2]}", 0)}
        for key, n in counts.items() if key.startswith(f"edits/{name}/")
    ]
    reasons.sort(key=lambda r: (-r["taken"], -r["edits"], r["reason"]))
    taken, put = (sum(n for k, n in counts.items() if k.startswith(f"{what}/{name}/")) for what in ("taken", "put"))
    return {"name": name, "documents": counts.get(f"docs/{name}", 0), "taken": taken, "put": put, "reasons": reasons}


def _describe_faults(path: Path) -> Row:
    rows: list[Row] = []
    total = 0
    for row in iterate_rows(path) if path.exists() else ():
        total += 1
        if len(rows) < MOST_ROWS:
            rows.append({key: row[key] for key in ("source", "line", "byte", "reason", "message")})
    return {"of": total, "rows": rows}
