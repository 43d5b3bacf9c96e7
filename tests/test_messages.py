"""Messages are for people who know JSON and TOML: no word of Python in them, the place and a next step are."""

from __future__ import annotations

import errno
import itertools
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import clean_text, decode, near_duplicates
from pipeline.atomic import explain_os_error
from pipeline.cleaning import clean_texts
from pipeline.errors import TaoshaError, UsageError
from pipeline.options import BoilerplateOptions, EncodingOptions, NearOptions, Options, PinyinOptions, ScriptOptions, load_options
from pipeline.read.fields import make_record
from pipeline.read.jsonl import parse_record
from pipeline.record import Fault
from pipeline.wording import describe
from tests.test_cli import ARTICLE, taosha
from tests.test_inputs import items

#: Bounded by their letters: linear.
PYTHON = re.compile(
    r"\b(?:None|NoneType|True|False|dict|tuple|str|int|float|bool|bytes object|bytearray|codec|object at 0x|class|repr|"
    r"[A-Z][a-z]+Error|\w+\(\))(?=\W|$)(?!`)"
)
VALUES: list[Any] = [None, True, 3, 2.5, "x", [], ["a"], {}, {"a": 1}]


def message_of(call: Callable[[], object]) -> str:
    try:
        call()
    except TaoshaError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("key", ["text", "id", "url", "title", "date", "author"])
def test_records(key: str) -> None:
    for value in VALUES:
        found = make_record({"text": ARTICLE, key: value}, "a.jsonl")
        if isinstance(found, Fault):
            assert not PYTHON.search(found.message), found.message
    found = make_record({"text": None}, "a.jsonl")
    assert isinstance(found, Fault)
    assert "null" in found.message


@pytest.mark.parametrize("line", [
    b"null", b"[1]", b"3", b'"x"', b"true", b"{", b'{"a": ', b"\xff\xfe", b'{"text": 1e999}', b"[" * 400, b"9" * 5000,
])
def test_lines(line: bytes) -> None:
    found = parse_record(line, "a.jsonl")
    assert isinstance(found, Fault)
    assert not PYTHON.search(found.message), found.message


def test_options(tmp_path: Path) -> None:
    path = tmp_path / "taosha.toml"
    values = ["5", "'x'", "true", "[]", "[1]", "{a = 1}", "2020-01-02", "1.5", "nan", "99999999999999999999"]
    tables = {
        "encoding": ["unwrap"], "boilerplate": ["max_loss", "drop"], "near": ["keep", "num_perm", "sources"], "script": ["target"],
    }
    texts = [f"{table} = {value}" for table, value in itertools.product(tables, values)]
    texts += [f"[{table}]\n{key} = {v}" for table, keys in tables.items() for key, v in itertools.product(keys, values)]
    n = 0
    for text in [*texts, "x = ", "[x]", "[near]\nnope = 1", "\xff"]:
        path.write_text(text, "latin-1")
        if said := message_of(partial(load_options, path)):
            n += 1
            assert not PYTHON.search(said), said
            assert str(path) in said
    assert n > 80
    path.write_text("near = 5\n", "utf-8")
    with pytest.raises(UsageError, match=r"near is a table, not a number: write \[near\], and its options below it"):
        load_options(path)


def test_python_is_told_in_the_same_words() -> None:
    made = (EncodingOptions, BoilerplateOptions, PinyinOptions, ScriptOptions, NearOptions, Options)
    calls = [partial(call, value) for call in (clean_text, decode, clean_texts, near_duplicates, *made) for value in VALUES]
    said = [message_of(call) for call in calls]
    assert sum(map(bool, said)) > 40
    for message in said:
        assert not PYTHON.search(message), message


def test_files_of_every_kind(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [1, 2], "id": ["a", "b"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": [[1], None]}), tmp_path / "b.parquet")
    (tmp_path / "c.json").write_text(json.dumps([1, None, "x", {"text": 5}]), "utf-8")
    (tmp_path / "d.csv").write_bytes(b"id,text\n1,\x00\n2\n")
    (tmp_path / "e.parquet").write_bytes(b"PAR1broken")
    (tmp_path / "f.jsonl").write_bytes(b'{"text": {"a": 1}}\n{"text": 5}\n')
    found = [item for item in items(tmp_path) if isinstance(item, Fault)]
    assert len(found) > 8
    for fault in found:
        assert not PYTHON.search(fault.message), fault.message


def test_what_values_are_called() -> None:
    assert [describe(value) for value in VALUES] == [
        "null", "true or false", "a number", "a number", "a string", "a list", "a list", "an object", "an object",
    ]
    assert describe(object()) == "of another kind"


def test_a_file_too_large_is_no_full_disk() -> None:
    assert "ulimit -f" in str(explain_os_error(Path("x"), OSError(errno.EFBIG, "File too large")))
    assert "disk is full" in str(explain_os_error(Path("x"), OSError(errno.ENOSPC, "No space left on device")))


def test_explain_lists_what_there_is(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [{"id": f"r{n}", "text": f"第{n}篇，{ARTICLE}"} for n in range(30)]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    (folder / "b.txt").write_text(ARTICLE, "utf-8")
    said = taosha("explain", folder / "a.jsonl", code=2)
    assert said.count("第") == 20
    assert "the first 20 documents are listed above; choose one with --id ID or --number N" in said
    assert "第7篇" in taosha("explain", folder / "a.jsonl", "--id", "r7")
    assert "第7篇" in taosha("explain", folder / "a.jsonl", "--number", "8")
    assert "第7篇" in taosha("explain", f"{folder}/a.jsonl#r7")
    assert "no such document" in taosha("explain", folder / "a.jsonl", "--id", "zz", code=2)
    assert "no such document" in taosha("explain", folder / "a.jsonl", "--number", "31", code=2)
    taosha("clean", folder, "-o", tmp_path / "out" / "x.jsonl", "-q")
    corpus = [json.loads(line) for line in (tmp_path / "out" / "audit.jsonl").read_bytes().splitlines()]
    (id,) = [row["id"] for row in corpus if row["source"].endswith("b.txt")]
    assert f"id {id}" in taosha("explain", folder, "--id", id), "the id of a run over the same names"
