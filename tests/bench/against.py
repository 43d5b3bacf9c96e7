"""One new page against an index: CPU seconds of `taosha check NEW --against INDEX`, over an index that is made for it.

    python -m tests.bench.against --corpora FOLDER [--documents 1000000] [--index FOLDER]

Documents are made of halves of sentences of the corpora, so that next to none is like another, 650 characters in the mean. With
`--index` the index is kept there, and used again. A million documents take about 5 CPU minutes to make and 2.3 GB on disk.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import zstandard

from pipeline.near.index import Index

CORPORA = ("news-xwlb-items", "law-cn", "tech-lctt")
NEW = (
    "县城里的新图书馆今天开门，早上八点已有两百多位读者排队，馆长周敏说首批上架三万册图书，夜间开放到十点，周末还会有给孩子们讲故事的活动。"
    "图书馆建在老粮站的原址上，两层，保留了原来的砖墙，靠窗的位置留给了带孩子来的家长。"
)
TIMES = 5


def read_sentences(corpora: Path) -> list[str]:
    """Sentences of the corpora, neither very short nor very long."""
    found: list[str] = []
    for name in CORPORA:
        data = zstandard.ZstdDecompressor().stream_reader((corpora / f"{name}.jsonl.zst").read_bytes()).readall()
        texts = (orjson.loads(line)["text"].replace("\n", "。") for line in data.splitlines())
        found += [sentence for text in texts for sentence in text.split("。") if 6 < len(sentence) < 200]
    return found


def make_documents(sentences: list[str], n: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Documents of mixed halves of sentences, with ids; lengths as those of articles are, a few short ones and a few long ones."""
    dice = random.Random(seed)
    for number in range(n):
        wanted, parts, size = min(6000, max(80, dice.lognormvariate(6.2, 0.8))), [], 0
        while size < wanted:
            one, other = sentences[dice.randrange(len(sentences))], sentences[dice.randrange(len(sentences))]
            parts.append(f"{one[:len(one) // 2]}{other[len(other) // 2:]}。" + ("\n" if dice.random() < 0.3 else ""))
            size += len(parts[-1])
        yield f"d{number}", "".join(parts)


def measure(*command: str) -> float:
    """CPU seconds of a command, with those of its children."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--index", type=Path)
    given = parser.parse_args()
    if not given.corpora.is_dir():
        print(f"against: {given.corpora} is not here: not measured")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.index or Path(scratch) / "index"
        if not folder.exists():
            Index.create(folder).extend(make_documents(read_sentences(given.corpora), given.documents))
        index = Index.open(folder)
        middle = index.segments[len(index.segments) // 2]
        pages = {"new": NEW, "nearly there": f"本站今天的消息。\n{middle.texts([7])[0]}", "there": middle.texts([8])[0]}
        print(f"{len(index):,} documents, {index.info()['bytes'] / 1e9:.2f} GB; CPU s of one check, median of {TIMES}")
        for name, text in pages.items():
            page = Path(scratch) / "page.txt"
            page.write_text(text, "utf-8")
            check = (sys.executable, "-m", "taosha", "check", str(page), "--exit-zero", "-q")
            alone, beside = (
                statistics.median(times) for times in zip(*(
                    (measure(*check), measure(*check, "--against", str(folder))) for _ in range(TIMES)
                ), strict=True)
            )
            print(f"  {name:<13} {beside:.2f}, of which without the index {alone:.2f}")


if __name__ == "__main__":
    main()
