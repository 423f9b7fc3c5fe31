"""From the click on Start to a launcher one can use, in Chromium."""

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from bench.table import Row
from support.hub import HubSession
from support.platform import Platform

SERVERS = {"Python": "vision-base", "XGBoost": "vision-xgboost"}
"""Title of a card and its server; of both, JupyterLab's files are the same."""
READING_SECONDS = 5
"""What a person looks at the gallery before the first click."""
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
    """A page of ada's at the gallery, in a browser that was never used.

    It has a profile, as a person's browser: a private window keeps no compiled code.
    """
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            base_url=platform.url,
            executable_path=shutil.which("chromium"),
            args=FLAGS,
        )
        page = browser.new_page()
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


def click_to_launcher(page: Page, session: HubSession, title: str) -> float:
    """Seconds; the server is stopped before and after."""
    server = SERVERS[title]
    if session.server(server):
        session.stop(server)
    # A new user's JupyterLab: what was open last is not opened again.
    home = session.platform.storage / "users" / session.name
    for workspace in (home / ".jupyter" / "lab" / "workspaces").glob("*"):
        workspace.unlink()
    page.goto("/hub/spawn")
    button = page.get_by_role("button", name=f"Start {title}", exact=True)
    page.wait_for_timeout(READING_SECONDS * 1000)
    began = time.monotonic()
    button.click()
    wait_visible(page, ".jp-LauncherCard")
    took = time.monotonic() - began
    session.stop(server)
    return took


def rows(platform: Platform, session: HubSession, rounds: int) -> list[Row]:
    """The first start in a browser, one of another environment, the first again."""
    first, other, again = [], [], []
    for _ in range(rounds):
        with logged_in(platform) as page:
            first.append(click_to_launcher(page, session, "Python"))
            other.append(click_to_launcher(page, session, "XGBoost"))
            again.append(click_to_launcher(page, session, "Python"))
    name = "click → launcher in the browser"
    return [
        Row(name=name, unit="s", ours=first),
        Row(name=f"{name}, another environment", unit="s", ours=other),
        Row(name=f"{name}, the first one again", unit="s", ours=again),
    ]
