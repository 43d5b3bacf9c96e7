"""Draw docs/report.png, the picture of the README: the report on a short page that holds every kind of dirt.

    python tools/make_picture.py        # needs Chromium on the PATH
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from pipeline.read.paths import find_inputs
from pipeline.run.settings import Settings
from pipeline.run.whole import run
from pipeline.show.report import write_page

OUT = Path(__file__).resolve().parents[1] / "docs" / "report.png"

PAGE = """首页 > 新闻中心 > 社区
街角的社区图书馆
时间：2021-03-02 10:15  来源：社区新闻网  作者：林一  点击：312
街角的社区图书馆三年前，这里还是一间堆满旧家具的仓库(cāngkù)。街道把它腾出来，刷了墙，装了灯，居民(jūmín)们从家里搬来书架，就成了现在的社区图书馆。
圖書(shu) 館不大，只有六十平方米，卻有四千多冊書(shu) 。每天下午四點放學以後，孩子們(men) 一擁而入，連窗臺上都坐滿了人。
管理员老吴退休前是车工，他说自己识字不多，所以格外羡慕会读书的人。谁把书看坏了，他就戴上老花镜一页一页地补。
管理员老吴退休前是车工，他说自己识字不多，所以格外羡慕会读书的人。谁把书看坏了，他就戴上老花镜一页一页地补。
责任编辑：小陈
上一篇：一座石桥的三百年
相关推荐
版权所有 社区新闻网 京ICP备00000000号-1
"""


def main() -> None:
    """Clean the page, write its report, open its document and take a picture of it."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as engine:
        page = Path(folder) / "page.txt"
        page.write_text(PAGE, "utf-8")
        run(find_inputs([str(page)]), Path(folder) / "out" / "clean.jsonl", Settings(), workers=1)
        report = Path(folder) / "report.html"
        write_page(Path(folder) / "out", report)
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": 1100, "height": 900}, locale="en-US")
        view.goto(report.as_uri())
        view.wait_for_selector("body[data-ready]")
        view.click("ol.list > li > button")
        view.locator(".edit.pinyin").first.hover()
        view.locator(".document").screenshot(path=OUT)
        browser.close()
    print(OUT.name, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
