"""Fit the weights of `pipeline/stages/boilerplate/markup.py` on pages of a crawl: what a line beside the main container is.

    python tools/line_model/fit_markup.py crawl.warc --shared ../shared --nets FOLDER

Labels of `crawl_lines.jsonl` and of the silver pages are carried over to the lines of the same pages read from their HTML. `FOLDER`
holds `fold0.pt`, `fold2.pt` … : nets (`net.py`) that have not seen the pages of that fold, for the odds of a net on pages that it
was trained on are too good. Fold 1 is left out of the weights. Prints them; nothing is written.
"""

from __future__ import annotations

import argparse
import collections
import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import export
import numpy as np
import pages as source
import torch  # type: ignore[import-not-found]
import zstandard
from fastwarc.warc import ArchiveIterator, WarcRecordType
from net import LineNet

from pipeline.errors import UndecodableError
from pipeline.read.html import Page, read_page
from pipeline.record import Texts, replace_surrogates
from pipeline.stages.boilerplate import net as nets
from pipeline.stages.boilerplate.features import measure
from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.markup import Marked, describe, find_marked, weigh
from pipeline.stages.boilerplate.page import find_titles

Array = np.ndarray[Any, Any]
ROOT = Path(__file__).resolve().parents[2]
HELD = 1
#: What a line with a silver label weighs, beside one that was labelled by reading.
SILVER = 0.5
#: Lines that the net gives less than this go anyway. … and the ridge: the weights move by less than 0.1 without.
LEAST, RIDGE = 0.1, 1.0


class Rows(NamedTuple):
    """Lines beside main containers: columns of `markup.describe`, labels, weights."""

    columns: Array
    labels: Array
    weights: Array


def read_archive(path: Path, wanted: set[str]) -> Iterator[tuple[str, Page]]:
    """The pages of the wanted addresses, each once."""
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            address = record.headers.get("WARC-Target-URI") or ""
            if address in wanted:
                wanted.discard(address)
                try:
                    yield address, read_page(record.reader.read(), declared=record.http_charset)
                except UndecodableError as error:
                    print(address, error)


def read_addresses(shared: Path) -> list[str]:
    """The addresses of the silver pages, in order."""
    with zstandard.open(shared / "data/crawl/silver.jsonl.zst", "rt", encoding="utf-8", newline="\n") as file:
        return [json.loads(line)["source"] for line in file]


def carry_labels(lines: list[str], labelled: list[str], keep: Array) -> Array:
    """Labels of other lines of the same page: of equal lines in order, of all equal lines where they agree, of the line that a line
    stands in; else -1."""
    new, old = ([source.fold(x) for x in some] for some in (lines, labelled))
    labels = np.full(len(new), -1, np.int8)
    for i, j, n in difflib.SequenceMatcher(None, new, old, autojunk=False).get_matching_blocks():
        labels[i:i + n] = keep[j:j + n]
    text, own = "".join(old), np.repeat(keep, [len(x) for x in old])
    equal = collections.defaultdict(set)
    for line, label in zip(old, keep.tolist(), strict=True):
        equal[line].add(label)
    for i in np.flatnonzero(labels < 0).tolist():
        if new[i] in equal:
            labels[i] = min(equal[new[i]]) if len(equal[new[i]]) == 1 else -1
            continue
        at = text.find(new[i]) if len(new[i]) >= 4 else -1
        known = own[at:at + len(new[i])] if at >= 0 else own[:0]
        known = known[known >= 0]
        if len(known):
            labels[i] = known.mean() > 0.5
    return labels


def tabulate(page: Page, labelled: source.Page, net: nets.Net, weight: float) -> Rows | None:
    """The lines of one page that stand beside its main container; None where it has none."""
    text = replace_surrogates(page.text)[0]
    texts = Texts.of([text]).with_marks([page.marks])
    lines = measure(texts)
    marked: Marked | None = find_marked(texts, lines.line)
    if marked is None or not len(lines.line):
        return None
    look = nets.look_at(lines, net)
    weighed = weigh(lines, look, find_titles(look), marked.marks)
    split = text.split("\n")
    labels = carry_labels([split[i] for i in lines.line.tolist()], labelled.lines, labelled.keep)
    own = (labels >= 0) & (look.keep > LEAST) & ~weighed.main
    if not own.any():
        return None
    weights = weight * own.sum() ** -0.5 * (1 + 0.3 * lines.own[own, col.FOLDED_LENGTH])    # long pages less, long lines more
    return Rows(describe(look, weighed, marked.marks)[:, own], labels[own], weights)


def fit(rows: list[Rows]) -> Array:
    """Logistic regression by Newton's method."""
    x = np.concatenate([r.columns for r in rows], axis=1).T
    y, w = (np.concatenate([r[k] for r in rows]).astype(float) for k in (1, 2))
    weights = np.zeros(x.shape[1])
    for _ in range(25):
        given = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (w * (y - given)) - RIDGE * weights
        weights += np.linalg.solve((x.T * (w * given * (1 - given))) @ x + RIDGE * np.eye(len(weights)), slope)
    return weights


def load_net(path: Path) -> nets.Net:
    """A trained net as the package reads it."""
    state = torch.load(path)
    net = LineNet(state["mean"].shape[0], len(source.KINDS), buckets=state["table.weight"].shape[0],
                        d=state["table.weight"].shape[1], h=state["enter.weight"].shape[0])
    net.load_state_dict(state)
    return nets.unpack(export.to_arrays(net))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crawl", type=Path)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--nets", type=Path, required=True)
    asked = parser.parse_args()
    labelled = source.load_labelled(asked.shared, ROOT)
    folds = source.assign_folds(labelled)
    address = {d["id"]: d["source"] for d in source.read(asked.shared / "data/dev/crawl_lines.jsonl")}
    known = {address[p.id]: (p, 1.0) for p in labelled if p.set == "crawl"}
    for where, p in zip(read_addresses(asked.shared), source.load_silver(asked.shared), strict=True):
        if p.verdict == 0:
            known.setdefault(where, (p, SILVER))
    of_fold = {f: load_net(asked.nets / f"fold{f}.pt") for f in range(source.FOLDS) if f != HELD}
    rows = []
    for where, page in read_archive(asked.crawl, set(known)):
        p, weight = known[where]
        if folds.get(p.group, HELD) != HELD and (own := tabulate(page, p, of_fold[folds[p.group]], weight)) is not None:
            rows.append(own)
    print(len(rows), "pages", sum(len(r.labels) for r in rows), "lines:", fit(rows).round(2).tolist())


if __name__ == "__main__":
    main()
