"""From the click on Start to a launcher one can use, in Chromium."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from support.hub import HubSession
from support.platform import Platform

SERVER = "vision-base"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def logged_in(platform: Platform) -> Iterator[Page]:
    """A page of ada's, at the gallery."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )
        page = browser.new_page(base_url=platform.url)
        page.goto("/hub/login")
        login = platform.login("ada")
        page.get_by_label("Username").fill(login.name)
        page.locator("input[type=password]").fill(login.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile("/hub/spawn"))
        yield page
        browser.close()


def wait_visible(page: Page, selector: str, text: str = "") -> None:
    """Wait for an element, with exactly this text if given, asked at every frame.

    A locator asks every half second after the first few, which is what would be
    measured.
    """
    seen = """([selector, text]) => [...document.querySelectorAll(selector)].some(
      each => each.checkVisibility() && (!text || each.textContent === text))"""
    page.wait_for_function(seen, arg=[selector, text], timeout=60_000)


def click_to_launcher(page: Page, session: HubSession) -> float:
    """Seconds; the server is stopped before and after."""
    if session.server(SERVER):
        session.stop(SERVER)
    # A new user's JupyterLab: what was open last is not opened again.
    home = session.platform.storage / "users" / session.name
    for workspace in (home / ".jupyter" / "lab" / "workspaces").glob("*"):
        workspace.unlink()
    page.goto("/hub/spawn")
    button = page.get_by_role("button", name="Start Python", exact=True)
    began = time.monotonic()
    button.click()
    wait_visible(page, ".jp-LauncherCard")
    took = time.monotonic() - began
    session.stop(SERVER)
    return took
