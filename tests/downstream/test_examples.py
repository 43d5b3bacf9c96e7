"""The programs in docs/examples do what they say."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import clean_texts
from pipeline.corpus.documents import read_corpus
from tests.downstream.conftest import KINDS, Corpora
from tests.test_cli import ROOT

EXAMPLES = ROOT / "docs" / "examples"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports one, as a program beside it would; skips it where a library is not there."""
    monkeypatch.syspath_prepend(str(EXAMPLES))

    def load(name: str, *libraries: str) -> Any:
        for library in libraries:
            pytest.importorskip(library)
        return importlib.import_module(name)

    return load


@pytest.fixture(scope="module")
def late(corpora: Corpora) -> str:
    return str(corpora.path("late", ".parquet"))


def test_each_example_is_listed_and_tested() -> None:
    names = sorted(path.name for path in EXAMPLES.glob("*.py"))
    page, tests = (EXAMPLES / "README.md").read_text("utf-8"), Path(__file__).read_text("utf-8")
    assert names
    for name in names:
        assert f"[{name}]({name})" in page
        assert f'example("{name.removesuffix(".py")}"' in tests


def test_map(example: Any) -> None:
    program = example("hugging_face_map", "datasets")
    import datasets

    datasets.disable_progress_bars()
    page = "首页 > 新闻\n党(dǎng)建引领基层治理\n时间：2019-05-06 来源：中国网\n黨的領導製度體係，著力複興。"
    texts = [page, KINDS["empty"][0]["text"]]
    made = program.main(datasets.Dataset.from_dict({"text": texts, "n": [1, 2]}))
    assert made.to_list() == [{"text": clean_texts(texts)[0].text, "n": 1, "published": "2019-05-06"}]


def test_polars(example: Any, late: str) -> None:
    made = example("polars_by_site", "polars").main(late).to_dicts()
    rows = list(read_corpus(Path(late)))
    assert {(row["site"], row["documents"]) for row in made} == {("", len(rows) - 1), ("a.example", 1)}
    assert sum(row["n_chars"] for row in made) == sum(row["n_chars"] for row in rows)


def test_duckdb(example: Any, late: str, tmp_path: Path) -> None:
    n = example("duckdb_choose", "duckdb").main(late, str(tmp_path / "chosen.parquet"))
    chosen = list(read_corpus(tmp_path / "chosen.parquet"))
    assert 0 < n == len(chosen) < 151
    assert all(row["n_chars"] >= 200 for row in chosen)


def test_spark(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)        # of workers, which import the example, too
    monkeypatch.setenv("PYTHONPATH", f"{EXAMPLES}{os.pathsep}{ROOT}")
    program = example("spark_clean", "pyspark")
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[1]").config("spark.driver.host", "127.0.0.1").config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1").config("spark.sql.shuffle.partitions", 1).getOrCreate()
    )
    try:
        rows = [(1, "党(dǎng)建引领"), (2, KINDS["empty"][0]["text"]), (3, None)]
        made = program.main(spark.createDataFrame(rows, "n int, text string"))
        assert [row.asDict() for row in made.collect()] == [{"n": 1, "text": "党建引领"}]
    finally:
        spark.stop()


def test_tokenizer(example: Any, late: str) -> None:
    tokenizer = example("train_tokenizer", "tokenizers").main(late, 600)
    for row in read_corpus(Path(late)):
        encoded = tokenizer.encode(row["text"])
        assert tokenizer.decode(encoded.ids, skip_special_tokens=False) == row["text"]
        assert len(encoded.ids) < len(row["text"].encode()) * 0.7


def test_text_for_kenlm(example: Any, corpora: Corpora) -> None:
    lines = list(example("kenlm_text", "rjieba").main(str(corpora.path("bare", ".parquet"))))
    assert len(lines) == len(KINDS["bare"])
    words = {word for line in lines for word in line.split(" ")}
    assert {"图书馆", "水库", "柑橘"} <= words
    assert not words & {"，", "。", ""}


def test_shards_of_webdataset(example: Any, late: str, tmp_path: Path) -> None:
    program = example("webdataset_shards", "webdataset")
    import webdataset

    assert program.main(late, tmp_path, most=60) == 151
    shards = sorted(str(path) for path in tmp_path.glob("*.tar"))
    assert len(shards) == 3
    read = webdataset.WebDataset(shards, shardshuffle=False).decode().to_tuple("txt", "json")
    rows = list(read_corpus(Path(late)))
    made = list(read)
    assert [text for text, _ in made] == [row["text"] for row in rows]
    assert [about["id"] for _, about in made] == [row["id"] for row in rows]


def test_no_example_needs_more_than_it_imports() -> None:
    """They run outside of the checkout, too."""
    known = {"datasets", "polars", "duckdb", "pandas", "pyspark", "pyarrow", "tokenizers", "rjieba", "webdataset", "pipeline"}
    for path in EXAMPLES.glob("*.py"):
        lines = path.read_text("utf-8").splitlines()
        imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
        assert imported <= known | set(sys.stdlib_module_names), path.name
        assert json.dumps(path.name).isascii()
