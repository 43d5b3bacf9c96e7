"""MB of UTF-8 text per CPU second, stage by stage and whole, beside orjson over the same file in the same run.

    python -m tests.bench.throughput --corpora FOLDER [--corpus NAME] [--megabytes N]

Steady state: start-up, compilation and table loading are done before the clock starts. Best of three is not used: medians.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from pipeline.clean import clean_texts
from pipeline.edits import apply
from pipeline.near.sketch import sketch
from pipeline.options import Options
from pipeline.read.paths import find_inputs
from pipeline.record import Texts
from pipeline.run.clean import BATCH_CHARS, warm_up
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from pipeline.stages import STAGES

REPEATS = 3


def cpu(work: Callable[[], object]) -> float:
    """Median CPU seconds of this process and its children."""
    times = []
    for _ in range(REPEATS):
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
    return statistics.median(times)


def load(path: Path, megabytes: float) -> list[bytes]:
    """Lines of a corpus, up to about `megabytes` of it."""
    import zstandard

    lines, size = [], 0
    with open(path, "rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        for line in io.BufferedReader(reader):
            lines.append(line)
            size += len(line)
            if size > megabytes * 1e6:
                break
    return lines


def batches(texts: list[str]) -> list[Texts]:
    """Texts in batches as the engine makes them."""
    out: list[Texts] = []
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > BATCH_CHARS:
            out.append(Texts.of(batch))
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    return [*out, Texts.of(batch)]


def main() -> None:
    """Measure one corpus and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--corpus", default="news-xwlb-items")
    parser.add_argument("--megabytes", type=float, default=30)
    args = parser.parse_args()
    path = args.corpora / f"{args.corpus}.jsonl.zst"
    if not path.exists():
        print(f"bench: {path} is not here; give a folder of corpora with --corpora, skipped")
        sys.exit(0)
    lines = load(path, args.megabytes)
    texts = [json.loads(line)["text"] for line in lines]
    size = sum(len(t.encode()) for t in texts) / 1e6
    warm_up()
    rows = {"orjson loads + dumps (reference)": cpu(lambda: [orjson.dumps(orjson.loads(x)) for x in lines])}
    rows |= stage_times(texts)
    rows["all stages, clean_texts"] = cpu(lambda: [clean_texts(b.all()) for b in batches(texts)])
    rows["whole run: read, clean, sketch, decide, write"] = whole_run(lines)
    reference = next(iter(rows.values()))
    print(f"{args.corpus}: {len(texts):,} documents, {size:.1f} MB of text, one worker, median of {REPEATS}")
    for name, seconds in rows.items():
        speed, cost = size / seconds, 1000 * seconds / size
        print(f"  {name:48s} {speed:9.1f} MB per CPU second   {cost:7.2f} ms/MB   {seconds / reference:6.1f} x reference")


def stage_times(texts: list[str]) -> dict[str, float]:
    """CPU seconds of each stage on what the stages before it leave, and of the sketch."""
    out, options, current = {}, Options(), batches(texts)
    out["code points and line scan"] = cpu(lambda: [Texts(b.joined, b.starts, b.ends).lines for b in current])
    for stage in STAGES:
        own = getattr(options, stage.name)
        for b in current:
            _ = b.lines
        out[stage.name] = cpu(lambda s=stage, o=own, c=current: [s.propose(b, o) for b in c])       # type: ignore[misc]
        current = [apply(b, stage.propose(b, own).edits) for b in current]
    out["sketch (canonical form, 5-grams, MinHash)"] = cpu(lambda: [sketch(b, options.near) for b in current])
    return out


def whole_run(lines: list[bytes]) -> float:
    """CPU seconds of a run over the lines as a file, one worker, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        source.write_bytes(b"".join(lines))
        listing = find_inputs([str(source)])

        def once() -> None:
            run(listing, Path(folder) / "out" / "clean.jsonl", Settings(), workers=1)
            shutil.rmtree(Path(folder) / "out")

        return cpu(once)


if __name__ == "__main__":
    main()
