"""clean(records): any iterable in, one result a record out, in order, in bounded memory; and what else Python users meet first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipeline
from pipeline import Cleaned, InputError, UsageError, clean, clean_text, near_duplicates
from pipeline.record import Fault
from pipeline.stream import BATCH
from tests.test_check import BODY, OTHER

PAGE = "首页 > 新闻\n党(dǎng)建引领基层治理\n时间：2019-05-06 来源：中国网\n黨的領導製度體係，著力複興。"


def texts_of(records: Any, **more: Any) -> list[str]:
    return [cleaned.text for cleaned in clean(records, **more)]


@pytest.mark.parametrize("n", [0, 1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + 1])
def test_as_many_come_out_as_go_in_and_in_order(n: int) -> None:
    assert [cleaned.id for cleaned in clean({"id": i, "text": f"第{i}条"} for i in range(n))] == [str(i) for i in range(n)]


@settings(max_examples=20)
@given(st.lists(st.sampled_from([PAGE, BODY, OTHER, "", "短", "党(dǎng)建\ud800"]), max_size=9))
def test_each_is_cleaned_as_by_itself(texts: list[str]) -> None:
    assert texts_of(texts) == [clean_text(text).text for text in texts]


def test_everything_that_holds_records() -> None:
    rows = [{"id": "a", "text": PAGE, "lang": "zh"}, {"id": "b", "text": OTHER, "lang": "zh"}]
    wanted = [clean_text(PAGE).text, OTHER]
    table = pa.Table.from_pylist(rows)
    batches = table.to_batches()
    for records in (rows, iter(rows), [PAGE, OTHER], table, batches, batches[0], table.to_reader(), [table, table.slice(0, 0)]):
        assert texts_of(records) == wanted
    assert texts_of([{"body": PAGE}, {"body": OTHER}], text_key="body") == wanted
    assert texts_of([{"html": "<html><body><h1>引领</h1><p>坚持党(dǎng)建引领。</p></body></html>"}]) == ["引领\n坚持党建引领。"]
    assert texts_of([PAGE], stages=["pinyin"]) == [PAGE.replace("(dǎng)", "")]


def test_fields_of_records_come_along() -> None:
    (cleaned,) = clean([{"id": 7, "url": "https://x.cn/1", "title": "题", "text": PAGE, "score": [1, 2]}])
    assert (cleaned.id, cleaned.source, cleaned.title, cleaned.extra) == ("7", "https://x.cn/1", "题", {"score": [1, 2]})
    row = cleaned.to_dict(edits=True)
    assert row["published"] == "2019-05-06"
    assert row["edits"][0].keys() == {"stage", "reason", "start", "end", "text", "put", "score"}
    assert all(PAGE[e["start"]:e["end"]] == e["text"] for e in row["edits"])
    json.dumps(row)
    bare = clean_text(OTHER).to_dict()
    assert bare.keys() == row.keys() - {"edits"}
    assert {name: type(value) for name, value in bare.items()} == {name: type(row[name]) for name in bare}


def test_what_is_read_ahead_is_one_batch() -> None:
    taken = 0

    def numbered() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield f"第{taken}条"

    results = clean(numbered())
    for i in range(1, 2 * BATCH + 2):
        next(results)
        assert taken <= i + BATCH


def test_a_record_without_a_text_is_named_and_nothing_before_it_is_lost() -> None:
    rows: list[Any] = ["一", {"id": 1}, "二", 7, {"text": 8}, None, {"text": ["四", "五"]}, "三"]
    results = clean(rows)
    assert next(results).text == "一"
    with pytest.raises(InputError, match=r"record 1: the record has no key `text` .* with text_key"):
        next(results)
    faults: list[Fault] = []
    assert texts_of(rows, on_fault=faults.append) == ["一", "二", "三"]
    assert [fault.source for fault in faults] == [f"record {i}" for i in (1, 3, 4, 5, 6)]
    assert [fault.reason for fault in faults] == ["no-text", "wrong-type", "wrong-type", "wrong-type", "wrong-type"]


@pytest.mark.parametrize("wrong", ["一段", b"x", {"text": "x"}, None, 7])
def test_what_is_no_iterable_of_records(wrong: Any) -> None:
    with pytest.raises(UsageError, match="clean takes an iterable of records"):
        clean(wrong)
    with pytest.raises(UsageError, match="no stage is called"):
        clean([], stages=["nothing"])


@pytest.mark.parametrize("method, way_out", [("iterrows", "to_dict"), ("iter_rows", "named=True")])
def test_a_data_frame_iterates_over_its_columns_and_is_refused(method: str, way_out: str) -> None:
    frame = type("Frame", (list,), {method: None})(["text"])
    with pytest.raises(UsageError, match=way_out):
        clean(frame)


def test_similarity_beside_the_index() -> None:
    near = BODY.replace("社区", "街道", 1) + "\n另外，周末也开门。"
    plain, told = near_duplicates([BODY, OTHER, near, BODY]), near_duplicates([BODY, OTHER, near, BODY], with_similarity=True)
    assert [pair and pair[0] for pair in told] == plain == [2, None, None, 2]
    assert told[0] is not None
    assert 0.8 < told[0][1] < 1


def test_the_public_names() -> None:
    assert set(pipeline.__all__) < set(dir(pipeline))
    assert all(getattr(pipeline, name) is not None for name in dir(pipeline))
    code = "import pipeline; print(dir(pipeline)); c = pipeline.clean; import pipeline.run.clean; assert pipeline.clean is c"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "near_duplicates" in shown
    assert isinstance(clean_text(""), Cleaned)




OWN = """
import taosha
assert taosha.clean_text("党(dǎng)建").text == "党建"
import taosha as again
import pipeline
assert again is taosha is pipeline
from taosha import clean
"""


def test_the_other_name_holds_where_a_script_is_called_pipeline(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(OWN, "utf-8")
    for name in ("pipeline.py", "other.py"):
        (tmp_path / name).write_text(OWN, "utf-8")
        subprocess.run([sys.executable, tmp_path / name], check=True, cwd=tmp_path)
    (tmp_path / "pipeline.py").write_text("", "utf-8")
    shown = subprocess.run([sys.executable, "-m", "taosha", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("taosha ")
    late = "import pipeline\nimport taosha"
    done = subprocess.run([sys.executable, "-c", late], cwd=tmp_path, capture_output=True, text=True)
    assert "a module of another project is called `pipeline`" in done.stderr


def test_what_came_before_a_generator_failed_is_cleaned() -> None:
    def failing() -> Iterator[str]:
        yield from ("一", "二")
        raise ZeroDivisionError

    results = clean(failing())
    assert [next(results).text, next(results).text] == ["一", "二"]
    with pytest.raises(ZeroDivisionError):
        next(results)
