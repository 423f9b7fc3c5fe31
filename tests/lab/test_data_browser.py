"""The panel of data sources in a real JupyterLab, with a store of S3 on loopback.

The front end is that of the platform's images; its server runs here, since the store's
does.
"""

import asyncio
import json
import logging
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import pytest
import pytest_asyncio
from lab.conftest import running_lab
from playwright.async_api import Page, Response, async_playwright, expect
from traitlets.config import Config
from unit.mofang_training.notebook import BROWSER_TOKEN, Notebook

from mofang_files.data_source_handlers import DATA
from mofang_files.data_sources import DataSources
from support.platform import ARTEFACTS
from support.s3 import S3Server, running_s3

MANY = 10_000
MOUNTS = "22 21 0:6 / /data/scans ro,relatime - nfs4 nas:/scans rw\n"
WAIT_MS = 30_000
expect.set_options(timeout=WAIT_MS)

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUNS = "<img src=x onerror='window.ran = true'>"


def notebook() -> bytes:
    made = nbformat.v4.new_notebook()
    output = nbformat.v4.new_output("display_data", {"text/html": f"<b>seen</b>{RUNS}"})
    cell = nbformat.v4.new_code_cell("print(1)", outputs=[output])
    cell.metadata["trusted"] = True
    made.cells = [cell]
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return nbformat.writes(made).encode()


OBJECTS = {
    "raw/train.csv": b"name,age\nada,36\n",
    "raw/notes.md": b"# Of the bucket\n",
    "raw/report.ipynb": notebook(),
    "raw/images/cat.png": b"1",
} | {f"raw/many/{number:05}.bin": b"" for number in range(MANY)}


@dataclass(frozen=True, slots=True)
class Panel:
    """A page, and all that went to the browser and came from it."""

    page: Page
    server: Notebook
    traffic: list[str]

    async def show_panel(self) -> None:
        if not await self.page.get_by_role("navigation", name="Path").is_visible():
            await self.page.get_by_role("tab", name="Data sources").click()

    async def screenshot(self, name: str) -> None:
        folder = ARTEFACTS / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=folder / f"data-sources-{name}.png")

    async def enter(self, name: str) -> None:
        """Open a row by its name."""
        row = self.page.get_by_role("option", name=name)
        await row.dblclick()


@pytest.fixture(scope="module")
def s3(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[S3Server]:
    with running_s3() as server:
        server.make_bucket("lake", OBJECTS)
        server.make_user("lake", ["lake"])
        server.lock()
        for name, value in server.write_files(folder, {"lake": "lake/raw"}).items():
            patch.setenv(name, value)
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(
    patch: pytest.MonkeyPatch, folder: Path, s3: S3Server, extensions: Path
) -> AsyncIterator[Notebook]:
    async with running_lab(patch, folder, extensions, Config()) as server:
        (folder / "root" / "data" / "scans").mkdir(parents=True)
        (folder / "root" / "data" / "scans" / "one.txt").write_text("1")
        mounts = folder / "mountinfo"
        mounts.write_text(MOUNTS)
        settings = server.app.web_app.settings
        sources = DataSources(config=settings[DATA].sources.config, mounts=mounts)
        settings[DATA] = replace(settings[DATA], sources=sources)
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(server: Notebook) -> AsyncIterator[Panel]:
    """JupyterLab, opened once for all tests."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = await browser.new_context(
            permissions=["clipboard-read", "clipboard-write"],
            viewport={"width": 1440, "height": 900},
        )
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        traffic: list[str] = []

        async def note(response: Response) -> None:
            request = response.request
            traffic.append(f"{request.url} {request.headers} {request.post_data}")
            traffic.append(str(response.headers))
            # A download has none that could be read here.
            if "/api/data" in request.url and "/download" not in request.url:
                traffic.append(await response.text())

        page.on("response", note)
        await page.goto(f"{server.url}lab?reset&token={BROWSER_TOKEN}")
        await page.locator("#jp-main-dock-panel").wait_for(timeout=60_000)
        yield Panel(page, server, traffic)
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def panel(opened: Panel) -> Panel:
    """The panel with the list of all sources."""
    await opened.show_panel()
    path = opened.page.get_by_role("navigation", name="Path")
    await path.get_by_role("button", name="Data sources").click()
    await expect(opened.page.get_by_role("option", name="scans")).to_be_visible()
    return opened


async def test_directories_and_buckets_are_found_and_opened(panel: Panel) -> None:
    page = panel.page
    await expect(page.get_by_text("Directory, read-only")).to_be_visible()
    await panel.screenshot("1-all")
    await page.get_by_role("listbox", name="Data sources").press("Enter")
    await expect(page.get_by_role("listitem", name="one.txt")).to_be_visible()

    await panel.show_panel()
    await page.get_by_role("listbox").press("End")
    await page.get_by_role("listbox").press("Enter")
    await panel.enter("train.csv")
    await expect(page.locator(".jp-CSVViewer")).to_be_visible()
    await panel.screenshot("2-csv")
    await panel.enter("notes.md")
    editor = page.locator(".jp-FileEditor")
    await expect(editor.get_by_text("# Of the bucket")).to_be_visible()

    await page.get_by_role("button", name="Copy URL").click()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == "s3://lake/raw/notes.md"
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download").click()
    kept = await (await download.value).path()
    assert kept.read_bytes() == OBJECTS["raw/notes.md"]


async def test_a_notebook_is_read_and_neither_saved_nor_trusted(
    panel: Panel, s3: S3Server
) -> None:
    page = panel.page
    await panel.enter("lake")
    await panel.enter("report.ipynb")
    await expect(page.get_by_text("seen")).to_be_visible()
    await panel.screenshot("3-notebook")
    cell = page.locator(".jp-Notebook .cm-content").first
    await cell.click()
    await page.keyboard.type("x")
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("is read-only. Use").first).to_be_visible()
    await panel.screenshot("4-not-saved")
    assert not await page.evaluate("window.ran")


async def test_documents_are_there_again_when_the_page_is_loaded_again(
    panel: Panel,
) -> None:
    page = panel.page
    await panel.enter("lake")
    await panel.enter("notes.md")
    tab = page.get_by_role("tab", name="notes.md")
    await expect(tab).to_be_visible()
    await expect(page).not_to_have_url(re.compile("S3"))
    async with page.expect_response("**/api/workspaces/**"):
        # What is open is kept a moment later.
        await page.get_by_role("tab", name="Launcher").click()
    await page.reload()
    await expect(tab).to_be_visible()
    await panel.show_panel()
    # A dialog would be in the way.
    await page.get_by_role("option", name="lake").click(button="right")
    await expect(page.get_by_role("menuitem", name="Copy URL")).to_be_visible()
    await panel.screenshot("6-loaded-again")
    await page.keyboard.press("Escape")


async def test_ten_thousand_objects_are_scrolled_through(panel: Panel) -> None:
    page = panel.page
    await panel.enter("lake")
    await panel.enter("many")
    await expect(page.get_by_text("1000 listed; more follow")).to_be_visible()
    await page.evaluate(
        """() => {
          window.longest = 0;
          let last = performance.now();
          const frame = now => {
            window.longest = Math.max(window.longest, now - last);
            last = now;
            requestAnimationFrame(frame);
          };
          requestAnimationFrame(frame);
        }"""
    )
    last = page.get_by_role("option", name=f"{MANY - 1:05}.bin")
    async with asyncio.timeout(120):
        while not await last.count():
            await page.get_by_role("listbox").press("End")
    await panel.screenshot("5-many")
    longest = await page.evaluate("window.longest")
    print(f"longest frame: {longest:.0f} ms")
    assert longest < 2000
    options = page.get_by_role("listbox").get_by_role("option")
    assert await options.count() < 200

    await page.get_by_role("searchbox", name="Name begins with").fill("0777")
    await expect(options).to_have_count(10)


async def test_keys_never_reach_the_browser(
    panel: Panel, s3: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither by what it asks and gets, nor in what JupyterLab keeps of the page."""
    caplog.set_level(logging.INFO)
    page = panel.page
    await panel.enter("lake")
    await panel.enter("train.csv")
    await expect(page.locator(".jp-CSVViewer")).to_be_visible()
    async with page.expect_download():
        await page.get_by_role("button", name="Download").click()
    async with panel.server.client() as http:
        workspaces = await http.get("lab/api/workspaces")
        settings = await http.get("lab/api/settings")
    kept = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    page_text = await page.content()
    everything = "\n".join(
        [*panel.traffic, workspaces.text, settings.text, kept, page_text, caplog.text]
    )

    assert "data/object" in everything
    for key, secret in s3.keys.values():
        for text in (key, secret, json.dumps(secret)[1:-1]):
            assert text not in everything
