"""Other libraries read what a run writes: Parquet without a word, JSONL with its types said once, as docs/downstream.md has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset
import pyarrow.json
import pyarrow.parquet as pq
import pytest

from pipeline.corpus.columns import columns_of
from pipeline.corpus.documents import read_corpus
from pipeline.read.paths import find_inputs
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from tests.downstream.conftest import JSONL, KINDS, Corpora
from tests.run_corpus import make_records, write_records

COLUMNS = [c.name for c in columns_of(parquet=False)]
WORDS = [c.name for c in columns_of(parquet=False) if c.type == "string"]
Table = tuple[dict[str, str], list[dict[str, Any]]]     # types by column, and rows

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def read_datasets(path: Path) -> Table:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    table = datasets.load_dataset(str(path.parent), split="train")
    return {name: str(feature) for name, feature in table.features.items()}, table.to_list()


def read_pandas(path: Path) -> Table:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(path) if path.suffix == ".parquet" else pandas.read_json(
        path, lines=True, dtype=False, convert_dates=False)
    return {name: str(kind) for name, kind in frame.dtypes.items()}, frame.to_dict("records")


def read_polars(path: Path) -> Table:
    polars = pytest.importorskip("polars")
    frame = polars.read_parquet(path) if path.suffix == ".parquet" else polars.read_ndjson(
        path, schema_overrides={"duplicates": polars.List(polars.String)})
    return {name: str(kind) for name, kind in frame.schema.items()}, frame.to_dicts()


def read_polars_lazily(path: Path) -> Table:
    polars = pytest.importorskip("polars")
    frame = polars.scan_parquet(path) if path.suffix == ".parquet" else polars.scan_ndjson(
        path, schema_overrides={"duplicates": polars.List(polars.String)})
    return {name: str(kind) for name, kind in frame.collect_schema().items()}, frame.collect().to_dicts()


def read_duckdb(path: Path) -> Table:
    duckdb = pytest.importorskip("duckdb")
    types = dict.fromkeys(WORDS, "VARCHAR") | {"n_chars": "BIGINT", "duplicates": "VARCHAR[]"}
    with duckdb.connect() as base:
        found = base.read_parquet(str(path)) if path.suffix == ".parquet" else base.read_json(str(path), columns=types)
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
        return dict(zip(found.columns, map(str, found.types), strict=True)), rows


def read_duckdb_by_name(path: Path) -> Table:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as base:
        found = base.sql(f"SELECT * FROM '{path}'")
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
        return dict(zip(found.columns, map(str, found.types), strict=True)), rows


def read_arrow(path: Path) -> Table:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
    else:
        fields = [(name, pa.string()) for name in WORDS] + [("n_chars", pa.int64()), ("duplicates", pa.list_(pa.string()))]
        options = pyarrow.json.ParseOptions(explicit_schema=pa.schema(fields))
        with pa.input_stream(str(path), compression="zstd" if path.suffix == ".zst" else "detect") as stream:
            table = pyarrow.json.read_json(stream, parse_options=options)
    return {f.name: str(f.type) for f in table.schema}, table.to_pylist()


def read_arrow_dataset(path: Path) -> Table:
    table = pyarrow.dataset.dataset(path).to_table()
    return {f.name: str(f.type) for f in table.schema}, table.to_pylist()


PARQUET: list[Callable[[Path], Table]] = [
    read_datasets, read_pandas, read_polars, read_polars_lazily, read_duckdb, read_duckdb_by_name, read_arrow, read_arrow_dataset,
]
LINES = [read_datasets, read_pandas, read_polars, read_polars_lazily, read_duckdb, read_arrow]


def lists(value: Any) -> Any:
    """pandas has arrays where there are lists."""
    return value.tolist() if hasattr(value, "tolist") else value


def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What every corpus has, without the ways of libraries: nothing known is an empty string, a list is a list."""
    def known(value: Any) -> Any:
        return "" if value is None or value != value else value

    return [{name: known(lists(row[name])) for name in COLUMNS} for row in rows]


@pytest.mark.parametrize("read", PARQUET, ids=lambda read: read.__name__[5:])
def test_parquet_has_the_same_types_for_every_corpus(corpora: Corpora, read: Callable[[Path], Table]) -> None:
    wanted, rows = read(corpora.path("rich", ".parquet"))
    assert len(rows) == len(KINDS["rich"])
    for kind in KINDS:
        path = corpora.path(kind, ".parquet")
        if read is read_datasets and kind == "empty":
            with pytest.raises(ValueError, match="no data"):        # it has no data sets without rows
                read(path)
            continue
        types, rows = read(path)
        assert types == wanted, kind
        assert told(rows) == told(list(read_corpus(path))), kind
    assert wanted["n_chars"] in ("int64", "Int64", "BIGINT", "Value('int64')")


@pytest.mark.parametrize("suffix", JSONL)
@pytest.mark.parametrize("read", LINES, ids=lambda read: read.__name__[5:])
def test_jsonl_has_the_same_types_where_they_are_said(corpora: Corpora, read: Callable[[Path], Table], suffix: str) -> None:
    wanted, rows = read(corpora.path("rich", suffix))
    assert {*wanted} == {*COLUMNS}
    assert rows[0]["id"] == "0000", "an id is no number"
    for kind in KINDS:
        path = corpora.path(kind, suffix)
        if kind == "empty":
            assert not path.exists() or not list(read_corpus(path))     # an empty file holds no JSON: see the page
            continue
        types, rows = read(path)
        types.pop("extra", None)
        assert types == wanted, kind
        there = told(list(read_corpus(path)))
        if read is read_datasets and all(row["published"] for row in there):
            there = [row | {"published": f"{row['published']} 00:00:00"} for row in there]      # see the page: a way of datasets
        assert told(rows) == there, kind


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_what_records_hold_besides_comes_through(corpora: Corpora, suffix: str) -> None:
    for read in (read_datasets, read_arrow, read_polars):
        (*_, last) = read(corpora.path("extra", suffix))[1]
        extra = json.loads(last["extra"]) if isinstance(last["extra"], str) else last["extra"]
        assert extra == {"n": 2**53 + 2, "tags": ["a", None], "nested": {"k": 1.0}}, read.__name__


@pytest.mark.parametrize("suffix", [".jsonl.zst", ".parquet"])
def test_shards_are_one_corpus(tmp_path: Path, suffix: str) -> None:
    """The corpus is cut; a glob or the folder names all of it, and nothing that stands beside it."""
    source = write_records(tmp_path / "in.jsonl", make_records(40))
    run(find_inputs([str(source)]), tmp_path / "out" / f"clean{suffix}", Settings(), workers=1, shard_bytes=2000)
    assert len(list((tmp_path / "out").glob("clean-*"))) > 2
    wanted = told(list(read_corpus(tmp_path / "out")))
    assert len(wanted) > 30
    assert told(read_datasets(tmp_path / "out" / "any")[1]) == wanted
    assert told(read_polars(tmp_path / "out" / f"clean-*{suffix}")[1]) == wanted
    assert told(read_duckdb(tmp_path / "out" / f"clean-*{suffix}")[1]) == wanted
