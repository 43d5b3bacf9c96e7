"""What each guard and each rule of the boilerplate stage earns on sites that the weights have never seen: each is off in turn.

    python tools/boilerplate_guards.py                  # real_lines.jsonl, crawl_lines.jsonl of ../shared, and clean corpora

Whole groups of sites: only the pages of those that the weights name as left out of their training (`tests.gate`) are scored. The
documents of the corpora should lose nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from pipeline.edits import apply  # noqa: E402
from pipeline.options import BoilerplateOptions  # noqa: E402
from pipeline.record import Texts  # noqa: E402
from pipeline.stages import boilerplate  # noqa: E402
from pipeline.stages.boilerplate import guards, page, propose  # noqa: E402
from tests.gate import find_left_out_sites  # noqa: E402

CORPORA = ("tech-lctt", "docs-vs-zhtw", "law-tw", "law-cn", "news-xwlb-items")
PER_CORPUS, STEP = 500, 7


#: Rules that cut, and what finds nothing in their place.
RULES: dict[str, tuple[Any, Callable[..., Any]]] = {
    "find_forms": (boilerplate, lambda texts, text: np.full(len(text), -1, np.int8)),
    "find_stamps": (page, lambda lines, first, titles: np.zeros(len(lines.doc), np.bool_)),
    "find_closed": (page, lambda lines, first, forms, cut: np.zeros(len(lines.doc), np.bool_)),
    "find_thin": (page, lambda lines, look, cut: np.zeros(len(look.page), np.bool_)),
    "find_lists": (page, lambda lines, look, cut: np.zeros(len(look.page), np.bool_)),
    "find_unfilled": (page, lambda first, signs, text: np.zeros(len(signs), np.bool_)),
}


class Stage:
    """What `evaluate.py` calls: the boilerplate stage alone, each text once."""

    def __init__(self) -> None:
        self.memo: dict[str, str] = {}

    def clean(self, text: str, stages: object = None) -> str:
        if text not in self.memo:
            texts = Texts.of([text])
            self.memo[text] = apply(texts, propose(texts, BoilerplateOptions()).edits).all()[0]
        return self.memo[text]


def score_pages(evaluate: Any, name: str) -> str:
    """F1, precision, recall over lines of pages with text; pages of nothing but furniture that come out empty; content lost."""
    rows = [d | {"raw": d.get("raw") or "\n".join(x["text"] for x in d["lines"])} for d in evaluate.load(f"{name}.jsonl")]
    rows = [d for d in rows if d["site"] in find_left_out_sites()]
    text = [d for d in rows if any(x["label"] == "keep" and not x.get("soft") for x in d["lines"])]
    bare = [d for d in rows if not any(x["label"] == "keep" for x in d["lines"])]
    stage, score = Stage(), evaluate.Score(False)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluate.boilerplate_lines(stage, score, name, text)
    got = score.out[name]
    aside = sum(len(evaluate.fold(stage.clean(d["raw"]))) < 40 for d in bare)
    return f"{name} F {got['f1']:.4f} P {got['precision']:.4f} R {got['recall']:.4f} set aside {aside}/{len(bare)}"


def load_clean(shared: Path) -> list[str]:
    """Documents of the corpora, every seventh from the front."""
    import zstandard

    documents: list[str] = []
    for name in CORPORA:
        with zstandard.open(shared / f"data/corpora/{name}.jsonl.zst", "rt", encoding="utf-8", newline="\n") as lines:
            documents += [json.loads(x)["text"] for n, x in enumerate(lines) if n < PER_CORPUS * STEP and n % STEP == 3]
    return documents


def count_cuts(documents: list[str]) -> str:
    """How many lines go, in how many documents."""
    lines = docs = 0
    for a in range(0, len(documents), 300):
        texts = Texts.of(documents[a:a + 300])
        edits = propose(texts, BoilerplateOptions()).edits
        lines += len(edits)
        docs += len({int(np.searchsorted(texts.ends, e.start)) for e in edits})
    return f"clean {len(documents)} documents: {lines} lines of {docs}"


def print_figures(name: str, evaluate: Any, documents: list[str]) -> None:
    """One line of figures."""
    figures = [score_pages(evaluate, "real_lines"), score_pages(evaluate, "crawl_lines"), count_cuts(documents)]
    print(name, " | ".join(figures), flush=True)


def main() -> None:
    """Print one line without each rule, one for all, and one without each guard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    shared = parser.parse_args().shared
    if not (shared / "data/dev/real_lines.jsonl").exists():
        raise SystemExit(f"{shared} has no labelled pages: nothing to score")
    sys.path.append(str(shared / "tools"))
    import evaluate  # type: ignore[import-not-found]

    documents, every = load_clean(shared), guards.GUARDS
    for name, (module, quiet) in RULES.items():
        loud = getattr(module, name)
        setattr(module, name, quiet)
        print_figures(f"without {name}:", evaluate, documents)
        setattr(module, name, loud)
    for off in ("", *(guard.name for guard in every)):
        guards.GUARDS = tuple(guard for guard in every if guard.name != off)
        print_figures(f"without {off}:" if off else "all:", evaluate, documents)


if __name__ == "__main__":
    main()
