"""The pages that the line model is trained on: lines with what is known of each, by groups of sites that are left out together.

The data of `../shared` is read in place and never copied; the five seeds are not read at all.
"""

from __future__ import annotations

import collections
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
FOLDS = 5
#: What a page is: the columns of the net's page head.
VERDICTS = ("text", "listing", "empty")
#: What a line is, where the labels say so: an auxiliary task, which the nets learn beside keep and title.
KINDS = (
    "paragraph", "title", "heading", "facts", "post", "other-text", "menu", "links", "byline", "footer", "title-again", "talk",
)
#: The kinds of the labels, by column.
_KIND = {
    0: "para text lead quote excerpt", 1: "title", 2: "heading subtitle",
    3: "table list price ingredient step offer contact option",
    4: "post answer question dialogue", 5: "verse poem code signature attachment caption reference toc-content",
    6: "menu nav ui search login share breadcrumb app qr tools",
    7: "related hot-list hot index-list list-page friend-links friendlinks result",
    8: "byline meta counter tags date", 9: "copyright disclaimer footer icp hotline", 10: "title-dup title-again site-title repeat",
    11: "comments author-box comment-ui user-panel user-signature floor reply-box comment-login-search",
}
KIND = {name: k for k, names in _KIND.items() for name in names.split()}


@dataclass
class Page:
    """A page: `keep` and `title` 1, 0 or -1 for unknown, `kind` an index into KINDS or -1, each by line; `verdict` likewise."""

    id: str
    set: str
    group: str
    lines: list[str]
    keep: Array
    title: Array
    kind: Array
    verdict: int = -1
    weight: float = 1.0
    site: str = ""          # the host, where the page is of a crawl
    genre: str = ""
    gold: str = ""          # the body, where lines have no labels
    head: str | None = None     # the title as labelled
    labels: list[dict[str, Any]] = field(default_factory=list)
    soft: Array | None = None       # what a teacher gives each verdict, where nobody has read the page

    @property
    def odds(self) -> Array:
        """What the page is, by verdict, float32 [3]: all 0 where nothing is known."""
        if self.soft is not None:
            return self.soft
        return np.array([k == self.verdict for k in range(len(VERDICTS))], np.float32)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").rstrip("\n").split("\n")] if path.exists() else []


def fold(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


_SECOND = {"com", "net", "org", "gov", "edu", "ac", "co", "idv"}


def group_of(host: str) -> str:
    """The registered name of a host: what is left out together.

    >>> group_of("news.sina.com.cn"), group_of("sina.cn"), group_of("www.bbc.co.uk")
    ('sina', 'sina', 'bbc')
    """
    parts = host.split(":")[0].lower().split(".")
    if len(parts) > 1:
        parts.pop()
    while len(parts) > 1 and parts[-1] in _SECOND:
        parts.pop()
    return parts[-1]


def host_of(source: str) -> str:
    m = re.search(r"//([^/\s]+)", source)
    return m[1] if m else ""


def labelled(d: dict[str, Any], name: str, group: str) -> Page:
    """A page of `lines` with labels."""
    rows = [x for x in d["lines"] if x["text"].strip()]
    keep = np.array([-1 if x.get("soft") else int(x["label"] == "keep") for x in rows], np.int8)
    kind = np.array([KIND.get(x.get("kind") or "", -1) for x in rows], np.int8)
    known = d.get("title") or any(x.get("kind") == "title" for x in rows)
    title = np.full(len(rows), 0 if known else -1, np.int8)
    for i, x in enumerate(rows):
        if x.get("kind") == "title" and x["label"] == "keep":
            title[i] = 1
    if d.get("title") and not (title == 1).any():
        same = [i for i, x in enumerate(rows) if fold(x["text"]) == fold(d["title"]) and x["label"] == "keep"]
        title[same[:1]] = 1
        if not same:
            title[:] = -1
    bare = not any(x["label"] == "keep" for x in d["lines"])
    if bare:
        title[:] = 0
    verdict = VERDICTS.index(d["verdict"]) if "verdict" in d else -1
    if verdict < 0:
        verdict = 0 if not bare else 1 if re.search("index|list|hub|search-result|board", d["genre"]) else 2
    weight = 2.0 if d.get("trap") or "trap" in d.get("genre", "") else 1.0
    return Page(d["id"], name, group, [x["text"] for x in rows], keep, title, kind, verdict, weight, genre=d.get("genre", ""),
                head=d.get("title"), labels=d["lines"])


def load_labelled(shared: Path, root: Path) -> list[Page]:
    """Pages whose every line was labelled by reading."""
    dev, pages = shared / "data/dev", []
    for d in read(dev / "real_lines.jsonl"):
        pages.append(labelled(d, "real", group_of(d["site"])))
    for d in read(dev / "crawl_lines.jsonl"):
        host = host_of(d["source"])
        page = labelled(d, "crawl", group_of(d["site"]))
        page.site = host
        pages.append(page)
    for path, name in ((shared / "cases/boilerplate.jsonl", "lines"), (dev / "boilerplate_lines.jsonl", "lines"),
                       (shared / "cases/boilerplate_more.jsonl", "more"), (root / "tests/cases/boilerplate_own.jsonl", "own")):
        for d in read(path):
            m = re.search(r"tests/(\w+)/", d.get("source", ""))
            pages.append(labelled(by_raw(d), name, m[1] if m else d["id"]))
    return pages


#: The first character of each line of a written page: the kind of what stays, the kind of what goes.
_STAYS = {"T": "title", "+": "", "h": "heading", "f": "table", "p": "post", "l": "list", "c": "code"}
_GOES = {"-": "", "A": "title-again", "B": "byline", "m": "menu", "k": "related", "o": "footer", "u": "comment-ui"}


def load_written(path: Path) -> list[Page]:
    """Pages that were written, of kinds that the labelled pages hold too few of; each line behind its mark."""
    pages = []
    for d in read(path):
        marks = [x[0] for x in d["lines"]]
        rows = [
            {"text": x[1:], "label": "keep" if m in _STAYS else "drop", "kind": _STAYS[m] if m in _STAYS else _GOES[m]}
            for m, x in zip(marks, d["lines"], strict=True)
        ]
        title = [x["text"] for x in rows if x["kind"] == "title"]
        pages.append(labelled(d | {"lines": rows, "title": title[0] if title else None}, "written", "written-" + d["site"]))
    return pages


def by_raw(d: dict[str, Any]) -> dict[str, Any]:
    """The same page with its labels by line of `raw`."""
    queue = collections.defaultdict(list)
    for x in d["lines"]:
        queue[fold(x["text"])].append(x)
    rows = []
    for text in d["raw"].split("\n"):
        if text.strip():
            found = queue.get(fold(text))
            x = found.pop(0) if found and len(found) > 1 else found[0] if found else {"label": "drop", "soft": True}
            rows.append(x | {"text": text})
    return d | {"lines": rows}


def load_silver(shared: Path) -> list[Page]:
    """Pages of the crawl with labels made by a script (`silver.py`): no reader has seen them."""
    import zstandard
    pages = []
    with zstandard.open(shared / "data/crawl/silver.jsonl.zst", "rt", encoding="utf-8", newline="\n") as f:
        for n, line in enumerate(f):
            d = json.loads(line)
            rows = [i for i, x in enumerate(d["lines"]) if x.strip()]
            keep = np.array([d["lab"][i] for i in rows], np.int8)
            title = np.zeros(len(rows), np.int8) if d["ti"] >= 0 else np.full(len(rows), -1, np.int8)
            if d["ti"] in rows:
                title[rows.index(d["ti"])] = 1
            pages.append(Page(f"silver-{n}", "silver", group_of(host_of(d["source"])), [d["lines"][i] for i in rows], keep, title,
                              np.full(len(rows), -1, np.int8), 0 if d["kind"] == "article" else -1, site=host_of(d["source"])))
    return pages


def load_corpora(shared: Path, per_corpus: int, skip: int = 0) -> list[Page]:
    """Documents of the clean corpora, of which every line stays."""
    import random

    import zstandard
    pages = []
    for path in sorted((shared / "data/corpora").glob("*.zst")):
        with zstandard.open(path, "rt", encoding="utf-8", newline="\n") as f:
            rows = [line for n, line in zip(range(4000 + skip), f, strict=False) if n >= skip]
        for k, line in enumerate(random.Random(7).sample(rows, min(per_corpus, len(rows)))):
            lines = [x for x in json.loads(line)["text"].split("\n") if x.strip()][:300]
            if lines:
                n = len(lines)
                unknown, keep = np.full(n, -1, np.int8), np.ones(n, np.int8)
                pages.append(Page(f"{path.stem}-{k}", "corpus", f"{path.stem}{k % 20}", lines, keep, unknown, unknown, 0))
    return pages


def load_bodies(shared: Path, name: str) -> list[Page]:
    """Pages of which the body is known: for figures only, no label by line."""
    pages = []
    for d in read(shared / f"data/dev/pages_{name}.jsonl"):
        if d.get("gold_in_raw", 1) >= .7:
            lines = [x for x in d["raw_text"].split("\n") if x.strip()]
            none = np.full(len(lines), -1, np.int8)
            pages.append(Page(d["id"], name, name, lines, none, none, none, gold=d["gold_text"]))
    return pages


def assign_folds(pages: list[Page], n: int = FOLDS) -> dict[str, int]:
    """A fold for each group: the largest first, each to the fold with the fewest pages; small ones by their hash."""
    count = collections.Counter(p.group for p in pages)
    load, folds = [0] * n, {}
    for group, k in sorted(count.items(), key=lambda x: (-x[1], x[0])):
        f = min(range(n), key=lambda i: load[i]) if k >= 8 else int(hashlib.md5(group.encode()).hexdigest(), 16) % n
        folds[group] = f
        load[f] += k
    return folds


def find_left_out(shared: Path, folds: dict[str, int], fold: int) -> list[str]:
    """The sites of the real and the crawled pages whose groups are of one fold, as these files name them."""
    rows = [d for name in ("real_lines", "crawl_lines") for d in read(shared / f"data/dev/{name}.jsonl")]
    return sorted({d["site"] for d in rows if folds[group_of(d["site"])] == fold})
