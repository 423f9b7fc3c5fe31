"""Links and examples in a real JupyterLab; the hub is the test's, git is real."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from lab.conftest import running_lab
from playwright.async_api import Page, async_playwright, expect
from traitlets.config import Config
from unit.mofang_files.linked import commit, make_upstream, running_hub
from unit.mofang_training.notebook import BROWSER_TOKEN, Notebook

from support.platform import ARTEFACTS, REPOSITORY

WAIT_MS = 30_000
expect.set_options(timeout=WAIT_MS)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Lab:
    """JupyterLab in a browser, and what is behind it."""

    page: Page
    server: Notebook
    hub: Any
    upstream: Path
    home: Path

    async def open(self, **link: str) -> None:
        query = urlencode({f"mofang-{name}": text for name, text in link.items()})
        await self.page.goto(f"{self.server.url}lab?reset&{query}")
        await self.page.locator("#jp-main-dock-panel").wait_for(timeout=60_000)

    async def screenshot(self, name: str) -> None:
        folder = ARTEFACTS / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=folder / f"links-{name}.png")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(
    patch: pytest.MonkeyPatch, folder: Path, extensions: Path
) -> AsyncIterator[Lab]:
    home = folder / "root" / "home" / "jovyan"
    patch.setenv("HOME", str(folder))
    patch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    patch.setenv("MOFANG_PROJECT", "vision")
    patch.setenv("MOFANG_ENVIRONMENT", "pytorch")
    patch.setenv("MOFANG_FRAMEWORKS", "pytorch,single")
    patch.setenv("NO_PROXY", "127.0.0.1")
    upstream = make_upstream(folder / "elsewhere" / "course")
    config = Config(
        {
            "FilesExtension": {
                "home": str(home),
                "project": "",
                "git_protocols": "file",
                "examples": str(REPOSITORY / "images" / "examples"),
            }
        }
    )
    async with (
        running_hub(patch) as hub,
        running_lab(patch, folder, extensions, config) as server,
        async_playwright() as playwright,
    ):
        home.mkdir(parents=True)
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = await browser.new_context(
            permissions=["clipboard-read", "clipboard-write"],
            viewport={"width": 1440, "height": 900},
        )
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        # As JupyterHub tells JupyterLab.
        server.app.web_app.settings["page_config_data"] |= {"hubPrefix": "/hub/"}
        await page.goto(f"{server.url}lab?reset&token={BROWSER_TOKEN}")
        await page.locator("#jp-main-dock-panel").wait_for(timeout=60_000)
        yield Lab(page, server, hub, upstream, home)
        await browser.close()


async def test_an_example_is_a_card_of_the_launcher(lab: Lab) -> None:
    page = lab.page
    card = page.locator(".jp-LauncherCard", has_text="One process")
    await expect(page.locator(".jp-LauncherCard", has_text="Horovod")).to_have_count(0)

    await card.press("Enter")

    await expect(page.get_by_role("tab", name="train.ipynb")).to_be_visible()
    await lab.screenshot("1-example")
    assert (lab.home / "examples" / "single" / "train.py").is_file()


async def test_a_link_that_was_agreed_to_is_cloned_and_opened(lab: Lab) -> None:
    lab.hub.answer["confirmed"] = True
    repository = f"file://{lab.upstream}"

    await lab.open(repository=repository, path="b.py")

    notice = lab.page.locator(
        ".Toastify__toast", has_text="The repository is in ~/course"
    )
    await expect(notice).to_be_visible()
    await expect(lab.page.locator(".jp-FileEditor")).to_contain_text("three")
    await lab.screenshot("2-cloned")
    assert "mofang-" not in lab.page.url
    assert (lab.home / "course" / "a.ipynb").is_file()


async def test_a_link_alone_asks_and_does_nothing_on_escape(lab: Lab) -> None:
    lab.hub.answer["confirmed"] = False
    commit(lab.upstream, **{"new.py": "new"})
    page = lab.page

    await lab.open(repository=f"file://{lab.upstream}")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("A link asks for this from github.com")
    await lab.screenshot("3-question")
    # Keys go where the focus is.
    await expect(dialog.locator(":focus")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert not (lab.home / "course" / "new.py").exists()

    await lab.open(repository=f"file://{lab.upstream}")
    await page.get_by_role("button", name="Clone", exact=True).click()

    notice = page.locator(".Toastify__toast", has_text="What you had changed was kept")
    await expect(notice).to_be_visible()
    assert (lab.home / "course" / "new.py").exists()


async def test_a_link_to_a_file_is_copied_from_its_menu(lab: Lab) -> None:
    page = lab.page
    (lab.home / "mine.ipynb").write_text("{}")
    await page.goto(f"{lab.server.url}lab/tree/home/jovyan?reset")
    row = page.get_by_role("listitem", name="mine.ipynb")
    await row.click(button="right")

    await page.get_by_text("Copy Link to Environment and File").click()

    notice = page.locator(".Toastify__toast", has_text="The file is in your home")
    await expect(notice).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(
        "/hub/spawn?project=vision&environment=pytorch&path=home%2Fjovyan%2Fmine.ipynb"
    )
