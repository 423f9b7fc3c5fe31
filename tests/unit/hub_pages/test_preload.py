"""The hub's pages fill the browser's cache, once in a tab, and never complain."""

import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Error, Page, async_playwright
from tornado.web import Application, RequestHandler
from unit.mofang_training.notebook import served

from mofang_hub.pages.configure import ASSETS

SCRIPTS = [f"lab/0123/{number}.js?v={number}" for number in range(10)]


class Gallery(RequestHandler):
    def get(self) -> None:
        script = (ASSETS / "preload.js").read_text()
        self.write(f'<title>x</title><script data-preload="/static">{script}</script>')


class Static(RequestHandler):
    asked: Counter[str]
    lists: bool

    def get(self, path: str) -> None:
        Static.asked[path] += 1
        if path != "preload.json":
            self.set_header("Cache-Control", "public, max-age=31536000, immutable")
            self.write("1")
        elif self.lists:
            self.write(json.dumps({"scripts": SCRIPTS}))
        else:
            self.send_error(503)


@asynccontextmanager
async def gallery() -> AsyncIterator[tuple[Page, str]]:
    app = Application([("/gallery", Gallery), ("/static/(.*)", Static)])
    async with served(app) as port, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield await browser.new_page(), f"http://127.0.0.1:{port}/gallery"
        await browser.close()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Static.asked, Static.lists = Counter(), True


async def visit(page: Page, url: str) -> None:
    await page.goto(url)
    await page.wait_for_load_state("networkidle")


async def test_scripts_are_fetched_once_in_a_tab() -> None:
    async with gallery() as (page, url):
        await visit(page, url)
        first = Counter(Static.asked)
        await visit(page, url)

    paths = [each.partition("?")[0] for each in SCRIPTS]
    assert first == Counter(["preload.json", *paths])
    assert Static.asked == first + Counter(["preload.json"])


async def test_without_a_list_nothing_is_fetched_and_nothing_breaks() -> None:
    Static.lists = False
    faults: list[Error] = []

    def note(error: Error) -> None:
        faults.append(error)

    async with gallery() as (page, url):
        page.on("pageerror", note)
        await visit(page, url)

    assert Static.asked == Counter(["preload.json"])
    assert faults == []
