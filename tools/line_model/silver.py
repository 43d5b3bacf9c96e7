"""Labels for pages of a crawl that nobody has read: made by counting and by what extractors take.

    python tools/line_model/silver.py pages.jsonl silver.jsonl.zst

`pages.jsonl` holds a line a page: `{"source": address, "text": all lines, "extracted": [texts], "title": the <title>}`, where
`extracted` is what some extractors of articles made of its HTML (three or more). A line is furniture where it stands on three pages
and a tenth of the pages of its host, or no extractor has it; it is text where three in four of them have it; else it is unknown.
The title is the last line above the text that `<title>` holds. Pages without two paragraphs of text are left out.
"""

from __future__ import annotations

import argparse
import collections
import json
from pathlib import Path
from typing import Any

import zstandard
from pages import fold, host_of

#: Pages of a host that hold a line of its furniture, at least, and the share of them; the share of extractors that take text.
PAGES, SHARE, TAKEN = 3, 0.1, 0.75
#: Characters of a paragraph, and paragraphs of a page that is kept.
PARAGRAPH, PARAGRAPHS = 40, 2
EXTRACTORS = 3


def count_hosts(pages: list[dict[str, Any]]) -> tuple[dict[str, collections.Counter[str]], collections.Counter[str]]:
    """On how many pages of each host each line stands, and how many pages each has."""
    lines: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    hosts: collections.Counter[str] = collections.Counter()
    for page in pages:
        host = host_of(page["source"])
        hosts[host] += 1
        lines[host].update({fold(x) for x in page["text"].split("\n") if x.strip()})
    return lines, hosts


def label(page: dict[str, Any], seen: collections.Counter[str], pages: int) -> dict[str, Any] | None:
    """The lines of a page with a label each (1 text, 0 furniture, -1 unknown) and the index of its title, -1 for none."""
    lines = [x for x in page["text"].split("\n") if x.strip()]
    taken = [{fold(x) for x in text.split("\n")} for text in page["extracted"]]
    labels = []
    for line in map(fold, lines):
        share = sum(line in text for text in taken) / len(taken)
        common = seen[line] >= max(PAGES, SHARE * pages)
        labels.append(0 if common or not share else 1 if share >= TAKEN else -1)
    body = [i for i, (x, y) in enumerate(zip(lines, labels, strict=True)) if y == 1 and len(x) >= PARAGRAPH]
    if len(body) < PARAGRAPHS:
        return None
    named = [i for i in range(body[0]) if len(fold(lines[i])) > 3 and fold(lines[i]) in fold(page.get("title") or "")]
    for i in named[-1:]:
        labels[i] = 1
    return {"source": page["source"], "kind": "article", "lines": lines, "lab": labels, "ti": named[-1] if named else -1}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("pages", type=Path)
    ap.add_argument("out", type=Path)
    a = ap.parse_args()
    if not a.pages.exists():
        raise SystemExit(f"{a.pages}: not there")
    with a.pages.open(encoding="utf-8", newline="\n") as f:
        pages = [page for line in f if len((page := json.loads(line))["extracted"]) >= EXTRACTORS]
    seen, hosts = count_hosts(pages)
    made = [row for page in pages if (row := label(page, seen[host_of(page["source"])], hosts[host_of(page["source"])]))]
    with zstandard.open(a.out, "wt", encoding="utf-8", newline="\n") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in made)
    print(f"{len(made)} of {len(pages)} pages")


if __name__ == "__main__":
    main()
