"""Signatures and the whole search for near-duplicates: speed beside peers, and time and memory by the number of documents.

    python -m tests.bench.near --corpora FOLDER                  signatures beside datasketch; 10,000 documents; hostile inputs
    python -m tests.bench.near --corpora FOLDER --peers          also rensa, text-dedup and datatrove, installed into .bench/
    python -m tests.bench.near --curve 10000,100000,1000000      documents made by a seeded mutator, with known clusters
    python -m tests.bench.near --synthetic 20000000              signatures alone, made as they are asked for

CPU seconds; every measurement of memory is a process of its own. Peers never enter the environment of the project.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near.candidates import candidates
from pipeline.near.decisions import DocumentKeys, decide
from pipeline.near.sketch import Sketches, sketch
from pipeline.options import NearOptions
from pipeline.record import Texts

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = NearOptions()
BATCH = 2_000
CLUSTERED = 0.2         # share of documents that are mutated copies


def cpu(work: Callable[[], object], repeats: int = 3) -> float:
    """Median CPU seconds."""
    times = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
    return statistics.median(times)


def load_sentences(corpora: Path | None) -> list[str]:
    """Sentences to make documents of: of a corpus where there is one, else random hanzi."""
    if corpora is not None and (path := corpora / "news-xwlb-items.jsonl.zst").exists():
        text = "\n".join(load_texts(path, 10_000))
        return list(dict.fromkeys(s for s in text.replace("\n", "。").split("。") if 15 <= len(s) <= 60))
    rng = random.Random(1)
    common = [chr(c) for c in range(0x4E00, 0x4E00 + 3000)]
    return ["".join(rng.choices(common, k=rng.randint(15, 60))) for _ in range(100_000)]


def load_texts(path: Path, limit: int) -> list[str]:
    """Texts of a corpus."""
    import io

    import zstandard

    texts = []
    with open(path, "rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        for line in io.BufferedReader(reader):
            texts.append(json.loads(line)["text"])
            if len(texts) == limit:
                break
    return texts


def make_documents(sentences: Sequence[str], count: int, seed: int = 7) -> Iterator[tuple[str, int]]:
    """Documents of about 1 kB with the number of their cluster: originals of ten sentences, and mutated copies of these.

    A copy has some characters changed, a sentence less or one more, and stands up to 1,000 originals after its own.
    """
    rng = random.Random(seed)
    recent: list[tuple[list[str], int]] = []
    for number in range(count):
        if recent and rng.random() < CLUSTERED:
            parts, cluster = recent[rng.randrange(len(recent))]
            yield mutate(list(parts), sentences, rng), cluster
            continue
        parts = [sentences[rng.randrange(len(sentences))] for _ in range(10)]
        # Three characters tell documents of the same sentences apart, as no two stories are made of the same ones.
        parts = [s + "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(12)) for s in parts]
        recent.append((parts, number))
        if len(recent) > 1_000:
            recent.pop(rng.randrange(500))
        yield "。\n".join(parts) + "。", number


def mutate(parts: list[str], sentences: Sequence[str], rng: random.Random) -> str:
    """One copy, changed as reprints are."""
    if rng.random() < 0.3:
        del parts[rng.randrange(len(parts))]
    if rng.random() < 0.3:
        parts.insert(rng.randrange(len(parts)), sentences[rng.randrange(len(sentences))])
    text = list("。\n".join(parts) + "。")
    for _ in range(rng.randrange(6)):
        text[rng.randrange(len(text))] = chr(rng.randrange(0x4E00, 0x9000))
    return "".join(text)


def measure_signatures(texts: list[str]) -> dict[str, float]:
    """MB of UTF-8 per CPU second of our kernels, and of datasketch fed the hashes of the same shingles."""
    import datasketch

    from pipeline.chinese.canonical import canonical_spans
    from pipeline.near.kernels.minhash import hash_shingles

    size = sum(len(t.encode()) for t in texts) / 1e6
    view = Texts.of(texts)
    sketch(view, OPTIONS)
    rows = {"taosha, fold + exact hash + signatures": size / cpu(lambda: sketch(view, OPTIONS))}
    points, bounds = canonical_spans(view.points, view.starts, view.ends)
    rows["taosha, signatures alone"] = size / cpu(lambda: sign(points, bounds))
    few = range(min(400, len(texts)))
    hashes = []
    for i in few:
        out = np.empty(max(0, bounds[i + 1] - bounds[i] - OPTIONS.shingle + 1), np.uint32)
        hash_shingles(points, int(bounds[i]), OPTIONS.shingle, out)
        hashes.append(out.tolist())
    part = sum(len(texts[i].encode()) for i in few) / 1e6

    def peer() -> None:
        for h in hashes:
            datasketch.MinHash(OPTIONS.num_perm, OPTIONS.seed, hashfunc=int).update_batch(h)

    rows["datasketch update_batch, hashes given"] = part / cpu(peer)

    def whole_peer() -> None:
        for i in few:
            text = texts[i]
            datasketch.MinHash(OPTIONS.num_perm, OPTIONS.seed).update_batch(
                [text[k:k + 5].encode() for k in range(len(text) - 4)])

    rows["datasketch update_batch, sha1 of 5-grams"] = part / cpu(whole_peer)
    return rows


def sign(points: NDArray[np.uint32], bounds: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Signatures alone."""
    from pipeline.near.kernels.minhash import fill_signatures
    from pipeline.near.sketch import permutations

    a, b = permutations(OPTIONS.num_perm, OPTIONS.seed)
    out = np.empty((len(bounds) - 1, OPTIONS.num_perm), np.uint32)
    fill_signatures(points, bounds[:-1], bounds[1:], OPTIONS.shingle, a, b, out)
    return out


class TextFile:
    """Texts on disk, fetched by number: what a run has in its parts."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb")
        self.ends: list[NDArray[np.int64]] = []

    def append(self, texts: Sequence[str], out: Any) -> None:
        coded = [t.encode() for t in texts]
        out.write(b"".join(coded))
        self.ends.append(np.fromiter(map(len, coded), np.int64, len(coded)))

    def close_writing(self) -> None:
        self.bounds = np.concatenate([[0], np.cumsum(np.concatenate(self.ends))])
        self.ends.clear()

    def fetch(self, rows: Sequence[int]) -> list[str]:
        texts = []
        for row in rows:
            a, b = self.bounds[row:row + 2].tolist()
            self.file.seek(a)
            texts.append(self.file.read(b - a).decode())
        return texts


class Stored(NamedTuple):
    """Documents that were made, sketched and written."""

    texts: TextFile
    parts: list[Sketches]
    truth: list[int]
    n_chars: list[int]
    seconds: float


def store_documents(count: int, sentences: Sequence[str], kind: str, path: Path) -> Stored:
    """Make, sketch and write documents, a batch at a time; `seconds` are those of the sketches."""
    path.touch()
    stored = Stored(TextFile(path), [], [], [], 0.0)
    made, seconds = make(kind, sentences, count), 0.0
    with path.open("wb") as out:
        while batch := list(islice(made, BATCH)):
            texts = [text for text, _ in batch]
            t = time.process_time()
            stored.parts.append(sketch(Texts.of(texts), OPTIONS))
            seconds += time.process_time() - t
            stored.truth.extend(cluster for _, cluster in batch)
            stored.n_chars.extend(map(len, texts))
            stored.texts.append(texts, out)
    stored.texts.close_writing()
    return stored._replace(seconds=seconds)


def run_curve(count: int, corpora: Path | None, kind: str) -> dict[str, Any]:
    """Sketch and decide `count` documents that lie on disk; to be called in a process of its own."""
    warm_up()
    sentences = load_sentences(corpora) if kind == "mutated" else []
    with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
        stored = store_documents(count, sentences, kind, Path(folder) / "texts")
        n_bytes = int(stored.texts.bounds[-1])
        sketches = concat_in_file(stored.parts, Path(folder) / "signatures")
        keys = DocumentKeys(sketches, np.array(stored.n_chars), [""] * count, [f"{i:09d}" for i in range(count)])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        t = time.process_time()
        decisions = decide(keys, stored.texts.fetch, OPTIONS)
        resolved = time.process_time() - t
    rows = {
        "documents": count, "MB": round(n_bytes / 1e6, 1), "sketch s": round(stored.seconds, 2), "decide s": round(resolved, 2),
        "MB/s": round(n_bytes / 1e6 / (stored.seconds + resolved), 1),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "peak before decide MB": round(before),
        "kept": int(decisions.kept.sum()),
    }
    return rows | score(np.array(stored.truth), decisions.kept_of, kind)


def concat_in_file(parts: list[Sketches], path: Path) -> Sketches:
    """All sketches, the signatures mapped from a file, as a run of many parts has them."""
    with path.open("wb") as file:
        for part in parts:
            part.signatures.tofile(file)
    empty = np.empty((0, OPTIONS.num_perm), np.uint32)
    rest = Sketches.concat([Sketches(empty, p.short, p.n_shingles, p.n_canonical, p.exact) for p in parts])
    parts.clear()
    mapped = np.memmap(path, np.uint32, "r").reshape(-1, OPTIONS.num_perm)
    return Sketches(mapped, rest.short, rest.n_shingles, rest.n_canonical, rest.exact)


def make(kind: str, sentences: Sequence[str], count: int) -> Iterator[tuple[str, int]]:
    """Documents of one kind: mutated, one giant cluster, empty ones, or ones of a few characters."""
    if kind == "mutated":
        yield from make_documents(sentences, count)
        return
    rng = random.Random(3)
    base = "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(400))
    for i in range(count):
        if kind == "giant":
            k = rng.randrange(400)
            yield base[:k] + chr(rng.randrange(0x4E00, 0x9000)) + base[k + 1:], 0
        else:
            yield ("" if kind == "empty" else "。！" if i % 2 else chr(rng.randrange(0x4E00, 0x9000)) * rng.randrange(4)), i


def score(truth: NDArray[np.int64], kept_of: NDArray[np.int64], kind: str) -> dict[str, Any]:
    """How many copies were dropped for one of their own cluster, and how many for a stranger."""
    if kind != "mutated":
        return {}
    dropped = kept_of != np.arange(len(kept_of))
    copies = len(truth) - len(np.unique(truth))
    right = int((dropped & (truth[kept_of] == truth)).sum())
    return {"recall": round(right / max(1, copies), 4), "wrong": int(dropped.sum()) - right}


class Synthetic:
    """Signatures of documents a fifth of which are copies of the one before, made when they are asked for."""

    def __init__(self, count: int) -> None:
        self.shape = (count, OPTIONS.num_perm)

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.uint32]:
        mult = np.uint64(0x9E3779B97F4A7C15)
        columns = np.arange(self.shape[1], dtype=np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        own = rows.astype(np.uint64)
        base = np.where(own % np.uint64(5) == 4, own - np.uint64(1), own)
        values = (base[:, None] * mult) ^ columns
        values ^= values >> np.uint64(29)
        values *= np.uint64(0xBF58476D1CE4E5B9)
        values ^= values >> np.uint64(32)
        out: NDArray[np.uint32] = values.astype(np.uint32)
        changed = (own[:, None] * np.uint64(31) + columns) % np.uint64(10) == 0       # a tenth of a copy's values differ
        out[(own % np.uint64(5) == 4)[:, None] & changed] ^= np.uint32(0x5A5A5A5A)
        return out


def run_synthetic(count: int) -> dict[str, Any]:
    """Candidates among synthetic signatures; to be called in a process of its own."""
    candidates(Synthetic(1000), np.arange(1000), 42)
    t, wall = time.process_time(), time.perf_counter()
    pairs = candidates(Synthetic(count), np.arange(count), 42, budget=512 << 20)
    expected = count // 5
    right = int(((pairs[:, 0] - pairs[:, 1] == 1) & (pairs[:, 0] % 5 == 4)).sum())
    return {
        "documents": count, "cpu s": round(time.process_time() - t, 1), "wall s": round(time.perf_counter() - wall, 1),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "pairs": len(pairs),
        "found": round(right / max(1, expected), 5),
    }


def warm_up() -> None:
    """Compile and load everything before the clock starts."""
    rng = random.Random(5)
    text = "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(300))
    texts = [text[:k] + "改" + text[k:] for k in range(0, 300, 4)]
    ids = [str(k) for k in range(len(texts))]
    keys = DocumentKeys(sketch(Texts.of(texts), OPTIONS), np.full(len(texts), 301), [""] * len(texts), ids)
    decide(keys, lambda rows: [texts[i] for i in rows], OPTIONS)


def bench_folder() -> Path:
    """Where benchmarks keep what they make: not under version control."""
    folder = ROOT / ".bench"
    folder.mkdir(exist_ok=True)
    return folder


def child(*args: str) -> dict[str, Any]:
    """Run this module in a process of its own and read the object it prints last."""
    done = subprocess.run([sys.executable, "-m", "tests.bench.near", *args], cwd=ROOT, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return result


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--curve", default="10000")
    parser.add_argument("--synthetic", type=int)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("KIND", "COUNT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        kind, count = args.child[0], int(args.child[1])
        print(json.dumps(run_synthetic(count) if kind == "synthetic" else run_curve(count, args.corpora, kind)))
        return
    corpora = ["--corpora", str(args.corpora)] if args.corpora else []
    texts = [t for t, _ in make_documents(load_sentences(args.corpora), 5_000)]
    print("signatures, MB of UTF-8 per CPU second, 128 permutations")
    for name, speed in measure_signatures(texts).items():
        print(f"  {name:42s} {speed:8.1f}")
    if args.peers:
        from tests.bench.near_peers import measure_peers

        for name, figure in measure_peers(texts, bench_folder()).items():
            print(f"  {name:42s} {figure}")
    print("sketch and decide, mutated copies")
    for count in args.curve.split(","):
        print(" ", child("--child", "mutated", count, *corpora))
    print("hostile inputs")
    for kind in ("giant", "empty", "tiny"):
        print(f"  {kind:8s}", child("--child", kind, "50000"))
    if args.synthetic:
        print("synthetic signatures\n ", child("--child", "synthetic", str(args.synthetic)))


if __name__ == "__main__":
    main()
