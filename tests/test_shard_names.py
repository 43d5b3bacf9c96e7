"""How parts of a corpus are called and how large they may be, for every unit, suffix and number."""

from __future__ import annotations

import errno
import fnmatch
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import world
from pipeline.corpus.shards import (
    find_shards,
    glob_shards,
    has_corpus,
    is_shard,
    iterate_corpus,
    name_shard,
    parse_size,
    split_suffix,
)
from pipeline.errors import AuditError, InputError, UsageError

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
UNITS = {
    "": 1, "B": 1, "K": 10**3, "KB": 10**3, "Ki": 2**10, "KiB": 2**10, "k": 10**3, "kB": 10**3, "M": 10**6, "MB": 10**6,
    "MiB": 2**20, "G": 10**9, "GB": 10**9, "GiB": 2**30, "T": 10**12, "TB": 10**12, "TiB": 2**40, "Mi": 2**20,
    "Gi": 2**30, "Ti": 2**40,
}


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit(unit: str) -> None:
    for text in (f"1500{unit}", f" 1500 {unit} ", f"1500   {unit}"):
        assert parse_size(text) == 1500 * UNITS[unit]
    assert parse_size(f"2000.5{unit}") == int(2000.5 * UNITS[unit])


@pytest.mark.parametrize("text", [
    "999", "0.999KB", "999B", "1", "0GB", "x", "KB", "1XB", "1PB", "1iB", "1 K B", "-5MB", "1.2345GB", "1,5GB", "1    KB",
    "1048576TiB", "2000000TB",
])
def test_what_is_no_size_or_too_small_or_too_large(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_size(text)
    assert str(raised.value) == f"{text}: this is no size of a file; write it as 500MB, 2GB or 64MiB, 1KB or more"


def test_the_smallest_the_largest_and_none() -> None:
    assert parse_size("1048575TiB") == 1048575 << 40
    assert (parse_size(""), parse_size("1000"), parse_size("1KB"), parse_size("1KiB")) == (None, 1000, 1000, 1024)


@given(
    st.sampled_from(["clean", "a.b", "x-00001-of-00002", "", "名"]), st.sampled_from(SUFFIXES), st.integers(0, 10**6),
    st.integers(1, 10**6),
)
def test_a_part_is_called_so_that_it_is_known(stem: str, suffix: str, number: int, total: int) -> None:
    corpus = stem + suffix
    assert split_suffix(corpus) == (stem, suffix)
    name = name_shard(corpus, number, total)
    assert name == f"{stem}-{str(number).zfill(5)}-of-{str(total).zfill(5)}{suffix}"
    assert is_shard(name, corpus)
    assert fnmatch.fnmatchcase(name, glob_shards(corpus))
    assert glob_shards(corpus) == f"{stem}-*-of-*{suffix}"
    assert not is_shard(corpus, corpus)
    assert not is_shard(f"x{name}", f"y{corpus}")
    assert not any(is_shard(name, stem + other) for other in SUFFIXES if other != suffix)
    assert not is_shard(name.replace("-of-", "-by-"), corpus)


def test_what_has_no_suffix_of_a_corpus() -> None:
    assert split_suffix("clean.txt") == ("clean.txt", "")
    assert split_suffix("a.jsonl.bz2") == ("a.jsonl.bz2", "")
    assert name_shard("corpus", 3, 12) == "corpus-00003-of-00012"
    assert not is_shard("clean-1-of-2.jsonl", "clean.jsonl"), "five digits at least"


def test_parts_are_found_in_order_and_read_as_one(tmp_path: Path) -> None:
    corpus = tmp_path / "clean.jsonl"
    assert find_shards(corpus) == []
    assert find_shards(tmp_path / "gone" / "clean.jsonl") == []
    assert find_shards(tmp_path / "file" / "x.jsonl") == []
    assert not has_corpus(corpus)
    for n in (2, 0, 1):
        (tmp_path / name_shard("clean.jsonl", n, 3)).write_text(f'{{"n":{n}}}\n', "utf-8")
    (tmp_path / "clean-00000-of-00003.txt").write_text("", "utf-8")
    assert [path.name for path in find_shards(corpus)] == [f"clean-0000{n}-of-00003.jsonl" for n in range(3)]
    assert has_corpus(corpus)
    assert [row["n"] for row in iterate_corpus(corpus)] == [0, 1, 2]
    other = tmp_path / "clean-00000-of-00004.jsonl"
    other.write_text("", "utf-8")
    with pytest.raises(AuditError) as raised:
        list(iterate_corpus(corpus))
    first = tmp_path / "clean-00000-of-00003.jsonl"
    assert str(raised.value) == f"{other}: this is a part of another corpus than {first.name}; remove those that do not belong here"
    other.unlink()
    first.unlink()
    with pytest.raises(AuditError) as raised:
        list(iterate_corpus(corpus))
    assert str(raised.value) == f"{first}: this part of the corpus is gone; put it back, or make the corpus again"
    corpus.write_text('{"n":9}\n', "utf-8")
    assert [row["n"] for row in iterate_corpus(corpus)] == [9], "a file of that name stands for itself"
    assert has_corpus(corpus)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ENAMETOOLONG])
def test_a_folder_that_cannot_be_listed_is_not_one_without_parts(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(path: Path) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(world, "list_folder", fail)
    kind = OSError if number == errno.ENAMETOOLONG else InputError
    with pytest.raises(kind, match=str(tmp_path)):
        find_shards(tmp_path / "clean.jsonl")
