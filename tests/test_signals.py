"""Signals: what they say of texts that anybody can count, their naive twin, and the laws that hold for any text and any batch."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chinese.codepoints import load_canonical
from pipeline.corpus.lines import iterate_rows
from pipeline.corpus.manifest import read_manifest
from pipeline.record import Texts
from pipeline.signals import varieties
from pipeline.signals.kernels.clauses import FIRST, count_clauses
from pipeline.signals.measure import measure
from pipeline.signals.quality import BUCKETS, find_bucket
from pipeline.signals.spread import QUANTILES, Spread
from pipeline.signals.table import NAMES, SIGNALS
from tests import naive_signals
from tests.run_corpus import clean, make_records, write_records
from tests.test_cli import ROOT, taosha

#: Characters of every kind, and those on which two kinds meet.
ALPHABET = "党建我们的龍這製。，！？…；“”（）[]《》aZé1２.·|-→♥①🙂\ue000\ufffdжアあ가ㄅ 　\t\n々〇"
ANY = st.text(st.sampled_from(ALPHABET), max_size=60) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def of(text: str) -> dict[str, float]:
    return dict(zip(NAMES, measure(Texts.of([text]))[0].tolist(), strict=True))


@settings(max_examples=200)
@given(st.lists(ANY, max_size=5))
def test_they_are_those_of_the_naive_twin(texts: list[str]) -> None:
    found = measure(Texts.of(texts))
    for row, text in zip(found, texts, strict=True):
        own = naive_signals.without_score(dict(zip(NAMES, row.tolist(), strict=True)))
        assert own == pytest.approx(naive_signals.measure(text), abs=2e-4), text


@settings(max_examples=200)
@given(st.lists(ANY, min_size=1, max_size=6), st.integers(0, 5))
def test_what_stands_beside_a_text_does_not_matter(texts: list[str], cut: int) -> None:
    pieces = [measure(Texts.of(part)) for part in (texts[:cut], texts[cut:]) if part]
    assert np.concatenate(pieces).tolist() == measure(Texts.of(texts)).tolist()


@settings(max_examples=200)
@given(ANY)
def test_they_stay_in_their_bounds(text: str) -> None:
    for signal, value in zip(SIGNALS, measure(Texts.of([text]))[0].tolist(), strict=True):
        assert 0 <= value <= (signal.most if signal.most is not None else np.inf), signal.name
        assert signal.type != "int64" or value == int(value)


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("", dict.fromkeys(NAMES, 0.0)),
        ("我们来了。他说：“好！”\n首页", {"n_lines": 2, "n_sentences": 3, "ended_share": 0.5, "link_share": 0.5, "n_visible": 14}),
        ("It costs 3.14 yuan. See www.a.com (here).", {"n_sentences": 2, "ended_share": 1, "link_share": 0}),
        ("1. 总则\n（一）目的", {"n_sentences": 2, "ended_share": 0, "link_share": 1}),
        ("龍龍这", {"traditional_share": 0.6667, "distinct_hanzi": 2, "repeated_2": 0, "longest_run": 3}),
        ("好好好好好", {"repeated_2": 0.75, "repeated_5": 0, "entropy": 0}),
        ("天地", {"entropy": 1}),
        ("一二三四五六七八九十甲\n一二三四五六七八九十", {"repeated_10": 0.0833, "repeated_5": 0.3529}),
        ("a\ufffd\ue000字", {"unreadable_share": 0.5, "hanzi_share": 0.25, "latin_share": 0.25}),
        ("これは 漢字 ♥ тест", {"kana_share": 0.3, "hanzi_share": 0.2, "symbol_share": 0.1, "other_share": 0.4}),
        ("发票 代开 办证，贷款", {"longest_run": 6}),
    ],
)
def test_they_are_what_anybody_counts(text: str, wanted: dict[str, float]) -> None:
    found = of(text)
    assert {name: found[name] for name in wanted} == wanted


def test_chinese_is_plausible_and_misread_bytes_are_not() -> None:
    text = "坚持党建引领基层治理，让社会充满活力，居民们在家门口就能办成过去要跑几趟的事情。"
    assert of(text)["mean_cost"] < 7.5
    assert of(text.encode().decode("gb18030", "replace"))["mean_cost"] > 9.5


@settings(max_examples=200)
@given(st.integers(1, 400), st.integers(2, 3))
def test_the_tables_of_grams_are_large_enough_at_every_size(n: int, period: int) -> None:
    distinct = "".join(chr(0x4E00 + k) for k in range(n))
    assert of(distinct)["repeated_2"] == 0
    turns = (distinct[:period] * n)[:max(n, period)]
    assert of(turns)["repeated_2"] == pytest.approx(naive_signals.repeated(turns, 2), abs=1e-4)


@settings(max_examples=200)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), st.integers(0, 200))
def test_quantiles_are_near_and_the_same_in_any_order(values: list[float], cut: int) -> None:
    rows = np.repeat(np.array(values)[:, None], len(SIGNALS), axis=1)
    one, two = Spread(), Spread()
    one.add(rows, ["zh"] * len(rows))
    for part in (rows[cut:][::-1], rows[:cut]):
        two.add(part, ["zh"] * len(part))
    assert one.tell() == two.tell()
    assert one.tell()["languages"] == {"zh": len(values)}
    ordered = sorted(values)
    for q, found in zip(QUANTILES, one.quantiles()["entropy"], strict=True):
        true = ordered[int(q * (len(values) - 1))]
        assert true * (1 - 1 / 128) - 1e-4 <= found <= true + 1e-4


def test_small_numbers_are_exact_and_nothing_is_told_of_nothing() -> None:
    spread = Spread()
    assert spread.quantiles() == {}
    spread.add(np.repeat(np.array([0.0, 0.5, 1, 3, 255])[:, None], len(SIGNALS), axis=1), [None] * 5)
    assert spread.quantiles()["n_lines"][0::4] == [0, 1, 255]


def test_they_are_columns_of_parquet_and_in_jsonl_an_object_on_request(tmp_path: Path) -> None:
    source = write_records(tmp_path / "in.jsonl", make_records(30))
    plain, lines, table = (tmp_path / name for name in ("a/clean.jsonl", "b/clean.jsonl", "c/clean.parquet"))
    for path, more in ((plain, ()), (lines, ("--signals",)), (table, ())):
        taosha("clean", source, "-o", path, "--workers", "1", "--quiet", *more)
    rows = [json.loads(line) for line in lines.read_bytes().split(b"\n")[:-1]]
    schema = json.loads((ROOT / "pipeline" / "data" / "clean.schema.json").read_text("utf-8"))
    for row, flat in zip(rows, pq.read_table(table).to_pylist(), strict=True):
        jsonschema.validate(row, schema)
        assert row["signals"] == {name: flat[name] for name in ("language", "quality", *NAMES, "foreign")}
        assert row["signals"] == {
            "language": "zh", "quality": find_bucket(of(row["text"])["quality_score"]), **of(row["text"]), "foreign": [],
        }
    without = [{k: v for k, v in row.items() if k != "signals"} for row in rows]
    assert without == [json.loads(line) for line in plain.read_bytes().split(b"\n")[:-1]] == list(iterate_rows(table))
    quantiles = [read_manifest(path.parent)["signals"] for path in (plain, lines, table)]
    assert quantiles[0] == quantiles[1] == quantiles[2]
    assert quantiles[0]["n_lines"][-1] == max(row["signals"]["n_lines"] for row in rows)


def test_stats_prints_what_the_manifest_says(tmp_path: Path) -> None:
    out = tmp_path / "o"
    clean(write_records(tmp_path / "in.jsonl", make_records(30)), out)
    manifest = read_manifest(out)
    found = json.loads(taosha("stats", out, "--json"))
    assert found["signals"] == manifest["signals"]
    assert found["fates"]["kept"] == manifest["counts"]["fate/kept"]
    assert found["quality"] == manifest["quality"]
    assert sum(found["quality"].values()) == found["fates"]["kept"]
    told = taosha("stats", out)
    assert [line.split()[0] for line in told.splitlines()[-len(NAMES):]] == list(NAMES)
    del manifest["signals"]
    (out / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert "earlier version" in taosha("stats", out, code=3)


def test_prose_is_best_and_what_is_left_of_menus_is_the_rest() -> None:
    prose = "坚持党建引领基层治理，让社会充满活力。居民们在家门口就能办成过去要跑几趟的事情，大家都说这样的日子越过越有奔头。\n"
    texts = [prose + "".join(chr(0x4E00 + 7 * k) for k in range(100)) + "。", "今日无事。", "首页\n新闻\n登录\n注册\n" * 9]
    assert [find_bucket(of(text)["quality_score"]) for text in texts] == ["best", "middle", "rest"]
    assert list(BUCKETS.values()) == sorted(BUCKETS.values(), reverse=True)
    assert min(BUCKETS.values()) == 0


@settings(max_examples=200)
@given(ANY)
def test_the_score_is_the_mean_that_the_table_says(text: str) -> None:
    table = (ROOT / "pipeline" / "data" / "signals_quality.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    found, total, weights = of(text), 0.0, 0.0
    if not found["n_visible"]:
        assert found["quality_score"] == 0
        return
    for name, none, full, weight in rows:
        share = (found[name] - float(none)) / (float(full) - float(none))
        total, weights = total + float(weight) * min(1, max(0, share)), weights + float(weight)
    assert found["quality_score"] == pytest.approx(total / weights, abs=2e-3)


def test_repetition_is_counted_over_a_bounded_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the table of a text of 200 MB stays small; what stands behind the part changes nothing."""
    monkeypatch.setattr("pipeline.signals.measure.MOST", 40)
    start = "".join(chr(0x4E00 + i * 7 % 90) for i in range(40))
    one, other = measure(Texts.of([start, start + "好" * 1000]))[:, [NAMES.index(f"repeated_{n}") for n in (2, 5, 10)]]
    assert one.tolist() == other.tolist()


@settings(max_examples=100)
@given(st.lists(st.text("国家社会发展白日依山尽黄河之乎，a\n國", max_size=30), min_size=1, max_size=4))
def test_clauses_are_those_of_the_naive_twin(texts: list[str]) -> None:
    view, counts = Texts.of(texts), np.empty((len(texts), 4), np.int64)
    begins, tails = varieties._load_words()
    words = {chr(FIRST + k) + chr(t) for k in range(len(begins) - 1) for t in tails[begins[k]:begins[k + 1]].tolist()}
    assert "国家" in words
    count_clauses(view.points, load_canonical(), view.starts, view.ends, begins, tails, counts)
    for text, row in zip(texts, counts.tolist(), strict=True):
        clauses = re.findall("[\u3400-\u9fff]+", text.replace("國", "国"))
        modern = sum(clause[i:i + 2] in words for clause in clauses for i in range(len(clause) - 1))
        sizes = {len(clause) for clause in clauses}
        assert row == [len(clauses), sum(map(len, clauses)), modern, sizes.pop() if len(sizes) == 1 else 0]
