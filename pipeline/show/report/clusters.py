"""The largest clusters of a run, each with the document that stayed and some that were dropped for it, and where these differ."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.corpus.shards import iterate_corpus
from pipeline.near.explain import explain

__all__ = ["Clusters"]

Row = dict[str, Any]

#: Clusters shown, documents of each beside the kept one, differences of a pair, and characters of a difference.
MOST, BESIDE, PASSAGES, WIDTH = 20, 2, 12, 200


@dataclass(slots=True)
class Clusters:
    """Clusters on their way: which there are is known from the corpus, the texts of what was dropped come from the audit."""

    rows: list[Row]
    wanted: dict[str, Row] = field(default_factory=dict)        # by the id of the kept document

    @classmethod
    def of(cls, corpus: Path) -> Clusters:
        """The largest clusters of a corpus."""
        sized = ((len(row["duplicates"]), row) for row in iterate_corpus(corpus) if row.get("duplicates"))
        rows = [
            {"id": row["id"], "title": row.get("title") or row["text"][:40], "source": row.get("source") or "", "text": row["text"],
             "dropped": n, "beside": []}
            for n, row in heapq.nlargest(MOST, sized, key=lambda pair: (pair[0], pair[1]["id"]))
        ]
        return cls(rows, {row["id"]: row for row in rows})

    def see(self, row: Row, text: str) -> None:
        """Take a dropped document for its cluster, one that is not equal first."""
        cluster = self.wanted.get(row.get("kept") or "") if row["fate"] == "duplicate" else None
        if cluster is None:
            return
        beside = cluster["beside"]
        beside.append({key: row[key] for key in ("id", "source", "cause", "similarity")} | {"text": text})
        beside.sort(key=lambda other: (other["cause"] == "exact", other["similarity"], other["id"]))
        del beside[BESIDE:]

    def describe(self) -> list[Row]:
        """As the page has them."""
        return [
            {key: row[key] for key in ("id", "title", "source", "dropped")}
            | {"beside": [_describe(other, row["text"]) for other in row["beside"]]}
            for row in self.rows
        ]


def _describe(other: Row, kept: str) -> Row:
    found = explain(other["text"], kept).passages
    return {key: other[key] for key in ("id", "source", "cause", "similarity")} | {
        "differences": len(found), "passages": [[p.dropped[:WIDTH], p.kept[:WIDTH]] for p in found[:PASSAGES]],
    }
