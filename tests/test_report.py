"""The page about a run, and the marking of cuts that it and `explain` share. What a browser shows is in test_report_page.py."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from pipeline import clean_text
from pipeline.show.marked import changed_lines, mark
from pipeline.show.report.documents import ALARMS, describe
from tests.chinese import pages
from tests.test_check import write_rows
from tests.test_cli import SEEDS, taosha


@settings(max_examples=100)
@given(pages)
def test_pieces_make_up_both_texts(text: str) -> None:
    cleaned = clean_text(text)
    pieces = list(mark(cleaned))
    assert "".join(p.before for p in pieces) == cleaned.original
    assert "".join(p.after for p in pieces) == cleaned.text
    assert all(p.why or p.before == p.after for p in pieces)


@settings(max_examples=50)
@given(pages)
def test_changed_lines_hold_every_change(text: str) -> None:
    pieces = list(mark(clean_text(text)))
    lines = list(changed_lines(pieces))
    assert [p for _, line in lines for p in line if p.why] == [p for p in pieces if p.why]
    numbers = [number for number, _ in lines]
    assert numbers == sorted(numbers)


class _Tags(HTMLParser):
    """The tags of a page, the addresses that it would load, and what stands in its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.loads: list[str] = []
        self.scripts: dict[str, str] = {}
        self._id: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        self._id = dict(attrs).get("id") or "code" if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._id:
            self.scripts[self._id] = data
            self._id = None


EVIL = "今天天气很好。<script>alert('党')</script>&amp;</script><img src=x onerror=alert(1)>\u2028<!--\n版权所有 京ICP备1号\n"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about the seeds, a copy of one, a page of hostile markup and an empty file."""
    folder = tmp_path_factory.mktemp("run")
    shutil.copytree(SEEDS, folder / "in" / "seeds")
    seed = sorted(SEEDS.glob("*.txt"))[0].read_text("utf-8")
    (folder / "in" / "copy.txt").write_text(seed.replace("党", "團", 3), "utf-8")
    (folder / "in" / "evil.txt").write_text(EVIL, "utf-8")
    (folder / "in" / "empty.txt").write_bytes(b"")
    taosha("clean", folder / "in", "-o", folder / "clean.jsonl", "-q")
    assert taosha("report", folder).strip() == str(folder / "report.html")
    return folder / "report.html"


def read_page(page: Path) -> tuple[_Tags, dict[str, Any], list[dict[str, Any]]]:
    tags = _Tags()
    tags.feed(page.read_text("utf-8"))
    return tags, json.loads(tags.scripts["model"]), json.loads(gzip.decompress(base64.b64decode(tags.scripts["documents"])))


def test_page_holds_the_run_and_loads_nothing(page: Path) -> None:
    tags, model, documents = read_page(page)
    assert tags.loads == []
    assert tags.tags["script"] == 4
    assert tags.tags["img"] == 0
    assert model["funnel"] == {"read": 8, "quarantined": 1, "listing": 0, "empty": model["funnel"]["empty"], "aside": 0,
                               "duplicates": 1, "kept": 6 - model["funnel"]["empty"]}
    assert model["quarantine"]["rows"][0]["reason"] == "empty-file"
    assert model["sampled"] == {"shown": 7, "of": 7}
    assert sum(n for _, n in model["lengths"]["before"]) == 7
    (cluster,) = model["clusters"]
    assert {cluster["dropped"], len(cluster["beside"])} == {1}
    assert any("pinyin toned-reading" in d["reasons"] for d in documents)


def test_pieces_of_a_document_give_its_original(page: Path) -> None:
    _, _, documents = read_page(page)
    for document in documents:
        path = page.parent / document["source"].replace("in/", "in/", 1)
        original = path.read_bytes().decode("utf-8")
        shown = "".join(piece[0] for piece in document["pieces"])
        assert shown.split() == original.split(), "but for white space, whose changes are not marked"
        assert document["before"] == len(original)


def test_a_large_run_is_sampled_and_the_page_stays_small(tmp_path: Path) -> None:
    line = "第{}号渔船在清晨靠岸，船老大把{}筐带鱼抬上码头，又忙着修补被礁石划破的渔网，码头上的人越聚越多。"
    rows = [
        {"id": f"{i:05}", "text": "\n".join(line.format(hashlib.sha256(f"{i} {j}".encode()).hexdigest(), j) for j in range(60))}
        for i in range(900)
    ]
    write_rows(tmp_path / "in.jsonl", *rows)
    taosha("clean", tmp_path / "in.jsonl", "-o", tmp_path / "out" / "clean.jsonl", "-q")
    taosha("report", tmp_path / "out")
    page = tmp_path / "out" / "report.html"
    _, model, documents = read_page(page)
    assert page.stat().st_size < 2_000_000
    assert model["sampled"]["of"] == 900
    assert 100 < model["sampled"]["shown"] == len(documents) < 900
    first = page.read_bytes()
    taosha("report", tmp_path / "out")
    assert page.read_bytes() == first, "the same sample each time"
    taosha("report", tmp_path / "out", "--documents", "7")
    assert [d["id"] for d in read_page(page)[2]] == [d["id"] for d in documents[:7]]


def test_a_run_without_an_audit_tells_its_alarms(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", {"id": "1", "text": "锟斤拷党建引领基层治理，社区居民议事会每月召开一次。"})
    taosha("clean", tmp_path / "in.jsonl", "-o", tmp_path / "out" / "clean.jsonl", "-q", "--audit", "off")
    taosha("report", tmp_path / "out")
    _, model, documents = read_page(tmp_path / "out" / "report.html")
    assert model["alarms"] == [["unrecoverable-mojibake", 1]]
    assert not model["has_audit"]
    assert documents == []


def test_a_long_piece_is_said_to_be_cut() -> None:
    row = {"id": "1", "source": "x", "metadata": {}, "notes": [], "fate": "kept", "n_chars": 30_000, "edits": []}
    assert describe(row, "党" * 30_000, 20_000)["cut"]
    assert not describe(row, "党" * 20_000, 20_000)["cut"]


def test_every_word_is_there_in_both_languages() -> None:
    words = json.loads((resources.files("pipeline") / "data" / "report.json").read_text("utf-8"))
    code = (resources.files("pipeline") / "data" / "report.js").read_text("utf-8")
    assert words["en"].keys() == words["zh"].keys()
    assert set(re.findall(r'say\("([^"]+)"', code)) | set(re.findall(r'section\("([^"]+)"', code)) <= words["en"].keys()
    assert set(ALARMS) <= words["en"].keys()
    places = [{key: value.count("{") for key, value in own.items()} for own in words.values()]
    assert places[0] == places[1]


def test_no_run_there(tmp_path: Path) -> None:
    assert "no run is there" in taosha("report", tmp_path, code=3)
