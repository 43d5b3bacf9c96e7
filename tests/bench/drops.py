"""What verdicts here and the filters of data-juicer and datatrove drop of the same documents: a table in Markdown.

    python -m tests.bench.drops --data FOLDER [--documents 2000]

Documents: a crawl as it came and as cleaned here; a sample of six corpora, fixed by its seed; pages labelled by reading, those with
content, their content alone by its labels, and those without. What is dropped of the corpora and of content is lost, what is
dropped of pages without content is caught. The net here was trained on four of five folds of the labelled pages, so its row is
given again for the sites of the fold that was left out.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.read.paths import find_inputs
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from tests.bench import drops_peers, juicer
from tests.bench.environments import make_environment, run_peer, write_texts
from tests.bench.near_peers import PACKAGES
from tests.bench.throughput import find, open_plain
from tests.tool import load_tool

CORPORA = ("news-xwlb-items", "law-cn", "law-tw", "tech-lctt", "docs-vs-zhcn", "docs-vs-zhtw")
SEED = 13
#: The sites that the net has never seen.
FOLD = 1


class Documents(NamedTuple):
    """Some documents of one kind."""

    name: str
    texts: list[str]
    sources: list[str]


def read_lines(path: Path) -> list[dict[str, Any]]:
    with open_plain(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def sample_corpora(folder: Path, n: int) -> list[str]:
    """Texts of the corpora, each document as likely as any other."""
    texts = [row["text"] for name in CORPORA if (path := find(folder, (f"{name}.jsonl",))) for row in read_lines(path)]
    return random.Random(SEED).sample(texts, min(n, len(texts)))


def load_labelled(path: Path, folds: dict[str, int] | None = None) -> dict[str, Documents]:
    """Labelled pages with content, their content alone, and those without; of the fold that was left out, where folds are given."""
    group_of = load_tool("line_model/pages").group_of
    sets = {name: Documents(name, [], []) for name in ("with content", "content alone", "without content")}
    for row in read_lines(path):
        if folds is not None and folds[group_of(row["site"])] != FOLD:
            continue
        full = "with content" if row["verdict"] == "text" else "without content"
        kept = [line["text"] for line in row["lines"] if line["label"] == "keep"]
        for name, lines in ((full, [line["text"] for line in row["lines"]]), ("content alone", kept if full[4] == " " else [])):
            if lines:
                sets[name].texts.append("\n".join(lines))
                sets[name].sources.append(row["source"])
    return sets


def run_ours(documents: Documents) -> tuple[list[str], list[str]]:
    """The fate of each document by name (a listing is an empty one by name too), and the texts that are kept."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "in.jsonl", Path(folder) / "out" / "clean.jsonl"
        with open(given, "w", encoding="utf-8") as file:
            for n, (text, source) in enumerate(zip(documents.texts, documents.sources, strict=True)):
                file.write(json.dumps({"id": str(n), "source": source, "text": text}, ensure_ascii=False) + "\n")
        run(find_inputs([str(given)]), out, Settings(), workers=1)
        fates = ["kept"] * len(documents.texts)
        for row in read_lines(out.parent / "audit.jsonl"):
            listing = any(note["kind"] == "listing" for note in row.get("notes", ()))
            fates[int(row["id"])] = "listing" if row["fate"] == "empty" and listing else row["fate"]
        return fates, [row["text"] for row in read_lines(out)]


def name_fates(fates: Sequence[str]) -> dict[str, list[int]]:
    """The numbers of the documents that each verdict sets aside; duplicates are no verdict."""
    named = {"here, by all verdicts": [n for n, fate in enumerate(fates) if fate not in ("kept", "duplicate")]}
    for name in ("listing", "empty", "foreign", "garbled", "spam"):
        named[f"here: {name}"] = [n for n, fate in enumerate(fates) if fate == name]
    return named


def drop_peers(texts: Sequence[str], home: Path) -> drops_peers.Dropped:
    """What each peer's filters drop, and what several of them together do."""
    dropped: drops_peers.Dropped = {}
    for folder, packages, peer in (("data-juicer", juicer.PACKAGES, "peer_juicer"), ("peers", PACKAGES, "peer_datatrove")):
        python = make_environment(home / folder, packages)
        with tempfile.TemporaryDirectory(dir=home) as work:
            given = Path(work) / "texts.jsonl"
            write_texts(given, texts)
            told, failed = run_peer(python, drops_peers.__file__, peer, given, Path(work))
            own: drops_peers.Dropped = {peer[5:]: failed} if failed else json.loads(told)
        for group, wanted in GROUPS[peer].items():
            names = [name for name in own if any(name.startswith(start) for start in wanted)]
            own[group] = sorted({n for name in names for n in own[name] if isinstance(n, int)})
        dropped |= own
    return dropped


#: Rows that say what filters drop together, and how those begin.
GROUPS = {
    "peer_juicer": {
        "data-juicer, its recipe for Chinese": ("recipe",),
        "data-juicer, the bounds of the operators": ("alphanumeric (at least .25)", "average", "character", "maximum", "special"),
    },
    "peer_datatrove": {
        "datatrove, FineWeb-2 for Chinese": ("FineWeb-2",),
        "datatrove, its defaults": ("Gopher", "C4", "FineWebQualityFilter"),
    },
}


def print_table(sets: Sequence[Documents], dropped: Sequence[Mapping[str, list[int] | str]]) -> None:
    """A row for each filter; what could not run stands below with its reason."""
    print(f"| dropped | {' | '.join(f'{own.name} ({len(own.texts):,})' for own in sets)} |")
    print(f"| --- |{' --- |' * len(sets)}")
    reasons = {}
    for name in dict.fromkeys(name for own in dropped for name in own):
        cells = []
        for own, documents in zip(dropped, sets, strict=True):
            numbers = own.get(name, "?")
            if isinstance(numbers, str):
                reasons[name] = numbers
            cells.append("" if isinstance(numbers, str) else f"{len(numbers) / max(1, len(documents.texts)):.3f}")
        if any(cells):
            print(f"| {name} | {' | '.join(cells)} |")
    for name, reason in reasons.items():
        print(f"{name}: could not run: {reason}")


def load_sets(data: Path, n: int) -> Iterable[Documents]:
    """All documents but the cleaned ones."""
    if path := find(data / "crawl", ("crawl_text.jsonl",)):
        rows = read_lines(path)
        yield Documents("crawl", [row["text"] for row in rows], [row["source"] for row in rows])
    if texts := sample_corpora(data / "corpora", n):
        yield Documents("six corpora", texts, [""] * len(texts))
    if (path := data / "dev" / "crawl_lines.jsonl").exists():
        yield from load_labelled(path).values()


def print_held_out(data: Path) -> None:
    """The verdicts here on labelled pages of sites that the net has never seen."""
    if not (data / "dev" / "crawl_lines.jsonl").exists():
        return
    pages = load_tool("line_model/pages")
    folds = pages.assign_folds(pages.load_labelled(data.parent, Path(__file__).parents[2]))
    sets = load_labelled(data / "dev" / "crawl_lines.jsonl", folds)
    print("\nOn sites that the net has never seen:\n")
    print_table(list(sets.values()), [name_fates(run_ours(own)[0]) for own in sets.values()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=2000)
    given = parser.parse_args()
    sets: list[Documents] = []
    dropped: list[dict[str, list[int] | str]] = []
    home = Path(".bench").absolute()
    home.mkdir(exist_ok=True)
    for own in load_sets(given.data, given.documents):
        fates, kept = run_ours(own)
        for each, verdicts in ((own, fates), (Documents("crawl, cleaned here", kept, [""] * len(kept)), None)):
            if verdicts is None and own.name != "crawl":
                continue
            sets.append(each)
            dropped.append({**name_fates(verdicts or run_ours(each)[0]), **drop_peers(each.texts, home)})
            print(f"drops: {each.name}", file=sys.stderr, flush=True)
    if not sets:
        print(f"drops: no crawl, corpora or labelled pages in {given.data}, skipped")
        return
    print_table(sets, dropped)
    print_held_out(given.data)


if __name__ == "__main__":
    main()
