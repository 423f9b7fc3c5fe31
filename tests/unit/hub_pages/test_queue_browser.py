"""The page of a start that waits, in a browser."""

import shutil
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect
from unit.hub_pages.queue_hub import Scene, queue_hub

from support.eventually import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVER = "vision-pytorch"
WAIT_MS = 30_000
WAITS = "Waiting in the queue of Vision, 1 of 1: Vision uses 1 of 2 CPU"

expect.set_options(timeout=WAIT_MS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    async with queue_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@asynccontextmanager
async def opened(person, path):
    """A page of somebody's, who is logged in."""
    url = str(person.http.base_url)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = await browser.new_context(base_url=url)
        cookies = [
            {"name": each.name, "value": each.value, "url": url}
            for each in person.http.cookies.jar
        ]
        await context.add_cookies(cookies)
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        await page.goto(path)
        yield page
        await browser.close()


async def test_a_person_leaves_the_queue_and_takes_less(running):
    scene = Scene(running)
    ada, ben = await scene.visit("ada"), await scene.visit("ben")
    await scene.start(ada, cpu="1")
    await scene.runs("ada")
    await scene.start(ben)
    await scene.waits("ben")
    path = f"/hub/spawn-pending/ben/{SERVER}"

    async with opened(ben, path) as page:
        await expect(page.locator("#mofang-steps li")).to_contain_text([WAITS])
        await page.get_by_role("button", name="Leave the queue").click()
        await page.wait_for_url("**/hub/spawn**")
        await until(lambda: not scene.is_active("ben"))

        await scene.start(ben)
        await scene.waits("ben")
        await page.goto(path)
        await page.get_by_role("button", name="Start with less").click()
        await scene.runs("ben")

    assert scene.spawner("ben", SERVER).user_options["cpu"] == "0.25"
    for person in (ada, ben):
        await scene.stop(person)
    await until(lambda: not scene.core.objects)
