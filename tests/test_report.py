"""The page about a run, and the marking of cuts that it and `explain` share."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings

from pipeline import clean_text
from pipeline.show.marked import changed_lines, mark
from tests.chinese import pages
from tests.test_cli import SEEDS, taosha


@settings(deadline=None, max_examples=100)
@given(pages)
def test_pieces_make_up_both_texts(text: str) -> None:
    cleaned = clean_text(text)
    pieces = list(mark(cleaned))
    assert "".join(p.before for p in pieces) == cleaned.original
    assert "".join(p.after for p in pieces) == cleaned.text
    assert all(p.why or p.before == p.after for p in pieces)


@settings(deadline=None, max_examples=50)
@given(pages)
def test_changed_lines_hold_every_change(text: str) -> None:
    pieces = list(mark(clean_text(text)))
    lines = list(changed_lines(pieces))
    assert [p for _, line in lines for p in line if p.why] == [p for p in pieces if p.why]
    numbers = [number for number, _ in lines]
    assert numbers == sorted(numbers)


class _Counter(HTMLParser):
    """Counts tags and the addresses that a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "in").mkdir()
    shutil.copytree(SEEDS, folder / "in" / "seeds")
    (folder / "in" / "evil.txt").write_text("<script>alert('党')</script>&amp;\n版权所有 京ICP备1号\n" * 3, "utf-8")
    (folder / "in" / "empty.txt").write_bytes(b"")
    taosha("clean", folder / "in", "-o", folder / "clean.jsonl", "-q")
    assert taosha("report", folder).strip() == str(folder / "report.html")
    return folder / "report.html"


def test_page_shows_the_run_and_loads_nothing(page: Path) -> None:
    text = page.read_text("utf-8")
    counter = _Counter()
    counter.feed(text)
    assert counter.loads == []
    assert "script" not in counter.tags
    assert counter.tags["del"] > 100
    assert "empty-file" in text
    assert "toned-reading" in text


def test_page_in_a_real_browser(page: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine: the structure of the page is tested without one")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
    profile = f"--user-data-dir={page.parent / 'browser'}"
    done = subprocess.run([chromium, *flags, profile, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.stdout.count("<details>") >= 6
    assert "<del>" in done.stdout
    assert "&lt;script&gt;" in done.stdout


def test_no_run_there(tmp_path: Path) -> None:
    assert "no run is there" in taosha("report", tmp_path, code=3)
