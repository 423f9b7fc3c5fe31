"""When the gallery asks for a server ahead, in a browser."""

import shutil

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect
from unit.hub_pages.hub import running_hub
from unit.hub_pages.pod_spawner import (
    NAME,
    OTHER,
    PodSpawner,
    configure,
    pods,
    want,
)

from mofang_hub.pages.configure import configure_pages

pytestmark = pytest.mark.asyncio
WAIT_MS = 60_000
PATH = "/api/mofang/users/ada/start-ahead"


def configure_ahead(c):
    configure_pages(c, starts_ahead=True)
    c.JupyterHub.template_vars["mofang_jobs"] = ""
    c.OwnSpawner.options_form = c.MofangSpawner.gallery
    configure(c)


@pytest_asyncio.fixture
async def hub(tmp_path):
    PodSpawner.starts.clear()
    async with pods(), running_hub(tmp_path, configure_ahead) as hub:
        yield hub
        for user in list(hub.hub.users.values()):
            for name in [name for name, each in user.spawners.items() if each.active]:
                await user.stop(name)


@pytest_asyncio.fixture
async def page(hub):
    """The gallery's page of Ada, who is logged in."""
    ada = await hub.visit("ada")
    url = str(ada.http.base_url)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = await browser.new_context(base_url=url)
        cookies = [
            {"name": each.name, "value": each.value, "url": url}
            for each in ada.http.cookies.jar
        ]
        await context.add_cookies(cookies)
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        yield page
        await browser.close()


async def test_it_asks_after_a_log_in_and_where_somebody_rests(hub, page):
    want(hub, *[NAME] * 3, *[OTHER] * 2)
    asked = []
    page.on(
        "request",
        lambda each: asked.append(each.post_data) if PATH in each.url else None,
    )

    async with page.expect_response(f"**{PATH}"):
        await page.goto("/hub/spawn")
    assert PodSpawner.starts[-1][:2] == ("ada", NAME)
    assert asked == ["{}"]
    # Not for each look at the page.
    await page.reload()
    card = page.get_by_role("form", name="Xgboost")
    async with page.expect_response(f"**{PATH}"):
        await card.hover()
    assert asked == ["{}", f'{{"card":"{OTHER}"}}']

    # What was started is no other than one that is stopped, and opens at once.
    start = page.get_by_role("button", name="Start Pytorch", exact=True)
    await expect(start).to_be_visible()
    async with page.expect_request(f"**/user/ada/{NAME}/**"):
        await start.click()
    assert len(PodSpawner.starts) == 1
    assert not hub.hub.users["ada"].spawners[NAME].is_unused


async def test_the_keyboard_rests_too(hub, page):
    want(hub, *[NAME] * 2, *[OTHER] * 2)
    async with page.expect_response(f"**{PATH}"):
        await page.goto("/hub/spawn")
    assert PodSpawner.starts == []

    async with page.expect_response(f"**{PATH}"):
        await page.get_by_role("button", name="Start Xgboost", exact=True).focus()

    assert PodSpawner.starts[-1][:2] == ("ada", OTHER)
