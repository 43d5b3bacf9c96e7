"""A corpus in several files: how they are called, which there are, and how large they are to be.

The rule of this file: the name of a corpus (`clean.jsonl`) stands for its shards (`clean-00000-of-00003.jsonl` …) wherever there is
no file of that name, so that whoever reads a corpus need not know which it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline import world
from pipeline.corpus.lines import iterate_rows
from pipeline.errors import AuditError, UsageError
from pipeline.read.reading import check_passing

__all__ = ["find_shards", "glob_shards", "has_corpus", "is_shard", "iterate_corpus", "name_shard", "parse_size", "split_suffix"]

#: Suffixes of a corpus, the longest first where one ends as another does.
_SUFFIXES = (".jsonl.gz", ".jsonl.zst", ".jsonl", ".parquet")
_UNITS = {"": 1, "B": 1} | {
    f"{letter}{more}B": base**power for power, letter in enumerate("KMGT", 1) for more, base in (("", 1000), ("i", 1024))
}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?)\s{0,3}([kKMGT]?i?B?)")      # bounded: linear
_NUMBERS = re.compile(r"-(\d{5,9})-of-(\d{5,9})")                       # bounded: linear


def parse_size(text: str) -> int | None:
    """Bytes of `500MB`, `1.5 GB`, `64KiB`, `1000`; None for nothing. Raises UsageError for anything else, and for less than 1,000.

    >>> parse_size("1.5GB"), parse_size("64KiB"), parse_size("")
    (1500000000, 65536, None)
    """
    if not text:
        return None
    match = _SIZE.fullmatch(text.strip())
    unit = match[2].replace("k", "K") if match else ""
    unit = unit if unit in _UNITS else f"{unit}B"
    if match is None or unit not in _UNITS or not 1000 <= (size := float(match[1]) * _UNITS[unit]) < 1 << 60:
        raise UsageError(f"{text[:80]}: this is no size of a file; write it as 500MB, 2GB or 64MiB, 1KB or more")
    return int(size)


def split_suffix(name: str) -> tuple[str, str]:
    """The name of a corpus without its suffix, and the suffix."""
    suffix = next((s for s in _SUFFIXES if name.endswith(s)), "")
    return name[:len(name) - len(suffix)], suffix


def name_shard(name: str, number: int, total: int) -> str:
    """The name of one shard of a corpus, as Hugging Face's libraries call theirs."""
    stem, suffix = split_suffix(name)
    return f"{stem}-{number:05}-of-{total:05}{suffix}"


def glob_shards(name: str) -> str:
    """A pattern that all shards of a corpus match."""
    stem, suffix = split_suffix(name)
    return f"{stem}-*-of-*{suffix}"


def is_shard(name: str, corpus: str) -> bool:
    """Whether a file is called as a shard of a corpus is."""
    stem, suffix = split_suffix(corpus)
    own, own_suffix = split_suffix(name)
    return own_suffix == suffix and own.startswith(stem) and _NUMBERS.fullmatch(own[len(stem):]) is not None


def find_shards(path: Path) -> list[Path]:
    """The files that are called as shards of a corpus are, in the order of their names."""
    try:
        return sorted(p for p in world.list_folder(path.parent) if is_shard(p.name, path.name))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    except OSError as error:
        check_passing(path, error)
        raise


def has_corpus(path: Path) -> bool:
    """Whether a corpus is there, as one file or as shards."""
    return path.is_file() or bool(find_shards(path))


def iterate_corpus(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a corpus, of one file or of all its shards in order. Raises as `iterate_rows`; AuditError for a missing shard."""
    shards = [] if path.is_file() else find_shards(path)
    if not shards:
        yield from iterate_rows(path)
        return
    total = split_suffix(shards[0].name)[0].rpartition("-")[2]
    wanted = [name_shard(path.name, n, int(total)) for n in range(int(total))]
    if missing := next((name for name in wanted if not path.with_name(name).is_file()), None):
        raise AuditError(f"{path.with_name(missing)}: this part of the corpus is gone; put it back, or make the corpus again")
    if more := next((shard for shard in shards if shard.name not in wanted), None):
        raise AuditError(f"{more}: this is a part of another corpus than {wanted[0]}; remove those that do not belong here")
    for name in wanted:
        yield from iterate_rows(path.with_name(name))
