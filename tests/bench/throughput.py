"""MB of UTF-8 text per CPU second over a whole run, by phase and by stage, beside orjson over the same file in the same run.

    python -m tests.bench.throughput --corpora FOLDER [--corpus NAME] [--megabytes N]
    python -m tests.bench.throughput --crawl FOLDER                 a crawl as text and as WARC, beside extractors where installed
                                                                    and data-juicer, which is installed under .bench (--no-peers)

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
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

import orjson

from pipeline.read.inputs import open_input
from pipeline.read.paths import find_inputs
from pipeline.run.clean import warm_up
from pipeline.run.settings import Settings
from pipeline.run.whole import run

REPEATS = 3
#: What a run is made of: where each phase is called from, its name there, what it is called here. `rows` is the account, its
#: counts, the sketch and the row; what a phase holds of another is taken out of it.
PHASES = (
    ("pipeline.run.clean", "_batches", "read"), ("pipeline.run.clean", "clean_batches", "clean"),
    ("pipeline.run.clean", "_rows", "rows"), ("pipeline.run.clean", "sketch", "sketch"),
    ("pipeline.corpus.rows", "dump_accounts", "account"), ("pipeline.cleaning", "account", "account"),
    ("pipeline.run.recur", "count_pairs", "settle"), ("pipeline.run.amend", "holds_template", "settle"),
    ("pipeline.run.amend", "_find_cuts", "settle"), ("pipeline.run.amend", "_amend", "settle"),
    ("pipeline.run.steps", "put_in_order", "order"), ("pipeline.run.fates", "gather", "near-duplicates"),
    ("pipeline.run.fates", "drop_equal", "near-duplicates"), ("pipeline.run.fates", "find_candidates", "near-duplicates"),
    ("pipeline.run.fates", "find_closest", "near-duplicates"), ("pipeline.run.fates", "finish", "near-duplicates"),
    ("pipeline.run.whole", "write_lines", "write"),
)


def cpu(work: Callable[[], object]) -> float:
    """Median CPU seconds of this process."""
    times = []
    for _ in range(REPEATS):
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
    return statistics.median(times)


@contextmanager
def open_plain(path: Path) -> Iterator[IO[bytes]]:
    """A file that may be zstd."""
    import zstandard

    with open(path, "rb") as file:
        if path.suffix != ".zst":
            yield file
            return
        with zstandard.ZstdDecompressor().stream_reader(file) as reader:
            yield io.BufferedReader(reader)


def load(path: Path, megabytes: float) -> list[bytes]:
    """Lines of a corpus, up to about `megabytes` of it."""
    lines, size = [], 0
    with open_plain(path) as file:
        for line in file:
            lines.append(line)
            size += len(line)
            if size > megabytes * 1e6:
                break
    return lines


class Clock:
    """CPU seconds by what they went into; of what runs inside something else only the inner one counts."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._stack: list[str] = []
        self._last = time.process_time()

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Give what is spent in the block to `name`."""
        self._turn()
        self._stack.append(name)
        try:
            yield
        finally:
            self._turn()
            self._stack.pop()

    def _turn(self) -> None:
        now = time.process_time()
        self.spent[self._stack[-1] if self._stack else "rest"] += now - self._last      # type: ignore[assignment]
        self._last = now

    def wrap(self, function: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        """The function, timed; of a generator what it takes to give each item."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            own = name(*args, **kwargs)
            with self.of(own):
                result = function(*args, **kwargs)
            return self._items(result, own) if isinstance(result, Iterator) else result

        return timed

    def _items(self, items: Iterator[Any], name: str) -> Iterator[Any]:
        done = object()
        while True:
            with self.of(name):
                item = next(items, done)
            if item is done:
                return
            yield item


def time_phases(work: Callable[[], object]) -> dict[str, float]:
    """CPU seconds of one run by phase, and in place of `clean` by stage. A phase that is not there (any more) is missing."""
    clock = Clock()
    with ExitStack() as patches:
        for module, attribute, phase in PHASES:
            home = import_module(module)
            if function := getattr(home, attribute, None):
                patches.enter_context(patch.object(home, attribute, clock.wrap(function, lambda *_, phase=phase, **__: phase)))
        clean = import_module("pipeline.cleaning")
        stage = clock.wrap(clean._run_stage, lambda work, number, stage, *_: f"stage {stage.name}")
        patches.enter_context(patch.object(clean, "_run_stage", stage))
        with clock.of("rest"):
            work()
    return dict(clock.spent)


def whole_run(source: Path) -> Callable[[], None]:
    """A run over one file, one worker, in this process."""
    listing = find_inputs([str(source)])

    def once() -> None:
        with tempfile.TemporaryDirectory() as folder:
            run(listing, Path(folder) / "out" / "clean.jsonl", Settings(), workers=1)
            shutil.rmtree(Path(folder) / "out")

    return once


def measure(name: str, source: Path, lines: list[bytes]) -> None:
    """Measure a file of JSON lines and print it: the whole run in one line, then where it goes."""
    size = sum(len(json.loads(line)["text"].encode()) for line in lines) / 1e6
    once = whole_run(source)
    once()
    reference = cpu(lambda: [orjson.dumps(orjson.loads(x)) for x in lines])
    seconds = cpu(once)
    print(
        f"{name}: {size / seconds:.1f} MB of text per CPU second, {seconds / reference:.1f} round trips of orjson "
        f"({len(lines):,} documents, {size:.1f} MB in {seconds:.2f} s, one worker, median of {REPEATS})"
    )
    phases = time_phases(once)
    for phase, spent in sorted(phases.items(), key=lambda item: -item[1]):
        print(f"  {phase:22s} {1000 * spent / size:8.2f} ms/MB {100 * spent / sum(phases.values()):6.1f} %")


def measure_warc(source: Path) -> None:
    """Measure a crawl as it came, and extractors over the same pages where they are installed, turn by turn."""
    pages = list(read_pages(source))
    size = sum(map(len, pages)) / 1e6
    once = whole_run(source)
    once()
    plain = find_extractor("resiliparse, plain")
    own, theirs = [], []
    for _ in range(REPEATS):
        own.append(spent(once))
        theirs += [spent(lambda: [plain(page) for page in pages])] if plain else []
    seconds = statistics.median(own)
    about = f"{len(pages):,} pages, {size:.1f} MB in {seconds:.2f} s, one worker, median of {REPEATS}"
    ratio = f", {seconds / statistics.median(theirs):.2f} times resiliparse's plain text" if theirs else ""
    print(f"crawl, WARC: {size / seconds:.1f} MB of HTML per CPU second, whole run{ratio} ({about})")
    from pipeline.read.warc import read_archive

    entry = find_inputs([str(source)]).inputs[0]
    with open_input(entry) as stream:
        read = spent(lambda: sum(1 for _ in read_archive(entry, stream, None)))
    print(f"  reading alone (WARC, charset, markup to lines): {size / read:.1f} MB of HTML per CPU second")
    some = pages[:: max(1, len(pages) // 300)]
    for name in ("resiliparse, plain", "resiliparse, main content", "trafilatura", "magic-html"):
        extract = find_extractor(name)
        if extract is None:
            print(f"  {name}: not installed (pip install {name.partition(',')[0]}), left out")
            continue
        part = pages if theirs and extract is plain else some
        taken = cpu(lambda extract=extract, part=part: [extract(page) for page in part])       # type: ignore[misc]
        print(f"  {name}: {sum(map(len, part)) / 1e6 / taken:.1f} MB of HTML per CPU second, extraction alone")


def measure_peer(lines: list[bytes]) -> None:
    """data-juicer over the same texts with operators of the same kinds, or one line that says why not."""
    from tests.bench.juicer import measure_juicer
    from tests.bench.near import bench_folder

    texts = [orjson.loads(line)["text"] for line in lines]
    size = sum(len(text.encode()) for text in texts) / 1e6
    seconds, start, kept, failed = measure_juicer(texts, bench_folder())
    if failed:
        print(f"  data-juicer: left out: {failed}")
        return
    print(
        f"  data-juicer, operators of the same kinds: {size / (seconds - start):.2f} MB of text per CPU second "
        f"({seconds:.1f} s, of them {start:.1f} to start; {kept:,} documents kept; one process, once)"
    )


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process, once."""
    before = time.process_time()
    work()
    return time.process_time() - before


def read_pages(source: Path) -> Iterator[bytes]:
    """Bodies of the responses that are pages."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    with open_plain(source) as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response, auto_decode="all"):
            head = record.http_headers
            if head and head.status_code == 200 and (record.http_content_type or "").lower().startswith("text/html"):
                yield record.reader.read()


def find_extractor(name: str) -> Callable[[bytes], object] | None:
    """A function from the bytes of a page to its text, None where the package is not there."""
    try:
        if name == "trafilatura":
            return import_module("trafilatura").extract     # type: ignore[no-any-return]
        if name == "magic-html":
            magic = import_module("magic_html").GeneralExtractor()
            return lambda page: _without_fail(lambda: magic.extract(page.decode("utf-8", "replace"), base_url=""))
        parse = import_module("resiliparse.parse.html").HTMLTree.parse_from_bytes
        detect = import_module("resiliparse.parse.encoding").detect_encoding
        text = import_module("resiliparse.extract.html2text").extract_plain_text
        return lambda page: text(parse(page, detect(page)), main_content="main" in name)
    except ImportError:
        return None


def _without_fail(work: Callable[[], object]) -> object:
    try:
        return work()
    except Exception:       # a page that a peer cannot read costs what it cost
        return None


def find(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first of these files that is there, compressed or not."""
    return next((path for name in names for path in (folder / name, folder / f"{name}.zst") if path.exists()), None)


def main() -> None:
    """Measure one corpus, or a crawl, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--crawl", type=Path)
    parser.add_argument("--corpus", default="news-xwlb-items")
    parser.add_argument("--megabytes", type=float, default=40)
    parser.add_argument("--no-peers", action="store_true", help="leave data-juicer out")
    args = parser.parse_args()
    folder, name = (args.crawl, "crawl_text") if args.crawl else (args.corpora, args.corpus)
    path = find(folder, (f"{name}.jsonl",)) if folder else None
    if path is None:
        print(f"bench: no {name}.jsonl in {folder}; give a folder with --corpora or --crawl, skipped")
        sys.exit(0)
    lines = load(path, args.megabytes)
    warm_up()
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / f"{name}.jsonl"
        source.write_bytes(b"".join(lines))
        measure("crawl, text" if args.crawl else name, source, lines)
    if args.crawl and not args.no_peers:
        measure_peer(lines)
    if args.crawl and (warc := find(args.crawl, ("crawl.warc",))):
        measure_warc(warc)


if __name__ == "__main__":
    main()
