"""Fixtures: `hub` with its own handlers, `ada` who is logged in, `browser`, `page`."""

import shutil

import pytest_asyncio
from playwright.async_api import async_playwright
from unit.hub_pages.hub import WAIT_MS, running_hub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_hub(tmp_path_factory):
    """Made once, since that takes a second."""
    async with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest_asyncio.fixture(loop_scope="module")
async def hub(one_hub):
    yield one_hub
    one_hub.forget()


@pytest_asyncio.fixture(loop_scope="module")
async def ada(hub):
    return await hub.visit("ada")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(ada, browser):
    """A page of Ada's, on a phone."""
    context = await browser.new_context(
        base_url=str(ada.http.base_url), viewport={"width": 375, "height": 800}
    )
    cookies = [
        {"name": each.name, "value": each.value, "url": str(ada.http.base_url)}
        for each in ada.http.cookies.jar
    ]
    await context.add_cookies(cookies)
    page = await context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(WAIT_MS)
    yield page
    await context.close()
    assert faults == []
