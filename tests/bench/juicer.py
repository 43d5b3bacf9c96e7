"""The crawl as text through data-juicer, with operators of the same kinds as our stages: MB of text per CPU second.

The rule of this file: `measure_juicer` runs in our environment and installs data-juicer into `.bench/data-juicer` once; what is
called `peer_` runs there and imports nothing of ours. Its own executor runs a recipe over a JSON file, one process, no cache, no
trace. What its operators need from the net (models, lists of words) is not there, so those are left out: docs/signals.md.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Its dataset layer asks for aiohttp and scipy, which it does not name; the others its operators ask for when they are made.
PACKAGES = ("py-data-juicer==1.6.1", "aiohttp", "scipy", "ftfy", "opencc", "selectolax")
#: Operators beside ours: encoding (unicode, blanks), boilerplate (comments on rights, links), repeats, script, near-duplicates, and
#: the filters of its recipe for Chinese with their bounds there, others with their own. It has none for menus, bylines, readings of
#: hanzi or misread text; its normalisation of signs writes ASCII for Chinese ones, and is left out.
RECIPE: tuple[dict[str, dict[str, Any]], ...] = (
    {"clean_copyright_mapper": {}},
    {"clean_links_mapper": {}},
    {"fix_unicode_mapper": {}},
    {"chinese_convert_mapper": {"mode": "t2s"}},
    {"whitespace_normalization_mapper": {}},
    {"remove_repeat_sentences_mapper": {"min_repeat_sentence_length": 15}},
    {"alphanumeric_filter": {"tokenization": False, "min_ratio": 0.1}},
    {"average_line_length_filter": {}},
    {"character_repetition_filter": {"rep_len": 10, "max_ratio": 0.6}},
    {"maximum_line_length_filter": {}},
    {"special_characters_filter": {}},
    {"text_length_filter": {"min_len": 10}},
    {"document_deduplicator": {}},
    {"document_minhash_deduplicator": {"tokenization": "character", "window_size": 5}},
)


def measure_juicer(texts: Sequence[str], home: Path) -> tuple[float, float, int, str]:
    """CPU seconds over the texts, of them those of a run over one text, and how many are kept; or why there are none."""
    from tests.bench.environments import make_environment, run_peer, write_texts

    python = make_environment(home / "data-juicer", PACKAGES)
    spent, kept = [], 0
    for some in (texts, texts[:1]):
        with tempfile.TemporaryDirectory(dir=home) as work:
            given = Path(work) / "texts.jsonl"
            write_texts(given, some)
            _, failed = run_peer(python, __file__, "peer_run", given, Path(work))
            figures = Path(work) / "figures.json"
            if failed or not figures.exists():
                return 0.0, 0.0, 0, failed or "it ended without figures"
            seconds, left = json.loads(figures.read_text())
            spent.append(seconds)
            kept = max(kept, left)
    return spent[0], spent[1], kept, ""


def peer_run(given: Path) -> None:
    """Write CPU seconds of this process and its children from its start on, and how many documents are left, beside the texts.

    Its logger has what is printed.
    """
    from data_juicer.config import init_configs  # type: ignore[import-not-found]
    from data_juicer.core import DefaultExecutor  # type: ignore[import-not-found]

    out = given.parent / "out" / "texts.jsonl"
    recipe = given.parent / "recipe.json"
    recipe.write_text(json.dumps({
        "project_name": "bench", "dataset_path": str(given), "export_path": str(out), "np": 1, "open_tracer": False,
        "use_cache": False, "process": list(RECIPE),
    }))
    executor = DefaultExecutor(init_configs(["--config", str(recipe)]))
    left = executor.run(skip_return=False)
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    given.with_name("figures.json").write_text(json.dumps([sum(u.ru_utime + u.ru_stime for u in usage), len(left)]))


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
