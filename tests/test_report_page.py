"""The page about a run in a real browser: it draws, filters, searches, goes by key and tap, and nothing of it is hard to read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.test_report import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["page"]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

#: How many elements stand out to the right, but for tables that scroll by themselves.
WIDE = """() => [...document.querySelectorAll('main *')].filter(
  (e) => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + 1).length"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as engine:
        started = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def view(browser: Browser, page: Path) -> Iterator[Any]:
    """A function that opens the page; whatever the browser complains of, or asks the network for, fails the test."""
    problems: list[str] = []
    contexts = []

    def opened(**about: Any) -> Page:
        context = browser.new_context(**({"locale": "en-US", "viewport": {"width": 1200, "height": 900}} | about))
        contexts.append(context)
        shown = context.new_page()
        shown.on("console", lambda told: problems.extend([told.text] * (told.type in ("error", "warning"))))
        shown.on("pageerror", lambda error: problems.append(str(error)))
        shown.on("dialog", lambda dialog: problems.append(dialog.message))
        shown.on("request", lambda asked: problems.extend([asked.url] * (not asked.url.startswith(("file:", "blob:")))))
        shown.goto(page.as_uri())
        shown.wait_for_selector("body[data-ready]")
        return shown

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def found(shown: Page) -> str:
    return shown.inner_text("#list [role=status]")


def test_filters_and_search(view: Any) -> None:
    shown = view()
    assert found(shown) == "7 found"
    shown.fill("#f-search", "基层治理现代化先行")
    assert found(shown) == "1 found"
    shown.fill("#f-search", "no such words")
    assert found(shown) == "0 found"
    shown.fill("#f-search", "")
    shown.select_option("#f-stage", "pinyin")
    assert found(shown) == "2 found"
    shown.select_option("#f-reason", "pinyin toned-reading")
    assert found(shown) == "1 found"
    shown.click("section[aria-labelledby=h-stages] button:has-text('script')")
    assert found(shown) != "0 found"
    assert shown.input_value("#f-stage") == "script"


def test_cuts_by_key_and_pointer(view: Any) -> None:
    shown = view()
    shown.select_option("#f-reason", "pinyin toned-reading")
    shown.click("ol.list > li:first-child > button")
    cuts = shown.locator(".text .edit")
    assert cuts.count() > 100
    shown.keyboard.press("n")
    assert cuts.nth(0).evaluate("node => node.matches('.at:focus')")
    shown.keyboard.press("n")
    assert cuts.nth(1).evaluate("node => node.classList.contains('at')")
    shown.keyboard.press("p")
    shown.keyboard.press("p")
    assert cuts.last.evaluate("node => node.classList.contains('at')"), "round the end"
    reading = shown.locator(".edit.pinyin").first
    reading.hover()
    assert shown.inner_text(".why").startswith("pinyin toned-reading · score ")
    assert shown.locator(".why").evaluate("node => node.getBoundingClientRect().bottom <= innerHeight + 1"), "seen while one reads"


@pytest.mark.parametrize("width", [390, 1200])
def test_a_name_of_a_stage_is_not_broken(view: Any, width: int) -> None:
    shown = view(viewport={"width": width, "height": 800})
    names = shown.locator("section[aria-labelledby=h-stages] td > b")
    assert names.count() >= 5
    assert names.evaluate_all("all => all.map((name) => name.getClientRects().length)") == [1] * names.count()


def test_a_tap_tells_the_reason(view: Any) -> None:
    shown = view(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}, locale="zh-CN")
    assert shown.evaluate("document.documentElement.lang") == "zh-CN"
    shown.tap("ol.list > li:first-child > button")
    shown.locator(".text .edit").first.tap()
    assert "分数" in shown.inner_text(".why")


def test_hostile_markup_is_text(view: Any) -> None:
    shown = view()
    shown.fill("#f-search", "onerror")
    shown.click("ol.list > li:first-child > button")
    assert "<img src=x onerror=alert(1)>" in shown.inner_text(".text")
    assert shown.locator("img").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_nothing_is_hard_to_read(view: Any, theme: str, language: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    shown = view(color_scheme=theme, locale=language)
    shown.select_option("#f-reason", "pinyin toned-reading")
    shown.click("ol.list > li:first-child > button")
    shown.keyboard.press("n")
    for summary in shown.locator("summary").all():
        summary.click()
    problems = [(v["id"], v["impact"], v["nodes"][0]["html"][:200]) for v in axe.run(shown).response["violations"]]
    assert problems == []


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_a_phone_needs_no_scrolling_sideways(view: Any, language: str) -> None:
    shown = view(viewport={"width": 390, "height": 800}, locale=language)
    shown.click("ol.list > li:first-child > button")
    assert shown.evaluate("document.documentElement.scrollWidth") == 390
    assert shown.evaluate(WIDE) == 0


def test_language_and_theme_can_be_changed(view: Any) -> None:
    shown = view(color_scheme="light")
    shown.click("#theme")
    assert shown.evaluate("document.documentElement.dataset.theme") == "dark"
    shown.click("#language")
    assert "一次运行去掉了什么" in shown.inner_text("h1")
    assert shown.evaluate("document.activeElement.id") == "language"
