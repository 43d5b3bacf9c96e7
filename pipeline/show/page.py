"""`taosha report`: one self-contained page about a run: what was read, what went and why, and documents with their cuts marked.

It reads what the run left (manifest, corpus, audit, quarantine) and nothing else; the page loads nothing from anywhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import orjson

from pipeline.atomic import open_atomic
from pipeline.clean import Cleaned
from pipeline.corpus.audit import find_audit
from pipeline.corpus.lines import iterate_rows
from pipeline.corpus.manifest import read_manifest
from pipeline.corpus.packed import count_edits, unpack
from pipeline.corpus.restored import audited_documents
from pipeline.corpus.shards import has_corpus, iterate_corpus
from pipeline.errors import InputError
from pipeline.show.marked import Piece, mark
from pipeline.show.stats import find_stats, name_quantile, show_number
from pipeline.show.visible import write_out
from pipeline.signals.verdicts import ASIDE
from pipeline.stages import STAGES

__all__ = ["write_page"]

Row = dict[str, Any]

#: Characters of one document that the page shows: a book would make the browser crawl.
SHOWN_CHARS = 20_000


@dataclass(slots=True)
class _Run:
    """What the page shows of a run, gathered in one pass over its files."""

    manifest: Row
    documents: list[tuple[Row, str]] = field(default_factory=list)      # audit row and clean text, those with most cuts
    clusters: list[tuple[int, Row]] = field(default_factory=list)


def write_page(folder: Path, output: Path, *, documents: int = 50) -> None:
    """Write the page of the run in `folder` with at most `documents` documents, those with the most edits.

    Raises InputError where the folder holds no run, OutputError where the page cannot be written.
    """
    run = _gather(folder, documents)
    template = Template((resources.files("pipeline") / "data" / "report.html").read_text("utf-8"))
    page = template.substitute(
        summary=_summary(run.manifest), stages=_stages(run.manifest["counts"]), documents="".join(map(_document, run.documents)),
        clusters=_clusters(run.clusters), signals=_signals(run.manifest), quarantine=_quarantine(folder / "quarantine.jsonl"),
        manifest=_settings(run.manifest),
    )
    with open_atomic(output) as file:
        file.write(page.encode())


def _gather(folder: Path, documents: int) -> _Run:
    manifest = read_manifest(folder)
    corpus, run, audit = manifest["corpus"], _Run(manifest), find_audit(manifest["files"])
    for name in (corpus, audit):
        if name and not has_corpus(folder / name):
            raise InputError(f"{folder / name}: this file of the run is gone; make the corpus again")
    sized = ((len(row["duplicates"]), row) for row in iterate_corpus(folder / corpus) if row["duplicates"])
    run.clusters = heapq.nlargest(20, sized, key=lambda pair: pair[0])
    if audit:
        audited = audited_documents(folder / audit, folder / corpus)
        run.documents = heapq.nlargest(documents, audited, key=lambda pair: count_edits(pair[0]["edits"]))
        run.documents.sort(key=lambda pair: (pair[0]["source"], pair[0]["id"]))
    return run


def _html(text: str, quote: bool = True) -> str:
    """A text for the page. Characters without a shape are written out there too: a browser obeys marks of direction."""
    return escape(write_out(text), quote)


def _summary(manifest: Row) -> str:
    counts = manifest["counts"]
    fates = {k.removeprefix("fate/"): n for k, n in counts.items() if k.startswith("fate/")}
    dropped = sum(n for k, n in fates.items() if k not in ("kept", *ASIDE))
    aside = sum(fates.get(name, 0) for name in ASIDE if name != "empty")
    before, after = counts.get("chars_in", 0), counts.get("chars_out", 0)
    cards = [
        (f"{counts.get('documents', 0):,}", "documents read"), (f"{fates.get('kept', 0):,}", "kept"),
        (f"{dropped:,}", "duplicates dropped"), (f"{fates.get('empty', 0):,}", "only boilerplate"),
        *([(f"{aside:,}", "set aside")] if aside else []), (f"{counts.get('quarantined', 0):,}", "quarantined"),
        (f"{after / before:.1%}" if before else "–", f"of {before:,} characters left"),
    ]
    return "".join(f"<div class=card><b>{value}</b><span>{label}</span></div>" for value, label in cards)


def _stages(counts: Row) -> str:
    total = {s.name: sum(n for k, n in counts.items() if k.startswith(f"taken/{s.name}/")) for s in STAGES}
    most = max([*total.values(), 1])
    rows = []
    for name, taken in total.items():
        reasons = {k.rpartition("/")[2]: n for k, n in counts.items() if k.startswith(f"edits/{name}/")}
        ranked = sorted(reasons.items(), key=lambda kv: (-kv[1], kv[0]))
        why = "".join(f"<span class=why>{_html(r)} <i>{n:,}</i></span>" for r, n in ranked)
        bar = f"<div class='bar {name}' style='width:{100 * taken / most:.1f}%'></div>"
        rows.append(
            f"<tr><th class={name}>{name}</th><td class=n>{counts.get(f'docs/{name}', 0):,}</td><td class=n>{taken:,}</td>"
            f"<td>{bar if taken else ''}{why or '–'}</td></tr>"
        )
    return "".join(rows)


def _document(pair: tuple[Row, str]) -> str:
    row, text = pair
    if any("places" in step for step in row["edits"]):
        body = "<p class=dim>Written with --audit spans: the cuts cannot be shown.</p>"
        n_before = row["n_chars"]
    else:
        edits, original = unpack(text, row["edits"])
        cleaned = Cleaned(original, text, edits)
        body = f"<pre>{''.join(_pieces(mark(cleaned)))}</pre>"
        n_before = len(original)
    metadata = "".join(f"<dt>{_html(k)}<dd>{_html(v)}" for k, v in sorted(row["metadata"].items()))
    notes = "".join(f"<p class=note>{_html(n['kind'])}: {_html(n['text'])}</p>" for n in row["notes"])
    fate = row["fate"] + (f" of {row['kept']}, {row['similarity']:.0%}" if row["fate"] == "duplicate" else "")
    return (
        f"<details><summary><b>{_html(row['metadata'].get('title') or row['id'])}</b> "
        f"<span class=dim>{_html(row['source'])} · {n_before:,} → {len(text):,} characters · "
        f"{count_edits(row['edits'])} edits · {_html(fate)}</span></summary><dl>{metadata}</dl>{notes}{body}</details>"
    )


def _pieces(pieces: Iterable[Piece]) -> Iterator[str]:
    shown = 0
    for piece in pieces:
        if shown > SHOWN_CHARS:
            yield f"<span class=dim>… the rest is longer than {SHOWN_CHARS:,} characters</span>"
            return
        shown += len(piece.before)
        if not piece.why or piece.is_layout:
            yield _html(piece.after[:SHOWN_CHARS])
            continue
        title = _html("; ".join(piece.why), quote=True)
        gone = f"<del>{_html(piece.before[:SHOWN_CHARS])}</del>" if piece.before else ""
        new = f"<ins>{_html(piece.after)}</ins>" if piece.after else ""
        yield f'<span class="edit {piece.stage}" title="{title}">{gone}{new}</span>'


def _clusters(clusters: list[tuple[int, Row]]) -> str:
    if not clusters:
        return "<p class=dim>No duplicates were dropped.</p>"
    rows = "".join(
        f"<tr><td class=n>{n:,}</td><td>{_html(row['title'] or row['text'][:40])}</td>"
        f"<td class=dim>{_html(row['id'])}</td></tr>" for n, row in clusters
    )
    return f"<table><tr><th class=n>dropped</th><th>kept document</th><th>id</th></tr>{rows}</table>"


def _signals(manifest: Row) -> str:
    """How the signals of the documents that were kept are spread, and the paragraphs that many of them share."""
    try:
        found = find_stats(manifest)
    except InputError:      # a run of an earlier version
        return "<p class=dim>None were measured.</p>"
    head = "".join(f"<th class=n>{name_quantile(q)}</th>" for q in found["quantiles"])
    rows = "".join(
        f"<tr><td>{_html(name)}</td>{''.join(f'<td class=n>{show_number(v)}</td>' for v in values)}</tr>"
        for name, values in found["signals"].items()
    )
    shared = "".join(
        f"<tr><td class=n>{p['documents']:,}</td><td class=n>{p['sites']:,}</td><td>{_html(p['passage'][:200])}</td></tr>"
        for p in manifest.get("shared_passages", ())[:20]
    )
    passages = f"<table><tr><th class=n>documents</th><th class=n>sites</th><th>paragraph they share</th></tr>{shared}</table>"
    return f"<table><tr><th>of those kept</th>{head}</tr>{rows}</table>{passages if shared else ''}"


def _quarantine(path: Path, most: int = 100) -> str:
    rows = list(iterate_rows(path)) if path.exists() else []
    if not rows:
        return "<p class=dim>Nothing was quarantined.</p>"
    body = "".join(
        f"<tr><td>{_html(r['source'])}{'' if r['byte'] is None else ' @ ' + str(r['byte'])}</td>"
        f"<td>{_html(r['reason'])}</td><td>{_html(r['message'])}</td></tr>" for r in rows[:most]
    )
    more = f"<p class=dim>… and {len(rows) - most:,} more</p>" if len(rows) > most else ""
    return f"<table><tr><th>where</th><th>what</th><th>what to do</th></tr>{body}</table>{more}"


def _settings(manifest: Row) -> str:
    kept = {k: manifest[k] for k in ("versions", "options", "stages", "audit")}
    return _html(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
