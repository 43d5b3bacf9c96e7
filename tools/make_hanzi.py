"""Write pipeline/data/charset_hanzi.npz: how likely each character, and each pair of characters, is in Chinese text.

    python tools/make_hanzi.py JIEBA_DICT TEXT...      # TEXT: *.jsonl.zst with a `text` field, or plain UTF-8 files

Only aggregate counts enter the file: words and frequencies of jieba's dict.txt (MIT licence, counted once simplified and
once converted by OpenCC s2tw), and counts of characters and pairs in TEXT. See pipeline/plausibility.py for the use.
"""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import opencc
import zstandard
from numpy.typing import NDArray

OUT = Path(__file__).resolve().parents[1] / "pipeline" / "data" / "charset_hanzi.npz"
N_PAIRS = 1 << 18           # the most frequent ones: 96 % of the running pairs; half as many: 91 %, 8 % fewer lines restored
BYTES_PER_TEXT = 40_000_000
NATS = 10                   # steps per nat in the file


def read_texts(path: Path) -> Iterator[str]:
    if path.suffix != ".zst":
        yield path.read_text("utf-8")
        return
    with path.open("rb") as raw:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8", newline="\n")
        used = 0
        for line in lines:
            used += 3 * len(line)
            yield json.loads(line)["text"]
            if used > BYTES_PER_TEXT:
                return


def fold_ascii(points: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """In pairs all digits count as 0 and all letters as a, see `pipeline.chinese.plausibility.pair_cost`."""
    points = np.where((points >= ord("0")) & (points <= ord("9")), np.uint32(ord("0")), points)
    letters = ((points | 32) >= ord("a")) & ((points | 32) <= ord("z"))
    return np.where(letters, np.uint32(ord("a")), points)


def count_text(texts: Iterator[str]) -> tuple[NDArray[np.float64], Counter[int]]:
    """Counts of characters [0x10000], and of pairs a << 16 | b."""
    ones, twos = np.zeros(0x10000), Counter[int]()
    for text in texts:
        points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        points = points[points < 0x10000]
        ones += np.bincount(points, minlength=0x10000)
        points = fold_ascii(points)
        wide = points >= 0x2000
        pairs = ((points[:-1] << 16) | points[1:])[wide[:-1] | wide[1:]]
        values, counts = np.unique(pairs, return_counts=True)
        twos.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    return ones, twos


def count_words(path: Path) -> tuple[NDArray[np.float64], Counter[int]]:
    """The same from a word list: `word frequency tag`, each word once in simplified and once in traditional."""
    s2t = opencc.OpenCC("s2tw")
    ones, twos = np.zeros(0x10000), Counter[int]()
    for line in path.read_text("utf-8").splitlines():
        word, frequency = line.split(" ")[:2]
        for form in (word, s2t.convert(word)):
            points = [ord(c) for c in form if ord(c) < 0x10000]
            for c in points:
                ones[c] += int(frequency)
            for a, b in pairwise(points):
                twos[a << 16 | b] += int(frequency)
    return ones, twos


def main() -> None:
    parts = [count_words(Path(sys.argv[1]))] + [count_text(read_texts(Path(p))) for p in sys.argv[2:]]
    scale = [1e7 / part[0].sum() for part in parts]         # each source weighs the same, the words as much as three
    scale[0] *= 3
    ones = sum((s * part[0] for s, part in zip(scale, parts, strict=True)), np.zeros(0x10000))
    twos = Counter[int]()
    for s, part in zip(scale, parts, strict=True):
        for pair, n in part[1].items():
            twos[pair] += s * n
    best = sorted(twos, key=lambda pair: -twos[pair])[:N_PAIRS]
    best.sort()
    keys = np.array(best, np.uint32)
    given = np.bincount(fold_ascii(np.arange(0x10000, dtype=np.uint32)), ones, 0x10000)[keys >> 16]
    pair_cost = np.clip(-np.log(np.array([twos[k] for k in best]) / np.maximum(given, 1)) * NATS, 0, 255)
    with np.errstate(divide="ignore"):
        cost = np.clip(-np.log(ones / ones.sum()) * NATS, 0, 255)   # 255: never seen
    np.savez_compressed(OUT, cost=np.rint(cost).astype(np.uint8), pairs=np.diff(keys, prepend=np.uint32(0)),
                        pair_cost=np.rint(pair_cost).astype(np.uint8))
    print(OUT.name, OUT.stat().st_size, "bytes;", sum(twos[k] for k in best) / sum(twos.values()), "of running pairs")


if __name__ == "__main__":
    main()
