"""Write pipeline/data/charset_triples.npz: what a character costs after two others, where pairs alone choose wrongly.

    python -m tools.make_triples TEXT...      # TEXT: *.jsonl or *.jsonl.zst with a `text` field

Lines of the texts, simplified and converted to traditional, are garbled as the repair of lost bytes meets them (UTF-8 read as GBK,
from an even and from an odd byte). Where the pairs of the neighbours do not choose the right character by `clear`, the three
triples around it are wanted. Only these enter the file, with their cost by counts over all the texts: 4 in 100 of all triples, and
worth as much as ten times as many chosen by their frequency. Only aggregate counts enter; see `pipeline.chinese.plausibility`.
"""

from __future__ import annotations

import io
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import opencc
import zstandard
from numpy.typing import NDArray

from pipeline.chinese.plausibility import fold, hash_triples, pair_cost
from pipeline.stages.encoding.lost import BOUNDS, WILD, fill_lost

OUT = Path(__file__).resolve().parents[1] / "pipeline" / "data" / "charset_triples.npz"
CHARS_PER_TEXT, LEAST = 6_000_000, 12      # characters taken of each text; of a line
DISCOUNT = 0.75         # of a count: a triple that was seen twice is not as frequent as that
QUARTERS = 4            # steps per nat in the file


def read_lines(path: Path) -> Iterator[str]:
    """Distinct lines of a file in an order of chance."""
    with path.open("rb") as raw:
        file = zstandard.ZstdDecompressor().stream_reader(raw) if path.suffix == ".zst" else raw
        rows = list(io.TextIOWrapper(file, encoding="utf-8", newline="\n"))
    random.Random(1).shuffle(rows)
    taken, seen = 0, set[str]()
    for line in (line for row in rows for line in json.loads(row)["text"].split("\n")):
        if len(line) >= LEAST and line.isprintable() and line not in seen:
            seen.add(line)
            taken += len(line)
            yield line
        if taken > CHARS_PER_TEXT:
            return


def list_losses(line: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The place of each character that loses a byte where the line is read as GBK, and what it could be."""
    data = line.encode()
    stream, at = list(data), 0
    for char in data.decode("gbk", "replace"):
        if char == "\ufffd":
            stream[at] = WILD
        at += 1 if char == "\ufffd" or char < "\x80" else 2
    at = 0
    for place, char in enumerate(line):
        size = len(char.encode())
        if size == 3 and WILD in stream[at:at + 3]:
            yield place, fill_lost(tuple(stream[at:at + 4]), 3, "gbk")
        at += size


def find_wanted(lines: list[str]) -> Counter[int]:
    """Triples around characters that pairs do not choose, each `a << 32 | b << 16 | c`, with how often that happens."""
    wanted = Counter[int]()
    for line in chain.from_iterable((line, line[1:]) for line in lines):
        for at, choices in list_losses(line):
            left, right = line[at - 1:at] or "\n", line[at + 1:at + 2] or "\n"
            mine = pair_cost(left, line[at]) + pair_cost(line[at], right)
            if all(c == line[at] or pair_cost(left, c) + pair_cost(c, right) >= mine + BOUNDS.clear for c in choices):
                continue
            near = [fold(line[i]) if 0 <= i < len(line) else 0 for i in range(at - 2, at + 3)]
            triples = (near[k:k + 3] for k in range(3))
            wanted.update(a << 32 | b << 16 | c for a, b, c in triples if max(a, b, c) <= 0xFFFF)
    return wanted


def count_triples(lines: list[str]) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """All triples of more than one, and what the third costs after the two before it, in nats."""
    points = np.frombuffer("\n".join(lines).encode("utf-32-le"), np.uint32).copy()
    letter = ((points | 32) >= ord("a")) & ((points | 32) <= ord("z"))
    points[(points >= ord("0")) & (points <= ord("9"))] = ord("0")
    points[letter] = ord("a")
    wide = np.minimum(points, 0xFFFF).astype(np.uint64)
    pairs, n_pairs = np.unique((wide[:-1] << np.uint64(16)) | wide[1:], return_counts=True)
    keys, n = np.unique((wide[:-2] << np.uint64(32)) | (wide[1:-1] << np.uint64(16)) | wide[2:], return_counts=True)
    keys, n = keys[n > 1], n[n > 1]
    given = n_pairs[np.searchsorted(pairs, keys >> np.uint64(16))]
    return keys, -np.log((n - DISCOUNT) / given)


def main() -> None:
    s2t = opencc.OpenCC("s2tw")
    plain = [line for name in sys.argv[1:] for line in read_lines(Path(name))]
    lines = plain + [other for line in plain if (other := s2t.convert(line)) != line]
    keys, nats = count_triples(lines)
    wanted = find_wanted(lines)
    mine = np.sort(np.array(list(wanted), np.uint64))
    at = np.minimum(np.searchsorted(keys, mine), len(keys) - 1)
    at = at[keys[at] == mine]
    hashed, first = np.unique(hash_triples(keys[at]), return_index=True)
    cost = np.clip(np.rint(nats[at][first] * QUARTERS), 0, 255).astype(np.uint8)
    steps = np.diff(hashed, prepend=np.uint32(0))
    np.savez_compressed(OUT, low=(steps & 0xFF).astype(np.uint8), high=(steps >> 8).astype(np.uint16), cost=cost)
    print(OUT.name, OUT.stat().st_size, "bytes;", len(steps), "triples of", len(keys))


if __name__ == "__main__":
    main()
