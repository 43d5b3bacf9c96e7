"""The pages as a site: built strictly, whole by itself, and readable on a phone; and the pages that are made are up to date."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.test_cli import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: Attributes by which a page asks for something when it is opened; a link is only followed.
LOADS = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("video", "src")}


MADE: dict[str, str] = runpy.run_path(str(ROOT / "tools" / "make_reference.py"))["make_pages"]()


@pytest.mark.parametrize("name", sorted(MADE))
def test_pages_that_are_made_are_up_to_date(name: str) -> None:
    told = f"docs/{name} is not what tools/make_reference.py makes: run `python -m tools.make_reference`"
    assert (ROOT / "docs" / name).read_text("utf-8") == MADE[name], told


def build(docs: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(out / "trees"), str(docs), str(out / "site")]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    for name in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(name)
    out = tmp_path_factory.mktemp("site")
    done = build(ROOT / "docs", out)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return out / "site"


class _Page(HTMLParser):
    """What a page loads, what it links to, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = {""}
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element."""
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            if (tag, name) in LOADS:
                self.loads.append(value or "")
            if (tag, name) == ("a", "href"):
                self.links.append(value or "")


def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(site: Path) -> None:
    pages = {path: _Page(path) for path in site.rglob("*.html")}
    assert len(pages) > 70
    for path, page in pages.items():
        assert [url for url in page.loads if urlsplit(url).scheme not in ("", "data")] == [], path
        for url in [*page.links, *page.loads]:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert there.is_file(), f"{path}: {url}"
            if there in pages and "highlight" not in parts.query:
                assert unquote(parts.fragment) in pages[there].places, f"{path}: {url}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", sheet.read_text("utf-8")), sheet


def test_every_page_is_reachable(site: Path) -> None:
    """From the first page, by links; those of rules and decisions too."""
    seen, todo = set[Path](), [site / "index.html"]
    while todo:
        path = todo.pop()
        if path not in seen and path.suffix == ".html":
            seen.add(path)
            todo += [(path.parent / unquote(urlsplit(url).path)).resolve() for url in _Page(path).links
                     if urlsplit(url).path and not urlsplit(url).scheme]
    names = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert names <= {path.relative_to(site) for path in seen if path.is_relative_to(site)}


def test_a_broken_link_fails(tmp_path: Path) -> None:
    """Of a small site with the same settings."""
    pytest.importorskip("myst_parser")
    docs = tmp_path / "docs"
    docs.mkdir()
    conf = (ROOT / "docs" / "conf.py").read_text("utf-8")
    (docs / "conf.py").write_text(re.sub(r"(?m)^PARTS = \{.*?^\}", "PARTS = {'': ['policy']}", conf, flags=re.S), "utf-8")
    (docs / "style").mkdir()
    shutil.copy(ROOT / "docs" / "style" / "site.css", docs / "style")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (docs / "policy.md").write_text("# Policy\n", "utf-8")
    (docs / "index.md").write_text("# A\n", "utf-8")
    assert build(docs, tmp_path / "right").returncode == 0
    wrong = ("[x](nowhere.md)", "[x](policy.md#no-such-heading)", "[x](../no/such/file.py)", "[x](#no-such-place)")
    (docs / "index.md").write_text("# A\n\n" + "\n\n".join(wrong) + "\n", "utf-8")
    done = build(docs, tmp_path / "wrong")
    assert done.returncode != 0
    assert re.findall(r"index\.md:(\d+): WARNING", done.stderr) == ["3", "5", "7", "9"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    engines = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with engines.sync_playwright() as engine:
        started = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def test_it_reads_well_on_a_phone_and_asks_the_network_for_nothing(site: Path, browser: Browser) -> None:
    problems: list[str] = []
    shown: Any = browser.new_context(viewport={"width": 390, "height": 840}).new_page()
    shown.on("request", lambda asked: problems.extend([asked.url] * (not asked.url.startswith(("file:", "data:")))))
    shown.on("pageerror", lambda error: problems.append(str(error)))
    for path in sorted(site.rglob("*.html")):
        shown.goto(path.as_uri())
        wide = shown.evaluate("document.documentElement.scrollWidth")
        if wide > 390:
            problems.append(f"{path.relative_to(site)} is {wide} wide")
    assert problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_hard_to_read(site: Path, browser: Browser, scheme: Any) -> None:
    """Of each kind of page one."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    shown: Any = browser.new_context(viewport={"width": 1200, "height": 900}, color_scheme=scheme).new_page()
    for name in ("index", "zh", "checking", "reference/api", "reference/options", "rules/TS302", "examples/README"):
        shown.goto((site / f"{name}.html").as_uri())
        found = axe.run(shown).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == [], name


def test_search_finds_a_rule(site: Path, browser: Browser) -> None:
    shown = browser.new_page()
    shown.goto(f"{(site / 'search.html').as_uri()}?q=near-duplicate")
    shown.wait_for_selector("ul.search li")
    assert "TS302" in shown.inner_text("ul.search")
