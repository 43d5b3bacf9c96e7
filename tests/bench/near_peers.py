"""The same corpus through rensa, text-dedup and datatrove: MB of UTF-8 per CPU second, in an environment of their own.

The rule of this file: `measure_peers` runs in our environment, installs the peers into `.bench/peers` once, and runs this
file again with their Python; what is called `peer_` runs there and imports nothing of ours. A peer that cannot be installed
or fails is shown with its reason, never left out silently.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PACKAGES = ("rensa==0.5.0", "datasketch==2.0.0", "text-dedup==0.4.0", "datatrove[processing]==0.10.1", "orjson", "jieba", "spacy")
PERM = 128


def measure_peers(texts: list[str], folder: Path) -> dict[str, str]:
    """Figures of each peer, or why there is none."""
    from tests.bench.environments import make_environment, run_peer, write_texts

    python = make_environment(folder / "peers", PACKAGES)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        path = Path(work) / "texts.jsonl"
        write_texts(path, texts)
        figures = {}
        for name, function in PEERS.items():
            told, failed = run_peer(python, __file__, function.__name__, path, Path(work), 1800)
            figures[name] = told or f"failed: {failed}"
        return figures


def cpu() -> float:
    """CPU seconds of this process and of its children."""
    own, children = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def read(path: Path) -> tuple[list[str], float]:
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").rstrip("\n").split("\n")]
    return texts, sum(len(t.encode()) for t in texts) / 1e6


def shingles(text: str) -> list[str]:
    return [text[i:i + 5] for i in range(len(text) - 4)]


def peer_rensa(path: Path) -> str:
    """Signatures over character 5-grams, made by Python, and over hashes given as one flat array: its fastest door."""
    import rensa  # type: ignore[import-not-found,unused-ignore]

    texts, size = read(path)
    sets = [shingles(t) for t in texts]
    before = cpu()
    for s in sets:
        rensa.RMinHash(PERM, 1).update(s)
    update = cpu() - before
    hashes = [[hash(x) & 0xFFFFFFFF for x in s] for s in sets]
    before = cpu()
    for s in sets:
        rensa.CMinHash(PERM, 1).update(s)
    cminhash = cpu() - before
    flat = "?"
    try:
        before = cpu()
        rensa.RMinHash.digest_matrix_from_token_hash_sets(hashes, PERM, 1)
        flat = f"{size / (cpu() - before):.1f}"
    except Exception as error:      # its signature is not documented; the other figures stand without it
        flat = str(error)[:60]
    return f"RMinHash.update {size / update:.1f}, CMinHash.update {size / cminhash:.1f}, from hashes given {flat} MB/s"


def peer_rensa_whole(path: Path) -> str:
    """rensa's own deduplicator, without verification on the texts."""
    import rensa  # type: ignore[import-not-found,unused-ignore]

    texts, size = read(path)
    before = cpu()
    lsh = rensa.RMinHashLSH(threshold=0.7, num_perm=PERM, num_bands=32)
    dropped = 0
    for i, t in enumerate(texts):
        m = rensa.RMinHash(PERM, 1)
        m.update(shingles(t))
        dropped += bool(lsh.query(m))
        lsh.insert(i, m)
    return f"{size / (cpu() - before):.1f} MB/s, {dropped} dropped"


def peer_datasketch_whole(path: Path) -> str:
    """datasketch MinHash and MinHashLSH, without verification on the texts."""
    import datasketch

    texts, size = read(path)
    texts, size = texts[:1000], size * 1000 / len(texts)
    before = cpu()
    lsh = datasketch.MinHashLSH(threshold=0.7, num_perm=PERM)
    dropped = 0
    for i, t in enumerate(texts):
        m = datasketch.MinHash(PERM)
        m.update_batch([s.encode() for s in shingles(t)])
        dropped += bool(lsh.query(m))
        lsh.insert(i, m)
    return f"{size / (cpu() - before):.1f} MB/s, {dropped} of {len(texts)} dropped"


def peer_text_dedup(path: Path) -> str:
    """The command of text-dedup at its defaults: words as shingles, which is a whole clause in Chinese."""
    _, size = read(path)
    before = cpu()
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "text_dedup.minhash", "--path", "json", "--data_files", str(path), "--split", "train",
         "--column", "text", "--output", str(path.parent / "out"), "--cache_dir", str(path.parent / "cache"), "--num_proc", "1",
         "--num_perm", str(PERM)],
        capture_output=True, text=True, check=False,
    )
    if done.returncode:
        raise SystemExit((done.stderr.strip().splitlines() or ["?"])[-1])
    after = [line for line in (done.stdout + done.stderr).splitlines() if "After" in line or "Number" in line]
    return f"{size / (cpu() - before):.2f} MB/s, {time.perf_counter() - started:.0f} s; {' '.join(after)[-80:]}"


def peer_datatrove(path: Path) -> str:
    """datatrove's four steps of MinHash deduplication on one local worker, with its Chinese word tokenizer."""
    from datatrove.executor import LocalPipelineExecutor  # type: ignore[import-not-found]
    from datatrove.pipeline.dedup import (  # type: ignore[import-not-found]
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig  # type: ignore[import-not-found]
    from datatrove.pipeline.readers import JsonlReader  # type: ignore[import-not-found]
    from datatrove.pipeline.writers import JsonlWriter  # type: ignore[import-not-found]

    _, size = read(path)
    folder, config = path.parent, MinhashConfig(num_buckets=16, hashes_per_bucket=8)
    source = folder / "in"
    source.mkdir()
    path.rename(source / "texts.jsonl")
    sig, buckets, removed, out = (str(folder / n) for n in ("sig", "buckets", "removed", "out"))
    before = cpu()
    for step, tasks in (
        ([JsonlReader(str(source)), MinhashDedupSignature(sig, config, language="cmn_Hani")], 1),
        ([MinhashDedupBuckets(sig, buckets, config=config)], 16),
        ([MinhashDedupCluster(buckets, removed, config=config)], 1),
        ([JsonlReader(str(source)), MinhashDedupFilter(removed), JsonlWriter(out)], 1),
    ):
        LocalPipelineExecutor(step, tasks=tasks, workers=1, logging_dir=None).run()
    return f"{size / (cpu() - before):.2f} MB/s"


PEERS: dict[str, Callable[[Path], str]] = {
    "rensa, signatures": peer_rensa, "rensa, whole": peer_rensa_whole, "datasketch, whole": peer_datasketch_whole,
    "text-dedup, whole": peer_text_dedup, "datatrove, whole": peer_datatrove,
}


if __name__ == "__main__":
    print(globals()[sys.argv[1]](Path(sys.argv[2])))
